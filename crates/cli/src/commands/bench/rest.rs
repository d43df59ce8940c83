//! `bench rest`: so many users on keep-alive connections, nine reads to one write, `--think` seconds between an answer and
//! the next request; with none, the server is saturated.
//!
//! Reads go round quotes, the account, positions, orders, bars, a book, instruments and status. Writes are a limit
//! order far below the market and, the next time, its cancel. Everyone is signed in beforehand with a key.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Method;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Figure;
use super::http::Connection;
use super::latencies::Latencies;
use super::served::Load;
use super::target::{self, Target};
use crate::args::BenchArgs;
use crate::commands::on_runtime;
use crate::failure::Failure;

/// One request in so many is a write.
const WRITE_EVERY: u64 = 10;
/// All connect and ask once before anything counts.
const WARM_UP: Duration = Duration::from_secs(3);

struct Counts {
    reads: Vec<Latencies>,
    writes: Vec<Latencies>,
    window: AtomicU64,
    stop: AtomicBool,
    errors: Mutex<BTreeMap<String, u64>>,
}

pub(super) fn measure(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let (target, _served) = target::of(args, Load::of(args, args.rate.unwrap_or(50)))?;
    on_runtime(run(args, target))
}

async fn run(args: &BenchArgs, target: Target) -> Result<Vec<Figure>, Failure> {
    if target.account.is_none() || target.instruments.is_empty() {
        return Err(Failure::failed(
            "the key's owner has no account, or there are no instruments",
        ));
    }
    let windows = args.runs.max(1);
    let histograms = || (0..windows).map(|_| Latencies::new()).collect();
    let counts = Arc::new(Counts {
        reads: histograms(),
        writes: histograms(),
        window: AtomicU64::new(u64::MAX),
        stop: AtomicBool::new(false),
        errors: Mutex::default(),
    });
    let target = Arc::new(target);
    let think = Duration::from_secs_f64(args.think);
    let mut users = JoinSet::new();
    for n in 0..args.users {
        let connection = Connection::open(&target).await?;
        // Spread over the second, as people are.
        let offset = think.mul_f64(n as f64 / args.users as f64);
        users.spawn(user(
            n,
            connection,
            [offset, think],
            Arc::clone(&target),
            Arc::clone(&counts),
        ));
    }
    tokio::time::sleep(WARM_UP).await;
    let length = Duration::from_secs_f64(args.seconds() as f64 / f64::from(windows));
    for window in 0..windows {
        counts.window.store(u64::from(window), Ordering::Relaxed);
        tokio::time::sleep(length).await;
    }
    counts.window.store(u64::MAX, Ordering::Relaxed);
    counts.stop.store(true, Ordering::Relaxed);
    while users.join_next().await.is_some() {}
    report(args, &counts, length)
}

fn report(args: &BenchArgs, counts: &Counts, length: Duration) -> Result<Vec<Figure>, Failure> {
    let errors = counts
        .errors
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let failed: u64 = errors.values().sum();
    let all: u64 = counts
        .reads
        .iter()
        .chain(&counts.writes)
        .map(Latencies::count)
        .sum();
    let worst = |of: &[Latencies], part| of.iter().map(|w| w.quantile_ms(part)).fold(0.0, f64::max);
    let per_second = |window: usize| {
        let count = counts.reads[window].count() + counts.writes[window].count();
        count as f64 / length.as_secs_f64()
    };
    let figure = |name, of: &[Latencies]| {
        let note = format!(
            "{} keep-alive users, {} s think time, 90 % reads, writes are resting limit orders and their cancels, {} s; \
             {:.0} requests/s, {failed} errors; worst p50 {:.2} ms, p99 {:.2} ms; load generator on the same machine",
            args.users,
            args.think,
            args.seconds(),
            all as f64 / (length.as_secs_f64() * of.len() as f64),
            worst(of, 0.5),
            worst(of, 0.99)
        );
        Figure::of(
            name,
            "ms",
            of.iter().map(|w| w.quantile_ms(0.95)).collect(),
            &note,
        )
    };
    let figures = vec![
        figure("rest.read_p95", &counts.reads),
        figure("rest.write_p95", &counts.writes),
        Figure::of(
            "rest.requests",
            "requests/s",
            (0..counts.reads.len()).map(per_second).collect(),
            &format!(
                "{} keep-alive users, {} s think time, {failed} errors",
                args.users, args.think
            ),
        ),
    ];
    if failed > 0 {
        figures.iter().for_each(|figure| eprintln!("{figure}"));
        return Err(Failure::Check(format!("{failed} requests failed: {errors:?}")));
    }
    Ok(figures)
}

async fn user(
    n: usize,
    mut connection: Connection,
    [offset, think]: [Duration; 2],
    target: Arc<Target>,
    counts: Arc<Counts>,
) {
    tokio::time::sleep(offset).await;
    let mut plan = Plan::new(n, &target);
    for step in n as u64.. {
        if counts.stop.load(Ordering::Relaxed) {
            break;
        }
        let (method, path, body) = plan.next(step);
        let write = method != Method::GET;
        let began = Instant::now();
        let answer = connection.send(method, &path, target.key(n), body).await;
        let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let window = usize::try_from(counts.window.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        match answer {
            Ok((status, _)) if (200..300).contains(&status) => {
                let of = if write { &counts.writes } else { &counts.reads };
                if let Some(latencies) = of.get(window) {
                    latencies.add(took);
                }
            }
            Ok((status, body)) => counts.failed(format!("{path} {status} {}", code(&body))),
            Err(failure) => {
                counts.failed(failure.to_string());
                match Connection::open(&target).await {
                    Ok(again) => connection = again,
                    Err(failure) => return counts.failed(failure.to_string()),
                }
            }
        }
        tokio::time::sleep(think).await;
    }
    // Nothing is left resting in the account.
    if let Some(path) = plan.resting.take()
        && let Err(failure) = connection.send(Method::DELETE, &path, target.key(n), None).await
    {
        counts.failed(failure.to_string());
    }
}

fn code(body: &[u8]) -> String {
    let problem: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    problem["error_code"].as_str().unwrap_or_default().to_owned()
}

impl Counts {
    fn failed(&self, what: String) {
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        // Bounded: paths with ids would fill it.
        let what: String = what.chars().filter(|c| !c.is_ascii_digit()).take(160).collect();
        if errors.len() < 64 || errors.contains_key(&what) {
            *errors.entry(what).or_default() += 1;
        }
    }
}

/// What one user does next.
struct Plan {
    account: String,
    instrument: String,
    user: usize,
    orders: u64,
    run: u32,
    resting: Option<String>,
}

impl Plan {
    fn new(user: usize, target: &Target) -> Self {
        let instruments = &target.instruments;
        Self {
            account: target.account.clone().unwrap_or_default(),
            instrument: instruments
                .get(user % instruments.len().max(1))
                .cloned()
                .unwrap_or_default(),
            user,
            orders: 0,
            // Ids of another run of this program against the same server must not come again.
            run: std::process::id(),
            resting: None,
        }
    }

    fn next(&mut self, step: u64) -> (Method, String, Option<String>) {
        if step % WRITE_EVERY == WRITE_EVERY - 1 {
            return self.write();
        }
        let (account, instrument) = (&self.account, &self.instrument);
        let path = match step % 8 {
            0 => format!("/api/v1/quotes?instruments={instrument}"),
            1 => format!("/api/v1/accounts/{account}"),
            2 => format!("/api/v1/instruments/{instrument}/bars?interval=1m&limit=100"),
            3 => format!("/api/v1/accounts/{account}/orders?state=open&limit=20"),
            4 => format!("/api/v1/instruments/{instrument}/book?depth=10"),
            5 => format!("/api/v1/accounts/{account}/positions"),
            6 => format!("/api/v1/instruments/{instrument}/quote"),
            _ => "/api/v1/status".to_owned(),
        };
        (Method::GET, path, None)
    }

    fn write(&mut self) -> (Method, String, Option<String>) {
        if let Some(path) = self.resting.take() {
            return (Method::DELETE, path, None);
        }
        self.orders += 1;
        let id = format!("B{}-{}-{}", self.run, self.user, self.orders);
        let orders = format!("/api/v1/accounts/{}/orders", self.account);
        let body = serde_json::json!({
            "client_order_id": id, "instrument": self.instrument, "side": "BUY", "type": "LIMIT",
            "price": "500.00", "quantity": "0.001", "time_in_force": "GTC",
        });
        self.resting = Some(format!("{orders}/{id}"));
        (Method::POST, orders, Some(body.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_request_in_ten_is_a_write_and_every_order_is_canceled() {
        let target = Target {
            url: "http://localhost:1".into(),
            pid: None,
            keys: vec!["k".into()],
            account: Some("A".into()),
            instruments: vec!["X-Y.Z".into()],
        };
        let mut plan = Plan::new(3, &target);
        let steps: Vec<_> = (3..103).map(|step| plan.next(step)).collect();
        let count = |method| steps.iter().filter(|(m, _, _)| *m == method).count();
        assert_eq!(
            (count(Method::GET), count(Method::POST), count(Method::DELETE)),
            (90, 5, 5)
        );
        let posted: Vec<_> = steps.iter().filter_map(|(_, _, body)| body.clone()).collect();
        for (_, path, _) in steps.iter().filter(|(m, _, _)| *m == Method::DELETE) {
            let id = path.rsplit('/').next().expect("an id");
            assert!(
                posted.iter().any(|body| body.contains(id)),
                "{id} was never ordered"
            );
        }
    }
}
