//! Positions on Earth: distances, geohashes as sorted set scores, and which of them a search has to look
//! at. Knows nothing of sorted sets or members.
//!
//! All arithmetic is done in Redis' order of operations, so that texts and search results are the same.

mod area;
mod hash;
#[cfg(test)]
mod tests;
mod trig;

use crate::number::integer::write_u64;
pub use area::{AREAS_MAX, Areas, ScoreRange};
pub use hash::{Cell, decode_score, encode_score, geohash_text};
use trig::{asin, cos, sin};

/// The largest longitude, in degrees; the smallest is its negative.
pub const LONGITUDE_MAX: f64 = 180.0;
/// The largest latitude that the projection (EPSG:900913) knows, in degrees; the smallest is its negative.
pub const LATITUDE_MAX: f64 = 85.051_128_78;
/// The radius of the sphere that distances are measured on, in metres.
const EARTH_RADIUS: f64 = 6_372_797.560_856;
/// Radians in a degree.
const DEGREE: f64 = core::f64::consts::PI / 180.0;

/// A position, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// East of Greenwich.
    pub longitude: f64,
    /// North of the equator.
    pub latitude: f64,
}

impl Point {
    /// Whether a geohash score can hold it.
    pub fn is_valid(self) -> bool {
        self.longitude.abs() <= LONGITUDE_MAX && self.latitude.abs() <= LATITUDE_MAX
    }

    /// Metres on the sphere to another point, by the haversine formula. O(1).
    pub fn distance(self, other: Point) -> f64 {
        let v = sin((radians(other.longitude) - radians(self.longitude)) / 2.0);
        if v == 0.0 {
            return latitude_distance(self.latitude, other.latitude);
        }
        let (from, to) = (radians(self.latitude), radians(other.latitude));
        let u = sin((to - from) / 2.0);
        let a = u * u + cos(from) * cos(to) * v * v;
        2.0 * EARTH_RADIUS * asin(libm::sqrt(a))
    }

    /// Whether another point is certainly farther away than `metres`: cheaper than the distance.
    fn is_clearly_beyond(self, other: Point, metres: f64) -> bool {
        // Far more than all rounding together.
        let limit = metres * (1.0 + 1e-9) + 1e-3;
        if latitude_distance(self.latitude, other.latitude) > limit {
            return true;
        }
        let v = libm::sin((radians(other.longitude) - radians(self.longitude)) / 2.0);
        let (from, to) = (radians(self.latitude), radians(other.latitude));
        let u = libm::sin((to - from) / 2.0);
        let a = u * u + libm::cos(from) * libm::cos(to) * v * v;
        2.0 * EARTH_RADIUS * libm::asin(libm::sqrt(a)) > limit
    }
}

/// Room for the text of any distance.
pub const DISTANCE_LEN_MAX: usize = 24;

/// Writes a distance with four decimals, as GEODIST and WITHDIST reply it; returns the text. O(digits).
///
/// Redis rounds after scaling, half to even, so that this is not `%.4f` where that is a tie. What is too
/// large for that, or no number, gives what the x86 conversion does.
pub fn write_distance(distance: f64, buffer: &mut [u8; DISTANCE_LEN_MAX]) -> &[u8] {
    const SCALE: u64 = 10_000;
    let scaled = libm::rint(distance * SCALE as f64);
    let scaled = if scaled.abs() < 9_223_372_036_854_775_808.0 {
        scaled as i64
    } else {
        i64::MIN
    };
    let mut rest = scaled.unsigned_abs() % SCALE;
    let mut at = DISTANCE_LEN_MAX;
    for _ in 0..4 {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    at -= 1;
    buffer[at] = b'.';
    let mut digits = [0; 20];
    let whole = write_u64(scaled.unsigned_abs() / SCALE, &mut digits);
    at -= whole.len();
    buffer[at..at + whole.len()].copy_from_slice(whole);
    if scaled < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    &buffer[at..]
}

/// Metres between two parallels.
fn latitude_distance(a: f64, b: f64) -> f64 {
    EARTH_RADIUS * (radians(b) - radians(a)).abs()
}

fn radians(degrees: f64) -> f64 {
    degrees * DEGREE
}

fn degrees(radians: f64) -> f64 {
    radians / DEGREE
}

/// A unit of length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `m`
    Metre,
    /// `km`
    Kilometre,
    /// `ft`
    Foot,
    /// `mi`
    Mile,
}

impl Unit {
    /// Reads a unit's name, in any case.
    pub fn parse(name: &[u8]) -> Option<Unit> {
        const NAMES: [(&[u8], Unit); 4] = [
            (b"m", Unit::Metre),
            (b"km", Unit::Kilometre),
            (b"ft", Unit::Foot),
            (b"mi", Unit::Mile),
        ];
        let mut names = NAMES.iter();
        names
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, unit)| *unit)
    }

    /// How many metres one of it has.
    pub fn metres(self) -> f64 {
        match self {
            Unit::Metre => 1.0,
            Unit::Kilometre => 1000.0,
            Unit::Foot => 0.3048,
            Unit::Mile => 1609.34,
        }
    }
}

/// What a search covers, in the search's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// Everything up to this far away.
    Circle {
        /// The largest distance.
        radius: f64,
    },
    /// A box along the parallels and meridians, the centre in its middle.
    Box {
        /// From west to east.
        width: f64,
        /// From south to north.
        height: f64,
    },
}

/// A search for positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Search {
    /// Where distances are measured from.
    pub center: Point,
    /// What is covered.
    pub shape: Shape,
    /// The unit of the shape's lengths.
    pub unit: Unit,
}

impl Search {
    /// The score ranges to look through, in Redis' order, which is that of unsorted results. O(1).
    pub fn areas(&self) -> Areas {
        area::of(self)
    }

    /// The distance in metres from the centre, if `point` is covered. O(1).
    pub fn distance(&self, point: Point) -> Option<f64> {
        let unit = self.unit.metres();
        match self.shape {
            Shape::Circle { radius } => {
                if self.center.is_clearly_beyond(point, radius * unit) {
                    return None;
                }
                let distance = self.center.distance(point);
                // A distance that is no number counts as covered.
                if distance > radius * unit {
                    return None;
                }
                Some(distance)
            }
            Shape::Box { width, height } => {
                let north_south = latitude_distance(point.latitude, self.center.latitude);
                if north_south > height * unit / 2.0 {
                    return None;
                }
                let below = Point {
                    longitude: self.center.longitude,
                    latitude: point.latitude,
                };
                if point.distance(below) > width * unit / 2.0 {
                    return None;
                }
                Some(self.center.distance(point))
            }
        }
    }

    /// How far it reaches to the east and to the north, in metres.
    fn half_extent(&self) -> (f64, f64) {
        let unit = self.unit.metres();
        match self.shape {
            Shape::Circle { radius } => (unit * radius, unit * radius),
            Shape::Box { width, height } => (unit * (width / 2.0), unit * (height / 2.0)),
        }
    }

    /// The radius of a circle around everything covered, in metres.
    fn radius(&self) -> f64 {
        let radius = match self.shape {
            Shape::Circle { radius } => radius,
            Shape::Box { width, height } => {
                let (x, y) = (width / 2.0, height / 2.0);
                libm::sqrt(x * x + y * y)
            }
        };
        radius * self.unit.metres()
    }
}
