//! History before and between sessions: the venue's candles and its latest trades.

use std::ops::Range;
use std::sync::Arc;

use tradewind_types::market::{Bar, BarInterval, Trade};
use tradewind_types::{Instrument, InstrumentIdx, UnixNanos};

use super::dialect::VenueKind;
use super::{VenueLink, coinbase_rest, kraken_rest, now};
use crate::http::{RestClient, RestError};

/// Trades asked for at once: the most that both venues give.
const TRADES_MAX: u32 = 1_000;
/// Intervals whose candles are fetched at start; coarser and finer ones follow from them or from trades.
const CANDLE_INTERVALS_S: [u32; 6] = [60, 300, 900, 1_800, 3_600, 86_400];

/// The venue's closed candles of an instrument, each interval oldest first. A failing interval is left out, with a log.
pub(super) async fn candles(link: &VenueLink, idx: InstrumentIdx, instrument: &Arc<Instrument>) -> Vec<Bar> {
    let Some(rest) = &link.rest else { return Vec::new() };
    let mut all = Vec::new();
    for secs in CANDLE_INTERVALS_S {
        let Some(interval) = BarInterval::from_secs(secs) else {
            continue;
        };
        let of = (idx, &**instrument);
        let result = match link.settings.kind {
            VenueKind::CoinbaseAdvanced | VenueKind::CoinbaseExchange => {
                coinbase_rest::candles(rest, of, interval, now(link)).await
            }
            VenueKind::KrakenV2 | VenueKind::KrakenV1 => {
                kraken_rest::candles(rest, of, interval, now(link)).await
            }
        };
        match result {
            Ok(bars) => all.extend(bars),
            Err(error) => tracing::warn!(instrument = %instrument.id, %interval, %error, "no candles"),
        }
    }
    all
}

/// Whether a venue gives candles of an interval.
pub(super) fn has_candles(kind: VenueKind, interval: BarInterval) -> bool {
    match kind {
        VenueKind::CoinbaseAdvanced | VenueKind::CoinbaseExchange => coinbase_rest::has(interval),
        VenueKind::KrakenV2 | VenueKind::KrakenV1 => kraken_rest::has(interval),
    }
}

/// The venue's closed candles of a range of time, oldest first; empty where it has none, or no REST.
///
/// # Errors
/// What the venue says, or why it was not asked.
pub(super) async fn candles_between(
    link: &VenueLink,
    of: (InstrumentIdx, &Instrument),
    interval: BarInterval,
    times: Range<UnixNanos>,
) -> Result<Vec<Bar>, RestError> {
    let Some(rest) = &link.rest else {
        return Ok(Vec::new());
    };
    let times = (times, now(link));
    match link.settings.kind {
        VenueKind::CoinbaseAdvanced | VenueKind::CoinbaseExchange => {
            coinbase_rest::candles_between(rest, of, interval, times).await
        }
        VenueKind::KrakenV2 | VenueKind::KrakenV1 => {
            kraken_rest::candles_between(rest, of, interval, times).await
        }
    }
}

/// The latest trades of an instrument, oldest first; none, with a log, when the venue does not give them.
pub(super) async fn trades(link: &VenueLink, idx: InstrumentIdx, instrument: &Arc<Instrument>) -> Vec<Trade> {
    let Some(rest) = &link.rest else { return Vec::new() };
    match ask_trades(link, rest, (idx, instrument)).await {
        Ok(trades) => trades,
        Err(error) => {
            tracing::warn!(instrument = %instrument.id, %error, "no past trades");
            Vec::new()
        }
    }
}

async fn ask_trades(
    link: &VenueLink,
    rest: &RestClient,
    of: (InstrumentIdx, &Instrument),
) -> Result<Vec<Trade>, RestError> {
    match link.settings.kind {
        VenueKind::CoinbaseAdvanced | VenueKind::CoinbaseExchange => {
            coinbase_rest::trades(rest, of, TRADES_MAX, now(link)).await
        }
        VenueKind::KrakenV2 | VenueKind::KrakenV1 => {
            kraken_rest::trades(rest, of, TRADES_MAX, now(link)).await
        }
    }
}
