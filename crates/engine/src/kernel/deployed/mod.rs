//! Strategies that users deploy on an account: built-in ones and scripts, run by the same [`Instance`] as in a backtest.
//!
//! The [`State`] knows what is deployed; the instances are made of it, here as in recovery. An instance is primed with
//! the bars at hand that closed before it was deployed: they move its indicators, it is not asked. Bars that closed
//! since, but before this kernel's start, and late ones it is asked about, so that its own state follows, and what it
//! wants is dropped. On every other bar what it wants goes through [`super::intents`] and the gate.
//!
//! An instance that lacks bars is made anew from what the market knows on each bar, so that history may come in any
//! order; from its first warm bar on it only goes forward. A script that fails halts its own strategy.

mod act;
mod bars;
mod change;

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use tradewind_strategy::registry::{self, Setup};
use tradewind_strategy::script::{Script, limits};
use tradewind_strategy::{Instance, Intents, OwnFill, ParamMap, ParamValue, Strategy, Weights};
use tradewind_types::market::BarInterval;
use tradewind_types::order::OrderEventKind;
use tradewind_types::record::{Outcome, StrategyDeployed, StrategyRemoved, StrategySource, StrategySpec};
use tradewind_types::{AccountId, InstrumentIdx, StrategyId, UnixNanos};

use super::account::strategy_of;
use super::{CommandError, FoldError, State};

/// Strategies of one account.
pub const DEPLOYED_MAX: usize = 16;
/// Instruments of one strategy here.
pub const SLOTS_MAX: usize = 64;
/// Most kinds of tick, volume and value bars of one instrument that strategies run on.
const COUNTED_MAX: usize = 16;
/// Parameters of one strategy, and the longest of their texts.
const PARAMETERS_MAX: (usize, usize) = (64, 4_096);
/// How often fills may lead to intents that fill at once again, per event.
const REACTIONS_MAX: usize = 8;

/// A deployed strategy as the durable state knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployed {
    /// What it is made of.
    pub spec: StrategySpec,
    /// Of this name.
    pub version: u32,
    /// Who deployed this version.
    pub actor: String,
    /// When.
    pub ts: UnixNanos,
}

/// Why a strategy cannot be deployed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeployError {
    /// Which part of the specification.
    pub field: &'static str,
    /// What is wrong; for a script with line and column.
    pub message: String,
}

impl DeployError {
    fn new(field: &'static str, message: impl ToString) -> Self {
        Self {
            field,
            message: message.to_string(),
        }
    }
}

impl From<DeployError> for CommandError {
    fn from(error: DeployError) -> Self {
        CommandError::BadSetting {
            field: error.field,
            message: error.message,
        }
    }
}

/// Makes the strategy of a specification; the same in the check of a request, at deployment and in recovery.
///
/// # Errors
/// [`DeployError`].
pub fn build_strategy(id: &StrategyId, spec: &StrategySpec) -> Result<Box<dyn Strategy>, DeployError> {
    let (count, length) = PARAMETERS_MAX;
    if spec.parameters.len() > count || spec.parameters.values().any(|text| text.len() > length) {
        let message = format!("at most {count} parameters of {length} characters");
        return Err(DeployError::new("parameters", message));
    }
    if spec.instruments.is_empty() || spec.instruments.len() > SLOTS_MAX {
        return Err(DeployError::new(
            "instruments",
            format!("1 to {SLOTS_MAX} instruments"),
        ));
    }
    let setup = Setup {
        id: id.clone(),
        interval: spec.interval,
        slots: spec.instruments.len(),
    };
    let values = spec.parameters.iter();
    let params: ParamMap = values
        .map(|(k, text)| (k.clone(), ParamValue::read(text)))
        .collect();
    let strategy: Box<dyn Strategy> = match &spec.source {
        StrategySource::BuiltIn { name } => registry::build(name, setup, &params).map_err(|error| {
            let field = match &error {
                registry::BuildError::Unknown { .. } => "name",
                registry::BuildError::Slots { .. } => "instruments",
                registry::BuildError::Params(_) => "parameters",
            };
            DeployError::new(field, error)
        })?,
        StrategySource::Script { text, sha256 } => {
            let refused = |e| DeployError::new("script", e);
            let script = Script::compile(text).map_err(refused)?;
            if script.sha256() != sha256 {
                let message = format!("the text's SHA-256 is {}, not {sha256}", script.sha256());
                return Err(DeployError::new("script", message));
            }
            Box::new(script.strategy(setup, &params).map_err(refused)?)
        }
    };
    let inputs = strategy.inputs();
    if inputs.slots != spec.instruments.len() {
        let message = format!(
            "it works on {} instruments, got {}",
            inputs.slots,
            spec.instruments.len()
        );
        return Err(DeployError::new("instruments", message));
    }
    Ok(strategy)
}

/// How far a deployed strategy's warm-up is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Of which bars.
    pub interval: BarInterval,
    /// Whether it is asked on the next bar.
    pub warm: bool,
    /// Bars seen, the fewest over its instruments.
    pub bars_seen: u64,
    /// Bars that it needs.
    pub bars_needed: u64,
}

/// A running instance.
#[derive(Debug)]
struct Runner {
    account: AccountId,
    strategy: StrategyId,
    slots: Vec<InstrumentIdx>,
    /// Of which bars.
    interval: BarInterval,
    instance: Option<Instance<Box<dyn Strategy>>>,
    /// When this version was deployed: about bars that closed until then it is never asked.
    since: UnixNanos,
    /// It had all its bars once and goes forward only.
    settled: bool,
    /// Opening time of bars that wait for those of other instruments, where it is asked with what there is.
    gathering: Option<UnixNanos>,
}

/// A fill of a deployed strategy's order that it was not told of yet.
#[derive(Debug)]
struct News {
    account: AccountId,
    strategy: StrategyId,
    instrument: InstrumentIdx,
    fill: OwnFill,
}

/// All instances of a kernel.
#[derive(Debug, Default)]
pub(super) struct Runners {
    list: Vec<Runner>,
    news: Vec<News>,
    intents: Intents,
    /// When this kernel began: bars that closed until then are history.
    started: Option<UnixNanos>,
}

impl Runners {
    /// When time began for this kernel; `None` before its first event.
    pub(super) fn started(&self) -> Option<UnixNanos> {
        self.started
    }

    /// The instances of what is deployed.
    pub(super) fn restored(state: &State) -> Self {
        let mut runners = Self::default();
        for account in state.accounts.values() {
            for (strategy, deployed) in &account.deployed {
                runners
                    .list
                    .push(runner(state, &account.info.id, strategy, deployed));
            }
        }
        runners
    }

    /// The tick, volume and value bars of an instrument that strategies run on.
    #[inline]
    pub(super) fn counted_on(&self, idx: InstrumentIdx) -> impl Iterator<Item = BarInterval> + '_ {
        let counted = self.list.iter().filter(|runner| !runner.interval.is_time());
        counted
            .filter(move |runner| runner.slots.contains(&idx))
            .map(|runner| runner.interval)
    }

    fn at(&self, account: &AccountId, strategy: &StrategyId) -> Option<usize> {
        self.list
            .iter()
            .position(|r| r.account == *account && r.strategy == *strategy)
    }

    /// Notes a fill of a deployed strategy's order, to be told once its booking is done.
    #[inline]
    pub(super) fn note(&mut self, outcome: &Outcome, state: &State) {
        if !self.list.is_empty() {
            self.note_fill(outcome, state);
        }
    }

    fn note_fill(&mut self, outcome: &Outcome, state: &State) {
        let Outcome::Order(event) = outcome else { return };
        let OrderEventKind::Filled { quantity, price, .. } = &event.kind else {
            return;
        };
        let account = state.accounts.get(&event.account);
        let Some(order) = account.and_then(|a| a.orders.get(&event.client_order_id)) else {
            return;
        };
        let Some(strategy) = strategy_of(&order.request) else {
            return;
        };
        let Some(at) = self.at(&event.account, strategy) else {
            return;
        };
        let Some(instrument) = state.instruments.idx(&order.request.instrument) else {
            return;
        };
        let Some(slot) = self.list[at].slots.iter().position(|i| *i == instrument) else {
            return;
        };
        self.news.push(News {
            account: event.account.clone(),
            strategy: strategy.clone(),
            instrument,
            fill: OwnFill {
                slot,
                side: order.request.side,
                quantity: *quantity,
                price: *price,
                ts: event.ts_event,
            },
        });
    }
}

fn runner(state: &State, account: &AccountId, strategy: &StrategyId, deployed: &Deployed) -> Runner {
    let ids = deployed.spec.instruments.iter();
    // A script may name its own; one that a newer program refuses is halted when its first bar comes.
    let built = build_strategy(strategy, &deployed.spec);
    Runner {
        account: account.clone(),
        strategy: strategy.clone(),
        slots: ids.filter_map(|id| state.instruments.idx(id)).collect(),
        interval: built.map_or(deployed.spec.interval, |s| s.inputs().interval),
        instance: None,
        since: deployed.ts,
        settled: false,
        gathering: None,
    }
}

/// Folds a deployment.
pub(super) fn fold_deployed(account: &mut super::AccountState, change: &StrategyDeployed) {
    let deployed = Deployed {
        spec: change.spec.clone(),
        version: change.version,
        actor: change.actor.clone(),
        ts: change.ts,
    };
    account.deployed.insert(change.strategy.clone(), deployed);
}

/// Folds a removal.
pub(super) fn fold_removed(
    account: &mut super::AccountState,
    change: &StrategyRemoved,
) -> Result<(), FoldError> {
    if account.deployed.shift_remove(&change.strategy).is_none() {
        return Err(FoldError::UnknownStrategy(change.strategy.clone()));
    }
    account.strategies.shift_remove(&change.strategy);
    Ok(())
}

/// Names that the combination has for itself.
fn is_of_combination(strategy: &StrategyId) -> bool {
    let mut own = Weights::scalping()
        .iter()
        .map(|(id, _)| id.clone())
        .collect::<Vec<_>>()
        .into_iter();
    strategy.as_str() == super::state::COMBINED || own.any(|id| id == *strategy)
}

/// The longest script, in bytes.
pub const SCRIPT_MAX: usize = limits::TEXT_BYTES_MAX;

/// What is deployed on an account, by name.
pub type DeployedMap = IndexMap<StrategyId, Deployed>;

/// A script's text with its digest, checked.
///
/// # Errors
/// [`DeployError`] with line and column.
pub fn script_source(text: &str) -> Result<StrategySource, DeployError> {
    let script = Script::compile(text).map_err(|e| DeployError::new("script", e))?;
    Ok(StrategySource::Script {
        text: Arc::from(script.text()),
        sha256: script.sha256().to_owned(),
    })
}
