//! The Universal Data Feed, walked as TradingView's library walks it: configuration, search, symbol, history back to its
//! beginning, the pulse of new bars, quotes, marks. As that library, the client here looks at bodies and never at
//! statuses.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tradewind_server::AppState;
use tradewind_store::catalog::{Kind, Rows, Rule, Scales, Series, bar_row, by_place};
use tradewind_types::market::{Bar, BarInterval, BarSource};
use tradewind_types::{InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};
use tradewind_wire::{MemberRole, Role, Scope};

use crate::desk::{As, BTC, Desk, START, limit_buy, trading};

const MINUTE_NS: u64 = 60_000_000_000;
const START_S: u64 = START.0 / 1_000_000_000;

/// The shortest decimal that is written reads back as the same number.
#[track_caller]
fn same(found: f64, wanted: f64) {
    assert_eq!(found.to_bits(), wanted.to_bits(), "{found} is not {wanted}");
}

/// A client of the protocol.
struct Client<'a> {
    desk: &'a Desk,
    who: As,
}

impl Client<'_> {
    async fn text(&self, path: &str, params: &[(&str, &str)]) -> String {
        let query = params
            .iter()
            .fold(
                form_urlencoded::Serializer::new(String::new()),
                |mut query, (name, value)| {
                    query.append_pair(name, value);
                    query
                },
            )
            .finish();
        let answer = self.desk.get(&self.who, &format!("/udf/{path}?{query}")).await;
        String::from_utf8(answer.body).expect("text")
    }

    async fn send(&self, path: &str, params: &[(&str, &str)]) -> Value {
        let text = self.text(path, params).await;
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    async fn history(&self, symbol: &str, resolution: &str, range: &[(&str, u64)]) -> Value {
        let texts: Vec<String> = range.iter().map(|(_, n)| n.to_string()).collect();
        let mut params = vec![("symbol", symbol), ("resolution", resolution)];
        params.extend(
            range
                .iter()
                .zip(&texts)
                .map(|((name, _), text)| (*name, text.as_str())),
        );
        self.send("history", &params).await
    }
}

/// One stored minute, whose prices all follow from its number.
fn stored(n: u64, count: u64) -> Bar {
    let price = |more: i64| PriceMantissa(9_000 + (n as i64 * 7) % 500 + more);
    Bar {
        instrument: InstrumentIdx(0),
        interval: BarInterval::M1,
        ts: UnixNanos(START.0 - (count - n) * MINUTE_NS),
        open: price(0),
        high: price(30),
        low: price(-20),
        close: price(5),
        volume: SizeMantissa(1_000 + i128::from(n % 10)),
        value: 0,
        trades: 0,
        open_interest: None,
        source: BarSource::Venue,
        complete: true,
        revision: 0,
        ts_init: START,
    }
}

/// Puts so many minutes before the desk's start into its catalogue.
pub(crate) async fn store(state: &AppState, count: u64) {
    let catalog = state.catalogue.as_ref().expect("a catalogue").catalog();
    let mut rows = Rows::new(Kind::Bars, Scales { price: 2, size: 4 });
    for n in 0..count {
        let row = bar_row(&mut rows, "BTC-USD", &stored(n, count));
        rows.push(&row);
    }
    let series = Series::bars(BTC.parse().expect("id"), BarInterval::M1);
    let mut session = catalog.session().await.expect("a session");
    for (place, rows) in by_place(&series.shelf(), &rows).expect("places") {
        let rule = Rule::LatestWrite { input: 1 };
        session.add(&place, rows, rule).await.expect("added");
    }
    session.commit().await.expect("committed");
}

/// A program with a key that may read, on a desk with stored and live minutes.
async fn feed(desk: &Desk, minutes: u64) -> As {
    let _ = trading(desk).await;
    store(&desk.state, minutes).await;
    for n in 1..4 {
        desk.clock.advance(Duration::from_secs(60));
        desk.quote(BTC, 100 + n, 101 + n).await;
    }
    let program = desk.person("program", Role::Viewer).await;
    desk.key(&program, &[Scope::Read], None).await
}

fn column(history: &Value, name: &str) -> Vec<f64> {
    let column = history[name]
        .as_array()
        .unwrap_or_else(|| panic!("no {name}: {history}"));
    column.iter().map(|v| v.as_f64().expect("a number")).collect()
}

fn times(history: &Value) -> Vec<u64> {
    column(history, "t").into_iter().map(|t| t as u64).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_walks_from_the_configuration_to_the_quotes() {
    let desk = Desk::open().await;
    let client = Client {
        who: feed(&desk, 1_000).await,
        desk: &desk,
    };
    let config = client.send("config", &[]).await;
    assert_eq!(
        (&config["supports_search"], &config["supports_group_request"]),
        (&true.into(), &false.into())
    );
    for resolution in ["1S", "1", "5", "60", "240", "1D", "1W", "1M"] {
        let all = config["supported_resolutions"].as_array().expect("resolutions");
        assert!(all.contains(&resolution.into()), "{resolution}");
    }
    let exchanges = config["exchanges"].as_array().expect("exchanges");
    assert_eq!(
        (&exchanges[0]["value"], &exchanges[1]["value"]),
        (&"".into(), &"COINBASE".into())
    );
    assert_eq!(config["symbols_types"][1]["value"], "crypto");
    let now: u64 = client.text("time", &[]).await.parse().expect("seconds");
    assert_eq!(now, START_S + 180);

    // The library sends what was typed in capitals.
    let search = [("limit", "30"), ("query", "BTC"), ("type", ""), ("exchange", "")];
    let found = client.send("search", &search).await;
    let names: Vec<&str> = found
        .as_array()
        .expect("a list")
        .iter()
        .map(|f| f["full_name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, ["COINBASE:BTC-USD", "KRAKEN:BTC-USD"]);
    let symbol = found[0]["ticker"].as_str().expect("an id").to_owned();

    let info = client.send("symbols", &[("symbol", &symbol)]).await;
    assert!(info.get("s").is_none(), "{info}");
    assert_eq!(
        (&info["name"], &info["ticker"], &info["exchange"]),
        (&"BTC-USD".into(), &BTC.into(), &"COINBASE".into())
    );
    assert_eq!((&info["minmov"], &info["pricescale"]), (&1.into(), &100.into()));
    assert_eq!(
        (&info["session"], &info["timezone"], &info["type"]),
        (&"24x7".into(), &"Etc/UTC".into(), &"crypto".into())
    );
    assert_eq!(
        client.send("symbols", &[("symbol", "kraken:btc-usd")]).await["ticker"],
        "BTC-USD.KRAKEN"
    );

    // Back to the beginning, as a chart that is dragged: each request ends where the last one began.
    let mut all: Vec<u64> = Vec::new();
    let mut to = now;
    let next = loop {
        let range = [("from", to - 300 * 60), ("to", to), ("countback", 300)];
        let bars = client.history(&symbol, "1", &range).await;
        if bars["s"] == "no_data" {
            break bars;
        }
        let found = times(&bars);
        assert_eq!(found.len(), column(&bars, "v").len());
        to = found[0] - 1;
        all.splice(0..0, found);
    };
    assert_eq!(all.len(), 1_004, "1,000 stored and 4 of the engine's");
    assert_eq!((all[0], all[1_003]), (START_S - 60_000, START_S + 180));
    assert!(
        all.windows(2).all(|pair| pair[1] - pair[0] == 60),
        "a hole or a bar twice"
    );
    assert!(
        next.get("nextTime").is_none() && next.get("t").is_none(),
        "{next}"
    );

    // The pulse: two bars of the last ten periods, the forming one last.
    let pulse = client
        .history(
            &symbol,
            "1",
            &[("from", now - 600), ("to", now), ("countback", 2)],
        )
        .await;
    assert_eq!(times(&pulse), [START_S + 120, START_S + 180]);
    assert_eq!(column(&pulse, "c"), [102.0, 103.0]);

    let quotes = client
        .send("quotes", &[("symbols", &format!("{symbol},NOPE.COINBASE"))])
        .await;
    assert_eq!(quotes["s"], "ok");
    let (known, unknown) = (&quotes["d"][0], &quotes["d"][1]);
    assert_eq!(
        (&known["s"], &known["n"], &known["v"]["short_name"]),
        (&"ok".into(), &BTC.into(), &"BTC-USD".into())
    );
    assert_eq!(
        (known["v"]["bid"].as_f64(), known["v"]["ask"].as_f64()),
        (Some(103.0), Some(104.0))
    );
    assert_eq!(
        (known["v"]["lp"].as_f64(), known["v"]["open_price"].as_f64()),
        (Some(103.0), Some(100.0))
    );
    assert_eq!(
        (known["v"]["ch"].as_f64(), known["v"]["chp"].as_f64()),
        (Some(3.0), Some(3.0))
    );
    assert_eq!(
        (&unknown["s"], &unknown["n"]),
        (&"error".into(), &"NOPE.COINBASE".into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_range_is_answered_as_it_is_and_an_empty_one_says_where_bars_are() {
    let desk = Desk::open().await;
    let client = Client {
        who: feed(&desk, 500).await,
        desk: &desk,
    };
    // Both ends are in.
    let range = [("from", START_S - 600), ("to", START_S - 300)];
    let bars = client.history(BTC, "1", &range).await;
    assert_eq!(
        times(&bars),
        [600, 540, 480, 420, 360, 300].map(|ago| START_S - ago)
    );
    let first = stored(490, 500);
    same(column(&bars, "o")[0], first.open.0 as f64 / 100.0);
    same(column(&bars, "h")[0], first.high.0 as f64 / 100.0);
    same(column(&bars, "l")[0], first.low.0 as f64 / 100.0);
    same(column(&bars, "v")[0], first.volume.0 as f64 / 10_000.0);
    // After all bars there is the last one to go back to.
    let range = [("from", START_S + 10_000), ("to", START_S + 20_000)];
    let none = client.history(BTC, "1", &range).await;
    assert_eq!(
        (&none["s"], &none["nextTime"]),
        (&"no_data".into(), &(START_S + 180).into())
    );
    let before = client.history(BTC, "1", &[("from", 0), ("to", 1_000)]).await;
    assert_eq!(before, json!({"s": "no_data"}));
    // Coarser bars are made of the stored minutes, also the one in which the engine began.
    let hours = client
        .history(BTC, "60", &[("to", START_S + 180), ("countback", 3)])
        .await;
    assert_eq!(times(&hours), [2 * 3_600, 3_600, 0].map(|ago| START_S - ago));
    let minutes: Vec<Bar> = (380..440).map(|n| stored(n, 500)).collect();
    let high = minutes.iter().map(|bar| bar.high.0).max().expect("bars");
    same(column(&hours, "o")[0], minutes[0].open.0 as f64 / 100.0);
    same(column(&hours, "h")[0], high as f64 / 100.0);
    let volume: i128 = minutes.iter().map(|bar| bar.volume.0).sum();
    assert!((column(&hours, "v")[0] - volume as f64 / 10_000.0).abs() < 1e-9);
    // The same bars come to an indicator: its values go back before the engine's first bar.
    let path = format!("/api/v1/instruments/{BTC}/indicators/SMA_3?interval=1m&limit=400");
    let average = desk.get(&client.who, &path).await.json();
    let values = average["values"][0].as_array().expect("values");
    assert_eq!(values.len(), 400);
    let of = |n: u64| stored(n, 500).close.0 as f64 / 100.0;
    let expected = (of(102) + of(103) + of(104)) / 3.0;
    assert!(
        (values[0].as_f64().expect("warm") - expected).abs() < 1e-9,
        "{}",
        values[0]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_bars_come_in_one_answer() {
    let desk = Desk::open().await;
    let client = Client {
        who: feed(&desk, 30_000).await,
        desk: &desk,
    };
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let begun = Instant::now();
        let text = client
            .text(
                "history",
                &[("symbol", BTC), ("resolution", "1"), ("countback", "20000")],
            )
            .await;
        best = best.min(begun.elapsed());
        let bars: Value = serde_json::from_str(&text).expect("json");
        assert_eq!(
            (times(&bars).len(), times(&bars)[19_999]),
            (20_000, START_S + 180)
        );
    }
    // A figure for docs/performance.md: machines are shared, so nothing is asserted of it.
    eprintln!("20,000 bars of the catalogue over UDF: {best:?}");
}

#[tokio::test]
async fn a_failure_is_said_in_the_words_of_the_protocol_and_as_a_problem() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    for (path, status, says) in [
        ("symbols?symbol=NOPE", 404, "unknown symbol `NOPE`"),
        (
            "symbols?symbol=BTC-USD",
            404,
            "on several markets; say COINBASE:BTC-USD or KRAKEN:BTC-USD",
        ),
        ("symbols", 422, "symbol"),
        ("symbol_info?group=NYSE", 422, "no market `NYSE`"),
        ("search?limit=0", 422, "limit is 1 to 500"),
        (
            "history?symbol=NOPE&resolution=1&countback=2",
            404,
            "unknown symbol `NOPE`",
        ),
        (
            "history?symbol=BTC-USD.COINBASE&resolution=7&countback=2",
            422,
            "`7` is no resolution",
        ),
        (
            "history?symbol=BTC-USD.COINBASE&resolution=1",
            422,
            "from or countback",
        ),
        (
            "history?symbol=BTC-USD.COINBASE&resolution=1&countback=0",
            422,
            "countback is 1 or more",
        ),
        (
            "history?symbol=BTC-USD.COINBASE&resolution=1&from=20&to=10",
            422,
            "from must not be after to",
        ),
        (
            "history?symbol=BTC-USD.COINBASE&resolution=1&from=x&to=10",
            422,
            "invalid digit",
        ),
        ("quotes?symbols=,", 422, "1 to 500 symbols"),
        (
            "marks?symbol=BTC-USD.COINBASE&from=2&to=1&resolution=1",
            422,
            "from must not be after to",
        ),
        ("nothing", 404, "no such resource"),
    ] {
        let answer = desk.get(&who, &format!("/udf/{path}")).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        let _ = answer.problem();
        let body = answer.json();
        assert_eq!(body["s"], "error", "{path}: {body}");
        assert!(
            body["errmsg"].as_str().expect("errmsg").contains(says),
            "{path}: {body}"
        );
    }
    // Nobody reads it without credentials, and that too is said so that a client knows it for an error.
    for path in [
        "config",
        "time",
        "symbols?symbol=BTC-USD.COINBASE",
        "quotes?symbols=BTC-USD.COINBASE",
    ] {
        let answer = desk.get(&As::Nobody, &format!("/udf/{path}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["s"].as_str()),
            (401, Some("error")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_instruments_of_a_market_come_as_a_table() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    let table = desk.get(&who, "/udf/symbol_info?group=coinbase").await.json();
    assert_eq!(table["symbol"], json!(["BTC-USD", "ETH-USD"]));
    assert_eq!(table["ticker"], json!(["BTC-USD.COINBASE", "ETH-USD.COINBASE"]));
    assert_eq!(
        (&table["exchange-traded"], &table["exchange-listed"]),
        (&"COINBASE".into(), &"COINBASE".into())
    );
    assert_eq!(
        (&table["pricescale"], &table["minmovement"]),
        (&json!([100, 100]), &json!([1, 1]))
    );
    assert_eq!(table["session-regular"], json!(["24x7", "24x7"]));
    assert_eq!(
        (&table["has-intraday"], &table["has-weekly-and-monthly"]),
        (&true.into(), &true.into())
    );
    assert_eq!(table["supported-resolutions"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn marks_are_of_ones_own_fills_alone() {
    let desk = Desk::open().await;
    let (asha, account) = trading(&desk).await;
    let placed = desk
        .call(
            &asha,
            "POST",
            &format!("/api/v1/accounts/{account}/orders"),
            limit_buy("o1", "0.5", "101"),
        )
        .await;
    assert_eq!(placed.status, 201, "{}", String::from_utf8_lossy(&placed.body));
    desk.pass(Duration::from_millis(100)).await;
    desk.quote(BTC, 100, 101).await;
    desk.projected().await;
    let now = START_S + 1;
    let path = format!(
        "/udf/marks?symbol={BTC}&from={}&to={now}&resolution=5",
        START_S - 600
    );
    let marks = desk.get(&asha, &path).await.json();
    assert_eq!(
        (&marks["time"], &marks["label"], &marks["color"]),
        (&json!([START_S]), &json!(["B"]), &json!(["green"]))
    );
    let text = marks["text"][0].as_str().expect("text");
    assert!(
        text.contains("Bought 0.5 at 101") && text.contains("by hand"),
        "{text}"
    );
    let lengths = [
        "id",
        "time",
        "color",
        "text",
        "label",
        "labelFontColor",
        "minSize",
    ]
    .map(|name| marks[name].as_array().map(Vec::len));
    assert_eq!(lengths, [Some(1); 7]);
    let earlier = format!("/udf/marks?symbol={BTC}&from=0&to={}&resolution=5", START_S - 1);
    assert_eq!(desk.get(&asha, &earlier).await.json()["id"], json!([]));
    assert_eq!(
        desk.get(&asha, &path.replace("marks", "timescale_marks"))
            .await
            .json(),
        json!([]),
        "nobody gave a signal"
    );
    // Others see none of it, whatever they oversee.
    for (name, role) in [
        ("bela", Role::Trader),
        ("cleo", Role::Compliance),
        ("root", Role::SuperAdmin),
    ] {
        let other = desk.person(name, role).await;
        let session = desk.session(&other).await;
        assert_eq!(desk.get(&session, &path).await.json()["id"], json!([]), "{name}");
    }
    // A key sees what its accounts are.
    let owner = "u-asha".parse().expect("id");
    let elsewhere = desk.account("a-other", &[(&owner, MemberRole::Owner)]).await;
    let key = desk.key(&owner, &[Scope::Read], Some(vec![elsewhere])).await;
    assert_eq!(desk.get(&key, &path).await.json()["id"], json!([]));
}
