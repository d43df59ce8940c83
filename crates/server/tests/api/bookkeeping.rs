//! Exports, exchange rates, hedged accounts and sizes, through the API.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use tradewind_types::record::{BookTask, Command, ImportItem, ImportRow};
use tradewind_types::{AccountId, Decimal, Money, UnixNanos};

use tradewind_wire::Role;

use crate::desk::{Answer, As, BTC, Desk, limit_buy, trading};

struct Books {
    desk: Desk,
    who: As,
    account: AccountId,
    base: String,
}

async fn ready() -> Books {
    let desk = Desk::open().await;
    let (who, account) = trading(&desk).await;
    Books {
        base: format!("/api/v1/accounts/{account}"),
        desk,
        who,
        account,
    }
}

impl Books {
    async fn get(&self, path: &str) -> Answer {
        self.desk.get(&self.who, &format!("{}{path}", self.base)).await
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let path = format!("{}{path}", self.base);
        self.desk.call(&self.who, method, &path, body).await
    }

    async fn text(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        String::from_utf8(answer.body.to_vec()).expect("UTF-8")
    }

    /// So many deposits of one dollar, booked by one statement.
    async fn deposits(&self, count: u32) {
        let usd = "USD".parse().expect("currency");
        let row = |n: u32| ImportRow {
            hash: format!("row{n}"),
            line: n,
            ts: UnixNanos::from_secs(1_700_000_000 + u64::from(n)),
            reason: "deposit".to_owned(),
            item: ImportItem::Transfer {
                money: Money::new(Decimal::ONE, usd),
            },
        };
        let task = BookTask::Import {
            preset: "generic".to_owned(),
            digest: "d".to_owned(),
            rows: (1..=count).map(row).collect(),
        };
        self.desk
            .command(Command::Book {
                account: self.account.clone(),
                task: Box::new(task),
                key: format!("statement of {count}"),
                reason: "test".to_owned(),
            })
            .await;
        self.desk.projected().await;
    }

    async fn filled(&self, order: Value) {
        let placed = self.call("POST", "/orders", order).await;
        assert_eq!(placed.status, 201, "{}", String::from_utf8_lossy(&placed.body));
        self.desk.pass(std::time::Duration::from_millis(100)).await;
        self.desk.quote(BTC, 100, 101).await;
    }

    /// The account trades on margin and holds long and short side by side.
    async fn hedged(&self) {
        let mut settings = self.get("/risk").await.json()["settings"].clone();
        settings["margin"]["enabled"] = json!(true);
        let path = format!("{}/risk", self.base);
        let mut request = self.desk.request(&self.who, "PUT", &path, Some(&settings));
        request
            .headers_mut()
            .insert("if-match", "\"1\"".parse().expect("header"));
        let done = self.desk.send(request).await;
        assert_eq!(done.status, 200, "{}", String::from_utf8_lossy(&done.body));
        let books = self.get("/ledger/settings").await.json();
        let change = json!({
            "expected_version": books["version"],
            "lot_method": "FIFO",
            "position_mode": "HEDGING",
            "overdraft": true,
        });
        let done = self.call("PUT", "/ledger/settings", change).await;
        assert_eq!(done.status, 200, "{}", String::from_utf8_lossy(&done.body));
    }
}

#[tokio::test]
async fn an_export_holds_every_row_however_many_pages_the_history_has() {
    let b = ready().await;
    b.deposits(2_000).await;
    b.deposits(2_000).await;
    let csv = b.text("/export?what=entries").await;
    let lines: Vec<&str> = csv.trim_end().split("\r\n").collect();
    // 2,000 deposits and the opening one, two postings each; the second statement brought nothing new.
    assert_eq!(lines.len(), 1 + 2 * 2_001);
    let header: Vec<&str> = lines[0].split(',').collect();
    assert_eq!(&header[..3], ["entry", "account", "ts"]);
    let ids: BTreeSet<&str> = lines[1..].iter().filter_map(|l| l.split(',').next()).collect();
    assert_eq!(ids.len(), 2_001, "no entry is there twice or missing");

    let json: Value = serde_json::from_str(&b.text("/export?what=entries&format=json").await).expect("JSON");
    let rows = json.as_array().expect("an array");
    assert_eq!(rows.len(), 2 * 2_001);
    let sum: Decimal = rows
        .iter()
        .map(|row| {
            row["amount"]
                .as_str()
                .expect("text")
                .parse::<Decimal>()
                .expect("a decimal")
        })
        .sum();
    assert_eq!(sum, Decimal::ZERO, "debits and credits");
}

#[tokio::test]
async fn orders_fills_positions_and_lots_come_out_as_csv_and_json() {
    let b = ready().await;
    b.filled(
        json!({"client_order_id": "m1", "instrument": BTC, "side": "BUY", "type": "MARKET", "quantity": "2"}),
    )
    .await;
    b.call("POST", "/orders", limit_buy("rests", "1", "90")).await;
    b.desk.projected().await;
    for (what, rows, has) in [
        ("orders", 2, "rests"),
        ("fills", 1, "101"),
        ("positions", 1, BTC),
        ("lots", 1, BTC),
    ] {
        let answer = b.get(&format!("/export?what={what}")).await;
        assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
        let name = answer.headers["content-disposition"].to_str().expect("text");
        assert_eq!(name, format!("attachment; filename=\"{}-{what}.csv\"", b.account));
        let csv = String::from_utf8(answer.body.to_vec()).expect("UTF-8");
        assert_eq!(csv.trim_end().split("\r\n").count(), 1 + rows, "{what}: {csv}");
        assert!(csv.contains(has), "{what}: {csv}");
        let text = b.text(&format!("/export?what={what}&format=json")).await;
        let json: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(json.as_array().map(Vec::len), Some(rows), "{what}: {json}");
    }
    let empty = Desk::open().await;
    let (who, account) = trading(&empty).await;
    let none = empty
        .get(
            &who,
            &format!("/api/v1/accounts/{account}/export?what=fills&format=json"),
        )
        .await;
    assert_eq!(none.json(), json!([]), "nothing is an empty array");
    assert_eq!(b.get("/export?what=dreams").await.field(), "what:UNKNOWN");
    assert_eq!(
        b.get("/export?what=fills&format=pdf").await.field(),
        "format:UNKNOWN"
    );
}

#[tokio::test]
async fn exchange_rates_are_recorded_listed_newest_first_and_checked() {
    let desk = Desk::open().await;
    let admin = desk.person("root", Role::Admin).await;
    let admin = desk.session(&admin).await;
    let (trader, _) = trading(&desk).await;
    let rate = |base: &str, quote: &str, rate: &str, ts: &str| json!({"base": base, "quote": quote, "rate": rate, "ts": ts, "source": "ECB"});
    let post = async |who: &As, body: Value| desk.call(who, "POST", "/api/v1/fx-rates", body).await;
    let first = post(&admin, rate("EUR", "USD", "1.0842", "2026-01-05T15:00:00Z")).await;
    assert_eq!(first.status, 201, "{}", String::from_utf8_lossy(&first.body));
    assert_eq!(first.json()["rate"], "1.0842");
    post(&admin, rate("EUR", "USD", "1.09", "2026-01-06T15:00:00Z")).await;
    post(&admin, rate("EUR", "USD", "1.091", "2026-01-06T15:00:00Z")).await;
    let listed = desk.get(&trader, "/api/v1/fx-rates").await.json();
    let rates: Vec<&str> = listed["items"]
        .as_array()
        .expect("rates")
        .iter()
        .filter_map(|r| r["rate"].as_str())
        .collect();
    assert_eq!(
        rates,
        ["1.091", "1.0842"],
        "the one of the same time was replaced"
    );
    let refused = post(&trader, rate("EUR", "USD", "2", "2026-01-07T15:00:00Z")).await;
    assert_eq!(refused.status, 403);
    for (base, quote, value) in [
        ("EUR", "USD", "0"),
        ("EUR", "USD", "-1"),
        ("USD", "USD", "1"),
        ("EUR", "USD", "x"),
    ] {
        let answer = post(&admin, rate(base, quote, value, "2026-01-07T15:00:00Z")).await;
        assert_eq!(
            answer.status,
            422,
            "{base}/{quote} {value}: {}",
            String::from_utf8_lossy(&answer.body)
        );
    }
    let listed = desk.get(&trader, "/api/v1/fx-rates").await.json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2), "{listed}");
}

#[tokio::test]
async fn a_hedged_account_shows_both_sides_and_closes_the_one_that_an_order_reduces() {
    let b = ready().await;
    b.hedged().await;
    let order = |id: &str, side: &str, quantity: &str, reduce_only: bool| {
        json!({"client_order_id": id, "instrument": BTC, "side": side, "type": "MARKET", "quantity": quantity,
            "reduce_only": reduce_only})
    };
    b.filled(order("long", "BUY", "2", false)).await;
    b.filled(order("short", "SELL", "2", false)).await;
    let positions = b.get("/positions").await.json();
    let position = &positions["items"][0];
    assert_eq!(
        position["quantity"], "0",
        "both sides net to nothing, and are there: {positions}"
    );
    let side = |n: usize| {
        let side = &position["sides"][n];
        (
            side["side"].clone(),
            side["quantity"].clone(),
            side["unrealised_pnl"].clone(),
        )
    };
    // Bought at 101 and sold at 100, the mark is 100.5.
    assert_eq!(side(0), ("LONG".into(), "2".into(), "-1".into()));
    assert_eq!(side(1), ("SHORT".into(), "-2".into(), "-1".into()));
    b.filled(order("close", "SELL", "2", true)).await;
    let positions = b.get("/positions").await.json();
    let position = &positions["items"][0];
    assert_eq!(
        (&position["quantity"], &position["side"]),
        (&"-2".into(), &"SHORT".into())
    );
    assert_eq!(position["sides"][0]["realised_pnl"], "-2");
    let flat = b.call("POST", "/flatten", json!({})).await;
    assert_eq!(flat.json()["orders"][0]["side"], "BUY");
    b.desk.pass(std::time::Duration::from_millis(100)).await;
    b.desk.quote(BTC, 100, 101).await;
    assert_eq!(b.get("/positions").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_size_is_previewed_with_its_inputs_and_kept_as_a_setting() {
    let b = ready().await;
    let ask = async |body: Value| b.call("POST", "/risk/sizing", body).await;
    let answer = ask(json!({"instrument": BTC, "side": "BUY",
        "sizing": {"method": "VOLATILITY_TARGET", "volatility": "0.6"}}))
    .await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let size = answer.json();
    // 15 % / 60 % of 100,000 at an offer of 101: 247.52…
    assert_eq!(
        (&size["equity"], &size["price"], &size["currency"]),
        (&"100000".into(), &"101".into(), &"USD".into())
    );
    assert!(
        size["quantity"].as_str().expect("text").starts_with("247.52"),
        "{size}"
    );
    assert_eq!(size["sizing"]["target"], "0.15", "what was left out is stated");
    let cases = [
        (
            json!({"instrument": "NO-USD.COINBASE", "side": "BUY"}),
            "instrument:NO_SIZE",
        ),
        (
            json!({"instrument": BTC, "side": "BUY", "sizing": {"method": "VAR_BUDGET"}}),
            "sizing.value_at_risk:MISSING",
        ),
        (
            json!({"instrument": BTC, "side": "BUY", "sizing": {"method": "FIXED_FRACTION", "fraction": "2"}}),
            "sizing.fraction:OUT_OF_RANGE",
        ),
        (
            json!({"instrument": BTC, "side": "BUY", "sizing": {"method": "RISK_TO_STOP", "cap": "0.1"}}),
            "sizing.cap:UNKNOWN",
        ),
        (
            json!({"instrument": BTC, "side": "BUY", "stop": "200", "sizing": {"method": "RISK_TO_STOP"}}),
            "sizing:NO_SIZE",
        ),
    ];
    for (body, field) in cases {
        assert_eq!(ask(body).await.field(), field);
    }
    let mut settings = b.get("/risk").await.json()["settings"].clone();
    assert_eq!(settings["sizing"]["method"], "SIGNAL");
    settings["sizing"] = json!({"method": "RISK_TO_STOP"});
    let path = format!("{}/risk", b.base);
    let mut request = b.desk.request(&b.who, "PUT", &path, Some(&settings));
    request
        .headers_mut()
        .insert("if-match", "\"1\"".parse().expect("header"));
    assert_eq!(b.desk.send(request).await.status, 200);
    assert_eq!(b.get("/risk").await.json()["settings"]["sizing"]["risk"], "0.01");
    let size = ask(json!({"instrument": BTC, "side": "BUY", "price": "100", "stop": "96"}))
        .await
        .json();
    assert_eq!(
        size["quantity"], "250",
        "the account's own rule: 1 % of 100,000 over a distance of 4"
    );
}
