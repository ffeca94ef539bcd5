//! The options that SET, GETEX and MSETEX share: conditions and expiry. Knows no keys.

use alloc::format;

use crate::boundary::Now;
use crate::error::Error;
use crate::keyspace::Expiry;
use crate::resp::Args;

/// A point in time as a command gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeUnit {
    /// EX: seconds from now.
    Seconds,
    /// PX: milliseconds from now.
    Milliseconds,
    /// EXAT: seconds since 1970.
    UnixSeconds,
    /// PXAT: milliseconds since 1970.
    UnixMilliseconds,
}

impl TimeUnit {
    /// The unit that an option's name stands for.
    pub(super) fn from_option(name: &[u8]) -> Option<TimeUnit> {
        const OPTIONS: [(&str, TimeUnit); 4] = [
            ("EX", TimeUnit::Seconds),
            ("PX", TimeUnit::Milliseconds),
            ("EXAT", TimeUnit::UnixSeconds),
            ("PXAT", TimeUnit::UnixMilliseconds),
        ];
        let found = OPTIONS
            .iter()
            .find(|(option, _)| name.eq_ignore_ascii_case(option.as_bytes()));
        found.map(|(_, unit)| *unit)
    }
}

/// Milliseconds since 1970 of the time in argument `index`.
///
/// # Errors
/// Not an integer; not positive, or beyond 64 bits of milliseconds.
pub(super) fn expire_ms(
    args: Args<'_>,
    index: usize,
    unit: TimeUnit,
    now: Now,
    command: &str,
) -> Result<u64, Error> {
    let value = args.int(index)?;
    let scaled = match unit {
        TimeUnit::Seconds | TimeUnit::UnixSeconds => value.checked_mul(1000),
        TimeUnit::Milliseconds | TimeUnit::UnixMilliseconds => Some(value),
    };
    let base = match unit {
        TimeUnit::Seconds | TimeUnit::Milliseconds => now.unix_ms as i64,
        TimeUnit::UnixSeconds | TimeUnit::UnixMilliseconds => 0,
    };
    match scaled.and_then(|scaled| scaled.checked_add(base)) {
        Some(at) if value > 0 => Ok(at as u64),
        _ => Err(Error::Text(format!(
            "ERR invalid expire time in '{command}' command"
        ))),
    }
}

/// When SET stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition<'a> {
    /// Always.
    Always,
    /// NX: only where there is no key.
    Missing,
    /// XX: only where there is one.
    Present,
    /// IFEQ: only where the string equals this.
    Equal(&'a [u8]),
}

/// SET's options.
pub(super) struct SetOptions<'a> {
    pub(super) condition: Condition<'a>,
    pub(super) expiry: Expiry,
    /// GET: reply with the old string.
    pub(super) get: bool,
}

impl<'a> SetOptions<'a> {
    /// Reads the options from argument `first` on.
    ///
    /// # Errors
    /// Unknown options, ones that exclude each other, a bad time.
    pub(super) fn parse(args: Args<'a>, first: usize, now: Now) -> Result<Self, Error> {
        let mut options = SetOptions {
            condition: Condition::Always,
            expiry: Expiry::Clear,
            get: false,
        };
        // The time is read last: a syntax error anywhere comes before a bad number.
        let mut time = None;
        let mut index = first;
        while let Some(name) = args.get(index) {
            let untimed = options.expiry == Expiry::Clear && time.is_none();
            let unconditional = options.condition == Condition::Always;
            let more = index + 1 < args.len();
            if args.is(index, "NX")
                && matches!(options.condition, Condition::Always | Condition::Missing)
            {
                options.condition = Condition::Missing;
            } else if args.is(index, "XX")
                && matches!(options.condition, Condition::Always | Condition::Present)
            {
                options.condition = Condition::Present;
            } else if args.is(index, "IFEQ") && unconditional && more {
                index += 1;
                options.condition = Condition::Equal(args.at(index));
            } else if args.is(index, "GET") {
                options.get = true;
            } else if args.is(index, "KEEPTTL") && time.is_none() {
                options.expiry = Expiry::Keep;
            } else if let Some(unit) = TimeUnit::from_option(name)
                && untimed
                && more
            {
                index += 1;
                time = Some((index, unit));
            } else {
                return Err(Error::Syntax);
            }
            index += 1;
        }
        if let Some((index, unit)) = time {
            options.expiry = Expiry::At(expire_ms(args, index, unit, now, "set")?);
        }
        Ok(options)
    }
}
