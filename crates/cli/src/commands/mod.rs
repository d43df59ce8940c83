//! One file per command of the command line.

pub(crate) mod audit;
pub(crate) mod backtest;
pub(crate) mod bench;
pub(crate) mod calendar;
pub(crate) mod catalog;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod indicators;
pub(crate) mod key;
pub(crate) mod migrate;
pub(crate) mod named_csv;
pub(crate) mod org;
pub(crate) mod portfolio;
pub(crate) mod replay_session;
pub(crate) mod secrets;
pub(crate) mod serve;
pub(crate) mod simtest;
pub(crate) mod simulate;
pub(crate) mod store;
pub(crate) mod user;
pub(crate) mod venue;
pub(crate) mod verify;

use std::future::Future;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// Runs a future on a new multi-threaded runtime.
pub(crate) fn on_runtime<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(work);
    // A task that does not end by itself must not keep the program from ending.
    runtime.shutdown_timeout(std::time::Duration::from_millis(300));
    result
}

/// Ctrl-C and requests to terminate. Listened to before anything starts: a signal that comes meanwhile is kept, and
/// does not end the program where it stands.
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// Listens from now on, within a runtime.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn requested(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// What a start comes to; `None` when a stop was asked for first. What is half started then ends with the program.
    pub(crate) async fn or<T>(&mut self, start: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            started = start => Some(started),
            () = self.requested() => None,
        }
    }
}
