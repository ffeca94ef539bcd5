//! LATENCY: spikes by event, and how the durations of commands are distributed.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::command::find;
use super::help;
use crate::command::{self, Arg, CommandId, Ctx, Flags, Group, Spec};
use crate::error::Error;
use crate::observe::histogram::Histogram;
use crate::observe::latency::Event;
use crate::resp::Reply;

pub(crate) const SPECS: &[Spec] = &[LATENCY];

const LATENCY: Spec = Spec {
    name: "latency",
    summary: "Shows where time goes.",
    since: "2.8.13",
    group: Group::Server,
    complexity: "Depends on subcommand.",
    arity: -2,
    subcommands: &[
        Spec {
            name: "doctor",
            summary: "Explains the latency spikes seen so far.",
            since: "2.8.13",
            group: Group::Server,
            complexity: "O(1)",
            arity: 2,
            flags: Flags::ADMIN
                .or(Flags::NOSCRIPT)
                .or(Flags::LOADING)
                .or(Flags::STALE),
            tips: &[
                "nondeterministic_output",
                "request_policy:all_nodes",
                "response_policy:special",
            ],
            ..Spec::new(doctor)
        },
        Spec {
            name: "graph",
            summary: "Draws the spikes of an event.",
            since: "2.8.13",
            group: Group::Server,
            complexity: "O(1)",
            arity: 3,
            flags: Flags::ADMIN
                .or(Flags::NOSCRIPT)
                .or(Flags::LOADING)
                .or(Flags::STALE),
            args: &[Arg::string("event")],
            tips: &[
                "nondeterministic_output",
                "request_policy:all_nodes",
                "response_policy:special",
            ],
            ..Spec::new(graph)
        },
        Spec {
            name: "help",
            summary: "Lists the subcommands.",
            since: "2.8.13",
            group: Group::Server,
            complexity: "O(1)",
            arity: 2,
            flags: Flags::LOADING.or(Flags::STALE),
            ..Spec::new(help)
        },
        Spec {
            name: "histogram",
            summary: "Shows how the durations of commands are distributed.",
            since: "7.0.0",
            group: Group::Server,
            complexity: "O(N) where N is the number of commands with latency information being retrieved.",
            arity: -2,
            flags: Flags::ADMIN
                .or(Flags::NOSCRIPT)
                .or(Flags::LOADING)
                .or(Flags::STALE),
            args: &[Arg::string("command").optional().multiple()],
            tips: &[
                "nondeterministic_output",
                "request_policy:all_nodes",
                "response_policy:special",
            ],
            ..Spec::new(histogram)
        },
        Spec {
            name: "history",
            summary: "Shows the spikes of an event.",
            since: "2.8.13",
            group: Group::Server,
            complexity: "O(1)",
            arity: 3,
            flags: Flags::ADMIN
                .or(Flags::NOSCRIPT)
                .or(Flags::LOADING)
                .or(Flags::STALE),
            args: &[Arg::string("event")],
            tips: &[
                "nondeterministic_output",
                "request_policy:all_nodes",
                "response_policy:special",
            ],
            ..Spec::new(history)
        },
        Spec {
            name: "latest",
            summary: "Shows the last spike of every event.",
            since: "2.8.13",
            group: Group::Server,
            complexity: "O(1)",
            arity: 2,
            flags: Flags::ADMIN
                .or(Flags::NOSCRIPT)
                .or(Flags::LOADING)
                .or(Flags::STALE),
            tips: &[
                "nondeterministic_output",
                "request_policy:all_nodes",
                "response_policy:special",
            ],
            ..Spec::new(latest)
        },
        Spec {
            name: "reset",
            summary: "Forgets the spikes of some or all events.",
            since: "2.8.13",
            group: Group::Server,
            complexity: "O(1)",
            arity: -2,
            flags: Flags::ADMIN
                .or(Flags::NOSCRIPT)
                .or(Flags::LOADING)
                .or(Flags::STALE),
            args: &[Arg::string("event").optional().multiple()],
            tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
            ..Spec::new(reset)
        },
    ],
    ..Spec::new(help)
};

/// The event that argument 2 names.
fn event<'a>(ctx: &'a Ctx<'_>) -> Option<&'a Event> {
    let events = ctx.server.latency.events();
    events
        .iter()
        .find(|event| ctx.arg(2).eq_ignore_ascii_case(event.name.as_bytes()))
}

fn latest(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let events = ctx.server.latency.events();
    ctx.reply.array(events.len());
    for event in events {
        let (second, ms) = event.samples.back().copied().unwrap_or_default();
        ctx.reply.array(4);
        ctx.reply.bulk(event.name.as_bytes());
        ctx.reply.int(second as i64);
        ctx.reply.int(ms as i64);
        ctx.reply.int(event.max_ms as i64);
    }
    Ok(())
}

fn history(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let samples: Vec<(u64, u64)> =
        event(ctx).map_or_else(Vec::new, |event| event.samples.iter().copied().collect());
    ctx.reply.array(samples.len());
    for (second, ms) in samples {
        ctx.reply.array(2);
        ctx.reply.int(second as i64);
        ctx.reply.int(ms as i64);
    }
    Ok(())
}

fn reset(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let monitor = &mut ctx.server.latency;
    let count = if ctx.args.len() == 2 {
        monitor.reset_all()
    } else {
        let names = ctx.args.from(2);
        names.iter().filter(|name| monitor.reset(name)).count()
    };
    ctx.reply.int(count as i64);
    Ok(())
}

/// A bar for each spike, as long as it was against the longest one.
fn graph(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    const WIDTH: u64 = 60;
    let Some(event) = event(ctx) else {
        let name = String::from_utf8_lossy(ctx.arg(2));
        return Err(ctx.refuse(format!("ERR No samples available for event '{name}'")));
    };
    let now_s = ctx.now.unix_ms / 1000;
    let mut text = format!("{}, longest {} ms (all time)\n", event.name, event.max_ms);
    for (second, ms) in &event.samples {
        let len = (ms * WIDTH / event.max_ms.max(1)).max(1) as usize;
        let bar = "#".repeat(len.min(WIDTH as usize));
        let ago = now_s.saturating_sub(*second);
        text.push_str(&format!("{ago:>8}s ago {ms:>6} ms {bar}\n"));
    }
    ctx.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

fn doctor(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let events = ctx.server.latency.events();
    let mut text = String::new();
    if events.is_empty() && ctx.server.config.latency_monitor_threshold == 0 {
        text.push_str(
            "The latency monitor is off. CONFIG SET latency-monitor-threshold <milliseconds> turns it on.\n",
        );
    } else if events.is_empty() {
        text.push_str("No step was slower than latency-monitor-threshold so far.\n");
    }
    for event in events {
        let count = event.samples.len() as u64;
        let sum: u64 = event.samples.iter().map(|(_, ms)| ms).sum();
        text.push_str(&format!(
            "{}: {count} spikes, mean {} ms, longest {} ms.\n",
            event.name,
            sum / count.max(1),
            event.max_ms
        ));
    }
    if !events.is_empty() {
        text.push_str("SLOWLOG GET shows which commands were slow, INFO hyla the longest steps.\n");
    }
    ctx.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

fn histogram(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let wanted: Vec<CommandId> = if ctx.args.len() == 2 {
        (0..command::len() as u16).collect()
    } else {
        let mut wanted = Vec::new();
        let renames = &ctx.server.renames;
        let named = ctx.args.from(2);
        for number in named.iter().filter_map(|name| find(name, renames)) {
            let subcommands = CommandId::from(command::get(number).subcommands);
            wanted.extend(number..=number + subcommands);
        }
        wanted
    };
    let stats = &ctx.server.stats;
    let found: Vec<(CommandId, &Histogram)> = wanted
        .into_iter()
        .filter_map(|number| Some((number, stats.command(number)?.histogram.as_ref()?)))
        .collect();
    ctx.reply.map(found.len());
    for (number, histogram) in found {
        distribution(&mut ctx.reply, number, histogram);
    }
    Ok(())
}

fn distribution(reply: &mut Reply<'_>, number: CommandId, histogram: &Histogram) {
    let mut bounds = Vec::new();
    histogram.cumulative(|us, count| bounds.push((us, count)));
    reply.bulk(command::full_name(number).as_bytes());
    reply.map(2);
    reply.bulk(b"calls");
    reply.int(histogram.total() as i64);
    reply.bulk(b"histogram_usec");
    reply.map(bounds.len());
    for (us, count) in bounds {
        reply.int(us as i64);
        reply.int(count as i64);
    }
}
