//! Backtests as jobs, through the API: files in, progress, results, stopping, going on, and whose is whose.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use serde_json::{Value, json};
use tradewind_server::backtests::Backtests;
use tradewind_types::{Clock, UserId};
use tradewind_wire::{
    BacktestKind, BacktestObjective, BacktestStage, BacktestState, BacktestWalk, NewBacktest, Role,
};

use crate::desk::{Answer, As, BTC, Desk};

const LIST: &str = "/api/v1/backtests";
const FILES: &str = "/api/v1/backtest-files";
pub(crate) const FILE: &str = "/api/v1/backtest-files/waves.csv";

/// Daily bars that go up and down in waves of several lengths: an average crosses another now and then.
pub(crate) fn waves(days: u32) -> String {
    let mut csv = String::from("ts,open,high,low,close,volume\n");
    let mut last = 100.0_f64;
    for day in 0..days {
        let x = f64::from(day);
        let close = 100.0 + 10.0 * (x / 9.0).sin() + 6.0 * (x / 31.0).cos() + x / 50.0;
        let date = 20_000 + day;
        let (high, low) = (last.max(close) + 0.5, last.min(close) - 0.5);
        let _ = writeln!(
            csv,
            "{},{last:.2},{high:.2},{low:.2},{close:.2},1000",
            u64::from(date) * 86_400
        );
        last = (close * 100.0).round() / 100.0;
    }
    csv
}

pub(crate) fn config(extra: &str) -> String {
    format!(
        "name = \"waves\"\n[account]\ncash = \"100000\"\n[[instruments]]\nid = \"WAVE.TEST\"\ntick = \"0.01\"\nlot = \"1\"\n\
         [[data]]\nfile = \"waves.csv\"\ninterval = \"1d\"\n[strategy]\nid = \"ema_cross\"\n\
         parameters = {{ fast = 5, slow = 20 }}\n[risk]\nprofile = \"wide\"\n{extra}"
    )
}

pub(crate) async fn put(desk: &Desk, who: &As, path: &str, bytes: &str) -> Answer {
    let mut request = desk.request(who, "PUT", path, None);
    *request.body_mut() = Body::from(bytes.to_owned());
    desk.send(request).await
}

async fn analyst(desk: &Desk, name: &str) -> As {
    let user = desk.person(name, Role::Analyst).await;
    desk.session(&user).await
}

/// Waits for a state, as a page does.
async fn until(desk: &Desk, who: &As, id: &str, wanted: &str) -> Value {
    // Reads have a limit too, and the desk's clock stands still: 900 in all.
    for _ in 0..900 {
        let job = desk.get(who, &format!("{LIST}/{id}")).await.json();
        if job["state"] == wanted {
            return job;
        }
        let over = ["FAILED", "COMPLETE", "CANCELED"].contains(&job["state"].as_str().unwrap_or_default());
        assert!(!over, "waiting for {wanted}: {job}");
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    panic!("never {wanted}")
}

#[tokio::test]
async fn a_run_leaves_its_figures_its_result_and_its_report() {
    let desk = Desk::open().await;
    let who = analyst(&desk, "ana").await;
    let sent = put(&desk, &who, FILE, &waves(600)).await;
    assert_eq!(sent.status, 201, "{}", sent.json());
    let body = json!({"kind": "RUN", "config": config("")});
    let asked = desk.call(&who, "POST", LIST, body).await;
    assert_eq!(asked.status, 202, "{}", asked.json());
    let id = asked.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(asked.headers["location"], format!("{LIST}/{id}"));
    let job = until(&desk, &who, &id, "COMPLETE").await;
    assert_eq!(job["files"], json!(["waves.csv"]));
    assert_eq!((&job["name"], &job["warning"]), (&"waves".into(), &Value::Null));
    assert!(job["figures"]["trades"].as_u64() > Some(5), "{job}");

    let result = desk.get(&who, &format!("{LIST}/{id}/result")).await.json();
    assert_eq!(result["checks"]["lookahead"]["verdict"], "equal");
    assert_eq!(result["summary"]["final_equity"], job["figures"]["final_equity"]);
    assert_eq!(
        result["statistics"]["returns"]["sharpe"],
        job["figures"]["sharpe"]
    );

    let page = desk.get(&who, &format!("{LIST}/{id}/report")).await;
    assert_eq!(page.status, 200);
    let csp = page.headers["content-security-policy"].to_str().expect("text");
    assert!(
        csp.starts_with("sandbox allow-scripts") && !csp.contains("allow-same-origin"),
        "{csp}"
    );
    assert_eq!(page.headers["x-frame-options"], "SAMEORIGIN");
    let text = String::from_utf8(page.body).expect("UTF-8");
    assert!(
        text.contains("\"format\":\"tradewind.backtest\""),
        "the result is in the page"
    );
    assert_eq!(
        desk.get(&who, &format!("{LIST}/{id}/table")).await.problem(),
        "BACKTEST_STATE"
    );

    let gone = desk
        .call(&who, "DELETE", &format!("{LIST}/{id}"), Value::Null)
        .await;
    assert_eq!(gone.status, 204);
    assert_eq!(
        desk.get(&who, &format!("{LIST}/{id}")).await.problem(),
        "BACKTEST_UNKNOWN"
    );
}

#[tokio::test]
async fn what_cannot_run_is_refused_with_its_field() {
    let desk = Desk::open().await;
    let who = analyst(&desk, "ana").await;
    put(&desk, &who, FILE, &waves(50)).await;
    let refused = async |body: Value| {
        let answer = desk.call(&who, "POST", LIST, body).await;
        assert_eq!(answer.problem(), "VALIDATION");
        let error = answer.json()["errors"][0].clone();
        let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
        (text("field"), text("message"))
    };
    let run = |config: String| json!({"kind": "RUN", "config": config});
    let (field, why) = refused(run(config("").replace("fast", "fats"))).await;
    assert_eq!(field, "config");
    assert!(why.contains("fats"), "{why}");
    for path in ["../waves.csv", "/etc/passwd", "a/b.csv", ".hidden.csv"] {
        let (field, why) = refused(run(config("").replace("waves.csv", path))).await;
        assert_eq!(field, "config");
        assert!(why.contains("the name of one of your files"), "{path}: {why}");
    }
    let script = config("").replace("id = \"ema_cross\"", "script = \"../../job.json\"");
    assert!(
        refused(run(script))
            .await
            .1
            .contains("the name of one of your files")
    );
    let (_, why) = refused(run(config("").replace("waves.csv", "other.csv"))).await;
    assert_eq!(why, "there is no file `other.csv` among yours");
    let gridless = json!({"kind": "SWEEP", "config": config("")});
    assert_eq!(refused(gridless).await.0, "grid");
    let many =
        json!({"kind": "SWEEP", "config": config(""), "grid": "fast = { from = 1, to = 90000, step = 1 }"});
    assert_eq!(refused(many).await.0, "grid");
    let walk = json!({"kind": "WALK_FORWARD", "config": config(""), "grid": "fast = [3, 5]"});
    assert_eq!(refused(walk).await.0, "walk");

    for (name, code) in [
        ("waves.csv", "BACKTEST_FILE_EXISTS"),
        ("waves.exe", "VALIDATION"),
        (".x.csv", "VALIDATION"),
        ("a%2Fb.csv", "VALIDATION"),
    ] {
        let answer = put(&desk, &who, &format!("{FILES}/{name}"), "ts\n").await;
        assert_eq!(answer.problem(), code, "{name}");
    }
    assert_eq!(
        put(&desk, &who, &format!("{FILES}/none.csv"), "").await.problem(),
        "BAD_REQUEST"
    );
    let files = desk.get(&who, FILES).await.json();
    assert_eq!(files["items"].as_array().map(Vec::len), Some(1), "{files}");
    // A row that contradicts itself is found when it is read; the job says which, and not where on this machine.
    put(
        &desk,
        &who,
        &format!("{FILES}/bad.csv"),
        "ts,open,high,low,close,volume\n86400,1,2,3,1,1\n",
    )
    .await;
    let asked = desk
        .call(
            &who,
            "POST",
            LIST,
            run(config("").replace("waves.csv", "bad.csv")),
        )
        .await;
    let id = asked.json()["id"].as_str().expect("an id").to_owned();
    let failed = until(&desk, &who, &id, "FAILED").await;
    let why = failed["error"].as_str().expect("why");
    assert!(why.starts_with("bad.csv") && !why.contains('/'), "{why}");
}

#[tokio::test]
async fn a_sweep_is_stopped_and_goes_on_to_what_it_would_have_been() {
    let desk = Desk::open().await;
    let ana = desk.person("ana", Role::Analyst).await;
    let who = desk.session(&ana).await;
    put(&desk, &who, FILE, &waves(2_000)).await;
    let grid = "fast = { from = 3, to = 12, step = 1 }\nslow = { from = 15, to = 60, step = 3 }";
    let body = json!({"kind": "SWEEP", "config": config(""), "grid": grid, "objective": "TOTAL_RETURN"});
    let ask = async || {
        let asked = desk.call(&who, "POST", LIST, body.clone()).await.json();
        asked["id"].as_str().expect("an id").to_owned()
    };
    let stopped = ask().await;
    let path = format!("{LIST}/{stopped}");
    let jobs = desk.state.backtests().expect("a program with backtests");
    loop {
        let job = jobs.get(&ana, &stopped).expect("there").job;
        if let Some(progress) = job.progress
            && progress.stage == BacktestStage::Variants
            && progress.done >= 3
        {
            assert_eq!(progress.total, Some(160));
            break;
        }
        assert_ne!(job.state, BacktestState::Complete, "too quick to be stopped");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(
        desk.call(&who, "DELETE", &path, Value::Null).await.problem(),
        "BACKTEST_STATE"
    );
    let cancel = format!("{path}/cancel");
    assert_eq!(desk.call(&who, "POST", &cancel, Value::Null).await.status, 202);
    let job = until(&desk, &who, &stopped, "CANCELED").await;
    let done = job["progress"]["done"].as_u64().expect("done");
    assert!((3..160).contains(&done), "{job}");
    let part = desk.get(&who, &format!("{path}/table?limit=2")).await.json();
    assert_eq!(part["done"].as_u64(), Some(done));
    assert_eq!(part["variants"].as_array().map(Vec::len), Some(2));
    // It may go on, so what it reads stays.
    let refused = desk.call(&who, "DELETE", FILE, Value::Null).await;
    assert_eq!(refused.problem(), "BACKTEST_STATE");
    let (told, name) = (refused.json(), job["name"].as_str().expect("a name"));
    let detail = told["detail"].as_str().expect("a sentence");
    assert!(detail.contains(&format!("`{name}` ({stopped})")), "{detail}");
    assert_eq!(
        desk.call(&who, "POST", &cancel, Value::Null).await.problem(),
        "BACKTEST_STATE"
    );
    assert_eq!(
        desk.call(&who, "POST", &format!("{path}/resume"), Value::Null)
            .await
            .status,
        202
    );
    until(&desk, &who, &stopped, "COMPLETE").await;
    let whole = ask().await;
    until(&desk, &who, &whole, "COMPLETE").await;
    let hash = async |id: &str| {
        desk.get(&who, &format!("{LIST}/{id}/result")).await.json()["hash"]
            .as_str()
            .expect("a hash")
            .to_owned()
    };
    assert_eq!(hash(&stopped).await, hash(&whole).await);
    let table = desk.get(&who, &format!("{LIST}/{whole}/table")).await.json();
    assert_eq!(
        (table["done"].as_u64(), table["variants"].as_array().map(Vec::len)),
        (Some(160), Some(100))
    );
    assert!(
        table["variants"][0]["deflated_sharpe"].is_number(),
        "{}",
        table["variants"][0]
    );
    let worth = |n: usize| table["variants"][n]["figures"]["total_return"].as_f64();
    assert!(worth(0) >= worth(1) && worth(1) >= worth(99));
    assert_eq!(desk.call(&who, "DELETE", FILE, Value::Null).await.status, 204);
}

#[tokio::test]
async fn files_of_rates_stay_as_long_as_a_job_may_read_them() {
    let desk = Desk::open().await;
    let who = analyst(&desk, "ana").await;
    put(&desk, &who, FILE, &waves(3_000)).await;
    let rates = "/api/v1/backtest-files/rates.csv";
    put(&desk, &who, rates, "ts,rate\n2024-01-01,1.1\n").await;
    let fx = "[[fx]]\nbase = \"EUR\"\nquote = \"USD\"\nfile = \"rates.csv\"\n";
    let grid: Vec<u32> = (2..200).collect();
    let body = json!({"kind": "SWEEP", "config": config(fx), "grid": format!("slow = {grid:?}")});
    let asked = desk.call(&who, "POST", LIST, body).await;
    assert_eq!(asked.status, 202, "{}", asked.json());
    assert_eq!(asked.json()["files"], json!(["rates.csv", "waves.csv"]));
    let id = asked.json()["id"].as_str().expect("an id").to_owned();
    let refused = desk.call(&who, "DELETE", rates, Value::Null).await;
    assert_eq!(refused.problem(), "BACKTEST_STATE");
    desk.call(&who, "POST", &format!("{LIST}/{id}/cancel"), Value::Null)
        .await;
}

#[tokio::test]
async fn so_many_uploads_at_once_and_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let user: UserId = "u-ana".parse().expect("id");
    let clock = Arc::new(tradewind_venues::clock::ManualClock::at(crate::desk::START));
    let jobs = Backtests::start(folder.path(), clock, crate::desk::calendars()).expect("started");
    let mut open: Vec<_> = (0..8)
        .map(|n| jobs.upload(&user, &format!("f{n}.csv")).expect("room"))
        .collect();
    let error = jobs.upload(&user, "f8.csv").expect_err("too many");
    assert!(
        format!("{error:?}").contains("at most 8 uploads at once"),
        "{error:?}"
    );
    let mut first = open.remove(0);
    first.write(b"ts,close\n").expect("written");
    jobs.keep_upload(&user, first, None).expect("kept");
    jobs.upload(&user, "f8.csv").expect("one has ended");
}

#[tokio::test]
async fn a_walk_has_windows() {
    let desk = Desk::open().await;
    let who = analyst(&desk, "ana").await;
    put(&desk, &who, FILE, &waves(700)).await;
    let body = json!({"kind": "WALK_FORWARD", "config": config(""), "grid": "fast = [3, 5, 8]",
        "walk": {"train": 300, "test": 100, "purge": 5}});
    let asked = desk.call(&who, "POST", LIST, body).await;
    assert_eq!(asked.status, 202, "{}", asked.json());
    let id = asked.json()["id"].as_str().expect("an id").to_owned();
    let job = until(&desk, &who, &id, "COMPLETE").await;
    let table = desk.get(&who, &format!("{LIST}/{id}/table")).await.json();
    let windows = table["windows"].as_array().expect("windows");
    assert_eq!((windows.len(), &job["progress"]["done"]), (3, &json!(3)));
    assert!(
        windows.iter().all(|w| w["parameters"]["fast"].is_string()),
        "{table}"
    );
}

#[tokio::test]
async fn nobody_sees_anothers_and_a_viewer_asks_for_none() {
    let desk = Desk::open().await;
    let (ana, ben) = (analyst(&desk, "ana").await, analyst(&desk, "ben").await);
    put(&desk, &ana, FILE, &waves(60)).await;
    let body = json!({"kind": "RUN", "config": config("")});
    let asked = desk.call(&ana, "POST", LIST, body.clone()).await.json();
    let id = asked["id"].as_str().expect("an id").to_owned();
    until(&desk, &ana, &id, "COMPLETE").await;
    for (method, path) in [
        ("GET", ""),
        ("GET", "/result"),
        ("GET", "/report"),
        ("GET", "/table"),
        ("POST", "/cancel"),
        ("POST", "/resume"),
        ("DELETE", ""),
    ] {
        let answer = desk
            .call(&ben, method, &format!("{LIST}/{id}{path}"), Value::Null)
            .await;
        assert_eq!(answer.problem(), "BACKTEST_UNKNOWN", "{method} {path}");
    }
    assert_eq!(desk.get(&ben, LIST).await.json()["items"], json!([]));
    assert_eq!(desk.get(&ben, FILES).await.json()["items"], json!([]));
    assert_eq!(
        desk.call(&ben, "DELETE", FILE, Value::Null).await.problem(),
        "BACKTEST_FILE_UNKNOWN"
    );
    // Ana's file is none of Ben's.
    let theirs = desk.call(&ben, "POST", LIST, body.clone()).await;
    assert_eq!(theirs.problem(), "VALIDATION");
    let viewer = desk.person("vera", Role::Viewer).await;
    let viewer = desk.session(&viewer).await;
    assert_eq!(
        desk.call(&viewer, "POST", LIST, body).await.problem(),
        "FORBIDDEN"
    );
}

#[tokio::test]
async fn the_programs_own_bars_become_a_file() {
    let desk = Desk::open().await;
    let who = analyst(&desk, "ana").await;
    let body = json!({"instrument": BTC, "interval": "1s"});
    assert_eq!(
        desk.call(&who, "POST", FILES, body.clone()).await.problem(),
        "VALIDATION"
    );
    for price in [100, 101, 103] {
        desk.quote(BTC, price, price + 1).await;
        desk.clock.advance(Duration::from_secs(2));
    }
    desk.quote(BTC, 104, 105).await;
    let made = desk.call(&who, "POST", FILES, body).await;
    assert_eq!(made.status, 201, "{}", made.json());
    assert_eq!(made.json()["name"], format!("{BTC}-1s.csv"));
    assert!(made.json()["rows"].as_u64() >= Some(3), "{}", made.json());
    let config = config("")
        .replace("waves.csv", &format!("{BTC}-1s.csv"))
        .replace("1d", "1s");
    let asked = desk
        .call(&who, "POST", LIST, json!({"kind": "RUN", "config": config}))
        .await;
    assert_eq!(asked.status, 202, "{}", asked.json());
}

/// What was under way when the program ended is under way again.
#[tokio::test]
async fn a_restart_goes_on_with_what_was_not_done() {
    let request = NewBacktest {
        kind: BacktestKind::Sweep,
        name: None,
        config: config(""),
        grid: Some(
            "fast = { from = 3, to = 12, step = 1 }\nslow = { from = 15, to = 60, step = 3 }".to_owned(),
        ),
        objective: BacktestObjective::Sharpe,
        walk: None,
    };
    goes_on(request).await;
}

/// And a walk has the windows that it had before, and then the others: the result is that of a walk that was not stopped.
#[tokio::test]
async fn a_restart_goes_on_with_the_windows_of_a_walk() {
    let request = NewBacktest {
        kind: BacktestKind::WalkForward,
        name: None,
        config: config(""),
        grid: Some("fast = [3, 5, 8]\nslow = [15, 30, 60]".to_owned()),
        objective: BacktestObjective::Sharpe,
        walk: Some(BacktestWalk {
            train: 200,
            test: 60,
            step: None,
            purge: 5,
            embargo: 0,
            anchored: false,
        }),
    };
    let stopped = goes_on(request.clone()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (jobs, user) = with_waves(folder.path());
    let id = jobs.submit(&user, request).expect("taken on").id;
    while jobs.get(&user, &id).expect("there").job.state != BacktestState::Complete {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let (_, whole) = jobs.result(&user, &id).expect("a result");
    let whole: Value = serde_json::from_slice(&whole).expect("JSON");
    assert_eq!(stopped["windows"], whole["windows"]);
    assert!(
        whole["windows"].as_array().is_some_and(|w| w.len() > 20),
        "many windows"
    );
    jobs.stop();
}

/// Jobs of the first person, with a file of rows.
fn with_waves(folder: &std::path::Path) -> (Arc<Backtests>, UserId) {
    let user: UserId = "u-ana".parse().expect("id");
    let jobs = reopened(folder);
    let mut upload = jobs.upload(&user, "waves.csv").expect("a place");
    upload.write(waves(2_000).as_bytes()).expect("written");
    jobs.keep_upload(&user, upload, None).expect("kept");
    (jobs, user)
}

fn reopened(folder: &std::path::Path) -> Arc<Backtests> {
    let clock: Arc<dyn Clock> = Arc::new(tradewind_venues::clock::ManualClock::at(crate::desk::START));
    Backtests::start(folder, clock, crate::desk::calendars()).expect("started")
}

/// Stops the program in the middle of a job, starts it again, and waits for the result.
async fn goes_on(request: NewBacktest) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, user) = with_waves(folder.path());
    let id = first.submit(&user, request).expect("taken on").id;
    let done = |jobs: &Backtests| {
        let job = jobs.get(&user, &id).expect("there").job;
        (job.state, job.progress.map_or(0, |p| p.done))
    };
    while done(&first).1 < 3 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    first.stop();
    let (state, before) = done(&first);
    assert_eq!(state, BacktestState::Queued);
    drop(first);

    let second = reopened(folder.path());
    let mut least = u64::MAX;
    loop {
        let (state, now) = done(&second);
        if state == BacktestState::Complete {
            break;
        }
        if now > 0 {
            least = least.min(now);
        }
        assert_ne!(state, BacktestState::Failed);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(least >= before, "{before} were done, it began again at {least}");
    let (job, result) = second.result(&user, &id).expect("a result");
    assert!(job.figures.is_some());
    second.stop();
    serde_json::from_slice(&result).expect("JSON")
}

#[tokio::test]
async fn a_calendar_that_an_instrument_names_is_looked_up_or_refused() {
    let desk = Desk::open().await;
    let who = analyst(&desk, "ana").await;
    assert_eq!(put(&desk, &who, FILE, &waves(300)).await.status, 201);
    let on = |calendar: &str| {
        let named = format!("lot = \"1\"\ncalendar = \"{calendar}\"");
        json!({"kind": "RUN", "config": config("").replace("lot = \"1\"", &named)})
    };
    let refused = desk.call(&who, "POST", LIST, on("NOWHERE")).await;
    assert_eq!(refused.status, 422, "{}", refused.json());
    let text = refused.json().to_string();
    assert!(
        text.contains("instruments.calendar") && text.contains("NOWHERE is not known"),
        "{text}"
    );
    let taken = desk.call(&who, "POST", LIST, on("TEST")).await;
    assert_eq!(taken.status, 202, "{}", taken.json());
    let id = taken.json()["id"].as_str().expect("an id").to_owned();
    until(&desk, &who, &id, "COMPLETE").await;
    let result = desk.get(&who, &format!("{LIST}/{id}/result")).await.json();
    assert!(
        result.to_string().contains("the calendar TEST"),
        "the sessions are stated: {}",
        result["assumptions"]
    );
}
