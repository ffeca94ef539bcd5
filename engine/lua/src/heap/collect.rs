//! The collector: marks and sweeps in small steps, between which the program runs on. What is put into an object that was
//! looked into already is marked there and then; only stacks are looked at again. Audited, see the module above.

use alloc::vec::Vec;
use core::ptr;

use super::{BLACK, Closure, Gc, Header, Heap, Kind, Native, ProtoBox, Str, Thread, Upval, WHITE};
use crate::table::{Table, Weak};
use crate::value::Value;

/// What is allocated before a heap is looked at for the first time.
pub(super) const PAUSE_BYTES_MIN: isize = 256 << 10;
/// Allocated bytes between two steps.
const STEP_BYTES: isize = 16 << 10;
/// Work of a step, in bytes looked at: more than is allocated meanwhile.
const STEP_WORK: usize = 48 << 10;
/// Slots of a table that are looked at in one go.
const SLICE_SLOTS: usize = 2048;
const COLORS: u8 = WHITE[0] | WHITE[1] | BLACK;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Pause,
    Mark,
    Sweep,
}

/// How far it is.
#[derive(Debug)]
pub(super) struct Collector {
    state: State,
    pub(super) white: usize,
    gray: Vec<*mut Header>,
    /// Coroutines that can be reached: their stacks are looked at again and again.
    stacks: Vec<Gc<Thread>>,
    weak: Vec<Gc<Table>>,
    /// A large table, and how many of its slots are done.
    large: Option<(Gc<Table>, usize)>,
    /// The object before the one that is swept next; null at the head of the list.
    swept: *mut Header,
    /// Keys without a value are buried, see [`Heap::bury`].
    buries: bool,
    /// Strings that live as long as the heap; the first is `__mode`.
    pub(super) kept: Vec<Gc<Str>>,
}

impl Collector {
    pub(super) fn new() -> Collector {
        Collector {
            state: State::Pause,
            white: 0,
            gray: Vec::new(),
            stacks: Vec::new(),
            weak: Vec::new(),
            large: None,
            swept: ptr::null_mut(),
            buries: false,
            kept: Vec::new(),
        }
    }
}

fn paint(object: *mut Header, color: u8) {
    // SAFETY: objects in the collector's lists are alive.
    unsafe {
        (*object).mark = (*object).mark & !COLORS | color;
    }
}

fn is_white(object: *mut Header) -> bool {
    // SAFETY: reached from a live object.
    unsafe { (*object).mark & (WHITE[0] | WHITE[1]) != 0 }
}

fn header_of(value: Value) -> Option<*mut Header> {
    Some(match value {
        Value::Str(object) => object.as_ptr().cast(),
        Value::Table(object) => object.as_ptr().cast(),
        Value::Closure(object) => object.as_ptr().cast(),
        Value::Native(object) => object.as_ptr().cast(),
        Value::Thread(object) => object.as_ptr().cast(),
        _ => return None,
    })
}

/// What stands for a key without a value: no script has such a value. The key may have been freed before.
pub(crate) fn buried(key: Value) -> Value {
    header_of(key).map_or(key, |object| Value::Light(object.addr()))
}

impl Heap {
    /// A pair is put into an object with this mark, or moved within it.
    #[inline]
    pub(crate) fn barrier_pair(&mut self, mark: u8, key: Value, value: Value) {
        if mark & BLACK != 0 {
            self.mark_pair(key, value);
        }
    }

    #[cold]
    fn mark_pair(&mut self, key: Value, value: Value) {
        if self.collector.state == State::Mark {
            self.mark(key);
            self.mark(value);
        }
    }

    /// A value is put into an object that may have been looked into already.
    #[inline]
    pub(crate) fn barrier(&mut self, object: &Header, value: Value) {
        self.barrier_pair(object.mark, Value::Nil, value);
    }

    /// The elements of a table have other places now: if it is being looked into that begins anew.
    #[inline]
    pub(crate) fn moved(&mut self, table: *const Table) {
        if let Some((large, done)) = &mut self.collector.large
            && ptr::eq(large.as_ptr(), table)
        {
            *done = 0;
        }
    }

    fn mark(&mut self, value: Value) {
        if let Some(object) = header_of(value) {
            self.mark_object(object);
        }
    }

    #[inline]
    fn mark_object(&mut self, object: *mut Header) {
        if !is_white(object) {
            return;
        }
        // SAFETY: reached from a live object.
        let kind = unsafe { (*object).kind };
        if kind == Kind::Str {
            paint(object, BLACK);
        } else {
            paint(object, 0);
            self.collector.gray.push(object);
        }
    }

    /// Whether collections bury keys that have no value and are objects or strings: only `next` finds them then, and what
    /// is put there again is put elsewhere. 5.1 always does; scripts see when, so it is done where they ask for it.
    pub(crate) fn bury(&mut self, buries: bool) {
        self.collector.buries = buries;
    }

    /// Does a share of the work that is due. `roots` are what the machine holds. Gives about how many bytes it has
    /// looked at.
    pub(crate) fn step(&mut self, roots: &[Value]) -> usize {
        let done = self.work(roots, STEP_WORK);
        if self.collector.state == State::Pause {
            self.rest();
        } else {
            self.debt = -STEP_BYTES;
        }
        done
    }

    /// Waits until as much has been allocated as there is now, or half of what may still be, if that is not too little.
    fn rest(&mut self) {
        let room = self.limit.saturating_sub(self.used) / 2;
        // Where there is hardly any room, what finds none collects by itself.
        let pause = self.used.min(room).max(self.used / 8);
        self.debt = -(pause as isize).max(PAUSE_BYTES_MIN);
    }

    /// Frees everything that cannot be reached, in one go.
    pub(crate) fn collect(&mut self, roots: &[Value]) {
        while self.collector.state != State::Pause {
            self.work(roots, usize::MAX);
        }
        self.work(roots, 1);
        while self.collector.state != State::Pause {
            self.work(roots, usize::MAX);
        }
        self.rest();
    }

    fn work(&mut self, roots: &[Value], budget: usize) -> usize {
        let budget = isize::try_from(budget).unwrap_or(isize::MAX);
        let (mut left, mut more) = (budget, 0);
        // Since the stacks were looked at nothing has run.
        let mut settled = false;
        while left > 0 {
            match self.collector.state {
                State::Pause => {
                    self.collector.gray.clear();
                    self.collector.stacks.clear();
                    self.collector.weak.clear();
                    self.mark_roots(roots);
                    self.collector.state = State::Mark;
                    left -= 1000;
                }
                State::Mark => {
                    if self.collector.large.is_some() || !self.collector.gray.is_empty() {
                        left -= self.mark_some() as isize;
                    } else if settled {
                        left -= self.finish_marking() as isize;
                    } else {
                        more += self.mark_stacks(roots);
                        settled = true;
                    }
                }
                State::Sweep => {
                    left -= 32;
                    if self.sweep_one() {
                        self.collector.state = State::Pause;
                        break;
                    }
                }
            }
        }
        budget.saturating_sub(left) as usize + more
    }

    fn mark_roots(&mut self, roots: &[Value]) {
        for root in roots {
            self.mark(*root);
        }
        for at in 0..self.collector.kept.len() {
            let string = self.collector.kept[at];
            self.mark(Value::Str(string));
        }
    }

    /// Looks at what is written to without notice: roots and stacks. It does not count against a step's work, so that
    /// every step gets on.
    fn mark_stacks(&mut self, roots: &[Value]) -> usize {
        self.mark_roots(roots);
        let mut done = 1000;
        for at in 0..self.collector.stacks.len() {
            let thread = self.collector.stacks[at];
            done += self.mark_stack(thread);
        }
        done
    }

    /// The end of marking, when all that can be reached is marked: weak tables lose what is dead.
    fn finish_marking(&mut self) -> usize {
        let mut done = 0;
        for mut thread in core::mem::take(&mut self.collector.stacks) {
            paint(thread.as_ptr().cast(), BLACK);
            // Calls that have ended have left values there, or a call that waits has its caller's registers there, which are
            // out of use. What looks at them later must not meet what is freed.
            let live = thread.live_len();
            done += (thread.stack.len() - live) * 2;
            thread.stack[live..].fill(Value::Nil);
        }
        let buries = self.collector.buries;
        for mut table in core::mem::take(&mut self.collector.weak) {
            done += table.slots() * 24;
            table.clear_dead(buries, |value| match value {
                // Strings are values, not objects, to a weak table.
                Value::Str(string) => {
                    paint(string.as_ptr().cast(), BLACK);
                    false
                }
                other => header_of(other).is_some_and(is_white),
            });
        }
        self.collector.white = 1 - self.collector.white;
        self.collector.state = State::Sweep;
        self.collector.swept = ptr::null_mut();
        done
    }

    /// Looks into an object, or into a part of a large table. Gives the bytes looked at.
    fn mark_some(&mut self) -> usize {
        if let Some((table, done)) = self.collector.large.take() {
            self.mark_table(table, done, SLICE_SLOTS);
            if done + SLICE_SLOTS < table.slots() {
                self.collector.large = Some((table, done + SLICE_SLOTS));
            }
            return SLICE_SLOTS * 16;
        }
        match self.collector.gray.pop() {
            Some(object) => self.traverse(object),
            None => 0,
        }
    }

    fn traverse(&mut self, object: *mut Header) -> usize {
        paint(object, BLACK);
        // SAFETY: the kind says what it is; it is reachable.
        unsafe {
            match (*object).kind {
                Kind::Str => 0,
                Kind::Table => {
                    let mut table: Gc<Table> = Gc(ptr::NonNull::new_unchecked(object.cast()));
                    let slots = table.slots();
                    if let Some(meta) = table.meta {
                        self.mark_object(meta.as_ptr().cast());
                    }
                    table.weak = self.weakness(table);
                    if table.weak != Weak::No {
                        self.collector.weak.push(table);
                    }
                    if slots > SLICE_SLOTS && self.collector.large.is_none() {
                        self.collector.large = Some((table, 0));
                        return 100;
                    }
                    self.mark_table(table, 0, usize::MAX);
                    100 + slots * 24
                }
                Kind::Closure => {
                    let closure = &*object.cast::<Closure>();
                    self.mark_object(closure.proto.as_ptr().cast());
                    self.mark_object(closure.env.as_ptr().cast());
                    for upval in closure.upvals() {
                        self.mark_object(upval.as_ptr().cast());
                    }
                    64
                }
                Kind::Native => {
                    let native = &*object.cast::<Native>();
                    self.mark_object(native.env.as_ptr().cast());
                    for value in &native.upvals {
                        self.mark(*value);
                    }
                    64
                }
                Kind::Upval => {
                    let upval = &*object.cast::<Upval>();
                    if ptr::eq(upval.at, &raw const upval.closed) {
                        self.mark(upval.closed);
                    } else {
                        // Its place is on that stack.
                        self.mark_object(upval.thread.as_ptr().cast());
                    }
                    32
                }
                Kind::Proto => {
                    let proto = &(*object.cast::<ProtoBox>()).proto;
                    self.mark_object(proto.source.as_ptr().cast());
                    for constant in &proto.constants {
                        self.mark(*constant);
                    }
                    for name in proto.names() {
                        self.mark_object(name.as_ptr().cast());
                    }
                    for inner in &proto.protos {
                        self.mark_object(inner.as_ptr().cast());
                    }
                    100 + proto.constants.len() * 16
                }
                Kind::Thread => {
                    // It stays neither white nor black, so that it is in the list once.
                    paint(object, 0);
                    let thread = Gc(ptr::NonNull::new_unchecked(object.cast::<Thread>()));
                    self.collector.stacks.push(thread);
                    self.mark_stack(thread)
                }
            }
        }
    }

    fn mark_stack(&mut self, thread: Gc<Thread>) -> usize {
        self.mark(Value::Table(thread.globals));
        if let Some(parent) = thread.parent {
            self.mark(Value::Thread(parent));
        }
        let live = thread.live_len();
        for value in &thread.stack[..live] {
            self.mark(*value);
        }
        for upval in &thread.open {
            self.mark_object(upval.as_ptr().cast());
        }
        100 + live * 16
    }

    fn weakness(&self, table: Gc<Table>) -> Weak {
        match (table.meta, self.collector.kept.first()) {
            (Some(meta), Some(mode)) => Weak::from_mode(meta.get_str(*mode)),
            _ => Weak::No,
        }
    }

    fn mark_table(&mut self, mut table: Gc<Table>, from: usize, count: usize) {
        let (keys, values) = match table.weak {
            Weak::No => (true, true),
            Weak::Keys => (false, true),
            Weak::Values => (true, false),
            Weak::Both => return,
        };
        let array = table.array.len();
        let to = from.saturating_add(count).min(table.slots());
        if values && from < array {
            for value in &table.array[from..to.min(array)] {
                self.mark(*value);
            }
        }
        if to > array {
            for node in &mut table.nodes[from.max(array) - array..to - array] {
                if !node.value.is_nil() {
                    if keys {
                        self.mark(node.key);
                    }
                    if values {
                        self.mark(node.value);
                    }
                } else if self.collector.buries {
                    node.key = buried(node.key);
                }
            }
        }
    }

    /// Frees the next object, or makes it white again. True at the end of the list.
    fn sweep_one(&mut self) -> bool {
        let dead = WHITE[1 - self.collector.white];
        // SAFETY: the link is in a live object or the head of the list; what is dead cannot be reached.
        unsafe {
            let before = self.collector.swept;
            let link = if before.is_null() {
                &raw mut self.all
            } else {
                &raw mut (*before).next
            };
            let object = *link;
            if object.is_null() {
                return true;
            }
            if (*object).mark & dead != 0 {
                *link = (*object).next;
                self.free(object);
            } else {
                paint(object, WHITE[self.collector.white]);
                self.collector.swept = object;
            }
        }
        false
    }
}
