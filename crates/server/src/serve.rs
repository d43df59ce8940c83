//! Listening, and stopping without dropping what is under way.

mod line;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::limits::{Connected, ConnectionLimits, Connections};
use line::{Life, Line};

/// Counts connections for which there was no room.
const REFUSED: &str = "tradewind_connections_refused_total";
/// How long requests under way may take after the stop was asked for.
const DRAIN_MAX: Duration = Duration::from_secs(2);
/// How long a client may take from connecting to the end of its first request's head.
const FIRST_HEAD_MAX: Duration = Duration::from_secs(15);
/// The same from the answer before, which is how long a connection is kept for the next request. Without it a client that
/// says little and never ends would hold its connection for ever, and many of them all that there are.
const HEAD_MAX: Duration = Duration::from_secs(60);
/// Most bytes that are read at once and ahead. A head of that length is taken, one of twice as much is refused with 431:
/// nobody has to be known for that much of the memory.
const READ_BYTES_MAX: usize = 32 * 1024;

/// Serves until `stop` is ready, then lets requests under way end, for at most two seconds.
///
/// The listener is made by the caller, so that the address (and port 0's real port) is known before anyone connects.
/// Bind it to loopback unless the operator says otherwise.
///
/// # Errors
/// Never: what is wrong with one connection ends that connection.
pub async fn serve(
    mut listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, connections) = (CancellationToken::new(), TaskTracker::new());
    let room = Connections::new(limits);
    let mut stop = pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            // Tells of no error: what is wrong with one connection, or passes, is not the end of the others.
            accepted = Listener::accept(&mut listener) => accepted,
            () = &mut stop => break,
        };
        // Without room it is closed at once, before anything of it is read.
        let Some(place) = room.admit(peer.ip()) else {
            metrics::counter!(REFUSED).increment(1);
            tracing::debug!(%peer, "there are too many connections");
            continue;
        };
        // Small frames and answers go out at once instead of waiting for the acknowledgement of the one before.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
        connections.spawn(connection(stream, place, peer, router.clone(), stopping.clone()));
    }
    drop(listener);
    stopping.cancel();
    connections.close();
    // What takes longer is cut off with the process.
    let _ = tokio::time::timeout(DRAIN_MAX, connections.wait()).await;
    Ok(())
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    place: Connected,
    peer: SocketAddr,
    router: Router,
    stopping: CancellationToken,
) {
    let life = Arc::new(Life::default());
    let line = Line::new(stream, Arc::clone(&life), place);
    let service = {
        let life = Arc::clone(&life);
        service_fn(move |request: Request<Incoming>| {
            life.ask();
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let (answer, life) = (router.clone().oneshot(request), Arc::clone(&life));
            async move {
                let answer = answer.await;
                if let Ok(answer) = &answer
                    && answer.status() == StatusCode::SWITCHING_PROTOCOLS
                {
                    life.upgrade();
                }
                answer
            }
        })
    };
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_MAX)
        .max_buf_size(READ_BYTES_MAX);
    let served = http.serve_connection(TokioIo::new(line), service);
    let mut served = pin!(served.with_upgrades());
    let silent = async {
        tokio::time::sleep(FIRST_HEAD_MAX).await;
        if life.has_asked() {
            std::future::pending::<()>().await;
        }
    };
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = silent => return tracing::debug!(%peer, "a connection asked for nothing"),
        () = stopping.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::time::{Instant, timeout};

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_ends_its_request_is_let_go() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let address = listener.local_addr().expect("address");
        let router = Router::new().route("/", get(|| async { "hello" }));
        let limits = ConnectionLimits::default();
        tokio::spawn(serve(listener, router, limits, std::future::pending()));
        let unfinished = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
        // The second has had an answer before.
        for (begin, least) in [
            (unfinished.to_owned(), FIRST_HEAD_MAX),
            (
                format!("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n{unfinished}"),
                HEAD_MAX,
            ),
        ] {
            let mut slow = TcpStream::connect(address).await.expect("connected");
            slow.write_all(begin.as_bytes()).await.expect("sent");
            let (began, mut heard) = (Instant::now(), Vec::new());
            let over = timeout(HEAD_MAX * 10, slow.read_to_end(&mut heard)).await;
            assert!(over.is_ok(), "the server went on waiting");
            let took = began.elapsed();
            assert!(took >= least && took < least + FIRST_HEAD_MAX, "{took:?}");
            let answered = String::from_utf8_lossy(&heard).contains("hello");
            assert_eq!(answered, begin != unfinished);
        }
    }

    /// A place among connections of which one address may have so many, and how to see whether one is free.
    fn places(per_address: usize) -> Connections {
        Connections::new(ConnectionLimits {
            per_address,
            ..ConnectionLimits::default()
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_take_its_answer_is_let_go() {
        let router = Router::new().route("/", get(|| async { "x".repeat(1 << 20) }));
        let (mut client, server) = tokio::io::duplex(4 * 1024);
        let (peer, places) = (SocketAddr::from(([192, 0, 2, 1], 1)), places(1));
        let place = places.admit(peer.ip()).expect("room");
        let served = connection(server, place, peer, router, CancellationToken::new());
        client
            .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await
            .expect("sent");
        let began = Instant::now();
        assert!(
            timeout(line::STALLED_MAX * 10, served).await.is_ok(),
            "it waits for ever"
        );
        assert!(began.elapsed() >= line::STALLED_MAX);
        assert!(places.admit(peer.ip()).is_some(), "its place did not come back");
    }

    #[tokio::test(start_paused = true)]
    async fn a_socket_counts_as_a_connection_and_may_let_its_writes_wait() {
        let (hand_over, mut handed) = tokio::sync::mpsc::channel(1);
        let upgrade = move |request: axum::extract::Request| async move {
            let upgraded = hyper::upgrade::on(request);
            hand_over.send(upgraded).await.expect("the test listens");
            (
                StatusCode::SWITCHING_PROTOCOLS,
                [("connection", "upgrade"), ("upgrade", "test")],
            )
        };
        let router = Router::new().route("/", get(upgrade));
        let (mut client, server) = tokio::io::duplex(4 * 1024);
        let (peer, places) = (SocketAddr::from(([192, 0, 2, 1], 1)), places(1));
        let place = places.admit(peer.ip()).expect("room");
        let served = connection(server, place, peer, router, CancellationToken::new());
        let asked = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: test\r\n\r\n";
        client.write_all(asked).await.expect("sent");
        // HTTP is over, its line is not.
        served.await;
        let upgraded = handed.recv().await.expect("asked").await.expect("upgraded");
        assert!(places.admit(peer.ip()).is_none(), "a socket counts for nothing");
        let mut socket = TokioIo::new(upgraded);
        let write = socket.write_all(&[0; 64 * 1024]);
        assert!(
            timeout(line::STALLED_MAX * 10, write).await.is_err(),
            "it was cut off"
        );
        drop(socket);
        assert!(places.admit(peer.ip()).is_some(), "its place did not come back");
    }

    #[tokio::test]
    async fn a_head_that_is_too_long_is_answered_431_and_a_long_body_is_read() {
        let length = |body: axum::body::Bytes| async move { body.len().to_string() };
        let router = Router::new().route("/", axum::routing::post(length));
        let ask = async |head: usize, body: usize| {
            let (client, server) = tokio::io::duplex(64 * 1024);
            let peer = SocketAddr::from(([192, 0, 2, 1], 1));
            let place = places(1).admit(peer.ip()).expect("room");
            tokio::spawn(connection(
                server,
                place,
                peer,
                router.clone(),
                CancellationToken::new(),
            ));
            let (mut from, mut to) = tokio::io::split(client);
            let padding = "x".repeat(head);
            let asked = format!(
                "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Long: {padding}\r\n\
                 Content-Length: {body}\r\n\r\n{}",
                "y".repeat(body)
            );
            // What is refused is not read to its end.
            let sending = tokio::spawn(async move { to.write_all(asked.as_bytes()).await });
            let mut heard = Vec::new();
            from.read_to_end(&mut heard).await.expect("heard");
            sending.abort();
            String::from_utf8_lossy(&heard).into_owned()
        };
        let refused = ask(3 * READ_BYTES_MAX, 1).await;
        assert!(refused.starts_with("HTTP/1.1 431"), "{refused}");
        let read = ask(20_000, 1_000_000).await;
        assert!(
            read.starts_with("HTTP/1.1 200") && read.ends_with("1000000"),
            "{read}"
        );
    }

    #[tokio::test]
    async fn a_connection_too_many_is_closed_unheard_and_its_place_comes_back() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let address = listener.local_addr().expect("address");
        let router = Router::new().route("/", get(|| async { "hello" }));
        let limits = ConnectionLimits {
            per_address: 2,
            ..ConnectionLimits::default()
        };
        tokio::spawn(serve(listener, router, limits, std::future::pending()));
        let ask = async || {
            let mut stream = TcpStream::connect(address).await.expect("connected");
            // A refused connection may be reset before the request is written.
            let _ = stream
                .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .await;
            let mut heard = [0_u8; 512];
            let read = stream.read(&mut heard).await.unwrap_or(0);
            (String::from_utf8_lossy(&heard[..read]).contains("hello"), stream)
        };
        let (first, second, third) = (ask().await, ask().await, ask().await);
        assert_eq!((first.0, second.0, third.0), (true, true, false));
        drop(first);
        // The server hears of the closing a moment later.
        while !ask().await.0 {
            tokio::task::yield_now().await;
        }
    }
}
