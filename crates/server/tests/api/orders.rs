//! Orders, fills, positions, ledger, risk and the kill switch, through the API.

use serde_json::{Value, json};

use crate::desk::{As, BTC, Desk, limit_buy, trading};

fn market(id: &str, side: &str, quantity: &str) -> Value {
    json!({"client_order_id": id, "instrument": BTC, "side": side, "type": "MARKET", "quantity": quantity})
}

struct Trading {
    desk: Desk,
    who: As,
    base: String,
}

async fn ready() -> Trading {
    let desk = Desk::open().await;
    let (who, account) = trading(&desk).await;
    Trading {
        base: format!("/api/v1/accounts/{account}"),
        desk,
        who,
    }
}

impl Trading {
    async fn get(&self, path: &str) -> crate::desk::Answer {
        self.desk.get(&self.who, &format!("{}{path}", self.base)).await
    }

    async fn post(&self, path: &str, body: Value) -> crate::desk::Answer {
        self.desk
            .call(&self.who, "POST", &format!("{}{path}", self.base), body)
            .await
    }

    async fn delete(&self, path: &str) -> crate::desk::Answer {
        self.desk
            .call(&self.who, "DELETE", &format!("{}{path}", self.base), Value::Null)
            .await
    }

    async fn keyed(&self, key: &str, path: &str, body: &Value) -> crate::desk::Answer {
        let path = format!("{}{path}", self.base);
        let mut request = self.desk.request(&self.who, "POST", &path, Some(body));
        request
            .headers_mut()
            .insert("idempotency-key", key.parse().expect("header"));
        self.desk.send(request).await
    }

    async fn transfer(&self, key: &str, amount: &str) -> crate::desk::Answer {
        let body = json!({"amount": amount, "currency": "USD", "reason": "test"});
        self.keyed(key, "/transfers", &body).await
    }
}

#[tokio::test]
async fn an_order_is_taken_once_however_often_it_is_sent() {
    let t = ready().await;
    let first = t.post("/orders", limit_buy("o1", "0.5", "99")).await;
    assert_eq!(first.status, 201, "{}", String::from_utf8_lossy(&first.body));
    let order = first.json();
    assert_eq!(
        (&order["state"], &order["time_in_force"], &order["simulated"]),
        (&"SUBMITTED".into(), &"GTC".into(), &true.into())
    );
    let again = t.post("/orders", limit_buy("o1", "0.50", "99.00")).await;
    assert_eq!(
        (again.status.as_u16(), &again.json()["created_at"]),
        (200, &order["created_at"])
    );
    let other = t.post("/orders", limit_buy("o1", "0.6", "99")).await;
    assert_eq!(
        (other.status.as_u16(), other.problem().as_str()),
        (422, "ORDER_ID_REUSED")
    );
    let open = t.get("/orders?state=open").await.json();
    assert_eq!(open["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_idempotency_key_stands_in_for_a_missing_client_order_id() {
    let t = ready().await;
    let mut body = limit_buy("x", "0.5", "99");
    body.as_object_mut().expect("object").remove("client_order_id");
    let send = async |body: &Value| t.keyed("retry me", "/orders", body).await;
    let (first, second) = (send(&body).await, send(&body).await);
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 200));
    assert_eq!(first.json()["client_order_id"], second.json()["client_order_id"]);
    body["quantity"] = json!("0.7");
    assert_eq!(send(&body).await.problem(), "ORDER_ID_REUSED");
}

#[tokio::test]
async fn one_key_makes_one_batch_one_bracket_and_one_closing() {
    let t = ready().await;
    let nameless = |price: &str| {
        let mut order = limit_buy("x", "0.5", price);
        order.as_object_mut().expect("object").remove("client_order_id");
        order
    };
    let ids = |answer: &crate::desk::Answer| -> Vec<String> {
        let json = answer.json();
        let orders = json["orders"].as_array().expect("orders");
        let id = |order: &Value| order["client_order_id"].as_str().expect("an id").to_owned();
        orders.iter().map(id).collect()
    };
    // Two orders that say the same are two orders.
    let batch = json!({"mode": "INDEPENDENT", "orders": [nameless("99"), nameless("99")]});
    let (first, again) = (
        t.keyed("b", "/orders/batch", &batch).await,
        t.keyed("b", "/orders/batch", &batch).await,
    );
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200));
    assert_eq!(ids(&first), ids(&again));
    assert_ne!(ids(&first)[0], ids(&first)[1]);
    let open = t.get("/orders?state=open").await.json();
    assert_eq!(open["items"].as_array().map(Vec::len), Some(2), "{open}");
    let other = json!({"mode": "INDEPENDENT", "orders": [nameless("98"), nameless("99")]});
    assert_eq!(
        t.keyed("b", "/orders/batch", &other).await.problem(),
        "ORDER_ID_REUSED"
    );
    let bracket = json!({"entry": nameless("90"), "stop_loss": {"distance": "0.05"}});
    let (first, again) = (
        t.keyed("br", "/orders/bracket", &bracket).await,
        t.keyed("br", "/orders/bracket", &bracket).await,
    );
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200));
    assert_eq!(ids(&first), ids(&again));

    t.post("/orders", market("m1", "BUY", "0.5")).await;
    t.desk.pass(std::time::Duration::from_millis(100)).await;
    let one = json!({ "instrument": BTC });
    let first = t.keyed("f", "/flatten", &one).await;
    assert_eq!((first.status.as_u16(), ids(&first).len()), (201, 1));
    t.desk.pass(std::time::Duration::from_millis(100)).await;
    t.post("/orders", market("m2", "BUY", "0.5")).await;
    t.desk.pass(std::time::Duration::from_millis(100)).await;
    // What was opened since stays: the answer of then is answered.
    let again = t.keyed("f", "/flatten", &one).await;
    assert_eq!((again.status, again.body), (first.status, first.body));
    let held = t.get("/positions").await.json();
    assert_eq!(held["items"].as_array().map(Vec::len), Some(1), "{held}");
    assert_eq!(
        t.keyed("f", "/flatten", &json!({})).await.problem(),
        "IDEMPOTENCY_KEY_REUSED"
    );
}

#[tokio::test]
async fn each_thing_that_can_be_wrong_with_an_order_has_its_own_code() {
    let t = ready().await;
    let with = |field: &str, value: Value| {
        let mut order = limit_buy("bad", "0.5", "99");
        order[field] = value;
        order
    };
    for (order, field) in [
        (with("quantity", json!("0")), "quantity:NOT_POSITIVE"),
        (with("quantity", json!("-1")), "quantity:NOT_POSITIVE"),
        (with("quantity", json!("NaN")), "quantity:NOT_A_DECIMAL"),
        (with("quantity", json!("1e40")), "quantity:NOT_A_DECIMAL"),
        (with("quantity", json!("")), "quantity:NOT_A_DECIMAL"),
        (with("quantity", json!("0.00001")), "quantity:OFF_LOT"),
        (with("price", json!("99.001")), "price:OFF_TICK"),
        (with("price", json!("0")), "price:NOT_POSITIVE"),
        (with("price", json!("-5")), "price:NOT_POSITIVE"),
        (with("price", json!("infinity")), "price:NOT_A_DECIMAL"),
        (with("price", Value::Null), "price:MISSING"),
        (with("type", json!("MARKET")), "price:CONTRADICTION"),
        (
            with("instrument", json!("NOPE.COINBASE")),
            "instrument:UNKNOWN_INSTRUMENT",
        ),
        (
            with("instrument", json!("no instrument")),
            "instrument:UNKNOWN_INSTRUMENT",
        ),
        (
            with("instrument", json!("BTC-USD.KRAKEN")),
            "instrument:WRONG_VENUE",
        ),
        (with("client_order_id", json!("a b")), "client_order_id:MALFORMED"),
        (
            with("client_order_id", json!("x".repeat(37))),
            "client_order_id:MALFORMED",
        ),
    ] {
        let answer = t.post("/orders", order.clone()).await;
        assert_eq!(answer.field(), field, "{order}");
    }
    assert_eq!(
        t.get("/orders").await.json()["items"],
        json!([]),
        "a refused order was stored"
    );
}

#[tokio::test]
async fn an_order_that_the_gate_denies_is_stored_with_every_rule() {
    let t = ready().await;
    let denied = t.post("/orders", limit_buy("big", "900", "99")).await;
    assert_eq!(denied.status, 201, "{}", String::from_utf8_lossy(&denied.body));
    let order = denied.json();
    assert_eq!(order["state"], "DENIED");
    let rules: Vec<&str> = order["denials"]
        .as_array()
        .expect("denials")
        .iter()
        .map(|d| d["rule"].as_str().expect("rule"))
        .collect();
    assert!(rules.contains(&"ORDER_SIZE"), "{rules:?}");
    assert!(order["denials"][0]["limit"].is_string());
    assert_eq!(t.get("/orders/big").await.json()["state"], "DENIED");
}

#[tokio::test]
async fn a_market_order_fills_and_shows_in_fills_positions_balances_and_a_ledger_that_sums_to_zero() {
    let t = ready().await;
    let placed = t.post("/orders", market("m1", "BUY", "2")).await;
    assert_eq!(placed.status, 201, "{}", String::from_utf8_lossy(&placed.body));
    t.desk.pass(std::time::Duration::from_millis(100)).await;
    t.desk.quote(BTC, 100, 101).await;
    let order = t.get("/orders/m1").await.json();
    assert_eq!(
        (&order["state"], &order["average_price"]),
        (&"FILLED".into(), &"101".into()),
        "{order}"
    );
    t.desk.projected().await;
    let fills = t.get("/fills").await.json();
    assert_eq!(fills["items"].as_array().map(Vec::len), Some(1), "{fills}");
    let fill = &fills["items"][0];
    assert_eq!(
        (&fill["price"], &fill["quantity"], &fill["fee"]),
        (&"101".into(), &"2".into(), &"1.212".into())
    );
    assert_eq!(
        (&fill["liquidity"], &fill["simulated"]),
        (&"TAKER".into(), &true.into())
    );
    let positions = t.get("/positions").await.json();
    let position = &positions["items"][0];
    assert_eq!(
        (&position["quantity"], &position["side"], &position["mark"]),
        (&"2".into(), &"LONG".into(), &"100.5".into())
    );
    assert_eq!(
        (&position["unrealised_pnl"], &position["lots"][0]["quantity"]),
        (&"-1".into(), &"2".into())
    );
    let detail = t.get("").await.json();
    assert_eq!(detail["ledger_sum"], json!([{"currency": "USD", "sum": "0"}]));
    assert_eq!(
        (&detail["cash_total"], &detail["fees"]),
        (&"99796.788".into(), &"1.212".into())
    );
    assert_eq!(
        (&detail["equity"], &detail["equity_state"]),
        (&"99997.788".into(), &"VALID".into())
    );
    let balances = t.get("/balances").await.json();
    assert_eq!(balances["items"][0]["total"], "99796.788");
    let ledger = t.get("/ledger").await.json();
    assert!(
        ledger["items"].as_array().expect("entries").len() >= 2,
        "{ledger}"
    );
    let fill_entry = ledger["items"]
        .as_array()
        .expect("entries")
        .iter()
        .find(|e| e["kind"] == "FILL");
    assert_eq!(fill_entry.expect("a fill entry")["client_order_id"], "m1");
    // Flattening closes it again.
    let flat = t.post("/flatten", json!({})).await;
    assert_eq!(
        (flat.status.as_u16(), &flat.json()["orders"][0]["reduce_only"]),
        (201, &true.into())
    );
}

#[tokio::test]
async fn orders_are_canceled_one_by_one_and_all_at_once() {
    let t = ready().await;
    for n in 1..=3 {
        t.post("/orders", limit_buy(&format!("o{n}"), "0.5", "99")).await;
    }
    let one = t.delete("/orders/o1").await;
    assert_eq!(one.status, 202);
    assert!(
        ["CANCELED", "PENDING_CANCEL"].contains(&one.json()["state"].as_str().expect("state")),
        "{}",
        one.json()
    );
    assert_eq!(t.delete("/orders/nope").await.problem(), "ORDER_UNKNOWN");
    let rest = t
        .post("/orders/cancel-all", json!({"instrument": BTC}))
        .await
        .json();
    assert_eq!(rest["canceled"].as_array().map(Vec::len), Some(2), "{rest}");
    t.desk.pass(std::time::Duration::from_millis(100)).await;
    assert_eq!(t.get("/orders?state=open").await.json()["items"], json!([]));
    let done = t.delete("/orders/o1").await;
    assert_eq!(
        (done.status.as_u16(), done.problem().as_str()),
        (409, "ORDER_NOT_OPEN")
    );
    let unknown = t
        .post("/orders/cancel-all", json!({"instrument": "NOPE.COINBASE"}))
        .await;
    assert_eq!(unknown.field(), "instrument:UNKNOWN_INSTRUMENT");
}

#[tokio::test]
async fn a_batch_names_the_order_that_is_wrong_and_all_or_none_is_undone() {
    let t = ready().await;
    let bad = json!({"mode": "INDEPENDENT", "orders": [limit_buy("a", "0.5", "99"), limit_buy("b", "x", "99"), limit_buy("c", "1", "y")]});
    let answer = t.post("/orders/batch", bad).await;
    assert_eq!(answer.field(), "orders[1].quantity:NOT_A_DECIMAL");
    assert_eq!(answer.json()["errors"][1]["field"], "orders[2].price");
    for orders in [json!([]), Value::Array(vec![limit_buy("a", "1", "1"); 21])] {
        let answer = t
            .post("/orders/batch", json!({"mode": "INDEPENDENT", "orders": orders}))
            .await;
        assert_eq!(answer.field(), "orders:OUT_OF_RANGE");
    }
    let undone =
        json!({"mode": "ALL_OR_NONE", "orders": [limit_buy("a", "0.5", "99"), limit_buy("b", "900", "99")]});
    let batch = t.post("/orders/batch", undone).await;
    assert_eq!(batch.status, 201, "{}", String::from_utf8_lossy(&batch.body));
    assert_eq!(batch.json()["compensated"], true, "{}", batch.json());
    let both =
        json!({"mode": "INDEPENDENT", "orders": [limit_buy("c", "0.5", "99"), limit_buy("d", "0.5", "98")]});
    let batch = t.post("/orders/batch", both).await.json();
    assert_eq!(
        (&batch["orders"][0]["state"], &batch["orders"][1]["state"]),
        (&"SUBMITTED".into(), &"SUBMITTED".into())
    );
}

#[tokio::test]
async fn pages_of_orders_follow_each_other_without_gaps_whatever_is_added_meanwhile() {
    let t = ready().await;
    for n in 0..5 {
        t.post("/orders", limit_buy(&format!("o{n}"), "0.1", "99")).await;
    }
    t.desk.projected().await;
    for list in ["state=all", "state=open"] {
        let first = t.get(&format!("/orders?{list}&limit=2")).await.json();
        t.post(
            "/orders",
            limit_buy(&format!("later-{}", &list[6..]), "0.1", "99"),
        )
        .await;
        t.desk.projected().await;
        let mut ids = Vec::new();
        let mut page = first;
        loop {
            let items = page["items"].as_array().expect("items").clone();
            ids.extend(
                items
                    .iter()
                    .map(|o| o["client_order_id"].as_str().expect("id").to_owned()),
            );
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            page = t
                .get(&format!("/orders?{list}&limit=2&cursor={cursor}"))
                .await
                .json();
        }
        let own: Vec<&String> = ids.iter().filter(|id| id.starts_with('o')).collect();
        assert_eq!(own, ["o4", "o3", "o2", "o1", "o0"], "{list}");
    }
}

#[tokio::test]
async fn a_transfer_happens_once_per_idempotency_key() {
    let t = ready().await;
    let without = t
        .post(
            "/transfers",
            json!({"amount": "5", "currency": "USD", "reason": "x"}),
        )
        .await;
    assert_eq!(
        (without.status.as_u16(), without.problem().as_str()),
        (428, "IDEMPOTENCY_KEY_MISSING")
    );
    let first = t.transfer("k1", "250").await;
    assert_eq!(first.status, 201, "{}", String::from_utf8_lossy(&first.body));
    assert_eq!(first.json()["kind"], "DEPOSIT");
    let again = t.transfer("k1", "250.00").await;
    assert_eq!((again.status, again.body), (first.status, first.body));
    let other = t.transfer("k1", "251").await;
    assert_eq!(
        (other.status.as_u16(), other.problem().as_str()),
        (422, "IDEMPOTENCY_KEY_REUSED")
    );
    assert_eq!(t.get("/balances").await.json()["items"][0]["total"], "100250");
    assert_eq!(t.transfer("k2", "-100000000").await.problem(), "AMOUNT_REFUSED");
    assert_eq!(
        t.transfer("k2", "-250").await.json()["kind"],
        "WITHDRAWAL",
        "a refused request kept its key"
    );
    assert_eq!(t.transfer("k3", "0").await.problem(), "AMOUNT_REFUSED");
    assert_eq!(t.transfer("k4", "NaN").await.field(), "amount:NOT_A_DECIMAL");
}

#[tokio::test]
async fn a_transfer_that_was_booked_before_a_crash_is_found_again_and_not_booked_twice() {
    let t = ready().await;
    let first = t.transfer("k1", "250").await;
    // As after a crash between booking and answering: our own record of the key is gone.
    forget_the_key(&t);
    let t = Trading {
        who: t.desk.session(&"u-asha".parse().expect("id")).await,
        ..t
    };
    let again = t.transfer("k1", "250").await;
    assert_eq!(
        (again.status.as_u16(), &again.json()["id"]),
        (201, &first.json()["id"])
    );
    assert_eq!(t.get("/balances").await.json()["items"][0]["total"], "100250");
}

/// Lets the kept key expire, which forgets it in the database but not in the journal.
fn forget_the_key(t: &Trading) {
    t.desk.clock.advance(std::time::Duration::from_secs(25 * 3_600));
}

#[tokio::test]
async fn risk_settings_change_only_on_the_version_that_was_read() {
    let t = ready().await;
    let read = t.get("/risk").await;
    assert_eq!(read.headers["etag"], "\"1\"");
    let mut settings = read.json()["settings"].clone();
    assert_eq!(settings["order_size_max"], "0.25");
    settings["order_size_max"] = json!("0.1");
    let put = async |tag: Option<&str>, body: &Value| {
        let mut request = t
            .desk
            .request(&t.who, "PUT", &format!("{}/risk", t.base), Some(body));
        if let Some(tag) = tag {
            request
                .headers_mut()
                .insert("if-match", tag.parse().expect("header"));
        }
        t.desk.send(request).await
    };
    assert_eq!(put(None, &settings).await.problem(), "PRECONDITION_MISSING");
    let done = put(Some("\"1\""), &settings).await;
    assert_eq!(done.status, 200, "{}", String::from_utf8_lossy(&done.body));
    assert_eq!(
        (
            done.headers["etag"].to_str().expect("text"),
            &done.json()["version"]
        ),
        ("\"2\"", &2.into())
    );
    let stale = put(Some("\"1\""), &settings).await;
    assert_eq!(
        (stale.status.as_u16(), stale.problem().as_str()),
        (412, "VERSION_CONFLICT")
    );
    settings["exposure_max"] = json!("1.5");
    assert_eq!(
        put(Some("\"2\""), &settings).await.field(),
        "exposure_max:OUT_OF_RANGE"
    );
    assert_eq!(t.get("/risk").await.json()["settings"]["order_size_max"], "0.1");
}

#[tokio::test]
async fn the_kill_switch_blocks_and_cancels_until_it_is_lifted() {
    let t = ready().await;
    t.post("/orders", limit_buy("o1", "0.5", "99")).await;
    let engaged = t.post("/kill-switch", json!({"reason": "looks wrong"})).await;
    assert_eq!(
        (engaged.status.as_u16(), &engaged.json()["kill_switch"]["reason"]),
        (200, &"looks wrong".into())
    );
    t.desk.pass(std::time::Duration::from_millis(100)).await;
    assert_eq!(t.get("/orders?state=open").await.json()["items"], json!([]));
    let blocked = t.post("/orders", limit_buy("o2", "0.5", "99")).await.json();
    assert_eq!(
        (&blocked["state"], &blocked["denials"][0]["rule"]),
        (&"DENIED".into(), &"KILL_SWITCH".into())
    );
    assert_eq!(t.get("").await.json()["kill_switch"]["actor"], "u-asha");
    let again = t.post("/kill-switch", json!({"reason": "again"})).await;
    assert_eq!(again.json()["kill_switch"]["reason"], "again");
    assert_eq!(t.delete("/kill-switch").await.json()["engaged"], false);
    assert_eq!(t.delete("/kill-switch").await.problem(), "KILL_SWITCH_STATE");
    assert_eq!(
        t.post("/orders", limit_buy("o3", "0.5", "99")).await.json()["state"],
        "SUBMITTED"
    );
}

#[tokio::test]
async fn strategies_are_listed_and_switched() {
    let t = ready().await;
    let list = t.get("/strategies").await.json();
    let ids: Vec<&str> = list["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|s| s["strategy"].as_str().expect("id"))
        .collect();
    assert_eq!(
        ids,
        [
            "fast_scalping",
            "momentum_scalping",
            "conservative_scalping",
            "combined"
        ]
    );
    assert_eq!(
        (&list["items"][0]["status"], &list["items"][0]["weight"]),
        (&"STOPPED".into(), &"0.4".into())
    );
    let path = format!("{}/strategies/combined", t.base);
    let on = t
        .desk
        .call(&t.who, "PATCH", &path, json!({"enabled": true}))
        .await;
    assert_eq!(
        on.json()["status"],
        "RUNNING",
        "{}",
        String::from_utf8_lossy(&on.body)
    );
    let nope = t
        .desk
        .call(
            &t.who,
            "PATCH",
            &format!("{}/strategies/nope", t.base),
            json!({"enabled": true}),
        )
        .await;
    assert_eq!(nope.problem(), "STRATEGY_UNKNOWN");
    t.desk.projected().await;
    let weights = t.get("/weights").await.json();
    assert_eq!(
        weights["items"][0]["weights"].as_array().map(Vec::len),
        Some(3),
        "{weights}"
    );
    assert_eq!(t.get("/signals?outcome=DENIED").await.json()["items"], json!([]));
}

#[tokio::test]
async fn accounts_are_opened_owned_and_reconciled() {
    let desk = Desk::open().await;
    let user = desk.person("asha", tradewind_wire::Role::Trader).await;
    let who = desk.session(&user).await;
    let new = |venue: &str, deposit: &str| json!({"name": "Main", "venue": venue, "base_currency": "USD", "deposit": deposit});
    let made = desk
        .call(&who, "POST", "/api/v1/accounts", new("coinbase", "1000"))
        .await;
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    assert_eq!(
        (&made.json()["role"], &made.json()["simulated"]),
        (&"OWNER".into(), &true.into())
    );
    let path = format!("/api/v1/accounts/{}", made.json()["id"].as_str().expect("id"));
    assert_eq!(desk.get(&who, &path).await.json()["cash_total"], "1000");
    for (venue, deposit, field) in [
        ("nowhere", "1", "venue:UNKNOWN_VENUE"),
        ("coinbase", "-1", "deposit:NEGATIVE"),
        ("coinbase", "x", "deposit:NOT_A_DECIMAL"),
    ] {
        assert_eq!(
            desk.call(&who, "POST", "/api/v1/accounts", new(venue, deposit))
                .await
                .field(),
            field
        );
    }
    let done = desk
        .call(&who, "POST", &format!("{path}/reconciliations"), Value::Null)
        .await;
    assert_eq!(
        (done.status.as_u16(), &done.json()["differences"]),
        (201, &json!([]))
    );
    desk.projected().await;
    let past = desk.get(&who, &format!("{path}/reconciliations")).await.json();
    assert_eq!(past["items"].as_array().map(Vec::len), Some(1), "{past}");
    let members = desk.get(&who, &format!("{path}/members")).await.json();
    assert_eq!(members["items"][0]["user"], "u-asha");
}

#[tokio::test]
async fn every_order_type_is_taken_with_its_fields_and_shows_them() {
    let t = ready().await;
    let base = |id: &str, kind: &str| json!({"client_order_id": id, "instrument": BTC, "side": "BUY", "type": kind, "quantity": "0.5"});
    let with = |mut order: Value, fields: Value| {
        let fields = fields.as_object().expect("object").clone();
        order.as_object_mut().expect("object").extend(fields);
        order
    };
    let taken = [
        with(base("s1", "STOP_MARKET"), json!({"trigger": "120"})),
        with(
            base("s2", "STOP_LIMIT"),
            json!({"trigger": "120", "price": "121", "trigger_by": "LAST"}),
        ),
        with(base("s3", "TRAILING_STOP"), json!({"trailing_offset": "5"})),
        with(
            base("s4", "TRAILING_STOP"),
            json!({"trailing_percent": "2.5", "activation": "90"}),
        ),
        with(
            base("s5", "LIMIT"),
            json!({"price": "90", "display_quantity": "0.1"}),
        ),
        with(
            base("s6", "LIMIT"),
            json!({"price": "90", "time_in_force": "GTD", "good_till": "2099-01-01T00:00:00Z"}),
        ),
    ];
    for order in taken {
        let answer = t.post("/orders", order.clone()).await;
        assert_eq!(
            answer.status,
            201,
            "{order}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        let shown = answer.json();
        assert_ne!(shown["state"], "DENIED", "{shown}");
        for (field, value) in order.as_object().expect("object") {
            assert_eq!(&shown[field], value, "{field} of {shown}");
        }
    }
    for (order, field) in [
        (base("b", "STOP_MARKET"), "trigger:MISSING"),
        (base("b", "STOP_LIMIT"), "trigger:MISSING"),
        (base("b", "TRAILING_STOP"), "trailing_offset:MISSING"),
        (
            with(base("b", "LIMIT"), json!({"price": "90", "trigger": "80"})),
            "trigger:CONTRADICTION",
        ),
        (
            with(base("b", "MARKET"), json!({"trailing_offset": "1"})),
            "trailing_offset:CONTRADICTION",
        ),
        (
            with(base("b", "LIMIT"), json!({"price": "90", "time_in_force": "GTD"})),
            "good_till:MISSING",
        ),
        (
            with(
                base("b", "LIMIT"),
                json!({"price": "90", "good_till": "2099-01-01T00:00:00Z"}),
            ),
            "good_till:CONTRADICTION",
        ),
    ] {
        let answer = t.post("/orders", order.clone()).await;
        let problem = answer.json();
        let error = format!(
            "{}:{}",
            problem["errors"][0]["field"].as_str().unwrap_or(""),
            problem["errors"][0]["code"].as_str().unwrap_or("")
        );
        assert_eq!((answer.status.as_u16(), error.as_str()), (422, field), "{order}");
    }
}

#[tokio::test]
async fn a_bracket_is_taken_by_one_request_and_repeated_without_harm() {
    let t = ready().await;
    let bracket = json!({
        "entry": limit_buy("br", "0.5", "90"),
        "stop_loss": {"distance": "0.05"},
        "take_profit": {"price": "99"},
    });
    let first = t.post("/orders/bracket", bracket.clone()).await;
    assert_eq!(first.status, 201, "{}", String::from_utf8_lossy(&first.body));
    let orders = first.json()["orders"].clone();
    assert_eq!(orders.as_array().map(Vec::len), Some(3));
    assert_eq!(
        (&orders[1]["trigger"], &orders[1]["state"]),
        (&"85.5".into(), &"INITIALIZED".into())
    );
    assert_eq!(
        (&orders[2]["price"], &orders[2]["parent"]),
        (&"99".into(), &"br".into())
    );
    assert_eq!(t.post("/orders/bracket", bracket).await.status, 200);
    let neither = t
        .post(
            "/orders/bracket",
            json!({"entry": limit_buy("b2", "0.5", "90"), "stop_loss": {}}),
        )
        .await;
    assert_eq!(neither.status, 422);
}

#[tokio::test]
async fn an_order_is_changed_from_its_version_and_the_gate_is_asked() {
    let t = ready().await;
    t.post("/orders", limit_buy("m1", "0.5", "90")).await;
    let patch = async |body: Value| {
        let path = format!("{}/orders/m1", t.base);
        t.desk.call(&t.who, "PATCH", &path, body).await
    };
    t.desk.pass(std::time::Duration::from_millis(10)).await;
    let changed = patch(json!({"price": "91"})).await;
    assert_eq!(changed.status, 202, "{}", String::from_utf8_lossy(&changed.body));
    let stale = patch(json!({"price": "92", "version": 0})).await;
    assert_eq!(
        (stale.status.as_u16(), stale.problem().as_str()),
        (412, "VERSION_CONFLICT")
    );
    assert_eq!(patch(json!({"quantity": "-1"})).await.status, 422);
    let warnings = t.get("/risk/warnings").await;
    assert_eq!((warnings.status.as_u16(), warnings.json()), (200, json!([])));
}
