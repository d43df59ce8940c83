//! The same with PostgreSQL as database; and PostgreSQL going away and coming back under the running program.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use tradewind_store::testing::Server as Postgres;

use crate::api::Api;
use crate::check::{journal_orders, projected, verify};
use crate::rig::Rig;
use crate::{from_env, run_on};

const CYCLES_DEFAULT: u64 = 8;
/// How long something may take to come about.
const WITHIN: Duration = Duration::from_secs(60);
/// Who sends orders while PostgreSQL is away, and how often.
const SENDERS: u64 = 4;
const PACE: Duration = Duration::from_millis(50);
/// So many have to be answered before, refused during and answered after the outage.
const ENOUGH: u64 = 40;

fn on_runtime(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(3)
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(work);
}

/// Messages of the venues' feeds so far.
async fn fed(api: &Api) -> u64 {
    let metrics = api.metrics().await;
    let lines = metrics
        .lines()
        .filter(|line| line.starts_with("tradewind_") && line.contains("messages_total"));
    lines
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}

#[test]
fn what_was_acknowledged_survives_kill_9_exactly_once_with_postgresql() {
    let Some(server) = Postgres::start_or_skip() else {
        return;
    };
    on_runtime(async {
        let rig = Rig::on_postgres(
            Rig::kept(),
            from_env("TRADEWIND_CRASH_SEED", 20_261_130),
            server.url("postgres"),
        )
        .await;
        run_on(rig, from_env("TRADEWIND_CRASH_POSTGRES_CYCLES", CYCLES_DEFAULT)).await;
    });
}

/// What all senders together have seen.
#[derive(Default)]
struct Seen {
    acknowledged: AtomicU64,
    refused: AtomicU64,
}

/// Sends orders that rest, each until it is acknowledged; tells which were.
async fn send(
    api: Api,
    path: String,
    order: Value,
    seen: Arc<Seen>,
    stop: watch::Receiver<bool>,
) -> Vec<String> {
    let mut acknowledged = Vec::new();
    let mut pace = tokio::time::interval(PACE);
    let prefix = order["client_order_id"].as_str().expect("text").to_owned();
    for number in 0.. {
        let mut order = order.clone();
        let id = format!("{prefix}-{number}");
        order["client_order_id"] = json!(id);
        loop {
            pace.tick().await;
            if *stop.borrow() {
                return acknowledged;
            }
            let answer = api.ask(Method::POST, &path, Some(&order)).await;
            if answer.status != 503 {
                answer.expect(&[200, 201, 202]);
                break;
            }
            // Signing in, keys and histories are SQL: the reason is said, and when to ask again.
            let code = &answer.body["error_code"];
            assert!(
                ["STORE_AWAY", "STORE_BUSY"].iter().any(|known| code == known),
                "{}",
                answer.body
            );
            assert!(answer.headers.contains_key("retry-after"), "{:?}", answer.headers);
            seen.refused.fetch_add(1, Ordering::Relaxed);
        }
        acknowledged.push(id);
        seen.acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    acknowledged
}

/// Waits until `count` is `more` larger than now.
async fn grows(count: &AtomicU64, more: u64, what: &str) {
    let (from, begun) = (count.load(Ordering::Relaxed), Instant::now());
    let mut pace = tokio::time::interval(PACE);
    while count.load(Ordering::Relaxed) < from + more {
        assert!(begun.elapsed() < WITHIN, "no more {what}");
        pace.tick().await;
    }
}

#[test]
fn postgresql_may_go_away_and_come_back_under_the_running_program() {
    let Some(mut server) = Postgres::start_or_skip() else {
        return;
    };
    on_runtime(async move {
        let mut rig = Rig::on_postgres(None, 7, server.url("postgres")).await;
        let mut program = rig.spawn();
        let api = program.ready(&rig).await;
        assert!(rig.prices(&api, WITHIN).await, "no prices");
        // Far below the market: they rest.
        let cents = rig.markets[0].cents / 2;
        let order = |sender: u64| {
            json!({
                "client_order_id": format!("away-{sender}"), "instrument": rig.markets[0].instrument, "side": "BUY",
                "type": "LIMIT", "quantity": "0.001", "price": format!("{}.{:02}", cents / 100, cents % 100),
                "time_in_force": "GTC",
            })
        };
        let seen = Arc::new(Seen::default());
        let (stop, stopped) = watch::channel(false);
        let path = format!("/accounts/{}/orders", rig.state.account);
        let senders: Vec<_> = (0..SENDERS)
            .map(|n| {
                let (seen, stopped) = (Arc::clone(&seen), stopped.clone());
                tokio::spawn(send(api.clone(), path.clone(), order(n), seen, stopped))
            })
            .collect();
        grows(&seen.acknowledged, ENOUGH, "orders are taken").await;

        server.stop();
        grows(&seen.refused, ENOUGH, "orders are refused").await;
        // Market data is not in SQL: the venue's messages go on to whoever listens.
        let (before, begun) = (fed(&api).await, Instant::now());
        let mut pace = tokio::time::interval(PACE);
        while fed(&api).await < before + 20 {
            assert!(begun.elapsed() < WITHIN, "market data stands still at {before}");
            pace.tick().await;
        }
        let away = api.metrics().await;
        assert!(away.contains("tradewind_store_away 1"), "{away}");

        // It recovers by itself.
        server.begin().expect("back");
        grows(&seen.acknowledged, ENOUGH, "orders are taken afterwards").await;
        stop.send_replace(true);
        let mut acknowledged = Vec::new();
        for sender in senders {
            acknowledged.extend(sender.await.expect("a sender ended in order"));
        }
        projected(&api).await;
        program.stop();
        let report = verify(&rig);
        report.is_not_behind();
        let (recorded, _) = journal_orders(&rig);
        for id in &acknowledged {
            assert!(recorded.contains_key(id), "{id} was acknowledged and is lost");
        }
        let twice = recorded.iter().find(|(_, orders)| orders.len() != 1);
        assert!(twice.is_none(), "recorded more than once: {twice:?}");
        println!(
            "{} acknowledged, {} refused while PostgreSQL was away; {}",
            acknowledged.len(),
            seen.refused.load(Ordering::Relaxed),
            report.summary()
        );
    });
}
