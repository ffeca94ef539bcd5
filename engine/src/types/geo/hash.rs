//! Geohashes: longitude and latitude as interleaved bits. Knows nothing of distances.
//!
//! A cell of step n has n bits of each; latitude takes the even bits, counted from the lowest.

use super::{LATITUDE_MAX, LONGITUDE_MAX, Point};

/// The step of scores: 52 bits, which a double holds exactly.
pub(super) const STEP_MAX: u32 = 26;

/// The standard's alphabet of the text form.
const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// From the smallest to the largest value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Span {
    const fn around_zero(max: f64) -> Span {
        Span { min: -max, max }
    }

    /// The part of the span, of 2^step equal ones, that holds `value`.
    fn part_of(self, value: f64, step: u32) -> u32 {
        let offset = (value - self.min) / (self.max - self.min);
        (offset * (1u64 << step) as f64) as u32
    }

    fn part(self, part: u32, step: u32) -> Span {
        let parts = (1u64 << step) as f64;
        let scale = self.max - self.min;
        Span {
            min: self.min + f64::from(part) / parts * scale,
            max: self.min + f64::from(part.wrapping_add(1)) / parts * scale,
        }
    }

    fn middle(self) -> f64 {
        (self.min + self.max) / 2.0
    }
}

const LONGITUDES: Span = Span::around_zero(LONGITUDE_MAX);
const LATITUDES: Span = Span::around_zero(LATITUDE_MAX);
/// What the text form divides: all latitudes there are.
const LATITUDES_OF_TEXT: Span = Span::around_zero(90.0);

/// One cell of the grid with 4^step cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    bits: u64,
    step: u32,
}

impl Cell {
    /// The cell of a step from 1 to 26 that holds a valid point. O(1).
    pub fn of(point: Point, step: u32) -> Cell {
        Cell::within(point, step, LATITUDES)
    }

    fn within(point: Point, step: u32, latitudes: Span) -> Cell {
        let latitude = latitudes.part_of(point.latitude, step);
        let longitude = LONGITUDES.part_of(point.longitude, step);
        Cell {
            bits: spread(latitude) | spread(longitude) << 1,
            step,
        }
    }

    /// The longitudes and latitudes of the cell.
    pub(super) fn spans(self) -> (Span, Span) {
        (
            LONGITUDES.part(gather(self.bits >> 1), self.step),
            LATITUDES.part(gather(self.bits), self.step),
        )
    }

    /// The scores of all points in the cell: from the first to before the second. O(1).
    pub fn scores(self) -> (u64, u64) {
        let shift = 52 - 2 * self.step;
        (self.bits << shift, (self.bits + 1) << shift)
    }

    /// The cell so many columns to the east and rows to the north, each -1 to 1; around at the edges.
    ///
    /// A point at the very end of a span is in a part one beyond the last. As in Redis, that remains so
    /// along a direction that is not moved in.
    pub fn neighbour(self, east: i32, north: i32) -> Cell {
        let inside = u64::MAX >> (64 - 2 * self.step);
        Cell {
            bits: move_along(self.bits, COLUMNS, inside, east)
                | move_along(self.bits, ROWS, inside, north),
            ..self
        }
    }
}

/// The bits of longitude.
const COLUMNS: u64 = 0xaaaa_aaaa_aaaa_aaaa;
/// The bits of latitude.
const ROWS: u64 = 0x5555_5555_5555_5555;

/// Adds -1, 0 or 1 to the number in the bits of `mask`; a moved number stays inside.
fn move_along(bits: u64, mask: u64, inside: u64, by: i32) -> u64 {
    let number = bits & mask;
    let unit = mask & mask.wrapping_neg();
    let moved = match by {
        0 => return number,
        // The bits between hand the carry on.
        1.. => (number | !mask).wrapping_add(unit),
        _ => number.wrapping_sub(unit),
    };
    moved & mask & inside
}

/// Puts the bits of a number at the even places.
fn spread(number: u32) -> u64 {
    let mut bits = u64::from(number);
    bits = (bits | bits << 16) & 0x0000_ffff_0000_ffff;
    bits = (bits | bits << 8) & 0x00ff_00ff_00ff_00ff;
    bits = (bits | bits << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    bits = (bits | bits << 2) & 0x3333_3333_3333_3333;
    (bits | bits << 1) & 0x5555_5555_5555_5555
}

/// Takes a number back from the even places.
fn gather(bits: u64) -> u32 {
    let mut bits = bits & 0x5555_5555_5555_5555;
    bits = (bits | bits >> 1) & 0x3333_3333_3333_3333;
    bits = (bits | bits >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    bits = (bits | bits >> 4) & 0x00ff_00ff_00ff_00ff;
    bits = (bits | bits >> 8) & 0x0000_ffff_0000_ffff;
    (bits | bits >> 16) as u32
}

/// The score under which a sorted set keeps a point: 52 bits. `None` for a point out of range. O(1).
pub fn encode_score(point: Point) -> Option<u64> {
    point.is_valid().then(|| Cell::of(point, STEP_MAX).bits)
}

/// The point that a score stands for, the middle of its cell. O(1).
///
/// Any score is accepted, also what no GEOADD would have stored.
pub fn decode_score(score: f64) -> Point {
    // What Redis' conversion gives on x86: negative scores wrap, too large ones are 0.
    let bits = if score < 0.0 {
        score as i64 as u64
    } else if score < 18_446_744_073_709_551_616.0 {
        score as u64
    } else {
        0
    };
    let cell = Cell {
        bits,
        step: STEP_MAX,
    };
    let (longitudes, latitudes) = cell.spans();
    Point {
        longitude: longitudes.middle().clamp(-LONGITUDE_MAX, LONGITUDE_MAX),
        latitude: latitudes.middle().clamp(-LATITUDE_MAX, LATITUDE_MAX),
    }
}

/// The standard geohash text of a score, 11 characters. O(1).
///
/// The standard divides latitudes up to 90 degrees, so this encodes anew; 52 bits make 10 characters, and
/// the last is always `0`.
pub fn geohash_text(score: f64) -> [u8; 11] {
    let bits = Cell::within(decode_score(score), STEP_MAX, LATITUDES_OF_TEXT).bits;
    let mut text = [b'0'; 11];
    for (at, character) in text[..10].iter_mut().enumerate() {
        let index = bits >> (52 - (at + 1) * 5) & 31;
        *character = ALPHABET[index as usize];
    }
    text
}
