//! Currencies: dated exchange rates, conversions, and what exchanging earned.
//!
//! A rate is looked up as the latest at or before a time, not older than asked for; a rate that is missing or too
//! old is an error that says so, never 1. What exchanges earn is reckoned by **average cost of conversions**:
//!
//! - Foreign money bought by a conversion joins that currency's pool with its worth in base currency.
//! - Foreign money sold takes its share of the pool's cost with it; its worth less that cost is realised.
//! - Foreign money beyond the pool (deposits, proceeds of trades) has no cost by a conversion; selling it realises
//!   nothing here.
//! - Between two foreign currencies the worth in base currency comes from a dated rate.
//!
//! Postings: `sold` leaves cash and is debited to FX, `bought` the other way round, each currency summing to zero;
//! what was realised moves from FX to FX profit in base currency.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use tradewind_types::num::NumberError;
use tradewind_types::record::{
    EntryDetail, EntryKind, FxConversion, FxRate, LedgerAccount, LedgerEntry, Posting,
};
use tradewind_types::{Currency, Money, UnixNanos};

use crate::entry::EntryFacts;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::lots::proportion;
use tradewind_types::exact::{add, money, round_money, sub, trim};

/// Rates kept for one pair; the oldest go first.
pub const RATES_MAX: usize = 20_000;
/// Pairs kept.
pub const PAIRS_MAX: usize = 1_000;

/// Foreign money that conversions brought in, with its cost in base currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FxPool {
    /// How much is left.
    pub amount: Decimal,
    /// What it cost.
    pub cost: Decimal,
}

/// A rate that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FxQuote {
    /// Units of the one currency for one of the other, half even to 12 decimals where it was inverted or crossed.
    pub rate: Decimal,
    /// When it held; of a cross rate the older of both.
    pub ts: UnixNanos,
    /// Where it comes from; both sources of a cross rate.
    pub source: String,
}

/// No rate can be used. The user sees this; nothing is converted at 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FxError {
    /// None is known at or before the time.
    #[error("there is no exchange rate from {from} to {to} at {at}")]
    NoRate {
        /// From.
        from: Currency,
        /// To.
        to: Currency,
        /// When.
        at: UnixNanos,
    },
    /// The latest is too old.
    #[error("the latest exchange rate from {from} to {to} is of {ts}, too old at {at}")]
    TooOld {
        /// From.
        from: Currency,
        /// To.
        to: Currency,
        /// Of when it is.
        ts: UnixNanos,
        /// When it was asked for.
        at: UnixNanos,
    },
    /// The amount does not fit.
    #[error(transparent)]
    Number(#[from] NumberError),
}

type Dated = (UnixNanos, Decimal, Arc<str>);

/// Dated exchange rates by pair.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<FxRate>", into = "Vec<FxRate>")]
pub struct FxRates {
    pairs: BTreeMap<(Currency, Currency), VecDeque<Dated>>,
}

impl From<Vec<FxRate>> for FxRates {
    fn from(rates: Vec<FxRate>) -> Self {
        let mut table = Self::default();
        for rate in rates {
            // Written by us from a table that was within its bounds.
            let _ = table.insert(&rate);
        }
        table
    }
}

impl From<FxRates> for Vec<FxRate> {
    fn from(table: FxRates) -> Self {
        table.iter().collect()
    }
}

impl FxRates {
    /// Adds a rate; one of the same pair and time is replaced.
    ///
    /// # Errors
    /// A rate of 0 or below, a pair of one currency, more than [`PAIRS_MAX`] pairs.
    pub fn insert(&mut self, rate: &FxRate) -> Result<(), LedgerError> {
        rate.check()?;
        let key = (rate.base, rate.quote);
        if !self.pairs.contains_key(&key) && self.pairs.len() >= PAIRS_MAX {
            return Err(LedgerError::TooMany {
                what: "currency pairs",
                max: PAIRS_MAX,
            });
        }
        let rates = self.pairs.entry(key).or_default();
        let dated = (rate.ts, rate.rate, Arc::from(rate.source.as_str()));
        match rates.binary_search_by_key(&rate.ts, |(ts, ..)| *ts) {
            Ok(at) => rates[at] = dated,
            Err(at) => rates.insert(at, dated),
        }
        if rates.len() > RATES_MAX {
            rates.pop_front();
        }
        Ok(())
    }

    /// All rates.
    pub fn iter(&self) -> impl Iterator<Item = FxRate> + '_ {
        self.pairs.iter().flat_map(|((base, quote), rates)| {
            rates.iter().map(move |(ts, rate, source)| FxRate {
                base: *base,
                quote: *quote,
                rate: *rate,
                ts: *ts,
                source: source.to_string(),
            })
        })
    }

    /// The rate from one currency to another: the pair itself, its inverse, or through one currency that both have
    /// a rate with. The latest at or before `at`, not older than `max_age_ns`. O(pairs) at worst.
    ///
    /// # Errors
    /// [`FxError::NoRate`], [`FxError::TooOld`].
    pub fn rate(
        &self,
        from: Currency,
        to: Currency,
        at: UnixNanos,
        max_age_ns: u64,
    ) -> Result<FxQuote, FxError> {
        if from == to {
            return Ok(FxQuote {
                rate: Decimal::ONE,
                ts: at,
                source: "the same currency".to_owned(),
            });
        }
        let fresh = |quote: &FxQuote| at.since(quote.ts) <= max_age_ns;
        let direct = self.direct(from, to, at);
        if let Some(quote) = direct.as_ref().filter(|q| fresh(q)) {
            return Ok(quote.clone());
        }
        let crossed = self.crossed(from, to, at);
        let older = |q: FxQuote| FxError::TooOld {
            from,
            to,
            ts: q.ts,
            at,
        };
        match (crossed, direct) {
            (Some(quote), _) if fresh(&quote) => Ok(quote),
            (Some(a), Some(b)) => Err(older(if a.ts > b.ts { a } else { b })),
            (Some(quote), None) | (None, Some(quote)) => Err(older(quote)),
            (None, None) => Err(FxError::NoRate { from, to, at }),
        }
    }

    /// An amount in another currency, half even to 12 decimals.
    ///
    /// # Errors
    /// Those of [`FxRates::rate`]; an amount that does not fit.
    pub fn convert(
        &self,
        money: Money,
        to: Currency,
        at: UnixNanos,
        max_age_ns: u64,
    ) -> Result<(Money, FxQuote), FxError> {
        let quote = self.rate(money.currency, to, at, max_age_ns)?;
        let amount = money.amount.checked_mul(quote.rate).map(round_money);
        let amount = amount.ok_or(NumberError::Overflow {
            operation: "amount × exchange rate",
        })?;
        Ok((Money::new(amount, to), quote))
    }

    fn latest(&self, base: Currency, quote: Currency, at: UnixNanos) -> Option<&Dated> {
        let rates = self.pairs.get(&(base, quote))?;
        let end = rates.partition_point(|(ts, ..)| *ts <= at);
        end.checked_sub(1).and_then(|last| rates.get(last))
    }

    /// The pair or its inverse, whichever is newer.
    fn direct(&self, from: Currency, to: Currency, at: UnixNanos) -> Option<FxQuote> {
        let quote = |(ts, rate, source): &Dated| FxQuote {
            rate: *rate,
            ts: *ts,
            source: source.to_string(),
        };
        let straight = self.latest(from, to, at).map(quote);
        let inverse = self.latest(to, from, at).and_then(|(ts, rate, source)| {
            let rate = Decimal::ONE.checked_div(*rate).map(round_money)?;
            (rate > Decimal::ZERO).then(|| FxQuote {
                rate,
                ts: *ts,
                source: format!("1 / {source}"),
            })
        });
        match (straight, inverse) {
            (Some(a), Some(b)) => Some(if b.ts > a.ts { b } else { a }),
            (a, b) => a.or(b),
        }
    }

    /// Through one other currency; of several the one whose older half is newest.
    fn crossed(&self, from: Currency, to: Currency, at: UnixNanos) -> Option<FxQuote> {
        let mut best: Option<FxQuote> = None;
        let mut through: Vec<Currency> = self.pairs.keys().flat_map(|(a, b)| [*a, *b]).collect();
        through.sort_unstable();
        through.dedup();
        for middle in through.into_iter().filter(|m| *m != from && *m != to) {
            let (Some(a), Some(b)) = (self.direct(from, middle, at), self.direct(middle, to, at)) else {
                continue;
            };
            let Some(rate) = a
                .rate
                .checked_mul(b.rate)
                .map(round_money)
                .filter(|r| !r.is_zero())
            else {
                continue;
            };
            let ts = a.ts.min(b.ts);
            if best.as_ref().is_none_or(|found| ts > found.ts) {
                let source = format!("{} × {}", a.source, b.source);
                best = Some(FxQuote { rate, ts, source });
            }
        }
        best
    }
}

impl Ledger {
    /// Exchanges `sold` for `bought`. `base_value` is what was exchanged, in base currency: the leg that is in base
    /// currency where there is one (then it is not looked at), else by a dated rate.
    ///
    /// # Errors
    /// Amounts not above zero, one currency on both sides, cash that is not there, a missing `base_value`.
    pub fn conversion_entry(
        &self,
        facts: EntryFacts,
        sold: Money,
        bought: Money,
        base_value: Option<Decimal>,
    ) -> Result<LedgerEntry, LedgerError> {
        self.keys.check(&facts.key)?;
        for (what, amount) in [("amount sold", sold.amount), ("amount bought", bought.amount)] {
            if amount <= Decimal::ZERO {
                return Err(LedgerError::NotPositive { what, amount });
            }
            money(amount)?;
        }
        let (from, to, base) = (sold.currency, bought.currency, self.base_currency);
        if from == to {
            return Err(LedgerError::OtherCurrency {
                what: "an exchange needs two currencies; the other",
                ours: from,
                theirs: to,
            });
        }
        let base_value = match (from == base, to == base) {
            (true, _) => sold.amount,
            (_, true) => bought.amount,
            _ => base_value
                .map(round_money)
                .ok_or(LedgerError::NoRate { from, to: base })?,
        };
        let pool = self.fx.get(&from).copied().unwrap_or_default();
        let covered = if from == base {
            Decimal::ZERO
        } else {
            pool.amount.min(sold.amount)
        };
        let cost = match () {
            () if covered.is_zero() => Decimal::ZERO,
            () if covered == pool.amount => pool.cost,
            () => proportion(pool.cost, covered, pool.amount)?,
        };
        let worth = if covered.is_zero() {
            Decimal::ZERO
        } else {
            proportion(base_value, covered, sold.amount)?
        };
        let realised = sub(worth, cost)?;
        let line = |account, currency, amount: Decimal| Posting {
            account,
            currency,
            amount: trim(amount),
        };
        let mut postings = vec![
            line(LedgerAccount::CashAvailable, from, -sold.amount),
            line(LedgerAccount::Fx, from, sold.amount),
            line(LedgerAccount::CashAvailable, to, bought.amount),
            line(LedgerAccount::Fx, to, -bought.amount),
        ];
        if !realised.is_zero() {
            postings.push(line(LedgerAccount::Fx, base, realised));
            postings.push(line(LedgerAccount::FxPnl, base, -realised));
        }
        let conversion = FxConversion {
            sold,
            bought,
            base_value,
            covered,
            cost,
            realised,
        };
        let mut entry = self.entry(facts, EntryKind::FxTrade, postings);
        entry.detail = Some(Box::new(EntryDetail {
            fx: Some(conversion),
            ..EntryDetail::default()
        }));
        Ok(entry)
    }

    /// What conversions brought in of a currency and what it cost in base currency.
    #[must_use]
    pub fn fx_pool(&self, currency: Currency) -> FxPool {
        self.fx.get(&currency).copied().unwrap_or_default()
    }

    /// The pools after a conversion.
    pub(crate) fn stage_conversion(
        &self,
        entry: &LedgerEntry,
        conversion: &FxConversion,
    ) -> Result<SmallVec<[(Currency, FxPool); 2]>, LedgerError> {
        let contradiction = |what| LedgerError::Contradiction {
            entry: entry.id.clone(),
            what,
        };
        let FxConversion { sold, bought, .. } = conversion;
        let mut pools = SmallVec::new();
        let pool = self.fx_pool(sold.currency);
        let after = FxPool {
            amount: sub(pool.amount, conversion.covered)?,
            cost: sub(pool.cost, conversion.cost)?,
        };
        let gone = after.amount.is_zero() && !after.cost.is_zero();
        if after.amount < Decimal::ZERO || gone || conversion.covered > sold.amount {
            return Err(contradiction("a conversion takes more than was bought before"));
        }
        if !conversion.covered.is_zero() {
            pools.push((sold.currency, after));
        }
        if bought.currency != self.base_currency {
            let pool = self.fx_pool(bought.currency);
            let after = FxPool {
                amount: add(pool.amount, bought.amount)?,
                cost: add(pool.cost, conversion.base_value)?,
            };
            pools.push((bought.currency, after));
        }
        Ok(pools)
    }
}
