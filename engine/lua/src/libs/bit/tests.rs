//! What redis-server 7.0.15 gave.

use super::super::mock::{Mock, Value};
use super::*;

#[test]
fn operations() {
    let mut mock = Mock::default();
    use Bit::*;
    for (function, args, expected) in [
        (Tohex, &[255.0][..], "'000000ff'"),
        (Tohex, &[255.0, -4.0], "'00FF'"),
        (Tohex, &[-1.0, 2.0], "'ff'"),
        (Tohex, &[-1.0, 100.0], "'ffffffff'"),
        (Tohex, &[1.0, 0.0], "''"),
        (Tohex, &[2_147_483_647.0, -2_147_483_648.0], "'7FFFFFFF'"),
        (Tohex, &[], "#1 (number expected, got no value)"),
        (Tobit, &[4_294_967_301.0], "5"),
        (Tobit, &[1.5], "2"),
        (Tobit, &[2.5], "2"),
        (Tobit, &[1e300], "-2013235812"),
        (Tobit, &[f64::NAN], "0"),
        (Tobit, &[f64::INFINITY], "0"),
        (Band, &[], "#1 (number expected, got no value)"),
        (Band, &[7.0, 3.0, 6.0], "2"),
        (Bor, &[1.0, 2.0, 4.0], "7"),
        (Bxor, &[1.0, 3.0], "2"),
        (Bnot, &[0.0], "-1"),
        (Lshift, &[1.0, 33.0], "2"),
        (Lshift, &[1.0], "#2 (number expected, got no value)"),
        (Rshift, &[-1.0, 28.0], "15"),
        (Arshift, &[-256.0, 4.0], "-16"),
        (Rol, &[305_419_896.0, 8.0], "878082066"),
        (Ror, &[305_419_896.0, 8.0], "2014458966"),
        (Bswap, &[305_419_896.0], "2018915346"),
    ] {
        let values: Vec<_> = args.iter().map(|arg| Value::Number(*arg)).collect();
        let shown = mock.call(&values, |call| run(function, call));
        assert_eq!(shown, expected, "{function:?} {args:?}");
    }
}
