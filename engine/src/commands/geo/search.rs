//! Searches around a point: GEOSEARCH, GEOSEARCHSTORE and the older GEORADIUS family.

use alloc::vec::Vec;

use super::{point, reply_distance, reply_point, unit};
use crate::command::{Acl, Arg, ArgKind, Begin, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::commands::sorted_set::{limits, reply_member, store};
use crate::error::{Error, Told};
use crate::keyspace::Event;
use crate::number::float;
use crate::resp::{Args, Reply};
use crate::types::KeyHasher;
use crate::types::geo::{Point, Search, Shape, Unit, decode_score};
use crate::types::listpack::Element;
use crate::types::sort::{sort_by, sort_first};
use crate::types::sorted_set::{Limits, ScoreRange, SortedSet};

pub(crate) const SPECS: &[Spec] = &[
    GEOSEARCH,
    GEOSEARCHSTORE,
    GEORADIUS,
    GEORADIUS_RO,
    GEORADIUSBYMEMBER,
    GEORADIUSBYMEMBER_RO,
];

const LONGITUDE: Arg = Arg::new("longitude", ArgKind::Double);
const LATITUDE: Arg = Arg::new("latitude", ArgKind::Double);
const RADIUS: Arg = Arg::new("radius", ArgKind::Double);
const WITH_COORD: Arg = Arg::word("withcoord", "WITHCOORD").optional();
const WITH_DIST: Arg = Arg::word("withdist", "WITHDIST").optional();
const WITH_HASH: Arg = Arg::word("withhash", "WITHHASH").optional();
const STORE: Arg = Arg::key("key", 1).after("STORE").optional();
const STOREDIST: Arg = Arg::key("key", 2).after("STOREDIST").optional();

const UNIT: Arg = Arg::one_of(
    "unit",
    &[
        Arg::word("m", "M"),
        Arg::word("km", "KM"),
        Arg::word("ft", "FT"),
        Arg::word("mi", "MI"),
    ],
);

const ORDER: Arg = Arg::one_of(
    "order",
    &[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")],
)
.optional();

const ANY: Arg = Arg::word("any", "ANY").optional();
const COUNT: Arg = Arg::block("count", &[Arg::int("count").after("COUNT"), ANY]).optional();
/// The same where ANY came later.
const COUNT_SINCE: Arg = Arg::block(
    "count",
    &[Arg::int("count").after("COUNT"), ANY.since("6.2.0")],
)
.optional();

const FROM: Arg = Arg::one_of(
    "from",
    &[
        Arg::string("member").after("FROMMEMBER"),
        Arg::block("longitude_latitude", &[LONGITUDE, LATITUDE]).after("FROMLONLAT"),
    ],
);

const BY: Arg = Arg::one_of(
    "by",
    &[
        Arg::block("circle", &[RADIUS.after("BYRADIUS"), UNIT]),
        Arg::block(
            "box",
            &[
                Arg::new("width", ArgKind::Double).after("BYBOX"),
                Arg::new("height", ArgKind::Double),
                UNIT,
            ],
        ),
    ],
);

/// What the searches that only read have in common.
const SEARCH: Spec = Spec {
    group: Group::Geo,
    flags: Flags::READONLY,
    acl: Acl::GEO,
    keys: &[READ],
    ..Spec::new(geosearch)
};

const READ: KeySpec = KeySpec::at(1, KeyFlags::RO.or(KeyFlags::ACCESS));

/// The key behind a word, from an argument on.
const fn behind(word: &'static str, from: i32) -> KeySpec {
    KeySpec {
        begin: Begin::Keyword { word, from },
        ..KeySpec::at(0, KeyFlags::OW.or(KeyFlags::UPDATE))
    }
}

const AROUND_COMPLEXITY: &str = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.";
const SEARCH_COMPLEXITY: &str = "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as the filter and M is the number of items inside the shape";

const GEOSEARCH: Spec = Spec {
    name: "geosearch",
    summary: "Finds the places in a circle or box.",
    since: "6.2.0",
    complexity: SEARCH_COMPLEXITY,
    history: &[("7.0.0", "Units may be in upper case.")],
    arity: -7,
    args: &[
        Arg::key("key", 0),
        FROM,
        BY,
        ORDER,
        COUNT,
        WITH_COORD,
        WITH_DIST,
        WITH_HASH,
    ],
    handler: geosearch,
    ..SEARCH
};

fn geosearch(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    run(ctx, Form::Search)
}

const GEOSEARCHSTORE: Spec = Spec {
    name: "geosearchstore",
    summary: "Stores the places in a circle or box at another key.",
    since: "6.2.0",
    complexity: SEARCH_COMPLEXITY,
    history: &[("7.0.0", "Units may be in upper case.")],
    arity: -8,
    flags: Flags::WRITE.or(Flags::DENYOOM),
    keys: &[
        KeySpec::at(1, KeyFlags::OW.or(KeyFlags::UPDATE)),
        KeySpec::at(2, KeyFlags::RO.or(KeyFlags::ACCESS)),
    ],
    args: &[
        Arg::key("destination", 0),
        Arg::key("source", 1),
        FROM,
        BY,
        ORDER,
        COUNT,
        Arg::word("storedist", "STOREDIST").optional(),
    ],
    handler: geosearchstore,
    ..SEARCH
};

fn geosearchstore(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    run(ctx, Form::SearchStore)
}

const GEORADIUS: Spec = Spec {
    name: "georadius",
    summary: "Finds the places around a point, and may store them.",
    since: "3.2.0",
    complexity: AROUND_COMPLEXITY,
    deprecated: Some((
        "6.2.0",
        "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
    )),
    history: &[
        ("6.2.0", "Takes `ANY` behind `COUNT`."),
        ("7.0.0", "Units may be in upper case."),
    ],
    arity: -6,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::MOVABLEKEYS),
    keys: &[READ, behind("STORE", 6), behind("STOREDIST", 6)],
    args: &[
        Arg::key("key", 0),
        LONGITUDE,
        LATITUDE,
        RADIUS,
        UNIT,
        WITH_COORD,
        WITH_DIST,
        WITH_HASH,
        COUNT_SINCE,
        ORDER,
        STORE,
        STOREDIST,
    ],
    handler: georadius,
    ..SEARCH
};

fn georadius(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    run(ctx, Form::Around { storing: true })
}

const GEORADIUS_RO: Spec = Spec {
    name: "georadius_ro",
    summary: "Finds the places around a point.",
    since: "3.2.10",
    complexity: AROUND_COMPLEXITY,
    deprecated: Some(("6.2.0", "`GEOSEARCH` with the `BYRADIUS` argument")),
    history: &[("6.2.0", "Takes `ANY` behind `COUNT`.")],
    arity: -6,
    args: &[
        Arg::key("key", 0),
        LONGITUDE,
        LATITUDE,
        RADIUS,
        UNIT,
        WITH_COORD,
        WITH_DIST,
        WITH_HASH,
        COUNT_SINCE,
        ORDER,
    ],
    handler: georadius_ro,
    ..SEARCH
};

fn georadius_ro(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    run(ctx, Form::Around { storing: false })
}

const GEORADIUSBYMEMBER: Spec = Spec {
    name: "georadiusbymember",
    summary: "Finds the places around another place, and may store them.",
    since: "3.2.0",
    complexity: AROUND_COMPLEXITY,
    deprecated: Some((
        "6.2.0",
        "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
    )),
    history: &[("7.0.0", "Units may be in upper case.")],
    arity: -5,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::MOVABLEKEYS),
    keys: &[READ, behind("STORE", 5), behind("STOREDIST", 5)],
    args: &[
        Arg::key("key", 0),
        Arg::string("member"),
        Arg::new("radius", ArgKind::Double),
        UNIT,
        WITH_COORD,
        WITH_DIST,
        WITH_HASH,
        COUNT,
        ORDER,
        STORE,
        STOREDIST,
    ],
    handler: georadiusbymember,
    ..SEARCH
};

fn georadiusbymember(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    run(ctx, Form::AroundMember { storing: true })
}

const GEORADIUSBYMEMBER_RO: Spec = Spec {
    name: "georadiusbymember_ro",
    summary: "Finds the places around another place.",
    since: "3.2.10",
    complexity: AROUND_COMPLEXITY,
    deprecated: Some((
        "6.2.0",
        "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
    )),
    arity: -5,
    args: &[
        Arg::key("key", 0),
        Arg::string("member"),
        Arg::new("radius", ArgKind::Double),
        UNIT,
        WITH_COORD,
        WITH_DIST,
        WITH_HASH,
        COUNT,
        ORDER,
    ],
    handler: georadiusbymember_ro,
    ..SEARCH
};

fn georadiusbymember_ro(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    run(ctx, Form::AroundMember { storing: false })
}

/// Which command it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Search,
    SearchStore,
    Around { storing: bool },
    AroundMember { storing: bool },
}

impl Form {
    fn is_search(self) -> bool {
        matches!(self, Form::Search | Form::SearchStore)
    }
}

/// The set to be searched, where there is one.
type Source<'a> = Option<(&'a SortedSet, &'a KeyHasher)>;

fn run(ctx: &mut Ctx<'_>, form: Form) -> Result<(), Error> {
    let (args, limits) = (ctx.args, limits(ctx));
    let key = args.at(if form == Form::SearchStore { 2 } else { 1 });
    let source = ctx.keys.read_collection::<SortedSet>(key)?;
    let request = Request::parse(args, form, source, &ctx.server.told)?;
    let found = match (source, request.search()) {
        (Some((set, _)), Some(search)) => request.find(set, &search)?,
        _ => Vec::new(),
    };
    let Some(target) = request.target else {
        request.reply(&mut ctx.reply, &found);
        return Ok(());
    };
    let mut result = SortedSet::default();
    if let Some((_, hasher)) = source {
        request.collect(&found, hasher, limits, &mut result)?;
    }
    drop(found);
    let event = if form.is_search() {
        Event::GEOSEARCHSTORE
    } else {
        Event::GEORADIUSSTORE
    };
    store(ctx, target, result, event)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Nearest,
    Farthest,
}

/// What a request asks for.
#[derive(Default)]
struct Request<'a> {
    /// The word that the command was called by.
    name: &'a [u8],
    center: Option<Point>,
    by_member: bool,
    shape: Option<(Shape, Unit)>,
    distances: bool,
    hashes: bool,
    points: bool,
    any: bool,
    /// 0: all.
    count: usize,
    order: Option<Order>,
    target: Option<&'a [u8]>,
    store_distances: bool,
}

/// A place found, and metres to it.
struct Found<'a> {
    /// How many were found before.
    turn: usize,
    member: Element<'a>,
    score: f64,
    point: Point,
    metres: f64,
}

impl<'a> Request<'a> {
    fn parse(args: Args<'a>, form: Form, source: Source<'_>, told: &Told) -> Result<Self, Error> {
        let mut request = Request {
            name: args.at(0),
            ..Request::default()
        };
        let first = match form {
            Form::Search => 2,
            Form::SearchStore => {
                request.target = Some(args.at(1));
                3
            }
            Form::Around { .. } => {
                request.center = Some(point(args, 2, told)?);
                request.shape = Some(circle(args, 4)?);
                6
            }
            Form::AroundMember { .. } => {
                if source.is_some() {
                    request.center = Some(point_of(source, args.at(2))?);
                    request.shape = Some(circle(args, 3)?);
                }
                5
            }
        };
        let mut index = first;
        while index < args.len() {
            index += request.option(args, index, form, source, told)?;
        }
        request.check(form, told)?;
        if request.count > 0 && request.order.is_none() && !request.any {
            request.order = Some(Order::Nearest);
        }
        Ok(request)
    }

    /// Reads the option at `index` and gives its length in arguments.
    fn option(
        &mut self,
        args: Args<'a>,
        index: usize,
        form: Form,
        source: Source<'_>,
        told: &Told,
    ) -> Result<usize, Error> {
        let left = args.len() - index - 1;
        let storing = matches!(
            form,
            Form::Around { storing: true } | Form::AroundMember { storing: true }
        );
        let is = |word| args.is(index, word);
        if is("WITHDIST") {
            self.distances = true;
        } else if is("WITHHASH") {
            self.hashes = true;
        } else if is("WITHCOORD") {
            self.points = true;
        } else if is("ANY") {
            self.any = true;
        } else if is("ASC") {
            self.order = Some(Order::Nearest);
        } else if is("DESC") {
            self.order = Some(Order::Farthest);
        } else if is("COUNT") && left >= 1 {
            let count = args.int(index + 1)?;
            if count <= 0 {
                return Err(Error::fixed(&"ERR COUNT must be > 0"));
            }
            self.count = usize::try_from(count).unwrap_or(usize::MAX);
            return Ok(2);
        } else if storing && (is("STORE") || is("STOREDIST")) && left >= 1 {
            self.target = Some(args.at(index + 1));
            self.store_distances = is("STOREDIST");
            return Ok(2);
        } else if form == Form::SearchStore && is("STOREDIST") {
            self.store_distances = true;
        } else if form.is_search() {
            return self.area_option(args, index, source, told);
        } else {
            return Err(Error::Syntax);
        }
        Ok(1)
    }

    /// Reads an option that says where GEOSEARCH looks.
    fn area_option(
        &mut self,
        args: Args<'a>,
        index: usize,
        source: Source<'_>,
        told: &Told,
    ) -> Result<usize, Error> {
        let left = args.len() - index - 1;
        let is = |word| args.is(index, word);
        let by_point = self.center.is_some() && !self.by_member;
        let is_box = matches!(self.shape, Some((Shape::Box { .. }, _)));
        let is_circle = matches!(self.shape, Some((Shape::Circle { .. }, _)));
        if is("FROMMEMBER") && left >= 1 && !by_point {
            self.by_member = true;
            if source.is_some() {
                self.center = Some(point_of(source, args.at(index + 1))?);
            }
            Ok(2)
        } else if is("FROMLONLAT") && left >= 2 && !self.by_member {
            self.center = Some(point(args, index + 1, told)?);
            Ok(3)
        } else if is("BYRADIUS") && left >= 2 && !is_box {
            self.shape = Some(circle(args, index + 1)?);
            Ok(3)
        } else if is("BYBOX") && left >= 3 && !is_circle {
            self.shape = Some(rectangle(args, index + 1)?);
            Ok(4)
        } else {
            Err(Error::Syntax)
        }
    }

    /// Whether the options fit together.
    fn check(&self, form: Form, told: &Told) -> Result<(), Error> {
        if self.target.is_some() && (self.distances || self.hashes || self.points) {
            return Err(Error::fixed(if form == Form::SearchStore {
                &"ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
            } else {
                &"ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
            }));
        }
        let missing = |what: &[u8]| Err(told.tell_pieces(&[what, self.name]));
        if form.is_search() && !self.by_member && self.center.is_none() {
            return missing(b"ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ");
        }
        if form.is_search() && self.shape.is_none() {
            return missing(b"ERR exactly one of BYRADIUS and BYBOX can be specified for ");
        }
        if self.any && self.count == 0 {
            return Err(Error::fixed(
                &"ERR the ANY argument requires COUNT argument",
            ));
        }
        Ok(())
    }

    fn search(&self) -> Option<Search> {
        let (shape, unit) = self.shape?;
        Some(Search {
            center: self.center?,
            shape,
            unit,
        })
    }

    fn metres(&self) -> f64 {
        self.shape.map_or(1.0, |(_, unit)| unit.metres())
    }

    /// The places asked for, in their order.
    fn find<'s>(&self, set: &'s SortedSet, search: &Search) -> Result<Vec<Found<'s>>, Error> {
        let mut found: Vec<Found<'s>> = Vec::new();
        let is_enough = |found: &Vec<Found<'s>>| self.any && found.len() >= self.count;
        for area in search.areas().as_slice() {
            if is_enough(&found) {
                break;
            }
            let scores = ScoreRange {
                min: area.min as f64,
                max: area.end as f64,
                above_min: false,
                below_max: true,
            };
            for (member, score) in set.range(set.ranks_of_scores(&scores), false) {
                let point = decode_score(score);
                let Some(metres) = search.distance(point) else {
                    continue;
                };
                found.try_reserve(1)?;
                found.push(Found {
                    turn: found.len(),
                    member,
                    score,
                    point,
                    metres,
                });
                if is_enough(&found) {
                    break;
                }
            }
        }
        if let Some(order) = self.order {
            let by_distance = |a: &Found<'_>, b: &Found<'_>| match order {
                Order::Nearest => a.metres.total_cmp(&b.metres),
                Order::Farthest => b.metres.total_cmp(&a.metres),
            };
            if (1..found.len()).contains(&self.count) {
                sort_first(&mut found, self.count, by_distance);
            } else {
                // Equal ones stay in the order in which they were found.
                sort_by(&mut found, |a, b| {
                    by_distance(a, b).then_with(|| a.turn.cmp(&b.turn))
                });
            }
        }
        if self.count > 0 {
            found.truncate(self.count);
        }
        Ok(found)
    }

    fn reply(&self, reply: &mut Reply<'_>, found: &[Found<'_>]) {
        let details =
            usize::from(self.distances) + usize::from(self.hashes) + usize::from(self.points);
        reply.array(found.len());
        for place in found {
            if details > 0 {
                reply.array(1 + details);
            }
            reply_member(reply, place.member);
            if self.distances {
                reply_distance(reply, place.metres / self.metres());
            }
            if self.hashes {
                reply.int(place.score as i64);
            }
            if self.points {
                reply_point(reply, place.point);
            }
        }
    }

    /// Puts the places found into `result`, with their geohashes or their distances as scores.
    fn collect(
        &self,
        found: &[Found<'_>],
        hasher: &KeyHasher,
        limits: Limits,
        result: &mut SortedSet,
    ) -> Result<(), Error> {
        let mut digits = [0; 20];
        for place in found {
            let score = if self.store_distances {
                place.metres / self.metres()
            } else {
                place.score
            };
            let member = place.member.text(&mut digits);
            result.put(hasher, limits, member, |_| Ok(Some(score)))?;
        }
        Ok(())
    }
}

/// Where a member of the set lies.
fn point_of(source: Source<'_>, member: &[u8]) -> Result<Point, Error> {
    let score = source.and_then(|(set, hasher)| set.score(hasher, member));
    score
        .map(decode_score)
        .ok_or(Error::fixed(&"ERR could not decode requested zset member"))
}

/// A radius at argument `index` and its unit.
fn circle(args: Args<'_>, index: usize) -> Result<(Shape, Unit), Error> {
    let radius = float::parse(args.at(index)).ok_or(Error::fixed(&"ERR need numeric radius"))?;
    if radius < 0.0 {
        return Err(Error::fixed(&"ERR radius cannot be negative"));
    }
    Ok((Shape::Circle { radius }, unit(args.at(index + 1))?))
}

/// A width at argument `index`, a height and their unit.
fn rectangle(args: Args<'_>, index: usize) -> Result<(Shape, Unit), Error> {
    let width = float::parse(args.at(index)).ok_or(Error::fixed(&"ERR need numeric width"))?;
    let height =
        float::parse(args.at(index + 1)).ok_or(Error::fixed(&"ERR need numeric height"))?;
    if height < 0.0 || width < 0.0 {
        return Err(Error::fixed(&"ERR height or width cannot be negative"));
    }
    Ok((Shape::Box { width, height }, unit(args.at(index + 2))?))
}
