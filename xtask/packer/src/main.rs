//! Makes the npm package's generated files. Called by `cargo xtask wasm`; knows nothing of npm.
//!
//! `hyla-packer bind WASM DIR` writes a wasm module without the words of panics, and its JavaScript bindings;
//! `hyla-packer pack WASM OUT` writes the same module so that it compresses best;
//! `hyla-packer types DIR` writes the TypeScript that follows from the command table;
//! `hyla-packer size FILE` prints a file's raw and gzipped sizes in bytes.

mod between;
mod code;
mod metadata;
mod methods;
mod moves;
mod order;
mod pack;
mod panics;
mod text;
mod variables;
mod window;

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["bind", wasm, dir] => bind(Path::new(wasm), Path::new(dir)),
        ["pack", wasm, out] => pack(Path::new(wasm), Path::new(out)),
        ["types", dir] => types(Path::new(dir)),
        ["size", file] => size(Path::new(file)),
        _ => Err("usage: hyla-packer bind WASM DIR | pack WASM OUT | types DIR | size FILE".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hyla-packer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bind(wasm: &Path, dir: &Path) -> Result<(), Box<dyn Error>> {
    let mut output = Bindgen::new()
        .input_path(wasm)
        .web(true)?
        .omit_default_module_path(true)
        .typescript(true)
        .generate_output()
        .map_err(|error| format!("wasm-bindgen failed on {}: {error:#}", wasm.display()))?;
    if panics::silence(output.wasm_mut()) == 0 {
        return Err("no function of the standard library panics: have their names changed?".into());
    }
    output
        .emit(dir)
        .map_err(|error| format!("cannot write {}: {error:#}", dir.display()).into())
}

fn pack(wasm: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let packed = pack::packed(&read(wasm)?)?;
    fs::write(out, packed)
        .map_err(|error| format!("cannot write {}: {error}", out.display()).into())
}

fn types(dir: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(dir)?;
    write_if_changed(&dir.join("table.ts"), &metadata::module())?;
    write_if_changed(&dir.join("methods.ts"), &methods::module())?;
    Ok(())
}

fn write_if_changed(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(path, text)
        .map_err(|error| format!("cannot write {}: {error}", path.display()).into())
}

fn size(file: &Path) -> Result<(), Box<dyn Error>> {
    let bytes = read(file)?;
    println!("{} {}", bytes.len(), gzipped(&bytes)?);
    Ok(())
}

/// How many bytes these take in a gzipped download.
fn gzipped(bytes: &[u8]) -> Result<usize, Box<dyn Error>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?.len())
}

fn read(file: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()).into())
}
