//! The risk gate: one function that every order passes, whoever asked for it.
//!
//! [`GateContext`] is everything the rules compare; [`evaluate`] runs the table [`RULES`] from top to bottom and
//! returns every rule that denies, with the figures; [`WARNINGS`] are looked at for orders that are let through.
//! The gate reads and never changes anything. It is the same in backtest, paper and live.
//!
//! A change of an order passes the same table: [`GateContext::replaces`] says what the order could cost before, and
//! rules on money compare only what comes on top; rules that count orders or positions do not apply to it.

mod losses;
mod margin;
mod money;
mod place;
mod positions;
mod rates;
mod standing;

use std::cell::OnceCell;

use rust_decimal::Decimal;
use tradewind_ledger::FxError;
use tradewind_types::market::DataState;
use tradewind_types::order::{OrderOrigin, TrailingOffset};
use tradewind_types::record::{Session, StrategyStatus};
use tradewind_types::risk::{Denial, RiskRule, RiskSettings};
use tradewind_types::{AccountKind, Instrument, OrderKind, OrderRequest, Rounding, Side, UnixNanos};

/// What an order that is to be changed could cost before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replaced {
    /// What is not filled of it at its worst price.
    pub notional: Decimal,
    /// Cash held for it.
    pub held: Decimal,
}

/// What the rules compare. Amounts of the account are in its base currency, prices, notionals and cash in the
/// instrument's quote currency; [`GateContext::rate`] is between them.
#[derive(Debug, Clone)]
pub struct GateContext<'a> {
    /// The order.
    pub request: &'a OrderRequest,
    /// Its instrument.
    pub instrument: &'a Instrument,
    /// The account's settings.
    pub settings: &'a RiskSettings,
    /// Paper or live.
    pub account_kind: AccountKind,
    /// Whether the kill switch of the account, or of all accounts, is engaged.
    pub kill_switch: Option<&'a str>,
    /// Whether the account may trade: a live one only after it was compared with its venue.
    pub ready: bool,
    /// Best bid and offer, when there is a quote at all.
    pub quote: Option<(Decimal, Decimal)>,
    /// State of that quote.
    pub quote_state: DataState,
    /// What one unit of the quote currency is worth in base currency, by a dated rate; never guessed.
    pub rate: Result<Decimal, FxError>,
    /// Why the account cannot be valued, when it cannot.
    pub unvalued: Option<String>,
    /// Cash plus value of positions; `None` while a position has no mark or a currency no rate.
    pub equity: Option<Decimal>,
    /// Σ |value| of open positions plus what open entry orders could add; `None` like equity.
    pub exposure: Option<Decimal>,
    /// Margin that positions and open entry orders need to be opened; `None` like equity.
    pub margin_used: Option<Decimal>,
    /// Margin that positions need to be kept; `None` like equity.
    pub margin_kept: Option<Decimal>,
    /// Cash free to use, in quote currency.
    pub cash_available: Decimal,
    /// Taker fee as a fraction.
    pub taker_fee: Decimal,
    /// Signed position in the instrument that the order would change; of a hedged account one side.
    pub position: Decimal,
    /// What open orders on this order's side could still close of that position.
    pub closing_already: Decimal,
    /// Open positions (and instruments with an open entry order) in the account.
    pub open_positions: u32,
    /// Open positions of this order's strategy in the instrument.
    pub positions_of_strategy: u32,
    /// Open positions in the instrument over all strategies and by hand.
    pub positions_in_instrument: u32,
    /// Counted orders in the last minute, hour and day; `None` when the order is the child of one already counted.
    pub orders: Option<[u32; 3]>,
    /// Counted strategy entries in the last hour and day.
    pub strategy_entries: [u32; 2],
    /// Orders in the last second, whoever asked for them.
    pub orders_per_second: u32,
    /// Day trades in the last five business days.
    pub day_trades: u32,
    /// Loss since the day began as a fraction of the day's opening equity; negative for a gain.
    pub day_loss: Option<Decimal>,
    /// Fall from the highest equity as a fraction of it.
    pub drawdown: Option<Decimal>,
    /// Status of the order's strategy.
    pub strategy_status: Option<&'a StrategyStatus>,
    /// When the same signal (strategy, instrument, side) last became an order.
    pub last_same_signal: Option<UnixNanos>,
    /// The session that is on, where the instrument's calendar is known.
    pub session: Option<Session>,
    /// For a change of an order: what it could cost before.
    pub replaces: Option<Replaced>,
    /// Now.
    pub now: UnixNanos,
    /// What several rules ask for, reckoned once.
    pub once: Once,
}

/// Figures that follow from the rest of a [`GateContext`]; empty until a rule asks.
#[derive(Debug, Clone, Default)]
pub struct Once {
    closable: OnceCell<Decimal>,
    notional: OnceCell<Option<Decimal>>,
    cash_needed: OnceCell<Option<Decimal>>,
}

impl GateContext<'_> {
    fn is_flatten(&self) -> bool {
        matches!(self.request.origin, OrderOrigin::Flatten { .. })
    }

    fn is_strategy(&self) -> bool {
        matches!(self.request.origin, OrderOrigin::Strategy { .. })
    }

    /// Whether the order can only shrink the position.
    fn reduces(&self) -> bool {
        let against = match self.request.side {
            Side::Buy => self.position < Decimal::ZERO,
            Side::Sell => self.position > Decimal::ZERO,
        };
        against && self.request.quantity.decimal() <= self.closable()
    }

    fn closable(&self) -> Decimal {
        let closable = || (self.position.abs() - self.closing_already).max(Decimal::ZERO);
        *self.once.closable.get_or_init(closable)
    }

    /// Whether it protects a position: a child that can only reduce.
    fn is_protective(&self) -> bool {
        self.request.reduce_only && self.request.terms.parent.is_some()
    }

    /// The worst price that the order may pay or get: its limit, or the quote or trigger moved by the price band.
    #[must_use]
    pub fn worst_price(&self) -> Option<Decimal> {
        worst_price(self.request, self.quote, self.settings.price_band)
    }

    /// Notional at the worst price.
    #[must_use]
    pub fn notional(&self) -> Option<Decimal> {
        let notional = || {
            let quantity = self.request.quantity.decimal();
            let notional = self.instrument.notional(self.worst_price()?, quantity);
            notional.ok().map(|n| n.abs())
        };
        *self.once.notional.get_or_init(notional)
    }

    /// An amount of quote currency in base currency; `None` where it is unknown or there is no rate.
    fn in_base(&self, amount: Option<Decimal>) -> Option<Decimal> {
        let (amount, rate) = (amount?, self.rate.as_ref().ok()?);
        if *rate == Decimal::ONE {
            return Some(amount);
        }
        amount.checked_mul(*rate)
    }

    /// What of the notional comes on top of what the order could cost before.
    fn added(&self) -> Option<Decimal> {
        let notional = self.notional()?;
        let Some(before) = &self.replaces else {
            return Some(notional);
        };
        Some((notional - before.notional).max(Decimal::ZERO))
    }

    /// Part of a notional that opening it needs as margin.
    fn initial_rate(&self) -> Decimal {
        self.instrument.terms.margin_initial.unwrap_or(Decimal::ONE)
    }

    /// Cash that the order may need: notional at the worst price plus the taker fee.
    #[must_use]
    pub fn cash_needed(&self) -> Option<Decimal> {
        let needed = || {
            let notional = self.notional()?;
            let fee = notional.checked_mul(self.taker_fee.max(Decimal::ZERO))?;
            // Up to eight decimals, as fees are rounded: what is held always covers what is charged.
            Some(Rounding::Up.to_decimals(notional.checked_add(fee)?, 8))
        };
        *self.once.cash_needed.get_or_init(needed)
    }
}

/// The worst price that an order may pay or get; `None` without the quote that it needs, or out of range.
#[must_use]
pub fn worst_price(
    request: &OrderRequest,
    quote: Option<(Decimal, Decimal)>,
    band: Decimal,
) -> Option<Decimal> {
    let moved = |price: Decimal| match request.side {
        Side::Buy => price.checked_mul(Decimal::ONE + band),
        Side::Sell => price.checked_mul(Decimal::ONE - band),
    };
    let near = |(bid, ask): (Decimal, Decimal)| match request.side {
        Side::Buy => ask,
        Side::Sell => bid,
    };
    match request.kind {
        OrderKind::Limit { price, .. } | OrderKind::StopLimit { price, .. } => Some(price.decimal()),
        OrderKind::Market => moved(near(quote?)),
        OrderKind::StopMarket { trigger } => moved(trigger.decimal()),
        OrderKind::TrailingStop { offset, activation } => {
            let near = near(quote?);
            // A buy's trigger starts that far above the market and only falls; a sell's starts below and only rises.
            let from = activation.map_or(near, |a| match request.side {
                Side::Buy => a.decimal().max(near),
                Side::Sell => a.decimal().min(near),
            });
            let distance = match offset {
                TrailingOffset::Price(distance) => distance.decimal(),
                TrailingOffset::Percent(percent) => {
                    from.checked_mul(percent)?.checked_div(Decimal::ONE_HUNDRED)?
                }
            };
            match request.side {
                Side::Buy => moved(from.checked_add(distance)?),
                Side::Sell => moved(from.checked_sub(distance)?),
            }
        }
    }
}

/// One row of the gate: the rule and the comparison that denies.
pub type RuleRow = (RiskRule, fn(&GateContext<'_>) -> Option<Denial>);

/// The gate's table. Order is the order in which denials are listed.
pub const RULES: [RuleRow; 31] = [
    (RiskRule::KillSwitch, standing::kill_switch),
    (RiskRule::LiveTradingDisabled, standing::live_trading),
    (RiskRule::NotReconciled, standing::reconciled),
    (RiskRule::InstrumentNotAllowed, standing::instrument_allowed),
    (RiskRule::StrategyHalted, standing::strategy_running),
    (RiskRule::Confidence, standing::confidence),
    (RiskRule::DuplicateSignal, standing::duplicate_signal),
    (RiskRule::StaleData, standing::stale_data),
    (RiskRule::Intraday, standing::intraday),
    (RiskRule::ReduceOnly, positions::reduce_only),
    (RiskRule::ShortNotAllowed, positions::short_not_allowed),
    (RiskRule::OpenPositionsTotal, positions::open_positions_total),
    (
        RiskRule::OpenPositionsPerInstrument,
        positions::open_positions_per_instrument,
    ),
    (RiskRule::FxRate, money::fx_rate),
    (RiskRule::Exposure, money::exposure),
    (RiskRule::OrderSize, money::order_size),
    (RiskRule::InsufficientFunds, money::funds),
    (RiskRule::Leverage, margin::leverage),
    (RiskRule::MarginUse, margin::margin_use),
    (RiskRule::PriceBand, money::price_band),
    (RiskRule::OrdersPerMinute, rates::orders_per_minute),
    (RiskRule::OrdersPerHour, rates::orders_per_hour),
    (RiskRule::OrdersPerDay, rates::orders_per_day),
    (RiskRule::StrategyEntriesPerHour, rates::entries_per_hour),
    (RiskRule::StrategyEntriesPerDay, rates::entries_per_day),
    (RiskRule::DailyLoss, losses::daily_loss),
    (RiskRule::Drawdown, losses::drawdown),
    (RiskRule::PatternDayTrader, place::pattern_day_trader),
    (RiskRule::PlaceOrderRate, place::order_rate),
    (RiskRule::AlgoTag, place::algo_tag),
    (RiskRule::MarginRatio, margin::ratio_broken),
];

/// What warns about an order that is let through.
pub const WARNINGS: [RuleRow; 6] = [
    (RiskRule::MarginRatio, margin::ratio_low),
    (RiskRule::MarginUse, margin::margin_use_high),
    (RiskRule::Intraday, standing::intraday_soon),
    (RiskRule::PatternDayTrader, place::pattern_day_trader_warning),
    (RiskRule::PlaceOrderRate, place::order_rate_warning),
    (RiskRule::AlgoTag, place::algo_tag_warning),
];

/// Adds every rule that denies the order. O(number of rules).
pub fn evaluate(context: &GateContext<'_>, denials: &mut Vec<Denial>) {
    denials.extend(RULES.iter().filter_map(|(_, rule)| rule(context)));
}

/// Every rule that warns about an order.
#[must_use]
pub fn warnings(context: &GateContext<'_>) -> Vec<Denial> {
    WARNINGS.iter().filter_map(|(_, rule)| rule(context)).collect()
}

/// A denial; `actual` and `limit` are decimal text or words.
#[must_use]
pub fn denial(rule: RiskRule, actual: impl ToString, limit: impl ToString, message: String) -> Denial {
    Denial {
        rule,
        actual: actual.to_string(),
        limit: limit.to_string(),
        message,
    }
}

/// A fraction as text, e.g. `5 %`.
#[must_use]
pub fn percent(fraction: Decimal) -> String {
    let value = fraction.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(fraction);
    format!("{} %", value.round_dp(4).normalize())
}
