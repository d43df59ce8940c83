//! Backups of the running program: taken by request or by the clock, verified, and restored on trial.
//!
//! One piece of work at a time, each shown as a job. What a backup is, and how it is made, checked and restored, is in
//! [`tradewind_store::backup`], which the command line uses, too; here is when that happens, what becomes of old ones, and
//! what is known of each.
//!
//! What is absent: restoring over the running program's own data. That is for the command line, with the program stopped.

mod folder;
mod keep;
mod schedule;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};
use tradewind_store::Db;
use tradewind_store::backup::{self, BackupError, BackupKey, Taken};
use tradewind_types::{Clock, UnixNanos, UserId};
use tradewind_wire as wire;
use wire::JobKind;

pub use folder::{Found, Notes};
pub use keep::Keep;
pub use schedule::Due;

use crate::jobs::{Task, Tasks};
use crate::problem::{ApiError, ApiResult, Code};

/// Looks a restored journal over: what is wrong with it, if anything is.
pub type JournalCheck = Arc<dyn Fn(&Path) -> Result<(), String> + Send + Sync>;

/// Where backups go and when they are taken.
#[derive(Clone)]
pub struct BackupConfig {
    /// The folder.
    pub folder: PathBuf,
    /// What encrypts them; without one none can be taken or read.
    pub key: Option<BackupKey>,
    /// Time from one to the next; none are taken by themselves when absent.
    pub every: Option<Duration>,
    /// Time from one trial to the next; none are made by themselves when absent.
    pub drill_every: Option<Duration>,
    /// How long they stay.
    pub keep: Keep,
    /// The journal's folder, which goes into them.
    pub journal: PathBuf,
    /// Where they are restored on trial: as well guarded as the data itself.
    pub scratch: PathBuf,
    /// Looks a restored journal over.
    pub look: JournalCheck,
}

/// What happened last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Latest {
    /// When the newest backup was taken.
    pub taken_at: Option<UnixNanos>,
    /// When one was last restored on trial.
    pub drilled_at: Option<UnixNanos>,
}

/// The backups of a program.
pub struct Backups {
    config: BackupConfig,
    db: Db,
    clock: Arc<dyn Clock>,
    tasks: Arc<Tasks>,
    /// Held by whoever is at work.
    turn: Arc<Turn<()>>,
    /// Job of the work under way.
    running: Mutex<Option<String>>,
    stopping: AtomicBool,
    latest: Mutex<Latest>,
}

impl Backups {
    /// Makes the folder for its owner alone where it is missing, and takes away what is half made in it. Blocks for disk.
    ///
    /// # Errors
    /// The folder cannot be made or read.
    pub fn open(
        config: BackupConfig,
        db: Db,
        clock: Arc<dyn Clock>,
        tasks: Arc<Tasks>,
    ) -> io::Result<Arc<Self>> {
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&config.folder)?;
        let swept = folder::sweep(&config.folder)?;
        if swept > 0 {
            tracing::warn!(files = swept, "half-made backups were taken away");
        }
        let found = folder::list(&config.folder)?;
        let latest = Latest {
            taken_at: found.last().map(|found| found.taken_at),
            drilled_at: found.iter().filter_map(|found| found.notes.drilled_at).max(),
        };
        Ok(Arc::new(Self {
            config,
            db,
            clock,
            tasks,
            turn: Arc::default(),
            running: Mutex::default(),
            stopping: AtomicBool::new(false),
            latest: Mutex::new(latest),
        }))
    }

    /// How they are made.
    #[must_use]
    pub fn config(&self) -> &BackupConfig {
        &self.config
    }

    /// What happened last.
    #[must_use]
    pub fn latest(&self) -> Latest {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Job of the work under way.
    #[must_use]
    pub fn running(&self) -> Option<String> {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Ages for the metrics, in seconds, as of now.
    pub fn measure(&self) {
        let (latest, now) = (self.latest(), self.clock.now());
        let age_s = |at: UnixNanos| now.0.saturating_sub(at.0) as f64 / 1e9;
        if let Some(at) = latest.taken_at {
            metrics::gauge!("tradewind_backup_age_s").set(age_s(at));
        }
        if let Some(at) = latest.drilled_at {
            metrics::gauge!("tradewind_backup_drill_age_s").set(age_s(at));
        }
    }

    /// Refuses while something is under way, and without a key.
    ///
    /// # Errors
    /// `BACKUP_KEY_MISSING`, `BACKUP_RUNNING`.
    pub fn is_free(&self) -> ApiResult<()> {
        if self.config.key.is_none() {
            return Err(ApiError::of(Code::BackupKeyMissing));
        }
        match self.turn.try_lock() {
            Ok(_) => Ok(()),
            Err(_) => Err(ApiError::of(Code::BackupRunning)),
        }
    }

    /// What there is, newest first. Blocks for disk.
    ///
    /// # Errors
    /// The disk.
    pub fn list(&self) -> ApiResult<Vec<Found>> {
        let mut found = folder::list(&self.config.folder).map_err(|e| disk(&e))?;
        found.reverse();
        Ok(found)
    }

    /// Begins to take one; its job.
    ///
    /// # Errors
    /// `BACKUP_KEY_MISSING`, `BACKUP_RUNNING`.
    pub fn take(self: &Arc<Self>, by: Option<&UserId>) -> ApiResult<wire::Job> {
        self.begin(JobKind::Backup, "database and journal", by, Work::Take)
    }

    /// Begins to read one to its end; its job.
    ///
    /// # Errors
    /// `BACKUP_KEY_MISSING`, `BACKUP_RUNNING`, `BACKUP_UNKNOWN`.
    pub fn verify(self: &Arc<Self>, id: &str, by: Option<&UserId>) -> ApiResult<wire::Job> {
        let found = self.find(id)?;
        self.begin(JobKind::BackupCheck, id, by, Work::Verify(found))
    }

    /// Begins to restore one on trial; its job.
    ///
    /// # Errors
    /// `BACKUP_KEY_MISSING`, `BACKUP_RUNNING`, `BACKUP_UNKNOWN`.
    pub fn drill(self: &Arc<Self>, id: &str, by: Option<&UserId>) -> ApiResult<wire::Job> {
        let found = self.find(id)?;
        self.begin(JobKind::RestoreDrill, id, by, Work::Drill(found))
    }

    /// Stops what is under way, and waits until it is gone.
    pub async fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        let _nobody_works = self.turn.lock().await;
    }

    /// One of the folder: names of files are compared, none is made of what somebody sent.
    fn find(&self, id: &str) -> ApiResult<Found> {
        let found = self.list()?.into_iter().find(|found| found.id == id);
        found.ok_or_else(|| ApiError::of(Code::BackupUnknown))
    }

    fn begin(
        self: &Arc<Self>,
        kind: JobKind,
        name: &str,
        by: Option<&UserId>,
        work: Work,
    ) -> ApiResult<wire::Job> {
        let key = self.config.key.clone();
        let key = key.ok_or_else(|| ApiError::of(Code::BackupKeyMissing))?;
        let turn = Arc::clone(&self.turn).try_lock_owned();
        let turn = turn.map_err(|_| ApiError::of(Code::BackupRunning))?;
        if self.stopping.load(Ordering::Relaxed) {
            return Err(ApiError::of(Code::Unavailable).retry_after(5));
        }
        let task = self.tasks.begin_stoppable(kind, name, by);
        let job = task.job();
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(job.id.clone());
        let this = Arc::clone(self);
        let runtime = tokio::runtime::Handle::current();
        // It reads and writes files all the time: a thread of its own.
        drop(tokio::task::spawn_blocking(move || {
            runtime.block_on(this.work(&key, work, task));
            this.over(turn);
        }));
        Ok(job)
    }

    fn over(&self, turn: OwnedMutexGuard<()>) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = None;
        drop(turn);
    }

    async fn work(&self, key: &BackupKey, work: Work, task: Task) {
        let now = self.clock.now();
        let done = match &work {
            Work::Take => self.taken(key, now, &task).await,
            Work::Verify(found) => backup::check(&found.path, key, &self.watch(&task, "bytes"))
                .and_then(|taken| self.note(found, key, &taken, |notes| notes.verified_at = Some(now))),
            Work::Drill(found) => self.drilled(found, key, (now, &task)).await,
        };
        let failed = match done {
            Ok(said) => return task.complete(said),
            Err(BackupError::Stopped) => return task.stopped(),
            Err(failed) => failed,
        };
        tracing::warn!(error = %failed, job = task.id(), "a backup's work failed");
        let said = failed.to_string();
        if let (Work::Verify(found) | Work::Drill(found), BackupError::Broken(_)) = (&work, &failed) {
            let mut notes = found.notes.clone();
            notes.fault = Some(said.clone());
            if let Err(error) = folder::write_notes(&found.path, &notes) {
                tracing::warn!(%error, "what is wrong with a backup could not be noted");
            }
        }
        task.fail(match failed {
            // What a database or a disk says is for the log.
            BackupError::Store(_) | BackupError::Io(_) => {
                "the database or the disk failed; the log says how".to_owned()
            }
            _ => said,
        });
    }

    /// Shows how far a task is, and says whether it goes on.
    fn watch<'a>(
        &'a self,
        task: &'a Task,
        unit: &'static str,
    ) -> impl Fn(u64, u64) -> bool + Send + Sync + 'a {
        move |done, total| {
            task.progress(done, Some(total), unit);
            !task.is_stopped() && !self.stopping.load(Ordering::Relaxed)
        }
    }

    async fn taken(&self, key: &BackupKey, now: UnixNanos, task: &Task) -> Result<String, BackupError> {
        let path = folder::path_of(&self.config.folder, &folder::name(now));
        let journal = Some(self.config.journal.as_path()).filter(|folder| folder.is_dir());
        let taken = backup::take(&self.db, journal, &path, key, now, &self.watch(task, "tables")).await?;
        let mut notes = Notes {
            verified_at: Some(now),
            ..Notes::default()
        };
        notes.learn(&taken, &key.id());
        folder::write_notes(&path, &notes)?;
        self.latest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .taken_at = Some(now);
        self.measure();
        let gone = self.retire(now)?;
        let gone = match gone {
            0 => String::new(),
            gone => format!("; {gone} old ones taken away"),
        };
        Ok(format!("{} rows{gone}", taken.contents.rows()))
    }

    /// Takes those away whose time is over.
    fn retire(&self, now: UnixNanos) -> io::Result<usize> {
        // Those of the command line are their owner's.
        let ours = folder::list(&self.config.folder)?
            .into_iter()
            .filter(folder::Found::is_ours);
        let ours: Vec<Found> = ours.collect();
        let times: Vec<UnixNanos> = ours.iter().map(|found| found.taken_at).collect();
        let over = self.config.keep.over(&times, now);
        let gone = ours.iter().filter(|found| over.contains(&found.taken_at));
        let mut count = 0;
        for found in gone {
            folder::remove(&found.path)?;
            tracing::info!(backup = found.id, "its time is over");
            count += 1;
        }
        Ok(count)
    }

    async fn drilled(
        &self,
        found: &Found,
        key: &BackupKey,
        (now, task): (UnixNanos, &Task),
    ) -> Result<String, BackupError> {
        let (scratch, look) = (&self.config.scratch, &*self.config.look);
        let taken = backup::drill(&found.path, key, now, scratch, look, &self.watch(task, "bytes")).await?;
        let said = self.note(found, key, &taken, |notes| {
            (notes.verified_at, notes.drilled_at) = (Some(now), Some(now));
        })?;
        self.latest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drilled_at = Some(now);
        self.measure();
        Ok(format!("restored, compared and thrown away: {said}"))
    }

    fn note(
        &self,
        found: &Found,
        key: &BackupKey,
        taken: &Taken,
        change: impl FnOnce(&mut Notes),
    ) -> Result<String, BackupError> {
        let mut notes = found.notes.clone();
        notes.learn(taken, &key.id());
        change(&mut notes);
        folder::write_notes(&found.path, &notes)?;
        let journal = taken
            .journal
            .map_or_else(String::new, |of| format!(", {} files of the journal", of.files));
        Ok(format!("{} rows{journal}", taken.contents.rows()))
    }
}

/// What there is to do.
enum Work {
    Take,
    Verify(Found),
    Drill(Found),
}

fn disk(error: &io::Error) -> ApiError {
    tracing::error!(%error, "the folder of backups");
    ApiError::of(Code::Internal)
}
