//! The engine in wasm is the engine: no imports, and the same replies and effects, byte for byte. Needs the feature `wasm`.
#![cfg(feature = "wasm")]

use hyla_tests::oracle::episode;
use hyla_tests::oracle::generate::{GROUPS, Group};
use hyla_tests::resp::encode_command;
use hyla_tests::target::{Conn, Habitat, Native, Program, Target, VirtualTarget};
use std::time::Duration;

/// What a habitat said and logged.
struct Trace {
    replies: Vec<Vec<u8>>,
    log: Vec<u8>,
}

/// Plays an episode, some time passing after each batch.
fn play<H: Habitat>(habitat: H, seed: u64) -> Trace {
    let groups: Vec<&Group> = GROUPS.iter().collect();
    let mut target = VirtualTarget::new(habitat, seed, true).expect("starts");
    let conn = target.open().expect("opens");
    let mut replies = Vec::new();
    if seed.is_multiple_of(2) {
        replies.push(exchange(&mut target, conn, b"HELLO 3\r\n"));
    }
    for (number, batch) in episode(seed, &groups).chunks(5).enumerate() {
        let mut bytes = Vec::new();
        for command in batch.iter().flatten() {
            encode_command(&command.argv, &mut bytes);
        }
        replies.push(exchange(&mut target, conn, &bytes));
        let pause = Duration::from_millis(number as u64 % 7 * 13);
        target.advance(pause).expect("time passes");
    }
    let log = target.log().expect("a log");
    Trace { replies, log }
}

fn exchange(target: &mut dyn Target, conn: Conn, bytes: &[u8]) -> Vec<u8> {
    let mut reply = Vec::new();
    target.send(conn, bytes).expect("takes all");
    target
        .receive(conn, &mut reply, Duration::ZERO)
        .expect("answers");
    reply
}

#[test]
fn wasm_is_the_same_engine() {
    let program = Program::build().expect("the guest builds");
    assert_eq!(program.imports(), Vec::<String>::new());

    for seed in 1..=10 {
        let native = play(Native::new(), seed);
        let wasm = play(program.instance().expect("an instance"), seed);
        for (batch, (native, wasm)) in native.replies.iter().zip(&wasm.replies).enumerate() {
            let (native, wasm) = (native.escape_ascii(), wasm.escape_ascii());
            assert_eq!(
                native.to_string(),
                wasm.to_string(),
                "seed {seed}, batch {batch}"
            );
        }
        assert!(
            native.log == wasm.log,
            "seed {seed}: the effect logs differ"
        );
        assert!(!native.log.is_empty(), "seed {seed}: nothing was logged");
    }
}
