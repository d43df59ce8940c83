//! `[limits]`: rate limits for everybody and for tiers of callers, and how many connections there may be.

use serde::{Deserialize, Serialize};
use tradewind_server::identity::parse_role;
use tradewind_server::limits::{ConnectionLimits, Rate, RateConfig, Rates, Tier};

/// The section.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitsConfig {
    rates: RateTexts,
    tiers: Vec<TierConfig>,
    connections: Option<usize>,
    connections_per_address: Option<usize>,
}

/// Rates as they are written: `10/s`, `1000/min`, `5/5min`, `100/h`. What is left out is as documented.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct RateTexts {
    auth: Option<String>,
    reset: Option<String>,
    register: Option<String>,
    read: Option<String>,
    write: Option<String>,
    order: Option<String>,
    account_orders: Option<String>,
    cancel: Option<String>,
    admin: Option<String>,
    address: Option<String>,
}

/// Callers with rates of their own.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct TierConfig {
    name: String,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    users: Vec<String>,
    rates: RateTexts,
}

impl RateTexts {
    /// These rates over others.
    fn over(&self, mut rates: Rates) -> Result<Rates, String> {
        let places: [(&str, &Option<String>, &mut Rate); 10] = [
            ("auth", &self.auth, &mut rates.auth),
            ("reset", &self.reset, &mut rates.reset),
            ("register", &self.register, &mut rates.register),
            ("read", &self.read, &mut rates.read),
            ("write", &self.write, &mut rates.write),
            ("order", &self.order, &mut rates.order),
            ("account_orders", &self.account_orders, &mut rates.account_orders),
            ("cancel", &self.cancel, &mut rates.cancel),
            ("admin", &self.admin, &mut rates.admin),
            ("address", &self.address, &mut rates.address),
        ];
        for (name, text, place) in places {
            if let Some(text) = text {
                *place = text.parse().map_err(|e| format!("limits, rate `{name}`: {e}"))?;
            }
        }
        Ok(rates)
    }
}

impl LimitsConfig {
    /// The rate limits that it says, all times a number.
    pub(crate) fn rates(&self, multiplier: u32) -> Result<RateConfig, String> {
        self.rates_over(self.everybodys()?, multiplier)
    }

    /// The rates of everybody.
    pub(crate) fn everybodys(&self) -> Result<Rates, String> {
        self.rates.over(Rates::default())
    }

    /// The rate limits when everybody's are these: tiers have theirs over them.
    pub(crate) fn rates_over(&self, rates: Rates, multiplier: u32) -> Result<RateConfig, String> {
        let tiers = self.tiers.iter().map(|tier| tier.over(rates));
        Ok(RateConfig {
            multiplier,
            rates,
            tiers: tiers.collect::<Result<_, _>>()?,
        })
    }

    /// How many connections there may be.
    pub(crate) fn connections(&self) -> ConnectionLimits {
        let usual = ConnectionLimits::default();
        ConnectionLimits {
            all: self.connections.unwrap_or(usual.all),
            per_address: self.connections_per_address.unwrap_or(usual.per_address),
            proxies: usual.proxies,
        }
    }

    /// Refuses what cannot be served.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.rates(1)?;
        if self.connections == Some(0) || self.connections_per_address == Some(0) {
            return Err("limits: with no connections nobody could ask anything".to_owned());
        }
        Ok(())
    }
}

impl TierConfig {
    fn over(&self, rates: Rates) -> Result<Tier, String> {
        let role = |text: &String| {
            parse_role(text).ok_or_else(|| {
                format!(
                    "tier `{}`: there is no role `{text}`; roles are written as SERVICE",
                    self.name
                )
            })
        };
        if self.roles.is_empty() && self.users.is_empty() {
            return Err(format!("tier `{}` is nobody's: name roles or users", self.name));
        }
        Ok(Tier {
            name: self.name.clone(),
            roles: self.roles.iter().map(role).collect::<Result<_, _>>()?,
            users: self.users.clone(),
            rates: self.rates.over(rates)?,
        })
    }
}
