//! Which arguments of a request are keys: from a command's key specs, or from its own function where they
//! cannot tell. Serves COMMAND GETKEYS, ACL and cluster routing; knows no single command.

use alloc::vec::Vec;

use super::{Begin, Command, Find, Flags, KeyFlags, KeySpec};
use crate::error::Error;
use crate::number::parse_i64;
use crate::resp::Args;

/// One key of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRef {
    /// Its argument.
    pub position: usize,
    /// What is done with it.
    pub flags: KeyFlags,
}

/// The keys of a request of `command`, in the order of the key specs. `args` starts with the container's name.
/// A request without keys of a command that may have some gives an empty list. Linear in the keys.
///
/// # Errors
/// The command never has keys; the number of arguments, or what they say of keys, is wrong. The texts are
/// those of COMMAND GETKEYS.
pub fn keys(command: &Command, args: Args<'_>) -> Result<Vec<KeyRef>, Error> {
    if command.keys.is_empty() && command.find_keys.is_none() {
        return Err(Error::fixed(&"ERR The command has no key arguments"));
    }
    let wanted = command.arity.unsigned_abs() as usize;
    if args.len() < wanted || (command.arity > 0 && args.len() != wanted) {
        return Err(Error::fixed(
            &"ERR Invalid number of arguments specified for command",
        ));
    }
    let mut found = Vec::new();
    if from_specs(command, args, &mut found).is_none() {
        found.clear();
        if let Some(find_keys) = command.find_keys {
            find_keys(args, &mut found);
        }
    }
    if found.is_empty() && !command.flags.has(Flags::NO_MANDATORY_KEYS) {
        return Err(Error::fixed(&"ERR Invalid arguments specified for command"));
    }
    if let Some(variable_flags) = command.variable_flags {
        let flags = variable_flags(args);
        found.iter_mut().for_each(|key| key.flags = flags);
    }
    Ok(found)
}

/// Finds keys by all key specs. Nothing where a spec does not fit the arguments or does not tell all.
fn from_specs(command: &Command, args: Args<'_>, found: &mut Vec<KeyRef>) -> Option<()> {
    if command.keys.is_empty() {
        return None;
    }
    for key in command.keys {
        if key.flags.has(KeyFlags::NOT_KEY) {
            continue;
        }
        let first = match key.begin {
            Begin::Index(index) => usize::try_from(index).ok()?,
            Begin::Keyword { word, from } => match find_keyword(args, word, from) {
                Some(at) => at + 1,
                None => continue,
            },
            Begin::Unknown => return None,
        };
        let (first, last, step) = key_range(key.find, first, args)?;
        if first >= args.len() || last >= args.len() || last < first {
            return None;
        }
        let flags = key.flags;
        let positions = (first..=last).step_by(step);
        found.extend(positions.map(|position| KeyRef { position, flags }));
        if flags.has(KeyFlags::INCOMPLETE) {
            return None;
        }
    }
    Some(())
}

/// Where `word` stands, searched from argument `from`, or backwards from the end where that is negative.
fn find_keyword(args: Args<'_>, word: &str, from: i32) -> Option<usize> {
    if from > 0 {
        return (from as usize..args.len()).find(|index| args.is(*index, word));
    }
    let start = args.len().checked_sub(from.unsigned_abs() as usize)?;
    (1..=start).rev().find(|index| args.is(*index, word))
}

/// First and last key and the step between keys, where `first` is where the search begins.
fn key_range(find: Find, first: usize, args: Args<'_>) -> Option<(usize, usize, usize)> {
    let len = args.len() as i64;
    match find {
        Find::Range { last, step, limit } => {
            let first = first as i64;
            let last = match (last, limit) {
                (0.., _) => first + i64::from(last),
                (_, 0 | 1) => len + i64::from(last),
                _ => first + (len - first) / i64::from(limit) + i64::from(last),
            };
            Some((
                first as usize,
                usize::try_from(last).ok()?,
                usize::try_from(step).ok()?.max(1),
            ))
        }
        Find::KeyNum {
            number,
            first: offset,
            step,
        } => {
            let at = first.checked_add_signed(number as isize)?;
            let count = parse_i64(args.get(at)?).filter(|count| (0..=len).contains(count))?;
            let first = first.checked_add_signed(offset as isize)?;
            let last = first as i64 + (count - 1) * i64::from(step);
            Some((
                first,
                usize::try_from(last).ok()?,
                usize::try_from(step).ok()?.max(1),
            ))
        }
        Find::Unknown => None,
    }
}

/// First key, last key (negative: from the end) and step, as old clients know them: what of the key specs
/// can be said so. All 0 where nothing can.
pub fn legacy_range(command: &Command) -> (i32, i32, i32) {
    let plain = |key: &KeySpec| match (key.begin, key.find) {
        (Begin::Index(first), Find::Range { last, step, .. }) => {
            Some((first, if last >= 0 { first + last } else { last }, step))
        }
        _ => None,
    };
    if let [only] = command.keys {
        return plain(only).unwrap_or_default();
    }
    let mut range: Option<(i32, i32)> = None;
    for (first, last, step) in command.keys.iter().filter_map(plain) {
        let follows = range.is_none_or(|(_, before)| before == first - 1);
        if step == 1 && follows {
            // A negative end is behind every other one.
            range = Some(match range {
                None => (first, last),
                Some((start, before)) => {
                    (start.min(first), (before as u32).max(last as u32) as i32)
                }
            });
        }
    }
    range.map_or((0, 0, 0), |(first, last)| (first, last, 1))
}

#[cfg(test)]
mod tests {
    use super::super::Spec;
    use super::*;
    use crate::resp::ArgBuf;
    use alloc::vec;

    const RW: KeyFlags = KeyFlags::RW;

    fn positions(command: &Command, words: &str) -> Result<Vec<usize>, Error> {
        let mut args = ArgBuf::new();
        words.split(' ').for_each(|word| args.push(word.as_bytes()));
        let found = keys(command, args.args())?;
        Ok(found.into_iter().map(|key| key.position).collect())
    }

    fn spec(arity: i32, flags: Flags, keys: &'static [KeySpec]) -> Command {
        Command::of(&Spec {
            arity,
            flags,
            keys,
            ..Spec::new(|_| Ok(()))
        })
    }

    #[test]
    fn ranges_and_counts() {
        let mset = spec(-3, Flags::NONE, const { &[KeySpec::range(1, -1, 2, RW)] });
        assert_eq!(positions(&mset, "mset a 1 b 2"), Ok(vec![1, 3]));
        assert_eq!(legacy_range(&mset), (1, -1, 2));
        let union = spec(
            -4,
            Flags::NONE,
            const { &[KeySpec::at(1, RW), KeySpec::counted(2, RW)] },
        );
        assert_eq!(positions(&union, "zunionstore d 2 a b"), Ok(vec![1, 3, 4]));
        assert_eq!(legacy_range(&union), (1, 1, 1));
        let wrong = Error::fixed(&"ERR Invalid arguments specified for command");
        for count in ["0", "3", "-1", "x", "9223372036854775807"] {
            let words = alloc::format!("zunionstore d {count} a b");
            assert_eq!(positions(&union, &words), Err(wrong), "{count}");
        }
        let eval = spec(
            -3,
            Flags::NO_MANDATORY_KEYS,
            const { &[KeySpec::counted(2, RW)] },
        );
        assert_eq!(positions(&eval, "eval s 0"), Ok(vec![]));
        assert_eq!(positions(&eval, "eval s 2 a b c"), Ok(vec![3, 4]));
        assert_eq!(legacy_range(&eval), (0, 0, 0));
    }

    #[test]
    fn keywords() {
        const STREAMS: KeySpec = KeySpec {
            begin: Begin::Keyword {
                word: "STREAMS",
                from: 1,
            },
            find: Find::Range {
                last: -1,
                step: 1,
                limit: 2,
            },
            ..KeySpec::at(0, RW)
        };
        let xread = spec(-4, Flags::NONE, &[STREAMS]);
        assert_eq!(
            positions(&xread, "xread count 1 streams a b 0 0"),
            Ok(vec![4, 5])
        );
        const KEYS: KeySpec = KeySpec {
            begin: Begin::Keyword {
                word: "KEYS",
                from: -2,
            },
            find: Find::Range {
                last: -1,
                step: 1,
                limit: 0,
            },
            ..KeySpec::at(0, RW)
        };
        let migrate = spec(-6, Flags::NONE, const { &[KeySpec::at(3, RW), KEYS] });
        assert_eq!(
            positions(&migrate, "migrate h p k 0 1 KEYS a b"),
            Ok(vec![3, 7, 8])
        );
        assert_eq!(positions(&migrate, "migrate h p k 0 1"), Ok(vec![3]));
    }

    #[test]
    fn refusals() {
        let get = spec(2, Flags::NONE, const { &[KeySpec::at(1, RW)] });
        assert_eq!(
            positions(&get, "get a b"),
            Err(Error::fixed(
                &"ERR Invalid number of arguments specified for command"
            ))
        );
        let ping = spec(-1, Flags::NONE, &[]);
        assert_eq!(
            positions(&ping, "ping"),
            Err(Error::fixed(&"ERR The command has no key arguments"))
        );
    }
}
