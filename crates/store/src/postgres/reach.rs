//! Whether the server can be reached.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::StoreError;

/// A server that has not answered after so long is away: less than the acquire timeout, more than a busy machine needs.
const ANSWERS_WITHIN: Duration = Duration::from_secs(4);
/// Between two tries to connect: at first, and at most.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Why it is away, or nothing while it is there.
type Away = Option<Arc<str>>;

/// What is known of the server.
#[derive(Debug)]
pub(super) struct Reach {
    options: PgConnectOptions,
    away: watch::Sender<Away>,
    /// Whether a task tries to connect.
    trying: AtomicBool,
    task: Mutex<Option<AbortHandle>>,
}

impl Reach {
    /// Of a server that is there.
    pub(super) fn new(options: PgConnectOptions) -> Self {
        tell(false);
        Self {
            options,
            away: watch::Sender::new(None),
            trying: AtomicBool::new(false),
            task: Mutex::new(None),
        }
    }

    pub(super) fn watch(&self) -> watch::Receiver<Away> {
        self.away.subscribe()
    }

    /// Has the server asked whether it is there, unless that is being done. Until it is known it counts as before.
    pub(super) fn suspect(self: &Arc<Self>) {
        if self.trying.swap(true, Ordering::AcqRel) {
            return;
        }
        let task = tokio::spawn(try_until_reached(Arc::downgrade(self)));
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task.abort_handle());
    }

    /// Tries no more.
    pub(super) fn stop(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.abort();
        }
    }

    fn note(&self, found: Away) {
        let changed = self.away.send_if_modified(|known| {
            let changed = known.is_some() != found.is_some();
            known.clone_from(&found);
            changed
        });
        if !changed {
            return;
        }
        tell(found.is_some());
        match found {
            Some(reason) => tracing::error!(%reason, "the database cannot be reached"),
            None => tracing::info!("the database can be reached again"),
        }
    }
}

impl Drop for Reach {
    fn drop(&mut self) {
        self.stop();
    }
}

fn tell(away: bool) {
    metrics::gauge!("tradewind_store_away").set(f64::from(u8::from(away)));
}

/// Connects until it succeeds, or until nobody wants to know any more.
async fn try_until_reached(reach: Weak<Reach>) {
    let mut pause = PAUSE_MIN;
    loop {
        let Some(options) = reach.upgrade().map(|reach| reach.options.clone()) else {
            return;
        };
        let found = away(&options).await;
        let Some(reach) = reach.upgrade() else {
            return;
        };
        let there = found.is_none();
        reach.note(found);
        if there {
            // Who waits for a connection because all are in use has it asked once in a while, not all the time.
            tokio::time::sleep(PAUSE_MIN).await;
            reach.trying.store(false, Ordering::Release);
            return;
        }
        drop(reach);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Why the server is away, if it is. One that answers anything, be it that it has no connection left, is there.
async fn away(options: &PgConnectOptions) -> Away {
    match connect(options).await {
        Err(StoreError::Unavailable(sqlx::Error::Io(error))) => Some(Arc::from(error.to_string())),
        Err(StoreError::Unavailable(error)) => Some(Arc::from(error.to_string())),
        _ => None,
    }
}

/// Connects and takes leave.
async fn connect(options: &PgConnectOptions) -> Result<(), StoreError> {
    let visit = async {
        let connection: PgConnection = options.connect().await?;
        connection.close().await
    };
    match tokio::time::timeout(ANSWERS_WITHIN, visit).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(unavailable("it does not answer")),
    }
}

/// Why a server cannot be reached that did not answer a pool.
pub(super) async fn why_not(options: &PgConnectOptions) -> StoreError {
    // It may have come meanwhile; then there was no time for it.
    connect(options).await.err().unwrap_or(StoreError::Busy)
}

/// The error of a server that is away.
pub(super) fn unavailable(reason: &str) -> StoreError {
    StoreError::Unavailable(sqlx::Error::Io(io::Error::new(
        io::ErrorKind::NotConnected,
        reason,
    )))
}
