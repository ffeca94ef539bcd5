//! All commands by number and by name. Built by the compiler from the families' lists; knows no handler.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::{Acl, Flags, Group, Handler, InMulti, KeyFlags, KeyRef, KeySpec, Spec};
use crate::commands::FAMILIES;
use crate::resp::Args;

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

pub(super) const COUNT: usize = count();
/// Slots of the name index: a power of two at least twice the number of commands.
const SLOTS: usize = (COUNT * 2).next_power_of_two();
const FREE: u16 = u16::MAX;

/// Commands in the order of the families, each followed by its subcommands. For the compiler alone: what runs has
/// [`Command`] and [`Docs`](super::Docs).
pub(super) const SPECS: [&Spec; COUNT] = {
    let mut specs = [&FAMILIES[0][0]; COUNT];
    let mut next = 0;
    let mut family = 0;
    while family < FAMILIES.len() {
        let mut at = 0;
        while at < FAMILIES[family].len() {
            let spec = &FAMILIES[family][at];
            specs[next] = spec;
            next += 1;
            let mut sub = 0;
            while sub < spec.subcommands.len() {
                specs[next] = &spec.subcommands[sub];
                next += 1;
                sub += 1;
            }
            at += 1;
        }
        family += 1;
    }
    specs
};

static TABLE: [Command; COUNT] = {
    let mut table = [Command::of(SPECS[0]); COUNT];
    let mut number = 1;
    while number < COUNT {
        table[number] = Command::of(SPECS[number]);
        number += 1;
    }
    table
};

/// What of a command's [`Spec`] its way through the engine needs.
#[derive(Clone, Copy)]
pub struct Command {
    /// Lower case; a subcommand's own name without its container's.
    pub name: &'static str,
    /// What runs.
    pub handler: Handler,
    /// Where its keys are.
    pub keys: &'static [KeySpec],
    /// Gives the positions of keys that `keys` cannot describe.
    pub find_keys: Option<fn(Args<'_>, &mut Vec<KeyRef>)>,
    /// What it does with its keys, where that depends on the arguments.
    pub variable_flags: Option<fn(Args<'_>) -> KeyFlags>,
    /// The number of arguments with the name: exactly, or at least where negative.
    pub arity: i32,
    /// How it behaves.
    pub flags: Flags,
    /// All its ACL categories.
    pub acl: Acl,
    /// The argument that names a member of the collection at the first key; 0 where there is none.
    pub member: u8,
    /// How many subcommands it has. They have the numbers behind its own.
    pub subcommands: u8,
    /// The group it is documented in.
    pub group: Group,
    /// What becomes of it between MULTI and EXEC.
    pub in_multi: InMulti,
    /// Allowed on a connection that gets messages, in RESP2, too.
    pub subscribed: bool,
}

impl Command {
    /// The command that `spec` describes.
    pub const fn of(spec: &Spec) -> Command {
        Command {
            name: spec.name,
            handler: spec.handler,
            keys: spec.keys,
            find_keys: spec.find_keys,
            variable_flags: spec.variable_flags,
            arity: spec.arity,
            flags: spec.flags,
            acl: spec.categories(),
            member: spec.member,
            subcommands: spec.subcommands.len() as u8,
            group: spec.group,
            in_multi: spec.in_multi,
            subscribed: spec.subscribed,
        }
    }
}

/// Numbers of the commands (not subcommands) by the hash of their names, open addressing.
static INDEX: [u16; SLOTS] = {
    let mut index = [FREE; SLOTS];
    let mut number = 0;
    while number < COUNT {
        let spec = SPECS[number];
        let mut slot = name_hash(spec.name.as_bytes()) % SLOTS;
        while index[slot] != FREE {
            slot = (slot + 1) % SLOTS;
        }
        index[slot] = number as u16;
        number += 1 + spec.subcommands.len();
    }
    index
};

/// A hash of the letters without regard to case.
const fn name_hash(name: &[u8]) -> usize {
    let mut word = 0u64;
    let mut at = 0;
    while at < name.len() {
        word = word.rotate_left(8) ^ (name[at] | 0x20) as u64;
        at += 1;
    }
    // The high bits of the product depend on all letters.
    (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize
}

/// The number of the command called `name`, in any case, or [`UNRESOLVED`](crate::resp::UNRESOLVED).
#[inline]
pub fn resolve(name: &[u8]) -> CommandId {
    let mut slot = name_hash(name) % SLOTS;
    loop {
        let number = INDEX[slot];
        if number == FREE || is_called(&TABLE[number as usize], name) {
            return number;
        }
        slot = (slot + 1) % SLOTS;
    }
}

/// Whether `name` is a command's, in any case. Names are short and have no capitals, so this is quicker than
/// the general comparison.
#[inline]
fn is_called(command: &Command, name: &[u8]) -> bool {
    let own = command.name.as_bytes();
    let alike = |(own, byte): (&u8, &u8)| match own ^ byte {
        0 => true,
        0x20 => own.is_ascii_lowercase(),
        _ => false,
    };
    own.len() == name.len() && own.iter().zip(name).all(alike)
}

/// The number of the subcommand `name` of command `container`.
pub fn resolve_subcommand(container: CommandId, name: &[u8]) -> Option<CommandId> {
    let subcommands = CommandId::from(get(container).subcommands);
    (container + 1..=container + subcommands)
        .find(|number| get(*number).name.as_bytes().eq_ignore_ascii_case(name))
}

/// The command with a number that [`resolve`] gave.
#[inline]
pub fn get(number: CommandId) -> &'static Command {
    &TABLE[usize::from(number)]
}

/// Every command's spec in the order of the numbers, without subcommands. For tools: the specs with all their words
/// are in a program only if it calls this.
pub fn specs() -> impl Iterator<Item = &'static Spec> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// For every number that of its container, its own where it has none.
static CONTAINER: [u16; COUNT] = {
    let mut containers = [0; COUNT];
    let mut number = 0;
    while number < COUNT {
        let mut sub = 0;
        while sub <= SPECS[number].subcommands.len() {
            containers[number + sub] = number as u16;
            sub += 1;
        }
        number += sub;
    }
    containers
};

/// The container of a subcommand's number; nothing for that of a command.
pub fn container(number: CommandId) -> Option<&'static Command> {
    let container = CONTAINER[usize::from(number)];
    (container != number).then(|| get(container))
}

/// Every command with its number; subcommands follow their containers but are not given here.
pub fn all() -> impl Iterator<Item = (CommandId, &'static Command)> + Clone {
    let mut next = 0;
    core::iter::from_fn(move || {
        let number = next;
        let command = TABLE.get(usize::from(number))?;
        next += 1 + CommandId::from(command.subcommands);
        Some((number, command))
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

/// The full name of a command of the table. O(commands).
#[cold]
pub(crate) fn name_of(command: &Command) -> Cow<'static, str> {
    let number = TABLE.iter().position(|known| core::ptr::eq(known, command));
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
        for ((number, command), spec) in all().zip(specs()) {
            assert_eq!(command.name, spec.name);
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
