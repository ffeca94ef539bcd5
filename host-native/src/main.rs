//! hyla-server: a drop-in replacement for redis-server, built on the Hyla engine.

mod connection;
mod control;
mod daemon;
mod files;
mod http;
mod io_thread;
mod launch;
mod listener;
mod log;
mod memory;
mod shared;
mod socket;
mod supervised;
mod system;
mod tools;
mod unsent;

use std::env;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;

use hyla_engine::Engine;
use hyla_engine::config::Config;
use mio::{Poll, Registry, Waker};

use crate::control::{Controller, spawn, watch_signals};
use crate::io_thread::{IoThread, WAKER};
use crate::launch::{Launch, as_path, launch};
use crate::listener::Listeners;
use crate::shared::{Clock, Mailbox, Shared, cpu_stopwatch, stopwatch};
use crate::supervised::Manager;

#[global_allocator]
static ALLOCATOR: memory::Counted = memory::Counted;

fn main() {
    std::process::exit(launch().and_then(start).unwrap_or_else(|code| code));
}

/// Goes to the background where it is asked to, else serves until the end.
fn start(launch: Launch) -> Result<i32, i32> {
    let manager = if daemon::is_detached() {
        None
    } else {
        Manager::find(launch.config.supervised)
    };
    // Who is watched stays in sight.
    if launch.config.daemonize && manager.is_none() && !daemon::is_detached() {
        return daemon::start(&launch.start_dir, &launch.stdin)
            .map(|()| 0)
            .map_err(failed("Can't start a process in the background"));
    }
    if daemon::is_detached() {
        daemon::detach();
    }
    serve(launch, manager)
}

fn serve(mut launch: Launch, manager: Option<Manager>) -> Result<i32, i32> {
    greet(&launch);
    log::set_serving();
    let config = &mut launch.config;
    system::set_huge_pages(!config.disable_thp);
    memory::give_back_aside().map_err(failed("Can't start a thread"))?;
    let maxclients = system::fit_maxclients(config.maxclients).ok_or(1)?;
    config.settings_mut().maxclients = maxclients;
    let threads = config.io_threads.max(1) as usize;
    let no_poll = failed("Can't wait for events");
    let polls: Vec<Poll> = (0..threads)
        .map(|_| Poll::new())
        .collect::<Result<_, _>>()
        .map_err(&no_poll)?;
    let listeners = listen(config, polls[0].registry())?;
    let playground = start_http(config, &launch.start_dir)?;
    let (control, inbox) = mpsc::channel();
    watch_signals(control.clone()).map_err(failed("Can't watch signals"))?;
    let pidfile = write_pidfile(&config.pidfile);
    let unix_socket = match config.unixsocket.as_slice() {
        b"" => None,
        path => std::path::absolute(as_path(path)).ok(),
    };
    let tcp = config.port != 0 && !config.bind.is_empty();

    let mailboxes = polls
        .iter()
        .map(|poll| Waker::new(poll.registry(), WAKER).map(Mailbox::new))
        .collect::<Result<_, _>>()
        .map_err(&no_poll)?;
    let clock = Clock::start();
    let seed = getrandom::u64()
        .map_err(|error| failed("Can't get random numbers")(io::Error::other(error)))?;
    let mut facts = system::facts(config, launch.config_file.as_deref());
    facts.supervisor = manager.map_or("", Manager::name);
    // Asked for by benchmarks of pauses: on a busy machine a thread loses its CPU for milliseconds.
    let steps_in_cpu_time = env::var_os("HYLA_STEP_CLOCK").is_some_and(|clock| clock == "cpu");
    let stopwatch = if steps_in_cpu_time {
        cpu_stopwatch
    } else {
        stopwatch
    };
    let mut engine = Engine::new(launch.config, seed, clock.now(), stopwatch);
    *engine.host_facts_mut() = facts;
    engine.rename_commands(launch.renames);
    let (lanes, queues) = files::lanes();
    let shared = Arc::new(Shared::new(engine, mailboxes, control, lanes, clock));
    for (name, queue) in queues {
        let shared = Arc::clone(&shared);
        spawn(name, move || files::work(&shared, &queue))
            .map_err(failed("Can't start a thread"))?;
    }
    let mut listeners = Some(listeners);
    let mut handles = Vec::new();
    for (number, poll) in polls.into_iter().enumerate() {
        let listeners = listeners.take().unwrap_or_default();
        let thread = IoThread::new(number, poll, Arc::clone(&shared), listeners);
        let handle = spawn(&format!("io-{number}"), move || thread.run());
        handles.push(handle.map_err(failed("Can't start a thread"))?);
    }
    {
        let mut engine = shared.engine();
        engine.start_files(shared.now());
        shared.drain(&mut engine, None);
    }
    let controller = Controller {
        shared,
        manager,
        threads: handles,
        config_file: launch.config_file,
        tcp,
        playground,
        pidfile,
        unix_socket,
    };
    Ok(controller.run(&inbox))
}

fn greet(launch: &Launch) {
    let (version, pid) = (env!("CARGO_PKG_VERSION"), std::process::id());
    let config = &launch.config;
    log::notice("Hyla is starting");
    log::notice(format_args!(
        "Hyla version={version}, bits={}, pid={pid}, port={}, io-threads={}, just started",
        usize::BITS,
        config.port,
        config.io_threads
    ));
    match &launch.config_file {
        Some(path) => log::notice(format_args!("Configuration loaded from {}", path.display())),
        None => log::notice("No config file, using defaults and the command line"),
    }
    launch.warnings.iter().for_each(log::warning);
}

/// Opens all sockets that clients connect to.
fn listen(config: &Config, registry: &Registry) -> Result<Listeners, i32> {
    let mut listeners = Listeners::default();
    let addresses = listener::addresses(config).map_err(log::warning);
    let opened = addresses.and_then(|addresses| {
        // The reason is in the log.
        let result = listeners.add_tcp(&addresses, config.tcp_backlog, registry);
        result.map_err(|_| ())?;
        if listeners.is_empty() && !addresses.is_empty() {
            return Err(());
        }
        Ok(())
    });
    if opened.is_err() {
        let port = config.port;
        log::warning(format_args!(
            "Failed listening on port {port} (tcp), aborting."
        ));
        return Err(1);
    }
    if !config.unixsocket.is_empty() {
        let path = String::from_utf8_lossy(&config.unixsocket);
        let result = listeners.add_unix(&path, config.unixsocketperm, registry);
        result.map_err(|reason| {
            log::warning(format_args!("Failed opening Unix socket: {reason}"));
            1
        })?;
    }
    if listeners.is_empty() {
        log::warning("Configured to not listen anywhere, exiting.");
        return Err(1);
    }
    Ok(listeners)
}

/// Starts the playground's server, if the configuration wants it.
fn start_http(config: &Config, start_dir: &Path) -> Result<Option<SocketAddr>, i32> {
    if config.http_port == 0 {
        return Ok(None);
    }
    let bind = String::from_utf8_lossy(&config.http_bind);
    let root = start_dir.join(as_path(&config.http_dir));
    let started = http::start(&bind, config.http_port, &root);
    started.map(Some).map_err(|reason| {
        log::warning(reason);
        log::warning(format_args!(
            "Failed listening on port {} (http), aborting.",
            config.http_port
        ));
        1
    })
}

/// A pid file that cannot be written stops no server.
fn write_pidfile(path: &[u8]) -> Option<PathBuf> {
    if path.is_empty() {
        return None;
    }
    let path = as_path(path).to_path_buf();
    match std::fs::write(&path, format!("{}\n", std::process::id())) {
        Ok(()) => Some(std::path::absolute(&path).unwrap_or(path)),
        Err(error) => {
            let reason = log::reason(&error);
            log::warning(format_args!("Failed to write PID file: {reason}"));
            None
        }
    }
}

/// Logs what failed and gives the exit code.
fn failed(what: &'static str) -> impl Fn(io::Error) -> i32 {
    move |error| {
        log::warning(format_args!("{what}: {}", log::reason(&error)));
        1
    }
}
