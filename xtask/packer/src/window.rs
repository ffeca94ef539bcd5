//! What bytes cost in a download behind those that came before: how a compressor of gzip's kind would write them, as
//! literals and as copies of what is at most 32 KB back. Costs are in sixteenths of a bit. Knows nothing of modules.

/// How far back a copy may begin.
pub(crate) const REACH: usize = 32 << 10;

/// The shortest and the longest copy.
const COPY_MIN: usize = 3;
const COPY_MAX: usize = 258;

/// So many places that begin alike are looked at for a copy.
const TRIES: usize = 16;

const HASH_BITS: u32 = 16;

/// How many classes of lengths and of distances have codes of their own.
const LENGTHS: usize = 29;
const DISTANCES: usize = 30;

/// Costs of literals, lengths and distances, by how often each is used.
pub(crate) struct Costs {
    literals: [u32; 256],
    lengths: [u32; LENGTHS],
    distances: [u32; DISTANCES],
}

/// How often each literal, length and distance was used.
struct Uses {
    literals: [u32; 256],
    lengths: [u32; LENGTHS],
    distances: [u32; DISTANCES],
}

impl Costs {
    /// The costs in one stream, found in some rounds: what is used depends on what it costs.
    pub(crate) fn of(stream: &[u8]) -> Costs {
        let mut costs = Costs::from_uses(&Uses::none());
        for _ in 0..3 {
            let mut window = Window::default();
            let mut uses = Uses::none();
            for piece in stream.chunks(1 << 14) {
                window.cost(piece, &costs);
                window.count_uses(piece, &mut uses);
                window.push(piece);
            }
            costs = Costs::from_uses(&uses);
        }
        costs
    }

    fn from_uses(uses: &Uses) -> Costs {
        let codes = uses.literals.iter().chain(&uses.lengths).sum();
        let distances = uses.distances.iter().sum();
        Costs {
            literals: uses.literals.map(|times| code_cost(times, codes)),
            lengths: uses.lengths.map(|times| code_cost(times, codes)),
            distances: uses.distances.map(|times| code_cost(times, distances)),
        }
    }

    fn length(&self, length: usize) -> u32 {
        let (class, bits) = length_class(length);
        self.lengths[class] + (bits << 4)
    }

    fn distance(&self, distance: usize) -> u32 {
        let (class, bits) = distance_class(distance);
        self.distances[class] + (bits << 4)
    }
}

impl Uses {
    /// One of each.
    fn none() -> Uses {
        Uses {
            literals: [1; 256],
            lengths: [1; LENGTHS],
            distances: [1; DISTANCES],
        }
    }
}

/// What a code costs that is so many of all.
fn code_cost(times: u32, all: u32) -> u32 {
    ((f64::from(all) / f64::from(times)).log2() * 16.0).round() as u32
}

/// The class of a copy's length, and how many bits more tell the length in it.
fn length_class(length: usize) -> (usize, u32) {
    match length - COPY_MIN {
        255 => (LENGTHS - 1, 0),
        short @ ..8 => (short, 0),
        long => {
            let bits = long.ilog2() - 2;
            (4 * (bits as usize + 1) + (long >> bits & 3), bits)
        }
    }
}

/// The same of its distance.
fn distance_class(distance: usize) -> (usize, u32) {
    match distance - 1 {
        near @ ..4 => (near, 0),
        far => {
            let bits = far.ilog2() - 1;
            (2 * (bits as usize + 1) + (far >> bits & 1), bits)
        }
    }
}

/// Bytes that were written, and where those are that begin like others.
pub(crate) struct Window {
    bytes: Vec<u8>,
    /// By the hash of three bytes: one more than the last place with it, 0 if there is none.
    last: Vec<u32>,
    /// By place: the same of the one before.
    before: Vec<u32>,
    /// What the first bytes of those that were asked about cost, and the last step to there: its length and distance, of
    /// which a literal has none.
    costs: Vec<u32>,
    steps: Vec<(u32, u32)>,
    copies: Vec<(usize, usize)>,
}

impl Default for Window {
    fn default() -> Self {
        Window {
            bytes: Vec::new(),
            last: vec![0; 1 << HASH_BITS],
            before: Vec::new(),
            costs: Vec::new(),
            steps: Vec::new(),
            copies: Vec::new(),
        }
    }
}

impl Window {
    /// Writes these bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.remember_until(self.bytes.len());
    }

    /// Takes back all but the first so many bytes.
    pub(crate) fn truncate(&mut self, length: usize) {
        while self.before.len() > (length + 1).saturating_sub(COPY_MIN) {
            let at = self.before.len() - 1;
            let hash = self.hash(at);
            self.last[hash] = self.before[at];
            self.before.pop();
        }
        self.bytes.truncate(length);
    }

    /// What these bytes would cost next.
    pub(crate) fn cost(&mut self, bytes: &[u8], costs: &Costs) -> u32 {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.costs.clear();
        self.costs.resize(bytes.len() + 1, u32::MAX);
        self.costs[0] = 0;
        self.steps
            .resize(self.steps.len().max(bytes.len() + 1), (0, 0));
        for (at, &byte) in bytes.iter().enumerate() {
            let so_far = self.costs[at];
            self.step(at, 1, 0, so_far + costs.literals[usize::from(byte)]);
            self.remember_until(start + at);
            self.find_copies(start + at);
            let mut shortest = COPY_MIN;
            let copies = std::mem::take(&mut self.copies);
            for &(length, distance) in &copies {
                let cost = so_far + costs.distance(distance);
                for length in shortest..=length {
                    self.step(at, length, distance, cost + costs.length(length));
                }
                shortest = length + 1;
            }
            self.copies = copies;
        }
        self.truncate(start);
        self.costs[bytes.len()]
    }

    fn step(&mut self, at: usize, length: usize, distance: usize, cost: u32) {
        if cost < self.costs[at + length] {
            self.costs[at + length] = cost;
            self.steps[at + length] = (length as u32, distance as u32);
        }
    }

    /// Counts what the bytes that were last asked about were written with.
    fn count_uses(&self, bytes: &[u8], uses: &mut Uses) {
        let mut at = bytes.len();
        while at > 0 {
            let (length, distance) = self.steps[at];
            at -= length as usize;
            if distance == 0 {
                uses.literals[usize::from(bytes[at])] += 1;
            } else {
                uses.lengths[length_class(length as usize).0] += 1;
                uses.distances[distance_class(distance as usize).0] += 1;
            }
        }
    }

    /// The longest copies for this place, each longer and farther than the one before.
    fn find_copies(&mut self, at: usize) {
        self.copies.clear();
        let Some(most) = (self.bytes.len() - at).checked_sub(COPY_MIN) else {
            return;
        };
        let most = (most + COPY_MIN).min(COPY_MAX);
        let ahead = &self.bytes[at..at + most];
        let mut longest = COPY_MIN - 1;
        let mut next = self.last[self.hash(at)];
        for _ in 0..TRIES {
            let Some(place) = (next as usize).checked_sub(1) else {
                break;
            };
            if at - place > REACH {
                break;
            }
            if self.bytes[place + longest] == ahead[longest] {
                let there = &self.bytes[place..place + most];
                let length = there.iter().zip(ahead).take_while(|(a, b)| a == b).count();
                if length > longest {
                    longest = length;
                    self.copies.push((length, at - place));
                    if length == most {
                        break;
                    }
                }
            }
            next = self.before[place];
        }
    }

    /// Lets copies begin before this place.
    fn remember_until(&mut self, end: usize) {
        let end = end.min((self.bytes.len() + 1).saturating_sub(COPY_MIN));
        for at in self.before.len()..end {
            let hash = self.hash(at);
            self.before.push(self.last[hash]);
            self.last[hash] = at as u32 + 1;
        }
    }

    fn hash(&self, at: usize) -> usize {
        let bytes = &self.bytes[at..at + COPY_MIN];
        let bytes = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
        (bytes.wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<u8> {
        words.concat().into_bytes()
    }

    #[test]
    fn what_was_written_costs_less() {
        let (first, second) = (words(&["once upon a time"]), words(&["in a hole"]));
        let costs = Costs::of(&first);
        let mut window = Window::default();
        let alone = window.cost(&first, &costs);
        window.push(&second);
        let behind_another = window.cost(&first, &costs);
        window.push(&first);
        let again = window.cost(&first, &costs);
        assert!(behind_another <= alone);
        assert!(again < alone / 2, "{again} {alone}");
        // Too far back.
        for byte in 0..=255_u8 {
            window.push(&[byte; REACH / 256 + 1]);
        }
        assert_eq!(window.cost(&first, &costs), alone);
    }

    #[test]
    fn what_was_taken_back_was_never_there() {
        let pieces = ["abcab", "", "c", "bcabcabc", "xy", "abcxyabc"];
        let costs = Costs::of(&words(&pieces));
        let asked = words(&["cabxyabcabc"]);
        let mut window = Window::default();
        let mut lengths = Vec::new();
        let mut before = Vec::new();
        for piece in pieces {
            lengths.push(window.bytes.len());
            before.push(window.cost(&asked, &costs));
            window.push(piece.as_bytes());
        }
        for (length, before) in lengths.into_iter().zip(before).rev() {
            window.truncate(length);
            assert_eq!(window.cost(&asked, &costs), before);
        }
    }

    #[test]
    fn classes_of_copies() {
        assert_eq!(length_class(3), (0, 0));
        assert_eq!(length_class(10), (7, 0));
        assert_eq!(length_class(11), (8, 1));
        assert_eq!(length_class(257), (27, 5));
        assert_eq!(length_class(258), (28, 0));
        assert_eq!(distance_class(1), (0, 0));
        assert_eq!(distance_class(5), (4, 1));
        assert_eq!(distance_class(24_577), (29, 13));
        assert_eq!(distance_class(REACH), (29, 13));
    }
}
