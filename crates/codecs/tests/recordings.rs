//! The real recordings: every message is understood, every checksum matches, both ways of reading agree.

mod support;

use std::collections::HashMap;

use support::{growing, messages, recording, respelt};
use tradewind_codecs::{CoinbaseExchange, Counters, Decoded, Decoder, KrakenV1};
use tradewind_types::market::{MarketEvent, OrderBook};

/// Decodes everything, once as it is and once respelt, and returns what came out.
fn decode_both_ways<D: Decoder + Clone>(decoder: &D, recording: &[u8]) -> (Counters, Vec<Decoded>) {
    let (mut short, mut long) = (decoder.clone(), decoder.clone());
    let (mut out, mut out_long) = (Vec::new(), Vec::new());
    for (ts, raw) in messages(recording) {
        let text = String::from_utf8_lossy(&raw);
        short
            .decode(&raw, ts, &mut out)
            .unwrap_or_else(|e| panic!("{e} in {text}"));
        long.decode(&respelt(&raw), ts, &mut out_long)
            .unwrap_or_else(|e| panic!("{e} in {text}"));
    }
    assert_eq!(out.len(), out_long.len());
    for (short, long) in out.iter().zip(&out_long) {
        assert_eq!(short, long);
    }
    assert_eq!(short.counters(), long.counters());
    (*short.counters(), out)
}

#[test]
fn every_kraken_checksum_of_the_recording_matches_the_book_we_built() {
    let Some(lines) = recording("KRAKEN.ws.50.0.gz") else {
        return;
    };
    let (counters, out) = decode_both_ways(&KrakenV1::new(growing("KRAKEN")), &lines);
    assert_eq!(
        (
            counters.checksums_ok,
            counters.checksums_bad,
            counters.checksums_unverified
        ),
        (4269, 0, 0)
    );
    assert_eq!((counters.errors, counters.gaps), (0, 0));
    let rescaled = out
        .iter()
        .filter(|item| matches!(item, Decoded::Rescaled { .. }))
        .count();
    assert_eq!(rescaled, 0, "the venue writes all decimals in its snapshots");
    // Books that know nothing of depth or checksums follow from the events alone.
    let mut books: HashMap<u32, OrderBook> = HashMap::new();
    for item in &out {
        if let Decoded::Market(MarketEvent::Book(update)) = item {
            let book = books
                .entry(update.instrument.0)
                .or_insert_with(|| OrderBook::new(update.instrument));
            book.apply(update).expect("snapshots come first");
            assert!(book.bids().count() <= 1000 && book.asks().count() <= 1000);
        }
    }
    assert_eq!(books.len(), 10);
    assert!(books.values().all(|book| !book.is_crossed()));
}

#[test]
fn every_data_message_of_the_coinbase_recording_becomes_an_event() {
    let Some(lines) = recording("COINBASE.ws.28.0.gz") else {
        return;
    };
    let (counters, out) = decode_both_ways(&CoinbaseExchange::new(growing("COINBASE")), &lines);
    assert_eq!(
        (counters.messages, counters.events, counters.ignored),
        (9946, 9943, 3)
    );
    assert_eq!((counters.errors, counters.gaps), (0, 0));
    let count = |want: fn(&MarketEvent) -> bool| {
        out.iter()
            .filter(|item| matches!(item, Decoded::Market(event) if want(event)))
            .count()
    };
    assert_eq!(count(|e| matches!(e, MarketEvent::Book(_))), 9729);
    assert_eq!(count(|e| matches!(e, MarketEvent::Trade(_))), 107);
    assert_eq!(count(|e| matches!(e, MarketEvent::Quote(_))), 107);
}
