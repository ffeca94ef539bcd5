//! Configuration files: lines to settings. Does no I/O: what a line asks of the host (another file, a module, a user)
//! goes out as a [`Request`].

use super::directive::{Directive, Support};
use super::settings::Settings;
use super::table::lookup;
use super::text::{split_args, trim};
use super::value::{self, Source};
use super::{Config, default_value};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// How deep files may include one another. Redis goes on until it fails.
const INCLUDE_DEPTH_MAX: usize = 32;

/// Known to old files, without effect since Redis 7.
const OBSOLETE: [&[u8]; 3] = [
    b"list-max-ziplist-entries",
    b"list-max-ziplist-value",
    b"lua-replicate-commands",
];

/// What a line asks of the host while it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// `include`: the texts of the files that this path or glob pattern names, in order. A pattern without a match
    /// gives none, a plain path that cannot be read is an error.
    Include(&'a [u8]),
    /// `dir`: make this the working directory.
    ChangeDir(&'a [u8]),
    /// `rename-command`: old and new name; an empty new name takes the command away.
    RenameCommand(&'a [u8], &'a [u8]),
    /// `user`: name and ACL rules.
    User(&'a [Vec<u8>]),
    /// `loadmodule`: path and arguments.
    LoadModule(&'a [Vec<u8>]),
    /// `sentinel`: the words after it.
    Sentinel(&'a [Vec<u8>]),
}

/// Something for the log that does not stop the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Line of the text, from 1.
    pub line: usize,
    /// The directive.
    pub directive: &'static str,
}

impl Warning {
    /// The log line.
    #[must_use]
    pub fn text(&self) -> String {
        let name = self.directive;
        format!("Directive '{name}' is kept, but this version of Hyla does not act on it yet")
    }
}

/// Why a server does not start with this configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// Line from 1 and its text, if one line is the reason.
    pub line: Option<(usize, Vec<u8>)>,
    /// The reason.
    pub reason: Vec<u8>,
}

impl FileError {
    /// An error of the configuration as a whole.
    #[must_use]
    pub fn whole(reason: &str) -> Self {
        Self {
            line: None,
            reason: reason.as_bytes().to_vec(),
        }
    }

    /// What goes to standard error before the server ends with exit code 1, for example with
    /// `product` = `Hyla 0.1.0`.
    #[must_use]
    pub fn message(&self, product: &str) -> Vec<u8> {
        let mut out = format!("\n*** FATAL CONFIG FILE ERROR ({product}) ***\n").into_bytes();
        if let Some((number, text)) = &self.line {
            out.extend(format!("Reading the configuration file, at line {number}\n>>> '").bytes());
            out.extend_from_slice(text);
            out.extend(b"'\n");
        }
        out.extend_from_slice(&self.reason);
        out.push(b'\n');
        out
    }
}

/// The host's answer to a [`Request`]: texts for [`Request::Include`], nothing for others, or the reason why not.
pub type Host<'a> = dyn FnMut(Request<'_>) -> Result<Vec<Vec<u8>>, Vec<u8>> + 'a;

struct Reader<'h, 'f> {
    host: &'h mut Host<'f>,
    warnings: Vec<Warning>,
    save_seen: bool,
    depth: usize,
}

impl Config {
    /// Reads a whole configuration text on top of the present values. On an error the lines before it stay in force,
    /// which does not matter to a server that ends then.
    ///
    /// # Errors
    /// The first line that is wrong, with Redis' text.
    pub fn parse_file(
        &mut self,
        text: &[u8],
        host: &mut Host<'_>,
    ) -> Result<Vec<Warning>, FileError> {
        let mut reader = Reader {
            host,
            warnings: Vec::new(),
            save_seen: false,
            depth: 0,
        };
        reader.read(self, text)?;
        if self.cluster_enabled && self.replicaof.is_some() {
            return Err(FileError::whole(
                "replicaof directive not allowed in cluster mode",
            ));
        }
        Ok(reader.warnings)
    }
}

impl Reader<'_, '_> {
    fn read(&mut self, config: &mut Config, text: &[u8]) -> Result<(), FileError> {
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let line = trim(line);
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let number = index + 1;
            match self.line(config, number, line) {
                Ok(()) => {}
                Err(Stop::Reason(reason)) => {
                    return Err(FileError {
                        line: Some((number, line.to_vec())),
                        reason,
                    });
                }
                Err(Stop::Inner(error)) => return Err(error),
            }
        }
        Ok(())
    }

    fn line(&mut self, config: &mut Config, number: usize, line: &[u8]) -> Result<(), Stop> {
        let words = split_args(line)
            .ok_or_else(|| Stop::text("Unbalanced quotes in configuration line"))?;
        let Some((name, args)) = words.split_first() else {
            return Ok(());
        };
        if let Some((row, _)) = lookup(name) {
            return self.directive(config, number, row, args);
        }
        match (name.to_ascii_lowercase().as_slice(), args) {
            (b"include", [pattern]) => self.include(config, pattern),
            (b"rename-command", [old, new]) => self.ask(Request::RenameCommand(old, new)),
            (b"user", [_, ..]) => self.ask(Request::User(args)),
            (b"loadmodule", [_, ..]) => self.ask(Request::LoadModule(args)),
            (b"sentinel", [_, ..]) => self.ask(Request::Sentinel(args)),
            (b"sentinel", []) => Ok(()),
            (name, [_]) if OBSOLETE.contains(&name) => Ok(()),
            _ => Err(Stop::text("Bad directive or wrong number of arguments")),
        }
    }

    fn ask(&mut self, request: Request<'_>) -> Result<(), Stop> {
        (self.host)(request).map(|_| ()).map_err(Stop::Reason)
    }

    fn directive(
        &mut self,
        config: &mut Config,
        number: usize,
        row: &'static Directive,
        args: &[Vec<u8>],
    ) -> Result<(), Stop> {
        // A single argument of a list may hold all of it: `save "900 1"`. Redis takes one with an open quote inside
        // for nothing at all.
        let inner = match args {
            [one] if row.multi && !one.is_empty() => Some(split_args(one).unwrap_or_default()),
            _ => None,
        };
        let args: Vec<&[u8]> = inner
            .as_deref()
            .unwrap_or(args)
            .iter()
            .map(Vec::as_slice)
            .collect();
        let source = Source::File {
            first_save: !self.save_seen,
        };
        let value = value::parse(row, &args, &config.settings, source)
            .map_err(|invalid| Stop::text(&format!("{invalid}")))?;
        self.save_seen |= row.name == "save";
        if let (super::Kind::Dir, [path]) = (row.kind, args.as_slice()) {
            self.ask(Request::ChangeDir(path))?;
        }
        row.field.swap(&mut config.settings, value);
        config.note_given(row.name);
        self.warn(&config.settings, number, row);
        Ok(())
    }

    /// One warning for each directive that asks for what is not there.
    fn warn(&mut self, settings: &Settings, line: usize, row: &'static Directive) {
        let known = self
            .warnings
            .iter()
            .any(|warning| warning.directive == row.name);
        if row.support == Support::Later
            && !known
            && Some(row.field.load(settings)) != default_value(row)
        {
            self.warnings.push(Warning {
                line,
                directive: row.name,
            });
        }
    }

    fn include(&mut self, config: &mut Config, pattern: &[u8]) -> Result<(), Stop> {
        if self.depth == INCLUDE_DEPTH_MAX {
            return Err(Stop::text("Too many nested include directives"));
        }
        let texts = (self.host)(Request::Include(pattern)).map_err(Stop::Reason)?;
        self.depth += 1;
        for text in texts {
            self.read(config, &text).map_err(Stop::Inner)?;
        }
        self.depth -= 1;
        Ok(())
    }
}

/// Why a line stops the reading.
enum Stop {
    /// The line itself is wrong.
    Reason(Vec<u8>),
    /// A line of an included file is.
    Inner(FileError),
}

impl Stop {
    fn text(text: &str) -> Self {
        Self::Reason(text.as_bytes().to_vec())
    }
}
