//! The risk gate: one function that every order passes, whoever asked for it.
//!
//! [`GateContext`] is everything the rules compare; [`evaluate`] runs the table [`RULES`] from top to bottom and
//! returns every rule that denies, with the figures. The gate reads and never changes anything. It is the same
//! in backtest, paper and live.

use rust_decimal::Decimal;
use tradewind_types::market::DataState;
use tradewind_types::order::OrderOrigin;
use tradewind_types::record::StrategyStatus;
use tradewind_types::risk::{Denial, RiskRule, RiskSettings};
use tradewind_types::{AccountKind, Instrument, OrderKind, OrderRequest, Rounding, Side, UnixNanos};

/// What the rules compare. All amounts in the account's base currency, which is the instrument's quote currency.
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
    /// Best bid and offer, when there is a quote at all.
    pub quote: Option<(Decimal, Decimal)>,
    /// State of that quote.
    pub quote_state: DataState,
    /// Cash plus value of positions; `None` while a position has no mark.
    pub equity: Option<Decimal>,
    /// Σ |value| of open positions plus what open entry orders could add; `None` like equity.
    pub exposure: Option<Decimal>,
    /// Cash free to use.
    pub cash_available: Decimal,
    /// Taker fee as a fraction.
    pub taker_fee: Decimal,
    /// Signed position in the instrument.
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
    /// Loss since the day began as a fraction of the day's opening equity; negative for a gain.
    pub day_loss: Option<Decimal>,
    /// Fall from the highest equity as a fraction of it.
    pub drawdown: Option<Decimal>,
    /// Status of the order's strategy.
    pub strategy_status: Option<&'a StrategyStatus>,
    /// When the same signal (strategy, instrument, side) last became an order.
    pub last_same_signal: Option<UnixNanos>,
    /// Now.
    pub now: UnixNanos,
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
        (self.position.abs() - self.closing_already).max(Decimal::ZERO)
    }

    /// The worst price that the order may pay or get: its limit, or the quote moved by the price band.
    #[must_use]
    pub fn worst_price(&self) -> Option<Decimal> {
        if let Some(limit) = self.request.limit_price() {
            return Some(limit.decimal());
        }
        let (bid, ask) = self.quote?;
        let band = self.settings.price_band;
        match self.request.side {
            Side::Buy => ask.checked_mul(Decimal::ONE + band),
            Side::Sell => bid.checked_mul(Decimal::ONE - band),
        }
    }

    /// Notional at the worst price.
    #[must_use]
    pub fn notional(&self) -> Option<Decimal> {
        self.instrument
            .notional(self.worst_price()?, self.request.quantity.decimal())
            .ok()
    }

    /// Cash that the order may need: notional at the worst price plus the taker fee.
    #[must_use]
    pub fn cash_needed(&self) -> Option<Decimal> {
        let notional = self.notional()?;
        let fee = notional.checked_mul(self.taker_fee.max(Decimal::ZERO))?;
        // Up to eight decimals, as fees are rounded: what is held always covers what is charged.
        Some(Rounding::Up.to_decimals(notional.checked_add(fee)?, 8))
    }
}

/// One row of the gate: the rule and the comparison that denies.
pub type RuleRow = (RiskRule, fn(&GateContext<'_>) -> Option<Denial>);

/// The gate's table. Order is the order in which denials are listed.
pub const RULES: [RuleRow; 22] = [
    (RiskRule::KillSwitch, kill_switch),
    (RiskRule::LiveTradingDisabled, live_trading),
    (RiskRule::InstrumentNotAllowed, instrument_allowed),
    (RiskRule::StrategyHalted, strategy_running),
    (RiskRule::Confidence, confidence),
    (RiskRule::DuplicateSignal, duplicate_signal),
    (RiskRule::StaleData, stale_data),
    (RiskRule::ReduceOnly, reduce_only),
    (RiskRule::ShortNotAllowed, short_not_allowed),
    (RiskRule::OpenPositionsTotal, open_positions_total),
    (
        RiskRule::OpenPositionsPerInstrument,
        open_positions_per_instrument,
    ),
    (RiskRule::Exposure, exposure),
    (RiskRule::OrderSize, order_size),
    (RiskRule::InsufficientFunds, funds),
    (RiskRule::PriceBand, price_band),
    (RiskRule::OrdersPerMinute, orders_per_minute),
    (RiskRule::OrdersPerHour, orders_per_hour),
    (RiskRule::OrdersPerDay, orders_per_day),
    (RiskRule::StrategyEntriesPerHour, entries_per_hour),
    (RiskRule::StrategyEntriesPerDay, entries_per_day),
    (RiskRule::DailyLoss, daily_loss),
    (RiskRule::Drawdown, drawdown),
];

/// Every rule that denies the order; empty = allowed. O(number of rules).
#[must_use]
pub fn evaluate(context: &GateContext<'_>) -> Vec<Denial> {
    RULES.iter().filter_map(|(_, rule)| rule(context)).collect()
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

fn percent(fraction: Decimal) -> String {
    let value = fraction.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(fraction);
    format!("{} %", value.round_dp(4).normalize())
}

fn kill_switch(c: &GateContext<'_>) -> Option<Denial> {
    let reason = c.kill_switch.filter(|_| !c.is_flatten())?;
    let message = format!("the kill switch is engaged ({reason}); a person has to lift it first");
    Some(denial(RiskRule::KillSwitch, "engaged", "lifted", message))
}

fn live_trading(c: &GateContext<'_>) -> Option<Denial> {
    if c.account_kind != AccountKind::Live || c.settings.live_trading {
        return None;
    }
    let message = "live trading is switched off for this account".to_owned();
    Some(denial(RiskRule::LiveTradingDisabled, "off", "on", message))
}

fn instrument_allowed(c: &GateContext<'_>) -> Option<Denial> {
    let id = &c.request.instrument;
    if c.instrument.status != tradewind_types::InstrumentStatus::Trading {
        let message = format!("{id} is not open for orders");
        return Some(denial(
            RiskRule::InstrumentNotAllowed,
            "not trading",
            "TRADING",
            message,
        ));
    }
    let allowed = c.settings.whitelist.as_ref().is_none_or(|list| list.contains(id));
    if allowed || c.is_flatten() || c.reduces() {
        return None;
    }
    let message = format!("{id} is not on the account's whitelist");
    Some(denial(
        RiskRule::InstrumentNotAllowed,
        id,
        "on the whitelist",
        message,
    ))
}

fn strategy_running(c: &GateContext<'_>) -> Option<Denial> {
    let (actual, why) = match c.strategy_status {
        None | Some(StrategyStatus::Running) => return None,
        Some(StrategyStatus::Stopped) => ("STOPPED", "it was switched off".to_owned()),
        Some(StrategyStatus::Halted { reason }) => ("HALTED", reason.clone()),
    };
    let message = format!("the strategy does not trade: {why}");
    Some(denial(RiskRule::StrategyHalted, actual, "RUNNING", message))
}

fn confidence(c: &GateContext<'_>) -> Option<Denial> {
    let OrderOrigin::Strategy { confidence, .. } = &c.request.origin else {
        return None;
    };
    let actual = Decimal::new(i64::from(confidence.0), 6);
    if actual >= c.settings.confidence_min {
        return None;
    }
    let limit = c.settings.confidence_min;
    let message = format!(
        "confidence {} is below the minimum of {}",
        actual.normalize(),
        limit.normalize()
    );
    Some(denial(
        RiskRule::Confidence,
        actual.normalize(),
        limit.normalize(),
        message,
    ))
}

fn duplicate_signal(c: &GateContext<'_>) -> Option<Denial> {
    let last = c.last_same_signal.filter(|_| c.is_strategy())?;
    let age_s = c.now.since(last) / tradewind_types::time::SECOND_NS;
    let window = u64::from(c.settings.duplicate_window_s);
    if age_s >= window {
        return None;
    }
    let message = format!("the same signal became an order {age_s} s ago; again only after {window} s");
    Some(denial(
        RiskRule::DuplicateSignal,
        format!("{age_s} s"),
        format!("{window} s"),
        message,
    ))
}

fn stale_data(c: &GateContext<'_>) -> Option<Denial> {
    // Flattening must work on old data too: getting out is better than being exact.
    if c.quote_state == DataState::Valid || (c.is_flatten() && c.quote.is_some()) {
        return None;
    }
    let actual = match c.quote_state {
        DataState::Stale => "STALE",
        DataState::NotSubscribed => "NOT_SUBSCRIBED",
        _ => "NO_DATA",
    };
    let message = format!(
        "the quote of {} is {actual}; orders need a VALID one",
        c.request.instrument
    );
    Some(denial(RiskRule::StaleData, actual, "VALID", message))
}

fn reduce_only(c: &GateContext<'_>) -> Option<Denial> {
    if !c.request.reduce_only || c.reduces() {
        return None;
    }
    let message = format!(
        "a reduce-only {} of {} against a position of {} of which {} can still be closed",
        c.request.side,
        c.request.quantity,
        c.position.normalize(),
        c.closable().normalize()
    );
    Some(denial(
        RiskRule::ReduceOnly,
        c.request.quantity,
        c.closable().normalize(),
        message,
    ))
}

fn short_not_allowed(c: &GateContext<'_>) -> Option<Denial> {
    if c.request.side == Side::Buy || c.request.reduce_only || c.reduces() {
        return None;
    }
    let held = if c.position > Decimal::ZERO {
        c.closable()
    } else {
        Decimal::ZERO
    };
    let message = format!(
        "selling {} but only {} is held; a cash account cannot go short",
        c.request.quantity, held
    );
    Some(denial(
        RiskRule::ShortNotAllowed,
        c.request.quantity,
        held.normalize(),
        message,
    ))
}

fn open_positions_total(c: &GateContext<'_>) -> Option<Denial> {
    let limit = c.settings.open_positions_max;
    if c.reduces() || !c.position.is_zero() || c.open_positions < limit {
        return None;
    }
    let message = format!(
        "{} positions are open; at most {limit} are allowed",
        c.open_positions
    );
    Some(denial(
        RiskRule::OpenPositionsTotal,
        c.open_positions,
        limit,
        message,
    ))
}

fn open_positions_per_instrument(c: &GateContext<'_>) -> Option<Denial> {
    if c.reduces() {
        return None;
    }
    let of_strategy = c.settings.positions_per_instrument_strategy_max;
    if c.is_strategy() && c.positions_of_strategy >= of_strategy {
        let message = format!(
            "the strategy holds {} positions in it already",
            c.positions_of_strategy
        );
        return Some(denial(
            RiskRule::OpenPositionsPerInstrument,
            c.positions_of_strategy,
            of_strategy,
            message,
        ));
    }
    let of_account = c.settings.positions_per_instrument_account_max;
    // Adding by hand to what is held by hand is one position, not another.
    let opens_another = c.is_strategy() || c.positions_of_strategy == 0;
    if opens_another && c.positions_in_instrument >= of_account {
        let message = format!(
            "the account holds {} positions in it already",
            c.positions_in_instrument
        );
        return Some(denial(
            RiskRule::OpenPositionsPerInstrument,
            c.positions_in_instrument,
            of_account,
            message,
        ));
    }
    None
}

fn unknown_equity(rule: RiskRule, limit: String) -> Denial {
    let message = "the account cannot be valued: a position has no quote yet".to_owned();
    denial(rule, "unknown", limit, message)
}

fn exposure(c: &GateContext<'_>) -> Option<Denial> {
    if c.reduces() || c.is_flatten() {
        return None;
    }
    let limit = c.settings.exposure_max;
    let (Some(equity), Some(exposure), Some(notional)) = (c.equity, c.exposure, c.notional()) else {
        return Some(unknown_equity(RiskRule::Exposure, percent(limit)));
    };
    let total = exposure.checked_add(notional).filter(|_| equity > Decimal::ZERO);
    match total.and_then(|total| total.checked_div(equity)) {
        Some(after) if after <= limit => None,
        Some(after) => {
            let message = format!(
                "exposure would be {} of equity; at most {}",
                percent(after),
                percent(limit)
            );
            Some(denial(
                RiskRule::Exposure,
                percent(after),
                percent(limit),
                message,
            ))
        }
        None => Some(unknown_equity(RiskRule::Exposure, percent(limit))),
    }
}

fn order_size(c: &GateContext<'_>) -> Option<Denial> {
    if c.reduces() || c.is_flatten() {
        return None;
    }
    let limit = c.settings.order_size_max;
    let (Some(equity), Some(notional)) = (c.equity, c.notional()) else {
        return Some(unknown_equity(RiskRule::OrderSize, percent(limit)));
    };
    let share = if equity > Decimal::ZERO {
        notional.checked_div(equity)
    } else {
        None
    };
    match share {
        Some(share) if share <= limit => None,
        Some(share) => {
            let message = format!(
                "the order is {} of equity; at most {}",
                percent(share),
                percent(limit)
            );
            Some(denial(
                RiskRule::OrderSize,
                percent(share),
                percent(limit),
                message,
            ))
        }
        None => {
            let message = "the account has no equity".to_owned();
            Some(denial(RiskRule::OrderSize, equity.normalize(), "> 0", message))
        }
    }
}

fn funds(c: &GateContext<'_>) -> Option<Denial> {
    if c.request.side == Side::Sell {
        return None;
    }
    let needed = c.cash_needed();
    if needed.is_some_and(|needed| needed <= c.cash_available) {
        return None;
    }
    let actual = needed.map_or_else(|| "unknown".to_owned(), |n| n.normalize().to_string());
    let message = format!(
        "{actual} {} needed with fee, {} available",
        c.instrument.quote,
        c.cash_available.normalize()
    );
    Some(denial(
        RiskRule::InsufficientFunds,
        actual,
        c.cash_available.normalize(),
        message,
    ))
}

fn price_band(c: &GateContext<'_>) -> Option<Denial> {
    let OrderKind::Limit { price, .. } = c.request.kind else {
        return None;
    };
    let (bid, ask) = c.quote?;
    let band = c.settings.price_band;
    // A quote too large to multiply falls back to itself: the stricter limit.
    let (limit, outside, word) = match c.request.side {
        Side::Buy => {
            let limit = ask.checked_mul(Decimal::ONE + band).unwrap_or(ask);
            (limit, price.decimal() > limit, "above")
        }
        Side::Sell => {
            let limit = bid.checked_mul(Decimal::ONE - band).unwrap_or(bid);
            (limit, price.decimal() < limit, "below")
        }
    };
    if !outside {
        return None;
    }
    let limit = limit.normalize();
    let message = format!(
        "the price {price} is more than {} {word} the quote (limit {limit})",
        percent(band)
    );
    Some(denial(RiskRule::PriceBand, price, limit, message))
}

fn rate(c: &GateContext<'_>, rule: RiskRule, slot: usize, limit: u32, span: &str) -> Option<Denial> {
    let count = c.orders.filter(|_| !c.is_flatten())?[slot];
    if count < limit {
        return None;
    }
    let message = format!("{count} orders in the last {span}; at most {limit}");
    Some(denial(rule, count, limit, message))
}

fn orders_per_minute(c: &GateContext<'_>) -> Option<Denial> {
    rate(
        c,
        RiskRule::OrdersPerMinute,
        0,
        c.settings.orders_per_minute,
        "minute",
    )
}

fn orders_per_hour(c: &GateContext<'_>) -> Option<Denial> {
    rate(c, RiskRule::OrdersPerHour, 1, c.settings.orders_per_hour, "hour")
}

fn orders_per_day(c: &GateContext<'_>) -> Option<Denial> {
    rate(c, RiskRule::OrdersPerDay, 2, c.settings.orders_per_day, "day")
}

fn entry_rate(c: &GateContext<'_>, rule: RiskRule, count: u32, limit: u32, span: &str) -> Option<Denial> {
    if !c.is_strategy() || c.reduces() || count < limit {
        return None;
    }
    let message = format!("{count} strategy entries in the last {span}; at most {limit}");
    Some(denial(rule, count, limit, message))
}

fn entries_per_hour(c: &GateContext<'_>) -> Option<Denial> {
    let limit = c.settings.strategy_entries_per_hour;
    entry_rate(
        c,
        RiskRule::StrategyEntriesPerHour,
        c.strategy_entries[0],
        limit,
        "hour",
    )
}

fn entries_per_day(c: &GateContext<'_>) -> Option<Denial> {
    let limit = c.settings.strategy_entries_per_day;
    entry_rate(
        c,
        RiskRule::StrategyEntriesPerDay,
        c.strategy_entries[1],
        limit,
        "day",
    )
}

fn loss(
    c: &GateContext<'_>,
    rule: RiskRule,
    actual: Option<Decimal>,
    limit: Decimal,
    what: &str,
) -> Option<Denial> {
    if !c.is_strategy() || c.reduces() {
        return None;
    }
    let actual = actual.filter(|a| *a >= limit)?;
    let message = format!(
        "{what} is {}; strategies stop at {}",
        percent(actual),
        percent(limit)
    );
    Some(denial(rule, percent(actual), percent(limit), message))
}

fn daily_loss(c: &GateContext<'_>) -> Option<Denial> {
    loss(
        c,
        RiskRule::DailyLoss,
        c.day_loss,
        c.settings.daily_loss_max,
        "the day's loss",
    )
}

fn drawdown(c: &GateContext<'_>) -> Option<Denial> {
    loss(
        c,
        RiskRule::Drawdown,
        c.drawdown,
        c.settings.drawdown_max,
        "the drawdown",
    )
}
