//! What instructions need of frames and stacks: room, variables that closures catch, loops that begin. Audited, see the
//! module above.

use super::to_number;
use crate::compile::Ins;
use crate::fault::Fault;
use crate::heap::{Closure, Gc, ProtoBox, Thread, Upval};
use crate::thread::Frame;
use crate::value::Value;
use crate::vm::Vm;

impl Vm {
    /// Makes room for `len` values on the stack.
    pub(crate) fn grow_stack(&mut self, len: usize) -> Result<(), Fault> {
        let mut thread = self.thread;
        let old_len = thread.stack.len();
        let new_len = len.max(old_len * 2).max(64);
        let more = new_len - old_len;
        self.heap.charge(more * size_of::<Value>())?;
        if thread.stack.try_reserve_exact(more).is_err() {
            self.heap.release(more * size_of::<Value>());
            return Err(Fault::Memory);
        }
        let mut open = core::mem::take(&mut thread.open);
        // The reservation may have moved the stack; this is where it was.
        let base = thread.base_ptr;
        thread.stack.resize(new_len, Value::Nil);
        for upval in &mut open {
            let offset = (upval.at as usize - base as usize) / size_of::<Value>();
            // SAFETY: an open variable's place is on this stack.
            upval.at = unsafe { thread.stack.as_mut_ptr().add(offset) };
        }
        thread.base_ptr = thread.stack.as_mut_ptr();
        thread.open = open;
        Ok(())
    }

    /// The variables of a stack from a place on leave it.
    pub(crate) fn close_from(&mut self, mut thread: Gc<Thread>, place: usize) {
        let limit = thread.base_ptr.wrapping_add(place);
        while let Some(upval) = thread.open.pop_if(|upval| upval.at >= limit) {
            self.heap.close(upval);
        }
    }

    /// The variable at a place of the stack.
    fn catch_variable(&mut self, at: *mut Value) -> Result<Gc<Upval>, Fault> {
        let mut thread = self.thread;
        let mut index = thread.open.len();
        while index > 0 {
            let upval = thread.open[index - 1];
            if upval.at == at {
                return Ok(upval);
            }
            if upval.at < at {
                break;
            }
            index -= 1;
        }
        let upval = self.heap.upval(thread, at)?;
        thread.open.insert(index, upval);
        Ok(upval)
    }

    /// A closure of a function within another, with what it catches.
    pub(super) fn make_closure(
        &mut self,
        maker: Gc<Closure>,
        proto: Gc<ProtoBox>,
        base: *mut Value,
    ) -> Result<Gc<Closure>, Fault> {
        let Some(first) = maker.upvals().first().copied() else {
            if proto.captures.is_empty() {
                return self.heap.closure(proto, maker.env, &[]);
            }
            return self.close_over(maker, proto, base, None);
        };
        self.close_over(maker, proto, base, Some(first))
    }

    fn close_over(
        &mut self,
        maker: Gc<Closure>,
        proto: Gc<ProtoBox>,
        base: *mut Value,
        filler: Option<Gc<Upval>>,
    ) -> Result<Gc<Closure>, Fault> {
        let filler = match (filler, proto.captures.first()) {
            (Some(filler), _) => filler,
            (None, Some(capture)) => {
                self.catch_variable(base.wrapping_add(usize::from(capture.index)))?
            }
            (None, None) => return self.heap.closure(proto, maker.env, &[]),
        };
        let mut upvals = [filler; 64];
        let count = proto.captures.len();
        for (upval, capture) in upvals.iter_mut().zip(&proto.captures) {
            *upval = if capture.is_local {
                self.catch_variable(base.wrapping_add(usize::from(capture.index)))?
            } else {
                maker.upvals()[usize::from(capture.index)]
            };
        }
        self.heap.closure(proto, maker.env, &upvals[..count])
    }

    /// The instruction that a frame goes on with.
    pub(crate) fn next_instruction(&self, frame: &Frame) -> Ins {
        // SAFETY: a frame's instructions end with a return.
        unsafe { *frame.pc }
    }

    /// The instruction that a frame is at.
    pub(crate) fn last_instruction(&self, frame: &Frame) -> Ins {
        // SAFETY: it has executed one already.
        unsafe { *frame.pc.sub(1) }
    }

    /// A share of the collector's work, with the registers of the frame alive.
    #[cold]
    pub(super) fn collect_some(&mut self) {
        let mut thread = self.thread;
        if let Some(frame) = thread.frames.last() {
            thread.top = frame.top as usize;
        }
        let roots = self.roots();
        let done = self.heap.step(&roots);
        self.spend(done / 64);
    }

    /// Prepares a loop over numbers.
    #[cold]
    pub(super) fn prepare_for(&mut self, at: *mut Value) -> Result<(), Fault> {
        let words: [&[u8]; 3] = [
            b"'for' initial value must be a number",
            b"'for' limit must be a number",
            b"'for' step must be a number",
        ];
        for (offset, words) in words.into_iter().enumerate() {
            // SAFETY: a loop has three registers.
            let value = unsafe { &mut *at.add(offset) };
            match to_number(*value) {
                Some(number) => *value = Value::Number(number),
                None => return Err(self.run_error(words)),
            }
        }
        Ok(())
    }
}
