//! Instruments and market data.

use std::time::Duration;

use serde_json::Value;

use crate::desk::{BTC, Desk, trading};
use crate::udf::store;

#[tokio::test]
async fn instruments_are_found_by_part_of_their_name_and_in_pages() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    let all = desk.get(&who, "/api/v1/instruments").await.json();
    let ids: Vec<&str> = all["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|i| i["id"].as_str().expect("id"))
        .collect();
    assert_eq!(ids, ["BTC-USD.COINBASE", "BTC-USD.KRAKEN", "ETH-USD.COINBASE"]);
    let found = desk
        .get(&who, "/api/v1/instruments?q=btc&venue=kraken")
        .await
        .json();
    assert_eq!(found["items"][0]["id"], "BTC-USD.KRAKEN");
    assert_eq!(found["items"][0]["data_state"], "NO_DATA");
    assert_eq!(found["items"][0]["simulated"], true);
    assert_eq!(
        (&found["items"][0]["tick"], &found["items"][0]["lot"]),
        (&Value::from("0.01"), &Value::from("0.0001"))
    );
    let first = desk.get(&who, "/api/v1/instruments?limit=2").await.json();
    let cursor = first["next_cursor"].as_str().expect("more");
    let second = desk
        .get(&who, &format!("/api/v1/instruments?limit=2&cursor={cursor}"))
        .await
        .json();
    assert_eq!(second["items"][0]["id"], ids[2]);
    assert_eq!(
        desk.get(&who, "/api/v1/instruments/NOPE.COINBASE")
            .await
            .problem(),
        "INSTRUMENT_UNKNOWN"
    );
    assert_eq!(
        desk.get(&who, "/api/v1/instruments/nonsense").await.problem(),
        "INSTRUMENT_UNKNOWN"
    );
}

#[tokio::test]
async fn a_quote_says_its_age_and_becomes_stale() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    let path = format!("/api/v1/instruments/{BTC}/quote");
    let fresh = desk.get(&who, &path).await.json();
    assert_eq!(
        (&fresh["bid"], &fresh["ask"], &fresh["mid"]),
        (&"100".into(), &"101".into(), &"100.5".into())
    );
    assert_eq!(
        (&fresh["state"], &fresh["age_ms"], &fresh["simulated"]),
        (&"VALID".into(), &0.into(), &true.into())
    );
    assert_eq!(fresh["bid_size"], "10");
    desk.clock.advance(Duration::from_secs(11));
    let stale = desk.get(&who, &path).await.json();
    assert_eq!(
        (&stale["state"], &stale["age_ms"]),
        (&"STALE".into(), &11_000.into())
    );
    let other = desk
        .get(&who, "/api/v1/instruments/ETH-USD.COINBASE/quote")
        .await
        .json();
    assert_eq!(
        (&other["state"], &other["bid"], &other["mid"]),
        (&"NO_DATA".into(), &Value::Null, &Value::Null)
    );
    let some = desk
        .get(
            &who,
            &format!("/api/v1/quotes?instruments={BTC},ETH-USD.COINBASE"),
        )
        .await
        .json();
    assert_eq!(some["items"].as_array().map(Vec::len), Some(2));
    let unknown = desk.get(&who, "/api/v1/quotes?instruments=NOPE.COINBASE").await;
    assert_eq!(unknown.field(), "instruments:UNKNOWN_INSTRUMENT");
}

#[tokio::test]
async fn the_book_and_the_trades_are_as_the_feed_told() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    let book = desk
        .get(&who, &format!("/api/v1/instruments/{BTC}/book?depth=1"))
        .await
        .json();
    assert_eq!(book["bids"], serde_json::json!([["100", "10"]]));
    assert_eq!(book["asks"], serde_json::json!([["101", "10"]]));
    assert_eq!(
        desk.get(&who, &format!("/api/v1/instruments/{BTC}/book?depth=101"))
            .await
            .field(),
        "depth:OUT_OF_RANGE"
    );
    let trades = desk
        .get(&who, &format!("/api/v1/instruments/{BTC}/trades"))
        .await
        .json();
    assert_eq!(
        (&trades["items"][0]["price"], &trades["items"][0]["side"]),
        (&"100".into(), &"BUY".into())
    );
}

#[tokio::test]
async fn bars_come_with_the_overlays_that_were_asked_for() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    for n in 0..8 {
        desk.pass(Duration::from_secs(10)).await;
        desk.quote(BTC, 100 + n, 101 + n).await;
    }
    let path = format!("/api/v1/instruments/{BTC}/bars?interval=10s&limit=4&overlays=EMA_3,BBANDS_10_2");
    let bars = desk.get(&who, &path).await.json();
    let list = bars["bars"].as_array().expect("bars");
    assert_eq!(list.len(), 4, "{bars}");
    assert_eq!(list[3]["closed"], false, "the forming bar is last");
    assert!(
        list[..3]
            .iter()
            .all(|b| b["closed"] == true && b["close"].is_string()),
        "{bars}"
    );
    let ema = bars["overlays"]["EMA_3"].as_array().expect("EMA");
    assert_eq!(ema.len(), 4);
    assert!(ema.iter().all(|p| p["value"].is_number()), "{bars}");
    assert_eq!(ema[0]["ts"], list[0]["ts"]);
    assert!(bars["overlays"]["BBANDS_10_2.upper"].is_array(), "{bars}");
    let base = format!("/api/v1/instruments/{BTC}/bars");
    for (query, field) in [
        ("interval=7s", "interval:MALFORMED"),
        ("overlays=NOPE_3", "overlays:UNKNOWN_OVERLAY"),
        ("before=yesterday", "before:MALFORMED"),
        ("limit=20001", "limit:OUT_OF_RANGE"),
    ] {
        assert_eq!(desk.get(&who, &format!("{base}?{query}")).await.field(), field);
    }
    let before = list[1]["ts"].as_str().expect("ts");
    let earlier = desk
        .get(&who, &format!("{base}?interval=10s&before={before}"))
        .await
        .json();
    let last = earlier["bars"]
        .as_array()
        .expect("bars")
        .last()
        .expect("one")
        .clone();
    assert_eq!(last["ts"], list[0]["ts"]);
}

#[tokio::test]
async fn bars_of_every_interval_are_answered_by_their_names() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    for _ in 0..3 {
        desk.pass(Duration::from_secs(60)).await;
    }
    let base = format!("/api/v1/instruments/{BTC}/bars");
    let trades = |bars: &Value| -> u64 {
        let list = bars["bars"].as_array().expect("bars");
        list.iter()
            .map(|bar| bar["trades"].as_u64().expect("a number"))
            .sum()
    };
    let seconds = desk.get(&who, &format!("{base}?interval=1s")).await.json();
    assert!(trades(&seconds) >= 3, "{seconds}");
    for (name, _) in tradewind_types::market::BarInterval::ALL {
        let bars = desk.get(&who, &format!("{base}?interval={name}")).await.json();
        assert_eq!(bars["interval"], name);
        assert_eq!(trades(&bars), trades(&seconds), "{bars}");
    }
    for (text, name) in [("1d", "D"), ("1W", "W"), ("1M", "M")] {
        let bars = desk.get(&who, &format!("{base}?interval={text}")).await.json();
        assert_eq!(bars["interval"], name);
    }
    // Holes are filled on demand, and nothing is made up in them.
    let holes = desk.get(&who, &format!("{base}?interval=10s")).await.json();
    let even = desk
        .get(&who, &format!("{base}?interval=10s&fill=previous_close"))
        .await
        .json();
    let count = |bars: &Value| bars["bars"].as_array().map_or(0, Vec::len);
    assert!(count(&even) > count(&holes), "{holes}");
    assert_eq!(trades(&even), trades(&holes));
    assert_eq!(even["bars"][0], holes["bars"][0]);
    for (query, field) in [
        ("interval=100tick", "interval:NOT_KEPT"),
        ("interval=100ticks", "interval:MALFORMED"),
        ("fill=zero", "fill:MALFORMED"),
    ] {
        assert_eq!(desk.get(&who, &format!("{base}?{query}")).await.field(), field);
    }
}

/// The opening times of a page, and where the page before it ends.
fn page(bars: &Value) -> (Vec<String>, Option<String>) {
    let list = bars["bars"]
        .as_array()
        .unwrap_or_else(|| panic!("no bars: {bars}"));
    let times = list.iter().map(|bar| bar["ts"].as_str().expect("ts").to_owned());
    (times.collect(), bars["next_before"].as_str().map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bars_are_followed_page_by_page_from_the_engine_into_the_catalogue() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    store(&desk.state, 3_000).await;
    for n in 1..4 {
        desk.clock.advance(Duration::from_secs(60));
        desk.quote(BTC, 100 + n, 101 + n).await;
    }
    let base = format!("/api/v1/instruments/{BTC}/bars?interval=1m");
    let whole = desk.get(&who, &format!("{base}&limit=20000")).await.json();
    let (all, older) = page(&whole);
    assert_eq!(
        (all.len(), older),
        (3_004, None),
        "3,000 stored and 4 of the engine's"
    );
    let mut walked: Vec<String> = Vec::new();
    let mut before = String::new();
    loop {
        let path = format!("{base}&limit=700{before}");
        let (times, next) = page(&desk.get(&who, &path).await.json());
        assert_eq!(times.len(), 700.min(3_004 - walked.len()));
        walked.splice(0..0, times);
        let Some(next) = next else { break };
        assert_eq!(next, walked[0]);
        before = format!("&before={next}");
    }
    assert_eq!(walked, all, "a bar is missing, or there twice");
    let empty = desk.get(&who, &format!("{base}&before={}", all[0])).await.json();
    assert_eq!(page(&empty), (Vec::new(), None));
    // Prices of the catalogue, with an overlay that remembers what was before the page.
    let path = format!("{base}&limit=5&before={}&overlays=SMA_20", all[100]);
    let old = desk.get(&who, &path).await.json();
    let close = |n: i64| 90.05 + ((n * 7) % 500) as f64 / 100.0;
    assert_eq!(
        old["bars"][4]["close"],
        format!("{:.2}", close(99)).trim_end_matches('0')
    );
    let mean = (80..100).map(close).sum::<f64>() / 20.0;
    let found = old["overlays"]["SMA_20"][4]["value"].as_f64().expect("a value");
    assert!((found - mean).abs() < 1e-9, "{found} is not {mean}");
    // The same bar and the same value at the end of any page.
    let path = format!("{base}&limit=300&before={}&overlays=SMA_20", all[100]);
    let longer = desk.get(&who, &path).await.json();
    assert_eq!(longer["bars"][99], old["bars"][4]);
    assert_eq!(longer["overlays"]["SMA_20"][99], old["overlays"]["SMA_20"][4]);
    // Coarser bars are made of what is stored.
    let hours = desk
        .get(
            &who,
            &format!("/api/v1/instruments/{BTC}/bars?interval=1h&limit=10"),
        )
        .await
        .json();
    assert_eq!(page(&hours).0.len(), 10);
    assert!(hours["next_before"].is_string(), "{hours}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holes_are_filled_alike_on_whatever_page_they_lie() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    store(&desk.state, 30).await;
    // Forty minutes without a trade.
    desk.clock.advance(Duration::from_secs(40 * 60));
    desk.quote(BTC, 104, 105).await;
    let base = format!("/api/v1/instruments/{BTC}/bars?interval=1m&fill=previous_close");
    let (all, older) = page(&desk.get(&who, &base).await.json());
    assert_eq!((all.len(), older), (30 + 1 + 40, None));
    let mut walked: Vec<String> = Vec::new();
    let mut before = String::new();
    loop {
        let bars = desk.get(&who, &format!("{base}&limit=9{before}")).await.json();
        let (times, next) = page(&bars);
        assert!(times.len() == 9 || next.is_none(), "{bars}");
        walked.splice(0..0, times);
        let Some(next) = next else { break };
        before = format!("&before={next}");
    }
    assert_eq!(walked, all);
    // After the last bar nothing is made up.
    let (ahead, _) = page(
        &desk
            .get(&who, &format!("{base}&before=2030-01-01T00:00:00Z"))
            .await
            .json(),
    );
    assert_eq!(ahead, all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_bars_come_as_an_arrow_stream_to_those_who_ask_for_one() {
    use arrow_array::cast::AsArray as _;
    use arrow_array::types::{Decimal128Type, Float64Type, TimestampNanosecondType};

    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    store(&desk.state, 3_000).await;
    let path = format!("/api/v1/instruments/{BTC}/bars?interval=1m&limit=2000&overlays=BBANDS_20_2,RSI_14");
    let json = desk.get(&who, &path).await.json();
    let as_arrow = |path: &str, accept: &str| {
        let mut request = desk.request(&who, "GET", path, None);
        let accept = accept.parse().expect("a header");
        request.headers_mut().insert(http::header::ACCEPT, accept);
        request
    };
    let stream = "application/vnd.apache.arrow.stream";
    let answer = desk.send(as_arrow(&path, stream)).await;
    assert_eq!(answer.headers["content-type"], stream);
    let reader = arrow_ipc::reader::StreamReader::try_new(answer.body.as_slice(), None).expect("a stream");
    let schema = reader.schema();
    let about = |name: &str| schema.metadata().get(name).map(String::as_str);
    assert_eq!((about("instrument"), about("interval")), (Some(BTC), Some("1m")));
    assert_eq!(about("next_before"), json["next_before"].as_str());
    let batches: Vec<_> = reader.map(|batch| batch.expect("a batch")).collect();
    assert_eq!((batches.len(), batches[0].num_rows()), (1, 2_000));
    let column = |name: &str| {
        batches[0]
            .column_by_name(name)
            .unwrap_or_else(|| panic!("{name}: {schema}"))
    };
    let times = column("ts").as_primitive::<TimestampNanosecondType>();
    let close = column("close").as_primitive::<Decimal128Type>();
    let volume = column("volume").as_primitive::<Decimal128Type>();
    let closed = column("closed").as_boolean();
    let (upper, rsi) = (column("BBANDS_20_2.upper"), column("RSI_14"));
    let (upper, rsi) = (
        upper.as_primitive::<Float64Type>(),
        rsi.as_primitive::<Float64Type>(),
    );
    for (row, bar) in json["bars"].as_array().expect("bars").iter().enumerate() {
        let ts = tradewind_types::UnixNanos(times.value(row) as u64);
        assert_eq!(bar["ts"], ts.to_string());
        let same = |column: &arrow_array::Decimal128Array, name: &str| {
            let figure: rust_decimal::Decimal = column.value_as_string(row).parse().expect("a decimal");
            assert_eq!(bar[name], figure.normalize().to_string(), "{name} of {bar}");
        };
        same(close, "close");
        same(volume, "volume");
        assert_eq!(bar["closed"], closed.value(row));
        let overlay = |name: &str| json["overlays"][name][row]["value"].as_f64().map(f64::to_bits);
        assert_eq!(overlay("BBANDS_20_2.upper"), Some(upper.value(row).to_bits()));
        assert_eq!(overlay("RSI_14"), Some(rsi.value(row).to_bits()));
    }
    // Errors are problems whatever is accepted, and who names JSON first gets it.
    let refused = desk.send(as_arrow(&format!("{path}&before=never"), stream)).await;
    assert_eq!(refused.field(), "before:MALFORMED");
    let either = desk
        .send(as_arrow(&path, &format!("application/json, {stream};q=0.5")))
        .await;
    assert_eq!(either.json(), json);
    let quote = desk
        .send(as_arrow(&format!("/api/v1/instruments/{BTC}/quote"), stream))
        .await;
    assert_eq!(quote.problem(), "NOT_ACCEPTABLE");
    let none = format!("/api/v1/instruments/{BTC}/bars?before=1990-01-01T00:00:00Z");
    let empty = desk.send(as_arrow(&none, stream)).await;
    let reader = arrow_ipc::reader::StreamReader::try_new(empty.body.as_slice(), None).expect("a stream");
    assert_eq!(
        reader
            .map(|batch| batch.expect("a batch").num_rows())
            .sum::<usize>(),
        0
    );
}

#[tokio::test]
async fn aggregates_say_which_markets_count_and_why_others_do_not() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    let one = desk.get(&who, "/api/v1/aggregates").await.json();
    let btc = one["items"]
        .as_array()
        .expect("items")
        .iter()
        .find(|a| a["product"] == "BTC/USD")
        .expect("BTC")
        .clone();
    assert_eq!(btc["markets"], 1);
    assert!(btc["note"].is_string(), "{btc}");
    assert_eq!(btc["excluded"][0]["instrument"], "BTC-USD.KRAKEN");
    desk.quote("BTC-USD.KRAKEN", 102, 103).await;
    let two = desk.get(&who, "/api/v1/aggregates").await.json();
    let btc = two["items"]
        .as_array()
        .expect("items")
        .iter()
        .find(|a| a["product"] == "BTC/USD")
        .expect("BTC")
        .clone();
    assert_eq!(
        (&btc["markets"], &btc["best_bid"], &btc["best_bid_market"]),
        (&2.into(), &"102".into(), &"KRAKEN".into())
    );
    assert_eq!(
        (&btc["best_ask"], &btc["spread_across"], &btc["simulated"]),
        (&"101".into(), &"-1".into(), &true.into())
    );
    // Buying at 101 and selling at 102 leaves 1 before fees of 0.6 % on both sides.
    assert_eq!(btc["arbitrage_net"], "-0.218");
    let screening = desk.get(&who, "/api/v1/screening").await.json();
    assert_eq!(screening["items"].as_array().map(Vec::len), Some(3));
    assert!(screening["items"][0]["reason"].is_string(), "{screening}");
}
