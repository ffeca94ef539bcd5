//! The options that SET, GETEX and MSETEX share: conditions and expiry. Knows no keys.

use crate::command::Ctx;
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
    ctx: &Ctx<'_>,
    index: usize,
    unit: TimeUnit,
    command: &str,
) -> Result<u64, Error> {
    let value = ctx.args.int(index)?;
    let scaled = match unit {
        TimeUnit::Seconds | TimeUnit::UnixSeconds => value.checked_mul(1000),
        TimeUnit::Milliseconds | TimeUnit::UnixMilliseconds => Some(value),
    };
    let base = match unit {
        TimeUnit::Seconds | TimeUnit::Milliseconds => ctx.now.unix_ms as i64,
        TimeUnit::UnixSeconds | TimeUnit::UnixMilliseconds => 0,
    };
    match scaled.and_then(|scaled| scaled.checked_add(base)) {
        Some(at) if value > 0 => Ok(at as u64),
        _ => Err(ctx.invalid_expiry(command)),
    }
}

/// When a command stores.
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

/// What an option asks for the key's expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    /// Nothing was said.
    Unsaid,
    /// KEEPTTL.
    Keep,
    /// PERSIST.
    Persist,
    /// EX, PX, EXAT or PXAT, with the index of its number.
    At(usize, TimeUnit),
}

impl Time {
    /// What becomes of the expiry of a key that is stored.
    ///
    /// # Errors
    /// As [`expire_ms`].
    pub(super) fn expiry(self, ctx: &Ctx<'_>, command: &str) -> Result<Expiry, Error> {
        Ok(match self {
            Time::Unsaid | Time::Persist => Expiry::Clear,
            Time::Keep => Expiry::Keep,
            Time::At(index, unit) => Expiry::At(expire_ms(ctx, index, unit, command)?),
        })
    }
}

/// Which options a command knows beside the four times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// SET: NX, XX, IFEQ, GET and KEEPTTL.
    Set,
    /// GETEX: PERSIST.
    GetEx,
    /// MSETEX: NX, XX and KEEPTTL.
    MSetEx,
}

/// The options as they were given. Times are not read yet: Redis has a syntax error anywhere come before
/// a bad number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options<'a> {
    pub(super) condition: Condition<'a>,
    pub(super) time: Time,
    /// GET: reply with the old string.
    pub(super) get: bool,
}

impl<'a> Options<'a> {
    /// Reads the options from argument `first` on. An option may be repeated but not contradicted.
    ///
    /// # Errors
    /// Unknown options, and ones that exclude each other.
    pub(super) fn parse(args: Args<'a>, first: usize, known: Known) -> Result<Self, Error> {
        let mut options = Options {
            condition: Condition::Always,
            time: Time::Unsaid,
            get: false,
        };
        let mut index = first;
        while index < args.len() {
            if !options.plain(args, index, known) {
                options.with_value(args, index, known)?;
                index += 1;
            }
            index += 1;
        }
        Ok(options)
    }

    /// Takes an option that stands alone; false if this is none that fits.
    fn plain(&mut self, args: Args<'a>, index: usize, known: Known) -> bool {
        let stores = known != Known::GetEx;
        let (condition, time) = (self.condition, self.time);
        if stores && args.is(index, "NX") {
            self.condition = Condition::Missing;
            matches!(condition, Condition::Always | Condition::Missing)
        } else if stores && args.is(index, "XX") {
            self.condition = Condition::Present;
            matches!(condition, Condition::Always | Condition::Present)
        } else if stores && args.is(index, "KEEPTTL") {
            self.time = Time::Keep;
            matches!(time, Time::Unsaid | Time::Keep)
        } else if known == Known::GetEx && args.is(index, "PERSIST") {
            self.time = Time::Persist;
            matches!(time, Time::Unsaid | Time::Persist)
        } else {
            self.get |= known == Known::Set && args.is(index, "GET");
            known == Known::Set && args.is(index, "GET")
        }
    }

    /// Takes an option whose value is the next argument.
    fn with_value(&mut self, args: Args<'a>, index: usize, known: Known) -> Result<(), Error> {
        let value = args.get(index + 1).ok_or(Error::Syntax)?;
        if known == Known::Set && args.is(index, "IFEQ") && self.condition == Condition::Always {
            self.condition = Condition::Equal(value);
            return Ok(());
        }
        let unit = TimeUnit::from_option(args.at(index)).ok_or(Error::Syntax)?;
        match self.time {
            Time::Unsaid => {}
            Time::At(_, before) if before == unit => {}
            _ => return Err(Error::Syntax),
        }
        self.time = Time::At(index + 1, unit);
        Ok(())
    }
}
