//! How much of what: rates by class, and tiers of callers that have others.

use std::fmt;
use std::str::FromStr;

use tradewind_wire::Role;

use crate::access::RateClass;

/// So many requests in so many seconds; the whole number may come at once, and comes back evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests, at least 1.
    pub limit: u64,
    /// Seconds, at least 1.
    pub window_s: u64,
}

impl Rate {
    /// A rate.
    #[must_use]
    pub const fn new(limit: u64, window_s: u64) -> Self {
        Self { limit, window_s }
    }
}

impl Rate {
    /// As it is written, and read again: `10/s`, `1000/min`, `5/5min`, `100/h`.
    #[must_use]
    pub fn text(self) -> String {
        let (each, unit) = match self.window_s {
            s if s % 3_600 == 0 => (3_600, "h"),
            s if s % 60 == 0 => (60, "min"),
            _ => (1, "s"),
        };
        match self.window_s / each {
            1 => format!("{}/{unit}", self.limit),
            count => format!("{}/{count}{unit}", self.limit),
        }
    }
}

/// A text that is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no rate; write one as 10/s, 1000/min, 5/5min or 100/h, of 1 to 1,000,000 in at most a day")]
pub struct RateError(String);

const LIMIT_MAX: u64 = 1_000_000;
const WINDOW_MAX_S: u64 = 86_400;

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let wrong = || RateError(text.chars().take(40).collect());
        let (limit, window) = text.split_once('/').ok_or_else(wrong)?;
        let digits = window.len() - window.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (count, unit) = window.split_at(digits);
        let unit_s = match unit {
            "s" => 1,
            "min" => 60,
            "h" => 3_600,
            _ => return Err(wrong()),
        };
        let count: u64 = if count.is_empty() {
            1
        } else {
            count.parse().map_err(|_| wrong())?
        };
        let limit: u64 = limit.parse().map_err(|_| wrong())?;
        let window_s = count.checked_mul(unit_s).ok_or_else(wrong)?;
        if (1..=LIMIT_MAX).contains(&limit) && (1..=WINDOW_MAX_S).contains(&window_s) {
            Ok(Self { limit, window_s })
        } else {
            Err(wrong())
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {} s", self.limit, self.window_s)
    }
}

/// The rates of everything that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Failed attempts to sign in, per address.
    pub auth: Rate,
    /// Password resets asked for, per address.
    pub reset: Rate,
    /// Registrations and set-up, per address.
    pub register: Rate,
    /// Reads, per person or key; per address when nobody is signed in.
    pub read: Rate,
    /// Changes, per person or key.
    pub write: Rate,
    /// Requests that submit or change orders, per person or key.
    pub order: Rate,
    /// Orders submitted, per account, whoever submits them.
    pub account_orders: Rate,
    /// Cancels and stops, per person or key.
    pub cancel: Rate,
    /// Administration, per person or key.
    pub admin: Rate,
    /// Anything, per address.
    pub address: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            auth: Rate::new(5, 300),
            reset: Rate::new(3, 3_600),
            register: Rate::new(5, 3_600),
            read: Rate::new(1_000, 60),
            write: Rate::new(120, 60),
            order: Rate::new(10, 1),
            account_orders: Rate::new(10, 60),
            cancel: Rate::new(20, 1),
            admin: Rate::new(100, 3_600),
            address: Rate::new(6_000, 60),
        }
    }
}

impl Rates {
    /// Names, as the configuration has them.
    pub const NAMES: [&'static str; 10] = [
        "auth",
        "reset",
        "register",
        "read",
        "write",
        "order",
        "account_orders",
        "cancel",
        "admin",
        "address",
    ];

    /// That of a name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Option<Rate> {
        self.place(name).copied()
    }

    /// Where that of a name stands.
    #[must_use]
    pub fn place(&mut self, name: &str) -> Option<&mut Rate> {
        Some(match name {
            "auth" => &mut self.auth,
            "reset" => &mut self.reset,
            "register" => &mut self.register,
            "read" => &mut self.read,
            "write" => &mut self.write,
            "order" => &mut self.order,
            "account_orders" => &mut self.account_orders,
            "cancel" => &mut self.cancel,
            "admin" => &mut self.admin,
            "address" => &mut self.address,
            _ => return None,
        })
    }

    /// That of a class.
    #[must_use]
    pub fn of(&self, class: RateClass) -> Rate {
        match class {
            RateClass::Auth => self.auth,
            RateClass::Reset => self.reset,
            RateClass::Register => self.register,
            RateClass::Read => self.read,
            RateClass::Write => self.write,
            RateClass::Order => self.order,
            RateClass::Cancel => self.cancel,
            RateClass::Admin => self.admin,
        }
    }
}

/// Callers who have rates of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// What it is called.
    pub name: String,
    /// People of these roles, and their keys.
    pub roles: Vec<Role>,
    /// These people, by the name they sign in with, and their keys.
    pub users: Vec<String>,
    /// What they have.
    pub rates: Rates,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_they_are_written() {
        for (text, rate) in [
            ("10/s", Rate::new(10, 1)),
            ("1000/min", Rate::new(1_000, 60)),
            ("5/5min", Rate::new(5, 300)),
            ("100/h", Rate::new(100, 3_600)),
            ("1/24h", Rate::new(1, 86_400)),
        ] {
            assert_eq!(text.parse(), Ok(rate), "{text}");
        }
        for text in [
            "",
            "10",
            "/s",
            "10/",
            "0/s",
            "10/0s",
            "10/d",
            "-1/s",
            "1/25h",
            "1000001/s",
            "1/99999999999999999999h",
        ] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
