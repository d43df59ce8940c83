//! Equity over time: exact at the samples, watched in between.
//!
//! Between samples the account's worth is followed in `f64`, one multiplication per row; where it comes near a limit
//! of the gate, or of margin, the kernel values the account exactly and decides.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use tradewind_types::{AccountId, InstrumentIdx, UnixNanos};

use crate::kernel::{AccountState, Kernel};

/// Equity at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EquityPoint {
    /// When.
    pub ts: UnixNanos,
    /// Cash and the value of positions.
    pub equity: Decimal,
    /// Cash alone.
    pub cash: Decimal,
    /// Σ |value| of positions.
    pub exposure: Decimal,
}

#[derive(Debug, Clone, Copy)]
struct Holding {
    idx: InstrumentIdx,
    /// Quantity × multiplier ÷ 10^price scale.
    worth: f64,
    last: i64,
}

/// Follows one account.
#[derive(Debug)]
pub(crate) struct Meter {
    span_ns: u64,
    /// Last time of the span at hand.
    end: u64,
    pub(crate) points: Vec<EquityPoint>,
    holdings: Vec<Holding>,
    equity: f64,
    gross: f64,
    /// Below this the kernel has to look.
    floor: f64,
    margin_use: Option<f64>,
    last: UnixNanos,
}

impl Meter {
    pub(crate) fn new(span_ns: u64) -> Self {
        Self {
            span_ns: span_ns.max(1),
            end: 0,
            points: Vec::new(),
            holdings: Vec::new(),
            equity: 0.0,
            gross: 0.0,
            floor: f64::NEG_INFINITY,
            margin_use: None,
            last: UnixNanos(0),
        }
    }

    /// Whether the span of the last sample is over before `ts`: a time on a boundary belongs to what ends there.
    #[inline]
    pub(crate) fn is_due(&self, ts: UnixNanos) -> bool {
        ts.0 > self.end
    }

    /// Begins the span of `ts`.
    pub(crate) fn begin(&mut self, ts: UnixNanos) {
        let before = ts.0.saturating_sub(1) / self.span_ns;
        self.end = before.saturating_add(1).saturating_mul(self.span_ns);
    }

    /// Writes down the account's worth as it was at `ts`.
    pub(crate) fn sample(&mut self, ts: UnixNanos, kernel: &Kernel, account: &AccountId) {
        if let Some(last) = self.points.last()
            && self.last == ts
            && !self.points.is_empty()
            && last.ts == ts
        {
            self.points.pop();
        }
        self.last = ts;
        let Some(state) = kernel.account(account) else {
            return;
        };
        let cash = cash_of(kernel, state);
        let (equity, exposure) = if self.holdings.is_empty() {
            (Some(cash), Decimal::ZERO)
        } else {
            let value = kernel.valuation(account);
            value.map_or((None, Decimal::ZERO), |v| (v.equity, gross_of(kernel, state)))
        };
        if let Some(equity) = equity {
            self.points.push(EquityPoint {
                ts,
                equity,
                cash,
                exposure,
            });
        }
    }

    /// After fills: what is held now, and where the limits lie.
    pub(crate) fn resync(&mut self, kernel: &Kernel, account: &AccountId) {
        let Some(state) = kernel.account(account) else {
            return;
        };
        self.holdings.clear();
        let cash = cash_of(kernel, state);
        self.equity = cash.to_f64().unwrap_or(0.0);
        self.gross = 0.0;
        let mut unknown = false;
        for (id, position) in state.ledger.positions().filter(|(_, p)| !p.quantity.is_zero()) {
            let Some(idx) = kernel.instruments().idx(id) else {
                continue;
            };
            let (Some(instrument), Some(market)) = (kernel.instruments().get(idx), kernel.market_at(idx))
            else {
                continue;
            };
            let mid = market.quote().map_or(0, |q| q.bid.0.midpoint(q.ask.0));
            let quantity = position.quantity.to_f64().unwrap_or(0.0);
            let multiplier = instrument.multiplier.to_f64().unwrap_or(1.0);
            let rate = kernel.rate_to(instrument.quote, state.info.base_currency);
            let Some(rate) = rate.ok().and_then(|r| r.to_f64()) else {
                unknown = true;
                continue;
            };
            let worth = rate * quantity * multiplier / 10f64.powi(i32::from(instrument.price_scale));
            self.holdings.push(Holding {
                idx,
                worth,
                last: mid,
            });
            self.equity += worth * mid as f64;
            self.gross += (worth * mid as f64).abs();
        }
        self.limits(state);
        if unknown {
            // What cannot be valued here is looked at by the kernel at every price.
            self.floor = f64::INFINITY;
        }
    }

    fn limits(&mut self, state: &AccountState) {
        let limit = |from: Decimal, part: Decimal| {
            let floor = from.checked_mul(Decimal::ONE - part).and_then(|f| f.to_f64());
            floor.unwrap_or(f64::NEG_INFINITY)
        };
        self.floor = state.equity.as_ref().map_or(f64::NEG_INFINITY, |mark| {
            let day = limit(mark.day_open, state.risk.daily_loss_max);
            day.max(limit(mark.peak, state.risk.drawdown_max))
        });
        // What is a millionth above counts as reached: the exact check decides.
        self.floor += self.floor.abs() * 1e-6;
        let margin = &state.risk.margin;
        self.margin_use = margin
            .enabled
            .then(|| margin.use_warn.to_f64().unwrap_or(0.0) * 0.999);
    }

    /// A price moved. True when the kernel has to look at the account's limits.
    #[inline]
    pub(crate) fn moved(&mut self, idx: InstrumentIdx, price: i64) -> bool {
        if self.holdings.is_empty() {
            return false;
        }
        for held in &mut self.holdings {
            if held.idx == idx {
                let (before, after) = (held.worth * held.last as f64, held.worth * price as f64);
                held.last = price;
                self.equity += after - before;
                self.gross += after.abs() - before.abs();
            }
        }
        self.equity <= self.floor
            || self
                .margin_use
                .is_some_and(|limit| self.gross >= self.equity * limit)
    }

    /// About what the account is worth; exact at the samples only.
    pub(crate) fn about(&self) -> f64 {
        self.equity
    }
}

/// Cash of every currency in the account's own; where a rate is missing the sample before it has said so.
fn cash_of(kernel: &Kernel, state: &AccountState) -> Decimal {
    let base = state.info.base_currency;
    let worth = |currency| {
        let cash = state.ledger.cash_total(currency);
        if currency == base || cash.is_zero() {
            return Some(cash);
        }
        cash.checked_mul(kernel.rate_to(currency, base).ok()?)
    };
    state.ledger.currencies().filter_map(worth).sum()
}

fn gross_of(kernel: &Kernel, state: &AccountState) -> Decimal {
    let open = state.ledger.positions().filter(|(_, p)| !p.quantity.is_zero());
    let values = open.filter_map(|(id, p)| {
        let mark = kernel.mark(id).0?;
        let instrument = kernel.instruments().by_id(id)?;
        let value = p.quantity.checked_mul(mark)?.checked_mul(instrument.multiplier)?;
        let rate = kernel.rate_to(instrument.quote, state.info.base_currency).ok()?;
        value.abs().checked_mul(rate)
    });
    values.sum()
}
