//! RDB, Redis' format for values and for whole files of them: the names of its numbers. Knows no file, command or
//! connection.
//!
//! Written is version 10 with the types of Redis 7.0, so that Redis from 7.0 on reads it, and version 12 only where fields
//! of hashes have deadlines. Read is what Redis 5 to 7.4
//! and Valkey 8 write.
//!
//! Source: the format as Redis' documentation and `rdb.h` name it.

mod decode;
mod encode;
mod legacy;
pub mod lzf;
pub mod payload;
mod reader;
mod sink;
mod source;
mod stream;
mod writer;

pub use decode::{Decoder, Limits, Shape, Value};
pub use encode::Encoder;
pub use reader::{Damage, Item, Loaded, Reader};
pub use sink::Sink;
pub use source::{Source, Stop, Text};
pub use writer::Writer;

/// The version that is written, where that suffices.
pub const VERSION: u16 = 10;
/// The version that is written where fields of hashes have deadlines.
pub const VERSION_OF_DEADLINES: u16 = 12;
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
    /// A module's value, as no release wrote it.
    pub const MODULE_OLD: u8 = 6;
    /// A module's value.
    pub const MODULE: u8 = 7;
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
    /// A stream, as Redis 5 wrote it.
    pub const STREAM_LISTPACKS: u8 = 15;
    /// A stream.
    pub const STREAM_LISTPACKS_2: u8 = 19;
    /// A stream, as Redis 7.2 writes it.
    pub const STREAM_LISTPACKS_3: u8 = 21;
    /// A hash as a listpack.
    pub const HASH_LISTPACK: u8 = 16;
    /// A sorted set as a listpack.
    pub const ZSET_LISTPACK: u8 = 17;
    /// A list as a quicklist of listpacks and plain elements.
    pub const LIST_QUICKLIST_2: u8 = 18;
    /// A set as a listpack.
    pub const SET_LISTPACK: u8 = 20;
    /// A hash, field by field with deadlines, as release candidates of Redis 7.4 wrote it.
    pub const HASH_METADATA_OLD: u8 = 22;
    /// A hash as a listpack with deadlines, as release candidates of Redis 7.4 wrote it.
    pub const HASH_LISTPACK_EX_OLD: u8 = 23;
    /// A hash, field by field with deadlines.
    pub const HASH_METADATA: u8 = 24;
    /// A hash as a listpack with deadlines.
    pub const HASH_LISTPACK_EX: u8 = 25;
}

/// What begins every file; four digits of the version follow.
const SIGNATURE: &[u8; 5] = b"REDIS";

/// What can stand in a file where a key's type could.
mod opcode {
    /// How many keys a slot has, of a cluster's node.
    pub(super) const SLOT_INFO: u8 = 244;
    /// A library of functions.
    pub(super) const FUNCTION: u8 = 245;
    /// The same as no release wrote it.
    pub(super) const FUNCTION_OLD: u8 = 246;
    /// Data of a module that belongs to no key.
    pub(super) const MODULE_AUX: u8 = 247;
    /// The next key was last used so many seconds ago.
    pub(super) const IDLE: u8 = 248;
    /// The next key is used so often.
    pub(super) const FREQUENCY: u8 = 249;
    /// A fact about who wrote the file.
    pub(super) const AUX: u8 = 250;
    /// How many keys the database has.
    pub(super) const RESIZE: u8 = 251;
    /// When the next key disappears, in milliseconds.
    pub(super) const EXPIRE_MS: u8 = 252;
    /// When the next key disappears, in seconds.
    pub(super) const EXPIRE_S: u8 = 253;
    /// The database of what follows.
    pub(super) const SELECT: u8 = 254;
    /// The end; a checksum follows.
    pub(super) const END: u8 = 255;
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
