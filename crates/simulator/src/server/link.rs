//! A TCP stream whose faults can be switched on while it is in use: slow writes, slow reads, half-open.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::faults::LinkState;

/// How often a held stream looks whether it is still held, and how long one ration of a slow stream lasts.
const PACE: Duration = Duration::from_millis(20);
/// Pause after an accept that failed, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
struct Shared {
    half_open: AtomicBool,
    aborted: AtomicBool,
    /// Bytes per second; 0 = no limit.
    write_rate: AtomicU64,
    read_rate: AtomicU64,
}

/// Switches the faults of one stream.
#[derive(Clone, Debug, Default)]
pub struct LinkControl(Arc<Shared>);

impl LinkControl {
    /// Takes over the lasting conditions of a link.
    pub fn apply(&self, state: LinkState) {
        self.0.half_open.store(state.half_open, Ordering::Relaxed);
        self.0
            .write_rate
            .store(state.write_rate.unwrap_or(0), Ordering::Relaxed);
        self.0
            .read_rate
            .store(state.read_rate.unwrap_or(0), Ordering::Relaxed);
    }

    /// Ends the stream without any goodbye.
    pub fn abort(&self) {
        self.0.aborted.store(true, Ordering::Relaxed);
    }
}

/// One direction's pacing.
#[derive(Default)]
struct Pace {
    timer: Option<Pin<Box<Sleep>>>,
    ration: usize,
}

impl Pace {
    /// Waits one beat.
    fn beat(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + PACE)));
        ready!(timer.as_mut().poll(cx));
        self.timer = None;
        Poll::Ready(())
    }

    /// How many bytes may pass now at `rate` bytes per second.
    fn ration(&mut self, rate: u64, cx: &mut Context<'_>) -> Poll<usize> {
        if self.ration == 0 {
            ready!(self.beat(cx));
            let share = rate.saturating_mul(PACE.as_millis() as u64) / 1_000;
            self.ration = usize::try_from(share).unwrap_or(usize::MAX).max(1);
        }
        Poll::Ready(self.ration)
    }
}

/// The stream.
pub struct LinkIo {
    stream: TcpStream,
    control: LinkControl,
    reading: Pace,
    writing: Pace,
}

impl LinkIo {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            control: LinkControl::default(),
            reading: Pace::default(),
            writing: Pace::default(),
        }
    }

    fn aborted(&self) -> io::Result<()> {
        if self.control.0.aborted.load(Ordering::Relaxed) {
            return Err(io::Error::from(io::ErrorKind::ConnectionAborted));
        }
        Ok(())
    }

    fn held(&self) -> bool {
        self.control.0.half_open.load(Ordering::Relaxed)
    }
}

impl AsyncRead for LinkIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.aborted()?;
        while this.held() {
            ready!(this.reading.beat(cx));
            this.aborted()?;
        }
        let rate = this.control.0.read_rate.load(Ordering::Relaxed);
        if rate == 0 {
            return Pin::new(&mut this.stream).poll_read(cx, buf);
        }
        let allowed = ready!(this.reading.ration(rate, cx)).min(buf.remaining());
        let mut part = vec![0u8; allowed];
        let mut part = ReadBuf::new(&mut part);
        ready!(Pin::new(&mut this.stream).poll_read(cx, &mut part))?;
        this.reading.ration -= part.filled().len().min(this.reading.ration);
        buf.put_slice(part.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LinkIo {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.aborted()?;
        while this.held() {
            ready!(this.writing.beat(cx));
            this.aborted()?;
        }
        let rate = this.control.0.write_rate.load(Ordering::Relaxed);
        if rate == 0 {
            return Pin::new(&mut this.stream).poll_write(cx, buf);
        }
        let allowed = ready!(this.writing.ration(rate, cx)).min(buf.len());
        let written = ready!(Pin::new(&mut this.stream).poll_write(cx, &buf[..allowed]))?;
        this.writing.ration -= written.min(this.writing.ration);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Accepts streams that can be switched.
pub struct LinkListener(TcpListener);

impl LinkListener {
    /// Listens on a loopback port; 0 = any free one.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn bind(port: u16) -> io::Result<Self> {
        Ok(Self(TcpListener::bind(("127.0.0.1", port)).await?))
    }

    /// The port it listens on.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn port(&self) -> io::Result<u16> {
        Ok(self.0.local_addr()?.port())
    }
}

impl Listener for LinkListener {
    type Io = LinkIo;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (LinkIo, SocketAddr) {
        loop {
            match self.0.accept().await {
                Ok((stream, addr)) => {
                    // Latency matters more than packets on loopback; a refusal only costs speed.
                    let _ = stream.set_nodelay(true);
                    return (LinkIo::new(stream), addr);
                }
                Err(error) => {
                    tracing::warn!(%error, "simulator could not accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, LinkListener>> for LinkControl {
    fn connect_info(stream: IncomingStream<'_, LinkListener>) -> Self {
        stream.io().control.clone()
    }
}
