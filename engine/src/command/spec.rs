//! What a command's spec says: the single source for COMMAND, ACL categories, key positions, docs, types
//! and hints. Knows nothing of how the facts are shown.
//!
//! Source: the vocabulary is that of Redis' COMMAND DOCS and COMMAND INFO.

use super::Ctx;
use crate::error::Error;

/// Runs a command: arguments and state in the context, the reply written to it.
pub type Handler = fn(&mut Ctx<'_>) -> Result<(), Error>;

/// One command or subcommand. Stands beside its handler as
/// `Spec { name: "get", arity: 2, …, ..Spec::new(get) }`.
pub struct Spec {
    /// Lower case; a subcommand's own name without its container's.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// The first version of Redis (or Valkey) that has it.
    pub since: &'static str,
    /// The group it is documented in.
    pub group: Group,
    /// Its cost.
    pub complexity: &'static str,
    /// Since when it is deprecated, and what replaces it.
    pub deprecated: Option<(&'static str, &'static str)>,
    /// Versions and what changed in them.
    pub history: &'static [(&'static str, &'static str)],
    /// The number of arguments with the name: exactly, or at least where negative.
    pub arity: i32,
    /// How it behaves.
    pub flags: Flags,
    /// ACL categories beyond those that follow from the flags.
    pub acl: Acl,
    /// Where its keys are.
    pub keys: &'static [KeySpec],
    /// The argument that names a member, or field, of the collection at the first key, for fetching it ahead; 0 where
    /// there is none.
    pub member: u8,
    /// Gives the positions of keys that `keys` cannot describe.
    pub find_keys: Option<fn(crate::resp::Args<'_>, &mut alloc::vec::Vec<super::KeyRef>)>,
    /// What it does with its keys, where that depends on the arguments ([`KeyFlags::VARIABLE_FLAGS`]).
    pub variable_flags: Option<fn(crate::resp::Args<'_>) -> KeyFlags>,
    /// Not for clients but for servers and tests: COMMAND DOCS' `syscmd`.
    pub internal: bool,
    /// Its arguments.
    pub args: &'static [Arg],
    /// Hints for clients and proxies.
    pub tips: &'static [&'static str],
    /// What becomes of it between MULTI and EXEC.
    pub in_multi: InMulti,
    /// Allowed on a connection that gets messages, in RESP2, too.
    pub subscribed: bool,
    /// A container's subcommands.
    pub subcommands: &'static [Spec],
    /// What runs.
    pub handler: Handler,
}

impl Spec {
    /// A spec with only its handler; the rest is to be filled in.
    pub const fn new(handler: Handler) -> Spec {
        Spec {
            name: "",
            summary: "",
            since: "",
            group: Group::Generic,
            complexity: "",
            deprecated: None,
            history: &[],
            arity: 1,
            flags: Flags::NONE,
            acl: Acl::NONE,
            keys: &[],
            member: 0,
            find_keys: None,
            variable_flags: None,
            internal: false,
            args: &[],
            tips: &[],
            in_multi: InMulti::Queued,
            subscribed: false,
            subcommands: &[],
            handler,
        }
    }

    /// All ACL categories: the spec's own and those that follow from the flags.
    pub const fn categories(&self) -> Acl {
        let flags = self.flags;
        let mut acl = self.acl;
        if flags.has(Flags::WRITE) {
            acl = acl.or(Acl::WRITE);
        }
        if flags.has(Flags::READONLY) && !acl.has(Acl::SCRIPTING) {
            acl = acl.or(Acl::READ);
        }
        if flags.has(Flags::ADMIN) {
            acl = acl.or(Acl::ADMIN).or(Acl::DANGEROUS);
        }
        if flags.has(Flags::PUBSUB) {
            acl = acl.or(Acl::PUBSUB);
        }
        if flags.has(Flags::BLOCKING) {
            acl = acl.or(Acl::BLOCKING);
        }
        acl.or(if flags.has(Flags::FAST) {
            Acl::FAST
        } else {
            Acl::SLOW
        })
    }
}

impl Group {
    /// The group's commands work on a collection at their first key.
    #[inline]
    pub const fn is_of_collections(self) -> bool {
        matches!(
            self,
            Group::List | Group::Set | Group::Hash | Group::SortedSet | Group::Stream | Group::Geo
        )
    }
}

/// What becomes of a command between MULTI and EXEC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InMulti {
    /// It is queued.
    Queued,
    /// It runs at once.
    AtOnce,
    /// It runs at once, and the queue with it.
    Exec,
}

/// A set of flags or categories with names.
macro_rules! bit_set {
    ($(#[$doc:meta])* $name:ident { $($(#[$bit_doc:meta])* $bit:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(u32);

        impl $name {
            /// The empty set.
            pub const NONE: $name = $name(0);
            $($(#[$bit_doc])* pub const $bit: $name = $name(1 << Bits::$bit as u32);)*
            /// Every member with its name on the wire, in Redis' order.
            pub const NAMES: &'static [($name, &'static str)] = &[$(($name::$bit, $text),)*];

            /// Both sets' members.
            pub const fn or(self, other: $name) -> $name {
                $name(self.0 | other.0)
            }

            /// Whether all of `other` is in it.
            pub const fn has(self, other: $name) -> bool {
                self.0 & other.0 == other.0
            }

            /// The names of its members, in Redis' order.
            pub fn names(self) -> impl Iterator<Item = &'static str> + Clone {
                Self::NAMES.iter().filter(move |(bit, _)| self.has(*bit)).map(|(_, name)| *name)
            }
        }
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Bits { $($bit,)* }
    };
}

mod flags {
    bit_set! {
        /// How a command behaves.
        Flags {
            /// May change data.
            WRITE = "write",
            /// Reads data.
            READONLY = "readonly",
            /// May need more memory; refused when it runs out.
            DENYOOM = "denyoom",
            /// Not a command but a container or a module's.
            MODULE = "module",
            /// For administration.
            ADMIN = "admin",
            /// Publishes or subscribes.
            PUBSUB = "pubsub",
            /// Not from scripts.
            NOSCRIPT = "noscript",
            /// May wait.
            BLOCKING = "blocking",
            /// Also while loading.
            LOADING = "loading",
            /// Also on a replica with stale data.
            STALE = "stale",
            /// Not shown by MONITOR.
            SKIP_MONITOR = "skip_monitor",
            /// Not kept by SLOWLOG.
            SKIP_SLOWLOG = "skip_slowlog",
            /// Cluster: allowed on an importing slot after ASKING.
            ASKING = "asking",
            /// Constant or logarithmic time.
            FAST = "fast",
            /// Also before authentication.
            NO_AUTH = "no_auth",
            /// May be logged though it is no write.
            MAY_REPLICATE = "may_replicate",
            /// Only for Sentinel.
            ONLY_SENTINEL = "only_sentinel",
            /// Unsafe to propagate from replicas.
            NO_MANDATORY_KEYS = "no_mandatory_keys",
            /// Refused while an asynchronous load goes on.
            NO_ASYNC_LOADING = "no_async_loading",
            /// Refused between MULTI and EXEC.
            NO_MULTI = "no_multi",
            /// Its keys are found by a function.
            MOVABLEKEYS = "movablekeys",
            /// Allowed while a script is busy.
            ALLOW_BUSY = "allow_busy",
        }
    }
}

mod acl {
    bit_set! {
        /// ACL categories.
        Acl {
            /// Keys of any type.
            KEYSPACE = "keyspace",
            /// Reads.
            READ = "read",
            /// Writes.
            WRITE = "write",
            /// Sets.
            SET = "set",
            /// Sorted sets.
            SORTEDSET = "sortedset",
            /// Lists.
            LIST = "list",
            /// Hashes.
            HASH = "hash",
            /// Strings.
            STRING = "string",
            /// Bitmaps.
            BITMAP = "bitmap",
            /// HyperLogLog.
            HYPERLOGLOG = "hyperloglog",
            /// Geo.
            GEO = "geo",
            /// Streams.
            STREAM = "stream",
            /// Publish and subscribe.
            PUBSUB = "pubsub",
            /// Administration.
            ADMIN = "admin",
            /// Constant or logarithmic time.
            FAST = "fast",
            /// Not fast.
            SLOW = "slow",
            /// May wait.
            BLOCKING = "blocking",
            /// Dangerous in the wrong hands.
            DANGEROUS = "dangerous",
            /// Connections.
            CONNECTION = "connection",
            /// Transactions.
            TRANSACTION = "transaction",
            /// Scripts.
            SCRIPTING = "scripting",
        }
    }
}

mod key_flags {
    bit_set! {
        /// What a command does with a key.
        KeyFlags {
            /// Only reads.
            RO = "RO",
            /// Reads and writes.
            RW = "RW",
            /// Overwrites.
            OW = "OW",
            /// Removes.
            RM = "RM",
            /// Gives the value, or something derived from it, to the caller.
            ACCESS = "access",
            /// Changes the value.
            UPDATE = "update",
            /// Adds without looking at what is there.
            INSERT = "insert",
            /// Deletes parts of the value.
            DELETE = "delete",
            /// The argument is not really a key.
            NOT_KEY = "not_key",
            /// The spec misses some keys.
            INCOMPLETE = "incomplete",
            /// The flags depend on other arguments.
            VARIABLE_FLAGS = "variable_flags",
        }
    }
}

pub use acl::Acl;
pub use flags::Flags;
pub use key_flags::KeyFlags;

/// The group a command is documented in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Keys of any type.
    Generic,
    /// Strings.
    String,
    /// Lists.
    List,
    /// Sets.
    Set,
    /// Sorted sets.
    SortedSet,
    /// Hashes.
    Hash,
    /// Publish and subscribe.
    Pubsub,
    /// Transactions.
    Transactions,
    /// Connections.
    Connection,
    /// The server.
    Server,
    /// Scripts and functions.
    Scripting,
    /// HyperLogLog.
    Hyperloglog,
    /// Cluster.
    Cluster,
    /// Sentinel.
    Sentinel,
    /// Geo.
    Geo,
    /// Streams.
    Stream,
    /// Bitmaps.
    Bitmap,
}

impl Group {
    /// The name in COMMAND DOCS.
    pub const fn name(self) -> &'static str {
        match self {
            Group::Generic => "generic",
            Group::String => "string",
            Group::List => "list",
            Group::Set => "set",
            Group::SortedSet => "sorted-set",
            Group::Hash => "hash",
            Group::Pubsub => "pubsub",
            Group::Transactions => "transactions",
            Group::Connection => "connection",
            Group::Server => "server",
            Group::Scripting => "scripting",
            Group::Hyperloglog => "hyperloglog",
            Group::Cluster => "cluster",
            Group::Sentinel => "sentinel",
            Group::Geo => "geo",
            Group::Stream => "stream",
            Group::Bitmap => "bitmap",
        }
    }
}

/// Where some of a command's keys are.
#[derive(Clone, Copy, Debug)]
pub struct KeySpec {
    /// What is done with them.
    pub flags: KeyFlags,
    /// Where the search begins.
    pub begin: Begin,
    /// How it goes on from there.
    pub find: Find,
    /// A remark for COMMAND DOCS.
    pub notes: &'static str,
}

/// Where the search for keys begins.
#[derive(Clone, Copy, Debug)]
pub enum Begin {
    /// At this argument.
    Index(i32),
    /// Behind the first argument that is this word, looking from `from` (backwards where negative).
    Keyword {
        /// The word.
        word: &'static str,
        /// Where to look from.
        from: i32,
    },
    /// Nobody can say.
    Unknown,
}

/// How the search for keys goes on.
#[derive(Clone, Copy, Debug)]
pub enum Find {
    /// Up to the key `last` places on (negative: from the end), every `step`th, up to 1/`limit` of the rest.
    Range {
        /// Relative to the first key; negative: from the end.
        last: i32,
        /// Distance of one key from the next.
        step: i32,
        /// For `last` -1: only the first 1/limit of the arguments are keys.
        limit: i32,
    },
    /// A number stands at `number`, and that many keys from `first` on.
    KeyNum {
        /// Where the number is, relative to the beginning.
        number: i32,
        /// Where the first key is, relative to the beginning.
        first: i32,
        /// Distance of one key from the next.
        step: i32,
    },
    /// Nobody can say.
    Unknown,
}

impl KeySpec {
    /// One key at argument `index`.
    pub const fn at(index: i32, flags: KeyFlags) -> KeySpec {
        KeySpec::range(index, 0, 1, flags)
    }

    /// Keys from argument `index` to the `last`th behind it (negative: from the end), every `step`th.
    pub const fn range(index: i32, last: i32, step: i32, flags: KeyFlags) -> KeySpec {
        KeySpec {
            flags,
            begin: Begin::Index(index),
            find: Find::Range {
                last,
                step,
                limit: 0,
            },
            notes: "",
        }
    }

    /// A count at argument `index`, keys behind it.
    pub const fn counted(index: i32, flags: KeyFlags) -> KeySpec {
        KeySpec {
            flags,
            begin: Begin::Index(index),
            find: Find::KeyNum {
                number: 0,
                first: 1,
                step: 1,
            },
            notes: "",
        }
    }
}

/// One argument in COMMAND DOCS, in type declarations and hints.
#[derive(Clone, Copy, Debug)]
pub struct Arg {
    /// Its name.
    pub name: &'static str,
    /// The text shown where it differs from the name.
    pub display: Option<&'static str>,
    /// What it is.
    pub kind: ArgKind,
    /// The word that stands before it.
    pub token: Option<&'static str>,
    /// May be left out.
    pub optional: bool,
    /// May be repeated.
    pub multiple: bool,
    /// Is repeated with its token.
    pub multiple_token: bool,
    /// The first version that has it.
    pub since: Option<&'static str>,
    /// Since when it is deprecated.
    pub deprecated_since: Option<&'static str>,
    /// Index of the key spec it belongs to.
    pub key_spec: Option<u8>,
    /// A summary of its own.
    pub summary: Option<&'static str>,
}

/// What an argument is.
#[derive(Clone, Copy, Debug)]
pub enum ArgKind {
    /// A key.
    Key,
    /// Text or bytes.
    String,
    /// An integer.
    Integer,
    /// A floating-point number.
    Double,
    /// A glob pattern.
    Pattern,
    /// Seconds or milliseconds since 1970.
    UnixTime,
    /// Only its token.
    PureToken,
    /// One of these.
    OneOf(&'static [Arg]),
    /// These, in this order.
    Block(&'static [Arg]),
}

impl Arg {
    /// A required argument.
    pub const fn new(name: &'static str, kind: ArgKind) -> Arg {
        Arg {
            name,
            display: None,
            kind,
            token: None,
            optional: false,
            multiple: false,
            multiple_token: false,
            since: None,
            deprecated_since: None,
            key_spec: None,
            summary: None,
        }
    }

    /// A key of key spec `spec`.
    pub const fn key(name: &'static str, spec: u8) -> Arg {
        Arg {
            key_spec: Some(spec),
            ..Arg::new(name, ArgKind::Key)
        }
    }

    /// A string.
    pub const fn string(name: &'static str) -> Arg {
        Arg::new(name, ArgKind::String)
    }

    /// An integer.
    pub const fn int(name: &'static str) -> Arg {
        Arg::new(name, ArgKind::Integer)
    }

    /// A word that stands for itself.
    pub const fn word(name: &'static str, token: &'static str) -> Arg {
        Arg {
            token: Some(token),
            ..Arg::new(name, ArgKind::PureToken)
        }
    }

    /// One of `choices`.
    pub const fn one_of(name: &'static str, choices: &'static [Arg]) -> Arg {
        Arg::new(name, ArgKind::OneOf(choices))
    }

    /// `parts` in this order.
    pub const fn block(name: &'static str, parts: &'static [Arg]) -> Arg {
        Arg::new(name, ArgKind::Block(parts))
    }

    /// With a word before it.
    pub const fn after(self, token: &'static str) -> Arg {
        Arg {
            token: Some(token),
            ..self
        }
    }

    /// May be left out.
    pub const fn optional(self) -> Arg {
        Arg {
            optional: true,
            ..self
        }
    }

    /// Is repeated with its token.
    pub const fn multiple_token(self) -> Arg {
        Arg {
            multiple: true,
            multiple_token: true,
            ..self
        }
    }

    /// May be repeated.
    pub const fn multiple(self) -> Arg {
        Arg {
            multiple: true,
            ..self
        }
    }

    /// Not before this version.
    pub const fn since(self, version: &'static str) -> Arg {
        Arg {
            since: Some(version),
            ..self
        }
    }

    /// Shown under another name.
    pub const fn display(self, text: &'static str) -> Arg {
        Arg {
            display: Some(text),
            ..self
        }
    }
}
