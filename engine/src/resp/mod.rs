//! The wire: requests in ([`Intake`], [`Args`]), replies out ([`Reply`], [`Chunks`]). Knows no command,
//! no key and no connection state beyond the protocol version.
//!
//! Source: the RESP2 and RESP3 specifications at redis.io; limits and error texts as redis-server's.

mod args;
mod chunks;
mod inline;
mod intake;
mod reply;

pub use args::{ArgBuf, Args, Span};
pub use chunks::{Chunks, Piece};
pub use inline::split_line;
pub use intake::{Intake, Limits, Request, UNRESOLVED};
pub use reply::{Protocol, Reply};
