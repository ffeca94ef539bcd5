//! Random keys of every type and encoding, as the commands that make them. The same on every server; knows no target.

use crate::sim::Random;

/// A command with its arguments.
pub type Words = Vec<Vec<u8>>;

/// Far ahead, in milliseconds since 1970.
const EXPIRY_MS: &str = "33177117420000";

fn words(text: &str) -> Words {
    text.split(' ')
        .map(|word| word.as_bytes().to_vec())
        .collect()
}

/// A number, a repetitive or a random text, any bytes.
fn value(random: &mut Random) -> Vec<u8> {
    match random.below(6) {
        0 => random.below(1 << 20).to_string().into_bytes(),
        1 => format!("-{}", random.next() >> 2).into_bytes(),
        2 => b"word ".repeat(random.below(20) as usize),
        3 => (0..random.below(30)).map(|_| random.next() as u8).collect(),
        4 if random.once_in(40) => vec![b'l'; 3000],
        _ => format!("text {}", random.next()).into_bytes(),
    }
}

/// Commands that make `key`, mostly small, every type equally often.
pub fn make(random: &mut Random, key: &str) -> Vec<Words> {
    let count = match random.once_in(50) {
        true => 700,
        false => 1 + random.below(12),
    };
    let mut all = Vec::new();
    let mut command = |mut argv: Words, rest: Words| {
        argv.extend(rest);
        all.push(argv);
    };
    match random.below(6) {
        0 => command(words(&format!("SET {key}")), vec![value(random)]),
        1 => {
            let elements = (0..count).map(|_| value(random)).collect();
            command(words(&format!("RPUSH {key}")), elements);
        }
        2 => {
            let numbers = random.once_in(2);
            let member = |number: u64, random: &mut Random| match numbers {
                true => (number * 1001).to_string().into_bytes(),
                false => value(random),
            };
            let members = (0..count).map(|number| member(number, random)).collect();
            command(words(&format!("SADD {key}")), members);
        }
        3 => {
            let fields =
                (0..count).flat_map(|number| [format!("field:{number}").into(), value(random)]);
            command(words(&format!("HSET {key}")), fields.collect());
        }
        4 => {
            let members = (0..count).flat_map(|number| {
                let score = random.below(1000) as f64 / 4.0;
                [score.to_string().into(), format!("m:{number}").into()]
            });
            command(words(&format!("ZADD {key}")), members.collect());
        }
        _ => {
            for number in 1..=count {
                let fields = vec![b"field".to_vec(), value(random)];
                command(words(&format!("XADD {key} {number}-1")), fields);
            }
            if random.once_in(2) {
                command(words(&format!("XDEL {key} 1-1")), Words::new());
                command(
                    words(&format!("XGROUP CREATE {key} group 0 ENTRIESREAD 1")),
                    Words::new(),
                );
                command(
                    words(&format!(
                        "XREADGROUP GROUP group consumer COUNT 3 STREAMS {key} >"
                    )),
                    Words::new(),
                );
            }
        }
    }
    if random.once_in(5) {
        command(words(&format!("PEXPIREAT {key} {EXPIRY_MS}")), Words::new());
    }
    all
}
