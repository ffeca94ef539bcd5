//! Tokens and scopes.

use alloc::vec::Vec;

use super::code::NO_JUMP;
use super::expr::{Expr, Kind};
use super::lex::{LexError, Lexer, Token};
use super::{Capture, Func, LocalName, Op, Proto};
use crate::fault::Fault;
use crate::heap::{Gc, Heap, ProtoBox, Str};
use crate::names::{COMPILING, chunk_id, push_integer};
use crate::value::Value;

/// Levels of the grammar that may be nested.
pub(super) const LEVELS_MAX: u32 = 200;
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
        let mut text = chunk_id(self.source.bytes(), COMPILING);
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

    pub(super) fn expected(&mut self, what: &[u8]) -> Fault {
        let words = [b"'", what, b"' expected"].concat();
        self.syntax(&words)
    }

    pub(super) fn limit(&mut self, level: usize, count: usize, what: &str) -> Fault {
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

    pub(super) fn need(&mut self, word: &'static str) -> R<()> {
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

    pub(super) fn drop_locals(&mut self, keep: usize) {
        let pc = self.pc() as u32;
        let func = self.func();
        for local in func.active.drain(keep..) {
            func.locals[local].to = pc;
        }
    }

    /// A variable as the function at `level` sees it; nothing if it is a global.
    pub(super) fn find(&mut self, level: usize, name: Gc<Str>) -> R<Option<Kind>> {
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
}
