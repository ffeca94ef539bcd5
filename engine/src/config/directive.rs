//! One row of the table: a directive's name, kind, bounds, default and flags, and the way to its field. Knows nothing
//! of files, commands or other rows.

use super::settings::{
    KeyspaceEvents, MemoryOrPercent, OutputBufferLimit, ReplicaOf, SavePoint, Settings,
    ShutdownFlags,
};
use crate::number::Percent;
use alloc::vec::Vec;

/// How the text of a directive is read, checked and written.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `yes` or `no`.
    Bool,
    /// A whole number without sign, spaces or leading zeros beyond what is needed.
    Integer {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: u64,
    },
    /// A number of bytes with an optional unit: b, k, kb, m, mb, g, gb.
    Memory {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: u64,
    },
    /// As `Memory`, or a percentage of `maxmemory`.
    MemoryOrPercent,
    /// Permission bits in octal.
    Octal {
        /// Largest value.
        max: u64,
    },
    /// One of these words, any case.
    Choice(&'static [&'static str]),
    /// A string up to its first NUL.
    Text,
    /// A string that has to pass a check, which gives the error text.
    Checked(fn(&[u8]) -> Result<(), &'static str>),
    /// Any bytes.
    Password,
    /// The working directory: a string which every rewrite of the file names.
    Dir,
    /// Addresses to listen on.
    Bind,
    /// Save points.
    Save,
    /// `class hard soft seconds`, repeated.
    OutputBufferLimits,
    /// Three scores.
    OomScoreAdjValues,
    /// Letters for classes of keyspace events.
    KeyspaceEvents,
    /// Numbers from 0 to 100.
    Percentiles,
    /// Words that may be combined.
    ShutdownFlags,
    /// `host port`, or `no one`.
    ReplicaOf,
}

/// Whether the feature behind a directive exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It does.
    Here,
    /// Not yet: values are kept, and one other than the default is worth a warning in the log.
    Later,
}

/// A value on its way between text and field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// [`Kind::Bool`]
    Bool(bool),
    /// [`Kind::Integer`], [`Kind::Memory`], [`Kind::Octal`]
    Number(i128),
    /// [`Kind::MemoryOrPercent`]
    Memory(MemoryOrPercent),
    /// [`Kind::Choice`]: position in the list of words.
    Choice(usize),
    /// [`Kind::Text`], [`Kind::Checked`], [`Kind::Password`], [`Kind::Dir`]
    Bytes(Vec<u8>),
    /// [`Kind::Bind`]
    Addresses(Vec<Vec<u8>>),
    /// [`Kind::Save`]
    Save(Vec<SavePoint>),
    /// [`Kind::OutputBufferLimits`]
    Limits([OutputBufferLimit; 3]),
    /// [`Kind::OomScoreAdjValues`]
    Scores([i32; 3]),
    /// [`Kind::KeyspaceEvents`]
    Events(KeyspaceEvents),
    /// [`Kind::Percentiles`]
    Percentiles(Vec<Percent>),
    /// [`Kind::ShutdownFlags`]
    Shutdown(ShutdownFlags),
    /// [`Kind::ReplicaOf`]
    Master(Option<ReplicaOf>),
}

/// The way from a row to its field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The field, to be read.
    pub(super) of: fn(&Settings) -> &dyn Stored,
    /// The field, to be changed.
    pub(super) of_mut: fn(&mut Settings) -> &mut dyn Stored,
}

impl Field {
    /// A copy of the value.
    pub fn load(self, settings: &Settings) -> Value {
        (self.of)(settings).load()
    }

    /// Puts a value in and gives back the one before.
    pub fn swap(self, settings: &mut Settings, value: Value) -> Value {
        (self.of_mut)(settings).swap(value)
    }
}

/// The [`Field`] of a field of [`Settings`].
macro_rules! field {
    ($name:ident) => {
        $crate::config::directive::Field {
            of: |settings| &settings.$name,
            of_mut: |settings| &mut settings.$name,
        }
    };
}
pub(super) use field;

/// A directive of the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Directive {
    /// Name in lower case.
    pub name: &'static str,
    /// A second name with the same value.
    pub alias: Option<&'static str>,
    /// How its text is read and written.
    pub kind: Kind,
    /// The way to its value.
    pub field: Field,
    /// Text of the default, as a configuration file has it.
    pub default: &'static str,
    /// One sentence for people.
    pub summary: &'static str,
    /// Cannot be changed while the server runs.
    pub immutable: bool,
    /// Can be changed only where `enable-protected-configs` allows it.
    pub protected: bool,
    /// Takes several arguments.
    pub multi: bool,
    /// Not to be shown in logs.
    pub sensitive: bool,
    /// Not listed by patterns of CONFIG GET.
    pub hidden: bool,
    /// The empty string means that it is not set, and a rewrite leaves it out.
    pub nullable: bool,
    /// Whether its feature exists.
    pub support: Support,
}

impl Directive {
    /// A mutable directive of one argument, whose feature exists.
    #[must_use]
    pub const fn new(
        name: &'static str,
        kind: Kind,
        field: Field,
        default: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            name,
            alias: None,
            kind,
            field,
            default,
            // What no page shows need not be downloaded.
            summary: if cfg!(target_arch = "wasm32") {
                ""
            } else {
                summary
            },
            immutable: false,
            protected: false,
            multi: false,
            sensitive: false,
            hidden: false,
            nullable: false,
            support: Support::Here,
        }
    }

    pub(super) const fn alias(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }

    pub(super) const fn immutable(mut self) -> Self {
        self.immutable = true;
        self
    }

    pub(super) const fn protected(mut self) -> Self {
        self.protected = true;
        self
    }

    pub(super) const fn multi(mut self) -> Self {
        self.multi = true;
        self
    }

    pub(super) const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    pub(super) const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    pub(super) const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    pub(super) const fn later(mut self) -> Self {
        self.support = Support::Later;
        self
    }
}

/// A type that a field of [`Settings`] may have. A value of another kind than the field's is given back unused.
pub(super) trait Stored {
    fn load(&self) -> Value;
    fn swap(&mut self, value: Value) -> Value;
}

/// Numbers; bounds were checked before, so that the casts lose nothing.
macro_rules! stored_number {
    ($($type:ty),+) => {$(
        impl Stored for $type {
            fn load(&self) -> Value {
                Value::Number(i128::from(*self))
            }

            fn swap(&mut self, value: Value) -> Value {
                let Value::Number(number) = value else { return value };
                match <$type>::try_from(number) {
                    Ok(new) => Value::Number(i128::from(core::mem::replace(self, new))),
                    Err(_) => value,
                }
            }
        }
    )+};
}
stored_number!(u16, u32, i32, u64, i64);

/// Types that are a variant of [`Value`].
macro_rules! stored_whole {
    ($($type:ty => $variant:ident),+ $(,)?) => {$(
        impl Stored for $type {
            fn load(&self) -> Value {
                Value::$variant(self.clone())
            }

            fn swap(&mut self, value: Value) -> Value {
                match value {
                    Value::$variant(new) => Value::$variant(core::mem::replace(self, new)),
                    other => other,
                }
            }
        }
    )+};
}
stored_whole! {
    bool => Bool,
    MemoryOrPercent => Memory,
    Vec<u8> => Bytes,
    Vec<Vec<u8>> => Addresses,
    Vec<SavePoint> => Save,
    [OutputBufferLimit; 3] => Limits,
    [i32; 3] => Scores,
    KeyspaceEvents => Events,
    Vec<Percent> => Percentiles,
    ShutdownFlags => Shutdown,
    Option<ReplicaOf> => Master,
}

/// Lists of words.
macro_rules! stored_choice {
    ($($type:ident),+ $(,)?) => {$(
        impl Stored for super::settings::$type {
            fn load(&self) -> Value {
                Value::Choice(self.index())
            }

            fn swap(&mut self, value: Value) -> Value {
                match value {
                    Value::Choice(index) => {
                        let old = core::mem::replace(self, Self::from_index(index));
                        Value::Choice(old.index())
                    }
                    other => other,
                }
            }
        }
    )+};
}
stored_choice! {
    AppendFsync, EndpointType, Guard, LogLevel, MaxmemoryPolicy, OomScoreAdj, PropagationErrorBehavior,
    ReplDisklessLoad, SanitizeDumpPayload, Supervised, SyslogFacility, TlsAuthClients, AclPubsubDefault,
}
