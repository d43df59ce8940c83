//! Stored market data over the API: what there is, gaps, quality, backfill, compaction, retention.

use std::ops::Range;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tradewind_server::catalogue::{
    Backfill, BackfillAsked, BackfillDone, BackfillRefused, Trading, fill_by_hand,
};
use tradewind_store::catalog::gaps::{GapRules, History};
use tradewind_store::catalog::{Catalog, Kind, Rows, Rule, Scales, Series, bar_row, by_place};
use tradewind_types::market::{Bar, BarInterval, BarSource};
use tradewind_types::{Clock, InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};
use tradewind_wire::Role;

use crate::desk::{As, BTC, Desk, START, calendars};

const MINUTE_NS: u64 = 60_000_000_000;
const DAY_NS: u64 = 24 * 60 * MINUTE_NS;
const SCALES: Scales = Scales { price: 2, size: 4 };

fn bar(interval: BarInterval, ts: UnixNanos, price: i64) -> Bar {
    Bar {
        instrument: InstrumentIdx(0),
        interval,
        ts,
        open: PriceMantissa(price),
        high: PriceMantissa(price + 10),
        low: PriceMantissa(price - 10),
        close: PriceMantissa(price + 5),
        volume: SizeMantissa(1_000),
        value: 0,
        trades: 0,
        open_interest: None,
        source: BarSource::Venue,
        complete: true,
        revision: 0,
        ts_init: START,
    }
}

fn rows(bars: impl IntoIterator<Item = Bar>) -> Rows {
    let mut rows = Rows::new(Kind::Bars, SCALES);
    for bar in bars {
        let row = bar_row(&mut rows, "BTC-USD", &bar);
        rows.push(&row);
    }
    rows
}

/// A venue whose history has a minute of Bitcoin for every minute of the last ten days, and nothing else.
pub(crate) struct VenueOfTests {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
}

impl VenueOfTests {
    pub(crate) fn new(catalog: Catalog, clock: Arc<dyn Clock>) -> Self {
        Self { catalog, clock }
    }
}

impl History for VenueOfTests {
    async fn bars(&self, _: &Series, times: Range<i64>) -> Result<Rows, String> {
        let begin = (START.0 - 10 * DAY_NS) / MINUTE_NS;
        let minutes = (times.start as u64).div_ceil(MINUTE_NS)..(times.end as u64).div_ceil(MINUTE_NS);
        let minutes = minutes.filter(|minute| *minute >= begin);
        Ok(rows(minutes.map(|minute| {
            bar(BarInterval::M1, UnixNanos(minute * MINUTE_NS), 10_000)
        })))
    }
}

impl Backfill for VenueOfTests {
    fn backfill(&self, asked: BackfillAsked) -> BoxFuture<'_, Result<BackfillDone, BackfillRefused>> {
        Box::pin(async move {
            if asked.series != Series::bars(BTC.parse().expect("id"), BarInterval::M1) {
                return Err(BackfillRefused::NoHistory(asked.series));
            }
            let trading = Trading {
                sessions: &calendars(),
                calendar: "24/7",
            };
            let rules = GapRules::default();
            let now = (self.clock.now(), &rules);
            Ok(fill_by_hand(&self.catalog, self, &asked, trading, now).await?)
        })
    }
}

async fn write(desk: &Desk, interval: BarInterval, bars: impl IntoIterator<Item = Bar>) {
    let catalog = desk.state.catalogue.as_ref().expect("a catalogue").catalog();
    let series = Series::bars(BTC.parse().expect("id"), interval);
    let mut session = catalog.session().await.expect("a session");
    for (place, rows) in by_place(&series.shelf(), &rows(bars)).expect("places") {
        let rule = Rule::LatestWrite { input: 1 };
        session.add(&place, rows, rule).await.expect("added");
    }
    session.commit().await.expect("committed");
}

async fn admin(desk: &Desk) -> As {
    let user = desk.person("adele", Role::Admin).await;
    desk.session(&user).await
}

fn minute(n: i64) -> UnixNanos {
    UnixNanos(START.0.checked_add_signed(n * MINUTE_NS as i64).expect("a time"))
}

#[tokio::test]
async fn what_is_stored_is_listed_by_kind_instrument_and_interval_in_pages() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    let minutes = (-120..0).map(|n| bar(BarInterval::M1, minute(n), 10_000));
    write(&desk, BarInterval::M1, minutes).await;
    write(
        &desk,
        BarInterval::H1,
        [bar(BarInterval::H1, minute(-120), 10_000)],
    )
    .await;
    let days = (1..4).map(|n| {
        bar(
            BarInterval::DAY,
            UnixNanos(START.0 / DAY_NS * DAY_NS - n * DAY_NS),
            10_000,
        )
    });
    write(&desk, BarInterval::DAY, days).await;
    let series = Series::bars(BTC.parse().expect("id"), BarInterval::M1);
    let catalogue = desk.state.catalogue.as_ref().expect("a catalogue");
    let tail = catalogue.catalog().tail().expect("a tail");
    let late = rows((0..5).map(|n| bar(BarInterval::M1, minute(n), 10_000)));
    tail.append(&series, &late).await.expect("appended");

    let all = desk.get(&who, "/api/v1/catalogue").await.json();
    assert_eq!(
        (&all["place"], &all["recording"]),
        (&"memory".into(), &true.into())
    );
    let list = all["series"].as_array().expect("series");
    let names: Vec<&str> = list
        .iter()
        .map(|s| s["interval"].as_str().expect("bars"))
        .collect();
    assert_eq!(names, ["1m", "1h", "D"], "{all}");
    let first = &list[0];
    assert_eq!(
        (&first["kind"], &first["instrument"]),
        (&"bars".into(), &BTC.into())
    );
    assert_eq!((&first["rows"], &first["tail_rows"]), (&120.into(), &5.into()));
    assert_eq!(
        (&first["from"], &first["to"]),
        (&"2026-11-22T07:00:00Z".into(), &"2026-11-22T09:04:00Z".into())
    );
    assert!(first["bytes"].as_u64() > Some(500), "{first}");
    let page = desk.get(&who, "/api/v1/catalogue?limit=2").await.json();
    let cursor = page["next_cursor"].as_str().expect("more");
    let rest = desk
        .get(&who, &format!("/api/v1/catalogue?limit=2&cursor={cursor}"))
        .await
        .json();
    assert_eq!(
        (&rest["series"][0], &rest["next_cursor"]),
        (&list[2], &Value::Null)
    );
    let none = desk.get(&who, "/api/v1/catalogue?kind=trades").await.json();
    assert_eq!(none["series"], json!([]));
    let other = desk
        .get(&who, "/api/v1/catalogue?instrument=ETH-USD.COINBASE")
        .await
        .json();
    assert_eq!(other["series"], json!([]));
    for (query, field) in [
        ("kind=candles", "kind:UNKNOWN_KIND"),
        ("cursor=x", "cursor:MALFORMED"),
        ("limit=501", "limit:OUT_OF_RANGE"),
    ] {
        assert_eq!(
            desk.get(&who, &format!("/api/v1/catalogue?{query}"))
                .await
                .field(),
            field
        );
    }
}

#[tokio::test]
async fn gaps_are_told_and_filled_from_the_venue_as_far_as_it_reaches() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    // The last six hours but for half an hour, and a day's end before.
    let there = (-1_440..-1_380).chain(-360..-90).chain(-60..0);
    write(
        &desk,
        BarInterval::M1,
        there.map(|n| bar(BarInterval::M1, minute(n), 10_000)),
    )
    .await;
    let path = format!("/api/v1/catalogue/gaps?instrument={BTC}&interval=1m&days=1");
    let found = desk.get(&who, &path).await.json();
    assert_eq!(
        (&found["calendar"], &found["interval"]),
        (&"24/7".into(), &"1m".into())
    );
    let gaps = found["gaps"].as_array().expect("gaps");
    let bars: Vec<u64> = gaps
        .iter()
        .map(|gap| gap["bars"].as_u64().expect("bars"))
        .collect();
    assert_eq!(bars, [1_020, 30], "{found}");
    assert_eq!(
        (&gaps[1]["from"], &gaps[1]["to"]),
        (&"2026-11-22T07:30:00Z".into(), &"2026-11-22T08:00:00Z".into())
    );

    // The newest first, between two times.
    let body = json!({"instrument": BTC, "interval": "1m", "from": "2026-11-22T07:00:00Z"});
    let done = desk
        .call(&who, "POST", "/api/v1/catalogue/backfill", body)
        .await
        .json();
    assert_eq!(
        done,
        json!({"asked": 1, "added": 30, "empty": 0, "skipped": 0, "failures": [], "gaps_left": 0})
    );
    let found = desk.get(&who, &path).await.json();
    assert_eq!(found["gaps"].as_array().map(Vec::len), Some(1), "{found}");
    // As far back as the scans look: the venue has ten days, which are more questions than one request asks.
    let body = json!({"instrument": BTC, "interval": "1m"});
    let mut added = 0;
    let mut rounds = 0;
    loop {
        let done = desk
            .call(&who, "POST", "/api/v1/catalogue/backfill", body.clone())
            .await
            .json();
        added += done["added"].as_u64().expect("added");
        rounds += 1;
        assert!(done["asked"].as_u64() <= Some(60), "{done}");
        if done["asked"].as_u64() == Some(0) {
            // Twenty days that the venue does not have.
            assert!(done["skipped"].as_u64() > Some(200), "{done}");
            assert_eq!(done["gaps_left"], 1);
            break;
        }
        assert!(rounds < 20, "{done}");
    }
    assert_eq!(added, 10 * 1_440 - 420, "ten days but for what was there");
    let whole = desk.get(&who, &path).await.json();
    assert_eq!(whole["gaps"], json!([]));
    // It was written down, who did it.
    let log = tradewind_store::identity::audit::list(&desk.db, 0, 100).await;
    let log = log.expect("the audit log");
    let fills = log
        .iter()
        .map(|(_, row)| row)
        .filter(|row| row.action == "catalogue.backfill");
    assert_eq!(fills.clone().count(), rounds + 1);
    assert!(
        fills
            .clone()
            .all(|row| row.actor == "u-adele" && row.subject == format!("bars {BTC} 1m"))
    );

    for (body, code) in [
        (
            json!({"instrument": BTC, "interval": "5m"}),
            "CATALOGUE_NO_HISTORY",
        ),
        (
            json!({"instrument": "NOPE.X", "interval": "1m"}),
            "CATALOGUE_NO_HISTORY",
        ),
    ] {
        let refused = desk.call(&who, "POST", "/api/v1/catalogue/backfill", body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.problem()),
            (409, code.to_owned())
        );
    }
    for (body, field) in [
        (
            json!({"instrument": BTC, "interval": "100tick"}),
            "interval:NOT_KEPT",
        ),
        (
            json!({"instrument": "nonsense", "interval": "1m"}),
            "instrument:MALFORMED",
        ),
        (
            json!({"instrument": BTC, "interval": "1m", "from": "2026-11-22T07:00:00Z", "to": "2026-11-22T07:00:00Z"}),
            "from:OUT_OF_RANGE",
        ),
        (
            json!({"instrument": BTC, "interval": "1m", "from": "1990-01-01T00:00:00Z"}),
            "from:OUT_OF_RANGE",
        ),
    ] {
        let refused = desk.call(&who, "POST", "/api/v1/catalogue/backfill", body).await;
        assert_eq!(refused.field(), field);
    }
    let seconds = format!("/api/v1/catalogue/gaps?instrument={BTC}&interval=1s&days=60");
    assert_eq!(desk.get(&who, &seconds).await.field(), "days:OUT_OF_RANGE");
    let wrong = desk.get(&who, &format!("{path}&calendar=NOPE")).await;
    assert_eq!(wrong.field(), "calendar:UNKNOWN_CALENDAR");
    assert_eq!(
        desk.get(&who, &format!("{path}000")).await.field(),
        "days:OUT_OF_RANGE"
    );
}

#[tokio::test]
async fn quality_names_what_it_found_and_where() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    let walk = |n: i64| 10_000 + (n * 37).rem_euclid(23);
    // A jump of half as much again at the end that stays for one bar, and ten bars missing.
    let bars = (-1_000..-500).chain(-490..0).map(|n| {
        let price = if n == -200 { 15_100 } else { walk(n) };
        bar(BarInterval::M1, minute(n), price)
    });
    write(&desk, BarInterval::M1, bars).await;
    let path = format!("/api/v1/catalogue/quality?instrument={BTC}&interval=1m");
    let found = desk.get(&who, &path).await.json();
    assert_eq!((&found["bars"], &found["interval"]), (&990.into(), &"1m".into()));
    let score = found["score"].as_f64().expect("a score");
    assert!((0.5..1.0).contains(&score), "{found}");
    let checks = found["checks"].as_array().expect("checks");
    let check = |name: &str| {
        checks
            .iter()
            .find(|c| c["name"] == name)
            .unwrap_or_else(|| panic!("{found}"))
    };
    let gaps = check("gaps");
    assert_eq!(
        (&gaps["count"], &gaps["examples"]),
        (&10.into(), &json!(["2026-11-22T00:40:00Z"]))
    );
    assert!((gaps["share"].as_f64().expect("a share") - 0.01).abs() < 1e-9);
    let jumps = check("price_gaps");
    let at = |n| tradewind_wire::Time(minute(n));
    assert_eq!(
        (&jumps["count"], &jumps["examples"]),
        (&2.into(), &json!([at(-200), at(-199)]))
    );
    assert!(
        jumps["penalty"].as_f64() > Some(0.0) && jumps["title"].as_str().is_some_and(|t| t.contains("30 %"))
    );
    let none = desk
        .get(
            &who,
            "/api/v1/catalogue/quality?instrument=ETH-USD.COINBASE&interval=1m",
        )
        .await;
    assert_eq!(
        (none.status.as_u16(), none.problem()),
        (404, "SERIES_UNKNOWN".to_owned())
    );
}

#[tokio::test]
async fn the_tail_goes_into_files_and_old_files_go_as_the_policies_say() {
    let desk = Desk::open().await;
    let who = admin(&desk).await;
    // Ten-second bars of two months ago, whose time is over.
    let old = UnixNanos(START.0 - 62 * DAY_NS);
    let tens: BarInterval = "10s".parse().expect("an interval");
    let bars = (0..60).map(|n| bar(tens, old.plus(n * 10_000_000_000), 10_000));
    write(&desk, tens, bars).await;
    let due = desk.get(&who, "/api/v1/catalogue/retention").await.json();
    let policies = due["policies"].as_array().expect("policies");
    assert_eq!(
        policies[0],
        json!({"kind": "trades", "intervals": null, "keep_days": 30, "into": null})
    );
    assert_eq!(
        policies[3],
        json!({"kind": "bars", "intervals": "up to 59s", "keep_days": 30, "into": "1m"})
    );
    let file = &due["due"][0];
    assert_eq!(
        (&file["series"], &file["rows"], &file["into"]),
        (&format!("bars {BTC} 10s").into(), &60.into(), &"1m".into())
    );
    assert_eq!(
        (&file["from"], &file["to"]),
        (&"2026-09-01T00:00:00Z".into(), &"2026-10-01T00:00:00Z".into())
    );
    // Looking changes nothing.
    assert_eq!(desk.get(&who, "/api/v1/catalogue/retention").await.json(), due);
    let gone = desk
        .call(&who, "POST", "/api/v1/catalogue/retention", Value::Null)
        .await
        .json();
    assert_eq!(gone, due);
    let after = desk.get(&who, "/api/v1/catalogue/retention").await.json();
    assert_eq!(after["due"], json!([]));
    let listed = desk.get(&who, "/api/v1/catalogue").await.json();
    let left: Vec<_> = listed["series"].as_array().expect("series").iter().collect();
    assert_eq!(left.len(), 1, "{listed}");
    assert_eq!(
        (&left[0]["interval"], &left[0]["rows"]),
        (&"1m".into(), &10.into())
    );

    let catalogue = desk.state.catalogue.as_ref().expect("a catalogue");
    let tail = catalogue.catalog().tail().expect("a tail");
    let series = Series::bars(BTC.parse().expect("id"), BarInterval::M1);
    let bars = rows((-10..1).map(|n| bar(BarInterval::M1, minute(n), 10_000)));
    tail.append(&series, &bars).await.expect("appended");
    let moved = desk
        .call(&who, "POST", "/api/v1/catalogue/compact", Value::Null)
        .await
        .json();
    assert_eq!(moved, json!({"rows": 9}), "the last minute has not settled");
    let listed = desk.get(&who, "/api/v1/catalogue").await.json();
    assert_eq!(
        (&listed["series"][0]["rows"], &listed["series"][0]["tail_rows"]),
        (&19.into(), &2.into())
    );
}
