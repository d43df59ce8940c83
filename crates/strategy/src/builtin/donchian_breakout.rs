//! Donchian breakout: with a close beyond the channel of the bars before it.

use tradewind_types::StrategyId;
use tradewind_types::market::BarInterval;

use super::spec;
use super::stance::{EntryParams, Follower, SHORT, SIZE, STOP_LOSS, Stance, TAKE_PROFIT};
use crate::params::ParamDef;
use crate::registry::{Definition, SlotCount};
use crate::{Context, Inputs, Intents, Strategy};

const ENTRY: usize = 0;
const EXIT: usize = 1;
const UPPER: usize = 0;
const LOWER: usize = 2;

pub(crate) static DONCHIAN_BREAKOUT: Definition = Definition {
    name: "donchian_breakout",
    title: "Donchian breakout",
    doc: "Buys on a close above the highest high of the `entry` bars before, leaves on a close below the lowest low \
          of the `exit` bars before; with `short` the mirror image too.",
    slots: SlotCount::Exactly(1),
    params: &[
        ParamDef::whole("entry", 20, 2, 5_000, "bars of the channel that is broken out of"),
        ParamDef::whole(
            "exit",
            10,
            2,
            5_000,
            "bars of the channel that ends it; at most entry",
        ),
        SHORT,
        SIZE,
        STOP_LOSS,
        TAKE_PROFIT,
    ],
    build: |setup, reader| {
        let params = DonchianParams {
            entry_bars: reader.count("entry")?,
            exit_bars: reader.count("exit")?,
            entry: EntryParams::read(reader)?,
        };
        if params.exit_bars > params.entry_bars {
            return Err(reader.relation("exit must be at most entry"));
        }
        Ok(Box::new(DonchianBreakout::new(setup.id, setup.interval, params)))
    },
};

/// Parameters of [`DonchianBreakout`]; `exit_bars` ≤ `entry_bars`, both 2 to 5000.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct DonchianParams {
    /// Bars of the channel that is broken out of.
    pub entry_bars: usize,
    /// Bars of the channel that ends it.
    pub exit_bars: usize,
    /// Direction, size and levels of entries.
    pub entry: EntryParams,
}

impl Default for DonchianParams {
    fn default() -> Self {
        Self {
            entry_bars: 20,
            exit_bars: 10,
            entry: EntryParams::default(),
        }
    }
}

/// Long from a close above the highest high of the `entry_bars` before this bar until one below the lowest low of the
/// `exit_bars` before; short in the mirror image. The bar itself is not part of the channel it breaks.
#[derive(Debug)]
pub struct DonchianBreakout {
    id: StrategyId,
    inputs: Inputs,
    follower: Follower,
}

impl DonchianBreakout {
    /// On bars of `interval`. Periods out of range are clamped into it; the registry refuses them.
    #[must_use]
    pub fn new(id: StrategyId, interval: BarInterval, params: DonchianParams) -> Self {
        let entry = params.entry_bars.clamp(2, 5_000);
        let exit = params.exit_bars.clamp(2, entry);
        let indicators = vec![
            spec("DONCHIAN", &[entry as f64]),
            spec("DONCHIAN", &[exit as f64]),
        ];
        Self {
            id,
            inputs: Inputs::single(interval, entry + 1, 2, indicators),
            follower: Follower::new(params.entry),
        }
    }
}

impl Strategy for DonchianBreakout {
    fn id(&self) -> &StrategyId {
        &self.id
    }

    fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    fn on_bar(&mut self, context: &Context<'_>, out: &mut Intents) {
        let channel = |which, side| context.value(which, side, 1);
        let (Some(top), Some(bottom)) = (channel(ENTRY, UPPER), channel(ENTRY, LOWER)) else {
            return;
        };
        let (Some(exit_top), Some(exit_bottom)) = (channel(EXIT, UPPER), channel(EXIT, LOWER)) else {
            return;
        };
        let window = context.first();
        let close = window.close();
        let (to, template, level) = match self.follower.stance {
            _ if close > top => (Stance::Long, "close {close:price} is above {level:price}", top),
            Stance::Long if close >= exit_bottom => return,
            _ if close < bottom && self.follower.shorts() => (
                Stance::Short,
                "close {close:price} is below {level:price}",
                bottom,
            ),
            Stance::Short if close <= exit_top => return,
            Stance::Flat => return,
            Stance::Long => (
                Stance::Flat,
                "close {close:price} is below {level:price}: exit",
                exit_bottom,
            ),
            Stance::Short => (
                Stance::Flat,
                "close {close:price} is above {level:price}: exit",
                exit_top,
            ),
        };
        self.follower
            .go(to, &window, window.reason(template, &[close, level]), out);
    }
}
