//! From closed bars to orders: opinions, the combination per account, sizing, entries and exits.
//!
//! A strategy entry is a limit 0.2 % through the quote, immediate-or-cancel, of 2 % of equity × confidence. A sell
//! closes what the combination holds (cash accounts cannot go short), reduce-only. What is recorded: every buy
//! and sell opinion of a strategy, and every combined buy and sell with what became of it. Holds are shown live
//! ([`super::MarketState::opinions`]) and not journalled.

use rust_decimal::Decimal;
use tradewind_strategy::{Combined, StrategyOpinion, Weights, combine};
use tradewind_types::market::Bar;
use tradewind_types::order::{OrderOrigin, UnitFraction};
use tradewind_types::record::{Outcome, StrategyStatus};
use tradewind_types::risk::{Denial, RiskRule, SizingRule};
use tradewind_types::signal::{Opinion, Signal, SignalOutcome};
use tradewind_types::{
    AccountId, ClientOrderId, Instrument, InstrumentIdx, OrderKind, OrderRequest, OrderState, Price,
    Quantity, Rounding, Side, SignalId, StrategyId, TimeInForce,
};

use super::market::MarketPublication;
use super::sizing::SizedEntry;
use super::state::COMBINED;
use super::{AccountState, Actions, Kernel, gate};

/// What the combination said of an instrument for an account, with the account's own weights.
struct Spoken<'a> {
    account: &'a AccountId,
    instrument: &'a Instrument,
    bar: &'a Bar,
}

impl Kernel {
    /// Lets the strategies see a closed bar. Bars that closed long ago only warm them up.
    pub(super) fn strategies_on_bar(&mut self, idx: InstrumentIdx, bar: &Bar, actions: &mut Actions) {
        if bar.interval != self.config.strategy_interval {
            return;
        }
        let Some(market) = self.markets.get_mut(idx.slot()) else {
            return;
        };
        let Some(decision) = market.strategies.on_closed_bar(bar).decision() else {
            return;
        };
        let opinions = decision.opinions;
        market.opinions.clone_from(&opinions);
        market.opinions_ts = bar.ts;
        actions.publications.push(MarketPublication::Opinions {
            instrument: idx,
            bar_ts: bar.ts,
        });
        let closed_at = self.end_of(bar);
        let late = self.is_late(bar, closed_at);
        if late || self.frozen {
            return;
        }
        let Some(instrument) = self.state.instruments.get(idx).cloned() else {
            return;
        };
        let accounts: Vec<AccountId> = self
            .state
            .accounts
            .values()
            .filter(|a| a.info.venue == instrument.venue && is_running(a, COMBINED))
            .map(|a| a.info.id.clone())
            .collect();
        for account in &accounts {
            self.combine_for(
                &Spoken {
                    account,
                    instrument: &instrument,
                    bar,
                },
                &opinions,
                actions,
            );
        }
    }

    fn combine_for(&mut self, spoken: &Spoken<'_>, opinions: &[StrategyOpinion], actions: &mut Actions) {
        let Some(account) = self.account(spoken.account) else {
            return;
        };
        let running: Vec<StrategyOpinion> = opinions
            .iter()
            .filter(|o| is_running(account, o.strategy.as_str()))
            .cloned()
            .collect();
        if running.is_empty() {
            return;
        }
        let weights = weights_of(account);
        let minimum = unit(account.risk.confidence_min);
        let combined = combine(&running, &weights, minimum);
        for opinion in running.iter().filter(|o| o.verdict.opinion != Opinion::Hold) {
            self.record_opinion(spoken, opinion, actions);
        }
        if combined.opinion != Opinion::Hold {
            let reason = combined.reason(&running, &weights);
            self.act(spoken, &combined, reason, actions);
        }
    }

    fn record_opinion(&mut self, spoken: &Spoken<'_>, opinion: &StrategyOpinion, actions: &mut Actions) {
        let verdict = &opinion.verdict;
        let signal = Signal {
            id: self.next_signal_id(),
            account: spoken.account.clone(),
            strategy: opinion.strategy.clone(),
            instrument: spoken.instrument.id.clone(),
            interval: spoken.bar.interval,
            bar_ts: spoken.bar.ts,
            ts: self.now,
            opinion: verdict.opinion,
            strength: verdict.strength,
            confidence: verdict.confidence,
            reason: verdict.reason.to_string(),
            outcome: SignalOutcome::Recorded,
        };
        let _ = self.emit(Outcome::Signal(Box::new(signal)), actions);
    }

    /// Makes an order of a combined opinion, or says why not; either way the signal is recorded.
    fn act(&mut self, spoken: &Spoken<'_>, combined: &Combined, reason: String, actions: &mut Actions) {
        let strategy = StrategyId::new(COMBINED).expect("a lower-case word is a valid id");
        let id = self.next_signal_id();
        let mut signal = Signal {
            id: id.clone(),
            account: spoken.account.clone(),
            strategy: strategy.clone(),
            instrument: spoken.instrument.id.clone(),
            interval: spoken.bar.interval,
            bar_ts: spoken.bar.ts,
            ts: self.now,
            opinion: combined.opinion,
            strength: combined.agreement,
            confidence: combined.confidence,
            reason,
            outcome: SignalOutcome::Recorded,
        };
        let origin = OrderOrigin::Strategy {
            strategy,
            signal: id,
            confidence: combined.confidence,
        };
        signal.outcome = match self.order_for(spoken, combined, origin) {
            Err(denial) => SignalOutcome::Denied {
                denials: vec![denial],
            },
            Ok(request) => {
                self.place_protected(&request, actions);
                self.outcome_of(&request)
            }
        };
        let _ = self.emit(Outcome::Signal(Box::new(signal)), actions);
    }

    fn outcome_of(&self, request: &OrderRequest) -> SignalOutcome {
        match self
            .order(&request.account, &request.client_order_id)
            .map(|o| &o.state)
        {
            Some(OrderState::Denied { denials }) => SignalOutcome::Denied {
                denials: denials.clone(),
            },
            _ => SignalOutcome::Accepted {
                client_order_id: request.client_order_id.clone(),
            },
        }
    }

    /// The order that a combined opinion asks for, or the rule that keeps it from being one.
    fn order_for(
        &self,
        spoken: &Spoken<'_>,
        combined: &Combined,
        origin: OrderOrigin,
    ) -> Result<OrderRequest, Denial> {
        let id = &spoken.instrument.id;
        let stale = |state| {
            let message = format!("{id} has no quote to act on");
            gate::denial(RiskRule::StaleData, state, "VALID", message)
        };
        let account = self
            .account(spoken.account)
            .ok_or_else(|| stale("unknown account"))?;
        let (bid, ask) = self.quote_of(id).0.ok_or_else(|| stale("NO_DATA"))?;
        let side = combined.opinion.side().ok_or_else(|| stale("HOLD"))?;
        let trader = StrategyId::new(COMBINED).expect("a lower-case word is a valid id");
        let offset = account.risk_of(Some(&trader)).entry_offset;
        let price =
            limit_price(spoken.instrument, side, (bid, ask), offset).ok_or_else(|| stale("out of range"))?;
        let quantity = match side {
            Side::Buy => self.entry_size(account, spoken.instrument, price, combined.confidence)?,
            Side::Sell => exit_size(account, spoken.instrument)?,
        };
        let number = format!("auto-S{}", self.next_number());
        let client_order_id = ClientOrderId::new(&number).map_err(|_| stale("no id"))?;
        Ok(OrderRequest {
            client_order_id,
            account: spoken.account.clone(),
            instrument: id.clone(),
            side,
            quantity,
            kind: OrderKind::Limit {
                price,
                post_only: false,
            },
            time_in_force: TimeInForce::Ioc,
            reduce_only: side == Side::Sell,
            origin,
            terms: tradewind_types::OrderTerms::default(),
        })
    }

    /// By the account's rule, which is equity × share × confidence at the limit price unless it says otherwise; down to
    /// the lot, the instrument's minimum at least.
    fn entry_size(
        &self,
        account: &AccountState,
        instrument: &Instrument,
        price: Price,
        confidence: UnitFraction,
    ) -> Result<Quantity, Denial> {
        let refuse = |actual: String| {
            let message = format!("the size from the signal is {actual}");
            gate::denial(
                RiskRule::SizeTooSmall,
                actual,
                instrument.quantity_min.normalize(),
                message,
            )
        };
        let trader = StrategyId::new(COMBINED).expect("a lower-case word is a valid id");
        let settings = account.risk_of(Some(&trader));
        let wanted = if settings.sizing == SizingRule::Signal {
            let equity = self
                .equity_in(account, instrument.quote)
                .ok_or_else(|| refuse("unknown: no equity".to_owned()))?;
            equity
                .checked_mul(settings.signal_size)
                .and_then(|v| v.checked_mul(Decimal::new(i64::from(confidence.0), 6)))
                .and_then(|v| v.checked_div(price.decimal().checked_mul(instrument.multiplier)?))
                .ok_or_else(|| refuse("out of range".to_owned()))?
        } else {
            let entry = SizedEntry {
                instrument,
                side: Side::Buy,
                price: price.decimal(),
                stop: None,
                confidence,
            };
            let sized = self.size_by(account, &settings, &settings.sizing, &entry);
            sized.map_err(|e| refuse(e.to_string()))?.sized.unrounded
        };
        let sized = instrument
            .quantise_quantity(wanted)
            .map_or(Decimal::ZERO, Quantity::decimal);
        let least = least_quantity(instrument, price.decimal());
        Quantity::new(sized.max(least)).map_err(|_| refuse(wanted.normalize().to_string()))
    }

    fn next_signal_id(&self) -> SignalId {
        SignalId::new(&format!("G{}", self.next_number())).expect("a letter and digits form a valid id")
    }
}

fn is_running(account: &AccountState, strategy: &str) -> bool {
    account.strategies.get(strategy) == Some(&StrategyStatus::Running)
}

/// The account's journalled weights; the first ones where they cannot be read.
pub(super) fn weights_of(account: &AccountState) -> Weights {
    let pairs = account
        .weights
        .iter()
        .map(|w| (w.strategy.clone(), w.weight))
        .collect();
    Weights::new(pairs).unwrap_or_else(|_| Weights::scalping())
}

fn unit(fraction: Decimal) -> UnitFraction {
    let millionths = fraction
        .checked_mul(Decimal::from(1_000_000u32))
        .map(|v| v.round());
    UnitFraction(
        millionths
            .and_then(|v| u32::try_from(v).ok())
            .unwrap_or(tradewind_strategy::ONE),
    )
}

/// The quote moved through itself by the offset, on the tick grid and never further than asked.
fn limit_price(
    instrument: &Instrument,
    side: Side,
    (bid, ask): (Decimal, Decimal),
    offset: Decimal,
) -> Option<Price> {
    let (raw, rounding) = match side {
        Side::Buy => (ask.checked_mul(Decimal::ONE + offset)?, Rounding::Down),
        Side::Sell => (bid.checked_mul(Decimal::ONE - offset)?, Rounding::Up),
    };
    instrument.quantise_price(raw, rounding).ok()
}

/// The least quantity that passes the instrument's minima at a price, up to the lot.
fn least_quantity(instrument: &Instrument, price: Decimal) -> Decimal {
    let unit = price
        .checked_mul(instrument.multiplier)
        .filter(|u| *u > Decimal::ZERO);
    let by_notional = unit
        .and_then(|unit| instrument.notional_min.checked_div(unit))
        .unwrap_or_default();
    let least = by_notional.max(instrument.quantity_min);
    Rounding::Up
        .to_step(least, instrument.lot)
        .unwrap_or(instrument.quantity_min)
}

/// All that the combination holds, less what its open orders already close.
fn exit_size(account: &AccountState, instrument: &Instrument) -> Result<Quantity, Denial> {
    let strategy = StrategyId::new(COMBINED).expect("a lower-case word is a valid id");
    let held = account
        .ledger
        .owner_touched(&instrument.id, Some(&strategy), Side::Sell, true);
    let closing: Decimal = account
        .orders
        .open()
        // What protects the position gives way to the exit.
        .filter(|o| o.request.instrument == instrument.id && o.request.side == Side::Sell)
        .filter(|o| o.request.terms.parent.is_none())
        .map(tradewind_types::Order::leaves)
        .sum();
    instrument.quantise_quantity(held - closing).map_err(|_| {
        let message = format!(
            "a sell signal, but the combination holds no {} to sell",
            instrument.id
        );
        gate::denial(RiskRule::ShortNotAllowed, held.normalize(), "> 0", message)
    })
}
