//! The slow log: the last commands that took long. Knows no wire format; durations are handed in.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::config::table;
use crate::resp::Args;

/// Arguments that an entry keeps; the last one says how many more there were.
const ARGS_MAX: usize = 32;
/// Bytes that an entry keeps of an argument.
const ARG_BYTES_MAX: usize = 128;
/// What stands in place of a secret.
pub(crate) const REDACTED: &[u8] = b"(redacted)";

/// One slow command.
#[derive(Clone, Debug)]
pub struct SlowEntry {
    /// Counts up from 0 for the life of the server.
    pub id: u64,
    /// When it ran, in seconds since 1970.
    pub unix_s: u64,
    /// How long it ran, in microseconds.
    pub us: u64,
    /// Its arguments, shortened, the command's name first.
    pub args: Vec<Vec<u8>>,
    /// The client's address.
    pub address: String,
    /// The client's name.
    pub name: Vec<u8>,
}

/// The entries, newest first.
#[derive(Debug, Default)]
pub struct SlowLog {
    entries: VecDeque<SlowEntry>,
    next_id: u64,
}

impl SlowLog {
    /// Adds an entry and drops the oldest ones above `entries_max`.
    #[cold]
    pub fn push(
        &mut self,
        (unix_s, us): (u64, u64),
        args: Args<'_>,
        address: &str,
        name: &[u8],
        entries_max: u64,
    ) {
        let entry = SlowEntry {
            id: self.next_id,
            unix_s,
            us,
            args: shorten(args),
            address: address.into(),
            name: name.into(),
        };
        self.next_id += 1;
        self.entries.push_front(entry);
        self.entries
            .truncate(usize::try_from(entries_max).unwrap_or(usize::MAX));
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// There are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &SlowEntry> {
        self.entries.iter()
    }

    /// Drops all entries; numbers go on.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

fn shorten(args: Args<'_>) -> Vec<Vec<u8>> {
    let shown = if args.len() > ARGS_MAX {
        ARGS_MAX - 1
    } else {
        args.len()
    };
    let mut out = Vec::with_capacity(shown + 1);
    for (index, arg) in args.iter().take(shown).enumerate() {
        if is_secret(args, index) {
            out.push(REDACTED.into());
        } else if arg.len() > ARG_BYTES_MAX {
            let mut short = arg[..ARG_BYTES_MAX].to_vec();
            let rest = arg.len() - ARG_BYTES_MAX;
            short.extend_from_slice(format!("... ({rest} more bytes)").as_bytes());
            out.push(short);
        } else {
            out.push(arg.into());
        }
    }
    if shown < args.len() {
        let rest = args.len() - shown;
        out.push(format!("... ({rest} more arguments)").into_bytes());
    }
    out
}

/// Whether an argument is a password or may hold one.
pub(crate) fn is_secret(args: Args<'_>, index: usize) -> bool {
    if args.is(0, "auth") {
        return index > 0;
    }
    if args.is(0, "hello") {
        return index >= 2 && (args.is(index - 1, "auth") || args.is(index - 2, "auth"));
    }
    if args.is(0, "acl") && args.is(1, "setuser") {
        return index >= 2;
    }
    if args.is(0, "config") && args.is(1, "set") {
        return index >= 3
            && index % 2 == 1
            && table::lookup(args.at(index - 1)).is_some_and(|(row, _)| row.sensitive);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::ArgBuf;

    fn shortened(words: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut args = ArgBuf::new();
        words.iter().for_each(|word| args.push(word));
        shorten(args.args())
    }

    #[test]
    fn long_arguments_and_long_lists_are_cut() {
        let long = [b'x'; 130];
        let entry = shortened(&[b"SET", b"k", &long]);
        assert!(entry[2].ends_with(b"x... (2 more bytes)"));
        assert_eq!(shortened(&[&b"a"[..]; 32]).len(), 32);
        let entry = shortened(&[&b"a"[..]; 33]);
        assert_eq!(entry.len(), 32);
        assert_eq!(entry[31], b"... (2 more arguments)");
    }

    #[test]
    fn secrets_are_not_kept() {
        assert_eq!(shortened(&[b"AUTH", b"pw"])[1], REDACTED);
        let entry = shortened(&[
            b"config",
            b"SET",
            b"timeout",
            b"1",
            b"RequirePass",
            b"secret",
        ]);
        assert_eq!(entry[3], b"1");
        assert_eq!(entry[5], REDACTED);
    }

    #[test]
    fn the_log_is_bounded_and_newest_first() {
        let mut log = SlowLog::default();
        let args = ArgBuf::new();
        for _ in 0..5 {
            log.push((1, 2), args.args(), "", b"", 3);
        }
        let ids: Vec<u64> = log.iter().map(|entry| entry.id).collect();
        assert_eq!(ids, [4, 3, 2]);
        log.clear();
        log.push((1, 2), args.args(), "", b"", 0);
        assert!(log.is_empty());
    }
}
