//! Random commands: a seeded generator of keys, values, numbers and options, the table of what each group can say, and the
//! damage that is done to some commands afterwards. It must not know who is asked or how replies are compared.

use super::compare::Compare;

/// One command and how its two replies are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Name and arguments.
    pub argv: Vec<Vec<u8>>,
    /// How replies are compared.
    pub compare: Compare,
}

/// Commands that belong together and are shrunk together.
pub type Step = Vec<Command>;

/// A row of a group's table.
pub struct Generator {
    /// How often, relative to the other rows of all groups in use.
    pub weight: u32,
    /// How the replies of what `make` makes are compared.
    pub compare: Compare,
    /// Makes one command.
    pub make: fn(&mut Random) -> Args,
}

/// A command group: the name for `--groups`, and its table.
pub struct Group {
    /// As in `--groups`.
    pub name: &'static str,
    /// What it can say.
    pub generators: &'static [Generator],
}

/// Groups of commands that redis-server 7.0 does not have: for newer peers, where they are named.
pub const NEWER_GROUPS: &[Group] = &[super::hash_deadline::GROUP, super::stream::GROUP];

/// Every other group that there is.
pub const GROUPS: &[Group] = &[
    super::string::GROUP,
    super::bitmap::GROUP,
    super::generic::GROUP,
    super::list::GROUP,
    super::hash::GROUP,
    super::set::GROUP,
    super::hyperloglog::GROUP,
    super::sorted_set::GROUP,
    super::geo::GROUP,
    super::script::GROUP,
];

/// Absolute expiry times in seconds, far ahead. EXPIRETIME must give these back exactly.
pub const FUTURE_S: &[i64] = &[2_524_608_000, 4_102_444_800, 9_999_999_999, 32_503_680_000];
/// Absolute expiry times in seconds that have passed; far ahead if damage makes them relative.
const PAST_S: &[i64] = &[1_000_000, 1_000_000_000, 1_600_000_000];
/// Added to absolute times in milliseconds, around where EXPIRETIME rounds.
pub const MILLIS: &[i64] = &[0, 1, 499, 500, 501, 999];

/// Databases in use.
pub const DATABASES: u64 = 4;

/// All keys in use. None is a number: damage must not turn a key into a short time to live or a huge offset.
pub const KEYS: &[&[u8]] = &[
    b"k0",
    b"k1",
    b"k2",
    b"k3",
    b"k4",
    b"k5",
    b"k6",
    b"k7",
    b"a",
    b"b",
    b"c",
    b"key:1",
    b"key:2",
    b"{tag}x",
    b"",
    b"K0",
    b"bin\x00\xff\r\n",
    b"*",
    b"k[0]",
    b"a-key-of-more-than-forty-four-bytes-so-that-it-cannot-be-embedded",
];

/// Words that some command takes and others refuse. No small positive number is among them, see [`KEYS`].
const GARBAGE: &[&[u8]] = &[
    b"",
    b"abc",
    b"-1",
    b"0",
    b"+1",
    b" 1",
    b"1 ",
    b"01",
    b"1e3",
    b"1.5",
    b"0x10",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"NX",
    b"XX",
    b"GT",
    b"LT",
    b"EX",
    b"PX",
    b"EXAT",
    b"PXAT",
    b"KEEPTTL",
    b"GET",
    b"PERSIST",
    b"REPLACE",
    b"DB",
    b"LEN",
    b"IDX",
    b"BYTE",
    b"BIT",
    b"COUNT",
    b"MATCH",
    b"\xff\x00",
    b"nosuchoption",
];

/// Values at the edges of what commands tell apart.
const VALUES: &[&[u8]] = &[
    b"",
    b"0",
    b"1",
    b"-1",
    b"7",
    b"9999",
    b"10000",
    b"123456",
    b"2147483647",
    b"2147483648",
    b"-2147483649",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"9223372036854775806",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"12345678901234567890123",
    b"-0",
    b"+1",
    b"01",
    b" 1",
    b"1 ",
    b"1.5",
    b"-3.25",
    b"0.1",
    b"1e3",
    b"3.0e-5",
    b"1e308",
    b"-1e308",
    b"1e-300",
    b"nan",
    b"inf",
    b"-inf",
    b"Infinity",
    b"0x1p3",
    b"abc",
    b"hello world",
    b"\x00",
    b"\xff\xfe\x00\x01",
    b"\r\n",
    b"ohmytext",
    b"mynewtext",
    b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    b"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
];

/// Integers at the edges, for increments and bounds.
const INTEGERS: &[i64] = &[
    0,
    1,
    -1,
    2,
    5,
    -7,
    10,
    100,
    9999,
    -10000,
    2_147_483_647,
    -2_147_483_648,
    4_294_967_296,
    i64::MAX,
    i64::MIN,
    i64::MAX - 1,
    i64::MIN + 1,
    i64::MAX / 2,
];

/// A command under construction.
#[derive(Clone, Debug, Default)]
pub struct Args {
    /// What must come right before it, as one step with it.
    pub before: Vec<Args>,
    /// Name and arguments.
    pub argv: Vec<Vec<u8>>,
}

impl Args {
    /// A command's name and what follows it, split at spaces.
    #[must_use]
    pub fn new(words: &str) -> Args {
        Args {
            before: Vec::new(),
            argv: words
                .split(' ')
                .map(|word| word.as_bytes().to_vec())
                .collect(),
        }
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<Vec<u8>>) -> Args {
        self.argv.push(arg.into());
        self
    }

    /// One more argument, a number.
    #[must_use]
    pub fn int(self, n: i64) -> Args {
        self.arg(n.to_string())
    }

    /// `other` goes right before this command.
    #[must_use]
    pub fn after(mut self, other: Args) -> Args {
        self.before.push(other);
        self
    }
}

/// The source of chance (splitmix64): the same seed gives the same commands everywhere.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// Starts from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not 0.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).unsigned_abs()).cast_signed()
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, n: u64) -> bool {
        self.below(100) < n
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.index(from.len())]
    }

    /// One of `words`.
    pub fn word(&mut self, words: &[&'static str]) -> &'static str {
        words[self.index(words.len())]
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// A key.
    pub fn key(&mut self) -> Vec<u8> {
        // Half of all commands meet on four keys, so that states become interesting.
        let few = self.percent(50);
        self.pick(if few { &KEYS[..4] } else { KEYS }).to_vec()
    }

    /// A value: an edge case, a number, random bytes.
    pub fn value(&mut self) -> Vec<u8> {
        match self.below(10) {
            0..6 => self.pick(VALUES).to_vec(),
            6 => self.between(-20000, 20000).to_string().into_bytes(),
            7 => self.float().into_bytes(),
            8 => {
                let len = *self.pick(&[1, 2, 3, 8, 20, 43, 44, 45, 46, 63, 64, 65, 200]);
                (0..len).map(|_| *self.pick(b"abcde")).collect()
            }
            _ => {
                let len = self.below(12);
                (0..len).map(|_| self.next().to_le_bytes()[0]).collect()
            }
        }
    }

    /// An integer, often at an edge.
    pub fn integer(&mut self) -> i64 {
        if self.percent(60) {
            *self.pick(INTEGERS)
        } else {
            self.between(-300, 300)
        }
    }

    /// A decimal number as text, in several spellings.
    pub fn float(&mut self) -> String {
        let (whole, part) = (self.between(-10000, 10000), self.below(100_000));
        match self.below(6) {
            0 => format!("{whole}"),
            1 => format!("{whole}.{}", part % 10),
            2 => format!("{whole}.{part:05}"),
            3 => format!("{whole}e{}", self.between(-20, 20)),
            4 => format!("{whole}.{part}e{}", self.between(-5, 5)),
            _ => format!("0.{part:05}{}", self.below(1_000_000_000_000)),
        }
    }

    /// An index into a string, from either end, sometimes far outside.
    pub fn index_argument(&mut self) -> i64 {
        match self.below(10) {
            0..4 => self.between(-10, 10),
            4..8 => self.between(-120, 120),
            _ => self.integer(),
        }
    }

    /// A relative time to live in seconds. What lies ahead is so far ahead that it is still far as milliseconds.
    pub fn relative_s(&mut self) -> i64 {
        match self.below(20) {
            0 => 0,
            1 => *self.pick(&[-1, -1000, i64::MIN, i64::MIN / 1000]),
            2 => *self.pick(&[
                i64::MAX,
                i64::MAX / 1000,
                i64::MAX / 1000 - 2_000_000_000,
                i64::MAX / 1000 + 1,
            ]),
            _ => self.between(1_000_000, 900_000_000),
        }
    }

    /// A relative time to live in milliseconds.
    pub fn relative_ms(&mut self) -> i64 {
        match self.below(20) {
            0 => 0,
            1 => *self.pick(&[-1, -1000, i64::MIN]),
            2 => *self.pick(&[
                i64::MAX,
                i64::MAX - 2_000_000_000_000,
                i64::MAX - 1_000_000_000_000,
            ]),
            _ => self.between(1_000_000, 900_000_000_000),
        }
    }

    /// An absolute time in seconds.
    pub fn absolute_s(&mut self) -> i64 {
        match self.below(20) {
            0 => *self.pick(&[
                0,
                -1,
                i64::MIN,
                i64::MAX,
                i64::MAX / 1000,
                i64::MAX / 1000 + 1,
            ]),
            1..4 => *self.pick(PAST_S),
            _ => *self.pick(FUTURE_S),
        }
    }

    /// An absolute time in milliseconds.
    pub fn absolute_ms(&mut self) -> i64 {
        match self.below(20) {
            0 => *self.pick(&[0, -1, i64::MIN, i64::MAX]),
            1..4 => *self.pick(PAST_S) * 1000,
            _ => *self.pick(FUTURE_S) * 1000 + *self.pick(MILLIS),
        }
    }

    /// A database number, sometimes one that does not exist.
    pub fn database(&mut self) -> i64 {
        if self.percent(4) {
            return *self.pick(&[-1, 16, 99, i64::MAX]);
        }
        self.below(DATABASES).cast_signed()
    }

    /// One step of the groups given.
    ///
    /// # Panics
    /// Where `groups` has no generators.
    pub fn step(&mut self, groups: &[&Group]) -> Step {
        let rows = || groups.iter().flat_map(|group| group.generators);
        let total: u64 = rows().map(|row| u64::from(row.weight)).sum();
        let mut ticket = self.below(total);
        let row = rows().find(|row| {
            let here = ticket < u64::from(row.weight);
            ticket = ticket.wrapping_sub(u64::from(row.weight));
            here
        });
        let row = row.expect("the ticket is below the sum of weights");
        let Args { before, mut argv } = (row.make)(self);
        let mut step: Step = before
            .into_iter()
            .map(|args| Command::exact(args.argv))
            .collect();
        self.damage(&mut argv);
        if row.compare == Compare::Scan {
            start_scan_at_the_start(&mut argv);
        }
        super::set::make_certain(&mut argv, row.compare);
        let follow = may_leave_expired(&argv);
        step.push(Command {
            argv,
            compare: row.compare,
        });
        step.extend(follow);
        step
    }

    fn damage(&mut self, argv: &mut Vec<Vec<u8>>) {
        let at = self.index(argv.len());
        match self.below(100) {
            0..3 if argv.len() > 1 => drop(argv.remove(at.max(1))),
            3..5 => argv.push(argv[at].clone()),
            5..8 => argv.insert(at + 1, self.pick(GARBAGE).to_vec()),
            8..11 if at > 0 => argv[at] = self.pick(GARBAGE).to_vec(),
            11..26 => argv[0].make_ascii_lowercase(),
            26..31 => self.mix_case(&mut argv[0]),
            31..45 => {
                let is_word =
                    |arg: &Vec<u8>| !arg.is_empty() && arg.iter().all(u8::is_ascii_uppercase);
                let words: Vec<usize> = (1..argv.len()).filter(|at| is_word(&argv[*at])).collect();
                for at in words {
                    self.mix_case(&mut argv[at]);
                }
            }
            _ => {}
        }
    }

    fn mix_case(&mut self, word: &mut [u8]) {
        for byte in word {
            if self.percent(50) {
                byte.make_ascii_lowercase();
            }
        }
    }
}

impl Command {
    /// A command whose replies must be the same.
    #[must_use]
    pub fn exact(argv: Vec<Vec<u8>>) -> Command {
        Command {
            argv,
            compare: Compare::Exact,
        }
    }
}

/// SET with an absolute time that has passed leaves a key that is counted until someone looks at it; when the server itself
/// does is chance. So the key is looked at right away.
fn may_leave_expired(argv: &[Vec<u8>]) -> Option<Command> {
    let absolute =
        |arg: &Vec<u8>| arg.eq_ignore_ascii_case(b"EXAT") || arg.eq_ignore_ascii_case(b"PXAT");
    if argv.len() < 2 || !argv.iter().any(absolute) {
        return None;
    }
    Some(Command::exact(vec![b"EXISTS".to_vec(), argv[1].clone()]))
}

/// Which argument of a scan is the cursor: a scan within a key has the key before it.
#[must_use]
pub fn cursor_at(argv: &[Vec<u8>]) -> usize {
    let of_keys = argv
        .first()
        .is_some_and(|name| name.eq_ignore_ascii_case(b"SCAN"));
    if of_keys { 1 } else { 2 }
}

/// What a scan from the middle sees depends on how a server lays out its table. `01`, `+1` and `-1` are cursors, too.
fn start_scan_at_the_start(argv: &mut [Vec<u8>]) {
    let at = cursor_at(argv);
    if let Some(cursor) = argv.get_mut(at)
        && std::str::from_utf8(cursor).is_ok_and(|text| {
            text.parse::<i128>()
                .is_ok_and(|n| n.unsigned_abs() <= u128::from(u64::MAX))
        })
    {
        *cursor = b"0".to_vec();
    }
}

/// Looks at everything there is: what no command of an episode happened to look at must agree as well.
#[must_use]
pub fn audit() -> Vec<Step> {
    let mut steps = Vec::new();
    for database in 0..DATABASES {
        // A step of its own SELECT each, so that shrinking can drop any of them.
        let select = || Command::exact(Args::new("SELECT").int(database.cast_signed()).argv);
        let mut look = |compare, Args { argv, .. }: Args| {
            steps.push(vec![select(), Command { argv, compare }]);
        };
        look(Compare::Exact, Args::new("DBSIZE"));
        look(Compare::Unordered, Args::new("KEYS *"));
        for key in KEYS {
            look(Compare::Exact, Args::new("GET").arg(*key));
            look(Compare::Exact, Args::new("LRANGE").arg(*key).int(0).int(-1));
            look(Compare::Unordered, Args::new("HGETALL").arg(*key));
            look(Compare::Unordered, Args::new("SMEMBERS").arg(*key));
            look(
                Compare::Exact,
                Args::new("ZRANGE")
                    .arg(*key)
                    .arg("0")
                    .arg("-1")
                    .arg("WITHSCORES"),
            );
            look(Compare::Exact, Args::new("OBJECT ENCODING").arg(*key));
            look(Compare::UnixMillis, Args::new("PEXPIRETIME").arg(*key));
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_commands() {
        let groups: Vec<&Group> = GROUPS.iter().collect();
        let make = |seed| {
            let mut random = Random::new(seed);
            (0..500)
                .map(|_| random.step(&groups))
                .collect::<Vec<Step>>()
        };
        assert_eq!(make(1), make(1));
        assert_ne!(make(1), make(2));
    }

    #[test]
    fn no_command_can_set_a_time_to_live_that_runs_out_during_a_test() {
        let groups: Vec<&Group> = GROUPS.iter().collect();
        let mut random = Random::new(7);
        let time_word = |arg: &Vec<u8>| {
            [&b"EX"[..], b"PX"]
                .iter()
                .any(|word| arg.eq_ignore_ascii_case(word))
        };
        for _ in 0..100_000 {
            for command in random.step(&groups) {
                let argv = &command.argv;
                let name = argv[0].to_ascii_uppercase();
                let relative = match name.as_slice() {
                    b"EXPIRE" | b"PEXPIRE" => argv.get(2),
                    b"SETEX" | b"PSETEX" if argv.len() == 4 => argv.get(2),
                    b"SET" | b"GETEX" => argv
                        .iter()
                        .position(time_word)
                        .and_then(|at| argv.get(at + 1)),
                    _ => None,
                };
                let canonical = |arg: &Vec<u8>| {
                    let number = std::str::from_utf8(arg).ok()?.parse::<i64>().ok()?;
                    (number.to_string().as_bytes() == arg).then_some(number)
                };
                let number = relative.and_then(canonical);
                if let Some(number) = number {
                    // Refused or refusing commands may hold anything; what a server could take must not be short.
                    let refused = name == b"SET" && argv.iter().position(time_word) < Some(3);
                    assert!(refused || !(1..1_000_000).contains(&number), "{argv:?}");
                }
            }
        }
    }
}
