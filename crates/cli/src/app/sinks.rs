//! What the engine tells of, spread over those who listen: projections, hub and catalogue.

use tradewind_engine::{Kernel, MarketPublication, MarketSink, OutcomeSink};
use tradewind_server::hub::Feeds;
use tradewind_store::projection::ProjectionSink;
use tradewind_types::record::Outcome;

use super::catalogue::Tap;

struct Outcomes {
    projection: ProjectionSink,
    hub: Box<dyn OutcomeSink>,
}

impl OutcomeSink for Outcomes {
    fn durable(&mut self, outcomes: &[(u64, Outcome)]) {
        self.projection.push(outcomes);
        self.hub.durable(outcomes);
    }

    fn head(&mut self, seq: u64, hash: &str) {
        self.projection.head(seq, hash);
    }
}

struct Markets {
    hub: Box<dyn MarketSink>,
    catalogue: Tap,
}

impl MarketSink for Markets {
    fn market(&mut self, kernel: &Kernel, publication: &MarketPublication) {
        self.catalogue.take(kernel, publication);
        self.hub.market(kernel, publication);
    }
}

pub(super) fn make(
    projection: ProjectionSink,
    hub: &Feeds,
    catalogue: Option<Tap>,
) -> (Box<dyn OutcomeSink>, Box<dyn MarketSink>) {
    let outcomes = Outcomes {
        projection,
        hub: hub.outcome_sink(),
    };
    let hub = hub.market_sink();
    let market: Box<dyn MarketSink> = match catalogue {
        Some(catalogue) => Box::new(Markets { hub, catalogue }),
        None => hub,
    };
    (Box::new(outcomes), market)
}
