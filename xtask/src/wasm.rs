//! `cargo xtask wasm [--package]`: from the engine to the npm package `hyla` in `host-web/pkg`, and with it
//! the playground in `www/dist`. Knows no command; what follows from the command table is made by
//! `xtask/packer`, a program of its own because wasm-bindgen's library takes long to build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::setup::{self, Need};

/// The most that the optimised module may take in a gzipped download, in bytes: what every page that uses the
/// package pays. It is the sum of 260 KB for the types, 50 KB for persistence and 90 KB for Lua.
const GZIPPED_BYTES_MAX: u64 = (260 + 50 + 90) * 1024;

/// What LLVM leaves undone: these passes make a loop's body or a branch's cheaper by code that comes before it, a
/// hundredth and more of the download in all.
const LLVM_ARGS: [&str; 4] = [
    "-disable-lsr",
    "-enable-pre=false",
    "-enable-load-pre=false",
    "-inline-threshold=0",
];

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds the package, and the playground too unless `--package` is given.
pub(crate) fn main(args: &[String]) -> Outcome {
    let playground = match args {
        [] => true,
        [only] if only == "--package" => false,
        _ => return Err(String::from("usage: cargo xtask wasm [--package]")),
    };
    let root = root();
    let pkg = root.join("host-web/pkg");
    setup::all(&[&Need::Node, &Need::Target(TARGET)])?;
    install_node_modules(&root)?;
    let module = compile(&root)?;
    let packer = build_packer(&root)?;
    clean(&pkg)?;
    run(Command::new(&packer)
        .arg("bind")
        .arg(&module)
        .arg(pkg.join("wasm")))?;
    run(Command::new(&packer)
        .arg("types")
        .arg(root.join("host-web/js/generated")))?;
    let wasm = pkg.join("wasm/hyla_web_bg.wasm");
    optimise(&root, &packer, &wasm)?;
    check_imports(&wasm)?;
    run(node_tool(&root, "typescript/bin/tsc")
        .arg("--project")
        .arg(root.join("host-web")))?;
    for name in ["LICENSE", "LICENSE-MIT", "LICENSE-APACHE"] {
        let copied = fs::copy(root.join(name), pkg.join(name));
        copied.map_err(|error| format!("cannot copy {name}: {error}"))?;
    }
    println!("npm package: host-web/pkg");
    if playground {
        run(node_tool(&root, "typescript/bin/tsc")
            .arg("--project")
            .arg(root.join("www")))?;
        run(node_tool(&root, "vite/bin/vite.js")
            .arg("build")
            .args(["--logLevel", "warn"])
            .current_dir(root.join("www")))?;
        println!("playground: www/dist");
    }
    // Last, so that a module that grew too large can be looked at.
    report_size(&packer, &wasm)
}

fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// Runs to the end; fails with the command's name and its exit status.
fn run(command: &mut Command) -> Outcome {
    let status = command
        .status()
        .map_err(|error| format!("cannot start {command:?}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?} failed ({status})"))
    }
}

fn cargo(root: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root);
    command
}

/// A program of node_modules, started through node: the same on every system.
fn node_tool(root: &Path, script: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(root.join("node_modules").join(script));
    command
}

/// Installs the locked JavaScript tools unless they are there already.
fn install_node_modules(root: &Path) -> Outcome {
    let lock = root.join("package-lock.json");
    let stamp = root.join("node_modules/.hyla-lock");
    let wanted =
        fs::read(&lock).map_err(|error| format!("cannot read {}: {error}", lock.display()))?;
    if fs::read(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    println!("npm ci");
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    run(Command::new(npm)
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(root))?;
    fs::write(&stamp, wanted).map_err(|error| format!("cannot write {}: {error}", stamp.display()))
}

/// The engine and its glue as a wasm module.
fn compile(root: &Path) -> Result<PathBuf, String> {
    let flags = LLVM_ARGS
        .map(|arg| format!("'-Cllvm-args={arg}'"))
        .join(",");
    run(cargo(root)
        .args(["build", "--package", "hyla-web", "--lib"])
        .args(["--target", TARGET, "--profile", "wasm"])
        .arg("--config")
        .arg(format!("target.{TARGET}.rustflags=[{flags}]")))?;
    Ok(target_dir(root).join(TARGET).join("wasm/hyla_web.wasm"))
}

fn build_packer(root: &Path) -> Result<PathBuf, String> {
    run(cargo(root).args(["build", "--package", "hyla-packer", "--profile", "tool"]))?;
    let name = format!("hyla-packer{}", std::env::consts::EXE_SUFFIX);
    Ok(target_dir(root).join("tool").join(name))
}

fn target_dir(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

fn clean(dir: &Path) -> Outcome {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", dir.display()))
        }
        _ => Ok(()),
    }
}

/// Binaryen's optimiser, from npm. Its result replaces the module.
fn optimise(root: &Path, packer: &Path, wasm: &Path) -> Outcome {
    if !root.join("node_modules/binaryen/bin/wasm-opt").exists() {
        println!(
            "wasm-opt is not installed (npm package binaryen): the module stays as rustc made it"
        );
        return Ok(());
    }
    println!("optimising the module, which may take a minute");
    let (smaller, smallest) = (
        wasm.with_extension("smaller"),
        wasm.with_extension("smallest"),
    );
    // Until nothing changes any more, and once again from plain code, whose branches are then found anew.
    let passes = [
        "--converge",
        "--flatten",
        "--rereloop",
        "-Os",
        "--strip-debug",
    ];
    run(wasm_opt(root, wasm, &smaller).args(passes))?;
    // A file that was read makes a little more possible than what is in memory. Those that are called most get the
    // shortest indices.
    let passes = ["--reorder-functions", "--strip-debug"];
    run(wasm_opt(root, &smaller, &smallest).args(passes))?;
    println!("packing the module, which may take as long again");
    run(Command::new(packer).arg("pack").arg(&smallest).arg(wasm))?;
    for path in [smaller, smallest] {
        fs::remove_file(&path)
            .map_err(|error| format!("cannot remove {}: {error}", path.display()))?;
    }
    Ok(())
}

fn wasm_opt(root: &Path, from: &Path, to: &Path) -> Command {
    let mut command = node_tool(root, "binaryen/bin/wasm-opt");
    command
        .arg(from)
        .arg("-o")
        .arg(to)
        // What rustc itself assumes of the target.
        .args(["--enable-bulk-memory", "--enable-bulk-memory-opt"])
        .args(["--enable-nontrapping-float-to-int", "--enable-sign-ext"])
        .args(["--enable-mutable-globals", "--enable-reference-types"])
        .arg("--enable-multivalue")
        // "z" makes the module smaller and the download larger.
        .arg("-Os")
        // What rustc left on its own stays so: joined to its only caller it has many more variables to name, which
        // compresses worse by a twentieth of the whole.
        .arg("--one-caller-inline-max-function-size=1")
        // Nothing lies at the lowest addresses but the end of a stack that is about to overflow, so that a sum of an
        // address and a constant may become a load's offset.
        .arg("--low-memory-unused")
        // Zeros compress better than the headers of segments that leave them out.
        .arg("--skip-pass=memory-packing")
        .arg("--strip-producers")
        .stdout(Stdio::null());
    command
}

/// The module asks its host for nothing but what the bindings give it.
fn check_imports(wasm: &Path) -> Outcome {
    let script = "const m = new WebAssembly.Module(require('fs').readFileSync(process.argv[1]));
        const env = WebAssembly.Module.imports(m).filter(i => !i.module.startsWith('./hyla_web'));
        if (env.length) { console.error(env); process.exit(1); }";
    run(Command::new("node").args(["-e", script]).arg(wasm))
        .map_err(|error| format!("the module has imports of unknown origin: {error}"))
}

fn report_size(packer: &Path, wasm: &Path) -> Outcome {
    let sizes = Command::new(packer)
        .arg("size")
        .arg(wasm)
        .output()
        .map_err(|error| format!("cannot measure {}: {error}", wasm.display()))?;
    let sizes = String::from_utf8_lossy(&sizes.stdout).into_owned();
    let numbers: Vec<u64> = sizes.split_whitespace().flat_map(str::parse).collect();
    let [raw, gzipped] = numbers[..] else {
        return Err(format!("no sizes of {}: '{sizes}'", wasm.display()));
    };
    println!("wasm module: {raw} bytes, {gzipped} gzipped (at most {GZIPPED_BYTES_MAX})");
    if gzipped > GZIPPED_BYTES_MAX {
        return Err(String::from("the module is too large to download"));
    }
    Ok(())
}
