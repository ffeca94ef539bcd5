//! The engine compiled for wasm32 and run by wasmtime, in virtual time. It must not know what is sent.

use super::habitat::{Habitat, VirtualTarget};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmtime::{Engine, Instance, Memory, Module, Store, TypedFunc, WasmParams, WasmResults};

/// The engine in wasm.
pub type WasmTarget = VirtualTarget<Guest>;

/// Builds the guest (crate hyla-wasm-guest) with cargo and gives the module's path.
///
/// # Errors
/// Where cargo fails; most often the target wasm32-unknown-unknown is not installed.
pub fn build_guest() -> io::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = root.join("target/wasm-guest");
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--package", "hyla-wasm-guest"])
        .args(["--target", "wasm32-unknown-unknown", "--target-dir"])
        .arg(&target)
        .current_dir(&root)
        .status()?;
    if !status.success() {
        return Err(io::Error::other(
            "the wasm guest does not build; it needs `rustup target add wasm32-unknown-unknown`",
        ));
    }
    Ok(target.join("wasm32-unknown-unknown/debug/hyla_wasm_guest.wasm"))
}

/// A compiled guest; instances of it are cheap.
pub struct Program {
    engine: Engine,
    module: Module,
}

impl Program {
    /// Builds and compiles the guest.
    ///
    /// # Errors
    /// Those of [`build_guest`], and where the module is not valid.
    pub fn build() -> io::Result<Program> {
        let engine = Engine::default();
        let module = Module::from_file(&engine, build_guest()?).map_err(broken)?;
        Ok(Program { engine, module })
    }

    /// What the module wants from outside: nothing, if all is well.
    #[must_use]
    pub fn imports(&self) -> Vec<String> {
        let name =
            |import: wasmtime::ImportType<'_>| format!("{}.{}", import.module(), import.name());
        self.module.imports().map(name).collect()
    }

    /// A fresh guest.
    ///
    /// # Errors
    /// Where the module lacks something.
    pub fn instance(&self) -> io::Result<Guest> {
        let mut store = Store::new(&self.engine, ());
        let instance = Instance::new(&mut store, &self.module, &[]).map_err(broken)?;
        let memory = instance
            .get_memory(&mut store, "memory")
            .ok_or_else(|| io::Error::other("the guest has no memory"))?;
        Ok(Guest {
            start: function(&mut store, &instance, "hyla_start")?,
            buffer: function(&mut store, &instance, "hyla_buffer")?,
            buffer_len: function(&mut store, &instance, "hyla_buffer_len")?,
            open: function(&mut store, &instance, "hyla_open")?,
            close: function(&mut store, &instance, "hyla_close")?,
            send: function(&mut store, &instance, "hyla_send")?,
            receive: function(&mut store, &instance, "hyla_receive")?,
            advance: function(&mut store, &instance, "hyla_advance")?,
            until_due: function(&mut store, &instance, "hyla_until_due")?,
            log: function(&mut store, &instance, "hyla_log")?,
            store,
            memory,
        })
    }
}

fn function<P: WasmParams, R: WasmResults>(
    store: &mut Store<()>,
    instance: &Instance,
    name: &str,
) -> io::Result<TypedFunc<P, R>> {
    instance.get_typed_func(store, name).map_err(broken)
}

#[allow(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn broken(error: wasmtime::Error) -> io::Error {
    io::Error::other(format!("wasm: {error:?}"))
}

/// One instance of the guest. Its exports are those of tests/wasm-guest.
pub struct Guest {
    store: Store<()>,
    memory: Memory,
    start: TypedFunc<(u64, u32), ()>,
    buffer: TypedFunc<u32, u32>,
    buffer_len: TypedFunc<(), u32>,
    open: TypedFunc<(), u32>,
    close: TypedFunc<u32, ()>,
    send: TypedFunc<u32, ()>,
    receive: TypedFunc<u32, u32>,
    advance: TypedFunc<u64, ()>,
    until_due: TypedFunc<(), u64>,
    log: TypedFunc<(), ()>,
}

impl Guest {
    fn fill(&mut self, bytes: &[u8]) -> io::Result<()> {
        let at = self
            .buffer
            .call(&mut self.store, bytes.len() as u32)
            .map_err(broken)?;
        self.memory
            .write(&mut self.store, at as usize, bytes)
            .map_err(io::Error::other)
    }

    fn take(&mut self, into: &mut Vec<u8>) -> io::Result<()> {
        let len = self.buffer_len.call(&mut self.store, ()).map_err(broken)?;
        let at = self.buffer.call(&mut self.store, len).map_err(broken)?;
        let from = into.len();
        into.resize(from + len as usize, 0);
        self.memory
            .read(&self.store, at as usize, &mut into[from..])
            .map_err(io::Error::other)
    }
}

impl Habitat for Guest {
    fn start(&mut self, seed: u64, keep_log: bool) -> io::Result<()> {
        self.start
            .call(&mut self.store, (seed, u32::from(keep_log)))
            .map_err(broken)
    }
    fn open(&mut self) -> io::Result<usize> {
        let conn = self.open.call(&mut self.store, ()).map_err(broken)?;
        Ok(conn as usize)
    }
    fn close(&mut self, conn: usize) -> io::Result<()> {
        self.close
            .call(&mut self.store, conn as u32)
            .map_err(broken)
    }
    fn send(&mut self, conn: usize, bytes: &[u8]) -> io::Result<()> {
        self.fill(bytes)?;
        self.send.call(&mut self.store, conn as u32).map_err(broken)
    }
    fn receive(&mut self, conn: usize, into: &mut Vec<u8>) -> io::Result<bool> {
        let closed = self
            .receive
            .call(&mut self.store, conn as u32)
            .map_err(broken)?;
        self.take(into)?;
        Ok(closed != 0)
    }
    fn until_due_us(&mut self) -> io::Result<u64> {
        self.until_due.call(&mut self.store, ()).map_err(broken)
    }
    fn advance(&mut self, by_us: u64) -> io::Result<()> {
        self.advance.call(&mut self.store, by_us).map_err(broken)
    }
    fn log(&mut self) -> io::Result<Vec<u8>> {
        self.log.call(&mut self.store, ()).map_err(broken)?;
        let mut log = Vec::new();
        self.take(&mut log)?;
        Ok(log)
    }
}
