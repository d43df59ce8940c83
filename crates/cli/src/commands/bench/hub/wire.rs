//! The generator's end of a socket: as little as there can be, so that what is measured is the server.
//!
//! Messages are handed out as they stand in the buffer that was read; pings are answered; what belongs to no lane is
//! passed over. Only for servers of one's own: a frame is not checked for more than its length.

use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::commands::bench::target::Target;
use crate::failure::Failure;

/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;
/// Time for connecting and for the welcome.
const PATIENCE: Duration = Duration::from_secs(60);

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// A signed-on socket.
pub(super) struct Socket {
    stream: TcpStream,
    /// The beginning of a frame that has not come whole.
    begun: Vec<u8>,
}

/// A frame with a mask of zeros, which leaves the payload as it is.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u8::try_from(payload.len()) {
        Ok(short @ 0..=125) => frame.push(0x80 | short),
        _ => {
            frame.push(0xfe);
            // Longest subscription: far below 64 KiB.
            let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
            frame.extend_from_slice(&length.to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

impl Socket {
    /// Connects, signs on with the `n`th key, and hears the welcome.
    pub(super) async fn open(target: &Target, n: usize) -> Result<Self, Failure> {
        let opening = tokio::time::timeout(PATIENCE, Self::opened(target, n)).await;
        opening.map_err(|_| Failure::failed(format!("no welcome within {} s", PATIENCE.as_secs())))?
    }

    async fn opened(target: &Target, n: usize) -> Result<Self, Failure> {
        let key = format!("Authorization: Bearer {}\r\n", target.key(n));
        let mut socket = Self::upgrade(target.authority(), "/api/v1/stream", &key).await?;
        let mut welcomed = false;
        while !welcomed {
            let told = |frame: &[u8]| welcomed |= frame.starts_with(br#"{"op":"welcome""#);
            if !socket.read(told).await {
                return Err(Failure::failed("no welcome from the hub"));
            }
        }
        Ok(socket)
    }

    /// Connects and opens a socket; `lines` are further lines of the request's head.
    pub(super) async fn upgrade(authority: &str, path: &str, lines: &str) -> Result<Self, Failure> {
        let hint = "more sockets may need a higher limit of open files: ulimit -n 20000";
        let stream = TcpStream::connect(authority)
            .await
            .map_err(|error| Failure::with_hint(format!("cannot connect: {error}"), hint))?;
        stream.set_nodelay(true).context("a socket option")?;
        let mut socket = Self {
            stream,
            begun: Vec::new(),
        };
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{lines}\r\n"
        );
        let sent = socket.stream.write_all(request.as_bytes()).await;
        sent.context("asking for a socket")?;
        let mut heard = Vec::new();
        let end = loop {
            if let Some(at) = heard.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            if socket.stream.read_buf(&mut heard).await.context("an answer")? == 0 {
                return Err(Failure::failed("the server ends the connection"));
            }
        };
        if !heard.starts_with(b"HTTP/1.1 101 ") {
            let text = String::from_utf8_lossy(&heard).into_owned();
            return Err(Failure::failed(format!("the hub refuses: {text}")));
        }
        // What came behind the answer is the beginning of the frames.
        socket.begun = heard.split_off(end);
        Ok(socket)
    }

    /// Says a message.
    pub(super) async fn say(&mut self, text: &str) -> Result<(), Failure> {
        let frame = masked(TEXT, text.as_bytes());
        Ok(self.stream.write_all(&frame).await.context("saying something")?)
    }

    /// Waits for something to read and hands out every message in it; false at the end.
    pub(super) async fn read(&mut self, mut told: impl FnMut(&[u8])) -> bool {
        let mut answers = Vec::new();
        let open = match self.read_once(&mut told, &mut answers) {
            // Frames that came with the handshake are there already.
            None => loop {
                if self.stream.readable().await.is_err() {
                    break false;
                }
                if let Some(open) = self.read_once(&mut told, &mut answers) {
                    break open;
                }
            },
            Some(open) => open,
        };
        open && (answers.is_empty() || self.stream.write_all(&answers).await.is_ok())
    }

    /// Reads what is there; `None` when that is nothing.
    fn read_once(&mut self, told: &mut impl FnMut(&[u8]), answers: &mut Vec<u8>) -> Option<bool> {
        let mut bytes = [0; READ_BYTES];
        let read = match self.stream.try_read(&mut bytes) {
            Ok(0) => return Some(false),
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                let begun = std::mem::take(&mut self.begun);
                let before = begun.len();
                let (open, rest) = frames(&begun, told, answers);
                self.begun = rest.to_vec();
                return (!open || self.begun.len() < before).then_some(open);
            }
            Err(_) => return Some(false),
        };
        if self.begun.is_empty() {
            let (open, rest) = frames(&bytes[..read], told, answers);
            self.begun.extend_from_slice(rest);
            return Some(open);
        }
        let mut joined = std::mem::take(&mut self.begun);
        joined.extend_from_slice(&bytes[..read]);
        let (open, rest) = frames(&joined, told, answers);
        self.begun.extend_from_slice(rest);
        Some(open)
    }
}

/// Takes the whole frames off `bytes`; whether the socket is open, and what is left.
fn frames<'a>(mut bytes: &'a [u8], told: &mut impl FnMut(&[u8]), answers: &mut Vec<u8>) -> (bool, &'a [u8]) {
    while let Some((first, payload, rest)) = frame(bytes) {
        match first {
            TEXT | BINARY => told(payload),
            PING => answers.extend_from_slice(&masked(PONG, payload)),
            CLOSE => return (false, rest),
            _ => {}
        }
        bytes = rest;
    }
    (true, bytes)
}

/// The first frame: its first byte, its payload, what follows it.
fn frame(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (head, length): (usize, usize) = match *bytes {
        [_, short @ 0..=125, ..] => (2, usize::from(short)),
        [_, 126, high, low, ..] => (4, usize::from(u16::from_be_bytes([high, low]))),
        [_, 127, a, b, c, d, e, f, g, h, ..] => (
            10,
            usize::try_from(u64::from_be_bytes([a, b, c, d, e, f, g, h])).ok()?,
        ),
        _ => return None,
    };
    let frame = bytes.get(..head.checked_add(length)?)?;
    Some((frame[0], &frame[head..], &bytes[frame.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_apart_wherever_they_are_cut() {
        let long = [&[TEXT, 126, 1, 0][..], &[b'x'; 256]].concat();
        let all = [&b"\x81\x03one"[..], b"\x89\x01p", &long, b"\x81\x00"].concat();
        for cut in 0..all.len() {
            let (mut heard, mut answers) = (Vec::new(), Vec::new());
            let mut told = |frame: &[u8]| heard.push(frame.len());
            let (_, rest) = frames(&all[..cut], &mut told, &mut answers);
            let joined = [rest, &all[cut..]].concat();
            let (open, rest) = frames(&joined, &mut told, &mut answers);
            assert!(open && rest.is_empty(), "{cut}");
            assert_eq!(heard, [3, 256, 0], "{cut}");
            assert_eq!(answers, b"\x8a\x81\0\0\0\0p", "{cut}");
        }
        assert!(!frames(b"\x88\x00", &mut |_| {}, &mut Vec::new()).0);
    }
}
