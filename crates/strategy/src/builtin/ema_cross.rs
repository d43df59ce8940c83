//! EMA cross: long while a fast average is above a slow one.

use tradewind_types::StrategyId;
use tradewind_types::market::BarInterval;

use super::spec;
use super::stance::{EntryParams, Follower, SHORT, SIZE, STOP_LOSS, Stance, TAKE_PROFIT};
use crate::params::ParamDef;
use crate::registry::{Definition, SlotCount};
use crate::{Context, Inputs, Intents, Strategy};

const FAST: usize = 0;
const SLOW: usize = 1;

pub(crate) static EMA_CROSS: Definition = Definition {
    name: "ema_cross",
    title: "EMA cross",
    doc: "Buys when the fast EMA of the close crosses above the slow one, leaves (or goes short) when it crosses \
          below. Which is above when it starts is no cross.",
    slots: SlotCount::Exactly(1),
    params: &[
        ParamDef::whole("fast", 10, 1, 4_999, "bars of the fast average; less than slow"),
        ParamDef::whole("slow", 20, 2, 5_000, "bars of the slow average"),
        SHORT,
        SIZE,
        STOP_LOSS,
        TAKE_PROFIT,
    ],
    build: |setup, reader| {
        let (fast, slow) = (reader.count("fast")?, reader.count("slow")?);
        if fast >= slow {
            return Err(reader.relation("fast must be less than slow"));
        }
        let params = EmaCrossParams {
            fast,
            slow,
            entry: EntryParams::read(reader)?,
        };
        Ok(Box::new(EmaCross::new(setup.id, setup.interval, params)))
    },
};

/// Parameters of [`EmaCross`]; `fast` < `slow` ≤ 5000.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EmaCrossParams {
    /// Bars of the fast average.
    pub fast: usize,
    /// Bars of the slow average.
    pub slow: usize,
    /// Direction, size and levels of entries.
    pub entry: EntryParams,
}

impl Default for EmaCrossParams {
    fn default() -> Self {
        Self {
            fast: 10,
            slow: 20,
            entry: EntryParams::default(),
        }
    }
}

/// Buys when EMA `fast` crosses above EMA `slow`, leaves (or sells short) when it crosses below.
///
/// A cross is a bar on which the sign of `fast − slow` differs from the last one that was not 0; the sign on the first
/// bar is where it starts from, no cross.
#[derive(Debug)]
pub struct EmaCross {
    id: StrategyId,
    inputs: Inputs,
    params: EmaCrossParams,
    above: Option<bool>,
    follower: Follower,
}

impl EmaCross {
    /// On bars of `interval`. Periods out of range are clamped into it; the registry refuses them.
    #[must_use]
    pub fn new(id: StrategyId, interval: BarInterval, params: EmaCrossParams) -> Self {
        let slow = params.slow.clamp(2, 5_000);
        let fast = params.fast.clamp(1, slow - 1);
        let indicators = vec![spec("EMA", &[fast as f64]), spec("EMA", &[slow as f64])];
        Self {
            id,
            inputs: Inputs::single(interval, slow, 1, indicators),
            params: EmaCrossParams { fast, slow, ..params },
            above: None,
            follower: Follower::new(params.entry),
        }
    }
}

impl Strategy for EmaCross {
    fn id(&self) -> &StrategyId {
        &self.id
    }

    fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    #[inline]
    fn on_bar(&mut self, context: &Context<'_>, out: &mut Intents) {
        let (Some(fast), Some(slow)) = (context.value(FAST, 0, 0), context.value(SLOW, 0, 0)) else {
            return;
        };
        let above = fast > slow;
        if self.above == Some(above) || (!above && fast >= slow) {
            return;
        }
        if self.above.replace(above).is_none() {
            return;
        }
        let window = context.first();
        let (to, template) = if above {
            let template = "EMA {n:count} ({fast:average}) crossed above EMA {m:count} ({slow:average})";
            (Stance::Long, template)
        } else {
            let template = "EMA {n:count} ({fast:average}) crossed below EMA {m:count} ({slow:average})";
            (Stance::Short, template)
        };
        let figures = [self.params.fast as f64, fast, self.params.slow as f64, slow];
        self.follower
            .go(to, &window, window.reason(template, &figures), out);
    }
}
