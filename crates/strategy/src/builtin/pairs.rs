//! Pairs: two cointegrated instruments against each other, by Engle and Granger.

use tradewind_indicators::BarInput;
use tradewind_indicators::regression::{ENGLE_GRANGER_5, Line, Reversion};
use tradewind_types::StrategyId;
use tradewind_types::market::BarInterval;

use crate::intents::{Amount, share};
use crate::params::ParamDef;
use crate::registry::{Definition, SlotCount};
use crate::{Context, Inputs, Intents, Strategy};

const DAY_S: f64 = 86_400.0;

pub(crate) static PAIRS: Definition = Definition {
    name: "pairs",
    title: "Pairs (cointegration)",
    doc: "Hedge ratio by least squares of log prices (the first instrument on the second) over a rolling window. \
          Trades the spread against itself from `entry` standard deviations until `exit`; gives up at `stop` and then \
          waits for `exit`. Only while the Engle–Granger statistic is at most `t_max` and the half-life lies within \
          its days.",
    slots: SlotCount::Exactly(2),
    params: &[
        ParamDef::whole("window", 252, 20, 5_000, "bars of the regression"),
        ParamDef::real(
            "entry",
            2.0,
            0.1,
            20.0,
            "standard deviations at which it enters; between exit and stop",
        ),
        ParamDef::real("exit", 0.5, 0.0, 20.0, "standard deviations at which it leaves"),
        ParamDef::real(
            "stop",
            4.0,
            0.2,
            100.0,
            "standard deviations at which it gives up",
        ),
        ParamDef::real(
            "half_life_min",
            5.0,
            0.0,
            10_000.0,
            "least half-life to enter, in days",
        ),
        ParamDef::real(
            "half_life_max",
            120.0,
            0.0,
            10_000.0,
            "greatest half-life to enter, in days",
        ),
        ParamDef::real(
            "t_max",
            ENGLE_GRANGER_5,
            -100.0,
            100.0,
            "greatest Engle–Granger statistic to enter: -3.90 is 1 %, -3.34 is 5 %, -3.04 is 10 %; 100 = not asked",
        ),
        ParamDef::real(
            "weight",
            0.5,
            0.001,
            10.0,
            "gross share of the equity over both legs",
        ),
    ],
    build: |setup, reader| {
        let params = PairsParams {
            window: reader.count("window")?,
            entry: reader.real("entry")?,
            exit: reader.real("exit")?,
            stop: reader.real("stop")?,
            half_life_min: reader.real("half_life_min")?,
            half_life_max: reader.real("half_life_max")?,
            t_max: reader.real("t_max")?,
            weight: reader.real("weight")?,
        };
        if !(params.exit < params.entry && params.entry < params.stop) {
            return Err(reader.relation("exit < entry < stop must hold"));
        }
        if params.half_life_min > params.half_life_max {
            return Err(reader.relation("half_life_min must be at most half_life_max"));
        }
        Ok(Box::new(Pairs::new(setup.id, setup.interval, params)))
    },
};

/// Parameters of [`Pairs`]; `exit` < `entry` < `stop`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PairsParams {
    /// Bars of the regression, 20 to 5000.
    pub window: usize,
    /// Standard deviations at which it enters.
    pub entry: f64,
    /// Standard deviations at which it leaves.
    pub exit: f64,
    /// Standard deviations at which it gives up.
    pub stop: f64,
    /// Least half-life to enter, in days (bars × interval).
    pub half_life_min: f64,
    /// Greatest half-life to enter, in days.
    pub half_life_max: f64,
    /// Greatest Engle–Granger statistic to enter.
    pub t_max: f64,
    /// Gross share of the equity over both legs.
    pub weight: f64,
}

impl Default for PairsParams {
    fn default() -> Self {
        Self {
            window: 252,
            entry: 2.0,
            exit: 0.5,
            stop: 4.0,
            half_life_min: 5.0,
            half_life_max: 120.0,
            t_max: ENGLE_GRANGER_5,
            weight: 0.5,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Flat,
    /// Long the first, short the second.
    Long,
    /// Short the first, long the second.
    Short,
    /// Gave up; waits until the spread is back.
    Cooling,
}

/// The spread of two instruments as it stands.
#[derive(Clone, Copy, Debug)]
struct Spread {
    line: Line,
    z: f64,
}

/// Trades `ln a − (α + β·ln b)` against itself; α and β are fitted anew on every bar. In a trade the legs keep the
/// weights of the entry: `weight / (1 + β)` in the first, β times that in the second. A hedge ratio of 0 or below is no
/// hedge and is not traded. Half-life and statistic are asked on entry only.
#[derive(Debug)]
pub struct Pairs {
    id: StrategyId,
    inputs: Inputs,
    params: PairsParams,
    stage: Stage,
    x: Vec<f64>,
    y: Vec<f64>,
    spread: Vec<f64>,
}

impl Pairs {
    /// On bars of `interval`. A window out of range is clamped into it; the registry refuses it.
    #[must_use]
    pub fn new(id: StrategyId, interval: BarInterval, params: PairsParams) -> Self {
        let window = params.window.clamp(20, 5_000);
        Self {
            id,
            inputs: Inputs {
                slots: 2,
                ..Inputs::single(interval, window, window, Vec::new())
            },
            params: PairsParams { window, ..params },
            stage: Stage::Flat,
            x: Vec::with_capacity(window),
            y: Vec::with_capacity(window),
            spread: Vec::with_capacity(window),
        }
    }

    /// Fits the bars that both have. None while these are fewer than the window, or do not make a line.
    fn fit(&mut self, first: &[BarInput], second: &[BarInput]) -> Option<Spread> {
        self.x.clear();
        self.y.clear();
        let mut others = second.iter().peekable();
        for bar in first {
            while others.next_if(|other| other.ts < bar.ts).is_some() {}
            if let Some(other) = others.next_if(|other| other.ts == bar.ts) {
                self.y.push(bar.close.ln());
                self.x.push(other.close.ln());
            }
        }
        // A time that one of them lacks leaves the other a bar more; a tenth missing is no window any more.
        if self.x.len() * 10 < self.params.window * 9 {
            return None;
        }
        let line = Line::fit(&self.x, &self.y)?;
        let z = line.score(*self.x.last()?, *self.y.last()?);
        Some(Spread { line, z })
    }

    /// Half-life in days and statistic of the spread, where they allow an entry.
    fn allowed(&mut self, line: &Line) -> Option<(f64, f64)> {
        if line.slope <= 0.0 {
            return None;
        }
        self.spread.clear();
        let residuals = self.x.iter().zip(&self.y).map(|(x, y)| line.residual(*x, *y));
        self.spread.extend(residuals);
        let reversion = Reversion::of(&self.spread)?;
        let days = reversion.half_life()? * f64::from(self.inputs.interval.secs()) / DAY_S;
        let within = (self.params.half_life_min..=self.params.half_life_max).contains(&days);
        (within && reversion.t <= self.params.t_max).then_some((days, reversion.t))
    }

    fn enter(&mut self, spread: Spread, context: &Context<'_>, out: &mut Intents) {
        let Some((days, t)) = self.allowed(&spread.line) else {
            return;
        };
        let beta = spread.line.slope;
        let sign = if spread.z > 0.0 { -1.0 } else { 1.0 };
        let leg = sign * self.params.weight / (1.0 + beta);
        let (Some(first), Some(second)) = (share(leg), share(-leg * beta)) else {
            return;
        };
        self.stage = if spread.z > 0.0 { Stage::Short } else { Stage::Long };
        let template = "spread z {z:2} beyond {entry:2}, hedge ratio {beta:3}, half-life {days:1} d, Engle–Granger t {t:2}";
        let reason = context
            .first()
            .reason(template, &[spread.z, self.params.entry, beta, days, t]);
        out.target(0, Amount::Weight(first), reason.clone());
        out.target(1, Amount::Weight(second), reason);
    }

    fn leave(&mut self, to: Stage, z: f64, context: &Context<'_>, out: &mut Intents) {
        self.stage = to;
        let (template, level) = match to {
            Stage::Cooling => ("spread z {z:2} beyond the stop {level:2}", self.params.stop),
            _ => ("spread z {z:2} back within {level:2}", self.params.exit),
        };
        let reason = context.first().reason(template, &[z, level]);
        out.exit(0, reason.clone());
        out.exit(1, reason);
    }
}

impl Strategy for Pairs {
    fn id(&self) -> &StrategyId {
        &self.id
    }

    fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    fn on_bar(&mut self, context: &Context<'_>, out: &mut Intents) {
        let (Some(first), Some(second)) = (context.window(0), context.window(1)) else {
            return;
        };
        let Some(spread) = self.fit(first.bars(), second.bars()) else {
            return;
        };
        let PairsParams {
            entry, exit, stop, ..
        } = self.params;
        let z = spread.z;
        match self.stage {
            Stage::Cooling if z.abs() <= exit => self.stage = Stage::Flat,
            Stage::Cooling => {}
            Stage::Flat if z.abs() >= entry && z.abs() < stop => self.enter(spread, context, out),
            Stage::Flat => {}
            Stage::Long | Stage::Short if z.abs() >= stop => self.leave(Stage::Cooling, z, context, out),
            Stage::Long if z >= -exit => self.leave(Stage::Flat, z, context, out),
            Stage::Short if z <= exit => self.leave(Stage::Flat, z, context, out),
            Stage::Long | Stage::Short => {}
        }
    }
}
