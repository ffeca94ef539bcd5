//! Statements.

use alloc::vec::Vec;

use super::code::NO_JUMP;
use super::expr::{Expr, Kind};
use super::lex::Token;
use super::parse::{Compiler, LEVELS_MAX, R};
use super::{Block, Op};
use crate::heap::{Gc, Str};

impl Compiler<'_> {
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
            if targets.len() > room {
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
