//! Directive rows: security, clients, slow log, latency, notifications. Knows no values, only how to reach and describe them.

use super::{Directive, Kind, Section};
use crate::config::directive::field;
use crate::config::settings::*;

/// The sections of this file, in order.
pub(super) const SECTIONS: &[Section] = &[
    Section {
        title: "Security",
        rows: SECURITY,
    },
    Section {
        title: "Clients",
        rows: CLIENTS,
    },
    Section {
        title: "Slow log",
        rows: SLOWLOG,
    },
    Section {
        title: "Latency",
        rows: LATENCY,
    },
    Section {
        title: "Notifications",
        rows: NOTIFICATIONS,
    },
];

const SECURITY: &[Directive] = &[
    Directive::new(
        "requirepass",
        Kind::Password,
        field!(requirepass),
        "",
        "Password of the default user; empty for none.",
    )
    .sensitive()
    .nullable(),
    Directive::new(
        "aclfile",
        Kind::Text,
        field!(aclfile),
        "",
        "File of ACL users.",
    )
    .immutable()
    .nullable()
    .later(),
    Directive::new(
        "acllog-max-len",
        Kind::Integer {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(acllog_max_len),
        "128",
        "Entries that ACL LOG keeps.",
    )
    .later(),
    Directive::new(
        "acl-pubsub-default",
        Kind::Choice(AclPubsubDefault::NAMES),
        field!(acl_pubsub_default),
        "resetchannels",
        "Channels that a new ACL user may use.",
    )
    .later(),
];

const CLIENTS: &[Directive] = &[
    Directive::new(
        "maxclients",
        Kind::Integer {
            min: 1,
            max: u32::MAX as u64,
        },
        field!(maxclients),
        "10000",
        "Clients that may be connected at once.",
    ),
    Directive::new(
        "client-query-buffer-limit",
        Kind::Memory {
            min: 1048576,
            max: i64::MAX as u64,
        },
        field!(client_query_buffer_limit),
        "1073741824",
        "Bytes of input that may wait for one client.",
    ),
    Directive::new(
        "client-output-buffer-limit",
        Kind::OutputBufferLimits,
        field!(client_output_buffer_limit),
        "normal 0 0 0 replica 256mb 64mb 60 pubsub 32mb 8mb 60",
        "By client class: hard limit, soft limit and its seconds.",
    )
    .multi(),
    Directive::new(
        "proto-max-bulk-len",
        Kind::Memory {
            min: 1048576,
            max: i64::MAX as u64,
        },
        field!(proto_max_bulk_len),
        "536870912",
        "Bytes of the longest string a client may send.",
    ),
    Directive::new(
        "tracking-table-max-keys",
        Kind::Integer {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(tracking_table_max_keys),
        "1000000",
        "Keys remembered for client-side caching; 0 for no limit.",
    ),
    Directive::new(
        "busy-reply-threshold",
        Kind::Integer {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(busy_reply_threshold),
        "5000",
        "Milliseconds after which a running script makes others get BUSY.",
    )
    .alias("lua-time-limit"),
    Directive::new(
        "lua-enable-deprecated-api",
        Kind::Bool,
        field!(lua_enable_deprecated_api),
        "no",
        "Offer Lua functions that are no longer recommended.",
    )
    .immutable()
    .hidden()
    .later(),
];

const SLOWLOG: &[Directive] = &[
    Directive::new(
        "slowlog-log-slower-than",
        Kind::Integer {
            min: -1,
            max: i64::MAX as u64,
        },
        field!(slowlog_log_slower_than),
        "10000",
        "Microseconds from which a command is logged; -1 for never.",
    ),
    Directive::new(
        "slowlog-max-len",
        Kind::Integer {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(slowlog_max_len),
        "128",
        "Entries that the slow log keeps.",
    ),
];

const LATENCY: &[Directive] = &[
    Directive::new(
        "latency-monitor-threshold",
        Kind::Integer {
            min: 0,
            max: i64::MAX as u64,
        },
        field!(latency_monitor_threshold),
        "0",
        "Milliseconds from which an event is recorded; 0 for never.",
    ),
    Directive::new(
        "latency-tracking",
        Kind::Bool,
        field!(latency_tracking),
        "yes",
        "Keep a latency histogram for every command.",
    ),
    Directive::new(
        "latency-tracking-info-percentiles",
        Kind::Percentiles,
        field!(latency_tracking_info_percentiles),
        "50 99 99.9",
        "Percentiles that INFO shows.",
    )
    .multi(),
];

const NOTIFICATIONS: &[Directive] = &[Directive::new(
    "notify-keyspace-events",
    Kind::KeyspaceEvents,
    field!(notify_keyspace_events),
    "",
    "Classes of keyspace events that are published.",
)];
