//! What the engine tells of, spread over those who listen: projections and hub.

use tradewind_engine::{MarketSink, OutcomeSink};
use tradewind_server::hub::Feeds;
use tradewind_store::projection::ProjectionSink;
use tradewind_types::record::Outcome;

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

pub(super) fn make(projection: ProjectionSink, hub: &Feeds) -> (Box<dyn OutcomeSink>, Box<dyn MarketSink>) {
    let outcomes = Outcomes {
        projection,
        hub: hub.outcome_sink(),
    };
    (Box::new(outcomes), hub.market_sink())
}
