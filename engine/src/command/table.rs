//! All commands by number and by name. Built by the compiler from the families' lists; knows no handler.

use alloc::borrow::Cow;

use super::Spec;
use crate::commands::FAMILIES;

/// A command's or subcommand's number in the table.
pub type CommandId = u16;

const fn count() -> usize {
    let mut count = 0;
    let mut family = 0;
    while family < FAMILIES.len() {
        let mut at = 0;
        while at < FAMILIES[family].len() {
            count += 1 + FAMILIES[family][at].subcommands.len();
            at += 1;
        }
        family += 1;
    }
    count
}

const COUNT: usize = count();
/// Slots of the name index: a power of two at least twice the number of commands.
const SLOTS: usize = (COUNT * 2).next_power_of_two();
const FREE: u16 = u16::MAX;

/// Commands in the order of the families, each followed by its subcommands.
static TABLE: [&Spec; COUNT] = {
    let mut table = [&FAMILIES[0][0]; COUNT];
    let mut next = 0;
    let mut family = 0;
    while family < FAMILIES.len() {
        let mut at = 0;
        while at < FAMILIES[family].len() {
            let spec = &FAMILIES[family][at];
            table[next] = spec;
            next += 1;
            let mut sub = 0;
            while sub < spec.subcommands.len() {
                table[next] = &spec.subcommands[sub];
                next += 1;
                sub += 1;
            }
            at += 1;
        }
        family += 1;
    }
    table
};

/// Numbers of the commands (not subcommands) by the hash of their names, open addressing.
static INDEX: [u16; SLOTS] = {
    let mut index = [FREE; SLOTS];
    let mut number = 0;
    while number < COUNT {
        let spec = TABLE[number];
        let mut slot = name_hash(spec.name.as_bytes()) % SLOTS;
        while index[slot] != FREE {
            slot = (slot + 1) % SLOTS;
        }
        index[slot] = number as u16;
        number += 1 + spec.subcommands.len();
    }
    index
};

/// FNV-1a over the letters without regard to case.
const fn name_hash(name: &[u8]) -> usize {
    let mut hash = 0x811c_9dc5u32;
    let mut at = 0;
    while at < name.len() {
        hash = (hash ^ (name[at] | 0x20) as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    (hash ^ (hash >> 15)) as usize
}

/// The number of the command called `name`, in any case, or [`UNRESOLVED`](crate::resp::UNRESOLVED).
#[inline]
pub fn resolve(name: &[u8]) -> CommandId {
    let mut slot = name_hash(name) % SLOTS;
    loop {
        let number = INDEX[slot];
        if number == FREE
            || TABLE[number as usize]
                .name
                .as_bytes()
                .eq_ignore_ascii_case(name)
        {
            return number;
        }
        slot = (slot + 1) % SLOTS;
    }
}

/// The number of the subcommand `name` of command `container`.
pub fn resolve_subcommand(container: CommandId, name: &[u8]) -> Option<CommandId> {
    let at = TABLE[usize::from(container)]
        .subcommands
        .iter()
        .position(|spec| spec.name.as_bytes().eq_ignore_ascii_case(name))?;
    Some(container + 1 + at as u16)
}

/// The spec of a number that [`resolve`] gave.
#[inline]
pub fn spec(number: CommandId) -> &'static Spec {
    TABLE[usize::from(number)]
}

/// For every number that of its container, its own where it has none.
static CONTAINER: [u16; COUNT] = {
    let mut containers = [0; COUNT];
    let mut number = 0;
    while number < COUNT {
        let mut sub = 0;
        while sub <= TABLE[number].subcommands.len() {
            containers[number + sub] = number as u16;
            sub += 1;
        }
        number += sub;
    }
    containers
};

/// The container of a subcommand's number; nothing for that of a command.
pub fn container(number: CommandId) -> Option<&'static Spec> {
    let container = CONTAINER[usize::from(number)];
    (container != number).then(|| spec(container))
}

/// Every command with its number; subcommands follow their containers but are not given here.
pub fn all() -> impl Iterator<Item = (CommandId, &'static Spec)> + Clone {
    let mut next = 0;
    core::iter::from_fn(move || {
        let spec = *TABLE.get(next)?;
        let number = next as u16;
        next += 1 + spec.subcommands.len();
        Some((number, spec))
    })
}

/// A command's name, and `container|name` for a subcommand.
pub fn full_name(number: CommandId) -> Cow<'static, str> {
    let name = TABLE[usize::from(number)].name;
    match container(number) {
        Some(container) => Cow::Owned(alloc::format!("{}|{name}", container.name)),
        None => Cow::Borrowed(name),
    }
}

/// The full name of a spec of the table. O(commands).
#[cold]
pub(crate) fn name_of(spec: &Spec) -> Cow<'static, str> {
    let number = TABLE.iter().position(|known| core::ptr::eq(*known, spec));
    full_name(number.unwrap_or_default() as CommandId)
}

/// How many numbers there are.
pub(crate) const fn len() -> usize {
    COUNT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_found_in_any_case() {
        for (number, spec) in all() {
            assert_eq!(resolve(spec.name.as_bytes()), number);
            assert!(container(number).is_none());
            assert_eq!(resolve(spec.name.to_ascii_uppercase().as_bytes()), number);
            for (at, sub) in spec.subcommands.iter().enumerate() {
                let found = resolve_subcommand(number, sub.name.as_bytes());
                assert_eq!(found, Some(number + 1 + at as u16));
                assert_eq!(container(number + 1 + at as u16).unwrap().name, spec.name);
            }
        }
        assert_eq!(resolve(b"no such command"), crate::resp::UNRESOLVED);
        assert_eq!(resolve(b""), crate::resp::UNRESOLVED);
    }
}
