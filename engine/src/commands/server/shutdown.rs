//! SHUTDOWN. What is to be stored first is [`store`](crate::store)'s.

use crate::command::{Arg, Ctx, Flags, Group, Spec};
use crate::error::Error;
use crate::script::Busy;
use crate::server::Pending;
use crate::store::{self, Wish};

pub(crate) const SPECS: &[Spec] = &[SHUTDOWN];

const SHUTDOWN: Spec = Spec {
    name: "shutdown",
    summary: "Ends the server.",
    since: "1.0.0",
    group: Group::Server,
    complexity: "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
    history: &[("7.0.0", "New options `NOW`, `FORCE` and `ABORT`.")],
    arity: -1,
    flags: Flags::ADMIN
        .or(Flags::NOSCRIPT)
        .or(Flags::LOADING)
        .or(Flags::STALE)
        .or(Flags::NO_MULTI)
        .or(Flags::ALLOW_BUSY),
    args: &[
        Arg::one_of(
            "nosave_save",
            &[Arg::word("nosave", "NOSAVE"), Arg::word("save", "SAVE")],
        )
        .optional(),
        Arg::word("now", "NOW").optional().since("7.0.0"),
        Arg::word("force", "FORCE").optional().since("7.0.0"),
        Arg::word("abort", "ABORT").optional().since("7.0.0"),
    ],
    ..Spec::new(shutdown)
};

/// SHUTDOWN's options.
#[derive(Default)]
struct Options {
    nosave: bool,
    save: bool,
    now: bool,
    force: bool,
    abort: bool,
}

impl Options {
    fn parse(ctx: &Ctx<'_>) -> Result<Options, Error> {
        let mut options = Options::default();
        for index in 1..ctx.args.len() {
            let named = [
                ("NOSAVE", &mut options.nosave),
                ("SAVE", &mut options.save),
                ("NOW", &mut options.now),
                ("FORCE", &mut options.force),
                ("ABORT", &mut options.abort),
            ];
            let found = named.into_iter().find(|(name, _)| ctx.args.is(index, name));
            *found.ok_or(Error::Syntax)?.1 = true;
        }
        let others = options.nosave || options.save || options.now || options.force;
        if (options.abort && others) || (options.nosave && options.save) {
            return Err(Error::Syntax);
        }
        Ok(options)
    }
}

fn shutdown(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let options = Options::parse(ctx)?;
    let server = &mut *ctx.server;
    if options.abort {
        // Nobody is waited for: what has begun does not take long.
        if !store::call_off(server) {
            return Err(Error::fixed(&"ERR No shutdown in progress."));
        }
        ctx.reply.ok();
        return Ok(());
    }
    if let (Some(Busy::Refuse(error)), false) = (server.scripts.busy(), options.nosave) {
        return Err(error);
    }
    let ticket = server.park_for(ctx.conn, Pending::Shutdown);
    let loading = server.store.loading.is_some();
    let wish = Wish {
        save: options.save && !loading,
        nosave: options.nosave || loading,
        force: options.force,
    };
    store::end(server, wish, ticket);
    Ok(())
}
