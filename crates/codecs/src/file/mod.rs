//! Decoding of whole files: what `tradewind venue decode` does between a reader and a writer.
//!
//! A line is a message, bare or as `<unix seconds>: <message>`; lines with `<->`, `<-` or `->` are the
//! recorder's marks of connections and of what was sent. `<->` starts a new session. A file that is one JSON
//! document, pretty-printed or an array of messages, is read as such. Which protocol of a venue a message
//! belongs to is told by its shape.

mod render;

use std::fmt;
use std::io::{self, BufRead, Read, Write};
use std::str::FromStr;

use serde::Serialize;
use tradewind_types::{Market, UnixNanos};

use crate::coinbase_advanced::CoinbaseAdvanced;
use crate::coinbase_exchange::CoinbaseExchange;
use crate::decoded::{Counters, Decoded, Decoder};
use crate::error::{DecodeError, cut};
use crate::json::{self, Raw};
use crate::kraken_v1::KrakenV1;
use crate::kraken_v2::KrakenV2;
use crate::stamp;
use crate::symbols::SymbolTable;

pub use render::render;

/// Largest file that is read as one document; a larger one is read by lines.
const DOCUMENT_BYTES_MAX: u64 = 64 << 20;

/// A venue whose messages files may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Venue {
    /// Coinbase, either protocol.
    Coinbase,
    /// Coinbase Exchange; kept as a name of its own, told apart by shape as well.
    CoinbaseExchange,
    /// Kraken, either protocol.
    Kraken,
}

/// The text names no venue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no venue whose messages can be decoded; one of coinbase coinbase_exchange kraken")]
pub struct UnknownVenue(pub String);

impl FromStr for Venue {
    type Err = UnknownVenue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "coinbase" => Ok(Venue::Coinbase),
            "coinbase_exchange" => Ok(Venue::CoinbaseExchange),
            "kraken" => Ok(Venue::Kraken),
            other => Err(UnknownVenue(cut(other))),
        }
    }
}

/// The figures at the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Summary {
    /// Messages read.
    pub messages: u64,
    /// Events made of them.
    pub events: u64,
    /// Messages that are control or none of market data; each told with its reason.
    pub ignored: u64,
    /// Messages refused; each told with its reason.
    pub errors: u64,
    /// Checksums that matched.
    pub checksums_ok: u64,
    /// Checksums that did not.
    pub checksums_bad: u64,
    /// Gaps in the venue's numbers.
    pub gaps: u64,
}

/// Something about a message that is no event.
#[derive(Clone, PartialEq, Debug)]
pub enum Note {
    /// It was refused.
    Error(DecodeError),
    /// It was understood and is no event: the reason, or what it reports.
    Other(Decoded),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Error(error) => write!(f, "error: {error}"),
            Note::Other(Decoded::Ignored { why }) => write!(f, "ignored: {why}"),
            Note::Other(Decoded::Heartbeat { counter: Some(n) }) => write!(f, "ignored: heartbeat {n}"),
            Note::Other(Decoded::Heartbeat { counter: None }) => write!(f, "ignored: heartbeat"),
            Note::Other(Decoded::Ack { method, detail, .. }) => write!(f, "ignored: {method} {detail}"),
            Note::Other(Decoded::VenueError { message, .. }) => {
                write!(f, "ignored: the venue says: {message}")
            }
            Note::Other(Decoded::Gap { expected, got, .. }) => {
                write!(f, "gap: expected {expected}, got {got}")
            }
            Note::Other(Decoded::ChecksumMismatch { expected, got, .. }) => {
                write!(f, "checksum: the venue has {expected}, the book built has {got}")
            }
            Note::Other(other) => write!(f, "{other:?}"),
        }
    }
}

/// Decodes messages of one venue, each by the protocol that its shape shows.
#[derive(Clone, Debug)]
pub struct FileDecoder {
    decoders: Decoders,
    /// Messages that no protocol knows.
    strangers: Counters,
}

#[derive(Clone, Debug)]
enum Decoders {
    Coinbase(Box<(CoinbaseAdvanced, CoinbaseExchange)>),
    Kraken(Box<(KrakenV1, KrakenV2)>),
}

impl Decoders {
    /// The decoder whose protocol has messages of this shape.
    fn of(&mut self, document: Raw<'_>) -> Result<&mut dyn Decoder, DecodeError> {
        match self {
            Decoders::Coinbase(pair) => {
                let (advanced, exchange) = pair.as_mut();
                if CoinbaseAdvanced::recognises(document) {
                    return Ok(advanced);
                }
                if CoinbaseExchange::recognises(document) {
                    return Ok(exchange);
                }
            }
            Decoders::Kraken(pair) => {
                let (first, second) = pair.as_mut();
                if KrakenV1::recognises(document) {
                    return Ok(first);
                }
                if KrakenV2::recognises(document) {
                    return Ok(second);
                }
            }
        }
        Err(stranger(document))
    }
}

/// What a line holds.
enum Line<'a> {
    Empty,
    Session,
    Mark,
    Message(UnixNanos, &'a [u8]),
}

fn classify(line: &[u8]) -> Line<'_> {
    let line = line.trim_ascii();
    let contains = |needle: &[u8]| memchr::memmem::find(line, needle).is_some();
    match line.first() {
        None => return Line::Empty,
        Some(b'{' | b'[') => return Line::Message(UnixNanos(0), line),
        Some(_) => {}
    }
    let stamped = memchr::memmem::find(line, b": ")
        .and_then(|at| Some((stamp::unix_seconds(&line[..at])?, &line[at + 2..])));
    match stamped {
        Some((ts, message)) => Line::Message(ts, message),
        None if contains(b"<->") => Line::Session,
        None if contains(b"<-") || contains(b"->") => Line::Mark,
        None => Line::Message(UnixNanos(0), line),
    }
}

impl FileDecoder {
    /// A decoder whose symbol tables grow by themselves.
    ///
    /// # Errors
    /// Never for the venues there are; the market's name is checked all the same.
    pub fn new(venue: Venue) -> Result<Self, DecodeError> {
        let table = |market: &str| {
            let market = Market::new(market).map_err(|e| DecodeError::Shape {
                detail: e.to_string(),
            })?;
            Ok::<_, DecodeError>(SymbolTable::growing(market))
        };
        let decoders = match venue {
            Venue::Coinbase | Venue::CoinbaseExchange => {
                let pair = (
                    CoinbaseAdvanced::new(table("COINBASE")?),
                    CoinbaseExchange::new(table("COINBASE")?),
                );
                Decoders::Coinbase(Box::new(pair))
            }
            Venue::Kraken => Decoders::Kraken(Box::new((
                KrakenV1::new(table("KRAKEN")?),
                KrakenV2::new(table("KRAKEN")?),
            ))),
        };
        Ok(Self {
            decoders,
            strangers: Counters::default(),
        })
    }

    /// Starts a new connection session.
    pub fn new_session(&mut self) {
        match &mut self.decoders {
            Decoders::Coinbase(pair) => {
                pair.0.reset();
                pair.1.reset();
            }
            Decoders::Kraken(pair) => {
                pair.0.reset();
                pair.1.reset();
            }
        }
    }

    /// Decodes one message and gives each event as a line of JSON, each other finding as a note.
    pub fn message(
        &mut self,
        raw: &[u8],
        ts_init: UnixNanos,
        event: &mut dyn FnMut(&str),
        note: &mut dyn FnMut(Note),
    ) {
        let chosen = json::document(raw).and_then(|document| self.decoders.of(document));
        let decoder = match chosen {
            Ok(decoder) => decoder,
            Err(error) => {
                self.strangers.messages += 1;
                self.strangers.errors += 1;
                note(Note::Error(error));
                return;
            }
        };
        let mut out = Vec::new();
        if let Err(error) = decoder.decode(raw, ts_init, &mut out) {
            note(Note::Error(error));
        }
        for item in out {
            match render(&item, ts_init, decoder.symbols()) {
                Some(line) => event(&line),
                None if matches!(item, Decoded::Rescaled { .. }) => {}
                None => note(Note::Other(item)),
            }
        }
    }

    /// The figures so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut sum = self.strangers;
        match &self.decoders {
            Decoders::Coinbase(pair) => {
                sum += *pair.0.counters();
                sum += *pair.1.counters();
            }
            Decoders::Kraken(pair) => {
                sum += *pair.0.counters();
                sum += *pair.1.counters();
            }
        }
        Summary {
            messages: sum.messages,
            events: sum.events,
            ignored: sum.ignored,
            errors: sum.errors,
            checksums_ok: sum.checksums_ok,
            checksums_bad: sum.checksums_bad,
            gaps: sum.gaps,
        }
    }
}

fn stranger(document: Raw<'_>) -> DecodeError {
    DecodeError::Shape {
        detail: format!(
            "no protocol of this venue has such a message: {}",
            cut(document.get())
        ),
    }
}

/// Decodes a whole file: events to `events`, one a line; notes with the number of their line, from 1, or of
/// the message where the file is one document.
///
/// # Errors
/// Those of reader and writer. Defects of messages are notes, never errors.
pub fn decode(
    venue: Venue,
    mut input: impl BufRead,
    events: &mut impl Write,
    mut note: impl FnMut(u64, Note),
) -> io::Result<Summary> {
    let mut decoder = FileDecoder::new(venue).map_err(io::Error::other)?;
    let mut written = Ok(());
    let mut first = Vec::new();
    let mut number = 0;
    while first.trim_ascii().is_empty() {
        first.clear();
        if input.read_until(b'\n', &mut first)? == 0 {
            return Ok(decoder.summary());
        }
        number += 1;
    }
    let mut one = |decoder: &mut FileDecoder, number: u64, ts: UnixNanos, raw: &[u8]| {
        let mut event = |line: &str| {
            if written.is_ok() {
                written = writeln!(events, "{line}");
            }
        };
        decoder.message(raw, ts, &mut event, &mut |finding| note(number, finding));
    };
    let bare = matches!(first.trim_ascii().first(), Some(b'{' | b'['));
    if bare && json::document(first.trim_ascii()).is_err() {
        let mut whole = first.clone();
        input.by_ref().take(DOCUMENT_BYTES_MAX).read_to_end(&mut whole)?;
        if let Ok(document) = json::document(whole.trim_ascii()) {
            for (at, message) in (1..).zip(messages_of(document)) {
                one(&mut decoder, at, UnixNanos(0), message.get().as_bytes());
            }
            written?;
            return Ok(decoder.summary());
        }
        first = whole;
    } else if let Some(list) = json::document(first.trim_ascii()).ok().filter(is_list) {
        // A document of one line that holds many messages.
        for message in messages_of(list) {
            one(&mut decoder, number, UnixNanos(0), message.get().as_bytes());
        }
        first.clear();
    }
    let mut lines = io::Cursor::new(first).chain(input);
    let mut line = Vec::new();
    number -= 1;
    while lines.read_until(b'\n', &mut line)? > 0 {
        number += 1;
        match classify(&line) {
            Line::Empty | Line::Mark => {}
            Line::Session => decoder.new_session(),
            Line::Message(ts, raw) => one(&mut decoder, number, ts, raw),
        }
        line.clear();
    }
    written?;
    Ok(decoder.summary())
}

/// Whether a document is an array of messages rather than one message that is an array.
fn is_list(document: &Raw<'_>) -> bool {
    document.get().starts_with('[') && !KrakenV1::recognises(document)
}

/// The messages of a document.
fn messages_of(document: Raw<'_>) -> Vec<Raw<'_>> {
    if is_list(&document) {
        return json::array(document, "messages").unwrap_or_default();
    }
    vec![document]
}
