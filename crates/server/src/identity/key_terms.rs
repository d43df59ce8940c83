//! From where, and how much, an API key may be used.
//!
//! The list of networks is compared with the address of the client: the peer's, or the one that a trusted proxy names
//! (`trusted_proxies`). Behind a proxy that is not trusted every request comes from the proxy, and a list that does not
//! name it refuses them all. A key's own limits come on top of those that its owner has; they never raise them.

use std::net::IpAddr;

use crate::extract::{Network, NetworkError, Networks};
use crate::problem::{ApiError, ApiResult};

/// Most networks of a key.
const NETWORKS_MAX: usize = 32;
/// The highest limit of its own that a key may have, per minute.
const PER_MINUTE_MAX: u32 = 1_000_000;

/// From where, and how much, a key may be used; by default from anywhere, and as much as its owner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyTerms {
    /// Networks it may be used from; `None` = from anywhere.
    pub networks: Option<Networks>,
    /// Requests in a minute; `None` = what its owner may. Cancels and stops do not count.
    pub requests_per_minute: Option<u32>,
    /// Orders submitted in a minute, over all accounts; `None` = what the accounts allow.
    pub orders_per_minute: Option<u32>,
}

impl KeyTerms {
    /// Checks what somebody asks for.
    ///
    /// # Errors
    /// Field errors: `EMPTY`, `TOO_MANY`, `MALFORMED` and `BITS_BEYOND_PREFIX` of `networks`, `OUT_OF_RANGE` of the limits.
    pub fn asked(
        networks: Option<&[String]>,
        requests_per_minute: Option<u32>,
        orders_per_minute: Option<u32>,
    ) -> ApiResult<Self> {
        for (field, limit) in [
            ("requests_per_minute", requests_per_minute),
            ("orders_per_minute", orders_per_minute),
        ] {
            if limit.is_some_and(|limit| !(1..=PER_MINUTE_MAX).contains(&limit)) {
                let text = format!("{field} is 1 to {PER_MINUTE_MAX}; leave it out for no limit of its own");
                return Err(ApiError::field(field, "OUT_OF_RANGE", text));
            }
        }
        Ok(Self {
            networks: networks.map(read_networks).transpose()?,
            requests_per_minute,
            orders_per_minute,
        })
    }

    /// Whether the key may be used from an address; one that is not known is in no network.
    #[must_use]
    pub fn allow(&self, address: Option<IpAddr>) -> bool {
        let inside = |networks: &Networks| address.is_some_and(|address| networks.contain(address));
        self.networks.as_ref().is_none_or(inside)
    }
}

fn read_networks(texts: &[String]) -> ApiResult<Networks> {
    if texts.is_empty() {
        let text = "name at least one network, or leave networks out for a key that holds from anywhere";
        return Err(ApiError::field("networks", "EMPTY", text));
    }
    if texts.len() > NETWORKS_MAX {
        let text = format!("a key has at most {NETWORKS_MAX} networks, got {}", texts.len());
        return Err(ApiError::field("networks", "TOO_MANY", text));
    }
    let mut networks = Vec::with_capacity(texts.len());
    for (n, text) in texts.iter().enumerate() {
        let field = format!("networks[{n}]");
        let parsed: Result<Network, NetworkError> = text.trim().parse();
        let network =
            parsed.map_err(|error| ApiError::field(field.clone(), "MALFORMED", error.to_string()))?;
        // `10.1.2.3/8` is a slip of the pen that would open the key to sixteen million addresses.
        let whole = network.whole();
        if whole != network {
            let text = format!("{network} has bits beyond its prefix; write {whole}, or a longer prefix");
            return Err(ApiError::field(field, "BITS_BEYOND_PREFIX", text));
        }
        if !networks.contains(&network) {
            networks.push(network);
        }
    }
    Ok(Networks(networks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(networks: &[&str]) -> ApiResult<KeyTerms> {
        let texts: Vec<String> = networks.iter().map(|&text| text.to_owned()).collect();
        KeyTerms::asked(Some(&texts), None, None)
    }

    #[test]
    fn a_key_holds_inside_its_networks_and_nowhere_else() {
        let terms = terms(&["192.0.2.0/24", "203.0.113.7", "2001:db8:5::/48"]).expect("networks");
        let from = |text: &str| terms.allow(Some(text.parse().expect("an address")));
        for inside in [
            "192.0.2.0",
            "192.0.2.255",
            "203.0.113.7",
            "::ffff:192.0.2.9",
            "2001:db8:5:ffff::1",
        ] {
            assert!(from(inside), "{inside}");
        }
        for outside in [
            "192.0.3.0",
            "192.0.1.255",
            "203.0.113.8",
            "2001:db8:6::1",
            "::1",
            "127.0.0.1",
        ] {
            assert!(!from(outside), "{outside}");
        }
        assert!(!terms.allow(None), "nobody knows from where");
        assert!(KeyTerms::default().allow(None));
    }

    #[test]
    fn what_is_no_list_of_networks_is_refused_by_field() {
        let many = vec!["10.0.0.0/8"; NETWORKS_MAX + 1];
        for (texts, field, code) in [
            (vec![], "networks", "EMPTY"),
            (many, "networks", "TOO_MANY"),
            (vec!["10.0.0.0/8", "localhost"], "networks[1]", "MALFORMED"),
            (vec!["10.0.0.0/33"], "networks[0]", "MALFORMED"),
            (vec!["::/129"], "networks[0]", "MALFORMED"),
            (vec!["10.0.0.0/8,11.0.0.0/8"], "networks[0]", "MALFORMED"),
            (vec![""], "networks[0]", "MALFORMED"),
            (vec!["10.1.2.3/8"], "networks[0]", "BITS_BEYOND_PREFIX"),
            (vec!["2001:db8::1/32"], "networks[0]", "BITS_BEYOND_PREFIX"),
        ] {
            let error = terms(&texts).expect_err("refused");
            assert_eq!(
                (error.errors[0].field.as_str(), error.errors[0].code.as_str()),
                (field, code)
            );
        }
        let told = terms(&["10.1.2.3/8"]).expect_err("refused").detail;
        assert!(told.contains("10.0.0.0/8"), "{told}");
        for (requests, orders) in [(Some(0), None), (None, Some(0)), (Some(1_000_001), None)] {
            assert!(KeyTerms::asked(None, requests, orders).is_err());
        }
    }

    #[test]
    fn a_network_is_stored_as_it_is_read_again() {
        let terms = terms(&[" 10.0.0.0/8", "::ffff:192.0.2.0/120", "10.0.0.0/8"]).expect("networks");
        let texts: Vec<String> = terms
            .networks
            .expect("some")
            .0
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(texts, ["10.0.0.0/8", "192.0.2.0/24"]);
    }
}
