//! Every order type × every time in force × every way in which the market may be known: one story each, what is told
//! of it in a table. No combination is left out; those that contradict themselves are refused with their reason.

mod rig;

use rig::{Rig, Shown, at, post_only, stop, stop_limit, trailing};
use rust_decimal::Decimal;
use tradewind_matching::paper::{BarSettings, HalfSpread, PaperSettings, QueueModel};
use tradewind_types::time::DAY_NS;
use tradewind_types::{OrderKind, Side, TimeInForce, TrailingOffset};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Model {
    /// Bars with half a spread of 1.
    Bar,
    /// Bid and offer without sizes.
    Quote,
    /// Bid and offer with sizes.
    L1,
    /// A book.
    L2,
    /// Trades alone.
    Trades,
}

const MODELS: [Model; 5] = [Model::Bar, Model::Quote, Model::L1, Model::L2, Model::Trades];

fn kinds() -> Vec<(&'static str, OrderKind)> {
    let percent = OrderKind::TrailingStop {
        offset: TrailingOffset::Percent(Decimal::from(3)),
        activation: None,
    };
    vec![
        ("MARKET", OrderKind::Market),
        ("LIMIT 102", at(102)),
        ("LIMIT 100", at(100)),
        ("POST 102", post_only(102)),
        ("POST 100", post_only(100)),
        ("STOP 105", stop(105)),
        ("STOP 105 LIMIT 106", stop_limit(105, 106, false)),
        ("STOP 105 LIMIT 104", stop_limit(105, 104, false)),
        ("STOP 105 POST 106", stop_limit(105, 106, true)),
        ("STOP 105 POST 104", stop_limit(105, 104, true)),
        ("TRAIL 4", trailing(4, None)),
        ("TRAIL 3%", percent),
    ]
}

const TIFS: [&str; 5] = ["GTC", "DAY", "GTD", "IOC", "FOK"];

/// A buy of 6 while the price is about 100; then it rises to 105, falls to 98, and the day ends. One column each.
fn story(kind: OrderKind, tif: &str, model: Model) -> String {
    let mut rig = Rig::with(PaperSettings {
        order_latency_ns: 0,
        cancel_latency_ns: 0,
        bars: BarSettings {
            half_spread: HalfSpread::TickMillionths(1_000_000),
            ..BarSettings::default()
        },
        ..rig::settings(QueueModel::BehindDisplayed)
    });
    let midnight = rig.now.floor_to(DAY_NS).plus(DAY_NS);
    rig.now = rig.now.floor_to(60_000_000_000);
    let tif = match tif {
        "GTC" => TimeInForce::Gtc,
        "DAY" => TimeInForce::Day,
        "IOC" => TimeInForce::Ioc,
        "FOK" => TimeInForce::Fok,
        _ => TimeInForce::Gtd {
            until: rig.now.plus(3_600_000_000_000),
        },
    };
    rig.world.shown = match model {
        Model::Bar | Model::L2 => Shown::Levels,
        Model::Quote => Shown::Prices,
        Model::L1 => Shown::Quote,
        Model::Trades => Shown::Last(100),
    };
    if model == Model::Bar {
        assert_eq!(rig.bar([100, 100, 100, 100], 50), "", "fed by bars from here on");
    }
    let order = rig.order(Side::Buy, kind, tif, 6);
    assert!(rig.venue.submit(order, rig.now).is_some());
    let arrival = match model {
        Model::Bar => rig.bar([100, 100, 100, 100], 50),
        _ => rig.pass(0),
    };
    let rises = match model {
        Model::Bar => rig.bar([101, 105, 101, 105], 50),
        Model::Trades => {
            rig.world.shown = Shown::Last(105);
            rig.print(105, 4, None)
        }
        _ => rig.show(&[(104, 4)], &[(105, 4), (106, 9)]),
    };
    let falls = match model {
        Model::Bar => rig.bar([104, 104, 98, 98], 50),
        Model::Trades => {
            rig.world.shown = Shown::Last(98);
            rig.print(98, 4, None)
        }
        _ => rig.show(&[(97, 4)], &[(98, 4), (99, 9)]),
    };
    rig.now = rig.now.max(midnight);
    let ends = match model {
        Model::Bar => rig.bar([98, 98, 98, 98], 50),
        _ => rig.pass(1),
    };
    format!("{arrival} | {rises} | {falls} | {ends}")
}

fn table() -> String {
    let mut text = String::new();
    for (name, kind) in kinds() {
        for tif in TIFS {
            for model in MODELS {
                let told = story(kind, tif, model);
                let model = format!("{model:?}");
                text.push_str(&format!("{name:<20}{tif:<5}{model:<8}{}\n", told.trim_end()));
            }
        }
    }
    text
}

#[test]
fn every_type_in_every_time_in_force_on_every_model_does_what_the_table_says() {
    let golden = include_str!("golden/paper_table.txt");
    let table = table();
    assert_eq!(table.lines().count(), kinds().len() * TIFS.len() * MODELS.len());
    for (now, was) in table.lines().zip(golden.lines()) {
        assert_eq!(now, was);
    }
    assert_eq!(table.lines().count(), golden.lines().count());
}

#[test]
#[ignore = "writes the table anew, to be read before it is committed"]
fn write_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/paper_table.txt");
    std::fs::write(path, table()).expect("written");
}
