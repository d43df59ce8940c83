//! Faults over real loopback sockets (and a stalled write, which needs exact time, in memory).

use std::time::Duration;

use futures_util::SinkExt;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tradewind_venues::connection::*;

use super::support::*;

/// Connects, lets the server do its worst, and returns why the session ended, after the next session works.
async fn after<F, Fut>(worst: F) -> DisconnectReason
where
    F: FnOnce(tokio_tungstenite::WebSocketStream<tokio::net::TcpStream>) -> Fut,
    Fut: Future<Output = ()>,
{
    let (listener, url) = listen().await;
    let mut fixture = real(&url, |_| {});
    let (session, socket) = tokio::join!(fixture.connection.connect(), accept_tcp(&listener));
    session.unwrap();
    let (reason, ()) = tokio::join!(fixture.end(), worst(socket));
    let mut again = accept_tcp(&listener).await;
    say(&mut again, "+back").await;
    assert_eq!(fixture.event().await, (SessionId(2), Event::Text("back".into())));
    reason
}

#[tokio::test]
async fn a_close_frame_of_the_venue_is_reported_with_its_code_and_words() {
    let reason = after(|mut socket| async move {
        let frame = CloseFrame {
            code: CloseCode::Restart,
            reason: "maintenance".into(),
        };
        socket.send(Message::Close(Some(frame))).await.unwrap();
    });
    let expected = DisconnectReason::PeerClosed {
        code: 1012,
        text: "maintenance".into(),
    };
    assert_eq!(reason.await, expected);
}

#[tokio::test]
async fn a_reset_in_the_middle_of_a_message_is_a_broken_stream() {
    let reason = after(|mut socket| async move {
        let stream = socket.get_mut();
        // The header of a text frame of 1,000 bytes, ten of them, and a reset instead of an end.
        stream.write_all(&[0x81, 126, 0x03, 0xE8]).await.unwrap();
        stream.write_all(b"0123456789").await.unwrap();
        stream.set_zero_linger().unwrap();
    });
    let reason = reason.await;
    assert!(
        matches!(
            reason,
            DisconnectReason::Broken { .. } | DisconnectReason::Protocol { .. }
        ),
        "{reason:?}"
    );
}

#[tokio::test]
async fn an_end_of_stream_without_a_close_frame_is_noticed() {
    let reason = after(|socket| async move { drop(socket) }).await;
    assert!(
        matches!(
            reason,
            DisconnectReason::Broken { .. } | DisconnectReason::Protocol { .. }
        ),
        "{reason:?}"
    );
}

#[tokio::test]
async fn a_frame_against_the_protocol_ends_the_session() {
    let reason = after(|mut socket| async move {
        // Reserved bits set without an extension.
        socket.get_mut().write_all(&[0xF1, 0x01, b'x']).await.unwrap();
    });
    let reason = reason.await;
    assert!(matches!(reason, DisconnectReason::Protocol { .. }), "{reason:?}");
}

#[tokio::test]
async fn a_venue_that_asks_for_a_new_session_gets_one() {
    let reason = after(|mut socket| async move { say(&mut socket, r#"{"type":"goaway"}"#).await });
    assert_eq!(
        reason.await,
        DisconnectReason::GivenUp {
            why: "told to go away".into()
        }
    );
}

#[tokio::test]
async fn a_message_that_dribbles_in_byte_by_byte_is_whole_in_the_end() {
    let (listener, url) = listen().await;
    let mut fixture = real(&url, |_| {});
    let (session, mut socket) = tokio::join!(fixture.connection.connect(), accept_tcp(&listener));
    session.unwrap();
    let server = tokio::spawn(async move {
        socket.get_ref().set_nodelay(true).unwrap();
        let mut frame = vec![0x81, 12];
        frame.extend_from_slice(b"+slow-motion");
        for byte in frame {
            socket.get_mut().write_all(&[byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        socket
    });
    assert_eq!(fixture.event().await.1, Event::Text("slow-motion".into()));
    drop(server.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_write_that_does_not_finish_ends_the_session() {
    let mut venue = memory(|_| {});
    let _deaf = venue.connected().await;
    venue
        .fixture
        .connection
        .send(Outgoing::text("x".repeat(500_000)))
        .await
        .unwrap();
    assert_eq!(
        venue.fixture.end().await,
        DisconnectReason::WriteStalled {
            after: Duration::from_secs(5)
        }
    );
}

#[tokio::test]
async fn a_venue_that_refuses_and_then_recovers_is_found_again() {
    let (port, address) = deaf_port();
    let fixture = real(&format!("ws://{address}/feed"), |_| {});
    assert!(matches!(
        fixture.connection.connect().await,
        Err(ConnectError::Refused { .. })
    ));
    let listener = port.listen(8).unwrap();
    let _socket = accept_tcp(&listener).await;
    until(&fixture.monitor(), is_connected).await;
}
