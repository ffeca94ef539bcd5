//! The arguments of one request as slices of one buffer. Knows nothing of what they mean.

use alloc::vec::Vec;
use core::ops::Index;

use crate::error::Error;

/// Where one argument lies in its buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Length in bytes.
    pub len: u32,
}

/// A request's arguments, the command's name first. Two slices; copying it copies no argument.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    data: &'a [u8],
    spans: &'a [Span],
}

impl<'a> Args<'a> {
    /// Views `spans` of `data`.
    pub fn new(data: &'a [u8], spans: &'a [Span]) -> Self {
        Args { data, spans }
    }

    /// How many arguments there are, the command's name included.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// There is not even a name.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The argument at `index`, or nothing behind the last.
    pub fn get(&self, index: usize) -> Option<&'a [u8]> {
        let span = self.spans.get(index)?;
        let start = span.start as usize;
        self.data.get(start..start + span.len as usize)
    }

    /// The argument at `index`; empty behind the last.
    pub fn at(&self, index: usize) -> &'a [u8] {
        self.get(index).unwrap_or_default()
    }

    /// The arguments from `index` on.
    pub fn from(&self, index: usize) -> Args<'a> {
        Args {
            data: self.data,
            spans: self.spans.get(index..).unwrap_or_default(),
        }
    }

    /// The first `len` arguments, or all where there are fewer.
    pub fn upto(&self, len: usize) -> Args<'a> {
        Args {
            data: self.data,
            spans: self.spans.get(..len).unwrap_or(self.spans),
        }
    }

    /// The arguments in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + Clone + use<'a> {
        let data = self.data;
        self.spans.iter().map(move |span| {
            let start = span.start as usize;
            data.get(start..start + span.len as usize)
                .unwrap_or_default()
        })
    }

    /// Whether the argument at `index` is `word`, without regard to case.
    pub fn is(&self, index: usize, word: &str) -> bool {
        self.get(index)
            .is_some_and(|arg| arg.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// The argument at `index` as a number of things: an integer that is not negative. What memory cannot count is
    /// as many as it can, so that platforms of all widths agree.
    pub fn size(&self, index: usize) -> Option<usize> {
        let number = self.int(index).ok().filter(|number| *number >= 0)?;
        Some(usize::try_from(number).unwrap_or(usize::MAX))
    }

    /// The argument at `index` as a 64-bit integer in Redis' strict form.
    pub fn int(&self, index: usize) -> Result<i64, Error> {
        self.get(index)
            .and_then(crate::number::parse_i64)
            .ok_or(Error::NotInteger)
    }
}

impl Index<usize> for Args<'_> {
    type Output = [u8];

    fn index(&self, index: usize) -> &[u8] {
        self.at(index)
    }
}

/// Arguments that own their bytes: a queued command, a log record under construction.
#[derive(Clone, Debug, Default)]
pub struct ArgBuf {
    data: Vec<u8>,
    spans: Vec<Span>,
}

impl ArgBuf {
    /// An empty list.
    pub fn new() -> Self {
        ArgBuf::default()
    }

    /// Forgets the arguments and keeps the memory.
    pub fn clear(&mut self) {
        self.data.clear();
        self.spans.clear();
    }

    /// Forgets the arguments and keeps memory for `bytes` bytes of them.
    pub fn shrink_to(&mut self, bytes: usize) {
        self.clear();
        self.data.shrink_to(bytes);
        self.spans.shrink_to(bytes / size_of::<Span>());
    }

    /// Appends one argument.
    pub fn push(&mut self, arg: &[u8]) {
        let start = self.data.len() as u32;
        self.data.extend_from_slice(arg);
        self.spans.push(Span {
            start,
            len: arg.len() as u32,
        });
    }

    /// Appends one argument of a size that a client chose.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the list is as before.
    pub fn try_push(&mut self, arg: &[u8]) -> Result<(), Error> {
        self.data.try_reserve(arg.len())?;
        self.spans.try_reserve(1)?;
        self.push(arg);
        Ok(())
    }

    /// Appends all of `args`.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the list is as before.
    pub fn try_extend(&mut self, args: Args<'_>) -> Result<(), Error> {
        let bytes = args.iter().map(<[u8]>::len).sum::<usize>();
        self.data.try_reserve(bytes)?;
        self.spans.try_reserve(args.len())?;
        args.iter().for_each(|arg| self.push(arg));
        Ok(())
    }

    /// Bytes of the arguments together.
    pub fn bytes_len(&self) -> usize {
        self.data.len()
    }

    /// Views the list.
    pub fn args(&self) -> Args<'_> {
        Args::new(&self.data, &self.spans)
    }
}
