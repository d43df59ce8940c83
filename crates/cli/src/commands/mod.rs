//! One file per command of the command line.

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
pub(crate) mod portfolio;
pub(crate) mod replay_session;
pub(crate) mod serve;
pub(crate) mod simtest;
pub(crate) mod simulate;
pub(crate) mod user;
pub(crate) mod venue;
pub(crate) mod verify;

use std::future::Future;

use crate::failure::Failure;

/// Runs a future on a new multi-threaded runtime.
pub(crate) fn on_runtime<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(work);
    // A task that does not end by itself must not keep the program from ending.
    runtime.shutdown_timeout(std::time::Duration::from_millis(300));
    result
}

/// Waits for Ctrl-C or a request to terminate.
pub(crate) async fn stop_requested() -> Result<(), Failure> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupt = tokio::signal::ctrl_c() => interrupt?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
