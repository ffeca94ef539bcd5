//! Manifests as redis-server 7.0.15 wrote, took and refused them.

extern crate std;

use alloc::vec::Vec;
use std::string::String;

use super::{Kind, Manifest, Part};
use proptest::prelude::*;

/// What became of texts that a redis-server 7.0.15 was started with.
#[test]
fn lines_are_judged_as_by_redis() {
    let invalid = "Invalid AOF manifest file format";
    let long = "The AOF manifest file contains too long line";
    let cases: &[(&str, &str)] = &[
        ("", "0: Found an empty AOF manifest"),
        ("#c\n", ""),
        ("#c", ""),
        ("\n", &std::format!("1: {invalid}")),
        ("file a.aof seq 1 type b", &std::format!("1: {long}")),
        ("file a.aof seq 1 type b\n\n", &std::format!("2: {invalid}")),
        ("file a.aof seq 0 type b\n", &std::format!("1: {invalid}")),
        ("file a.aof seq x type b\n", &std::format!("1: {invalid}")),
        ("file a.aof seq 1 type x\n", "1: Unknown AOF file type"),
        ("file a.aof seq 1 type bx\n", "b a.aof 1"),
        (
            "file a/aof seq 1 type b\n",
            "1: File can't be a path, just a filename",
        ),
        (
            "file a\\\\aof seq 1 type b\n",
            "1: File can't be a path, just a filename",
        ),
        ("file \"a.aof seq 1 type b\n", &std::format!("1: {invalid}")),
        (
            "file a.aof seq 1 type b\nfile b.aof seq 2 type b\n",
            "2: Found duplicate base file information",
        ),
        (
            "file a.aof seq 2 type i\nfile b.aof seq 2 type i\n",
            "2: Found a non-monotonic sequence number",
        ),
        ("file a.aof seq 2 type b foo bar\n", "b a.aof 2"),
        (
            "file a.aof seq 2 type b startoffset 7 endoffset 9\n",
            "b a.aof 2",
        ),
        ("FILE a.aof SEQ 2 TYPE b\n", "b a.aof 2"),
        ("file a.aof seq 2 type B\n", "1: Unknown AOF file type"),
        (
            "file a.aof seq 2 type i\n file b.aof seq 3 type h  \r\n",
            "h b.aof 3, i a.aof 2",
        ),
        (
            "file a.aof seq 2 seq 3 foo b\n",
            &std::format!("1: {invalid}"),
        ),
        ("file a.aof seq +2 type b\n", "b a.aof 2"),
        (
            "file a.aof seq -2 type i\n",
            "1: Found a non-monotonic sequence number",
        ),
        (
            "file a.aof seq 2 type \"\"\n",
            &std::format!("1: {invalid}"),
        ),
        ("file 'a.aof' seq 2 type i\n", "i a.aof 2"),
        ("file a.aof seq 2\0 type i\n", &std::format!("1: {long}")),
    ];
    for (text, expected) in cases {
        let given = match Manifest::parse(text.as_bytes()) {
            Err(error) => std::format!("{}: {}", error.line_number, error.what),
            Ok(manifest) => {
                let parts = manifest.base.iter().chain(&manifest.history);
                let said: Vec<String> = parts.chain(&manifest.increments).map(said).collect();
                said.join(", ")
            }
        };
        assert_eq!(&given, expected, "{text:?}");
    }
    let name = "n".repeat(1024);
    let text = std::format!("file {name} seq 1 type b\n");
    let error = Manifest::parse(text.as_bytes()).unwrap_err();
    assert_eq!(error.what, long);
}

fn said(part: &Part) -> String {
    let kind = match part.kind {
        Kind::Base => 'b',
        Kind::Increment => 'i',
        Kind::History => 'h',
    };
    let name = String::from_utf8_lossy(&part.name);
    std::format!("{kind} {name} {}", part.seq)
}

#[test]
fn an_error_names_the_line() {
    let error = Manifest::parse(b"# x\n  file a seq 1 typo b \n").unwrap_err();
    assert_eq!(error.line_number, 2);
    assert_eq!(error.line.as_deref(), Some(&b"file a seq 1 typo b"[..]));
}

/// Texts that redis-server 7.0.15 wrote for these values of `appendfilename`.
#[test]
fn names_are_written_as_by_redis() {
    let cases: &[(&str, &str)] = &[
        ("appendonly.aof", "appendonly.aof"),
        ("my \"file\" x.aof", "\"my \\\"file\\\" x.aof"),
        // Not as redis-server, which refuses what it wrote.
        ("it's.aof", "\"it's.aof"),
        ("é.aof", "\"\\xc3\\xa9.aof"),
        ("a#b.aof", "a#b.aof"),
    ];
    for (filename, start) in cases {
        let mut manifest = Manifest::default();
        manifest.next_base(filename.as_bytes(), true);
        manifest.next_increment(filename.as_bytes());
        let quote = if start.starts_with('"') { "\"" } else { "" };
        let expected = std::format!(
            "file {start}.1.base.rdb{quote} seq 1 type b\nfile {start}.1.incr.aof{quote} seq 1 type i\n"
        );
        let text = manifest.write().unwrap();
        assert_eq!(String::from_utf8_lossy(&text), expected);
        assert_eq!(Manifest::parse(&text), Ok(manifest));
    }
}

#[test]
fn a_rewrite_makes_history() {
    let mut manifest = Manifest::default();
    manifest.next_base(b"a", true);
    manifest.next_increment(b"a");
    manifest.next_increment(b"a");
    manifest.next_increment(b"a");
    manifest.retire(1);
    manifest.next_base(b"a", false);
    let text = manifest.write().unwrap();
    let expected = "file a.2.base.aof seq 2 type b\nfile a.2.incr.aof seq 2 type h\n\
        file a.1.incr.aof seq 1 type h\nfile a.1.base.rdb seq 1 type h\nfile a.3.incr.aof seq 3 type i\n";
    assert_eq!(String::from_utf8_lossy(&text), expected);
    let loaded: Vec<_> = manifest.loaded().map(|part| part.seq).collect();
    assert_eq!(loaded, [2, 3]);
    assert_eq!(Manifest::name(b"a"), b"a.manifest");
    assert_eq!(Manifest::temporary_name(b"a"), b"temp-a.manifest");
}

proptest! {
    /// Whatever the name, what was written is read.
    #[test]
    fn any_name_comes_back(name in proptest::collection::vec(any::<u8>(), 1..40)) {
        prop_assume!(super::is_base_name(&name));
        let mut manifest = Manifest::default();
        manifest.next_base(&name, true);
        manifest.next_increment(&name);
        manifest.retire(1);
        manifest.next_base(&name, true);
        let text = manifest.write().unwrap();
        prop_assert_eq!(Manifest::parse(&text), Ok(manifest));
    }

    #[test]
    fn anything_may_be_read(text in proptest::collection::vec(any::<u8>(), 0..100)) {
        let _ = Manifest::parse(&text);
    }
}
