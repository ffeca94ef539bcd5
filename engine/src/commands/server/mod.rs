//! Commands about the server.

pub(crate) mod debug;
