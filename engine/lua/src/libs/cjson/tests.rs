//! What redis-server 7.0.15 gave.

extern crate std;
use super::super::mock::{Mock, Value};
use super::*;
use proptest::prelude::*;
use std::string::String;

fn decoded(text: &str) -> String {
    let mut mock = Mock::default();
    let text = mock.text(text);
    let mut config = Config::default();
    mock.call(&[text], |call| run(Cjson::Decode, &mut config, call))
}

fn encoded(mock: &mut Mock, value: Value) -> String {
    let mut config = Config::default();
    mock.call(&[value], |call| run(Cjson::Encode, &mut config, call))
}

#[test]
fn decodes() {
    for (text, expected) in [
        ("", "Expected value but found T_END at character 1"),
        (
            "{",
            "Expected object key string but found T_END at character 2",
        ),
        ("[1,]", "Expected value but found T_ARR_END at character 4"),
        (
            "{\"a\" 1}",
            "Expected colon but found T_NUMBER at character 6",
        ),
        (
            "{1:2}",
            "Expected object key string but found T_NUMBER at character 2",
        ),
        (
            "nul",
            "Expected value but found invalid token at character 1",
        ),
        (
            "\"abc",
            "Expected value but found unexpected end of string at character 5",
        ),
        (
            "\"\\x\"",
            "Expected value but found invalid escape code at character 2",
        ),
        (
            "\"\\ud800\"",
            "Expected value but found invalid unicode escape code at character 2",
        ),
        ("01", "1"),
        ("0x10", "16"),
        ("nan", "nan"),
        (
            "-",
            "Expected value but found invalid number at character 1",
        ),
        ("1 2", "Expected the end but found T_NUMBER at character 3"),
        ("+1", "1"),
        (
            "[1 2]",
            "Expected comma or array end but found T_NUMBER at character 4",
        ),
        (
            "{\"a\":1 \"b\"}",
            "Expected comma or object end but found T_STRING at character 8",
        ),
        ("\0\0", "JSON parser does not support UTF-16 or UTF-32"),
        ("10\0x", "10"),
        (" [ ] ", "{}"),
        ("{}", "{}"),
        (
            "[[],{},[1,{\"k\":[true,false,null]}]]",
            "{1={},2={},3={1=1,2={'k'={1=true,2=false,3=null}}}}",
        ),
        (
            "\"\\u0041\\u00e9\\ud83d\\ude00\\/\\b\"",
            "'A\\xc3\\xa9\\xf0\\x9f\\x98\\x80/\\x08'",
        ),
        (
            "\"\\u12\"",
            "Expected value but found invalid unicode escape code at character 2",
        ),
        ("-1.5e3", "-1500"),
    ] {
        assert_eq!(decoded(text), expected, "{text}");
    }
    assert_eq!(
        decoded(&"[".repeat(1001)),
        "Found too many nested data structures (1001) at character 1001"
    );
}

#[test]
fn encodes() {
    let mut mock = Mock::default();
    let number = Value::Number;
    let text = mock.text("a/b\"\\\n\u{1}\u{7f}é");
    assert_eq!(
        encoded(&mut mock, text),
        r#"'\"a\\/b\\\"\\\\\\n\\u0001\\u007f\xc3\xa9\"'"#
    );
    let (empty, a) = (mock.list(&[]), mock.text("a"));
    let map = mock.pairs(&[(a, number(1.0)), (number(1.5), empty)]);
    let list = mock.list(&[
        number(1.0),
        number(1e15),
        map,
        Value::Null,
        Value::Bool(true),
    ]);
    assert_eq!(
        encoded(&mut mock, list),
        r#"'[1,1e+15,{\"a\":1,\"1.5\":{}},null,true]'"#
    );
    let gap = mock.pairs(&[(number(1.0), number(1.0)), (number(3.0), number(2.0))]);
    assert_eq!(encoded(&mut mock, gap), "'[1,null,2]'");
    let sparse = mock.pairs(&[(number(1.0), number(1.0)), (number(20.0), number(2.0))]);
    assert_eq!(
        encoded(&mut mock, sparse),
        "Cannot serialise table: excessively sparse array"
    );
    assert_eq!(
        encoded(&mut mock, Value::Function),
        "Cannot serialise function: type not supported"
    );
    let key = mock.pairs(&[(empty, a)]);
    assert_eq!(
        encoded(&mut mock, key),
        "Cannot serialise table: table key must be a number or string"
    );
    assert_eq!(
        encoded(&mut mock, number(f64::NAN)),
        "Cannot serialise number: must not be NaN or Inf"
    );
    let mut deep = number(1.0);
    for _ in 0..1000 {
        deep = mock.list(&[deep]);
    }
    assert_eq!(encoded(&mut mock, deep).len(), 2003);
    let deeper = mock.list(&[deep]);
    assert_eq!(
        encoded(&mut mock, deeper),
        "Cannot serialise, excessive nesting (1001)"
    );
}

#[test]
fn options() {
    let mut mock = Mock::default();
    let mut config = Config::default();
    let (on, null, nope) = (mock.text("on"), mock.text("null"), mock.text("nope"));
    let number = Value::Number;
    use Cjson::{
        DecodeInvalidNumbers, EncodeInvalidNumbers, EncodeKeepBuffer, EncodeMaxDepth,
        EncodeNumberPrecision, EncodeSparseArray,
    };
    for (function, args, expected) in [
        (EncodeMaxDepth, &[][..], "1000"),
        (
            EncodeMaxDepth,
            &[number(0.0)],
            "#1 (expected integer between 1 and 2147483647)",
        ),
        (EncodeMaxDepth, &[nope], "#1 (number expected, got string)"),
        (EncodeMaxDepth, &[number(5.0)], "5"),
        (EncodeSparseArray, &[], "false 2 10"),
        (
            EncodeSparseArray,
            &[Value::Bool(true), Value::Nil, number(3.0)],
            "true 2 3",
        ),
        (EncodeSparseArray, &[number(1.0)], "#1 (invalid option '1')"),
        (
            EncodeSparseArray,
            &[number(1.0); 4],
            "#4 (found too many arguments)",
        ),
        (EncodeInvalidNumbers, &[nope], "#1 (invalid option 'nope')"),
        (EncodeInvalidNumbers, &[null], "'null'"),
        (EncodeInvalidNumbers, &[on], "true"),
        (EncodeInvalidNumbers, &[], "true"),
        (
            EncodeNumberPrecision,
            &[number(15.0)],
            "#1 (expected integer between 1 and 14)",
        ),
        (EncodeNumberPrecision, &[number(3.5)], "3"),
        (EncodeKeepBuffer, &[on], "true"),
        (DecodeInvalidNumbers, &[Value::Bool(false)], "false"),
    ] {
        let shown = mock.call(args, |call| run(function, &mut config, call));
        assert_eq!(shown, expected, "{function:?} {args:?}");
    }
    assert_eq!((config.precision, config.sparse_safe), (3, 3));
    for (value, expected) in [
        (f64::NAN, "'nan'"),
        (f64::NEG_INFINITY, "'-inf'"),
        (1.23456, "'1.23'"),
    ] {
        let shown = mock.call(&[number(value)], |call| {
            run(Cjson::Encode, &mut config, call)
        });
        assert_eq!(shown, expected);
    }
    for (text, expected) in [
        (
            "01",
            "Expected value but found invalid number at character 1",
        ),
        (
            "nan",
            "Expected value but found invalid token at character 1",
        ),
        (
            "+1",
            "Expected value but found invalid token at character 1",
        ),
    ] {
        let text = mock.text(text);
        let shown = mock.call(&[text], |call| run(Cjson::Decode, &mut config, call));
        assert_eq!(shown, expected);
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "[\\[\\]{}:,\"\\\\u0-9a-ftrnul .eE+-]{0,40}") {
        decoded(&text);
    }
}
