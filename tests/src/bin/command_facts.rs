//! Compares what two servers say of the commands that both have: COMMAND INFO and COMMAND DOCS in both protocols,
//! without summaries and the words of histories. It must not know what a command does.

use hyla_tests::resp::{Node, Value};
use hyla_tests::target::{Address, Client, RedisServer, StreamTarget};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "\
command_facts [--against ADDRESS] --hyla ADDRESS [NAMES...]
Compares COMMAND INFO and COMMAND DOCS of all commands (or of those named) that both servers have.
  --hyla ADDRESS     the server under test
  --against ADDRESS  the reference; without it, a redis-server from PATH is started";

/// What is meant to differ from Redis 7.0: the start of a difference's path, and why.
const INTENDED: &[(&str, &str)] = &[
    (
        "set.arguments.condition.arguments.comparison-value",
        "IFEQ is newer",
    ),
    ("debug.arguments", "redis-server says nothing of them"),
    ("command|getkeys.arguments", "described since 7.2"),
    ("command|getkeysandflags.arguments", "described since 7.2"),
    ("lolwut.complexity", "redis-server says nothing of it"),
    ("hscan.arguments.novalues", "NOVALUES is newer"),
    ("hscan.complexity", "Redis ends the sentence twice"),
];

/// Facts by path, such as `set.flags.1`; paths sort as they are compared.
type Facts = BTreeMap<String, String>;

fn text(value: &Value) -> String {
    match value {
        Value::Line(_, bytes) | Value::Blob(_, bytes) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        other => format!("{other:?}"),
    }
}

fn children(value: &Value) -> &[Value] {
    match value {
        Value::Node(_, children) => children,
        _ => &[],
    }
}

/// A reply's type as its first byte on the wire, so that a set is not an array.
fn leaf(value: &Value) -> String {
    format!("{}{}", char::from(value.byte()), text(value))
}

/// Facts of an element of COMMAND INFO, its subcommands under their own names.
fn info_facts(element: &Value, facts: &mut Facts) {
    const FIELDS: [&str; 10] = [
        "name",
        "arity",
        "flags",
        "first",
        "last",
        "step",
        "acl",
        "tips",
        "key_specs",
        "subcommands",
    ];
    let fields = children(element);
    let Some(name) = fields.first().map(text) else {
        return;
    };
    for (field, value) in FIELDS.iter().zip(fields) {
        let path = format!("{name}.{field}");
        if *field == "subcommands" {
            facts.insert(path, format!("{} type", char::from(value.byte())));
            children(value)
                .iter()
                .for_each(|sub| info_facts(sub, facts));
        } else {
            flatten(&path, value, facts);
        }
    }
}

/// Everything below a value, each leaf under its path.
fn flatten(path: &str, value: &Value, facts: &mut Facts) {
    let parts = children(value);
    if !matches!(value, Value::Node(..)) {
        facts.insert(path.to_owned(), leaf(value));
        return;
    }
    facts.insert(
        path.to_owned(),
        format!("{}{}", char::from(value.byte()), parts.len()),
    );
    for (at, part) in parts.iter().enumerate() {
        flatten(&format!("{path}.{at}"), part, facts);
    }
}

/// Facts of a command in COMMAND DOCS.
fn docs_facts(name: &str, docs: &Value, facts: &mut Facts) {
    let fields: Vec<String> = children(docs)
        .chunks_exact(2)
        .map(|pair| text(&pair[0]))
        .collect();
    facts.insert(format!("{name}.fields"), fields.join(" "));
    for pair in children(docs).chunks_exact(2) {
        let (field, value) = (text(&pair[0]), &pair[1]);
        let path = format!("{name}.{field}");
        match field.as_str() {
            "summary" => {}
            "history" => {
                let versions = children(value).iter();
                let versions: Vec<String> = versions
                    .filter_map(|entry| children(entry).first())
                    .map(text)
                    .collect();
                facts.insert(
                    path,
                    format!("{}{}", char::from(value.byte()), versions.join(" ")),
                );
            }
            "arguments" => arguments(&path, value, facts),
            "subcommands" => {
                for sub in children(value).chunks_exact(2) {
                    docs_facts(&text(&sub[0]), &sub[1], facts);
                }
            }
            _ => flatten(&path, value, facts),
        }
    }
}

/// Facts of arguments under their names, with their order.
fn arguments(path: &str, list: &Value, facts: &mut Facts) {
    for (at, argument) in children(list).iter().enumerate() {
        let fields = children(argument);
        let name = fields.get(1).map(text).unwrap_or_default();
        let path = format!("{path}.{name}");
        facts.insert(format!("{path}.position"), at.to_string());
        for pair in fields.chunks_exact(2) {
            let field = text(&pair[0]);
            match field.as_str() {
                "arguments" => arguments(&format!("{path}.arguments"), &pair[1], facts),
                "summary" => {}
                _ => flatten(&format!("{path}.{field}"), &pair[1], facts),
            }
        }
    }
}

struct Server {
    target: StreamTarget,
    client: Client,
}

impl Server {
    fn open(mut target: StreamTarget) -> Result<Server, String> {
        let client = Client::open(&mut target).map_err(|error| error.to_string())?;
        Ok(Server { target, client })
    }

    fn call(&mut self, words: &[&str]) -> Result<Value, String> {
        let wait = Duration::from_secs(10);
        match self.client.call(&mut self.target, words, wait) {
            Ok(value) => Ok(value),
            Err(error) => Err(format!("{words:?}: {error}")),
        }
    }

    /// Facts of all commands by their names.
    fn facts(&mut self) -> Result<BTreeMap<String, Facts>, String> {
        let mut all = BTreeMap::new();
        let list = self.call(&["COMMAND"])?;
        for element in children(&list) {
            let Some(name) = children(element).first().map(text) else {
                continue;
            };
            let mut facts = Facts::new();
            info_facts(element, &mut facts);
            let docs = self.call(&["COMMAND", "DOCS", &name])?;
            facts.insert(format!("{name}.docs"), char::from(docs.byte()).to_string());
            if let [_, docs] = children(&docs) {
                docs_facts(&name, docs, &mut facts);
            }
            all.insert(name, facts);
        }
        Ok(all)
    }
}

/// Prints how two commands differ, and gives the number of differences that are not intended.
fn compare(reference: &Facts, hyla: &Facts) -> usize {
    let mut differences = 0;
    let paths: std::collections::BTreeSet<&String> = reference.keys().chain(hyla.keys()).collect();
    for path in paths {
        let (left, right) = (reference.get(path), hyla.get(path));
        let intended = INTENDED.iter().any(|(start, _)| path.starts_with(start));
        if left != right && !intended {
            let shown = |side: Option<&String>| side.map_or("(missing)".to_owned(), Clone::clone);
            println!("{path}: reference {}, hyla {}", shown(left), shown(right));
            differences += 1;
        }
    }
    differences
}

fn run() -> Result<bool, String> {
    let (mut hyla, mut against, mut names) = (None, None, Vec::new());
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--hyla" => hyla = args.next(),
            "--against" => against = args.next(),
            flag if flag.starts_with('-') => return Err(USAGE.to_owned()),
            name => names.push(name.to_ascii_lowercase()),
        }
    }
    let mut hyla = Server::open(StreamTarget::new(Address(hyla.ok_or(USAGE)?)))?;
    let own;
    let reference = match against {
        Some(address) => StreamTarget::new(Address(address)),
        None => {
            own = RedisServer::start(&[]).map_err(|error| error.to_string())?;
            own.as_ref()
                .ok_or("no redis-server on PATH; name one with --against")?
                .target()
        }
    };
    let mut reference = Server::open(reference)?;
    let (mut compared, mut differences) = (0, 0);
    for protocol in ["2", "3"] {
        // A server without HELLO is compared in RESP2 only.
        if protocol == "3" {
            let hello = hyla.call(&["HELLO", protocol])?;
            if !matches!(hello, Value::Node(Node::Map, _)) {
                println!("the server under test has no HELLO: RESP3 is not compared");
                break;
            }
            reference.call(&["HELLO", protocol])?;
        }
        let (left, right) = (reference.facts()?, hyla.facts()?);
        for (name, facts) in &right {
            if !names.is_empty() && !names.contains(name) {
                continue;
            }
            if let Some(known) = left.get(name) {
                compared += 1;
                differences += compare(known, facts);
            } else if protocol == "2" {
                println!("{name}: the reference does not have it");
            }
        }
    }
    println!("{compared} commands compared, {differences} differences");
    Ok(differences == 0)
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
