//! DEBUG HTSTATS, HTSTATS-KEY, LISTPACK, QUICKLIST, SDSLEN and POPULATE: how things are kept, and many keys at once.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use crate::command::Ctx;
use crate::error::Error;
use crate::keyspace::{Expiry, NewValue};
use crate::number::write_u64;

const NO_TABLE: Error = Error::fixed(
    &"ERR The value stored at the specified key is not represented using an hash table",
);

/// What can be told of a table without walking through it.
fn table(text: &mut String, len: usize) {
    text.push_str("Hash table 0 stats (main hash table):\n");
    // Writing to a String cannot fail.
    let _ = match len {
        0 => writeln!(text, "No stats available for empty dictionaries"),
        _ => writeln!(text, " number of elements: {len}"),
    };
}

pub(super) fn database(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let number = ctx.args.int(2)?;
    let number = usize::try_from(number)
        .ok()
        .filter(|number| *number < ctx.keys.databases_len())
        .ok_or(Error::fixed(&"ERR Out of range database"))?;
    let mut text = String::from("[Dictionary HT]\n");
    table(&mut text, ctx.keys.len(number));
    text.push_str("[Expires HT]\n");
    table(&mut text, ctx.keys.timed_len(number));
    ctx.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

pub(super) fn key(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let place = ctx.keys.find(ctx.arg(2));
    let entry = ctx.keys.entry(place).ok_or(Error::NoSuchKey)?;
    let object = entry.object().ok_or(NO_TABLE)?;
    if !matches!(object.encoding(), "hashtable" | "skiplist") {
        return Err(NO_TABLE);
    }
    let mut text = String::new();
    table(&mut text, object.len());
    ctx.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

/// Redis prints the structure where no client sees it.
pub(super) fn structure(ctx: &mut Ctx<'_>, name: &str) -> Result<(), Error> {
    let place = ctx.keys.find(ctx.arg(2));
    let entry = ctx.keys.entry(place).ok_or(Error::NoSuchKey)?;
    let lower = name.to_ascii_lowercase();
    if !entry.encoding().starts_with(&lower) {
        return Err(ctx.refuse(format!("ERR Not a {lower} encoded object.")));
    }
    ctx.reply
        .simple(&format!("{name} structure printed on stdout"));
    Ok(())
}

pub(super) fn string_len(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let place = ctx.keys.find(ctx.arg(2));
    let entry = ctx.keys.entry(place).ok_or(Error::NoSuchKey)?;
    let value = entry
        .string()
        .map_err(|_| Error::fixed(&"ERR Not an sds encoded string."))?;
    let (key, value) = (entry.key().len(), value.bytes(&mut [0; 20]).len());
    let line = format!(
        "key_sds_len:{key}, key_sds_avail:0, key_zmalloc: {key}, val_sds_len:{value}, val_sds_avail:0, \
         val_zmalloc: {value}"
    );
    ctx.reply.simple(&line);
    Ok(())
}

/// Keys `PREFIX:0` and so on, as far as they are not there yet, with values `value:0` and so on, cut or lengthened with
/// zeros to a size.
pub(super) fn populate(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    const NOT_POSITIVE: Error = Error::fixed(&"ERR value is out of range, must be positive");
    let number = |at: usize| -> Result<u64, Error> {
        u64::try_from(ctx.args.int(at).map_err(|_| NOT_POSITIVE)?).map_err(|_| NOT_POSITIVE)
    };
    let count = number(2)?;
    let size = match ctx.args.len() {
        5 => Some(usize::try_from(number(4)?).map_err(|_| Error::OutOfMemory)?),
        _ => None,
    };
    let prefix = ctx.args.get(3).unwrap_or(b"key");
    let (mut key, mut value) = (Vec::new(), Vec::new());
    for step in 0..count {
        let mut digits = [0; 20];
        let digits = write_u64(step, &mut digits);
        key.clear();
        key.try_reserve(prefix.len() + digits.len() + 1)?;
        key.extend_from_slice(prefix);
        key.push(b':');
        key.extend_from_slice(digits);
        value.clear();
        value.extend_from_slice(b"value:");
        value.extend_from_slice(digits);
        if let Some(size) = size.filter(|size| *size > 0) {
            value.try_reserve(size.saturating_sub(value.len()))?;
            value.resize(size, 0);
        }
        let place = ctx.keys.find(&key);
        if !place.exists() {
            let value = NewValue::text(&value, false)?;
            ctx.keys.put(place, &key, &value, Expiry::Clear)?;
            ctx.notify(crate::keyspace::Event::SET, &key);
        }
    }
    ctx.reply.ok();
    Ok(())
}
