//! Kraken spot: public WebSocket v2 channels and market-data REST, as documented at docs.kraken.com.

mod checksum;
mod message;
mod rest;
mod session;
mod subscription;

pub use checksum::checksum;
pub use rest::rest;
pub use session::KrakenSession;

use crate::world::listing::ListingInfo;

/// `BTC/USD`: the name on WebSocket v2.
#[must_use]
pub fn ws_symbol(info: &ListingInfo) -> String {
    format!("{}/{}", info.base, info.quote)
}

/// The venue's older code of an asset, which REST still uses: `XBT` for bitcoin, `X…` and `Z…` prefixes.
fn rest_asset(code: &str) -> (&'static str, String) {
    match code {
        "BTC" => ("X", "XBT".to_owned()),
        "ETH" | "LTC" | "XRP" | "ETC" | "XLM" | "ZEC" | "XMR" | "REP" | "MLN" => ("X", code.to_owned()),
        "USD" | "EUR" | "GBP" | "CAD" | "JPY" | "AUD" => ("Z", code.to_owned()),
        _ => ("", code.to_owned()),
    }
}

/// `XBTUSD`: the alternative name on REST.
#[must_use]
pub fn alt_name(info: &ListingInfo) -> String {
    format!("{}{}", rest_asset(&info.base).1, rest_asset(&info.quote).1)
}

/// `XXBTZUSD`: the key of a pair on REST. Assets without a prefix make pairs without one (`SOLUSD`).
#[must_use]
pub fn rest_key(info: &ListingInfo) -> String {
    let ((base_prefix, base), (quote_prefix, quote)) = (rest_asset(&info.base), rest_asset(&info.quote));
    if base_prefix.is_empty() || quote_prefix.is_empty() {
        return format!("{base}{quote}");
    }
    format!("{base_prefix}{base}{quote_prefix}{quote}")
}
