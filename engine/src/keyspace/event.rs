//! What can happen to a key, named as keyspace notifications name it. Knows no subscriber.

/// An event's class: a letter of `notify-keyspace-events`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// `g`: commands that work on keys of any type.
    Generic,
    /// `$`: strings.
    String,
    /// `s`: sets.
    Set,
    /// `l`: lists.
    List,
    /// `h`: hashes.
    Hash,
    /// `z`: sorted sets.
    SortedSet,
    /// `x`: a key's time had come.
    Expired,
    /// `n`: a key came into being.
    New,
    /// `m`: a key was looked for in vain.
    KeyMiss,
}

/// Something that happened to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its class.
    pub class: Class,
    /// Its name.
    pub name: &'static str,
}

impl Event {
    const fn generic(name: &'static str) -> Event {
        Event {
            class: Class::Generic,
            name,
        }
    }

    const fn string(name: &'static str) -> Event {
        Event {
            class: Class::String,
            name,
        }
    }

    const fn set(name: &'static str) -> Event {
        Event {
            class: Class::Set,
            name,
        }
    }

    const fn list(name: &'static str) -> Event {
        Event {
            class: Class::List,
            name,
        }
    }

    const fn hash(name: &'static str) -> Event {
        Event {
            class: Class::Hash,
            name,
        }
    }

    const fn sorted_set(name: &'static str) -> Event {
        Event {
            class: Class::SortedSet,
            name,
        }
    }

    /// A key was deleted.
    pub const DEL: Event = Event::generic("del");
    /// A key got an expiry.
    pub const EXPIRE: Event = Event::generic("expire");
    /// A key lost its expiry.
    pub const PERSIST: Event = Event::generic("persist");
    /// A key was renamed; told of the old name.
    pub const RENAME_FROM: Event = Event::generic("rename_from");
    /// A key was renamed; told of the new name.
    pub const RENAME_TO: Event = Event::generic("rename_to");
    /// A key was moved away.
    pub const MOVE_FROM: Event = Event::generic("move_from");
    /// A key was moved here.
    pub const MOVE_TO: Event = Event::generic("move_to");
    /// A key is the copy of another.
    pub const COPY_TO: Event = Event::generic("copy_to");
    /// A key was made of a payload.
    pub const RESTORE: Event = Event::generic("restore");
    /// A string was stored.
    pub const SET: Event = Event::string("set");
    /// A part of a string was overwritten.
    pub const SETRANGE: Event = Event::string("setrange");
    /// A string grew.
    pub const APPEND: Event = Event::string("append");
    /// A counter changed.
    pub const INCRBY: Event = Event::string("incrby");
    /// A counter changed by a fraction.
    pub const INCRBYFLOAT: Event = Event::string("incrbyfloat");
    /// A bit changed.
    pub const SETBIT: Event = Event::string("setbit");
    /// A HyperLogLog changed.
    pub const PFADD: Event = Event::string("pfadd");
    /// A set got members.
    pub const SADD: Event = Event::set("sadd");
    /// A set lost members.
    pub const SREM: Event = Event::set("srem");
    /// A set lost members that chance chose.
    pub const SPOP: Event = Event::set("spop");
    /// An intersection was stored.
    pub const SINTERSTORE: Event = Event::set("sinterstore");
    /// A union was stored.
    pub const SUNIONSTORE: Event = Event::set("sunionstore");
    /// A difference was stored.
    pub const SDIFFSTORE: Event = Event::set("sdiffstore");
    /// A list grew at its head.
    pub const LPUSH: Event = Event::list("lpush");
    /// A list grew at its tail.
    pub const RPUSH: Event = Event::list("rpush");
    /// A list lost elements at its head.
    pub const LPOP: Event = Event::list("lpop");
    /// A list lost elements at its tail.
    pub const RPOP: Event = Event::list("rpop");
    /// An element of a list was replaced.
    pub const LSET: Event = Event::list("lset");
    /// An element came into a list.
    pub const LINSERT: Event = Event::list("linsert");
    /// Elements of one value went from a list.
    pub const LREM: Event = Event::list("lrem");
    /// A list was stored by SORT.
    pub const SORTSTORE: Event = Event::list("sortstore");
    /// A list was cut at its ends.
    pub const LTRIM: Event = Event::list("ltrim");
    /// Fields of a hash were stored.
    pub const HSET: Event = Event::hash("hset");
    /// Fields of a hash were deleted.
    pub const HDEL: Event = Event::hash("hdel");
    /// Fields of a hash got a deadline.
    pub const HEXPIRE: Event = Event::hash("hexpire");
    /// Fields of a hash went because their time had come.
    pub const HEXPIRED: Event = Event::hash("hexpired");
    /// Fields of a hash lost their deadline.
    pub const HPERSIST: Event = Event::hash("hpersist");
    /// A field of a hash counted.
    pub const HINCRBY: Event = Event::hash("hincrby");
    /// A field of a hash changed by a fraction.
    pub const HINCRBYFLOAT: Event = Event::hash("hincrbyfloat");
    /// Members were added to a sorted set, or got other scores.
    pub const ZADD: Event = Event::sorted_set("zadd");
    /// A score was incremented.
    pub const ZINCR: Event = Event::sorted_set("zincr");
    /// Members were taken out of a sorted set.
    pub const ZREM: Event = Event::sorted_set("zrem");
    /// Members were taken out by rank.
    pub const ZREMRANGEBYRANK: Event = Event::sorted_set("zremrangebyrank");
    /// Members were taken out by score.
    pub const ZREMRANGEBYSCORE: Event = Event::sorted_set("zremrangebyscore");
    /// Members were taken out by name.
    pub const ZREMRANGEBYLEX: Event = Event::sorted_set("zremrangebylex");
    /// The lowest members were taken out.
    pub const ZPOPMIN: Event = Event::sorted_set("zpopmin");
    /// The highest members were taken out.
    pub const ZPOPMAX: Event = Event::sorted_set("zpopmax");
    /// A range was stored as a sorted set.
    pub const ZRANGESTORE: Event = Event::sorted_set("zrangestore");
    /// A union was stored as a sorted set.
    pub const ZUNIONSTORE: Event = Event::sorted_set("zunionstore");
    /// An intersection was stored as a sorted set.
    pub const ZINTERSTORE: Event = Event::sorted_set("zinterstore");
    /// A difference was stored as a sorted set.
    pub const ZDIFFSTORE: Event = Event::sorted_set("zdiffstore");
    /// Places found were stored as a sorted set.
    pub const GEOSEARCHSTORE: Event = Event::sorted_set("geosearchstore");
    /// The same by an older command.
    pub const GEORADIUSSTORE: Event = Event::sorted_set("georadiusstore");
    /// A key's time had come.
    pub const EXPIRED: Event = Event {
        class: Class::Expired,
        name: "expired",
    };
    /// A key was looked for in vain.
    pub const KEYMISS: Event = Event {
        class: Class::KeyMiss,
        name: "keymiss",
    };
    /// A key came into being.
    pub const NEW: Event = Event {
        class: Class::New,
        name: "new",
    };
}
