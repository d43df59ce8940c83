//! Days, months and years: compounded returns of each, the best and the worst, and the usual tables.

use jiff::civil::Date;
use serde::Serialize;

use super::{Conventions, ReturnSeries};
use crate::civil::CivilReader;

/// The compounded return of a civil period.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct PeriodReturn {
    /// First civil day of the period, in the conventions' zone.
    pub from: Date,
    /// `Π(1 + r) − 1`.
    #[serde(rename = "return")]
    pub value: f64,
}

/// What values are put together by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Span {
    /// A civil day.
    Day,
    /// A civil month.
    Month,
    /// A civil year.
    Year,
}

impl Span {
    fn begin(self, date: Date) -> Date {
        match self {
            Span::Day => date,
            Span::Month => date.first_of_month(),
            Span::Year => date.first_of_year(),
        }
    }
}

/// Compounded returns per day, month or year, in order; periods without a value do not appear. O(n).
///
/// As empyrical `aggregate_returns`: January of one year and January of the next are two months. (quantstats'
/// `best(aggregate="month")` puts the Januaries of all years together; we do not follow that.)
#[must_use]
pub fn by_span(series: &ReturnSeries, span: Span, conventions: &Conventions) -> Vec<PeriodReturn> {
    let mut reader = CivilReader::new(&conventions.zone, conventions.stamp);
    let mut all: Vec<PeriodReturn> = Vec::new();
    for (&ts, r) in series.ts().iter().zip(series.values()) {
        let from = span.begin(reader.date(ts));
        match all.last_mut() {
            Some(open) if open.from == from => open.value *= 1.0 + r,
            _ => all.push(PeriodReturn { from, value: 1.0 + r }),
        }
    }
    for period in &mut all {
        period.value -= 1.0;
    }
    all
}

/// Best and worst period, and how many were up.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Extremes {
    /// The best; the earliest of equals.
    pub best: Option<PeriodReturn>,
    /// The worst; the earliest of equals.
    pub worst: Option<PeriodReturn>,
    /// Share of periods above 0 among those that are not 0, as [`win_rate`](super::wins::win_rate).
    pub win_rate: Option<f64>,
    /// Mean return.
    pub average: Option<f64>,
    /// How many.
    pub count: usize,
}

/// Sums up periods.
#[must_use]
pub fn extremes(periods: &[PeriodReturn]) -> Extremes {
    let values: Vec<f64> = periods.iter().map(|p| p.value).collect();
    // Strictly better only, so that the earliest of equals stays.
    let pick = |better: fn(f64, f64) -> bool| {
        let keep = |best: PeriodReturn, next: PeriodReturn| {
            if better(next.value, best.value) {
                next
            } else {
                best
            }
        };
        periods.iter().copied().reduce(keep)
    };
    Extremes {
        best: pick(|next, best| next > best),
        worst: pick(|next, worst| next < worst),
        win_rate: super::wins::win_rate(&values),
        average: crate::numeric::moments::mean(&values),
        count: periods.len(),
    }
}

/// A year of the monthly table.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct YearOfMonths {
    /// The civil year.
    pub year: i16,
    /// January to December; `None` for a month without a value (quantstats `monthly_returns`: 0).
    pub months: [Option<f64>; 12],
    /// The whole year's return.
    pub year_return: f64,
}

/// The table of months by years, from the months' returns.
#[must_use]
pub fn monthly_table(months: &[PeriodReturn]) -> Vec<YearOfMonths> {
    let mut table: Vec<YearOfMonths> = Vec::new();
    for month in months {
        let year = month.from.year();
        if table.last().is_none_or(|row| row.year != year) {
            table.push(YearOfMonths {
                year,
                months: [None; 12],
                year_return: 0.0,
            });
        }
        // A civil month is 1 to 12 and a row was just made, so both exist.
        if let Some(row) = table.last_mut() {
            row.months[month.from.month().clamp(1, 12) as usize - 1] = Some(month.value);
            row.year_return = (1.0 + row.year_return) * (1.0 + month.value) - 1.0;
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradewind_types::UnixNanos;

    #[test]
    fn months_compound_and_januaries_stay_apart() {
        let stamps = [
            "2023-01-10T00:00:00Z",
            "2023-01-31T00:00:00Z",
            "2023-03-01T00:00:00Z",
            "2024-01-02T00:00:00Z",
        ];
        let ts: Vec<UnixNanos> = stamps.iter().map(|t| t.parse().expect("a time stamp")).collect();
        let series = ReturnSeries::new(ts, vec![0.1, 0.1, -0.5, 0.2]).expect("taken");
        let months = by_span(&series, Span::Month, &Conventions::default());
        assert_eq!(months.len(), 3);
        assert!((months[0].value - 0.21).abs() < 1e-12);
        let table = monthly_table(&months);
        assert_eq!(table.len(), 2);
        assert_eq!(table[0].months[1], None);
        assert!((table[0].year_return + 0.395).abs() < 1e-12);
        let extremes = extremes(&months);
        assert_eq!(
            extremes.worst.map(|p| p.from.to_string()).as_deref(),
            Some("2023-03-01")
        );
        assert_eq!(
            extremes.best.map(|p| p.from.to_string()).as_deref(),
            Some("2023-01-01")
        );
    }
}
