//! Which cells of the grid a search has to look through. Knows nothing of what stands in them.

use super::hash::Cell;
use super::trig::cos;
use super::{EARTH_RADIUS, LATITUDE_MAX, Search, degrees, hash, radians};

/// The most ranges there can be: a cell and its eight neighbours.
pub const AREAS_MAX: usize = 9;

/// Half the equator in the projection, in metres.
const MERCATOR_MAX: f64 = 20_037_726.37;

/// Scores from `min` on, before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ScoreRange {
    /// The smallest score.
    pub min: u64,
    /// Above the largest score.
    pub end: u64,
}

/// The ranges of scores that a search looks through, in order; ranges may repeat others in a search
/// around the whole Earth, as in Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Areas {
    ranges: [ScoreRange; AREAS_MAX],
    len: usize,
}

impl Areas {
    /// The ranges.
    pub fn as_slice(&self) -> &[ScoreRange] {
        &self.ranges[..self.len]
    }
}

/// The cell in the middle and its neighbours (to the east, to the north), in the order of the search.
const OFFSETS: [(i32, i32); AREAS_MAX] = [
    (0, 0),
    (0, 1),
    (0, -1),
    (1, 0),
    (-1, 0),
    (1, 1),
    (-1, 1),
    (1, -1),
    (-1, -1),
];

/// The box around what a search covers, in degrees.
struct Bounds {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

fn bounds(search: &Search) -> Bounds {
    let (width, height) = search.half_extent();
    let (longitude, latitude) = (search.center.longitude, search.center.latitude);
    let latitude_delta = degrees(height / EARTH_RADIUS);
    // A degree of longitude is shortest on the side nearer to the pole.
    let widest = if latitude < 0.0 {
        latitude - latitude_delta
    } else {
        latitude + latitude_delta
    };
    let longitude_delta = degrees(width / EARTH_RADIUS / cos(radians(widest)));
    Bounds {
        west: longitude - longitude_delta,
        south: latitude - latitude_delta,
        east: longitude + longitude_delta,
        north: latitude + latitude_delta,
    }
}

/// The step at which a cell and its neighbours are expected to cover the radius.
fn estimate_step(mut radius: f64, latitude: f64) -> u32 {
    if radius <= 0.0 {
        return hash::STEP_MAX;
    }
    let mut step = 1i32;
    while radius < MERCATOR_MAX {
        radius *= 2.0;
        step += 1;
    }
    step -= 2;
    // Cells are narrow near the poles.
    if latitude.abs() > 66.0 {
        step -= 1;
        if latitude.abs() > 80.0 {
            step -= 1;
        }
    }
    step.clamp(1, hash::STEP_MAX as i32) as u32
}

/// Whether the neighbours of a cell end inside the bounds.
fn is_too_small(cell: Cell, bounds: &Bounds) -> bool {
    let (_, north) = cell.neighbour(0, 1).spans();
    let (_, south) = cell.neighbour(0, -1).spans();
    let (east, _) = cell.neighbour(1, 0).spans();
    let (west, _) = cell.neighbour(-1, 0).spans();
    north.max < bounds.north
        || south.min > bounds.south
        || east.max < bounds.east
        || west.min > bounds.west
}

/// The ranges for a search, by Redis' estimate.
pub(super) fn of(search: &Search) -> Areas {
    let bounds = bounds(search);
    let mut center = search.center;
    center.latitude = center.latitude.clamp(-LATITUDE_MAX, LATITUDE_MAX);
    let mut step = estimate_step(search.radius(), center.latitude);
    let mut cell = Cell::of(center, step);
    if step > 1 && is_too_small(cell, &bounds) {
        step -= 1;
        cell = Cell::of(center, step);
    }
    let (longitudes, latitudes) = cell.spans();
    let reaches = |east: i32, north: i32| {
        step < 2
            || !(north < 0 && latitudes.min < bounds.south
                || north > 0 && latitudes.max > bounds.north
                || east < 0 && longitudes.min < bounds.west
                || east > 0 && longitudes.max > bounds.east)
    };
    let mut areas = Areas {
        ranges: [ScoreRange::default(); AREAS_MAX],
        len: 0,
    };
    let mut last = None;
    for (east, north) in OFFSETS {
        let neighbour = cell.neighbour(east, north);
        // In a huge search adjacent neighbours can be the same cell.
        if !reaches(east, north) || last == Some(neighbour) {
            continue;
        }
        // The first cell is not compared with, as in Redis.
        last = (areas.len > 0).then_some(neighbour);
        let (min, end) = neighbour.scores();
        areas.ranges[areas.len] = ScoreRange { min, end };
        areas.len += 1;
    }
    areas
}
