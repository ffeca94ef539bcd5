//! CLIENT INFO and CLIENT LIST: connections as lines of text.

use alloc::vec::Vec;

use super::tracking::redirect;
use super::{ClientType, OTHERS, OWN};
use crate::boundary::Now;
use crate::command::{self, Acl, Arg, Ctx, Group, Spec};
use crate::conn::Conn;
use crate::error::Error;
use crate::number::write_i64;
use crate::resp::{Protocol, UNRESOLVED};
use crate::session::pubsub::Kind;

/// About the bytes of a line without the texts that a client chose.
const LINE_BYTES: usize = 512;

pub(super) const INFO: Spec = Spec {
    name: "info",
    summary: "Tells about the connection, as one line of CLIENT LIST.",
    since: "6.2.0",
    group: Group::Connection,
    complexity: "O(1)",
    arity: 2,
    flags: OWN,
    acl: Acl::CONNECTION,
    tips: &["nondeterministic_output"],
    ..Spec::new(info)
};

fn info(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let mut text = Vec::new();
    write_line(&mut text, ctx.conn, ctx)?;
    ctx.reply.verbatim("txt", &text);
    Ok(())
}

pub(super) const LIST: Spec = Spec {
    name: "list",
    summary: "Tells about all connections, those of a type, or those with the given ids.",
    since: "2.4.0",
    group: Group::Connection,
    complexity: "O(N) where N is the number of client connections",
    history: &[
        ("2.8.12", "The field `id`."),
        ("5.0.0", "The filter `TYPE`."),
        ("6.0.0", "The field `user`."),
        (
            "6.2.0",
            "The fields `argv-mem`, `tot-mem`, `laddr` and `redir`, and the filter `ID`.",
        ),
        ("7.0.0", "The fields `resp`, `multi-mem`, `rbs` and `rbp`."),
        ("7.0.3", "The field `ssub`."),
        ("7.2.0", "The fields `lib-name` and `lib-ver`."),
    ],
    arity: -2,
    flags: OTHERS,
    acl: Acl::CONNECTION,
    args: &[
        Arg::one_of(
            "client-type",
            &[
                Arg::word("normal", "NORMAL"),
                Arg::word("master", "MASTER"),
                Arg::word("replica", "REPLICA"),
                Arg::word("pubsub", "PUBSUB"),
            ],
        )
        .after("TYPE")
        .optional()
        .since("5.0.0"),
        Arg::int("client-id")
            .after("ID")
            .optional()
            .multiple()
            .since("6.2.0"),
    ],
    tips: &["nondeterministic_output"],
    ..Spec::new(list)
};

fn list(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let mut text = Vec::new();
    let count = ctx.args.len();
    if count == 2 {
        for conn in ctx.clients.in_order(ctx.conn) {
            write_line(&mut text, conn, ctx)?;
        }
    } else if count == 4 && ctx.args.is(2, "TYPE") {
        let wanted = ClientType::parse(ctx, ctx.args.at(3))?;
        for conn in ctx.clients.in_order(ctx.conn) {
            if ClientType::of(conn) == wanted {
                write_line(&mut text, conn, ctx)?;
            }
        }
    } else if count > 3 && ctx.args.is(2, "ID") {
        for at in 3..count {
            let id = ctx
                .args
                .int(at)
                .map_err(|_| Error::fixed(&"ERR Invalid client ID"))?;
            if let Some(conn) = find(ctx, id) {
                write_line(&mut text, conn, ctx)?;
            }
        }
    } else {
        return Err(Error::Syntax);
    }
    ctx.reply.verbatim("txt", &text);
    Ok(())
}

/// The connection with a client id, be it the one that asks.
fn find<'a>(ctx: &'a Ctx<'_>, client_id: i64) -> Option<&'a Conn> {
    let client_id = u64::try_from(client_id).ok()?;
    if client_id == ctx.conn.client_id {
        return Some(ctx.conn);
    }
    ctx.clients.find(client_id)
}

/// Writes `name=value` pairs into one line.
struct Line<'a> {
    text: &'a mut Vec<u8>,
}

impl Line<'_> {
    fn field(&mut self, name: &str, value: &[u8]) {
        self.text.extend_from_slice(name.as_bytes());
        self.text.push(b'=');
        self.text.extend_from_slice(value);
        self.text.push(b' ');
    }

    fn int(&mut self, name: &str, value: i64) {
        self.field(name, write_i64(value, &mut [0; 20]));
    }
}

/// Appends one connection's line. What this engine does not have is shown as zero: it keeps no reply
/// buffer of fixed size (`rbs`, `rbp`), and the host holds unread input.
fn write_line(text: &mut Vec<u8>, conn: &Conn, ctx: &Ctx<'_>) -> Result<(), Error> {
    let texts = conn.peer.address.len()
        + conn.peer.local_address.len()
        + conn.name.len()
        + conn.lib_name.len()
        + conn.lib_ver.len();
    text.try_reserve(LINE_BYTES + texts)?;
    let mut line = Line { text };
    write_identity(&mut line, conn, ctx.now);
    write_session(
        &mut line,
        conn,
        ctx.server.session.watches.is_dirty(conn.id),
    );
    write_memory(&mut line, conn, ctx);
    line.field("events", b"r");
    line.field("cmd", &command_name(conn));
    line.field("user", b"default");
    line.int("redir", redirect(conn.tracking.as_deref()));
    line.int(
        "resp",
        if conn.protocol == Protocol::Resp3 {
            3
        } else {
            2
        },
    );
    line.field("lib-name", &conn.lib_name);
    line.field("lib-ver", &conn.lib_ver);
    text.pop();
    text.push(b'\n');
    Ok(())
}

fn write_identity(line: &mut Line<'_>, conn: &Conn, now: Now) {
    line.int("id", conn.client_id as i64);
    line.field("addr", conn.peer.address.as_bytes());
    line.field("laddr", conn.peer.local_address.as_bytes());
    line.int("fd", conn.peer.fd);
    line.field("name", &conn.name);
    let age_ms = now.unix_ms.saturating_sub(conn.created_ms);
    line.int("age", (age_ms / 1000) as i64);
    let idle_us = now.mono_us.saturating_sub(conn.active_us);
    line.int("idle", (idle_us / 1_000_000) as i64);
}

fn write_session(line: &mut Line<'_>, conn: &Conn, dirty: bool) {
    let in_multi = conn.queue.is_some() || conn.exec_len.is_some();
    let own = conn.tracking.as_ref();
    let flags = [
        (conn.monitors, b'O'),
        (conn.subscriptions.is_some(), b'P'),
        (in_multi, b'x'),
        (conn.parked, b'b'),
        (conn.tracking.is_some(), b't'),
        (own.is_some_and(|own| own.broken), b'R'),
        (own.is_some_and(|own| own.broadcast), b'B'),
        (dirty, b'd'),
        (conn.closing, b'c'),
        (conn.peer.unix_socket, b'U'),
        (conn.no_evict, b'e'),
        (conn.no_touch, b'T'),
    ];
    let mut shown = [0; 12];
    let mut count = 0;
    for (_, letter) in flags.iter().filter(|(set, _)| *set) {
        shown[count] = *letter;
        count += 1;
    }
    line.field("flags", if count == 0 { b"N" } else { &shown[..count] });
    line.int("db", conn.database as i64);
    for (name, kind) in [
        ("sub", Kind::Channel),
        ("psub", Kind::Pattern),
        ("ssub", Kind::Shard),
    ] {
        let subscriptions = conn.subscriptions.as_ref();
        line.int(
            name,
            subscriptions.map_or(0, |own| own.of(kind).len()) as i64,
        );
    }
    let queued = conn.queue.as_ref().map(|queue| queue.len());
    let queued = queued.or(conn.exec_len).map_or(-1, |len| len as i64);
    line.int("multi", queued);
}

fn write_memory(line: &mut Line<'_>, conn: &Conn, ctx: &Ctx<'_>) {
    let running = conn.client_id == ctx.conn.client_id;
    let arguments: usize = if running {
        ctx.args.iter().map(<[u8]>::len).sum()
    } else {
        0
    };
    let output = conn.mailbox.len() + conn.unsent_bytes;
    let queued = conn.queue.as_ref().map_or(0, |queue| queue.bytes());
    let total = size_of::<Conn>()
        + queued
        + conn.query_bytes
        + arguments
        + output
        + conn.name.capacity()
        + conn.lib_name.capacity()
        + conn.lib_ver.capacity();
    line.int("qbuf", conn.query_bytes as i64);
    line.int("qbuf-free", 0);
    line.int("argv-mem", arguments as i64);
    line.int("multi-mem", queued as i64);
    line.int("rbs", 0);
    line.int("rbp", 0);
    line.int("obl", 0);
    line.int("oll", i64::from(output > 0));
    line.int("omem", output as i64);
    line.int("tot-mem", total as i64);
}

/// The last command's full name.
fn command_name(conn: &Conn) -> Vec<u8> {
    if conn.last_command == UNRESOLVED {
        return b"NULL".to_vec();
    }
    let mut name = Vec::new();
    if let Some(container) = command::container(conn.last_command) {
        name.extend_from_slice(container.name.as_bytes());
        name.push(b'|');
    }
    name.extend_from_slice(command::get(conn.last_command).name.as_bytes());
    name
}
