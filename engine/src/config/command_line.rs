//! The command line of the server: `hyla-server [FILE] [--directive value …] [-]`, by redis-server's rules. Becomes
//! lines of a configuration file; knows no directive but `save` and `sentinel`, which have rules of their own.

use super::text::{push_quoted, split_args};
use alloc::vec::Vec;

/// What the process is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Run the server.
    Serve,
    /// `-v`, `--version`: print the version.
    Version,
    /// `-h`, `--help`: print the usage.
    Help,
    /// `--test-memory MEGABYTES`; `None` when the number is missing or more follows.
    TestMemory(Option<Vec<u8>>),
    /// `--check-system`: check the machine's settings.
    CheckSystem,
}

/// The command line, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// What to do.
    pub action: Action,
    /// Path of the configuration file.
    pub config_file: Option<Vec<u8>>,
    /// Read more configuration from standard input: `-` as the first or last argument.
    pub stdin: bool,
    /// `--sentinel` is among the arguments.
    pub sentinel: bool,
    /// The `--directive value` arguments as lines of a configuration file.
    pub overrides: Vec<u8>,
}

impl CommandLine {
    /// Takes the arguments apart, without the name of the program. Mistakes show when the text is read as
    /// configuration.
    #[must_use]
    pub fn parse(args: &[&[u8]]) -> Self {
        let mut line = Self {
            action: action(args),
            config_file: None,
            stdin: false,
            sentinel: args.contains(&b"--sentinel".as_slice()),
            overrides: Vec::new(),
        };
        if line.action != Action::Serve {
            return line;
        }
        let first = match args.first() {
            Some(file) if !file.starts_with(b"-") => {
                line.config_file = (!file.is_empty()).then(|| file.to_vec());
                1
            }
            _ => 0,
        };
        // After a bare `--name` the next argument is its value, even if it starts with `--`.
        let mut name_expected = true;
        for (index, arg) in args.iter().enumerate().skip(first) {
            let last = index + 1 == args.len();
            if *arg == b"-" && (index == 0 || last) {
                line.stdin = true;
            } else if name_expected && arg.starts_with(b"--") {
                let next = args.get(index + 1).copied();
                name_expected = line.push_name(arg, next);
            } else {
                push_quoted(&mut line.overrides, arg);
                line.overrides.push(b' ');
                name_expected = true;
            }
        }
        line
    }

    /// Starts a line with a name. Gives whether the next argument may be a name again.
    fn push_name(&mut self, arg: &[u8], next: Option<&[u8]>) -> bool {
        if !self.overrides.is_empty() {
            self.overrides.push(b'\n');
        }
        self.overrides.extend_from_slice(&arg[2..]);
        self.overrides.push(b' ');
        let bare = split_args(arg).is_some_and(|words| words.len() == 1);
        let without_value = next.is_none_or(|next| next.starts_with(b"--"));
        if bare && without_value && arg.eq_ignore_ascii_case(b"--save") {
            // `--save` with nothing behind it turns saving off, as it did before Redis 7.
            self.overrides.extend_from_slice(b"\"\"");
            return true;
        }
        if bare && without_value && arg.eq_ignore_ascii_case(b"--sentinel") {
            return true;
        }
        !bare
    }

    /// Everything in the order in which it counts: file, standard input, command line. Later lines win. A file that
    /// does not end its last line goes on in standard input, as in Redis.
    #[must_use]
    pub fn config_text(&self, file: &[u8], stdin: &[u8]) -> Vec<u8> {
        let mut text = Vec::with_capacity(file.len() + stdin.len() + self.overrides.len() + 1);
        text.extend_from_slice(file);
        text.extend_from_slice(stdin);
        text.push(b'\n');
        text.extend_from_slice(&self.overrides);
        text
    }
}

fn action(args: &[&[u8]]) -> Action {
    match args {
        [b"-v" | b"--version", ..] => Action::Version,
        [b"-h" | b"--help", ..] => Action::Help,
        [b"--test-memory", megabytes] => Action::TestMemory(Some(megabytes.to_vec())),
        [b"--test-memory", ..] => Action::TestMemory(None),
        [b"--check-system", ..] => Action::CheckSystem,
        _ => Action::Serve,
    }
}
