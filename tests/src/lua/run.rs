//! Runs files with lua5.1 and with the machine's runner. It must not know what is in them.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The implementation that is right.
pub const REFERENCE: &str = "lua5.1";

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// Its standard output.
    pub output: Vec<u8>,
    /// `None` if it ended as it should, else how it ended.
    pub trouble: Option<String>,
    /// How long it took.
    pub took: Duration,
}

/// Runs `program FILE` for at most `limit`.
///
/// # Errors
/// It does not start.
pub fn file(program: &Path, path: &Path, limit: Duration) -> io::Result<Ran> {
    let output_path = path.with_extension(format!("{}.out", name(program)));
    let start = Instant::now();
    let mut child = Command::new(program)
        .arg(path)
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&output_path)?)
        .stderr(Stdio::null())
        .spawn()?;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(Duration::from_micros(300));
    };
    let took = start.elapsed();
    let output = std::fs::read(&output_path)?;
    std::fs::remove_file(&output_path)?;
    let trouble = match status {
        None => Some(format!("killed after {} s", limit.as_secs())),
        Some(status) if status.success() => None,
        Some(status) => Some(status.to_string()),
    };
    Ok(Ran {
        output,
        trouble,
        took,
    })
}

fn name(program: &Path) -> String {
    let name = program.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Builds the machine's runner and says where it is.
///
/// # Errors
/// It does not compile.
pub fn build_runner(release: bool) -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "-q", "-p", "hyla-lua", "--example", "lua"]);
    if release {
        cargo.arg("--release");
    }
    let status = cargo.current_dir(&root).status();
    if !status.is_ok_and(|status| status.success()) {
        return Err("the runner does not compile".to_owned());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let profile = if release { "release" } else { "debug" };
    Ok(target.join(profile).join("examples/lua"))
}

/// A folder for this process' files.
///
/// # Errors
/// It cannot be made.
pub fn scratch() -> io::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("hyla-lua-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
