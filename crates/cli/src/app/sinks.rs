//! What the engine tells of, spread over those who listen: projections and hub.

use tradewind_engine::{Kernel, MarketPublication, MarketSink, OutcomeSink};
use tradewind_store::projection::ProjectionSink;
use tradewind_types::record::Outcome;

struct Outcomes {
    projection: ProjectionSink,
}

impl OutcomeSink for Outcomes {
    fn durable(&mut self, outcomes: &[(u64, Outcome)]) {
        self.projection.push(outcomes);
    }
}

struct Market;

impl MarketSink for Market {
    fn market(&mut self, _kernel: &Kernel, _publication: &MarketPublication) {}
}

pub(super) fn make(projection: ProjectionSink) -> (Box<dyn OutcomeSink>, Box<dyn MarketSink>) {
    (Box::new(Outcomes { projection }), Box::new(Market))
}
