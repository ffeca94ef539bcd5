//! The interpreter: one loop over the frames of the coroutine that runs. Nothing in it calls itself, so that it can stop
//! between any two instructions and go on later. Audited: registers and constants are where the compiler has said, a
//! frame has room for all of its registers, and the stack moves only where `reload` follows.
#![allow(unsafe_code)]

mod call;
mod frame;
mod machine;
mod meta;
mod stack;

use core::ptr;

pub(crate) use meta::to_number;

use crate::arith;
use crate::compile::Op;
use crate::fault::Fault;
use crate::heap::{GUARDED, copy_value};
use crate::native::NativeFn;
use crate::thread::{After, Frame, FrameKind};
use crate::value::{Value, array_index};
use crate::vm::{Outcome, Running, Vm};

impl Vm {
    /// Runs until the end of what was begun, or of the fuel.
    pub(crate) fn go_on(&mut self) -> Outcome {
        if core::mem::take(&mut self.failed) {
            return Outcome::Failed;
        }
        loop {
            match self.execute() {
                Ok(outcome) => {
                    if outcome == Outcome::Suspended {
                        self.settle_top();
                    }
                    return outcome;
                }
                Err(fault) => {
                    self.native = Running::No;
                    if !self.catch(fault) {
                        return Outcome::Failed;
                    }
                }
            }
        }
    }

    /// Runs the frames of the coroutine that runs until something is to be decided outside.
    #[allow(clippy::too_many_lines, reason = "the instructions, one arm each")]
    fn execute(&mut self) -> Result<Outcome, Fault> {
        let fuel = self.heap.fuel;
        'frame: loop {
            let thread = self.thread.as_ptr();
            // SAFETY: the coroutine that runs is alive; see the module's first lines for what follows.
            unsafe {
                let Some(frame) = (*thread).frames.last_mut() else {
                    if let Some(outcome) = self.end_thread()? {
                        return Ok(outcome);
                    }
                    continue 'frame;
                };
                if frame.kind != FrameKind::Lua {
                    if let Some(outcome) = self.drive()? {
                        return Ok(outcome);
                    }
                    continue 'frame;
                }
                let mut frame: *mut Frame = frame;
                let Value::Closure(mut closure) = *(*thread).base_ptr.add((*frame).func as usize)
                else {
                    return Err(Fault::Handler);
                };
                let mut base = (*thread).base_ptr.add((*frame).base as usize);
                let mut pc = (*frame).pc;
                let mut k = closure.proto.constants.as_ptr();

                macro_rules! reg {
                    ($at:expr) => {
                        *base.add(usize::from($at))
                    };
                }
                macro_rules! rc {
                    ($ins:expr) => {
                        *base.add($ins.c as usize)
                    };
                }
                macro_rules! kc {
                    ($ins:expr) => {
                        *k.add($ins.c as usize)
                    };
                }
                macro_rules! rk {
                    ($ins:expr) => {
                        *(if $ins.c >= 0 {
                            base.add($ins.c as usize).cast_const()
                        } else {
                            k.add(!$ins.c as usize)
                        })
                    };
                }
                macro_rules! place {
                    ($at:expr) => {
                        (*frame).base as usize + usize::from($at)
                    };
                }
                // Does what may call or move the stack; goes on with whatever frame is on top then.
                macro_rules! slow {
                    ($work:expr) => {{
                        (*frame).pc = pc;
                        let count = (*thread).frames.len();
                        $work?;
                        if (*thread).frames.len() != count || self.thread.as_ptr() != thread {
                            continue 'frame;
                        }
                        frame = (*thread).frames.as_mut_ptr().add(count - 1);
                        base = (*thread).base_ptr.add((*frame).base as usize);
                        pc = (*frame).pc;
                    }};
                }
                macro_rules! arith {
                    ($ins:expr, $right:expr, $registers:expr, $compute:expr) => {{
                        let (left, right) = (&reg!($ins.b), &$right);
                        if let (Value::Number(a), Value::Number(b)) = (left, right) {
                            let compute = $compute;
                            reg!($ins.a) = Value::Number(compute(*a, *b));
                        } else {
                            let (left, right) = (*left, *right);
                            let first = Some(u32::from($ins.b));
                            let registers: (Option<u32>, Option<u32>) = (first, $registers);
                            slow!(self.arithmetic($ins.op, left, right, place!($ins.a), registers));
                        }
                    }};
                }
                // The jump behind a comparison.
                macro_rules! branch {
                    ($taken:expr) => {
                        if $taken {
                            let jump = *pc;
                            pc = pc.offset(jump.c as isize + 1);
                            if jump.c < 0 && fuel.burn() {
                                (*frame).pc = pc;
                                return Ok(Outcome::Suspended);
                            }
                        } else {
                            pc = pc.add(1);
                        }
                    };
                }
                macro_rules! compare {
                    ($ins:expr, $left:expr, $right:expr, $compare:tt, $or_equal:expr) => {{
                        let (left, right) = (&$left, &$right);
                        let want = $ins.a != 0;
                        if let (Value::Number(a), Value::Number(b)) = (left, right) {
                            branch!((a $compare b) == want);
                        } else {
                            let (left, right) = (*left, *right);
                            (*frame).pc = pc;
                            match self.less(left, right, $or_equal, want)? {
                                Some(result) => branch!(result == want),
                                None => continue 'frame,
                            }
                        }
                    }};
                }
                macro_rules! collect {
                    () => {
                        if self.heap.debt > 0 {
                            self.collect_some();
                        }
                    };
                }

                loop {
                    let ins = *pc;
                    pc = pc.add(1);
                    match ins.op {
                        Op::Move => copy_value(&mut reg!(ins.a), &reg!(ins.b)),
                        Op::LoadK => copy_value(&mut reg!(ins.a), &kc!(ins)),
                        Op::LoadNil => {
                            for at in ins.a as usize..=ins.b as usize {
                                *base.add(at) = Value::Nil;
                            }
                        }
                        Op::LoadBool => {
                            reg!(ins.a) = Value::Bool(ins.b != 0);
                            pc = pc.add(ins.c as usize);
                        }
                        Op::GetUpval => {
                            let upval = *closure.upvals_ptr().add(usize::from(ins.b));
                            copy_value(&mut reg!(ins.a), &*upval.at);
                        }
                        Op::SetUpval => {
                            let upval = *closure.upvals_ptr().add(usize::from(ins.b));
                            let at = upval.at;
                            copy_value(&mut *at, &reg!(ins.a));
                            if upval.header.mark & GUARDED != 0 {
                                self.heap.barrier(&upval.header, *at);
                            }
                        }
                        Op::GetGlobal => {
                            let Value::Str(name) = &kc!(ins) else {
                                core::hint::unreachable_unchecked()
                            };
                            let (env, name) = (closure.env, *name);
                            let value = env.find_str(name);
                            if value.is_nil() && env.meta.is_some() {
                                let (env, name) = (Value::Table(env), Value::Str(name));
                                slow!(self.index(env, name, place!(ins.a), None));
                            } else {
                                copy_value(&mut reg!(ins.a), value);
                            }
                        }
                        Op::SetGlobal => {
                            let Value::Str(name) = kc!(ins) else {
                                core::hint::unreachable_unchecked()
                            };
                            let mut env = closure.env;
                            let value = &reg!(ins.a);
                            if !env.replace_str(name, value) {
                                let value = *value;
                                let (env, name) = (Value::Table(env), Value::Str(name));
                                slow!(self.set_index(env, name, value, None));
                            }
                        }
                        Op::GetTable => {
                            let object = &reg!(ins.b);
                            let key = &rc!(ins);
                            if let Value::Table(table) = object {
                                let other;
                                let value = match key {
                                    Value::Number(number) => {
                                        let index = array_index(*number);
                                        if index.wrapping_sub(1) < table.array.len() {
                                            table.array.get_unchecked(index - 1)
                                        } else {
                                            other = table.get(*key);
                                            &other
                                        }
                                    }
                                    Value::Str(key) => table.find_str(*key),
                                    _ => {
                                        other = table.get(*key);
                                        &other
                                    }
                                };
                                if !value.is_nil() || table.meta.is_none() {
                                    copy_value(&mut reg!(ins.a), value);
                                    continue;
                                }
                            }
                            let (object, key) = (*object, *key);
                            let register = Some(u32::from(ins.b));
                            slow!(self.index(object, key, place!(ins.a), register));
                        }
                        Op::GetField => {
                            let object = &reg!(ins.b);
                            let key = &kc!(ins);
                            if let Value::Table(table) = object {
                                let Value::Str(name) = key else {
                                    core::hint::unreachable_unchecked()
                                };
                                let value = table.find_str(*name);
                                if !value.is_nil() || table.meta.is_none() {
                                    copy_value(&mut reg!(ins.a), value);
                                    continue;
                                }
                            }
                            let (object, key) = (*object, *key);
                            let register = Some(u32::from(ins.b));
                            slow!(self.index(object, key, place!(ins.a), register));
                        }
                        Op::GetConst => {
                            let object = &reg!(ins.b);
                            let key = &kc!(ins);
                            if let Value::Table(table) = object {
                                let value = table.get(*key);
                                if !value.is_nil() || table.meta.is_none() {
                                    reg!(ins.a) = value;
                                    continue;
                                }
                            }
                            let (object, key) = (*object, *key);
                            let register = Some(u32::from(ins.b));
                            slow!(self.index(object, key, place!(ins.a), register));
                        }
                        Op::SetTable => {
                            let object = &reg!(ins.a);
                            let key = &reg!(ins.b);
                            let value = &rk!(ins);
                            if let Value::Table(table) = object {
                                let mut table = *table;
                                match key {
                                    Value::Number(number) => {
                                        let index = array_index(*number);
                                        if table.replace_index(index, value) {
                                            continue;
                                        }
                                    }
                                    Value::Str(name) if table.replace_str(*name, value) => continue,
                                    _ => {}
                                }
                            }
                            let (object, key, value) = (*object, *key, *value);
                            let register = Some(u32::from(ins.a));
                            slow!(self.set_index(object, key, value, register));
                        }
                        Op::SetField => {
                            let object = &reg!(ins.a);
                            let key = &*k.add(usize::from(ins.b));
                            let value = &rk!(ins);
                            if let (Value::Table(table), Value::Str(name)) = (object, key) {
                                let mut table = *table;
                                if table.replace_str(*name, value) {
                                    continue;
                                }
                            }
                            let (object, key, value) = (*object, *key, *value);
                            let register = Some(u32::from(ins.a));
                            slow!(self.set_index(object, key, value, register));
                        }
                        Op::SetConst => {
                            let object = &reg!(ins.a);
                            let key = &*k.add(usize::from(ins.b));
                            let value = &rk!(ins);
                            if let (Value::Table(table), Value::Number(number)) = (object, key) {
                                let mut table = *table;
                                if table.replace_index(array_index(*number), value) {
                                    continue;
                                }
                            }
                            let (object, key, value) = (*object, *key, *value);
                            let register = Some(u32::from(ins.a));
                            slow!(self.set_index(object, key, value, register));
                        }
                        Op::NewTable => {
                            (*frame).pc = pc;
                            let mut table = self.heap.table()?;
                            if ins.b != 0 || ins.c != 0 {
                                let (array, nodes) = (usize::from(ins.b), ins.c as usize);
                                table.resize(&mut self.heap, array, nodes)?;
                            }
                            reg!(ins.a) = Value::Table(table);
                            collect!();
                        }
                        Op::Method => {
                            // The object goes to the register behind, which may be its own.
                            let from = &reg!(ins.b);
                            copy_value(&mut *base.add(usize::from(ins.a) + 1), from);
                            let object = &*base.add(usize::from(ins.a) + 1);
                            let key = &kc!(ins);
                            if let Value::Table(table) = object {
                                let Value::Str(name) = key else {
                                    core::hint::unreachable_unchecked()
                                };
                                let value = table.find_str(*name);
                                if !value.is_nil() || table.meta.is_none() {
                                    copy_value(&mut reg!(ins.a), value);
                                    continue;
                                }
                            }
                            let (object, key) = (*object, *key);
                            let register = Some(u32::from(ins.b));
                            slow!(self.index(object, key, place!(ins.a), register));
                        }
                        Op::Add => arith!(ins, rc!(ins), Some(ins.c as u32), arith::add),
                        Op::Sub => arith!(ins, rc!(ins), Some(ins.c as u32), arith::subtract),
                        Op::Mul => arith!(ins, rc!(ins), Some(ins.c as u32), arith::multiply),
                        Op::Div => arith!(ins, rc!(ins), Some(ins.c as u32), arith::divide),
                        Op::Mod => arith!(ins, rc!(ins), Some(ins.c as u32), arith::modulo),
                        Op::Pow => arith!(ins, rc!(ins), Some(ins.c as u32), arith::power),
                        Op::AddK => arith!(ins, kc!(ins), None, arith::add),
                        Op::SubK => arith!(ins, kc!(ins), None, arith::subtract),
                        Op::MulK => arith!(ins, kc!(ins), None, arith::multiply),
                        Op::DivK => arith!(ins, kc!(ins), None, arith::divide),
                        Op::ModK => arith!(ins, kc!(ins), None, arith::modulo),
                        Op::PowK => arith!(ins, kc!(ins), None, arith::power),
                        Op::Unm => {
                            let value = reg!(ins.b);
                            if let Value::Number(number) = value {
                                reg!(ins.a) = Value::Number(-number);
                            } else {
                                let register = Some(u32::from(ins.b));
                                let registers = (register, register);
                                let dest = place!(ins.a);
                                slow!(self.arithmetic(ins.op, value, value, dest, registers));
                            }
                        }
                        Op::Not => reg!(ins.a) = Value::Bool(!reg!(ins.b).is_true()),
                        Op::Len => {
                            let object = reg!(ins.b);
                            match object {
                                Value::Table(table) => {
                                    reg!(ins.a) = Value::Number(table.border() as f64);
                                }
                                Value::Str(text) => {
                                    reg!(ins.a) = Value::Number(text.bytes().len() as f64);
                                }
                                _ => {
                                    let dest = place!(ins.a);
                                    slow!(self.len(object, dest, u32::from(ins.b)));
                                }
                            }
                        }
                        Op::Concat => {
                            let first = place!(ins.b);
                            let last = (*frame).base as usize + ins.c as usize;
                            slow!(self.concat(first, last, place!(ins.a)));
                            collect!();
                        }
                        Op::Jmp => {
                            pc = pc.offset(ins.c as isize);
                            if ins.c < 0 && fuel.burn() {
                                (*frame).pc = pc;
                                return Ok(Outcome::Suspended);
                            }
                        }
                        Op::Eq | Op::EqK => {
                            let left = &reg!(ins.b);
                            let right = if ins.op == Op::Eq {
                                &rc!(ins)
                            } else {
                                &kc!(ins)
                            };
                            let want = ins.a != 0;
                            let equal = left.raw_equal(*right);
                            if equal || !matches!(left, Value::Table(_)) {
                                branch!(equal == want);
                            } else {
                                let (left, right) = (*left, *right);
                                (*frame).pc = pc;
                                match self.equal(left, right, want)? {
                                    Some(result) => branch!(result == want),
                                    None => continue 'frame,
                                }
                            }
                        }
                        Op::Lt => compare!(ins, reg!(ins.b), rc!(ins), <, false),
                        Op::Le => compare!(ins, reg!(ins.b), rc!(ins), <=, true),
                        Op::LtK => compare!(ins, reg!(ins.b), kc!(ins), <, false),
                        Op::LeK => compare!(ins, reg!(ins.b), kc!(ins), <=, true),
                        Op::GtK => compare!(ins, kc!(ins), reg!(ins.b), <, false),
                        Op::GeK => compare!(ins, kc!(ins), reg!(ins.b), <=, true),
                        Op::Test => branch!(reg!(ins.a).is_true() == (ins.c != 0)),
                        Op::TestSet => {
                            let value = &reg!(ins.b);
                            if value.is_true() == (ins.c != 0) {
                                copy_value(&mut reg!(ins.a), value);
                                branch!(true);
                            } else {
                                pc = pc.add(1);
                            }
                        }
                        Op::Call => {
                            let func = base.add(usize::from(ins.a));
                            if fuel.burn() {
                                (*frame).pc = pc.sub(1);
                                return Ok(Outcome::Suspended);
                            }
                            (*frame).pc = pc;
                            let place = place!(ins.a);
                            if ins.b != 0 {
                                (*thread).top = place + usize::from(ins.b);
                            }
                            match *func {
                                Value::Closure(callee) => {
                                    let depth = (*frame).depth;
                                    let wanted = ins.c - 1;
                                    self.push_lua(callee, place, wanted, After::Nothing, depth)?;
                                    closure = callee;
                                    let count = (*thread).frames.len();
                                    frame = (*thread).frames.as_mut_ptr().add(count - 1);
                                    base = (*thread).base_ptr.add((*frame).base as usize);
                                    pc = (*frame).pc;
                                    k = closure.proto.constants.as_ptr();
                                }
                                Value::Native(native) => {
                                    let depth = (*frame).depth;
                                    let wanted = ins.c - 1;
                                    slow!(self.call_native(
                                        native,
                                        place,
                                        wanted,
                                        After::Nothing,
                                        depth
                                    ));
                                    if ins.c != 0 {
                                        collect!();
                                    }
                                }
                                _ => {
                                    let depth = (*frame).depth;
                                    let wanted = ins.c - 1;
                                    self.call_value(place, wanted, After::Nothing, depth)?;
                                    continue 'frame;
                                }
                            }
                        }
                        Op::TailCall => {
                            if fuel.burn() {
                                (*frame).pc = pc.sub(1);
                                return Ok(Outcome::Suspended);
                            }
                            (*frame).pc = pc;
                            let place = place!(ins.a);
                            if ins.b != 0 {
                                (*thread).top = place + usize::from(ins.b);
                            }
                            self.tail_call(place)?;
                            continue 'frame;
                        }
                        Op::Return => {
                            let old = *frame;
                            if !(*thread).open.is_empty() {
                                self.close_from(self.thread, old.base as usize);
                            }
                            let from = base.add(usize::from(ins.a));
                            let count = if ins.b != 0 {
                                usize::from(ins.b) - 1
                            } else {
                                (*thread).top - (old.base as usize + usize::from(ins.a))
                            };
                            let func = old.func as usize;
                            let to = (*thread).base_ptr.add(func);
                            if old.wanted == 1 {
                                if count != 0 {
                                    copy_value(&mut *to, &*from);
                                } else {
                                    *to = Value::Nil;
                                }
                                (*thread).top = func + 1;
                            } else if old.wanted < 0 {
                                ptr::copy(from, to, count);
                                (*thread).top = func + count;
                            } else {
                                let wanted = old.wanted as usize;
                                let moved = count.min(wanted);
                                ptr::copy(from, to, moved);
                                for at in moved..wanted {
                                    *to.add(at) = Value::Nil;
                                }
                                (*thread).top = func + wanted;
                            }
                            let count = (*thread).frames.len() - 1;
                            (*thread).frames.set_len(count);
                            if old.after != After::Nothing {
                                self.finish_after(old.after, func)?;
                                continue 'frame;
                            }
                            if count == 0 {
                                continue 'frame;
                            }
                            frame = (*thread).frames.as_mut_ptr().add(count - 1);
                            if (*frame).kind != FrameKind::Lua {
                                continue 'frame;
                            }
                            let Value::Closure(caller) =
                                *(*thread).base_ptr.add((*frame).func as usize)
                            else {
                                core::hint::unreachable_unchecked()
                            };
                            closure = caller;
                            base = (*thread).base_ptr.add((*frame).base as usize);
                            pc = (*frame).pc;
                            k = closure.proto.constants.as_ptr();
                        }
                        Op::ForLoop => {
                            let at = base.add(usize::from(ins.a));
                            let (Value::Number(index), Value::Number(limit), Value::Number(step)) =
                                (*at, *at.add(1), *at.add(2))
                            else {
                                core::hint::unreachable_unchecked()
                            };
                            let index = index + step;
                            let goes_on = if step > 0.0 {
                                index <= limit
                            } else {
                                limit <= index
                            };
                            if goes_on {
                                *at = Value::Number(index);
                                *at.add(3) = Value::Number(index);
                                pc = pc.offset(ins.c as isize);
                                if fuel.burn() {
                                    (*frame).pc = pc;
                                    return Ok(Outcome::Suspended);
                                }
                            }
                        }
                        Op::ForPrep => {
                            let at = base.add(usize::from(ins.a));
                            if !matches!(
                                (*at, *at.add(1), *at.add(2)),
                                (Value::Number(_), Value::Number(_), Value::Number(_))
                            ) {
                                (*frame).pc = pc;
                                self.prepare_for(at)?;
                            }
                            if let (Value::Number(index), Value::Number(step)) = (*at, *at.add(2)) {
                                *at = Value::Number(index - step);
                            }
                            pc = pc.offset(ins.c as isize);
                        }
                        Op::TForLoop => {
                            let at = base.add(usize::from(ins.a));
                            if let (Value::Native(native), Value::Table(table)) = (*at, *at.add(1))
                                && ptr::fn_addr_eq(
                                    native.call,
                                    crate::stdlib::base::next as NativeFn,
                                )
                            {
                                (*frame).pc = pc;
                                let Some(pair) = table.next(*at.add(2)) else {
                                    return Err(self.raise_text(b"invalid key to 'next'"));
                                };
                                if let Some((key, value)) = pair {
                                    *at.add(2) = key;
                                    *at.add(3) = key;
                                    *at.add(4) = value;
                                    for extra in 2..usize::from(ins.b) {
                                        *at.add(3 + extra) = Value::Nil;
                                    }
                                    branch!(true);
                                } else {
                                    pc = pc.add(1);
                                }
                                continue;
                            }
                            *at.add(3) = *at;
                            *at.add(4) = *at.add(1);
                            *at.add(5) = *at.add(2);
                            let func = place!(ins.a) + 3;
                            (*thread).top = func + 3;
                            (*frame).pc = pc;
                            fuel.spend(1);
                            let (wanted, depth) = (i32::from(ins.b), (*frame).depth + 1);
                            slow!(self.call_value(func, wanted, After::Iterate, depth));
                            collect!();
                        }
                        Op::SetList => {
                            let Value::Table(mut table) = reg!(ins.a) else {
                                core::hint::unreachable_unchecked()
                            };
                            (*frame).pc = pc;
                            let first = ins.c as usize;
                            let count = if ins.b != 0 {
                                usize::from(ins.b)
                            } else {
                                (*thread).top - place!(ins.a) - 1
                            };
                            if first + count > table.array.len() {
                                let nodes = table.node_count();
                                table.resize(&mut self.heap, first + count, nodes)?;
                            }
                            for at in 0..count {
                                let value = *base.add(usize::from(ins.a) + 1 + at);
                                table.set_index(&mut self.heap, first + at + 1, value)?;
                            }
                        }
                        Op::Close => {
                            self.close_from(self.thread, place!(ins.a));
                        }
                        Op::Closure => {
                            (*frame).pc = pc;
                            let proto = *closure.proto.protos.get_unchecked(ins.c as usize);
                            let made = self.make_closure(closure, proto, base)?;
                            reg!(ins.a) = Value::Closure(made);
                            collect!();
                        }
                        Op::Vararg => {
                            let params = usize::from(closure.proto.params);
                            let first = (*frame).func as usize + 1 + params;
                            let have = ((*frame).base as usize).saturating_sub(first);
                            let place = place!(ins.a);
                            let count = if ins.b != 0 {
                                usize::from(ins.b) - 1
                            } else {
                                if place + have + 8 > (*thread).stack.len() {
                                    (*frame).pc = pc;
                                    self.grow_stack(place + have + 8)?;
                                    base = (*thread).base_ptr.add((*frame).base as usize);
                                }
                                (*thread).top = place + have;
                                fuel.spend(have / 16);
                                have
                            };
                            let from = (*thread).base_ptr.add(first);
                            let to = base.add(usize::from(ins.a));
                            for at in 0..count {
                                *to.add(at) = if at < have { *from.add(at) } else { Value::Nil };
                            }
                        }
                    }
                }
            }
        }
    }
}
