//! hyla-server.
fn main() {}
