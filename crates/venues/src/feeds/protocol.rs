//! A codec as a [`Protocol`]: messages to decoded items, findings to gaps and resyncs.

use std::sync::Arc;

use tradewind_codecs::{DecodeError, Decoded, Decoder, SymbolTable};
use tradewind_types::market::MarketEvent;
use tradewind_types::{Instrument, InstrumentIdx, UnixNanos};

use super::dialect::VenueKind;
use crate::connection::{BadKind, BadMessage, Context, Gap, GapCause, Incoming, Outgoing, Protocol};

/// One channel of one instrument, or a channel of the session (`symbol` = `None`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The venue's channel.
    pub channel: &'static str,
    /// The venue's symbol.
    pub symbol: Option<Arc<str>>,
    /// The instrument.
    pub instrument: Option<InstrumentIdx>,
}

/// A venue's codec behind the face that connections want.
pub struct DecoderProtocol {
    kind: VenueKind,
    decoder: Box<dyn Decoder + Send>,
    subscriptions: Vec<Subscription>,
    decoded: Vec<Decoded>,
    requests: u64,
}

impl DecoderProtocol {
    /// The protocol of a venue for these instruments.
    #[must_use]
    pub fn new(kind: VenueKind, instruments: &[(InstrumentIdx, Arc<Instrument>)]) -> Self {
        let symbols = SymbolTable::from_instruments(instruments.iter().map(|(idx, i)| (*idx, &**i)));
        let mut protocol = Self {
            kind,
            decoder: kind.decoder(symbols),
            subscriptions: Vec::new(),
            decoded: Vec::new(),
            requests: 0,
        };
        protocol.subscriptions = protocol.all_subscriptions(instruments);
        protocol
    }

    /// Everything that a feed of these instruments subscribes to, in order.
    #[must_use]
    pub fn all_subscriptions(&self, instruments: &[(InstrumentIdx, Arc<Instrument>)]) -> Vec<Subscription> {
        let session = self.kind.session_channels().iter();
        let mut all: Vec<Subscription> = session
            .map(|channel| Subscription {
                channel,
                symbol: None,
                instrument: None,
            })
            .collect();
        for channel in self.kind.channels() {
            all.extend(instruments.iter().map(|(idx, instrument)| Subscription {
                channel,
                symbol: Some(Arc::clone(&instrument.venue_symbol)),
                instrument: Some(*idx),
            }));
        }
        all
    }

    fn messages(&mut self, subscriptions: &[Subscription], on: bool) -> Vec<Outgoing> {
        let mut messages = Vec::new();
        let mut rest = subscriptions;
        while let Some(first) = rest.first() {
            let same = rest.iter().take_while(|s| s.channel == first.channel).count();
            let symbols: Vec<&str> = rest[..same].iter().filter_map(|s| s.symbol.as_deref()).collect();
            self.requests += 1;
            let text = if on {
                self.kind.subscribe(first.channel, &symbols, self.requests)
            } else {
                self.kind.unsubscribe(first.channel, &symbols, self.requests)
            };
            messages.push(Outgoing::text(text));
            rest = &rest[same..];
        }
        messages
    }

    fn book_of(&self, instrument: InstrumentIdx) -> Option<Subscription> {
        let book = self.kind.channels()[0];
        self.subscriptions
            .iter()
            .find(|s| s.channel == book && s.instrument == Some(instrument))
            .cloned()
    }

    fn take(&self, item: Decoded, ctx: &mut Context<MarketEvent, Subscription>) {
        match item {
            Decoded::Market(event) => {
                if let Some(ts) = stamp(&event) {
                    ctx.stamped(ts);
                }
                ctx.emit(event);
            }
            Decoded::Heartbeat {
                counter: Some(counter),
            } => ctx.heartbeat(counter),
            Decoded::Gap {
                instrument,
                expected,
                got,
            } => {
                let cause = GapCause::Sequence { expected, got };
                self.broken(instrument, cause, ctx);
            }
            Decoded::ChecksumMismatch { instrument, .. } => {
                self.broken(Some(instrument), GapCause::Checksum, ctx);
            }
            Decoded::VenueError { message, .. } => ctx.bad(BadMessage::new(BadKind::Refused, message)),
            Decoded::Heartbeat { counter: None }
            | Decoded::LastPrice { .. }
            | Decoded::Definition(_)
            | Decoded::VenueStatus { .. }
            | Decoded::Ack { .. }
            | Decoded::Rescaled { .. }
            | Decoded::Ignored { .. } => {}
        }
    }

    fn broken(
        &self,
        instrument: Option<InstrumentIdx>,
        cause: GapCause,
        ctx: &mut Context<MarketEvent, Subscription>,
    ) {
        let book = instrument.and_then(|idx| self.book_of(idx));
        if let Some(idx) = instrument {
            ctx.emit(MarketEvent::Reset {
                instrument: idx,
                ts_init: ctx.received_at(),
            });
        }
        let stream = book.as_ref().and_then(|s| s.symbol.as_deref()).map(str::to_owned);
        ctx.gap(Gap { stream, cause });
        match book {
            Some(book) => ctx.resync(book),
            None => ctx.resync_all(),
        }
    }
}

/// Venue time of the live part of the stream; a snapshot of past trades says nothing about latency.
fn stamp(event: &MarketEvent) -> Option<UnixNanos> {
    match event {
        MarketEvent::Quote(q) => Some(q.ts_event),
        MarketEvent::Book(b) => Some(b.ts_event),
        MarketEvent::Trade(_) | MarketEvent::Bar(_) | MarketEvent::Reset { .. } => None,
    }
}

impl Protocol for DecoderProtocol {
    type Event = MarketEvent;
    type Subscription = Subscription;

    fn session_started(&mut self, _ctx: &mut Context<MarketEvent, Subscription>) {
        self.decoder.reset();
    }

    fn subscribe(&mut self, subscriptions: &[Subscription]) -> Vec<Outgoing> {
        self.messages(subscriptions, true)
    }

    fn unsubscribe(&mut self, subscriptions: &[Subscription]) -> Vec<Outgoing> {
        self.messages(subscriptions, false)
    }

    fn on_message(
        &mut self,
        message: Incoming<'_>,
        ctx: &mut Context<MarketEvent, Subscription>,
    ) -> Result<(), BadMessage> {
        let mut decoded = std::mem::take(&mut self.decoded);
        decoded.clear();
        let result = self
            .decoder
            .decode(message.bytes(), ctx.received_at(), &mut decoded);
        for item in decoded.drain(..) {
            self.take(item, ctx);
        }
        self.decoded = decoded;
        result.map_err(|error| BadMessage::new(kind_of(&error), error.to_string()))
    }

    fn ping(&mut self) -> Option<Outgoing> {
        self.requests += 1;
        self.kind.ping(self.requests).map(Outgoing::text)
    }
}

fn kind_of(error: &DecodeError) -> BadKind {
    match error {
        DecodeError::Malformed { .. } => BadKind::Malformed,
        DecodeError::Shape { .. } => BadKind::UnknownMessage,
        DecodeError::Missing { .. } => BadKind::MissingField,
        DecodeError::Null { .. } => BadKind::NullField,
        DecodeError::WrongType { .. } | DecodeError::NotANumber { .. } | DecodeError::BadValue { .. } => {
            BadKind::WrongType
        }
        DecodeError::NotFinite { .. } => BadKind::NotFinite,
        DecodeError::NotPositive { .. } | DecodeError::Negative { .. } => BadKind::NotPositive,
        DecodeError::TooManyDecimals { .. } | DecodeError::DoesNotFit { .. } => BadKind::OutOfRange,
        DecodeError::UnknownProduct { .. } => BadKind::UnknownInstrument,
        DecodeError::Duplicate { .. } | DecodeError::TooManyProducts { .. } => BadKind::Other,
    }
}
