//! Listening, and stopping without dropping what is under way.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

/// How long requests under way may take after the stop was asked for.
const DRAIN_MAX: Duration = Duration::from_secs(2);

/// Serves until `stop` is ready, then lets requests under way end, for at most two seconds.
///
/// The listener is made by the caller, so that the address (and port 0's real port) is known before anyone connects.
/// Bind it to loopback unless the operator says otherwise.
///
/// # Errors
/// Those of the socket.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let signal = async move {
        stop.await;
        // The receiver is gone only when the server has ended by itself.
        let _ = stopping.send(());
    };
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    // Small frames and answers go out at once instead of waiting for the acknowledgement of the one before.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    let server = axum::serve(listener, service).with_graceful_shutdown(signal);
    let deadline = async {
        let _ = stopped.await;
        tokio::time::sleep(DRAIN_MAX).await;
    };
    tokio::select! {
        ended = server => ended,
        () = deadline => Ok(()),
    }
}
