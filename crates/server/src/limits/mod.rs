//! Rate limits by class and tier, per person, key, account and address. The addresses of an IPv6 network (/64) count as
//! one. The figures are defaults; the operator sets others, for everybody or for a tier of callers.
//!
//! | class | limit | whose |
//! | --- | --- | --- |
//! | sign in | 5 failures / 5 min | address |
//! | password reset | 3 / h | address, and name |
//! | registration, set-up | 5 / h | address |
//! | reads | 1,000 / min | person or key; the address when nobody is signed in |
//! | changes | 120 / min | person or key |
//! | requests about orders | 10 / s | person or key |
//! | orders submitted | 10 / min | account, whoever submits them |
//! | cancels, stops | 20 / s | person or key |
//! | administration | 100 / h | person or key |
//! | requests, and orders, by a key that has limits of its own | what it was made with | key |
//! | anything | 6,000 / min | address |
//!
//! What is counted per account stands in front of the risk gate, which counts by itself: a flood costs neither the
//! engine's queue nor the journal anything.

mod connections;
mod rates;
mod table;

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use tradewind_types::Clock;

use crate::access::RateClass;
use crate::identity::Caller;
use crate::problem::{ApiError, Code};
use table::{BUCKETS_PER_SHARD_MAX, Bucket, Level, Table};

pub use connections::{Connected, ConnectionLimits, Connections};
pub use rates::{Rate, RateError, Rates, Tier};

/// Rate limits as they are configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateConfig {
    /// Multiplies every limit, so that a load test can raise them all at once; 1 = as documented.
    pub multiplier: u32,
    /// The rates of everybody who is in no tier.
    pub rates: Rates,
    /// Callers with rates of their own; the first that fits holds.
    pub tiers: Vec<Tier>,
}

impl Default for RateConfig {
    fn default() -> Self {
        Self {
            multiplier: 1,
            rates: Rates::default(),
            tiers: Vec::new(),
        }
    }
}

fn name(class: RateClass) -> &'static str {
    match class {
        RateClass::Auth => "auth",
        RateClass::Reset => "reset",
        RateClass::Register => "register",
        RateClass::Read => "read",
        RateClass::Write => "write",
        RateClass::Order => "order",
        RateClass::Cancel => "cancel",
        RateClass::Admin => "admin",
    }
}

/// What a limit said.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Whether the request may go on.
    pub allowed: bool,
    name: &'static str,
    rate: Rate,
    level: Level,
    bucket: Bucket,
    cost: u64,
}

impl Verdict {
    /// The answer to a request over the limit. What is more than ever passes is not to be tried again.
    #[must_use]
    pub fn refusal(&self) -> ApiError {
        let most = self.rate.limit;
        if self.cost > most {
            let text = format!(
                "a batch of {} is more than the limit of {most} {} in {} s ever lets through; send at most {most} at once",
                self.cost, self.name, self.rate.window_s
            );
            return ApiError::field("orders", "OUT_OF_RANGE", text);
        }
        let text = format!(
            "the limit of {} {} requests in {} s is used up",
            self.rate.limit, self.name, self.rate.window_s
        );
        ApiError::new(Code::RateLimited, text).retry_after(self.level.retry_after_s)
    }

    /// Tells the caller where they stand, in the headers of the IETF draft and in the common ones, which know one limit
    /// only: the one of which least is left.
    pub fn write(all: &[Self], headers: &mut HeaderMap) {
        let share = |v: &&Self| v.level.remaining.saturating_mul(1_000) / v.rate.limit.max(1);
        let Some(tightest) = all.iter().min_by_key(share) else {
            return;
        };
        let list = |text: fn(&Self) -> String| all.iter().map(text).collect::<Vec<_>>().join(", ");
        let texts = [
            (
                "ratelimit",
                list(|v| format!("\"{}\";r={};t={}", v.name, v.level.remaining, v.level.reset_s)),
            ),
            (
                "ratelimit-policy",
                list(|v| format!("\"{}\";q={};w={}", v.name, v.rate.limit, v.rate.window_s)),
            ),
            ("x-ratelimit-limit", tightest.rate.limit.to_string()),
            ("x-ratelimit-remaining", tightest.level.remaining.to_string()),
            ("x-ratelimit-reset", tightest.level.reset_s.to_string()),
        ];
        for (name, text) in texts {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

/// What a handler spent beside the guard, for the headers of the answer.
#[derive(Debug, Clone, Default)]
pub struct Spent(Arc<Mutex<Vec<Verdict>>>);

impl Spent {
    /// Notes what limits said.
    pub fn note(&self, verdicts: Vec<Verdict>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(verdicts);
    }

    /// What was noted.
    #[must_use]
    pub fn take(&self) -> Vec<Verdict> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Spent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// All buckets. Those of addresses are kept apart from those of people, keys and accounts, so that a flood from many
/// addresses takes nobody's place who is signed in.
pub struct Limiter {
    clock: Arc<dyn Clock>,
    config: RwLock<Arc<RateConfig>>,
    strangers: Table,
    callers: Table,
}

impl Limiter {
    /// Empty buckets.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, config: RateConfig) -> Self {
        Self::with_room(clock, config, BUCKETS_PER_SHARD_MAX)
    }

    fn with_room(clock: Arc<dyn Clock>, config: RateConfig, buckets: usize) -> Self {
        Self {
            clock,
            config: RwLock::new(Arc::new(config)),
            strangers: Table::new(buckets),
            callers: Table::new(buckets),
        }
    }

    /// Other limits from now on. What was spent stays spent.
    pub fn replace(&self, config: RateConfig) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }

    fn config(&self) -> Arc<RateConfig> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The rates of a caller.
    #[must_use]
    pub fn rates(&self, caller: Option<&Caller>) -> Rates {
        let config = self.config();
        let of = |caller: &Caller| {
            let fits =
                |tier: &&Tier| tier.roles.contains(&caller.role) || tier.users.contains(&caller.username);
            config.tiers.iter().find(fits).map(|tier| tier.rates)
        };
        caller.and_then(of).unwrap_or(config.rates)
    }

    /// Spends one request of a class: of the caller, or of the address where nobody is known and for what is asked before
    /// one is.
    #[must_use]
    pub fn spend(&self, class: RateClass, caller: Option<&Caller>, network: &str) -> Verdict {
        let rate = self.rates(caller).of(class);
        let by_address = matches!(class, RateClass::Auth | RateClass::Reset | RateClass::Register);
        match caller {
            Some(caller) if !by_address => {
                self.spend_on(&self.callers, name(class), caller.limit_key(), rate, 1)
            }
            _ => self.spend_on(&self.strangers, name(class), network, rate, 1),
        }
    }

    /// Spends one request of an address.
    #[must_use]
    pub fn spend_address(&self, network: &str) -> Verdict {
        self.spend_on(
            &self.strangers,
            "address",
            network,
            self.config().rates.address,
            1,
        )
    }

    /// Spends one request of a key that has a limit of its own. Stopping is never short of it.
    #[must_use]
    pub fn spend_key(&self, class: RateClass, caller: Option<&Caller>) -> Option<Verdict> {
        let caller = caller.filter(|_| class != RateClass::Cancel)?;
        let rate = Rate::new(u64::from(caller.terms()?.requests_per_minute?), 60);
        Some(self.spend_on(&self.callers, "key", caller.limit_key(), rate, 1))
    }

    /// Spends orders of the key, where it has a limit of its own, and of the account: of both, or of none.
    #[must_use]
    pub fn spend_orders(&self, caller: &Caller, account: &str, orders: u64) -> Vec<Verdict> {
        let mut verdicts = Vec::with_capacity(2);
        let own = caller.terms().and_then(|terms| terms.orders_per_minute);
        if let Some(limit) = own {
            let rate = Rate::new(u64::from(limit), 60);
            let by_key = self.spend_on(&self.callers, "key-orders", caller.limit_key(), rate, orders);
            let allowed = by_key.allowed;
            verdicts.push(by_key);
            if !allowed {
                return verdicts;
            }
        }
        let rate = self.rates(Some(caller)).account_orders;
        let by_account = self.spend_on(&self.callers, "account-orders", account, rate, orders);
        if !by_account.allowed {
            for by_key in &verdicts {
                self.callers.refund(&by_key.bucket, by_key.rate, by_key.cost);
            }
        }
        verdicts.push(by_account);
        verdicts
    }

    fn spend_on(&self, table: &Table, name: &'static str, whose: &str, rate: Rate, cost: u64) -> Verdict {
        let rate = Rate {
            limit: rate
                .limit
                .saturating_mul(u64::from(self.config().multiplier.max(1))),
            ..rate
        };
        let (level, bucket) = table.spend(name, whose, rate, cost, self.clock.now().0);
        Verdict {
            allowed: level.allowed,
            name,
            rate,
            level,
            bucket,
            cost,
        }
    }

    /// Gives a spent request of an address back.
    pub fn refund(&self, verdict: &Verdict) {
        self.strangers.refund(&verdict.bucket, verdict.rate, verdict.cost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::sync::atomic::{AtomicU64, Ordering};
    use tradewind_types::UnixNanos;
    use tradewind_types::time::SECOND_NS;
    use tradewind_wire::Role;

    use crate::identity::{KeyTerms, Via};

    struct Manual(AtomicU64);

    impl Clock for Manual {
        fn now(&self) -> UnixNanos {
            UnixNanos(self.0.load(Ordering::SeqCst))
        }
    }

    fn limiter(config: RateConfig, buckets: usize) -> (Arc<Manual>, Limiter) {
        let clock = Arc::new(Manual(AtomicU64::new(1_000 * SECOND_NS)));
        let limiter = Limiter::with_room(Arc::clone(&clock) as Arc<dyn Clock>, config, buckets);
        (clock, limiter)
    }

    fn passes(limiter: &Limiter, caller: &Caller, account: &str, orders: u64) -> bool {
        limiter
            .spend_orders(caller, account, orders)
            .iter()
            .all(|v| v.allowed)
    }

    fn caller(name: &str, role: Role) -> Caller {
        Caller {
            runs_the_installation: true,
            must_enrol: false,
            user: format!("u-{name}").parse().expect("id"),
            org: "desk".parse().expect("id"),
            username: name.to_owned(),
            display_name: name.to_owned(),
            role,
            via: Via::Session {
                id: "s".to_owned(),
                csrf: "c".to_owned(),
                expires_at: UnixNanos(u64::MAX),
            },
            memberships: HashMap::new(),
        }
    }

    #[test]
    fn ten_orders_pass_at_once_and_one_more_after_a_tenth_of_a_second() {
        let (clock, limiter) = limiter(RateConfig::default(), BUCKETS_PER_SHARD_MAX);
        let (asha, bela) = (caller("asha", Role::Trader), caller("bela", Role::Trader));
        let spend = || limiter.spend(RateClass::Order, Some(&asha), "");
        let remaining: Vec<u64> = (0..10).map(|_| spend()).map(|v| v.level.remaining).collect();
        assert_eq!(remaining, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
        let refused = spend();
        assert!(!refused.allowed);
        assert_eq!((refused.level.remaining, refused.level.retry_after_s), (0, 1));
        assert!(
            limiter.spend(RateClass::Order, Some(&bela), "").allowed,
            "one caller's bucket was another's"
        );
        assert!(
            limiter.spend(RateClass::Cancel, Some(&asha), "").allowed,
            "orders starved cancels"
        );
        clock.0.fetch_add(SECOND_NS / 10, Ordering::SeqCst);
        assert!(spend().allowed);
        assert!(!spend().allowed);
    }

    #[test]
    fn the_orders_of_an_account_are_counted_together_and_a_batch_passes_whole_or_not() {
        let (clock, limiter) = limiter(RateConfig::default(), BUCKETS_PER_SHARD_MAX);
        let (asha, bela) = (caller("asha", Role::Trader), caller("bela", Role::Trader));
        assert!(passes(&limiter, &asha, "a1", 6));
        assert!(!passes(&limiter, &bela, "a1", 5), "eleven in all");
        assert!(passes(&limiter, &bela, "a1", 4));
        let refused = limiter.spend_orders(&asha, "a1", 1).remove(0);
        assert_eq!((refused.allowed, refused.level.retry_after_s), (false, 6));
        assert!(passes(&limiter, &asha, "a2", 10));
        assert!(!passes(&limiter, &asha, "a3", 11), "more than ever fits");
        clock.0.fetch_add(6 * SECOND_NS, Ordering::SeqCst);
        assert!(passes(&limiter, &asha, "a1", 1));
    }

    #[test]
    fn a_key_of_its_own_limits_spends_them_and_leaves_the_account_and_its_owner_what_they_have() {
        let (clock, limiter) = limiter(RateConfig::default(), BUCKETS_PER_SHARD_MAX);
        let asha = caller("asha", Role::Trader);
        let mut key = asha.clone();
        key.via = Via::Key {
            id: "k1".to_owned(),
            scopes: Vec::new(),
            accounts: None,
            expires_at: None,
            terms: KeyTerms {
                networks: None,
                requests_per_minute: Some(3),
                orders_per_minute: Some(2),
            },
        };
        let read = || {
            limiter
                .spend_key(RateClass::Read, Some(&key))
                .expect("its own")
                .allowed
        };
        assert!(read() && read() && read() && !read());
        assert!(
            limiter.spend_key(RateClass::Cancel, Some(&key)).is_none(),
            "stopping was counted"
        );
        assert!(limiter.spend_key(RateClass::Read, Some(&asha)).is_none());
        clock.0.fetch_add(20 * SECOND_NS, Ordering::SeqCst);
        assert!(read() && !read(), "a third of a minute gives one back");
        assert!(passes(&limiter, &key, "a1", 2));
        assert!(!passes(&limiter, &key, "a1", 1), "two in a minute");
        assert!(!passes(&limiter, &key, "a2", 1), "over all accounts");
        assert!(
            passes(&limiter, &asha, "a1", 8),
            "the account lost what the key may not"
        );
        assert!(!passes(&limiter, &asha, "a1", 1));
        // And the key keeps what the account has not.
        clock.0.fetch_add(60 * SECOND_NS, Ordering::SeqCst);
        assert!(passes(&limiter, &asha, "a1", 9));
        assert!(!passes(&limiter, &key, "a1", 2));
        assert!(passes(&limiter, &key, "a2", 2));
    }

    #[test]
    fn a_tier_has_rates_of_its_own_by_role_or_by_name() {
        let rates = Rates {
            order: Rate::new(50, 1),
            ..Rates::default()
        };
        let tier = Tier {
            name: "machines".to_owned(),
            roles: vec![Role::Service],
            users: vec!["asha".to_owned()],
            rates,
        };
        let config = RateConfig {
            tiers: vec![tier],
            ..RateConfig::default()
        };
        let (_, limiter) = limiter(config, BUCKETS_PER_SHARD_MAX);
        let passed = |who: &Caller| {
            let spend = |_: &u32| limiter.spend(RateClass::Order, Some(who), "").allowed;
            (0..100).take_while(spend).count()
        };
        assert_eq!(passed(&caller("robot", Role::Service)), 50);
        assert_eq!(passed(&caller("asha", Role::Trader)), 50);
        assert_eq!(passed(&caller("bela", Role::Trader)), 10);
    }

    #[test]
    fn more_than_ever_passes_is_told_from_what_passes_later_and_spends_nothing() {
        let (_, limiter) = limiter(RateConfig::default(), BUCKETS_PER_SHARD_MAX);
        let asha = caller("asha", Role::Trader);
        let refusal = |orders: u64| {
            let verdicts = limiter.spend_orders(&asha, "a1", orders);
            verdicts.last().expect("a verdict").refusal()
        };
        let never = refusal(11);
        assert_eq!(
            (never.code, never.errors[0].field.as_str()),
            (Code::Validation, "orders")
        );
        assert!(
            never.errors[0].message.contains("at most 10"),
            "{}",
            never.errors[0].message
        );
        assert!(never.headers.is_empty(), "told when to come back");
        assert!(passes(&limiter, &asha, "a1", 10));
        assert_eq!(refusal(10).code, Code::RateLimited);
    }

    #[test]
    fn after_a_change_to_a_shorter_window_nobody_waits_for_the_old_one() {
        let of = |reset: Rate| RateConfig {
            rates: Rates {
                reset,
                ..Rates::default()
            },
            ..RateConfig::default()
        };
        let (clock, limiter) = limiter(of(Rate::new(1, 86_400)), BUCKETS_PER_SHARD_MAX);
        let spend = || limiter.spend(RateClass::Reset, None, "192.0.2.4");
        assert!(spend().allowed);
        assert_eq!(spend().level.retry_after_s, 86_400);
        limiter.replace(of(Rate::new(2, 60)));
        assert_eq!(spend().level.retry_after_s, 30, "what was spent stays spent");
        clock.0.fetch_add(30 * SECOND_NS, Ordering::SeqCst);
        assert!(spend().allowed, "locked out for the old window");
    }

    #[test]
    fn a_refund_of_a_newcomer_reaches_the_shard_that_it_was_spent_in() {
        // Without any room all are newcomers, in sixteen shards.
        let (_, limiter) = limiter(RateConfig::default(), 0);
        for n in 0..400 {
            let verdict = limiter.spend(RateClass::Auth, None, &n.to_string());
            assert!(verdict.allowed, "the {n}th was refused");
            limiter.refund(&verdict);
        }
    }

    #[test]
    fn a_refund_makes_room_again() {
        let (_, limiter) = limiter(RateConfig::default(), BUCKETS_PER_SHARD_MAX);
        for _ in 0..20 {
            let verdict = limiter.spend(RateClass::Auth, None, "192.0.2.4");
            assert!(verdict.allowed);
            limiter.refund(&verdict);
        }
    }

    #[test]
    fn when_there_is_no_room_newcomers_share_what_one_has_and_those_who_are_there_keep_theirs() {
        const ROOM: usize = 64;
        let (clock, limiter) = limiter(RateConfig::default(), ROOM);
        let spend = |whose: &str| limiter.spend(RateClass::Auth, None, whose).allowed;
        assert!(spend("early"));
        let passed = (0..50_000_u32).filter(|n| spend(&n.to_string())).count();
        // Each shard keeps its places and one bucket for newcomers beside them, of five.
        let most = 16 * (ROOM + 5);
        assert!(passed <= most, "{passed} of 50,000 went free, more than {most}");
        assert!(limiter.strangers.held() <= 16 * (ROOM + 1));
        assert!(spend("early"), "who was there before kept the place");
        assert!(
            limiter
                .spend(RateClass::Read, Some(&caller("asha", Role::Trader)), "")
                .allowed,
            "strangers took the place of somebody signed in"
        );
        // What is full again makes room.
        clock.0.fetch_add(301 * SECOND_NS, Ordering::SeqCst);
        assert!((0..5).all(|_| spend("late")) && !spend("late"));
    }
}
