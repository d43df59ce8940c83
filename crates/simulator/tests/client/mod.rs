//! A raw client: plain tungstenite and plain HTTP/1.1, nothing of ours.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(10);
/// Long enough for whatever is under way on loopback.
const LULL: Duration = Duration::from_millis(60);

pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    pub(crate) async fn connect(url: &str) -> Self {
        Self::try_connect(url).await.expect("connects")
    }

    pub(crate) async fn try_connect(url: &str) -> Result<Self, tungstenite::Error> {
        let (socket, _) = timeout(PATIENCE, tokio_tungstenite::connect_async(url))
            .await
            .expect("in time")?;
        Ok(Self { socket })
    }

    pub(crate) async fn send(&mut self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::Text(text.into())).await.expect("sent");
    }

    /// The next raw event of the socket.
    pub(crate) async fn event(&mut self) -> Option<Result<Message, tungstenite::Error>> {
        timeout(PATIENCE, self.socket.next()).await.expect("in time")
    }

    /// The next text, as it came; `None` at the end.
    pub(crate) async fn text(&mut self) -> Option<String> {
        loop {
            match self.event().await? {
                Ok(Message::Text(text)) => return Some(text.as_str().to_owned()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub(crate) async fn next(&mut self) -> Value {
        let text = self.text().await.expect("open");
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    /// The next message, or nothing when none comes within a lull.
    pub(crate) async fn try_next(&mut self) -> Option<Value> {
        timeout(LULL, self.next()).await.ok()
    }

    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        loop {
            match self.event().await {
                Some(Ok(Message::Close(frame))) => return frame.map(|f| f.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }
}

pub(crate) async fn try_get(port: u16, path: &str, patience: Duration) -> Option<Reply> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("connects");
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut bytes = Vec::new();
    timeout(patience, stream.read_to_end(&mut bytes))
        .await
        .ok()?
        .expect("read");
    let text = String::from_utf8(bytes).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").expect("head and body");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|s| s.parse().ok())
        .expect("status");
    Some(Reply {
        status,
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    })
}

pub(crate) async fn get(port: u16, path: &str) -> Reply {
    try_get(port, path, PATIENCE).await.expect("answered")
}
