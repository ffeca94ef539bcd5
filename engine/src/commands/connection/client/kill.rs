//! CLIENT KILL.

use alloc::vec::Vec;

use super::{ClientType, OTHERS};
use crate::boundary::{CloseReason, ConnId};
use crate::command::printable;
use crate::command::{Acl, Arg, Ctx, Group, Spec};
use crate::conn::Conn;
use crate::error::Error;

pub(super) const KILL: Spec = Spec {
    name: "kill",
    summary: "Closes the connection from an address, or all that pass every filter given.",
    since: "2.4.0",
    group: Group::Connection,
    complexity: "O(N) where N is the number of client connections",
    history: &[
        ("2.8.12", "Filters, among them `ID`."),
        ("3.2.0", "`TYPE master`."),
        ("5.0.0", "`TYPE replica`; `slave` means the same."),
        ("6.2.0", "The filter `LADDR`."),
        ("7.4.0", "The filter `MAXAGE`."),
    ],
    arity: -3,
    flags: OTHERS,
    acl: Acl::CONNECTION,
    args: &[Arg::one_of(
        "filter",
        &[
            Arg::string("old-format").display("ip:port"),
            Arg::one_of("new-format", FILTERS).multiple(),
        ],
    )],
    ..Spec::new(kill)
};

const FILTERS: &[Arg] = &[
    Arg::int("client-id").after("ID").optional().since("2.8.12"),
    Arg::one_of(
        "client-type",
        &[
            Arg::word("normal", "NORMAL"),
            Arg::word("master", "MASTER").since("3.2.0"),
            Arg::word("slave", "SLAVE"),
            Arg::word("replica", "REPLICA").since("5.0.0"),
            Arg::word("pubsub", "PUBSUB"),
        ],
    )
    .after("TYPE")
    .optional()
    .since("2.8.12"),
    Arg::string("username").after("USER").optional(),
    Arg::string("addr")
        .after("ADDR")
        .optional()
        .display("ip:port"),
    Arg::string("laddr")
        .after("LADDR")
        .optional()
        .since("6.2.0")
        .display("ip:port"),
    Arg::one_of("skipme", &[Arg::word("yes", "YES"), Arg::word("no", "NO")])
        .after("SKIPME")
        .optional(),
    Arg::int("maxage").after("MAXAGE").optional().since("7.4.0"),
];

/// What a connection must be to be closed; nothing given means anything goes. All connections are of the
/// one user, whose name is checked when it is read.
#[derive(Default)]
struct Filter<'a> {
    client_id: Option<u64>,
    kind: Option<ClientType>,
    address: Option<&'a [u8]>,
    local_address: Option<&'a [u8]>,
    skip_me: bool,
    age_secs_min: u64,
}

impl<'a> Filter<'a> {
    fn parse(ctx: &Ctx<'a>) -> Result<Filter<'a>, Error> {
        let mut filter = Filter {
            skip_me: true,
            ..Filter::default()
        };
        let mut at = 2;
        while at < ctx.args.len() {
            if at + 1 == ctx.args.len() {
                return Err(Error::Syntax);
            }
            filter.option(ctx, at)?;
            at += 2;
        }
        Ok(filter)
    }

    /// Takes the option at `at`, whose value follows.
    fn option(&mut self, ctx: &Ctx<'a>, at: usize) -> Result<(), Error> {
        let args = ctx.args;
        let value = ctx.arg(at + 1);
        if args.is(at, "ID") {
            let id = args.int(at + 1).ok().filter(|id| *id > 0);
            self.client_id =
                Some(id.ok_or(Error::fixed(&"ERR client-id should be greater than 0"))? as u64);
        } else if args.is(at, "MAXAGE") {
            self.age_secs_min = max_age(ctx, at + 1)?;
        } else if args.is(at, "TYPE") {
            self.kind = Some(ClientType::parse(ctx, value)?);
        } else if args.is(at, "ADDR") {
            self.address = Some(value);
        } else if args.is(at, "LADDR") {
            self.local_address = Some(value);
        } else if args.is(at, "USER") {
            if value != b"default" {
                let user = printable(value, usize::MAX);
                return Err(ctx.refuse_with(&[b"ERR No such user '", user, b"'"]));
            }
        } else if args.is(at, "SKIPME") && args.is(at + 1, "YES") {
            self.skip_me = true;
        } else if args.is(at, "SKIPME") && args.is(at + 1, "NO") {
            self.skip_me = false;
        } else {
            return Err(Error::Syntax);
        }
        Ok(())
    }

    fn matches(&self, conn: &Conn, ctx: &Ctx<'_>) -> bool {
        let age_ms = ctx.now.unix_ms.saturating_sub(conn.created_ms);
        self.client_id.is_none_or(|id| id == conn.client_id)
            && self.kind.is_none_or(|kind| kind == ClientType::of(conn))
            && self
                .address
                .is_none_or(|address| address == conn.peer.address.as_bytes())
            && self
                .local_address
                .is_none_or(|address| address == conn.peer.local_address.as_bytes())
            && !(self.skip_me && conn.client_id == ctx.conn.client_id)
            && age_ms / 1000 >= self.age_secs_min
    }
}

fn max_age(ctx: &Ctx<'_>, at: usize) -> Result<u64, Error> {
    let age = ctx
        .args
        .int(at)
        .map_err(|_| Error::fixed(&"ERR maxage is not an integer or out of range"))?;
    match u64::try_from(age) {
        Ok(age) if age > 0 => Ok(age),
        _ => Err(Error::fixed(&"ERR maxage should be greater than 0")),
    }
}

fn kill(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let old_form = ctx.args.len() == 3;
    let filter = if old_form {
        Filter {
            address: Some(ctx.arg(2)),
            ..Filter::default()
        }
    } else {
        Filter::parse(ctx)?
    };
    let victims = victims(ctx, &filter);
    for id in &victims {
        if *id == ctx.conn.id {
            ctx.conn.closing = true;
        } else {
            crate::session::kill(ctx.clients, ctx.server, *id, CloseReason::Killed);
        }
    }
    match (old_form, victims.len()) {
        (true, 0) => return Err(Error::fixed(&"ERR No such client")),
        (true, _) => ctx.reply.ok(),
        (false, count) => ctx.reply.int(count as i64),
    }
    Ok(())
}

/// The connections that a filter lets through. O(log connections) where it names one by its id.
fn victims(ctx: &Ctx<'_>, filter: &Filter<'_>) -> Vec<ConnId> {
    let matching = |conn: &&Conn| filter.matches(conn, ctx);
    match filter.client_id {
        Some(id) if id == ctx.conn.client_id => Some(&*ctx.conn)
            .filter(matching)
            .map(|conn| conn.id)
            .into_iter()
            .collect(),
        Some(id) => {
            let found = ctx.clients.find(id).filter(matching);
            found.map(|conn| conn.id).into_iter().collect()
        }
        None => {
            let all = ctx.clients.in_order(ctx.conn);
            all.filter(matching).map(|conn| conn.id).collect()
        }
    }
}
