//! AUTH and HELLO. There is one user, `default`, with the password of `requirepass` or none.

use core::hint::black_box;

use super::{SESSION, check_name, store};
use crate::command::printable;
use crate::command::{Acl, Arg, Ctx, Flags, Group, Spec};
use crate::conn::Conn;
use crate::error::Error;
use crate::resp::Protocol;

pub(crate) const SPECS: &[Spec] = &[AUTH, HELLO];

/// The version of Redis whose behaviour clients can count on.
const REDIS_VERSION: &str = "7.2.6";

const WRONG_PASS: Error =
    Error::fixed(&"WRONGPASS invalid username-password pair or user is disabled.");
const NO_PASSWORD_SET: Error = Error::fixed(
    &"ERR AUTH <password> called without any password configured for the default user. Are you sure \
     your configuration is correct?",
);
const HELLO_NO_AUTH: Error = Error::fixed(
    &"NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> \
     AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol \
     version at the same time",
);

const AUTH: Spec = Spec {
    name: "auth",
    summary: "Shows who the client is by a password, or a user's name and password.",
    since: "1.0.0",
    group: Group::Connection,
    complexity: "O(N) where N is the number of passwords defined for the user",
    history: &[("6.0.0", "A user name can be given.")],
    arity: -2,
    flags: SESSION.or(Flags::FAST),
    acl: Acl::CONNECTION,
    args: &[
        Arg::string("username").optional().since("6.0.0"),
        Arg::string("password"),
    ],
    ..Spec::new(auth)
};

fn auth(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let required = &ctx.server.config.requirepass;
    match ctx.args.len() {
        2 if required.is_empty() => return Err(NO_PASSWORD_SET),
        2 => authenticate(ctx.conn, required, b"default", ctx.args.at(1))?,
        3 => authenticate(ctx.conn, required, ctx.args.at(1), ctx.args.at(2))?,
        _ => return Err(Error::Syntax),
    }
    ctx.reply.ok();
    Ok(())
}

/// Lets a connection in if user and password are right. A failed attempt takes nothing from one that is in.
fn authenticate(
    conn: &mut Conn,
    required: &[u8],
    user: &[u8],
    password: &[u8],
) -> Result<(), Error> {
    if user != b"default" || !(required.is_empty() || equals(password, required)) {
        return Err(WRONG_PASS);
    }
    conn.authenticated = true;
    Ok(())
}

/// Compares in a time that depends on the length of `given` only, so that it tells nothing about `secret`.
fn equals(given: &[u8], secret: &[u8]) -> bool {
    let mut difference = u8::from(given.len() != secret.len());
    for (at, byte) in given.iter().enumerate() {
        let other = secret.get(at % secret.len().max(1)).copied().unwrap_or(0);
        difference = black_box(difference | (byte ^ other));
    }
    difference == 0
}

const HELLO: Spec = Spec {
    name: "hello",
    summary: "Opens the talk: chooses the protocol, and can authenticate and name the connection.",
    since: "6.0.0",
    group: Group::Connection,
    complexity: "O(1)",
    history: &[(
        "6.2.0",
        "The version can be left out; the connection's state is then only told.",
    )],
    arity: -1,
    flags: SESSION.or(Flags::FAST),
    acl: Acl::CONNECTION,
    args: &[Arg::block(
        "arguments",
        &[
            Arg::int("protover"),
            Arg::block("auth", &[Arg::string("username"), Arg::string("password")])
                .after("AUTH")
                .optional(),
            Arg::string("clientname").after("SETNAME").optional(),
        ],
    )
    .optional()],
    ..Spec::new(hello)
};

/// What HELLO's arguments ask for.
#[derive(Default)]
struct Hello<'a> {
    protocol: Option<Protocol>,
    credentials: Option<(&'a [u8], &'a [u8])>,
    name: Option<&'a [u8]>,
}

fn hello(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let wanted = parse_hello(ctx)?;
    if let Some((user, password)) = wanted.credentials {
        authenticate(ctx.conn, &ctx.server.config.requirepass, user, password)?;
    }
    if !ctx.conn.authenticated {
        return Err(HELLO_NO_AUTH);
    }
    if let Some(name) = wanted.name {
        store(&mut ctx.conn.name, name)?;
    }
    if let Some(protocol) = wanted.protocol {
        ctx.conn.protocol = protocol;
        ctx.reply.set_protocol(protocol);
    }
    let version = match ctx.conn.protocol {
        Protocol::Resp2 => 2,
        Protocol::Resp3 => 3,
    };
    let reply = &mut ctx.reply;
    reply.map(7);
    reply.bulk(b"server");
    reply.bulk(b"redis");
    reply.bulk(b"version");
    reply.bulk(REDIS_VERSION.as_bytes());
    reply.bulk(b"proto");
    reply.int(version);
    reply.bulk(b"id");
    reply.int(ctx.conn.client_id as i64);
    reply.bulk(b"mode");
    reply.bulk(b"standalone");
    reply.bulk(b"role");
    reply.bulk(b"master");
    reply.bulk(b"modules");
    reply.array(0);
    Ok(())
}

fn parse_hello<'a>(ctx: &Ctx<'a>) -> Result<Hello<'a>, Error> {
    let mut hello = Hello::default();
    if ctx.args.len() < 2 {
        return Ok(hello);
    }
    let version = ctx
        .args
        .int(1)
        .map_err(|_| Error::fixed(&"ERR Protocol version is not an integer or out of range"))?;
    hello.protocol = Some(match version {
        2 => Protocol::Resp2,
        3 => Protocol::Resp3,
        _ => return Err(Error::fixed(&"NOPROTO unsupported protocol version")),
    });
    let mut at = 2;
    while at < ctx.args.len() {
        let behind = ctx.args.len() - 1 - at;
        if ctx.args.is(at, "AUTH") && behind >= 2 {
            hello.credentials = Some((ctx.arg(at + 1), ctx.arg(at + 2)));
            at += 3;
        } else if ctx.args.is(at, "SETNAME") && behind >= 1 {
            check_name(ctx.arg(at + 1))?;
            hello.name = Some(ctx.arg(at + 1));
            at += 2;
        } else {
            return Err(ctx.refuse_with(&[
                b"ERR Syntax error in HELLO option '",
                printable(ctx.arg(at), usize::MAX),
                b"'",
            ]));
        }
    }
    Ok(hello)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_compare_whole() {
        assert!(equals(b"secret", b"secret"));
        for wrong in [&b"secre"[..], b"secrets", b"secretsecret", b"Secret", b""] {
            assert!(!equals(wrong, b"secret"), "{wrong:?}");
        }
    }
}
