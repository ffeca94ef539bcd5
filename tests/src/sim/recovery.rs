//! One run: clients write, the disk fails now and then, and again and again the power is cut. What a start from the disk
//! finds then must be what was there after the first so many writes, and every acknowledged one must be among them.

use hyla_engine::Now;
use hyla_engine::boundary::Lane;
use hyla_engine::sha1::Digest;

use super::disk::{Disk, Faults};
use super::{Host, Random};
use crate::resp;

/// How data is kept in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// `appendfsync always`.
    Always,
    /// `appendfsync everysec`.
    EverySecond,
    /// `appendfsync no`.
    Never,
    /// Snapshots alone.
    Snapshots,
}

/// What a run is like.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Everything follows from it.
    pub seed: u64,
    /// How data is kept.
    pub keeping: Keeping,
    /// Bytes of a sector.
    pub sector: usize,
    /// The disk fails now and then.
    pub faulty: bool,
    /// Records are appended where they come from.
    pub writes_at_once: bool,
}

impl Plan {
    /// The plan of a number: every way of keeping, both sectors, with and without faults, both kinds of host.
    pub fn of(seed: u64) -> Plan {
        let keeping = match seed % 8 {
            0..4 => Keeping::Always,
            4 | 5 => Keeping::EverySecond,
            6 => Keeping::Never,
            _ => Keeping::Snapshots,
        };
        Plan {
            seed,
            keeping,
            sector: if (seed / 8).is_multiple_of(2) {
                512
            } else {
                4096
            },
            faulty: seed / 16 % 2 == 1,
            writes_at_once: (seed / 128).is_multiple_of(2),
        }
    }

    fn config(self) -> String {
        let fsync = match self.keeping {
            Keeping::Always => "always",
            Keeping::EverySecond => "everysec",
            Keeping::Never | Keeping::Snapshots => "no",
        };
        let appendonly = match self.keeping {
            Keeping::Snapshots => "no",
            _ => "yes",
        };
        let preamble = if (self.seed / 32).is_multiple_of(2) {
            "yes"
        } else {
            "no"
        };
        let stamps = if (self.seed / 64).is_multiple_of(2) {
            "no"
        } else {
            "yes"
        };
        format!(
            "appendonly {appendonly}\nappendfsync {fsync}\nsave \"\"\naof-use-rdb-preamble {preamble}\n\
             aof-timestamp-enabled {stamps}\nauto-aof-rewrite-percentage 100\nauto-aof-rewrite-min-size 2kb\n\
             aof-load-corrupt-tail-max-size 1mb\n"
        )
    }
}

impl Plan {
    fn start(self, seed: u64, disk: Disk, now: Now) -> Host {
        Host::start_as(&self.config(), seed, disk, now, self.writes_at_once)
    }
}

/// Steps of a run.
const STEPS: usize = 160;
/// Once in so many steps the power is cut.
const CUT_ONCE_IN: u64 = 4;
const CLIENTS: usize = 3;
/// Once in so many writes another thread has its turn before the record is appended.
const LATE_ONCE_IN: u64 = 4;

/// What a reply is to.
#[derive(Clone, Copy, Debug)]
enum Asked {
    /// The write of this number: it is acknowledged.
    Write(usize),
    /// A SAVE when there were so many writes.
    Save(usize),
    Other,
}

struct Run {
    plan: Plan,
    random: Random,
    host: Host,
    /// The digest after each write; the first is that of the beginning.
    digests: Vec<Digest>,
    /// So many writes are to be there.
    sure: usize,
    /// So many are to be there where the process ends and the disk does not.
    answered: usize,
    asked: Vec<Vec<Asked>>,
    /// Replies that are not whole.
    partial: Vec<Vec<u8>>,
    counter: u64,
}

/// Plays a plan and says how often the power was cut. `trace` prints what the disk is asked for.
///
/// # Errors
/// What was found that must not be, with the seed.
pub fn play(plan: Plan, trace: bool) -> Result<u64, String> {
    let fail = |what: String| format!("{plan:?}: {what}");
    let now = Now {
        unix_ms: 1_767_225_600_000,
        mono_us: 1_000_000,
    };
    let disk = Disk::new(plan.seed, plan.sector);
    let mut host = plan.start(plan.seed, disk, now);
    if trace {
        host.trace();
    }
    host.loaded().map_err(fail)?;
    let mut run = Run {
        plan,
        random: Random::new(plan.seed ^ 0x5eed),
        digests: vec![host.digest()],
        host,
        sure: 0,
        answered: 0,
        asked: vec![Vec::new(); CLIENTS],
        partial: vec![Vec::new(); CLIENTS],
        counter: 0,
    };
    for _ in 0..CLIENTS {
        run.host.open();
    }
    if plan.faulty {
        run.host.disk.faults = Faults {
            append_eio: 60,
            append_enospc: 60,
            sync_eio: 80,
            name_eio: 60,
            read_eio: 0,
        };
    }
    let mut cuts = 0;
    for _ in 0..STEPS {
        run.step().map_err(fail)?;
        if run.random.once_in(CUT_ONCE_IN) {
            cuts += 1;
            run.cut().map_err(fail)?;
        }
        if run.host.stopped() {
            break;
        }
    }
    Ok(cuts)
}

impl Run {
    fn step(&mut self) -> Result<(), String> {
        match self.random.below(10) {
            0..5 => self.write(),
            5 | 6 => {
                while self.host.work(Lane::Here) {}
                let times = 1 + self.random.below(4);
                for _ in 0..times {
                    if !self.host.work(Lane::Log) {
                        break;
                    }
                }
            }
            7 => {
                let times = 1 + self.random.below(6);
                for _ in 0..times {
                    if !self.host.work(Lane::Bulk) {
                        break;
                    }
                }
            }
            8 => {
                let by_us = [100, 3_000, 40_000, 1_100_000][self.random.below(4) as usize];
                self.host.pass(by_us);
            }
            _ => self.manage(),
        }
        for client in 0..CLIENTS {
            self.hear(client)?;
        }
        Ok(())
    }

    fn send(&mut self, requests: &[&[&str]], asked: &[Asked]) {
        let client = self.random.below(CLIENTS as u64) as usize;
        // While a SAVE runs commands wait, and then run in an order of their own.
        let mut waiting = self.asked.iter().flatten();
        let saves = waiting.any(|asked| matches!(asked, Asked::Save(_)));
        if !self.host.is_open(client) || saves {
            return;
        }
        let mut bytes = Vec::new();
        for request in requests {
            resp::encode_command(request, &mut bytes);
        }
        self.asked[client].extend_from_slice(asked);
        self.host.send(client, &bytes);
    }

    /// One write, or a block of them.
    fn write(&mut self) {
        self.counter += 1;
        let number = self.digests.len();
        let (count, long) = (self.counter.to_string(), self.long());
        let key = format!("key:{}", self.random.below(12));
        let write = Asked::Write(number);
        match self.random.below(7) {
            0 => self.send(&[&["SET", &key, &(long + &count)]], &[write]),
            1 => self.send(&[&["RPUSH", "log", &count]], &[write]),
            2 => {
                let requests: [&[&str]; 4] = [
                    &["MULTI"],
                    &["INCR", "counter"],
                    &["RPUSH", "log", &count],
                    &["EXEC"],
                ];
                self.send(
                    &requests,
                    &[Asked::Other, Asked::Other, Asked::Other, write],
                );
            }
            3 => self.send(&[&["HSET", "hash", &key, &count]], &[write]),
            4 => self.send(&[&["SADD", "set", &count, &key]], &[write]),
            5 => {
                let database = self.random.below(3).to_string();
                let requests: [&[&str]; 2] =
                    [&["SELECT", &database], &["ZADD", "zset", &count, &key]];
                self.send(&requests, &[Asked::Other, write]);
            }
            _ => self.send(&[&["SET", &key, &count, "EX", "1000000"]], &[write]),
        }
        let digest = self.host.digest();
        self.digests.push(digest);
        if !self.random.once_in(LATE_ONCE_IN) {
            while self.host.work(Lane::Here) {}
        }
    }

    /// A text with which a record is no longer than a sector. A longer one may come to the platter with a hole in an
    /// argument, where the format of the append-only file has nothing to show it.
    fn long(&mut self) -> String {
        "x".repeat(self.random.below(self.plan.sector as u64 - 120) as usize)
    }

    /// Something that changes no data.
    fn manage(&mut self) {
        let known = self.digests.len() - 1;
        match self.random.below(4) {
            0 | 1 => self.send(&[&["BGREWRITEAOF"]], &[Asked::Other]),
            2 => self.send(&[&["BGSAVE"]], &[Asked::Other]),
            _ if self.plan.keeping == Keeping::Snapshots => {
                self.send(&[&["SAVE"]], &[Asked::Save(known)]);
            }
            _ => self.send(&[&["PING"]], &[Asked::Other]),
        }
    }

    /// Takes the replies that a client has.
    fn hear(&mut self, client: usize) -> Result<(), String> {
        let received = self.host.receive(client);
        self.partial[client].extend_from_slice(&received);
        while !self.partial[client].is_empty() {
            let parsed =
                resp::parse(&self.partial[client]).map_err(|error| format!("{error:?}"))?;
            let Some((value, used)) = parsed else { break };
            self.partial[client].drain(..used);
            if self.asked[client].is_empty() {
                return Err(format!("a reply to nothing: {value:?}"));
            }
            let asked = self.asked[client].remove(0);
            if value.error().is_some() {
                continue;
            }
            match asked {
                Asked::Write(number) => {
                    if self.plan.keeping == Keeping::Always {
                        self.sure = self.sure.max(number);
                    }
                    if !self.host.flushes(Lane::Log) {
                        self.answered = self.answered.max(number);
                    }
                }
                Asked::Save(number) => self.sure = self.sure.max(number),
                Asked::Other => {}
            }
        }
        Ok(())
    }

    /// Cuts the power, starts from what the disk has, and compares; and does so once more as if only the process had ended.
    /// The run goes on as if nothing had happened.
    fn cut(&mut self) -> Result<(), String> {
        let disk = self.host.disk.crash(&mut self.random);
        self.look(disk, self.sure)
            .map_err(|error| format!("after a cut: {error}"))?;
        let Plan {
            keeping, faulty, ..
        } = self.plan;
        if self.plan.writes_at_once && !faulty && keeping != Keeping::Snapshots {
            self.look(self.host.disk.clone(), self.answered)
                .map_err(|error| format!("after a kill: {error}"))?;
        }
        Ok(())
    }

    /// Starts from a disk, which is to have at least the first `sure` writes.
    fn look(&self, mut disk: Disk, sure: usize) -> Result<(), String> {
        disk.faults = Faults::default();
        let names: Vec<String> = disk
            .paths()
            .map(|path| {
                let len = disk.read(path).map_or(0, <[u8]>::len);
                format!("{}:{len}", String::from_utf8_lossy(path))
            })
            .collect();
        let mut after = self.plan.start(1, disk, self.host.now());
        let started = after.loaded();
        started.map_err(|error| format!("it does not start: {error}; {names:?}"))?;
        let found = after.digest();
        let known = self.digests.iter().rposition(|digest| *digest == found);
        match known {
            Some(known) if known >= sure => Ok(()),
            Some(known) => Err(format!(
                "{known} writes are there of {sure} that were acknowledged; {names:?}; {}",
                after.said()
            )),
            None => Err(format!(
                "what is there never was; {names:?}; {}",
                after.said()
            )),
        }
    }
}
