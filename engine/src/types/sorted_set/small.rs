//! The small form: a listpack of members, each followed by its score, in order. Knows nothing of thresholds.

use core::ops::Range;

use crate::error::Error;
use crate::number::float::{self, TEXT_LEN_MAX};
use crate::types::GrowError;
use crate::types::listpack::{self, Element, Listpack, Position};
use crate::types::ranked::Place;

/// What a score takes at most.
pub(super) const SCORE_BYTES_MAX: usize = TEXT_LEN_MAX + 2;
/// Whole scores up to this are kept as integers.
const WHOLE_MAX: f64 = 4_611_686_018_427_387_904.0;

/// A score as it is kept: an integer where it is whole (so that minus zero becomes zero), else its text.
fn element(score: f64, text: &mut [u8; TEXT_LEN_MAX]) -> Element<'_> {
    if score.abs() <= WHOLE_MAX && score as i64 as f64 == score {
        Element::Int(score as i64)
    } else {
        Element::Bytes(float::write_shortest(score, text))
    }
}

/// A score that was kept so.
#[inline]
fn score(element: Element<'_>) -> f64 {
    match element {
        Element::Int(whole) => whole as f64,
        Element::Bytes(text) => float::parse(text).unwrap_or(0.0),
    }
}

/// Every second element is a score, and the pairs are in order.
pub(super) fn is_sound(list: &Listpack) -> bool {
    let mut elements = list.iter();
    let (mut last, mut digits, mut last_digits) = (None::<(Element<'_>, f64)>, [0; 20], [0; 20]);
    while let Some(member) = elements.next() {
        let score = match elements.next() {
            Some(Element::Int(whole)) => whole as f64,
            Some(Element::Bytes(text)) => match float::parse(text) {
                Some(score) => score,
                None => return false,
            },
            None => return false,
        };
        let place = Place {
            score,
            member: member.text(&mut digits),
        };
        let follows = last.is_none_or(|(member, score)| {
            let member = member.text(&mut last_digits);
            Place { score, member }.order(&place).is_lt()
        });
        if !follows {
            return false;
        }
        last = Some((member, score));
    }
    true
}

/// The score of the member at a position.
pub(super) fn score_behind(list: &Listpack, member: Position) -> f64 {
    list.next(member)
        .map_or(0.0, |position| score(list.at(position)))
}

pub(super) fn score_of(list: &Listpack, member: &[u8]) -> Option<f64> {
    list.find(member, 1).map(|at| score_behind(list, at))
}

pub(super) fn rank_of(list: &Listpack, member: &[u8]) -> Option<(usize, f64)> {
    let at = list.find(member, 1)?;
    // The member itself is the odd one.
    Some((list.iter_to(at).count() / 2, score_behind(list, at)))
}

/// How many pairs lie before the first of which `is_before` is false.
pub(super) fn partition(list: &Listpack, is_before: impl Fn(Place<'_>) -> bool) -> usize {
    let mut digits = [0; 20];
    range(list, 0..list.len() / 2, false)
        .take_while(|(member, score)| {
            is_before(Place {
                score: *score,
                member: member.text(&mut digits),
            })
        })
        .count()
}

/// Where the first member stands that is behind this one; none at the end.
fn seat(list: &Listpack, place: &Place<'_>) -> Option<Position> {
    let mut digits = [0; 20];
    let mut at = list.first();
    while let Some(member) = at {
        let behind = list.next(member)?;
        let score = score(list.at(behind));
        // Most are told apart by their scores.
        if score > place.score
            || score == place.score && list.at(member).text(&mut digits) > place.member
        {
            return Some(member);
        }
        at = list.next(behind);
    }
    None
}

/// Adds a member that is not there yet.
pub(super) fn insert(list: &mut Listpack, score: f64, member: &[u8]) -> Result<(), Error> {
    let mut text = [0; TEXT_LEN_MAX];
    let pair = [Element::Bytes(member), element(score, &mut text)];
    let done = match seat(list, &Place { score, member }) {
        Some(position) => list.insert_all_before(position, pair.into_iter()),
        None => list.push_all(pair.into_iter()),
    };
    done.map_err(grow_error)
}

/// Adds a member that comes behind all others.
pub(super) fn append(list: &mut Listpack, score: f64, member: Element<'_>) -> Result<(), Error> {
    let mut text = [0; TEXT_LEN_MAX];
    let pair = [member, element(score, &mut text)];
    list.push_all(pair.into_iter()).map_err(grow_error)
}

/// Gives the member at a position another score.
pub(super) fn rescore(
    list: &mut Listpack,
    at: Position,
    score: f64,
    member: &[u8],
) -> Result<(), Error> {
    let place = Place { score, member };
    let fits = |other: Option<(Element<'_>, f64)>, before: bool| {
        other.is_none_or(|(other, score)| {
            let mut digits = [0; 20];
            let other = Place {
                score,
                member: other.text(&mut digits),
            };
            other.order(&place).is_lt() == before
        })
    };
    let value = list.next(at);
    let left = list.prev(at).and_then(|score_at| {
        let member_at = list.prev(score_at)?;
        Some((list.at(member_at), self::score(list.at(score_at))))
    });
    let right = value
        .and_then(|value| list.next(value))
        .map(|next| (list.at(next), score_behind(list, next)));
    if let (Some(value), true, true) = (value, fits(left, true), fits(right, false)) {
        let mut text = [0; TEXT_LEN_MAX];
        return list
            .replace(value, element(score, &mut text))
            .map_err(grow_error);
    }
    list.remove_from(at, 2);
    insert(list, score, member)
}

fn grow_error(_: GrowError) -> Error {
    Error::OutOfMemory
}

/// The pairs at these ranks, in order or backwards.
pub(super) fn range(list: &Listpack, ranks: Range<usize>, backwards: bool) -> Iter<'_> {
    let whole = if backwards {
        let last = (2 * ranks.end as i64) - 1;
        list.seek(last.max(0))
            .map(|position| list.iter_to(position))
    } else {
        list.seek(2 * ranks.start as i64)
            .map(|position| list.iter_from(position))
    };
    Iter {
        left: ranks.len(),
        elements: whole.unwrap_or_else(|| list.iter()),
        backwards,
    }
}

/// Pairs of a listpack.
pub struct Iter<'a> {
    elements: listpack::Iter<'a>,
    left: usize,
    backwards: bool,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (Element<'a>, f64);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        if self.backwards {
            let value = self.elements.next_back()?;
            Some((self.elements.next_back()?, score(value)))
        } else {
            let member = self.elements.next()?;
            Some((member, score(self.elements.next()?)))
        }
    }
}
