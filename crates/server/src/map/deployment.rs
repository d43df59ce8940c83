//! Deployed strategies and the registry of built-in ones.

use std::collections::BTreeMap;

use serde_json::Value;
use tradewind_engine::kernel::{DeployError, Deployed, build_strategy, script_source};
use tradewind_strategy::registry::{Definition, Setup, SlotCount};
use tradewind_strategy::script::Script;
use tradewind_strategy::{ParamDef, ParamKind, ParamMap, Strategy as _};
use tradewind_types::market::BarInterval;
use tradewind_types::record::{StrategySource, StrategySpec};
use tradewind_types::{IdError, InstrumentId, StrategyId};
use tradewind_wire as wire;

use crate::problem::{ApiError, ApiResult};

/// A deployed strategy; with the script's text only where one is asked for.
#[must_use]
pub fn deployment(deployed: &Deployed, with_text: bool) -> wire::Deployment {
    let (source, name, sha256, script) = match &deployed.spec.source {
        StrategySource::BuiltIn { name } => (wire::StrategySource::BuiltIn, Some(name.clone()), None, None),
        StrategySource::Script { text, sha256 } => {
            let text = with_text.then(|| text.to_string());
            (wire::StrategySource::Script, None, Some(sha256.clone()), text)
        }
    };
    wire::Deployment {
        source,
        name,
        sha256,
        script,
        version: deployed.version,
        parameters: deployed.spec.parameters.clone(),
        instruments: deployed
            .spec
            .instruments
            .iter()
            .map(ToString::to_string)
            .collect(),
        actor: deployed.actor.clone(),
        ts: wire::Time(deployed.ts),
    }
}

/// What is asked for, built once to see that it can be.
///
/// # Errors
/// A validation error of the field; for a script with line and column.
pub fn spec(body: &wire::NewDeployment) -> ApiResult<(StrategyId, StrategySpec)> {
    let strategy: StrategyId = body
        .strategy
        .parse()
        .map_err(|e: IdError| ApiError::field("strategy", "MALFORMED", e.to_string()))?;
    let source = match (&body.name, &body.script) {
        (Some(name), None) => StrategySource::BuiltIn { name: name.clone() },
        (None, Some(text)) => script_source(text).map_err(refused)?,
        _ => {
            let message = "either the name of a strategy or a script";
            return Err(ApiError::field("name", "CONTRADICTION", message));
        }
    };
    let ids: Result<Vec<InstrumentId>, IdError> = body.instruments.iter().map(|text| text.parse()).collect();
    let interval = body.interval.parse::<BarInterval>();
    let spec = StrategySpec {
        source,
        parameters: parameters(&body.parameters)?,
        instruments: ids.map_err(|e| ApiError::field("instruments", "UNKNOWN_INSTRUMENT", e.to_string()))?,
        interval: interval.map_err(|e| ApiError::field("interval", "MALFORMED", e.to_string()))?,
    };
    build_strategy(&strategy, &spec).map_err(refused)?;
    Ok((strategy, spec))
}

fn refused(error: DeployError) -> ApiError {
    ApiError::field(error.field, "REFUSED", error.message)
}

fn parameters(given: &BTreeMap<String, Value>) -> ApiResult<BTreeMap<String, String>> {
    let text = |(name, value): (&String, &Value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) => value.to_string(),
            Value::Null | Value::Object(_) => {
                let message = format!("`{name}` is a number, a text, true or false, or a list of numbers");
                return Err(ApiError::field("parameters", "MALFORMED", message));
            }
        };
        Ok((name.clone(), text))
    };
    given.iter().map(text).collect()
}

/// Checks a script and tells what it declares.
///
/// # Errors
/// A validation error with line and column.
pub fn check(text: &str) -> ApiResult<wire::ScriptChecked> {
    let refused =
        |e: tradewind_strategy::script::ScriptError| ApiError::field("script", "REFUSED", e.to_string());
    let script = Script::compile(text).map_err(refused)?;
    let setup = Setup {
        // A lower-case word is always a valid id.
        id: StrategyId::new("check").expect("a lower-case word is a valid id"),
        interval: BarInterval::M1,
        slots: 1,
    };
    let strategy = script.strategy(setup, &ParamMap::new()).map_err(refused)?;
    let inputs = strategy.inputs();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Ok(wire::ScriptChecked {
        sha256: script.sha256().to_owned(),
        slots: count(inputs.slots),
        warm_up_bars: count(inputs.warm_up_bars),
        window_bars: count(inputs.window_bars),
        indicators: inputs.indicators.iter().map(|i| i.id().to_owned()).collect(),
        quotes: inputs.quotes,
    })
}

/// A strategy of the registry.
#[must_use]
pub fn kind(definition: &Definition) -> wire::StrategyKind {
    wire::StrategyKind {
        name: definition.name.to_owned(),
        title: definition.title.to_owned(),
        description: definition.doc.to_owned(),
        slots: match definition.slots {
            SlotCount::Exactly(n) => u32::try_from(n).ok(),
            SlotCount::Any => None,
        },
        parameters: definition.params.iter().map(parameter).collect(),
    }
}

fn parameter(def: &ParamDef) -> wire::StrategyParameter {
    let (kind, default, range) = match def.kind {
        ParamKind::Whole { default, min, max } => {
            let range = Some((min.to_string(), max.to_string()));
            (wire::ParameterKind::Whole, default.to_string(), range)
        }
        ParamKind::Real { default, min, max } => {
            let range = Some((min.to_string(), max.to_string()));
            (wire::ParameterKind::Number, default.to_string(), range)
        }
        ParamKind::Flag { default } => (wire::ParameterKind::Flag, default.to_string(), None),
        ParamKind::List { min, max } => {
            let range = Some((min.to_string(), max.to_string()));
            (wire::ParameterKind::List, "[]".to_owned(), range)
        }
    };
    let (min, max) = range.unzip();
    wire::StrategyParameter {
        name: def.name.to_owned(),
        description: def.doc.to_owned(),
        kind,
        default,
        min,
        max,
    }
}
