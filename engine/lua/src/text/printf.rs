//! One conversion of C's printf, as the GNU C library prints it: numbers, characters and strings with flags, width and
//! precision. Knows nothing of format strings.

use hyla_number::decimal::{self, Digits, Limit};
use hyla_number::integer;

/// Room for any number: 309 digits, a point, 99 decimals, a sign.
const TEXT_LEN_MAX: usize = 448;

/// The flags of a conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `-`: pad on the right.
    pub left: bool,
    /// `+`: a sign before what is not negative.
    pub plus: bool,
    /// A space before what is not negative.
    pub space: bool,
    /// `#`: a point always, a base's prefix.
    pub alternate: bool,
    /// `0`: pad with zeros behind the sign.
    pub zero: bool,
}

/// A conversion without its letter. Width and precision are at most 99.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    /// The flags.
    pub flags: Flags,
    /// The least number of bytes.
    pub width: usize,
    /// What stands behind the point, if a point stands there.
    pub precision: Option<usize>,
}

/// The text of one number, in place.
pub struct Text {
    bytes: [u8; TEXT_LEN_MAX],
    len: usize,
}

impl Text {
    fn new() -> Text {
        Text {
            bytes: [0; TEXT_LEN_MAX],
            len: 0,
        }
    }

    /// What was printed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn push(&mut self, byte: u8) {
        if self.len < TEXT_LEN_MAX {
            self.bytes[self.len] = byte;
            self.len += 1;
        }
    }

    fn extend(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.push(byte);
        }
    }

    fn fill(&mut self, byte: u8, count: usize) {
        for _ in 0..count {
            self.push(byte);
        }
    }

    /// Makes room for `count` bytes at `at`, all of them `byte`.
    fn insert(&mut self, at: usize, byte: u8, count: usize) {
        let count = count.min(TEXT_LEN_MAX - self.len);
        self.bytes.copy_within(at..self.len, at + count);
        self.bytes[at..at + count].fill(byte);
        self.len += count;
    }

    /// Pads to the width; `prefix` bytes (sign, base) stay before padding zeros.
    fn pad(&mut self, spec: &Spec, prefix: usize, zeros: bool) {
        let missing = spec.width.saturating_sub(self.len);
        if spec.flags.left {
            self.fill(b' ', missing);
        } else if zeros && spec.flags.zero {
            self.insert(prefix, b'0', missing);
        } else {
            self.insert(0, b' ', missing);
        }
    }

    fn sign(&mut self, negative: bool, spec: &Spec) {
        if negative {
            self.push(b'-');
        } else if spec.flags.plus {
            self.push(b'+');
        } else if spec.flags.space {
            self.push(b' ');
        }
    }
}

/// How the digits of a double are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// `%e`
    Scientific,
    /// `%f`
    Fixed,
    /// `%g`
    General,
}

/// `%e`, `%f`, `%g` and, with `upper`, `%E`, `%G`.
pub fn double(value: f64, notation: Notation, upper: bool, spec: &Spec) -> Text {
    let mut text = Text::new();
    text.sign(value.is_sign_negative(), spec);
    let prefix = text.len;
    let magnitude = value.abs();
    if !magnitude.is_finite() {
        text.extend(match (value.is_nan(), upper) {
            (true, false) => b"nan",
            (true, true) => b"NAN",
            (false, false) => b"inf",
            (false, true) => b"INF",
        });
        text.pad(spec, prefix, false);
        return text;
    }
    let precision = spec.precision.unwrap_or(6).min(decimal::PRECISION_MAX);
    let letter = if upper { b'E' } else { b'e' };
    let dot = spec.flags.alternate;
    match notation {
        Notation::Fixed => {
            let digits = decimal::digits(magnitude, Limit::Decimals(precision));
            fixed(&mut text, &digits, precision, dot);
        }
        Notation::Scientific => {
            let digits = decimal::digits(magnitude, Limit::Significant(precision + 1));
            scientific(&mut text, &digits, precision, dot, letter);
        }
        Notation::General => {
            let count = precision.max(1);
            let digits = decimal::digits(magnitude, Limit::Significant(count));
            let shown = if dot {
                count as i32
            } else {
                digits.significant().max(1) as i32
            };
            if digits.point < -4 || digits.point >= count as i32 {
                scientific(&mut text, &digits, shown as usize - 1, dot, letter);
            } else {
                let decimals = (shown - 1 - digits.point).max(0) as usize;
                fixed(&mut text, &digits, decimals, dot);
            }
        }
    }
    text.pad(spec, prefix, true);
    text
}

fn fixed(text: &mut Text, digits: &Digits, decimals: usize, dot: bool) {
    if digits.point < 0 {
        text.push(b'0');
    }
    for index in 0..=digits.point {
        text.push(digits.at(index));
    }
    if decimals > 0 || dot {
        text.push(b'.');
    }
    for place in 1..=decimals as i32 {
        text.push(digits.at(digits.point + place));
    }
}

fn scientific(text: &mut Text, digits: &Digits, decimals: usize, dot: bool, letter: u8) {
    text.push(digits.at(0));
    if decimals > 0 || dot {
        text.push(b'.');
    }
    for index in 1..=decimals as i32 {
        text.push(digits.at(index));
    }
    text.push(letter);
    text.push(if digits.point < 0 { b'-' } else { b'+' });
    let power = u64::from(digits.point.unsigned_abs());
    if power < 10 {
        text.push(b'0');
    }
    text.extend(integer::write_u64(power, &mut [0; 20]));
}

/// `%d`.
pub fn signed(value: i64, spec: &Spec) -> Text {
    let mut text = Text::new();
    text.sign(value < 0, spec);
    let mut buffer = [0; 20];
    let digits = integer::write_u64(value.unsigned_abs(), &mut buffer);
    integer(&mut text, digits, value == 0, spec);
    text
}

/// How an unsigned integer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// `%u`
    Decimal,
    /// `%o`
    Octal,
    /// `%x`
    Hex,
    /// `%X`
    UpperHex,
}

/// `%u`, `%o`, `%x` and `%X`.
pub fn unsigned(value: u64, base: Base, spec: &Spec) -> Text {
    let mut text = Text::new();
    let mut buffer = [0; 23];
    let (shift, letters) = match base {
        Base::Decimal => {
            let mut buffer = [0; 20];
            let digits = integer::write_u64(value, &mut buffer);
            integer(&mut text, digits, value == 0, spec);
            return text;
        }
        Base::Octal => (3, b"0123456789abcdef"),
        Base::Hex => (4, b"0123456789abcdef"),
        Base::UpperHex => (4, b"0123456789ABCDEF"),
    };
    let (mut rest, mut at) = (value, buffer.len());
    while rest > 0 || at == buffer.len() {
        at -= 1;
        buffer[at] = letters[(rest & ((1 << shift) - 1)) as usize];
        rest >>= shift;
    }
    let mut spec = *spec;
    if spec.flags.alternate && base == Base::Octal {
        // One zero in front, which the precision may already give.
        let digits = if value == 0 { 0 } else { buffer.len() - at };
        if spec.precision.unwrap_or(1) <= digits {
            let least = digits + 1;
            if spec.precision.is_some() {
                spec.precision = Some(least);
            } else if value != 0 {
                at -= 1;
                buffer[at] = b'0';
            }
        }
    }
    if spec.flags.alternate && value != 0 && base != Base::Octal {
        text.extend(if base == Base::Hex { b"0x" } else { b"0X" });
    }
    integer(&mut text, &buffer[at..], value == 0, &spec);
    text
}

/// Digits behind the sign or prefix that `text` has.
fn integer(text: &mut Text, digits: &[u8], is_zero: bool, spec: &Spec) {
    let prefix = text.len;
    match spec.precision {
        Some(0) if is_zero => {}
        Some(precision) => {
            text.fill(b'0', precision.saturating_sub(digits.len()));
            text.extend(digits);
        }
        None => text.extend(digits),
    }
    text.pad(spec, prefix, spec.precision.is_none());
}

/// `%c`.
pub fn character(byte: u8, spec: &Spec) -> Text {
    let mut text = Text::new();
    text.push(byte);
    text.pad(spec, 0, false);
    text
}

/// How many bytes of a string `%s` prints, and how many spaces before and behind it.
pub fn string(len: usize, spec: &Spec) -> (usize, usize, usize) {
    let len = spec.precision.map_or(len, |precision| precision.min(len));
    let missing = spec.width.saturating_sub(len);
    if spec.flags.left {
        (len, 0, missing)
    } else {
        (len, missing, 0)
    }
}
