//! Lets hyper's client dial through a [`Dialer`], with the same typed errors as a WebSocket's.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Uri;
use hyper::rt::ReadBufCursor;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;

use crate::connection::{BoxIo, ConnectError, Dialer, StageCell, Target};

/// Dials for hyper.
#[derive(Clone)]
pub(super) struct DialConnector {
    pub(super) dialer: Arc<dyn Dialer>,
    pub(super) timeout: Duration,
}

impl tower::Service<Uri> for DialConnector {
    type Response = DialledStream;
    type Error = ConnectError;
    type Future = BoxFuture<'static, Result<DialledStream, ConnectError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (dialer, after) = (Arc::clone(&self.dialer), self.timeout);
        Box::pin(async move {
            let target = Target::http(&uri.to_string())?;
            let stage = StageCell::default();
            match tokio::time::timeout(after, dialer.dial(&target, &stage)).await {
                Ok(stream) => Ok(DialledStream(TokioIo::new(stream?))),
                Err(_) => Err(ConnectError::Timeout {
                    stage: stage.current(),
                    after,
                }),
            }
        })
    }
}

/// A dialled stream as hyper wants it.
pub(super) struct DialledStream(TokioIo<BoxIo>);

impl Connection for DialledStream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl hyper::rt::Read for DialledStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl hyper::rt::Write for DialledStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
