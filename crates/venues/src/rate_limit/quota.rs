//! What a venue limits: classes of endpoints, quotas, and the calls that count against them.

use std::time::Duration;

/// How urgent a call is. Orders by urgency: cancels first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Priority {
    /// Cancels and kill-switch traffic: takes risk off, never refused by a breaker, first in line here.
    Cancel,
    /// Everything else.
    #[default]
    Normal,
}

/// What a venue counts separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndpointClass {
    /// Attempts to open a WebSocket, over all connections of the venue.
    Connect,
    /// Messages that we send on WebSockets: subscriptions and the like.
    Subscribe,
    /// Public REST: instruments, candles, snapshots.
    MarketData,
    /// Private REST that reads.
    Account,
    /// Order entry, change and cancel.
    Orders,
    /// A class that only one venue has.
    Other(&'static str),
}

impl EndpointClass {
    /// The class in metrics and errors.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Subscribe => "subscribe",
            Self::MarketData => "market_data",
            Self::Account => "account",
            Self::Orders => "orders",
            Self::Other(name) => name,
        }
    }
}

/// Whom a quota is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// All of the program's traffic to the venue (by address).
    #[default]
    Venue,
    /// Each account on its own (by key).
    Account,
}

/// `burst` tokens, refilled evenly over `per`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Bucket size in tokens (> 0).
    pub burst: u32,
    /// The time in which an empty bucket fills (> 0).
    pub per: Duration,
    /// Tokens that only cancels may take.
    pub reserved_for_cancels: u32,
    /// Whom it is counted for.
    pub scope: Scope,
}

impl Quota {
    /// `burst` tokens per `per`, venue-wide, nothing reserved.
    #[must_use]
    pub const fn new(burst: u32, per: Duration) -> Self {
        Self {
            burst,
            per,
            reserved_for_cancels: 0,
            scope: Scope::Venue,
        }
    }

    /// Counts each account on its own.
    #[must_use]
    pub const fn per_account(mut self) -> Self {
        self.scope = Scope::Account;
        self
    }

    /// Reserves tokens for cancels.
    #[must_use]
    pub const fn reserving_for_cancels(mut self, tokens: u32) -> Self {
        self.reserved_for_cancels = tokens;
        self
    }

    pub(super) fn token_units(&self) -> u128 {
        self.per.as_nanos().max(1)
    }

    pub(super) fn capacity_units(&self) -> u128 {
        u128::from(self.burst) * self.token_units()
    }
}

/// One call that wants to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'a> {
    /// The endpoint's class.
    pub class: EndpointClass,
    /// The account, for quotas that are counted per account.
    pub account: Option<&'a str>,
    /// Tokens that the call costs.
    pub weight: u32,
    /// How urgent it is.
    pub priority: Priority,
}

impl Call<'_> {
    /// A call of weight 1, normal priority, no account.
    #[must_use]
    pub const fn of(class: EndpointClass) -> Self {
        Self {
            class,
            account: None,
            weight: 1,
            priority: Priority::Normal,
        }
    }
}
