//! Strategies that users deploy: what there is, what runs, and scripts to check.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Time;

/// Puts a strategy on an account, or replaces the one of that name by a new version. Either `name` or `script`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeployment {
    /// Name of the instance on this account, e.g. `my-cross`.
    pub strategy: String,
    /// A strategy of the registry.
    #[serde(default)]
    pub name: Option<String>,
    /// The text of a script.
    #[serde(default)]
    pub script: Option<String>,
    /// Parameters: numbers, texts, true or false, lists of numbers. What is left out has its default.
    #[serde(default)]
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// Its instruments, in the order of its slots.
    pub instruments: Vec<String>,
    /// Its bars, e.g. `1m`; a script may name others.
    pub interval: String,
}

/// Where a deployed strategy's rule comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StrategySource {
    /// The registry.
    BuiltIn,
    /// A script.
    Script,
}

/// What a deployed strategy is made of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Deployment {
    /// Where its rule comes from.
    pub source: StrategySource,
    /// Its name in the registry.
    pub name: Option<String>,
    /// SHA-256 of the script's text.
    pub sha256: Option<String>,
    /// The script's text; only when one strategy is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    /// 1, and one more whenever the name was deployed again.
    pub version: u32,
    /// Parameters that were given, as text.
    pub parameters: BTreeMap<String, String>,
    /// Its instruments, in the order of its slots.
    pub instruments: Vec<String>,
    /// Who deployed this version.
    pub actor: String,
    /// When.
    pub ts: Time,
}

/// A script to check.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptText {
    /// The text.
    pub script: String,
}

/// A script that can be deployed, and what it declares with default parameters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ScriptChecked {
    /// SHA-256 of the text.
    pub sha256: String,
    /// On how many instruments it works.
    pub slots: u32,
    /// Bars before its first call.
    pub warm_up_bars: u32,
    /// How many bars it reaches back.
    pub window_bars: u32,
    /// Its indicators.
    pub indicators: Vec<String>,
    /// Whether it is called at quotes.
    pub quotes: bool,
}

/// Type of a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ParameterKind {
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// A list of numbers.
    List,
}

/// A parameter of a strategy of the registry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct StrategyParameter {
    /// Its name.
    pub name: String,
    /// What it means, with its unit.
    pub description: String,
    /// Its type.
    pub kind: ParameterKind,
    /// What is taken when it is not given, as text.
    pub default: String,
    /// Least allowed, of numbers.
    pub min: Option<String>,
    /// Most allowed, of numbers.
    pub max: Option<String>,
}

/// A strategy of the registry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct StrategyKind {
    /// Its name.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// Its rule.
    pub description: String,
    /// On how many instruments it works; null = one or more.
    pub slots: Option<u32>,
    /// Its parameters.
    pub parameters: Vec<StrategyParameter>,
}
