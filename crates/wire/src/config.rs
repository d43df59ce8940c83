//! The configuration that the program runs with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConfigSource {
    /// Nobody said anything else.
    Default,
    /// The configuration file.
    File,
    /// The environment.
    Environment,
    /// The command line, or what a command such as `demo` sets itself.
    Argument,
    /// It was changed while the program ran.
    Changed,
}

/// A key of the configuration.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ConfigValue {
    /// Its name, with the sections before it.
    #[schema(example = "limits.rates.read")]
    pub key: String,
    /// Its value as it is written; null for a secret, and where nothing is set.
    pub value: Option<String>,
    /// Whether it is set.
    pub set: bool,
    /// Whether it is a secret, whose value is never shown.
    pub secret: bool,
    /// Where it comes from.
    pub source: ConfigSource,
    /// Whether a change takes a restart. Those that take none can be changed here.
    pub restart: bool,
    /// What it would be without having been changed here; null for what cannot be.
    pub configured: Option<String>,
    /// What it is for.
    pub about: String,
}

/// The configuration, by key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RunningConfig {
    /// Every key.
    pub items: Vec<ConfigValue>,
}

/// Changes what takes no restart. It holds from now on, also after one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigChange {
    /// New values by key; null takes back what was changed here.
    #[schema(example = json!({"log": "debug", "limits.rates.read": null}))]
    pub values: BTreeMap<String, Option<String>>,
}
