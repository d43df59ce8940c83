//! Host and Origin allow-lists: against DNS rebinding, and against other sites' pages.

use http::{HeaderMap, Method, Uri, header};

use crate::config::Config;
use crate::problem::{ApiError, ApiResult, Code};

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The host name without its port; an IPv6 address keeps its brackets.
fn name_of(authority: &str) -> &str {
    if authority.starts_with('[') {
        return authority.find(']').map_or(authority, |end| &authority[..=end]);
    }
    authority.rsplit_once(':').map_or(authority, |(name, _)| name)
}

/// Checks where a request believes to be, and which page sent it.
///
/// # Errors
/// `HOST_REFUSED`, `ORIGIN_REFUSED`.
pub(super) fn check(config: &Config, method: &Method, uri: &Uri, headers: &HeaderMap) -> ApiResult<()> {
    let named = uri.authority().map(|a| a.as_str());
    let host = match headers.get(header::HOST) {
        Some(value) => value.to_str().ok(),
        None => named,
    };
    let Some(host) = host else {
        return Err(ApiError::of(Code::HostRefused));
    };
    let name = name_of(host).to_ascii_lowercase();
    if !LOOPBACK.contains(&name.as_str()) && !config.hosts.contains(&name) {
        return Err(ApiError::of(Code::HostRefused));
    }
    // A WebSocket upgrade is a GET, but one whose answer a foreign page could read.
    let upgrade = headers.contains_key(header::UPGRADE);
    let safe = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let Some(origin) = headers.get(header::ORIGIN).filter(|_| !safe || upgrade) else {
        return Ok(());
    };
    let origin = origin.to_str().unwrap_or_default();
    let own = origin.split_once("://").is_some_and(|(scheme, authority)| {
        matches!(scheme, "http" | "https") && authority.eq_ignore_ascii_case(host)
    });
    if own || config.origins.contains(origin) {
        Ok(())
    } else {
        Err(ApiError::of(Code::OriginRefused))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_not_part_of_the_name() {
        assert_eq!(name_of("localhost:8080"), "localhost");
        assert_eq!(name_of("[::1]:8080"), "[::1]");
        assert_eq!(name_of("[::1]"), "[::1]");
        assert_eq!(name_of("example.org"), "example.org");
    }
}
