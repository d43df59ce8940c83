//! The hub on a real engine: market data, every step of an order, figures, restarts.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tradewind_types::market::BookAction;
use tradewind_types::{Decimal, Side, UnixNanos};

use super::harness::{Client, private};
use super::rig::{ACCOUNT, INSTRUMENT, Rig};

fn of_instrument(channel: &str) -> Value {
    json!({"channel": channel, "instrument": INSTRUMENT})
}

fn bars(interval: &str) -> Value {
    json!({"channel": "bars", "instrument": INSTRUMENT, "interval": interval})
}

/// A client's copy of one side of a book.
#[derive(Default)]
struct Copy(BTreeMap<Decimal, String>);

impl Copy {
    fn apply(&mut self, levels: &Value) {
        for level in levels.as_array().expect("levels") {
            let price: Decimal = level[0].as_str().expect("a price").parse().expect("a decimal");
            match level[1].as_str().expect("a size") {
                "0" => self
                    .0
                    .remove(&price)
                    .map_or_else(|| panic!("{price} was not there"), drop),
                size => drop(self.0.insert(price, size.to_owned())),
            }
        }
    }

    fn best_first(&self, side: Side) -> Vec<(String, String)> {
        let text = |(price, size): (&Decimal, &String)| (price.normalize().to_string(), size.clone());
        match side {
            Side::Buy => self.0.iter().rev().map(text).collect(),
            Side::Sell => self.0.iter().map(text).collect(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_book_from_snapshot_and_changes_is_the_kernels_best_fifty_levels() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rig = Rig::fresh(folder.path()).await;
    let mut client = rig.served.client("U1").await;
    let snapshot = client.subscribe(of_instrument("book")).await;
    let (mut bids, mut asks) = (Copy::default(), Copy::default());
    bids.apply(&snapshot["data"]["bids"]);
    asks.apply(&snapshot["data"]["asks"]);
    assert_eq!(bids.best_first(Side::Buy), rig.levels(Side::Buy).await);
    for round in 0..40_i64 {
        // Levels come and go near the top and at the edge of the fifty.
        let changes: Vec<_> = (0..8)
            .flat_map(|n| {
                let (near, far) = ((round * 7 + n * 3) % 55, (round * 5 + n) % 10);
                let size = i128::from((round + n) % 4) * 1_000;
                [
                    (Side::Buy, 10_000 - near, size),
                    (Side::Sell, 10_001 + near + far % 2, size),
                ]
            })
            .collect();
        rig.book(BookAction::Delta, &changes).await;
        if round % 8 == 7 {
            // A mark beyond all doubt: the best bid is of this size only now.
            let mark = 7_000 + i128::from(round);
            rig.book(
                BookAction::Delta,
                &[(Side::Buy, 10_000, mark), (Side::Sell, 10_001, mark)],
            )
            .await;
            let marked = Decimal::new(i64::try_from(mark).expect("small"), 4)
                .normalize()
                .to_string();
            while bids.best_first(Side::Buy).first().map(|l| &l.1) != Some(&marked)
                || asks.best_first(Side::Sell).first().map(|l| &l.1) != Some(&marked)
            {
                let frame = client.frame().await;
                assert_eq!(frame["op"], "delta");
                bids.apply(&frame["data"]["bids"]);
                asks.apply(&frame["data"]["asks"]);
            }
            assert_eq!(bids.best_first(Side::Buy), rig.levels(Side::Buy).await);
            assert_eq!(asks.best_first(Side::Sell), rig.levels(Side::Sell).await);
        }
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quotes_follow_the_book_and_turn_stale_when_the_feed_is_interrupted() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rig = Rig::fresh(folder.path()).await;
    let mut quotes = rig.served.client("U1").await;
    let first = quotes.subscribe(of_instrument("quotes")).await;
    assert_eq!(
        (first["data"]["bid"].as_str(), first["data"]["state"].as_str()),
        (Some("10000"), Some("VALID"))
    );
    let mut book = rig.served.client("U1").await;
    let whole = book.subscribe(of_instrument("book")).await;
    rig.book(BookAction::Delta, &[(Side::Buy, 10_000, 0)]).await;
    let mut frame = quotes.frame().await;
    while frame["data"]["bid"] != "9999" {
        frame = quotes.frame().await;
    }
    rig.interrupt().await;
    while frame["data"]["state"] != "STALE" {
        frame = quotes.frame().await;
    }
    let mut frame = book.frame().await;
    while frame["op"] != "snapshot" {
        frame = book.frame().await;
    }
    assert_ne!(frame["epoch"], whole["epoch"]);
    assert_eq!(
        (
            frame["data"]["state"].as_str(),
            frame["data"]["bids"].as_array().map(Vec::len)
        ),
        (Some("STALE"), Some(0))
    );
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trades_come_once_and_bars_form_before_they_close() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rig = Rig::fresh(folder.path()).await;
    let mut trades = rig.served.client("U1").await;
    trades.subscribe(of_instrument("trades")).await;
    let mut bars_of = rig.served.client("U1").await;
    bars_of.subscribe(bars("1s")).await;
    let second = rig.now().floor_to(1_000_000_000);
    rig.trade(10_000, second).await;
    let forming = bars_of.frame().await;
    assert_eq!(
        (
            forming["data"]["closed"].as_bool(),
            forming["data"]["trades"].as_u64()
        ),
        (Some(false), Some(1))
    );
    for n in 1..60 {
        rig.trade(
            10_000 + n,
            UnixNanos(second.0 + u64::try_from(n).expect("small") * 50_000_000),
        )
        .await;
    }
    let mut seen = Vec::new();
    while seen.len() < 60 {
        let frame = trades.frame().await;
        for trade in frame["data"].as_array().expect("trades") {
            seen.push(
                trade["trade_id"]
                    .as_str()
                    .expect("an id")
                    .parse::<u64>()
                    .expect("a number"),
            );
        }
    }
    assert_eq!(seen, (1..=60).collect::<Vec<_>>());
    let mut closed = 0;
    while closed < 2 {
        let frame = bars_of.frame().await;
        if frame["data"]["closed"] == true {
            closed += 1;
            assert_eq!(frame["data"]["trades"], 20);
        }
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counted_bars_and_months_reach_their_readers() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rig = Rig::fresh(folder.path()).await;
    let start = rig.now();
    rig.trade(10_000, start).await;
    let mut ticks = rig.served.client("U1").await;
    let told = ticks.subscribe(bars("2tick")).await;
    let mut months = rig.served.client("U1").await;
    months.subscribe(bars("1M")).await;
    for n in 1..=2 {
        rig.trade(10_000 + n, start.plus(n.unsigned_abs() * 1_000_000))
            .await;
    }
    // The trade before the first reader is counted, and a bar that forms is told as one.
    assert!(told.to_string().contains("bars:"), "{told}");
    let closed = loop {
        let frame = ticks.frame().await;
        if frame["data"]["closed"] == true {
            break frame;
        }
    };
    assert_eq!(
        (&closed["data"]["trades"], &closed["data"]["close"]),
        (&2.into(), &"10001".into())
    );
    assert_eq!(closed["data"]["complete"], false);
    let month = loop {
        let frame = months.frame().await;
        if frame["data"]["trades"] == 3 {
            break frame;
        }
    };
    assert_eq!(month["data"]["closed"], false);
    assert!(
        month["topic"].as_str().expect("a topic").ends_with(":M"),
        "{month}"
    );
    rig.stop().await;
}

/// Reads `orders` until the order is in the state; returns what was told of it.
async fn until(client: &mut Client, name: &str, state: &str) -> Vec<String> {
    let mut states = Vec::new();
    loop {
        let frame = client.frame().await;
        assert_eq!(frame["op"], "delta");
        if frame["data"]["client_order_id"] == name {
            assert_eq!(
                frame["data"]["version"].as_u64(),
                Some(states.len() as u64),
                "a step was left out"
            );
            states.push(frame["data"]["state"].as_str().expect("a state").to_owned());
            if states.last().is_some_and(|s| s == state) {
                return states;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_step_of_an_order_is_told_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rig = Rig::fresh(folder.path()).await;
    let mut orders = rig.served.client("U1").await;
    let empty = orders.subscribe(private("orders", ACCOUNT)).await;
    assert_eq!(empty["data"], json!([]));
    let mut fills = rig.served.client("U1").await;
    fills.subscribe(private("fills", ACCOUNT)).await;
    rig.order("M1", None).await;
    let told = until(&mut orders, "M1", "FILLED").await;
    assert_eq!(told, ["INITIALIZED", "SUBMITTED", "ACCEPTED", "FILLED"]);
    let fill = fills.frame().await;
    assert_eq!(
        (
            fill["data"]["client_order_id"].as_str(),
            fill["data"]["quantity"].as_str()
        ),
        (Some("M1"), Some("0.01"))
    );
    rig.order("L1", Some("9000")).await;
    until(&mut orders, "L1", "ACCEPTED").await;
    let mut late = rig.served.client("U1").await;
    let snapshot = late.subscribe(private("orders", ACCOUNT)).await;
    let named = |order: &Value| {
        (
            order["client_order_id"].as_str().map(str::to_owned),
            order["state"].clone(),
        )
    };
    let listed: Vec<_> = snapshot["data"]
        .as_array()
        .expect("orders")
        .iter()
        .map(named)
        .collect();
    assert_eq!(
        listed,
        [
            (Some("L1".to_owned()), json!("ACCEPTED")),
            (Some("M1".to_owned()), json!("FILLED"))
        ]
    );
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_subscribes_in_the_middle_misses_no_fill_and_gets_none_twice() {
    const ORDERS: usize = 120;
    let folder = tempfile::tempdir().expect("a folder");
    let mut rig = Rig::fresh(folder.path()).await;
    let mut readers = tokio::task::JoinSet::new();
    for n in 0..ORDERS {
        if n % 12 == 3 {
            let mut client = rig.served.client("U1").await;
            readers.spawn(async move {
                let snapshot = client.subscribe(private("fills", ACCOUNT)).await;
                let order = |fill: &Value| fill["client_order_id"].as_str().expect("an order").to_owned();
                let mut told: Vec<String> = snapshot["data"]
                    .as_array()
                    .expect("fills")
                    .iter()
                    .map(order)
                    .collect();
                while told.last().is_none_or(|last| *last != format!("M{}", ORDERS - 1)) {
                    told.push(order(&client.frame().await["data"]));
                }
                told
            });
        }
        rig.order(&format!("M{n}"), None).await;
    }
    while let Some(told) = readers.join_next().await {
        let told = told.expect("read");
        let first: usize = told[0].trim_start_matches('M').parse().expect("a number");
        let expected: Vec<_> = (first..ORDERS).map(|n| format!("M{n}")).collect();
        assert_eq!(told, expected);
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn positions_and_figures_follow_a_fill() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rig = Rig::fresh(folder.path()).await;
    let mut positions = rig.served.client("U1").await;
    positions.subscribe(private("positions", ACCOUNT)).await;
    let mut figures = rig.served.client("U1").await;
    let before = figures.subscribe(private("accounts", ACCOUNT)).await;
    assert_eq!(
        (
            before["data"]["cash_total"].as_str(),
            before["data"]["role"].is_null()
        ),
        (Some("1000000"), true)
    );
    rig.order("M1", None).await;
    let frame = positions.frame().await;
    assert_eq!(
        (
            frame["data"]["instrument"].as_str(),
            frame["data"]["quantity"].as_str()
        ),
        (Some(INSTRUMENT), Some("0.01"))
    );
    // 0.01 at 10,001 and 0.2 % of it.
    let mut frame = figures.frame().await;
    while frame["data"]["cash_total"] != "999899.78998" {
        frame = figures.frame().await;
    }
    assert_eq!(frame["data"]["open_positions"], 1);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_orders_of_before_go_on_being_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rig = Rig::fresh(folder.path()).await;
    let mut orders = rig.served.client("U1").await;
    let before = orders.subscribe(private("orders", ACCOUNT)).await;
    rig.order("M1", None).await;
    until(&mut orders, "M1", "FILLED").await;
    rig.order("L1", Some("9000")).await;
    until(&mut orders, "L1", "ACCEPTED").await;
    rig.stop().await;

    let mut rig = Rig::start(folder.path());
    let mut orders = rig.served.client("U1").await;
    let mut asked = private("orders", ACCOUNT);
    asked["since"] = json!({"epoch": before["epoch"], "seq": before["seq"]});
    let snapshot = orders.subscribe(asked).await;
    assert_ne!(
        snapshot["epoch"], before["epoch"],
        "numbers of another process were taken for ours"
    );
    let states = |snapshot: &Value| -> BTreeMap<String, String> {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let orders = snapshot["data"].as_array().expect("orders").iter();
        orders
            .map(|order| (text(&order["client_order_id"]), text(&order["state"])))
            .collect()
    };
    assert_eq!(states(&snapshot).get("M1").map(String::as_str), Some("FILLED"));
    rig.cancel("L1").await;
    let mut frame = orders.frame().await;
    while frame["data"]["state"] != "CANCELED" {
        assert_eq!(frame["data"]["client_order_id"], "L1");
        frame = orders.frame().await;
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let rig = Rig::fresh(folder.path()).await;
    let mut client = rig.served.client("U1").await;
    rig.served.people.join("U1", "GHOST");
    for (mut asked, code) in [
        (
            json!({"channel": "quotes", "instrument": "NO-SUCH.COINBASE"}),
            "UNKNOWN_INSTRUMENT",
        ),
        (private("orders", "GHOST"), "UNKNOWN_ACCOUNT"),
    ] {
        asked["op"] = json!("subscribe");
        assert_eq!(client.refused(asked).await, code);
    }
    rig.stop().await;
}
