//! What has to hold after a crash.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};

use crate::api::Api;
use crate::load::Known;
use crate::rig::Rig;

const PROJECTED_WITHIN: Duration = Duration::from_secs(120);

/// What the clients of a cycle know, and how it ended.
#[derive(Debug, Default)]
pub(crate) struct Cycle {
    pub(crate) acknowledged: Vec<Value>,
    pub(crate) unanswered: Vec<Value>,
    pub(crate) canceled: Vec<String>,
    pub(crate) killed: &'static str,
}

impl Cycle {
    pub(crate) fn add(&mut self, known: Known) {
        self.acknowledged.extend(known.acknowledged);
        self.unanswered.extend(known.unanswered);
        self.canceled.extend(known.canceled);
    }
}

/// Fields that never change after the acknowledgement.
const CONTENT: [&str; 12] = [
    "client_order_id",
    "account",
    "instrument",
    "side",
    "type",
    "price",
    "quantity",
    "time_in_force",
    "post_only",
    "reduce_only",
    "origin",
    "created_at",
];
const FINAL: [&str; 5] = ["DENIED", "REJECTED", "FILLED", "CANCELED", "EXPIRED"];

fn number(value: &Value) -> f64 {
    value
        .as_str()
        .and_then(|t| t.parse().ok())
        .unwrap_or_else(|| panic!("{value} is no decimal"))
}

/// The order is the acknowledged one, no less far than it was.
fn same(acknowledged: &Value, now: &Value) {
    for field in CONTENT {
        assert_eq!(
            acknowledged[field], now[field],
            "{field} of {acknowledged} became {now}"
        );
    }
    assert!(
        number(&now["filled"]) >= number(&acknowledged["filled"]),
        "{acknowledged} lost fills: {now}"
    );
    if FINAL.iter().any(|state| acknowledged["state"] == *state) {
        for field in ["state", "filled", "denials", "average_price", "reason"] {
            assert_eq!(
                acknowledged[field], now[field],
                "{acknowledged} was over and is {now}"
            );
        }
    }
}

/// After the restart: everything acknowledged is there, and the rest can be sent again without harm.
pub(crate) async fn recovered(api: &Api, account: &str, last: &Cycle) {
    let path = format!("/accounts/{account}/orders");
    for acknowledged in &last.acknowledged {
        let id = acknowledged["client_order_id"].as_str().expect("an id");
        same(acknowledged, &api.get(&format!("{path}/{id}")).await);
    }
    for id in &last.canceled {
        let now = api.get(&format!("{path}/{id}")).await;
        let over = FINAL.iter().any(|state| now["state"] == *state) || now["state"] == "PENDING_CANCEL";
        assert!(over, "the cancel of {id} was acknowledged and is gone: {now}");
    }
    for order in &last.unanswered {
        let first = api
            .ask(Method::POST, &path, Some(order))
            .await
            .expect(&[200, 201]);
        let second = api.ask(Method::POST, &path, Some(order)).await.expect(&[200]);
        same(&first, &second);
        let mut other = order.clone();
        other["quantity"] = json!("1.5");
        let refused = api.ask(Method::POST, &path, Some(&other)).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["error_code"]),
            (422, &json!("ORDER_ID_REUSED"))
        );
    }
    let detail = api.get(&format!("/accounts/{account}")).await;
    let sums = detail["ledger_sum"].as_array().expect("a list");
    assert!(
        !sums.is_empty() && sums.iter().all(|s| s["sum"] == "0"),
        "the ledger does not balance: {detail}"
    );
}

/// What `tradewind verify --json` said.
pub(crate) struct Verified(Value);

impl Verified {
    /// A program that stopped in order has brought its projections to the journal's head.
    pub(crate) fn is_not_behind(&self) {
        let projections = &self.0["projections"];
        assert_eq!(
            projections["applied_seq"], projections["head_seq"],
            "stopped in order, yet behind"
        );
    }

    pub(crate) fn summary(&self) -> String {
        let projections = &self.0["projections"];
        format!(
            "{} records, projections at {} of {}",
            self.0["journal"]["records"], projections["applied_seq"], projections["head_seq"]
        )
    }
}

/// Looks over the data directory of a program that does not run.
pub(crate) fn verify(rig: &Rig) -> Verified {
    let output = rig.run(&["verify", "--json"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "verify: {}{said}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(report["ok"], true, "{report}");
    for account in report["accounts"].as_array().expect("a list") {
        let sums = account["ledger_sum"].as_array().expect("a list");
        assert!(sums.iter().all(|s| s["sum"] == "0"), "{account}");
    }
    let tables = report["projections"]["tables"].as_array().expect("compared");
    assert!(
        tables.len() > 10 && tables.iter().all(|t| t["different"] == 0),
        "{report}"
    );
    Verified(report)
}

/// Waits until the projections have come to the journal's end: a program that stops gives them a second, and after many
/// kills in a row there is more to catch up with.
pub(crate) async fn projected(api: &Api) {
    let begun = Instant::now();
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    loop {
        let status = api.get("/status").await;
        let lag = status["projection"]["lag"].as_u64().expect("a lag");
        if lag == 0 {
            return;
        }
        assert!(
            begun.elapsed() < PROJECTED_WITHIN,
            "the projections are {lag} records behind"
        );
        pace.tick().await;
    }
}

/// After the last crash: start, stop in order, look over, and compare the journal with every acknowledgement.
pub(crate) async fn final_check(rig: &mut Rig, last: Option<Cycle>) {
    let mut server = rig.spawn();
    let api = server.ready(rig).await;
    if let Some(last) = &last {
        recovered(&api, &rig.state.account, last).await;
    }
    projected(&api).await;
    server.stop();
    let verified = verify(rig);
    verified.is_not_behind();
    let (orders, fills) = journal_orders(rig);
    let acknowledged = rig.acknowledgements();
    for order in &acknowledged {
        let id = order["client_order_id"].as_str().expect("an id");
        let recorded = orders.get(id).map_or(&[][..], Vec::as_slice);
        assert_eq!(
            recorded.len(),
            1,
            "order {id} is recorded {} times",
            recorded.len()
        );
        same_as_recorded(order, &recorded[0]);
    }
    let twice = orders.iter().find(|(_, recorded)| recorded.len() != 1);
    assert!(twice.is_none(), "recorded more than once: {twice:?}");
    println!(
        "{} acknowledged orders, all recorded once; {fills} fills; {}",
        acknowledged.len(),
        verified.summary()
    );
    assert!(
        acknowledged.len() as u64 > 5 * rig.cycles_done() && fills > 0,
        "there was no load to speak of"
    );
}

/// Orders by id as the journal initialised them, and the number of fills.
pub(crate) fn journal_orders(rig: &Rig) -> (HashMap<String, Vec<Value>>, u64) {
    let dump = rig.run(&["verify", "--dump"]);
    assert!(dump.status.success());
    let (mut orders, mut fills) = (HashMap::<String, Vec<Value>>::new(), 0);
    for line in String::from_utf8_lossy(&dump.stdout).lines() {
        let record: Value = serde_json::from_str(line).expect("a line of JSON");
        if record["kind"] == "OrderInitialized" {
            let request = record["record"]["request"].clone();
            let id = request["client_order_id"].as_str().expect("an id").to_owned();
            orders.entry(id).or_default().push(request);
        }
        fills += u64::from(record["record"]["kind"]["event"] == "FILLED");
    }
    (orders, fills)
}

fn same_as_recorded(order: &Value, request: &Value) {
    for field in [
        "account",
        "instrument",
        "side",
        "quantity",
        "time_in_force",
        "reduce_only",
    ] {
        assert_eq!(
            order[field], request[field],
            "{field} of {order}, recorded as {request}"
        );
    }
    assert_eq!(
        order["type"], request["kind"]["type"],
        "{order}, recorded as {request}"
    );
    assert_eq!(
        order["price"], request["kind"]["price"],
        "{order}, recorded as {request}"
    );
}
