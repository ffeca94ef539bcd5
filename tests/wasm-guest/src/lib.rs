//! The test driver behind plain wasm exports: numbers in, numbers out, bytes through one buffer in the module's memory. It
//! must not import anything and must not know what is sent.
#![allow(
    unsafe_code,
    reason = "an export has a name that the linker sees; there is no unsafe block"
)]

use hyla_driver::{Driver, START};
use std::cell::RefCell;

#[derive(Default)]
struct Guest {
    driver: Option<Driver>,
    buffer: Vec<u8>,
}

thread_local! {
    static GUEST: RefCell<Guest> = RefCell::default();
}

fn with<T>(act: impl FnOnce(&mut Driver, &mut Vec<u8>) -> T) -> T {
    GUEST.with_borrow_mut(|guest| {
        let Guest { driver, buffer } = guest;
        act(
            driver.get_or_insert_with(|| Driver::new(0, START, false)),
            buffer,
        )
    })
}

/// Starts afresh with an empty engine.
// SAFETY: the prefix keeps the name apart from every other symbol, those of libc included. So it does for all exports below.
#[unsafe(no_mangle)]
pub extern "C" fn hyla_start(seed: u64, keep_log: u32) {
    let driver = Driver::new(seed, START, keep_log != 0);
    GUEST.with_borrow_mut(|guest| guest.driver = Some(driver));
}

/// Makes the buffer `len` bytes long and gives its address, valid until the next call.
#[unsafe(no_mangle)]
pub extern "C" fn hyla_buffer(len: usize) -> *mut u8 {
    with(|_, buffer| {
        buffer.resize(len, 0);
        buffer.as_mut_ptr()
    })
}

/// Bytes in the buffer.
#[unsafe(no_mangle)]
pub extern "C" fn hyla_buffer_len() -> usize {
    with(|_, buffer| buffer.len())
}

/// Opens a connection and gives its number.
#[unsafe(no_mangle)]
pub extern "C" fn hyla_open() -> usize {
    with(|driver, _| driver.open())
}

/// Closes a connection.
#[unsafe(no_mangle)]
pub extern "C" fn hyla_close(conn: usize) {
    with(|driver, _| driver.close(conn));
}

/// Hands the buffer's bytes to a connection.
#[unsafe(no_mangle)]
pub extern "C" fn hyla_send(conn: usize) {
    with(|driver, buffer| driver.send(conn, buffer));
}

/// Fills the buffer with what a connection has received; 1 if nothing more can come.
#[unsafe(no_mangle)]
pub extern "C" fn hyla_receive(conn: usize) -> u32 {
    with(|driver, buffer| {
        buffer.clear();
        u32::from(driver.receive(conn, buffer))
    })
}

/// Lets virtual time pass, in microseconds.
#[unsafe(no_mangle)]
pub extern "C" fn hyla_advance(by_us: u64) {
    with(|driver, _| driver.advance(by_us));
}

/// Microseconds until the engine wants to be called again.
#[unsafe(no_mangle)]
pub extern "C" fn hyla_until_due() -> u64 {
    with(|driver, _| driver.until_due_us())
}

/// Fills the buffer with the effect log.
#[unsafe(no_mangle)]
pub extern "C" fn hyla_log() {
    with(|driver, buffer| {
        buffer.clear();
        buffer.extend_from_slice(driver.log());
    });
}
