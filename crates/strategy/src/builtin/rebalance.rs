//! Target weights, kept within a band.

use tradewind_types::market::BarInterval;
use tradewind_types::{Decimal, StrategyId};

use crate::intents::{Amount, share};
use crate::params::ParamDef;
use crate::registry::{Definition, SlotCount};
use crate::{Alignment, Context, Inputs, Intents, Strategy};

pub(crate) static REBALANCE: Definition = Definition {
    name: "rebalance",
    title: "Target-weight rebalance",
    doc: "Holds each instrument at its target share of the equity. Every `every` bars it looks; where any share is \
          further from its target than `band`, all are brought back to their targets.",
    slots: SlotCount::Any,
    params: &[
        ParamDef::list(
            "weights",
            -10.0,
            10.0,
            "target share of the equity per instrument, negative = short; empty = the same for each, 1 in all",
        ),
        ParamDef::real(
            "band",
            0.05,
            0.0,
            10.0,
            "allowed distance of a share from its target",
        ),
        ParamDef::whole("every", 1, 1, 1_000_000, "bars from one look to the next"),
    ],
    build: |setup, reader| {
        let mut weights = reader.list("weights")?;
        if weights.is_empty() {
            weights = vec![1.0 / setup.slots as f64; setup.slots];
        }
        if weights.len() != setup.slots {
            let (got, slots) = (weights.len(), setup.slots);
            return Err(reader.relation(format!("{got} weights for {slots} instruments")));
        }
        let params = RebalanceParams {
            weights,
            band: reader.real("band")?,
            every: reader.count("every")? as u64,
        };
        Ok(Box::new(Rebalance::new(setup.id, setup.interval, params)))
    },
};

/// Parameters of [`Rebalance`].
#[derive(Clone, PartialEq, Debug)]
pub struct RebalanceParams {
    /// Target share of the equity per instrument, each within ±10.
    pub weights: Vec<f64>,
    /// Allowed distance of a share from its target.
    pub band: f64,
    /// Bars from one look to the next.
    pub every: u64,
}

/// Brings every instrument to its target share when one of them has left its band.
///
/// A share is position × last close × multiplier / equity allotted. Instruments that have not had a bar yet are left
/// out until they do. Without equity it asks for nothing.
#[derive(Debug)]
pub struct Rebalance {
    id: StrategyId,
    inputs: Inputs,
    params: RebalanceParams,
    targets: Vec<Decimal>,
    calls: u64,
}

impl Rebalance {
    /// On one instrument per weight.
    #[must_use]
    pub fn new(id: StrategyId, interval: BarInterval, params: RebalanceParams) -> Self {
        let target = |weight: &f64| share(*weight).unwrap_or_default();
        Self {
            id,
            inputs: Inputs {
                slots: params.weights.len(),
                alignment: Alignment::Partial,
                equity: true,
                ..Inputs::single(interval, 1, 1, Vec::new())
            },
            targets: params.weights.iter().map(target).collect(),
            params,
            calls: 0,
        }
    }

    /// The instrument furthest outside its band, with its share and target.
    fn furthest(&self, context: &Context<'_>) -> Option<(usize, f64, f64)> {
        let off = |(slot, target): (usize, &f64)| Some((slot, context.weight(slot)?, *target));
        let outside = self.params.weights.iter().enumerate().filter_map(off);
        outside
            .filter(|(_, share, target)| (share - target).abs() > self.params.band)
            .max_by(|a, b| (a.1 - a.2).abs().total_cmp(&(b.1 - b.2).abs()))
    }
}

impl Strategy for Rebalance {
    fn id(&self) -> &StrategyId {
        &self.id
    }

    fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    fn on_bar(&mut self, context: &Context<'_>, out: &mut Intents) {
        self.calls += 1;
        if !(self.calls - 1).is_multiple_of(self.params.every.max(1)) {
            return;
        }
        let Some((worst, share, target)) = self.furthest(context) else {
            return;
        };
        for (slot, weight) in self.targets.iter().enumerate() {
            let Some(window) = context.window(slot) else {
                continue;
            };
            let template =
                "instrument {slot:count} is at {share:4} of equity, target {target:4}, band {band:4}";
            let reason = window.reason(template, &[worst as f64, share, target, self.params.band]);
            out.target(slot, Amount::Weight(*weight), reason);
        }
    }
}
