//! Ranges over a sorted set: by score and by member. Knows nothing of how either is written in a request.

/// Scores between two bounds.
#[derive(Clone, Copy, Debug)]
pub struct ScoreRange {
    /// The lower bound.
    pub min: f64,
    /// The upper bound.
    pub max: f64,
    /// The lower bound itself is outside.
    pub above_min: bool,
    /// The upper bound itself is outside.
    pub below_max: bool,
}

impl ScoreRange {
    /// No score is in it.
    pub fn is_empty(&self) -> bool {
        self.min > self.max || self.min == self.max && (self.above_min || self.below_max)
    }

    /// It begins behind `score`.
    #[inline]
    pub fn starts_behind(&self, score: f64) -> bool {
        score < self.min || self.above_min && score == self.min
    }

    /// It ends before `score`.
    #[inline]
    pub fn ends_before(&self, score: f64) -> bool {
        score > self.max || self.below_max && score == self.max
    }
}

/// One end of a range of members.
#[derive(Clone, Copy, Debug)]
pub enum LexBound<'a> {
    /// Before every member.
    Least,
    /// Behind every member.
    Greatest,
    /// This member, that included.
    Including(&'a [u8]),
    /// This member, that excluded.
    Excluding(&'a [u8]),
}

/// Members between two bounds.
#[derive(Clone, Copy, Debug)]
pub struct LexRange<'a> {
    /// The lower bound.
    pub min: LexBound<'a>,
    /// The upper bound.
    pub max: LexBound<'a>,
}

impl LexRange<'_> {
    /// It begins behind `member`.
    pub fn starts_behind(&self, member: &[u8]) -> bool {
        match self.min {
            LexBound::Least => false,
            LexBound::Greatest => true,
            LexBound::Including(min) => member < min,
            LexBound::Excluding(min) => member <= min,
        }
    }

    /// It ends before `member`.
    pub fn ends_before(&self, member: &[u8]) -> bool {
        match self.max {
            LexBound::Least => true,
            LexBound::Greatest => false,
            LexBound::Including(max) => member > max,
            LexBound::Excluding(max) => member >= max,
        }
    }
}
