//! From a configuration to a stage: the kernel with its account, instruments, fees and assumptions, and the
//! strategies on their instruments.

use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use tradewind_matching::paper::{BarSettings, HalfSpread, Impact, ImpactInputs, PaperSettings, QueueModel};
use tradewind_strategy::registry::{self, Setup};
use tradewind_strategy::script::Script;
use tradewind_strategy::{Instance, SlotMarket, Strategy};
use tradewind_types::record::{Attribution, BookTask, CashKind, Command, CommandEnvelope};
use tradewind_types::risk::RiskSettings;
use tradewind_types::{
    AccountId, AccountInfo, AccountKind, Instrument, InstrumentIdx, Money, OrgId, Rounding, StrategyId,
    UnixNanos, UserId,
};

use super::BacktestError;
use super::config::{BacktestConfig, EntryChoice, FillConfig, FillPrice, QueueChoice, StrategyWhat, venue};
use super::run::{Player, Stage};
use crate::kernel::{Actions, EntryStyle, Event, Halt, Kernel, KernelConfig, State};

/// Time without end: what live trading does by the clock a backtest does by its samples.
const NEVER_NS: u64 = u64::MAX / 4;

/// The account of every backtest.
pub(crate) fn account_id() -> AccountId {
    AccountId::new("backtest").expect("lower-case letters form a valid id")
}

/// The kernel with everything in place but the strategies.
///
/// # Errors
/// What the kernel refuses, e.g. a risk limit out of range.
pub fn stage(config: &BacktestConfig) -> Result<Stage, BacktestError> {
    let kernel_config = KernelConfig {
        strategy_interval: config.strategy.interval,
        bars_max: 1,
        trades_max: 1,
        paper_latency_ns: config.latency.order_ns,
        paper_queue: config.fills.queue != QueueChoice::Off,
        equity_interval_ns: 0,
        weights_interval_ns: NEVER_NS,
        reconcile_interval_ns: NEVER_NS,
        carry: config.carry.clone(),
        paper_fees: config.fees.rules.clone(),
        bar_sessions: config.sessions.grids.clone(),
        ..KernelConfig::default()
    };
    let mut kernel = Kernel::backtest(kernel_config, State::default());
    for one in &config.instruments {
        let mut instrument = Box::new(one.instrument.clone());
        if let Some(calendar) = one.calendar.as_ref().filter(|_| !config.has_whole_days(one)) {
            instrument.calendar = Arc::clone(calendar);
        }
        command(&mut kernel, Command::DefineInstrument { instrument })?;
    }
    if let Some(calendar) = config.sessions.unknown.first() {
        let message = format!("the calendar {calendar} is not known; describe it in [[sessions]]");
        return Err(BacktestError::Refused(message));
    }
    if let Some(data) = config
        .data
        .iter()
        .find(|d| d.files.is_empty() && d.catalog.is_some())
    {
        let message = format!(
            "{} is of the catalogue, which is not at hand here",
            data.instrument
        );
        return Err(BacktestError::Refused(message));
    }
    for table in &config.sessions.tables {
        let table = table.clone();
        command(&mut kernel, Command::DefineSessions { table })?;
    }
    for rate in &config.fx {
        command(&mut kernel, Command::RecordFxRate { rate: rate.clone() })?;
    }
    for fees in &config.fees.tables {
        command(&mut kernel, Command::DefineFees { fees: fees.clone() })?;
    }
    kernel.assume(assumptions(config));
    for (at, one) in config.instruments.iter().enumerate() {
        if let Some((sigma, volume)) = one.impact {
            kernel.assume_impact(InstrumentIdx(at as u32), ImpactInputs { sigma, volume });
        }
    }
    let halts = config.sessions.halts.iter().filter_map(|(id, from, to)| {
        let instrument = kernel.instruments().idx(id)?;
        Some(Halt {
            instrument,
            from: *from,
            to: *to,
        })
    });
    let halts = halts.collect();
    kernel.assume_halts(halts);
    open_account(&mut kernel, config)?;
    let half_spread = config
        .instruments
        .iter()
        .map(|i| half_spread(&i.instrument, &config.fills))
        .collect();
    Ok(Stage {
        kernel,
        account: account_id(),
        style: match config.fills.entry {
            EntryChoice::Market => EntryStyle::Market,
            EntryChoice::Limit => EntryStyle::Limit,
        },
        fill_at_close: config.fills.price == FillPrice::Close,
        half_spread,
        interval: config.strategy.interval,
        sampling: config.equity,
    })
}

fn open_account(kernel: &mut Kernel, config: &BacktestConfig) -> Result<(), BacktestError> {
    let account = AccountInfo {
        id: account_id(),
        org: OrgId::new("backtest").expect("lower-case letters form a valid id"),
        owner: UserId::new("backtest").expect("lower-case letters form a valid id"),
        name: config.name.chars().take(80).collect(),
        kind: AccountKind::Paper,
        venue: venue(),
        base_currency: config.account.currency,
    };
    let deposit = Money::new(config.account.cash, config.account.currency);
    command(kernel, Command::OpenAccount { account, deposit })?;
    for money in &config.account.balances {
        let task = BookTask::Cash {
            kind: CashKind::Adjustment,
            money: *money,
            about: Attribution::default(),
        };
        let transfer = Command::Book {
            account: account_id(),
            task: Box::new(task),
            key: format!("start {}", money.currency),
            reason: "at the start".to_owned(),
        };
        command(kernel, transfer)?;
    }
    let mut settings: RiskSettings = config.risk.clone();
    settings.margin.enabled |= config.account.margin;
    let set = Command::SetRiskSettings {
        account: account_id(),
        settings,
        expected_version: 1,
    };
    command(kernel, set)
}

fn command(kernel: &mut Kernel, command: Command) -> Result<(), BacktestError> {
    let envelope = CommandEnvelope {
        actor: "backtest".to_owned(),
        correlation_id: "backtest".to_owned(),
        ts: UnixNanos(0),
        command,
    };
    let mut actions = Actions::default();
    kernel.process(&Event::Command(Box::new(envelope)), &mut actions);
    match actions.reply {
        Some(Err(error)) => Err(BacktestError::Refused(error.to_string())),
        _ => Ok(()),
    }
}

fn assumptions(config: &BacktestConfig) -> PaperSettings {
    let fills = &config.fills;
    PaperSettings {
        order_latency_ns: config.latency.order_ns,
        cancel_latency_ns: config.latency.cancel_ns,
        latency: config.latency.model.clone(),
        queue: match fills.queue {
            QueueChoice::Off => QueueModel::Off,
            QueueChoice::BehindDisplayed => QueueModel::BehindDisplayed,
            QueueChoice::Share(share) => QueueModel::Probabilistic(share),
            QueueChoice::Exact => QueueModel::ByOrder,
        },
        slippage: fills.slippage,
        impact: fills.impact_y.map_or(Impact::None, |y| Impact::SquareRoot { y }),
        bars: BarSettings {
            half_spread: half_of(fills),
            volume_cap: fills.volume_cap,
            limit_through_ticks: fills.limit_through_ticks,
        },
        keep_records: false,
        ..PaperSettings::default()
    }
}

fn half_of(fills: &FillConfig) -> HalfSpread {
    let millionths = fills.half_spread_ticks.checked_mul(Decimal::from(1_000_000));
    match millionths.and_then(|m| m.to_u32()) {
        None | Some(0) => HalfSpread::None,
        Some(parts) => HalfSpread::TickMillionths(parts),
    }
}

/// Half of the spread in units of the price scale, rounded up.
fn half_spread(instrument: &Instrument, fills: &FillConfig) -> i64 {
    let scale = Decimal::from(10u64.saturating_pow(u32::from(instrument.price_scale)));
    let units = fills
        .half_spread_ticks
        .checked_mul(instrument.tick)
        .and_then(|half| half.checked_mul(scale));
    units
        .and_then(|u| Rounding::Up.to_decimals(u, 0).to_i64())
        .unwrap_or(0)
}

/// The configured strategy on its instruments: one instance on all of them, or one on each where it works on one.
///
/// # Errors
/// What the registry, the script or the number of instruments is refused for.
pub fn players(
    config: &BacktestConfig,
    stage: &mut Stage,
) -> Result<Vec<Player<Box<dyn Strategy>>>, BacktestError> {
    let wanted = &config.strategy;
    let registry = stage.kernel.instruments();
    let slots: Vec<InstrumentIdx> = wanted
        .instruments
        .iter()
        .filter_map(|id| registry.idx(id))
        .collect();
    let name = match &wanted.what {
        StrategyWhat::BuiltIn(name) => name.as_str(),
        StrategyWhat::Script { .. } => "script",
    };
    let single = match &wanted.what {
        StrategyWhat::BuiltIn(name) => {
            registry::find(name).is_none_or(|d| d.slots.takes(1) && !d.slots.takes(2))
        }
        StrategyWhat::Script { .. } => false,
    };
    let groups: Vec<Vec<InstrumentIdx>> = if single && slots.len() > 1 {
        slots.iter().map(|idx| vec![*idx]).collect()
    } else {
        vec![slots]
    };
    let many = groups.len() > 1;
    let mut players = Vec::with_capacity(groups.len());
    for (at, slots) in groups.into_iter().enumerate() {
        let id = if many {
            format!("{name}-{}", at + 1)
        } else {
            name.to_owned()
        };
        let id = StrategyId::new(&id).map_err(|e| BacktestError::Refused(e.to_string()))?;
        let setup = Setup {
            id: id.clone(),
            interval: wanted.interval,
            slots: slots.len(),
        };
        let strategy = strategy(config, setup)?;
        players.push(player(stage, id, slots, strategy)?);
    }
    Ok(players)
}

fn strategy(config: &BacktestConfig, setup: Setup) -> Result<Box<dyn Strategy>, BacktestError> {
    let wanted = &config.strategy;
    let refused = |e: String| BacktestError::Refused(format!("strategy: {e}"));
    match &wanted.what {
        StrategyWhat::BuiltIn(name) => {
            registry::build(name, setup, &wanted.parameters).map_err(|e| refused(e.to_string()))
        }
        StrategyWhat::Script { source, .. } => {
            let script = Script::compile(source).map_err(|e| refused(e.to_string()))?;
            let strategy = script
                .strategy(setup, &wanted.parameters)
                .map_err(|e| refused(e.to_string()))?;
            Ok(Box::new(strategy))
        }
    }
}

/// One strategy on its instruments, running for the account.
///
/// # Errors
/// Another number of instruments than the strategy works on.
pub fn player<S: Strategy>(
    stage: &mut Stage,
    id: StrategyId,
    slots: Vec<InstrumentIdx>,
    strategy: S,
) -> Result<Player<S>, BacktestError> {
    let registry = stage.kernel.instruments();
    let markets: Vec<SlotMarket> = slots
        .iter()
        .filter_map(|idx| registry.get(*idx))
        .map(|i| SlotMarket::from(&**i))
        .collect();
    let instance = Instance::new(strategy, &markets).map_err(|e| BacktestError::Refused(e.to_string()))?;
    let mut actions = Actions::default();
    let account = stage.account.clone();
    stage.kernel.run_strategy(&account, &id, &mut actions);
    Ok(Player { id, slots, instance })
}
