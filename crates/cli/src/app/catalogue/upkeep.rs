//! What goes on beside the recorder: the tail is moved into files, and what is missing is filled.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tradewind_engine::runtime::{ALWAYS, SessionSource};
use tradewind_server::catalogue::{
    BackfillAsked, BackfillDone, Trading, fill_by_hand, gaps_of, sessions_between,
};
use tradewind_server::jobs::Tasks;
use tradewind_store::catalog::gaps::{Filled, Gap};
use tradewind_store::catalog::{Catalog, CatalogError, Series};
use tradewind_types::time::DAY_NS;
use tradewind_types::{Clock, Instrument, UnixNanos};
use tradewind_wire::JobKind;

use super::settings::Settings;
use super::{Counts, Hole, VenueHistory};

/// Rows younger than this are left in the tail, and holes younger than this are not asked for: late trades still change
/// them.
const SETTLED_NS: i64 = tradewind_server::catalogue::SETTLED_NS as i64;
/// How often known holes are looked at.
const LOOK: Duration = Duration::from_secs(15);
/// Holes that wait until they have settled.
const HOLES_MAX: usize = 65_536;

fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

fn nanos(ts: UnixNanos) -> i64 {
    i64::try_from(ts.0).unwrap_or(i64::MAX)
}

/// Moves the tail's settled rows into files, again and again.
pub(super) async fn compact(
    (catalog, place): (Catalog, String),
    settings: Arc<Settings>,
    clock: Arc<dyn Clock>,
    tasks: Arc<Tasks>,
) {
    let mut ticks = ticks(settings.compact_every);
    // The first comes at once; a start has other things to do.
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let task = tasks.begin(JobKind::Compaction, &place, None);
        match catalog.compact(nanos(clock.now()) - SETTLED_NS).await {
            Ok(done) => {
                tracing::info!(rows = done.rows, "the live tail was moved into files");
                task.complete(format!("{} rows moved into files", done.rows));
            }
            Err(CatalogError::Locked) => {
                task.nothing();
                tracing::info!(
                    "another writer is at the catalogue; the live tail stays until the next round"
                );
            }
            Err(error) => {
                tracing::warn!(%error, "the live tail could not be moved into files");
                task.fail("the live tail could not be moved into files; the log says why");
            }
        }
    }
}

/// Fills what is missing of one venue's instruments.
pub(super) struct Keeper {
    pub(super) catalog: Catalog,
    pub(super) settings: Arc<Settings>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) counts: Arc<Counts>,
    /// Paced.
    pub(super) history: VenueHistory,
    pub(super) sessions: SessionSource,
    pub(super) tasks: Arc<Tasks>,
}

impl Keeper {
    pub(super) async fn run(self: Arc<Self>, mut told: Receiver<Hole>) {
        let keeper = self;
        if !keeper.settings.backfill {
            // Somebody has to take them, or the channel would look full.
            while told.recv().await.is_some() {}
            return;
        }
        let (mut scans, mut looks) = (ticks(keeper.settings.scan_every), ticks(LOOK));
        let mut holes = Vec::new();
        loop {
            tokio::select! {
                _ = scans.tick() => keeper.scan().await,
                _ = looks.tick() => {
                    while let Ok(hole) = told.try_recv() {
                        if holes.len() < HOLES_MAX {
                            holes.push(hole);
                        }
                    }
                    keeper.mend(&mut holes).await;
                }
            }
        }
    }

    /// Looks for gaps in every series that the venue has candles of.
    async fn scan(&self) {
        let intervals = &self.settings.intervals;
        for instrument in self.history.instruments() {
            for interval in intervals.iter().filter(|interval| self.history.has(**interval)) {
                let series = Series::bars(instrument.id.clone(), *interval);
                match self.gaps(&series, instrument).await {
                    Ok(gaps) if gaps.is_empty() => {}
                    Ok(gaps) => self.fill(&series, &gaps).await,
                    Err(error) => tracing::warn!(%series, %error, "its gaps are not known"),
                }
            }
        }
    }

    async fn gaps(&self, series: &Series, instrument: &Instrument) -> Result<Vec<Gap>, CatalogError> {
        // The latest bars may still be on their way.
        let now = nanos(self.clock.now()) - SETTLED_NS;
        let from = now.saturating_sub(i64::from(self.settings.rules.days_back) * DAY_NS as i64);
        let sessions = self.stretches(&instrument.calendar, from, now);
        let rules = &self.settings.rules;
        gaps_of(&self.catalog, series, sessions, (from..now, now), rules).await
    }

    /// When a calendar's market trades; day by day where it never closes or is not known.
    fn stretches(&self, calendar: &str, from: i64, to: i64) -> Vec<(i64, i64)> {
        let at = |ns: i64| UnixNanos(ns.unsigned_abs());
        let between = |calendar| sessions_between(&self.sessions, calendar, at(from)..at(to));
        between(calendar).unwrap_or_else(|why| {
            tracing::warn!(%calendar, %why, "no sessions: its markets count as always open");
            between(ALWAYS).unwrap_or_default()
        })
    }

    /// The instrument of a series whose bars the venue has.
    pub(super) fn has(&self, series: &Series) -> Option<&Arc<Instrument>> {
        let interval = series.interval?;
        let instrument = self.history.instruments().find(|of| of.id == series.instrument)?;
        self.history.has(interval).then_some(instrument)
    }

    /// Asks for what is missing because somebody asks.
    pub(super) async fn by_hand(
        &self,
        asked: &BackfillAsked,
        instrument: &Instrument,
    ) -> Result<BackfillDone, CatalogError> {
        let trading = Trading {
            sessions: &self.sessions,
            calendar: &instrument.calendar,
        };
        let now = (self.clock.now(), &self.settings.rules);
        let done = fill_by_hand(&self.catalog, &self.history, asked, trading, now).await?;
        self.counts.filled(done.filled.added);
        Ok(done)
    }

    /// Asks for holes that are old enough, neighbours together.
    async fn mend(&self, holes: &mut Vec<Hole>) {
        let settled = nanos(self.clock.now()) - SETTLED_NS;
        let mut due: Vec<Hole> = holes.extract_if(.., |hole| hole.to <= settled).collect();
        due.retain(|hole| hole.series.interval.is_some_and(|i| self.history.has(i)));
        due.sort_by(|a, b| (&a.series, a.from).cmp(&(&b.series, b.from)));
        for same in due.chunk_by(|a, b| a.series == b.series) {
            let mut gaps: Vec<Gap> = Vec::new();
            for hole in same {
                match gaps.last_mut().filter(|last| last.to >= hole.from) {
                    Some(last) => last.to = last.to.max(hole.to),
                    None => gaps.push(Gap {
                        from: hole.from,
                        to: hole.to,
                        bars: 1,
                    }),
                }
            }
            self.fill(&same[0].series, &gaps).await;
        }
    }

    async fn fill(&self, series: &Series, gaps: &[Gap]) {
        let rules = series
            .interval
            .map_or(self.settings.rules, |interval| self.settings.rules.of(interval));
        let now = nanos(self.clock.now());
        let task = self.tasks.begin(JobKind::Backfill, &series.to_string(), None);
        match self
            .catalog
            .backfill(series, gaps, &self.history, (now, &rules))
            .await
        {
            Ok(Filled {
                asked,
                added,
                empty,
                failures,
                ..
            }) => {
                self.counts.filled(added);
                match failures.first() {
                    Some(why) if added == 0 => task.fail(why.clone()),
                    _ if asked == 0 => task.nothing(),
                    _ => task.complete(format!("{added} bars added by {asked} questions")),
                }
                if asked > 0 {
                    tracing::info!(%series, asked, added, empty, "gaps were asked for");
                }
                for why in failures {
                    tracing::warn!(%series, %why, "the venue did not answer; again with the next scan");
                }
            }
            Err(error) => {
                tracing::warn!(%series, %error, "gaps could not be filled");
                task.fail("gaps could not be filled; the log says why");
            }
        }
    }
}
