//! Commands on places: sorted sets whose scores are geohashes.

pub(crate) mod place;
pub(crate) mod search;

use alloc::format;
use core::fmt::Write;

use crate::error::Error;
use crate::number::float;
use crate::resp::{Args, Protocol, Reply};
use crate::types::geo::{DISTANCE_LEN_MAX, Point, Unit, write_distance};

/// The longitude at argument `index` and the latitude behind it.
///
/// # Errors
/// They are no numbers, or outside of what a geohash can hold.
fn point(args: Args<'_>, index: usize) -> Result<Point, Error> {
    let number = |index| float::parse(args.at(index)).ok_or(Error::NotFloat);
    let point = Point {
        longitude: number(index)?,
        latitude: number(index + 1)?,
    };
    if point.is_valid() {
        return Ok(point);
    }
    Err(Error::Text(format!(
        "ERR invalid longitude,latitude pair {:.6},{:.6}",
        point.longitude, point.latitude
    )))
}

/// The unit that a word names.
///
/// # Errors
/// It names none.
fn unit(word: &[u8]) -> Result<Unit, Error> {
    Unit::parse(word).ok_or(Error::Static(
        "ERR unsupported unit provided. please use M, KM, FT, MI",
    ))
}

fn reply_distance(reply: &mut Reply<'_>, distance: f64) {
    reply.bulk(write_distance(distance, &mut [0; DISTANCE_LEN_MAX]));
}

fn reply_point(reply: &mut Reply<'_>, point: Point) {
    reply.array(2);
    reply_degrees(reply, point.longitude);
    reply_degrees(reply, point.latitude);
}

/// Degrees with up to 17 decimals.
fn reply_degrees(reply: &mut Reply<'_>, degrees: f64) {
    let mut text = Text::default();
    // A geohash's degrees have three digits before the point, so this fits.
    let _ = write!(text, "{degrees:.17}");
    let text = text.trimmed();
    if reply.protocol() == Protocol::Resp3 {
        reply.out().push(b",");
        reply.out().push(text);
        reply.out().push(b"\r\n");
    } else {
        reply.bulk(text);
    }
}

/// A short text under construction.
#[derive(Default)]
struct Text {
    bytes: [u8; 32],
    len: usize,
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let end = self.len + text.len();
        let room = self.bytes.get_mut(self.len..end).ok_or(core::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

impl Text {
    /// A decimal without the zeros at its end.
    fn trimmed(&self) -> &[u8] {
        let mut text = &self.bytes[..self.len];
        if text.contains(&b'.') {
            while let [rest @ .., b'0'] = text {
                text = rest;
            }
            text = text.strip_suffix(b".").unwrap_or(text);
        }
        if text == b"-0" { b"0" } else { text }
    }
}
