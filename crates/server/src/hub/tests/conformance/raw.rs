//! A client that says exactly the bytes that it is told to, and takes the server's frames apart by itself.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::super::harness::Served;

/// Whoever waits longer than this has failed; only a failing test does.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    Text(String),
    Binary(Vec<u8>),
    Ping,
    Pong(Vec<u8>),
    /// With its code; `None` when it has none.
    Close(Option<u16>),
    /// The connection is over.
    End,
}

/// A connection.
pub(super) struct Raw {
    stream: TcpStream,
    come: Vec<u8>,
}

/// The request of RFC 6455, 1.3, with other header lines.
pub(super) fn request(method: &str, version: &str, lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("{method} /stream {version}\r\nHost: localhost\r\n{lines}\r\n")
}

/// Header lines that open a socket.
pub(super) const LINES: [&str; 4] = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

impl Raw {
    pub(super) async fn connect(served: &Served) -> Raw {
        let stream = TcpStream::connect(served.address).await.expect("a connection");
        stream.set_nodelay(true).expect("an option");
        Raw {
            stream,
            come: Vec::new(),
        }
    }

    /// Connects and opens a socket; `more` are further header lines.
    pub(super) async fn open(served: &Served, more: &[&str]) -> Raw {
        let mut raw = Raw::connect(served).await;
        let lines = [&LINES[..], more].concat();
        raw.send(request("GET", "HTTP/1.1", &lines).as_bytes()).await;
        let (status, _) = raw.answer().await;
        assert_eq!(status, 101);
        raw
    }

    /// Writes; that the server has gone already shows in what it said.
    pub(super) async fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// Says that nothing follows.
    pub(super) async fn finish(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// False at the end.
    async fn more(&mut self) -> bool {
        let mut part = [0; 4_096];
        let read = timeout(PATIENCE, self.stream.read(&mut part)).await;
        match read.expect("an answer in time") {
            Ok(n @ 1..) => {
                self.come.extend_from_slice(&part[..n]);
                true
            }
            _ => false,
        }
    }

    /// The head of an HTTP answer: its status and its lines in lower case, but for values.
    pub(super) async fn answer(&mut self) -> (u16, Vec<(String, String)>) {
        loop {
            if let Some(end) = self.come.windows(4).position(|w| w == b"\r\n\r\n") {
                let head: Vec<u8> = self.come.drain(..end + 4).collect();
                let head = String::from_utf8(head).expect("text");
                let mut lines = head.lines();
                let status = lines.next().and_then(|line| line.split(' ').nth(1));
                let status = status.expect("a status").parse().expect("a number");
                let lines = lines.filter_map(|line| line.split_once(": "));
                return (
                    status,
                    lines.map(|(n, v)| (n.to_lowercase(), v.to_owned())).collect(),
                );
            }
            if !self.more().await {
                return (0, Vec::new());
            }
        }
    }

    async fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.come.len() < count {
            if !self.more().await {
                return None;
            }
        }
        Some(self.come.drain(..count).collect())
    }

    /// The next frame; every one is checked to be as a server's must be.
    pub(super) async fn hear(&mut self) -> Told {
        let Some(head) = self.take(2).await else {
            return Told::End;
        };
        assert_eq!(head[0] & 0xf0, 0x80, "whole, without reserved bits");
        assert_eq!(head[1] & 0x80, 0, "not masked");
        let length = match head[1] {
            126 => {
                let more = self.take(2).await.expect("a length");
                let length = usize::from(u16::from_be_bytes([more[0], more[1]]));
                assert!(length > 125, "in the fewest bytes");
                length
            }
            127 => {
                let more = self.take(8).await.expect("a length");
                let length = u64::from_be_bytes(more.try_into().expect("eight"));
                assert!(length > 65_535, "in the fewest bytes");
                usize::try_from(length).expect("short")
            }
            short => usize::from(short),
        };
        let payload = self.take(length).await.expect("a payload");
        let opcode = head[0] & 0x0f;
        assert!(opcode < 8 || length <= 125, "control frames are short");
        match opcode {
            1 => Told::Text(String::from_utf8(payload).expect("UTF-8")),
            2 => Told::Binary(payload),
            8 => {
                assert_ne!(payload.len(), 1, "no code or a whole one");
                let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
                std::str::from_utf8(payload.get(2..).unwrap_or_default()).expect("a reason");
                Told::Close(code)
            }
            9 => Told::Ping,
            10 => Told::Pong(payload),
            other => panic!("opcode {other}"),
        }
    }
}

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame with any first byte, masked with `mask`; the length in its fewest bytes.
pub(super) fn masked(first: u8, mask: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut frame = match payload.len() {
        short @ 0..=125 => vec![first, 0x80 | short as u8],
        middle @ 126..=65_535 => {
            let [high, low] = (middle as u16).to_be_bytes();
            vec![first, 0xfe, high, low]
        }
        long => [&[first, 0xff], &(long as u64).to_be_bytes()[..]].concat(),
    };
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m));
    frame
}

/// A frame with any first byte.
pub(super) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    masked(first, MASK, payload)
}

/// A head whose length is in two or eight bytes whatever it is, and whose payload follows.
pub(super) fn long_head(first: u8, bytes: u8, length: u64, payload: &[u8]) -> Vec<u8> {
    let mut frame = match bytes {
        2 => [&[first, 0xfe], &(length as u16).to_be_bytes()[..]].concat(),
        _ => [&[first, 0xff], &length.to_be_bytes()[..]].concat(),
    };
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(b, m)| b ^ m));
    frame
}
