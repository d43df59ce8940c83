//! Buy and hold: the benchmark of every other strategy.

use tradewind_types::StrategyId;
use tradewind_types::market::BarInterval;

use crate::intents::{Amount, share};
use crate::params::ParamDef;
use crate::registry::{Definition, SlotCount};
use crate::{Alignment, Context, Inputs, Intents, Strategy};

pub(crate) static BUY_AND_HOLD: Definition = Definition {
    name: "buy_and_hold",
    title: "Buy and hold",
    doc: "Buys every instrument at its first bar, the same share of the equity each, and keeps them.",
    slots: SlotCount::Any,
    params: &[ParamDef::real(
        "weight",
        1.0,
        0.0,
        10.0,
        "share of the equity, divided evenly among the instruments",
    )],
    build: |setup, reader| {
        let weight = reader.real("weight")?;
        Ok(Box::new(BuyAndHold::new(
            setup.id,
            setup.interval,
            setup.slots,
            weight,
        )))
    },
};

/// Asks once, at its first bar, for `weight` / instruments of the equity in each instrument.
#[derive(Debug)]
pub struct BuyAndHold {
    id: StrategyId,
    inputs: Inputs,
    weight: f64,
    bought: Vec<bool>,
    left: usize,
}

impl BuyAndHold {
    /// On `slots` instruments.
    #[must_use]
    pub fn new(id: StrategyId, interval: BarInterval, slots: usize, weight: f64) -> Self {
        Self {
            id,
            inputs: Inputs {
                slots,
                alignment: Alignment::Partial,
                ..Inputs::single(interval, 1, 1, Vec::new())
            },
            weight: weight / slots.max(1) as f64,
            bought: vec![false; slots],
            left: slots,
        }
    }
}

impl Strategy for BuyAndHold {
    fn id(&self) -> &StrategyId {
        &self.id
    }

    fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    #[inline]
    fn on_bar(&mut self, context: &Context<'_>, out: &mut Intents) {
        if self.left == 0 {
            return;
        }
        let Some(weight) = share(self.weight) else {
            return;
        };
        for (slot, bought) in self.bought.iter_mut().enumerate() {
            let Some(window) = context.window(slot).filter(|_| !*bought && context.fresh(slot)) else {
                continue;
            };
            *bought = true;
            self.left -= 1;
            let reason = window.reason("first bar: hold {weight:4} of equity", &[self.weight]);
            out.target(slot, Amount::Weight(weight), reason);
        }
    }
}
