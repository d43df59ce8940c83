//! Where the path of a bar takes an account below what keeping its positions needs.
//!
//! A bar's low or high may liquidate although its close would not. Bars that reach such a price are walked whole, and the
//! walk stops at the first price of its path at which equity no longer covers the maintenance margin: found by halving
//! the way, since on a straight line both change evenly with the price. What is closed meets the path from there on.
//! Where an account is short already, the line is walked without a stop: it was looked at when it became so.

use tradewind_matching::paper::BarWalk;
use tradewind_types::market::Bar;
use tradewind_types::{AccountId, InstrumentIdx, PriceMantissa, UnixNanos};

use super::{Actions, Kernel};

/// An instrument, half of its spread, and when its price is looked at.
type Line = (InstrumentIdx, i64, UnixNanos);

impl Kernel {
    /// Whether a bar has a price at which an account is short of margin.
    pub(super) fn endangers(&mut self, bar: &Bar, half_spread: i64) -> bool {
        let Some(instrument) = self.state.instruments.get(bar.instrument) else {
            return false;
        };
        let id = &instrument.id;
        let mut accounts = self.state.accounts.values();
        if !accounts.any(|a| a.risk.margin.enabled && a.ledger.open_sides().any(|side| side.instrument == id))
        {
            return false;
        }
        let line = (bar.instrument, half_spread, bar.ts);
        self.is_short_at(line, bar.low) || self.is_short_at(line, bar.high)
    }

    /// Before a step of a walk: liquidates at the open, and watches for the first price ahead that liquidates.
    pub(super) fn watch_leg(
        &mut self,
        walk: &mut BarWalk,
        (bar, half_spread): (&Bar, i64),
        actions: &mut Actions,
    ) {
        walk.watch(None);
        let Some((from, to)) = walk.leg() else { return };
        let line = (bar.instrument, half_spread, from.ts);
        let short = self.is_short_at(line, from.price);
        if from == to {
            if short {
                self.now = self.now.max(from.ts);
                self.show(bar.instrument, from.price, half_spread, from.ts);
                self.liquidate_all(actions);
            }
            return;
        }
        if short || !self.is_short_at(line, to.price) {
            return;
        }
        let step = self.tick_of(bar.instrument);
        let ticks = to.price.0.abs_diff(from.price.0).div_ceil(step.unsigned_abs());
        let rises = to.price > from.price;
        let at = |ticks: u64| {
            let way = i64::try_from(ticks).unwrap_or(i64::MAX).saturating_mul(step);
            PriceMantissa(if rises {
                from.price.0.saturating_add(way).min(to.price.0)
            } else {
                from.price.0.saturating_sub(way).max(to.price.0)
            })
        };
        let (mut covered, mut missing) = (0, ticks);
        while missing - covered > 1 {
            let half = covered + (missing - covered) / 2;
            if self.is_short_at(line, at(half)) {
                missing = half;
            } else {
                covered = half;
            }
        }
        walk.watch(Some(at(missing)));
    }

    /// Closes what has to be closed, of every account that trades on margin.
    pub(super) fn liquidate_all(&mut self, actions: &mut Actions) {
        let accounts = self.state.accounts.values();
        let on_margin = accounts.filter(|a| a.risk.margin.enabled);
        let ids: Vec<AccountId> = on_margin.map(|a| a.info.id.clone()).collect();
        for id in &ids {
            self.liquidate(id, actions);
        }
    }

    /// Whether an account would be short of margin at a price; what is shown is as before.
    fn is_short_at(&mut self, (idx, half_spread, ts): Line, price: PriceMantissa) -> bool {
        let before = self.market_at(idx).and_then(|market| market.quote().copied());
        self.show(idx, price, half_spread, ts);
        let accounts = self.state.accounts.values();
        let short = accounts
            .filter(|a| a.risk.margin.enabled)
            .any(|account| self.is_short_of_margin(account));
        if let (Some(market), Some(before)) = (self.markets.get_mut(idx.slot()), before) {
            market.show(before);
        }
        short
    }

    fn tick_of(&self, idx: InstrumentIdx) -> i64 {
        let instrument = self.state.instruments.get(idx);
        let tick = instrument.and_then(|i| PriceMantissa::from_decimal(i.tick, i.price_scale).ok());
        tick.map_or(1, |tick| tick.0.max(1))
    }
}
