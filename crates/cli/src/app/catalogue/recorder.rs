//! From the queue into the live tail: what comes within a moment is one transaction.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::{Instant, timeout_at};
use tradewind_store::catalog::{Catalog, CatalogError, Kind, Rows, Scales, Series, bar_row, trade_row};
use tradewind_types::market::{Bar, BarSource, Trade};
use tradewind_types::{Instrument, VenueId};

use super::tap::Told;
use super::{Counts, Hole};

/// How long is waited for more, once something has come.
const GATHER: Duration = Duration::from_millis(250);
/// Rows of one transaction.
const BATCH_MAX: usize = 8_192;
/// How long a database that does not take rows is left alone.
const RETRY: Duration = Duration::from_secs(1);

/// Rows by series and scales.
type Grouped = BTreeMap<(Series, u8, u8), Rows>;

/// What is to be stored at once.
#[derive(Default)]
struct Batch {
    /// Whole bars of our own, and trades: they stand whatever is there.
    own: Grouped,
    /// The venue's candles, and bars of which the feed missed a part: they stand where nothing whole is.
    others: Grouped,
    holes: Vec<(VenueId, Hole)>,
    rows: u64,
}

pub(super) struct Recorder {
    catalog: Catalog,
    holes: HashMap<VenueId, Sender<Hole>>,
    counts: Arc<Counts>,
}

impl Recorder {
    pub(super) fn new(catalog: Catalog, holes: HashMap<VenueId, Sender<Hole>>, counts: Arc<Counts>) -> Self {
        Self {
            catalog,
            holes,
            counts,
        }
    }

    /// Stores what comes until the tap is gone.
    pub(super) async fn run(self, mut from: Receiver<Told>) {
        let mut told = Vec::new();
        while from.recv_many(&mut told, BATCH_MAX).await > 0 {
            let until = Instant::now() + GATHER;
            while told.len() < BATCH_MAX {
                let room = BATCH_MAX - told.len();
                match timeout_at(until, from.recv_many(&mut told, room)).await {
                    Ok(0) | Err(_) => break,
                    Ok(_) => {}
                }
            }
            let mut batch = Batch::default();
            for told in told.drain(..) {
                batch.take(told);
            }
            self.store(&batch, &from).await;
            for (venue, hole) in batch.holes {
                // Where there is no room the scan for gaps finds what is long enough to be one.
                if let Some(to) = self.holes.get(&venue) {
                    let _ = to.try_send(hole);
                }
            }
        }
    }

    /// Tries until it is durable, or the program stops.
    async fn store(&self, batch: &Batch, from: &Receiver<Told>) {
        loop {
            let error = match self.try_store(batch).await {
                Ok(()) => return self.counts.stored(batch.rows),
                Err(error) => error,
            };
            let hopeless = matches!(error, CatalogError::Refused(_) | CatalogError::Range { .. });
            if hopeless || from.is_closed() {
                tracing::error!(%error, rows = batch.rows, "bars and trades were not stored");
                return self.counts.lost(batch.rows);
            }
            tracing::warn!(%error, rows = batch.rows, "bars and trades are not stored yet");
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn try_store(&self, batch: &Batch) -> Result<(), CatalogError> {
        let Some(tail) = self.catalog.tail() else {
            return Err(CatalogError::Refused("there is no live tail".to_owned()));
        };
        tail.append_all(batch.own.iter().map(|((series, ..), rows)| (series, rows)))
            .await?;
        for ((series, ..), rows) in &batch.others {
            self.catalog.fill(series, rows).await?;
        }
        Ok(())
    }
}

impl Batch {
    fn take(&mut self, told: Told) {
        match told {
            Told::Bar(of, bar) => self.bar(&of, &bar),
            Told::Trade(of, trade) => self.trade(&of, &trade),
            Told::Lost(bars) => bars.iter().for_each(|(of, bar)| self.hole(of, bar)),
        }
    }

    fn bar(&mut self, of: &Instrument, bar: &Bar) {
        let candle = bar.source == BarSource::Venue;
        // Some venues give a candle for every interval; one in which nothing traded is no bar.
        if candle && bar.volume.0 == 0 {
            return;
        }
        let series = Series::bars(of.id.clone(), bar.interval);
        let own = bar.complete && !candle;
        let rows = group(if own { &mut self.own } else { &mut self.others }, of, series);
        let row = bar_row(rows, of.id.symbol.as_str(), bar);
        rows.push(&row);
        self.rows += 1;
    }

    fn trade(&mut self, of: &Instrument, trade: &Trade) {
        let series = Series::of(Kind::Trades, of.id.clone());
        let rows = group(&mut self.own, of, series);
        let row = trade_row(rows, of.id.symbol.as_str(), trade, 0);
        rows.push(&row);
        self.rows += 1;
    }

    fn hole(&mut self, of: &Instrument, bar: &Bar) {
        let bound = |ns: u64| i64::try_from(ns).unwrap_or(i64::MAX);
        let hole = Hole {
            series: Series::bars(of.id.clone(), bar.interval),
            from: bound(bar.ts.0),
            to: bound(bar.ts.plus(bar.interval.nanos()).0),
        };
        self.holes.push((of.venue.clone(), hole));
    }
}

fn group<'a>(groups: &'a mut Grouped, of: &Instrument, series: Series) -> &'a mut Rows {
    let kind = series.kind;
    let scales = Scales {
        price: of.price_scale,
        size: of.size_scale,
    };
    groups
        .entry((series, scales.price, scales.size))
        .or_insert_with(|| Rows::new(kind, scales))
}
