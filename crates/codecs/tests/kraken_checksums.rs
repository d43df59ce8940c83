//! Kraken v2's checksums against vectors of an independent script (`tools/truth/kraken_v2_checksum.py`).

mod support;

use serde::Deserialize;
use support::{decode, growing, respelt};
use tradewind_codecs::{Decoded, Decoder, KrakenV2, book_checksum, kraken_v2};
use tradewind_types::market::{BookAction, BookLevel, BookUpdate, MarketEvent, OrderBook};
use tradewind_types::{InstrumentIdx, PriceMantissa, Side, SizeMantissa, UnixNanos};

#[derive(Deserialize)]
struct Case {
    name: String,
    messages: Vec<String>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("golden/kraken_v2_checksum.json")).expect("golden JSON")
}

#[test]
fn every_checksum_of_the_independent_script_matches_the_book_we_built() {
    for case in cases() {
        for respell in [false, true] {
            let mut decoder = KrakenV2::new(growing("KRAKEN"));
            for (at, message) in case.messages.iter().enumerate() {
                let raw = if respell {
                    respelt(message.as_bytes())
                } else {
                    message.as_bytes().to_vec()
                };
                let out =
                    decode(&mut decoder, &raw).unwrap_or_else(|e| panic!("{}, message {at}: {e}", case.name));
                let bad = out
                    .iter()
                    .any(|item| matches!(item, Decoded::ChecksumMismatch { .. }));
                assert!(!bad, "{}, message {at}: {message}", case.name);
            }
            let counters = decoder.counters();
            let verified = (counters.checksums_ok, counters.checksums_unverified);
            assert_eq!(verified, (case.messages.len() as u64, 0), "{}", case.name);
        }
    }
}

#[test]
fn a_change_that_is_missing_or_wrong_is_revealed_by_the_checksum() {
    let case = &cases()[4];
    let mut found = 0;
    for missing in 1..20 {
        let mut decoder = KrakenV2::new(growing("KRAKEN"));
        for (at, message) in case.messages.iter().enumerate().filter(|(at, _)| *at != missing) {
            decode(&mut decoder, message.as_bytes()).unwrap_or_else(|e| panic!("message {at}: {e}"));
        }
        found += u32::from(decoder.counters().checksums_bad > 0);
    }
    // The book is 25 levels deep and the checksum covers ten, so that not every hole can show.
    assert!(found >= 5, "only {found} of 19 holes were revealed");
    let message = cases()[0].messages[0].replace("3310070434", "3310070435");
    let mut decoder = KrakenV2::new(growing("KRAKEN"));
    let out = decode(&mut decoder, message.as_bytes()).expect("well-formed");
    let mismatch = Decoded::ChecksumMismatch {
        instrument: InstrumentIdx(0),
        expected: 3_310_070_435,
        got: 3_310_070_434,
    };
    assert_eq!(out.last(), Some(&mismatch));
}

#[test]
fn the_precision_that_the_instrument_channel_tells_outranks_what_the_book_shows() {
    // Ten levels a side whose quantities show no decimals although the pair has two.
    let level = |side, at: i64| BookLevel {
        side,
        price: PriceMantissa(if side == Side::Buy { 1000 - at } else { 1001 + at }),
        size: SizeMantissa(i128::from(at + 1) * 100),
    };
    let update = BookUpdate {
        instrument: InstrumentIdx(0),
        action: BookAction::Snapshot,
        levels: (0..10)
            .flat_map(|at| [level(Side::Buy, at), level(Side::Sell, at)])
            .collect(),
        ts_event: UnixNanos(1_700_000_000_000_000_000),
        ts_init: UnixNanos(1_700_000_000_000_000_000),
    };
    let mut book = OrderBook::new(InstrumentIdx(0));
    book.apply(&update).expect("a snapshot");
    let face = tradewind_codecs::Face {
        symbol: "X/USD",
        price_scale: 1,
        size_scale: 2,
    };
    let message = kraken_v2::encode::book(&face, &update, book_checksum(&book)).replace(".00}", "}");
    let trade = r#"{"channel":"trade","type":"update","data":[{"symbol":"X/USD","side":"buy","price":1.0,"qty":1,"ord_type":"limit","trade_id":7,"timestamp":"2023-10-06T17:35:55Z"}]}"#;
    let pair = r#"{"channel":"instrument","type":"snapshot","data":{"assets":[],"pairs":[{"symbol":"X/USD","base":"X","quote":"USD","status":"online","qty_precision":2,"qty_increment":0.01,"price_precision":1,"price_increment":0.1,"qty_min":0.01,"cost_min":0.5}]}}"#;
    for (told, bad) in [(false, 1), (true, 0)] {
        let mut decoder = KrakenV2::new(growing("KRAKEN"));
        decode(&mut decoder, trade.as_bytes()).expect("a trade");
        if told {
            let out = decode(&mut decoder, pair.as_bytes()).expect("a definition");
            assert!(matches!(&out[..], [Decoded::Definition(d)] if d.instrument == Some(InstrumentIdx(0))));
        }
        decode(&mut decoder, message.as_bytes()).expect("a book");
        assert_eq!(decoder.counters().checksums_bad, bad, "told: {told}");
    }
}

#[test]
fn a_level_out_of_the_depth_is_removed_by_the_change_that_pushed_it_out() {
    let case = &cases()[1];
    let mut decoder = KrakenV2::new(growing("KRAKEN"));
    let mut book = OrderBook::new(InstrumentIdx(0));
    for message in &case.messages {
        for item in decode(&mut decoder, message.as_bytes()).expect("well-formed") {
            let Decoded::Market(MarketEvent::Book(update)) = item else {
                continue;
            };
            book.apply(&update).expect("snapshots come first");
            assert!(book.bids().count() <= 10 && book.asks().count() <= 10);
        }
    }
}
