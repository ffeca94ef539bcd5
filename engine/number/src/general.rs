//! C's `%.Ng`: a double's first digits, correctly rounded; knows nothing of other notations.

use super::decimal::{self, Limit};
use super::float::TEXT_LEN_MAX;
use super::integer;

/// C's `%.Ng` for 1 to 17 digits.
pub fn write_general(value: f64, digits: u32, buffer: &mut [u8; TEXT_LEN_MAX]) -> &[u8] {
    let mut len = 0;
    if value.is_sign_negative() {
        buffer[0] = b'-';
        len = 1;
    }
    let magnitude = value.abs();
    let end = 10u64.pow(digits);
    if magnitude < end as f64 && magnitude as u64 as f64 == magnitude && magnitude < 1e17 {
        let mut text = [0; 20];
        let text = integer::write_u64(magnitude as u64, &mut text);
        buffer[len..len + text.len()].copy_from_slice(text);
        return &buffer[..len + text.len()];
    }
    if !magnitude.is_finite() {
        let word = if value.is_nan() { b"nan" } else { b"inf" };
        buffer[len..len + 3].copy_from_slice(word);
        return &buffer[..len + 3];
    }
    match decimal::short(magnitude, digits) {
        Some((number, point)) => len = general(number, digits, point, len, buffer),
        None => {
            let count = digits as usize;
            let exact = decimal::digits(magnitude, Limit::Significant(count));
            let number =
                (0..digits as i32).fold(0, |value, at| value * 10 + u64::from(exact.at(at) - b'0'));
            len = general(number, digits, exact.point, len, buffer);
        }
    }
    &buffer[..len]
}

/// Lays out `digits` digits whose first has the exponent `point`; returns the text's end.
fn general(
    mut number: u64,
    digits: u32,
    point: i32,
    start: usize,
    buffer: &mut [u8; TEXT_LEN_MAX],
) -> usize {
    let mut count = digits as usize;
    while count > 1 && number.is_multiple_of(10) {
        number /= 10;
        count -= 1;
    }
    let mut text = [0; 20];
    let text = &integer::write_u64(number, &mut text)[..count];
    let mut at = start;
    let mut push = |bytes: &[u8]| {
        buffer[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    if point < -4 || point >= digits as i32 {
        push(&text[..1]);
        if count > 1 {
            push(b".");
            push(&text[1..]);
        }
        push(if point < 0 { b"e-" } else { b"e+" });
        let power = point.unsigned_abs() as u64;
        if power < 10 {
            push(b"0");
        }
        push(integer::write_u64(power, &mut [0; 20]));
    } else if point < 0 {
        push(&b"0.000"[..1 + (-point) as usize]);
        push(text);
    } else {
        let whole = point as usize + 1;
        push(&text[..whole.min(count)]);
        if count > whole {
            push(b".");
            push(&text[whole..]);
        } else {
            push(&b"0000000000000000"[..whole - count]);
        }
    }
    at
}
