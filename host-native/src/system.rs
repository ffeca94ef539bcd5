//! What the operating system grants this process, and what it used. Knows no engine.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use hyla_engine::config::Config;
use hyla_engine::observe::facts::{HostFacts, HostUsage};
use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit};

use crate::{log, memory};

/// Descriptors that are not clients: listeners, polls, files.
const RESERVED_FILES: u64 = 32;

/// Raises the limit on open files so that `maxclients` fit, and gives how many do. `None` if none does.
pub(crate) fn fit_maxclients(maxclients: u32) -> Option<u32> {
    let wanted = u64::from(maxclients) + RESERVED_FILES;
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        log::warning("The limit on open files is unknown; maxclients is taken as it is.");
        return Some(maxclients);
    };
    if soft >= wanted {
        return Some(maxclients);
    }
    if setrlimit(Resource::RLIMIT_NOFILE, wanted, hard.max(wanted)).is_ok() {
        log::notice(format_args!(
            "Increased maximum number of open files to {wanted} (it was originally set to {soft})."
        ));
        return Some(maxclients);
    }
    let granted = match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    };
    if granted <= RESERVED_FILES {
        log::warning(format_args!(
            "The limit of {granted} open files leaves none for clients. Raise it ('ulimit -n') to at least {wanted}. Exiting."
        ));
        return None;
    }
    let fitting = u32::try_from(granted - RESERVED_FILES).unwrap_or(u32::MAX);
    log::warning(format_args!(
        "maxclients {maxclients} needs {wanted} open files, but the operating system allows {granted}: maxclients has been reduced to {fitting}. Raise the limit ('ulimit -n') for more."
    ));
    Some(fitting)
}

/// Switches transparent huge pages on or off for the process.
pub(crate) fn set_huge_pages(on: bool) {
    // Without them the first touch of new memory takes a microsecond instead of milliseconds, and 10 million keys
    // grow without a pause. Where the system has no such switch there is nothing to switch off.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_thp_disable(!on);
    #[cfg(not(target_os = "linux"))]
    let _ = on;
}

/// What INFO shows of process and machine, as far as it does not change.
pub(crate) fn facts(config: &Config, config_file: Option<&Path>) -> HostFacts {
    let os = nix::sys::utsname::uname().map(|name| {
        let parts = [name.sysname(), name.release(), name.machine()];
        parts.map(OsStr::to_string_lossy).join(" ")
    });
    let executable = std::env::current_exe().unwrap_or_default();
    HostFacts {
        os: os.unwrap_or_default(),
        multiplexing_api: "epoll".to_string(),
        monotonic_clock: "POSIX clock_gettime".to_string(),
        process_id: u64::from(std::process::id()),
        executable: executable.to_string_lossy().into_owned(),
        config_file: config_file.map_or(Vec::new(), |path| path.as_os_str().as_bytes().to_vec()),
        listeners: listeners(config),
        io_threads_active: config.io_threads > 1,
        allocator: "mimalloc".to_string(),
        total_system_memory: machine_memory().unwrap_or(0),
        memory: Some(memory::used_bytes),
        usage: usage(),
        writes_at_once: true,
        ..HostFacts::default()
    }
}

/// The listeners as INFO describes them.
pub(crate) fn listeners(config: &Config) -> Vec<String> {
    let mut all = Vec::new();
    if config.port != 0 && !config.bind.is_empty() {
        let bind = config.bind.iter();
        let bind: String = bind
            .map(|address| format!("bind={},", String::from_utf8_lossy(address)))
            .collect();
        all.push(format!("name=tcp,{bind}port={}", config.port));
    }
    if !config.unixsocket.is_empty() {
        let path = String::from_utf8_lossy(&config.unixsocket);
        all.push(format!("name=unix,bind={path}"));
    }
    all
}

/// What the process uses now; what the operating system does not tell is 0. The allocator does not say which of its
/// pages are in use, so resident memory stands for them. About 10 µs.
pub(crate) fn usage() -> HostUsage {
    let micros = |time: nix::sys::time::TimeVal| {
        (time.tv_sec().max(0) as u64) * 1_000_000 + time.tv_usec().max(0) as u64
    };
    let times = getrusage(UsageWho::RUSAGE_SELF);
    let (cpu_user_us, cpu_sys_us) = times.map_or((0, 0), |usage| {
        (micros(usage.user_time()), micros(usage.system_time()))
    });
    let rss = rss_bytes().unwrap_or(0);
    HostUsage {
        rss,
        allocator_active: rss,
        allocator_resident: rss,
        cpu_sys_us,
        cpu_user_us,
        ..HostUsage::default()
    }
}

/// Takes over the fresh figures of the process; what is counted elsewhere stays.
pub(crate) fn refresh(usage: &mut HostUsage, fresh: &HostUsage) {
    *usage = HostUsage {
        input_bytes: usage.input_bytes,
        output_bytes: usage.output_bytes,
        reads: usage.reads,
        writes: usage.writes,
        ..*fresh
    };
}

fn machine_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

fn rss_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok()??;
    Some(pages * page as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_tell_of_this_process() {
        let facts = facts(&Config::default(), None);
        assert!(facts.os.starts_with("Linux "));
        assert_eq!(
            facts.listeners,
            ["name=tcp,bind=127.0.0.1,bind=-::1,port=6379"]
        );
        let usage = facts.usage;
        assert!(usage.rss > 1 << 20 && usage.rss < facts.total_system_memory);
        assert!(usage.cpu_user_us < 3_600_000_000);
    }
}
