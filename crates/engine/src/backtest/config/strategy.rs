//! `[strategy]`: who decides, on which instruments and bars, with which parameters.

use std::path::PathBuf;
use std::sync::Arc;

use toml::Value;
use tradewind_strategy::{ParamMap, ParamValue};
use tradewind_types::InstrumentId;
use tradewind_types::market::BarInterval;

use super::data::DataConfig;
use super::instruments::InstrumentConfig;
use super::{ConfigError, Folder, Section, nearest};
use crate::backtest::data::DataKind;

/// A script's length at most.
const SCRIPT_BYTES_MAX: u64 = 1 << 20;

/// Which strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StrategyWhat {
    /// One of the program's.
    BuiltIn(String),
    /// A script.
    Script {
        /// Its file.
        file: PathBuf,
        /// Its text.
        source: Arc<str>,
        /// SHA-256 of the text, hexadecimal.
        sha256: String,
    },
}

/// The strategy of a backtest.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategyConfig {
    /// Which.
    pub what: StrategyWhat,
    /// Its bars; those of the data unless named.
    pub interval: BarInterval,
    /// Its instruments in the order of its slots.
    pub instruments: Vec<InstrumentId>,
    /// Parameters; those that are not named have the strategy's defaults.
    pub parameters: ParamMap,
}

impl StrategyConfig {
    /// `ema_cross fast=10 slow=20`.
    #[must_use]
    pub fn title(&self) -> String {
        let name = match &self.what {
            StrategyWhat::BuiltIn(id) => id.clone(),
            StrategyWhat::Script { file, .. } => file
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        };
        let parameters = self
            .parameters
            .iter()
            .map(|(key, value)| format!(" {key}={}", shown(value)));
        std::iter::once(name).chain(parameters).collect()
    }
}

pub(super) fn read(
    root: &Section<'_>,
    instruments: &[InstrumentConfig],
    data: &[DataConfig],
    folder: Folder<'_>,
) -> Result<StrategyConfig, ConfigError> {
    let Some(section) = root.section("strategy")? else {
        return Err(root.missing(
            "strategy",
            "a table: [strategy] with id = \"ema_cross\" or script = \"file.rhai\"",
        ));
    };
    let config = StrategyConfig {
        what: what(&section, folder)?,
        interval: interval(&section, data)?,
        instruments: traded(&section, instruments)?,
        parameters: parameters(&section)?,
    };
    section.finish()?;
    Ok(config)
}

fn what(section: &Section<'_>, folder: Folder<'_>) -> Result<StrategyWhat, ConfigError> {
    match (section.text("id")?, section.text("script")?) {
        (Some(id), None) => Ok(StrategyWhat::BuiltIn(id.to_owned())),
        (None, Some(script)) => {
            let file = folder.file(section, "script", script)?;
            let refuse =
                |message: String| section.error("script", format!("{}: {message}", folder.shown(&file)));
            let size = std::fs::metadata(&file).map_err(|e| refuse(e.to_string()))?.len();
            if size > SCRIPT_BYTES_MAX {
                return Err(refuse(format!("longer than {SCRIPT_BYTES_MAX} bytes")));
            }
            let source = std::fs::read_to_string(&file).map_err(|e| refuse(e.to_string()))?;
            let sha256 = crate::backtest::sha256_hex(source.as_bytes());
            Ok(StrategyWhat::Script {
                file,
                source: Arc::from(source),
                sha256,
            })
        }
        (Some(_), Some(_)) => Err(section.error("script", "`id` and `script` exclude each other")),
        (None, None) => Err(section.missing(
            "id",
            "a built-in strategy such as \"ema_cross\" (or `script` a file)",
        )),
    }
}

fn interval(section: &Section<'_>, data: &[DataConfig]) -> Result<BarInterval, ConfigError> {
    if let Some(interval) = section.parsed("interval")? {
        return Ok(interval);
    }
    let mut of_bars = data
        .iter()
        .filter(|d| d.layout.kind == DataKind::Bars)
        .map(|d| d.layout.interval);
    match of_bars.next() {
        Some(first) if of_bars.all(|i| i == first) => Ok(first),
        Some(_) => Err(section.missing("interval", "named, since the data has bars of several intervals")),
        None => Err(section.missing("interval", "the bars to build from quotes or trades, e.g. \"1m\"")),
    }
}

fn traded(section: &Section<'_>, instruments: &[InstrumentConfig]) -> Result<Vec<InstrumentId>, ConfigError> {
    let known: Vec<String> = instruments.iter().map(|i| i.instrument.id.to_string()).collect();
    let Some(wanted) = section.texts("instruments")? else {
        return Ok(instruments.iter().map(|i| i.instrument.id.clone()).collect());
    };
    let mut ids: Vec<InstrumentId> = Vec::with_capacity(wanted.len());
    for text in wanted {
        let Some(at) = known.iter().position(|k| k == text) else {
            let all: Vec<&str> = known.iter().map(String::as_str).collect();
            let hint = nearest(text, &all).map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
            return Err(section.error(
                "instruments",
                format!("`{text}` is not among [[instruments]]{hint}"),
            ));
        };
        let id = instruments[at].instrument.id.clone();
        if ids.contains(&id) {
            return Err(section.error("instruments", format!("`{text}` is there twice")));
        }
        ids.push(id);
    }
    if ids.is_empty() {
        return Err(section.error("instruments", "must name one instrument at least"));
    }
    Ok(ids)
}

fn parameters(section: &Section<'_>) -> Result<ParamMap, ConfigError> {
    let Some(table) = section.section("parameters")? else {
        return Ok(ParamMap::new());
    };
    let one = |(key, value): (&String, &Value)| {
        let value = param(value)
            .ok_or_else(|| table.error(key, "must be a number, true, false, text or a list of numbers"))?;
        Ok((key.clone(), value))
    };
    table.entries().map(one).collect()
}

/// A TOML value as a parameter; `None` of tables and dates.
pub(crate) fn param(value: &Value) -> Option<ParamValue> {
    let number = |value: &Value| value.as_float().or_else(|| value.as_integer().map(|w| w as f64));
    match value {
        Value::Boolean(flag) => Some(ParamValue::Flag(*flag)),
        Value::Integer(whole) => Some(ParamValue::Whole(*whole)),
        Value::Float(real) if real.is_finite() => Some(ParamValue::Real(*real)),
        Value::String(text) => Some(ParamValue::Text(text.clone())),
        Value::Array(items) => items
            .iter()
            .map(number)
            .collect::<Option<_>>()
            .map(ParamValue::List),
        _ => None,
    }
}

/// A parameter's value for people.
#[must_use]
pub fn shown(value: &ParamValue) -> String {
    match value {
        ParamValue::Flag(flag) => flag.to_string(),
        ParamValue::Whole(whole) => whole.to_string(),
        ParamValue::Real(real) => real.to_string(),
        ParamValue::Text(text) => text.clone(),
        ParamValue::List(list) => format!("{list:?}"),
    }
}
