//! What differs between the protocols: channels, subscription messages, pings. Bytes only, no sockets.

use serde::{Deserialize, Serialize};
use tradewind_codecs::{
    CoinbaseAdvanced, CoinbaseExchange, Decoder, KrakenV1, KrakenV2, SymbolTable, coinbase_advanced,
    coinbase_exchange, kraken_v1, kraken_v2,
};

/// Depth of the books that we ask for, and keep.
pub(super) const BOOK_DEPTH: usize = 1_000;

/// The market-data protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VenueKind {
    /// Coinbase Advanced Trade.
    CoinbaseAdvanced,
    /// Coinbase Exchange.
    CoinbaseExchange,
    /// Kraken, second protocol.
    KrakenV2,
    /// Kraken, first protocol; for recordings.
    KrakenV1,
}

impl VenueKind {
    /// The market that its instruments are listed on.
    #[must_use]
    pub fn market(self) -> &'static str {
        match self {
            VenueKind::CoinbaseAdvanced | VenueKind::CoinbaseExchange => "COINBASE",
            VenueKind::KrakenV2 | VenueKind::KrakenV1 => "KRAKEN",
        }
    }

    pub(super) fn decoder(self, symbols: SymbolTable) -> Box<dyn Decoder + Send> {
        match self {
            VenueKind::CoinbaseAdvanced => Box::new(CoinbaseAdvanced::new(symbols)),
            VenueKind::CoinbaseExchange => Box::new(CoinbaseExchange::new(symbols)),
            VenueKind::KrakenV2 => Box::new(KrakenV2::new(symbols)),
            VenueKind::KrakenV1 => Box::new(KrakenV1::new(symbols)),
        }
    }

    /// The channels subscribed for every instrument, the book first.
    pub(super) fn channels(self) -> &'static [&'static str] {
        match self {
            VenueKind::CoinbaseAdvanced => &["level2", "market_trades"],
            VenueKind::CoinbaseExchange => &["level2_batch", "matches"],
            VenueKind::KrakenV2 | VenueKind::KrakenV1 => &["book", "trade"],
        }
    }

    /// Channels without products: signs of life.
    pub(super) fn session_channels(self) -> &'static [&'static str] {
        match self {
            VenueKind::CoinbaseAdvanced => &["heartbeats"],
            VenueKind::CoinbaseExchange | VenueKind::KrakenV2 | VenueKind::KrakenV1 => &[],
        }
    }

    pub(super) fn subscribe(self, channel: &str, symbols: &[&str], request: u64) -> String {
        match self {
            VenueKind::CoinbaseAdvanced => coinbase_advanced::encode::subscribe(channel, symbols, None),
            VenueKind::CoinbaseExchange => coinbase_exchange::encode::subscribe(symbols, &[channel]),
            VenueKind::KrakenV2 => kraken_v2::encode::subscribe(channel, symbols, options(channel), request),
            VenueKind::KrakenV1 if channel == "book" => {
                kraken_v1::encode::subscribe_book(symbols, BOOK_DEPTH)
            }
            VenueKind::KrakenV1 => kraken_v1::encode::subscribe(symbols, channel),
        }
    }

    pub(super) fn unsubscribe(self, channel: &str, symbols: &[&str], request: u64) -> String {
        match self {
            VenueKind::CoinbaseAdvanced => coinbase_advanced::encode::unsubscribe(channel, symbols, None),
            VenueKind::CoinbaseExchange => coinbase_exchange::encode::unsubscribe(symbols, &[channel]),
            VenueKind::KrakenV2 => {
                kraken_v2::encode::unsubscribe(channel, symbols, options(channel), request)
            }
            VenueKind::KrakenV1 => kraken_v1::encode::unsubscribe(symbols, channel),
        }
    }

    /// The venue's own ping, where it has one.
    pub(super) fn ping(self, request: u64) -> Option<String> {
        (self == VenueKind::KrakenV2).then(|| kraken_v2::encode::ping(request))
    }
}

fn options(channel: &str) -> kraken_v2::encode::Options {
    let book = channel == "book";
    kraken_v2::encode::Options {
        depth: book.then_some(BOOK_DEPTH),
        interval: None,
        snapshot: Some(true),
    }
}
