//! The load generator: one thread, one epoll set, N connections to one server, each with one batch of requests
//! under way. Must not know what the requests are or how results are printed.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use hdrhistogram::Histogram;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use nix::time::{ClockId, clock_gettime};

use crate::interrupt;
use crate::server::Server;
use crate::workload::{Rng, Source, Workload};

/// A server that sends nothing for so long has hung.
const STALL_LIMIT: Duration = Duration::from_secs(20);
/// Prepared requests are at most this many.
const PREPARED_REQUESTS_MAX: usize = 1_000_000;
/// Prepared requests take at most about this many bytes.
const PREPARED_BYTES_MAX: usize = 64 << 20;

/// Batches of encoded requests, made before the clock runs and sent round and round.
pub(crate) struct Batches {
    bytes: Vec<u8>,
    /// Where each batch ends.
    ends: Vec<usize>,
    depth: usize,
    next: usize,
}

impl Batches {
    /// Prepares batches of `depth` requests of `workload`: about as many requests as the key space has keys,
    /// within bounds. The same arguments give the same bytes.
    pub(crate) fn prepare(workload: &Workload, depth: usize, keys: u64, seed: u64) -> Self {
        let count = (keys as usize).clamp(1000, PREPARED_REQUESTS_MAX) / depth;
        let mut batches = Self {
            bytes: Vec::new(),
            ends: Vec::new(),
            depth,
            next: 0,
        };
        let rng = Rng::new(seed);
        let mut source = Source {
            rng,
            keys,
            index: 0,
        };
        for _ in 0..count.max(1) {
            for _ in 0..depth {
                workload.request.append(&mut source, &mut batches.bytes);
                source.index += 1;
            }
            batches.ends.push(batches.bytes.len());
            if batches.bytes.len() > PREPARED_BYTES_MAX {
                break;
            }
        }
        batches
    }

    /// Starts over, so that another round sends the same requests.
    pub(crate) fn rewind(&mut self) {
        self.next = 0;
    }

    fn copy_next(&mut self, out: &mut Vec<u8>) -> u64 {
        let start = match self.next {
            0 => 0,
            n => self.ends[n - 1],
        };
        out.extend_from_slice(&self.bytes[start..self.ends[self.next]]);
        self.next += 1;
        if self.next == self.ends.len() {
            self.next = 0;
        }
        self.depth as u64
    }
}

/// What one stretch of load showed.
pub(crate) struct Sample {
    /// Replies that came.
    pub(crate) ops: u64,
    /// How long it took.
    pub(crate) seconds: f64,
    /// CPU time of the server in it, nanoseconds.
    pub(crate) server_cpu_ns: u64,
    /// CPU time of the load generator in it, nanoseconds.
    pub(crate) client_cpu_ns: u64,
    /// Nanoseconds from sending a batch to its last reply.
    pub(crate) latency: Histogram<u64>,
    /// Error replies, with the text of the first.
    pub(crate) errors: (u64, String),
}

/// N connections to one server.
pub(crate) struct Load {
    poll: Poll,
    events: Events,
    conns: Vec<Conn>,
    input: Vec<u8>,
}

struct Conn {
    stream: TcpStream,
    scanner: crate::resp::Scanner,
    /// Bytes of the batch under way.
    out: Vec<u8>,
    /// How many of them the kernel has taken.
    sent: usize,
    /// Replies that the batch still lacks; 0 when none is under way.
    replies_due: u64,
    sent_at: Instant,
}

/// Counters of the stretch under way.
struct Tally {
    ops: u64,
    latency: Histogram<u64>,
    issuing: bool,
    recording: bool,
}

/// CPU clocks and wall clock at one moment.
struct Mark {
    at: Instant,
    server_ns: u64,
    client_ns: u64,
}

impl Mark {
    fn now(server: &Server) -> Result<Self> {
        let own = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?;
        Ok(Self {
            at: Instant::now(),
            server_ns: server.cpu_ns()?,
            client_ns: own.tv_sec() as u64 * 1_000_000_000 + own.tv_nsec() as u64,
        })
    }

    /// The sample from this mark until now.
    fn finish(&self, server: &Server, tally: &Tally) -> Result<Sample> {
        let end = Self::now(server)?;
        Ok(Sample {
            ops: tally.ops,
            seconds: end.at.duration_since(self.at).as_secs_f64(),
            server_cpu_ns: end.server_ns - self.server_ns,
            client_cpu_ns: end.client_ns - self.client_ns,
            latency: tally.latency.clone(),
            errors: (0, String::new()),
        })
    }
}

impl Load {
    /// Opens `count` connections to `server`.
    pub(crate) fn connect(server: &Server, count: usize) -> Result<Self> {
        let poll = Poll::new()?;
        let conns: Result<Vec<Conn>> = (0..count)
            .map(|i| Conn::open(server.addr, &poll, Token(i)))
            .collect();
        Ok(Self {
            poll,
            events: Events::with_capacity(1024),
            conns: conns.with_context(|| format!("{count} connections to {}", server.name))?,
            input: vec![0; 64 << 10],
        })
    }

    /// Sends batches for `warm_up` and then for `time`, of which the sample is taken.
    pub(crate) fn run(
        &mut self,
        server: &Server,
        batches: &mut Batches,
        warm_up: Duration,
        time: Duration,
    ) -> Result<Sample> {
        let start = Instant::now();
        let mut mark: Option<Mark> = None;
        let mut sample: Option<Sample> = None;
        self.forget_errors();
        self.drive(&mut |out| batches.copy_next(out), &mut |now, tally| {
            match &mark {
                None if now.duration_since(start) >= warm_up => {
                    tally.ops = 0;
                    tally.recording = true;
                    mark = Some(Mark::now(server)?);
                }
                Some(begin) if now.duration_since(begin.at) >= time => {
                    tally.issuing = false;
                    tally.recording = false;
                    sample.get_or_insert(begin.finish(server, tally)?);
                }
                _ => {}
            }
            Ok(())
        })
        .with_context(|| format!("load on {}", server.name))?;
        let mut sample = sample.context("the load ended before its time")?;
        sample.errors = self.errors();
        ensure!(sample.ops > 0, "{} answered nothing", server.name);
        Ok(sample)
    }

    /// Sends batches until `stop` is set. The sample is of the time since `recording` was.
    pub(crate) fn run_until(
        &mut self,
        server: &Server,
        batches: &mut Batches,
        recording: &AtomicBool,
        stop: &AtomicBool,
    ) -> Result<Sample> {
        let mut mark: Option<Mark> = None;
        self.forget_errors();
        let tally = self
            .drive(&mut |out| batches.copy_next(out), &mut |_, tally| {
                if mark.is_none() && recording.load(Ordering::Relaxed) {
                    tally.ops = 0;
                    tally.recording = true;
                    mark = Some(Mark::now(server)?);
                }
                tally.issuing &= !stop.load(Ordering::Relaxed);
                Ok(())
            })
            .with_context(|| format!("load on {}", server.name))?;
        let mark = mark.context("the load ended before its time")?;
        let mut sample = mark.finish(server, &tally)?;
        sample.errors = self.errors();
        ensure!(sample.errors.0 == 0, "{}: {}", server.name, sample.errors.1);
        Ok(sample)
    }

    /// Sends `count` requests made by `request`, `depth` to a batch. Fails on the first error reply.
    pub(crate) fn fill(
        &mut self,
        server: &Server,
        count: u64,
        depth: u64,
        request: impl Fn(u64, &mut Vec<u8>),
    ) -> Result<Sample> {
        let mut i = 0;
        let mut next = |out: &mut Vec<u8>| {
            let batch = depth.min(count - i);
            for n in i..i + batch {
                request(n, out);
            }
            i += batch;
            batch
        };
        self.forget_errors();
        let mark = Mark::now(server)?;
        let tally = self
            .drive(&mut next, &mut |_, tally| {
                tally.recording = true;
                Ok(())
            })
            .with_context(|| format!("filling {}", server.name))?;
        let (errors, first) = self.errors();
        ensure!(errors == 0, "{} answers a fill with: {first}", server.name);
        mark.finish(server, &tally)
    }

    /// Keeps every connection busy with what `next` appends (it gives the number of replies to come, 0 for no more)
    /// until there is no more or `tick`, called once for every wake-up, ends `issuing`; then waits for
    /// the replies under way.
    fn drive(
        &mut self,
        next: &mut impl FnMut(&mut Vec<u8>) -> u64,
        tick: &mut impl FnMut(Instant, &mut Tally) -> Result<()>,
    ) -> Result<Tally> {
        let mut tally = Tally {
            ops: 0,
            latency: Histogram::new_with_bounds(1_000, 60_000_000_000, 3)?,
            issuing: true,
            recording: false,
        };
        tick(Instant::now(), &mut tally)?;
        let mut under_way = 0;
        for conn in &mut self.conns {
            under_way += usize::from(conn.start_batch(next, Instant::now())?);
        }
        let mut progress_at = Instant::now();
        while under_way > 0 {
            let wait = self
                .poll
                .poll(&mut self.events, Some(Duration::from_millis(100)));
            match wait {
                Err(e) if e.kind() == ErrorKind::Interrupted => self.events.clear(),
                other => other?,
            }
            interrupt::check()?;
            let now = Instant::now();
            if !self.events.is_empty() {
                progress_at = now;
            }
            let silence = now.duration_since(progress_at);
            ensure!(
                silence < STALL_LIMIT,
                "no reply for {} s",
                silence.as_secs()
            );
            tick(now, &mut tally)?;
            for event in &self.events {
                let conn = &mut self.conns[event.token().0];
                if event.is_writable() {
                    conn.send()?;
                }
                if event.is_readable() && conn.receive(&mut self.input, &mut tally)? {
                    let done_at = Instant::now();
                    if tally.recording {
                        let taken = done_at.duration_since(conn.sent_at);
                        tally.latency.saturating_record(taken.as_nanos() as u64);
                    }
                    let more = tally.issuing && conn.start_batch(next, done_at)?;
                    under_way -= usize::from(!more);
                }
            }
        }
        Ok(tally)
    }

    fn forget_errors(&mut self) {
        for conn in &mut self.conns {
            conn.scanner.errors = 0;
            conn.scanner.first_error.clear();
        }
    }

    fn errors(&self) -> (u64, String) {
        let count = self.conns.iter().map(|conn| conn.scanner.errors).sum();
        let first = self.conns.iter().find(|conn| conn.scanner.errors > 0);
        let text = first.map(|conn| String::from_utf8_lossy(&conn.scanner.first_error));
        (count, text.unwrap_or_default().into_owned())
    }
}

impl Conn {
    fn open(addr: SocketAddr, poll: &Poll, token: Token) -> Result<Self> {
        // Connected in blocking mode first: one after the other never overflows the listen backlog.
        let stream = std::net::TcpStream::connect_timeout(&addr, Duration::from_secs(10))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, token, interest)?;
        Ok(Self {
            stream,
            scanner: crate::resp::Scanner::new(),
            out: Vec::new(),
            sent: 0,
            replies_due: 0,
            sent_at: Instant::now(),
        })
    }

    /// Begins the next batch; false when there is none.
    fn start_batch(
        &mut self,
        next: &mut impl FnMut(&mut Vec<u8>) -> u64,
        now: Instant,
    ) -> Result<bool> {
        self.out.clear();
        self.sent = 0;
        self.replies_due = next(&mut self.out);
        if self.replies_due == 0 {
            return Ok(false);
        }
        self.sent_at = now;
        self.send()?;
        Ok(true)
    }

    /// Gives the kernel what it takes of the batch; the rest goes when it says that it takes more.
    fn send(&mut self) -> Result<()> {
        while self.sent < self.out.len() {
            match self.stream.write(&self.out[self.sent..]) {
                Ok(n) => self.sent += n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e).context("writing"),
            }
        }
        Ok(())
    }

    /// Reads all that is there; true when that ends the batch.
    fn receive(&mut self, input: &mut [u8], tally: &mut Tally) -> Result<bool> {
        let due_before = self.replies_due;
        loop {
            let n = match self.stream.read(input) {
                Ok(0) => bail!("the server closed a connection"),
                Ok(n) => n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => return Err(e).context("reading"),
            };
            let replies = self.scanner.feed(&input[..n]);
            ensure!(!self.scanner.broken, "the server sent what is no reply");
            ensure!(replies <= self.replies_due, "more replies than requests");
            self.replies_due -= replies;
            tally.ops += replies;
            // A short read has emptied the socket; the next edge tells of more. And a finished batch
            // leaves nothing to come.
            if n < input.len() || self.replies_due == 0 {
                break;
            }
        }
        Ok(due_before > 0 && self.replies_due == 0)
    }
}
