//! The wasm side of the npm package.
