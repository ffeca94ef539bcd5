//! Why the machine stops what it is doing. Knows nothing of values.

/// Why a step failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An error was raised; its value is in the machine.
    Raised,
    /// There is no memory.
    Memory,
    /// Too many errors inside of what handles errors.
    Handler,
    /// An error was raised, and what handles it has given the value that is in the machine.
    Handled,
}
