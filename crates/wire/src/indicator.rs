//! Indicators: what there is, and their values over bars.
//!
//! Values are JSON numbers, since indicators are floating-point columns; `null` where there is no value: not enough
//! bars yet, or undefined at that bar.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{DataState, Problem, Time};

/// What values a parameter takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IndicatorParameterKind {
    /// A whole number.
    Int,
    /// Any number in the range.
    Float,
    /// One of `choices`.
    Choice,
}

/// A value that a parameter of kind `choice` takes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct IndicatorChoice {
    /// The number in ids.
    pub value: f64,
    /// What it stands for.
    pub name: String,
}

/// A parameter of an indicator. Ids name them in this order; each may be left out from the end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct IndicatorParameter {
    /// Its name, e.g. `period`.
    pub name: String,
    /// What values it takes.
    pub kind: IndicatorParameterKind,
    /// Its value when the id leaves it out.
    pub default: f64,
    /// Least allowed.
    pub min: f64,
    /// Most allowed.
    pub max: f64,
    /// The values there are; of kind `choice` only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<IndicatorChoice>,
    /// The parameter whose value it takes, in place of `default`, when the id leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
}

/// An output of an indicator.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct IndicatorOutput {
    /// Its name, e.g. `upper`.
    pub name: String,
}

/// An indicator of the registry.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Indicator {
    /// Name in ids, e.g. `RSI`.
    #[schema(example = "RSI")]
    pub name: String,
    /// Other names that ids may use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Name for people.
    pub title: String,
    /// What it is about: trend, momentum, volatility, volume, cycle, statistics, price, candlestick_pattern,
    /// chart_pattern, levels.
    #[schema(example = "momentum")]
    pub group: String,
    /// What it reads of a bar: open, high, low, close, volume, value.
    pub inputs: Vec<String>,
    /// Parameters in the order of ids.
    pub parameters: Vec<IndicatorParameter>,
    /// Outputs in the order of values.
    pub outputs: Vec<IndicatorOutput>,
    /// Whether it is drawn over the candles, in units of price.
    pub overlay: bool,
    /// The bar, counted from 1, that can have the first value with default parameters.
    pub warm_up: u32,
    /// The function of TA-Lib that it is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ta_lib: Option<String>,
}

/// All indicators.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Indicators {
    /// By group, then by name.
    pub indicators: Vec<Indicator>,
}

/// Values of one indicator over bars of one instrument, oldest first.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct IndicatorSeries {
    /// Instrument.
    pub instrument: String,
    /// Interval, e.g. `1m`.
    pub interval: String,
    /// Canonical id with its parameters, e.g. `MACD_12_26_9`.
    #[schema(example = "RSI_14")]
    pub indicator: String,
    /// Names of the outputs.
    pub outputs: Vec<String>,
    /// Opening times of the bars.
    pub times: Vec<Time>,
    /// One list per output, each as long as `times`; `null` = no value.
    pub values: Vec<Vec<Option<f64>>>,
    /// Whether the last bar still forms, so that its values still change.
    pub forming: bool,
    /// Opening time of the first bar that the values were computed from. Figures that add up from the beginning (OBV,
    /// AD, PVT …) count from here. Absent without bars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// Whether the newest bar may be believed.
    pub state: DataState,
    /// True when simulated.
    pub simulated: bool,
}

/// Several indicators over bars of one instrument.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IndicatorRequest {
    /// Instrument id.
    #[schema(example = "BTC-USD.COINBASE")]
    pub instrument: String,
    /// Interval; `1m` when absent.
    #[serde(default)]
    #[schema(example = "1m")]
    pub interval: Option<String>,
    /// Ids, 1 to 20: `RSI_14`, `MACD_12_26_9`.
    pub indicators: Vec<String>,
    /// Only bars that open at this time or later.
    #[serde(default)]
    pub from: Option<Time>,
    /// Only bars that open before this time.
    #[serde(default)]
    pub to: Option<Time>,
    /// The newest so many, 1 to 20,000; 500 when absent, or all from `from` on.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 20000)]
    pub limit: Option<u32>,
    /// How many of the newest bars to leave out: 0 = the current one is the last.
    #[serde(default)]
    pub offset: Option<u32>,
}

/// What is wanted of several series at once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IndicatorQuery {
    /// 1 to 20; together at most 2,000,000 values.
    pub requests: Vec<IndicatorRequest>,
}

/// A series that could not be computed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct IndicatorRefused {
    /// Instrument, as asked for.
    pub instrument: String,
    /// Interval, as asked for.
    pub interval: String,
    /// Indicator, as asked for.
    pub indicator: String,
    /// Why.
    pub error: Problem,
}

/// One answer of a query.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum IndicatorResult {
    /// It could not be computed.
    Refused(Box<IndicatorRefused>),
    /// The values.
    Series(Box<IndicatorSeries>),
}

/// The answers, in the order of requests and of their indicators.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct IndicatorResults {
    /// One per request and indicator.
    pub results: Vec<IndicatorResult>,
}
