//! Indicators over the hub: computed once for all who read them, and the same as over REST.

use serde_json::{Value, json};
use tradewind_indicators::IndicatorSpec;
use tradewind_types::UnixNanos;
use tradewind_types::market::BarInterval;

use super::rig::{INSTRUMENT, Rig};
use crate::bars::Wanted;
use crate::indicators::{Computation, lead};

const STEP_NS: u64 = 10_000_000_000;

fn of(indicator: &str) -> Value {
    json!({"channel": "indicators", "instrument": INSTRUMENT, "interval": "10s", "indicator": indicator})
}

/// Trades in so many bars, the first of which opens at `from`.
async fn trade(rig: &mut Rig, from: UnixNanos, bars: std::ops::Range<u64>) {
    for n in bars {
        let price = 10_000 + (n as i64 * 37) % 101;
        rig.trade(price, from.plus(n * STEP_NS)).await;
        rig.trade(price + 3, from.plus(n * STEP_NS + STEP_NS / 2)).await;
    }
}

/// What REST answers at the newest bars.
async fn rest(rig: &Rig, indicator: &str, bars: usize) -> Value {
    let spec = IndicatorSpec::parse(indicator).expect("an id");
    let wanted = Wanted {
        interval: BarInterval::S10,
        from: None,
        to: None,
        count: bars,
        skip: 0,
        lead: lead(&spec, BarInterval::S10),
    };
    let id = INSTRUMENT.parse().expect("an id");
    let read = rig.reader().read(&id, wanted).await.expect("bars");
    let series = Computation::over(&read).of(&spec).expect("values");
    serde_json::to_value(series).expect("json")
}

fn column(series: &Value, output: usize) -> Vec<Option<f64>> {
    let values = series["values"][output].as_array().expect("values");
    values.iter().map(Value::as_f64).collect()
}

fn assert_alike(hub: &Value, rest: &Value) {
    assert_eq!(
        (&hub["times"], &hub["outputs"]),
        (&rest["times"], &rest["outputs"]),
        "{hub} {rest}"
    );
    assert_eq!(
        (&hub["forming"], &hub["since"]),
        (&rest["forming"], &rest["since"])
    );
    let outputs = rest["outputs"].as_array().expect("outputs").len();
    for output in 0..outputs {
        for pair in column(hub, output).into_iter().zip(column(rest, output)) {
            match pair {
                (Some(hub), Some(rest)) => {
                    assert!((hub - rest).abs() <= 1e-9 * rest.abs().max(1.0), "{hub} {rest}")
                }
                (hub, rest) => assert_eq!(hub, rest),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_computation_feeds_all_who_read_it_and_says_what_rest_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rig = Rig::fresh(folder.path()).await;
    let begin = UnixNanos(rig.now().floor_to(STEP_NS).0 - 60 * STEP_NS);
    trade(&mut rig, begin, 0..50).await;
    let (mut one, mut two) = (rig.served.client("U1").await, rig.served.client("U2").await);
    let mut other = rig.served.client("U2").await;
    let first = one.subscribe(of("MACD_12_26_9")).await;
    let second = two.subscribe(of("MACD_12_26_9")).await;
    // Other words for the same.
    let third = other.subscribe(of("MACD")).await;
    assert_eq!(
        first["topic"],
        format!("indicators:{INSTRUMENT}:10s:MACD_12_26_9")
    );
    assert_eq!(third["topic"], format!("indicators:{INSTRUMENT}:10s:MACD"));
    assert_eq!(
        (&first["data"], &first["data"]),
        (&second["data"], &third["data"])
    );
    assert_alike(&first["data"], &rest(&rig, "MACD", 10).await);
    assert_eq!(rig.feeds.indicators_begun(), 1, "computed more than once");

    // Bars close and begin; the last trade of all makes the last value.
    trade(&mut rig, begin, 50..56).await;
    let last = serde_json::to_value(tradewind_wire::Time(begin.plus(55 * STEP_NS))).expect("json");
    let expected = loop {
        let expected = rest(&rig, "MACD", 1).await;
        if expected["times"][0] == last {
            break expected;
        }
    };
    for client in [&mut one, &mut two, &mut other] {
        let mut frame = client.frame().await;
        let newest = |frame: &Value| {
            let series = &frame["data"];
            let at = series["times"].as_array().expect("times").len() - 1;
            (series["times"][at].clone(), column(series, 0)[at])
        };
        let wanted = column(&expected, 0)[0].expect("warm");
        let there = |frame: &Value| {
            let (time, value) = newest(frame);
            time == last && value.is_some_and(|value| (value - wanted).abs() <= 1e-9 * wanted.abs().max(1.0))
        };
        while !there(&frame) {
            frame = client.frame().await;
            assert_eq!(frame["op"], "delta");
        }
    }
    assert_eq!(rig.feeds.indicators_begun(), 1);
    // Who comes later finds it running.
    let mut late = rig.served.client("U1").await;
    let snapshot = late.subscribe(of("MACD_12_26_9")).await;
    assert_alike(&snapshot["data"], &rest(&rig, "MACD", 10).await);
    assert_eq!(rig.feeds.indicators_begun(), 1);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_computed_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let rig = Rig::fresh(folder.path()).await;
    let mut client = rig.served.client("U1").await;
    for (asked, code) in [
        (of("NOPE_3"), "BAD_SUBSCRIPTION"),
        (of("RSI_0"), "BAD_SUBSCRIPTION"),
        (
            json!({"channel": "indicators", "instrument": INSTRUMENT, "interval": "10s"}),
            "BAD_SUBSCRIPTION",
        ),
        (
            json!({"channel": "bars", "instrument": INSTRUMENT, "interval": "10s", "indicator": "RSI"}),
            "BAD_SUBSCRIPTION",
        ),
        (
            json!({"channel": "indicators", "instrument": INSTRUMENT, "interval": "100tick", "indicator": "RSI"}),
            "NOT_KEPT",
        ),
        (
            json!({"channel": "indicators", "instrument": "NOPE.COINBASE", "interval": "10s", "indicator": "RSI"}),
            "UNKNOWN_INSTRUMENT",
        ),
    ] {
        let mut message = asked.clone();
        message["op"] = "subscribe".into();
        assert_eq!(client.refused(message).await, code, "{asked}");
    }
    rig.stop().await;
}
