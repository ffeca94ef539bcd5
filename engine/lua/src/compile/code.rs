//! Instructions, registers, constants and lists of jumps. A list links each jump to the one before it through its
//! distance. Knows nothing of tokens.

use super::expr::{Expr, Kind};
use super::parse::{Compiler, R};
use super::{Func, Ins, Op};
use crate::value::Value;

/// The end of a list of jumps.
pub(super) const NO_JUMP: i32 = -1;
/// Stands for no register in `TestSet`.
const NO_REGISTER: u8 = 255;
const REGISTERS_MAX: u32 = 250;
const CONSTANTS_MAX: usize = 1 << 18;
/// Constants that the operand `b` can name.
const B_MAX: u32 = u16::MAX as u32;

impl Compiler<'_> {
    pub(super) fn func(&mut self) -> &mut Func {
        let last = self.funcs.len() - 1;
        &mut self.funcs[last]
    }

    /// The index of the next instruction.
    pub(super) fn pc(&mut self) -> usize {
        self.func().code.len()
    }

    pub(super) fn emit(&mut self, op: Op, a: u32, b: u32, c: i32) -> usize {
        let line = self.last_line;
        let here = self.pc();
        let pending = core::mem::replace(&mut self.func().pending, NO_JUMP);
        self.patch_values(pending, here, NO_REGISTER, here);
        let func = self.func();
        func.code.push(Ins {
            op,
            a: a as u8,
            b: b as u16,
            c,
        });
        func.lines.push(line);
        here
    }

    pub(super) fn at(&mut self, at: usize) -> &mut Ins {
        &mut self.func().code[at]
    }

    pub(super) fn set_line(&mut self, at: usize, line: u32) {
        self.func().lines[at] = line;
    }

    /// Sets registers to nil, together with those before them where nothing can come between.
    pub(super) fn emit_nil(&mut self, from: u32, count: u32) {
        let here = self.pc();
        if here as i32 > self.func().label {
            if here == 0 {
                // Registers are nil when a function begins.
                if from >= self.active() {
                    return;
                }
            } else {
                let last = self.at(here - 1);
                let to = u32::from(last.b);
                if last.op == Op::LoadNil && u32::from(last.a) <= from && from <= to + 1 {
                    last.b = last.b.max((from + count - 1) as u16);
                    return;
                }
            }
        }
        self.emit(Op::LoadNil, from, from + count - 1, 0);
    }

    // Registers.

    pub(super) fn active(&mut self) -> u32 {
        self.func().active.len() as u32
    }

    pub(super) fn check_registers(&mut self, count: u32) -> R<()> {
        let func = self.func();
        let wanted = func.free + count;
        if wanted >= REGISTERS_MAX {
            return Err(self.syntax(b"function or expression too complex"));
        }
        let func = self.func();
        func.registers = func.registers.max(wanted);
        Ok(())
    }

    pub(super) fn reserve(&mut self, count: u32) -> R<()> {
        self.check_registers(count)?;
        self.func().free += count;
        Ok(())
    }

    pub(super) fn release(&mut self, register: u32) {
        if register >= self.active() {
            self.func().free -= 1;
        }
    }

    pub(super) fn release_expr(&mut self, expr: &Expr) {
        if let Kind::Register(register) = expr.kind {
            self.release(register);
        }
    }

    // Constants.

    pub(super) fn constant(&mut self, value: Value) -> R<u32> {
        // As in 5.1, 0 and -0 are the same constant.
        let same = |known: &Value| known.raw_equal(value);
        let constants = &mut self.func().constants;
        // What was used last is used again most; a long list is not searched whole.
        let first = constants.len().saturating_sub(512);
        if let Some(found) = constants[first..].iter().rposition(same) {
            return Ok((first + found) as u32);
        }
        if constants.len() >= CONSTANTS_MAX {
            return Err(self.fail(b"constant table overflow", None));
        }
        constants.push(value);
        Ok((constants.len() - 1) as u32)
    }

    /// The constant that an expression is.
    fn constant_of(&mut self, expr: &Expr) -> R<Option<u32>> {
        if expr.has_jumps() {
            return Ok(None);
        }
        let value = match expr.kind {
            Kind::Nil => Value::Nil,
            Kind::True => Value::Bool(true),
            Kind::False => Value::Bool(false),
            Kind::Number(value) => Value::Number(value),
            Kind::Const(at) => return Ok(Some(at)),
            _ => return Ok(None),
        };
        self.constant(value).map(Some)
    }

    /// A register, or a constant for the operand `c`.
    pub(super) fn operand(&mut self, expr: &mut Expr) -> R<i32> {
        self.place_value(expr)?;
        if let Some(at) = self.constant_of(expr)? {
            self.check_far(at)?;
            expr.kind = Kind::Const(at);
            return Ok(!(at as i32));
        }
        Ok(self.place_any(expr)? as i32)
    }

    /// In 5.1 a constant beyond the first 256 needs a register: where there is none left, that is an error.
    pub(super) fn check_far(&mut self, constant: u32) -> R<()> {
        if constant > 255 {
            return self.check_registers(1);
        }
        Ok(())
    }

    /// A key: what `Kind::Index` keeps of it.
    pub(super) fn key(&mut self, expr: &mut Expr) -> R<i32> {
        self.place_value(expr)?;
        let string_or_number = matches!(expr.kind, Kind::Const(_) | Kind::Number(_));
        if string_or_number
            && let Some(at) = self.constant_of(expr)?
            && at <= B_MAX
        {
            self.check_far(at)?;
            return Ok(!(at as i32));
        }
        Ok(self.place_any(expr)? as i32)
    }

    fn is_string(&mut self, constant: i32) -> bool {
        matches!(self.func().constants[!constant as usize], Value::Str(_))
    }

    // Jumps.

    /// Emits a jump whose place is not known yet. Jumps to it go with it.
    pub(super) fn jump(&mut self) -> i32 {
        let pending = core::mem::replace(&mut self.func().pending, NO_JUMP);
        let mut list = self.emit(Op::Jmp, 0, 0, NO_JUMP) as i32;
        self.join(&mut list, pending);
        list
    }

    pub(super) fn jump_to(&mut self, target: usize) {
        let jump = self.jump();
        self.patch(jump, target);
    }

    /// A place that jumps go to.
    pub(super) fn here(&mut self) -> usize {
        let here = self.pc();
        self.func().label = here as i32;
        here
    }

    fn next_jump(&mut self, at: i32) -> i32 {
        let distance = self.at(at as usize).c;
        if distance == NO_JUMP {
            NO_JUMP
        } else {
            at + 1 + distance
        }
    }

    pub(super) fn join(&mut self, list: &mut i32, other: i32) {
        if other == NO_JUMP {
            return;
        }
        if *list == NO_JUMP {
            *list = other;
            return;
        }
        let mut last = *list;
        loop {
            let next = self.next_jump(last);
            if next == NO_JUMP {
                break;
            }
            last = next;
        }
        self.at(last as usize).c = other - (last + 1);
    }

    /// The instruction that decides whether a jump is taken: the one before it, or itself.
    fn decider(&mut self, jump: i32) -> &mut Ins {
        let at = jump as usize;
        let tests = at > 0 && self.at(at - 1).op.is_test();
        self.at(if tests { at - 1 } else { at })
    }

    fn needs_value(&mut self, mut list: i32) -> bool {
        while list != NO_JUMP {
            if self.decider(list).op != Op::TestSet {
                return true;
            }
            list = self.next_jump(list);
        }
        false
    }

    /// Lets a `TestSet` set this register, or nothing. False if the jump depends on something else.
    fn patch_test(&mut self, jump: i32, register: u8) -> bool {
        let ins = self.decider(jump);
        if ins.op != Op::TestSet {
            return false;
        }
        if register != NO_REGISTER && u16::from(register) != ins.b {
            ins.a = register;
        } else {
            *ins = Ins {
                op: Op::Test,
                a: ins.b as u8,
                b: 0,
                c: ins.c,
            };
        }
        true
    }

    pub(super) fn drop_values(&mut self, mut list: i32) {
        while list != NO_JUMP {
            self.patch_test(list, NO_REGISTER);
            list = self.next_jump(list);
        }
    }

    /// Jumps that bring a value into `register` go to `with_value`, the others to `without`.
    fn patch_values(&mut self, mut list: i32, with_value: usize, register: u8, without: usize) {
        while list != NO_JUMP {
            let next = self.next_jump(list);
            let target = if self.patch_test(list, register) {
                with_value
            } else {
                without
            };
            self.at(list as usize).c = target as i32 - (list + 1);
            list = next;
        }
    }

    pub(super) fn patch(&mut self, list: i32, target: usize) {
        if target == self.pc() {
            self.patch_here(list);
        } else {
            self.patch_values(list, target, NO_REGISTER, target);
        }
    }

    /// The jumps go to the next instruction.
    pub(super) fn patch_here(&mut self, list: i32) {
        self.here();
        let mut pending = self.func().pending;
        self.join(&mut pending, list);
        self.func().pending = pending;
    }

    // Expressions into registers.

    /// All results of a call or of `...`: `count` of them, or all with `None`.
    pub(super) fn set_results(&mut self, expr: &mut Expr, count: Option<u32>) -> R<()> {
        let operand = count.map_or(0, |count| count + 1);
        match expr.kind {
            Kind::Call(at) => self.at(at).c = operand as i32,
            Kind::Vararg(at) => {
                let free = self.func().free;
                let ins = self.at(at);
                ins.b = operand as u16;
                ins.a = free as u8;
                self.reserve(1)?;
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn discharge(&mut self, expr: &mut Expr) {
        expr.kind = match expr.kind {
            Kind::Local(register) => Kind::Register(register),
            Kind::Upval(at) => Kind::Open(self.emit(Op::GetUpval, 0, at, 0)),
            Kind::Global(name) => Kind::Open(self.emit(Op::GetGlobal, 0, 0, name as i32)),
            Kind::Index(table, key) => {
                if key >= 0 {
                    self.release(key as u32);
                }
                self.release(table);
                let (op, operand) = if key >= 0 {
                    (Op::GetTable, key)
                } else if self.is_string(key) {
                    (Op::GetField, !key)
                } else {
                    (Op::GetConst, !key)
                };
                Kind::Open(self.emit(op, 0, table, operand))
            }
            Kind::Call(at) => {
                let ins = self.at(at);
                ins.c = 2;
                Kind::Register(u32::from(ins.a))
            }
            Kind::Vararg(at) => {
                self.at(at).b = 2;
                Kind::Open(at)
            }
            other => other,
        };
    }

    /// Into this register, but for the jumps.
    fn load(&mut self, expr: &mut Expr, register: u32) -> R<()> {
        self.discharge(expr);
        match expr.kind {
            Kind::Nil => self.emit_nil(register, 1),
            Kind::True | Kind::False => {
                let value = u32::from(expr.kind == Kind::True);
                self.emit(Op::LoadBool, register, value, 0);
            }
            Kind::Const(at) => {
                self.emit(Op::LoadK, register, 0, at as i32);
            }
            Kind::Number(value) => {
                let at = self.constant(Value::Number(value))?;
                self.emit(Op::LoadK, register, 0, at as i32);
            }
            Kind::Open(at) => self.at(at).a = register as u8,
            Kind::Register(from) => {
                if from != register {
                    self.emit(Op::Move, register, from, 0);
                }
            }
            _ => return Ok(()),
        }
        expr.kind = Kind::Register(register);
        Ok(())
    }

    /// Into this register.
    pub(super) fn place_in(&mut self, expr: &mut Expr, register: u32) -> R<()> {
        self.load(expr, register)?;
        if let Kind::Jump(jump) = expr.kind {
            self.join(&mut expr.on_true, jump);
        }
        if expr.has_jumps() {
            let (mut load_false, mut load_true) = (0, 0);
            if self.needs_value(expr.on_true) || self.needs_value(expr.on_false) {
                let over = if matches!(expr.kind, Kind::Jump(_)) {
                    NO_JUMP
                } else {
                    self.jump()
                };
                self.here();
                load_false = self.emit(Op::LoadBool, register, 0, 1);
                self.here();
                load_true = self.emit(Op::LoadBool, register, 1, 0);
                self.patch_here(over);
            }
            let end = self.here();
            self.patch_values(expr.on_false, end, register as u8, load_false);
            self.patch_values(expr.on_true, end, register as u8, load_true);
        }
        *expr = Expr::new(Kind::Register(register));
        Ok(())
    }

    pub(super) fn place_next(&mut self, expr: &mut Expr) -> R<u32> {
        self.discharge(expr);
        self.release_expr(expr);
        self.reserve(1)?;
        let register = self.func().free - 1;
        self.place_in(expr, register)?;
        Ok(register)
    }

    pub(super) fn place_any(&mut self, expr: &mut Expr) -> R<u32> {
        self.discharge(expr);
        if let Kind::Register(register) = expr.kind {
            if !expr.has_jumps() {
                return Ok(register);
            }
            if register >= self.active() {
                self.place_in(expr, register)?;
                return Ok(register);
            }
        }
        self.place_next(expr)
    }

    /// Into a register, but for the jumps.
    pub(super) fn load_any(&mut self, expr: &mut Expr) -> R<u32> {
        if let Kind::Register(register) = expr.kind {
            return Ok(register);
        }
        self.reserve(1)?;
        let register = self.func().free - 1;
        self.load(expr, register)?;
        Ok(register)
    }

    pub(super) fn place_value(&mut self, expr: &mut Expr) -> R<()> {
        if expr.has_jumps() {
            self.place_any(expr)?;
        } else {
            self.discharge(expr);
        }
        Ok(())
    }

    /// Emits what puts an expression's value into a variable.
    pub(super) fn store(&mut self, target: &Expr, value: &mut Expr) -> R<()> {
        match target.kind {
            Kind::Local(register) => {
                self.release_expr(value);
                return self.place_in(value, register);
            }
            Kind::Upval(at) => {
                let register = self.place_any(value)?;
                self.emit(Op::SetUpval, register, at, 0);
            }
            Kind::Global(name) => {
                let register = self.place_any(value)?;
                self.emit(Op::SetGlobal, register, 0, name as i32);
            }
            Kind::Index(table, key) => {
                let operand = self.operand(value)?;
                self.emit_set(table, key, operand);
            }
            _ => {}
        }
        self.release_expr(value);
        Ok(())
    }

    pub(super) fn emit_set(&mut self, table: u32, key: i32, value: i32) {
        let (op, operand) = if key >= 0 {
            (Op::SetTable, key)
        } else if self.is_string(key) {
            (Op::SetField, !key)
        } else {
            (Op::SetConst, !key)
        };
        self.emit(op, table, operand as u32, value);
    }

    // Conditions.

    /// Emits the jump that is taken when the expression is `want`.
    fn jump_if(&mut self, expr: &mut Expr, want: bool) -> R<i32> {
        if let Kind::Open(at) = expr.kind {
            let ins = *self.at(at);
            if ins.op == Op::Not {
                let func = self.func();
                func.code.pop();
                func.lines.pop();
                self.emit(Op::Test, u32::from(ins.b), 0, i32::from(!want));
                return Ok(self.jump());
            }
        }
        let register = self.load_any(expr)?;
        self.release_expr(expr);
        self.emit(
            Op::TestSet,
            u32::from(NO_REGISTER),
            register,
            i32::from(want),
        );
        Ok(self.jump())
    }

    pub(super) fn negate(&mut self, jump: i32) {
        self.decider(jump).a ^= 1;
    }

    /// Goes on if the expression is true; jumps that are taken otherwise are in `on_false`.
    pub(super) fn go_if_true(&mut self, expr: &mut Expr) -> R<()> {
        self.discharge(expr);
        let jump = match expr.kind {
            Kind::Const(_) | Kind::Number(_) | Kind::True => NO_JUMP,
            Kind::Jump(jump) => {
                self.negate(jump);
                jump
            }
            _ => self.jump_if(expr, false)?,
        };
        self.join(&mut expr.on_false, jump);
        self.patch_here(expr.on_true);
        expr.on_true = NO_JUMP;
        Ok(())
    }

    /// Goes on if it is false.
    pub(super) fn go_if_false(&mut self, expr: &mut Expr) -> R<()> {
        self.discharge(expr);
        let jump = match expr.kind {
            Kind::Nil | Kind::False => NO_JUMP,
            Kind::Jump(jump) => jump,
            _ => self.jump_if(expr, true)?,
        };
        self.join(&mut expr.on_true, jump);
        self.patch_here(expr.on_false);
        expr.on_false = NO_JUMP;
        Ok(())
    }
}

impl Op {
    /// Decides over the jump that follows.
    fn is_test(self) -> bool {
        matches!(
            self,
            Op::Eq
                | Op::Lt
                | Op::Le
                | Op::EqK
                | Op::LtK
                | Op::LeK
                | Op::GtK
                | Op::GeK
                | Op::Test
                | Op::TestSet
                | Op::TForLoop
        )
    }
}
