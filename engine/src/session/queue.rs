//! The requests that a connection queued since MULTI. Knows no command.

use alloc::vec::Vec;

use crate::command::{CommandId, Flags};
use crate::error::Error;
use crate::resp::{ArgBuf, Args};

/// The commands between MULTI and EXEC, in one buffer.
#[derive(Debug)]
pub(crate) struct Queue {
    requests: Vec<Request>,
    args: ArgBuf,
    /// What the queued commands may do, all together.
    pub(crate) flags: Flags,
    /// A command could not be queued: EXEC will refuse.
    pub(crate) spoiled: bool,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    command: CommandId,
    first: u32,
    len: u32,
}

impl Queue {
    /// An empty queue.
    pub(crate) fn new() -> Queue {
        Queue {
            requests: Vec::new(),
            args: ArgBuf::new(),
            flags: Flags::NONE,
            spoiled: false,
        }
    }

    /// Appends a request whose name is looked up already.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the queue is as before.
    pub(crate) fn push(
        &mut self,
        command: CommandId,
        flags: Flags,
        args: Args<'_>,
    ) -> Result<(), Error> {
        self.requests.try_reserve(1)?;
        let first = self.args.args().len();
        self.args.try_extend(args)?;
        self.requests.push(Request {
            command,
            first: first as u32,
            len: args.len() as u32,
        });
        self.flags = self.flags.or(flags);
        Ok(())
    }

    /// How many requests there are.
    pub(crate) fn len(&self) -> usize {
        self.requests.len()
    }

    /// Bytes of the arguments.
    pub(crate) fn bytes(&self) -> usize {
        self.args.bytes_len()
    }

    /// The requests in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (CommandId, Args<'_>)> {
        self.requests.iter().map(|request| {
            let args = self.args.args().from(request.first as usize);
            (request.command, args.upto(request.len as usize))
        })
    }
}
