//! The configuration of a server: one table of directives behind configuration files, the command line, CONFIG GET,
//! CONFIG SET, CONFIG REWRITE and the documents. Pure: knows no RESP, no files and no connections.
//!
//! - [`table`] has the rows, one a directive; [`Directive`] says what a row is.
//! - [`Settings`] has the values as plain fields, which is what the engine reads: `config.maxclients`.
//! - [`Config`] is the settings and the operations on them.
//!
//! A host starts with [`CommandLine::parse`], joins file, standard input and overrides with
//! [`CommandLine::config_text`], and gives that to [`Config::parse_file`].

mod checks;
mod command_line;
mod directive;
mod file;
mod rewrite;
mod settings;
pub mod table;
#[cfg(test)]
mod tests;
mod text;
mod value;

pub use command_line::{Action, CommandLine};
pub use directive::{Directive, Field, Kind, Support, Value};
pub use file::{FileError, Host, Request, Warning};
pub use rewrite::{SIGNATURE, rewrite};
pub use settings::*;
pub use text::{push_quoted, split_args};
pub(crate) use value::parse_memory;
pub use value::{Invalid, Source, VALUE_BYTES_MAX};

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use core::ops::Deref;
use table::{directives, lookup};

/// Bytes of an unknown name that its error shows.
const NAME_SHOWN_BYTES_MAX: usize = 64 * 1024;

/// The settings of a server, and what changes them. Fields are read straight through: `config.timeout`.
#[derive(Clone, PartialEq)]
pub struct Config {
    settings: Settings,
    given: Vec<&'static str>,
    version: u64,
}

impl Deref for Config {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.settings
    }
}

impl Default for Config {
    /// The defaults of the table.
    fn default() -> Self {
        let mut config = Self {
            settings: Settings::default(),
            given: Vec::new(),
            version: 0,
        };
        for row in directives() {
            if let Some(value) = default_value(row) {
                row.field.swap(&mut config.settings, value);
            }
        }
        config
    }
}

/// The value of a row's default text. `None` would be a mistake in the table, which a test excludes.
fn default_value(row: &Directive) -> Option<Value> {
    let settings = Settings::default();
    let source = Source::File { first_save: true };
    let text = row.default.as_bytes();
    if row.multi {
        if matches!(row.kind, Kind::ReplicaOf) {
            return Some(Value::Master(None));
        }
        let words: Vec<&[u8]> = text.split(|&byte| byte == b' ').collect();
        return value::parse(row, &words, &settings, source).ok();
    }
    value::parse(row, &[text], &settings, source).ok()
}

/// What CONFIG SET changed: tells the engine and the host what to react to, and undoes it where they cannot.
#[derive(Clone, Debug)]
pub struct Change {
    /// The directive.
    pub directive: &'static Directive,
    /// Its name or alias, whichever the client used, in lower case.
    pub argument: &'static str,
    /// The value before.
    pub before: Value,
}

/// Why CONFIG SET changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetError {
    /// No such directive, or one that only a file may have.
    Unknown(Vec<u8>),
    /// A directive that refuses, and its reason.
    Failed {
        /// Name of the directive.
        argument: &'static str,
        /// Reason.
        reason: SetReason,
    },
}

/// Why a directive refuses a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetReason {
    /// It cannot be changed while the server runs.
    Immutable,
    /// It can be changed only where `enable-protected-configs` allows it.
    Protected,
    /// It was named twice.
    Duplicate,
    /// The text is no value of it.
    Invalid(Invalid),
    /// The host could not do what the value asks for.
    Refused(Vec<u8>),
}

impl SetError {
    /// The error for a change that the host could not follow, to be used after [`Config::revert`].
    #[must_use]
    pub fn refused(argument: &'static str, reason: &[u8]) -> Self {
        Self::Failed {
            argument,
            reason: SetReason::Refused(reason.to_vec()),
        }
    }

    /// The text of the error reply, without `-` and line end. Line ends inside of a name are the reply writer's to
    /// replace.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        match self {
            Self::Unknown(name) => {
                let mut out =
                    b"ERR Unknown option or number of arguments for CONFIG SET - '".to_vec();
                out.extend_from_slice(name);
                out.push(b'\'');
                out
            }
            Self::Failed { argument, reason } => {
                let mut out =
                    format!("ERR CONFIG SET failed (possibly related to argument '{argument}') - ")
                        .into_bytes();
                match reason {
                    SetReason::Immutable => out.extend(b"can't set immutable config"),
                    SetReason::Protected => out.extend(b"can't set protected config"),
                    SetReason::Duplicate => out.extend(b"duplicate parameter"),
                    SetReason::Invalid(invalid) => out.extend(format!("{invalid}").bytes()),
                    SetReason::Refused(text) => out.extend_from_slice(text),
                }
                out
            }
        }
    }
}

impl Config {
    /// The settings for changes that follow no directive: the host's limit on clients, REPLICAOF, the working
    /// directory as an absolute path, the number of cores for `io-threads`.
    pub fn settings_mut(&mut self) -> &mut Settings {
        self.version += 1;
        &mut self.settings
    }

    /// Changes whenever a value may have: hosts compare it to see whether to look again.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether a file, the command line or CONFIG SET named the directive, even with its default.
    #[must_use]
    pub fn is_given(&self, name: &str) -> bool {
        self.given.contains(&name)
    }

    /// The text that CONFIG GET shows for a directive, `None` for an unknown one.
    #[must_use]
    pub fn get_one(&self, name: &str) -> Option<Vec<u8>> {
        let (row, _) = lookup(name.as_bytes())?;
        Some(value::show(row, &row.field.load(&self.settings)))
    }

    /// Notes that a directive was given. There are some hundred of them, and this is not often asked.
    fn note_given(&mut self, name: &'static str) {
        if !self.given.contains(&name) {
            self.given.push(name);
        }
    }

    /// CONFIG GET: names and values for patterns, each directive once. Patterns are taken in order, and one with
    /// wildcards gives its matches in the order of the table, an alias after its name (Redis' own order is that of a
    /// hash table and means nothing). A name without wildcards is shown as it was written.
    #[must_use]
    pub fn get<'a>(&self, patterns: &[&'a [u8]]) -> Vec<(Cow<'a, [u8]>, Vec<u8>)> {
        let mut seen: Vec<&'static str> = Vec::new();
        let mut out = Vec::new();
        let mut add = |row: &Directive, name: &'static str, shown: Cow<'a, [u8]>| {
            if !seen.contains(&name) {
                seen.push(name);
                out.push((shown, value::show(row, &row.field.load(&self.settings))));
            }
        };
        for &pattern in patterns {
            if !pattern.iter().any(|byte| b"*?[".contains(byte)) {
                if let Some((row, name)) = lookup(pattern) {
                    add(row, name, Cow::Borrowed(pattern));
                }
                continue;
            }
            for row in directives().filter(|row| !row.hidden) {
                for name in [Some(row.name), row.alias].into_iter().flatten() {
                    if crate::glob::matches(pattern, name.as_bytes(), true) {
                        add(row, name, Cow::Borrowed(name.as_bytes()));
                    }
                }
            }
        }
        out
    }

    /// CONFIG SET: all pairs or none. `local` tells whether the client comes from this machine, for protected
    /// directives. Gives the directives whose value is another one now; the host may [`Config::revert`] them.
    ///
    /// # Errors
    /// As Redis: names and flags are checked over all pairs before any value is.
    pub fn set(&mut self, pairs: &[(&[u8], &[u8])], local: bool) -> Result<Vec<Change>, SetError> {
        let rows = self.check_names(pairs, local)?;
        let mut changes = Vec::new();
        for (&(directive, argument), (_, text)) in rows.iter().zip(pairs) {
            let words: Vec<&[u8]> = match (directive.multi, text.is_empty()) {
                (false, _) => [*text].to_vec(),
                (true, true) => Vec::new(),
                (true, false) => text.split(|&byte| byte == b' ').collect(),
            };
            let parsed = value::parse(directive, &words, &self.settings, Source::Command);
            match parsed {
                Ok(value) => {
                    let before = directive.field.swap(&mut self.settings, value);
                    changes.push(Change {
                        directive,
                        argument,
                        before,
                    });
                }
                Err(invalid) => {
                    self.put_back(changes);
                    let reason = SetReason::Invalid(invalid);
                    return Err(SetError::Failed { argument, reason });
                }
            }
        }
        self.version += 1;
        rows.iter().for_each(|(row, _)| self.note_given(row.name));
        let settings = &self.settings;
        changes.retain(|change| change.directive.field.load(settings) != change.before);
        Ok(changes)
    }

    fn check_names(
        &self,
        pairs: &[(&[u8], &[u8])],
        local: bool,
    ) -> Result<Vec<(&'static Directive, &'static str)>, SetError> {
        let protected_allowed = match self.settings.enable_protected_configs {
            Guard::Yes => true,
            Guard::Local => local,
            Guard::No => false,
        };
        let mut rows: Vec<(&'static Directive, &'static str)> = Vec::new();
        for (name, _) in pairs {
            let Some((row, argument)) = lookup(name) else {
                let name = text::until_nul(name);
                let shown = &name[..name.len().min(NAME_SHOWN_BYTES_MAX)];
                return Err(SetError::Unknown(shown.to_vec()));
            };
            let reason = if row.immutable {
                SetReason::Immutable
            } else if row.protected && !protected_allowed {
                SetReason::Protected
            } else if rows.iter().any(|(_, other)| *other == argument) {
                SetReason::Duplicate
            } else {
                rows.push((row, argument));
                continue;
            };
            return Err(SetError::Failed { argument, reason });
        }
        Ok(rows)
    }

    /// Puts back the values before `changes`.
    pub fn revert(&mut self, changes: Vec<Change>) {
        self.version += 1;
        self.put_back(changes);
    }

    fn put_back(&mut self, changes: Vec<Change>) {
        for change in changes.into_iter().rev() {
            change
                .directive
                .field
                .swap(&mut self.settings, change.before);
        }
    }
}
