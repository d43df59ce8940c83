//! What the program itself is at, and lately was: kept in memory, since what came of it is kept elsewhere.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tradewind_types::{Clock, UserId};
use tradewind_wire as wire;
use wire::{JobKind, JobState};

use super::{JobSource, KnownJob, Whose};
use crate::problem::{ApiError, ApiResult, Code};

/// Tasks of one kind that are over and still shown: many of one kind push none of another out.
const KEPT_MAX: usize = 200;
/// Longest text of an outcome, characters.
const TEXT_MAX: usize = 500;

struct Entry {
    known: KnownJob,
    /// Raised to stop it; none where it goes to its end.
    stop: Option<Arc<AtomicBool>>,
}

#[derive(Default)]
struct Inner {
    /// In the order in which they began.
    entries: VecDeque<Entry>,
    begun: u64,
}

/// The tasks since the program's start.
pub struct Tasks {
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
}

/// One that is under way. Dropped without an outcome it counts as interrupted.
pub struct Task {
    tasks: Arc<Tasks>,
    id: String,
    stop: Arc<AtomicBool>,
    over: bool,
}

impl Tasks {
    /// None yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            clock,
            inner: Mutex::default(),
        })
    }

    /// Notes that something begins, which goes to its end.
    #[must_use]
    pub fn begin(self: &Arc<Self>, kind: JobKind, name: &str, asked_by: Option<&UserId>) -> Task {
        self.note(kind, name, asked_by, false)
    }

    /// The same, of something that looks at [`Task::is_stopped`] now and then.
    #[must_use]
    pub fn begin_stoppable(self: &Arc<Self>, kind: JobKind, name: &str, asked_by: Option<&UserId>) -> Task {
        self.note(kind, name, asked_by, true)
    }

    fn note(self: &Arc<Self>, kind: JobKind, name: &str, by: Option<&UserId>, stoppable: bool) -> Task {
        let now = self.clock.now();
        let stop = Arc::new(AtomicBool::new(false));
        let mut inner = self.lock();
        inner.begun += 1;
        let id = format!("task-{:012x}-{}", now.as_millis(), inner.begun);
        let job = wire::Job {
            id: id.clone(),
            kind,
            name: name.to_owned(),
            state: JobState::Running,
            owner: None,
            created_at: wire::Time(now),
            started_at: Some(wire::Time(now)),
            finished_at: None,
            progress: None,
            result: None,
            error: None,
            cancelable: stoppable,
        };
        inner.forget_old(kind);
        inner.entries.push_back(Entry {
            known: KnownJob {
                whose: Whose::Installation(by.cloned()),
                job,
            },
            stop: stoppable.then(|| Arc::clone(&stop)),
        });
        drop(inner);
        Task {
            tasks: Arc::clone(self),
            id,
            stop,
            over: false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every change is whole before anything that could panic.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, id: &str, state: JobState, result: Option<String>, error: Option<String>) {
        let cut = |text: String| text.chars().take(TEXT_MAX).collect::<String>();
        let now = wire::Time(self.clock.now());
        let mut inner = self.lock();
        if state == JobState::Failed {
            inner.forget_last_failure(id);
        }
        if let Some(entry) = inner.find(id) {
            let job = &mut entry.known.job;
            (job.state, job.finished_at, job.cancelable) = (state, Some(now), false);
            (job.result, job.error) = (result.map(cut), error.map(cut));
            entry.stop = None;
        }
    }
}

impl Inner {
    fn find(&mut self, id: &str) -> Option<&mut Entry> {
        // The one that is asked for is nearly always one of the last.
        self.entries
            .iter_mut()
            .rev()
            .find(|entry| entry.known.job.id == id)
    }

    /// Makes room for one more of a kind: the oldest that are over go, beyond those that are kept.
    fn forget_old(&mut self, kind: JobKind) {
        let over = |entry: &Entry| entry.known.job.kind == kind && !entry.known.job.state.is_open();
        let mut count = self.entries.iter().filter(|entry| over(entry)).count();
        self.entries.retain(|entry| {
            let goes = over(entry) && count >= KEPT_MAX;
            count -= usize::from(goes);
            !goes
        });
    }

    /// What the program tries by itself, and fails at again and again, is shown once: the failure before that of `id` goes.
    fn forget_last_failure(&mut self, id: &str) {
        let Some(KnownJob { whose, job }) = self.find(id).map(|entry| entry.known.clone()) else {
            return;
        };
        if whose.asked_by().is_some() {
            return;
        }
        let same = |known: &KnownJob| {
            known.whose == whose && known.job.kind == job.kind && known.job.name == job.name
        };
        // Failures in a row only: one with a success after it is another story.
        let before = self.entries.iter().rposition(|entry| {
            entry.known.job.id != job.id && same(&entry.known) && !entry.known.job.state.is_open()
        });
        if let Some(place) = before
            && self
                .entries
                .get(place)
                .is_some_and(|of| of.known.job.state == JobState::Failed)
        {
            self.entries.remove(place);
        }
    }
}

impl JobSource for Tasks {
    fn jobs(&self) -> Vec<KnownJob> {
        self.lock()
            .entries
            .iter()
            .map(|entry| entry.known.clone())
            .collect()
    }

    fn cancel(&self, id: &str) -> Option<ApiResult<()>> {
        let mut inner = self.lock();
        let entry = inner.find(id)?;
        Some(match &entry.stop {
            Some(stop) => {
                stop.store(true, Ordering::Relaxed);
                entry.known.job.cancelable = false;
                Ok(())
            }
            None => Err(ApiError::of(Code::JobState)),
        })
    }
}

impl Task {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// As it is shown now.
    ///
    /// # Panics
    /// Never: a task that is not over is always kept.
    #[must_use]
    pub fn job(&self) -> wire::Job {
        let mut inner = self.tasks.lock();
        let entry = inner.find(&self.id).expect("a task that runs is never forgotten");
        entry.known.job.clone()
    }

    /// How far it is.
    pub fn progress(&self, done: u64, total: Option<u64>, unit: &str) {
        if let Some(entry) = self.tasks.lock().find(&self.id) {
            entry.known.job.progress = Some(wire::JobProgress {
                done,
                total,
                unit: unit.to_owned(),
            });
        }
    }

    /// Whether somebody wants it to stop.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// It is done.
    pub fn complete(mut self, result: impl Into<String>) {
        self.over = true;
        self.tasks
            .end(&self.id, JobState::Complete, Some(result.into()), None);
    }

    /// It could not be done.
    pub fn fail(mut self, why: impl Into<String>) {
        self.over = true;
        self.tasks.end(&self.id, JobState::Failed, None, Some(why.into()));
    }

    /// It stopped because somebody wanted it to.
    pub fn stopped(mut self) {
        self.over = true;
        self.tasks.end(&self.id, JobState::Canceled, None, None);
    }

    /// There was nothing to do: it is not shown.
    pub fn nothing(mut self) {
        self.over = true;
        self.tasks
            .lock()
            .entries
            .retain(|entry| entry.known.job.id != self.id);
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if !self.over {
            let why = "it was interrupted".to_owned();
            self.tasks.end(&self.id, JobState::Failed, None, Some(why));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradewind_types::UnixNanos;
    use tradewind_venues::clock::ManualClock;

    fn tasks() -> Arc<Tasks> {
        Tasks::new(Arc::new(ManualClock::at(UnixNanos::from_secs(1_795_338_000))))
    }

    fn states(tasks: &Tasks) -> Vec<(String, JobState)> {
        let jobs = tasks.jobs();
        jobs.into_iter().map(|k| (k.job.name, k.job.state)).collect()
    }

    #[test]
    fn a_task_ends_as_it_says_and_one_that_says_nothing_was_interrupted() {
        let tasks = tasks();
        let begin = |name| tasks.begin(JobKind::Compaction, name, None);
        begin("done").complete("7 rows");
        begin("not done").fail("the disk is full");
        begin("nothing to do").nothing();
        drop(begin("dropped"));
        let running = begin("running");
        running.progress(3, Some(9), "tables");
        let shown = tasks.jobs();
        assert_eq!(
            states(&tasks),
            [
                ("done".to_owned(), JobState::Complete),
                ("not done".to_owned(), JobState::Failed),
                ("dropped".to_owned(), JobState::Failed),
                ("running".to_owned(), JobState::Running),
            ]
        );
        assert_eq!(shown[0].job.result.as_deref(), Some("7 rows"));
        assert_eq!(shown[1].job.error.as_deref(), Some("the disk is full"));
        assert_eq!(shown[2].job.error.as_deref(), Some("it was interrupted"));
        assert_eq!(shown[3].job.progress.as_ref().map(|p| p.done), Some(3));
        assert_eq!(shown[3].job.finished_at, None);
    }

    #[test]
    fn one_that_can_be_stopped_is_told_and_others_refuse() {
        let tasks = tasks();
        let (whole, stoppable) = (
            tasks.begin(JobKind::Retention, "whole", None),
            tasks.begin_stoppable(JobKind::Backfill, "in parts", None),
        );
        assert!(tasks.cancel("task-of-others").is_none());
        let refused = tasks.cancel(whole.id()).expect("known").expect_err("refused");
        assert_eq!(refused.code, Code::JobState);
        assert!(!stoppable.is_stopped() && tasks.jobs()[1].job.cancelable);
        tasks.cancel(stoppable.id()).expect("known").expect("told");
        assert!(stoppable.is_stopped() && !tasks.jobs()[1].job.cancelable);
        let id = stoppable.id().to_owned();
        stoppable.stopped();
        assert_eq!(tasks.jobs()[1].job.state, JobState::Canceled);
        assert!(tasks.cancel(&id).expect("known").is_err(), "it is over");
    }

    #[test]
    fn the_oldest_of_a_kind_that_are_over_are_forgotten_and_those_that_run_and_other_kinds_never() {
        let tasks = tasks();
        let first = tasks.begin(JobKind::Compaction, "first", None);
        tasks.begin(JobKind::Backup, "the backup", None).complete("");
        for n in 0..2 * KEPT_MAX {
            tasks
                .begin(JobKind::Compaction, &n.to_string(), None)
                .complete("");
        }
        let shown = states(&tasks);
        assert_eq!(shown.len(), KEPT_MAX + 2);
        assert_eq!(shown[0], ("first".to_owned(), JobState::Running));
        assert_eq!(shown[1], ("the backup".to_owned(), JobState::Complete));
        assert_eq!(shown[KEPT_MAX + 1].0, (2 * KEPT_MAX - 1).to_string());
        first.complete("");
    }

    #[test]
    fn what_fails_again_and_again_by_itself_is_shown_once_until_it_goes_well() {
        let tasks = tasks();
        let begin = |name: &str| tasks.begin(JobKind::Backfill, name, None);
        let ana = UserId::new("ana").expect("an id");
        for n in 0..5 {
            begin("BTC 1m").fail(format!("try {n}"));
            begin("ETH 1m").fail(format!("try {n}"));
            tasks
                .begin(JobKind::Backfill, "BTC 1m", Some(&ana))
                .fail("asked for");
        }
        let errors = |name: &str| -> Vec<String> {
            let jobs = tasks.jobs().into_iter().filter(|of| of.job.name == name);
            jobs.filter_map(|of| of.job.error).collect()
        };
        assert_eq!(errors("ETH 1m"), ["try 4"]);
        let asked = vec!["asked for".to_owned(); 5];
        let mut all = errors("BTC 1m");
        assert!(all.contains(&"try 4".to_owned()));
        all.retain(|why| why != "try 4");
        assert_eq!(all, asked, "what people asked for stays");
        begin("ETH 1m").complete("7 bars");
        begin("ETH 1m").fail("again");
        assert_eq!(errors("ETH 1m"), ["try 4", "again"]);
    }
}
