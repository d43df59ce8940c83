//! Indicators drawn over stored bars, by the same code that the strategies use.

use tradewind_indicators::{Columns, IndicatorError, IndicatorSpec, Pane, Scales, Series};
use tradewind_types::market::Bar;

/// What the scalping strategies look at, in the order in which a chart offers it.
pub const OVERLAYS: [&str; 7] = [
    "EMA_3",
    "EMA_5",
    "BBANDS_10_2",
    "VWAP",
    "RSI_7",
    "MACD_6_13_5",
    "STOCHF_7_3",
];

/// An indicator over bars: one value or none per bar and output.
#[derive(Clone, PartialEq, Debug)]
pub struct Overlay {
    /// Which, with its canonical id.
    pub spec: IndicatorSpec,
    /// The values; [`Series::get`] gives none where there is none.
    pub series: Series,
}

impl Overlay {
    /// Names of the outputs, in the order of the series' columns.
    #[must_use]
    pub fn outputs(&self) -> &'static [&'static str] {
        self.spec.definition().outputs
    }

    /// Whether it is drawn over the candles.
    #[must_use]
    pub fn on_price(&self) -> bool {
        self.spec.definition().pane == Pane::Price
    }
}

/// One indicator over bars, oldest first. Session VWAP covers the bars given: begin at UTC midnight for the
/// whole session's. Averages with memory (EMA, RSI, MACD, ATR) differ from those of a longer history by what
/// that history still weighs; give more bars than are shown.
///
/// # Errors
/// Those of [`IndicatorSpec::parse`] and [`IndicatorSpec::batch`].
pub fn overlay(id: &str, bars: &[Bar], scales: Scales) -> Result<Overlay, IndicatorError> {
    overlays(&[id], bars, scales).map(|mut all| all.swap_remove(0))
}

/// Several indicators over the same bars.
///
/// # Errors
/// As [`overlay`], at the first that fails.
pub fn overlays(ids: &[&str], bars: &[Bar], scales: Scales) -> Result<Vec<Overlay>, IndicatorError> {
    let columns = Columns::from_bars(bars, scales);
    let view = columns.view();
    let one = |id: &&str| {
        let spec = IndicatorSpec::parse(id)?;
        let series = spec.batch(&view)?;
        Ok(Overlay { spec, series })
    };
    ids.iter().map(one).collect()
}
