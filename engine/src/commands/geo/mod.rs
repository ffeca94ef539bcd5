//! Commands on places: sorted sets whose scores are geohashes.

pub(crate) mod place;
pub(crate) mod search;

use hyla_lua::text::printf::{self, Notation};

use crate::error::{Error, Told};
use crate::number::float;
use crate::resp::{Args, Protocol, Reply};
use crate::types::geo::{DISTANCE_LEN_MAX, Point, Unit, write_distance};

/// The longitude at argument `index` and the latitude behind it.
///
/// # Errors
/// They are no numbers, or outside of what a geohash can hold.
fn point(args: Args<'_>, index: usize, told: &Told) -> Result<Point, Error> {
    let point = any_point(args, index)?;
    if point.is_valid() {
        return Ok(point);
    }
    Err(told.tell_pieces(&[
        b"ERR invalid longitude,latitude pair ",
        decimals(point.longitude, 6).bytes(),
        b",",
        decimals(point.latitude, 6).bytes(),
    ]))
}

/// C's `%.*f`.
fn decimals(value: f64, count: usize) -> printf::Text {
    let spec = printf::Spec {
        precision: Some(count),
        ..printf::Spec::default()
    };
    printf::double(value, Notation::Fixed, false, &spec)
}

/// The unit that a word names.
///
/// # Errors
/// It names none.
fn unit(word: &[u8]) -> Result<Unit, Error> {
    Unit::parse(word).ok_or(Error::fixed(
        &"ERR unsupported unit provided. please use M, KM, FT, MI",
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
    let text = decimals(degrees, 17);
    let text = trimmed(text.bytes());
    if reply.protocol() == Protocol::Resp3 {
        reply.out().push(b",");
        reply.out().push(text);
        reply.out().push(b"\r\n");
    } else {
        reply.bulk(text);
    }
}

/// A text with decimals without the zeros at its end.
fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., b'0'] = text {
        text = rest;
    }
    match text.strip_suffix(b".").unwrap_or(text) {
        b"-0" => b"0",
        text => text,
    }
}

/// The point of two arguments, wherever it is.
///
/// # Errors
/// They are no numbers.
fn any_point(args: Args<'_>, index: usize) -> Result<Point, Error> {
    let number = |index| float::parse(args.at(index)).ok_or(Error::NotFloat);
    Ok(Point {
        longitude: number(index)?,
        latitude: number(index + 1)?,
    })
}
