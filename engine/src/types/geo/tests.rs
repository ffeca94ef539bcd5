//! Scores, texts, distances and searches, all taken from a redis-server 7.0.15.

extern crate std;
use super::*;
use proptest::prelude::*;
use std::format;
use std::string::String;
use std::vec::Vec;

fn point(longitude: f64, latitude: f64) -> Point {
    Point {
        longitude,
        latitude,
    }
}

/// Longitude, latitude, score, GEOHASH, and GEOPOS' two numbers.
const PLACES: [(f64, f64, u64, &str, f64, f64); 9] = [
    (
        13.361389,
        38.115556,
        3479099956230698,
        "sqc8b49rny0",
        13.361_389_338_970_184,
        38.115_556_395_496_3,
    ),
    (
        15.087269,
        37.502669,
        3479447370796909,
        "sqdtr74hyu0",
        15.087_267_458_438_873,
        37.502_668_423_331_62,
    ),
    (
        -180.0,
        -85.05112878,
        0,
        "00bh0hbj200",
        -179.999_997_317_790_99,
        -85.051_127_512_639_43,
    ),
    (
        180.0,
        85.05112878,
        13510798882111488,
        "bp05b5048p0",
        180.0,
        85.051_128_78,
    ),
    (
        -122.419416,
        37.774929,
        1367859919124605,
        "9q8yyk8yuu0",
        -122.419_417_798_519_13,
        37.774_927_892_498_53,
    ),
    (
        151.20929,
        -33.86882,
        3252046221958824,
        "r3gx2f75zf0",
        151.209_289_133_548_74,
        -33.868_821_197_110_83,
    ),
    (
        0.0001,
        -0.0001,
        2627099782632264,
        "kpbpbpbp6m0",
        0.000_099_241_733_551,
        -0.000_100_121_485_793_64,
    ),
    (
        -179.99,
        66.5,
        1478843427615941,
        "b5b421zq940",
        -179.989_998_042_583_47,
        66.500_000_152_784_86,
    ),
    (
        2.352222,
        48.856613,
        3663832779125283,
        "u09tvw0f6s0",
        2.352_219_521_999_359,
        48.856_612_203_955_095,
    ),
];

/// Two places of the list above, their GEODIST in metres and in miles.
const DISTANCES: [(usize, usize, &str, &str); 14] = [
    (0, 1, "166274.1516", "103.3182"),
    (0, 2, "14784257.5187", "9186.5346"),
    (0, 3, "6307362.7206", "3919.2232"),
    (1, 4, "10581125.8758", "6574.8231"),
    (1, 5, "16071911.0264", "9986.6473"),
    (2, 3, "18919844.5891", "11756.2756"),
    (2, 6, "10560800.6398", "6562.1936"),
    (3, 7, "2063373.4085", "1282.1240"),
    (4, 5, "11951033.8532", "7426.0466"),
    (4, 8, "8955915.6200", "5564.9618"),
    (5, 6, "15203720.8079", "9447.1776"),
    (5, 8, "16965281.7619", "10541.7636"),
    (6, 7, "12624196.1278", "7844.3313"),
    (7, 8, "7188499.0083", "4466.7373"),
];

fn text(distance: f64) -> String {
    String::from_utf8_lossy(write_distance(distance, &mut [0; DISTANCE_LEN_MAX])).into_owned()
}

#[test]
fn scores_and_back() {
    for (longitude, latitude, score, hash, decoded_longitude, decoded_latitude) in PLACES {
        assert_eq!(encode_score(point(longitude, latitude)), Some(score));
        assert_eq!(geohash_text(score as f64), hash.as_bytes());
        let decoded = decode_score(score as f64);
        assert!((decoded.longitude - decoded_longitude).abs() < 1e-13);
        assert!((decoded.latitude - decoded_latitude).abs() < 1e-13);
    }
    for (longitude, latitude) in [
        (180.1, 0.0),
        (0.0, -85.06),
        (f64::NAN, 0.0),
        (0.0, f64::INFINITY),
    ] {
        assert_eq!(encode_score(point(longitude, latitude)), None);
    }
}

/// Scores that ZADD made.
#[test]
fn scores_of_no_place() {
    let (west, east) = (-179.999_997_317_790_99, 180.0);
    let (south, north) = (-85.051_127_512_639_43, 85.051_128_78);
    let cases = [
        (-1.0, east, north, b"bp05b5048p0"),
        (-4_503_599_627_370_497.0, east, north, b"bp05b5048p0"),
        (1e300, west, south, b"00bh0hbj200"),
        (f64::NEG_INFINITY, east, south, b"00bh0hbj200"),
        (18_446_744_073_709_549_568.0, east, north, b"bp05b5048p0"),
        (36_893_488_147_419_103_232.0, west, south, b"00bh0hbj200"),
        (9_007_199_254_740_992.0, east, south, b"00bh0hbj200"),
        (9_223_372_036_854_775_808.0, east, south, b"00bh0hbj200"),
    ];
    for (score, longitude, latitude, hash) in cases {
        let decoded = decode_score(score);
        assert!((decoded.longitude - longitude).abs() < 1e-8, "{score}");
        assert!((decoded.latitude - latitude).abs() < 1e-8, "{score}");
        assert_eq!(&geohash_text(score), hash, "{score}");
    }
}

#[test]
fn distances() {
    for (from, to, metres, miles) in DISTANCES {
        let [from, to] = [from, to].map(|at| decode_score(PLACES[at].2 as f64));
        let distance = from.distance(to);
        assert_eq!(text(distance), metres);
        assert_eq!(text(distance / Unit::Mile.metres()), miles);
        assert_eq!(from.distance(from), 0.0);
    }
}

/// The ties are GEODIST replies.
#[test]
fn distance_texts() {
    let cases = [
        (0.0, "0.0000"),
        (0.00004, "0.0000"),
        (0.00006, "0.0001"),
        (1.0, "1.0000"),
        (911167.29125, "911167.2912"),
        (46687931.95715, "46687931.9572"),
        (9530861.61565, "9530861.6156"),
    ];
    for (distance, expected) in cases {
        assert_eq!(text(distance), expected);
    }
    assert!(text(f64::NAN).starts_with('-'));
}

#[test]
fn units() {
    assert_eq!(Unit::parse(b"KM"), Some(Unit::Kilometre));
    assert_eq!(Unit::parse(b"ft").map(Unit::metres), Some(0.3048));
    assert_eq!(Unit::parse(b"yd"), None);
}

/// The members of a 20 degree grid that a search finds, in its order.
fn find(search: &Search) -> String {
    let mut grid = Vec::new();
    for longitude in (-180..180).step_by(20) {
        for latitude in (-80..=80).step_by(20) {
            let place = point(f64::from(longitude), f64::from(latitude));
            grid.push((
                encode_score(place).unwrap(),
                format!("{longitude},{latitude}"),
            ));
        }
    }
    grid.sort();
    let mut found = Vec::new();
    for range in search.areas().as_slice() {
        let inside = |score: u64| range.min <= score && score < range.end;
        for (score, name) in grid.iter().filter(|(score, _)| inside(*score)) {
            if search.distance(decode_score(*score as f64)).is_some() {
                found.push(name.as_str());
            }
        }
    }
    found.join(" ")
}

#[test]
fn searches_find_the_same_in_the_same_order() {
    let circle = |radius| Shape::Circle { radius };
    let cases = [
        (
            (15.0, 37.0),
            circle(2500.0),
            Unit::Kilometre,
            "0,40 20,40 40,40 0,20 20,20",
        ),
        (
            (179.0, 10.0),
            circle(3000.0),
            Unit::Kilometre,
            "160,0 160,20 -180,0 -160,0 -180,20 -160,20",
        ),
        (
            (-170.0, -75.0),
            Shape::Box {
                width: 3000.0,
                height: 2500.0,
            },
            Unit::Kilometre,
            "-180,-80 -160,-80 -140,-80 -120,-80 -100,-80 120,-80 140,-80 160,-80",
        ),
        (
            (0.0, 85.05),
            circle(1000.0),
            Unit::Mile,
            "0,80 20,80 40,80 60,80 80,80 100,80 120,80 140,80 -140,80 -120,80 -100,80 -80,80 -60,80 -40,80 -20,80",
        ),
        (
            (180.0, 0.0),
            Shape::Box {
                width: 5_000_000.0,
                height: 9_000_000.0,
            },
            Unit::Metre,
            "160,0 160,20 160,40 160,-40 160,-20",
        ),
        ((100.0, -20.0), circle(0.0), Unit::Foot, ""),
        (
            (50.0, 50.0),
            Shape::Box {
                width: 40_000.0,
                height: 1000.0,
            },
            Unit::Kilometre,
            "",
        ),
    ];
    for ((longitude, latitude), shape, unit, expected) in cases {
        let center = point(longitude, latitude);
        assert_eq!(
            find(&Search {
                center,
                shape,
                unit
            }),
            expected
        );
    }
}

proptest! {
    #[test]
    fn points_survive(longitude in -180.0..180.0, latitude in -85.0..85.0) {
        let score = encode_score(point(longitude, latitude)).unwrap();
        let decoded = decode_score(score as f64);
        prop_assert!((decoded.longitude - longitude).abs() <= 360.0 / f64::from(1 << 26));
        prop_assert!((decoded.latitude - latitude).abs() <= 170.2 / f64::from(1 << 26));
        prop_assert_eq!(encode_score(decoded), Some(score));
    }

    /// The cheap test never rejects what the distance would accept.
    #[test]
    fn the_filter_is_safe(
        a in (-180.0..180.0, -85.0..85.0),
        b in (-180.0..180.0, -85.0..85.0),
        near in any::<bool>(),
    ) {
        let from = point(a.0, a.1);
        let to = if near { point(a.0 + b.0 * 1e-7, a.1 + b.1 * 1e-9) } else { point(b.0, b.1) };
        prop_assert!(!from.is_clearly_beyond(to, from.distance(to)));
    }

    #[test]
    fn no_search_panics(
        x in any::<f64>(), y in any::<f64>(), a in any::<f64>(), b in any::<f64>(), circle in any::<bool>(),
    ) {
        let shape = if circle { Shape::Circle { radius: a } } else { Shape::Box { width: a, height: b } };
        let search = Search { center: point(x, y), shape, unit: Unit::Mile };
        prop_assert!(search.areas().as_slice().len() <= AREAS_MAX);
        let _ = search.distance(decode_score(a));
        let _ = text(b);
    }
}
