//! What the operating system grants this process, and what it used. Knows no engine.

use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit};

use crate::log;

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

/// What INFO shows of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(dead_code, reason = "read once INFO takes facts from its host")]
pub(crate) struct HostFacts {
    /// Resident memory in bytes.
    pub(crate) rss_bytes: u64,
    /// Processor time in user mode, in microseconds.
    pub(crate) user_us: u64,
    /// Processor time in the kernel, in microseconds.
    pub(crate) system_us: u64,
    /// The same of processes that this one started and waited for.
    pub(crate) children_user_us: u64,
    /// The same in the kernel.
    pub(crate) children_system_us: u64,
}

/// Asks the operating system; what it does not tell is 0. About 10 µs.
#[allow(dead_code, reason = "called once INFO takes facts from its host")]
pub(crate) fn facts() -> HostFacts {
    let micros = |time: nix::sys::time::TimeVal| {
        (time.tv_sec().max(0) as u64) * 1_000_000 + time.tv_usec().max(0) as u64
    };
    let times = |who| match getrusage(who) {
        Ok(usage) => (micros(usage.user_time()), micros(usage.system_time())),
        Err(_) => (0, 0),
    };
    let (user_us, system_us) = times(UsageWho::RUSAGE_SELF);
    let (children_user_us, children_system_us) = times(UsageWho::RUSAGE_CHILDREN);
    HostFacts {
        rss_bytes: rss_bytes().unwrap_or(0),
        user_us,
        system_us,
        children_user_us,
        children_system_us,
    }
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
        let facts = facts();
        assert!(facts.rss_bytes > 1 << 20 && facts.rss_bytes < 1 << 36);
        assert!(facts.user_us < 3_600_000_000);
    }
}
