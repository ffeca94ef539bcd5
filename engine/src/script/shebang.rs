//! The first line of scripts and function libraries: `#!lua flags=…` and `#!lua name=…`. Knows nothing of what
//! the flags mean to a run.

use alloc::vec::Vec;

use crate::error::{Error, Told};

/// What a script declares of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScriptFlags(u8);

impl ScriptFlags {
    /// It runs no command that writes.
    pub(crate) const NO_WRITES: ScriptFlags = ScriptFlags(1);
    /// It may run when memory is full.
    pub(crate) const ALLOW_OOM: ScriptFlags = ScriptFlags(2);
    /// It may run on a replica with stale data.
    pub(crate) const ALLOW_STALE: ScriptFlags = ScriptFlags(4);
    /// It does not run in a cluster.
    pub(crate) const NO_CLUSTER: ScriptFlags = ScriptFlags(8);
    /// It may touch keys of several slots.
    pub(crate) const ALLOW_CROSS_SLOT_KEYS: ScriptFlags = ScriptFlags(16);
    /// It has no first line of this kind: what it may do follows from what it does.
    pub(crate) const UNDECLARED: ScriptFlags = ScriptFlags(32);

    const NAMES: [(ScriptFlags, &'static str); 5] = [
        (ScriptFlags::NO_WRITES, "no-writes"),
        (ScriptFlags::ALLOW_OOM, "allow-oom"),
        (ScriptFlags::ALLOW_STALE, "allow-stale"),
        (ScriptFlags::NO_CLUSTER, "no-cluster"),
        (ScriptFlags::ALLOW_CROSS_SLOT_KEYS, "allow-cross-slot-keys"),
    ];

    pub(crate) fn has(self, other: ScriptFlags) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) fn with(self, other: ScriptFlags) -> ScriptFlags {
        ScriptFlags(self.0 | other.0)
    }

    /// The flag with this name.
    pub(crate) fn named(name: &[u8]) -> Option<ScriptFlags> {
        let named = |(_, text): &&(ScriptFlags, &str)| text.as_bytes() == name;
        Some(ScriptFlags::NAMES.iter().find(named)?.0)
    }

    /// The names of those that are set, in Redis' order.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> + Clone {
        ScriptFlags::NAMES
            .iter()
            .filter(move |(flag, _)| self.has(*flag))
            .map(|(_, name)| *name)
    }
}

/// Words of a line, split at white space; quotes around one hold it together. `None` where quotes do not end.
fn words(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let words = crate::resp::split_line(line)?;
    Some(words.args().iter().map(<[u8]>::to_vec).collect())
}

/// Takes the first line off a script for EVAL, if it is of this kind: its flags, and what is to be compiled.
///
/// # Errors
/// A line that Redis refuses.
pub(crate) fn of_script<'a>(body: &'a [u8], told: &Told) -> Result<(ScriptFlags, &'a [u8]), Error> {
    let refused = |text: &[u8], what| told.tell_pieces(&[text, what]);
    if !body.starts_with(b"#!") {
        return Ok((ScriptFlags::UNDECLARED, body));
    }
    let Some(end) = body.iter().position(|byte| *byte == b'\n') else {
        return Err(Error::fixed(&"ERR Invalid script shebang"));
    };
    let words = words(&body[..end]).unwrap_or_default();
    let Some((engine, options)) = words.split_first() else {
        return Err(Error::fixed(&"ERR Invalid engine in script shebang"));
    };
    if engine != b"#!lua" {
        return Err(refused(
            b"ERR Unexpected engine in script shebang: ",
            engine,
        ));
    }
    let mut flags = ScriptFlags::default();
    for option in options {
        let Some(list) = option.strip_prefix(b"flags=") else {
            return Err(refused(b"ERR Unknown lua shebang option: ", option));
        };
        for name in list.split(|byte| *byte == b',') {
            match ScriptFlags::named(name) {
                Some(flag) => flags = flags.with(flag),
                None if list.is_empty() => {}
                None => return Err(refused(b"ERR Unexpected flag in script shebang: ", name)),
            }
        }
    }
    // The line's end stays, so that lines keep their numbers.
    Ok((flags, &body[end..]))
}

/// What a library's first line says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Library<'a> {
    /// Its name.
    pub(crate) name: Vec<u8>,
    /// What is to be compiled.
    pub(crate) code: &'a [u8],
}

/// Takes a library's first line off.
///
/// # Errors
/// A line that Redis refuses.
pub(crate) fn of_library<'a>(body: &'a [u8], told: &Told) -> Result<Library<'a>, Error> {
    if !body.starts_with(b"#!") {
        return Err(Error::fixed(&"ERR Missing library metadata"));
    }
    let invalid = Error::fixed(&"ERR Invalid library metadata");
    let Some(end) = body.iter().position(|byte| *byte == b'\n') else {
        return Err(invalid);
    };
    let Some(words) = words(&body[..end]).filter(|words| !words.is_empty()) else {
        return Err(invalid);
    };
    let mut name = None;
    for option in &words[1..] {
        match option.strip_prefix(b"name=") {
            Some(_) if name.is_some() => {
                return Err(Error::fixed(
                    &"ERR Invalid metadata value, name argument was given multiple times",
                ));
            }
            Some(text) => name = Some(text.to_vec()),
            None => {
                return Err(told.tell_pieces(&[b"ERR Invalid metadata value given: ", option]));
            }
        }
    }
    let Some(name) = name else {
        return Err(Error::fixed(&"ERR Library name was not given"));
    };
    if !is_name(&name) {
        return Err(Error::fixed(
            &"ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one \
             character long",
        ));
    }
    let engine = &words[0][2..];
    if !engine.eq_ignore_ascii_case(b"lua") {
        return Err(told.tell_pieces(&[b"ERR Engine '", engine, b"' not found"]));
    }
    Ok(Library {
        name,
        code: &body[end..],
    })
}

/// Whether libraries and functions may have this name.
pub(crate) fn is_name(name: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    !name.is_empty() && name.iter().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What refuses a first line.
    fn refusal<T: core::fmt::Debug>(
        body: &str,
        read: fn(&[u8], &Told) -> Result<T, Error>,
    ) -> alloc::string::String {
        let mut told = Told::default();
        let error = read(body.as_bytes(), &told).unwrap_err();
        alloc::string::String::from_utf8_lossy(told.text(error)).into_owned()
    }

    /// Confirmed with redis-server 7.0.15.
    #[test]
    fn scripts() {
        assert_eq!(
            of_script(b"return 1", &Told::default()),
            Ok((ScriptFlags::UNDECLARED, &b"return 1"[..]))
        );
        assert_eq!(
            of_script(b"#!lua\nreturn 1", &Told::default()),
            Ok((ScriptFlags::default(), &b"\nreturn 1"[..]))
        );
        let (flags, _) = of_script(b"#!lua flags=no-writes,allow-oom\n", &Told::default()).unwrap();
        assert!(flags.has(ScriptFlags::NO_WRITES) && flags.has(ScriptFlags::ALLOW_OOM));
        assert!(!flags.has(ScriptFlags::UNDECLARED));
        assert!(of_script(b"#!lua flags=\n", &Told::default()).is_ok());
        for (body, expected) in [
            ("#!lua", "ERR Invalid script shebang"),
            (
                "#!lua flags=foo\n",
                "ERR Unexpected flag in script shebang: foo",
            ),
            ("#!py\n", "ERR Unexpected engine in script shebang: #!py"),
            ("#!lua name=x\n", "ERR Unknown lua shebang option: name=x"),
        ] {
            assert_eq!(
                refusal(body, |body, told| of_script(body, told).map(drop)),
                expected
            );
        }
    }

    /// Confirmed with redis-server 7.0.15.
    #[test]
    fn libraries() {
        let library = of_library(b"#!LUA name=my_lib\nreturn", &Told::default()).unwrap();
        assert_eq!(
            (&library.name[..], library.code),
            (&b"my_lib"[..], &b"\nreturn"[..])
        );
        for (body, expected) in [
            ("return 1", "ERR Missing library metadata"),
            ("#!lua name=l", "ERR Invalid library metadata"),
            ("#!lua name='l\n", "ERR Invalid library metadata"),
            ("#!lua\n", "ERR Library name was not given"),
            ("#!\n", "ERR Library name was not given"),
            ("#!py name=l\n", "ERR Engine 'py' not found"),
            (
                "#!lua name=l foo\n",
                "ERR Invalid metadata value given: foo",
            ),
            (
                "#!lua name=l name=m\n",
                "ERR Invalid metadata value, name argument was given multiple times",
            ),
            (
                "#!lua name=a-b\n",
                "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least \
                 one character long",
            ),
        ] {
            assert_eq!(
                refusal(body, |body, told| of_library(body, told).map(drop)),
                expected,
                "{body}"
            );
        }
    }
}
