//! Bars as typed columns: what charts, backtests and research read.

use std::ops::Range;

use super::figures::Figures;
use super::read::Query;
use super::rows::{Cells, Rows};
use super::schema::{Scales, TS};
use super::{Catalog, CatalogError, Series};

/// Bars of one series in order of time. `ts` is the time a bar opens.
#[derive(Debug, Clone, Default)]
pub struct BarSeries {
    /// Decimals of prices and volumes.
    pub scales: Scales,
    /// Opening times, nanoseconds.
    pub ts: Vec<i64>,
    /// First prices.
    pub open: Vec<i64>,
    /// Highest prices.
    pub high: Vec<i64>,
    /// Lowest prices.
    pub low: Vec<i64>,
    /// Last prices.
    pub close: Vec<i64>,
    /// Volumes; none where the source has none.
    pub volume: Figures,
}

impl BarSeries {
    /// How many bars.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ts.is_empty()
    }

    /// The columns of rows of bars, which must have them.
    ///
    /// # Errors
    /// When a price does not fit 64 bits at the scale of the series.
    pub fn of(mut rows: Rows) -> Result<Self, CatalogError> {
        let mut column = |place: usize| match rows.take(place) {
            Cells::Figures(figures) => figures,
            Cells::Fractions(_) => Figures::default(),
        };
        let narrow = |figures: Figures, name: &'static str| {
            figures.into_narrow().map_err(|value| CatalogError::Range {
                column: name,
                value,
                wanted: "64 bits",
            })
        };
        Ok(Self {
            ts: narrow(column(TS), "ts")?,
            open: narrow(column(2), "open")?,
            high: narrow(column(3), "high")?,
            low: narrow(column(4), "low")?,
            close: narrow(column(5), "close")?,
            volume: column(6),
            scales: rows.scales,
        })
    }
}

impl Catalog {
    /// Bars of a series with `from <= ts < to` as columns, tail included.
    ///
    /// # Errors
    /// As [`Catalog::read`]; when the series is none of bars.
    pub async fn bars(&self, series: Series, times: Range<i64>) -> Result<BarSeries, CatalogError> {
        if series.interval.is_none() {
            return Err(CatalogError::Refused(format!("{series}: bars need an interval")));
        }
        let wanted = ["open", "high", "low", "close", "volume"];
        let query = Query::all(series).between(times).with(&wanted);
        BarSeries::of(self.read(&query).await?)
    }
}
