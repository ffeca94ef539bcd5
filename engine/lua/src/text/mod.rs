//! Text as Lua 5.1 reads and writes it. Knows nothing of values, heaps or the machine.

pub mod format;
pub mod number;
pub mod pattern;
pub mod printf;
