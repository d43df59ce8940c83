//! Coinbase Advanced Trade: `level2`, `market_trades`, `ticker`, `ticker_batch`, `candles`, `heartbeats`, `status`.
//!
//! Every message is an envelope with `channel`, `timestamp`, `sequence_num` and `events`. The sequence counts
//! the messages of the *connection*; a jump means that messages of whatever channel are missing, which is
//! reported before what the message says. A message that is refused does not count as received, so that the
//! one after it reports the hole. A trade's `side` is the *maker's*.
//! Source: <https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/websocket>.

mod channels;
pub mod encode;

use serde_json::value::RawValue;
use tradewind_types::market::{BookAction, BookLevel, BookUpdate, MarketEvent};
use tradewind_types::{PriceMantissa, Side, SizeMantissa, UnixNanos};

use crate::coinbase_products as products;
use crate::decoded::{Core, Decoded, ignored, impl_decoder};
use crate::error::{DecodeError, cut};
use crate::json::{Object, Raw};
use crate::scan::Cursor;
use crate::stamp;
use crate::symbols::SymbolTable;

/// Decoder of one connection to Coinbase Advanced Trade.
#[derive(Clone, Debug)]
pub struct CoinbaseAdvanced {
    core: Core,
    /// The number that the next message of this connection should have.
    next_sequence: Option<u64>,
    /// Number of the last trade seen per product, over all sessions: a snapshot of trades repeats old ones.
    last_trade: Vec<u64>,
}

impl_decoder!(CoinbaseAdvanced);

impl CoinbaseAdvanced {
    /// A decoder for these products.
    #[must_use]
    pub fn new(symbols: SymbolTable) -> Self {
        Self {
            core: Core::new(symbols),
            next_sequence: None,
            last_trade: Vec::new(),
        }
    }

    /// Whether a document is a message of this protocol.
    #[must_use]
    pub fn recognises(document: &RawValue) -> bool {
        Object::read(document, "message").is_ok_and(|o| o.has("channel"))
    }

    fn new_session(&mut self) {
        self.next_sequence = None;
    }

    /// The gap before a message with this number.
    #[inline]
    fn gap(&self, sequence: u64) -> Option<Decoded> {
        let expected = self.next_sequence.filter(|next| *next != sequence)?;
        Some(Decoded::Gap {
            instrument: None,
            expected,
            got: sequence,
        })
    }

    /// A change of one book, in the venue's own spelling.
    #[inline]
    fn short_way(&mut self, raw: &[u8], ts_init: UnixNanos, out: &mut Vec<Decoded>) -> Option<()> {
        let mut at = Cursor::new(raw);
        at.lit(b"{\"channel\":\"l2_data\",\"client_id\":\"")?;
        at.text()?;
        at.lit(b",\"timestamp\":\"")?;
        let ts_event = stamp::rfc3339_utc(at.text()?)?;
        at.lit(b",\"sequence_num\":")?;
        let sequence = at.digits().filter(|digits| digits.decimals == 0)?.mantissa;
        at.lit(b",\"events\":[{\"type\":\"update\",\"product_id\":\"")?;
        let entry = self.core.symbols.at(self.core.symbols.scaled_slot(at.text()?)?);
        let (instrument, action) = (entry.instrument, BookAction::Delta);
        let mut update = BookUpdate {
            instrument,
            action,
            levels: Default::default(),
            ts_event,
            ts_init,
        };
        at.lit(b",\"updates\":[")?;
        loop {
            at.lit(b"{\"side\":\"")?;
            let side = if at.skip(b"bid\"") {
                Side::Buy
            } else {
                at.lit(b"offer\"")?;
                Side::Sell
            };
            at.lit(b",\"event_time\":\"")?;
            at.text()?;
            at.lit(b",\"price_level\":\"")?;
            let price = at.digits()?.at_scale(entry.price_scale).filter(|p| *p > 0)?;
            at.lit(b"\",\"new_quantity\":\"")?;
            let size = i128::from(at.digits()?.at_scale(entry.size_scale)?);
            at.lit(b"\"}")?;
            update.levels.push(BookLevel {
                side,
                price: PriceMantissa(price),
                size: SizeMantissa(size),
            });
            if !at.skip(b",") {
                break;
            }
        }
        at.lit(b"]}]}")?;
        at.end()?;
        out.extend(self.gap(sequence));
        self.next_sequence = Some(sequence + 1);
        out.push(Decoded::Market(MarketEvent::Book(update)));
        Some(())
    }

    fn long_way(
        &mut self,
        document: Raw<'_>,
        ts_init: UnixNanos,
        out: &mut Vec<Decoded>,
    ) -> Result<(), DecodeError> {
        let message = Object::read(document, "message")?;
        if !message.has("channel") || !message.has("events") {
            return outside_the_envelope(&message, out);
        }
        let sequence = message.integer("sequence_num")?;
        out.extend(self.gap(sequence));
        self.channel(&message, ts_init, out)?;
        self.next_sequence = Some(sequence.saturating_add(1));
        Ok(())
    }

    fn channel(
        &mut self,
        message: &Object<'_>,
        ts_init: UnixNanos,
        out: &mut Vec<Decoded>,
    ) -> Result<(), DecodeError> {
        let channel = message.text("channel")?;
        let mut events = Vec::new();
        for event in message.array("events")? {
            events.push(Object::read(event, "events")?);
        }
        let ts_event = stamp::rfc3339(&message.text("timestamp")?, "timestamp")?;
        let times = (ts_event, ts_init);
        let core = &mut self.core;
        match channel.as_ref() {
            "l2_data" => events
                .iter()
                .try_for_each(|event| channels::book(core, event, times, out)),
            "market_trades" => channels::trades(core, &mut self.last_trade, &events, ts_init, out),
            "ticker" | "ticker_batch" => events
                .iter()
                .try_for_each(|event| channels::tickers(core, event, times, out)),
            "candles" => events
                .iter()
                .try_for_each(|event| channels::candles(core, event, times, out)),
            "status" => events
                .iter()
                .try_for_each(|event| products::definitions(&core.symbols, &event.array("products")?, out)),
            "heartbeats" => events.iter().try_for_each(|event| {
                out.push(Decoded::Heartbeat {
                    counter: Some(event.integer("heartbeat_counter")?),
                });
                Ok(())
            }),
            "subscriptions" => events.iter().try_for_each(|event| {
                let detail = event.get("subscriptions")?.get().to_owned();
                out.push(Decoded::Ack {
                    method: "subscriptions".to_owned(),
                    detail,
                    request_id: None,
                });
                Ok(())
            }),
            "user" | "futures_balance_summary" => {
                out.push(ignored("an account's private channel is not market data"));
                Ok(())
            }
            other => {
                out.push(ignored(format!("channel `{}` is not read", cut(other))));
                Ok(())
            }
        }
    }
}

/// Errors come without an envelope; requests are seen in recordings.
fn outside_the_envelope(message: &Object<'_>, out: &mut Vec<Decoded>) -> Result<(), DecodeError> {
    let kind = message.text("type")?;
    match kind.as_ref() {
        "error" => {
            let text = message.text("message")?.into_owned();
            out.push(Decoded::VenueError {
                message: text,
                request_id: None,
            });
            Ok(())
        }
        "subscribe" | "unsubscribe" => {
            out.push(ignored("a request to the venue"));
            Ok(())
        }
        other => Err(DecodeError::Shape {
            detail: format!("type `{}` without `events`", cut(other)),
        }),
    }
}
