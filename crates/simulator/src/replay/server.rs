//! Serves a recording on a loopback port.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::protocol::{Desk, Key};
use super::recording::{Recording, RecordingError};

/// How long a client has for further subscriptions before the replay begins.
const SETTLE: Duration = Duration::from_millis(150);
/// Longest wait for a client to take one message.
const WRITE_MAX: Duration = Duration::from_secs(30);
/// Longest goodbye.
const GOODBYE_MAX: Duration = Duration::from_millis(500);
/// Longest message that a client may send, bytes.
const MESSAGE_MAX: usize = 256 * 1024;

/// How fast a recording is played.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Speed {
    /// So many times as fast as it was recorded; above zero.
    Times(f64),
    /// As fast as the client takes it.
    Unlimited,
}

/// The text names no speed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no speed: a number above zero such as 1, 0.5 or 10, or `unlimited`")]
pub struct BadSpeed(pub String);

impl FromStr for Speed {
    type Err = BadSpeed;

    fn from_str(text: &str) -> Result<Self, BadSpeed> {
        if text == "unlimited" {
            return Ok(Speed::Unlimited);
        }
        match text.parse::<f64>() {
            Ok(times) if times.is_finite() && times > 0.0 => Ok(Speed::Times(times)),
            _ => Err(BadSpeed(text.chars().take(16).collect())),
        }
    }
}

/// What to replay.
#[derive(Clone, PartialEq, Debug)]
pub struct ReplayConfig {
    /// The recording, plain or gzip.
    pub path: PathBuf,
    /// Loopback port; 0 = a free one.
    pub port: u16,
    /// How fast.
    pub speed: Speed,
}

/// A replay could not start.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The recording cannot be used.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The port cannot be had.
    #[error("cannot listen on 127.0.0.1:{port}: {source}")]
    Bind {
        /// The port.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// The speed is not above zero.
    #[error("speed {0} is not above zero")]
    Speed(f64),
    /// The task that reads the recording ended early.
    #[error("the recording could not be read: {0}")]
    Read(String),
}

struct Stage {
    recording: Recording,
    offered: BTreeSet<Key>,
    speed: Speed,
    shutdown: CancellationToken,
    tasks: TaskTracker,
    /// Connections that have got the whole recording.
    finished: watch::Sender<u64>,
}

/// Replays recordings.
pub struct ReplayServer;

impl ReplayServer {
    /// Reads the recording and serves it. Every connection gets it from the beginning, once it has
    /// subscribed and paused for a moment.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub async fn start(config: ReplayConfig) -> Result<ReplayHandle, ReplayError> {
        if let Speed::Times(times) = config.speed
            && !(times.is_finite() && times > 0.0)
        {
            return Err(ReplayError::Speed(times));
        }
        let bind = |source| ReplayError::Bind {
            port: config.port,
            source,
        };
        let listener = TcpListener::bind(("127.0.0.1", config.port))
            .await
            .map_err(bind)?;
        let port = listener.local_addr().map_err(bind)?.port();
        let path = config.path.clone();
        let recording = tokio::task::spawn_blocking(move || Recording::load(&path))
            .await
            .map_err(|error| ReplayError::Read(error.to_string()))??;
        let offered = recording
            .lines
            .iter()
            .map(|l| &l.key)
            .filter(|k| matches!(k, Key::Data(..)))
            .cloned()
            .collect();
        let stage = Arc::new(Stage {
            recording,
            offered,
            speed: config.speed,
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
            finished: watch::channel(0).0,
        });
        let shutdown = stage.shutdown.clone();
        let app = Router::new().fallback(open).with_state(stage.clone());
        stage.tasks.spawn(async move {
            let served = axum::serve(listener, app)
                .with_graceful_shutdown(shutdown.cancelled_owned())
                .await;
            if let Err(error) = served {
                tracing::error!(%error, "replay stopped serving");
            }
        });
        Ok(ReplayHandle { port, stage })
    }
}

async fn open(State(stage): State<Arc<Stage>>, upgrade: WebSocketUpgrade) -> Response {
    let tracked = stage.tasks.token();
    upgrade
        .max_message_size(MESSAGE_MAX)
        .read_buffer_size(4096)
        .on_upgrade(move |mut socket| async move {
            let _running = tracked;
            if play(&mut socket, &stage).await.is_some() {
                let frame = CloseFrame {
                    code: 1001,
                    reason: "shutting down".into(),
                };
                // The client may be gone already.
                let _ = timeout(GOODBYE_MAX, socket.send(Message::Close(Some(frame)))).await;
            }
        })
}

/// Plays to one client. `None` when the client is gone.
async fn play(socket: &mut WebSocket, stage: &Stage) -> Option<()> {
    let mut desk = Desk::new(stage.recording.protocol, stage.offered.clone());
    for text in desk.hello() {
        send(socket, text.into()).await?;
    }
    // Until the client has said all it wants.
    let mut begin: Option<Instant> = None;
    while begin.is_none_or(|at| Instant::now() < at) {
        tokio::select! {
            () = stage.shutdown.cancelled() => return Some(()),
            received = socket.recv() => {
                respond(socket, &mut desk, received).await?;
                if desk.ready() {
                    begin = Some(Instant::now() + SETTLE);
                }
            }
            () = sleep_until(begin.unwrap_or_else(Instant::now)), if begin.is_some() => {}
        }
    }
    let started = Instant::now();
    let first_ns = stage.recording.lines.first().map_or(0, |l| l.ts_ns);
    for line in &stage.recording.lines {
        if let Speed::Times(times) = stage.speed {
            let offset = line.ts_ns.saturating_sub(first_ns) as f64 / times;
            let due = started + Duration::from_nanos(offset as u64);
            while Instant::now() < due {
                tokio::select! {
                    () = stage.shutdown.cancelled() => return Some(()),
                    received = socket.recv() => respond(socket, &mut desk, received).await?,
                    () = sleep_until(due) => {}
                }
            }
        }
        if stage.shutdown.is_cancelled() {
            return Some(());
        }
        if desk.wants(&line.key) {
            send(socket, line.text.clone()).await?;
        }
    }
    stage.finished.send_modify(|count| *count += 1);
    loop {
        tokio::select! {
            () = stage.shutdown.cancelled() => return Some(()),
            received = socket.recv() => respond(socket, &mut desk, received).await?,
        }
    }
}

async fn respond(
    socket: &mut WebSocket,
    desk: &mut Desk,
    received: Option<Result<Message, axum::Error>>,
) -> Option<()> {
    match received {
        Some(Ok(Message::Text(text))) => {
            for reply in desk.answer(text.as_str()) {
                send(socket, reply.into()).await?;
            }
            Some(())
        }
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_))) => Some(()),
        Some(Ok(Message::Close(_)) | Err(_)) | None => None,
    }
}

async fn send(socket: &mut WebSocket, text: Arc<str>) -> Option<()> {
    let message = Message::Text((&*text).into());
    timeout(WRITE_MAX, socket.send(message)).await.ok()?.ok()
}

/// A running replay. Dropping it stops serving.
pub struct ReplayHandle {
    port: u16,
    stage: Arc<Stage>,
}

impl ReplayHandle {
    /// The WebSocket address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/", self.port)
    }

    /// The recording.
    #[must_use]
    pub fn recording(&self) -> &Recording {
        &self.stage.recording
    }

    /// Waits until some connection has got the whole recording.
    pub async fn finished(&self) {
        // The sender lives as long as this handle, so that waiting cannot fail.
        let _ = self.stage.finished.subscribe().wait_for(|count| *count > 0).await;
    }

    /// Says goodbye to all connections and ends, within a second.
    pub async fn shutdown(self) {
        self.stage.shutdown.cancel();
        self.stage.tasks.close();
        let _ = timeout(GOODBYE_MAX, self.stage.tasks.wait()).await;
    }
}

impl Drop for ReplayHandle {
    fn drop(&mut self) {
        self.stage.shutdown.cancel();
    }
}

impl std::fmt::Debug for ReplayHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReplayHandle")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}
