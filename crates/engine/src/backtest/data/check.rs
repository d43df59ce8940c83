//! What every row is checked for, whatever it was read from: order of time, duplicates, gaps, and figures that
//! contradict each other.

use serde::Serialize;
use tradewind_types::UnixNanos;

use super::columns::{BarRow, DataKind};

/// What a step in time larger than the interval does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Gaps {
    /// It is counted; markets close at night. The result tells how many and the longest.
    #[default]
    Count,
    /// It is an error, with its line: for markets that never close.
    Refuse,
}

/// Steps in time that left intervals out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct GapCount {
    /// How many.
    pub count: u64,
    /// The longest, in intervals left out.
    pub longest: u64,
    /// The first row after the longest, counted from 1.
    pub longest_at: u64,
}

/// Rows of one source so far.
#[derive(Debug, Clone)]
pub(crate) struct RowCheck {
    kind: DataKind,
    /// Of bars; 0 for quotes and trades.
    interval_ns: u64,
    gaps: Gaps,
    negative_prices: bool,
    last: Option<u64>,
    rows: u64,
    pub(crate) found: GapCount,
}

impl RowCheck {
    pub(crate) fn new(kind: DataKind, interval_ns: u64, gaps: Gaps, negative_prices: bool) -> Self {
        Self {
            kind,
            interval_ns,
            gaps,
            negative_prices,
            last: None,
            rows: 0,
            found: GapCount::default(),
        }
    }

    /// Checks a row's time against the one before.
    #[inline]
    pub(crate) fn time(&mut self, ts: u64) -> Result<(), String> {
        self.rows += 1;
        let Some(last) = self.last.replace(ts) else {
            return Ok(());
        };
        if self.kind == DataKind::Bars {
            if ts == last.wrapping_add(self.interval_ns) {
                return Ok(());
            }
            self.odd_step(last, ts)
        } else if ts < last {
            Err(backwards(last, ts))
        } else {
            Ok(())
        }
    }

    fn odd_step(&mut self, last: u64, ts: u64) -> Result<(), String> {
        let at = UnixNanos(ts);
        if ts == last {
            return Err(format!("a second bar of {at}; each time may come once"));
        }
        if ts < last {
            return Err(backwards(last, ts));
        }
        let step = ts - last;
        if step < self.interval_ns {
            return Err(format!(
                "the bar of {at} opens inside the one before it ({}); is `interval` right?",
                UnixNanos(last)
            ));
        }
        let missing = (step - 1) / self.interval_ns.max(1);
        if self.gaps == Gaps::Refuse {
            return Err(format!(
                "{missing} bars are missing before {at} (the one before opened at {}); `gaps = \"count\"` lets them be",
                UnixNanos(last)
            ));
        }
        self.found.count += 1;
        if missing > self.found.longest {
            self.found.longest = missing;
            self.found.longest_at = self.rows;
        }
        Ok(())
    }

    /// Checks a bar's figures against each other.
    #[inline]
    pub(crate) fn bar(&self, row: &BarRow) -> Result<(), String> {
        let [open, high, low, close] = row.ohlc;
        if high >= open && high >= close && low <= open && low <= close && row.volume >= 0 {
            if low > 0 || self.negative_prices {
                return Ok(());
            }
            return Err("a price is 0 or below; the instrument does not allow that".to_owned());
        }
        Err(if row.volume < 0 {
            "the volume is below 0".to_owned()
        } else if high < low {
            "the high is below the low".to_owned()
        } else {
            "open or close lies outside of low and high".to_owned()
        })
    }

    /// Checks a quote.
    #[inline]
    pub(crate) fn quote(&self, bid: i64, ask: i64, sizes: (i128, i128)) -> Result<(), String> {
        if bid > ask {
            return Err("the bid is above the ask".to_owned());
        }
        if bid <= 0 && !self.negative_prices {
            return Err("a price is 0 or below; the instrument does not allow that".to_owned());
        }
        if sizes.0 < 0 || sizes.1 < 0 {
            return Err("a size is below 0".to_owned());
        }
        Ok(())
    }

    /// Checks a trade.
    #[inline]
    pub(crate) fn trade(&self, price: i64, size: i128) -> Result<(), String> {
        if price <= 0 && !self.negative_prices {
            return Err("the price is 0 or below; the instrument does not allow that".to_owned());
        }
        if size <= 0 {
            return Err("the size must be above 0".to_owned());
        }
        Ok(())
    }
}

fn backwards(last: u64, ts: u64) -> String {
    format!(
        "{} comes after {}; rows must be in order of time",
        UnixNanos(ts),
        UnixNanos(last)
    )
}
