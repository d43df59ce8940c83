//! Listening, and stopping without dropping what is under way.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::limits::{ConnectionLimits, Connections};

/// Counts connections for which there was no room.
const REFUSED: &str = "tradewind_connections_refused_total";
/// How long requests under way may take after the stop was asked for.
const DRAIN_MAX: Duration = Duration::from_secs(2);
/// How long a client may take to the end of a request's head, from connecting or from the answer before. Without it a
/// client that says little and never ends would hold its connection for ever, and many of them all that there are.
const HEAD_MAX: Duration = Duration::from_secs(60);

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
        let served = connection(stream, peer, router.clone(), stopping.clone());
        connections.spawn(async move {
            served.await;
            drop(place);
        });
    }
    drop(listener);
    stopping.cancel();
    connections.close();
    // What takes longer is cut off with the process.
    let _ = tokio::time::timeout(DRAIN_MAX, connections.wait()).await;
    Ok(())
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, stopping: CancellationToken) {
    // Small frames and answers go out at once instead of waiting for the acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX);
    let served = http.serve_connection(TokioIo::new(stream), service);
    let mut served = pin!(served.with_upgrades());
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
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
        for begin in [
            unfinished.to_owned(),
            format!("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n{unfinished}"),
        ] {
            let mut slow = TcpStream::connect(address).await.expect("connected");
            slow.write_all(begin.as_bytes()).await.expect("sent");
            let (began, mut heard) = (Instant::now(), Vec::new());
            let over = timeout(HEAD_MAX * 10, slow.read_to_end(&mut heard)).await;
            assert!(over.is_ok(), "the server went on waiting");
            assert!(began.elapsed() >= HEAD_MAX, "{:?}", began.elapsed());
            let answered = String::from_utf8_lossy(&heard).contains("hello");
            assert_eq!(answered, begin != unfinished);
        }
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
