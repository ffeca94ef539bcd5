//! What crosses crates: transcripts and the oracle, and the [`target::Target`] that both talk to. It knows the wire
//! protocol and nothing of the engine's insides.

pub mod fuzz;
pub mod keys;
pub mod lua;
pub mod notation;
pub mod oracle;
pub mod resp;
pub mod sim;
pub mod target;
pub mod transcript;
