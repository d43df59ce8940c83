//! Stored market data as people keep it in order: what there is, what is missing, and what is done about it.
//!
//! Whoever starts the program hands over the [`Catalog`] with what only the program knows: when markets trade, and how a
//! venue is asked for what is missing ([`Backfill`]). One change at a time is made, whoever asks.

mod by_hand;
mod sessions;

use std::future::Future;
use std::ops::Range;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tradewind_engine::runtime::SessionSource;
use tradewind_store::catalog::gaps::{Filled, Gap, GapRules};
use tradewind_store::catalog::quality::{Quality, quality};
use tradewind_store::catalog::retention::{Due, Policy, before_defaults};
use tradewind_store::catalog::{Catalog, CatalogError, Compacted, Listed, Series};
use tradewind_types::market::BarGrid;
use tradewind_types::time::SECOND_NS;
use tradewind_types::{InstrumentId, UnixNanos, UserId};
use tradewind_wire::JobKind;

pub use by_hand::{Trading, fill_by_hand};
pub use sessions::{grid_of, sessions_between};

use crate::jobs::{Task, Tasks};
use crate::problem::{ApiError, ApiResult, Code};
use crate::to_its_end::to_its_end;

/// Rows younger than this are left in the tail, and bars younger than this are no gaps: late trades still change them.
pub const SETTLED_NS: u64 = 60 * SECOND_NS;
/// How long a list stands: those who turn its pages read it once.
const LISTED_NS: u64 = 2 * SECOND_NS;
/// Whole series that are read at once.
const READS_MAX: usize = 2;
/// Most bars that one question may look at: a month of 1 s bars, five years of minutes.
pub const BARS_MAX: u64 = 3_000_000;

/// Why a venue is not asked for what is missing.
#[derive(Debug, thiserror::Error)]
pub enum BackfillRefused {
    /// It has none.
    #[error("no venue of this program has {0} in its history")]
    NoHistory(Series),
    /// The catalogue failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct BackfillAsked {
    /// The bars.
    pub series: Series,
    /// Gaps from this time on; as far back of the end as the program's own scans look when absent.
    pub from: Option<UnixNanos>,
    /// Gaps before this time; up to now when absent.
    pub to: Option<UnixNanos>,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackfillDone {
    /// Questions and answers.
    pub filled: Filled,
    /// Gaps between the times that are left.
    pub gaps_left: u64,
}

/// Fills gaps from the venues' history: what the running program does by itself, by hand.
pub trait Backfill: Send + Sync {
    /// Asks for what is missing, within bounds of time that a request has.
    fn backfill(&self, asked: BackfillAsked) -> BoxFuture<'_, Result<BackfillDone, BackfillRefused>>;
}

/// A list of series, and when it was made.
type Listing = Option<(UnixNanos, Arc<Vec<Listed>>)>;

/// The catalogue of a running program.
pub struct Catalogue {
    catalog: Catalog,
    place: String,
    sessions: SessionSource,
    policies: Vec<Policy>,
    backfill: Option<Arc<dyn Backfill>>,
    /// Where its changes are shown as jobs.
    tasks: Option<Arc<Tasks>>,
    listing: Mutex<Listing>,
    reads: Arc<Semaphore>,
    changing: Arc<Mutex<()>>,
}

impl Catalogue {
    /// A catalogue that is read and not recorded into. `sessions` tells when a calendar's markets trade.
    #[must_use]
    pub fn new(catalog: Catalog, place: String, sessions: SessionSource) -> Self {
        Self {
            catalog,
            place,
            sessions,
            policies: before_defaults(&[]),
            backfill: None,
            tasks: None,
            listing: Mutex::default(),
            reads: Arc::new(Semaphore::new(READS_MAX)),
            changing: Arc::default(),
        }
    }

    /// The same, with policies of its own before the defaults.
    #[must_use]
    pub fn keeping(self, own: &[Policy]) -> Self {
        Self {
            policies: before_defaults(own),
            ..self
        }
    }

    /// The same, recorded into, with what fills its gaps.
    #[must_use]
    pub fn recording(self, backfill: Arc<dyn Backfill>) -> Self {
        Self {
            backfill: Some(backfill),
            ..self
        }
    }

    /// The same, whose changes are shown among the jobs.
    #[must_use]
    pub fn shown_in(self, tasks: &Arc<Tasks>) -> Self {
        Self {
            tasks: Some(Arc::clone(tasks)),
            ..self
        }
    }

    /// The catalogue.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Its folder or bucket.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Whether what happens is stored.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.backfill.is_some()
    }

    /// What is kept how long.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// Every series, as of a moment ago.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn list(&self, now: UnixNanos) -> ApiResult<Arc<Vec<Listed>>> {
        // Held while reading, on purpose: whoever else wants the list waits for this one.
        let mut listing = self.listing.lock().await;
        if let Some((made, list)) = listing.as_ref()
            && now.0.saturating_sub(made.0) < LISTED_NS
        {
            return Ok(Arc::clone(list));
        }
        let list = Arc::new(self.catalog.list().await.map_err(failure)?);
        *listing = Some((now, Arc::clone(&list)));
        Ok(list)
    }

    /// What is missing in a series of bars between two times, while a calendar's markets trade.
    ///
    /// # Errors
    /// When the calendar is not known, or the catalogue cannot be read.
    pub async fn gaps(
        &self,
        series: &Series,
        calendar: &str,
        times: Range<UnixNanos>,
    ) -> ApiResult<Vec<Gap>> {
        let sessions = sessions_between(&self.sessions, calendar, times.clone())
            .map_err(|why| calendar_refused(&why))?;
        let _reading = self.reading().await?;
        let times = bound(times.start)..bound(times.end);
        let rules = GapRules {
            days_back: u16::MAX,
            ..GapRules::default()
        };
        let until = times.end;
        let gaps = gaps_of(&self.catalog, series, sessions, (times, until), &rules).await;
        gaps.map(joined).map_err(failure)
    }

    /// How good a series of bars looks; `None` where there are none.
    ///
    /// # Errors
    /// When the calendar is not known, the bars are more than [`BARS_MAX`], or the catalogue cannot be read.
    pub async fn quality(
        &self,
        series: &Series,
        calendar: &str,
        now: UnixNanos,
    ) -> ApiResult<Option<Quality>> {
        let Some(interval) = series.interval else {
            return Ok(None);
        };
        let of =
            |listed: &&Listed| listed.instrument == series.instrument && listed.interval == Some(interval);
        let stored = self
            .list(now)
            .await?
            .iter()
            .find(of)
            .map_or(0, |listed| listed.rows);
        if stored > BARS_MAX {
            let why = format!("{series} has {stored} bars; at most {BARS_MAX} are checked at once");
            return Err(ApiError::new(Code::CatalogueRefused, why));
        }
        let reading = self.reading().await?;
        let (catalog, sessions) = (self.catalog.clone(), Arc::clone(&self.sessions));
        let (series, calendar) = (series.clone(), calendar.to_owned());
        // Whoever asked may go; the work holds its place until it is done.
        let working = tokio::spawn(async move {
            let bars = catalog.bars(series, 0..i64::MAX).await.map_err(failure)?;
            let (Some(first), Some(last)) = (bars.ts.first(), bars.ts.last()) else {
                return Ok(None);
            };
            let times =
                UnixNanos(first.unsigned_abs())..UnixNanos(last.unsigned_abs()).plus(interval.nanos());
            let sessions =
                sessions_between(&sessions, &calendar, times).map_err(|why| calendar_refused(&why))?;
            let checked = tokio::task::spawn_blocking(move || quality(&bars, interval, Some(&sessions)));
            let checked = checked.await.map_err(|_| ApiError::of(Code::Internal));
            drop(reading);
            checked.map(Some)
        });
        working
            .await
            .unwrap_or_else(|_| Err(ApiError::of(Code::Internal)))
    }

    /// Asks the venue for what is missing, because somebody asks.
    ///
    /// # Errors
    /// `CATALOGUE_NOT_RECORDING`, `CATALOGUE_NO_HISTORY`, `CATALOGUE_BUSY`.
    pub async fn backfill(self: &Arc<Self>, asked: BackfillAsked, by: &UserId) -> ApiResult<BackfillDone> {
        let Some(backfill) = self.backfill.clone() else {
            return Err(ApiError::of(Code::CatalogueNotRecording));
        };
        let changing = self.changing()?;
        let task = self.task(JobKind::Backfill, &asked.series.to_string(), by);
        let told =
            |done: &BackfillDone| format!("{} bars added, {} gaps left", done.filled.added, done.gaps_left);
        self.change(changing, (task, told), async move {
            let done = backfill.backfill(asked).await;
            done.map_err(|refused| match refused {
                BackfillRefused::NoHistory(_) => ApiError::new(Code::CatalogueNoHistory, refused.to_string()),
                BackfillRefused::Catalog(error) => failure(error),
            })
        })
        .await
    }

    /// Moves what has settled from the live tail into files, because somebody asks.
    ///
    /// # Errors
    /// `CATALOGUE_BUSY`; when a file or the database fails.
    pub async fn compact(self: &Arc<Self>, now: UnixNanos, by: &UserId) -> ApiResult<Compacted> {
        let changing = self.changing()?;
        let settled = bound(UnixNanos(now.0.saturating_sub(SETTLED_NS)));
        let catalog = self.catalog.clone();
        let task = self.task(JobKind::Compaction, &self.place, by);
        let told = |done: &Compacted| format!("{} rows moved into files", done.rows);
        self.change(changing, (task, told), async move {
            catalog.compact(settled).await.map_err(failure)
        })
        .await
    }

    /// Files whose time is over.
    ///
    /// # Errors
    /// When a file fails.
    pub async fn due(&self, now: UnixNanos) -> ApiResult<Vec<Due>> {
        let _reading = self.reading().await?;
        self.catalog.due(&self.policies, now).await.map_err(failure)
    }

    /// Takes away the files whose time is over, after making coarser bars of them where the policies say so; which they
    /// were. `calendar_of` names the calendar of an instrument's bars.
    ///
    /// # Errors
    /// `CATALOGUE_BUSY`; `CATALOGUE_REFUSED` when bars cannot be made into coarser ones; when a file fails.
    pub async fn retire(
        self: &Arc<Self>,
        (now, by): (UnixNanos, &UserId),
        calendar_of: impl Fn(&InstrumentId) -> String + Send + Sync + 'static,
    ) -> ApiResult<Vec<Due>> {
        let changing = self.changing()?;
        let this = Arc::clone(self);
        let task = self.task(JobKind::Retention, &self.place, by);
        let told = |gone: &Vec<Due>| format!("{} files taken away", gone.len());
        self.change(changing, (task, told), async move {
            let grids = |instrument: &InstrumentId, times: Range<i64>| -> Result<BarGrid, String> {
                grid_of(&this.sessions, &calendar_of(instrument), times)
            };
            let due = this.catalog.due(&this.policies, now).await.map_err(failure)?;
            this.catalog.retire(&due, now, &grids).await.map_err(failure)?;
            Ok(due)
        })
        .await
    }

    fn task(&self, kind: JobKind, name: &str, by: &UserId) -> Option<Task> {
        let tasks = self.tasks.as_ref();
        tasks.map(|tasks| tasks.begin(kind, name, Some(by)))
    }

    /// Makes a change to its end: one that stops halfway would be begun again and again. Among the jobs it shows what
    /// `told` says of it.
    async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        changing: OwnedMutexGuard<()>,
        (task, told): (Option<Task>, fn(&T) -> String),
        change: impl Future<Output = ApiResult<T>> + Send + 'static,
    ) -> ApiResult<T> {
        let this = Arc::clone(self);
        to_its_end(async move {
            let done = change.await;
            match (task, &done) {
                (Some(task), Ok(done)) => task.complete(told(done)),
                (Some(task), Err(error)) => task.fail(error.detail.clone()),
                (None, _) => {}
            }
            // A list that was made before holds no more.
            *this.listing.lock().await = None;
            drop(changing);
            done
        })
        .await
    }

    async fn reading(&self) -> ApiResult<OwnedSemaphorePermit> {
        let permit = Arc::clone(&self.reads).acquire_owned().await;
        permit.map_err(|_| ApiError::of(Code::Internal))
    }

    fn changing(&self) -> ApiResult<OwnedMutexGuard<()>> {
        let free = Arc::clone(&self.changing).try_lock_owned();
        free.map_err(|_| ApiError::of(Code::CatalogueBusy))
    }
}

/// What is missing in a series of bars: stretches without any, and bars of which the feed missed a part, oldest first.
///
/// # Errors
/// As [`Catalog::gaps`].
pub async fn gaps_of(
    catalog: &Catalog,
    series: &Series,
    sessions: Vec<(i64, i64)>,
    (times, now): (Range<i64>, i64),
    rules: &GapRules,
) -> Result<Vec<Gap>, CatalogError> {
    let mut gaps = catalog
        .gaps(series, sessions, (times.clone(), now), rules)
        .await?;
    gaps.extend(catalog.incomplete(series, times).await?);
    gaps.sort_by_key(|gap| gap.from);
    Ok(gaps)
}

/// Gaps that end where the next one begins as one: a market that never closes is looked at day by day.
#[must_use]
pub fn joined(gaps: Vec<Gap>) -> Vec<Gap> {
    let mut all: Vec<Gap> = Vec::with_capacity(gaps.len());
    for gap in gaps {
        match all.last_mut().filter(|last| last.to == gap.from) {
            Some(last) => {
                last.to = gap.to;
                last.bars += gap.bars;
            }
            None => all.push(gap),
        }
    }
    all
}

fn bound(ts: UnixNanos) -> i64 {
    i64::try_from(ts.0).unwrap_or(i64::MAX)
}

fn calendar_refused(why: &str) -> ApiError {
    ApiError::field("calendar", "UNKNOWN_CALENDAR", why.to_owned())
}

/// What the catalogue says, as a problem.
fn failure(error: CatalogError) -> ApiError {
    match error {
        CatalogError::Locked => ApiError::of(Code::CatalogueBusy),
        CatalogError::Refused(why) => ApiError::new(Code::CatalogueRefused, why),
        CatalogError::Tail(error) => error.into(),
        CatalogError::Unsteady(_) => ApiError::of(Code::StoreBusy).retry_after(1),
        error => {
            tracing::error!(%error, "the catalogue failed");
            ApiError::of(Code::Internal)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradewind_store::catalog::{Files, Kind};

    const NOW: UnixNanos = UnixNanos::from_secs(1_795_338_000);

    fn always() -> SessionSource {
        Arc::new(|_, _, _| Ok(None))
    }

    struct Waiting(tokio::sync::Notify);

    impl Backfill for Waiting {
        fn backfill(&self, _: BackfillAsked) -> BoxFuture<'_, Result<BackfillDone, BackfillRefused>> {
            Box::pin(async {
                self.0.notified().await;
                Ok(BackfillDone::default())
            })
        }
    }

    fn asked() -> BackfillAsked {
        BackfillAsked {
            series: Series::of(Kind::Bars, "BTC-USD.COINBASE".parse().expect("an id")),
            from: None,
            to: None,
        }
    }

    fn somebody() -> UserId {
        "u-ana".parse().expect("an id")
    }

    #[test]
    fn own_policies_come_before_the_defaults() {
        let files = Files::memory();
        let catalogue = Catalogue::new(Catalog::new(files), "memory".to_owned(), always());
        let defaults = catalogue.policies().to_vec();
        let own: Policy = "trades=7".parse().expect("a policy");
        let kept = catalogue.keeping(&[own]);
        assert_eq!(kept.policies().first(), Some(&own));
        assert_eq!(kept.policies().get(1..), Some(defaults.as_slice()));
    }

    #[tokio::test]
    async fn while_one_changes_it_others_are_refused_and_readers_are_not() {
        let who = somebody();
        let folder = tempfile::tempdir().expect("a folder");
        let files = || Files::local(folder.path()).expect("files");
        let catalogue = || Catalogue::new(Catalog::new(files()), "here".to_owned(), always());
        let reading = Arc::new(catalogue());
        let refused = reading
            .backfill(asked(), &who)
            .await
            .expect_err("nothing records");
        assert_eq!(refused.code, Code::CatalogueNotRecording);
        let venue = Arc::new(Waiting(tokio::sync::Notify::new()));
        let catalogue = Arc::new(catalogue().recording(Arc::clone(&venue) as Arc<dyn Backfill>));
        {
            let first = catalogue.backfill(asked(), &who);
            tokio::pin!(first);
            tokio::select! {
                biased;
                _ = &mut first => panic!("it waits"),
                second = catalogue.compact(NOW, &who) => {
                    assert_eq!(second.expect_err("busy").code, Code::CatalogueBusy);
                }
            }
            assert!(catalogue.list(NOW).await.expect("listed").is_empty());
            venue.0.notify_one();
            first.await.expect("through");
        }
        // Whoever asked has gone; the change goes on, and then others may.
        {
            let gone = catalogue.backfill(asked(), &who);
            tokio::pin!(gone);
            tokio::select! {
                biased;
                _ = &mut gone => panic!("it waits"),
                () = tokio::task::yield_now() => {}
            }
        }
        let refused = catalogue.compact(NOW, &who).await.expect_err("busy");
        assert_eq!(refused.code, Code::CatalogueBusy);
        venue.0.notify_one();
        while catalogue.changing().is_err() {
            tokio::task::yield_now().await;
        }
        // Another process, as it were.
        let other = Catalog::new(files());
        let session = other.session().await.expect("a session");
        let refused = catalogue.catalog().session().await.map(drop).expect_err("locked");
        assert_eq!(failure(refused).code, Code::CatalogueBusy);
        drop(session);
        catalogue.catalog().session().await.map(drop).expect("free");
    }
}
