//! Strategies that users deploy on an account: what they are made of, and the records of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::market::BarInterval;
use crate::{AccountId, InstrumentId, StrategyId, UnixNanos};

/// Where a strategy's rule comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StrategySource {
    /// One of the registry.
    BuiltIn {
        /// Its name there, e.g. `ema_cross`.
        name: String,
    },
    /// A script.
    Script {
        /// Its whole text.
        text: Arc<str>,
        /// SHA-256 of the text, lower-case hex.
        sha256: String,
    },
}

/// Everything that a strategy's instance is made of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StrategySpec {
    /// The rule.
    pub source: StrategySource,
    /// Parameters by name, as text: `20`, `0.5`, `true`, `[0.6, 0.4]`, or a word. What is not named has its default.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Its instruments, in the order of its slots.
    pub instruments: Vec<InstrumentId>,
    /// Its bars; a script may name others.
    pub interval: BarInterval,
}

impl StrategySpec {
    /// The script's digest, where it is a script.
    #[must_use]
    pub fn sha256(&self) -> Option<&str> {
        match &self.source {
            StrategySource::BuiltIn { .. } => None,
            StrategySource::Script { sha256, .. } => Some(sha256),
        }
    }
}

/// A strategy was deployed, or replaced by a new version of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StrategyDeployed {
    /// The account.
    pub account: AccountId,
    /// Name of the instance.
    pub strategy: StrategyId,
    /// What it is made of.
    pub spec: StrategySpec,
    /// 1, and one more whenever the same name is deployed again.
    pub version: u32,
    /// Who.
    pub actor: String,
    /// When.
    pub ts: UnixNanos,
}

/// A deployed strategy was taken away.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StrategyRemoved {
    /// The account.
    pub account: AccountId,
    /// Name of the instance.
    pub strategy: StrategyId,
    /// Who.
    pub actor: String,
    /// When.
    pub ts: UnixNanos,
}
