//! The library `math`. Its random numbers are those that Redis gives its scripts: `lrand48`, seeded.

use crate::arith::{floor, power};
use crate::fault::Fault;
use crate::native::{Call, Next};
use crate::value::Value;
use crate::vm::Vm;

const PI: f64 = core::f64::consts::PI;
/// The greatest random integer, as Redis divides by it.
const RANDOM_MAX: f64 = i32::MAX as f64;

/// Adds the library to the globals.
///
/// # Errors
/// No memory.
pub fn open(vm: &mut Vm) -> Result<(), Fault> {
    let table = vm.heap.table()?;
    vm.register(
        table,
        &[
            ("abs", abs),
            ("acos", |vm, call| {
                map(vm, call, |value| plain_nan(libm::acos(value)))
            }),
            ("asin", |vm, call| {
                map(vm, call, |value| plain_nan(libm::asin(value)))
            }),
            ("atan2", atan2),
            ("atan", |vm, call| map(vm, call, libm::atan)),
            ("ceil", |vm, call| map(vm, call, |value| -floor(-value))),
            ("cosh", |vm, call| map(vm, call, libm::cosh)),
            ("cos", |vm, call| map(vm, call, libm::cos)),
            ("deg", |vm, call| {
                map(vm, call, |value| value / (PI / 180.0))
            }),
            ("exp", |vm, call| map(vm, call, libm::exp)),
            ("floor", |vm, call| map(vm, call, floor)),
            ("fmod", fmod),
            ("frexp", frexp),
            ("ldexp", ldexp),
            ("log10", |vm, call| {
                map(vm, call, |value| plain_nan(libm::log10(value)))
            }),
            ("log", |vm, call| map(vm, call, libm::log)),
            ("max", max),
            ("min", min),
            ("modf", modf),
            ("pow", pow),
            ("rad", |vm, call| {
                map(vm, call, |value| value * (PI / 180.0))
            }),
            ("random", random),
            ("randomseed", randomseed),
            ("sinh", |vm, call| map(vm, call, libm::sinh)),
            ("sin", |vm, call| map(vm, call, libm::sin)),
            ("sqrt", |vm, call| map(vm, call, libm::sqrt)),
            ("tanh", |vm, call| map(vm, call, libm::tanh)),
            ("tan", |vm, call| map(vm, call, libm::tan)),
        ],
    )?;
    vm.set_field(table, "pi", Value::Number(PI))?;
    vm.set_field(table, "huge", Value::Number(f64::INFINITY))?;
    let name = vm.heap.string(b"fmod")?;
    let fmod = table.get_str(name);
    vm.set_field(table, "mod", fmod)?;
    seed(vm, 0);
    let globals = vm.globals;
    vm.set_field(globals, "math", Value::Table(table))
}

/// What the C library gives for a value that a function does not take is a NaN without sign; libm's has one.
fn plain_nan(result: f64) -> f64 {
    if result.is_nan() { f64::NAN } else { result }
}

/// Two numbers. The second is looked at first, as a C compiler does it.
fn two(vm: &mut Vm, call: Call) -> Result<(f64, f64), Fault> {
    let second = vm.check_number(call, 2)?;
    Ok((vm.check_number(call, 1)?, second))
}

/// A function of one number.
fn map(vm: &mut Vm, call: Call, function: fn(f64) -> f64) -> Result<Next, Fault> {
    let value = vm.check_number(call, 1)?;
    // A NaN keeps its sign.
    let result = if value.is_nan() {
        value
    } else {
        function(value)
    };
    vm.give(Value::Number(result))
}

fn abs(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let value = vm.check_number(call, 1)?;
    vm.give(Value::Number(value.abs()))
}

fn atan2(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let (y, x) = two(vm, call)?;
    let result = if x.is_nan() { x } else { libm::atan2(y, x) };
    vm.give(Value::Number(result))
}

fn fmod(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let (x, y) = two(vm, call)?;
    vm.give(Value::Number(libm::fmod(x, y)))
}

fn pow(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let (x, y) = two(vm, call)?;
    vm.give(Value::Number(power(x, y)))
}

fn modf(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let value = vm.check_number(call, 1)?;
    let whole = if value > 0.0 {
        floor(value)
    } else {
        -floor(-value)
    };
    let part = if value.is_infinite() {
        0.0
    } else {
        value - whole
    };
    vm.push(Value::Number(whole))?;
    vm.push(Value::Number(part.copysign(value)))?;
    Ok(Next::Return(2))
}

fn frexp(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let (part, exponent) = libm::frexp(vm.check_number(call, 1)?);
    vm.push(Value::Number(part))?;
    vm.push(Value::Number(f64::from(exponent)))?;
    Ok(Next::Return(2))
}

fn ldexp(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let exponent = vm.check_integer(call, 2)? as i32;
    let part = vm.check_number(call, 1)?;
    vm.give(Value::Number(libm::ldexp(part, exponent)))
}

/// The argument that no other one is better than.
fn best(vm: &mut Vm, call: Call, better: fn(f64, f64) -> bool) -> Result<Next, Fault> {
    let mut best = vm.check_number(call, 1)?;
    vm.spend(call.count / 8);
    for index in 2..=call.count {
        let value = vm.check_number(call, index)?;
        if better(value, best) {
            best = value;
        }
    }
    vm.give(Value::Number(best))
}

fn max(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    best(vm, call, |value, best| value > best)
}

fn min(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    best(vm, call, |value, best| value < best)
}

/// What `math.randomseed` does: `srand48`.
pub fn seed(vm: &mut Vm, seed: i32) {
    vm.random = u64::from(seed.cast_unsigned()) << 16 | 0x330e;
}

/// `lrand48`: from 0 to 2^31 - 1.
fn next_random(vm: &mut Vm) -> f64 {
    let state = vm.random.wrapping_mul(0x5_deec_e66d).wrapping_add(0xb);
    vm.random = state & 0xffff_ffff_ffff;
    (vm.random >> 17) as f64
}

fn random(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let random = next_random(vm);
    let random = (random - floor(random / RANDOM_MAX) * RANDOM_MAX) / RANDOM_MAX;
    let (low, high, place) = match call.count {
        0 => return vm.give(Value::Number(random)),
        1 => (1, vm.check_integer(call, 1)? as i32, 1),
        2 => {
            let low = vm.check_integer(call, 1)? as i32;
            (low, vm.check_integer(call, 2)? as i32, 2)
        }
        _ => return Err(vm.error(b"wrong number of arguments")),
    };
    if low > high {
        return Err(vm.arg_error(call, place, b"interval is empty"));
    }
    // C computes the width as an `int`, which wraps.
    let width = match place {
        1 => f64::from(high),
        _ => f64::from(high.wrapping_sub(low).wrapping_add(1)),
    };
    vm.give(Value::Number(floor(random * width) + f64::from(low)))
}

fn randomseed(vm: &mut Vm, call: Call) -> Result<Next, Fault> {
    let number = vm.check_integer(call, 1)? as i32;
    seed(vm, number);
    Ok(Next::Return(0))
}
