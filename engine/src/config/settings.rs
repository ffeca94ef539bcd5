//! The values of all directives as plain fields, and the types of those fields. Knows neither names, texts nor bounds
//! of directives: those are the table's.

use alloc::vec::Vec;

use crate::number::Percent;

/// A directive with a fixed list of words: the enum, its words in the order that error texts list them, and the way
/// from one to the other.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$vdoc])* $variant),+
        }

        impl $name {
            /// The words, in the order of the variants.
            pub const NAMES: &'static [&'static str] = &[$($text),+];
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The variant of a position in [`Self::NAMES`], the first one for a position outside.
            #[must_use]
            pub fn from_index(index: usize) -> Self {
                Self::ALL.get(index).copied().unwrap_or_default()
            }

            /// The position in [`Self::NAMES`].
            #[must_use]
            pub fn index(self) -> usize {
                self as usize
            }

            /// The word that a configuration file has for it.
            #[must_use]
            pub fn name(self) -> &'static str {
                Self::NAMES[self.index()]
            }
        }

        impl Default for $name {
            /// The first word, which is what zeroed settings have; directives have the table's default.
            fn default() -> Self {
                Self::ALL[0]
            }
        }
    };
}

choice! {
    /// When the append-only file reaches the disk.
    AppendFsync {
        /// Once a second.
        EverySec = "everysec",
        /// Before the reply.
        Always = "always",
        /// When the operating system likes.
        No = "no",
    }
}
choice! {
    /// What a cluster redirection names.
    EndpointType {
        /// The address.
        Ip = "ip",
        /// The announced host name.
        Hostname = "hostname",
        /// Nothing: the client keeps the endpoint it has.
        Unknown = "unknown-endpoint",
    }
}
choice! {
    /// Who may use something dangerous.
    Guard {
        /// Nobody.
        No = "no",
        /// Everybody.
        Yes = "yes",
        /// Clients of this machine.
        Local = "local",
    }
}
choice! {
    /// Least severe log line that is written.
    LogLevel {
        /// Everything.
        Debug = "debug",
        /// Much that is rarely useful.
        Verbose = "verbose",
        /// What is of interest in production.
        Notice = "notice",
        /// Only what is important.
        Warning = "warning",
        /// No lines at all.
        Nothing = "nothing",
    }
}
choice! {
    /// Which keys go when memory is full.
    MaxmemoryPolicy {
        /// Least recently used of those with a TTL.
        VolatileLru = "volatile-lru",
        /// Least frequently used of those with a TTL.
        VolatileLfu = "volatile-lfu",
        /// Any of those with a TTL.
        VolatileRandom = "volatile-random",
        /// Nearest expiry.
        VolatileTtl = "volatile-ttl",
        /// Least recently used.
        AllkeysLru = "allkeys-lru",
        /// Least frequently used.
        AllkeysLfu = "allkeys-lfu",
        /// Any.
        AllkeysRandom = "allkeys-random",
        /// None: writes fail.
        NoEviction = "noeviction",
    }
}
choice! {
    /// How the process's out-of-memory score is set.
    OomScoreAdj {
        /// Not at all.
        No = "no",
        /// The same as `relative`, and the word that is reported for it.
        Yes = "yes",
        /// Added to the score at start.
        Relative = "relative",
        /// In place of the score at start.
        Absolute = "absolute",
    }
}
choice! {
    /// What an error in a replicated command does.
    PropagationErrorBehavior {
        /// Goes on.
        Ignore = "ignore",
        /// Ends the process.
        Panic = "panic",
        /// Ends the process of a replica.
        PanicOnReplicas = "panic-on-replicas",
    }
}
choice! {
    /// How a snapshot from the master is loaded.
    ReplDisklessLoad {
        /// By way of a file.
        Disabled = "disabled",
        /// From the link when there is no data.
        OnEmptyDb = "on-empty-db",
        /// From the link, the old data kept until it worked.
        SwapDb = "swapdb",
    }
}
choice! {
    /// How far values that come from outside are checked.
    SanitizeDumpPayload {
        /// Only their frame.
        No = "no",
        /// All through.
        Yes = "yes",
        /// All through where a client sent them.
        Clients = "clients",
    }
}
choice! {
    /// The service manager that wants to know of readiness.
    Supervised {
        /// Upstart.
        Upstart = "upstart",
        /// Systemd.
        Systemd = "systemd",
        /// Whatever the environment shows.
        Auto = "auto",
        /// None.
        No = "no",
    }
}
choice! {
    /// Facility of syslog lines.
    SyslogFacility {
        /// user
        User = "user",
        /// local0
        Local0 = "local0",
        /// local1
        Local1 = "local1",
        /// local2
        Local2 = "local2",
        /// local3
        Local3 = "local3",
        /// local4
        Local4 = "local4",
        /// local5
        Local5 = "local5",
        /// local6
        Local6 = "local6",
        /// local7
        Local7 = "local7",
    }
}
choice! {
    /// Whether TLS clients have to show a certificate.
    TlsAuthClients {
        /// They need not.
        No = "no",
        /// They must.
        Yes = "yes",
        /// It is checked if they do.
        Optional = "optional",
    }
}
choice! {
    /// Channels that a new ACL user may use.
    AclPubsubDefault {
        /// All.
        AllChannels = "allchannels",
        /// None.
        ResetChannels = "resetchannels",
    }
}

/// A point of `save`: a snapshot starts after `seconds` if at least `changes` writes happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavePoint {
    /// Seconds since the last snapshot, at least 1.
    pub seconds: i64,
    /// Writes since the last snapshot.
    pub changes: i32,
}

/// Limits on the output that may wait for one client; 0 stands for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputBufferLimit {
    /// Bytes at which the client is closed at once.
    pub hard: u64,
    /// Bytes above which the client is closed after `soft_seconds`.
    pub soft: u64,
    /// Seconds above the soft limit.
    pub soft_seconds: u32,
}

/// Positions in [`Settings::client_output_buffer_limit`].
pub mod client_class {
    /// Ordinary clients.
    pub const NORMAL: usize = 0;
    /// Replicas.
    pub const REPLICA: usize = 1;
    /// Clients with subscriptions.
    pub const PUBSUB: usize = 2;
}

/// A number of bytes, or a share of `maxmemory`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryOrPercent {
    /// Bytes; 0 for no limit.
    Bytes(u64),
    /// 1 to 100 percent.
    Percent(u8),
}

impl Default for MemoryOrPercent {
    fn default() -> Self {
        Self::Bytes(0)
    }
}

/// The master that a replica follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaOf {
    /// Host name or address.
    pub host: Vec<u8>,
    /// TCP port.
    pub port: u16,
}

/// Classes of keyspace events, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyspaceEvents(pub u16);

impl KeyspaceEvents {
    /// `K`: messages to `__keyspace@N__` channels.
    pub const KEYSPACE: u16 = 1;
    /// `E`: messages to `__keyevent@N__` channels.
    pub const KEYEVENT: u16 = 1 << 1;
    /// `g`: commands that are not of one type.
    pub const GENERIC: u16 = 1 << 2;
    /// `$`
    pub const STRING: u16 = 1 << 3;
    /// `l`
    pub const LIST: u16 = 1 << 4;
    /// `s`
    pub const SET: u16 = 1 << 5;
    /// `h`
    pub const HASH: u16 = 1 << 6;
    /// `z`
    pub const ZSET: u16 = 1 << 7;
    /// `x`
    pub const EXPIRED: u16 = 1 << 8;
    /// `e`
    pub const EVICTED: u16 = 1 << 9;
    /// `t`
    pub const STREAM: u16 = 1 << 10;
    /// `d`
    pub const MODULE: u16 = 1 << 11;
    /// `n`: a key that did not exist before.
    pub const NEW: u16 = 1 << 12;
    /// `m`: a lookup of a key that does not exist.
    pub const KEY_MISS: u16 = 1 << 13;
    /// `A`: all classes but `n` and `m`.
    pub const ALL: u16 = Self::GENERIC
        | Self::STRING
        | Self::LIST
        | Self::SET
        | Self::HASH
        | Self::ZSET
        | Self::EXPIRED
        | Self::EVICTED
        | Self::STREAM
        | Self::MODULE;
}

/// What a signal to end does, one bit each; 0 saves if save points are configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShutdownFlags(pub u8);

impl ShutdownFlags {
    /// Save, though there are no save points.
    pub const SAVE: u8 = 1;
    /// Do not save.
    pub const NOSAVE: u8 = 1 << 1;
    /// Do not wait for replicas.
    pub const NOW: u8 = 1 << 2;
    /// Ignore errors that would stop it.
    pub const FORCE: u8 = 1 << 3;
}

/// The value of every directive. [`Default`] is all zeros; the real defaults are the table's, see
/// [`Config::default`](super::Config::default).
#[derive(Clone, Default, PartialEq)]
pub struct Settings {
    // Network
    /// `bind`: Addresses to listen on; a leading `-` makes an address optional.
    pub bind: Vec<Vec<u8>>,
    /// `bind-source-addr`: Local address for outgoing connections to replication and cluster peers.
    pub bind_source_addr: Vec<u8>,
    /// `protected-mode`: Refuse non-loopback clients while no password is set and no address is bound.
    pub protected_mode: bool,
    /// `port`: TCP port for clients; 0 turns TCP off.
    pub port: u16,
    /// `tcp-backlog`: Length of the accept queue of a listening socket.
    pub tcp_backlog: u32,
    /// `unixsocket`: Path of the Unix socket to listen on; empty for none.
    pub unixsocket: Vec<u8>,
    /// `unixsocketperm`: Permission bits of the Unix socket, in octal; 0 leaves what umask gives.
    pub unixsocketperm: u32,
    /// `timeout`: Seconds after which an idle client is closed; 0 for never.
    pub timeout: u32,
    /// `tcp-keepalive`: Seconds between TCP keepalive probes; 0 turns them off.
    pub tcp_keepalive: u32,
    /// `socket-mark-id`: Mark put on listening sockets for packet filtering; 0 for none.
    pub socket_mark_id: u32,
    /// `http-port`: TCP port of the playground's HTTP server; 0 turns it off.
    pub http_port: u16,
    /// `http-bind`: Address that the HTTP server listens on.
    pub http_bind: Vec<u8>,
    /// `http-dir`: Directory that the HTTP server shows, seen from where the server was started.
    pub http_dir: Vec<u8>,

    // TLS
    /// `tls-port`: TCP port for TLS clients; 0 turns it off.
    pub tls_port: u16,
    /// `tls-cert-file`: Certificate of the server, PEM.
    pub tls_cert_file: Vec<u8>,
    /// `tls-key-file`: Private key of the server, PEM.
    pub tls_key_file: Vec<u8>,
    /// `tls-key-file-pass`: Passphrase of the server's private key.
    pub tls_key_file_pass: Vec<u8>,
    /// `tls-client-cert-file`: Certificate for outgoing TLS connections, PEM.
    pub tls_client_cert_file: Vec<u8>,
    /// `tls-client-key-file`: Private key for outgoing TLS connections, PEM.
    pub tls_client_key_file: Vec<u8>,
    /// `tls-client-key-file-pass`: Passphrase of the outgoing connections' private key.
    pub tls_client_key_file_pass: Vec<u8>,
    /// `tls-dh-params-file`: Diffie-Hellman parameters.
    pub tls_dh_params_file: Vec<u8>,
    /// `tls-ca-cert-file`: Bundle of trusted certificate authorities.
    pub tls_ca_cert_file: Vec<u8>,
    /// `tls-ca-cert-dir`: Directory of trusted certificate authorities.
    pub tls_ca_cert_dir: Vec<u8>,
    /// `tls-auth-clients`: Whether TLS clients have to show a certificate.
    pub tls_auth_clients: TlsAuthClients,
    /// `tls-replication`: Use TLS towards the master.
    pub tls_replication: bool,
    /// `tls-cluster`: Use TLS on the cluster bus.
    pub tls_cluster: bool,
    /// `tls-protocols`: TLS versions that are allowed.
    pub tls_protocols: Vec<u8>,
    /// `tls-ciphers`: Cipher list up to TLS 1.2.
    pub tls_ciphers: Vec<u8>,
    /// `tls-ciphersuites`: Cipher suites of TLS 1.3.
    pub tls_ciphersuites: Vec<u8>,
    /// `tls-prefer-server-ciphers`: The server's order of ciphers decides.
    pub tls_prefer_server_ciphers: bool,
    /// `tls-session-caching`: Keep TLS sessions for resumption.
    pub tls_session_caching: bool,
    /// `tls-session-cache-size`: Number of TLS sessions kept.
    pub tls_session_cache_size: u32,
    /// `tls-session-cache-timeout`: Seconds that a TLS session is kept.
    pub tls_session_cache_timeout: u32,

    // General
    /// `daemonize`: Run in the background.
    pub daemonize: bool,
    /// `supervised`: Report readiness to a service manager.
    pub supervised: Supervised,
    /// `pidfile`: File that holds the process id while the server runs.
    pub pidfile: Vec<u8>,
    /// `loglevel`: Least severe log line that is written.
    pub loglevel: LogLevel,
    /// `logfile`: File for log lines; empty for standard output.
    pub logfile: Vec<u8>,
    /// `syslog-enabled`: Send log lines to syslog too.
    pub syslog_enabled: bool,
    /// `syslog-ident`: Name in syslog lines.
    pub syslog_ident: Vec<u8>,
    /// `syslog-facility`: Facility of syslog lines.
    pub syslog_facility: SyslogFacility,
    /// `crash-log-enabled`: Write a report when the process crashes.
    pub crash_log_enabled: bool,
    /// `crash-memcheck-enabled`: Test memory when the process crashes.
    pub crash_memcheck_enabled: bool,
    /// `use-exit-on-panic`: Leave with exit instead of abort after a failed assertion.
    pub use_exit_on_panic: bool,
    /// `databases`: Number of databases.
    pub databases: u32,
    /// `always-show-logo`: Show the logo when the log is no terminal.
    pub always_show_logo: bool,
    /// `set-proc-title`: Show server facts in the process title.
    pub set_proc_title: bool,
    /// `proc-title-template`: Form of the process title.
    pub proc_title_template: Vec<u8>,
    /// `locale-collate`: Locale that orders strings in SORT ALPHA.
    pub locale_collate: Vec<u8>,
    /// `ignore-warnings`: Start-up warnings to leave out.
    pub ignore_warnings: Vec<u8>,
    /// `hz`: Background runs a second, from 1 to 500.
    pub hz: u32,
    /// `dynamic-hz`: Raise hz while there are many clients.
    pub dynamic_hz: bool,
    /// `disable-thp`: Turn transparent huge pages off for the process.
    pub disable_thp: bool,
    /// `oom-score-adj`: Tell the kernel which process to end first when memory is short.
    pub oom_score_adj: OomScoreAdj,
    /// `oom-score-adj-values`: Scores for master, replica and background process.
    pub oom_score_adj_values: [i32; 3],
    /// `shutdown-timeout`: Seconds that SHUTDOWN waits for lagging replicas.
    pub shutdown_timeout: u32,
    /// `shutdown-on-sigint`: What SIGINT does to the data set.
    pub shutdown_on_sigint: ShutdownFlags,
    /// `shutdown-on-sigterm`: What SIGTERM does to the data set.
    pub shutdown_on_sigterm: ShutdownFlags,
    /// `enable-protected-configs`: Who may change protected directives with CONFIG SET.
    pub enable_protected_configs: Guard,
    /// `enable-debug-command`: Who may call DEBUG.
    pub enable_debug_command: Guard,
    /// `enable-module-command`: Who may call MODULE.
    pub enable_module_command: Guard,
    /// `propagation-error-behavior`: What an error in a replicated command does.
    pub propagation_error_behavior: PropagationErrorBehavior,
    /// `watchdog-period`: Milliseconds after which a stalled loop is reported; 0 for never.
    pub watchdog_period: u32,

    // Threads
    /// `io-threads`: Number of I/O threads.
    pub io_threads: u32,
    /// `io-threads-do-reads`: Parse input on I/O threads.
    pub io_threads_do_reads: bool,
    /// `server_cpulist`: CPUs of the I/O threads.
    pub server_cpulist: Vec<u8>,
    /// `bio_cpulist`: CPUs of background threads.
    pub bio_cpulist: Vec<u8>,
    /// `aof_rewrite_cpulist`: CPUs of the append-only file's rewrite.
    pub aof_rewrite_cpulist: Vec<u8>,
    /// `bgsave_cpulist`: CPUs of BGSAVE.
    pub bgsave_cpulist: Vec<u8>,

    // Snapshotting
    /// `save`: Points that start a snapshot: seconds and changes, pair by pair.
    pub save: Vec<SavePoint>,
    /// `stop-writes-on-bgsave-error`: Refuse writes after a failed snapshot.
    pub stop_writes_on_bgsave_error: bool,
    /// `rdbcompression`: Compress strings in a snapshot.
    pub rdbcompression: bool,
    /// `rdbchecksum`: End a snapshot with a checksum.
    pub rdbchecksum: bool,
    /// `sanitize-dump-payload`: How far values that come from outside are checked.
    pub sanitize_dump_payload: SanitizeDumpPayload,
    /// `dbfilename`: File name of the snapshot.
    pub dbfilename: Vec<u8>,
    /// `rdb-del-sync-files`: Delete snapshots that only served replication.
    pub rdb_del_sync_files: bool,
    /// `rdb-save-incremental-fsync`: Flush a snapshot to disk in portions.
    pub rdb_save_incremental_fsync: bool,
    /// `rdb-key-save-delay`: Microseconds to wait after each saved key, for tests.
    pub rdb_key_save_delay: i32,
    /// `key-load-delay`: Microseconds to wait after each loaded key, for tests.
    pub key_load_delay: i32,
    /// `loading-process-events-interval-bytes`: Bytes loaded between two looks at other clients.
    pub loading_process_events_interval_bytes: u32,
    /// `dir`: Working directory.
    pub dir: Vec<u8>,

    // Append-only file
    /// `appendonly`: Log every write.
    pub appendonly: bool,
    /// `appendfilename`: Base name of the append-only files.
    pub appendfilename: Vec<u8>,
    /// `appenddirname`: Directory of the append-only files.
    pub appenddirname: Vec<u8>,
    /// `appendfsync`: When the log reaches the disk.
    pub appendfsync: AppendFsync,
    /// `no-appendfsync-on-rewrite`: No fsync while a snapshot or rewrite runs.
    pub no_appendfsync_on_rewrite: bool,
    /// `auto-aof-rewrite-percentage`: Growth in percent that starts a rewrite; 0 for never.
    pub auto_aof_rewrite_percentage: u32,
    /// `auto-aof-rewrite-min-size`: Size below which no rewrite starts.
    pub auto_aof_rewrite_min_size: u64,
    /// `aof-load-truncated`: Load a log that ends in the middle of a command.
    pub aof_load_truncated: bool,
    /// `aof-load-corrupt-tail-max-size`: Bytes at a log's end that may be dropped because they are corrupt.
    pub aof_load_corrupt_tail_max_size: u64,
    /// `aof-use-rdb-preamble`: Start a rewritten log with a snapshot.
    pub aof_use_rdb_preamble: bool,
    /// `aof-timestamp-enabled`: Write the time into the log.
    pub aof_timestamp_enabled: bool,
    /// `aof-rewrite-incremental-fsync`: Flush a rewritten log to disk in portions.
    pub aof_rewrite_incremental_fsync: bool,
    /// `aof-disable-auto-gc`: Keep history files of the log.
    pub aof_disable_auto_gc: bool,

    // Memory
    /// `maxmemory`: Bytes the data may take; 0 for no limit.
    pub maxmemory: u64,
    /// `maxmemory-policy`: Which keys go when memory is full.
    pub maxmemory_policy: MaxmemoryPolicy,
    /// `maxmemory-samples`: Keys looked at for each eviction.
    pub maxmemory_samples: u32,
    /// `maxmemory-eviction-tenacity`: How hard eviction tries before commands go on.
    pub maxmemory_eviction_tenacity: u32,
    /// `maxmemory-clients`: Bytes, or percent of maxmemory, that all clients' buffers may take; 0 for no limit.
    pub maxmemory_clients: MemoryOrPercent,
    /// `lfu-log-factor`: How many accesses saturate the frequency counter.
    pub lfu_log_factor: u32,
    /// `lfu-decay-time`: Minutes after which the frequency counter falls by one.
    pub lfu_decay_time: u32,
    /// `active-expire-effort`: How much work goes into removing expired keys, from 1 to 10.
    pub active_expire_effort: u32,
    /// `activerehashing`: Spend idle time on growing tables.
    pub activerehashing: bool,
    /// `jemalloc-bg-thread`: Let the allocator clean up in the background.
    pub jemalloc_bg_thread: bool,

    // Lazy freeing
    /// `lazyfree-lazy-eviction`: Free evicted values in slices.
    pub lazyfree_lazy_eviction: bool,
    /// `lazyfree-lazy-expire`: Free expired values in slices.
    pub lazyfree_lazy_expire: bool,
    /// `lazyfree-lazy-server-del`: Free overwritten values in slices.
    pub lazyfree_lazy_server_del: bool,
    /// `lazyfree-lazy-user-del`: DEL frees like UNLINK.
    pub lazyfree_lazy_user_del: bool,
    /// `lazyfree-lazy-user-flush`: FLUSHALL and FLUSHDB are ASYNC unless told.
    pub lazyfree_lazy_user_flush: bool,

    // Encodings
    /// `hash-max-listpack-entries`: Fields up to which a hash is a listpack.
    pub hash_max_listpack_entries: u64,
    /// `hash-max-listpack-value`: Bytes of a field or value up to which a hash is a listpack.
    pub hash_max_listpack_value: u64,
    /// `list-max-listpack-size`: Size of a list node: entries, or one of five byte sizes from -1 to -5.
    pub list_max_listpack_size: i32,
    /// `list-compress-depth`: Nodes at both ends of a list that stay uncompressed; 0 compresses none.
    pub list_compress_depth: u32,
    /// `set-max-intset-entries`: Members up to which a set of integers is an intset.
    pub set_max_intset_entries: u64,
    /// `set-max-listpack-entries`: Members up to which a set is a listpack.
    pub set_max_listpack_entries: u64,
    /// `set-max-listpack-value`: Bytes of a member up to which a set is a listpack.
    pub set_max_listpack_value: u64,
    /// `zset-max-listpack-entries`: Members up to which a sorted set is a listpack.
    pub zset_max_listpack_entries: u64,
    /// `zset-max-listpack-value`: Bytes of a member up to which a sorted set is a listpack.
    pub zset_max_listpack_value: u64,
    /// `hll-sparse-max-bytes`: Bytes up to which a HyperLogLog is sparse.
    pub hll_sparse_max_bytes: u64,
    /// `stream-node-max-bytes`: Bytes of a stream node; 0 for no limit.
    pub stream_node_max_bytes: u64,
    /// `stream-node-max-entries`: Entries of a stream node; 0 for no limit.
    pub stream_node_max_entries: u64,

    // Active defragmentation
    /// `activedefrag`: Move values together in the background.
    pub activedefrag: bool,
    /// `active-defrag-ignore-bytes`: Waste in bytes below which nothing is moved.
    pub active_defrag_ignore_bytes: u64,
    /// `active-defrag-threshold-lower`: Waste in percent that starts the work.
    pub active_defrag_threshold_lower: u32,
    /// `active-defrag-threshold-upper`: Waste in percent at which the work runs at full effort.
    pub active_defrag_threshold_upper: u32,
    /// `active-defrag-cycle-min`: CPU in percent at the lower threshold.
    pub active_defrag_cycle_min: u32,
    /// `active-defrag-cycle-max`: CPU in percent at the upper threshold.
    pub active_defrag_cycle_max: u32,
    /// `active-defrag-max-scan-fields`: Elements up to which a collection is moved at once.
    pub active_defrag_max_scan_fields: u64,

    // Replication
    /// `replicaof`: Host and port of the master; empty for a master.
    pub replicaof: Option<ReplicaOf>,
    /// `masterauth`: Password for the master.
    pub masterauth: Vec<u8>,
    /// `masteruser`: ACL user for the master.
    pub masteruser: Vec<u8>,
    /// `replica-serve-stale-data`: Answer reads while the link to the master is down.
    pub replica_serve_stale_data: bool,
    /// `replica-read-only`: Refuse writes of ordinary clients on a replica.
    pub replica_read_only: bool,
    /// `replica-ignore-maxmemory`: A replica leaves eviction to its master.
    pub replica_ignore_maxmemory: bool,
    /// `replica-lazy-flush`: Free the old data in slices after a full synchronisation.
    pub replica_lazy_flush: bool,
    /// `replica-priority`: Order in which Sentinel promotes replicas; 0 for never.
    pub replica_priority: u32,
    /// `replica-announced`: Let Sentinel report this replica.
    pub replica_announced: bool,
    /// `replica-announce-ip`: Address that a replica tells its master.
    pub replica_announce_ip: Vec<u8>,
    /// `replica-announce-port`: Port that a replica tells its master.
    pub replica_announce_port: u16,
    /// `replica-ignore-disk-write-errors`: Apply the master's writes though the disk fails.
    pub replica_ignore_disk_write_errors: bool,
    /// `repl-diskless-sync`: Send the snapshot straight to replicas.
    pub repl_diskless_sync: bool,
    /// `repl-diskless-sync-delay`: Seconds to wait for further replicas before sending.
    pub repl_diskless_sync_delay: u32,
    /// `repl-diskless-sync-max-replicas`: Replicas that end the wait early; 0 for none.
    pub repl_diskless_sync_max_replicas: u32,
    /// `repl-diskless-load`: Load a snapshot straight from the link.
    pub repl_diskless_load: ReplDisklessLoad,
    /// `repl-ping-replica-period`: Seconds between two PINGs to replicas.
    pub repl_ping_replica_period: u32,
    /// `repl-timeout`: Seconds after which a silent link is closed.
    pub repl_timeout: u32,
    /// `repl-disable-tcp-nodelay`: Fewer and larger packets to replicas.
    pub repl_disable_tcp_nodelay: bool,
    /// `repl-backlog-size`: Bytes of the log kept for partial resynchronisation.
    pub repl_backlog_size: u64,
    /// `repl-backlog-ttl`: Seconds without replicas after which the backlog is freed; 0 for never.
    pub repl_backlog_ttl: u64,
    /// `min-replicas-to-write`: Healthy replicas needed for a write; 0 for none.
    pub min_replicas_to_write: u32,
    /// `min-replicas-max-lag`: Seconds of lag of a healthy replica.
    pub min_replicas_max_lag: u32,

    // Cluster
    /// `cluster-enabled`: Run as a cluster node.
    pub cluster_enabled: bool,
    /// `cluster-config-file`: File in which a node keeps what it knows of the cluster.
    pub cluster_config_file: Vec<u8>,
    /// `cluster-port`: Port of the cluster bus; 0 for the client port plus 10000.
    pub cluster_port: u16,
    /// `cluster-node-timeout`: Milliseconds after which a silent node counts as failing.
    pub cluster_node_timeout: u64,
    /// `cluster-replica-validity-factor`: How stale a replica may be to take over; 0 for any.
    pub cluster_replica_validity_factor: u32,
    /// `cluster-replica-no-failover`: Never take over from the master.
    pub cluster_replica_no_failover: bool,
    /// `cluster-migration-barrier`: Replicas that a master keeps when others migrate.
    pub cluster_migration_barrier: u32,
    /// `cluster-allow-replica-migration`: Let replicas move to masters without one.
    pub cluster_allow_replica_migration: bool,
    /// `cluster-require-full-coverage`: Stop when a slot has no node.
    pub cluster_require_full_coverage: bool,
    /// `cluster-allow-reads-when-down`: Answer reads while the cluster is down.
    pub cluster_allow_reads_when_down: bool,
    /// `cluster-allow-pubsubshard-when-down`: Serve shard channels while the cluster is down.
    pub cluster_allow_pubsubshard_when_down: bool,
    /// `cluster-link-sendbuf-limit`: Bytes that may wait on a cluster link; 0 for no limit.
    pub cluster_link_sendbuf_limit: u64,
    /// `cluster-announce-ip`: Address told to other nodes.
    pub cluster_announce_ip: Vec<u8>,
    /// `cluster-announce-port`: Client port told to other nodes.
    pub cluster_announce_port: u16,
    /// `cluster-announce-tls-port`: TLS port told to other nodes.
    pub cluster_announce_tls_port: u16,
    /// `cluster-announce-bus-port`: Bus port told to other nodes.
    pub cluster_announce_bus_port: u16,
    /// `cluster-announce-hostname`: Host name told to other nodes.
    pub cluster_announce_hostname: Vec<u8>,
    /// `cluster-announce-human-nodename`: Name of this node in log lines.
    pub cluster_announce_human_nodename: Vec<u8>,
    /// `cluster-preferred-endpoint-type`: What a redirection names: address, host name or nothing.
    pub cluster_preferred_endpoint_type: EndpointType,

    // Security
    /// `requirepass`: Password of the default user; empty for none.
    pub requirepass: Vec<u8>,
    /// `aclfile`: File of ACL users.
    pub aclfile: Vec<u8>,
    /// `acllog-max-len`: Entries that ACL LOG keeps.
    pub acllog_max_len: u64,
    /// `acl-pubsub-default`: Channels that a new ACL user may use.
    pub acl_pubsub_default: AclPubsubDefault,

    // Clients
    /// `maxclients`: Clients that may be connected at once.
    pub maxclients: u32,
    /// `client-query-buffer-limit`: Bytes of input that may wait for one client.
    pub client_query_buffer_limit: u64,
    /// `client-output-buffer-limit`: By client class: hard limit, soft limit and its seconds.
    pub client_output_buffer_limit: [OutputBufferLimit; 3],
    /// `proto-max-bulk-len`: Bytes of the longest string a client may send.
    pub proto_max_bulk_len: u64,
    /// `tracking-table-max-keys`: Keys remembered for client-side caching; 0 for no limit.
    pub tracking_table_max_keys: u64,
    /// `busy-reply-threshold`: Milliseconds after which a running script makes others get BUSY.
    pub busy_reply_threshold: u64,
    /// `lua-enable-deprecated-api`: Offer Lua functions that are no longer recommended.
    pub lua_enable_deprecated_api: bool,

    // Slow log
    /// `slowlog-log-slower-than`: Microseconds from which a command is logged; -1 for never.
    pub slowlog_log_slower_than: i64,
    /// `slowlog-max-len`: Entries that the slow log keeps.
    pub slowlog_max_len: u64,

    // Latency
    /// `latency-monitor-threshold`: Milliseconds from which an event is recorded; 0 for never.
    pub latency_monitor_threshold: u64,
    /// `latency-tracking`: Keep a latency histogram for every command.
    pub latency_tracking: bool,
    /// `latency-tracking-info-percentiles`: Percentiles that INFO shows.
    pub latency_tracking_info_percentiles: Vec<Percent>,

    // Notifications
    /// `notify-keyspace-events`: Classes of keyspace events that are published.
    pub notify_keyspace_events: KeyspaceEvents,
}
