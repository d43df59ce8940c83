//! Messages one by one: what each becomes, what each defect is called, and that both ways of reading agree.

mod support;

use proptest::prelude::*;
use support::{decode, growing, respelt};
use tradewind_codecs::throughput::Kind;
use tradewind_codecs::{
    CoinbaseAdvanced, CoinbaseExchange, Decoded, Decoder, Face, KrakenV1, KrakenV2, SymbolTable,
    coinbase_advanced, coinbase_exchange, kraken_v1, kraken_v2,
};
use tradewind_types::market::{
    Bar, BarInterval, BarSource, BookAction, BookLevel, BookUpdate, MarketEvent, Quote, Trade,
};
use tradewind_types::{
    Currency, Decimal, Instrument, InstrumentIdx, PriceMantissa, Side, SizeMantissa, UnixNanos, VenueId,
};

const L2: &str = r#"{"type":"l2update","product_id":"BTC-USD","changes":[["buy","62000.50","1.25"],["sell","62001.00","0"]],"time":"2021-04-17T16:43:37.075687Z"}"#;
const ADVANCED: &str = r#"{"channel":"l2_data","client_id":"","timestamp":"2026-04-07T14:30:01.456789Z","sequence_num":1,"events":[{"type":"update","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2026-04-07T14:30:01.456789Z","price_level":"62000.50","new_quantity":"1.25"},{"side":"offer","event_time":"2026-04-07T14:30:01.456789Z","price_level":"62001.00","new_quantity":"0"}]}]}"#;
const V1: &str = r#"[1920,{"a":[["62001.00","0.00000000","1618678145.920470"]]},{"b":[["62000.50","1.25000000","1618678145.920708","r"]],"c":"4105471083"},"book-1000","BTC/USD"]"#;
const V2: &str = r#"{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":62000.50,"qty":1.25}],"asks":[{"price":62001.00,"qty":0}],"checksum":2114181697,"timestamp":"2023-10-06T17:35:55.440295Z"}]}"#;

/// A table of `BTC-USD` and `BTC/USD` with two decimals of price and eight of size.
fn fixed(venue_symbol: &str) -> SymbolTable {
    let instrument = Instrument::spot(
        "BTC-USD.TEST".parse().expect("an id"),
        VenueId::new("test").expect("an id"),
        venue_symbol,
        (Currency::of("BTC"), Currency::USD),
        Decimal::new(1, 2),
        Decimal::new(1, 8),
    );
    SymbolTable::from_instruments([(InstrumentIdx(0), &instrument)])
}

fn error_of(decoder: &mut impl Decoder, raw: &str) -> String {
    let before = *decoder.counters();
    let kind = decode(decoder, raw.as_bytes()).expect_err(raw);
    assert_eq!(decoder.counters().errors, before.errors + 1);
    assert_eq!(decoder.counters().events, before.events);
    kind
}

/// The defects that every protocol must name, as changes of a good message.
fn defects(good: &str, price: &str, quoted: bool) -> Vec<(String, &'static str)> {
    let number = |text: &str| {
        if quoted {
            format!("\"{text}\"")
        } else {
            text.to_owned()
        }
    };
    let old = number(price);
    assert!(good.contains(&old), "{old} in {good}");
    let put = |new: String| good.replacen(&old, &new, 1);
    vec![
        (good[..good.len() - 1].to_owned(), "malformed"),
        (good.replacen(':', ";", 1), "malformed"),
        (put("null".to_owned()), "null"),
        (put("{}".to_owned()), "wrong_type"),
        (
            put(if quoted {
                price.to_owned()
            } else {
                format!("\"{price}\"")
            }),
            "wrong_type",
        ),
        (put(number("0")), "not_positive"),
        (put(number("-62000.5")), "not_positive"),
        (put("NaN".to_owned()), "not_finite"),
        (put("-Infinity".to_owned()), "not_finite"),
        (put(number("62000.501")), "too_many_decimals"),
        (put(number("99999999999999999999")), "does_not_fit"),
        (good.replace("BTC", "ETH"), "unknown_product"),
    ]
}

fn assert_defects(mut decoder: impl Decoder, good: &str, defects: Vec<(String, &str)>) {
    for (bad, kind) in defects {
        assert_eq!(error_of(&mut decoder, &bad), kind, "{bad}");
        let out = decode(&mut decoder, good.as_bytes()).expect("the next message is read");
        assert!(out.iter().any(Decoded::is_event), "{bad}");
    }
}

#[test]
fn every_defect_of_a_coinbase_exchange_message_has_its_name() {
    let mut list = defects(L2, "62000.50", true);
    list.extend([
        (L2.replace("\"62000.50\"", "\"NaN\""), "not_finite"),
        (L2.replace("\"62000.50\"", "\"abc\""), "not_a_number"),
        (L2.replace("\"1.25\"", "\"-1.25\""), "negative"),
        (L2.replace("\"buy\"", "\"bid\""), "bad_value"),
        (L2.replace(",\"1.25\"]", "]"), "bad_value"),
        (L2.replace("\"changes\"", "\"change\""), "missing"),
        (L2.replace("2021-04-17", "2021-04-31"), "bad_value"),
        (
            L2.replace("\"type\":\"l2update\"", "\"type\":\"l2update\",\"type\":\"x\""),
            "duplicate",
        ),
    ]);
    assert_defects(CoinbaseExchange::new(fixed("BTC-USD")), L2, list);
}

#[test]
fn every_defect_of_a_coinbase_advanced_message_has_its_name() {
    let mut list = defects(ADVANCED, "62000.50", true);
    list.extend([
        (ADVANCED.replace("\"1.25\"", "\"-1.25\""), "negative"),
        (ADVANCED.replace("\"bid\"", "\"buy\""), "bad_value"),
        (ADVANCED.replace("\"price_level\":\"62000.50\",", ""), "missing"),
        (ADVANCED.replace("\"sequence_num\":1,", ""), "missing"),
        (
            ADVANCED.replace("\"sequence_num\":1,", "\"sequence_num\":-1,"),
            "bad_value",
        ),
        (
            ADVANCED.replace("\"type\":\"update\"", "\"type\":\"change\""),
            "bad_value",
        ),
    ]);
    assert_defects(CoinbaseAdvanced::new(fixed("BTC-USD")), ADVANCED, list);
}

#[test]
fn every_defect_of_a_kraken_v1_message_has_its_name() {
    let mut list = defects(V1, "62000.50", true);
    list.extend([
        (V1.replace("\"1.25000000\"", "\"-1.25\""), "negative"),
        (V1.replace("1618678145.920708", "yesterday"), "bad_value"),
        (V1.replace("4105471083", "4294967296"), "bad_value"),
        (V1.replace(",\"r\"]", ",\"x\"]"), "bad_value"),
        (V1.replace("book-1000", "book-deep"), "bad_value"),
        ("[1920,{}]".to_owned(), "shape"),
    ]);
    assert_defects(KrakenV1::new(fixed("BTC/USD")), V1, list);
}

#[test]
fn every_defect_of_a_kraken_v2_message_has_its_name() {
    let mut list = defects(V2, "62000.50", false);
    list.extend([
        (V2.replace(":1.25}", ":-1.25}"), "negative"),
        (V2.replace("2114181697", "4294967296"), "bad_value"),
        (V2.replace("\"checksum\":2114181697,", ""), "missing"),
        (V2.replace("\"update\"", "\"change\""), "bad_value"),
        (V2.replace("62000.50", "0.1e-50"), "does_not_fit"),
        (V2.replace("62000.50", "062000.50"), "malformed"),
    ]);
    assert_defects(KrakenV2::new(fixed("BTC/USD")), V2, list);
}

#[test]
fn eighteen_decimals_and_scientific_notation_survive() {
    let mut decoder = KrakenV2::new(growing("KRAKEN"));
    let raw = V2
        .replace("62000.50", "0.123456789012345678")
        .replace("62001.00", "2.5E-1")
        .replace(":1.25}", ":1.5e-17}");
    let out = decode(&mut decoder, raw.as_bytes()).expect("exact");
    let [Decoded::Market(MarketEvent::Book(update))] = &out[..] else {
        panic!("{out:?}")
    };
    let entry = decoder.symbols().find("BTC/USD").expect("known");
    assert_eq!((entry.price_scale, entry.size_scale), (18, 18));
    assert_eq!(update.levels[0].price, PriceMantissa(123_456_789_012_345_678));
    assert_eq!(update.levels[0].size, SizeMantissa(15));
}

#[test]
fn a_book_that_needs_more_decimals_is_rescaled_and_not_rounded() {
    let mut decoder = CoinbaseExchange::new(growing("COINBASE"));
    decode(&mut decoder, L2.as_bytes()).expect("good");
    let out = decode(&mut decoder, L2.replace("62000.50", "62000.5001").as_bytes()).expect("finer");
    let rescaled = Decoded::Rescaled {
        instrument: InstrumentIdx(0),
        price_scale: (2, 4),
        size_scale: (2, 2),
    };
    assert_eq!(out[0], rescaled);
    let Decoded::Market(MarketEvent::Book(update)) = &out[1] else {
        panic!("{out:?}")
    };
    assert_eq!(update.levels[0].price, PriceMantissa(620_005_001));
    assert_eq!(update.levels[1].price, PriceMantissa(620_010_000));
}

#[test]
fn both_spellings_of_bitcoin_mean_one_instrument() {
    let mut decoder = KrakenV1::new(fixed("BTC/USD"));
    let out = decode(&mut decoder, V1.replace("BTC/USD", "XBT/USD").as_bytes())
        .expect("known by its canonical name");
    assert!(matches!(&out[0], Decoded::Market(event) if event.instrument() == InstrumentIdx(0)));
}

#[test]
fn a_jump_of_the_sequence_is_a_gap_and_a_refused_message_counts_as_not_received() {
    let heartbeat = |sequence| coinbase_advanced::encode::heartbeat(sequence, sequence, UnixNanos(1));
    let mut decoder = CoinbaseAdvanced::new(fixed("BTC-USD"));
    let mut gaps = |raw: &str| -> Vec<(u64, u64)> {
        let out = decode(&mut decoder, raw.as_bytes()).unwrap_or_default();
        let gap = |item: &Decoded| match item {
            Decoded::Gap { expected, got, .. } => Some((*expected, *got)),
            _ => None,
        };
        out.iter().filter_map(gap).collect()
    };
    assert_eq!(gaps(&heartbeat(0)), []);
    assert_eq!(gaps(ADVANCED), []);
    assert_eq!(gaps(&heartbeat(4)), [(2, 4)]);
    let bad = ADVANCED
        .replace("\"sequence_num\":1", "\"sequence_num\":5")
        .replace("62000.50", "-1");
    assert_eq!(gaps(&bad), []);
    assert_eq!(
        gaps(&ADVANCED.replace("\"sequence_num\":1", "\"sequence_num\":6")),
        [(5, 6)]
    );
    decoder.reset();
    let out = decode(&mut decoder, heartbeat(0).as_bytes()).expect("a new session");
    assert_eq!(out, [Decoded::Heartbeat { counter: Some(0) }]);
    assert_eq!(decoder.counters().gaps, 2);
}

#[test]
fn a_missing_match_shows_in_the_trade_numbers_and_in_the_heartbeat() {
    let face = Face {
        symbol: "BTC-USD",
        price_scale: 2,
        size_scale: 8,
    };
    let matched = |id| {
        let trade = Trade {
            trade_id: id,
            ..trade(Some(Side::Buy))
        };
        coinbase_exchange::encode::matched(&face, &trade, 1)
    };
    let mut decoder = CoinbaseExchange::new(fixed("BTC-USD"));
    let heartbeat = |last| coinbase_exchange::encode::heartbeat("BTC-USD", 9, last, UnixNanos(1));
    for (raw, gaps) in [
        (heartbeat(9), 0),
        (matched(10), 0),
        (matched(11), 0),
        (heartbeat(11), 0),
        (matched(13), 1),
        (heartbeat(14), 2),
        (matched(15), 2),
    ] {
        decode(&mut decoder, raw.as_bytes()).expect("good");
        assert_eq!(decoder.counters().gaps, gaps, "{raw}");
    }
    decoder.reset();
    decode(&mut decoder, matched(40).as_bytes()).expect("good");
    assert_eq!(decoder.counters().gaps, 2, "another session counts afresh");
    let seen = matched(40).replace("\"match\"", "\"last_match\"");
    let out = decode(&mut decoder, seen.as_bytes()).expect("good");
    assert!(matches!(&out[..], [Decoded::Ignored { .. }]));
}

fn trade(aggressor: Option<Side>) -> Trade {
    Trade {
        instrument: InstrumentIdx(0),
        price: PriceMantissa(6_200_050),
        size: SizeMantissa(1_500_000),
        aggressor,
        trade_id: 77,
        ts_event: UnixNanos(1_618_678_145_920_470_000),
        ts_init: UnixNanos(1_700_000_000_000_000_000),
    }
}

fn quote() -> Quote {
    Quote {
        instrument: InstrumentIdx(0),
        bid: PriceMantissa(6_200_050),
        ask: PriceMantissa(6_200_051),
        bid_size: SizeMantissa(1),
        ask_size: SizeMantissa(250_000_000),
        ts_event: UnixNanos(1_618_678_145_920_470_000),
        ts_init: UnixNanos(1_700_000_000_000_000_000),
    }
}

fn bar(interval: BarInterval) -> Bar {
    Bar {
        instrument: InstrumentIdx(0),
        interval,
        ts: UnixNanos::from_secs(1_699_999_800),
        open: PriceMantissa(10),
        high: PriceMantissa(14),
        low: PriceMantissa(9),
        close: PriceMantissa(12),
        volume: SizeMantissa(100),
        value: 1100,
        trades: 9,
        open_interest: None,
        source: BarSource::Venue,
        revision: 0,
        complete: true,
        ts_init: UnixNanos(1_700_000_000_000_000_000),
    }
}

fn only(out: Vec<Decoded>) -> MarketEvent {
    match &out[..] {
        [Decoded::Market(event)] => event.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn trades_quotes_and_candles_come_back_from_the_encoders_as_they_went_in() {
    let (dash, slash) = (
        Face {
            symbol: "BTC-USD",
            price_scale: 2,
            size_scale: 8,
        },
        Face {
            symbol: "BTC/USD",
            price_scale: 2,
            size_scale: 8,
        },
    );
    let mut advanced = CoinbaseAdvanced::new(fixed("BTC-USD"));
    let mut exchange = CoinbaseExchange::new(fixed("BTC-USD"));
    let mut v1 = KrakenV1::new(fixed("BTC/USD"));
    let mut v2 = KrakenV2::new(fixed("BTC/USD"));
    let read = |decoder: &mut dyn Decoder, raw: String| {
        let mut out = Vec::new();
        decoder
            .decode(raw.as_bytes(), quote().ts_init, &mut out)
            .unwrap_or_else(|e| panic!("{e} in {raw}"));
        only(out)
    };
    for side in [Side::Buy, Side::Sell] {
        let (want, now) = (trade(Some(side)), UnixNanos(9));
        let one = std::slice::from_ref(&want);
        let event = MarketEvent::Trade(want.clone());
        assert_eq!(
            read(
                &mut advanced,
                coinbase_advanced::encode::trades(&dash, one, false, 0, now)
            ),
            event
        );
        advanced.reset();
        assert_eq!(
            read(&mut exchange, coinbase_exchange::encode::matched(&dash, &want, 3)),
            event
        );
        exchange.reset();
        assert_eq!(
            read(&mut v2, kraken_v2::encode::trades(&slash, one, false)),
            event
        );
        let unnumbered = MarketEvent::Trade(Trade {
            trade_id: 0,
            ..want.clone()
        });
        assert_eq!(
            read(&mut v1, kraken_v1::encode::trades(&slash, 1, one)),
            unnumbered
        );
    }
    let (last, low, high, volume) = (
        PriceMantissa(5),
        PriceMantissa(4),
        PriceMantissa(6),
        SizeMantissa(7),
    );
    let event = MarketEvent::Quote(quote());
    let day = coinbase_advanced::encode::Day {
        last,
        low,
        high,
        volume,
    };
    assert_eq!(
        read(
            &mut advanced,
            coinbase_advanced::encode::ticker(&dash, &quote(), &day, true, 0)
        ),
        event
    );
    assert_eq!(
        read(
            &mut exchange,
            coinbase_exchange::encode::ticker(&dash, &quote(), &trade(None), 3)
        ),
        event
    );
    let day = kraken_v2::encode::Day {
        last,
        low,
        high,
        volume,
        vwap: last,
    };
    assert_eq!(
        read(&mut v2, kraken_v2::encode::ticker(&slash, &quote(), &day, true)),
        event
    );
    assert_eq!(
        read(&mut v1, kraken_v1::encode::spread(&slash, 1, &quote())),
        event
    );
    let now = UnixNanos(1_700_000_200_000_000_000);
    let minute = bar(BarInterval::M1);
    assert_eq!(
        read(&mut v2, kraken_v2::encode::candles(&slash, &[minute], true, now)),
        MarketEvent::Bar(minute)
    );
    let five = bar("5m".parse().expect("an interval"));
    let untold = MarketEvent::Bar(Bar {
        value: 0,
        trades: 0,
        ..five
    });
    assert_eq!(
        read(
            &mut advanced,
            coinbase_advanced::encode::candles(&dash, &[five], true, 1, now)
        ),
        untold
    );
}

#[test]
fn control_messages_are_told_apart() {
    let mut v2 = KrakenV2::new(fixed("BTC/USD"));
    let now = UnixNanos(1_700_000_000_000_000_000);
    let acknowledged =
        kraken_v2::encode::acknowledged("subscribe", "book", "BTC/USD", Some(25), Some(4), now);
    for (raw, want) in [
        (
            kraken_v2::encode::pong(3, now),
            Decoded::Ack {
                method: "pong".into(),
                detail: String::new(),
                request_id: Some(3),
            },
        ),
        (
            acknowledged,
            Decoded::Ack {
                method: "subscribe".into(),
                detail: "book BTC/USD".into(),
                request_id: Some(4),
            },
        ),
        (
            kraken_v2::encode::refused("subscribe", "X/Y", "Currency pair not supported", Some(5), now),
            Decoded::VenueError {
                message: "Currency pair not supported".into(),
                request_id: Some(5),
            },
        ),
        (
            kraken_v2::encode::heartbeat().into(),
            Decoded::Heartbeat { counter: None },
        ),
        (
            kraken_v2::encode::status("online", 1),
            Decoded::VenueStatus {
                online: true,
                status: "online".into(),
            },
        ),
    ] {
        assert_eq!(decode(&mut v2, raw.as_bytes()), Ok(vec![want]), "{raw}");
    }
    let mut advanced = CoinbaseAdvanced::new(fixed("BTC-USD"));
    let refusal = Decoded::VenueError {
        message: "authentication failure".into(),
        request_id: None,
    };
    let raw = coinbase_advanced::encode::error("authentication failure");
    assert_eq!(decode(&mut advanced, raw.as_bytes()), Ok(vec![refusal]));
    for raw in [
        coinbase_advanced::encode::subscribe("level2", &["BTC-USD"], Some("a.b.c")),
        kraken_v2::encode::subscribe(
            "book",
            &["BTC/USD"],
            kraken_v2::encode::Options {
                depth: Some(10),
                ..Default::default()
            },
            1,
        ),
    ] {
        let value: serde_json::Value = serde_json::from_str(&raw).expect("requests are JSON");
        assert!(value.is_object());
    }
}

prop_compose! {
    fn any_update()(
        snapshot in any::<bool>(),
        levels in prop::collection::vec((any::<bool>(), 1i64..10_000_000, 0i128..10_000_000_000), 1..12),
    ) -> BookUpdate {
        let side = |buy| if buy { Side::Buy } else { Side::Sell };
        let level = |(buy, price, size)| BookLevel { side: side(buy), price: PriceMantissa(price), size: SizeMantissa(size) };
        let mut levels: Vec<BookLevel> = levels.into_iter().map(level).collect();
        // Kraken lists one side after the other.
        levels.sort_by_key(|level| level.side);
        BookUpdate {
            instrument: InstrumentIdx(0),
            action: if snapshot { BookAction::Snapshot } else { BookAction::Delta },
            levels: levels.into_iter().collect(),
            ts_event: UnixNanos(1_618_678_145_920_470_000),
            ts_init: UnixNanos(1_700_000_000_000_000_000),
        }
    }
}

fn by_side(mut update: BookUpdate) -> BookUpdate {
    update.levels.sort_by_key(|level| level.side);
    update
}

fn book_of(out: Result<Vec<Decoded>, String>) -> BookUpdate {
    let out = out.expect("what is encoded is decoded");
    let book = out.into_iter().find_map(|item| match item {
        Decoded::Market(MarketEvent::Book(update)) => Some(by_side(update)),
        _ => None,
    });
    book.expect("a book")
}

proptest! {
    #[test]
    fn book_messages_come_back_from_the_encoders_as_they_went_in(update in any_update()) {
        let dash = Face { symbol: "BTC-USD", price_scale: 2, size_scale: 8 };
        let slash = Face { symbol: "BTC/USD", price_scale: 2, size_scale: 8 };
        for respell in [false, true] {
            let spell = |raw: String| if respell { respelt(raw.as_bytes()) } else { raw.into_bytes() };
            let raw = spell(coinbase_exchange::encode::book(&dash, &update));
            prop_assert_eq!(&book_of(decode(&mut CoinbaseExchange::new(fixed("BTC-USD")), &raw)), &update);
            let raw = spell(coinbase_advanced::encode::book(&dash, &update, 7));
            prop_assert_eq!(&book_of(decode(&mut CoinbaseAdvanced::new(fixed("BTC-USD")), &raw)), &update);
            let raw = spell(kraken_v2::encode::book(&slash, &update, 0));
            prop_assert_eq!(&book_of(decode(&mut KrakenV2::new(fixed("BTC/USD")), &raw)), &update);
            let raw = spell(kraken_v1::encode::book(&slash, 1, 1000, &update, None));
            prop_assert_eq!(&book_of(decode(&mut KrakenV1::new(fixed("BTC/USD")), &raw)), &update);
        }
    }

    #[test]
    fn a_damaged_message_is_read_the_same_both_ways(
        pick in 0usize..8,
        damage in prop::collection::vec((1usize..700, 0u8..3, any::<u8>()), 1..4),
    ) {
        let samples = [
            Kind::CoinbaseLevel2.synthetic(1).remove(0),
            Kind::KrakenV1Book.synthetic(1).remove(0),
        ];
        let snapshot = |kind: usize| samples[kind].clone();
        let mut raw = match pick {
            0 | 1 => L2.as_bytes().to_vec(),
            2 | 3 => ADVANCED.as_bytes().to_vec(),
            4 => V1.as_bytes().to_vec(),
            5 => V2.as_bytes().to_vec(),
            6 => snapshot(0),
            _ => snapshot(1),
        };
        for (at, what, byte) in damage {
            let at = 1 + at % (raw.len() - 1);
            // Bytes that occur in messages do more than arbitrary ones.
            let byte = if byte < 128 { b"0123456789.,:\"[]{}-eE buysel\\tr"[usize::from(byte) % 31] } else { byte };
            match what {
                0 => raw[at] = byte,
                1 => raw.insert(at, byte),
                _ => { raw.remove(at); }
            }
        }
        macro_rules! both {
            ($codec:ident, $symbol:literal) => {{
                let (mut short, mut long) = ($codec::new(fixed($symbol)), $codec::new(fixed($symbol)));
                let short = decode(&mut short, &raw);
                let long = decode(&mut long, &respelt(&raw));
                prop_assert_eq!(short, long, "{}", String::from_utf8_lossy(&raw));
                let (mut short, mut long) = ($codec::new(growing("X")), $codec::new(growing("X")));
                let short = decode(&mut short, &raw);
                let long = decode(&mut long, &respelt(&raw));
                prop_assert_eq!(short, long, "{}", String::from_utf8_lossy(&raw));
            }};
        }
        match pick {
            0 | 1 | 6 => both!(CoinbaseExchange, "BTC-USD"),
            2 | 3 => both!(CoinbaseAdvanced, "BTC-USD"),
            4 | 7 => both!(KrakenV1, "BTC/USD"),
            _ => both!(KrakenV2, "BTC/USD"),
        }
    }
}
