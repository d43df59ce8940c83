//! A connection that speaks WebSocket.
//!
//! What is read comes into a buffer on the stack and goes to the decoder at once; what is written is gathered in a
//! buffer of the thread. A socket itself keeps bytes only of what is not whole: a message that is coming, messages
//! that came together, and what the system did not take of a write.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::decode::{Decoder, Heard, Violation};

/// Bytes read at once. Clients of a hub say little.
const READ_BYTES: usize = 2_048;

thread_local! {
    /// Where a write is put together.
    static GATHERED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}
/// More than this is not kept for the next write.
const GATHERED_KEPT: usize = 256 * 1024;

/// Why nothing more is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// The peer broke the protocol.
    Violation(Violation),
    /// The peer is gone, or has said that it says no more.
    Gone,
}

/// A socket.
pub(crate) struct Socket {
    io: TokioIo<Upgraded>,
    decoder: Decoder,
    /// Read and not decoded yet.
    unread: Vec<u8>,
    unread_from: usize,
    /// Begun to be written; the rest must follow before anything else.
    unsent: Vec<u8>,
    unsent_from: usize,
    over: bool,
}

impl Socket {
    /// A socket that takes messages of so many bytes.
    pub(crate) fn new(upgraded: Upgraded, message_max: usize) -> Self {
        Self {
            io: TokioIo::new(upgraded),
            decoder: Decoder::new(message_max),
            unread: Vec::new(),
            unread_from: 0,
            unsent: Vec::new(),
            unsent_from: 0,
            over: false,
        }
    }

    /// The next thing that the peer says.
    pub(crate) fn poll_heard(&mut self, cx: &mut Context<'_>) -> Poll<Result<Heard, Over>> {
        loop {
            if self.over {
                return Poll::Ready(Err(Over::Gone));
            }
            if !self.unread.is_empty() {
                let mut rest = &self.unread[self.unread_from..];
                let heard = self.decoder.next(&mut rest);
                self.unread_from = self.unread.len() - rest.len();
                if rest.is_empty() {
                    (self.unread, self.unread_from) = (Vec::new(), 0);
                }
                if let Some(heard) = self.told(heard) {
                    return Poll::Ready(heard);
                }
                continue;
            }
            let mut bytes = [0; READ_BYTES];
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer));
            let mut rest = buffer.filled();
            if read.is_err() || rest.is_empty() {
                self.over = true;
                continue;
            }
            let heard = self.decoder.next(&mut rest);
            self.unread.extend_from_slice(rest);
            if let Some(heard) = self.told(heard) {
                return Poll::Ready(heard);
            }
        }
    }

    fn told(&mut self, heard: Result<Option<Heard>, Violation>) -> Option<Result<Heard, Over>> {
        match heard {
            Ok(heard) => heard.map(Ok),
            Err(violation) => {
                self.over = true;
                self.unread = Vec::new();
                Some(Err(Over::Violation(violation)))
            }
        }
    }

    /// Whether a write is under way.
    pub(crate) fn is_writing(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Goes on with the write under way, until the system has taken all of it.
    pub(crate) fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Over>> {
        while let rest @ [_, ..] = &self.unsent[self.unsent_from..] {
            let taken = ready!(Pin::new(&mut self.io).poll_write(cx, rest));
            match taken {
                Ok(taken @ 1..) => self.unsent_from += taken,
                _ => return Poll::Ready(Err(Over::Gone)),
            }
        }
        (self.unsent, self.unsent_from) = (Vec::new(), 0);
        Pin::new(&mut self.io).poll_flush(cx).map_err(|_| Over::Gone)
    }

    /// Writes what `gather` puts into the buffer that it is given. To be called when no write is under way.
    ///
    /// What `gather` answers comes back, and beside it whether all is sent: if not, [`Socket::poll_sent`] is to follow.
    pub(crate) fn write<T>(
        &mut self,
        cx: &mut Context<'_>,
        gather: impl FnOnce(&mut Vec<u8>) -> T,
    ) -> (T, Poll<Result<(), Over>>) {
        debug_assert!(!self.is_writing(), "one write after the other");
        GATHERED.with_borrow_mut(|gathered| {
            let answer = gather(gathered);
            let sent = self.send(cx, gathered);
            gathered.clear();
            gathered.shrink_to(GATHERED_KEPT);
            (answer, sent)
        })
    }

    fn send(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<(), Over>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let taken = match Pin::new(&mut self.io).poll_write(cx, bytes) {
            Poll::Ready(Ok(taken @ 1..)) => taken,
            Poll::Ready(_) => return Poll::Ready(Err(Over::Gone)),
            Poll::Pending => 0,
        };
        self.unsent.extend_from_slice(&bytes[taken..]);
        self.poll_sent(cx)
    }

    /// Sends the last bytes, and tells the peer that nothing follows.
    pub(crate) fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Over>> {
        ready!(self.poll_sent(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx).map_err(|_| Over::Gone)
    }

    /// Puts bytes behind the write under way.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.unsent.extend_from_slice(bytes);
    }

    /// Reads and throws away until the peer says no more. Closing with unread bytes would make the system take back
    /// what was sent last.
    pub(crate) fn poll_drained(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [0; READ_BYTES];
        loop {
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(());
            }
        }
    }
}
