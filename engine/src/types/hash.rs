//! The keyed hash of keys: 64 bits wide on every platform, so that the server, the browser and the
//! simulator agree. Knows nothing of tables.

use rapidhash::v3::{RapidSecrets, rapidhash_v3_micro_inline};

/// Hashes keys under secrets drawn from the host's seed, which keeps a peer from choosing keys that
/// collide.
#[derive(Clone, Debug)]
pub struct KeyHasher {
    secrets: RapidSecrets,
}

impl KeyHasher {
    /// Secrets from `seed`: entropy in a server, a fixed number in tests and simulations.
    pub fn new(seed: u64) -> Self {
        KeyHasher {
            secrets: RapidSecrets::seed(seed),
        }
    }

    /// The hash of `key`. O(length).
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        rapidhash_v3_micro_inline::<true, false>(key, &self.secrets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_on_every_platform() {
        let hasher = KeyHasher::new(1);
        assert_eq!(
            hasher.hash(b"key:0000000001"),
            hasher.hash(b"key:0000000001")
        );
        assert_ne!(
            hasher.hash(b"key:0000000001"),
            KeyHasher::new(2).hash(b"key:0000000001")
        );
        assert_ne!(hasher.hash(b""), hasher.hash(b"\0"));
    }
}
