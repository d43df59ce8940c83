//! Byte streams in memory: the far end appears in a queue, and no socket, port or real time is involved.
//! Rules about time are tested on this; the simulator's in-process tests can use it too.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;

use super::dialer::{BoxIo, Dialer, Target};
use super::error::{ConnectError, ConnectStage, StageCell};

/// Bytes that fit into one direction of a stream before the writer waits.
const STREAM_BYTES: usize = 64 * 1024;
/// Streams that may wait to be accepted; more are refused, as a listen backlog does.
const BACKLOG: usize = 128;

/// Dials into memory.
#[derive(Debug, Clone)]
pub struct MemoryDialer {
    far_ends: mpsc::Sender<DuplexStream>,
    dialled: Arc<AtomicU64>,
}

/// Where the far ends of dialled streams arrive; dropping it makes every further dial be refused.
#[derive(Debug)]
pub struct MemoryEnd {
    streams: mpsc::Receiver<DuplexStream>,
}

impl MemoryDialer {
    /// A dialer and the place where its streams arrive.
    #[must_use]
    pub fn new() -> (Self, MemoryEnd) {
        let (far_ends, streams) = mpsc::channel(BACKLOG);
        (
            Self {
                far_ends,
                dialled: Arc::default(),
            },
            MemoryEnd { streams },
        )
    }

    /// Dials so far, refused ones included.
    #[must_use]
    pub fn dialled(&self) -> u64 {
        self.dialled.load(Ordering::Relaxed)
    }
}

impl MemoryEnd {
    /// The next stream that was dialled; `None` once all dialers are gone.
    pub async fn accept(&mut self) -> Option<DuplexStream> {
        self.streams.recv().await
    }
}

impl Dialer for MemoryDialer {
    fn dial<'a>(
        &'a self,
        target: &'a Target,
        stage: &'a StageCell,
    ) -> BoxFuture<'a, Result<BoxIo, ConnectError>> {
        Box::pin(async move {
            stage.enter(ConnectStage::Tcp);
            self.dialled.fetch_add(1, Ordering::Relaxed);
            let (near, far) = tokio::io::duplex(STREAM_BYTES);
            self.far_ends.try_send(far).map_err(|_| ConnectError::Refused {
                address: format!("{}:{}", target.host, target.port),
            })?;
            Ok(Box::new(near) as BoxIo)
        })
    }
}
