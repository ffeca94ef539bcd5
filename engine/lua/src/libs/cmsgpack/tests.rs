//! What redis-server 7.0.15 gave.

extern crate std;
use super::super::mock::{Mock, Value};
use super::*;
use proptest::prelude::*;
use std::string::String;

fn packed(mock: &mut Mock, args: &[Value]) -> String {
    mock.call(args, |call| run(Cmsgpack::Pack, call))
}

fn unpacked(data: &[u8]) -> String {
    let mut mock = Mock::default();
    let data = mock.string(data).unwrap();
    mock.call(&[data], |call| run(Cmsgpack::Unpack, call))
}

#[test]
fn packs() {
    let mut mock = Mock::default();
    let number = Value::Number;
    let (a, list) = (mock.text("a"), mock.list(&[number(1.0), number(2.0)]));
    let map = mock.pairs(&[(a, number(1.0))]);
    let gap = mock.pairs(&[(number(1.0), number(1.0)), (number(3.0), number(3.0))]);
    let args = [
        number(1.0),
        a,
        list,
        map,
        Value::Nil,
        Value::Bool(true),
        number(1.5),
        number(-1.0),
        number(-33.0),
        number(300.0),
        number(70000.0),
        number(1_099_511_627_776.0),
        number(9_223_372_036_854_775_808.0),
        number(f64::INFINITY),
        number(1e300),
        Value::Function,
        gap,
    ];
    assert_eq!(
        packed(&mut mock, &args),
        r"'\x01\xa1a\x92\x01\x02\x81\xa1a\x01\xc0\xc3\xca?\xc0\x00\x00\xff\xd0\xdf\xcd\x01,\xce\x00\x01\x11p\xcf\x00\x00\x01\x00\x00\x00\x00\x00\xca_\x00\x00\x00\xca\x7f\x80\x00\x00\xcb~7\xe4<\x88\x00u\x9c\xc0\x82\x01\x01\x03\x03'"
    );
    assert_eq!(packed(&mut mock, &[]), "#0 (MessagePack pack needs input.)");
    let long = mock.text(&"x".repeat(70_000));
    let shown = packed(&mut mock, &[long]);
    assert!(shown.starts_with(r"'\xdb\x00\x01\x11pxxx"));
    let mut nested = Value::Number(1.0);
    for _ in 0..20 {
        nested = mock.list(&[nested]);
    }
    let expected = std::format!("'{}{}'", "\\x91".repeat(16), "\\xc0");
    assert_eq!(packed(&mut mock, &[nested]), expected);
}

#[test]
fn unpacks() {
    assert_eq!(unpacked(b""), "");
    assert_eq!(unpacked(b"\xc1"), "Bad data format in input.");
    assert_eq!(unpacked(b"\x92\x01"), "Missing bytes in input.");
    assert_eq!(unpacked(b"\x01\x02\xff"), "1 2 -1");
    assert_eq!(
        unpacked(b"\x92\x90\x80\x81\xa1a\x91\xc3"),
        "{1={},2={}} {'a'={1=true}}"
    );
    assert_eq!(
        unpacked(b"\xd0\x80\xcc\xff\xcb\x3f\xf8\0\0\0\0\0\0"),
        "-128 255 1.5"
    );
    assert_eq!(unpacked(b"\xc4\x01x\xd9\x01y\xda\0\x01z"), "'x' 'y' 'z'");
    assert_eq!(unpacked(b"\x81\xc0\x01"), "Plain(\"table index is nil\")");
    assert_eq!(unpacked(b"\xdd\xff\xff\xff\xff"), "Missing bytes in input.");
    assert_eq!(
        unpacked(&[0x91; 100_000]),
        "stack overflow (in function mp_decode_to_lua_array)"
    );
}

#[test]
fn unpacks_parts() {
    let mut mock = Mock::default();
    let data = mock.text("\u{1}\u{2}\u{3}");
    let mut part = |function, args: &[f64]| {
        let mut all = std::vec![data];
        all.extend(args.iter().map(|arg| Value::Number(*arg)));
        mock.call(&all, |call| run(function, call))
    };
    use Cmsgpack::{UnpackLimit, UnpackOne};
    assert_eq!(part(UnpackOne, &[]), "1 1");
    assert_eq!(part(UnpackOne, &[2.0]), "-1 3");
    assert_eq!(part(UnpackOne, &[3.0]), "-1");
    assert_eq!(
        part(UnpackOne, &[4.0]),
        "Start offset 4 greater than input length 3."
    );
    assert_eq!(
        part(UnpackOne, &[-1.0]),
        "Invalid request to unpack with offset of -1 and limit of 3."
    );
    assert_eq!(part(UnpackLimit, &[2.0]), "2 1 2");
    assert_eq!(part(UnpackLimit, &[2.0, 1.0]), "-1 2 3");
    assert_eq!(part(UnpackLimit, &[0.0, 0.0]), "1 2 3");
    assert_eq!(part(UnpackLimit, &[]), "#2 (number expected, got no value)");
}

proptest! {
    #[test]
    fn no_data_panics(data in proptest::collection::vec(any::<u8>(), 0..60)) {
        unpacked(&data);
    }
}
