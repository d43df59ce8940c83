//! The catalogue of the running program: the engine's closed bars and its trades on their way into the live tail, the
//! tail into files, and what is missing from the venues' history.
//!
//! Data flows one way. The [`tap`] runs on the engine's thread and hands over what is wanted through a bounded queue,
//! without waiting. The [`recorder`] appends it to the tail, many rows in one transaction. The [`upkeep`] moves the tail into
//! files, looks for gaps and for bars of which the feed missed a part, and fills them from [`history`]. Bars that found the
//! queue full are told to it by the recorder.

mod by_hand;
mod history;
mod recorder;
mod settings;
mod tap;
#[cfg(test)]
mod tests;
mod upkeep;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tradewind_engine::runtime::SessionSource;
use tradewind_server::catalogue::Catalogue;
use tradewind_server::jobs::Tasks;
use tradewind_store::Db;
use tradewind_store::catalog::{Catalog, Files, Series, Tail};
use tradewind_types::{Clock, VenueId};

pub(super) use history::VenueHistory;
pub(crate) use settings::CatalogueConfig;
use settings::Settings;
pub(super) use tap::Tap;

use super::DataDir;
use crate::failure::Failure;

/// Bars and trades that may wait to be stored.
const QUEUE_MAX: usize = 65_536;
/// Holes that may wait to be filled, per venue.
const HOLES_MAX: usize = 16_384;

/// A stretch of a series that is known to be missing.
#[derive(Debug, Clone)]
pub(super) struct Hole {
    series: Series,
    from: i64,
    to: i64,
}

/// What was done since the start.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Rows that are durable.
    stored: AtomicU64,
    /// Bars and trades that were not taken: the queue was full, or the store refused them.
    lost: AtomicU64,
    /// Bars that came from the venues' history.
    filled: AtomicU64,
}

impl Counts {
    fn stored(&self, rows: u64) {
        self.stored.fetch_add(rows, Ordering::Relaxed);
        metrics::counter!("tradewind_catalogue_rows_total").increment(rows);
    }

    fn lost(&self, rows: u64) {
        self.lost.fetch_add(rows, Ordering::Relaxed);
        metrics::counter!("tradewind_catalogue_lost_total").increment(rows);
    }

    fn filled(&self, rows: u64) {
        self.filled.fetch_add(rows, Ordering::Relaxed);
        metrics::counter!("tradewind_catalogue_filled_total").increment(rows);
    }
}

/// The catalogue and its recorder, before the venues are there.
pub(super) struct Recording {
    pub(super) catalog: Catalog,
    /// Its folder or bucket.
    place: String,
    settings: Arc<Settings>,
    counts: Arc<Counts>,
    recorder: Option<JoinHandle<()>>,
    holes: HashMap<VenueId, mpsc::Receiver<Hole>>,
}

/// The running tasks.
pub(super) struct Upkeep {
    recorder: Option<JoinHandle<()>>,
    tasks: Vec<JoinHandle<()>>,
    counts: Arc<Counts>,
}

/// Opens the catalogue, and starts to record what the tap takes; no tap where recording is switched off.
pub(super) fn open(
    config: &CatalogueConfig,
    (data, db): (&DataDir, &Db),
    venues: impl Iterator<Item = VenueId>,
) -> Result<(Recording, Option<Tap>), Failure> {
    let settings = Arc::new(Settings::of(config).map_err(Failure::Input)?);
    let place = config
        .place
        .clone()
        .unwrap_or_else(|| data.catalog().display().to_string());
    let files = Files::open(&place).map_err(|e| Failure::Input(format!("catalogue.place: {place}: {e}")))?;
    let catalog = Catalog::new(files).with_tail(Tail::new(db.clone()));
    let counts = Arc::new(Counts::default());
    let mut recording = Recording {
        catalog: catalog.clone(),
        place,
        settings: Arc::clone(&settings),
        counts: Arc::clone(&counts),
        recorder: None,
        holes: HashMap::new(),
    };
    if !settings.record {
        return Ok((recording, None));
    }
    let mut known = HashMap::new();
    for venue in venues {
        let (tell, told) = mpsc::channel(HOLES_MAX);
        known.insert(venue.clone(), tell);
        recording.holes.insert(venue, told);
    }
    let (to, from) = mpsc::channel(QUEUE_MAX);
    let recorder = recorder::Recorder::new(catalog, known, Arc::clone(&counts));
    recording.recorder = Some(tokio::spawn(recorder.run(from)));
    Ok((recording, Some(Tap::new(to, settings, counts))))
}

impl Recording {
    /// Starts what goes on beside the recorder, until `stop`; and the catalogue as the API has it, whose gaps are filled
    /// by the same keepers. `sessions` tells when markets trade; `tasks` shows what is at work.
    pub(super) fn keep(
        mut self,
        histories: Vec<VenueHistory>,
        sessions: &SessionSource,
        (clock, tasks): (&Arc<dyn Clock>, &Arc<Tasks>),
        stop: &CancellationToken,
    ) -> (Upkeep, Catalogue) {
        let mut running = Vec::new();
        let mut keepers = Vec::new();
        if self.settings.record {
            let compaction = upkeep::compact(
                (self.catalog.clone(), self.place.clone()),
                Arc::clone(&self.settings),
                Arc::clone(clock),
                Arc::clone(tasks),
            );
            running.push(until(stop, compaction));
        }
        for history in histories {
            let Some(holes) = self.holes.remove(history.venue()) else {
                continue;
            };
            let keeper = Arc::new(upkeep::Keeper {
                catalog: self.catalog.clone(),
                settings: Arc::clone(&self.settings),
                clock: Arc::clone(clock),
                counts: Arc::clone(&self.counts),
                history: history.paced(self.settings.pace),
                sessions: Arc::clone(sessions),
                tasks: Arc::clone(tasks),
            });
            keepers.push(Arc::clone(&keeper));
            running.push(until(stop, keeper.run(holes)));
        }
        let mut catalogue = Catalogue::new(self.catalog, self.place, Arc::clone(sessions))
            .keeping(&self.settings.keep)
            .shown_in(tasks);
        if self.settings.record {
            catalogue = catalogue.recording(Arc::new(by_hand::Keepers(keepers)));
        }
        let upkeep = Upkeep {
            recorder: self.recorder,
            tasks: running,
            counts: self.counts,
        };
        (upkeep, catalogue)
    }
}

/// Every step of these tasks is one transaction: they can be left between any two.
fn until(stop: &CancellationToken, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    let stop = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = task => {}
        }
    })
}

impl Upkeep {
    /// Waits for the tasks, and for the recorder, which ends when the engine has dropped the tap.
    pub(super) async fn stop(self) {
        for task in self.tasks {
            if task.await.is_err() {
                tracing::error!("a task of the catalogue did not stop cleanly");
            }
        }
        if let Some(recorder) = self.recorder
            && recorder.await.is_err()
        {
            tracing::error!("the catalogue's recorder did not stop cleanly");
        }
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        let (stored, lost, filled) = (
            count(&self.counts.stored),
            count(&self.counts.lost),
            count(&self.counts.filled),
        );
        tracing::info!(stored, lost, filled, "the catalogue is closed");
    }

    /// Bars that came from the venues' history so far.
    #[cfg(test)]
    pub(super) fn filled(&self) -> u64 {
        self.counts.filled.load(Ordering::Relaxed)
    }
}
