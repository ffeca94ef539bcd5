//! `cargo xtask run`: everything built, the server and the playground up. It must not know how the parts are built.

use crate::Outcome;
use crate::setup;
use crate::step::{cargo, program, root, show, target_dir, xtask};

/// Where the playground is served.
const HTTP_PORT: &str = "8379";

/// Builds all and runs the server until it ends. Further arguments are directives for it.
///
/// # Errors
/// Where something does not build or the server fails.
pub(crate) fn main(directives: &[String]) -> Outcome {
    setup::targets(&["wasm32-unknown-unknown"])?;
    if root().join("xtask/src/wasm.rs").exists() {
        show(xtask(&["wasm"])?)?;
    } else {
        println!("There is no playground in this tree yet: only the server is started.");
    }
    show(cargo(&["build", "--release", "-p", "hyla-server"]))?;
    println!(
        "\nServer:     redis-cli -p 6379\nPlayground: http://127.0.0.1:{HTTP_PORT}\nCtrl-C ends both.\n"
    );
    let server = target_dir().join("release/hyla-server");
    let mut server = program(server, &["--port", "6379", "--http-port", HTTP_PORT]);
    server.args(directives);
    show(server)
}
