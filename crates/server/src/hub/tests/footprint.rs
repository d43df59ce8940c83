//! What an idle socket costs.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::harness::serve;
use crate::hub::HubConfig;

const SOCKETS: usize = 1_500;
/// What is promised; the clients of this test live in the same process and are within it, too.
const BYTES_MAX: usize = 10 * 1024;

fn resident_bytes() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4_096)
}

/// Connects by hand, so that the client's side costs next to nothing.
async fn connect(served: &super::harness::Served) -> TcpStream {
    let mut stream = TcpStream::connect(served.address).await.expect("a connection");
    let request = format!(
        "GET /stream HTTP/1.1\r\nHost: {}\r\nAuthorization: U1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        served.address
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let asked = br#"{"op":"subscribe","channel":"quotes","instrument":"A-B.TEST"}"#;
    // A text frame masked with zeros.
    let mut frame = vec![0x81, 0x80 | u8::try_from(asked.len()).expect("short"), 0, 0, 0, 0];
    frame.extend_from_slice(asked);
    stream.write_all(&frame).await.expect("sent");
    let mut heard = Vec::new();
    while !heard.windows(8).any(|w| w == b"snapshot") {
        let mut part = [0; 1024];
        let n = stream.read(&mut part).await.expect("an answer");
        assert!(n > 0, "closed: {}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&part[..n]);
    }
    stream
}

#[tokio::test]
async fn an_idle_socket_costs_at_most_ten_kibibytes() {
    let config = HubConfig {
        sockets_per_ip: 10_000,
        sockets_per_user: 10_000,
        ..HubConfig::default()
    };
    let served = serve(HubConfig {
        messages_per_minute_ip: 100_000,
        ..config
    })
    .await;
    let Some(_) = resident_bytes() else {
        println!("skipped: no /proc/self/statm here");
        return;
    };
    let mut streams = Vec::with_capacity(SOCKETS + 100);
    for _ in 0..100 {
        // What is allocated once is allocated before the count begins.
        streams.push(connect(&served).await);
    }
    let before = resident_bytes().expect("read above");
    for _ in 0..SOCKETS {
        streams.push(connect(&served).await);
    }
    let each = (resident_bytes().expect("read above").saturating_sub(before)) / SOCKETS;
    assert_eq!(served.hub.status().sockets as usize, SOCKETS + 100);
    println!("{each} bytes of resident memory per idle socket, client's side included");
    assert!(each <= BYTES_MAX, "{each} bytes per idle socket");
}
