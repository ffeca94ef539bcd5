//! Tokens, scopes and statements.

use alloc::vec::Vec;

use super::code::NO_JUMP;
use super::expr::{Expr, Kind};
use super::lex::{LexError, Lexer, Token};
use super::{Block, Capture, Func, LocalName, Op, Proto};
use crate::fault::Fault;
use crate::heap::{Gc, Heap, ProtoBox, Str};
use crate::names::{chunk_id, push_integer};
use crate::value::Value;

/// Levels of the grammar that may be nested.
const LEVELS_MAX: u32 = 200;
const LOCALS_MAX: usize = 200;
const UPVALS_MAX: usize = 60;

pub(super) type R<T> = Result<T, Fault>;

/// What compiles a chunk.
pub(super) struct Compiler<'a> {
    pub(super) heap: &'a mut Heap,
    pub(super) lexer: Lexer<'a>,
    pub(super) token: Token,
    ahead: Option<Token>,
    /// The line of the token before.
    pub(super) last_line: u32,
    pub(super) funcs: Vec<Func>,
    source: Gc<Str>,
    pub(super) levels: u32,
    error: Vec<u8>,
}

/// Why a chunk was not compiled.
#[derive(Debug)]
pub(crate) enum CompileError {
    /// It is wrong: the message, with its place.
    Syntax(Vec<u8>),
    /// There is no memory.
    Memory,
}

/// Compiles a chunk. `levels` of nesting are in use already.
pub(crate) fn compile(
    heap: &mut Heap,
    text: &[u8],
    name: &[u8],
    levels: u32,
) -> Result<Gc<ProtoBox>, CompileError> {
    let no_memory = |_| CompileError::Memory;
    // What the compiler keeps for a byte of text, at the most.
    heap.allows(text.len().saturating_mul(8))
        .map_err(no_memory)?;
    let source = heap.string(name).map_err(no_memory)?;
    let mut compiler = Compiler {
        heap,
        lexer: Lexer::new(text),
        token: Token::Eof,
        ahead: None,
        last_line: 1,
        funcs: Vec::new(),
        source,
        levels,
        error: Vec::new(),
    };
    compiler.main().map_err(|fault| match fault {
        Fault::Raised => CompileError::Syntax(core::mem::take(&mut compiler.error)),
        _ => CompileError::Memory,
    })
}

impl Compiler<'_> {
    fn main(&mut self) -> R<Gc<ProtoBox>> {
        self.open_func(0);
        self.func().vararg = true;
        self.advance()?;
        self.chunk()?;
        if self.token != Token::Eof {
            return Err(self.expected(b"<eof>"));
        }
        let proto = self.close_func();
        self.heap.proto(proto)
    }

    // Errors.

    pub(super) fn fail(&mut self, words: &[u8], near: Option<&[u8]>) -> Fault {
        let mut text = chunk_id(self.source.bytes());
        text.push(b':');
        push_integer(&mut text, i64::from(self.lexer.line));
        text.extend_from_slice(b": ");
        text.extend_from_slice(words);
        if let Some(near) = near {
            text.extend_from_slice(b" near '");
            text.extend_from_slice(near);
            text.push(b'\'');
        }
        self.error = text;
        Fault::Raised
    }

    /// An error at the token at hand.
    pub(super) fn syntax(&mut self, words: &[u8]) -> Fault {
        match self.token {
            Token::Eof => self.fail(words, Some(b"<eof>")),
            Token::Word(word) => self.fail(words, Some(word.as_bytes())),
            // As in 5.1, a zero byte is no token to be shown.
            Token::Byte(0) => self.fail(words, None),
            Token::Byte(byte) => self.fail_at(words, byte),
            _ => self.fail_near(words),
        }
    }

    fn fail_at(&mut self, words: &[u8], byte: u8) -> Fault {
        if byte < 32 || byte == 127 {
            let mut near = b"char(".to_vec();
            push_integer(&mut near, i64::from(byte));
            near.push(b')');
            return self.fail(words, Some(&near));
        }
        self.fail(words, Some(&[byte]))
    }

    /// An error at the last name, number or string.
    fn fail_near(&mut self, words: &[u8]) -> Fault {
        let near = core::mem::take(&mut self.lexer.buffer);
        let end = near.iter().position(|byte| *byte == 0);
        self.fail(words, Some(&near[..end.unwrap_or(near.len())]))
    }

    fn expected(&mut self, what: &[u8]) -> Fault {
        let words = [b"'", what, b"' expected"].concat();
        self.syntax(&words)
    }

    fn limit(&mut self, level: usize, count: usize, what: &str) -> Fault {
        let line = self.funcs[level].line_defined;
        let mut words = Vec::new();
        if line == 0 {
            words.extend_from_slice(b"main function");
        } else {
            words.extend_from_slice(b"function at line ");
            push_integer(&mut words, i64::from(line));
        }
        words.extend_from_slice(b" has more than ");
        push_integer(&mut words, count as i64);
        words.push(b' ');
        words.extend_from_slice(what.as_bytes());
        self.fail(&words, None)
    }

    /// One level deeper.
    pub(super) fn enter(&mut self) -> R<()> {
        self.levels += 1;
        if self.levels > LEVELS_MAX {
            return Err(self.fail(b"chunk has too many syntax levels", None));
        }
        Ok(())
    }

    // Tokens.

    fn lex(&mut self) -> R<Token> {
        match self.lexer.next(self.heap) {
            Ok(token) => Ok(token),
            Err(LexError::Fault(fault)) => Err(fault),
            Err(LexError::Near(words)) => Err(self.fail_near(words.as_bytes())),
            Err(LexError::AtEnd(words)) => Err(self.fail(words.as_bytes(), Some(b"<eof>"))),
            Err(LexError::At(words, byte)) => Err(self.fail_at(words.as_bytes(), byte)),
        }
    }

    pub(super) fn advance(&mut self) -> R<()> {
        self.last_line = self.lexer.line;
        self.token = match self.ahead.take() {
            Some(token) => token,
            None => self.lex()?,
        };
        Ok(())
    }

    /// Whether `=` comes behind the token at hand.
    pub(super) fn next_is_assign(&mut self) -> R<bool> {
        let next = match self.ahead {
            Some(token) => token,
            None => self.lex()?,
        };
        self.ahead = Some(next);
        Ok(next == Token::Byte(b'='))
    }

    pub(super) fn is(&self, word: &'static str) -> bool {
        self.token == Token::Word(word)
    }

    pub(super) fn is_byte(&self, byte: u8) -> bool {
        self.token == Token::Byte(byte)
    }

    pub(super) fn skip_byte(&mut self, byte: u8) -> R<bool> {
        let yes = self.is_byte(byte);
        if yes {
            self.advance()?;
        }
        Ok(yes)
    }

    pub(super) fn need_byte(&mut self, byte: u8) -> R<()> {
        if self.skip_byte(byte)? {
            return Ok(());
        }
        Err(self.expected(&[byte]))
    }

    fn need(&mut self, word: &'static str) -> R<()> {
        if !self.is(word) {
            return Err(self.expected(word.as_bytes()));
        }
        self.advance()
    }

    /// What closes that which was opened at `line`.
    pub(super) fn need_match(&mut self, close: &'static str, open: &str, line: u32) -> R<()> {
        let found = match self.token {
            Token::Word(word) => word == close,
            Token::Byte(byte) => close.as_bytes() == [byte],
            _ => false,
        };
        if found {
            return self.advance();
        }
        if line == self.lexer.line {
            return Err(self.expected(close.as_bytes()));
        }
        let mut words = [
            b"'",
            close.as_bytes(),
            b"' expected (to close '",
            open.as_bytes(),
            b"' at line ",
        ]
        .concat();
        push_integer(&mut words, i64::from(line));
        words.push(b')');
        Err(self.syntax(&words))
    }

    pub(super) fn name(&mut self) -> R<Gc<Str>> {
        let Token::Name(name) = self.token else {
            return Err(self.expected(b"<name>"));
        };
        self.advance()?;
        Ok(name)
    }

    // Functions, blocks and variables.

    pub(super) fn open_func(&mut self, line: u32) {
        self.funcs.push(Func {
            code: Vec::new(),
            lines: Vec::new(),
            constants: Vec::new(),
            protos: Vec::new(),
            captures: Vec::new(),
            upval_names: Vec::new(),
            locals: Vec::new(),
            line_defined: line,
            params: 0,
            vararg: false,
            needs_arg: false,
            registers: 2,
            active: Vec::new(),
            blocks: Vec::new(),
            free: 0,
            label: -1,
            pending: NO_JUMP,
        });
    }

    pub(super) fn close_func(&mut self) -> Proto {
        self.drop_locals(0);
        self.emit(Op::Return, 0, 1, 0);
        let func = self.func();
        let take = core::mem::take::<Vec<LocalName>>;
        let proto = Proto {
            code: core::mem::take(&mut func.code).into_boxed_slice(),
            lines: core::mem::take(&mut func.lines).into_boxed_slice(),
            constants: core::mem::take(&mut func.constants).into_boxed_slice(),
            protos: core::mem::take(&mut func.protos).into_boxed_slice(),
            captures: core::mem::take(&mut func.captures).into_boxed_slice(),
            upval_names: core::mem::take(&mut func.upval_names).into_boxed_slice(),
            locals: take(&mut func.locals).into_boxed_slice(),
            source: self.source,
            params: self.func().params,
            vararg: self.func().vararg,
            needs_arg: self.func().needs_arg,
            registers: self.func().registers as u8,
        };
        self.funcs.pop();
        proto
    }

    pub(super) fn new_local(&mut self, name: Gc<Str>) -> R<usize> {
        let pending = self.func().locals.iter().rev();
        let pending = pending.take_while(|local| local.to == u32::MAX).count();
        if self.func().active.len() + pending >= LOCALS_MAX {
            let level = self.funcs.len() - 1;
            return Err(self.limit(level, LOCALS_MAX, "local variables"));
        }
        let func = self.func();
        func.locals.push(LocalName {
            name,
            from: 0,
            to: u32::MAX,
        });
        Ok(func.locals.len() - 1)
    }

    /// A local variable is visible from here on, in the next register.
    pub(super) fn activate(&mut self, local: usize) {
        let pc = self.pc() as u32;
        let func = self.func();
        func.locals[local].from = pc;
        func.locals[local].to = pc;
        func.active.push(local);
    }

    fn drop_locals(&mut self, keep: usize) {
        let pc = self.pc() as u32;
        let func = self.func();
        for local in func.active.drain(keep..) {
            func.locals[local].to = pc;
        }
    }

    /// A variable as the function at `level` sees it; nothing if it is a global.
    fn find(&mut self, level: usize, name: Gc<Str>) -> R<Option<Kind>> {
        let func = &mut self.funcs[level];
        let locals = &func.locals;
        let found = func.active.iter().rposition(|at| locals[*at].name == name);
        if let Some(register) = found {
            return Ok(Some(Kind::Local(register as u32)));
        }
        if let Some(at) = func.upval_names.iter().position(|known| *known == name) {
            return Ok(Some(Kind::Upval(at as u32)));
        }
        if level == 0 {
            return Ok(None);
        }
        let capture = match self.find(level - 1, name)? {
            Some(Kind::Local(register)) => {
                let mut blocks = self.funcs[level - 1].blocks.iter_mut().rev();
                if let Some(block) = blocks.find(|block| block.locals <= register as usize) {
                    block.captured = true;
                }
                Capture {
                    is_local: true,
                    index: register as u8,
                }
            }
            Some(Kind::Upval(at)) => Capture {
                is_local: false,
                index: at as u8,
            },
            _ => return Ok(None),
        };
        if self.funcs[level].captures.len() >= UPVALS_MAX {
            return Err(self.limit(level, UPVALS_MAX, "upvalues"));
        }
        let func = &mut self.funcs[level];
        func.captures.push(capture);
        func.upval_names.push(name);
        Ok(Some(Kind::Upval(func.captures.len() as u32 - 1)))
    }

    pub(super) fn variable(&mut self) -> R<Expr> {
        let name = self.name()?;
        let level = self.funcs.len() - 1;
        if let Some(found) = self.find(level, name)? {
            return Ok(Expr::new(found));
        }
        let at = self.constant(Value::Str(name))?;
        Ok(Expr::new(Kind::Global(at)))
    }

    fn open_block(&mut self, is_loop: bool) {
        let locals = self.func().active.len();
        self.func().blocks.push(Block {
            breaks: NO_JUMP,
            is_loop,
            locals,
            captured: false,
        });
    }

    fn close_block(&mut self) {
        let Some(block) = self.func().blocks.pop() else {
            return;
        };
        self.drop_locals(block.locals);
        if block.captured {
            self.emit(Op::Close, block.locals as u32, 0, 0);
        }
        self.func().free = block.locals as u32;
        self.patch_here(block.breaks);
    }

    // Statements.

    fn block_ends(&self) -> bool {
        matches!(
            self.token,
            Token::Eof | Token::Word("else" | "elseif" | "end" | "until")
        )
    }

    pub(super) fn chunk(&mut self) -> R<()> {
        self.enter()?;
        let mut last = false;
        while !last && !self.block_ends() {
            last = self.statement()?;
            self.skip_byte(b';')?;
            let active = self.active();
            self.func().free = active;
        }
        self.levels -= 1;
        Ok(())
    }

    fn block(&mut self) -> R<()> {
        self.open_block(false);
        self.chunk()?;
        self.close_block();
        Ok(())
    }

    /// True if it must be the last of its block.
    fn statement(&mut self) -> R<bool> {
        let line = self.lexer.line;
        match self.token {
            Token::Word("if") => self.if_statement(line)?,
            Token::Word("while") => self.while_statement(line)?,
            Token::Word("do") => {
                self.advance()?;
                self.block()?;
                self.need_match("end", "do", line)?;
            }
            Token::Word("for") => self.for_statement(line)?,
            Token::Word("repeat") => self.repeat_statement(line)?,
            Token::Word("function") => self.function_statement(line)?,
            Token::Word("local") => {
                self.advance()?;
                if self.is("function") {
                    self.advance()?;
                    self.local_function()?;
                } else {
                    self.local_statement()?;
                }
            }
            Token::Word("return") => {
                self.return_statement()?;
                return Ok(true);
            }
            Token::Word("break") => {
                self.advance()?;
                self.break_statement()?;
                return Ok(true);
            }
            _ => self.expression_statement()?,
        }
        Ok(false)
    }

    /// A condition: the jumps that are taken if it is false.
    fn condition(&mut self) -> R<i32> {
        let mut expr = self.expression()?;
        if expr.kind == Kind::Nil {
            expr.kind = Kind::False;
        }
        self.go_if_true(&mut expr)?;
        Ok(expr.on_false)
    }

    fn if_statement(&mut self, line: u32) -> R<()> {
        let mut ends = NO_JUMP;
        loop {
            self.advance()?;
            let next = self.condition()?;
            self.need("then")?;
            self.block()?;
            if self.is("elseif") {
                let jump = self.jump();
                self.join(&mut ends, jump);
                self.patch_here(next);
                continue;
            }
            if self.is("else") {
                let jump = self.jump();
                self.join(&mut ends, jump);
                self.patch_here(next);
                self.advance()?;
                self.block()?;
            } else {
                self.join(&mut ends, next);
            }
            break;
        }
        self.patch_here(ends);
        self.need_match("end", "if", line)
    }

    fn while_statement(&mut self, line: u32) -> R<()> {
        self.advance()?;
        let start = self.here();
        let exit = self.condition()?;
        self.open_block(true);
        self.need("do")?;
        self.block()?;
        self.jump_to(start);
        self.need_match("end", "while", line)?;
        self.close_block();
        self.patch_here(exit);
        Ok(())
    }

    fn break_statement(&mut self) -> R<()> {
        let blocks = &mut self.func().blocks;
        let Some(at) = blocks.iter().rposition(|block| block.is_loop) else {
            return Err(self.syntax(b"no loop to break"));
        };
        let captured = blocks[at + 1..].iter().any(|block| block.captured);
        let locals = blocks[at].locals as u32;
        if captured {
            self.emit(Op::Close, locals, 0, 0);
        }
        let jump = self.jump();
        let mut breaks = self.func().blocks[at].breaks;
        self.join(&mut breaks, jump);
        self.func().blocks[at].breaks = breaks;
        Ok(())
    }

    fn repeat_statement(&mut self, line: u32) -> R<()> {
        let start = self.here();
        self.open_block(true);
        self.open_block(false);
        self.advance()?;
        self.chunk()?;
        self.need_match("until", "repeat", line)?;
        let exit = self.condition()?;
        let captured = self
            .func()
            .blocks
            .last()
            .is_some_and(|block| block.captured);
        if captured {
            self.break_statement()?;
            self.patch_here(exit);
            self.close_block();
            self.jump_to(start);
        } else {
            self.close_block();
            self.patch(exit, start);
        }
        self.close_block();
        Ok(())
    }

    fn for_statement(&mut self, line: u32) -> R<()> {
        self.open_block(true);
        self.advance()?;
        let first = self.name()?;
        if self.is_byte(b'=') {
            self.numeric_for(first, line)?;
        } else if self.is_byte(b',') || self.is("in") {
            self.generic_for(first)?;
        } else {
            return Err(self.syntax(b"'=' or 'in' expected"));
        }
        self.need_match("end", "for", line)?;
        self.close_block();
        Ok(())
    }

    fn numeric_for(&mut self, name: Gc<Str>, line: u32) -> R<()> {
        let base = self.func().free;
        let hidden = self.hidden(&["(for index)", "(for limit)", "(for step)"])?;
        let local = self.new_local(name)?;
        self.advance()?;
        let mut expr = self.expression()?;
        self.place_next(&mut expr)?;
        self.need_byte(b',')?;
        let mut expr = self.expression()?;
        self.place_next(&mut expr)?;
        let mut step = if self.skip_byte(b',')? {
            self.expression()?
        } else {
            Expr::new(Kind::Number(1.0))
        };
        self.place_next(&mut step)?;
        self.for_body(base, line, hidden, &[local], true)
    }

    fn generic_for(&mut self, first: Gc<Str>) -> R<()> {
        let base = self.func().free;
        let hidden = self.hidden(&["(for generator)", "(for state)", "(for control)"])?;
        let mut locals = alloc::vec![self.new_local(first)?];
        while self.skip_byte(b',')? {
            let name = self.name()?;
            locals.push(self.new_local(name)?);
        }
        self.need("in")?;
        let line = self.lexer.line;
        let (count, mut last) = self.expressions()?;
        self.adjust(3, count, &mut last)?;
        self.check_registers(3)?;
        self.for_body(base, line, hidden, &locals, false)
    }

    /// Variables that have names which nobody can write.
    fn hidden(&mut self, names: &[&str; 3]) -> R<[usize; 3]> {
        let mut locals = [0; 3];
        for (local, name) in locals.iter_mut().zip(names) {
            let name = self.heap.string(name.as_bytes())?;
            *local = self.new_local(name)?;
        }
        Ok(locals)
    }

    fn for_body(
        &mut self,
        base: u32,
        line: u32,
        hidden: [usize; 3],
        locals: &[usize],
        numeric: bool,
    ) -> R<()> {
        for local in hidden {
            self.activate(local);
        }
        self.need("do")?;
        let prepare = if numeric {
            self.emit(Op::ForPrep, base, 0, NO_JUMP) as i32
        } else {
            self.jump()
        };
        self.open_block(false);
        for local in locals {
            self.activate(*local);
        }
        self.reserve(locals.len() as u32)?;
        self.block()?;
        self.close_block();
        self.patch_here(prepare);
        let start = prepare as usize + 1;
        if numeric {
            let end = self.emit(Op::ForLoop, base, 0, NO_JUMP);
            self.set_line(end, line);
            self.at(end).c = start as i32 - (end as i32 + 1);
        } else {
            let end = self.emit(Op::TForLoop, base, locals.len() as u32, 0);
            self.set_line(end, line);
            self.jump_to(start);
        }
        Ok(())
    }

    fn function_statement(&mut self, line: u32) -> R<()> {
        self.advance()?;
        let mut target = self.variable()?;
        let mut method = false;
        while self.is_byte(b'.') {
            self.field(&mut target)?;
        }
        if self.is_byte(b':') {
            method = true;
            self.field(&mut target)?;
        }
        let mut body = self.body(method, line)?;
        self.store(&target, &mut body)?;
        let last = self.pc() - 1;
        self.set_line(last, line);
        Ok(())
    }

    fn local_function(&mut self) -> R<()> {
        let name = self.name()?;
        let local = self.new_local(name)?;
        let register = self.func().free;
        self.reserve(1)?;
        self.activate(local);
        let mut body = self.body(false, self.lexer.line)?;
        self.store(&Expr::new(Kind::Local(register)), &mut body)?;
        let pc = self.pc() as u32;
        self.func().locals[local].from = pc;
        Ok(())
    }

    fn local_statement(&mut self) -> R<()> {
        let mut locals = Vec::new();
        loop {
            let name = self.name()?;
            locals.push(self.new_local(name)?);
            if !self.skip_byte(b',')? {
                break;
            }
        }
        let (count, mut last) = if self.skip_byte(b'=')? {
            self.expressions()?
        } else {
            (0, Expr::new(Kind::Void))
        };
        self.adjust(locals.len() as u32, count, &mut last)?;
        for local in locals {
            self.activate(local);
        }
        Ok(())
    }

    fn return_statement(&mut self) -> R<()> {
        self.advance()?;
        if self.block_ends() || self.is_byte(b';') {
            self.emit(Op::Return, 0, 1, 0);
            return Ok(());
        }
        let (count, mut last) = self.expressions()?;
        let active = self.active();
        if last.is_open() {
            self.set_results(&mut last, None)?;
            if let Kind::Call(at) = last.kind
                && count == 1
            {
                self.at(at).op = Op::TailCall;
            }
            self.emit(Op::Return, active, 0, 0);
        } else if count == 1 {
            let register = self.place_any(&mut last)?;
            self.emit(Op::Return, register, 2, 0);
        } else {
            self.place_next(&mut last)?;
            self.emit(Op::Return, active, count + 1, 0);
        }
        Ok(())
    }

    fn check_assignable(&mut self, expr: &Expr) -> R<()> {
        let assignable = matches!(
            expr.kind,
            Kind::Local(_) | Kind::Upval(_) | Kind::Global(_) | Kind::Index(..)
        );
        if assignable {
            return Ok(());
        }
        Err(self.syntax(b"syntax error"))
    }

    fn expression_statement(&mut self) -> R<()> {
        let target = self.suffixed()?;
        if let Kind::Call(at) = target.kind {
            self.at(at).c = 1;
            return Ok(());
        }
        let mut targets = alloc::vec![target];
        self.check_assignable(&target)?;
        while self.skip_byte(b',')? {
            let next = self.suffixed()?;
            if let Kind::Local(register) = next.kind {
                self.keep_from(&mut targets, register)?;
            }
            let room = LEVELS_MAX.saturating_sub(self.levels) as usize;
            if targets.len() >= room {
                let level = self.funcs.len() - 1;
                return Err(self.limit(level, room, "variables in assignment"));
            }
            targets.push(next);
            self.check_assignable(&next)?;
        }
        self.need_byte(b'=')?;
        let (count, mut last) = self.expressions()?;
        let wanted = targets.len() as u32;
        if count == wanted {
            // One value of it only.
            match last.kind {
                Kind::Call(_) | Kind::Vararg(_) => self.discharge(&mut last),
                _ => {}
            }
            if let Some(target) = targets.pop() {
                self.store(&target, &mut last)?;
            }
        } else {
            self.adjust(wanted, count, &mut last)?;
            self.func().free -= count.saturating_sub(wanted);
        }
        for target in targets.iter().rev() {
            let register = self.func().free - 1;
            self.store(target, &mut Expr::new(Kind::Register(register)))?;
        }
        Ok(())
    }

    /// A local that is assigned to is copied first if a target before it indexes it or indexes with it.
    fn keep_from(&mut self, targets: &mut [Expr], local: u32) -> R<()> {
        let copy = self.func().free;
        let mut conflict = false;
        for target in targets {
            if let Kind::Index(table, key) = &mut target.kind {
                if *table == local {
                    *table = copy;
                    conflict = true;
                }
                if *key == local as i32 {
                    *key = copy as i32;
                    conflict = true;
                }
            }
        }
        if conflict {
            self.emit(Op::Move, copy, local, 0);
            self.reserve(1)?;
        }
        Ok(())
    }

    /// Makes `wanted` values of `count` expressions.
    fn adjust(&mut self, wanted: u32, count: u32, last: &mut Expr) -> R<()> {
        let missing = i64::from(wanted) - i64::from(count);
        if last.is_open() {
            let results = (missing + 1).max(0) as u32;
            self.set_results(last, Some(results))?;
            if results > 1 {
                self.reserve(results - 1)?;
            }
            return Ok(());
        }
        if last.kind != Kind::Void {
            self.place_next(last)?;
        }
        if missing > 0 {
            let register = self.func().free;
            self.reserve(missing as u32)?;
            self.emit_nil(register, missing as u32);
        }
        Ok(())
    }
}
