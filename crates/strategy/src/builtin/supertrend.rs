//! Supertrend: with the trend, from turn to turn.

use tradewind_types::StrategyId;
use tradewind_types::market::BarInterval;

use super::spec;
use super::stance::{EntryParams, Follower, SHORT, SIZE, STOP_LOSS, Stance, TAKE_PROFIT};
use crate::params::ParamDef;
use crate::registry::{Definition, SlotCount};
use crate::{Context, Inputs, Intents, Strategy};

pub(crate) static SUPERTREND: Definition = Definition {
    name: "supertrend",
    title: "Supertrend",
    doc: "Buys when the Supertrend turns up, leaves (or goes short) when it turns down. The trend it starts in is no \
          turn.",
    slots: SlotCount::Exactly(1),
    params: &[
        ParamDef::whole("period", 10, 2, 5_000, "bars of the average true range"),
        ParamDef::real(
            "multiplier",
            3.0,
            0.01,
            100.0,
            "width of the band in average true ranges",
        ),
        SHORT,
        SIZE,
        STOP_LOSS,
        TAKE_PROFIT,
    ],
    build: |setup, reader| {
        let params = SupertrendParams {
            period: reader.count("period")?,
            multiplier: reader.real("multiplier")?,
            entry: EntryParams::read(reader)?,
        };
        Ok(Box::new(Supertrend::new(setup.id, setup.interval, params)))
    },
};

/// Parameters of [`Supertrend`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SupertrendParams {
    /// Bars of the average true range, 2 to 5000.
    pub period: usize,
    /// Width of the band in average true ranges, 0.01 to 100.
    pub multiplier: f64,
    /// Direction, size and levels of entries.
    pub entry: EntryParams,
}

impl Default for SupertrendParams {
    fn default() -> Self {
        Self {
            period: 10,
            multiplier: 3.0,
            entry: EntryParams::default(),
        }
    }
}

/// Long from a turn up to the next turn down; short in the mirror image.
#[derive(Debug)]
pub struct Supertrend {
    id: StrategyId,
    inputs: Inputs,
    up: Option<bool>,
    follower: Follower,
}

impl Supertrend {
    /// On bars of `interval`. Parameters out of range are clamped into it; the registry refuses them.
    #[must_use]
    pub fn new(id: StrategyId, interval: BarInterval, params: SupertrendParams) -> Self {
        let period = params.period.clamp(2, 5_000);
        let multiplier = if params.multiplier.is_finite() {
            params.multiplier.clamp(0.01, 100.0)
        } else {
            3.0
        };
        let indicators = vec![spec("SUPERTREND", &[period as f64, multiplier])];
        Self {
            id,
            inputs: Inputs::single(interval, period + 1, 1, indicators),
            up: None,
            follower: Follower::new(params.entry),
        }
    }
}

impl Strategy for Supertrend {
    fn id(&self) -> &StrategyId {
        &self.id
    }

    fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    fn on_bar(&mut self, context: &Context<'_>, out: &mut Intents) {
        let (Some(line), Some(trend)) = (context.value(0, 0, 0), context.value(0, 1, 0)) else {
            return;
        };
        let up = trend > 0.0;
        if self.up.replace(up).is_none_or(|before| before == up) {
            return;
        }
        let window = context.first();
        let (to, template) = match up {
            true => (
                Stance::Long,
                "the trend turned up: close {close:price}, line {line:average}",
            ),
            false => (
                Stance::Short,
                "the trend turned down: close {close:price}, line {line:average}",
            ),
        };
        let reason = window.reason(template, &[window.close(), line]);
        self.follower.go(to, &window, reason, out);
    }
}
