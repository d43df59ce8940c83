//! What `init` returns, read and checked.

use rhai::{Array, Dynamic, Map};
use tradewind_indicators::IndicatorSpec;
use tradewind_types::market::BarInterval;

use super::values::{count, fits, to_map};
use super::{ScriptError, limits};
use crate::face::{Alignment, Inputs};
use crate::params::{ParamError, ParamMap};
use crate::registry::Setup;

const KEYS: [&str; 10] = [
    "params",
    "indicators",
    "interval",
    "slots",
    "warm_up",
    "window",
    "quotes",
    "equity",
    "partial",
    "state",
];
/// How far a window reaches back where the script does not say.
const WINDOW_DEFAULT: usize = 10;

/// What a script declared.
pub(super) struct Declared {
    pub(super) inputs: Inputs,
    pub(super) params: Map,
    pub(super) state: Map,
    /// The indicators' ids as written.
    pub(super) ids: Vec<String>,
}

pub(super) fn read(
    returned: &Dynamic,
    setup: &Setup,
    given: &ParamMap,
    takes_given: bool,
    on_quote: bool,
) -> Result<Declared, ScriptError> {
    let map = returned.as_map_ref().map_err(|found| {
        ScriptError::bad_return(format!(
            "a map such as #{{ indicators: [\"EMA_10\"] }} is needed, got {found}"
        ))
    })?;
    if let Some(odd) = map.keys().find(|key| !KEYS.contains(&key.as_str())) {
        let known = KEYS.join(", ");
        return Err(ScriptError::bad_return(format!(
            "unknown key `{odd}`; known are {known}"
        )));
    }
    let ids = ids(&map)?;
    let specs: Vec<IndicatorSpec> = ids
        .iter()
        .map(|id| IndicatorSpec::parse(id))
        .collect::<Result<_, _>>()?;
    let slots = whole(&map, "slots", 1, 1, limits::SLOTS_MAX)?;
    if slots != setup.slots {
        let got = setup.slots;
        return Err(ScriptError::bad_return(format!(
            "the script works on {slots} instruments, got {got}"
        )));
    }
    let needed = specs.iter().map(IndicatorSpec::warm_up_bars).max().unwrap_or(1);
    let inputs = Inputs {
        interval: interval(&map, setup.interval)?,
        slots,
        alignment: match flag(&map, "partial", false)? {
            true => Alignment::Partial,
            false => Alignment::Whole,
        },
        warm_up_bars: whole(
            &map,
            "warm_up",
            needed.min(limits::WARM_UP_MAX),
            1,
            limits::WARM_UP_MAX,
        )?,
        window_bars: whole(&map, "window", WINDOW_DEFAULT, 1, limits::WINDOW_MAX)?,
        indicators: specs,
        quotes: flag(&map, "quotes", on_quote)? && on_quote,
        equity: flag(&map, "equity", false)?,
    };
    let defaults = sub_map(&map, "params")?;
    Ok(Declared {
        inputs,
        params: params(defaults, &to_map(given), takes_given)?,
        state: sub_map(&map, "state")?,
        ids,
    })
}

/// The final parameters: `init`'s, with what was given in their place. An `init` that takes what was given has put it
/// there itself.
fn params(mut defaults: Map, given: &Map, takes_given: bool) -> Result<Map, ScriptError> {
    for (name, value) in given {
        let known: Vec<&str> = defaults.keys().map(|k| k.as_str()).collect();
        let known = known.join(", ");
        let Some(default) = defaults.get_mut(name) else {
            return Err(ScriptError::Params(ParamError::Unknown {
                strategy: "script".to_owned(),
                name: name.to_string(),
                known,
            }));
        };
        if !fits(default, value) {
            return Err(ScriptError::Params(ParamError::Type {
                strategy: "script".to_owned(),
                name: name.to_string(),
                wanted: type_words(default),
                got: value.to_string(),
            }));
        }
        if takes_given {
            continue;
        }
        *default = match (default.is_float(), value.as_int()) {
            (true, Ok(whole)) => Dynamic::from_float(whole as f64),
            _ => value.clone(),
        };
    }
    Ok(defaults)
}

fn type_words(default: &Dynamic) -> &'static str {
    match () {
        () if default.is_int() => "a whole number",
        () if default.is_float() => "a number",
        () if default.is_bool() => "true or false",
        () if default.is_string() => "words",
        () if default.is_array() => "a list of numbers",
        () => "of the default's type",
    }
}

fn sub_map(map: &Map, key: &str) -> Result<Map, ScriptError> {
    match map.get(key) {
        None => Ok(Map::new()),
        Some(value) => {
            let inner = value.as_map_ref();
            inner
                .map(|m| m.clone())
                .map_err(|found| ScriptError::bad_return(format!("`{key}` must be a map, got {found}")))
        }
    }
}

fn ids(map: &Map) -> Result<Vec<String>, ScriptError> {
    let Some(value) = map.get("indicators") else {
        return Ok(Vec::new());
    };
    let list = value.as_array_ref().map_err(|found| {
        ScriptError::bad_return(format!(
            "`indicators` must be an array of ids such as \"EMA_10\", got {found}"
        ))
    })?;
    if list.len() > limits::INDICATORS_MAX {
        let max = limits::INDICATORS_MAX;
        return Err(ScriptError::bad_return(format!("at most {max} indicators")));
    }
    texts(&list)
}

fn texts(list: &Array) -> Result<Vec<String>, ScriptError> {
    let one = |value: &Dynamic| {
        let text = value.as_immutable_string_ref();
        text.map(|t| t.to_string()).map_err(|found| {
            ScriptError::bad_return(format!("an indicator id must be a string, got {found}"))
        })
    };
    list.iter().map(one).collect()
}

fn interval(map: &Map, default: BarInterval) -> Result<BarInterval, ScriptError> {
    let Some(value) = map.get("interval") else {
        return Ok(default);
    };
    let text = value.as_immutable_string_ref();
    let text = text.map_err(|found| {
        ScriptError::bad_return(format!("`interval` must be a string such as \"1m\", got {found}"))
    })?;
    text.parse()
        .map_err(|e: tradewind_types::market::bars::BadInterval| ScriptError::bad_return(e.to_string()))
}

fn whole(map: &Map, key: &str, default: usize, min: usize, max: usize) -> Result<usize, ScriptError> {
    let Some(value) = map.get(key) else {
        return Ok(default);
    };
    let found = count(value).filter(|n| (min..=max).contains(n));
    found.ok_or_else(|| {
        ScriptError::bad_return(format!(
            "`{key}` must be a whole number from {min} to {max}, got {value}"
        ))
    })
}

fn flag(map: &Map, key: &str, default: bool) -> Result<bool, ScriptError> {
    let Some(value) = map.get(key) else {
        return Ok(default);
    };
    value
        .as_bool()
        .map_err(|found| ScriptError::bad_return(format!("`{key}` must be true or false, got {found}")))
}
