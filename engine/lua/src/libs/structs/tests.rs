//! What redis-server 7.0.15 gave.

extern crate std;
use super::super::mock::{Mock, Value};
use super::*;
use proptest::prelude::*;
use std::string::String;

fn packed(format: &str, numbers: &[f64], text: &str) -> String {
    let mut mock = Mock::default();
    let mut args = std::vec![mock.text(format)];
    args.extend(numbers.iter().map(|number| Value::Number(*number)));
    if !text.is_empty() {
        args.push(mock.text(text));
    }
    mock.call(&args, |call| run(Struct::Pack, call))
}

fn unpacked(format: &str, data: &[u8], offset: Option<f64>) -> String {
    let mut mock = Mock::default();
    let mut args = std::vec![mock.text(format), mock.string(data).unwrap()];
    args.extend(offset.map(Value::Number));
    mock.call(&args, |call| run(Struct::Unpack, call))
}

fn size(format: &str) -> String {
    let mut mock = Mock::default();
    let format = mock.text(format);
    mock.call(&[format], |call| run(Struct::Size, call))
}

#[test]
fn packs() {
    let two_to_60 = 1_152_921_504_606_846_976.0;
    for (format, numbers, text, expected) in [
        (">I2bs", &[1.0, 2.0][..], "hi", r"'\x00\x01\x02hi\x00'"),
        (
            ">lTfd",
            &[4.0, 5.0, 1.5, 2.5],
            "",
            r"'\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x05?\xc0\x00\x00@\x04\x00\x00\x00\x00\x00\x00'",
        ),
        ("y", &[], "", "#1 (invalid format option 'y')"),
        ("i", &[], "", "#2 (number expected, got nil)"),
        ("ii", &[1.0], "", "#3 (number expected, got nil)"),
        ("iii", &[1.0], "", "#3 (number expected, got nil)"),
        (
            "i33",
            &[1.0],
            "",
            "integral size 33 is larger than limit of 32",
        ),
        ("i99999999999", &[1.0], "", "integral size overflow"),
        ("!3i", &[1.0], "", "alignment 3 is not a power of 2"),
        ("!0b", &[1.0], "", "alignment 0 is not a power of 2"),
        (
            "!4bi",
            &[1.0, 2.0],
            "",
            r"'\x01\x00\x00\x00\x02\x00\x00\x00'",
        ),
        ("c5", &[], "abc", "#3 (string too short)"),
        ("c0", &[], "abc", "'abc'"),
        ("c", &[], "abc", "'a'"),
        (
            "i16",
            &[-2.0],
            "",
            r"'\xfe\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00'",
        ),
        (
            "I16",
            &[two_to_60],
            "",
            r"'\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00'",
        ),
        ("B", &[-1.0], "", r"'\xff'"),
        ("B", &[300.0], "", "','"),
        (" < > i3", &[70000.0], "", r"'\x01\x11p'"),
        ("xxb", &[1.0], "", r"'\x00\x00\x01'"),
        ("i0", &[1.0], "", "''"),
        ("i", &[], "1e10", r"'\x00\xe4\x0bT'"),
        ("f", &[], "x", "#2 (number expected, got string)"),
    ] {
        assert_eq!(packed(format, numbers, text), expected, "{format}");
    }
}

#[test]
fn unpacks() {
    for (format, data, offset, expected) in [
        (">I2b", &b"\x01\x02\xff"[..], None, "258 -1 4"),
        ("i", b"", None, "#2 (data string too short)"),
        ("s", b"abc", None, "unfinished string in data"),
        ("s", b"abc\0d", None, "'abc' 5"),
        ("bc0", b"\x03abc", None, "'abc' 5"),
        ("bc0", b"\x04abc", None, "#2 (data string too short)"),
        ("c0", b"abc", None, "format 'c0' needs a previous size"),
        ("i", b"abcd", Some(0.0), "#3 (offset must be 1 or greater)"),
        ("i", b"abcdefgh", Some(5.0), "1751606885 9"),
        ("I16", &[255; 16], None, "1.844674407371e+19 17"),
        ("i16", &[255; 16], None, "-1 17"),
        ("i32", &[1; 32], None, "7.2340172838077e+16 33"),
        ("i0", b"abc", None, "0 1"),
        ("<f", b"\0\0\xc0\x3f", None, "1.5 5"),
        (">d", b"\x3f\xf0\0\0\0\0\0\0", None, "1 9"),
        ("c2", b"abc", Some(-1.0), "#2 (data string too short)"),
    ] {
        assert_eq!(unpacked(format, data, offset), expected, "{format}");
    }
}

#[test]
fn sizes() {
    assert_eq!(size("!8bdi"), "20");
    assert_eq!(size("s"), "#1 (option 's' has no fixed size)");
    assert_eq!(size("c0"), "#1 (option 'c0' has no fixed size)");
    assert_eq!(size("y"), "0");
    assert_eq!(size("?"), "#1 (invalid format option '?')");
}

proptest! {
    #[test]
    fn nothing_panics(
        format in "[bBhHlLTiIxcsfd<>! 0-9]{0,12}",
        data in proptest::collection::vec(any::<u8>(), 0..40),
        offset in -5i32..50,
    ) {
        unpacked(&format, &data, Some(f64::from(offset)));
        packed(&format, &[1.0, -2.5, 1e300], "text");
        size(&format);
    }
}
