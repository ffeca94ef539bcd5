//! Entries of every shape: what goes in comes out.

use super::*;
use crate::types::hash_map::Limits;
use crate::types::{KeyHasher, Kind};
use alloc::vec;

fn check(key: &[u8], value: &[u8], expire_ms: Option<u64>) -> Entry {
    let new = NewValue::string(value).unwrap();
    let entry = Entry::new(key, &new, expire_ms).unwrap();
    assert_eq!(entry.key(), key);
    assert_eq!(text(&entry), value);
    assert_eq!(entry.expire_ms(), expire_ms);
    entry
}

fn text(entry: &Entry) -> Vec<u8> {
    match entry.value() {
        Value::Int(value) => crate::number::write_i64(value, &mut [0; 20]).to_vec(),
        Value::Bytes(bytes) => bytes.to_vec(),
        Value::Shared(string) => string.to_vec(),
    }
}

#[test]
fn all_sizes_keep_key_value_and_expiry() {
    for key_len in [0, 1, 16, 254, 255, 256, 70000] {
        for value_len in [0, 1, 8, 44, 45, 254, 255, 256, INLINE_MAX, INLINE_MAX + 1] {
            for expire_ms in [None, Some(1), Some(u64::MAX / 2)] {
                let mut entry = check(&vec![b'k'; key_len], &vec![b'v'; value_len], expire_ms);
                entry.set_access(0x00ab_cdef);
                for expire_ms in [Some(7), Some(8), None, None] {
                    entry.set_expire_ms(expire_ms).unwrap();
                    assert_eq!(entry.expire_ms(), expire_ms);
                    assert_eq!(entry.access(), 0x00ab_cdef);
                    assert_eq!(entry.key().len(), key_len);
                    assert_eq!(text(&entry).len(), value_len);
                }
            }
        }
    }
}

#[test]
fn a_small_pair_takes_32_bytes() {
    assert_eq!(check(&[b'k'; 16], b"abcdefgh", None).memory_bytes(), 32);
    assert_eq!(check(&[b'k'; 16], b"12345678", None).memory_bytes(), 32);
    assert_eq!(check(&[b'k'; 16], &[b'v'; 32], Some(1)).memory_bytes(), 64);
}

#[test]
fn overwriting_in_place_keeps_everything_else() {
    let values: [&[u8]; 7] = [
        b"",
        b"7",
        b"abcdefgh",
        b"-9223372036854775808",
        &[b'x'; 60],
        &[b'y'; 254],
        &[b'z'; 300],
    ];
    for old in values {
        for new in values {
            let mut entry = check(b"key", old, Some(5));
            let new_value = NewValue::string(new).unwrap();
            let expected = if entry.overwrite(&new_value) {
                new
            } else {
                old
            };
            assert_eq!(text(&entry), expected);
            assert_eq!(entry.key(), b"key");
            assert_eq!(entry.expire_ms(), Some(5));
        }
    }
    let mut entry = check(b"key", b"abcdefgh", None);
    assert!(entry.overwrite(&NewValue::Bytes(b"ABCDEFG")));
    assert_eq!(text(&entry), b"ABCDEFG");
}

#[test]
fn padding_and_extending_give_zeros() {
    for key_len in [3, 300] {
        for old_len in [0, 1, 15, 200, 254, 255, 300] {
            for len in old_len..old_len + 70 {
                let key = vec![b'k'; key_len];
                let old = vec![b'v'; old_len];
                let mut expected = old.clone();
                expected.resize(len, 0);
                let new = NewValue::Padded(&old, len);
                let padded = Entry::new(&key, &new, Some(5)).unwrap();
                assert_eq!((text(&padded), padded.key()), (expected.clone(), &key[..]));
                let mut entry = check(&key, &old, Some(5));
                let size = entry.memory_bytes();
                if entry.extend_inline(len) {
                    assert_eq!((text(&entry), entry.key()), (expected, &key[..]));
                    assert_eq!((entry.memory_bytes(), entry.encoding()), (size, "raw"));
                } else {
                    assert_eq!(text(&entry), old);
                    let wider = old_len < 255 && len >= 255;
                    assert!(wider || padded.memory_bytes() > size);
                }
                assert_eq!(entry.expire_ms(), Some(5));
            }
        }
    }
    assert!(!check(b"k", b"12", None).extend_inline(3));
}

#[test]
fn shared_strings_are_shared() {
    let long = Arc::new(vec![b'x'; 100_000]);
    let entry = Entry::new(b"k", &NewValue::Shared(Arc::clone(&long)), None).unwrap();
    let copy = Entry::new(b"l", &entry.new_value(), Some(9)).unwrap();
    assert_eq!(Arc::strong_count(&long), 3 + usize::from(false));
    drop(entry);
    drop(copy);
    assert_eq!(Arc::strong_count(&long), 1);
}

#[test]
fn encodings() {
    assert_eq!(check(b"k", b"12", None).encoding(), "int");
    assert_eq!(check(b"k", b"012", None).encoding(), "embstr");
    assert_eq!(check(b"k", &[b'x'; 44], None).encoding(), "embstr");
    assert_eq!(check(b"k", &[b'x'; 45], None).encoding(), "raw");
    let mut entry = check(b"k", b"abc", None);
    entry.inline_mut().unwrap()[0] = b'X';
    assert_eq!(
        (text(&entry).as_slice(), entry.encoding()),
        (&b"Xbc"[..], "raw")
    );
}

fn hash(fields: u32) -> Object {
    let limits = Limits {
        entries: 512,
        value_bytes: 64,
    };
    let hasher = KeyHasher::new(1);
    let mut hash = Hash::default();
    for field in 0..fields {
        let field = field.to_be_bytes();
        let deadline = crate::types::hash_map::Deadline::Clear;
        hash.set(&hasher, limits, &field, b"v", deadline).unwrap();
    }
    hash.into_object()
}

fn fields(entry: &Entry) -> usize {
    entry.object().map_or(usize::MAX, ObjectRef::len)
}

#[test]
fn a_small_hash_takes_its_fields_and_48_bytes() {
    let entry = Entry::of_object(&[b'k'; 16], hash(10), None).unwrap();
    assert_eq!((entry.encoding(), fields(&entry)), ("listpack", 10));
    // The count and for each field six and three bytes.
    assert_eq!(
        entry.memory_bytes(),
        48 + (2usize + 10 * 9).next_multiple_of(16)
    );
}

/// Fields of a hash that is a table; as few as can be where each takes long.
const MANY: u32 = if cfg!(miri) { 520 } else { 1000 };

#[test]
fn collections_of_every_kind_move_and_go() {
    let objects: [fn() -> Object; 6] = [
        || hash(3),
        || hash(MANY),
        || List::default().into_object(),
        || Set::default().into_object(),
        || SortedSet::default().into_object(),
        || Stream::default().into_object(),
    ];
    for make in objects {
        for key_len in [0, 16, 255, 300] {
            for expire_ms in [None, Some(7)] {
                let key = vec![b'k'; key_len];
                let mut entry = Entry::of_object(&key, make(), expire_ms).unwrap();
                let (name, len) = (entry.type_name(), fields(&entry));
                entry.set_access(77);
                assert!(entry.string().is_err() && entry.int_mut().is_none());
                assert!(!entry.overwrite(&NewValue::Int(1)) && entry.inline_mut().is_none());
                for expire_ms in [Some(8), None, Some(9), expire_ms] {
                    entry.set_expire_ms(expire_ms).unwrap();
                    assert_eq!((entry.expire_ms(), entry.access()), (expire_ms, 77));
                }
                let mut moved = entry.moved(Some(b"other"), entry.expire_ms()).unwrap();
                assert!(entry.object().is_none() && entry.take_object().is_none());
                assert_eq!((moved.type_name(), fields(&moved)), (name, len));
                assert_eq!((moved.key(), entry.key()), (&b"other"[..], &key[..]));
                let copy = moved.copied(b"copy").unwrap();
                let taken = moved.take_object().map(|object| object.view().len());
                assert_eq!(taken, Some(len));
                drop(moved);
                assert_eq!((copy.type_name(), fields(&copy)), (name, len));
            }
        }
    }
}

#[test]
fn a_collection_is_changed_in_its_entry() {
    let mut entry = Entry::of_object(b"k", hash(1), None).unwrap();
    let hasher = KeyHasher::new(1);
    let hash = entry.object_mut().and_then(Hash::of_mut).unwrap();
    assert!(hash.remove(&hasher, &[0; 4]));
    assert_eq!(fields(&entry), 0);
    assert!(entry.object_mut().and_then(List::of_mut).is_none());
}
