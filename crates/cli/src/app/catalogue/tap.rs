//! The engine's side: takes what is to be stored without ever waiting.

use std::sync::Arc;

use tokio::sync::mpsc::{Sender, error::TrySendError};
use tradewind_engine::{Kernel, MarketPublication};
use tradewind_types::market::{Bar, Trade};
use tradewind_types::{Instrument, InstrumentIdx};

use super::Counts;
use super::settings::Settings;

/// Bars that found the queue full and are remembered, to be had from the venue; more are only counted.
const REMEMBERED_MAX: usize = 4_096;

/// What is told to the recorder.
pub(super) enum Told {
    Bar(Arc<Instrument>, Bar),
    Trade(Arc<Instrument>, Trade),
    /// Bars that could not be told when they closed.
    Lost(Vec<(Arc<Instrument>, Bar)>),
}

/// Listens on the engine's thread.
pub(crate) struct Tap {
    to: Sender<Told>,
    settings: Arc<Settings>,
    counts: Arc<Counts>,
    lost: Vec<(Arc<Instrument>, Bar)>,
}

impl Tap {
    pub(super) fn new(to: Sender<Told>, settings: Arc<Settings>, counts: Arc<Counts>) -> Self {
        Self {
            to,
            settings,
            counts,
            lost: Vec::new(),
        }
    }

    /// Takes a publication when it is one to be stored.
    pub(crate) fn take(&mut self, kernel: &Kernel, publication: &MarketPublication) {
        let instrument = |idx: InstrumentIdx| kernel.instruments().get(idx).map(Arc::clone);
        let told = match publication {
            MarketPublication::Bar(bar) if self.settings.intervals.contains(&bar.interval) => {
                instrument(bar.instrument).map(|of| Told::Bar(of, *bar))
            }
            MarketPublication::Trade(trade) if self.settings.trades => {
                instrument(trade.instrument).map(|of| Told::Trade(of, trade.clone()))
            }
            _ => None,
        };
        if let Some(told) = told {
            self.tell(told);
        }
    }

    pub(super) fn tell(&mut self, told: Told) {
        if !self.lost.is_empty()
            && let Err(error) = self.to.try_send(Told::Lost(std::mem::take(&mut self.lost)))
            && let Told::Lost(lost) = error.into_inner()
        {
            self.lost = lost;
        }
        // A recorder that is gone is said when the program stops.
        if let Err(TrySendError::Full(told)) = self.to.try_send(told) {
            self.counts.lost(1);
            if let Told::Bar(of, bar) = told
                && self.lost.len() < REMEMBERED_MAX
            {
                self.lost.push((of, bar));
            }
        }
    }
}
