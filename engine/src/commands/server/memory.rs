//! MEMORY.

use alloc::format;
use alloc::string::String;

use super::help;
use crate::command::{Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::keyspace::SLOT_BYTES;
use crate::number::Fixed;
use crate::resp::{Protocol, Reply};

pub(crate) const SPECS: &[Spec] = &[MEMORY];

/// Below this the doctor has nothing to say.
const DOCTOR_BYTES_MIN: u64 = 5 << 20;

const MEMORY: Spec = Spec {
    name: "memory",
    summary: "Shows where memory goes.",
    since: "4.0.0",
    group: Group::Server,
    complexity: "Depends on subcommand.",
    arity: -2,
    subcommands: &[
        Spec {
            name: "doctor",
            summary: "Reports problems with memory.",
            since: "4.0.0",
            group: Group::Server,
            complexity: "O(1)",
            arity: 2,
            tips: &[
                "nondeterministic_output",
                "request_policy:all_shards",
                "response_policy:special",
            ],
            ..Spec::new(doctor)
        },
        Spec {
            name: "help",
            summary: "Lists the subcommands.",
            since: "4.0.0",
            group: Group::Server,
            complexity: "O(1)",
            arity: 2,
            flags: Flags::LOADING.or(Flags::STALE),
            ..Spec::new(help)
        },
        Spec {
            name: "malloc-stats",
            summary: "Shows the allocator's own report.",
            since: "4.0.0",
            group: Group::Server,
            complexity: "Depends on how much memory is allocated, could be slow",
            arity: 2,
            tips: &[
                "nondeterministic_output",
                "request_policy:all_shards",
                "response_policy:special",
            ],
            ..Spec::new(malloc_stats)
        },
        Spec {
            name: "purge",
            summary: "Asks the allocator to give memory back.",
            since: "4.0.0",
            group: Group::Server,
            complexity: "Depends on how much memory is allocated, could be slow",
            arity: 2,
            tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
            ..Spec::new(purge)
        },
        Spec {
            name: "stats",
            summary: "Shows how memory is used.",
            since: "4.0.0",
            group: Group::Server,
            complexity: "O(1)",
            arity: 2,
            tips: &[
                "nondeterministic_output",
                "request_policy:all_shards",
                "response_policy:special",
            ],
            ..Spec::new(stats)
        },
        Spec {
            name: "usage",
            summary: "Tells how many bytes a key takes.",
            since: "4.0.0",
            group: Group::Server,
            complexity: "O(N) where N is the number of samples.",
            arity: -3,
            flags: Flags::READONLY,
            keys: &[KeySpec::at(2, KeyFlags::RO)],
            args: &[
                Arg::key("key", 0),
                Arg::int("count").after("SAMPLES").optional(),
            ],
            ..Spec::new(usage)
        },
    ],
    ..Spec::new(help)
};

fn usage(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let mut index = 3;
    while index < ctx.args.len() {
        if !ctx.args.is(index, "SAMPLES") || index + 1 == ctx.args.len() {
            return Err(Error::Syntax);
        }
        if ctx.args.int(index + 1)? < 0 {
            return Err(Error::Syntax);
        }
        index += 2;
    }
    let place = ctx.keys.find(ctx.arg(2));
    match ctx.keys.entry(place) {
        Some(entry) => ctx.reply.int((entry.memory_bytes() + SLOT_BYTES) as i64),
        None => ctx.reply.null(),
    }
    Ok(())
}

fn purge(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    ctx.reply.ok();
    Ok(())
}

fn malloc_stats(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let text = b"Stats not supported for the current allocator";
    ctx.reply.verbatim("txt", text);
    Ok(())
}

fn doctor(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let usage = &ctx.server.facts.usage;
    let used = ctx.server.facts.used_memory();
    let ratio = Fixed::new(usage.rss, used, 2);
    let text = if used < DOCTOR_BYTES_MIN {
        String::from("There is too little data to tell anything about memory.\n")
    } else if usage.rss / 14 > used / 10 {
        format!(
            "The process takes {ratio} times the memory of its data: much was freed, or the allocator keeps many pages.\n"
        )
    } else {
        String::from("Nothing is unusual about memory.\n")
    };
    ctx.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

/// The fields of Redis, as far as there is such memory; the rest is 0.
fn stats(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let usage = ctx.server.facts.usage;
    let used = ctx.server.facts.used_memory();
    let startup = ctx.server.memory_startup;
    let peak = ctx.server.memory_peak.max(used);
    let keys: usize = (0..ctx.keys.databases_len())
        .map(|database| ctx.keys.len(database))
        .sum();
    let databases = (0..ctx.keys.databases_len()).filter(|database| ctx.keys.len(*database) > 0);
    let numbers = [
        ("peak.allocated", peak),
        ("total.allocated", used),
        ("startup.allocated", startup),
        ("replication.backlog", 0),
        ("clients.slaves", 0),
        ("clients.normal", 0),
        ("cluster.links", 0),
        ("aof.buffer", 0),
        ("lua.caches", 0),
        ("functions.caches", 0),
    ];
    let reply = &mut ctx.reply;
    reply.map(28 - 1 + databases.clone().count());
    integers(reply, &numbers);
    for database in databases {
        reply.bulk(format!("db.{database}").as_bytes());
        reply.map(3);
        let main = ctx.keys.len(database) * SLOT_BYTES;
        integers(
            reply,
            &[
                ("overhead.hashtable.main", main as u64),
                ("overhead.hashtable.expires", 0),
                ("overhead.hashtable.slot-to-keys", 0),
            ],
        );
    }
    let overhead = startup + (keys * SLOT_BYTES) as u64;
    let dataset = used.saturating_sub(overhead);
    integers(
        reply,
        &[
            ("overhead.total", overhead),
            ("keys.count", keys as u64),
            ("keys.bytes-per-key", used / (keys as u64).max(1)),
            ("dataset.bytes", dataset),
        ],
    );
    double(
        reply,
        "dataset.percentage",
        Fixed::new(dataset.saturating_mul(100), used.saturating_sub(startup), 6),
    );
    double(
        reply,
        "peak.percentage",
        Fixed::new(used.saturating_mul(100), peak, 6),
    );
    integers(
        reply,
        &[
            ("allocator.allocated", used),
            ("allocator.active", usage.allocator_active),
            ("allocator.resident", usage.allocator_resident),
        ],
    );
    let pairs = [
        ("allocator-fragmentation", usage.allocator_active, used),
        (
            "allocator-rss",
            usage.allocator_resident,
            usage.allocator_active,
        ),
        ("rss-overhead", usage.rss, usage.allocator_resident),
    ];
    for (name, part, whole) in pairs {
        double(reply, &format!("{name}.ratio"), Fixed::new(part, whole, 6));
        reply.bulk(format!("{name}.bytes").as_bytes());
        reply.int(part as i64 - whole as i64);
    }
    double(reply, "fragmentation", Fixed::new(usage.rss, used, 6));
    reply.bulk(b"fragmentation.bytes");
    reply.int(usage.rss as i64 - used as i64);
    Ok(())
}

fn integers(reply: &mut Reply<'_>, fields: &[(&str, u64)]) {
    for (name, value) in fields {
        reply.bulk(name.as_bytes());
        reply.int(*value as i64);
    }
}

fn double(reply: &mut Reply<'_>, name: &str, value: Fixed) {
    let text = format!("{value}");
    // As a double is written: no zeros at the end.
    let text = text.trim_end_matches('0').trim_end_matches('.');
    reply.bulk(name.as_bytes());
    if reply.protocol() == Protocol::Resp3 {
        reply.out().push(format!(",{text}\r\n").as_bytes());
    } else {
        reply.bulk(text.as_bytes());
    }
}
