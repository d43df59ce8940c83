//! What is known of a request before anyone looks at it.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use http::request::Parts;
use tradewind_types::OrgId;

use crate::problem::ApiError;

/// The request's id and where it comes from.
#[derive(Debug, Clone, Default)]
pub struct RequestInfo {
    /// The id, the same in logs, audit and journal.
    pub correlation_id: String,
    /// Address of who asks, as text.
    pub ip: String,
    /// The same, where known: the peer's, or the one that a trusted proxy names.
    pub peer: Option<IpAddr>,
    /// Whether the request comes from this machine, as far as that can be known: never over TLS or through a proxy.
    pub loopback: bool,
    /// The browser, as it calls itself, cut.
    pub user_agent: String,
    /// What becomes known of it on its way.
    pub trail: Arc<Trail>,
}

/// What becomes known of a request on its way, for the note of its refusal.
#[derive(Debug, Default)]
pub struct Trail {
    actor: OnceLock<String>,
    org: OnceLock<OrgId>,
    noted: AtomicBool,
    hidden: AtomicBool,
}

impl Trail {
    /// Who asks, of which organisation.
    pub fn asked_by(&self, person: &str, org: &OrgId) {
        // Asked twice within one request, it is the same person.
        let _ = self.actor.set(person.to_owned());
        self.concerns(org);
    }

    /// Which organisation it concerns: the first that is said.
    pub fn concerns(&self, org: &OrgId) {
        let _ = self.org.set(org.clone());
    }

    /// Which organisation it concerns, where that became known.
    #[must_use]
    pub fn org(&self) -> Option<&OrgId> {
        self.org.get()
    }

    /// Who asks, where that became known.
    #[must_use]
    pub fn actor(&self) -> Option<&str> {
        self.actor.get().map(String::as_str)
    }

    /// Its handler wrote into the audit log.
    pub fn noted(&self) {
        self.noted.store(true, Ordering::Relaxed);
    }

    /// Whether its handler wrote into the audit log.
    #[must_use]
    pub fn is_noted(&self) -> bool {
        self.noted.load(Ordering::Relaxed)
    }

    /// It was refused in the words for something that is not there.
    pub fn hidden(&self) {
        self.hidden.store(true, Ordering::Relaxed);
    }

    /// Whether it was refused in the words for something that is not there.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.hidden.load(Ordering::Relaxed)
    }
}

impl RequestInfo {
    /// The same request, where it is about another organisation than that of whoever asks.
    #[must_use]
    pub fn about(&self, org: &OrgId) -> Self {
        let trail = Trail::default();
        trail.concerns(org);
        Self {
            trail: Arc::new(trail),
            ..self.clone()
        }
    }

    /// Whose limits count for someone unknown: the address, or the network of it ([`network_of`]).
    #[must_use]
    pub fn network(&self) -> Cow<'_, str> {
        match self.peer {
            Some(peer @ IpAddr::V6(_)) => Cow::Owned(network_of(peer).to_string()),
            Some(IpAddr::V4(_)) | None => Cow::Borrowed(&self.ip),
        }
    }
}

/// Bits of an IPv6 address that its holder chooses: whoever has one usually has the 2^64 around it.
const CHOSEN_BITS: u32 = 64;

/// What limits count as one address: an IPv4 address, also one mapped into IPv6, or the /64 network of an IPv6 address.
#[must_use]
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let network = v6.to_bits() >> CHOSEN_BITS << CHOSEN_BITS;
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestInfo {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let network = |text: &str| {
            let peer: IpAddr = text.parse().expect("address");
            let info = RequestInfo {
                ip: peer.to_string(),
                peer: Some(peer),
                ..RequestInfo::default()
            };
            assert_eq!(info.network(), network_of(peer).to_string());
            info.network().into_owned()
        };
        assert_eq!(network("2001:db8:1:2::1"), "2001:db8:1:2::");
        assert_eq!(network("2001:db8:1:2:ffff:ffff:ffff:ffff"), "2001:db8:1:2::");
        assert_ne!(network("2001:db8:1:3::1"), network("2001:db8:1:2::1"));
        assert_eq!(network("203.0.113.7"), "203.0.113.7");
        assert_ne!(network("203.0.113.7"), network("203.0.113.8"));
        assert_eq!(network("::ffff:203.0.113.7"), "203.0.113.7");
    }
}
