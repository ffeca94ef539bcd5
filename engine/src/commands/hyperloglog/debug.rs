//! PFDEBUG and PFSELFTEST.

use alloc::vec::Vec;
use core::fmt::Write as _;

use super::{copied, put, refusal};
use crate::command::printable;
use crate::command::{Acl, Arg, Ctx, Flags, Group, KeyFlags, KeySpec, Spec};
use crate::error::Error;
use crate::types::hyperloglog::{self, EMPTY, Encoding, Opcode, REGISTERS};

pub(crate) const SPECS: &[Spec] = &[PFDEBUG, PFSELFTEST];

const PFDEBUG: Spec = Spec {
    name: "pfdebug",
    summary: "Shows and converts the registers of a HyperLogLog.",
    since: "2.8.9",
    group: Group::Hyperloglog,
    complexity: "N/A",
    internal: true,
    arity: 3,
    flags: Flags::WRITE.or(Flags::DENYOOM).or(Flags::ADMIN),
    acl: Acl::HYPERLOGLOG,
    keys: &[KeySpec::at(2, KeyFlags::RW.or(KeyFlags::ACCESS))],
    args: &[Arg::string("subcommand"), Arg::key("key", 0)],
    ..Spec::new(pfdebug)
};

const PFSELFTEST: Spec = Spec {
    name: "pfselftest",
    summary: "Tests the arithmetic of HyperLogLogs.",
    since: "2.8.9",
    group: Group::Hyperloglog,
    complexity: "N/A",
    internal: true,
    arity: 1,
    flags: Flags::ADMIN,
    acl: Acl::HYPERLOGLOG,
    ..Spec::new(pfselftest)
};

fn pfdebug(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    const MISSING: Error = Error::fixed(&"ERR The specified key does not exist");
    let (args, key) = (ctx.args, ctx.arg(2));
    let place = ctx.keys.find(key);
    let entry = ctx.keys.entry(place).ok_or(MISSING)?;
    let mut hll = copied(entry)?;
    let encoding = hyperloglog::check(&hll).map_err(refusal)?;
    if entry.encoding() != "raw" {
        // Whatever is asked, the string is a computed one from here on.
        ctx.keys.change_string(place, key, hll.len(), |_| ())?;
    }
    if args.is(1, "GETREG") || args.is(1, "TODENSE") {
        hyperloglog::to_dense(&mut hll).map_err(refusal)?;
        if args.is(1, "GETREG") {
            reply_registers(ctx, &hll);
        } else {
            ctx.reply.flag(encoding == Encoding::Sparse);
        }
        if encoding == Encoding::Sparse {
            put(ctx, place, key, &mut hll)?;
            ctx.changed_quietly(key);
        }
    } else if args.is(1, "DECODE") {
        if encoding == Encoding::Dense {
            return Err(Error::fixed(&"ERR HLL encoding is not sparse"));
        }
        let text = decoded(&hll)?;
        ctx.reply.bulk(&text);
    } else if args.is(1, "ENCODING") {
        ctx.reply.simple(match encoding {
            Encoding::Dense => "dense",
            Encoding::Sparse => "sparse",
        });
    } else {
        let name = printable(&args[1], usize::MAX);
        return Err(ctx.refuse_with(&[b"ERR Unknown PFDEBUG subcommand '", name, b"'"]));
    }
    Ok(())
}

fn reply_registers(ctx: &mut Ctx<'_>, hll: &[u8]) {
    ctx.reply.array(REGISTERS);
    for index in 0..REGISTERS {
        let register = hyperloglog::dense_register(hll, index);
        ctx.reply.int(i64::from(register.unwrap_or(0)));
    }
}

/// Sparse registers as text: `z` and `Z` for runs of zeros, `v` for runs of a value.
fn decoded(hll: &[u8]) -> Result<Vec<u8>, Error> {
    // Redis' strings end with a zero byte, which completes a long run that was cut off.
    let mut padded = Vec::new();
    padded.try_reserve_exact(hll.len() + 1)?;
    padded.extend_from_slice(hll);
    padded.push(0);
    let mut at = HEADER;
    let mut text: Vec<u8> = Vec::new();
    for opcode in hyperloglog::opcodes(&padded) {
        if at >= hll.len() {
            break;
        }
        at += if matches!(opcode, Opcode::LongZero(_)) {
            2
        } else {
            1
        };
        let mut word = alloc::string::String::new();
        // Writing into a string cannot fail.
        let _ = match opcode {
            Opcode::Zero(run) => write!(word, "z:{run}"),
            Opcode::LongZero(run) => write!(word, "Z:{run}"),
            Opcode::Value(value, run) => write!(word, "v:{value},{run}"),
        };
        text.try_reserve(word.len() + 1)?;
        if !text.is_empty() {
            text.push(b' ');
        }
        text.extend_from_slice(word.as_bytes());
    }
    Ok(text)
}

/// Where the registers begin.
const HEADER: usize = 16;
/// How many elements the self-test counts.
const TESTED: u64 = 100_000;
/// The self-test allows so many standard errors.
const ERRORS_MAX: f64 = 6.0;
/// The relative standard error: 1.04 divided by the root of the number of registers.
const STANDARD_ERROR: f64 = 1.04 / 128.0;

fn pfselftest(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let (mut sparse, mut dense) = (EMPTY.to_vec(), EMPTY.to_vec());
    hyperloglog::to_dense(&mut dense).map_err(refusal)?;
    let mut seed = ctx.server.random.next_u64();
    let mut checked_next = 1;
    for added in 1..=TESTED {
        let element = seed.to_le_bytes();
        seed = seed.wrapping_add(1);
        hyperloglog::add(&mut dense, &element, 0).map_err(refusal)?;
        if sparse.len() < dense.len() {
            hyperloglog::add(&mut sparse, &element, 3000).map_err(refusal)?;
        }
        if added < checked_next {
            continue;
        }
        checked_next *= 10;
        let count = hyperloglog::count(&dense).map_err(refusal)?;
        if sparse.len() < dense.len() && hyperloglog::count(&sparse).map_err(refusal)? != count {
            return Err(Error::fixed(
                &"TESTFAILED sparse and dense registers differ",
            ));
        }
        let wrong = count.abs_diff(added) as f64;
        // With few elements two may fall into one register, however good the hash.
        if wrong > 2.0 + STANDARD_ERROR * ERRORS_MAX * added as f64 {
            return Err(Error::fixed(&"TESTFAILED the estimate is too far off"));
        }
    }
    ctx.reply.ok();
    Ok(())
}
