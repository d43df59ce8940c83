//! A venue's candles as the history that gaps are filled from.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};
use tradewind_store::catalog::gaps::History;
use tradewind_store::catalog::{Kind, Rows, Scales, Series, bar_row};
use tradewind_types::market::BarInterval;
use tradewind_types::{Instrument, InstrumentId, InstrumentIdx, UnixNanos, VenueId};
use tradewind_venues::feeds::VenueLink;

/// A venue with REST, and what is followed of it.
pub(crate) struct VenueHistory {
    link: VenueLink,
    instruments: HashMap<InstrumentId, (InstrumentIdx, Arc<Instrument>)>,
    /// When the next question may be asked. Held while waiting, on purpose: whoever asks stands in line here.
    next: Mutex<Instant>,
    pace: Duration,
}

impl VenueHistory {
    pub(crate) fn new(link: VenueLink, instruments: &[(InstrumentIdx, Arc<Instrument>)]) -> Self {
        let by_id = |(idx, of): &(InstrumentIdx, Arc<Instrument>)| (of.id.clone(), (*idx, Arc::clone(of)));
        Self {
            link,
            instruments: instruments.iter().map(by_id).collect(),
            next: Mutex::new(Instant::now()),
            pace: Duration::ZERO,
        }
    }

    /// The same with so much time between two questions.
    pub(super) fn paced(self, pace: Duration) -> Self {
        Self { pace, ..self }
    }

    pub(super) fn venue(&self) -> &VenueId {
        &self.link.settings.id
    }

    /// Whether there are candles of an interval.
    pub(super) fn has(&self, interval: BarInterval) -> bool {
        self.link.has_candles(interval)
    }

    pub(super) fn instruments(&self) -> impl Iterator<Item = &Arc<Instrument>> {
        self.instruments.values().map(|(_, instrument)| instrument)
    }

    async fn wait(&self) {
        let mut next = self.next.lock().await;
        sleep_until(*next).await;
        *next = Instant::now() + self.pace;
    }
}

impl History for VenueHistory {
    async fn bars(&self, series: &Series, times: Range<i64>) -> Result<Rows, String> {
        let Some((idx, of)) = self.instruments.get(&series.instrument) else {
            return Err(format!("{series}: the venue {} does not list it", self.venue()));
        };
        let scales = Scales {
            price: of.price_scale,
            size: of.size_scale,
        };
        let mut rows = Rows::new(Kind::Bars, scales);
        let Some(interval) = series.interval.filter(|interval| self.has(*interval)) else {
            return Ok(rows);
        };
        self.wait().await;
        let bound = |ns: i64| UnixNanos(u64::try_from(ns).unwrap_or(0));
        let times = bound(times.start)..bound(times.end);
        let candles = self.link.candles((*idx, &**of), interval, times).await;
        for bar in candles.map_err(|e| format!("{series}: {e}"))? {
            // An interval in which nothing traded has no bar.
            if bar.volume.0 > 0 {
                let row = bar_row(&mut rows, of.id.symbol.as_str(), &bar);
                rows.push(&row);
            }
        }
        Ok(rows)
    }
}
