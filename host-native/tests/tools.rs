//! The tools that look at files and convert them, on files as redis-server 7.0.15 writes them.

mod common;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::PROGRAM;

/// An append-only file of three keys in two databases, one block among them.
const AOF: &str = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n\
*1\r\n$5\r\nMULTI\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*4\r\n$5\r\nRPUSH\r\n$1\r\nl\r\n$1\r\nx\r\n$2\r\ny\n\r\n*1\r\n$4\r\nEXEC\r\n\
*3\r\n$9\r\nPEXPIREAT\r\n$1\r\nl\r\n$4\r\n1000\r\n*5\r\n$4\r\nXADD\r\n$1\r\ns\r\n$3\r\n1-1\r\n$1\r\nf\r\n$1\r\nv\r\n\
*8\r\n$6\r\nXGROUP\r\n$6\r\nCREATE\r\n$1\r\ns\r\n$1\r\ng\r\n$3\r\n1-1\r\n$11\r\nENTRIESREAD\r\n$1\r\n1\r\n";

/// The last record of [`AOF`] is not right, as XGROUP CREATE takes seven words here.
fn sound() -> String {
    AOF.replace("*8\r\n$6\r\nXGROUP", "*7\r\n$6\r\nXGROUP")
}

const LINES: &str = "\
{\"db\":0,\"key\":\"a\",\"type\":\"string\",\"value\":\"1\"}
{\"db\":3,\"key\":\"l\",\"type\":\"list\",\"expire_ms\":1000,\"value\":[\"x\",\"y\\n\"]}
{\"db\":3,\"key\":\"s\",\"type\":\"stream\",\"value\":{\"entries\":[[\"1-1\",[\"f\",\"v\"]]],\"entries_added\":1,\
\"first_id\":\"1-1\",\"groups\":[{\"consumers\":[],\"entries_read\":1,\"last_id\":\"1-1\",\"name\":\"g\",\"pending\":[]}],\
\"last_id\":\"1-1\",\"max_deleted_id\":\"0-0\"}}
";

fn tool(dir: &Path, args: &[&str], answer: &str) -> (i32, String) {
    let mut child = Command::new(PROGRAM)
        .args(args)
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A tool that asks nothing may be gone.
    let _ = stdin.write_all(answer.as_bytes());
    drop(stdin);
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    let text = String::from_utf8([stdout, stderr].concat()).unwrap();
    (status.code().unwrap(), text)
}

#[track_caller]
fn check(dir: &Path, args: &[&str], answer: &str, code: i32, said: &[&str]) {
    let (given, text) = tool(dir, args, answer);
    assert_eq!(given, code, "{text}");
    for part in said {
        assert!(text.contains(part), "{part:?} is missing:\n{text}");
    }
}

/// From one form to the next and back: nothing is lost.
#[test]
fn forms_convert_into_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("a.aof"), sound()).unwrap();
    for (from, to) in [
        ("a.aof", "a.jsonl"),
        ("a.jsonl", "b.rdb"),
        ("b.rdb", "c.aof"),
        ("c.aof", "d.rdb"),
        ("d.rdb", "d.jsonl"),
        ("a.jsonl", "e.aof"),
        ("e.aof", "e.jsonl"),
        ("b.rdb", "f.rdb"),
        ("f.rdb", "f.jsonl"),
    ] {
        check(dir, &["--convert", from, to], "", 0, &["3 keys converted"]);
        if to.ends_with(".jsonl") {
            let text = fs::read_to_string(dir.join(to)).unwrap();
            let mut lines: Vec<&str> = text.lines().collect();
            lines.sort_unstable();
            assert_eq!(lines, LINES.lines().collect::<Vec<_>>(), "{to}");
        }
        if to.ends_with(".aof") {
            check(dir, &["--check-aof", to], "", 0, &["is valid"]);
        }
        if to.ends_with(".rdb") {
            let said = ["RDB looks OK", "3 keys read", "1 already expired"];
            check(dir, &["--check-rdb", to], "", 0, &said);
        }
    }
    let names = fs::read_dir(dir).unwrap().count();
    assert_eq!(names, 10, "nothing else is left behind");
}

/// Any bytes, numbers that are none in JSON, deadlines of fields, deliveries of entries that are gone.
#[test]
fn lines_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let lines = "\
{\"db\":0,\"key\":{\"base64\":\"//4=\"},\"type\":\"hash\",\"value\":[[\"f\",{\"base64\":\"gA==\"},4102444800000],[\"g\",\"1\"]]}
{\"db\":0,\"key\":\"x\",\"type\":\"stream\",\"value\":{\"entries\":[],\"entries_added\":3,\"first_id\":\"0-0\",\"groups\":\
[{\"consumers\":[[\"c\",5,7]],\"entries_read\":null,\"last_id\":\"2-0\",\"name\":\"g\",\"pending\":[[\"1-0\",\"c\",6,2]]}],\
\"last_id\":\"3-0\",\"max_deleted_id\":\"3-0\"}}
{\"db\":0,\"key\":\"z\",\"type\":\"zset\",\"value\":[[\"a\",\"-inf\"],[\"b\",0.0],[\"c\",0.1],[\"d\",1e+300],[\"e\",\"inf\"]]}
{\"db\":9,\"key\":\"\",\"type\":\"set\",\"value\":[\"\"]}
";
    fs::write(dir.join("a.jsonl"), lines).unwrap();
    check(
        dir,
        &["--convert", "a.jsonl", "b.jsonl"],
        "",
        0,
        &["4 keys"],
    );
    assert_eq!(fs::read_to_string(dir.join("b.jsonl")).unwrap(), lines);
    check(dir, &["--convert", "a.jsonl", "c.rdb"], "", 0, &["4 keys"]);
    check(dir, &["--convert", "c.rdb", "c.jsonl"], "", 0, &["4 keys"]);
    let text = fs::read_to_string(dir.join("c.jsonl")).unwrap();
    // An RDB file of the versions that are written says when a consumer was seen, not when it was active.
    assert_eq!(text, lines.replace("[\"c\",5,7]", "[\"c\",5,5]"));
    assert!(
        fs::read(dir.join("c.rdb"))
            .unwrap()
            .starts_with(b"REDIS0012")
    );
}

#[test]
fn what_cannot_be_converted_names_the_place() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for (name, text, said) in [
        (
            "a.jsonl",
            "\n{\"key\":\"a\"}\n",
            "line 2 at offset 1: no \"value\"",
        ),
        ("b.jsonl", "{", "line 1 at offset 0: EOF"),
        (
            "c.jsonl",
            "{\"key\":\"a\",\"type\":\"set\",\"value\":[\"x\",\"x\"]}",
            "a member that comes twice",
        ),
        (
            "d.aof",
            "*1\r\n$1\r\n",
            "damaged at offset 8: the file ends",
        ),
        ("e.aof", "*1\r\n$3\r\nGET\r\n", "wrong number of arguments"),
        (
            "f.rdb",
            "REDIS0010",
            "damaged at offset 9: the file ends early",
        ),
        ("g.aof", AOF, "damaged at offset 295: the file ends inside"),
    ] {
        fs::write(dir.join(name), text).unwrap();
        check(dir, &["--convert", name, "out.rdb"], "", 1, &[name, said]);
        assert!(!dir.join("out.rdb").exists());
    }
    check(
        dir,
        &["--convert", "a.txt", "b.rdb"],
        "",
        1,
        &["What kind of file"],
    );
    check(dir, &["--convert", "a.rdb"], "", 1, &["Usage:"]);
}

#[test]
fn aof_files_are_checked_and_mended() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let aof = "*1\r\n$4\r\nPING\r\n#TS:100\r\n*1\r\n$4\r\nPING\r\n#TS:200\r\n*1\r\n$4\r\nPING\r\n";
    let write = |text: &str| fs::write(dir.join("a.aof"), text).unwrap();
    let read = || fs::read_to_string(dir.join("a.aof")).unwrap();
    write(aof);
    check(
        dir,
        &["--check-aof", "a.aof"],
        "",
        0,
        &["AOF a.aof is valid"],
    );
    write(&aof[..30]);
    let said = [
        "0x              1e: the file ends inside of a record (offset 30 of a.aof)",
        "AOF analyzed: filename=a.aof, size=30, ok_up_to=23, ok_up_to_line=5, diff=7",
        "AOF a.aof is not valid. Use the --fix option to try fixing it.",
    ];
    check(dir, &["--check-aof", "a.aof"], "", 1, &said);
    check(
        dir,
        &["--check-aof", "--fix", "a.aof"],
        "n\n",
        1,
        &["Aborting..."],
    );
    assert_eq!(read(), aof[..30]);
    let said = [
        "This will shrink the AOF a.aof from 30 bytes, with 7 bytes, to 23 bytes",
        "Successfully truncated AOF a.aof",
    ];
    check(dir, &["--check-aof", "--fix", "a.aof"], "y\n", 0, &said);
    assert_eq!(read(), aof[..23]);
    write(aof);
    let until = ["--check-aof", "--truncate-to-timestamp", "150", "a.aof"];
    check(
        dir,
        &until,
        "",
        0,
        &["Successfully truncated AOF a.aof to timestamp 150"],
    );
    assert_eq!(read(), aof[..aof.find("#TS:200").unwrap()]);
    // Nothing would be left: more likely a slip than a wish.
    let stamped = &aof[aof.find("#TS:").unwrap()..];
    write(stamped);
    let before_all = ["--check-aof", "--truncate-to-timestamp", "50", "a.aof"];
    let said = ["AOF a.aof has nothing before timestamp 50, aborting..."];
    check(dir, &before_all, "", 1, &said);
    assert_eq!(read(), stamped);
}

#[test]
fn parts_of_an_aof_are_found_by_their_manifest() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let ping = "*1\r\n$4\r\nPING\r\n";
    let parts = dir.join("appendonlydir");
    fs::create_dir(&parts).unwrap();
    let manifest = "file a.1.base.aof seq 1 type b\nfile a.1.incr.aof seq 1 type i\nfile a.2.incr.aof seq 2 type i\n";
    fs::write(parts.join("a.manifest"), manifest).unwrap();
    for name in ["a.1.base.aof", "a.1.incr.aof", "a.2.incr.aof"] {
        fs::write(parts.join(name), ping).unwrap();
    }
    let said = [
        "Start checking Multi Part AOF\nStart to check BASE AOF (RESP format).",
        "BASE AOF a.1.base.aof is valid\nStart to check INCR files.",
        "INCR AOF a.2.incr.aof is valid\nAll AOF files and manifest are valid",
    ];
    check(dir, &["--check-aof", "appendonlydir"], "", 0, &said);
    fs::write(parts.join("a.1.incr.aof"), &ping[..5]).unwrap();
    let said = ["Failed to truncate AOF a.1.incr.aof because it is not the last file"];
    check(
        dir,
        &["--check-aof", "--fix", "appendonlydir"],
        "y\n",
        1,
        &said,
    );
    fs::write(parts.join("a.manifest"), "file x seq 1 type q\n").unwrap();
    let said = [
        "Reading the manifest file, at line 1",
        "Unknown AOF file type",
    ];
    check(
        dir,
        &["--check-aof", "appendonlydir/a.manifest"],
        "",
        1,
        &said,
    );
}
