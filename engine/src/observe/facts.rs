//! What only a host can know about the process and the machine. The engine shows it and decides nothing by
//! it.

use alloc::string::String;
use alloc::vec::Vec;

/// The version of Redis whose behaviour clients may expect.
pub const REDIS_VERSION: &str = "7.2.6";
/// Hyla's own version.
pub const HYLA_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Facts of the host. What a host does not know stays empty or 0.
#[derive(Clone, Debug, Default)]
pub struct HostFacts {
    /// Operating system, release and machine, as `uname -srm` shows them.
    pub os: String,
    /// Kind of waiting for sockets, such as `epoll`.
    pub multiplexing_api: String,
    /// Where the monotonic clock comes from.
    pub monotonic_clock: String,
    /// Process number.
    pub process_id: u64,
    /// Service manager that watches the process: `systemd`, `upstart`, or empty.
    pub supervisor: &'static str,
    /// Path of the program.
    pub executable: String,
    /// Path of the configuration file; empty without one.
    pub config_file: Vec<u8>,
    /// Listeners as INFO's `listener0` and so on show them.
    pub listeners: Vec<String>,
    /// More than one thread reads and writes.
    pub io_threads_active: bool,
    /// Name and version of the allocator.
    pub allocator: String,
    /// Memory of the machine, in bytes.
    pub total_system_memory: u64,
    /// Lists of [`Lane::Here`](crate::boundary::Lane::Here) can be run: what is appended survives the process.
    pub writes_at_once: bool,
    /// Tells how many bytes are allocated now. It is asked often, so it has to be quick.
    pub memory: Option<fn() -> u64>,
    /// What changes while the process runs.
    pub usage: HostUsage,
}

impl HostFacts {
    /// Bytes that are allocated now; 0 where the host does not say.
    pub fn used_memory(&self) -> u64 {
        self.memory.map_or(0, |used| used())
    }
}

/// What a process uses; a host brings it up to date about ten times a second, before
/// [`Input::Tick`](crate::Input::Tick).
#[derive(Clone, Copy, Debug, Default)]
pub struct HostUsage {
    /// Bytes of the process that are in memory.
    pub rss: u64,
    /// Bytes of pages in use by the allocator.
    pub allocator_active: u64,
    /// Bytes of the allocator that are in memory.
    pub allocator_resident: u64,
    /// Time in the kernel, in microseconds.
    pub cpu_sys_us: u64,
    /// Time outside of the kernel, in microseconds.
    pub cpu_user_us: u64,
    /// The same of the main thread.
    pub cpu_sys_main_us: u64,
    /// The same of the main thread.
    pub cpu_user_main_us: u64,
    /// Bytes that came from clients.
    pub input_bytes: u64,
    /// Bytes that went to clients.
    pub output_bytes: u64,
    /// Reads from sockets.
    pub reads: u64,
    /// Writes to sockets.
    pub writes: u64,
}
