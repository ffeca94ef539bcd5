//! ZADD's options as a decision on one member's score. Knows neither members nor forms.

use crate::error::Error;

/// Which members may get a new score, and which scores they may get.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rule {
    /// Only members that are new.
    pub missing: bool,
    /// Only members that are there.
    pub present: bool,
    /// Of those that are there, only to a greater score.
    pub greater: bool,
    /// Of those that are there, only to a lesser score.
    pub less: bool,
    /// The score is added to the old one.
    pub increment: bool,
}

impl Rule {
    /// The score that a member gets, where it gets one.
    ///
    /// # Errors
    /// The sum is not a number.
    #[inline]
    pub fn decide(self, old: Option<f64>, score: f64) -> Result<Option<f64>, Error> {
        let Some(old) = old else {
            return Ok((!self.present).then_some(score));
        };
        if self.missing {
            return Ok(None);
        }
        let new = if self.increment { old + score } else { score };
        if new.is_nan() {
            return Err(Error::fixed(&"ERR resulting score is not a number (NaN)"));
        }
        let refused = self.greater && new <= old || self.less && new >= old;
        Ok((!refused).then_some(new))
    }
}
