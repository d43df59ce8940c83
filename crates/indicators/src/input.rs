//! What indicators eat: one bar, or columns of bars, as `f64`.
//!
//! This is the boundary where integer mantissas become floating point. It is crossed in one place,
//! [`BarInput::from_bar`], and never back.

use tradewind_types::market::Bar;
use tradewind_types::{Instrument, PriceMantissa, UnixNanos};

use crate::IndicatorError;

/// Decimals of an instrument's market data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scales {
    /// Decimals of prices.
    pub price: u8,
    /// Decimals of sizes.
    pub size: u8,
}

impl From<&Instrument> for Scales {
    fn from(instrument: &Instrument) -> Self {
        Self {
            price: instrument.price_scale,
            size: instrument.size_scale,
        }
    }
}

/// Powers of ten that `f64` holds exactly, so that dividing by them rounds once.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

#[inline]
fn power_of_ten(exponent: u8) -> f64 {
    match POWERS.get(usize::from(exponent)) {
        Some(power) => *power,
        None => 10f64.powi(i32::from(exponent)),
    }
}

/// The nearest `f64`; most sizes fit 64 bits, whose conversion is one instruction.
#[inline]
fn float(value: i128) -> f64 {
    match i64::try_from(value) {
        Ok(short) => short as f64,
        Err(_) => value as f64,
    }
}

/// One closed bar.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BarInput {
    /// Opening time.
    pub ts: UnixNanos,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Traded size.
    pub volume: f64,
    /// Traded value, Σ price × size.
    pub value: f64,
}

impl BarInput {
    /// The bar as `f64`. Where the source gave no traded value but a volume (candles of some venues), the
    /// value is typical price × volume, (H+L+C)/3 × V.
    #[must_use]
    #[inline]
    pub fn from_bar(bar: &Bar, scales: Scales) -> Self {
        let price_unit = power_of_ten(scales.price);
        let price = |p: PriceMantissa| p.0 as f64 / price_unit;
        let (high, low, close) = (price(bar.high), price(bar.low), price(bar.close));
        let volume = float(bar.volume.0) / power_of_ten(scales.size);
        let value = if bar.value == 0 {
            (high + low + close) / 3.0 * volume
        } else {
            float(bar.value) / power_of_ten(scales.price.saturating_add(scales.size))
        };
        Self {
            ts: bar.ts,
            open: price(bar.open),
            high,
            low,
            close,
            volume,
            value,
        }
    }

    /// Whether every figure is a finite number; an indicator ignores a bar that is not.
    #[must_use]
    #[inline]
    pub fn is_finite(&self) -> bool {
        // A zero times anything finite is zero; times infinity or NaN it is NaN. One comparison instead of six.
        let zero = 0.0 * self.open
            + 0.0 * self.high
            + 0.0 * self.low
            + 0.0 * self.close
            + 0.0 * self.volume
            + 0.0 * self.value;
        !zero.is_nan()
    }
}

/// A figure of a bar that an indicator reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    /// First price.
    Open,
    /// Highest price.
    High,
    /// Lowest price.
    Low,
    /// Last price.
    Close,
    /// Traded size.
    Volume,
    /// Traded value.
    Value,
}

impl Input {
    /// All, in the order of a bar.
    pub(crate) const ALL: [Input; 6] = [
        Input::Open,
        Input::High,
        Input::Low,
        Input::Close,
        Input::Volume,
        Input::Value,
    ];

    /// Its name, e.g. `close`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Input::Open => "open",
            Input::High => "high",
            Input::Low => "low",
            Input::Close => "close",
            Input::Volume => "volume",
            Input::Value => "value",
        }
    }

    pub(crate) fn of(self, bar: &BarInput) -> f64 {
        match self {
            Input::Open => bar.open,
            Input::High => bar.high,
            Input::Low => bar.low,
            Input::Close => bar.close,
            Input::Volume => bar.volume,
            Input::Value => bar.value,
        }
    }
}

/// Bars as borrowed columns of equal length, oldest first: a view of [`Columns`]. Whoever replaces a column of it by hand
/// puts figures there that are as finite as those that were there.
#[derive(Clone, Copy, Debug)]
pub struct BarColumns<'a> {
    /// Whether every figure is known to be finite.
    finite: bool,
    /// Opening times.
    pub ts: &'a [UnixNanos],
    /// First prices.
    pub open: &'a [f64],
    /// Highest prices.
    pub high: &'a [f64],
    /// Lowest prices.
    pub low: &'a [f64],
    /// Last prices.
    pub close: &'a [f64],
    /// Traded sizes.
    pub volume: &'a [f64],
    /// Traded values.
    pub value: &'a [f64],
}

impl<'a> BarColumns<'a> {
    /// The column of a figure.
    pub(crate) fn column(&self, input: Input) -> &'a [f64] {
        match input {
            Input::Open => self.open,
            Input::High => self.high,
            Input::Low => self.low,
            Input::Close => self.close,
            Input::Volume => self.volume,
            Input::Value => self.value,
        }
    }

    /// The bar at `at`, which is one of them.
    pub(crate) fn bar(&self, at: usize) -> BarInput {
        BarInput {
            ts: self.ts[at],
            open: self.open[at],
            high: self.high[at],
            low: self.low[at],
            close: self.close[at],
            volume: self.volume[at],
            value: self.value[at],
        }
    }

    /// Whether every figure of the given columns is a finite number. Four at a time, so that it costs next to
    /// nothing beside the cheapest indicator.
    pub(crate) fn are_finite(&self, inputs: &[Input]) -> bool {
        if self.finite {
            return true;
        }
        let finite = |column: &[f64]| {
            let (blocks, rest) = column.as_chunks::<4>();
            // x × 0 is 0 where x is finite and NaN where it is not; a NaN stays in a sum.
            let mut sums = [0.0f64; 4];
            for block in blocks {
                for (sum, x) in sums.iter_mut().zip(block) {
                    *sum += x * 0.0;
                }
            }
            sums.iter().chain(rest).all(|x| x.is_finite())
        };
        inputs.iter().all(|input| finite(self.column(*input)))
    }

    /// Number of bars.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ts.len()
    }

    /// Whether there is no bar.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ts.is_empty()
    }

    pub(crate) fn check(&self) -> Result<(), IndicatorError> {
        let columns = Input::ALL.map(|input| self.column(input));
        match columns.iter().find(|c| c.len() != self.len()) {
            None => Ok(()),
            Some(odd) => Err(IndicatorError::UnequalColumns {
                expected: self.len(),
                found: odd.len(),
            }),
        }
    }
}

/// Bars as owned columns.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Columns {
    ts: Vec<UnixNanos>,
    open: Vec<f64>,
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<f64>,
    value: Vec<f64>,
    /// Whether a figure is not finite.
    odd: bool,
}

impl Columns {
    /// Columns of stored bars, oldest first.
    #[must_use]
    pub fn from_bars(bars: &[Bar], scales: Scales) -> Self {
        bars.iter().map(|bar| BarInput::from_bar(bar, scales)).collect()
    }

    /// Appends one bar.
    pub fn push(&mut self, bar: &BarInput) {
        self.odd |= !bar.is_finite();
        self.ts.push(bar.ts);
        self.open.push(bar.open);
        self.high.push(bar.high);
        self.low.push(bar.low);
        self.close.push(bar.close);
        self.volume.push(bar.volume);
        self.value.push(bar.value);
    }

    /// Number of bars.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ts.len()
    }

    /// Whether there is no bar.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ts.is_empty()
    }

    /// The columns, borrowed.
    #[must_use]
    pub fn view(&self) -> BarColumns<'_> {
        BarColumns {
            finite: !self.odd,
            ts: &self.ts,
            open: &self.open,
            high: &self.high,
            low: &self.low,
            close: &self.close,
            volume: &self.volume,
            value: &self.value,
        }
    }
}

impl FromIterator<BarInput> for Columns {
    fn from_iter<I: IntoIterator<Item = BarInput>>(bars: I) -> Self {
        let mut columns = Columns::default();
        bars.into_iter().for_each(|bar| columns.push(&bar));
        columns
    }
}
