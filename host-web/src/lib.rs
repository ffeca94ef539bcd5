//! The wasm side of the npm package `hyla`: what JavaScript calls. Decides nothing; the connections'
//! bookkeeping stands in [`host`], the JavaScript API in `host-web/js`.
//!
//! Times are plain numbers: `unix_ms` milliseconds since 1970, `mono_us` microseconds that never run
//! backwards. No input panics; should the engine ever trap, the JavaScript side gives up the instance.

mod files;
pub mod host;

use hyla_engine::Now;
use hyla_engine::boundary::Level;
use hyla_engine::config::{Config, Guard};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use host::{Host, Step};

#[wasm_bindgen]
extern "C" {
    /// Milliseconds since the page or process began.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// Nanoseconds for the engine's accounting.
fn stopwatch() -> u64 {
    (performance_now() * 1_000_000.0) as u64
}

fn now(unix_ms: f64, mono_us: f64) -> Now {
    Now {
        unix_ms: unix_ms as u64,
        mono_us: mono_us as u64,
    }
}

/// An engine and its connections.
#[wasm_bindgen]
pub struct Core {
    host: Host,
}

#[wasm_bindgen]
impl Core {
    /// An engine with the directives of `settings`, names and values in turn; the two halves of the seed are entropy,
    /// or fixed numbers in tests.
    ///
    /// # Errors
    /// The engine's words for what is wrong with a directive.
    #[wasm_bindgen(constructor)]
    #[allow(
        clippy::needless_pass_by_value,
        reason = "JavaScript hands strings over as values"
    )]
    pub fn new(
        settings: Vec<String>,
        seed_low: u32,
        seed_high: u32,
        unix_ms: f64,
        mono_us: f64,
    ) -> Result<Core, JsValue> {
        let mut config = Config::default();
        // The page is on the engine's own side: what DEBUG can do to it, it could do anyway.
        config.settings_mut().enable_debug_command = Guard::Local;
        let pairs: Vec<(&[u8], &[u8])> = settings
            .chunks_exact(2)
            .map(|pair| (pair[0].as_bytes(), pair[1].as_bytes()))
            .collect();
        config
            .set(&pairs, true)
            .map_err(|error| JsValue::from_str(&String::from_utf8_lossy(&error.text())))?;
        let seed = u64::from(seed_high) << 32 | u64::from(seed_low);
        Ok(Core {
            host: Host::new(config, seed, now(unix_ms, mono_us), stopwatch),
        })
    }

    /// Opens a connection and gives its number, or -1 where the engine refuses.
    pub fn open(&mut self, unix_ms: f64, mono_us: f64) -> f64 {
        self.host
            .open(now(unix_ms, mono_us))
            .map_or(-1.0, |link| link as f64)
    }

    /// Takes bytes that arrived on a connection. False if they could not be held; the connection is then
    /// closed.
    pub fn push(&mut self, link: f64, bytes: &Uint8Array) -> bool {
        let mut from = 0;
        let len = bytes.length();
        while from < len {
            let Some(space) = self.host.space(link as u64) else {
                return false;
            };
            let count = (len - from).min(u32::try_from(space.len()).unwrap_or(u32::MAX));
            bytes
                .subarray(from, from + count)
                .copy_to(&mut space[..count as usize]);
            self.host.advance(link as u64, count as usize);
            from += count;
        }
        true
    }

    /// Runs a slice of what arrived on a connection. 0: all of it ran, 1: call again, 2: parked until
    /// [`Core::resumed`] names it, 3: take the output, then it is closed.
    pub fn run(&mut self, link: f64, unix_ms: f64, mono_us: f64) -> u8 {
        match self.host.run(link as u64, now(unix_ms, mono_us)) {
            Step::Idle => 0,
            Step::More => 1,
            Step::Parked => 2,
            Step::Closed => 3,
        }
    }

    /// Takes the bytes that wait to be read from a connection.
    pub fn take(&mut self, link: f64) -> Uint8Array {
        let Some(out) = self.host.output(link as u64) else {
            return Uint8Array::new_with_length(0);
        };
        // The sum fits: a connection's output is memory of a 32-bit machine.
        let all = Uint8Array::new_with_length(out.len() as u32);
        let mut at = 0;
        for piece in out.pieces(0) {
            let end = at + piece.len() as u32;
            all.subarray(at, end).copy_from(piece);
            at = end;
        }
        out.clear();
        all
    }

    /// Closes a connection from the client's side.
    pub fn close(&mut self, link: f64, unix_ms: f64, mono_us: f64) {
        self.host.close(link as u64, now(unix_ms, mono_us));
    }

    /// Lets the engine do what nobody waits for.
    pub fn tick(&mut self, unix_ms: f64, mono_us: f64) {
        self.host.tick(now(unix_ms, mono_us));
    }

    /// The moment of `mono_us` by which [`Core::tick`] is due.
    pub fn deadline(&self) -> f64 {
        self.host.deadline_us() as f64
    }

    /// Connections that have output though it was not their turn; the list is empty afterwards.
    pub fn flushed(&mut self) -> Vec<f64> {
        numbers(&self.host.take_flushed())
    }

    /// Parked connections that go on: run them. The list is empty afterwards.
    pub fn resumed(&mut self) -> Vec<f64> {
        numbers(&self.host.take_resumed())
    }

    /// Connections that the engine closed: take their output, then forget them. The list is empty
    /// afterwards.
    pub fn closed(&mut self) -> Vec<f64> {
        numbers(&self.host.take_closed())
    }

    /// There are files: loads what they have. Most commands are refused until [`Core::ready`].
    pub fn start_files(&mut self, unix_ms: f64, mono_us: f64) {
        self.host.start_files(now(unix_ms, mono_us));
    }

    /// All that the files have is loaded.
    pub fn ready(&self) -> bool {
        self.host.ready()
    }

    /// The next list of operations on files: its number, then each operation as `files.ts` reads it. They are to be run
    /// one list after the other.
    pub fn files(&mut self) -> Option<Array> {
        self.host.take_files().map(|list| files::to_js(&list))
    }

    /// Reports that a list was run, with the answers of its reading operations.
    pub fn filed(&mut self, job: f64, answers: &Array, unix_ms: f64, mono_us: f64) {
        let answers = answers
            .iter()
            .map(|answer| files::answer(&answer))
            .collect();
        self.host
            .filed(job as u64, Ok(answers), now(unix_ms, mono_us));
    }

    /// Reports that a list was not run to its end: the operation that failed, why (0: no such file, 1: no space, 2:
    /// anything else), and words for it.
    pub fn file_failed(
        &mut self,
        job: f64,
        at: usize,
        kind: u8,
        text: String,
        unix_ms: f64,
        mono_us: f64,
    ) {
        let error = files::failure(at, kind, text);
        self.host
            .filed(job as u64, Err(error), now(unix_ms, mono_us));
    }

    /// Lines for a log, each behind `!` if one has to look at it and behind a space otherwise. The list is empty
    /// afterwards.
    pub fn notes(&mut self) -> Vec<String> {
        let mark = |(level, text)| match level {
            Level::Notice => format!(" {text}"),
            Level::Warning => format!("!{text}"),
        };
        self.host.take_notes().into_iter().map(mark).collect()
    }

    /// A client asked for SHUTDOWN: close all.
    pub fn stopped(&self) -> bool {
        self.host.stopped()
    }
}

fn numbers(links: &[u64]) -> Vec<f64> {
    links.iter().map(|link| *link as f64).collect()
}
