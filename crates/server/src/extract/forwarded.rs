//! Whom a trusted proxy speaks for.
//!
//! A proxy appends the address that it saw to a header. Everybody may send such a header, so it is read from the right and
//! only as far as trusted proxies wrote it: the first address that is none of theirs is the client. Only the header that
//! the operator names is read; another, which the proxy passes through, is the client's own word.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use http::{HeaderMap, HeaderName, header};

/// Most hops that are looked at.
const HOPS_MAX: usize = 32;

/// Addresses with the same first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// A text that is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address or network; write one as 127.0.0.1, 10.0.0.0/8 or 2001:db8::/32")]
pub struct NetworkError(String);

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError(text.chars().take(50).collect());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(wrong());
        }
        // An IPv4 network written as IPv6: addresses are compared without that mapping.
        match (address.to_canonical(), bits.checked_sub(96)) {
            (address @ IpAddr::V4(_), Some(bits)) if most == 128 => Ok(Self { address, bits }),
            _ => Ok(Self { address, bits }),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl Network {
    /// The network itself: its address without the bits beyond the prefix.
    #[must_use]
    pub fn whole(self) -> Self {
        let address = match self.address {
            IpAddr::V4(own) => {
                let beyond = u32::MAX.checked_shr(u32::from(self.bits)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(own.to_bits() & !beyond))
            }
            IpAddr::V6(own) => {
                let beyond = u128::MAX.checked_shr(u32::from(self.bits)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(own.to_bits() & !beyond))
            }
        };
        Self { address, ..self }
    }

    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differ = own.to_bits() ^ other.to_bits();
                differ.leading_zeros() >= u32::from(self.bits)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differ = own.to_bits() ^ other.to_bits();
                differ.leading_zeros() >= u32::from(self.bits)
            }
            _ => false,
        }
    }
}

/// Some networks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(pub Vec<Network>);

impl Networks {
    /// Whether an address is in one of them.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

/// In which header the trusted proxies write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProxyHeader {
    /// `X-Forwarded-For`: addresses, separated by commas.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239): `for=` of each element.
    Forwarded,
}

/// Who is trusted to say whom a request is from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// Their addresses; nobody by default.
    pub trusted: Networks,
    /// Where they write it.
    pub header: ProxyHeader,
}

impl Proxies {
    /// Whom a request from `peer` is from: the peer itself unless it is trusted and says otherwise. What a trusted proxy
    /// wrote but nobody can read (`unknown`, an obfuscated name) leaves the address of that proxy.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let hops = match self.header {
            ProxyHeader::XForwardedFor => hops(headers, &HeaderName::from_static("x-forwarded-for"), plain),
            ProxyHeader::Forwarded => hops(headers, &header::FORWARDED, element),
        };
        for hop in hops.into_iter().rev().take(HOPS_MAX) {
            if !self.trusted.contain(client) {
                break;
            }
            match hop {
                Some(address) => client = address,
                None => break,
            }
        }
        client
    }
}

/// What a header lists, over all of its lines; `None` for what is no address.
fn hops(headers: &HeaderMap, name: &HeaderName, read: fn(&str) -> Option<IpAddr>) -> Vec<Option<IpAddr>> {
    let mut all = Vec::new();
    for line in headers.get_all(name) {
        match line.to_str() {
            Ok(text) => all.extend(text.split(',').map(|hop| read(hop.trim()))),
            Err(_) => all.push(None),
        }
    }
    all
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
fn plain(text: &str) -> Option<IpAddr> {
    let address = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0.parse().ok(),
        None => text.parse().ok().or_else(|| text.split_once(':')?.0.parse().ok()),
    };
    address.map(|address: IpAddr| address.to_canonical())
}

/// The `for=` of an element of `Forwarded`.
fn element(text: &str) -> Option<IpAddr> {
    text.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let named = name.trim().eq_ignore_ascii_case("for");
        named.then(|| plain(value.trim().trim_matches('"'))).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(trusted: &[&str], header: ProxyHeader) -> Proxies {
        let read = |text: &&str| text.parse().expect("a network");
        Proxies {
            trusted: Networks(trusted.iter().map(read).collect()),
            header,
        }
    }

    fn client(proxies: &Proxies, peer: &str, lines: &[(&'static str, &str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().expect("a header"));
        }
        let peer = peer.parse().expect("an address");
        proxies.client(peer, &headers).to_string()
    }

    const XFF: &str = "x-forwarded-for";

    #[test]
    fn a_stranger_is_who_it_is_whatever_it_says() {
        let nobody = Proxies::default();
        let one = proxies(&["10.0.0.1"], ProxyHeader::XForwardedFor);
        for proxies in [&nobody, &one] {
            assert_eq!(
                client(proxies, "203.0.113.7", &[(XFF, "192.0.2.1")]),
                "203.0.113.7"
            );
        }
    }

    #[test]
    fn the_header_is_read_from_the_right_as_far_as_trusted_proxies_wrote_it() {
        let two = proxies(&["10.0.0.0/8", "2001:db8::/32"], ProxyHeader::XForwardedFor);
        let via = |line: &str| client(&two, "10.1.2.3", &[(XFF, line)]);
        assert_eq!(via("192.0.2.1"), "192.0.2.1");
        assert_eq!(
            via("6.6.6.6, 192.0.2.1"),
            "192.0.2.1",
            "the client wrote the first itself"
        );
        assert_eq!(via("6.6.6.6, 192.0.2.1, 10.9.9.9, 2001:db8::9"), "192.0.2.1");
        assert_eq!(via("10.9.9.9"), "10.9.9.9", "a proxy that asks itself");
        assert_eq!(via("192.0.2.1:4711"), "192.0.2.1");
        assert_eq!(via("[2001:dead::1]:4711"), "2001:dead::1");
        assert_eq!(
            via("192.0.2.1, unknown"),
            "10.1.2.3",
            "nobody can read what the proxy wrote"
        );
        assert_eq!(via(""), "10.1.2.3");
        assert_eq!(client(&two, "10.1.2.3", &[]), "10.1.2.3");
        assert_eq!(
            client(&two, "10.1.2.3", &[(XFF, "6.6.6.6"), (XFF, "192.0.2.1")]),
            "192.0.2.1"
        );
        assert_eq!(
            client(&two, "::ffff:10.1.2.3", &[(XFF, "192.0.2.1")]),
            "192.0.2.1"
        );
    }

    #[test]
    fn only_the_header_that_the_proxies_write_is_read() {
        let old = proxies(&["127.0.0.1"], ProxyHeader::XForwardedFor);
        let new = proxies(&["127.0.0.1"], ProxyHeader::Forwarded);
        let lines = [
            (XFF, "192.0.2.1"),
            (
                "forwarded",
                "for=6.6.6.6, For=\"[2001:db8::1]:4711\";proto=https;by=203.0.113.43",
            ),
        ];
        assert_eq!(client(&old, "127.0.0.1", &lines), "192.0.2.1");
        assert_eq!(client(&new, "127.0.0.1", &lines), "2001:db8::1");
        assert_eq!(
            client(&new, "127.0.0.1", &[("forwarded", "proto=https")]),
            "127.0.0.1"
        );
    }

    #[test]
    fn networks_are_read_and_nonsense_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "localhost",
            "10.0.0.0/-1",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        let all: Network = "0.0.0.0/0".parse().expect("a network");
        assert!(all.contains("203.0.113.7".parse().expect("an address")));
        assert!(!all.contains("2001:db8::1".parse().expect("an address")));
    }
}
