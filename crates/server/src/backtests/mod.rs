//! Backtests as jobs: people ask for them, a few threads work them off, results stay as files.
//!
//! ```text
//! <root>/<user>/files/<name>                 market data and scripts, never changed once there
//! <root>/<user>/jobs/<id>/job.json           what was asked and where it stands ([`record`])
//! <root>/<user>/jobs/<id>/variants.jsonl     finished variants of a sweep: what it goes on from
//! <root>/<user>/jobs/<id>/result.json        the result, whole or not there
//! ```
//!
//! A job belongs to one person. Jobs that ran when the program ended run again at its next start; a sweep goes on from
//! its finished variants, anything else from its beginning. One person's jobs do not keep another's waiting: whoever
//! has none running comes first.
//!
//! What is absent: a job touches neither the engine nor the ledger, and names no file outside its owner's folder.

mod files;
mod jobs;
mod record;
mod table;
mod work;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tradewind_engine::backtest::BacktestConfig;
use tradewind_engine::backtest::sweep::Grid;
use tradewind_engine::runtime::SessionSource;
use tradewind_types::{Clock, UserId};
use tradewind_wire as wire;
use wire::{BacktestKind, BacktestState};

pub use files::{FILE_BYTES_MAX, Upload};
use record::{Record, folder, load_all, save};

use crate::identity::random_id;
use crate::problem::{ApiError, ApiResult, Code};

/// Jobs that run at the same time.
const WORKERS: usize = 2;
/// Jobs of one person that wait or run.
const OPEN_MAX: usize = 50;
/// Jobs of one person that are kept.
const KEPT_MAX: usize = 500;
/// Variants of one sweep.
const VARIANTS_MAX: usize = 20_000;
/// Longest configuration or grid.
const TEXT_BYTES_MAX: usize = 100_000;

/// A job in memory.
struct Entry {
    record: Record,
    cancel: Arc<AtomicBool>,
    /// Its place in the queue: smaller comes first.
    place: u64,
}

#[derive(Default)]
struct Inner {
    jobs: BTreeMap<String, Entry>,
    places: u64,
    stopping: bool,
}

/// The jobs of everybody.
pub struct Backtests {
    root: PathBuf,
    clock: Arc<dyn Clock>,
    /// Sessions of the calendars that instruments name.
    sessions: SessionSource,
    /// Threads of one sweep.
    threads: usize,
    inner: Mutex<Inner>,
    /// Held while a record is written, so that the last state is what stays.
    saving: Mutex<()>,
    /// Held while a person's files are counted and changed.
    filing: Mutex<()>,
    wake: Condvar,
    workers: Mutex<Vec<JoinHandle<()>>>,
}

impl Backtests {
    /// Reads what is in the folder, which is made when it is not there, and starts the workers. Blocks for disk.
    ///
    /// # Errors
    /// The folder cannot be made or read, or no thread started.
    pub fn start(root: &Path, clock: Arc<dyn Clock>, sessions: SessionSource) -> std::io::Result<Arc<Self>> {
        std::fs::create_dir_all(root)?;
        files::clear_unfinished(root)?;
        let mut inner = Inner::default();
        for mut record in load_all(root)? {
            if record.job.state == BacktestState::Running {
                record.job.state = BacktestState::Queued;
            }
            inner.add(record);
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = Arc::new(Self {
            root: root.to_owned(),
            clock,
            sessions,
            // Half of the machine at most is for sweeps: trading goes first.
            threads: (cores / WORKERS).max(1),
            inner: Mutex::new(inner),
            saving: Mutex::default(),
            filing: Mutex::default(),
            wake: Condvar::new(),
            workers: Mutex::default(),
        });
        for number in 0..WORKERS {
            let worker = Arc::clone(&jobs);
            let named = std::thread::Builder::new().name(format!("backtest-{number}"));
            let handle = named.spawn(move || worker.work())?;
            jobs.workers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(handle);
        }
        Ok(jobs)
    }

    /// Stops the workers; what runs is taken up again at the next start. Blocks until they are gone.
    pub fn stop(&self) {
        {
            let mut inner = self.lock();
            inner.stopping = true;
            for entry in inner.jobs.values() {
                entry.cancel.store(true, Ordering::Relaxed);
            }
        }
        self.wake.notify_all();
        let workers = std::mem::take(&mut *self.workers.lock().unwrap_or_else(PoisonError::into_inner));
        for worker in workers {
            if worker.join().is_err() {
                tracing::error!("a backtest worker had panicked");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every change below is whole before anything that could panic.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One's own jobs, newest first.
    #[must_use]
    pub fn list(&self, user: &UserId) -> Vec<wire::Backtest> {
        let inner = self.lock();
        let own = inner.jobs.values().rev().filter(|e| e.record.owner == *user);
        own.map(|e| e.record.job.clone()).collect()
    }

    /// One of one's own jobs, with what was asked.
    ///
    /// # Errors
    /// `BACKTEST_UNKNOWN`.
    pub fn get(&self, user: &UserId, id: &str) -> ApiResult<wire::BacktestDetail> {
        let inner = self.lock();
        let record = &inner.of(user, id)?.record;
        Ok(wire::BacktestDetail {
            job: record.job.clone(),
            request: record.request.clone(),
        })
    }

    /// Takes a job on. Blocks for disk.
    ///
    /// # Errors
    /// What is wrong with it, by field; too many jobs; the disk.
    pub fn submit(&self, user: &UserId, request: wire::NewBacktest) -> ApiResult<wire::Backtest> {
        let config = self.checked(user, &request)?;
        let now = self.clock.now();
        let id = format!("bt-{:012x}-{}", now.as_millis(), random_id(4)?);
        let given = request.name.as_deref().map(str::trim).filter(|n| !n.is_empty());
        let job = wire::Backtest {
            id: id.clone(),
            name: given.unwrap_or(&config.name).chars().take(80).collect(),
            kind: request.kind,
            state: BacktestState::Queued,
            created_at: wire::Time(now),
            started_at: None,
            finished_at: None,
            progress: None,
            error: None,
            figures: None,
            warning: None,
            files: files::named_by(&config),
        };
        let record = Record {
            owner: user.clone(),
            job: job.clone(),
            request,
        };
        {
            let mut inner = self.lock();
            inner.check_room(user)?;
            if inner.stopping {
                return Err(ApiError::of(Code::BacktestsUnavailable));
            }
            inner.add(record);
        }
        if let Err(error) = self.save(&id) {
            self.lock().jobs.remove(&id);
            return Err(error);
        }
        self.wake.notify_all();
        Ok(job)
    }

    /// Reads a request as its run will.
    fn checked(&self, user: &UserId, request: &wire::NewBacktest) -> ApiResult<BacktestConfig> {
        let refuse = |field: &str, why: String| Err(ApiError::field(field, "REFUSED", why));
        let texts = [("config", Some(&request.config)), ("grid", request.grid.as_ref())];
        for (field, text) in texts {
            if text.is_some_and(|t| t.len() > TEXT_BYTES_MAX) {
                return refuse(field, format!("at most {TEXT_BYTES_MAX} bytes"));
            }
        }
        if request.name.as_deref().is_some_and(|n| n.chars().count() > 80) {
            return refuse("name", "at most 80 characters".to_owned());
        }
        let config = match self.config(user, request) {
            Ok(config) => config,
            Err(error) => return refuse("config", format!("{}: {}", error.key, error.message)),
        };
        let grid = match work::grid(request) {
            Ok(grid) => grid,
            Err(error) => return refuse("grid", error.to_string()),
        };
        match (request.kind, grid.len()) {
            (BacktestKind::Run, _) if !grid.is_empty() => {
                return refuse(
                    "grid",
                    "a run has no grid; its parameters are in the configuration".to_owned(),
                );
            }
            (BacktestKind::Run, _) => {}
            _ if grid.is_empty() => {
                return refuse("grid", "at least one axis, e.g. fast = [5, 10, 20]".to_owned());
            }
            (_, Some(len)) if len <= VARIANTS_MAX => {}
            _ => return refuse("grid", format!("at most {VARIANTS_MAX} variants")),
        }
        match (request.kind, request.walk) {
            (BacktestKind::WalkForward, None) => {
                return refuse(
                    "walk",
                    "a walk-forward needs the lengths of its windows".to_owned(),
                );
            }
            (BacktestKind::WalkForward, Some(walk))
                if walk.train == 0 || walk.test == 0 || walk.step == Some(0) =>
            {
                return refuse("walk", "train, test and step are 1 or more".to_owned());
            }
            (BacktestKind::Run | BacktestKind::Sweep, Some(_)) => {
                return refuse("walk", "only a walk-forward has windows".to_owned());
            }
            _ => {}
        }
        let missing = config.data.iter().flat_map(|d| &d.files).find(|f| !f.is_file());
        if let Some(file) = missing {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            return refuse("config", format!("there is no file `{name}` among yours"));
        }
        self.check_strategy(&config, &grid)?;
        Ok(config)
    }

    /// A strategy that cannot be made is refused now, not when its turn comes. A sweep's first variant stands for all.
    fn check_strategy(&self, config: &BacktestConfig, grid: &Grid) -> ApiResult<()> {
        let mut config = config.clone();
        config.strategy.parameters.extend(grid.variant(0));
        let made = tradewind_engine::backtest::stage(&config)
            .and_then(|mut stage| tradewind_engine::backtest::players(&config, &mut stage));
        match made {
            Ok(_) => Ok(()),
            // Some variants may contradict themselves, e.g. fast = slow; the others are still worth running.
            Err(_) if !grid.is_empty() => Ok(()),
            Err(error) => Err(ApiError::field("config", "REFUSED", error.to_string())),
        }
    }

    fn config(
        &self,
        user: &UserId,
        request: &wire::NewBacktest,
    ) -> Result<BacktestConfig, tradewind_engine::backtest::ConfigError> {
        let mut config = BacktestConfig::parse_within(&request.config, "config", &self.files_of(user))?;
        config.resolve_calendars(|calendar, from, to| (self.sessions)(calendar, from, to))?;
        Ok(config)
    }

    /// Stops a job. One that waits is canceled at once, one that runs within a moment. Blocks for disk.
    ///
    /// # Errors
    /// `BACKTEST_UNKNOWN`, `BACKTEST_STATE` when it neither waits nor runs; the disk.
    pub fn cancel(&self, user: &UserId, id: &str) -> ApiResult<wire::Backtest> {
        let now = wire::Time(self.clock.now());
        let job = {
            let mut inner = self.lock();
            let entry = inner.of_mut(user, id)?;
            match entry.record.job.state {
                BacktestState::Queued => {
                    entry.record.job.state = BacktestState::Canceled;
                    entry.record.job.finished_at = Some(now);
                }
                BacktestState::Running => entry.cancel.store(true, Ordering::Relaxed),
                state => return Err(wrong_state(state, "waits or runs")),
            }
            entry.record.job.clone()
        };
        self.save(id)?;
        Ok(job)
    }

    /// Stops all jobs of a person and waits until none runs, no longer than `within`. Blocks.
    ///
    /// # Errors
    /// `BACKTEST_STATE` when one still runs then; the disk.
    pub fn stop_all_of(&self, user: &UserId, within: Duration) -> ApiResult<()> {
        for job in self.list(user) {
            match self.cancel(user, &job.id) {
                // It has ended.
                Err(error) if matches!(error.code, Code::BacktestState | Code::BacktestUnknown) => {}
                stopped => drop(stopped?),
            }
        }
        let runs = |inner: &mut Inner| {
            let mut own = inner.jobs.values().filter(|entry| entry.record.owner == *user);
            own.any(|entry| entry.record.job.state == BacktestState::Running)
        };
        let waited = self.wake.wait_timeout_while(self.lock(), within, runs);
        let (_inner, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(ApiError::new(
                Code::BacktestState,
                "a backtest was told to stop and still runs; try again in a minute",
            ));
        }
        Ok(())
    }

    /// Queues a canceled or failed job again. A sweep goes on from its finished variants. Blocks for disk.
    ///
    /// # Errors
    /// `BACKTEST_UNKNOWN`, `BACKTEST_STATE` when it is neither; too many jobs; the disk.
    pub fn resume(&self, user: &UserId, id: &str) -> ApiResult<wire::Backtest> {
        let job = {
            let mut inner = self.lock();
            match inner.of(user, id)?.record.job.state {
                BacktestState::Canceled | BacktestState::Failed => {}
                state => return Err(wrong_state(state, "was canceled or failed")),
            }
            inner.check_open(user)?;
            inner.places += 1;
            let place = inner.places;
            let entry = inner.of_mut(user, id)?;
            entry.place = place;
            entry.cancel = Arc::default();
            let job = &mut entry.record.job;
            (job.state, job.error, job.finished_at) = (BacktestState::Queued, None, None);
            job.clone()
        };
        self.save(id)?;
        self.wake.notify_all();
        Ok(job)
    }

    /// Forgets a job and its result. Blocks for disk.
    ///
    /// # Errors
    /// `BACKTEST_UNKNOWN`, `BACKTEST_STATE` while it runs; the disk.
    pub fn delete(&self, user: &UserId, id: &str) -> ApiResult<()> {
        {
            let mut inner = self.lock();
            let state = inner.of(user, id)?.record.job.state;
            if state == BacktestState::Running {
                return Err(wrong_state(state, "does not run; cancel it first"));
            }
            inner.jobs.remove(id);
        }
        let _saving = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        match std::fs::remove_dir_all(folder(&self.root, user, id)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(disk(&error)),
            _ => Ok(()),
        }
    }

    /// The result as it was written: a run's document, or all rows of a sweep or walk. Blocks for disk.
    ///
    /// # Errors
    /// `BACKTEST_UNKNOWN`, `BACKTEST_STATE` when there is none yet; the disk.
    pub fn result(&self, user: &UserId, id: &str) -> ApiResult<(wire::Backtest, Vec<u8>)> {
        let job = self.lock().of(user, id)?.record.job.clone();
        if job.state != BacktestState::Complete {
            return Err(wrong_state(job.state, "is complete"));
        }
        let file = folder(&self.root, user, id).join(work::RESULT);
        Ok((job, std::fs::read(file).map_err(|e| disk(&e))?))
    }

    /// Writes what is in memory of a job to its folder.
    fn save(&self, id: &str) -> ApiResult<()> {
        let _saving = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        let record = match self.lock().jobs.get(id) {
            Some(entry) => entry.record.clone(),
            None => return Ok(()),
        };
        save(&self.root, &record).map_err(|e| disk(&e))
    }
}

impl Inner {
    fn add(&mut self, record: Record) {
        self.places += 1;
        let entry = Entry {
            cancel: Arc::default(),
            place: self.places,
            record,
        };
        self.jobs.insert(entry.record.job.id.clone(), entry);
    }

    /// Somebody else's job does not exist.
    fn of(&self, user: &UserId, id: &str) -> ApiResult<&Entry> {
        let entry = self.jobs.get(id).filter(|e| e.record.owner == *user);
        entry.ok_or_else(|| ApiError::of(Code::BacktestUnknown))
    }

    fn of_mut(&mut self, user: &UserId, id: &str) -> ApiResult<&mut Entry> {
        let entry = self.jobs.get_mut(id).filter(|e| e.record.owner == *user);
        entry.ok_or_else(|| ApiError::of(Code::BacktestUnknown))
    }

    fn check_room(&self, user: &UserId) -> ApiResult<()> {
        let own = self.jobs.values().filter(|e| e.record.owner == *user);
        if own.count() >= KEPT_MAX {
            let text = format!("{KEPT_MAX} backtests are kept; delete some first");
            return Err(ApiError::new(Code::BacktestLimit, text));
        }
        self.check_open(user)
    }

    fn check_open(&self, user: &UserId) -> ApiResult<()> {
        let open = |e: &&Entry| {
            let waits = matches!(e.record.job.state, BacktestState::Queued | BacktestState::Running);
            waits && e.record.owner == *user
        };
        if self.jobs.values().filter(open).count() >= OPEN_MAX {
            let text = format!("{OPEN_MAX} of your backtests wait or run; let some finish first");
            return Err(ApiError::new(Code::BacktestLimit, text));
        }
        Ok(())
    }
}

fn wrong_state(state: BacktestState, wanted: &str) -> ApiError {
    let text = format!(
        "the backtest is {}; this needs one that {wanted}",
        record::word(state)
    );
    ApiError::new(Code::BacktestState, text)
}

fn disk(error: &std::io::Error) -> ApiError {
    tracing::error!(%error, "a backtest's files");
    if error.kind() == std::io::ErrorKind::StorageFull {
        return ApiError::new(Code::BacktestsUnavailable, "the disk is full");
    }
    ApiError::of(Code::Internal)
}
