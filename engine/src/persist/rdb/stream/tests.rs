//! A stream that changes while it is written is written as it was, in either form.

use proptest::prelude::*;

use super::super::encode::Encoder;
use super::*;
use crate::persist::aof::{Commands, Records};
use crate::types::stream::tests::{Model, step, steps};
use crate::types::{KeyHasher, ObjectRef};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 256 }))]
    #[test]
    fn written_is_what_was(
        before in steps(200),
        during in steps(200),
        (whole, first, pause) in (any::<bool>(), 0usize..20, 1usize..8),
        (budget, others) in (1usize..30, 1usize..30),
    ) {
        let (mut stream, mut model) = (Stream::default(), Model::default());
        before.into_iter().for_each(|one| step(&mut stream, &mut model, one));
        let hasher = KeyHasher::new(1);
        let write = |encoder: &mut Encoder, stream: &Stream, sink: &mut Sink, budget| {
            encoder.step(ObjectRef::Stream(stream), &hasher, sink, budget).unwrap()
        };
        let record = |commands: &mut Commands, stream: &Stream, out: &mut Records, budget| {
            commands.step(b"key", ObjectRef::Stream(stream), &hasher, out, budget).unwrap()
        };
        let (mut expected, mut sink) = (Sink::new(true), Sink::new(true));
        prop_assert!(write(&mut Encoder::default(), &stream, &mut expected, usize::MAX));
        let (mut log, mut out) = (Records::default(), Records::default());
        prop_assert!(record(&mut Commands::default(), &stream, &mut log, usize::MAX));
        let (mut encoder, mut commands) = (Encoder::default(), Commands::default());
        let (mut written, mut recorded) = (false, false);
        // It is kept before anything is written, or when some is.
        if !whole {
            written = write(&mut encoder, &stream, &mut sink, first);
            recorded = record(&mut commands, &stream, &mut out, first);
        }
        stream.keep(encoder.walked().min(commands.walked())).unwrap();
        for (number, one) in during.into_iter().enumerate() {
            step(&mut stream, &mut model, one);
            if number % pause == 0 {
                written = written || write(&mut encoder, &stream, &mut sink, budget);
                recorded = recorded || record(&mut commands, &stream, &mut out, others);
                stream.walked(encoder.walked().min(commands.walked()));
            }
        }
        while !written {
            let before = sink.bytes().len();
            written = write(&mut encoder, &stream, &mut sink, budget);
            // No part is long: an entry of these takes less than 64 bytes, and no name more than one.
            prop_assert!(sink.bytes().len() - before < (budget + 8) * 64);
        }
        while !recorded {
            recorded = record(&mut commands, &stream, &mut out, others);
        }
        prop_assert_eq!(sink.bytes(), expected.bytes());
        prop_assert_eq!(out.bytes(), log.bytes());
        prop_assert!(stream.is_kept_whole());
    }
}
