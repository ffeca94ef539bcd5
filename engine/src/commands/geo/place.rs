//! Single places: GEOADD, GEODIST, GEOHASH and GEOPOS.

use super::{any_point, point, reply_distance, reply_point, unit};
use crate::command::{Acl, Arg, ArgKind, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::commands::sorted_set::add::{put_all, reply_added};
use crate::error::Error;
use crate::keyspace::Event;
use crate::types::geo::{Unit, decode_score, encode_score, geohash_text};
use crate::types::sorted_set::{Rule, SortedSet};

pub(crate) const SPECS: &[Spec] = &[GEOADD, GEODIST, GEOHASH, GEOPOS];

const GEOADD: Spec = Spec {
    name: "geoadd",
    summary: "Adds places with their longitude and latitude to a geo set.",
    since: "3.2.0",
    group: Group::Geo,
    complexity: "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
    history: &[("6.2.0", "Takes `CH`, `NX` and `XX`.")],
    arity: -5,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    acl: Acl::GEO,
    keys: &[KeySpec::at(1, KeyFlags::RW.or(KeyFlags::UPDATE))],
    args: &[
        Arg::key("key", 0),
        Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")])
            .optional()
            .since("6.2.0"),
        Arg::word("change", "CH").optional().since("6.2.0"),
        Arg::block(
            "longitude_latitude_member",
            &[
                Arg::new("longitude", ArgKind::Double),
                Arg::new("latitude", ArgKind::Double),
                Arg::string("member"),
            ],
        )
        .multiple(),
    ],
    ..Spec::new(geoadd)
};

fn geoadd(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (args, mut rule, mut count_moved, mut first) = (ctx.args, Rule::default(), false, 2);
    loop {
        if args.is(first, "NX") {
            rule.missing = true;
        } else if args.is(first, "XX") {
            rule.present = true;
        } else if args.is(first, "CH") {
            count_moved = true;
        } else {
            break;
        }
        first += 1;
    }
    let places = args.from(first);
    if !places.len().is_multiple_of(3) || places.is_empty() || rule.missing && rule.present {
        return Err(Error::Syntax);
    }
    let place = |index: usize| {
        let score = encode_score(any_point(places, 3 * index)?).unwrap_or_default();
        Ok((score as f64, places.at(3 * index + 2)))
    };
    for index in 0..places.len() / 3 {
        point(places, 3 * index, &ctx.server.told)?;
    }
    let count = places.len() / 3;
    let added = put_all(ctx, rule, Event::ZADD, (first, 3, count), place)?;
    reply_added(ctx, &added, rule, count_moved);
    Ok(())
}

const GEODIST: Spec = Spec {
    name: "geodist",
    summary: "Gives the distance between two places.",
    since: "3.2.0",
    group: Group::Geo,
    complexity: "O(log(N))",
    arity: -4,
    flags: Flags::READONLY,
    acl: Acl::GEO,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    member: 2,
    args: &[
        Arg::key("key", 0),
        Arg::string("member1"),
        Arg::string("member2"),
        Arg::one_of(
            "unit",
            &[
                Arg::word("m", "M"),
                Arg::word("km", "KM"),
                Arg::word("ft", "FT"),
                Arg::word("mi", "MI"),
            ],
        )
        .optional(),
    ],
    ..Spec::new(geodist)
};

fn geodist(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let unit = match ctx.args.len() {
        4 => Unit::Metre,
        5 => unit(ctx.arg(4))?,
        _ => return Err(Error::Syntax),
    };
    let set = ctx.keys.read_collection::<SortedSet>(ctx.arg(1))?;
    let point = |index| {
        let (set, hasher) = set?;
        set.score(hasher, ctx.args.at(index)).map(decode_score)
    };
    match (point(2), point(3)) {
        (Some(from), Some(to)) => {
            reply_distance(&mut ctx.reply, from.distance(to) / unit.metres());
        }
        _ => ctx.reply.null(),
    }
    Ok(())
}

const GEOHASH: Spec = Spec {
    name: "geohash",
    summary: "Gives the standard geohashes of places.",
    since: "3.2.0",
    group: Group::Geo,
    complexity: "O(log(N)) for each member requested, where N is the number of elements in the sorted set.",
    arity: -2,
    flags: Flags::READONLY,
    acl: Acl::GEO,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    member: 2,
    args: &[Arg::key("key", 0), Arg::string("member").multiple()],
    ..Spec::new(geohash)
};

fn geohash(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let set = ctx.keys.read_collection::<SortedSet>(ctx.arg(1))?;
    let members = ctx.args.from(2);
    ctx.reply.array(members.len());
    for member in members.iter() {
        match set.and_then(|(set, hasher)| set.score(hasher, member)) {
            Some(score) => ctx.reply.bulk(&geohash_text(score)),
            None => ctx.reply.null(),
        }
    }
    Ok(())
}

const GEOPOS: Spec = Spec {
    name: "geopos",
    summary: "Gives the longitude and latitude of places.",
    since: "3.2.0",
    group: Group::Geo,
    complexity: "O(N) where N is the number of members requested.",
    arity: -2,
    flags: Flags::READONLY,
    acl: Acl::GEO,
    keys: &[KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS))],
    member: 2,
    args: &[Arg::key("key", 0), Arg::string("member").multiple()],
    ..Spec::new(geopos)
};

fn geopos(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let set = ctx.keys.read_collection::<SortedSet>(ctx.arg(1))?;
    let members = ctx.args.from(2);
    ctx.reply.array(members.len());
    for member in members.iter() {
        match set.and_then(|(set, hasher)| set.score(hasher, member)) {
            Some(score) => reply_point(&mut ctx.reply, decode_score(score)),
            None => ctx.reply.null_array(),
        }
    }
    Ok(())
}
