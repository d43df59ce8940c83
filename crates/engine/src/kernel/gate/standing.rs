//! Rules on where things stand: kill switch, live trading, instrument, strategy, signal, data.

use rust_decimal::Decimal;
use tradewind_types::AccountKind;
use tradewind_types::market::DataState;
use tradewind_types::order::OrderOrigin;
use tradewind_types::record::StrategyStatus;
use tradewind_types::risk::{Denial, RiskRule};
use tradewind_types::time::SECOND_NS;

use super::{GateContext, denial};

pub(super) fn kill_switch(c: &GateContext<'_>) -> Option<Denial> {
    let reason = c.kill_switch.filter(|_| !c.is_flatten())?;
    let message = format!("the kill switch is engaged ({reason}); a person has to lift it first");
    Some(denial(RiskRule::KillSwitch, "engaged", "lifted", message))
}

pub(super) fn live_trading(c: &GateContext<'_>) -> Option<Denial> {
    if c.account_kind != AccountKind::Live || c.settings.live_trading {
        return None;
    }
    let message = "live trading is switched off for this account".to_owned();
    Some(denial(RiskRule::LiveTradingDisabled, "off", "on", message))
}

pub(super) fn instrument_allowed(c: &GateContext<'_>) -> Option<Denial> {
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

pub(super) fn strategy_running(c: &GateContext<'_>) -> Option<Denial> {
    // What protects a position outlives the strategy that opened it.
    let status = c.strategy_status.filter(|_| !c.is_protective());
    let (actual, why) = match status {
        None | Some(StrategyStatus::Running) => return None,
        Some(StrategyStatus::Stopped) => ("STOPPED", "it was switched off".to_owned()),
        Some(StrategyStatus::Halted { reason }) => ("HALTED", reason.clone()),
    };
    let message = format!("the strategy does not trade: {why}");
    Some(denial(RiskRule::StrategyHalted, actual, "RUNNING", message))
}

pub(super) fn confidence(c: &GateContext<'_>) -> Option<Denial> {
    let OrderOrigin::Strategy { confidence, .. } = &c.request.origin else {
        return None;
    };
    if c.is_protective() {
        return None;
    }
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

pub(super) fn duplicate_signal(c: &GateContext<'_>) -> Option<Denial> {
    let counts = c.is_strategy() && !c.is_protective() && c.replaces.is_none();
    let last = c.last_same_signal.filter(|_| counts)?;
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

pub(super) fn stale_data(c: &GateContext<'_>) -> Option<Denial> {
    // Flattening must work on old data too: getting out is better than being exact.
    // So must a protective order: it rests, and is looked at when there is data again.
    let out = (c.is_flatten() && c.quote.is_some()) || c.is_protective();
    if c.quote_state == DataState::Valid || out {
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

pub(super) fn reconciled(c: &GateContext<'_>) -> Option<Denial> {
    if c.ready {
        return None;
    }
    let message = "the account has not been compared with its venue yet, or differs from it".to_owned();
    Some(denial(RiskRule::NotReconciled, "not compared", "equal", message))
}

/// Minutes to the end of the session, when it is at most so many.
fn ends_within(c: &GateContext<'_>, minutes: u32) -> Option<u64> {
    let left = c.session?.close.since(c.now);
    let window = u64::from(minutes) * 60 * SECOND_NS;
    (left <= window).then_some(left / (60 * SECOND_NS))
}

pub(super) fn intraday(c: &GateContext<'_>) -> Option<Denial> {
    let rules = &c.settings.intraday;
    if !rules.enabled || c.is_flatten() || c.reduces() {
        return None;
    }
    let left = ends_within(c, rules.act_minutes)?;
    let limit = rules.act_minutes;
    let message = format!(
        "the session ends in {left} min; positions of the day are closed from {limit} min before it on"
    );
    Some(denial(
        RiskRule::Intraday,
        format!("{left} min"),
        format!("> {limit} min"),
        message,
    ))
}

pub(super) fn intraday_soon(c: &GateContext<'_>) -> Option<Denial> {
    let rules = &c.settings.intraday;
    if !rules.enabled || c.is_flatten() || c.reduces() {
        return None;
    }
    let left = ends_within(c, rules.warn_minutes)?;
    let message = format!(
        "the session ends in {left} min; positions of the day are closed {} min before it",
        rules.act_minutes
    );
    Some(denial(
        RiskRule::Intraday,
        format!("{left} min"),
        format!("> {} min", rules.warn_minutes),
        message,
    ))
}
