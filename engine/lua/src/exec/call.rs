//! Calls: how frames come and go, functions of the host, errors on their way to who catches them, coroutines.

use super::stack::NATIVE_VALUES_MAX;
use crate::compile::{Op, Proto};
use crate::fault::Fault;
use crate::heap::{Closure, Gc, Native, Str, Thread};
use crate::names;
use crate::native::{Call, FAILED, Next};
use crate::thread::{After, Frame, FrameKind, Status};
use crate::value::Value;
use crate::vm::{Event, Outcome, Running, Vm};

/// Frames that a coroutine may have: where 5.1 says that the stack overflows.
const FRAMES_MAX: usize = 16_384;
/// Beyond that many only what handles errors may call.
const FRAMES_HARD_MAX: usize = 32_768;
/// How deep 5.1's C stack may be, and how deep when errors are handled.
const DEPTH_MAX: u16 = 200;
const DEPTH_HARD_MAX: u16 = 225;
/// What an error costs: its message is made, and who catches it is looked for.
const CATCH_COST: usize = 30;
/// The phase of a call that waits for the embedder.
const HOST: u32 = u32::MAX - 1;

impl Vm {
    /// The function of a frame that runs Lua.
    pub(crate) fn closure_of(&self, frame: &Frame) -> Option<Gc<Closure>> {
        match self.thread.stack[frame.func as usize] {
            Value::Closure(closure) if frame.kind == FrameKind::Lua => Some(closure),
            _ => None,
        }
    }

    fn pc_of(proto: &Proto, frame: &Frame) -> usize {
        // The instruction that runs is the one before the next.
        let offset = frame.pc as usize - proto.code.as_ptr() as usize;
        (offset / size_of::<crate::compile::Ins>()).saturating_sub(1)
    }

    /// The frame at a level: 0 is the function of the host that runs, 1 what has called it. Inside there is nothing for a
    /// call that was replaced by another.
    pub(crate) fn frame_at(&self, level: usize) -> Option<Option<Frame>> {
        let frames = &self.thread.frames;
        let mut level = level as i64;
        let mut at = frames.len();
        if self.native == Running::Bare {
            if level == 0 {
                return None;
            }
            level -= 1;
        }
        while at > 0 {
            let frame = frames[at - 1];
            if level == 0 {
                return Some(Some(frame));
            }
            level -= 1 + i64::from(frame.tails);
            if level < 0 {
                return Some(None);
            }
            at -= 1;
        }
        None
    }

    /// The chunk and the line that a level is at: 0 is the function that runs, 1 what has called it.
    pub fn line_at(&self, level: usize) -> Option<(Gc<Str>, u32)> {
        let frame = self.frame_at(level)??;
        self.line_of(&frame)
    }

    /// The chunk and the line of the innermost function that is written in Lua.
    pub fn line_inside(&self) -> Option<(Gc<Str>, u32)> {
        let mut frames = self.thread.frames.iter().rev();
        frames.find_map(|frame| self.line_of(frame))
    }

    pub(crate) fn line_of(&self, frame: &Frame) -> Option<(Gc<Str>, u32)> {
        let closure = self.closure_of(frame)?;
        let proto = &closure.proto;
        let line = proto.lines.get(Vm::pc_of(proto, frame))?;
        Some((proto.source, *line))
    }

    /// What the function of the host that runs was called as.
    pub(crate) fn native_name(&self) -> Option<(&'static str, &'static [u8])> {
        let frames = &self.thread.frames;
        let caller = match self.native {
            Running::Framed => frames.len().checked_sub(2)?,
            _ => frames.len().checked_sub(1)?,
        };
        let frame = frames.get(caller)?;
        let closure = self.closure_of(frame)?;
        names::callee(&closure.proto, Vm::pc_of(&closure.proto, frame))
    }

    /// An error that the machine itself finds, with the place if that is in Lua.
    pub(crate) fn run_error(&mut self, words: &[u8]) -> Fault {
        let mut text = alloc::vec::Vec::new();
        if self.native == Running::No
            && let Some(frame) = self.thread.frames.last()
            && let Some((source, line)) = self.line_of(frame)
        {
            text = names::chunk_id(source.bytes(), names::RUNNING);
            text.push(b':');
            names::push_integer(&mut text, i64::from(line));
            text.extend_from_slice(b": ");
        }
        text.extend_from_slice(words);
        self.raise_text(&text)
    }

    /// `attempt to OPERATION KIND 'NAME' (a TYPE value)`; the register that the value is in tells the name.
    pub(crate) fn type_error(
        &mut self,
        operation: &str,
        value: Value,
        register: Option<u32>,
    ) -> Fault {
        let mut text = [b"attempt to ", operation.as_bytes(), b" "].concat();
        let frame = self.thread.frames.last();
        let name = frame
            .filter(|_| self.native == Running::No)
            .and_then(|frame| {
                let closure = self.closure_of(frame)?;
                names::variable(&closure.proto, register?, Vm::pc_of(&closure.proto, frame))
            });
        if let Some((kind, name)) = name {
            text.extend_from_slice(kind.as_bytes());
            text.extend_from_slice(b" '");
            text.extend_from_slice(name);
            text.extend_from_slice(b"' (a ");
        } else {
            text.extend_from_slice(b"a ");
        }
        text.extend_from_slice(value.type_name().as_bytes());
        text.extend_from_slice(b" value");
        if name.is_some() {
            text.push(b')');
        }
        self.run_error(&text)
    }

    // Calls.

    /// Calls what is at `func` with the arguments behind it, up to the top. A function of the host may have ended
    /// already behind this; otherwise there is a new frame.
    pub(crate) fn call_value(
        &mut self,
        func: usize,
        wanted: i32,
        after: After,
        depth: u16,
    ) -> Result<(), Fault> {
        let total = depth + self.thread.below;
        // A coroutine's own function is the first on its stack, and was looked at when it was resumed.
        if total >= DEPTH_MAX && func > 0 {
            if total == DEPTH_MAX {
                return Err(self.run_error(b"C stack overflow"));
            }
            if total >= DEPTH_HARD_MAX {
                return Err(Fault::Handler);
            }
        }
        loop {
            match self.thread.stack[func] {
                Value::Closure(closure) => {
                    return self.push_lua(closure, func, wanted, after, depth);
                }
                Value::Native(native) => {
                    return self.call_native(native, func, wanted, after, depth);
                }
                other => self.call_through(other, func)?,
            }
        }
    }

    /// Puts the `__call` of what is at `func` before it.
    #[cold]
    pub(crate) fn call_through(&mut self, value: Value, func: usize) -> Result<(), Fault> {
        let handler = self.event(value, Event::Call);
        if !matches!(handler, Value::Closure(_) | Value::Native(_)) {
            let register = self.thread.frames.last().and_then(|frame| {
                let register = func as u32;
                let inside = frame.base <= register && register < frame.top;
                inside.then(|| register - frame.base)
            });
            return Err(self.type_error("call", value, register));
        }
        self.push(Value::Nil)?;
        let mut thread = self.thread;
        let top = thread.top;
        thread.stack.copy_within(func..top - 1, func + 1);
        thread.stack[func] = handler;
        Ok(())
    }

    /// Puts a call in the place of the call that runs.
    pub(crate) fn tail_call(&mut self, place: usize) -> Result<(), Fault> {
        let mut thread = self.thread;
        loop {
            match thread.stack[place] {
                Value::Closure(_) | Value::Native(_) => break,
                other => self.call_through(other, place)?,
            }
        }
        let Some(frame) = thread.frames.last().copied() else {
            return Ok(());
        };
        match thread.stack[place] {
            Value::Closure(closure) => {
                if !thread.open.is_empty() {
                    self.close_from(thread, frame.base as usize);
                }
                let (func, top) = (frame.func as usize, thread.top);
                thread.stack.copy_within(place..top, func);
                thread.top = func + top - place;
                thread.frames.pop();
                self.push_lua(closure, func, frame.wanted, frame.after, frame.depth)?;
                if let Some(new) = thread.frames.last_mut() {
                    new.tails = frame.tails + 1;
                }
                Ok(())
            }
            Value::Native(native) => {
                self.call_native(native, place, -1, After::Nothing, frame.depth)
            }
            _ => Ok(()),
        }
    }

    /// A frame for a function written in Lua.
    pub(crate) fn push_lua(
        &mut self,
        closure: Gc<Closure>,
        func: usize,
        wanted: i32,
        after: After,
        depth: u16,
    ) -> Result<(), Fault> {
        let mut thread = self.thread;
        let proto = closure.proto;
        if thread.frames.len() >= FRAMES_MAX {
            self.check_frames()?;
        }
        let count = thread.top - func - 1;
        if count > 32 {
            self.spend(count / 16);
        }
        let params = usize::from(proto.params);
        let base = if proto.vararg { thread.top } else { func + 1 };
        let top = base + usize::from(proto.registers);
        if top + 8 > thread.stack.len() {
            self.grow_stack(top + 8)?;
        }
        let given = if proto.vararg {
            for at in 0..params.min(count) {
                thread.stack[base + at] = thread.stack[func + 1 + at];
                thread.stack[func + 1 + at] = Value::Nil;
            }
            params.min(count)
        } else {
            count.min(params)
        };
        thread.stack[base + given..top].fill(Value::Nil);
        if proto.needs_arg {
            let first = func + 1 + params;
            let table = self.arg_table(first, base.max(first))?;
            thread.stack[base + params] = table;
        }
        thread.frames.push(Frame {
            pc: proto.code.as_ptr(),
            func: func as u32,
            base: base as u32,
            top: top as u32,
            wanted,
            after,
            kind: FrameKind::Lua,
            depth,
            tails: 0,
            phase: 0,
            args: count as u32,
        });
        Ok(())
    }

    /// What handles the overflow has some room.
    #[cold]
    fn check_frames(&mut self) -> Result<(), Fault> {
        if !self.overflowed {
            self.overflowed = true;
            return Err(self.run_error(b"stack overflow"));
        }
        if self.thread.frames.len() >= FRAMES_HARD_MAX {
            return Err(Fault::Handler);
        }
        Ok(())
    }

    /// The table `arg` of a function with extra arguments.
    #[cold]
    fn arg_table(&mut self, from: usize, to: usize) -> Result<Value, Fault> {
        let mut table = self.heap.table()?;
        let count = to - from;
        table.resize(&mut self.heap, count, 1)?;
        for at in 0..count {
            let value = self.thread.stack[from + at];
            table.set_index(&mut self.heap, at + 1, value)?;
        }
        let name = self.heap.string(b"n")?;
        table.set(
            &mut self.heap,
            Value::Str(name),
            Value::Number(count as f64),
        )?;
        Ok(Value::Table(table))
    }

    /// Calls a function of the host.
    #[inline]
    pub(crate) fn call_native(
        &mut self,
        native: Gc<Native>,
        func: usize,
        wanted: i32,
        after: After,
        depth: u16,
    ) -> Result<(), Fault> {
        let mut thread = self.thread;
        let count = thread.top - func - 1;
        let call = Call {
            native,
            base: func + 1,
            count,
            phase: 0,
        };
        self.native = Running::Bare;
        let next = (native.call)(self, call);
        match next {
            Ok(Next::Return(count)) => {
                self.native = Running::No;
                self.finish(func, count, wanted, after)
            }
            Ok(next) => {
                self.native = Running::No;
                let top = thread.top as u32;
                thread.frames.push(Frame {
                    pc: core::ptr::null(),
                    func: func as u32,
                    base: call.base as u32,
                    top,
                    wanted,
                    after,
                    kind: FrameKind::Native,
                    depth,
                    tails: 0,
                    phase: 0,
                    args: count as u32,
                });
                self.follow(next)
            }
            Err(fault) => {
                self.native = Running::No;
                if fault == Fault::Memory {
                    // As it was before, so that it can be tried again.
                    thread.top = call.base + count;
                }
                Err(fault)
            }
        }
    }

    /// Calls the function of the host again whose frame is on top.
    pub(crate) fn drive(&mut self) -> Result<Option<Outcome>, Fault> {
        let Some(frame) = self.thread.frames.last().copied() else {
            return Ok(None);
        };
        if frame.phase == HOST {
            return Ok(Some(Outcome::Host(self.host_call)));
        }
        if self.is_tired() {
            return Ok(Some(Outcome::Suspended));
        }
        let Value::Native(native) = self.thread.stack[frame.func as usize] else {
            return Ok(None);
        };
        let call = Call {
            native,
            base: frame.base as usize,
            count: frame.args as usize,
            phase: frame.phase,
        };
        self.native = Running::Framed;
        let next = (native.call)(self, call);
        self.native = Running::No;
        self.follow(next?)?;
        Ok(None)
    }

    /// Does what the function of the host whose frame is on top wants next.
    fn follow(&mut self, next: Next) -> Result<(), Fault> {
        let mut thread = self.thread;
        let at = thread.frames.len() - 1;
        match next {
            Next::Return(count) => {
                let frame = thread.frames[at];
                thread.frames.pop();
                self.finish(frame.func as usize, count, frame.wanted, frame.after)
            }
            Next::Call {
                args,
                results,
                phase,
            } => {
                let func = thread.top - args - 1;
                let frame = &mut thread.frames[at];
                frame.phase = phase;
                frame.kind = FrameKind::Native;
                frame.top = func as u32;
                self.call_from(at, func, results)
            }
            Next::Protect {
                args,
                handler,
                phase,
            } => {
                let func = thread.top - args - 1;
                let frame = &mut thread.frames[at];
                frame.phase = phase;
                frame.kind = if handler {
                    FrameKind::Handling
                } else {
                    FrameKind::Protected
                };
                frame.top = func as u32;
                self.call_from(at, func, -1)
            }
            Next::Pause(phase) => {
                let top = thread.top;
                let frame = &mut thread.frames[at];
                frame.phase = phase;
                frame.top = top as u32;
                Ok(())
            }
            Next::Host(what) => {
                thread.frames[at].phase = HOST;
                self.host_call = what;
                Ok(())
            }
            Next::Yield(count) => self.suspend(count),
            Next::Resume {
                thread: other,
                args,
                phase,
            } => {
                thread.frames[at].phase = phase;
                self.resume(other, args)
            }
        }
    }

    /// A call that the function of the host makes whose frame is at `at`.
    fn call_from(&mut self, at: usize, func: usize, wanted: i32) -> Result<(), Fault> {
        let mut thread = self.thread;
        let depth = thread.frames[at].depth + 1;
        let called = self.call_value(func, wanted, After::Nothing, depth);
        if called.is_err() {
            // The error is one of the callee: what handles it is called from there.
            thread.frames[at].depth = depth;
        }
        called
    }

    /// Moves the topmost `count` values, a call's results, to where its function was.
    #[inline]
    pub(crate) fn finish(
        &mut self,
        func: usize,
        count: usize,
        wanted: i32,
        after: After,
    ) -> Result<(), Fault> {
        let mut thread = self.thread;
        let first = thread.top - count;
        if wanted == 1 {
            let value = if count > 0 {
                thread.stack[first]
            } else {
                Value::Nil
            };
            thread.stack[func] = value;
            thread.top = func + 1;
        } else if wanted < 0 {
            let top = thread.top;
            thread.stack.copy_within(first..top, func);
            thread.top = func + count;
        } else {
            let wanted = wanted as usize;
            let moved = count.min(wanted);
            thread.stack.copy_within(first..first + moved, func);
            thread.stack[func + moved..func + wanted].fill(Value::Nil);
            thread.top = func + wanted;
        }
        if after == After::Nothing {
            return Ok(());
        }
        self.finish_after(after, func)
    }

    /// What is to be done with a call's result, which is at `func`.
    pub(crate) fn finish_after(&mut self, after: After, func: usize) -> Result<(), Fault> {
        let mut thread = self.thread;
        let value = thread.stack[func];
        match after {
            After::Nothing => {}
            After::Store(place) => thread.stack[place as usize] = value,
            After::Test(want) => {
                if let Some(frame) = thread.frames.last_mut()
                    && value.is_true() != want
                {
                    frame.pc = frame.pc.wrapping_add(1);
                }
            }
            After::Concat(place) => {
                thread.stack[place as usize] = value;
                // What has been done cannot be done again.
                return self
                    .go_on_concat(place as usize)
                    .map_err(|fault| match fault {
                        Fault::Memory => self.raise(Value::Str(self.memory_error)),
                        other => other,
                    });
            }
            After::Iterate => {
                if let Some(frame) = thread.frames.last_mut() {
                    if value.is_nil() {
                        frame.pc = frame.pc.wrapping_add(1);
                    } else {
                        thread.stack[func - 1] = value;
                    }
                }
            }
            After::Handled => {
                self.error = value;
                return Err(Fault::Handled);
            }
        }
        Ok(())
    }

    // Coroutines.

    /// Begins the coroutine that runs: its function and arguments are all of its stack.
    pub(crate) fn begin_thread(&mut self, depth: u16) -> Result<(), Fault> {
        self.call_value(0, -1, After::Nothing, depth)
    }

    fn give_to(&mut self, mut from: Gc<Thread>, first: usize, to: Gc<Thread>) -> Result<(), Fault> {
        self.thread = to;
        for at in first..from.top {
            let value = from.stack[at];
            self.push(value)?;
        }
        from.top = first;
        Ok(())
    }

    fn resume(&mut self, mut other: Gc<Thread>, args: usize) -> Result<(), Fault> {
        let mut thread = self.thread;
        thread.status = Status::Normal;
        let first = thread.top - args;
        let below = self.total_depth() + 1;
        other.parent = Some(thread);
        other.status = Status::Running;
        other.below = below;
        self.give_to(thread, first, other)?;
        match other.frames.pop() {
            None => self.begin_thread(0),
            Some(frame) => self.finish(frame.func as usize, args, frame.wanted, frame.after),
        }
    }

    fn suspend(&mut self, count: usize) -> Result<(), Fault> {
        let mut thread = self.thread;
        let depth = thread.frames.last().map_or(0, |frame| frame.depth);
        let Some(mut parent) = thread.parent.filter(|_| depth == 0) else {
            thread.frames.pop();
            return Err(self.raise_text(b"attempt to yield across metamethod/C-call boundary"));
        };
        thread.parent = None;
        thread.status = Status::Suspended;
        parent.status = Status::Running;
        self.give_to(thread, thread.top - count, parent)
    }

    /// The coroutine that runs has ended; its results are all of its stack. Nothing if it is the run itself.
    pub(crate) fn end_thread(&mut self) -> Result<Option<Outcome>, Fault> {
        let mut thread = self.thread;
        let Some(mut parent) = thread.parent.take() else {
            return Ok(Some(Outcome::Done));
        };
        thread.status = Status::Dead;
        parent.status = Status::Running;
        self.give_to(thread, 0, parent)?;
        Ok(None)
    }

    /// Whether a coroutine more may be resumed.
    pub(crate) fn may_resume(&self) -> bool {
        self.total_depth() < DEPTH_MAX
    }

    /// How deep 5.1's C stack would be.
    pub(crate) fn total_depth(&self) -> u16 {
        self.depth() + self.thread.below
    }

    pub(crate) fn kill_thread(&mut self, mut thread: Gc<Thread>) {
        self.close_from(thread, 0);
        thread.frames.clear();
        thread.states.clear();
        thread.top = 0;
        thread.parent = None;
        thread.status = Status::Dead;
    }

    // Errors.

    /// Brings an error to who catches it. False if nobody does.
    pub(crate) fn catch(&mut self, fault: Fault) -> bool {
        let mut fault = fault;
        if fault == Fault::Memory && self.retry() {
            return true;
        }
        self.spend(CATCH_COST);
        let mut failures = 0;
        loop {
            match fault {
                Fault::Memory => self.error = Value::Str(self.memory_error),
                Fault::Handler => self.error = Value::Str(self.handler_error),
                Fault::Raised | Fault::Handled => {}
            }
            let mut thread = self.thread;
            let catcher = thread.frames.iter().rposition(|frame| {
                matches!(frame.kind, FrameKind::Protected | FrameKind::Handling)
            });
            self.spend(thread.frames.len() / 16);
            let Some(at) = catcher else {
                let Some(mut parent) = thread.parent else {
                    self.kill_thread(thread);
                    return false;
                };
                self.overflowed = false;
                self.kill_thread(thread);
                self.thread = parent;
                parent.status = Status::Running;
                match self.push(self.error) {
                    Ok(()) => {
                        if let Some(frame) = parent.frames.last_mut() {
                            frame.phase = FAILED;
                        }
                        return true;
                    }
                    Err(other) => fault = other,
                }
                continue;
            };
            if fault == Fault::Raised && thread.frames[at].kind == FrameKind::Handling {
                match self.call_handler(at, failures) {
                    Ok(()) => return true,
                    Err(other) => fault = other,
                }
                failures += 1;
                continue;
            }
            self.overflowed = false;
            thread.frames.truncate(at + 1);
            let frame = &mut thread.frames[at];
            frame.phase = FAILED;
            frame.kind = FrameKind::Native;
            let (base, top) = (frame.base as usize, frame.top as usize);
            self.close_from(thread, top);
            thread.states.retain(|(state, _)| *state <= base);
            thread.stack[top] = self.error;
            thread.top = top + 1;
            return true;
        }
    }

    fn call_handler(&mut self, catcher: usize, failures: u16) -> Result<(), Fault> {
        let mut thread = self.thread;
        let handler = thread.stack[thread.frames[catcher].top as usize - 1];
        let Some(last) = thread.frames.last().copied() else {
            return Err(Fault::Handler);
        };
        if last.kind == FrameKind::Lua {
            thread.top = last.top as usize;
        }
        let func = thread.top;
        self.push(handler)?;
        self.push(self.error)?;
        if !matches!(handler, Value::Closure(_) | Value::Native(_)) {
            // 5.1 does not call what is no function.
            return Err(Fault::Handler);
        }
        self.call_value(func, 1, After::Handled, last.depth + 1 + failures)
    }

    /// Makes room by a collection and goes back to the instruction that needed it. False if that was done already.
    fn retry(&mut self) -> bool {
        let mut thread = self.thread;
        let Some(frame) = thread.frames.last_mut() else {
            return false;
        };
        if frame.kind != FrameKind::Lua || frame.pc == self.retried {
            self.retried = core::ptr::null();
            return false;
        }
        self.retried = frame.pc;
        frame.pc = frame.pc.wrapping_sub(1);
        self.settle_top();
        self.spend(self.heap.used / 64);
        self.collect();
        true
    }

    // The embedder.

    /// The arguments of the call that the embedder is to do.
    pub fn host_args(&self) -> &[Value] {
        match self.thread.frames.last() {
            Some(frame) => {
                let base = frame.base as usize;
                &self.thread.stack[base..base + frame.args as usize]
            }
            None => &[],
        }
    }

    /// Ends that call with these results.
    pub fn host_return(&mut self, results: &[Value]) {
        let mut thread = self.thread;
        let Some(frame) = thread.frames.pop() else {
            return;
        };
        let done = self.host_push(results).and_then(|()| {
            self.finish(
                frame.func as usize,
                results.len(),
                frame.wanted,
                frame.after,
            )
        });
        if let Err(fault) = done {
            self.host_raise(fault);
        }
    }

    fn host_push(&mut self, results: &[Value]) -> Result<(), Fault> {
        if results.len() > NATIVE_VALUES_MAX {
            return Err(self.run_error(b"too many results"));
        }
        for value in results {
            self.push(*value)?;
        }
        Ok(())
    }

    /// Ends that call with an error.
    pub fn host_raise(&mut self, fault: Fault) {
        let mut thread = self.thread;
        if thread
            .frames
            .last()
            .is_some_and(|frame| frame.phase == HOST)
        {
            thread.frames.pop();
        }
        self.retried = core::ptr::null();
        let fault = if fault == Fault::Memory {
            self.raise(Value::Str(self.memory_error))
        } else {
            fault
        };
        if !self.catch(fault) {
            self.failed = true;
        }
    }

    /// Sets the top to where it is between two instructions.
    pub(crate) fn settle_top(&mut self) {
        let mut thread = self.thread;
        let Some(frame) = thread.frames.last() else {
            return;
        };
        if frame.kind != FrameKind::Lua {
            return;
        }
        let ins = self.next_instruction(frame);
        let open =
            matches!(ins.op, Op::Call | Op::TailCall | Op::Return | Op::SetList) && ins.b == 0;
        if !open {
            thread.top = frame.top as usize;
        }
    }
}
