//! Lua 5.1's patterns. A match keeps its own stack, so that no pattern can overflow the machine's, and costs
//! fuel: it stops when that has run out and goes on where it was. Knows nothing of values or the machine.

use alloc::vec::Vec;

mod class;
mod search;
#[cfg(test)]
mod tests;

pub use search::{Search, find_plain, is_plain};

/// Captures that a pattern may have.
pub const CAPTURES_MAX: usize = 32;
/// Places a match may have to come back to; what the pattern's items need, so it takes a pattern of as many.
const FRAMES_MAX: usize = 200_000;

/// What is wrong with a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// It ends behind `%`.
    EndsWithPercent,
    /// A set does not end.
    MissingBracket,
    /// `%f` without a set.
    MissingFrontierSet,
    /// `%b` without two bytes.
    Unbalanced,
    /// A reference to a capture that is not there.
    InvalidCaptureIndex,
    /// `)` without `(`.
    InvalidCapture,
    /// More than [`CAPTURES_MAX`].
    TooManyCaptures,
    /// `(` without `)`.
    UnfinishedCapture,
    /// More places to come back to than there is room for.
    TooComplex,
    /// No memory for them.
    OutOfMemory,
}

impl PatternError {
    /// Lua's words for it.
    pub fn text(self) -> &'static str {
        match self {
            PatternError::EndsWithPercent => "malformed pattern (ends with '%')",
            PatternError::MissingBracket => "malformed pattern (missing ']')",
            PatternError::MissingFrontierSet => "missing '[' after '%f' in pattern",
            PatternError::Unbalanced => "unbalanced pattern",
            PatternError::InvalidCaptureIndex => "invalid capture index",
            PatternError::InvalidCapture => "invalid pattern capture",
            PatternError::TooManyCaptures => "too many captures",
            PatternError::UnfinishedCapture => "unfinished capture",
            PatternError::TooComplex => "pattern too complex",
            PatternError::OutOfMemory => "not enough memory",
        }
    }
}

/// What a capture caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// The subject's bytes from the first to before the second.
    Range(usize, usize),
    /// `()`: a place in the subject, counted from 0.
    Position(usize),
}

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A match of the subject's bytes from the first to before the second.
    Match(usize, usize),
    /// There is none.
    None,
    /// The fuel has run out: run again with more.
    OutOfFuel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Open,
    Position,
    Len(usize),
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    start: usize,
    extent: Extent,
}

/// What to do when the rest of the pattern does not match.
#[derive(Clone, Copy, Debug)]
enum Frame {
    /// `?`: go on at this place of the subject and of the pattern.
    Skip { at: usize, rest: usize },
    /// `*` and `+`: give back one of the bytes between `first` and `at`.
    Fewer {
        first: usize,
        at: usize,
        rest: usize,
    },
    /// `-`: take one more byte, if it fits the item.
    More {
        at: usize,
        item: usize,
        item_end: usize,
    },
    /// Take back an opened capture.
    Opened,
    /// Open a closed capture again.
    Closed(usize),
}

/// Where a run goes on.
#[derive(Clone, Copy, Debug)]
enum State {
    /// The pattern from `item` against the subject from `at`.
    Match { at: usize, item: usize },
    /// `*` and `+` take as much as they can.
    Expand {
        first: usize,
        at: usize,
        item: usize,
        item_end: usize,
    },
    /// `%b` looks for its end.
    Balance {
        at: usize,
        depth: usize,
        item: usize,
    },
    /// The last try failed.
    Fail,
}

/// One match at one place of the subject.
#[derive(Debug)]
pub struct Matcher {
    frames: Vec<Frame>,
    captures: [Slot; CAPTURES_MAX],
    level: usize,
    state: State,
}

impl Default for Matcher {
    fn default() -> Self {
        Matcher::new()
    }
}

impl Matcher {
    /// A matcher that waits for [`Matcher::start`].
    pub fn new() -> Matcher {
        let slot = Slot {
            start: 0,
            extent: Extent::Open,
        };
        Matcher {
            frames: Vec::new(),
            captures: [slot; CAPTURES_MAX],
            level: 0,
            state: State::Fail,
        }
    }

    /// Bytes of memory that the stack holds.
    pub fn memory_bytes(&self) -> usize {
        self.frames.capacity() * size_of::<Frame>()
    }

    /// Begins a match of the pattern from its byte `item` at the subject's byte `at`.
    pub fn start(&mut self, at: usize, item: usize) {
        self.frames.clear();
        self.level = 0;
        self.state = State::Match { at, item };
    }

    /// Goes on until the match has succeeded (with the place behind it in the subject), failed, or `fuel` is no longer
    /// positive. A unit of fuel is about one byte looked at.
    ///
    /// # Errors
    /// The pattern is malformed.
    pub fn run(
        &mut self,
        subject: &[u8],
        pattern: &[u8],
        fuel: &mut i64,
    ) -> Result<Step, PatternError> {
        loop {
            if *fuel <= 0 {
                return Ok(Step::OutOfFuel);
            }
            match self.state {
                State::Match { at, item } => {
                    *fuel -= 1;
                    if let Some(end) = self.step(subject, pattern, at, item, fuel)? {
                        self.state = State::Fail;
                        return Ok(Step::Match(end));
                    }
                }
                State::Expand {
                    first,
                    at,
                    item,
                    item_end,
                } => self.expand(subject, pattern, (first, at, item, item_end), fuel)?,
                State::Balance { at, depth, item } => {
                    self.state = balance(subject, pattern, at, depth, item, fuel);
                }
                State::Fail => {
                    *fuel -= 1;
                    if !self.back(subject, pattern, fuel)? {
                        return Ok(Step::Fail);
                    }
                }
            }
        }
    }

    /// One item of the pattern. Gives the end of the match if the pattern is at its end.
    fn step(
        &mut self,
        subject: &[u8],
        pattern: &[u8],
        at: usize,
        item: usize,
        fuel: &mut i64,
    ) -> Result<Option<usize>, PatternError> {
        match class::byte(pattern, item) {
            0 => return Ok(Some(at)),
            b'(' => {
                let position = class::byte(pattern, item + 1) == b')';
                self.open(at, position)?;
                self.go(at, item + 1 + usize::from(position));
            }
            b')' => {
                self.close(at)?;
                self.go(at, item + 1);
            }
            b'$' if class::byte(pattern, item + 1) == 0 => {
                if at == subject.len() {
                    return Ok(Some(at));
                }
                self.state = State::Fail;
            }
            b'%' => match class::byte(pattern, item + 1) {
                b'b' => {
                    if class::byte(pattern, item + 2) == 0 || class::byte(pattern, item + 3) == 0 {
                        return Err(PatternError::Unbalanced);
                    }
                    self.state = if subject.get(at) == pattern.get(item + 2) {
                        State::Balance {
                            at: at + 1,
                            depth: 1,
                            item,
                        }
                    } else {
                        State::Fail
                    };
                }
                b'f' => self.frontier(subject, pattern, at, item + 2, fuel)?,
                digit if digit.is_ascii_digit() => {
                    self.reference(subject, at, item, digit, fuel)?;
                }
                _ => self.single(subject, pattern, at, item, fuel)?,
            },
            _ => self.single(subject, pattern, at, item, fuel)?,
        }
        Ok(None)
    }

    fn go(&mut self, at: usize, item: usize) {
        self.state = State::Match { at, item };
    }

    /// A class with what may stand behind it.
    fn single(
        &mut self,
        subject: &[u8],
        pattern: &[u8],
        at: usize,
        item: usize,
        fuel: &mut i64,
    ) -> Result<(), PatternError> {
        let item_end = class::end(pattern, item)?;
        *fuel -= ((item_end - item) / 8) as i64;
        let fits = class::fits(subject, pattern, at, item, item_end);
        let rest = item_end + 1;
        match class::byte(pattern, item_end) {
            b'?' if fits => {
                self.push(Frame::Skip { at, rest })?;
                self.go(at + 1, rest);
            }
            b'?' => self.go(at, rest),
            b'*' | b'+' => {
                if class::byte(pattern, item_end) == b'+' && !fits {
                    self.state = State::Fail;
                    return Ok(());
                }
                let first = at + usize::from(class::byte(pattern, item_end) == b'+');
                self.state = State::Expand {
                    first,
                    at: first,
                    item,
                    item_end,
                };
            }
            b'-' => {
                self.push(Frame::More { at, item, item_end })?;
                self.go(at, rest);
            }
            _ if fits => self.go(at + 1, item_end),
            _ => self.state = State::Fail,
        }
        Ok(())
    }

    /// Takes bytes while they fit and the fuel lasts; then the rest of the pattern is tried.
    fn expand(
        &mut self,
        subject: &[u8],
        pattern: &[u8],
        (first, from, item, item_end): (usize, usize, usize, usize),
        fuel: &mut i64,
    ) -> Result<(), PatternError> {
        let cost = 1 + ((item_end - item) / 8) as i64;
        let mut at = from;
        while class::fits(subject, pattern, at, item, item_end) {
            at += 1;
            *fuel -= cost;
            if *fuel <= 0 {
                self.state = State::Expand {
                    first,
                    at,
                    item,
                    item_end,
                };
                return Ok(());
            }
        }
        let rest = item_end + 1;
        if at > first {
            self.push(Frame::Fewer { first, at, rest })?;
        }
        self.go(at, rest);
        Ok(())
    }

    /// `%f[set]`, its set at `item`.
    fn frontier(
        &mut self,
        subject: &[u8],
        pattern: &[u8],
        at: usize,
        item: usize,
        fuel: &mut i64,
    ) -> Result<(), PatternError> {
        if class::byte(pattern, item) != b'[' {
            return Err(PatternError::MissingFrontierSet);
        }
        let item_end = class::end(pattern, item)?;
        *fuel -= ((item_end - item) / 4) as i64;
        let before = if at == 0 { 0 } else { subject[at - 1] };
        let here = subject.get(at).copied().unwrap_or(0);
        let set = &pattern[item + 1..item_end - 1];
        if !class::in_set(before, set) && class::in_set(here, set) {
            self.go(at, item_end);
        } else {
            self.state = State::Fail;
        }
        Ok(())
    }

    /// `%1` to `%9`.
    fn reference(
        &mut self,
        subject: &[u8],
        at: usize,
        item: usize,
        digit: u8,
        fuel: &mut i64,
    ) -> Result<(), PatternError> {
        let index = usize::from(digit).wrapping_sub(usize::from(b'1'));
        let slot = self.captures[..self.level].get(index);
        let Some(slot) = slot.filter(|slot| slot.extent != Extent::Open) else {
            return Err(PatternError::InvalidCaptureIndex);
        };
        // A position has the length -2 in Lua 5.1, and nothing is that long.
        let Extent::Len(len) = slot.extent else {
            self.state = State::Fail;
            return Ok(());
        };
        *fuel -= (len / 16) as i64;
        let caught = &subject[slot.start..slot.start + len];
        if subject[at..].starts_with(caught) {
            self.go(at + len, item + 2);
        } else {
            self.state = State::Fail;
        }
        Ok(())
    }

    fn open(&mut self, at: usize, position: bool) -> Result<(), PatternError> {
        let Some(slot) = self.captures.get_mut(self.level) else {
            return Err(PatternError::TooManyCaptures);
        };
        slot.start = at;
        slot.extent = if position {
            Extent::Position
        } else {
            Extent::Open
        };
        self.level += 1;
        self.push(Frame::Opened)
    }

    fn close(&mut self, at: usize) -> Result<(), PatternError> {
        let open = self.captures[..self.level]
            .iter()
            .rposition(|slot| slot.extent == Extent::Open);
        let Some(index) = open else {
            return Err(PatternError::InvalidCapture);
        };
        let slot = &mut self.captures[index];
        slot.extent = Extent::Len(at - slot.start);
        self.push(Frame::Closed(index))
    }

    fn push(&mut self, frame: Frame) -> Result<(), PatternError> {
        if self.frames.len() >= FRAMES_MAX {
            return Err(PatternError::TooComplex);
        }
        if self.frames.len() == self.frames.capacity() {
            self.frames
                .try_reserve(16)
                .map_err(|_| PatternError::OutOfMemory)?;
        }
        self.frames.push(frame);
        Ok(())
    }

    /// Goes back to the last place where there was a choice. False if there is none.
    fn back(
        &mut self,
        subject: &[u8],
        pattern: &[u8],
        fuel: &mut i64,
    ) -> Result<bool, PatternError> {
        let Some(frame) = self.frames.pop() else {
            return Ok(false);
        };
        match frame {
            Frame::Skip { at, rest } => self.go(at, rest),
            Frame::Fewer { first, at, rest } => {
                let at = at - 1;
                if at > first {
                    self.push(Frame::Fewer { first, at, rest })?;
                }
                self.go(at, rest);
            }
            Frame::More { at, item, item_end } => {
                *fuel -= ((item_end - item) / 8) as i64;
                if class::fits(subject, pattern, at, item, item_end) {
                    let at = at + 1;
                    self.push(Frame::More { at, item, item_end })?;
                    self.go(at, item_end + 1);
                }
            }
            Frame::Opened => self.level -= 1,
            Frame::Closed(index) => self.captures[index].extent = Extent::Open,
        }
        Ok(true)
    }

    /// How many values a match from `start` to `end` gives: its captures, or itself if it has none.
    pub fn values(&self) -> usize {
        self.level.max(1)
    }

    /// How many captures there are.
    pub fn level(&self) -> usize {
        self.level
    }

    /// The capture at `index`, or the whole match `start..end` for index 0 where there is none.
    ///
    /// # Errors
    /// There is no such capture, or it was not closed.
    pub fn capture(&self, index: usize, start: usize, end: usize) -> Result<Capture, PatternError> {
        match self.captures[..self.level].get(index) {
            None if index == 0 => Ok(Capture::Range(start, end)),
            None => Err(PatternError::InvalidCaptureIndex),
            Some(slot) => match slot.extent {
                Extent::Open => Err(PatternError::UnfinishedCapture),
                Extent::Position => Ok(Capture::Position(slot.start)),
                Extent::Len(len) => Ok(Capture::Range(slot.start, slot.start + len)),
            },
        }
    }
}

/// What a [`Matcher`]'s run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It matches up to before this byte of the subject.
    Match(usize),
    /// It does not match here.
    Fail,
    /// The fuel has run out: run again with more.
    OutOfFuel,
}

/// `%bxy` from behind its first `x`.
fn balance(
    subject: &[u8],
    pattern: &[u8],
    mut at: usize,
    mut depth: usize,
    item: usize,
    fuel: &mut i64,
) -> State {
    let (opening, closing) = (pattern[item + 2], pattern[item + 3]);
    while *fuel > 0 {
        let Some(&byte) = subject.get(at) else {
            return State::Fail;
        };
        at += 1;
        *fuel -= 1;
        if byte == closing {
            depth -= 1;
            if depth == 0 {
                return State::Match { at, item: item + 4 };
            }
        } else if byte == opening {
            depth += 1;
        }
    }
    State::Balance { at, depth, item }
}
