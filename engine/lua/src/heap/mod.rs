//! The objects that values point to, how they are made, and how many bytes they hold. Audited: an object lives from
//! its making until a collection that cannot reach it; collections happen only where the interpreter asks for one,
//! never while a native function or the compiler runs.
#![allow(unsafe_code)]

mod collect;
mod fuel;
mod pool;
mod string;

use alloc::boxed::Box;
use alloc::vec::Vec;
pub(crate) use collect::buried;
use core::ops::{Deref, DerefMut};
use core::ptr::{self, NonNull};

use crate::compile::Proto;
use crate::fault::Fault;
use crate::native::NativeFn;
use crate::table::Table;
pub use crate::thread::Thread;
use crate::value::Value;
pub(crate) use fuel::Fuel;
pub use string::Str;

/// A pointer to an object of the heap.
#[derive(Debug)]
pub struct Gc<T>(NonNull<T>);

// SAFETY: objects belong to one machine, which is on one thread at a time; whoever moves a machine to another thread
// moves the pointers that it has of it along.
unsafe impl<T> Send for Gc<T> {}

impl<T> Clone for Gc<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Gc<T> {}

impl<T> PartialEq for Gc<T> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Deref for Gc<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: what is reachable has not been freed.
        unsafe { self.0.as_ref() }
    }
}

impl<T> DerefMut for Gc<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: what is reachable has not been freed; the machine is one thread and keeps no borrow over a step.
        unsafe { self.0.as_mut() }
    }
}

impl<T> Gc<T> {
    /// The object's address.
    #[inline(always)]
    pub(crate) fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }
}

/// Copies a value as its two parts. As a whole it would be read wider than it was written, for which a processor waits.
#[inline(always)]
pub(crate) fn copy_value(to: &mut Value, from: &Value) {
    type Payload = core::mem::MaybeUninit<u64>;
    let (to, from) = (ptr::from_mut(to), ptr::from_ref(from));
    // SAFETY: a value is a tag of four bytes and, from the eighth on, eight bytes that may not be in use.
    unsafe {
        to.cast::<u32>().write(from.cast::<u32>().read());
        to.cast::<Payload>()
            .add(1)
            .write(from.cast::<Payload>().add(1).read());
    }
}

/// White of one generation, white of the other: not reached yet, or dead if the sweep is at work.
const WHITE: [u8; 2] = [1, 2];
/// Reached, and everything in it too. Neither white nor black: reached, contents to be looked at.
const BLACK: u8 = 4;
/// A table that scripts may not write to.
pub(crate) const READ_ONLY: u8 = 8;
/// What keeps a table from being written to without a further look.
pub(crate) const GUARDED: u8 = BLACK | READ_ONLY;

/// What every object begins with.
#[repr(C)]
#[derive(Debug)]
pub struct Header {
    next: *mut Header,
    kind: Kind,
    pub(crate) mark: u8,
    /// Stands for the address: the same in every run.
    pub(crate) id: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Str,
    Table,
    Closure,
    Native,
    Upval,
    Proto,
    Thread,
}

/// A function written in Lua. Behind it stand the variables that it has caught.
#[repr(C)]
#[derive(Debug)]
pub struct Closure {
    pub(crate) header: Header,
    pub(crate) proto: Gc<ProtoBox>,
    pub(crate) env: Gc<Table>,
    upvals: u32,
}

impl Closure {
    fn bytes(upvals: usize) -> usize {
        size_of::<Closure>() + upvals * size_of::<Gc<Upval>>()
    }

    /// The address of the first variable.
    #[inline(always)]
    pub(crate) fn upvals_ptr(&self) -> *mut Gc<Upval> {
        // SAFETY: `Heap::closure` made room for them behind the struct.
        unsafe { ptr::from_ref(self).cast_mut().add(1).cast() }
    }

    /// The variables that it has caught.
    pub(crate) fn upvals(&self) -> &[Gc<Upval>] {
        // SAFETY: as in `upvals_ptr`; `Heap::closure` has filled them.
        unsafe { core::slice::from_raw_parts(self.upvals_ptr(), self.upvals as usize) }
    }
}

/// A function of the host.
#[repr(C)]
#[derive(Debug)]
pub struct Native {
    pub(crate) header: Header,
    pub(crate) call: NativeFn,
    pub(crate) env: Gc<Table>,
    pub(crate) upvals: Box<[Value]>,
}

/// A variable that a closure has caught: on a stack, or its own.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Upval {
    pub(crate) header: Header,
    /// The coroutine on whose stack it is, or was.
    thread: Gc<Thread>,
    /// Where it is: `closed` or a place on a stack.
    pub(crate) at: *mut Value,
    pub(crate) closed: Value,
}

/// A compiled function as an object.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct ProtoBox {
    header: Header,
    pub(crate) proto: Proto,
}

impl Deref for ProtoBox {
    type Target = Proto;
    #[inline(always)]
    fn deref(&self) -> &Proto {
        &self.proto
    }
}

// SAFETY: the objects that it points to belong to it alone.
unsafe impl Send for Heap {}

// SAFETY: its pointers lead into its own heap.
unsafe impl Send for crate::vm::Vm {}

/// All objects.
#[derive(Debug)]
pub struct Heap {
    all: *mut Header,
    strings: Vec<*mut Str>,
    string_count: usize,
    next_id: u32,
    /// Bytes that objects hold.
    pub(crate) used: usize,
    /// Bytes that they may hold.
    pub(crate) limit: usize,
    /// Bytes allocated beyond what the collector allows before it wants to work: positive when it is its turn.
    pub(crate) debt: isize,
    collector: collect::Collector,
    pool: pool::Pool,
    /// The work that may still be done in this slice.
    pub(crate) fuel: Fuel,
}

impl Heap {
    /// An empty heap that may grow to `limit` bytes.
    pub(crate) fn new(limit: usize) -> Heap {
        Heap {
            all: ptr::null_mut(),
            strings: alloc::vec![ptr::null_mut(); 256],
            string_count: 0,
            next_id: 0x55_5500,
            used: 0,
            // So that sizes can be rounded up wherever they come from.
            limit: limit.min(isize::MAX as usize / 2),
            debt: -collect::PAUSE_BYTES_MIN,
            collector: collect::Collector::new(),
            pool: pool::Pool::new(),
            fuel: Fuel::new(),
        }
    }

    #[inline]
    fn header(&mut self, kind: Kind) -> Header {
        self.next_id = self.next_id.wrapping_add(0x20);
        Header {
            next: self.all,
            kind,
            mark: WHITE[self.collector.white],
            id: self.next_id,
        }
    }

    /// Counts `bytes` more.
    ///
    /// # Errors
    /// There would be more than are allowed.
    #[inline]
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), Fault> {
        if bytes > self.limit.saturating_sub(self.used) {
            return Err(Fault::Memory);
        }
        self.used += bytes;
        self.debt += bytes as isize;
        Ok(())
    }

    /// Bytes that objects hold.
    pub fn used_bytes(&self) -> usize {
        self.used
    }

    /// Whether `bytes` more would be allowed.
    ///
    /// # Errors
    /// They would not.
    pub(crate) fn allows(&self, bytes: usize) -> Result<(), Fault> {
        if bytes > self.limit.saturating_sub(self.used) {
            return Err(Fault::Memory);
        }
        Ok(())
    }

    /// Counts `bytes` less.
    #[inline]
    pub(crate) fn release(&mut self, bytes: usize) {
        self.used = self.used.saturating_sub(bytes);
    }

    /// Counts `size` bytes and finds a block for them.
    #[inline]
    fn block(&mut self, size: usize) -> Result<NonNull<u8>, Fault> {
        self.charge(size)?;
        self.pool.take(size).ok_or_else(|| {
            self.release(size);
            Fault::Memory
        })
    }

    #[inline]
    fn link<T>(&mut self, object: T) -> Result<Gc<T>, Fault> {
        const { assert!(align_of::<T>() <= 8) };
        let pointer = self.block(size_of::<T>())?.cast::<T>();
        // SAFETY: the block has room for the object.
        unsafe { pointer.write(object) };
        self.all = pointer.as_ptr().cast();
        Ok(Gc(pointer))
    }

    /// A new table.
    ///
    /// # Errors
    /// No memory.
    #[inline]
    pub fn table(&mut self) -> Result<Gc<Table>, Fault> {
        let header = self.header(Kind::Table);
        let fuel = self.fuel;
        self.link(Table::new(header, fuel))
    }

    /// A new closure, with the variables that `upval` gives.
    ///
    /// # Errors
    /// No memory.
    pub(crate) fn closure(
        &mut self,
        proto: Gc<ProtoBox>,
        env: Gc<Table>,
        upvals: &[Gc<Upval>],
    ) -> Result<Gc<Closure>, Fault> {
        let object = self.block(Closure::bytes(upvals.len()))?.cast::<Closure>();
        let header = self.header(Kind::Closure);
        // SAFETY: the block has room for the struct and for the variables behind it.
        unsafe {
            let pointer = object.as_ptr();
            pointer.write(Closure {
                header,
                proto,
                env,
                upvals: upvals.len() as u32,
            });
            ptr::copy_nonoverlapping(upvals.as_ptr(), pointer.add(1).cast(), upvals.len());
            self.all = pointer.cast();
            Ok(Gc(object))
        }
    }

    /// A function of the host, with values of its own.
    ///
    /// # Errors
    /// No memory.
    pub fn native(
        &mut self,
        call: NativeFn,
        env: Gc<Table>,
        upvals: Box<[Value]>,
    ) -> Result<Gc<Native>, Fault> {
        self.charge(size_of_val(&*upvals))?;
        let header = self.header(Kind::Native);
        self.link(Native {
            header,
            call,
            env,
            upvals,
        })
    }

    /// A variable at a place of a coroutine's stack.
    pub(crate) fn upval(&mut self, thread: Gc<Thread>, at: *mut Value) -> Result<Gc<Upval>, Fault> {
        let header = self.header(Kind::Upval);
        self.link(Upval {
            header,
            thread,
            at,
            closed: Value::Nil,
        })
    }

    /// Moves a variable off its stack into itself.
    pub(crate) fn close(&mut self, upval: Gc<Upval>) {
        let pointer = upval.as_ptr();
        // SAFETY: the variable is alive, and its place is on a stack that is alive. No reference is made on the way, since
        // the new place is used for as long as the variable lives.
        unsafe {
            (*pointer).closed = *(*pointer).at;
            (*pointer).at = &raw mut (*pointer).closed;
        }
        self.barrier(&upval.header, upval.closed);
    }

    /// A compiled function as an object.
    pub(crate) fn proto(&mut self, proto: Proto) -> Result<Gc<ProtoBox>, Fault> {
        self.charge(proto.bytes())?;
        let header = self.header(Kind::Proto);
        self.link(ProtoBox { header, proto })
    }

    /// A coroutine without a function.
    pub(crate) fn thread(&mut self, globals: Gc<Table>) -> Result<Gc<Thread>, Fault> {
        let header = self.header(Kind::Thread);
        self.link(Thread::new(header, globals))
    }

    /// Frees an object.
    ///
    /// # Safety
    /// Nothing that is reachable points to it, and it is not in the list of all objects.
    unsafe fn free(&mut self, object: *mut Header) {
        // SAFETY: the caller's; the kind says how it was made.
        unsafe {
            match (*object).kind {
                Kind::Str => self.free_string(object.cast()),
                Kind::Table => {
                    let bytes = (*object.cast::<Table>()).bytes();
                    self.drop_object::<Table>(object, bytes);
                }
                Kind::Closure => {
                    let size = Closure::bytes((*object.cast::<Closure>()).upvals as usize);
                    self.release(size);
                    self.pool.give(object.cast(), size);
                }
                Kind::Native => {
                    let bytes = size_of_val(&*(*object.cast::<Native>()).upvals);
                    self.drop_object::<Native>(object, bytes);
                }
                Kind::Upval => self.drop_object::<Upval>(object, 0),
                Kind::Proto => {
                    let bytes = (*object.cast::<ProtoBox>()).proto.bytes();
                    self.drop_object::<ProtoBox>(object, bytes);
                }
                Kind::Thread => {
                    let bytes = (*object.cast::<Thread>()).bytes();
                    self.drop_object::<Thread>(object, bytes);
                }
            }
        }
    }

    /// Drops an object that [`Heap::link`] has made, for which `more` bytes were counted beside itself.
    ///
    /// # Safety
    /// As for [`Heap::free`]; it is a `T`.
    #[inline]
    unsafe fn drop_object<T>(&mut self, object: *mut Header, more: usize) {
        self.release(size_of::<T>() + more);
        // SAFETY: the caller's.
        unsafe {
            ptr::drop_in_place(object.cast::<T>());
            self.pool.give(object.cast(), size_of::<T>());
        }
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        while !self.all.is_null() {
            let object = self.all;
            // SAFETY: nothing is used any more; each object is in the list once.
            unsafe {
                self.all = (*object).next;
                self.free(object);
            }
        }
        // SAFETY: no table is left, and the machine ends with its heap.
        unsafe { self.fuel.free() };
    }
}
