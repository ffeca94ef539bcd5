//! Expressions: operators, calls, constructors, function bodies.

use alloc::vec::Vec;

use super::Op;
use super::code::NO_JUMP;
use super::lex::Token;
use super::parse::{Compiler, R};
use crate::arith;
use crate::value::Value;

/// Where an expression's value is, or how it can be had.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Void,
    Nil,
    True,
    False,
    Const(u32),
    Number(f64),
    /// A local variable's register.
    Local(u32),
    Upval(u32),
    /// A global with the name in this constant.
    Global(u32),
    /// What a register's table has under a key: a register or, if negative, the constant `!key`.
    Index(u32, i32),
    /// The jump behind a comparison.
    Jump(i32),
    /// The result of an instruction whose `a` is still open.
    Open(usize),
    Register(u32),
    Call(usize),
    Vararg(usize),
}

/// An expression, with the jumps that leave it because it is true or false.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expr {
    pub(super) kind: Kind,
    pub(super) on_true: i32,
    pub(super) on_false: i32,
}

impl Expr {
    pub(super) fn new(kind: Kind) -> Expr {
        Expr {
            kind,
            on_true: NO_JUMP,
            on_false: NO_JUMP,
        }
    }

    pub(super) fn has_jumps(&self) -> bool {
        self.on_true != self.on_false
    }

    /// Has as many values as there is room for.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.kind, Kind::Call(_) | Kind::Vararg(_))
    }

    fn numeral(&self) -> Option<f64> {
        match self.kind {
            Kind::Number(value) if !self.has_jumps() && self.on_true == NO_JUMP => Some(value),
            _ => None,
        }
    }

    fn is_constant(&self) -> bool {
        let constant = matches!(
            self.kind,
            Kind::Nil | Kind::True | Kind::False | Kind::Const(_) | Kind::Number(_)
        );
        constant && !self.has_jumps()
    }
}

/// Elements of a constructor that are stored by one instruction.
const LIST_LEN_MAX: u32 = 50;
/// How tightly `not`, `-` and `#` bind.
const UNARY: u8 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Binary {
    Arith(Op),
    Concat,
    Equal(bool),
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
}

/// A binary operator, with how tightly it binds to its left and to its right.
fn binary(token: Token) -> Option<(Binary, u8, u8)> {
    Some(match token {
        Token::Byte(b'+') => (Binary::Arith(Op::Add), 6, 6),
        Token::Byte(b'-') => (Binary::Arith(Op::Sub), 6, 6),
        Token::Byte(b'*') => (Binary::Arith(Op::Mul), 7, 7),
        Token::Byte(b'/') => (Binary::Arith(Op::Div), 7, 7),
        Token::Byte(b'%') => (Binary::Arith(Op::Mod), 7, 7),
        Token::Byte(b'^') => (Binary::Arith(Op::Pow), 10, 9),
        Token::Word("..") => (Binary::Concat, 5, 4),
        Token::Word("~=") => (Binary::Equal(false), 3, 3),
        Token::Word("==") => (Binary::Equal(true), 3, 3),
        Token::Word("<=") => (Binary::LessEqual, 3, 3),
        Token::Word(">=") => (Binary::GreaterEqual, 3, 3),
        Token::Byte(b'<') => (Binary::Less, 3, 3),
        Token::Byte(b'>') => (Binary::Greater, 3, 3),
        Token::Word("and") => (Binary::And, 2, 2),
        Token::Word("or") => (Binary::Or, 1, 1),
        _ => return None,
    })
}

/// The instruction with a constant on the right.
fn with_constant(op: Op) -> Op {
    match op {
        Op::Add => Op::AddK,
        Op::Sub => Op::SubK,
        Op::Mul => Op::MulK,
        Op::Div => Op::DivK,
        Op::Mod => Op::ModK,
        Op::Pow => Op::PowK,
        other => other,
    }
}

fn fold(op: Op, a: f64, b: f64) -> Option<f64> {
    let value = match op {
        Op::Div | Op::Mod if b == 0.0 => return None,
        _ => arith::compute(op, a, b),
    };
    (!value.is_nan()).then_some(value)
}

/// A size as 5.1's constructors note it: rounded up to three bits and an exponent.
fn rounded_size(size: u32) -> u32 {
    let (mut mantissa, mut exponent) = (size, 0);
    while mantissa >= 16 {
        mantissa = mantissa.div_ceil(2);
        exponent += 1;
    }
    mantissa << exponent
}

impl Compiler<'_> {
    pub(super) fn expression(&mut self) -> R<Expr> {
        self.operation(0)
    }

    /// A list of expressions: how many, and the last of them, which is not in a register yet.
    pub(super) fn expressions(&mut self) -> R<(u32, Expr)> {
        let mut count = 1;
        let mut expr = self.expression()?;
        while self.skip_byte(b',')? {
            self.place_next(&mut expr)?;
            expr = self.expression()?;
            count += 1;
        }
        Ok((count, expr))
    }

    /// An expression whose operators bind more tightly than `limit`.
    fn operation(&mut self, limit: u8) -> R<Expr> {
        self.enter()?;
        let unary = match self.token {
            Token::Word("not") => Some(Op::Not),
            Token::Byte(b'-') => Some(Op::Unm),
            Token::Byte(b'#') => Some(Op::Len),
            _ => None,
        };
        let mut left = if let Some(op) = unary {
            self.advance()?;
            let operand = self.operation(UNARY)?;
            self.unary(op, operand)?
        } else {
            self.simple()?
        };
        while let Some((op, left_power, right_power)) = binary(self.token)
            && left_power > limit
        {
            self.advance()?;
            self.before_right(op, &mut left)?;
            let right = self.operation(right_power)?;
            left = self.combine(op, left, right)?;
        }
        self.levels -= 1;
        Ok(left)
    }

    fn unary(&mut self, op: Op, mut operand: Expr) -> R<Expr> {
        if op == Op::Not {
            return self.not(operand);
        }
        if op == Op::Unm
            && let Some(value) = operand.numeral()
        {
            return Ok(Expr::new(Kind::Number(-value)));
        }
        let register = self.place_any(&mut operand)?;
        self.release_expr(&operand);
        Ok(Expr::new(Kind::Open(self.emit(op, 0, register, 0))))
    }

    fn not(&mut self, mut operand: Expr) -> R<Expr> {
        self.discharge(&mut operand);
        operand.kind = match operand.kind {
            Kind::Nil | Kind::False => Kind::True,
            Kind::Const(_) | Kind::Number(_) | Kind::True => Kind::False,
            Kind::Jump(jump) => {
                self.negate(jump);
                Kind::Jump(jump)
            }
            _ => {
                let register = self.load_any(&mut operand)?;
                self.release(register);
                Kind::Open(self.emit(Op::Not, 0, register, 0))
            }
        };
        core::mem::swap(&mut operand.on_true, &mut operand.on_false);
        self.drop_values(operand.on_true);
        self.drop_values(operand.on_false);
        Ok(operand)
    }

    /// What is to be done with the left operand before the right one is read.
    fn before_right(&mut self, op: Binary, left: &mut Expr) -> R<()> {
        match op {
            Binary::And => self.go_if_true(left),
            Binary::Or => self.go_if_false(left),
            Binary::Concat => self.place_next(left).map(|_| ()),
            Binary::Arith(_) if left.numeral().is_some() => Ok(()),
            Binary::Arith(_) => self.place_any(left).map(|_| ()),
            _ => {
                self.place_value(left)?;
                if let Kind::Number(value) = left.kind {
                    // Whether 0 or -0 comes first counts, see `constant`.
                    self.constant(Value::Number(value))?;
                } else if !left.is_constant() {
                    self.place_any(left)?;
                }
                Ok(())
            }
        }
    }

    fn combine(&mut self, op: Binary, left: Expr, right: Expr) -> R<Expr> {
        match op {
            Binary::And => {
                let mut result = right;
                self.discharge(&mut result);
                self.join(&mut result.on_false, left.on_false);
                Ok(result)
            }
            Binary::Or => {
                let mut result = right;
                self.discharge(&mut result);
                self.join(&mut result.on_true, left.on_true);
                Ok(result)
            }
            Binary::Concat => self.concat(left, right),
            Binary::Arith(op) => self.arithmetic(op, left, right),
            Binary::Equal(want) => self.equal(left, right, want),
            Binary::Less => self.less(Op::Lt, left, right, false),
            Binary::LessEqual => self.less(Op::Le, left, right, false),
            Binary::Greater => self.less(Op::Lt, left, right, true),
            Binary::GreaterEqual => self.less(Op::Le, left, right, true),
        }
    }

    fn concat(&mut self, left: Expr, mut right: Expr) -> R<Expr> {
        let Kind::Register(first) = left.kind else {
            return Ok(left);
        };
        self.place_value(&mut right)?;
        // A chain, which binds to the right, is one instruction.
        if let Kind::Open(at) = right.kind
            && self.at(at).op == Op::Concat
        {
            self.release(first);
            self.at(at).b = first as u16;
            return Ok(Expr::new(Kind::Open(at)));
        }
        let last = self.place_next(&mut right)?;
        self.release(last);
        self.release(first);
        let at = self.emit(Op::Concat, 0, first, last as i32);
        Ok(Expr::new(Kind::Open(at)))
    }

    fn arithmetic(&mut self, op: Op, mut left: Expr, mut right: Expr) -> R<Expr> {
        if let (Some(a), Some(b)) = (left.numeral(), right.numeral())
            && let Some(value) = fold(op, a, b)
        {
            return Ok(Expr::new(Kind::Number(value)));
        }
        self.place_value(&mut right)?;
        let (op, second) = if right.numeral().is_some() {
            (with_constant(op), !self.operand(&mut right)?)
        } else {
            (op, self.place_any(&mut right)? as i32)
        };
        let first = self.place_any(&mut left)?;
        self.release_both(&left, &right);
        let at = self.emit(op, 0, first, second);
        Ok(Expr::new(Kind::Open(at)))
    }

    /// Two registers, the higher one first.
    fn release_both(&mut self, left: &Expr, right: &Expr) {
        let (low, high) = match (left.kind, right.kind) {
            (Kind::Register(a), Kind::Register(b)) if a > b => (right, left),
            _ => (left, right),
        };
        self.release_expr(high);
        self.release_expr(low);
    }

    fn compare(&mut self, op: Op, want: bool, first: u32, second: i32) -> Expr {
        self.emit(op, u32::from(want), first, second);
        Expr::new(Kind::Jump(self.jump()))
    }

    fn equal(&mut self, mut left: Expr, mut right: Expr, want: bool) -> R<Expr> {
        self.place_value(&mut right)?;
        if left.is_constant() && !right.is_constant() {
            core::mem::swap(&mut left, &mut right);
        }
        let (op, second) = if right.is_constant() {
            (Op::EqK, !self.operand(&mut right)?)
        } else {
            (Op::Eq, self.place_any(&mut right)? as i32)
        };
        let first = self.place_any(&mut left)?;
        self.release_both(&left, &right);
        Ok(self.compare(op, want, first, second))
    }

    fn less(&mut self, op: Op, mut left: Expr, mut right: Expr, swapped: bool) -> R<Expr> {
        self.place_value(&mut right)?;
        let (with_left, with_right) = match (op, swapped) {
            (Op::Lt, false) => (Op::GtK, Op::LtK),
            (Op::Lt, true) => (Op::LtK, Op::GtK),
            (_, false) => (Op::GeK, Op::LeK),
            (_, true) => (Op::LeK, Op::GeK),
        };
        let (op, first, second) = if right.numeral().is_some() {
            let second = !self.operand(&mut right)?;
            (with_right, self.place_any(&mut left)?, second)
        } else if left.numeral().is_some() {
            let second = !self.operand(&mut left)?;
            (with_left, self.place_any(&mut right)?, second)
        } else {
            let second = self.place_any(&mut right)?;
            let first = self.place_any(&mut left)?;
            if swapped {
                (op, second, first as i32)
            } else {
                (op, first, second as i32)
            }
        };
        self.release_both(&left, &right);
        Ok(self.compare(op, true, first, second))
    }

    // Operands.

    fn string_constant(&mut self, text: crate::heap::Gc<crate::heap::Str>) -> R<Expr> {
        Ok(Expr::new(Kind::Const(self.constant(Value::Str(text))?)))
    }

    fn simple(&mut self) -> R<Expr> {
        let expr = match self.token {
            Token::Number(value) => Expr::new(Kind::Number(value)),
            Token::String(text) => self.string_constant(text)?,
            Token::Word("nil") => Expr::new(Kind::Nil),
            Token::Word("true") => Expr::new(Kind::True),
            Token::Word("false") => Expr::new(Kind::False),
            Token::Word("...") => {
                if !self.func().vararg {
                    return Err(self.syntax(b"cannot use '...' outside a vararg function"));
                }
                self.func().needs_arg = false;
                Expr::new(Kind::Vararg(self.emit(Op::Vararg, 0, 1, 0)))
            }
            Token::Byte(b'{') => return self.constructor(),
            Token::Word("function") => {
                self.advance()?;
                return self.body(false, self.lexer.line);
            }
            _ => return self.suffixed(),
        };
        self.advance()?;
        Ok(expr)
    }

    /// A variable or an expression in parentheses, with the fields and calls behind it.
    pub(super) fn suffixed(&mut self) -> R<Expr> {
        let mut expr = match self.token {
            Token::Byte(b'(') => {
                let line = self.lexer.line;
                self.advance()?;
                let mut expr = self.expression()?;
                self.need_match(")", "(", line)?;
                self.discharge(&mut expr);
                expr
            }
            Token::Name(_) => self.variable()?,
            _ => return Err(self.syntax(b"unexpected symbol")),
        };
        loop {
            match self.token {
                Token::Byte(b'.') => self.field(&mut expr)?,
                Token::Byte(b'[') => {
                    let table = self.place_any(&mut expr)?;
                    let mut key = self.bracketed_key()?;
                    let key = self.key(&mut key)?;
                    expr = Expr::new(Kind::Index(table, key));
                }
                Token::Byte(b':') => {
                    self.advance()?;
                    let name = self.name()?;
                    let base = self.method(&mut expr, name)?;
                    expr = self.call(base)?;
                }
                Token::Byte(b'(' | b'{') | Token::String(_) => {
                    let base = self.place_next(&mut expr)?;
                    expr = self.call(base)?;
                }
                _ => return Ok(expr),
            }
        }
    }

    fn bracketed_key(&mut self) -> R<Expr> {
        self.advance()?;
        let mut key = self.expression()?;
        self.place_value(&mut key)?;
        self.need_byte(b']')?;
        Ok(key)
    }

    /// `.name` or `:name`.
    pub(super) fn field(&mut self, expr: &mut Expr) -> R<()> {
        let table = self.place_any(expr)?;
        self.advance()?;
        let name = self.name()?;
        let mut key = self.string_constant(name)?;
        let key = self.key(&mut key)?;
        *expr = Expr::new(Kind::Index(table, key));
        Ok(())
    }

    fn method(&mut self, expr: &mut Expr, name: crate::heap::Gc<crate::heap::Str>) -> R<u32> {
        let object = self.place_any(expr)?;
        self.release_expr(expr);
        let base = self.func().free;
        self.reserve(2)?;
        let name = self.constant(Value::Str(name))?;
        self.check_far(name)?;
        self.emit(Op::Method, base, object, name as i32);
        Ok(base)
    }

    /// The arguments of a call of what is in `base`.
    fn call(&mut self, base: u32) -> R<Expr> {
        let line = self.lexer.line;
        let mut last = Expr::new(Kind::Void);
        match self.token {
            Token::Byte(b'(') => {
                if line != self.last_line {
                    return Err(self.syntax(b"ambiguous syntax (function call x new statement)"));
                }
                self.advance()?;
                if !self.is_byte(b')') {
                    last = self.expressions()?.1;
                    if last.is_open() {
                        self.set_results(&mut last, None)?;
                    }
                }
                self.need_match(")", "(", line)?;
            }
            Token::Byte(b'{') => last = self.constructor()?,
            Token::String(text) => {
                last = self.string_constant(text)?;
                self.advance()?;
            }
            _ => return Err(self.syntax(b"function arguments expected")),
        }
        let operand = if last.is_open() {
            0
        } else {
            if last.kind != Kind::Void {
                self.place_next(&mut last)?;
            }
            self.func().free - base
        };
        // As many as stay with the last value in registers of its own: none of several.
        let at = self.emit(Op::Call, base, operand, 2);
        self.set_line(at, line);
        self.func().free = base + 1;
        Ok(Expr::new(Kind::Call(at)))
    }

    fn constructor(&mut self) -> R<Expr> {
        let line = self.lexer.line;
        let at = self.emit(Op::NewTable, 0, 0, 0);
        let mut table = Expr::new(Kind::Open(at));
        let register = self.place_next(&mut table)?;
        let (mut elements, mut others, mut pending) = (0_u32, 0_u32, 0_u32);
        let mut item = Expr::new(Kind::Void);
        self.need_byte(b'{')?;
        while !self.is_byte(b'}') {
            if item.kind != Kind::Void {
                self.place_next(&mut item)?;
                item.kind = Kind::Void;
                if pending == LIST_LEN_MAX {
                    self.set_list(register, elements, Some(pending));
                    pending = 0;
                }
            }
            let named = matches!(self.token, Token::Name(_)) && self.next_is_assign()?;
            if named || self.is_byte(b'[') {
                self.constructor_pair(register, named)?;
                others += 1;
            } else {
                item = self.expression()?;
                elements += 1;
                pending += 1;
            }
            if !self.skip_byte(b',')? && !self.skip_byte(b';')? {
                break;
            }
        }
        self.need_match("}", "{", line)?;
        if pending > 0 {
            if item.is_open() {
                self.set_results(&mut item, None)?;
                self.set_list(register, elements, None);
                elements -= 1;
            } else {
                if item.kind != Kind::Void {
                    self.place_next(&mut item)?;
                }
                self.set_list(register, elements, Some(pending));
            }
        }
        let ins = self.at(at);
        ins.b = rounded_size(elements).min(u32::from(u16::MAX)) as u16;
        ins.c = rounded_size(others) as i32;
        Ok(table)
    }

    fn constructor_pair(&mut self, table: u32, named: bool) -> R<()> {
        let free = self.func().free;
        let mut key = if named {
            let name = self.name()?;
            self.string_constant(name)?
        } else {
            self.bracketed_key()?
        };
        self.need_byte(b'=')?;
        let key = self.key(&mut key)?;
        if !key > 255 {
            // 5.1 has such a constant in a register until the value is stored.
            self.reserve(1)?;
        }
        let mut value = self.expression()?;
        let value = self.operand(&mut value)?;
        self.emit_set(table, key, value);
        self.func().free = free;
        Ok(())
    }

    /// Stores the last `pending` elements (or all up to the top), of which the last one is number `last`.
    fn set_list(&mut self, table: u32, last: u32, pending: Option<u32>) {
        let before = (last - 1) / LIST_LEN_MAX * LIST_LEN_MAX;
        self.emit(Op::SetList, table, pending.unwrap_or(0), before as i32);
        self.func().free = table + 1;
    }

    /// A function's parameters and body.
    pub(super) fn body(&mut self, method: bool, line: u32) -> R<Expr> {
        self.open_func(line);
        self.need_byte(b'(')?;
        if method {
            let name = self.heap.string(b"self")?;
            let local = self.new_local(name)?;
            self.activate(local);
        }
        self.parameters()?;
        self.need_byte(b')')?;
        self.chunk()?;
        self.need_match("end", "function", line)?;
        let proto = self.close_func();
        let proto = self.heap.proto(proto)?;
        let protos = &mut self.func().protos;
        protos.push(proto);
        let index = protos.len() as i32 - 1;
        let at = self.emit(Op::Closure, 0, 0, index);
        Ok(Expr::new(Kind::Open(at)))
    }

    fn parameters(&mut self) -> R<()> {
        let mut locals = Vec::new();
        let mut vararg = false;
        while !self.is_byte(b')') {
            if self.is("...") {
                self.advance()?;
                let name = self.heap.string(b"arg")?;
                locals.push(self.new_local(name)?);
                vararg = true;
                break;
            }
            if !matches!(self.token, Token::Name(_)) {
                return Err(self.syntax(b"<name> or '...' expected"));
            }
            let name = self.name()?;
            locals.push(self.new_local(name)?);
            if !self.skip_byte(b',')? {
                break;
            }
            if self.is_byte(b')') {
                return Err(self.syntax(b"<name> or '...' expected"));
            }
        }
        for local in locals {
            self.activate(local);
        }
        let active = self.active();
        let func = self.func();
        func.params = (active - u32::from(vararg)) as u8;
        func.vararg = vararg;
        func.needs_arg = vararg;
        self.reserve(active)
    }
}
