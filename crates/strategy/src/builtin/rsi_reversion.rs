//! RSI reversion: against an extreme, until the RSI is back in the middle.

use tradewind_types::StrategyId;
use tradewind_types::market::BarInterval;

use super::spec;
use super::stance::{EntryParams, Follower, SHORT, SIZE, STOP_LOSS, Stance, TAKE_PROFIT};
use crate::params::ParamDef;
use crate::registry::{Definition, SlotCount};
use crate::{Context, Inputs, Intents, Strategy};

const RSI: usize = 0;

pub(crate) static RSI_REVERSION: Definition = Definition {
    name: "rsi_reversion",
    title: "RSI reversion",
    doc: "Buys when the RSI falls below `low` and leaves when it reaches `exit`; with `short` sells when it rises \
          above `high` and leaves when it is back at `exit`.",
    slots: SlotCount::Exactly(1),
    params: &[
        ParamDef::whole("period", 14, 2, 5_000, "bars of the RSI"),
        ParamDef::real("low", 30.0, 0.0, 100.0, "buy below; less than exit"),
        ParamDef::real("high", 70.0, 0.0, 100.0, "sell short above; greater than exit"),
        ParamDef::real("exit", 50.0, 0.0, 100.0, "leave when reached"),
        SHORT,
        SIZE,
        STOP_LOSS,
        TAKE_PROFIT,
    ],
    build: |setup, reader| {
        let params = RsiReversionParams {
            period: reader.count("period")?,
            low: reader.real("low")?,
            high: reader.real("high")?,
            exit: reader.real("exit")?,
            entry: EntryParams::read(reader)?,
        };
        if !(params.low < params.exit && params.exit < params.high) {
            return Err(reader.relation("low < exit < high must hold"));
        }
        Ok(Box::new(RsiReversion::new(setup.id, setup.interval, params)))
    },
};

/// Parameters of [`RsiReversion`]; `low` < `exit` < `high`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RsiReversionParams {
    /// Bars of the RSI, 2 to 5000.
    pub period: usize,
    /// Buys below.
    pub low: f64,
    /// Sells short above.
    pub high: f64,
    /// Leaves when it is reached.
    pub exit: f64,
    /// Direction, size and levels of entries.
    pub entry: EntryParams,
}

impl Default for RsiReversionParams {
    fn default() -> Self {
        Self {
            period: 14,
            low: 30.0,
            high: 70.0,
            exit: 50.0,
            entry: EntryParams::default(),
        }
    }
}

/// Long from a bar with RSI < `low` until one with RSI ≥ `exit`; short from one with RSI > `high` until one with
/// RSI ≤ `exit`.
#[derive(Debug)]
pub struct RsiReversion {
    id: StrategyId,
    inputs: Inputs,
    params: RsiReversionParams,
    follower: Follower,
}

impl RsiReversion {
    /// On bars of `interval`. A period out of range is clamped into it; the registry refuses it.
    #[must_use]
    pub fn new(id: StrategyId, interval: BarInterval, params: RsiReversionParams) -> Self {
        let period = params.period.clamp(2, 5_000);
        Self {
            id,
            inputs: Inputs::single(interval, period + 1, 1, vec![spec("RSI", &[period as f64])]),
            params,
            follower: Follower::new(params.entry),
        }
    }

    fn wanted(&self, rsi: f64) -> Stance {
        let RsiReversionParams { low, high, exit, .. } = self.params;
        match self.follower.stance {
            _ if rsi < low => Stance::Long,
            _ if rsi > high && self.follower.shorts() => Stance::Short,
            Stance::Long if rsi < exit => Stance::Long,
            Stance::Short if rsi > exit => Stance::Short,
            _ => Stance::Flat,
        }
    }
}

impl Strategy for RsiReversion {
    fn id(&self) -> &StrategyId {
        &self.id
    }

    fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    fn on_bar(&mut self, context: &Context<'_>, out: &mut Intents) {
        let Some(rsi) = context.value(RSI, 0, 0) else {
            return;
        };
        let to = self.wanted(rsi);
        let (template, level) = match to {
            Stance::Long => ("RSI {rsi:2} is below {level:2}", self.params.low),
            Stance::Short => ("RSI {rsi:2} is above {level:2}", self.params.high),
            Stance::Flat => ("RSI {rsi:2} is back at {level:2}", self.params.exit),
        };
        let window = context.first();
        self.follower
            .go(to, &window, window.reason(template, &[rsi, level]), out);
    }
}
