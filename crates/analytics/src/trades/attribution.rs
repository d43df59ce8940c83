//! Where the result came from: slices of the trades by one tag each; in every cut the slices sum exactly to the whole.
//!
//! Trades belong to the month, weekday and hour of their **exit**, when the result became final, in the caller's zone.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Serialize;
use tradewind_types::Side;

use super::trade::check;
use super::{ExactSum, Trade, TradesError, to_f64};
use crate::civil::{CivilReader, Stamp};
use crate::numeric::ratio;

/// The trades that share a tag.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Slice {
    /// The tag: a strategy, an instrument, `LONG`/`SHORT`, `2024-03`, `MONDAY`, `09`.
    pub key: String,
    /// How many trades.
    pub trades: usize,
    /// Of these, with a result above 0.
    pub wins: usize,
    /// Sum of results after fees.
    pub pnl: Decimal,
    /// Sum of fees.
    pub fees: Decimal,
    /// Result ÷ the whole result; `None` where the whole is 0.
    pub share: Option<f64>,
}

/// The same trades, cut in six ways.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Attribution {
    /// The whole: sum of results after fees.
    pub total: Decimal,
    /// By strategy; `-` for trades without one.
    pub by_strategy: Vec<Slice>,
    /// By instrument.
    pub by_instrument: Vec<Slice>,
    /// `LONG`, `SHORT`.
    pub by_side: Vec<Slice>,
    /// `2024-03`, in order of time.
    pub by_month: Vec<Slice>,
    /// `MONDAY` to `SUNDAY`, in that order.
    pub by_weekday: Vec<Slice>,
    /// `00` to `23`.
    pub by_hour: Vec<Slice>,
}

#[derive(Clone, Copy)]
struct Part {
    trades: usize,
    wins: usize,
    pnl: ExactSum,
    fees: ExactSum,
}

impl Attribution {
    /// Cuts. O(n log n).
    ///
    /// # Errors
    /// [`TradesError`].
    pub fn compute(trades: &[Trade], zone: &TimeZone) -> Result<Self, TradesError> {
        check(trades)?;
        let reader = CivilReader::new(zone, Stamp::Within);
        let exits: Vec<jiff::civil::DateTime> = trades.iter().map(|t| reader.datetime(t.exit_ts)).collect();
        let mut total = ExactSum::of("results");
        for trade in trades {
            total.add(trade.pnl)?;
        }
        let total = total.total();
        // Keys are compared as they are and written out once per slice.
        Ok(Self {
            total,
            by_strategy: cut(
                trades,
                total,
                |_, t| t.strategy.as_ref(),
                |strategy| strategy.map_or_else(|| "-".to_owned(), ToString::to_string),
            )?,
            by_instrument: cut(trades, total, |_, t| &t.instrument, ToString::to_string)?,
            by_side: cut(
                trades,
                total,
                |_, t| t.side,
                |side| if *side == Side::Buy { "LONG" } else { "SHORT" }.to_owned(),
            )?,
            by_month: cut(
                trades,
                total,
                |i, _| (exits[i].year(), exits[i].month()),
                |(year, month)| format!("{year:04}-{month:02}"),
            )?,
            by_weekday: cut(
                trades,
                total,
                |i, _| exits[i].weekday().to_monday_zero_offset(),
                |day| weekday(*day),
            )?,
            by_hour: cut(trades, total, |i, _| exits[i].hour(), |hour| format!("{hour:02}"))?,
        })
    }
}

/// The name of a weekday, counted from Monday = 0.
fn weekday(day: i8) -> String {
    const NAMES: [&str; 7] = [
        "MONDAY",
        "TUESDAY",
        "WEDNESDAY",
        "THURSDAY",
        "FRIDAY",
        "SATURDAY",
        "SUNDAY",
    ];
    NAMES[day.clamp(0, 6) as usize].to_owned()
}

/// Slices in the order of their keys.
fn cut<'a, K: Ord>(
    trades: &'a [Trade],
    total: Decimal,
    key: impl Fn(usize, &'a Trade) -> K,
    name: impl Fn(&K) -> String,
) -> Result<Vec<Slice>, TradesError> {
    let mut parts: BTreeMap<K, Part> = BTreeMap::new();
    for (i, trade) in trades.iter().enumerate() {
        let part = parts.entry(key(i, trade)).or_insert(Part {
            trades: 0,
            wins: 0,
            pnl: ExactSum::of("results of a slice"),
            fees: ExactSum::of("fees of a slice"),
        });
        part.trades += 1;
        part.wins += usize::from(trade.pnl > Decimal::ZERO);
        part.pnl.add(trade.pnl)?;
        part.fees.add(trade.fees)?;
    }
    let slices = parts.into_iter().map(|(key, part)| {
        let pnl = part.pnl.total();
        Slice {
            key: name(&key),
            trades: part.trades,
            wins: part.wins,
            pnl,
            fees: part.fees.total(),
            share: ratio(to_f64(pnl), to_f64(total)),
        }
    });
    Ok(slices.collect())
}
