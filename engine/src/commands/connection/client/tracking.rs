//! CLIENT TRACKING, CACHING, TRACKINGINFO and GETREDIR: help for clients that cache keys.

use alloc::vec::Vec;

use super::OWN;
use crate::command::printable;
use crate::command::{Acl, Arg, Ctx, Group, Spec};
use crate::error::Error;
use crate::session;
use crate::session::tracking::Tracking;
use crate::types::sort::sort_by;

pub(super) const TRACKING: Spec = Spec {
    name: "tracking",
    summary: "Says whether the connection wants to hear when keys change that it has read.",
    since: "6.0.0",
    group: Group::Connection,
    complexity: "O(1). Some options may introduce additional complexity.",
    arity: -3,
    flags: OWN,
    acl: Acl::CONNECTION,
    args: &[
        Arg::one_of("status", &[Arg::word("on", "ON"), Arg::word("off", "OFF")]),
        Arg::int("client-id").after("REDIRECT").optional(),
        Arg::string("prefix")
            .after("PREFIX")
            .optional()
            .multiple()
            .multiple_token(),
        Arg::word("bcast", "BCAST").optional(),
        Arg::word("optin", "OPTIN").optional(),
        Arg::word("optout", "OPTOUT").optional(),
        Arg::word("noloop", "NOLOOP").optional(),
    ],
    ..Spec::new(tracking)
};

fn tracking(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (wanted, prefixes) = options(ctx)?;
    if ctx.args.is(2, "ON") {
        check(ctx, &wanted, &prefixes)?;
        let everything = [&b""[..]];
        let named = prefixes.iter().copied();
        let all = everything
            .into_iter()
            .take(usize::from(prefixes.is_empty()));
        let tracked = &mut ctx.server.session.tracked;
        tracked.start(ctx.conn, wanted, named.chain(all))?;
    } else if ctx.args.is(2, "OFF") {
        ctx.server.session.tracked.stop(ctx.conn);
    } else {
        return Err(Error::Syntax);
    }
    session::refresh(ctx.keys, ctx.server);
    ctx.reply.ok();
    Ok(())
}

fn options<'a>(ctx: &Ctx<'a>) -> Result<(Tracking, Vec<&'a [u8]>), Error> {
    let args = ctx.args;
    let (mut wanted, mut prefixes) = (Tracking::default(), Vec::new());
    let mut at = 3;
    while at < args.len() {
        let more = at + 1 < args.len();
        if args.is(at, "REDIRECT") && more {
            at += 1;
            if wanted.redirect != 0 {
                return Err(Error::fixed(
                    &"ERR A client can only redirect to a single other client",
                ));
            }
            let id = args.int(at)? as u64;
            if id != ctx.conn.client_id && ctx.clients.find(id).is_none() {
                return Err(Error::fixed(
                    &"ERR The client ID you want redirect to does not exist",
                ));
            }
            wanted.redirect = id;
        } else if args.is(at, "BCAST") {
            wanted.broadcast = true;
        } else if args.is(at, "OPTIN") {
            wanted.opt_in = true;
        } else if args.is(at, "OPTOUT") {
            wanted.opt_out = true;
        } else if args.is(at, "NOLOOP") {
            wanted.no_loop = true;
        } else if args.is(at, "PREFIX") && more {
            at += 1;
            prefixes.try_reserve(1)?;
            prefixes.push(ctx.arg(at));
        } else {
            return Err(Error::Syntax);
        }
        at += 1;
    }
    Ok((wanted, prefixes))
}

/// Whether the options go together, and with how the connection tracks already.
fn check(ctx: &Ctx<'_>, wanted: &Tracking, prefixes: &[&[u8]]) -> Result<(), Error> {
    if !wanted.broadcast && !prefixes.is_empty() {
        return Err(Error::fixed(
            &"ERR PREFIX option requires BCAST mode to be enabled",
        ));
    }
    let own = ctx.conn.tracking.as_deref();
    if own.is_some_and(|own| own.broadcast != wanted.broadcast) {
        return Err(Error::fixed(
            &"ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then \
             re-enabling it with a different mode.",
        ));
    }
    if wanted.broadcast && (wanted.opt_in || wanted.opt_out) {
        return Err(Error::fixed(
            &"ERR OPTIN and OPTOUT are not compatible with BCAST",
        ));
    }
    if wanted.opt_in && wanted.opt_out {
        return Err(Error::fixed(
            &"ERR You can't specify both OPTIN mode and OPTOUT mode",
        ));
    }
    let switches =
        own.is_some_and(|own| (wanted.opt_in && own.opt_out) || (wanted.opt_out && own.opt_in));
    if switches {
        return Err(Error::fixed(
            &"ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then \
             re-enabling it with a different mode.",
        ));
    }
    overlap(ctx, own, prefixes)
}

/// A key must have one of a connection's prefixes at most.
fn overlap(ctx: &Ctx<'_>, own: Option<&Tracking>, prefixes: &[&[u8]]) -> Result<(), Error> {
    let refuse = |prefix: &[u8], kind: &str, other: &[u8]| {
        ctx.refuse_with(&[
            b"ERR Prefix '",
            printable(prefix, usize::MAX),
            b"' overlaps with ",
            kind.as_bytes(),
            b" prefix '",
            printable(other, usize::MAX),
            b"'. Prefixes for a single client must not overlap.",
        ])
    };
    let meet = |left: &[u8], right: &[u8]| left.starts_with(right) || right.starts_with(left);
    for (at, prefix) in prefixes.iter().enumerate() {
        let known = own.map_or(&[][..], |own| &own.prefixes);
        if let Some(other) = known.iter().find(|other| meet(prefix, other)) {
            return Err(refuse(prefix, "an existing", other));
        }
        if let Some(other) = prefixes[at + 1..].iter().find(|other| meet(prefix, other)) {
            return Err(refuse(prefix, "another provided", other));
        }
    }
    Ok(())
}

pub(super) const GETREDIR: Spec = Spec {
    name: "getredir",
    summary: "Tells which connection gets the notices of key tracking.",
    since: "6.0.0",
    group: Group::Connection,
    complexity: "O(1)",
    arity: 2,
    flags: OWN,
    acl: Acl::CONNECTION,
    ..Spec::new(getredir)
};

fn getredir(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    ctx.reply.int(redirect(ctx.conn.tracking.as_deref()));
    Ok(())
}

/// The client id of the connection that gets the notices, 0 for the one itself, -1 where nothing is tracked.
pub(super) fn redirect(tracking: Option<&Tracking>) -> i64 {
    tracking.map_or(-1, |own| own.redirect as i64)
}

pub(super) const TRACKINGINFO: Spec = Spec {
    name: "trackinginfo",
    summary: "Tells how keys are tracked for the connection's cache.",
    since: "6.2.0",
    group: Group::Connection,
    complexity: "O(1)",
    arity: 2,
    flags: OWN,
    acl: Acl::CONNECTION,
    ..Spec::new(trackinginfo)
};

fn trackinginfo(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let off = Tracking::default();
    let is_on = ctx.conn.tracking.is_some();
    let own = ctx.conn.tracking.as_deref().unwrap_or(&off);
    let flags = [
        (!is_on, "off"),
        (is_on, "on"),
        (own.broadcast, "bcast"),
        (own.opt_in, "optin"),
        (own.opt_in && own.caching, "caching-yes"),
        (own.opt_out, "optout"),
        (own.opt_out && own.caching, "caching-no"),
        (own.no_loop, "noloop"),
        (own.broken, "broken_redirect"),
    ];
    let set = || flags.iter().filter(|(set, _)| *set);
    let reply = &mut ctx.reply;
    reply.map(3);
    reply.bulk(b"flags");
    reply.set(set().count());
    set().for_each(|(_, name)| reply.bulk(name.as_bytes()));
    reply.bulk(b"redirect");
    reply.int(redirect(is_on.then_some(own)));
    reply.bulk(b"prefixes");
    // In the order of their names.
    let mut prefixes: Vec<&[u8]> = own.prefixes.iter().map(|prefix| &**prefix).collect();
    sort_by(&mut prefixes, Ord::cmp);
    reply.array(prefixes.len());
    prefixes.into_iter().for_each(|prefix| reply.bulk(prefix));
    Ok(())
}

pub(super) const CACHING: Spec = Spec {
    name: "caching",
    summary: "Says whether the keys of the next command are tracked.",
    since: "6.0.0",
    group: Group::Connection,
    complexity: "O(1)",
    arity: 3,
    flags: OWN,
    acl: Acl::CONNECTION,
    args: &[Arg::one_of(
        "mode",
        &[Arg::word("yes", "YES"), Arg::word("no", "NO")],
    )],
    ..Spec::new(caching)
};

fn caching(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let Some(own) = &mut ctx.conn.tracking else {
        return Err(Error::fixed(
            &"ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or \
             OPTOUT mode enabled",
        ));
    };
    let allowed = if ctx.args.is(2, "YES") {
        let refusal =
            &"ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.";
        own.opt_in.then_some(()).ok_or(refusal)
    } else if ctx.args.is(2, "NO") {
        let refusal =
            &"ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.";
        own.opt_out.then_some(()).ok_or(refusal)
    } else {
        return Err(Error::Syntax);
    };
    allowed.map_err(Error::fixed)?;
    own.caching = true;
    ctx.reply.ok();
    Ok(())
}
