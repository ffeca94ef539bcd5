//! Searches a subject for a pattern or for plain bytes, from place to place, in as many runs as the fuel makes of it.

use super::{Capture, Matcher, Outcome, PatternError, Step, class};

/// A search for a pattern's next match.
#[derive(Debug)]
pub struct Search {
    matcher: Matcher,
    /// Where the try that runs, or the next, begins.
    at: usize,
    trying: bool,
    anchored: bool,
}

impl Search {
    /// A search of `pattern`. A `^` in front ties the match to the place where [`Search::from`] begins; `gmatch`
    /// of Lua 5.1 knows no anchor and passes `false` for `may_anchor`.
    pub fn new(pattern: &[u8], may_anchor: bool) -> Search {
        Search {
            matcher: Matcher::new(),
            at: 0,
            trying: false,
            anchored: may_anchor && pattern.first() == Some(&b'^'),
        }
    }

    /// The same search for another pattern.
    pub fn renew(&mut self, pattern: &[u8], may_anchor: bool) {
        self.anchored = may_anchor && pattern.first() == Some(&b'^');
        self.from(0);
    }

    /// Whether the pattern is tied to where the search begins.
    pub fn is_anchored(&self) -> bool {
        self.anchored
    }

    /// Begins at the subject's byte `at`, which may be its end.
    pub fn from(&mut self, at: usize) {
        self.at = at;
        self.trying = false;
    }

    /// Goes on to the next match. With the same subject and pattern each time.
    ///
    /// # Errors
    /// The pattern is malformed.
    pub fn run(
        &mut self,
        subject: &[u8],
        pattern: &[u8],
        fuel: &mut i64,
    ) -> Result<Outcome, PatternError> {
        let first = self.first(pattern).filter(|_| !self.anchored);
        loop {
            if let Some(first) = first
                && !self.trying
                && *fuel > 0
            {
                let ahead = subject.get(self.at..).unwrap_or_default();
                let ahead = &ahead[..ahead.len().min(*fuel as usize)];
                let place = ahead.iter().position(|byte| *byte == first);
                let skipped = place.unwrap_or(ahead.len());
                *fuel -= skipped as i64;
                self.at += skipped;
            }
            if self.at > subject.len() {
                return Ok(Outcome::None);
            }
            match self.try_here(subject, pattern, fuel)? {
                Outcome::None => {}
                other => return Ok(other),
            }
            if self.anchored {
                self.at = subject.len() + 1;
                return Ok(Outcome::None);
            }
            self.at += 1;
        }
    }

    /// The same at the one place where the search is, as `gsub` and `gmatch` go from place to place.
    ///
    /// # Errors
    /// The pattern is malformed.
    pub fn try_here(
        &mut self,
        subject: &[u8],
        pattern: &[u8],
        fuel: &mut i64,
    ) -> Result<Outcome, PatternError> {
        if !self.trying {
            if self.cannot_begin(subject, pattern, fuel) {
                return Ok(Outcome::None);
            }
            self.matcher.start(self.at, usize::from(self.anchored));
            self.trying = true;
        }
        match self.matcher.run(subject, pattern, fuel)? {
            Step::OutOfFuel => Ok(Outcome::OutOfFuel),
            Step::Match(end) => {
                self.trying = false;
                Ok(Outcome::Match(self.at, end))
            }
            Step::Fail => {
                self.trying = false;
                Ok(Outcome::None)
            }
        }
    }

    /// The ordinary byte that each match begins with, if there is one.
    fn first(&self, pattern: &[u8]) -> Option<u8> {
        let item = usize::from(self.anchored);
        let first = class::byte(pattern, item);
        let ordinary = first != 0 && !SPECIALS.contains(&first) && first != b')' && first != b']';
        let once = !matches!(class::byte(pattern, item + 1), b'?' | b'*' | b'-');
        (ordinary && once).then_some(first)
    }

    /// A quick look: the pattern begins with an ordinary byte that is not here.
    fn cannot_begin(&self, subject: &[u8], pattern: &[u8], fuel: &mut i64) -> bool {
        let first = self.first(pattern);
        if *fuel > 0 && first.is_some() && subject.get(self.at).copied() != first {
            *fuel -= 1;
            return true;
        }
        false
    }

    /// How many values a match gives: its captures, or itself if it has none.
    pub fn values(&self) -> usize {
        self.matcher.values()
    }

    /// How many captures the match has.
    pub fn level(&self) -> usize {
        self.matcher.level()
    }

    /// A capture of the match `start..end`, see [`Matcher::capture`].
    ///
    /// # Errors
    /// There is no such capture, or it was not closed.
    pub fn capture(&self, index: usize, start: usize, end: usize) -> Result<Capture, PatternError> {
        self.matcher.capture(index, start, end)
    }

    /// Bytes of memory held besides the struct itself.
    pub fn memory_bytes(&self) -> usize {
        self.matcher.memory_bytes()
    }
}

const SPECIALS: &[u8] = b"^$*+?.([%-";

/// Whether a pattern has nothing special in it (up to its first NUL), so that `find` looks for its bytes. O(pattern).
pub fn is_plain(pattern: &[u8]) -> bool {
    let end = pattern.iter().position(|byte| *byte == 0);
    let text = &pattern[..end.unwrap_or(pattern.len())];
    !text.iter().any(|byte| SPECIALS.contains(byte))
}

/// Looks for plain bytes from `at` on, which moves: after [`Outcome::OutOfFuel`] call again with it.
pub fn find_plain(subject: &[u8], plain: &[u8], at: &mut usize, fuel: &mut i64) -> Outcome {
    let Some(first) = plain.first() else {
        return if *at <= subject.len() {
            Outcome::Match(*at, *at)
        } else {
            Outcome::None
        };
    };
    while *at + plain.len() <= subject.len() {
        if *fuel <= 0 {
            return Outcome::OutOfFuel;
        }
        let last = subject.len() - plain.len();
        // As many places as a unit of fuel pays for.
        let window = &subject[*at..=last.min(*at + 63)];
        *fuel -= 1 + (window.len() / 16) as i64;
        let Some(offset) = window.iter().position(|byte| byte == first) else {
            *at += window.len();
            continue;
        };
        *at += offset;
        let same = subject[*at..]
            .iter()
            .zip(plain)
            .take_while(|(found, wanted)| found == wanted)
            .count();
        *fuel -= (same / 16) as i64;
        if same == plain.len() {
            return Outcome::Match(*at, *at + same);
        }
        *at += 1;
    }
    Outcome::None
}
