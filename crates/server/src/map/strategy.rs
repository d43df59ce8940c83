//! Strategies, signals and weights.

use tradewind_engine::Kernel;
use tradewind_engine::kernel::AccountState;
use tradewind_engine::kernel::state::COMBINED;
use tradewind_strategy::registry;
use tradewind_types::record::{StrategySource, StrategyStatus, StrategyWeight, WeightsChanged};
use tradewind_types::signal::{Signal, SignalOutcome};
use tradewind_types::{InstrumentId, StrategyId};
use tradewind_wire as wire;
use wire::{Dec, Time};

use super::order::denial;
use super::{enums, fraction};

/// A signal.
#[must_use]
pub fn signal(signal: &Signal) -> wire::Signal {
    let (outcome, client_order_id, denials) = match &signal.outcome {
        SignalOutcome::Accepted { client_order_id } => (
            wire::SignalOutcome::Accepted,
            Some(client_order_id),
            [].as_slice(),
        ),
        SignalOutcome::Denied { denials } => (wire::SignalOutcome::Denied, None, denials.as_slice()),
        SignalOutcome::Recorded => (wire::SignalOutcome::Recorded, None, [].as_slice()),
    };
    wire::Signal {
        id: signal.id.to_string(),
        account: signal.account.to_string(),
        ts: Time(signal.ts),
        bar_ts: Time(signal.bar_ts),
        strategy: signal.strategy.to_string(),
        instrument: signal.instrument.to_string(),
        interval: signal.interval.to_string(),
        opinion: enums::opinion(signal.opinion),
        strength: fraction(signal.strength),
        confidence: fraction(signal.confidence),
        reason: signal.reason.clone(),
        outcome,
        client_order_id: client_order_id.map(ToString::to_string),
        denials: denials.iter().map(denial).collect(),
    }
}

/// A change of weights.
#[must_use]
pub fn weights(change: &WeightsChanged) -> wire::Weights {
    wire::Weights {
        ts: Time(change.ts),
        weights: change.weights.iter().map(weight).collect(),
    }
}

fn weight(weight: &StrategyWeight) -> wire::Weight {
    wire::Weight {
        strategy: weight.strategy.to_string(),
        weight: fraction(weight.weight),
        mean_r: weight.mean_r.map(Dec),
        trades: weight.trades,
    }
}

fn texts(id: &str) -> (&'static str, &'static str) {
    match id {
        "fast_scalping" => (
            "Fast scalping",
            "EMA 3 against EMA 5: buys for 3 bars after a cross up, sells for 3 bars after a cross down, else holds.",
        ),
        "momentum_scalping" => (
            "Momentum scalping",
            "RSI 7 and MACD 6/13/5: buys when RSI was below 30 within 3 bars and MACD is above its signal; sells when \
             RSI was above 70 within 3 bars and MACD is below it.",
        ),
        "conservative_scalping" => (
            "Conservative scalping",
            "Bollinger 10/2, Stochastic 7/3 and session VWAP: buys when close < lower band, %K < 20 and close < VWAP; \
             sells when close > upper band, %K > 80 and close > VWAP.",
        ),
        COMBINED => (
            "Combination",
            "Acts when the weighted agreement of the strategies is above 0.5 and their confidence reaches the gate's \
             minimum. It alone sends orders.",
        ),
        _ => ("Strategy", "A strategy of this installation."),
    }
}

/// All strategies of an account, the combination last.
#[must_use]
pub fn strategies(kernel: &Kernel, account: &AccountState) -> Vec<wire::Strategy> {
    account
        .strategies
        .keys()
        .map(|id| strategy(kernel, account, id))
        .collect()
}

/// One strategy of an account, of a script also its text.
#[must_use]
pub fn detail(kernel: &Kernel, account: &AccountState, id: &StrategyId) -> wire::Strategy {
    let mut strategy = strategy(kernel, account, id);
    strategy.deployment = account
        .deployed
        .get(id)
        .map(|d| super::deployment::deployment(d, true));
    strategy
}

/// One strategy of an account.
#[must_use]
pub fn strategy(kernel: &Kernel, account: &AccountState, id: &StrategyId) -> wire::Strategy {
    let mut strategy = shared(kernel, account, id);
    let Some(deployed) = account.deployed.get(id) else {
        return strategy;
    };
    let (name, description) = match &deployed.spec.source {
        StrategySource::BuiltIn { name } => {
            registry::find(name).map_or((name.as_str(), ""), |d| (d.title, d.doc))
        }
        StrategySource::Script { .. } => ("Script", "A user's script."),
    };
    name.clone_into(&mut strategy.name);
    description.clone_into(&mut strategy.description);
    strategy.deployment = Some(super::deployment::deployment(deployed, false));
    if let Some(progress) = kernel.deployed_progress(&account.info.id, id) {
        let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        strategy.interval = progress.interval.to_string();
        strategy.warm = progress.warm;
        strategy.bars_seen = count(progress.bars_seen);
        strategy.bars_needed = count(progress.bars_needed);
    }
    strategy.last = deployed
        .spec
        .instruments
        .iter()
        .filter_map(|instrument| last_signal(account, instrument, id))
        .collect();
    strategy
}

/// One that is on every account.
fn shared(kernel: &Kernel, account: &AccountState, id: &StrategyId) -> wire::Strategy {
    let (name, description) = texts(id.as_str());
    let (status, halt_reason) = match account.strategy_status(id) {
        StrategyStatus::Running => (wire::StrategyStatus::Running, None),
        StrategyStatus::Stopped => (wire::StrategyStatus::Stopped, None),
        StrategyStatus::Halted { reason } => (wire::StrategyStatus::Halted, Some(reason.clone())),
    };
    let of_venue = || {
        let mine = kernel
            .instruments()
            .iter()
            .filter(|(_, i)| i.venue == account.info.venue);
        mine.filter_map(|(idx, i)| Some((i, kernel.market_at(idx)?)))
    };
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let needed = of_venue()
        .map(|(_, market)| needed_bars(market, id))
        .max()
        .unwrap_or(0);
    let seen = of_venue()
        .map(|(_, market)| market.strategies.bars_seen())
        .min()
        .unwrap_or(0);
    let held = account
        .ledger
        .owner_positions()
        .filter(|(_, p)| p.strategy.as_ref() == Some(id));
    let own = account.weights.iter().find(|w| w.strategy == *id);
    wire::Strategy {
        strategy: id.to_string(),
        name: name.to_owned(),
        description: description.to_owned(),
        status,
        halt_reason,
        interval: kernel.config().strategy_interval.to_string(),
        weight: own.map(|w| fraction(w.weight)),
        mean_r: own.and_then(|w| w.mean_r).map(Dec),
        trades: own.map_or(0, |w| w.trades),
        warm: seen >= needed as u64 && needed > 0,
        bars_seen: u32::try_from(seen).unwrap_or(u32::MAX),
        bars_needed: count(needed),
        last: of_venue()
            .filter_map(|(i, market)| last_opinion(kernel, account, i, market, id))
            .collect(),
        open_positions: count(held.filter(|(_, p)| !p.quantity.is_zero()).count()),
        realised_pnl: Dec(account.trades.realised(id)),
        deployment: None,
    }
}

fn last_signal(
    account: &AccountState,
    instrument: &InstrumentId,
    id: &StrategyId,
) -> Option<wire::StrategyOpinion> {
    let mut newest = account.recent_signals.iter().rev();
    let signal = newest.find(|s| s.strategy == *id && s.instrument == *instrument)?;
    Some(wire::StrategyOpinion {
        instrument: instrument.to_string(),
        opinion: enums::opinion(signal.opinion),
        confidence: fraction(signal.confidence),
        reason: signal.reason.clone(),
        ts: Time(signal.bar_ts),
    })
}

fn needed_bars(market: &tradewind_engine::kernel::MarketState, id: &StrategyId) -> usize {
    let one = market
        .strategies
        .strategies()
        .find(|s| s.id() == id)
        .map(|s| s.inputs().warm_up_bars);
    one.unwrap_or_else(|| market.strategies.warm_up_bars())
}

fn last_opinion(
    kernel: &Kernel,
    account: &AccountState,
    instrument: &tradewind_types::Instrument,
    market: &tradewind_engine::kernel::MarketState,
    id: &StrategyId,
) -> Option<wire::StrategyOpinion> {
    if id.as_str() == COMBINED {
        return last_signal(account, &instrument.id, id);
    }
    let said = market.opinions.iter().find(|o| o.strategy == *id)?;
    let at = if market.opinions_ts.0 == 0 {
        kernel.now()
    } else {
        market.opinions_ts
    };
    Some(wire::StrategyOpinion {
        instrument: instrument.id.to_string(),
        opinion: enums::opinion(said.verdict.opinion),
        confidence: fraction(said.verdict.confidence),
        reason: said.verdict.reason.to_string(),
        ts: Time(at),
    })
}
