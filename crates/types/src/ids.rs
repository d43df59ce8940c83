//! Identifiers, one newtype each, so that none can stand in for another.
//!
//! Text identifiers are shared slices: cloning one copies a pointer. Inside the kernel instruments are dense
//! indices ([`InstrumentIdx`]); strings live at the edges.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An identifier was malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid {what}: {rule}")]
pub struct IdError {
    /// Which kind of identifier.
    pub what: &'static str,
    /// What was given, cut to 80 characters.
    pub text: String,
    /// What would be right.
    pub rule: &'static str,
}

fn check(what: &'static str, text: &str, max: usize, extra: &[u8]) -> Result<(), IdError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || extra.contains(&b);
    if !text.is_empty() && text.len() <= max && text.bytes().all(allowed) {
        return Ok(());
    }
    Err(IdError {
        what,
        text: text.chars().take(80).collect(),
        rule: match max {
            12 => "1 to 12 letters, digits, `_` or `-`",
            36 => "1 to 36 letters, digits, `_` or `-`",
            _ => "1 to 64 letters, digits or the punctuation of that kind of id, without spaces or `/`",
        },
    })
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $extra:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and wraps the text.
            ///
            /// # Errors
            /// [`IdError`] with the rule that was broken.
            pub fn new(text: &str) -> Result<Self, IdError> {
                check($what, text, $max, $extra)?;
                Ok(Self(Arc::from(text)))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::new(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

text_id!(
    /// Canonical name of an instrument within its market: `BTC-USD`, `AAPL`, `NIFTY25DEC24000CE`. Never with `/`.
    Symbol, "symbol", 64, b"-_.:&+@"
);
text_id!(
    /// Where an instrument is listed: `COINBASE`, `KRAKEN`, `XNAS`, `NFO`. No dot, so that an id splits at the last one.
    Market, "market", 12, b"_-"
);
text_id!(
    /// What the program connects to: an exchange or a broker. Serves one or more markets.
    VenueId, "venue id", 36, b"_-"
);
text_id!(
    /// A trading account.
    AccountId, "account id", 36, b"_-"
);
text_id!(
    /// A person's pseudonymous id.
    UserId, "user id", 36, b"_-"
);
text_id!(
    /// An organisation (a desk).
    OrgId, "organisation id", 36, b"_-"
);
text_id!(
    /// An engine: one per desk.
    EngineId, "engine id", 36, b"_-"
);
text_id!(
    /// A strategy, built in or the user's.
    StrategyId, "strategy id", 36, b"_-"
);
text_id!(
    /// Our id of an order, made and journalled before the first byte goes to a venue.
    ClientOrderId, "client order id", 36, b"_-"
);
text_id!(
    /// Orders that cancel one another.
    OrderListId, "order list id", 36, b"_-"
);
text_id!(
    /// The venue's id of an order.
    VenueOrderId, "venue order id", 64, b"_-.:"
);
text_id!(
    /// The venue's id of one execution; a duplicate is recognised by it.
    VenueTradeId, "venue trade id", 64, b"_-.:"
);
text_id!(
    /// Our id of a fill.
    FillId, "fill id", 64, b"_-.:"
);
text_id!(
    /// A ledger entry's id.
    EntryId, "entry id", 64, b"_-.:"
);
text_id!(
    /// A signal's id.
    SignalId, "signal id", 64, b"_-.:"
);

impl From<&VenueTradeId> for FillId {
    /// Our id of a fill is the venue's id of the execution: both kinds allow the same text.
    fn from(trade: &VenueTradeId) -> Self {
        Self(Arc::clone(&trade.0))
    }
}

/// Dense index of an instrument inside one process; not stable across restarts, never stored or sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstrumentIdx(pub u32);

impl InstrumentIdx {
    /// As an index into a vector with a slot per instrument.
    #[must_use]
    pub fn slot(self) -> usize {
        self.0 as usize
    }
}

/// Immutable identity of an instrument; [`InstrumentId`] is a dated alias of it (FB became META).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstrumentUid(pub u64);

/// `SYMBOL.MARKET`, split at the last dot, e.g. `BTC-USD.COINBASE`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstrumentId {
    /// Canonical symbol within the market.
    pub symbol: Symbol,
    /// The market where it is listed.
    pub market: Market,
}

impl InstrumentId {
    /// From its two parts.
    #[must_use]
    pub fn new(symbol: Symbol, market: Market) -> Self {
        Self { symbol, market }
    }
}

impl fmt::Display for InstrumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.symbol, self.market)
    }
}

impl fmt::Debug for InstrumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for InstrumentId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rule = "SYMBOL.MARKET such as BTC-USD.COINBASE";
        let refuse = || IdError {
            what: "instrument id",
            text: text.chars().take(80).collect(),
            rule,
        };
        let (symbol, market) = text.rsplit_once('.').ok_or_else(refuse)?;
        Ok(Self {
            symbol: symbol.parse().map_err(|_| refuse())?,
            market: market.parse().map_err(|_| refuse())?,
        })
    }
}

impl Serialize for InstrumentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for InstrumentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What several instruments have in common across markets: `BTC/USD`, an ISIN, or underlying + expiry + strike + right.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Product(Arc<str>);

impl Product {
    /// The product of a spot pair, from canonical assets (`BTC` never `XBT`; `USD` is not `USDC`).
    #[must_use]
    pub fn spot(base: crate::Currency, quote: crate::Currency) -> Self {
        Self(Arc::from(format!("{base}/{quote}")))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instrument_id_splits_at_the_last_dot() {
        let id: InstrumentId = "BRK.B.XNYS".parse().expect("valid");
        assert_eq!((id.symbol.as_str(), id.market.as_str()), ("BRK.B", "XNYS"));
        assert_eq!(id.to_string(), "BRK.B.XNYS");
    }

    #[test]
    fn malformed_ids_are_refused_with_the_rule() {
        for bad in ["", "BTC-USD", "BTC/USD.KRAKEN", ".KRAKEN", "BTC-USD.", "A B.X"] {
            assert!(bad.parse::<InstrumentId>().is_err(), "{bad} was taken");
        }
        assert!(ClientOrderId::new(&"x".repeat(37)).is_err());
        assert!(ClientOrderId::new("a/b").is_err());
        assert!(ClientOrderId::new("ok-1_2").is_ok());
    }
}
