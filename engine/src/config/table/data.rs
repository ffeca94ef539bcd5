//! Directive rows: snapshotting, append-only file, memory, lazy freeing, encodings, active defragmentation. Knows no values, only how to reach and describe them.

use super::{Directive, Kind, Section};
use crate::config::checks;
use crate::config::directive::field;
use crate::config::settings::*;

/// The sections of this file, in order.
pub(super) const SECTIONS: &[Section] = &[
    Section {
        title: "Snapshotting",
        rows: SNAPSHOTTING,
    },
    Section {
        title: "Append-only file",
        rows: APPEND_ONLY,
    },
    Section {
        title: "Memory",
        rows: MEMORY,
    },
    Section {
        title: "Lazy freeing",
        rows: LAZYFREE,
    },
    Section {
        title: "Encodings",
        rows: ENCODINGS,
    },
    Section {
        title: "Active defragmentation",
        rows: DEFRAG,
    },
];

const SNAPSHOTTING: &[Directive] = &[
    Directive::new(
        "save",
        Kind::Save,
        field!(save),
        "3600 1 300 100 60 10000",
        "Points that start a snapshot: seconds and changes, pair by pair.",
    )
    .multi(),
    Directive::new(
        "stop-writes-on-bgsave-error",
        Kind::Bool,
        field!(stop_writes_on_bgsave_error),
        "yes",
        "Refuse writes after a failed snapshot.",
    ),
    Directive::new(
        "rdbcompression",
        Kind::Bool,
        field!(rdbcompression),
        "yes",
        "Compress strings in a snapshot.",
    ),
    Directive::new(
        "rdbchecksum",
        Kind::Bool,
        field!(rdbchecksum),
        "yes",
        "End a snapshot with a checksum.",
    )
    .immutable(),
    Directive::new(
        "sanitize-dump-payload",
        Kind::Choice(SanitizeDumpPayload::NAMES),
        field!(sanitize_dump_payload),
        "no",
        "How far values that come from outside are checked.",
    )
    .later(),
    Directive::new(
        "dbfilename",
        Kind::Checked(checks::snapshot_file_name),
        field!(dbfilename),
        "dump.rdb",
        "File name of the snapshot.",
    )
    .protected(),
    Directive::new(
        "rdb-del-sync-files",
        Kind::Bool,
        field!(rdb_del_sync_files),
        "no",
        "Delete snapshots that only served replication.",
    )
    .later(),
    Directive::new(
        "rdb-save-incremental-fsync",
        Kind::Bool,
        field!(rdb_save_incremental_fsync),
        "yes",
        "Flush a snapshot to disk in portions.",
    ),
    Directive::new(
        "rdb-key-save-delay",
        Kind::Integer {
            min: i32::MIN as i64,
            max: i32::MAX as u64,
        },
        field!(rdb_key_save_delay),
        "0",
        "Microseconds to wait after each saved key, for tests.",
    )
    .hidden(),
    Directive::new(
        "key-load-delay",
        Kind::Integer {
            min: i32::MIN as i64,
            max: i32::MAX as u64,
        },
        field!(key_load_delay),
        "0",
        "Microseconds to wait after each loaded key, for tests.",
    )
    .hidden()
    .later(),
    Directive::new(
        "loading-process-events-interval-bytes",
        Kind::Integer {
            min: 1024,
            max: i32::MAX as u64,
        },
        field!(loading_process_events_interval_bytes),
        "2097152",
        "Bytes loaded between two looks at other clients.",
    )
    .hidden()
    .later(),
    Directive::new("dir", Kind::Dir, field!(dir), ".", "Working directory.").protected(),
];

const APPEND_ONLY: &[Directive] = &[
    Directive::new(
        "appendonly",
        Kind::Bool,
        field!(appendonly),
        "no",
        "Log every write.",
    ),
    Directive::new(
        "appendfilename",
        Kind::Checked(checks::append_file_name),
        field!(appendfilename),
        "appendonly.aof",
        "Base name of the append-only files.",
    )
    .immutable(),
    Directive::new(
        "appenddirname",
        Kind::Checked(checks::append_dir_name),
        field!(appenddirname),
        "appendonlydir",
        "Directory of the append-only files.",
    )
    .immutable(),
    Directive::new(
        "appendfsync",
        Kind::Choice(AppendFsync::NAMES),
        field!(appendfsync),
        "everysec",
        "When the log reaches the disk.",
    ),
    Directive::new(
        "no-appendfsync-on-rewrite",
        Kind::Bool,
        field!(no_appendfsync_on_rewrite),
        "no",
        "No fsync while a snapshot or rewrite runs.",
    ),
    Directive::new(
        "auto-aof-rewrite-percentage",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(auto_aof_rewrite_percentage),
        "100",
        "Growth in percent that starts a rewrite; 0 for never.",
    ),
    Directive::new(
        "auto-aof-rewrite-min-size",
        Kind::Memory {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(auto_aof_rewrite_min_size),
        "67108864",
        "Size below which no rewrite starts.",
    ),
    Directive::new(
        "aof-load-truncated",
        Kind::Bool,
        field!(aof_load_truncated),
        "yes",
        "Load a log that ends in the middle of a command.",
    ),
    Directive::new(
        "aof-load-corrupt-tail-max-size",
        Kind::Memory {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(aof_load_corrupt_tail_max_size),
        "0",
        "Bytes at a log's end that may be dropped because they are corrupt.",
    ),
    Directive::new(
        "aof-use-rdb-preamble",
        Kind::Bool,
        field!(aof_use_rdb_preamble),
        "yes",
        "Start a rewritten log with a snapshot.",
    ),
    Directive::new(
        "aof-timestamp-enabled",
        Kind::Bool,
        field!(aof_timestamp_enabled),
        "no",
        "Write the time into the log.",
    ),
    Directive::new(
        "aof-rewrite-incremental-fsync",
        Kind::Bool,
        field!(aof_rewrite_incremental_fsync),
        "yes",
        "Flush a rewritten log to disk in portions.",
    )
    .later(),
    Directive::new(
        "aof-disable-auto-gc",
        Kind::Bool,
        field!(aof_disable_auto_gc),
        "no",
        "Keep history files of the log.",
    ),
];

const MEMORY: &[Directive] = &[
    Directive::new(
        "maxmemory",
        Kind::Memory {
            min: 0,
            max: u64::MAX,
        },
        field!(maxmemory),
        "0",
        "Bytes the data may take; 0 for no limit.",
    )
    .later(),
    Directive::new(
        "maxmemory-policy",
        Kind::Choice(MaxmemoryPolicy::NAMES),
        field!(maxmemory_policy),
        "noeviction",
        "Which keys go when memory is full.",
    )
    .later(),
    Directive::new(
        "maxmemory-samples",
        Kind::Integer {
            min: 1,
            max: i32::MAX as u64,
        },
        field!(maxmemory_samples),
        "5",
        "Keys looked at for each eviction.",
    )
    .later(),
    Directive::new(
        "maxmemory-eviction-tenacity",
        Kind::Integer { min: 0, max: 100 },
        field!(maxmemory_eviction_tenacity),
        "10",
        "How hard eviction tries before commands go on.",
    )
    .later(),
    Directive::new(
        "maxmemory-clients",
        Kind::MemoryOrPercent,
        field!(maxmemory_clients),
        "0",
        "Bytes, or percent of maxmemory, that all clients' buffers may take; 0 for no limit.",
    )
    .later(),
    Directive::new(
        "lfu-log-factor",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(lfu_log_factor),
        "10",
        "How many accesses saturate the frequency counter.",
    ),
    Directive::new(
        "lfu-decay-time",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(lfu_decay_time),
        "1",
        "Minutes after which the frequency counter falls by one.",
    ),
    Directive::new(
        "active-expire-effort",
        Kind::Integer { min: 1, max: 10 },
        field!(active_expire_effort),
        "1",
        "How much work goes into removing expired keys, from 1 to 10.",
    ),
    Directive::new(
        "activerehashing",
        Kind::Bool,
        field!(activerehashing),
        "yes",
        "Spend idle time on growing tables.",
    )
    .later(),
    Directive::new(
        "jemalloc-bg-thread",
        Kind::Bool,
        field!(jemalloc_bg_thread),
        "yes",
        "Let the allocator clean up in the background.",
    )
    .later(),
];

const LAZYFREE: &[Directive] = &[
    Directive::new(
        "lazyfree-lazy-eviction",
        Kind::Bool,
        field!(lazyfree_lazy_eviction),
        "no",
        "Free evicted values in slices.",
    ),
    Directive::new(
        "lazyfree-lazy-expire",
        Kind::Bool,
        field!(lazyfree_lazy_expire),
        "no",
        "Free expired values in slices.",
    ),
    Directive::new(
        "lazyfree-lazy-server-del",
        Kind::Bool,
        field!(lazyfree_lazy_server_del),
        "no",
        "Free overwritten values in slices.",
    ),
    Directive::new(
        "lazyfree-lazy-user-del",
        Kind::Bool,
        field!(lazyfree_lazy_user_del),
        "no",
        "DEL frees like UNLINK.",
    ),
    Directive::new(
        "lazyfree-lazy-user-flush",
        Kind::Bool,
        field!(lazyfree_lazy_user_flush),
        "no",
        "FLUSHALL and FLUSHDB are ASYNC unless told.",
    ),
];

const ENCODINGS: &[Directive] = &[
    Directive::new(
        "hash-max-listpack-entries",
        Kind::Integer {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(hash_max_listpack_entries),
        "512",
        "Fields up to which a hash is a listpack.",
    )
    .alias("hash-max-ziplist-entries"),
    Directive::new(
        "hash-max-listpack-value",
        Kind::Memory {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(hash_max_listpack_value),
        "64",
        "Bytes of a field or value up to which a hash is a listpack.",
    )
    .alias("hash-max-ziplist-value"),
    Directive::new(
        "list-max-listpack-size",
        Kind::Integer {
            min: i32::MIN as i64,
            max: i32::MAX as u64,
        },
        field!(list_max_listpack_size),
        "-2",
        "Size of a list node: entries, or one of five byte sizes from -1 to -5.",
    )
    .alias("list-max-ziplist-size"),
    Directive::new(
        "list-compress-depth",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(list_compress_depth),
        "0",
        "Nodes at both ends of a list that stay uncompressed; 0 compresses none.",
    )
    .later(),
    Directive::new(
        "set-max-intset-entries",
        Kind::Integer {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(set_max_intset_entries),
        "512",
        "Members up to which a set of integers is an intset.",
    ),
    Directive::new(
        "set-max-listpack-entries",
        Kind::Integer {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(set_max_listpack_entries),
        "128",
        "Members up to which a set is a listpack.",
    ),
    Directive::new(
        "set-max-listpack-value",
        Kind::Integer {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(set_max_listpack_value),
        "64",
        "Bytes of a member up to which a set is a listpack.",
    ),
    Directive::new(
        "zset-max-listpack-entries",
        Kind::Integer {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(zset_max_listpack_entries),
        "128",
        "Members up to which a sorted set is a listpack.",
    )
    .alias("zset-max-ziplist-entries"),
    Directive::new(
        "zset-max-listpack-value",
        Kind::Memory {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(zset_max_listpack_value),
        "64",
        "Bytes of a member up to which a sorted set is a listpack.",
    )
    .alias("zset-max-ziplist-value"),
    Directive::new(
        "hll-sparse-max-bytes",
        Kind::Memory {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(hll_sparse_max_bytes),
        "3000",
        "Bytes up to which a HyperLogLog is sparse.",
    ),
    Directive::new(
        "stream-node-max-bytes",
        Kind::Memory {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(stream_node_max_bytes),
        "4096",
        "Bytes of a stream node; 0 for no limit.",
    ),
    Directive::new(
        "stream-node-max-entries",
        Kind::Integer {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(stream_node_max_entries),
        "100",
        "Entries of a stream node; 0 for no limit.",
    ),
];

const DEFRAG: &[Directive] = &[
    Directive::new(
        "activedefrag",
        Kind::Bool,
        field!(activedefrag),
        "no",
        "Move values together in the background.",
    )
    .later(),
    Directive::new(
        "active-defrag-ignore-bytes",
        Kind::Memory {
            min: 1,
            max: i64::MAX as u64,
        },
        field!(active_defrag_ignore_bytes),
        "104857600",
        "Waste in bytes below which nothing is moved.",
    )
    .later(),
    Directive::new(
        "active-defrag-threshold-lower",
        Kind::Integer { min: 0, max: 1000 },
        field!(active_defrag_threshold_lower),
        "10",
        "Waste in percent that starts the work.",
    )
    .later(),
    Directive::new(
        "active-defrag-threshold-upper",
        Kind::Integer { min: 0, max: 1000 },
        field!(active_defrag_threshold_upper),
        "100",
        "Waste in percent at which the work runs at full effort.",
    )
    .later(),
    Directive::new(
        "active-defrag-cycle-min",
        Kind::Integer { min: 1, max: 99 },
        field!(active_defrag_cycle_min),
        "1",
        "CPU in percent at the lower threshold.",
    )
    .later(),
    Directive::new(
        "active-defrag-cycle-max",
        Kind::Integer { min: 1, max: 99 },
        field!(active_defrag_cycle_max),
        "25",
        "CPU in percent at the upper threshold.",
    )
    .later(),
    Directive::new(
        "active-defrag-max-scan-fields",
        Kind::Integer {
            min: 1,
            max: i64::MAX as u64,
        },
        field!(active_defrag_max_scan_fields),
        "1000",
        "Elements up to which a collection is moved at once.",
    )
    .later(),
];
