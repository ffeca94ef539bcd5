//! Keys whose time has come: what looks at them takes them away, but for where it must not.

use super::*;

fn with_expired() -> Keyspace {
    let mut keys = Keyspace::new(2, 1);
    for (key, expiry) in [
        (b"a", Expiry::At(5)),
        (b"b", Expiry::At(5)),
        (b"c", Expiry::Clear),
    ] {
        keys.set(key, &NewValue::Int(1), expiry).unwrap();
    }
    keys.set_now(5);
    keys
}

#[test]
fn a_scan_removes_the_expired_keys_that_were_wanted() {
    let mut keys = with_expired();
    let mut shown = 0;
    let (next, met) = keys.scan(0, |entry| entry.key() != b"b", |_| shown += 1);
    assert_eq!((next, met, shown), (0, 3, 1));
    assert_eq!((keys.len(0), keys.stats.expired), (2, 1));
    assert_eq!(keys.iter().count(), 1);
}

#[test]
fn random_keys_are_live_ones() {
    let mut keys = with_expired();
    let mut random = crate::random::Random::new(1);
    for _ in 0..10 {
        let key = keys
            .random(|| random.next_u64())
            .map(|entry| entry.key().to_vec());
        assert_eq!(key.as_deref(), Some(&b"c"[..]));
    }
    keys.delete(b"c");
    assert!(keys.random(|| random.next_u64()).is_none());
    assert_eq!(keys.len(0), 0);
}

#[test]
fn what_is_due_looks_gone_and_stays_while_frozen() {
    let mut keys = with_expired();
    keys.set_frozen(true);
    assert!(!keys.find(b"a").exists() && keys.find(b"c").exists());
    keys.scan(0, |_| true, |entry| assert_eq!(entry.key(), b"c"));
    let mut random = crate::random::Random::new(1);
    for _ in 0..10 {
        let drawn = keys.random(|| random.next_u64());
        assert_eq!(drawn.map(Entry::key), Some(&b"c"[..]));
    }
    assert!(!keys.delete(b"b"));
    assert_eq!((keys.len(0), keys.stats.expired), (3, 0));
    keys.set(b"a", &NewValue::Int(2), Expiry::Clear).unwrap();
    assert_eq!((keys.len(0), keys.stats.expired), (3, 1));
    assert!(keys.find(b"a").exists());
    keys.delete(b"a");
    keys.delete(b"c");
    assert!(keys.random(|| random.next_u64()).is_none());
    keys.set_frozen(false);
    assert!(!keys.find(b"b").exists());
    assert_eq!((keys.len(0), keys.stats.expired), (0, 2));
}

#[test]
fn expired_keys_are_kept_for_the_log() {
    let mut keys = with_expired();
    keys.follow(Follow {
        expired: true,
        ..Follow::default()
    });
    assert!(!keys.find(b"a").exists());
    keys.tick(Some(1));
    let noted = |key: &[u8]| Noted {
        database: 0,
        key: key.to_vec(),
        what: What::Expired,
    };
    assert_eq!(keys.take_journal(), [noted(b"a"), noted(b"b")]);
}
