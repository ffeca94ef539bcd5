//! From the command line to a configuration, with what files and the environment have to add. Starts nothing.

use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use hyla_engine::command::Renames;
use hyla_engine::config::{Action, CommandLine, Config, FileError, Request};

use crate::{log, tools};

/// Shown in banners.
pub(crate) const PRODUCT: &str = concat!("Hyla ", env!("CARGO_PKG_VERSION"));
/// The Redis version whose behaviour this server has.
const REDIS_VERSION: &str = "7.2.6";
/// Where redis-server in the background leaves its number.
const DAEMON_PIDFILE: &[u8] = b"/var/run/redis.pid";

const HELP: &str = "\
Hyla keeps data structures in memory and speaks the Redis protocol.

Usage: hyla-server [FILE] [--DIRECTIVE VALUE...]... [-]
       hyla-server --check-rdb FILE
       hyla-server --check-aof [--fix] FILE|MANIFEST|DIRECTORY
       hyla-server --convert IN OUT           between .rdb, .aof and .jsonl

  FILE                 read directives from this file, in the form of redis.conf
  --DIRECTIVE VALUE    a directive of such a file; counts more than FILE
  -                    read directives from standard input, too
  -v, --version        show the version
  -h, --help           show this text

Examples:
  hyla-server                                127.0.0.1:6379, one I/O thread for each core
  hyla-server --port 7777 --loglevel verbose
  hyla-server /etc/redis/redis.conf --io-threads 2
  echo 'maxmemory 128mb' | hyla-server -
  hyla-server --http-port 8379               with the playground on http://127.0.0.1:8379
";

/// A server that can start.
pub(crate) struct Launch {
    pub(crate) config: Config,
    /// Where CONFIG REWRITE writes.
    pub(crate) config_file: Option<PathBuf>,
    /// Lines for the log.
    pub(crate) warnings: Vec<String>,
    /// What `rename-command` asked for.
    pub(crate) renames: Renames,
    /// What standard input had.
    pub(crate) stdin: Vec<u8>,
    /// The working directory before `dir` changed it.
    pub(crate) start_dir: PathBuf,
}

/// Reads command line, files and standard input.
///
/// # Errors
/// The exit code, where the process has nothing more to do. What there was to say has been said.
pub(crate) fn launch() -> Result<Launch, i32> {
    let args: Vec<Vec<u8>> = std::env::args_os()
        .skip(1)
        .map(OsStringExt::into_vec)
        .collect();
    let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
    let program = std::env::args_os().next().unwrap_or_default();
    if let Some(code) = tools::run(Path::new(&program), &args) {
        return Err(code);
    }
    let line = CommandLine::parse(&args);
    match line.action {
        Action::Serve => {}
        Action::Version => return Err(say(&version())),
        Action::Help => return Err(say(HELP)),
        Action::TestMemory(_) => return Err(refuse("Hyla does not test memory; memtester does.")),
        Action::CheckSystem => return Err(refuse("Hyla does not check the system's settings.")),
    }
    if line.sentinel {
        return Err(refuse("This version of Hyla has no Sentinel mode."));
    }
    serve(&line)
}

fn serve(line: &CommandLine) -> Result<Launch, i32> {
    let start_dir = std::env::current_dir().unwrap_or_default();
    let config_file = line
        .config_file
        .as_deref()
        .map(|path| start_dir.join(as_path(path)));
    let mut file = Vec::new();
    if let (Some(path), Some(name)) = (&config_file, &line.config_file) {
        file = std::fs::read(path).map_err(|error| {
            log::warning(cannot_open(name, &error));
            1
        })?;
    }
    let mut stdin = Vec::new();
    if line.stdin && io::stdin().read_to_end(&mut stdin).is_err() {
        return Err(refuse("Standard input cannot be read."));
    }
    let mut launch = Launch {
        config: Config::default(),
        config_file,
        warnings: Vec::new(),
        renames: Renames::default(),
        stdin,
        start_dir,
    };
    let text = line.config_text(&file, &launch.stdin);
    launch.read(&text).map_err(|error| {
        let _ = io::stderr().write_all(&error.message(PRODUCT));
        1
    })?;
    Ok(launch)
}

impl Launch {
    fn read(&mut self, text: &[u8]) -> Result<(), FileError> {
        let mut ignored = Vec::new();
        let renames = &mut self.renames;
        let mut host = |request: Request<'_>| answer(request, &mut ignored, renames);
        let warnings = self.config.parse_file(text, &mut host)?;
        self.warnings = ignored;
        self.warnings
            .extend(warnings.iter().map(hyla_engine::config::Warning::text));
        let dir = std::env::current_dir().unwrap_or_default();
        let absolute = |path: &[u8]| match path {
            b"" => Vec::new(),
            _ => dir.join(as_path(path)).into_os_string().into_vec(),
        };
        let threads_given = self.config.is_given("io-threads");
        let settings = self.config.settings_mut();
        if settings.daemonize && settings.pidfile.is_empty() {
            settings.pidfile = DAEMON_PIDFILE.to_vec();
        }
        settings.dir = dir.as_os_str().as_bytes().to_vec();
        if !threads_given {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            settings.io_threads = cores.min(128) as u32;
        }
        let logfile = absolute(&settings.logfile);
        let path = (!logfile.is_empty()).then(|| as_path(&logfile));
        log::set_file(path).map_err(|error| {
            FileError::whole(&format!("Can't open the log file: {}", log::reason(&error)))
        })?;
        log::set_level(settings.loglevel);
        Ok(())
    }
}

/// What a line of the configuration asks of the host.
fn answer(
    request: Request<'_>,
    ignored: &mut Vec<String>,
    renames: &mut Renames,
) -> Result<Vec<Vec<u8>>, Vec<u8>> {
    match request {
        Request::Include(pattern) => return include(pattern),
        Request::ChangeDir(path) => {
            let result = std::env::set_current_dir(as_path(path));
            result.map_err(|error| log::reason(&error).into_bytes())?;
        }
        Request::RenameCommand(old, new) => renames.rename(old, new)?,
        Request::User(_) => {
            ignored.push("user has no effect in this version of Hyla".to_string());
        }
        Request::LoadModule(_) => return Err(b"Hyla loads no modules".to_vec()),
        Request::Sentinel(_) => {
            return Err(b"sentinel directive while not in sentinel mode".to_vec());
        }
    }
    Ok(Vec::new())
}

fn include(pattern: &[u8]) -> Result<Vec<Vec<u8>>, Vec<u8>> {
    let read = |path: &Path| {
        std::fs::read(path)
            .map_err(|error| cannot_open(path.as_os_str().as_bytes(), &error).into_bytes())
    };
    if !pattern.iter().any(|byte| b"*?[".contains(byte)) {
        return Ok(vec![read(as_path(pattern))?]);
    }
    let pattern = String::from_utf8_lossy(pattern);
    let paths = glob::glob(&pattern).map_err(|error| error.to_string().into_bytes())?;
    paths.flatten().map(|path| read(&path)).collect()
}

fn cannot_open(name: &[u8], error: &io::Error) -> String {
    let name = String::from_utf8_lossy(name);
    let reason = log::reason(error);
    format!("Fatal error, can't open config file '{name}': {reason}")
}

/// Bytes of a directive as a path.
pub(crate) fn as_path(bytes: &[u8]) -> &Path {
    Path::new(std::ffi::OsStr::from_bytes(bytes))
}

/// In redis-server's form, which tools take apart.
fn version() -> String {
    let own = env!("CARGO_PKG_VERSION");
    let bits = usize::BITS;
    format!("Hyla server v={own} redis_version={REDIS_VERSION} malloc=mimalloc bits={bits}\n")
}

fn say(text: &str) -> i32 {
    let _ = io::stdout().write_all(text.as_bytes());
    0
}

fn refuse(text: &str) -> i32 {
    let _ = writeln!(io::stderr(), "{text}");
    1
}
