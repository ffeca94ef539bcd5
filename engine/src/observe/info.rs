//! The text of INFO, one function a section: field names and their order are those of Redis 7.2. What a
//! server does not have yet shows the value that Redis shows where it is not in use. Knows no wire format.

use alloc::format;
use alloc::string::String;
use core::fmt::{Display, Write};

use super::facts::{HYLA_VERSION, REDIS_VERSION};
use super::histogram::Log2Histogram;
use crate::command::{self, CommandId, Ctx};
use crate::config::MaxmemoryPolicy;
use crate::keyspace::SLOT_BYTES;
use crate::number::Fixed;
use crate::resp::Args;
use crate::session::pubsub::Kind;
use crate::store::{self, Loading, Purpose, Snapshot};

/// Writes one section's fields.
type Section = fn(&mut String, &Ctx<'_>);

/// Name, heading, in the default selection, writer.
const SECTIONS: &[(&str, &str, bool, Section)] = &[
    ("server", "Server", true, server),
    ("clients", "Clients", true, clients),
    ("memory", "Memory", true, memory),
    ("persistence", "Persistence", true, persistence),
    ("stats", "Stats", true, stats),
    ("replication", "Replication", true, replication),
    ("cpu", "CPU", true, cpu),
    ("modules", "Modules", true, |_, _| {}),
    ("commandstats", "Commandstats", false, commandstats),
    ("errorstats", "Errorstats", true, errorstats),
    ("latencystats", "Latencystats", false, latencystats),
    ("cluster", "Cluster", true, cluster),
    ("keyspace", "Keyspace", true, keyspace),
    ("hyla", "Hyla", false, hyla),
];

/// Which sections a request wants; one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sections(u32);

impl Sections {
    /// Reads INFO's arguments. No argument is `default`; unknown names select nothing.
    pub fn parse(names: Args<'_>) -> Sections {
        let mut wanted = Sections(0);
        if names.is_empty() {
            wanted.add(|_, default| default);
        }
        for name in names.iter() {
            let is = |word: &str| name.eq_ignore_ascii_case(word.as_bytes());
            if is("all") || is("everything") {
                wanted.add(|_, _| true);
            } else if is("default") {
                wanted.add(|_, default| default);
            } else {
                wanted.add(|section, _| is(section));
            }
        }
        wanted
    }

    fn add(&mut self, select: impl Fn(&str, bool) -> bool) {
        for (at, (name, _, default, _)) in SECTIONS.iter().enumerate() {
            if select(name, *default) {
                self.0 |= 1 << at;
            }
        }
    }
}

/// INFO's text for the selected sections.
pub fn text(sections: &Sections, ctx: &Ctx<'_>) -> String {
    let mut out = String::new();
    for (at, (_, heading, _, write)) in SECTIONS.iter().enumerate() {
        if sections.0 & (1 << at) == 0 {
            continue;
        }
        if !out.is_empty() {
            out.push_str("\r\n");
        }
        out.push_str("# ");
        out.push_str(heading);
        out.push_str("\r\n");
        write(&mut out, ctx);
    }
    out
}

fn line(out: &mut String, name: &str, value: impl Display) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{name}:{value}\r\n");
}

fn zeros(out: &mut String, names: &[&str]) {
    names.iter().for_each(|name| line(out, name, 0));
}

fn ascii(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}

/// Bytes for people: `991.23K`.
fn human(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["K", "M", "G", "T", "P"];
    if bytes < 1024 {
        return format!("{bytes}B");
    }
    let (mut whole, mut unit) = (1024, 0);
    while bytes / whole >= 1024 && unit + 1 < UNITS.len() {
        whole *= 1024;
        unit += 1;
    }
    format!("{}{}", Fixed::new(bytes, whole, 2), UNITS[unit])
}

fn server(out: &mut String, ctx: &Ctx<'_>) {
    let (facts, config) = (&ctx.server.facts, ctx.config());
    let uptime_s = ctx.now.mono_us.saturating_sub(ctx.server.started.mono_us) / 1_000_000;
    line(out, "redis_version", REDIS_VERSION);
    line(out, "hyla_version", HYLA_VERSION);
    line(out, "redis_git_sha1", "00000000");
    line(out, "redis_git_dirty", 0);
    line(out, "redis_build_id", 0);
    line(out, "redis_mode", "standalone");
    line(out, "os", &facts.os);
    line(out, "arch_bits", usize::BITS);
    line(out, "monotonic_clock", &facts.monotonic_clock);
    line(out, "multiplexing_api", &facts.multiplexing_api);
    line(out, "process_id", facts.process_id);
    let supervisor = match facts.supervisor {
        "" => "no",
        name => name,
    };
    line(out, "process_supervised", supervisor);
    line(out, "run_id", ascii(&ctx.server.run_id));
    line(out, "tcp_port", config.port);
    line(out, "server_time_usec", ctx.now.unix_ms * 1000);
    line(out, "uptime_in_seconds", uptime_s);
    line(out, "uptime_in_days", uptime_s / 86_400);
    line(out, "hz", config.hz);
    line(out, "configured_hz", config.hz);
    let lru_clock = (ctx.now.unix_ms / 1000) & 0x00ff_ffff;
    line(out, "lru_clock", lru_clock);
    line(out, "executable", &facts.executable);
    let file = String::from_utf8_lossy(&facts.config_file);
    line(out, "config_file", file);
    line(out, "io_threads_active", u8::from(facts.io_threads_active));
    for (at, listener) in facts.listeners.iter().enumerate() {
        line(out, &format!("listener{at}"), listener);
    }
}

fn clients(out: &mut String, ctx: &Ctx<'_>) {
    line(out, "connected_clients", ctx.clients.len());
    line(out, "cluster_connections", 0);
    line(out, "maxclients", ctx.config().maxclients);
    zeros(
        out,
        &[
            "client_recent_max_input_buffer",
            "client_recent_max_output_buffer",
        ],
    );
    let session = &ctx.server.session;
    let waiting = session.blocking.len() + ctx.server.pause.waiting_len();
    line(out, "blocked_clients", waiting);
    line(out, "tracking_clients", session.tracked.clients_len());
    let listening = ctx.clients.in_order(ctx.conn);
    let listening = listening.filter(|conn| conn.subscriptions.is_some());
    line(out, "pubsub_clients", listening.count());
    line(out, "watching_clients", session.watches.clients_len());
    line(
        out,
        "clients_in_timeout_table",
        session.blocking.timed_len(),
    );
    line(out, "total_watched_keys", session.watches.keys_len());
    line(out, "total_blocking_keys", session.blocking.keys_len());
    line(out, "total_blocking_keys_on_nokey", 0);
}

/// A field and the same for people.
fn bytes(out: &mut String, name: &str, value: u64) {
    line(out, name, value);
    line(out, &format!("{name}_human"), human(value));
}

fn memory(out: &mut String, ctx: &Ctx<'_>) {
    let (facts, config) = (&ctx.server.facts, ctx.config());
    let usage = facts.usage;
    let used = facts.used_memory();
    let peak = ctx.server.memory_peak.max(used);
    bytes(out, "used_memory", used);
    bytes(out, "used_memory_rss", usage.rss);
    bytes(out, "used_memory_peak", peak);
    let percent = Fixed::new(used.saturating_mul(100), peak, 2);
    line(out, "used_memory_peak_perc", format_args!("{percent}%"));
    let startup = ctx.server.memory_startup;
    let databases = 0..ctx.keys.databases_len();
    let keys: usize = databases.map(|database| ctx.keys.len(database)).sum();
    let overhead = startup + (keys * SLOT_BYTES) as u64;
    let dataset = used.saturating_sub(overhead);
    line(out, "used_memory_overhead", overhead);
    line(out, "used_memory_startup", startup);
    line(out, "used_memory_dataset", dataset);
    let percent = Fixed::new(dataset.saturating_mul(100), used.saturating_sub(startup), 2);
    line(out, "used_memory_dataset_perc", format_args!("{percent}%"));
    line(out, "allocator_allocated", used);
    line(out, "allocator_active", usage.allocator_active);
    line(out, "allocator_resident", usage.allocator_resident);
    bytes(out, "total_system_memory", facts.total_system_memory);
    let scripts = ctx.server.scripts.usage();
    // Scripts and functions share a machine, which is told of under the name of scripts.
    line(out, "used_memory_lua", scripts.machine_bytes);
    line(out, "used_memory_vm_eval", scripts.machine_bytes);
    line(out, "used_memory_lua_human", human(scripts.machine_bytes));
    line(out, "used_memory_scripts_eval", scripts.script_bytes);
    line(out, "number_of_cached_scripts", scripts.scripts);
    line(out, "number_of_functions", scripts.functions);
    line(out, "number_of_libraries", scripts.libraries);
    line(out, "used_memory_vm_functions", 0);
    bytes(out, "used_memory_vm_total", scripts.machine_bytes);
    line(out, "used_memory_functions", scripts.library_bytes);
    bytes(
        out,
        "used_memory_scripts",
        scripts.script_bytes + scripts.library_bytes,
    );
    bytes(out, "maxmemory", config.maxmemory);
    let policy: MaxmemoryPolicy = config.maxmemory_policy;
    line(out, "maxmemory_policy", policy.name());
    let pairs = [
        ("allocator_frag", usage.allocator_active, used),
        (
            "allocator_rss",
            usage.allocator_resident,
            usage.allocator_active,
        ),
        ("rss_overhead", usage.rss, usage.allocator_resident),
        ("mem_fragmentation", usage.rss, used),
    ];
    for (name, part, whole) in pairs {
        line(out, &format!("{name}_ratio"), Fixed::new(part, whole, 2));
        line(out, &format!("{name}_bytes"), part as i64 - whole as i64);
    }
    zeros(
        out,
        &[
            "mem_not_counted_for_evict",
            "mem_replication_backlog",
            "mem_total_replication_buffers",
            "mem_clients_slaves",
            "mem_clients_normal",
            "mem_cluster_links",
            "mem_aof_buffer",
        ],
    );
    line(out, "mem_allocator", &facts.allocator);
    line(out, "active_defrag_running", 0);
    line(out, "lazyfree_pending_objects", ctx.keys.to_free_len());
    line(out, "lazyfreed_objects", ctx.keys.stats.freed);
}

fn persistence(out: &mut String, ctx: &Ctx<'_>) {
    let server = &*ctx.server;
    let store = &server.store;
    let saves = &store.saves;
    line(out, "loading", u8::from(store.loading.is_some()));
    zeros(
        out,
        &[
            "async_loading",
            "current_cow_peak",
            "current_cow_size",
            "current_cow_size_age",
        ],
    );
    let (keys, all) = ctx.keys.cut_progress().unwrap_or_default();
    let percent = Fixed::new(keys * 100, all, 2);
    line(out, "current_fork_perc", percent);
    line(out, "current_save_keys_processed", keys);
    line(out, "current_save_keys_total", all);
    line(out, "rdb_changes_since_last_save", store::unsaved(server));
    let running = store.snapshot.as_ref();
    let saving = running.filter(|snapshot| snapshot.purpose == Purpose::Background);
    line(out, "rdb_bgsave_in_progress", u8::from(saving.is_some()));
    let last_s = match store.attached {
        true => saves.last_s,
        false => server.started.unix_ms / 1000,
    };
    line(out, "rdb_last_save_time", last_s);
    line(out, "rdb_last_bgsave_status", good(saves.good));
    seconds(out, "rdb_last_bgsave_time_sec", saves.took_s);
    let since_s =
        |snapshot: &Snapshot| ctx.now.mono_us.saturating_sub(snapshot.started.mono_us) / 1_000_000;
    seconds(out, "rdb_current_bgsave_time_sec", saving.map(since_s));
    line(out, "rdb_saves", saves.count);
    line(out, "rdb_last_cow_size", 0);
    line(out, "rdb_last_load_keys_expired", store.last_load.expired);
    line(out, "rdb_last_load_keys_loaded", store.last_load.keys);
    append_only(out, ctx, since_s);
    if let Some(loading) = &store.loading {
        loading_fields(out, ctx, loading);
    }
}

fn append_only(out: &mut String, ctx: &Ctx<'_>, since_s: impl Fn(&Snapshot) -> u64) {
    let store = &ctx.server.store;
    let (log, rewrites) = (&store.log, &store.log.rewrites);
    line(out, "aof_enabled", u8::from(log.on));
    let running = store.snapshot.as_ref().filter(|_| rewrites.is_running());
    // One that waits for a flush only is as good as begun.
    let begins = store.snapshot.is_none() && rewrites.is_due(ctx.now);
    let in_progress = u8::from(begins || running.is_some());
    line(out, "aof_rewrite_in_progress", in_progress);
    let scheduled = u8::from(rewrites.wanted && !begins);
    line(out, "aof_rewrite_scheduled", scheduled);
    seconds(out, "aof_last_rewrite_time_sec", rewrites.took_s);
    seconds(out, "aof_current_rewrite_time_sec", running.map(since_s));
    line(out, "aof_last_bgrewrite_status", good(rewrites.good));
    line(out, "aof_rewrites", rewrites.count);
    let failures = rewrites.failures;
    line(out, "aof_rewrites_consecutive_failures", failures);
    line(out, "aof_last_write_status", good(log.failure.is_none()));
    zeros(
        out,
        &[
            "aof_last_cow_size",
            "module_fork_in_progress",
            "module_fork_last_cow_size",
        ],
    );
    if log.on {
        line(out, "aof_current_size", log.total);
        line(out, "aof_base_size", log.base_size);
        line(out, "aof_pending_rewrite", scheduled);
        line(out, "aof_buffer_length", log.waiting(ctx.server.log.end()));
        line(out, "aof_pending_bio_fsync", u8::from(log.is_flushing()));
        line(out, "aof_delayed_fsync", 0);
    }
}

fn loading_fields(out: &mut String, ctx: &Ctx<'_>, loading: &Loading) {
    let (total, loaded) = (loading.total, loading.loaded);
    let passed_s = ctx.now.mono_us.saturating_sub(loading.started.mono_us) / 1_000_000;
    let eta_s = match loaded {
        0 => 1,
        loaded => passed_s * total.saturating_sub(loaded) / loaded,
    };
    line(out, "loading_start_time", loading.started.unix_ms / 1000);
    line(out, "loading_total_bytes", total);
    line(out, "loading_rdb_used_mem", loading.memory);
    line(out, "loading_loaded_bytes", loaded);
    let percent = Fixed::new(loaded * 100, total, 2);
    line(out, "loading_loaded_perc", percent);
    line(out, "loading_eta_seconds", eta_s);
}

fn good(good: bool) -> &'static str {
    if good { "ok" } else { "err" }
}

/// Seconds, or -1 where there are none.
fn seconds(out: &mut String, name: &str, seconds: Option<u64>) {
    match seconds {
        Some(seconds) => line(out, name, seconds),
        None => line(out, name, -1),
    }
}

fn stats(out: &mut String, ctx: &Ctx<'_>) {
    let (stats, usage) = (&ctx.server.stats, &ctx.server.facts.usage);
    let before = &stats.used_before;
    let input = usage.input_bytes.saturating_sub(before.input_bytes);
    let output = usage.output_bytes.saturating_sub(before.output_bytes);
    line(out, "total_connections_received", stats.connections);
    line(out, "total_commands_processed", stats.commands);
    let rate = stats.commands_rate.per_second();
    line(out, "instantaneous_ops_per_sec", rate);
    line(out, "total_net_input_bytes", input);
    line(out, "total_net_output_bytes", output);
    zeros(
        out,
        &["total_net_repl_input_bytes", "total_net_repl_output_bytes"],
    );
    let kbps = |rate: u64| Fixed::new(rate, 1024, 2);
    let input_rate = kbps(stats.input_rate.per_second());
    line(out, "instantaneous_input_kbps", input_rate);
    let output_rate = kbps(stats.output_rate.per_second());
    line(out, "instantaneous_output_kbps", output_rate);
    line(out, "instantaneous_input_repl_kbps", "0.00");
    line(out, "instantaneous_output_repl_kbps", "0.00");
    line(out, "rejected_connections", stats.rejected_connections);
    zeros(out, &["sync_full", "sync_partial_ok", "sync_partial_err"]);
    line(out, "expired_subkeys", ctx.keys.stats.expired_fields);
    line(out, "expired_keys", ctx.keys.stats.expired);
    line(out, "expired_stale_perc", "0.00");
    zeros(
        out,
        &[
            "expired_time_cap_reached_count",
            "expire_cycle_cpu_milliseconds",
            "evicted_keys",
            "evicted_clients",
            "total_eviction_exceeded_time",
            "current_eviction_exceeded_time",
        ],
    );
    line(out, "keyspace_hits", ctx.keys.stats.hits);
    line(out, "keyspace_misses", ctx.keys.stats.misses);
    let pubsub = &ctx.server.session.pubsub;
    for (name, kind) in [
        ("pubsub_channels", Kind::Channel),
        ("pubsub_patterns", Kind::Pattern),
        ("pubsubshard_channels", Kind::Shard),
    ] {
        line(out, name, pubsub.of(kind).len());
    }
    zeros(
        out,
        &[
            "latest_fork_usec",
            "total_forks",
            "migrate_cached_sockets",
            "slave_expires_tracked_keys",
            "active_defrag_hits",
            "active_defrag_misses",
            "active_defrag_key_hits",
            "active_defrag_key_misses",
            "total_active_defrag_time",
            "current_active_defrag_time",
        ],
    );
    let tracked = &ctx.server.session.tracked;
    line(out, "tracking_total_keys", tracked.keys_len());
    line(out, "tracking_total_items", tracked.items_len());
    line(out, "tracking_total_prefixes", tracked.prefixes_len());
    line(out, "unexpected_error_replies", 0);
    line(out, "total_error_replies", stats.errors);
    line(out, "dump_payload_sanitizations", 0);
    let reads = usage.reads.saturating_sub(before.reads);
    line(out, "total_reads_processed", reads);
    let writes = usage.writes.saturating_sub(before.writes);
    line(out, "total_writes_processed", writes);
    zeros(
        out,
        &[
            "io_threaded_reads_processed",
            "io_threaded_writes_processed",
            "reply_buffer_shrinks",
            "reply_buffer_expands",
            "acl_access_denied_auth",
            "acl_access_denied_cmd",
            "acl_access_denied_key",
            "acl_access_denied_channel",
        ],
    );
}

fn replication(out: &mut String, ctx: &Ctx<'_>) {
    line(out, "role", "master");
    line(out, "connected_slaves", 0);
    line(out, "master_failover_state", "no-failover");
    line(out, "master_replid", ascii(&ctx.server.replication_id));
    line(out, "master_replid2", "0".repeat(40));
    line(out, "master_repl_offset", ctx.server.log.end());
    line(out, "second_repl_offset", -1);
    line(out, "repl_backlog_active", 0);
    let size = ctx.config().repl_backlog_size;
    line(out, "repl_backlog_size", size);
    zeros(
        out,
        &["repl_backlog_first_byte_offset", "repl_backlog_histlen"],
    );
}

fn cpu(out: &mut String, ctx: &Ctx<'_>) {
    let usage = &ctx.server.facts.usage;
    let times = [
        ("used_cpu_sys", usage.cpu_sys_us),
        ("used_cpu_user", usage.cpu_user_us),
        ("used_cpu_sys_children", 0),
        ("used_cpu_user_children", 0),
        ("used_cpu_sys_main_thread", usage.cpu_sys_main_us),
        ("used_cpu_user_main_thread", usage.cpu_user_main_us),
    ];
    for (name, us) in times {
        let (seconds, rest) = (us / 1_000_000, us % 1_000_000);
        line(out, name, format_args!("{seconds}.{rest:06}"));
    }
}

fn commandstats(out: &mut String, ctx: &Ctx<'_>) {
    for number in 0..command::len() as CommandId {
        let Some(stats) = ctx.server.stats.command(number) else {
            continue;
        };
        if stats.calls == 0 && stats.rejected == 0 {
            continue;
        }
        let us = stats.ns / 1000;
        let per_call = Fixed::new(stats.ns, stats.calls.saturating_mul(1000), 2);
        line(
            out,
            &format!("cmdstat_{}", command::full_name(number)),
            format_args!(
                "calls={},usec={us},usec_per_call={per_call},rejected_calls={},failed_calls={}",
                stats.calls, stats.rejected, stats.failed
            ),
        );
    }
}

fn errorstats(out: &mut String, ctx: &Ctx<'_>) {
    for (code, count) in ctx.server.stats.error_codes() {
        let name = format!("errorstat_{code}");
        line(out, &name, format_args!("count={count}"));
    }
}

fn latencystats(out: &mut String, ctx: &Ctx<'_>) {
    let percentiles = &ctx.config().latency_tracking_info_percentiles;
    for number in 0..command::len() as CommandId {
        let stats = ctx.server.stats.command(number);
        let Some(histogram) = stats.and_then(|stats| stats.histogram.as_ref()) else {
            continue;
        };
        let mut values = String::new();
        for percentile in percentiles {
            let us = Fixed::new(histogram.percentile_ns(*percentile), 1000, 3);
            let comma = if values.is_empty() { "" } else { "," };
            let _ = write!(values, "{comma}p{percentile}={us}");
        }
        let name = command::full_name(number);
        line(out, &format!("latency_percentiles_usec_{name}"), values);
    }
}

fn cluster(out: &mut String, ctx: &Ctx<'_>) {
    let enabled = u8::from(ctx.config().cluster_enabled);
    line(out, "cluster_enabled", enabled);
}

fn keyspace(out: &mut String, ctx: &Ctx<'_>) {
    for database in 0..ctx.keys.databases_len() {
        let (keys, timed) = (ctx.keys.len(database), ctx.keys.timed_len(database));
        if keys > 0 {
            let name = format!("db{database}");
            // Redis estimates the mean of the times to live; here nothing samples them.
            let text = format!("keys={keys},expires={timed},avg_ttl=0");
            match ctx.keys.hashes_with_deadlines(database) {
                0 => line(out, &name, text),
                hashes => line(out, &name, format_args!("{text},subexpiry={hashes}")),
            }
        }
    }
}

fn hyla(out: &mut String, ctx: &Ctx<'_>) {
    let stats = &ctx.server.stats;
    let steps: &Log2Histogram = &stats.steps;
    line(out, "hyla_version", HYLA_VERSION);
    line(out, "engine_step_us_max", Fixed::new(steps.max_ns, 1000, 3));
    line(out, "engine_steps_over_1ms", stats.steps_over_1ms);
    let mut buckets = String::new();
    for (below_ns, count) in steps.buckets() {
        let comma = if buckets.is_empty() { "" } else { "," };
        let _ = write!(buckets, "{comma}below_{below_ns}={count}");
    }
    line(out, "engine_step_ns_histogram", buckets);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_for_people() {
        let expected = [
            (0, "0B"),
            (1023, "1023B"),
            (1_015_024, "991.23K"),
            (7_303_168, "6.96M"),
            (25_276_502_016, "23.54G"),
        ];
        for (bytes, text) in expected {
            assert_eq!(human(bytes), text);
        }
    }
}
