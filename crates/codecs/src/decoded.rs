//! What messages become, and the face that every codec has.

use std::borrow::Cow;

use tradewind_types::market::MarketEvent;
use tradewind_types::{Decimal, InstrumentIdx, InstrumentStatus, UnixNanos};

use crate::error::DecodeError;
use crate::symbols::SymbolTable;

/// A product as the venue defines it on its status or instrument channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Definition {
    /// The instrument, where the symbol table knows it.
    pub instrument: Option<InstrumentIdx>,
    /// The venue's spelling.
    pub venue_symbol: String,
    /// Base asset in canonical spelling.
    pub base: String,
    /// Quote currency in canonical spelling.
    pub quote: String,
    /// Price step.
    pub tick: Decimal,
    /// Quantity step.
    pub lot: Decimal,
    /// Least quantity of an order; 0 where the venue tells none.
    pub quantity_min: Decimal,
    /// Least notional of an order; 0 where the venue tells none.
    pub notional_min: Decimal,
    /// Trading status.
    pub status: InstrumentStatus,
}

/// What one message, or a part of it, says.
#[derive(Clone, PartialEq, Debug)]
pub enum Decoded {
    /// Market data.
    Market(MarketEvent),
    /// A last price without a quote, as on Coinbase's batched ticker.
    LastPrice {
        /// Instrument.
        instrument: InstrumentIdx,
        /// The price, at the instrument's scale.
        price: tradewind_types::PriceMantissa,
        /// Venue time.
        ts_event: UnixNanos,
    },
    /// A product's definition and status.
    Definition(Box<Definition>),
    /// The venue's own state: whether its trading engine is up.
    VenueStatus {
        /// Whether orders are matched.
        online: bool,
        /// The venue's word for it.
        status: String,
    },
    /// A sign of life. `counter` increases by one from beat to beat where the venue counts them.
    Heartbeat {
        /// The count.
        counter: Option<u64>,
    },
    /// The venue's answer to a subscription or ping, or its list of what is subscribed.
    Ack {
        /// `subscribe`, `unsubscribe`, `subscriptions`, `pong` …
        method: String,
        /// Channel and products.
        detail: String,
        /// The number that the request carried.
        request_id: Option<u64>,
    },
    /// Numbers that should follow each other do not: messages are missing.
    Gap {
        /// The instrument whose numbers these are; `None` for the connection's own.
        instrument: Option<InstrumentIdx>,
        /// The next number expected.
        expected: u64,
        /// The number that came.
        got: u64,
    },
    /// The venue's checksum is not that of the book we built: the book is wrong until the next snapshot.
    /// Comes after the event of the message that revealed it.
    ChecksumMismatch {
        /// The instrument.
        instrument: InstrumentIdx,
        /// The venue's checksum.
        expected: u32,
        /// Ours.
        got: u32,
    },
    /// From here on the mantissas of an instrument are at this finer scale. Only tables that grow by
    /// themselves do that; books kept elsewhere are refined by the difference.
    Rescaled {
        /// The instrument.
        instrument: InstrumentIdx,
        /// Decimals of prices before and after.
        price_scale: (u8, u8),
        /// Decimals of sizes before and after.
        size_scale: (u8, u8),
    },
    /// Understood, and of no use to market data.
    Ignored {
        /// Why.
        why: Cow<'static, str>,
    },
    /// The venue refused something we sent, or reports a fault.
    VenueError {
        /// In the venue's words.
        message: String,
        /// The number that the request carried.
        request_id: Option<u64>,
    },
}

impl Decoded {
    /// Whether this is data, as opposed to control messages and findings.
    #[must_use]
    pub fn is_event(&self) -> bool {
        matches!(
            self,
            Decoded::Market(_)
                | Decoded::LastPrice { .. }
                | Decoded::Definition(_)
                | Decoded::VenueStatus { .. }
        )
    }
}

/// What a decoder has seen since it was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Messages given to it.
    pub messages: u64,
    /// Data events made of them.
    pub events: u64,
    /// Messages that are control or none of ours.
    pub ignored: u64,
    /// Messages refused.
    pub errors: u64,
    /// Checksums that matched.
    pub checksums_ok: u64,
    /// Checksums that did not.
    pub checksums_bad: u64,
    /// Checksums over a book of fewer levels than they cover, which did not match: nothing can be said.
    pub checksums_unverified: u64,
    /// Gaps in the venue's numbers.
    pub gaps: u64,
}

impl Counters {
    /// Counts what one message became.
    #[inline]
    pub(crate) fn tally(&mut self, items: &[Decoded]) {
        let mut events = 0;
        for item in items {
            match item {
                Decoded::Gap { .. } => self.gaps += 1,
                item if item.is_event() => events += 1,
                _ => {}
            }
        }
        self.events += events;
        self.ignored += u64::from(events == 0);
    }
}

impl std::ops::AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.messages += other.messages;
        self.events += other.events;
        self.ignored += other.ignored;
        self.errors += other.errors;
        self.checksums_ok += other.checksums_ok;
        self.checksums_bad += other.checksums_bad;
        self.checksums_unverified += other.checksums_unverified;
        self.gaps += other.gaps;
    }
}

/// Turns a venue's messages into events. One decoder serves one connection.
pub trait Decoder {
    /// Decodes one message and appends what it says to `out`.
    ///
    /// # Errors
    /// [`DecodeError`]; `out` and the decoder's books are then as before.
    fn decode(&mut self, raw: &[u8], ts_init: UnixNanos, out: &mut Vec<Decoded>) -> Result<(), DecodeError>;

    /// Starts a new connection session: sequence numbers and books of the old one count no more.
    fn reset(&mut self);

    /// What it has seen so far, over all sessions.
    fn counters(&self) -> &Counters;

    /// The products and their scales.
    fn symbols(&self) -> &SymbolTable;
}

/// State that every codec has.
#[derive(Clone, Debug)]
pub(crate) struct Core {
    pub(crate) symbols: SymbolTable,
    pub(crate) counters: Counters,
}

impl Core {
    pub(crate) fn new(symbols: SymbolTable) -> Self {
        Self {
            symbols,
            counters: Counters::default(),
        }
    }
}

/// Implements [`Decoder`] for a codec with the fields and methods named here: the short way, then the long
/// way, with the rule that a refused message leaves no trace.
macro_rules! impl_decoder {
    ($codec:ty) => {
        impl crate::decoded::Decoder for $codec {
            #[inline]
            fn decode(
                &mut self,
                raw: &[u8],
                ts_init: tradewind_types::UnixNanos,
                out: &mut Vec<crate::decoded::Decoded>,
            ) -> Result<(), crate::error::DecodeError> {
                let start = out.len();
                self.core.counters.messages += 1;
                if self.short_way(raw, ts_init, out).is_some() {
                    self.core.counters.tally(&out[start..]);
                    return Ok(());
                }
                self.core.symbols.begin();
                let result = crate::json::document(raw).and_then(|doc| self.long_way(doc, ts_init, out));
                match &result {
                    Ok(()) => self.core.counters.tally(&out[start..]),
                    Err(_) => {
                        out.truncate(start);
                        self.core.symbols.rollback();
                        self.core.counters.errors += 1;
                    }
                }
                result
            }

            fn reset(&mut self) {
                self.new_session();
            }

            fn counters(&self) -> &crate::decoded::Counters {
                &self.core.counters
            }

            fn symbols(&self) -> &crate::symbols::SymbolTable {
                &self.core.symbols
            }
        }
    };
}
pub(crate) use impl_decoder;

/// Shorthand for a message that is understood and of no use.
pub(crate) fn ignored(why: impl Into<Cow<'static, str>>) -> Decoded {
    Decoded::Ignored { why: why.into() }
}
