//! From source text to instructions for a register machine, in one pass. Knows nothing of running them.

mod code;
mod expr;
mod lex;
mod parse;
mod statement;

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::heap::{Gc, ProtoBox, Str};
use crate::value::Value;
pub(crate) use parse::{CompileError, compile};

/// What an instruction does. `R` is a register, `K` a constant, `RK` either: see [`Ins`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Op {
    /// `R[a] = R[b]`
    Move,
    /// `R[a] = K[c]`
    LoadK,
    /// `R[a..=b] = nil`
    LoadNil,
    /// `R[a] = b`, and over the next instruction if `c`
    LoadBool,
    /// `R[a] = upvalue b`
    GetUpval,
    /// `upvalue b = R[a]`
    SetUpval,
    /// `R[a] = environment[K[c]]`
    GetGlobal,
    /// `environment[K[c]] = R[a]`
    SetGlobal,
    /// `R[a] = R[b][R[c]]`
    GetTable,
    /// `R[a] = R[b][K[c]]`, a string
    GetField,
    /// `R[a] = R[b][K[c]]`, no string
    GetConst,
    /// `R[a][R[b]] = RK[c]`
    SetTable,
    /// `R[a][K[b]] = RK[c]`, a string
    SetField,
    /// `R[a][K[b]] = RK[c]`, no string
    SetConst,
    /// `R[a] = {}` with room for `b` elements and `c` other keys
    NewTable,
    /// `R[a + 1] = R[b]; R[a] = R[b][K[c]]`
    Method,
    /// `R[a] = R[b] + R[c]` and so on
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    /// `R[a] = R[b] + K[c]` and so on, a number
    AddK,
    SubK,
    MulK,
    DivK,
    ModK,
    PowK,
    /// `R[a] = -R[b]`
    Unm,
    Not,
    Len,
    /// `R[a] = R[b] .. … .. R[c]`
    Concat,
    /// goes on `c` instructions further
    Jmp,
    /// over the jump that follows unless `(R[b] == R[c]) == a` and so on
    Eq,
    Lt,
    Le,
    EqK,
    /// the same with a number: `R[b] < K[c]`, `R[b] <= K[c]`, `R[b] > K[c]`, `R[b] >= K[c]`
    LtK,
    LeK,
    GtK,
    GeK,
    /// over the jump that follows unless `R[a] is true` is `c`
    Test,
    /// the same of `R[b]`, which goes to `R[a]` if not
    TestSet,
    /// calls `R[a]` with `b - 1` arguments (0: up to the top) for `c - 1` results (0: all)
    Call,
    /// `return R[a](…)`
    TailCall,
    /// returns `b - 1` values (0: up to the top) from `R[a]` on
    Return,
    ForLoop,
    ForPrep,
    /// the next `b` values of an iterator, over the jump back that follows if there is none
    TForLoop,
    /// `R[a][c + i] = R[a + i]` for `b` elements (0: up to the top)
    SetList,
    /// variables from `R[a]` on leave the stack
    Close,
    /// `R[a] = function c`
    Closure,
    /// `b - 1` of the extra arguments (0: all) to `R[a]` and on
    Vararg,
}

/// An instruction: what to do, and three operands.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(8))]
pub(crate) struct Ins {
    pub(crate) op: Op,
    pub(crate) a: u8,
    pub(crate) b: u16,
    /// As an `RK`: a constant if negative, which is `!c`.
    pub(crate) c: i32,
}

/// A local variable's name and the instructions where it lives.
#[derive(Debug)]
pub(crate) struct LocalName {
    pub(crate) name: Gc<Str>,
    pub(crate) from: u32,
    pub(crate) to: u32,
}

/// Where a closure finds a variable that it catches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capture {
    /// In its maker's register, not among what its maker has caught.
    pub(crate) is_local: bool,
    pub(crate) index: u8,
}

/// A compiled function.
#[derive(Debug)]
pub(crate) struct Proto {
    pub(crate) code: Box<[Ins]>,
    /// The line of each instruction.
    pub(crate) lines: Box<[u32]>,
    pub(crate) constants: Box<[Value]>,
    pub(crate) protos: Box<[Gc<ProtoBox>]>,
    pub(crate) captures: Box<[Capture]>,
    pub(crate) upval_names: Box<[Gc<Str>]>,
    pub(crate) locals: Box<[LocalName]>,
    pub(crate) source: Gc<Str>,
    pub(crate) params: u8,
    pub(crate) vararg: bool,
    /// The extra arguments go into a table `arg`.
    pub(crate) needs_arg: bool,
    pub(crate) registers: u8,
}

impl Proto {
    /// Bytes that it holds.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.code)
            + size_of_val(&*self.lines)
            + size_of_val(&*self.constants)
            + size_of_val(&*self.locals)
            + (self.captures.len() + self.protos.len() + self.upval_names.len()) * 8
    }

    /// The names that it knows.
    pub(crate) fn names(&self) -> impl Iterator<Item = Gc<Str>> {
        let locals = self.locals.iter().map(|local| local.name);
        locals.chain(self.upval_names.iter().copied())
    }
}

/// A function that is being compiled.
struct Func {
    code: Vec<Ins>,
    lines: Vec<u32>,
    constants: Vec<Value>,
    protos: Vec<Gc<ProtoBox>>,
    captures: Vec<Capture>,
    upval_names: Vec<Gc<Str>>,
    locals: Vec<LocalName>,
    line_defined: u32,
    params: u8,
    vararg: bool,
    needs_arg: bool,
    registers: u32,
    /// The locals that are visible, by their register, as indexes of `locals`.
    active: Vec<usize>,
    blocks: Vec<Block>,
    /// The first free register.
    free: u32,
    /// The last place that jumps go to; -1: none.
    label: i32,
    /// Jumps to the next instruction.
    pending: i32,
}

struct Block {
    breaks: i32,
    is_loop: bool,
    /// How many locals were active before it.
    locals: usize,
    captured: bool,
}
