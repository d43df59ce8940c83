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
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};
use tradewind_store::Db;
use tradewind_store::backup::{self, BackupError, BackupKey, Taken};
use tradewind_types::time::DAY_NS;
use tradewind_types::{Clock, UnixNanos, UserId};
use tradewind_wire as wire;
use wire::JobKind;

use folder::Hold;
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

/// What happened last, to backups that this program named and nothing is known to be wrong with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Latest {
    /// When the newest of them was taken; one that is later than now does not count.
    pub taken_at: Option<UnixNanos>,
    /// When one was last restored on trial.
    pub drilled_at: Option<UnixNanos>,
    /// When the newest says that it was taken, be it later than now.
    pub newest_at: Option<UnixNanos>,
}

/// What did not come to a good end when it was last tried.
#[derive(Debug, Clone, Copy, Default)]
struct Tried {
    backup_at: Option<UnixNanos>,
    drill_at: Option<UnixNanos>,
}

/// Where the folder stands.
#[derive(Default)]
struct Place {
    /// None until it could be used.
    hold: Option<Hold>,
    /// Whether the log has it that it cannot be used.
    told: bool,
}

/// The backups of a program.
pub struct Backups {
    config: BackupConfig,
    db: Db,
    clock: Arc<dyn Clock>,
    tasks: Arc<Tasks>,
    place: Mutex<Place>,
    /// Held by whoever is at work.
    turn: Arc<Turn<()>>,
    /// Job of the work under way.
    running: Mutex<Option<String>>,
    stopping: AtomicBool,
    latest: Mutex<Latest>,
    tried: Mutex<Tried>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change is whole before anything that could panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Backups {
    /// With a key: makes the folder for its owner alone where it is missing, takes away what is half made in it, and what
    /// trials left that were killed. A folder that cannot be used is tried again with everything that is asked for. Blocks
    /// for disk.
    #[must_use]
    pub fn open(config: BackupConfig, db: Db, clock: Arc<dyn Clock>, tasks: Arc<Tasks>) -> Arc<Self> {
        let this = Arc::new(Self {
            config,
            db,
            clock,
            tasks,
            place: Mutex::default(),
            turn: Arc::default(),
            running: Mutex::default(),
            stopping: AtomicBool::new(false),
            latest: Mutex::default(),
            tried: Mutex::default(),
        });
        if this.config.key.is_some() {
            match backup::sweep_trials(&this.config.scratch) {
                Ok(0) => {}
                Ok(folders) => tracing::warn!(folders, "what killed trials of backups left was taken away"),
                Err(error) => tracing::warn!(%error, "what killed trials of backups left is not known"),
            }
            // Said in the log; the platform goes on without.
            let _ = this.ready();
        }
        this
    }

    /// Makes the folder ready where it is not.
    ///
    /// # Errors
    /// `BACKUPS_UNAVAILABLE`.
    fn ready(&self) -> ApiResult<()> {
        let mut place = lock(&self.place);
        if place.hold.is_some() {
            return Ok(());
        }
        match self.prepare() {
            Ok(hold) => {
                if place.told {
                    tracing::info!(folder = %self.config.folder.display(), "the folder of backups can be used again");
                }
                *place = Place {
                    hold: Some(hold),
                    told: false,
                };
                drop(place);
                self.learn();
                Ok(())
            }
            Err(error) => {
                if !std::mem::replace(&mut place.told, true) {
                    let folder = self.config.folder.display();
                    tracing::error!(%error, %folder, "no backups are taken until their folder can be used");
                }
                Err(unusable())
            }
        }
    }

    fn prepare(&self) -> io::Result<Hold> {
        let folder = &self.config.folder;
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(folder)?;
        let hold = folder::hold(folder);
        let alone = match hold {
            Hold::Ours { .. } => true,
            Hold::Others => {
                tracing::warn!(folder = %folder.display(), "another program keeps backups in this folder, and looks after old ones");
                false
            }
            Hold::Unknown => false,
        };
        let swept = folder::sweep(folder, alone, self.clock.now())?;
        if swept > 0 {
            tracing::warn!(files = swept, "half-made backups were taken away");
        }
        Ok(hold)
    }

    /// Whether old ones may be taken away: not while another program does that.
    fn looks_after_old(&self) -> bool {
        let mut place = lock(&self.place);
        if matches!(place.hold, Some(Hold::Others)) {
            place.hold = Some(folder::hold(&self.config.folder));
        }
        !matches!(place.hold, Some(Hold::Others))
    }

    /// Looks what is there. What cannot be read leaves what was known.
    fn learn(&self) {
        let found = match folder::list(&self.config.folder) {
            Ok(found) => found,
            Err(error) => return tracing::warn!(%error, "the folder of backups cannot be read"),
        };
        let now = self.clock.now();
        let own: Vec<&Found> = found.iter().filter(|of| of.is_ours() && of.is_whole()).collect();
        let times = || own.iter().map(|found| found.taken_at);
        *lock(&self.latest) = Latest {
            taken_at: times().filter(|at| !schedule::is_ahead(*at, now)).max(),
            drilled_at: own.iter().filter_map(|found| found.notes.drilled_at).max(),
            newest_at: times().max(),
        };
    }

    /// How they are made.
    #[must_use]
    pub fn config(&self) -> &BackupConfig {
        &self.config
    }

    /// What happened last.
    #[must_use]
    pub fn latest(&self) -> Latest {
        *lock(&self.latest)
    }

    /// When the newest says that it was taken, if that is later than now: the clock was wrong then, or is now.
    #[must_use]
    pub fn ahead(&self) -> Option<UnixNanos> {
        let now = self.clock.now();
        self.latest().newest_at.filter(|at| schedule::is_ahead(*at, now))
    }

    /// Job of the work under way.
    #[must_use]
    pub fn running(&self) -> Option<String> {
        lock(&self.running).clone()
    }

    /// Ages for the metrics, in seconds, as of now; and what is wrong.
    pub fn measure(&self) {
        let (latest, now) = (self.latest(), self.clock.now());
        let seconds = |from: UnixNanos, to: UnixNanos| to.0.saturating_sub(from.0) as f64 / 1e9;
        if let Some(at) = latest.taken_at {
            metrics::gauge!("tradewind_backup_age_s").set(seconds(at, now));
        }
        if let Some(at) = latest.drilled_at {
            metrics::gauge!("tradewind_backup_drill_age_s").set(seconds(at, now));
        }
        if self.config.key.is_some() {
            let usable = lock(&self.place).hold.is_some();
            metrics::gauge!("tradewind_backup_folder_usable").set(f64::from(u8::from(usable)));
            let ahead_s = self.ahead().map_or(0.0, |at| seconds(now, at));
            metrics::gauge!("tradewind_backup_ahead_s").set(ahead_s);
        }
    }

    /// What there is, newest first. Blocks for disk.
    ///
    /// # Errors
    /// `BACKUPS_UNAVAILABLE` while the folder cannot be used.
    pub fn list(&self) -> ApiResult<Vec<Found>> {
        if self.config.key.is_some() {
            self.ready()?;
        }
        let found = folder::list(&self.config.folder);
        let mut found = found.map_err(|error| {
            tracing::error!(%error, "the folder of backups");
            unusable()
        })?;
        found.reverse();
        Ok(found)
    }

    /// Takes the turn for some work, which begins with [`Claim::begin`]. Blocks for disk.
    ///
    /// # Errors
    /// `BACKUP_KEY_MISSING`, `BACKUPS_UNAVAILABLE`, `BACKUP_RUNNING`, `BACKUP_UNKNOWN`, `BACKUP_OTHER_KEY`.
    pub fn claim(self: &Arc<Self>, wanted: Wanted<'_>) -> ApiResult<Claim> {
        let key = self.config.key.clone();
        let key = key.ok_or_else(|| ApiError::of(Code::BackupKeyMissing))?;
        self.ready()?;
        let turn = Arc::clone(&self.turn).try_lock_owned();
        let turn = turn.map_err(|_| ApiError::of(Code::BackupRunning))?;
        if self.stopping.load(Ordering::Relaxed) {
            return Err(ApiError::of(Code::Unavailable).retry_after(5));
        }
        let work = match wanted {
            Wanted::Backup => Work::Take,
            Wanted::Check(id) => Work::Verify(self.find(id, &key)?),
            Wanted::Drill(id) => Work::Drill(self.find(id, &key)?),
        };
        Ok(Claim {
            backups: Arc::clone(self),
            key,
            work,
            turn,
        })
    }

    /// Stops what is under way, and waits until it is gone.
    pub async fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        let _nobody_works = self.turn.lock().await;
    }

    /// One of the folder: names of files are compared, none is made of what somebody sent.
    fn find(&self, id: &str, key: &BackupKey) -> ApiResult<Found> {
        let found = self.list()?.into_iter().find(|found| found.id == id);
        let found = found.ok_or_else(|| ApiError::of(Code::BackupUnknown))?;
        match found.is_under_another(&key.id()) {
            true => Err(ApiError::of(Code::BackupOtherKey)),
            false => Ok(found),
        }
    }

    async fn work(&self, key: &BackupKey, work: Work, task: Task) {
        let now = self.clock.now();
        let done = match &work {
            Work::Take => self.taken(key, now, &task).await,
            Work::Verify(found) => backup::check(&found.path, key, &self.watch(&task, "bytes"))
                .and_then(|taken| self.note(found, key, &taken, |notes| notes.verified_at = Some(now))),
            Work::Drill(found) => self.drilled(found, key, (now, &task)).await,
        };
        if let (Work::Verify(found) | Work::Drill(found), Err(BackupError::Broken(_))) = (&work, &done) {
            let mut notes = found.notes.clone();
            notes.fault = done.as_ref().err().map(ToString::to_string);
            if let Err(error) = folder::write_notes(&found.path, &notes) {
                tracing::warn!(%error, "what is wrong with a backup could not be noted");
            }
        }
        let failed_at = done.is_err().then_some(now);
        match &work {
            Work::Take => lock(&self.tried).backup_at = failed_at,
            Work::Drill(_) => lock(&self.tried).drill_at = failed_at,
            Work::Verify(_) => {}
        }
        self.learn();
        self.measure();
        let failed = match done {
            Ok(said) => return task.complete(said),
            Err(BackupError::Stopped) => return task.stopped(),
            Err(failed) => failed,
        };
        tracing::warn!(error = %failed, job = task.id(), "a backup's work failed");
        task.fail(match failed {
            // What a database or a disk says is for the log.
            BackupError::Store(_) | BackupError::Io(_) => {
                "the database or the disk failed; the log says how".to_owned()
            }
            _ => failed.to_string(),
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
        // It is whole without: what they say is said again when it is verified.
        if let Err(error) = folder::write_notes(&path, &notes) {
            tracing::warn!(%error, "what is known of a backup could not be noted");
        }
        let mut said = format!("{} rows", taken.contents.rows());
        match self.retire(&path) {
            Ok((0, 0)) => {}
            Ok((gone, 0)) => said += &format!("; {gone} old ones taken away"),
            Ok((gone, stuck)) => {
                said += &format!("; {gone} old ones taken away, {stuck} could not be: the log says why");
            }
            Err(error) => {
                tracing::warn!(%error, "old backups could not be looked for");
                said += "; old ones could not be looked for: the log says why";
            }
        }
        Ok(said)
    }

    /// Takes those away whose time is over, but not the one that was just `taken`: how many went, and how many could not be
    /// taken away. Whole ones make room for whole ones only; a broken one goes when it is older than all that stay anyway.
    fn retire(&self, taken: &Path) -> io::Result<(usize, usize)> {
        if !self.looks_after_old() {
            return Ok((0, 0));
        }
        // Those of the command line are their owner's.
        let ours = folder::list(&self.config.folder)?
            .into_iter()
            .filter(Found::is_ours);
        let (whole, broken): (Vec<Found>, Vec<Found>) = ours.partition(Found::is_whole);
        let times: Vec<UnixNanos> = whole.iter().map(|found| found.taken_at).collect();
        let over = self.config.keep.over(&times, self.config.every);
        let all_ns = u64::from(self.config.keep.all_days) * DAY_NS;
        let stale = |of: &&Found| {
            times
                .last()
                .is_some_and(|newest| of.taken_at.0.saturating_add(all_ns) < newest.0)
        };
        let over = over.iter().filter_map(|place| whole.get(*place));
        let (mut gone, mut stuck) = (0, 0);
        for found in over.chain(broken.iter().filter(stale)) {
            if found.path == taken {
                continue;
            }
            match folder::remove(&found.path) {
                Ok(()) => {
                    tracing::info!(backup = found.id, "its time is over");
                    gone += 1;
                }
                Err(error) => {
                    tracing::warn!(%error, backup = found.id, "its time is over, and it cannot be taken away");
                    stuck += 1;
                }
            }
        }
        Ok((gone, stuck))
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

/// What somebody wants of backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// A new one.
    Backup,
    /// That the one of this id is read to its end.
    Check(&'a str),
    /// That the one of this id is restored on trial.
    Drill(&'a str),
}

/// What there is to do.
enum Work {
    Take,
    Verify(Found),
    Drill(Found),
}

/// The turn to do some work. Nobody else has it until that is over, or this is dropped.
pub struct Claim {
    backups: Arc<Backups>,
    key: BackupKey,
    work: Work,
    turn: OwnedMutexGuard<()>,
}

impl Claim {
    /// Begins the work in somebody's name, or the program's own; its job. Within a runtime.
    pub fn begin(self, by: Option<&UserId>) -> wire::Job {
        let Self {
            backups,
            key,
            work,
            turn,
        } = self;
        let (kind, name) = match &work {
            Work::Take => (JobKind::Backup, "database and journal"),
            Work::Verify(found) => (JobKind::BackupCheck, found.id.as_str()),
            Work::Drill(found) => (JobKind::RestoreDrill, found.id.as_str()),
        };
        let task = backups.tasks.begin_stoppable(kind, name, by);
        let job = task.job();
        *lock(&backups.running) = Some(job.id.clone());
        let runtime = tokio::runtime::Handle::current();
        // It reads and writes files all the time: a thread of its own.
        drop(tokio::task::spawn_blocking(move || {
            runtime.block_on(backups.work(&key, work, task));
            *lock(&backups.running) = None;
            drop(turn);
        }));
        job
    }
}

fn unusable() -> ApiError {
    let detail = "The folder of backups cannot be used at the moment; the log says why.";
    ApiError::new(Code::BackupsUnavailable, detail)
}
