//! The list of fields that newer commands have, `FIELDS numfields field …`, and the times they take. No command is
//! here.

use super::FIELD;
use crate::command::Ctx;
use crate::command::{Arg, ArgKind};
use crate::error::Error;
use crate::resp::Args;

/// The latest time at which a field can end, in milliseconds since 1970.
const DEADLINE_MS_MAX: u64 = (1 << 46) - 1;

/// `FIELDS numfields field …`.
pub(super) const FIELDS: Arg =
    Arg::block("fields", &[Arg::int("numfields"), FIELD.multiple()]).after("FIELDS");

/// The four ways to say a time.
pub(super) const EX: Arg = Arg::int("seconds").after("EX");
pub(super) const PX: Arg = Arg::int("milliseconds").after("PX");
pub(super) const EXAT: Arg = Arg::new("unix-time-seconds", ArgKind::UnixTime).after("EXAT");
pub(super) const PXAT: Arg = Arg::new("unix-time-milliseconds", ArgKind::UnixTime).after("PXAT");

/// What is said of a number of fields below 1.
pub(super) const NOT_POSITIVE: Error =
    Error::fixed(&"ERR Number of fields must be a positive integer");

/// The fields of `FIELDS numfields field …`, which stands at argument `at` and ends the request.
///
/// # Errors
/// Another word; `bad_count` for what is no number of at least 1; a number that is not that of the fields.
pub(super) fn fields(args: Args<'_>, at: usize, bad_count: Error) -> Result<Args<'_>, Error> {
    if !args.is(at, "FIELDS") {
        return Err(Error::fixed(
            &"ERR Mandatory argument FIELDS is missing or not at the right position",
        ));
    }
    let count = args.int(at + 1).ok().filter(|count| *count >= 1);
    let count = count.ok_or(bad_count)?;
    let fields = args.from(at + 2);
    if count as u64 != fields.len() as u64 {
        return Err(Error::fixed(
            &"ERR The `numfields` parameter must match the number of arguments",
        ));
    }
    Ok(fields)
}

/// The unit of a time, and whether it counts from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) ms: u64,
    pub(super) relative: bool,
}

impl Unit {
    /// What EX, PX, EXAT or PXAT at argument `at` means.
    pub(super) fn parse(args: Args<'_>, at: usize) -> Option<Unit> {
        let words = [
            ("EX", 1000, true),
            ("PX", 1, true),
            ("EXAT", 1000, false),
            ("PXAT", 1, false),
        ];
        let found = words.into_iter().find(|(word, ..)| args.is(at, word));
        found.map(|(_, ms, relative)| Unit { ms, relative })
    }

    /// The moment in milliseconds since 1970 that argument `at` of `command` means.
    ///
    /// # Errors
    /// No number, a negative one, or a moment beyond 46 bits.
    pub(super) fn moment(self, ctx: &Ctx<'_>, at: usize, command: &str) -> Result<u64, Error> {
        let number = u64::try_from(ctx.args.int(at)?)
            .map_err(|_| Error::fixed(&"ERR invalid expire time, must be >= 0"))?;
        let base_ms = if self.relative { ctx.now.unix_ms } else { 0 };
        let moment = number
            .checked_mul(self.ms)
            .and_then(|ms| ms.checked_add(base_ms))
            .filter(|moment| *moment <= DEADLINE_MS_MAX);
        moment.ok_or_else(|| ctx.invalid_expiry(command))
    }
}
