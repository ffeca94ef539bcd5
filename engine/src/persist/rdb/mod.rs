//! RDB, Redis' format for values and for whole files of them: the names of its numbers. Knows no file, command or
//! connection.
//!
//! Written is version 10 with the types of Redis 7.0, so that Redis from 7.0 on reads it. Read is what Redis 5 to 7.4
//! and Valkey 8 write.
//!
//! Source: the format as Redis' documentation and `rdb.h` name it.

mod decode;
mod encode;
mod legacy;
pub mod lzf;
pub mod payload;
mod sink;
mod source;

pub use decode::{Decoder, Limits, Shape, Value};
pub use encode::Encoder;
pub use sink::Sink;
pub use source::{Source, Stop, Text};

/// The version that is written.
pub const VERSION: u16 = 10;
/// The newest version that is read.
pub const VERSION_MAX: u16 = 12;

/// Types of values, as the byte in front of them says.
pub mod kind {
    /// A string.
    pub const STRING: u8 = 0;
    /// A list, element by element.
    pub const LIST: u8 = 1;
    /// A set, member by member.
    pub const SET: u8 = 2;
    /// A sorted set with scores as text.
    pub const ZSET: u8 = 3;
    /// A hash, field by field.
    pub const HASH: u8 = 4;
    /// A sorted set with binary scores.
    pub const ZSET_2: u8 = 5;
    /// A hash as a zipmap.
    pub const HASH_ZIPMAP: u8 = 9;
    /// A list as a ziplist.
    pub const LIST_ZIPLIST: u8 = 10;
    /// A set as an intset.
    pub const SET_INTSET: u8 = 11;
    /// A sorted set as a ziplist.
    pub const ZSET_ZIPLIST: u8 = 12;
    /// A hash as a ziplist.
    pub const HASH_ZIPLIST: u8 = 13;
    /// A list as a quicklist of ziplists.
    pub const LIST_QUICKLIST: u8 = 14;
    /// A hash as a listpack.
    pub const HASH_LISTPACK: u8 = 16;
    /// A sorted set as a listpack.
    pub const ZSET_LISTPACK: u8 = 17;
    /// A list as a quicklist of listpacks and plain elements.
    pub const LIST_QUICKLIST_2: u8 = 18;
    /// A set as a listpack.
    pub const SET_LISTPACK: u8 = 20;
}

/// How a quicklist's node is kept.
mod container {
    pub(super) const PLAIN: u64 = 1;
    pub(super) const PACKED: u64 = 2;
}

/// Lengths that are none but announce a string in another form.
mod special {
    pub(super) const INT_8: u8 = 0;
    pub(super) const INT_16: u8 = 1;
    pub(super) const INT_32: u8 = 2;
    pub(super) const LZF: u8 = 3;
}
