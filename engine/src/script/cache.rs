//! The scripts that EVAL and SCRIPT LOAD have seen, by their digests. Knows nothing of how they run.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::shebang::ScriptFlags;
use crate::error::Error;
use crate::sha1::Digest;

/// Scripts that only EVAL has brought and that are kept; the one that ran longest ago goes first.
const EVALS_MAX: usize = 500;

/// Reads a digest's 40 hexadecimal digits, of any case.
pub(crate) fn read_digest(text: &[u8]) -> Option<Digest> {
    if text.len() != 40 {
        return None;
    }
    let mut digest = [0; 20];
    let mut wrong = 0;
    for (byte, digits) in digest.iter_mut().zip(text.chunks_exact(2)) {
        let (high, low) = (half(digits[0]), half(digits[1]));
        wrong |= high | low;
        *byte = high << 4 | low & 15;
    }
    (wrong < 16).then_some(digest)
}

/// A hexadecimal digit's value; 16 or more of what is none.
fn half(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => 16,
    }
}

/// A script with what it compiled to.
#[derive(Debug)]
pub(crate) struct Script<F> {
    /// The whole text.
    pub(crate) body: Box<[u8]>,
    /// What it declares.
    pub(crate) flags: ScriptFlags,
    /// What it compiled to.
    pub(crate) function: F,
    /// Its place among those that only EVAL has brought.
    eval: Option<u16>,
}

/// All scripts. Finding one is O(log n).
pub(crate) struct Cache<F> {
    /// By the digest's first byte, each in the digests' order.
    buckets: Vec<Vec<(Digest, Box<Script<F>>)>>,
    len: usize,
    body_bytes: usize,
    /// Scripts that only EVAL has brought, with the moment of their last run.
    evals: Vec<(u64, Digest)>,
    runs: u64,
    /// Scripts that had to go.
    pub(crate) evicted: u64,
}

impl<F> Default for Cache<F> {
    fn default() -> Self {
        Cache {
            buckets: Vec::new(),
            len: 0,
            body_bytes: 0,
            evals: Vec::new(),
            runs: 0,
            evicted: 0,
        }
    }
}

impl<F> Cache<F> {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Bytes of memory, about.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.body_bytes + self.len * (size_of::<Script<F>>() + size_of::<(Digest, usize)>())
    }

    fn find(&self, sha: &Digest) -> Result<(usize, usize), (usize, usize)> {
        let bucket = usize::from(sha[0]);
        match self.buckets.get(bucket) {
            None => Err((bucket, 0)),
            Some(scripts) => match scripts.binary_search_by(|(found, _)| found.cmp(sha)) {
                Ok(at) => Ok((bucket, at)),
                Err(at) => Err((bucket, at)),
            },
        }
    }

    /// A script.
    pub(crate) fn get(&self, sha: &Digest) -> Option<&Script<F>> {
        let (bucket, at) = self.find(sha).ok()?;
        Some(&self.buckets[bucket][at].1)
    }

    /// A script that is about to run.
    pub(crate) fn run(&mut self, sha: &Digest) -> Option<&Script<F>> {
        let (bucket, at) = self.find(sha).ok()?;
        let script = &self.buckets[bucket][at].1;
        if let Some(place) = script.eval {
            self.runs += 1;
            self.evals[usize::from(place)].0 = self.runs;
        }
        Some(script)
    }

    /// Keeps a script that is there already for good, as SCRIPT LOAD does. False if it is not there.
    pub(crate) fn keep(&mut self, sha: &Digest) -> bool {
        let Ok((bucket, at)) = self.find(sha) else {
            return false;
        };
        if let Some(place) = self.buckets[bucket][at].1.eval.take() {
            self.forget_place(usize::from(place));
        }
        true
    }

    /// Takes a place out of the list of EVAL's scripts; the last one moves there.
    fn forget_place(&mut self, place: usize) {
        self.evals.swap_remove(place);
        if let Some((_, moved)) = self.evals.get(place)
            && let Ok((bucket, at)) = self.find(moved)
        {
            self.buckets[bucket][at].1.eval = Some(place as u16);
        }
    }

    /// Adds a script. One from EVAL (`keep` false) may later have to go; if another one has to go for it, that is
    /// returned.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub(crate) fn add(
        &mut self,
        sha: Digest,
        body: Box<[u8]>,
        flags: ScriptFlags,
        function: F,
        keep: bool,
    ) -> Result<Option<F>, Error> {
        let gone = if !keep && self.evals.len() >= EVALS_MAX {
            self.evict()
        } else {
            None
        };
        if self.buckets.is_empty() {
            self.buckets.try_reserve(256)?;
            self.buckets.resize_with(256, Vec::new);
        }
        let Err((bucket, at)) = self.find(&sha) else {
            return Ok(gone);
        };
        self.buckets[bucket].try_reserve(1)?;
        let eval = (!keep).then_some(self.evals.len() as u16);
        if !keep {
            self.runs += 1;
            self.evals.push((self.runs, sha));
        }
        self.len += 1;
        self.body_bytes += body.len();
        let script = Box::new(Script {
            body,
            flags,
            function,
            eval,
        });
        self.buckets[bucket].insert(at, (sha, script));
        Ok(gone)
    }

    /// Drops the one of EVAL's scripts that ran longest ago.
    fn evict(&mut self) -> Option<F> {
        let (place, (_, sha)) = self
            .evals
            .iter()
            .copied()
            .enumerate()
            .min_by_key(|(_, (run, _))| *run)?;
        self.forget_place(place);
        let (bucket, at) = self.find(&sha).ok()?;
        let (_, script) = self.buckets[bucket].remove(at);
        self.len -= 1;
        self.body_bytes -= script.body.len();
        self.evicted += 1;
        Some(script.function)
    }

    /// Forgets all and gives what they compiled to, one by one.
    pub(crate) fn drain(&mut self, mut gone: impl FnMut(F)) {
        for (_, script) in core::mem::take(&mut self.buckets).into_iter().flatten() {
            gone(script.function);
        }
        self.clear();
    }

    /// Forgets all, as SCRIPT FLUSH does.
    pub(crate) fn clear(&mut self) {
        let evicted = self.evicted;
        *self = Cache::default();
        self.evicted = evicted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha1::digest as sha1;

    fn add(cache: &mut Cache<u32>, number: u32, keep: bool) -> Option<u32> {
        let body = number.to_le_bytes();
        let flags = ScriptFlags::default();
        let sha = sha1(&body);
        cache.add(sha, body.into(), flags, number, keep).unwrap()
    }

    fn has(cache: &Cache<u32>, number: u32) -> bool {
        let script = cache.get(&sha1(&number.to_le_bytes()));
        script.is_some_and(|script| script.function == number)
    }

    #[test]
    fn five_hundred_of_eval_stay() {
        let mut cache = Cache::default();
        for number in 0..500 {
            assert_eq!(add(&mut cache, number, false), None);
        }
        // The first runs again, the second is loaded: the third is the one to go.
        assert!(cache.run(&sha1(&0u32.to_le_bytes())).is_some());
        assert!(cache.keep(&sha1(&1u32.to_le_bytes())));
        assert_eq!(add(&mut cache, 500, false), None);
        assert_eq!(add(&mut cache, 501, false), Some(2));
        assert_eq!(add(&mut cache, 502, false), Some(3));
        assert_eq!(add(&mut cache, 1000, true), None);
        assert!(has(&cache, 0) && has(&cache, 1) && has(&cache, 1000) && !has(&cache, 2));
        assert_eq!(cache.len(), 502);
        for number in 2000..3000 {
            add(&mut cache, number, false);
        }
        assert!(!has(&cache, 0) && has(&cache, 1) && has(&cache, 2999) && !has(&cache, 2499));
        assert_eq!((cache.len(), cache.evicted), (502, 1002));
        cache.clear();
        assert_eq!(cache.len(), 0);
    }
}
