//! The running configuration: what it is, where it comes from, and the part of it that can be changed without a restart.
//!
//! Whoever starts the program says what there is ([`Configured`]). What was changed is kept in the database, goes before
//! the configuration, and is put into effect again at the next start. Two things can be changed: what is logged, and the
//! rate limits of everybody.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use tradewind_store::Db;
use tradewind_store::settings::{self, Changed};
use tradewind_types::UnixNanos;
use tradewind_wire as wire;
use wire::{ConfigSource, ConfigValue, FieldError};

use crate::extract::{IfMatch, Tag};
use crate::limits::{Limiter, Rate, RateConfig, Rates};
use crate::problem::{ApiError, ApiResult};

/// Key of what is logged.
pub const LOG: &str = "log";
/// What stands before the name of a rate.
pub const RATES: &str = "limits.rates.";

/// What is logged.
pub trait LogFilter: Send + Sync {
    /// The filter that the program was started with.
    fn configured(&self) -> String;

    /// What is wrong with a filter, if anything is.
    ///
    /// # Errors
    /// The sentence to tell.
    fn check(&self, filter: &str) -> Result<(), String>;

    /// Filters by it from now on.
    ///
    /// # Errors
    /// Why that could not be done.
    fn set(&self, filter: &str) -> Result<(), String>;
}

/// All rate limits when everybody's are these: tiers have theirs over them.
pub type RatesOver = Arc<dyn Fn(Rates) -> Result<RateConfig, String> + Send + Sync>;

/// The configuration as the program was started with it.
#[derive(Clone)]
pub struct Configured {
    /// Every key.
    pub values: Vec<ConfigValue>,
    /// What is logged.
    pub log: Arc<dyn LogFilter>,
    /// Everybody's rates.
    pub rates: Rates,
    /// All rate limits over them.
    pub rates_over: RatesOver,
}

/// The running configuration.
pub struct Settings {
    configured: Configured,
    limiter: Arc<Limiter>,
    changed: RwLock<Changed>,
    /// Held while changes are put into effect, so that the last one stays.
    applying: tokio::sync::Mutex<()>,
}

/// What a change came to: what was changed by key, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Before.
    pub before: Changed,
    /// After.
    pub after: Changed,
}

impl Settings {
    /// As configured; what is changed goes into the limiter.
    #[must_use]
    pub fn new(configured: Configured, limiter: Arc<Limiter>) -> Self {
        Self {
            configured,
            limiter,
            changed: RwLock::default(),
            applying: tokio::sync::Mutex::default(),
        }
    }

    /// Once at start: puts into effect what was changed before. What this program no longer understands is left out, and
    /// said in the log.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn load(&self, db: &Db) -> ApiResult<()> {
        let _applying = self.applying.lock().await;
        let stored = settings::all(db).await?;
        for (key, value) in &stored {
            if let Some(refused) = self.refusal(key, Some(value)) {
                tracing::warn!(key, value, why = refused.message, "a changed setting is left out");
            }
        }
        self.hold(self.understood(&stored));
        Ok(())
    }

    /// What this program understands of what is stored, which is what holds, is shown, and has a tag. The rest stays stored:
    /// a newer program may know it.
    fn understood(&self, stored: &Changed) -> Changed {
        let known = stored
            .iter()
            .filter(|(key, value)| self.refusal(key, Some(value)).is_none());
        known.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// All of it, by key.
    #[must_use]
    pub fn show(&self) -> wire::RunningConfig {
        let changed = self.changed.read().unwrap_or_else(PoisonError::into_inner);
        let mut items = self.configured.values.clone();
        for item in &mut items {
            item.configured = self.as_configured(&item.key);
            item.restart = item.configured.is_none();
            if let Some(configured) = &item.configured {
                (item.value, item.set) = (Some(configured.clone()), true);
            }
            if let Some(value) = changed.get(&item.key) {
                (item.value, item.source) = (Some(value.clone()), ConfigSource::Changed);
            }
        }
        items.sort_by(|a, b| a.key.cmp(&b.key));
        wire::RunningConfig { items }
    }

    /// Tag of what was changed.
    ///
    /// # Errors
    /// Never in practice.
    pub fn tag(&self) -> ApiResult<Tag> {
        Tag::of(&*self.changed.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes some of it: in the database first, then in the running program.
    ///
    /// # Errors
    /// What is wrong with a value, by field; `VERSION_CONFLICT`; those of the database.
    pub async fn change(
        &self,
        db: &Db,
        asked: &BTreeMap<String, Option<String>>,
        based_on: &IfMatch,
        now: UnixNanos,
    ) -> ApiResult<Change> {
        let refused = asked
            .iter()
            .filter_map(|(key, value)| self.refusal(key, value.as_deref()));
        let refused: Vec<FieldError> = refused.collect();
        if !refused.is_empty() {
            return Err(ApiError::fields(refused));
        }
        let _applying = self.applying.lock().await;
        let decide = |before: &Changed| {
            based_on.check(Some(&Tag::of(&self.understood(before))?))?;
            let mut after = before.clone();
            for (key, value) in asked {
                match value {
                    Some(value) => after.insert(key.clone(), value.trim().to_owned()),
                    None => after.remove(key),
                };
            }
            Ok::<_, ApiError>(after)
        };
        let (before, after) = settings::change(db, now, decide).await??;
        let (before, after) = (self.understood(&before), self.understood(&after));
        self.hold(after.clone());
        Ok(Change { before, after })
    }

    /// The value of a key without a change; none for one that cannot be changed.
    fn as_configured(&self, key: &str) -> Option<String> {
        if key == LOG {
            return Some(self.configured.log.configured());
        }
        let name = key.strip_prefix(RATES)?;
        self.configured.rates.named(name).map(|rate| rate.text())
    }

    fn hold(&self, changed: Changed) {
        let mut rates = self.configured.rates;
        for (key, value) in &changed {
            let place = key.strip_prefix(RATES).and_then(|name| rates.place(name));
            if let (Some(place), Ok(rate)) = (place, value.parse()) {
                *place = rate;
            }
        }
        match (self.configured.rates_over)(rates) {
            Ok(config) => self.limiter.replace(config),
            Err(why) => tracing::error!(why, "changed rate limits could not be put into effect"),
        }
        let configured = self.configured.log.configured();
        let filter = changed.get(LOG).unwrap_or(&configured);
        if let Err(why) = self.configured.log.set(filter) {
            tracing::error!(why, "what is logged could not be changed");
        }
        *self.changed.write().unwrap_or_else(PoisonError::into_inner) = changed;
    }

    /// Why a change is refused; with no value it is taken back.
    fn refusal(&self, key: &str, value: Option<&str>) -> Option<FieldError> {
        let refuse = |code: &str, message: String| {
            Some(FieldError {
                field: format!("values.{key}"),
                code: code.to_owned(),
                message,
            })
        };
        if self.as_configured(key).is_none() {
            return match self.configured.values.iter().any(|of| of.key == key) {
                true => refuse(
                    "NOT_CHANGEABLE",
                    format!("{key} is changed in the configuration, and takes a restart"),
                ),
                false => refuse(
                    "UNKNOWN_SETTING",
                    "GET /api/v1/config lists the keys that there are".to_owned(),
                ),
            };
        }
        let value = value?.trim();
        let checked = match key.strip_prefix(RATES) {
            Some(name) => check_rate(name, value),
            None => self.configured.log.check(value),
        };
        checked.err().and_then(|why| refuse("MALFORMED", why))
    }
}

/// How many at once a rate has to allow at least: what one page of the web app asks for as it opens, and what it takes to
/// set the rate back.
fn least_at_once(name: &str) -> u64 {
    match name {
        "read" => 30,
        "address" => 60,
        "write" | "admin" => 5,
        "auth" => 2,
        _ => 1,
    }
}

/// A rate of everybody: not below a tenth of the documented one, and not so few at once, or whoever set it could not set it
/// back.
fn check_rate(name: &str, text: &str) -> Result<(), String> {
    let rate: Rate = text
        .parse()
        .map_err(|e: crate::limits::RateError| e.to_string())?;
    let Some(usual) = Rates::default().named(name) else {
        return Err(format!("there is no rate `{name}`"));
    };
    let (asked, least) = (
        u128::from(rate.limit) * u128::from(usual.window_s) * 10,
        u128::from(usual.limit) * u128::from(rate.window_s),
    );
    if asked < least {
        return Err(format!(
            "`{text}` is less than a tenth of the documented {}",
            usual.text()
        ));
    }
    let least = least_at_once(name);
    if rate.limit < least {
        return Err(format!(
            "`{text}` allows {} at once, and this rate takes {least} at least: give more in a longer time, such as {}",
            rate.limit,
            usual.text()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_not_set_so_low_that_nobody_could_set_it_back() {
        for right in ["1000/min", "100/min", "30/s", "60/30s", "6000/h"] {
            assert_eq!(check_rate("read", right), Ok(()), "{right}");
        }
        for wrong in ["99/min", "1/s", "2/s", "29/s", "5999/h", "0/s", "fast"] {
            assert!(check_rate("read", wrong).is_err(), "{wrong}");
        }
        assert!(check_rate("admin", "9/h").is_err() && check_rate("admin", "10/h").is_ok());
        // 600 a minute, but ten at once: the web app would not load.
        assert!(check_rate("address", "10/s").is_err() && check_rate("address", "600/min").is_ok());
        assert!(check_rate("account_orders", "1/min").is_ok());
        for name in Rates::NAMES {
            let usual = Rates::default().named(name).expect("a rate").text();
            assert_eq!(check_rate(name, &usual), Ok(()), "{name}");
        }
        assert!(check_rate("coffee", "9/h").is_err());
    }
}
