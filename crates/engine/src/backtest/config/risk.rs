//! `[risk]`: the gate's limits, by the names that the account settings have.
//!
//! `profile = "account"` (the default) begins with the limits of a new paper account, so that a backtest is denied
//! what paper and live would be denied; `profile = "wide"` begins with limits that bind nothing but cash and short
//! sales, and places no stop-loss and take-profit by itself. Single keys replace single limits.

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};
use toml::Value;
use tradewind_types::risk::{ProtectionRules, RiskSettings};

use super::{ConfigError, Section, nearest};

/// Settings that are tables or lists, which a plain account does not write out.
const NESTED: [&str; 7] = [
    "whitelist",
    "sizing",
    "margin",
    "protection",
    "intraday",
    "place",
    "overrides",
];

#[derive(Clone, Copy)]
enum Profile {
    Account,
    Wide,
}

/// Limits that bind nothing but cash and short sales; market orders fill at most 10 % beyond their price.
fn wide() -> RiskSettings {
    RiskSettings {
        confidence_min: Decimal::new(1, 6),
        duplicate_window_s: 0,
        open_positions_max: u32::MAX,
        positions_per_instrument_strategy_max: u32::MAX,
        positions_per_instrument_account_max: u32::MAX,
        exposure_max: Decimal::TEN,
        order_size_max: Decimal::TEN,
        price_band: Decimal::new(1, 1),
        orders_per_minute: u32::MAX,
        orders_per_hour: u32::MAX,
        orders_per_day: u32::MAX,
        strategy_entries_per_hour: u32::MAX,
        strategy_entries_per_day: u32::MAX,
        daily_loss_max: Decimal::ONE,
        drawdown_max: Decimal::ONE,
        protection: ProtectionRules {
            enabled: false,
            ..ProtectionRules::default()
        },
        ..RiskSettings::default()
    }
}

pub(super) fn read(root: &Section<'_>) -> Result<RiskSettings, ConfigError> {
    let Some(section) = root.section("risk")? else {
        return Ok(RiskSettings::default());
    };
    let profiles = [("account", Profile::Account), ("wide", Profile::Wide)];
    let base = match section.choice("profile", &profiles)?.unwrap_or(Profile::Account) {
        Profile::Account => RiskSettings::default(),
        Profile::Wide => wide(),
    };
    let Ok(Json::Object(mut settings)) = serde_json::to_value(&base) else {
        return Err(section.error("", "the default settings cannot be written"));
    };
    for (key, value) in section.entries().filter(|(key, _)| *key != "profile") {
        check_key(&section, &settings, key)?;
        let with = |value: Json| {
            let mut changed = settings.clone();
            changed.insert(key.clone(), value);
            serde_json::from_value::<RiskSettings>(Json::Object(changed.clone())).map(|_| changed)
        };
        // A whole number may stand for a decimal.
        let read = with(json(value)).or_else(|error| match value {
            Value::Integer(whole) => with(Json::String(whole.to_string())).map_err(|_| error),
            _ => Err(error),
        });
        let changed = read.map_err(|error| section.error(key, error.to_string()))?;
        settings = changed;
    }
    serde_json::from_value(Json::Object(settings)).map_err(|e| section.error("", e.to_string()))
}

fn check_key(section: &Section<'_>, settings: &Map<String, Json>, key: &str) -> Result<(), ConfigError> {
    if key == "live_trading" {
        return Err(section.error(key, "a backtest never trades live"));
    }
    if settings.contains_key(key) || NESTED.contains(&key) {
        return Ok(());
    }
    let mut known: Vec<&str> = settings.keys().map(String::as_str).chain(NESTED).collect();
    known.push("profile");
    let hint = match nearest(key, &known) {
        Some(near) => format!("there is no such limit; did you mean `{near}`?"),
        None => format!("there is no such limit; there are {}", known.join(", ")),
    };
    Err(section.error(key, hint))
}

/// TOML as JSON: floats become decimal text, as decimals are written.
fn json(value: &Value) -> Json {
    match value {
        Value::Float(float) => Json::String(float.to_string()),
        Value::Integer(whole) => Json::from(*whole),
        Value::Boolean(flag) => Json::Bool(*flag),
        Value::String(text) => Json::String(text.clone()),
        Value::Datetime(stamp) => Json::String(stamp.to_string()),
        Value::Array(items) => Json::Array(items.iter().map(json).collect()),
        Value::Table(table) => Json::Object(table.iter().map(|(k, v)| (k.clone(), json(v))).collect()),
    }
}
