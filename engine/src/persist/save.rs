//! The databases as a file. Knows no file system: the bytes are somebody else's to store.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::aof::Base;
use super::rdb::Writer;
use crate::config::{Config, MaxmemoryPolicy};
use crate::error::Error;
use crate::keyspace::{Keyspace, Noting, Walked};
use crate::number::write_u64;
use crate::observe::facts::REDIS_VERSION;

/// Keys that are walked between two looks at what is written.
const STEP: usize = 10_000;

/// Makes the cut of a snapshot: from now on [`Keyspace::walk_cut`] writes it. `memory` is what INFO says is used;
/// `base` says that an append-only file goes on from it; `functions` are the libraries' codes.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub fn begin<'f>(
    keys: &mut Keyspace,
    config: &Config,
    unix_ms: u64,
    memory: u64,
    base: bool,
    functions: impl Iterator<Item = &'f [u8]>,
) -> Result<(), Error> {
    let noting = noting(config.maxmemory_policy);
    if base && !config.aof_use_rdb_preamble {
        let mut writer = Base::default();
        if config.aof_timestamp_enabled {
            writer.annotate(unix_ms / 1000)?;
        }
        for code in functions {
            writer.function(code)?;
        }
        keys.begin_cut(Box::new(writer), noting);
        return Ok(());
    }
    let deadlines = (0..keys.databases_len()).any(|number| keys.hashes_with_deadlines(number) > 0);
    let (mut time, mut used) = ([0; 20], [0; 20]);
    let bits: &[u8] = if usize::BITS == 32 { b"32" } else { b"64" };
    let facts = [
        ("redis-ver", REDIS_VERSION.as_bytes()),
        ("redis-bits", bits),
        ("ctime", write_u64(unix_ms / 1000, &mut time)),
        ("used-mem", write_u64(memory, &mut used)),
        ("aof-base", if base { b"1" } else { b"0" }),
    ];
    let mut writer = Writer::new(
        config.rdbcompression,
        config.rdbchecksum,
        deadlines,
        facts.into_iter(),
    )?;
    for code in functions {
        writer.function(code)?;
    }
    keys.begin_cut(Box::new(writer), noting);
    Ok(())
}

/// What of keys' use is worth keeping under a policy of eviction.
fn noting(policy: MaxmemoryPolicy) -> Noting {
    use MaxmemoryPolicy::{AllkeysLfu, AllkeysLru, VolatileLfu, VolatileLru};
    match policy {
        AllkeysLru | VolatileLru => Noting::Idle,
        AllkeysLfu | VolatileLfu => Noting::Frequency,
        _ => Noting::Nothing,
    }
}

/// The whole file at once. O(everything). A snapshot that is being written is given up.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub fn all(
    keys: &mut Keyspace,
    config: &Config,
    unix_ms: u64,
    memory: u64,
) -> Result<Vec<u8>, Error> {
    begin(keys, config, unix_ms, memory, false, core::iter::empty())?;
    let mut file = Vec::new();
    let mut append = |bytes: &[u8]| -> Result<(), Error> {
        file.try_reserve(bytes.len())?;
        file.extend_from_slice(bytes);
        Ok(())
    };
    loop {
        let walked = keys.walk_cut(STEP);
        let appended = append(&keys.take_cut_bytes());
        match walked {
            Walked::Done if appended.is_ok() => break,
            Walked::More | Walked::Full if appended.is_ok() => {}
            _ => {
                keys.abandon_cut();
                return Err(Error::OutOfMemory);
            }
        }
    }
    let mut writer = keys.finish_cut().ok_or(Error::OutOfMemory)?;
    writer.finish()?;
    append(&writer.take())?;
    Ok(file)
}
