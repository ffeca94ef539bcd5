//! CLIENT: the container, and what concerns only the connection that asks.

mod kill;
mod list;
mod pause;
mod tracking;
mod unblock;

use super::{check_name, is_printable, store};
use crate::command::printable;
use crate::command::{Acl, Arg, Ctx, Flags, Group, Spec};
use crate::commands::server::help;
use crate::conn::{Conn, Replies};
use crate::error::Error;

pub(crate) const SPECS: &[Spec] = &[CLIENT];

const CLIENT: Spec = Spec {
    name: "client",
    summary: "Commands about connections.",
    since: "2.4.0",
    group: Group::Connection,
    complexity: "Depends on subcommand.",
    arity: -2,
    subcommands: &[
        ID,
        SETNAME,
        GETNAME,
        SETINFO,
        list::INFO,
        list::LIST,
        kill::KILL,
        NO_EVICT,
        NO_TOUCH,
        REPLY,
        pause::PAUSE,
        pause::UNPAUSE,
        unblock::UNBLOCK,
        tracking::GETREDIR,
        tracking::TRACKING,
        tracking::TRACKINGINFO,
        tracking::CACHING,
        HELP,
    ],
    ..Spec::new(help)
};

/// The flags of subcommands that look only at their own connection.
const OWN: Flags = Flags::NOSCRIPT.or(Flags::LOADING).or(Flags::STALE);
/// The flags of subcommands that look at others.
const OTHERS: Flags = OWN.or(Flags::ADMIN);
const TO_ALL_NODES: &[&str] = &["request_policy:all_nodes", "response_policy:all_succeeded"];
const ON_OFF: &[Arg] = &[Arg::one_of(
    "enabled",
    &[Arg::word("on", "ON"), Arg::word("off", "OFF")],
)];

/// The kinds of connection that CLIENT LIST and CLIENT KILL tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientType {
    Normal,
    Replica,
    Pubsub,
    Master,
}

impl ClientType {
    fn parse(ctx: &Ctx<'_>, word: &[u8]) -> Result<ClientType, Error> {
        const NAMES: &[(&str, ClientType)] = &[
            ("normal", ClientType::Normal),
            ("slave", ClientType::Replica),
            ("replica", ClientType::Replica),
            ("pubsub", ClientType::Pubsub),
            ("master", ClientType::Master),
        ];
        let found = NAMES
            .iter()
            .find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
        found.map(|(_, kind)| *kind).ok_or_else(|| {
            let word = printable(word, usize::MAX);
            ctx.refuse_with(&[b"ERR Unknown client type '", word, b"'"])
        })
    }

    /// What a connection is.
    fn of(conn: &Conn) -> ClientType {
        if conn.subscriptions.is_some() {
            ClientType::Pubsub
        } else {
            ClientType::Normal
        }
    }
}

const ID: Spec = Spec {
    name: "id",
    summary: "Tells the connection's id, which no other has had or will have.",
    since: "5.0.0",
    group: Group::Connection,
    complexity: "O(1)",
    arity: 2,
    flags: OWN,
    acl: Acl::CONNECTION,
    ..Spec::new(id)
};

fn id(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    ctx.reply.int(ctx.conn.client_id as i64);
    Ok(())
}

const SETNAME: Spec = Spec {
    name: "setname",
    summary: "Names the connection; an empty name takes the name away.",
    since: "2.6.9",
    group: Group::Connection,
    complexity: "O(1)",
    arity: 3,
    flags: OWN,
    acl: Acl::CONNECTION,
    args: &[Arg::string("connection-name")],
    tips: TO_ALL_NODES,
    ..Spec::new(setname)
};

fn setname(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let name = ctx.arg(2);
    check_name(name)?;
    store(&mut ctx.conn.name, name)?;
    ctx.reply.ok();
    Ok(())
}

const GETNAME: Spec = Spec {
    name: "getname",
    summary: "Tells the connection's name.",
    since: "2.6.9",
    group: Group::Connection,
    complexity: "O(1)",
    arity: 2,
    flags: OWN,
    acl: Acl::CONNECTION,
    ..Spec::new(getname)
};

fn getname(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.conn.name.is_empty() {
        ctx.reply.null();
    } else {
        ctx.reply.bulk(&ctx.conn.name);
    }
    Ok(())
}

const SETINFO: Spec = Spec {
    name: "setinfo",
    summary: "Tells the server which library speaks, for people who look at CLIENT LIST.",
    since: "7.2.0",
    group: Group::Connection,
    complexity: "O(1)",
    arity: 4,
    flags: OWN,
    acl: Acl::CONNECTION,
    args: &[Arg::one_of(
        "attr",
        &[
            Arg::string("libname").after("LIB-NAME"),
            Arg::string("libver").after("LIB-VER"),
        ],
    )],
    tips: TO_ALL_NODES,
    ..Spec::new(setinfo)
};

fn setinfo(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (option, value) = (ctx.arg(2), ctx.arg(3));
    let field = if ctx.args.is(2, "LIB-NAME") {
        &mut ctx.conn.lib_name
    } else if ctx.args.is(2, "LIB-VER") {
        &mut ctx.conn.lib_ver
    } else {
        let option = printable(option, usize::MAX);
        return Err(ctx.refuse_with(&[b"ERR Unrecognized option '", option, b"'"]));
    };
    if !is_printable(value) {
        return Err(ctx.refuse_with(&[
            b"ERR ",
            option,
            b" cannot contain spaces, newlines or special characters.",
        ]));
    }
    store(field, value)?;
    ctx.reply.ok();
    Ok(())
}

const NO_EVICT: Spec = Spec {
    name: "no-evict",
    summary: "Says whether the connection may be closed when clients take too much memory.",
    since: "7.0.0",
    group: Group::Connection,
    complexity: "O(1)",
    arity: 3,
    flags: OTHERS,
    acl: Acl::CONNECTION,
    args: ON_OFF,
    ..Spec::new(no_evict)
};

fn no_evict(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    ctx.conn.no_evict = on_or_off(ctx)?;
    ctx.reply.ok();
    Ok(())
}

const NO_TOUCH: Spec = Spec {
    name: "no-touch",
    summary: "Says whether the connection's commands count as uses of the keys they read.",
    since: "7.2.0",
    group: Group::Connection,
    complexity: "O(1)",
    arity: 3,
    flags: OWN,
    acl: Acl::CONNECTION,
    args: ON_OFF,
    ..Spec::new(no_touch)
};

fn no_touch(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    ctx.conn.no_touch = on_or_off(ctx)?;
    ctx.reply.ok();
    Ok(())
}

fn on_or_off(ctx: &Ctx<'_>) -> Result<bool, Error> {
    match (ctx.args.is(2, "ON"), ctx.args.is(2, "OFF")) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err(Error::Syntax),
    }
}

const REPLY: Spec = Spec {
    name: "reply",
    summary: "Says whether the connection wants replies: all, none, or all but the next.",
    since: "3.2.0",
    group: Group::Connection,
    complexity: "O(1)",
    arity: 3,
    flags: OWN,
    acl: Acl::CONNECTION,
    args: &[Arg::one_of(
        "action",
        &[
            Arg::word("on", "ON"),
            Arg::word("off", "OFF"),
            Arg::word("skip", "SKIP"),
        ],
    )],
    ..Spec::new(reply)
};

fn reply(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    if ctx.args.is(2, "ON") {
        ctx.conn.replies = Replies::On;
        ctx.reply.ok();
    } else if ctx.args.is(2, "OFF") {
        ctx.conn.replies = Replies::Off;
    } else if !ctx.args.is(2, "SKIP") {
        return Err(Error::Syntax);
    } else if ctx.conn.replies != Replies::Off {
        ctx.conn.replies = Replies::SkipNext;
    }
    Ok(())
}

const HELP: Spec = Spec {
    name: "help",
    summary: "Lists the subcommands.",
    since: "5.0.0",
    group: Group::Connection,
    complexity: "O(1)",
    arity: 2,
    flags: Flags::LOADING.or(Flags::STALE),
    acl: Acl::CONNECTION,
    ..Spec::new(help)
};
