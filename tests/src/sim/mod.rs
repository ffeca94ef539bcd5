//! A simulated world around an engine: a disk that fails and forgets, a host whose lanes run late, clients who count what
//! was acknowledged. Everything follows from a seed. Knows nothing of the engine's insides.

pub mod disk;
mod host;
mod random;
pub mod recovery;

pub use host::Host;
pub use random::Random;
