//! The audit log of a running program: who did what, from where, in which request.
//!
//! ```text
//! Note ─► sealed with the person's key ([`people`]) ─► appended to the chain ─► checkpoints outside the database
//!                │ the database fails                                             ([`checkpoint`], signed by [`signer`])
//!                └─► a file beside it ([`spool`]), appended later
//! ```
//! What has to be noted is noted after the change that it is about, and the change stays made when noting fails: it
//! cannot be taken back in the journal, and taking it back elsewhere would need a write, too. The note then goes into a
//! file in the data directory, sealed, and into the chain within a minute of the database's return. Only when neither can
//! be written the request is answered with an error, although its change is made; the log of the program says so. A note
//! that was begun is brought to its end, also when whoever asked has gone.
//!
//! What is absent: no row is ever changed but when rows from before the chain are chained ([`adopt`]), and none is deleted
//! but from the beginning of the chain when its time is over ([`crate::privacy`]).

pub mod adopt;
pub mod checkpoint;
pub mod export;
mod files;
mod note;
pub mod people;
mod plain;
mod refusals;
pub mod signer;
mod spool;
pub mod verify;

pub use note::{Note, write, write_about, write_after, write_concerning};
pub use people::People;
pub use plain::{Opened, PlainRow};
pub(crate) use refusals::refused;
pub use spool::{pending_usage, reseal_pending};

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tradewind_store::Db;
use tradewind_store::identity::audit;
use tradewind_store::identity::audit::anchors::Anchor;
use tradewind_store::identity::audit::walk::{Walked, onward, walk};
use tradewind_types::{Clock, OrgId};

use crate::problem::{ApiError, ApiResult, Code};
use crate::secrets::Keyring;
use crate::to_its_end::to_its_end;
use checkpoint::{Checkpoint, CheckpointFile};
use refusals::Refusals;
use signer::Signer;
use spool::Spool;

/// Between two looks at whether there is something to sign, or something that waits to be appended.
const ROUND: Duration = Duration::from_secs(60);

/// 1 when the log is not what was signed.
const BROKEN: &str = "tradewind_audit_broken";

/// The log.
pub struct AuditLog {
    db: Db,
    org: OrgId,
    clock: Arc<dyn Clock>,
    people: People,
    refusals: Refusals,
    keyring: Arc<Keyring>,
    /// The data directory; without one there are no checkpoints, and what cannot be appended is an error.
    folder: Option<PathBuf>,
    spool: Option<Spool>,
    /// Entries that are being appended.
    under_way: TaskTracker,
}

impl AuditLog {
    /// Of a database, with its files in a folder.
    #[must_use]
    pub fn new(
        db: &Db,
        org: &OrgId,
        clock: Arc<dyn Clock>,
        keyring: &Arc<Keyring>,
        folder: Option<PathBuf>,
    ) -> Self {
        Self {
            db: db.clone(),
            org: org.clone(),
            people: People::new(db, keyring, &clock),
            clock,
            refusals: Refusals::default(),
            keyring: Arc::clone(keyring),
            spool: folder.as_deref().map(|folder| Spool::new(folder, keyring)),
            folder,
            under_way: TaskTracker::new(),
        }
    }

    /// The keys of people.
    #[must_use]
    pub fn people(&self) -> &People {
        &self.people
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.folder.as_deref()
    }

    /// Seals a row's personal parts and appends it; when the database fails, puts it aside. Whoever goes away meanwhile
    /// leaves the change that it is about with its entry.
    ///
    /// # Errors
    /// When it could be written nowhere.
    pub async fn append(self: &Arc<Self>, row: PlainRow) -> ApiResult<()> {
        let log = Arc::clone(self);
        let work = async move { log.append_or_put_aside(row).await };
        to_its_end(self.under_way.track_future(work)).await
    }

    async fn append_or_put_aside(&self, row: PlainRow) -> ApiResult<()> {
        let failed = match self.try_append(&row).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let Some(spool) = &self.spool else {
            return Err(failed);
        };
        tracing::error!(
            action = row.action,
            correlation_id = row.correlation_id,
            detail = %failed.detail,
            "the audit log cannot be written; the entry is put aside"
        );
        spool.put(&row).await.map_err(|error| {
            tracing::error!(%error, "nor can it be put aside: the change is made, and there is no entry of it");
            failed
        })
    }

    async fn try_append(&self, row: &PlainRow) -> ApiResult<()> {
        let sealed = row.seal(&self.people, self.clock.now()).await?;
        audit::append(&self.db, &sealed).await?;
        Ok(())
    }

    /// Waits until no entry is being appended.
    pub async fn settled(&self) {
        self.under_way.close();
        self.under_way.wait().await;
    }

    /// Appends what was put aside, oldest first; how many entries.
    ///
    /// # Errors
    /// When the database still fails, or the file cannot be read.
    pub async fn append_spooled(&self) -> ApiResult<usize> {
        let Some(spool) = &self.spool else { return Ok(0) };
        let unreadable = |error: std::io::Error| {
            tracing::error!(%error, "entries of the audit log that were put aside cannot be read");
            ApiError::of(Code::Internal)
        };
        let mut done = 0;
        while let Some(batch) = spool.batch().await.map_err(unreadable)? {
            let mut sealed = Vec::with_capacity(batch.rows.len());
            for row in &batch.rows {
                sealed.push(row.seal(&self.people, self.clock.now()).await?);
            }
            audit::append_all(&self.db, &sealed).await?;
            done += sealed.len();
            spool.remove(batch).await.map_err(unreadable)?;
        }
        Ok(done)
    }

    /// What signs.
    ///
    /// # Errors
    /// When there is no folder, or the key cannot be had.
    pub async fn signer(&self) -> ApiResult<Signer> {
        let folder = self
            .folder
            .as_deref()
            .ok_or_else(|| ApiError::of(Code::Internal))?;
        Signer::load(&self.db, &self.keyring, folder, self.clock.now()).await
    }

    /// Signs the end of the chain and writes it beside the database, unless that was done already. `None` when there is
    /// nothing to sign. Only what goes on from the newest checkpoint is signed: the metric `tradewind_audit_broken` is 1
    /// when the log does not.
    ///
    /// # Errors
    /// When the log is not what was signed before; those of the database; when the key or the file cannot be had.
    pub async fn checkpoint(&self) -> ApiResult<Option<Checkpoint>> {
        let Some(folder) = &self.folder else {
            return Ok(None);
        };
        let file = CheckpointFile::of(folder);
        let read = file.clone();
        let written = files::blocking(move || read.newest()).await;
        let written = written.map_err(checkpoint::unusable)?;
        if written.is_none() && audit::head(&self.db).await?.seq == 0 {
            return Ok(None);
        }
        let signer = self.signer().await?;
        let head = self.followed(&signer, written.as_ref()).await?.head;
        metrics::gauge!(BROKEN).set(0.0);
        if let Some(written) = written.filter(|c| c.seq == head.seq && c.hash == head.hash.text()) {
            return Ok(Some(written));
        }
        let made = signer.checkpoint(&self.org, head, self.clock.now());
        let line = made.clone();
        let appended = files::blocking(move || file.append(&line)).await;
        appended.map_err(checkpoint::unusable)?;
        Ok(Some(made))
    }

    /// Follows the chain from what was signed last, or from its beginning.
    async fn followed(&self, signer: &Signer, written: Option<&Checkpoint>) -> ApiResult<Walked> {
        let trusted = |anchor: &Anchor| signer::anchor_holds(signer.public(), anchor);
        let walked = match written {
            Some(written) => {
                let place = written.place(signer.public()).ok_or_else(|| {
                    let what = "its signature does not hold";
                    broken(&format!(
                        "the newest checkpoint is of entry {}; {what}",
                        written.seq
                    ))
                })?;
                onward(&self.db, place, trusted).await?
            }
            None => walk(&self.db, &[], trusted).await?,
        };
        match &walked.first_bad {
            Some(bad) => Err(broken(&format!("entry {}: {}", bad.seq, bad.what))),
            None => Ok(walked),
        }
    }

    /// Signs and appends what was put aside, once a minute and a last time when it is to stop.
    pub async fn keep(self: Arc<Self>, stop: CancellationToken) {
        loop {
            if let Err(error) = self.append_spooled().await {
                tracing::error!(detail = %error.detail, "entries put aside could not be appended to the audit log");
            }
            if let Err(error) = self.checkpoint().await {
                tracing::error!(detail = %error.detail, "the audit log could not be signed");
            }
            self.people.forget_old();
            if stop.is_cancelled() {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => self.settled().await,
                () = tokio::time::sleep(ROUND) => {}
            }
        }
    }
}

/// The log is not what was signed.
fn broken(what: &str) -> ApiError {
    tracing::error!(
        what,
        "the audit log is not what was signed; it is not signed until somebody has looked into it"
    );
    metrics::gauge!(BROKEN).set(1.0);
    let detail = format!("the audit log is not what was signed: {what}");
    ApiError::new(Code::Internal, detail)
}
