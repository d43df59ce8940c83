//! Counts per user and per address: sockets, subscriptions, messages a minute, indicators that are computed.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tradewind_types::UserId;

use super::config::HubConfig;

const MINUTE: Duration = Duration::from_secs(60);

/// Counts messages in windows of a minute.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Minute {
    began: Instant,
    count: u32,
}

impl Minute {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            count: 0,
        }
    }

    /// Counts one; false when the window has had `max` already.
    pub(crate) fn take(&mut self, max: u32) -> bool {
        let now = Instant::now();
        if now.duration_since(self.began) >= MINUTE {
            (self.began, self.count) = (now, 0);
        }
        self.count = self.count.saturating_add(1);
        self.count <= max
    }
}

struct OfIp {
    sockets: usize,
    messages: Minute,
}

#[derive(Default)]
struct OfUser {
    sockets: usize,
    subscriptions: usize,
}

#[derive(Default)]
struct Counts {
    sockets: usize,
    ips: HashMap<IpAddr, OfIp>,
    users: HashMap<UserId, OfUser>,
    computations: usize,
    /// Of the computations those that a user was the first to ask for; they may outlast the user's sockets.
    asked: HashMap<UserId, usize>,
}

/// The counts of all sockets. Entries go with their last socket.
pub(crate) struct Quotas {
    config: HubConfig,
    counts: Mutex<Counts>,
}

impl Quotas {
    pub(crate) fn new(config: HubConfig) -> Arc<Self> {
        Arc::new(Self {
            config,
            counts: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a socket of an address; `None` when there is none.
    pub(crate) fn admit(self: &Arc<Self>, ip: IpAddr) -> Option<IpPlace> {
        let mut counts = self.lock();
        if counts.sockets >= self.config.sockets_max {
            return None;
        }
        let of_ip = counts.ips.entry(ip).or_insert_with(|| OfIp {
            sockets: 0,
            messages: Minute::new(),
        });
        if of_ip.sockets >= self.config.sockets_per_ip {
            return None;
        }
        of_ip.sockets += 1;
        counts.sockets += 1;
        Some(IpPlace {
            quotas: Arc::clone(self),
            ip,
        })
    }

    /// A place for a socket of a user.
    pub(crate) fn enrol(self: &Arc<Self>, user: &UserId) -> Option<UserPlace> {
        let mut counts = self.lock();
        let of_user = counts.users.entry(user.clone()).or_default();
        if of_user.sockets >= self.config.sockets_per_user {
            return None;
        }
        of_user.sockets += 1;
        Some(UserPlace {
            quotas: Arc::clone(self),
            user: user.clone(),
        })
    }
}

/// Why an indicator is not computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoComputation {
    /// As many as may be are computed.
    All,
    /// The user asked for as many as a user may.
    OfUser,
}

impl Quotas {
    /// A place for an indicator that a user is the first to ask for.
    pub(crate) fn compute(self: &Arc<Self>, user: &UserId) -> Result<ComputationPlace, NoComputation> {
        let mut counts = self.lock();
        if counts.computations >= self.config.indicators_max {
            return Err(NoComputation::All);
        }
        let asked = counts.asked.get(user).copied().unwrap_or(0);
        if asked >= self.config.indicators_per_user {
            return Err(NoComputation::OfUser);
        }
        counts.computations += 1;
        counts.asked.insert(user.clone(), asked + 1);
        Ok(ComputationPlace {
            quotas: Arc::clone(self),
            user: user.clone(),
        })
    }
}

/// A computation's place; given back when dropped.
pub(crate) struct ComputationPlace {
    quotas: Arc<Quotas>,
    user: UserId,
}

impl Drop for ComputationPlace {
    fn drop(&mut self) {
        let mut counts = self.quotas.lock();
        counts.computations -= 1;
        if let Some(asked) = counts.asked.get_mut(&self.user) {
            *asked -= 1;
            if *asked == 0 {
                counts.asked.remove(&self.user);
            }
        }
    }
}

/// A socket's place among those of its address; given back when dropped.
pub(crate) struct IpPlace {
    quotas: Arc<Quotas>,
    ip: IpAddr,
}

impl IpPlace {
    /// Counts a message of this address; false when it has had its share of this minute.
    pub(crate) fn message(&self) -> bool {
        let max = self.quotas.config.messages_per_minute_ip;
        self.quotas
            .lock()
            .ips
            .get_mut(&self.ip)
            .is_none_or(|of_ip| of_ip.messages.take(max))
    }
}

impl Drop for IpPlace {
    fn drop(&mut self) {
        let mut counts = self.quotas.lock();
        counts.sockets -= 1;
        if let Some(of_ip) = counts.ips.get_mut(&self.ip) {
            of_ip.sockets -= 1;
            if of_ip.sockets == 0 {
                counts.ips.remove(&self.ip);
            }
        }
    }
}

/// A socket's place among those of its user; given back when dropped.
pub(crate) struct UserPlace {
    quotas: Arc<Quotas>,
    user: UserId,
}

impl UserPlace {
    /// Counts a subscription; false when the user has all they may.
    pub(crate) fn subscribe(&self) -> bool {
        let mut counts = self.quotas.lock();
        let max = self.quotas.config.subscriptions_per_user;
        counts.users.get_mut(&self.user).is_some_and(|of_user| {
            let room = of_user.subscriptions < max;
            of_user.subscriptions += usize::from(room);
            room
        })
    }

    /// Gives subscriptions back.
    pub(crate) fn unsubscribe(&self, count: usize) {
        if let Some(of_user) = self.quotas.lock().users.get_mut(&self.user) {
            of_user.subscriptions = of_user.subscriptions.saturating_sub(count);
        }
    }
}

impl Drop for UserPlace {
    fn drop(&mut self) {
        let mut counts = self.quotas.lock();
        if let Some(of_user) = counts.users.get_mut(&self.user) {
            of_user.sockets -= 1;
            if of_user.sockets == 0 {
                counts.users.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indicators_are_limited_per_user_and_in_all_and_given_back() {
        let config = HubConfig {
            indicators_max: 3,
            indicators_per_user: 2,
            ..HubConfig::default()
        };
        let quotas = Quotas::new(config);
        let (one, two) = (
            UserId::new("U1").expect("an id"),
            UserId::new("U2").expect("an id"),
        );
        let first = quotas.compute(&one).expect("room");
        let second = quotas.compute(&one).expect("room");
        assert_eq!(quotas.compute(&one).err(), Some(NoComputation::OfUser));
        let third = quotas.compute(&two).expect("another has some left");
        assert_eq!(quotas.compute(&two).err(), Some(NoComputation::All));
        drop(first);
        assert!(quotas.compute(&one).is_ok());
        drop((second, third));
        let counts = quotas.lock();
        assert_eq!((counts.computations, counts.asked.len()), (0, 0));
    }

    #[test]
    fn places_of_an_address_and_a_user_are_limited_and_given_back() {
        let config = HubConfig {
            sockets_per_ip: 2,
            sockets_per_user: 1,
            subscriptions_per_user: 1,
            ..HubConfig::default()
        };
        let quotas = Quotas::new(config);
        let (one, two) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let first = quotas.admit(one).expect("room");
        let _second = quotas.admit(one).expect("room");
        assert!(quotas.admit(one).is_none());
        assert!(
            quotas.admit(two).is_some(),
            "another address has places of its own"
        );
        drop(first);
        assert!(quotas.admit(one).is_some());

        let user = UserId::new("U1").expect("an id");
        let place = quotas.enrol(&user).expect("room");
        assert!(quotas.enrol(&user).is_none());
        assert!(place.subscribe());
        assert!(!place.subscribe());
        place.unsubscribe(1);
        assert!(place.subscribe());
        drop(place);
        assert!(quotas.enrol(&user).is_some_and(|place| place.subscribe()));
    }
}
