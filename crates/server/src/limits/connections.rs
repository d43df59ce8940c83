//! TCP connections, counted and bounded: in all, and per address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::extract::{Networks, network_of};

/// How many connections there may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// In all.
    pub all: usize,
    /// From one address; the addresses of an IPv6 network (/64) count as one.
    pub per_address: usize,
    /// Proxies, behind whose addresses are many people: the limit per address does not hold for them.
    pub proxies: Networks,
}

impl Default for ConnectionLimits {
    /// Above what the hub takes (20,000 sockets, 512 an address), so that requests go on beside it.
    fn default() -> Self {
        Self {
            all: 25_000,
            per_address: 1_024,
            proxies: Networks::default(),
        }
    }
}

impl ConnectionLimits {
    /// The same times a number, for load tests.
    #[must_use]
    pub fn raised(self, times: u32) -> Self {
        let times = times as usize;
        Self {
            all: self.all.saturating_mul(times),
            per_address: self.per_address.saturating_mul(times),
            proxies: self.proxies,
        }
    }
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    addresses: HashMap<IpAddr, usize>,
}

/// The connections that there are.
#[derive(Debug, Clone)]
pub struct Connections {
    limits: Arc<ConnectionLimits>,
    counts: Arc<Mutex<Counts>>,
}

impl Connections {
    /// None yet.
    #[must_use]
    pub fn new(limits: ConnectionLimits) -> Self {
        Self {
            limits: Arc::new(limits),
            counts: Arc::default(),
        }
    }

    /// Counts a connection in; `None` when there is no room for it.
    #[must_use]
    pub fn admit(&self, peer: IpAddr) -> Option<Connected> {
        let address = network_of(peer);
        let mut counts = self.counts();
        let of_address = counts.addresses.get(&address).copied().unwrap_or(0);
        let bounded = !self.limits.proxies.contain(peer);
        if counts.all >= self.limits.all || (bounded && of_address >= self.limits.per_address) {
            return None;
        }
        counts.all += 1;
        counts.addresses.insert(address, of_address + 1);
        Some(Connected {
            of: self.clone(),
            address,
        })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that counts until it is dropped.
#[derive(Debug)]
pub struct Connected {
    of: Connections,
    address: IpAddr,
}

impl Drop for Connected {
    fn drop(&mut self) {
        let mut counts = self.of.counts();
        counts.all = counts.all.saturating_sub(1);
        if let Some(of_address) = counts.addresses.get_mut(&self.address) {
            *of_address -= 1;
            if *of_address == 0 {
                counts.addresses.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_bounded_in_all_and_per_address_and_their_places_come_back() {
        let address = |text: &str| -> IpAddr { text.parse().expect("address") };
        let limits = ConnectionLimits {
            all: 5,
            per_address: 2,
            proxies: "10.0.0.0/8"
                .parse()
                .map(|one| Networks(vec![one]))
                .expect("a network"),
        };
        let connections = Connections::new(limits);
        let admit = |text: &str| connections.admit(address(text));
        let (one, two) = (
            admit("2001:db8::1").expect("room"),
            admit("2001:db8::2").expect("room"),
        );
        assert!(admit("2001:db8::3").is_none(), "its network has two");
        let proxied: Vec<Connected> = (0..3).map(|_| admit("10.0.0.1").expect("a proxy")).collect();
        assert!(admit("192.0.2.1").is_none(), "five in all");
        drop(one);
        let last = admit("2001:db8::3").expect("its place came back");
        drop((two, last, proxied));
        let counts = connections.counts();
        assert_eq!((counts.all, counts.addresses.len()), (0, 0));
    }
}
