//! The feed's task: history, then the live stream, in one order.

use std::collections::HashMap;
use std::sync::Arc;

use tradewind_types::market::MarketEvent;
use tradewind_types::{Instrument, InstrumentIdx};

use super::protocol::{DecoderProtocol, Subscription};
use super::{MarketOut, VenueLink, history, now};
use crate::connection::{Connection, Deliveries, Delivery};

pub(super) struct Runner<O> {
    link: VenueLink,
    instruments: Vec<(InstrumentIdx, Arc<Instrument>)>,
    out: O,
    /// Newest trade id told of, per instrument: nothing is told twice.
    last_trade: HashMap<InstrumentIdx, u64>,
    sessions: u64,
}

impl<O: MarketOut> Runner<O> {
    pub(super) fn new(link: VenueLink, instruments: Vec<(InstrumentIdx, Arc<Instrument>)>, out: O) -> Self {
        Self {
            link,
            instruments,
            out,
            last_trade: HashMap::new(),
            sessions: 0,
        }
    }

    pub(super) async fn run(
        mut self,
        connection: Arc<Connection<DecoderProtocol>>,
        subscriptions: Vec<Subscription>,
        mut deliveries: Deliveries<MarketEvent>,
    ) {
        if let Err(error) = connection.subscribe(subscriptions).await {
            tracing::error!(venue = %self.link.settings.id, %error, "the feed cannot subscribe");
            return;
        }
        // A failed first attempt goes on in the background; history may be had meanwhile.
        if let Err(error) = connection.connect().await {
            tracing::warn!(venue = %self.link.settings.id, %error, "the first attempt to connect failed");
        }
        self.first_history().await;
        while let Some(delivery) = deliveries.recv().await {
            self.deliver(delivery).await;
        }
    }

    /// The live stream waits in its queue meanwhile.
    async fn first_history(&mut self) {
        for (idx, instrument) in self.instruments.clone() {
            for bar in history::candles(&self.link, idx, &instrument).await {
                self.out.send(MarketEvent::Bar(bar)).await;
            }
        }
        self.missed_trades().await;
    }

    async fn missed_trades(&mut self) {
        for (idx, instrument) in self.instruments.clone() {
            for trade in history::trades(&self.link, idx, &instrument).await {
                self.tell(MarketEvent::Trade(trade)).await;
            }
        }
    }

    async fn deliver(&mut self, delivery: Delivery<MarketEvent>) {
        match delivery {
            Delivery::Event { event, .. } => self.tell(event).await,
            Delivery::SessionStarted { .. } => {
                self.sessions += 1;
                if self.sessions > 1 {
                    self.missed_trades().await;
                }
            }
            Delivery::SessionEnded { .. } => self.reset_all().await,
            // A gap of one stream was followed by that instrument's own reset; one of all means every instrument.
            Delivery::Gap { gap, .. } => {
                if gap.stream.is_none() {
                    self.reset_all().await;
                }
            }
        }
    }

    async fn tell(&mut self, event: MarketEvent) {
        if let MarketEvent::Trade(trade) = &event
            && trade.trade_id > 0
        {
            let last = self.last_trade.entry(trade.instrument).or_default();
            if trade.trade_id <= *last {
                return;
            }
            *last = trade.trade_id;
        }
        self.out.send(event).await;
    }

    async fn reset_all(&self) {
        let ts_init = now(&self.link);
        for (instrument, _) in &self.instruments {
            self.out
                .send(MarketEvent::Reset {
                    instrument: *instrument,
                    ts_init,
                })
                .await;
        }
    }
}
