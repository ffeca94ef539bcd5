//! The fuzz targets on fixed seeds and on the committed inputs: a few seconds that need no nightly toolchain. What they check
//! stands in `hyla_tests::fuzz`.

use hyla_driver::{Driver, START};
use hyla_tests::fuzz::{TARGETS, corpus};
use hyla_tests::resp::encode_command;
use std::path::Path;

/// Inputs made for each target; `HYLA_FUZZ_INPUTS` and `HYLA_FUZZ_SEED` ask for others.
const INPUTS: u64 = 3000;
/// Bytes of an input at most.
const BYTES_MAX: u64 = 400;

/// Splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> usize {
        (self.next() % bound.max(1)) as usize
    }

    /// A committed input with some bytes changed, doubled or gone, or nothing but chance.
    fn input(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        if self.below(4) == 0 {
            let len = self.below(BYTES_MAX);
            return (0..len).map(|_| self.next() as u8).collect();
        }
        let mut input = seeds[self.below(seeds.len() as u64)].clone();
        for _ in 0..self.below(6) {
            let at = self.below(input.len() as u64);
            match self.below(4) {
                0 if at < input.len() => input[at] = self.next() as u8,
                1 if at < input.len() => drop(input.remove(at)),
                2 => input.insert(at, b"\r\n\0*$\"'\\-09"[self.below(11)]),
                _ => {
                    let piece = input[at..(at + 20).min(input.len())].to_vec();
                    let to = self.below(input.len() as u64);
                    input.splice(to..to, piece);
                }
            }
        }
        input
    }
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/seeds")
        .join(name);
    let mut seeds = corpus::read_folder(&folder).expect("a folder of seeds");
    if let Ok(packed) = std::fs::read(corpus::file(name)) {
        let more = corpus::unpack(&packed);
        assert!(!more.is_empty() && corpus::pack(&more) == packed, "{name}");
        seeds.extend(more);
    }
    seeds
}

fn play(name: &str) {
    let (_, body) = TARGETS
        .iter()
        .find(|(known, _)| *known == name)
        .expect("a target");
    let seeds = seeds(name);
    assert!(!seeds.is_empty());
    let number = |name| std::env::var(name).ok()?.parse().ok();
    let mut random = Random(number("HYLA_FUZZ_SEED").unwrap_or(1));
    let made = (0..number("HYLA_FUZZ_INPUTS").unwrap_or(INPUTS))
        .map(|_| random.input(&seeds))
        .collect::<Vec<_>>();
    for input in seeds.iter().chain(&made) {
        let outcome = std::panic::catch_unwind(|| body(input));
        assert!(outcome.is_ok(), "this input: {}", input.escape_ascii());
    }
}

#[test]
fn intake() {
    play("intake");
}

#[test]
fn requests() {
    play("requests");
}

#[test]
fn glob() {
    play("glob");
}

#[test]
fn numbers() {
    play("numbers");
}

#[test]
fn config_file() {
    play("config_file");
}

/// The long runs on payloads have left something.
#[test]
fn the_corpus_of_payloads_is_kept() {
    let packed = std::fs::read(corpus::file("payload")).expect("a packed corpus");
    let inputs = corpus::unpack(&packed).len();
    assert!(inputs > 1000 && packed.len() < 1 << 20, "{inputs}");
}

#[test]
fn payload() {
    play("payload");
}

#[test]
fn lua_source() {
    play("lua_source");
}

#[test]
fn functions() {
    play("functions");
}

/// The values that payloads are made of are sound ones, and as many as there are types.
#[test]
fn the_values_for_payloads_are_sound() {
    let values = hyla_tests::fuzz::sound_values();
    let mut kinds: Vec<u8> = values.iter().map(|value| value[0]).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25
        ]
    );
    for value in values {
        let mut payload = value;
        payload.extend_from_slice(&10u16.to_le_bytes());
        let checksum = hyla_engine::crc64::update(0, &payload);
        payload.extend_from_slice(&checksum.to_le_bytes());
        let mut driver = Driver::new(1, START, false);
        let conn = driver.open();
        let (mut request, mut out) = (Vec::new(), Vec::new());
        encode_command(&[b"RESTORE".as_slice(), b"k", b"0", &payload], &mut request);
        driver.send(conn, &request);
        driver.receive(conn, &mut out);
        assert_eq!(out, b"+OK\r\n", "{}", payload.escape_ascii());
    }
}

/// No target is forgotten: not here, not in fuzz/Cargo.toml.
#[test]
fn every_target_has_a_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        assert!(
            folder
                .join("fuzz_targets")
                .join(name)
                .with_extension("rs")
                .exists(),
            "{name}"
        );
    }
}
