//! `rename-command`: names that commands have in place of, or beside, their own. Knows no command by name.

use alloc::vec::Vec;

use super::table::{self, CommandId};
use crate::resp::UNRESOLVED;

/// The commands that are called otherwise, or not at all. Their accounts, descriptions and effects keep the
/// names of the table.
#[derive(Clone, Debug, Default)]
pub struct Renames {
    /// New names.
    added: Vec<(Vec<u8>, CommandId)>,
    /// Commands whose own name means them no more.
    removed: Vec<CommandId>,
}

impl Renames {
    /// Gives the command that is called `old` now the name `new`, or takes it away where that is empty.
    ///
    /// # Errors
    /// Redis' words where there is no such command, or one that is called `new` already.
    pub fn rename(&mut self, old: &[u8], new: &[u8]) -> Result<(), &'static str> {
        let number = self.resolve(old, table::resolve(old));
        if number == UNRESOLVED {
            return Err("No such command in rename-command");
        }
        match self.position(old) {
            Some(at) => drop(self.added.remove(at)),
            None => self.removed.push(number),
        }
        if new.is_empty() {
            return Ok(());
        }
        if self.resolve(new, table::resolve(new)) != UNRESOLVED {
            return Err("Target command name already exists");
        }
        self.added.push((new.to_vec(), number));
        Ok(())
    }

    /// Every command has its own name.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.removed.is_empty()
    }

    /// The command called `name`, where the table has `number` for it.
    pub(crate) fn resolve(&self, name: &[u8], number: CommandId) -> CommandId {
        if self.is_empty() {
            return number;
        }
        match self.position(name) {
            Some(at) => self.added[at].1,
            None if self.removed.contains(&number) => UNRESOLVED,
            None => number,
        }
    }

    /// Whether a command has a name at all.
    pub(crate) fn has(&self, number: CommandId) -> bool {
        !self.removed.contains(&number) || self.added.iter().any(|(_, known)| *known == number)
    }

    fn position(&self, name: &[u8]) -> Option<usize> {
        let mut names = self.added.iter();
        names.position(|(known, _)| known.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_move() {
        let mut renames = Renames::default();
        let number = |name: &[u8]| table::resolve(name);
        let (get, set) = (number(b"get"), number(b"set"));
        let resolve = |renames: &Renames, name: &[u8]| renames.resolve(name, number(name));
        assert_eq!(resolve(&renames, b"get"), get);
        renames.rename(b"GET", b"").unwrap();
        renames.rename(b"set", b"Get").unwrap();
        assert_eq!(resolve(&renames, b"gEt"), set);
        assert_eq!(resolve(&renames, b"set"), UNRESOLVED);
        assert!(renames.has(set) && !renames.has(get));
        renames.rename(b"get", b"other").unwrap();
        assert_eq!(resolve(&renames, b"get"), UNRESOLVED);
        assert_eq!(resolve(&renames, b"OTHER"), set);
        renames.rename(b"other", b"set").unwrap();
        assert_eq!(resolve(&renames, b"set"), set);
        let refused = [
            (&b"get"[..], &b"x"[..], "No such command in rename-command"),
            (b"config|get", b"x", "No such command in rename-command"),
            (b"del", b"set", "Target command name already exists"),
        ];
        for (old, new, text) in refused {
            assert_eq!(renames.rename(old, new), Err(text));
        }
    }
}
