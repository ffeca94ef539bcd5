//! Directive rows: replication, cluster. Knows no values, only how to reach and describe them.

use super::{Directive, Kind, Section};
use crate::config::checks;
use crate::config::directive::field;
use crate::config::settings::*;

/// The sections of this file, in order.
pub(super) const SECTIONS: &[Section] = &[
    Section {
        title: "Replication",
        rows: REPLICATION,
    },
    Section {
        title: "Cluster",
        rows: CLUSTER,
    },
];

const REPLICATION: &[Directive] = &[
    Directive::new(
        "replicaof",
        Kind::ReplicaOf,
        field!(replicaof),
        "",
        "Host and port of the master; empty for a master.",
    )
    .alias("slaveof")
    .immutable()
    .multi()
    .later(),
    Directive::new(
        "masterauth",
        Kind::Password,
        field!(masterauth),
        "",
        "Password for the master.",
    )
    .sensitive()
    .nullable()
    .later(),
    Directive::new(
        "masteruser",
        Kind::Text,
        field!(masteruser),
        "",
        "ACL user for the master.",
    )
    .nullable()
    .later(),
    Directive::new(
        "replica-serve-stale-data",
        Kind::Bool,
        field!(replica_serve_stale_data),
        "yes",
        "Answer reads while the link to the master is down.",
    )
    .alias("slave-serve-stale-data")
    .later(),
    Directive::new(
        "replica-read-only",
        Kind::Bool,
        field!(replica_read_only),
        "yes",
        "Refuse writes of ordinary clients on a replica.",
    )
    .alias("slave-read-only")
    .later(),
    Directive::new(
        "replica-ignore-maxmemory",
        Kind::Bool,
        field!(replica_ignore_maxmemory),
        "yes",
        "A replica leaves eviction to its master.",
    )
    .alias("slave-ignore-maxmemory")
    .later(),
    Directive::new(
        "replica-lazy-flush",
        Kind::Bool,
        field!(replica_lazy_flush),
        "no",
        "Free the old data in slices after a full synchronisation.",
    )
    .alias("slave-lazy-flush")
    .later(),
    Directive::new(
        "replica-priority",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(replica_priority),
        "100",
        "Order in which Sentinel promotes replicas; 0 for never.",
    )
    .alias("slave-priority")
    .later(),
    Directive::new(
        "replica-announced",
        Kind::Bool,
        field!(replica_announced),
        "yes",
        "Let Sentinel report this replica.",
    )
    .later(),
    Directive::new(
        "replica-announce-ip",
        Kind::Text,
        field!(replica_announce_ip),
        "",
        "Address that a replica tells its master.",
    )
    .alias("slave-announce-ip")
    .nullable()
    .later(),
    Directive::new(
        "replica-announce-port",
        Kind::Integer {
            min: 0,
            max: u16::MAX as u64,
        },
        field!(replica_announce_port),
        "0",
        "Port that a replica tells its master.",
    )
    .alias("slave-announce-port")
    .later(),
    Directive::new(
        "replica-ignore-disk-write-errors",
        Kind::Bool,
        field!(replica_ignore_disk_write_errors),
        "no",
        "Apply the master's writes though the disk fails.",
    )
    .later(),
    Directive::new(
        "repl-diskless-sync",
        Kind::Bool,
        field!(repl_diskless_sync),
        "yes",
        "Send the snapshot straight to replicas.",
    )
    .later(),
    Directive::new(
        "repl-diskless-sync-delay",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(repl_diskless_sync_delay),
        "5",
        "Seconds to wait for further replicas before sending.",
    )
    .later(),
    Directive::new(
        "repl-diskless-sync-max-replicas",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(repl_diskless_sync_max_replicas),
        "0",
        "Replicas that end the wait early; 0 for none.",
    )
    .later(),
    Directive::new(
        "repl-diskless-load",
        Kind::Choice(ReplDisklessLoad::NAMES),
        field!(repl_diskless_load),
        "disabled",
        "Load a snapshot straight from the link.",
    )
    .later(),
    Directive::new(
        "repl-ping-replica-period",
        Kind::Integer {
            min: 1,
            max: i32::MAX as u64,
        },
        field!(repl_ping_replica_period),
        "10",
        "Seconds between two PINGs to replicas.",
    )
    .alias("repl-ping-slave-period")
    .later(),
    Directive::new(
        "repl-timeout",
        Kind::Integer {
            min: 1,
            max: i32::MAX as u64,
        },
        field!(repl_timeout),
        "60",
        "Seconds after which a silent link is closed.",
    )
    .later(),
    Directive::new(
        "repl-disable-tcp-nodelay",
        Kind::Bool,
        field!(repl_disable_tcp_nodelay),
        "no",
        "Fewer and larger packets to replicas.",
    )
    .later(),
    Directive::new(
        "repl-backlog-size",
        Kind::Memory {
            min: 1,
            max: i64::MAX as u64,
        },
        field!(repl_backlog_size),
        "1048576",
        "Bytes of the log kept for partial resynchronisation.",
    )
    .later(),
    Directive::new(
        "repl-backlog-ttl",
        Kind::Integer {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(repl_backlog_ttl),
        "3600",
        "Seconds without replicas after which the backlog is freed; 0 for never.",
    )
    .later(),
    Directive::new(
        "min-replicas-to-write",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(min_replicas_to_write),
        "0",
        "Healthy replicas needed for a write; 0 for none.",
    )
    .alias("min-slaves-to-write")
    .later(),
    Directive::new(
        "min-replicas-max-lag",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(min_replicas_max_lag),
        "10",
        "Seconds of lag of a healthy replica.",
    )
    .alias("min-slaves-max-lag")
    .later(),
];

const CLUSTER: &[Directive] = &[
    Directive::new(
        "cluster-enabled",
        Kind::Bool,
        field!(cluster_enabled),
        "no",
        "Run as a cluster node.",
    )
    .immutable()
    .later(),
    Directive::new(
        "cluster-config-file",
        Kind::Text,
        field!(cluster_config_file),
        "nodes.conf",
        "File in which a node keeps what it knows of the cluster.",
    )
    .immutable()
    .later(),
    Directive::new(
        "cluster-port",
        Kind::Integer {
            min: 0,
            max: u16::MAX as u64,
        },
        field!(cluster_port),
        "0",
        "Port of the cluster bus; 0 for the client port plus 10000.",
    )
    .immutable()
    .later(),
    Directive::new(
        "cluster-node-timeout",
        Kind::Integer {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(cluster_node_timeout),
        "15000",
        "Milliseconds after which a silent node counts as failing.",
    )
    .later(),
    Directive::new(
        "cluster-replica-validity-factor",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(cluster_replica_validity_factor),
        "10",
        "How stale a replica may be to take over; 0 for any.",
    )
    .alias("cluster-slave-validity-factor")
    .later(),
    Directive::new(
        "cluster-replica-no-failover",
        Kind::Bool,
        field!(cluster_replica_no_failover),
        "no",
        "Never take over from the master.",
    )
    .alias("cluster-slave-no-failover")
    .later(),
    Directive::new(
        "cluster-migration-barrier",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(cluster_migration_barrier),
        "1",
        "Replicas that a master keeps when others migrate.",
    )
    .later(),
    Directive::new(
        "cluster-allow-replica-migration",
        Kind::Bool,
        field!(cluster_allow_replica_migration),
        "yes",
        "Let replicas move to masters without one.",
    )
    .later(),
    Directive::new(
        "cluster-require-full-coverage",
        Kind::Bool,
        field!(cluster_require_full_coverage),
        "yes",
        "Stop when a slot has no node.",
    )
    .later(),
    Directive::new(
        "cluster-allow-reads-when-down",
        Kind::Bool,
        field!(cluster_allow_reads_when_down),
        "no",
        "Answer reads while the cluster is down.",
    )
    .later(),
    Directive::new(
        "cluster-allow-pubsubshard-when-down",
        Kind::Bool,
        field!(cluster_allow_pubsubshard_when_down),
        "yes",
        "Serve shard channels while the cluster is down.",
    )
    .later(),
    Directive::new(
        "cluster-link-sendbuf-limit",
        Kind::Memory {
            min: 0,
            max: u64::MAX,
        },
        field!(cluster_link_sendbuf_limit),
        "0",
        "Bytes that may wait on a cluster link; 0 for no limit.",
    )
    .later(),
    Directive::new(
        "cluster-announce-ip",
        Kind::Text,
        field!(cluster_announce_ip),
        "",
        "Address told to other nodes.",
    )
    .nullable()
    .later(),
    Directive::new(
        "cluster-announce-port",
        Kind::Integer {
            min: 0,
            max: u16::MAX as u64,
        },
        field!(cluster_announce_port),
        "0",
        "Client port told to other nodes.",
    )
    .later(),
    Directive::new(
        "cluster-announce-tls-port",
        Kind::Integer {
            min: 0,
            max: u16::MAX as u64,
        },
        field!(cluster_announce_tls_port),
        "0",
        "TLS port told to other nodes.",
    )
    .later(),
    Directive::new(
        "cluster-announce-bus-port",
        Kind::Integer {
            min: 0,
            max: u16::MAX as u64,
        },
        field!(cluster_announce_bus_port),
        "0",
        "Bus port told to other nodes.",
    )
    .later(),
    Directive::new(
        "cluster-announce-hostname",
        Kind::Checked(checks::host_name),
        field!(cluster_announce_hostname),
        "",
        "Host name told to other nodes.",
    )
    .nullable()
    .later(),
    Directive::new(
        "cluster-announce-human-nodename",
        Kind::Checked(checks::node_name),
        field!(cluster_announce_human_nodename),
        "",
        "Name of this node in log lines.",
    )
    .nullable()
    .later(),
    Directive::new(
        "cluster-preferred-endpoint-type",
        Kind::Choice(EndpointType::NAMES),
        field!(cluster_preferred_endpoint_type),
        "ip",
        "What a redirection names: address, host name or nothing.",
    )
    .later(),
];
