//! Tests against what redis-server 7.0.15 answered; `testdata/record.py` records it anew.

use super::*;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::{format, vec};

/// Where Hyla's defaults are others on purpose.
const OTHER_DEFAULTS: &[&str] = &["bind"];

/// Directives that redis-server 7.0.15 does not list: those of later versions and Hyla's own.
const NEW_DIRECTIVES: &[&str] = &[
    "aof-load-corrupt-tail-max-size",
    "http-port",
    "http-bind",
    "http-dir",
    "locale-collate",
    "set-max-listpack-entries",
    "set-max-listpack-value",
    "cluster-announce-human-nodename",
];

fn no_host(request: Request<'_>) -> Result<Vec<Vec<u8>>, Vec<u8>> {
    match request {
        Request::Sentinel(_) => Err(b"sentinel directive while not in sentinel mode".to_vec()),
        _ => Ok(Vec::new()),
    }
}

fn config_from(text: &str) -> Config {
    let mut config = Config::default();
    let result = config.parse_file(text.as_bytes(), &mut no_host);
    assert!(result.is_ok(), "{text}: {result:?}");
    config
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Title, input and expectation of each case of a file.
fn cases(data: &'static str) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    data.split("=== ").skip(1).map(|case| {
        let (title, rest) = case.split_once('\n').unwrap_or((case, ""));
        let (input, expected) = rest.split_once("---\n").unwrap_or((rest, ""));
        (title, input, expected)
    })
}

#[test]
fn defaults_are_those_of_redis() {
    let config = Config::default();
    let ours: Vec<(String, String)> = config
        .get(&[b"*"])
        .iter()
        .map(|(name, value)| (text(name), text(value)))
        .collect();
    let mut missing = ours
        .iter()
        .map(|(name, _)| name.as_str())
        .collect::<BTreeSet<_>>();
    for line in include_str!("testdata/defaults.tsv").lines() {
        let (name, value) = line.split_once('\t').unwrap_or((line, ""));
        let found = ours.iter().find(|(ours, _)| ours == name);
        assert!(found.is_some(), "no directive {name}");
        missing.remove(name);
        if !OTHER_DEFAULTS.contains(&name) {
            assert_eq!(
                found.map(|(_, value)| value.as_str()),
                Some(value),
                "{name}"
            );
        }
    }
    assert_eq!(
        missing,
        NEW_DIRECTIVES.iter().copied().collect(),
        "not in Redis 7.0.15"
    );
}

#[test]
fn every_row_is_sound() {
    let mut names = BTreeSet::new();
    let config = Config::default();
    for row in directives() {
        assert!(names.insert(row.name), "{} twice", row.name);
        assert!(
            row.alias.is_none_or(|alias| names.insert(alias)),
            "{} twice",
            row.name
        );
        assert!(!row.summary.is_empty(), "{}", row.name);
        let default = default_value(row);
        assert!(default.is_some(), "{}: default", row.name);
        assert_eq!(
            default,
            Some(row.field.load(&config)),
            "{}: field of another kind",
            row.name
        );
        let words = ["bind", "save", "replicaof", "client-output-buffer-limit"];
        let list = matches!(
            row.kind,
            Kind::OomScoreAdjValues | Kind::Percentiles | Kind::ShutdownFlags
        );
        assert_eq!(row.multi, list || words.contains(&row.name), "{}", row.name);
    }
}

#[test]
fn commands_answer_like_redis() {
    let mut config = config_from("save \"\"\nbind * -::*");
    let mut lines = include_str!("testdata/commands.txt").lines().peekable();
    let mut calls = 0;
    while let Some(line) = lines.next() {
        let Some(call) = line.strip_prefix("> ") else {
            continue;
        };
        let mut expected = Vec::new();
        while let Some(reply) = lines.next_if(|next| !next.starts_with("> ")) {
            expected.push(reply.to_string());
        }
        let words = split_args(call.as_bytes()).unwrap_or_default();
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        assert_eq!(answer(&mut config, &words), expected, "{call}");
        calls += 1;
    }
    assert!(calls > 200, "{calls} calls");
}

fn answer(config: &mut Config, words: &[&[u8]]) -> Vec<String> {
    if words[0] == b"GET" {
        let mut out: Vec<String> = config
            .get(&words[1..])
            .iter()
            .filter(|(name, _)| !NEW_DIRECTIVES.contains(&text(name).as_str()))
            .map(|(name, value)| {
                format!("{} = {}", text(name), text(value))
                    .trim_end()
                    .to_string()
            })
            .collect();
        out.sort();
        return if out.is_empty() {
            vec![String::from("(none)")]
        } else {
            out
        };
    }
    let pairs: Vec<(&[u8], &[u8])> = words[1..]
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .collect();
    vec![match config.set(&pairs, true) {
        Ok(_) => String::from("OK"),
        Err(error) => text(&error.text()),
    }]
}

#[test]
fn files_fail_like_in_redis() {
    for (title, input, expected) in cases(include_str!("testdata/files.txt")) {
        let result = Config::default().parse_file(input.as_bytes(), &mut no_host);
        let message = match result {
            Ok(_) => String::from("ok\n"),
            Err(error) => {
                text(&error.message("X")).replace("\n*** FATAL CONFIG FILE ERROR (X) ***\n", "")
            }
        };
        assert_eq!(message, expected, "case {title}: {input}");
    }
}

#[test]
fn rewrites_like_redis() {
    for (title, input, expected) in cases(include_str!("testdata/rewrites.txt")) {
        let (calls, lines): (Vec<&str>, Vec<&str>) =
            input.lines().partition(|line| line.starts_with("> "));
        let file: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let mut config = config_from(&file);
        for call in calls {
            let words = split_args(&call.as_bytes()[2..]).unwrap_or_default();
            let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            assert_eq!(answer(&mut config, &words[1..]), ["OK"], "{title}: {call}");
        }
        let new = text(&rewrite(file.as_bytes(), &config, None));
        let (kept, added) = new
            .split_once(&format!("{SIGNATURE}\n"))
            .unwrap_or((&new, ""));
        let own = |line: &&str| {
            let bound = line.starts_with("bind ") && !config.is_given("bind");
            !line.is_empty() && !line.starts_with("dir ") && !bound
        };
        let mut added: Vec<&str> = added.lines().filter(own).collect();
        added.sort_unstable();
        let added: String = added.iter().map(|line| format!("{line}\n")).collect();
        assert_eq!(
            format!("{kept}{SIGNATURE}\n{added}"),
            expected,
            "case {title}"
        );

        let again = config_from(&new);
        assert!(
            again.settings == config.settings,
            "case {title}: reads as something else\n{new}"
        );
        // The first time adds an empty last line, as in Redis; then nothing changes any more.
        let twice = rewrite(new.as_bytes(), &again, None);
        assert_eq!(
            text(&twice).trim_end(),
            new.trim_end(),
            "case {title}: second rewrite"
        );
        assert!(
            rewrite(&twice, &again, None) == twice,
            "case {title}: third rewrite"
        );
    }
}

#[test]
fn rewrite_replaces_users() {
    let users = [b"user alice on".to_vec(), b"user bob off".to_vec()];
    let old = b"user bob on\ntimeout 0\n";
    let new = text(&rewrite(old, &Config::default(), Some(&users)));
    assert!(new.starts_with("user alice on\ntimeout 0\n"), "{new}");
    assert!(new.ends_with("user bob off\n"), "{new}");
}

#[test]
fn set_tells_changes_and_reverts() {
    let mut config = Config::default();
    let before = config.clone();
    let changes = config
        .set(
            &[(b"timeout", b"5"), (b"hz", b"10"), (b"Maxmemory", b"1mb")],
            false,
        )
        .unwrap_or_default();
    let names: Vec<&str> = changes.iter().map(|change| change.argument).collect();
    assert_eq!(names, ["timeout", "maxmemory"]);
    assert_eq!((config.timeout, config.maxmemory), (5, 1 << 20));
    config.revert(changes);
    assert!(config.settings == before.settings);
    let refused = SetError::refused("maxclients", b"no more files");
    assert_eq!(
        text(&refused.text()),
        "ERR CONFIG SET failed (possibly related to argument 'maxclients') - no more files"
    );
}

#[test]
fn a_failed_pair_undoes_the_others() {
    let mut config = Config::default();
    let before = config.clone();
    let limits: (&[u8], &[u8]) = (b"client-output-buffer-limit", b"normal 1 2 3");
    assert!(
        config
            .set(&[limits, (b"save", b""), (b"hz", b"x")], false)
            .is_err()
    );
    assert!(config == before);
}

#[test]
fn protected_directives_follow_the_guard() {
    for (guard, local, allowed) in [
        ("no", true, false),
        ("local", false, false),
        ("local", true, true),
        ("yes", false, true),
    ] {
        let mut config = config_from(&format!("enable-protected-configs {guard}"));
        let result = config.set(&[(b"dbfilename", b"x")], local);
        assert_eq!(result.is_ok(), allowed, "{guard} {local}");
    }
}

#[test]
fn values_with_nul_or_great_length() {
    let mut config = Config::default();
    assert!(
        config
            .set(&[(b"masteruser", b"a\0b"), (b"masterauth", b"a\0b")], false)
            .is_ok()
    );
    assert_eq!(config.masteruser, b"a");
    assert_eq!(config.masterauth, b"a\0b");
    let long = vec![b'x'; VALUE_BYTES_MAX + 1];
    assert!(config.set(&[(b"masteruser", &long)], false).is_err());
}

#[test]
fn warnings_only_where_something_is_asked_for() {
    let file = b"cluster-enabled no\nmaxmemory 0\nport 7\ncluster-enabled yes\ncluster-enabled yes\ncluster-node-timeout 1500\n";
    let mut config = Config::default();
    let warnings = config.parse_file(file, &mut no_host).unwrap_or_default();
    let names: Vec<(usize, &str)> = warnings
        .iter()
        .map(|warning| (warning.line, warning.directive))
        .collect();
    assert_eq!(names, [(4, "cluster-enabled"), (6, "cluster-node-timeout")]);
}

#[test]
fn the_host_is_asked_in_order() {
    let mut asked = Vec::new();
    let mut config = Config::default();
    let mut host = |request: Request<'_>| {
        asked.push(format!("{request:?}"));
        match request {
            Request::Include(b"a.conf") => Ok(vec![b"timeout 6\nhz 20".to_vec()]),
            Request::Include(_) => Err(b"no such file".to_vec()),
            _ => Ok(Vec::new()),
        }
    };
    let file = b"timeout 5\ninclude a.conf\nhz 30\nrename-command get \"\"\ndir /tmp\ninclude b\n";
    let result = config.parse_file(file, &mut host);
    assert_eq!(
        (config.timeout, config.hz, config.dir.as_slice()),
        (6, 30, b"/tmp".as_slice())
    );
    let error = result.err();
    assert_eq!(
        error.map(|error| (error.line, error.reason)),
        Some((Some((6, b"include b".to_vec())), b"no such file".to_vec()))
    );
    assert_eq!(asked.len(), 4, "{asked:?}");
}

#[test]
fn includes_end() {
    let mut host = |_: Request<'_>| Ok(vec![b"include x".to_vec()]);
    assert!(
        Config::default()
            .parse_file(b"include x", &mut host)
            .is_err()
    );
}

#[test]
fn a_replica_is_no_cluster_node() {
    let mut config = Config::default();
    let result = config.parse_file(b"cluster-enabled yes\nreplicaof a 1\n", &mut no_host);
    assert_eq!(
        result
            .err()
            .map(|error| text(&error.message("Hyla 0.1.0")))
            .as_deref(),
        Some(
            "\n*** FATAL CONFIG FILE ERROR (Hyla 0.1.0) ***\n\
             replicaof directive not allowed in cluster mode\n"
        )
    );
}

#[test]
fn arguments_like_redis() {
    let default = config_from("bind * -::*");
    for (title, input, expected) in cases(include_str!("testdata/arguments.txt")) {
        let words = split_args(input.as_bytes()).unwrap_or_default();
        let mut args: Vec<&[u8]> = vec![b"--port", b"17310"];
        args.extend(words.iter().map(Vec::as_slice));
        let line = CommandLine::parse(&args);
        let mut config = default.clone();
        let answer = match config.parse_file(&line.config_text(b"", b""), &mut no_host) {
            Ok(_) => shown_changes(&config, &default),
            Err(error) => {
                let message = text(&error.message("X")).replace("17310", "PORT");
                message.replace("\n*** FATAL CONFIG FILE ERROR (X) ***\n", "")
            }
        };
        assert_eq!(answer, expected, "case {title}: {input}");
    }
}

/// The directives that the recorded answers show, where they differ from the defaults.
fn shown_changes(config: &Config, default: &Config) -> String {
    let names = [
        "save",
        "bind",
        "timeout",
        "hz",
        "masterauth",
        "client-output-buffer-limit",
        "shutdown-on-sigint",
    ];
    let mut out = String::new();
    for name in names {
        let value = config.get_one(name);
        if value != default.get_one(name) {
            let line = format!("{name} = {}", text(&value.unwrap_or_default()));
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out
}

#[test]
fn command_lines_become_lines() {
    let overrides = |args: &[&str]| {
        let args: Vec<&[u8]> = args.iter().map(|arg| arg.as_bytes()).collect();
        text(&CommandLine::parse(&args).overrides)
    };
    for (args, expected) in [
        (&["--port", "6380"][..], "port \"6380\" "),
        (
            &["--save", "60", "1", "--save", ""],
            "save \"60\" \"1\" \nsave \"\" ",
        ),
        (&["--save"], "save \"\""),
        (&["--save", "--port", "1"], "save \"\"\nport \"1\" "),
        (&["--timeout 5"], "timeout 5 "),
        (&["--timeout 5", "--hz", "6"], "timeout 5 \nhz \"6\" "),
        (
            &["--masterauth", "--hz", "--hz", "6"],
            "masterauth \"--hz\" \nhz \"6\" ",
        ),
        (&["--masterauth", "a\"b\n"], "masterauth \"a\\\"b\\n\" "),
        (&["a.conf", "timeout", "5"], "\"timeout\" \"5\" "),
        (&["--timeout", "5", "-"], "timeout \"5\" "),
        (&["--timeout", "-", "5"], "timeout \"-\" \"5\" "),
        (&["--sentinel", "--port", "1"], "sentinel \nport \"1\" "),
    ] {
        assert_eq!(overrides(args), expected, "{args:?}");
    }
}

#[test]
fn command_line_actions_and_sources() {
    let parse = |args: &[&str]| {
        let args: Vec<&[u8]> = args.iter().map(|arg| arg.as_bytes()).collect();
        CommandLine::parse(&args)
    };
    assert_eq!(parse(&["--version"]).action, Action::Version);
    assert_eq!(parse(&["-h", "x"]).action, Action::Help);
    assert_eq!(parse(&["--check-system"]).action, Action::CheckSystem);
    assert_eq!(
        parse(&["--test-memory", "5"]).action,
        Action::TestMemory(Some(b"5".to_vec()))
    );
    assert_eq!(parse(&["--test-memory"]).action, Action::TestMemory(None));
    assert_eq!(parse(&[]).action, Action::Serve);
    let line = parse(&["a.conf", "--timeout", "8", "-"]);
    assert_eq!(
        (line.config_file.as_deref(), line.stdin),
        (Some(b"a.conf".as_slice()), true)
    );
    assert!(!parse(&["a.conf", "-", "--hz", "1"]).stdin);
    assert!(parse(&["-", "--hz", "1"]).stdin);
    let config = config_from(&text(&line.config_text(b"timeout 1\n", b"timeout 4\nhz 3")));
    assert_eq!((config.timeout, config.hz), (8, 3));
    assert!(config.is_given("hz") && !config.is_given("port"));
}

#[test]
fn words_split_and_join() {
    let split = |line: &str| {
        split_args(line.as_bytes())
            .map(|words| words.iter().map(|word| text(word)).collect::<Vec<_>>())
    };
    assert_eq!(
        split("a  b\t\"c d\" ''"),
        Some(vec!["a".into(), "b".into(), "c d".into(), "".into()])
    );
    assert_eq!(
        split(r#""\x41\n\"\q\xZZ" 'a\nb\'c' a'b c'"#),
        Some(vec!["A\n\"qxZZ".into(), "a\\nb'c".into(), "ab c".into()])
    );
    for bad in ["\"a", "'a", "\"a\"b", "'a'b", "\"a\\", "a\"b"] {
        assert_eq!(split(bad), None, "{bad}");
    }
    let all: Vec<u8> = (0..=255).collect();
    let mut quoted = Vec::new();
    push_quoted(&mut quoted, &all);
    assert_eq!(split_args(&quoted), Some(vec![all]));
}

#[test]
fn no_bytes_panic() {
    let mut state = 1u64;
    let alphabet = b" \"'\\x4#\n-%kmgb0179*aezport\0\xff";
    for _ in 0..20_000 {
        let mut line = Vec::new();
        for _ in 0..12 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            line.push(alphabet[(state >> 33) as usize % alphabet.len()]);
        }
        let row = directives().nth((state >> 40) as usize % directives().count());
        let mut file = row.map_or("", |row| row.name).as_bytes().to_vec();
        file.push(b' ');
        file.extend_from_slice(&line);
        let mut config = Config::default();
        let _ = config.parse_file(&file, &mut no_host);
        let name = row.map_or("", |row| row.name).as_bytes();
        let _ = config.set(&[(name, &line)], true);
        let _ = config.get(&[&line]);
        let _ = rewrite(&file, &config, None);
    }
}
