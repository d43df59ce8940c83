//! The backups of the running program: opened, and looked after by the clock until the program stops.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tradewind_server::backups::{BackupConfig, Backups};
use tradewind_server::jobs::Tasks;
use tradewind_store::Db;
use tradewind_types::Clock;

use crate::failure::Failure;

/// Opens them. A folder that cannot be used stops nothing else: it is tried again while the program runs.
pub(super) async fn open(
    config: BackupConfig,
    db: &Db,
    clock: &Arc<dyn Clock>,
    tasks: Arc<Tasks>,
) -> Result<Arc<Backups>, Failure> {
    let (db, clock) = (db.clone(), Arc::clone(clock));
    if config.key.is_none() {
        tracing::info!("no backups are taken: there is no key for them");
    }
    let opened = tokio::task::spawn_blocking(move || Backups::open(config, db, clock, tasks)).await;
    Ok(opened.context("opening the backups was interrupted")?)
}

/// Takes them when they are due, until `stop`.
pub(super) fn watch(backups: &Arc<Backups>, stop: &CancellationToken) -> JoinHandle<()> {
    let (backups, stop) = (Arc::clone(backups), stop.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = backups.run() => {}
        }
    })
}
