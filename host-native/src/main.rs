//! hyla-server: a drop-in replacement for redis-server, built on the Hyla engine.

mod connection;
mod io_thread;
mod listener;
mod shared;
mod socket;

use std::sync::Arc;

use hyla_engine::Engine;
use mio::{Poll, Waker};

use crate::io_thread::{IoThread, WAKER};
use crate::listener::Listeners;
use crate::shared::{Clock, Mailbox, Shared, stopwatch};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::io::Result<()> {
    let mut port = 6379u16;
    let mut threads = std::thread::available_parallelism().map_or(1, usize::from);
    let arguments: Vec<String> = std::env::args().collect();
    for pair in arguments.windows(2) {
        match pair[0].as_str() {
            "--port" => port = pair[1].parse().unwrap_or(port),
            "--io-threads" => threads = pair[1].parse().unwrap_or(threads),
            _ => {}
        }
    }
    if arguments.iter().any(|argument| argument == "--version") {
        println!("Hyla server v={}", env!("CARGO_PKG_VERSION"));
        return Ok(());
    }
    let mut listeners = Listeners::default();
    listeners.add_tcp(([127, 0, 0, 1], port).into(), 511)?;
    let polls = (0..threads)
        .map(|_| Poll::new())
        .collect::<Result<Vec<_>, _>>()?;
    listeners.register(polls[0].registry())?;
    let mut mailboxes = Vec::new();
    for poll in &polls {
        mailboxes.push(Mailbox::new(Waker::new(poll.registry(), WAKER)?));
    }
    let clock = Clock::start();
    let engine = Engine::new(
        Default::default(),
        getrandom::u64().unwrap_or(0),
        clock.now(),
        stopwatch,
    );
    let shared = Arc::new(Shared::new(engine, mailboxes, clock));
    let mut listeners = Some(listeners);
    let mut handles = Vec::new();
    for (number, poll) in polls.into_iter().enumerate() {
        let thread = IoThread::new(number, poll, Arc::clone(&shared), listeners.take());
        handles.push(std::thread::spawn(move || thread.run()));
    }
    println!("Ready to accept connections");
    for handle in handles {
        let _ = handle.join();
    }
    Ok(())
}
