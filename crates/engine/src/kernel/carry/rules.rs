//! What carry is reckoned with: rates, times, switches. Nothing by default, and what is off is off.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tradewind_matching::paper::carry::{InterestRates, next_funding};
use tradewind_types::{Currency, InstrumentId, UnixNanos};

/// Carry of simulated accounts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CarryRules {
    /// Funding of perpetuals.
    pub funding: Vec<FundingRule>,
    /// Interest on cash, by currency.
    pub interest: Vec<InterestRule>,
    /// Cost of borrowing what is short.
    pub borrow: Vec<BorrowRule>,
    /// Whether futures and options are settled in cash when they expire.
    pub settle: bool,
    /// What an expiring instrument is settled against, where it is not the market of its underlying: the final price
    /// of the underlying, by the instrument that expires.
    pub settlements: BTreeMap<InstrumentId, Decimal>,
    /// Whether positions are closed, the largest loss first, when equity falls below what keeping them needs. The
    /// last step of the margin ladder ([`super::super::ladder`]) then does not close anything.
    pub liquidate: bool,
}

/// Funding of one perpetual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FundingRule {
    /// The perpetual.
    pub instrument: InstrumentId,
    /// When and how much.
    pub schedule: FundingSchedule,
}

/// Times and rates of funding; a rate is a part of the position's value, paid by longs when above 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FundingSchedule {
    /// The same rate again and again, counted from the epoch (8 h: 00, 08, 16 UTC).
    Every {
        /// Nanoseconds from one to the next.
        interval_ns: u64,
        /// The rate of each.
        rate: Decimal,
    },
    /// As it was; ascending in time.
    Dated(Vec<(UnixNanos, Decimal)>),
}

impl FundingSchedule {
    /// The first time after `after`, and its rate.
    #[must_use]
    pub fn next(&self, after: UnixNanos) -> Option<(UnixNanos, Decimal)> {
        match self {
            FundingSchedule::Every { interval_ns, rate } => Some((next_funding(after, *interval_ns), *rate)),
            FundingSchedule::Dated(rates) => {
                let at = rates.partition_point(|(ts, _)| *ts <= after);
                rates.get(at).copied()
            }
        }
    }

    /// The rate of a time, where it is one of the schedule's.
    #[must_use]
    pub fn at(&self, ts: UnixNanos) -> Option<Decimal> {
        let before = UnixNanos(ts.0.checked_sub(1)?);
        self.next(before)
            .filter(|(at, _)| *at == ts)
            .map(|(_, rate)| rate)
    }
}

/// Interest of one currency, per year of 365 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterestRule {
    /// The currency.
    pub currency: Currency,
    /// Paid on negative balances.
    pub debit: Decimal,
    /// Earned on positive balances.
    pub credit: Decimal,
}

impl InterestRule {
    pub(super) fn rates(&self) -> InterestRates {
        InterestRates {
            debit: self.debit,
            credit: self.credit,
        }
    }
}

/// Cost of borrowing, per year of 365 days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BorrowRule {
    /// Of this instrument, or of all that have no rule of their own.
    pub instrument: Option<InstrumentId>,
    /// Part of the position's value.
    pub rate: Decimal,
}

impl CarryRules {
    /// Whether anything is booked once a day.
    pub(super) fn is_daily(&self) -> bool {
        !self.interest.is_empty() || !self.borrow.is_empty()
    }

    /// Whether there is anything that time brings.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        self.is_daily() || !self.funding.is_empty() || self.settle
    }

    pub(super) fn borrow_rate(&self, instrument: &InstrumentId) -> Option<Decimal> {
        let own = self
            .borrow
            .iter()
            .find(|r| r.instrument.as_ref() == Some(instrument));
        let found = own.or_else(|| self.borrow.iter().find(|r| r.instrument.is_none()));
        found.map(|r| r.rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_names_its_times_and_no_others() {
        let rate = Decimal::new(1, 4);
        let every = FundingSchedule::Every {
            interval_ns: 100,
            rate,
        };
        assert_eq!(every.next(UnixNanos(99)), Some((UnixNanos(100), rate)));
        assert_eq!(every.next(UnixNanos(100)), Some((UnixNanos(200), rate)));
        assert_eq!(every.at(UnixNanos(200)), Some(rate));
        assert_eq!(every.at(UnixNanos(201)), None);
        let dated = FundingSchedule::Dated(vec![(UnixNanos(7), rate), (UnixNanos(9), -rate)]);
        assert_eq!(dated.next(UnixNanos(7)), Some((UnixNanos(9), -rate)));
        assert_eq!(dated.next(UnixNanos(9)), None);
        assert_eq!(dated.at(UnixNanos(7)), Some(rate));
        assert_eq!(dated.at(UnixNanos(8)), None);
    }
}
