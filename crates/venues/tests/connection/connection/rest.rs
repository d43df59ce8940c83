//! The REST client: retries, limits, breaker and limiter, on streams in memory with paused time; HTTP over a
//! real socket once.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tradewind_venues::breaker::{BreakerRefusal, BreakerSettings, CircuitBreaker};
use tradewind_venues::clock::RuntimeClock;
use tradewind_venues::connection::*;
use tradewind_venues::http::*;
use tradewind_venues::rate_limit::{EndpointClass, Quota};

use super::support::*;

/// A client whose server is in memory, and the requests that the server saw.
struct Rest {
    client: RestClient,
    requests: mpsc::UnboundedReceiver<String>,
}

/// What the server does with one request.
#[derive(Clone)]
enum Answer {
    /// Sends this and keeps the stream.
    Send(String),
    /// Says nothing for ever.
    Silence,
    /// Hangs up.
    HangUp,
}

fn status(line: &str, headers: &str, body: &str) -> Answer {
    Answer::Send(format!(
        "HTTP/1.1 {line}\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    ))
}

fn ok(body: &str) -> Answer {
    status("200 OK", "", body)
}

/// Reads one request up to the end of its body; `None` at the end of the stream.
async fn read_request<S: AsyncRead + Unpin>(stream: &mut S) -> Option<String> {
    let mut text = Vec::new();
    let mut byte = [0_u8];
    while !text.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).await.ok()? == 0 {
            return None;
        }
        text.push(byte[0]);
    }
    let head = String::from_utf8(text).unwrap();
    let length = head.lines().find_map(|l| {
        l.to_ascii_lowercase()
            .strip_prefix("content-length: ")?
            .parse()
            .ok()
    });
    let mut body = vec![0_u8; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some(head + String::from_utf8(body).unwrap().as_str())
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    answer: impl Fn() -> Answer,
    seen: mpsc::UnboundedSender<String>,
) {
    while let Some(request) = read_request(&mut stream).await {
        let _ = seen.send(request);
        match answer() {
            Answer::Send(text) => {
                // The client may have seen enough and gone.
                let _ = stream.write_all(text.as_bytes()).await;
            }
            Answer::Silence => std::future::pending().await,
            Answer::HangUp => return,
        }
    }
}

/// A server that gives these answers in turn, the last one for ever.
fn rest(
    answers: &[Answer],
    quotas: &[(EndpointClass, Quota)],
    change: impl FnOnce(&mut RestSettings),
) -> Rest {
    let (dialer, mut end) = MemoryDialer::new();
    let mut settings = RestSettings::new("http://toy.test/api");
    change(&mut settings);
    let clock = Arc::new(RuntimeClock::starting_at(START));
    let breaker = Arc::new(CircuitBreaker::new("TOY", BreakerSettings::default(), clock));
    let client = RestClient::new(settings, environment(Arc::new(dialer), quotas), breaker).unwrap();
    let (seen, requests) = mpsc::unbounded_channel();
    let answers = Arc::new((answers.to_vec(), std::sync::atomic::AtomicUsize::new(0)));
    tokio::spawn(async move {
        while let Some(stream) = end.accept().await {
            let answers = Arc::clone(&answers);
            let next = move || {
                let n = answers.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                answers.0[n.min(answers.0.len() - 1)].clone()
            };
            tokio::spawn(serve(stream, next, seen.clone()));
        }
    });
    Rest { client, requests }
}

impl Rest {
    fn seen(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.requests.try_recv().ok()).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_get_carries_its_query_and_its_json_is_read() {
    let mut rest = rest(&[ok("[1, 2, 3]")], &[], |_| {});
    let request = rest
        .client
        .get("/products/BTC-USD/candles")
        .query("granularity", 60)
        .query("note", "a b");
    let numbers: Vec<u32> = request.json_answer().await.unwrap();
    assert_eq!(numbers, [1, 2, 3]);
    let seen = rest.seen();
    assert!(
        seen[0].starts_with("GET /api/products/BTC-USD/candles?granularity=60&note=a%20b HTTP/1.1\r\n"),
        "{seen:?}"
    );
    assert!(seen[0].contains("host: toy.test\r\n"));
}

#[tokio::test(start_paused = true)]
async fn a_get_is_repeated_after_1_2_and_4_seconds_when_the_venue_fails() {
    let mut rest = rest(&[status("503 Service Unavailable", "", "busy")], &[], |_| {});
    let started = Instant::now();
    let error = rest.client.get("/time").send().await.unwrap_err();
    assert!(
        matches!(&error, RestError::Status { status: StatusCode::SERVICE_UNAVAILABLE, body, .. } if body == "busy")
    );
    assert_eq!(started.elapsed().as_secs(), 7);
    assert_eq!(rest.seen().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_get_succeeds_when_the_venue_recovers_in_between() {
    let answers = [status("500 Oops", "", ""), Answer::HangUp, ok("fine")];
    let mut rest = rest(&answers, &[], |_| {});
    let response = rest.client.get("/time").send().await.unwrap();
    assert_eq!(response.body.as_ref(), b"fine");
    assert_eq!(rest.seen().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn each_try_is_limited_to_ten_seconds() {
    let mut rest = rest(&[Answer::Silence], &[], |_| {});
    let started = Instant::now();
    let error = rest.client.get("/time").send().await.unwrap_err();
    assert!(matches!(error, RestError::Timeout { after } if after.as_secs() == 10));
    assert_eq!(started.elapsed().as_secs(), 4 * 10 + 7);
    assert_eq!(rest.seen().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_post_goes_out_once_and_its_fate_is_called_unknown() {
    let mut rest = rest(&[Answer::Silence], &[], |_| {});
    let order = serde_json::json!({"side": "buy"});
    let error = rest.client.post("/orders").json(&order).send().await.unwrap_err();
    assert!(error.was_maybe_processed());
    let seen = rest.seen();
    assert_eq!(seen.len(), 1);
    assert!(seen[0].ends_with(r#"{"side":"buy"}"#), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_ours_is_not_repeated_and_leaves_the_breaker_alone() {
    let mut rest = rest(&[status("400 Bad Request", "", "unknown symbol")], &[], |_| {});
    for _ in 0..10 {
        let error = rest.client.get("/products").send().await.unwrap_err();
        assert!(!error.is_transient() && !error.was_maybe_processed());
    }
    assert_eq!(rest.seen().len(), 10);
    assert_eq!(rest.client.breaker().state().label(), "closed");
}

#[tokio::test(start_paused = true)]
async fn an_answer_over_the_limit_is_refused() {
    let rest = rest(&[ok(&"x".repeat(2_000))], &[], |s| s.response_bytes_max = 1_000);
    let error = rest.client.get("/products").send().await.unwrap_err();
    assert!(
        matches!(error, RestError::TooLarge { limit_bytes: 1_000 }),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn retry_after_of_a_429_is_honoured_by_everything_of_its_class() {
    let quota = (EndpointClass::MarketData, Quota::new(100, Duration::from_secs(1)));
    let answers = [
        status("429 Too Many Requests", "retry-after: 12\r\n", ""),
        ok("fine"),
    ];
    let mut rest = rest(&answers, &[quota], |_| {});
    let started = Instant::now();
    rest.client.get("/time").send().await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 12);
    assert_eq!(rest.seen().len(), 2);
    assert_eq!(rest.client.breaker().state().label(), "closed");
}

#[tokio::test(start_paused = true)]
async fn the_venues_weight_header_lowers_the_bucket() {
    let quota = (EndpointClass::MarketData, Quota::new(60, Duration::from_secs(60)));
    let answers = [status("200 OK", "x-used: 60\r\n", ""), ok("")];
    let rest = rest(&answers, &[quota], |s| {
        let class = EndpointClass::MarketData;
        s.level_headers.push(LevelHeader {
            name: "x-used".into(),
            class,
            meaning: LevelMeaning::Used,
        });
    });
    rest.client.get("/time").send().await.unwrap();
    let started = Instant::now();
    rest.client.get("/time").send().await.unwrap();
    assert_eq!(
        started.elapsed().as_millis() / 100,
        10,
        "the bucket was empty and gives one token a second"
    );
}

#[tokio::test(start_paused = true)]
async fn the_breaker_stops_calls_after_five_failures_but_never_cancels() {
    let mut rest = rest(&[status("502 Bad Gateway", "", "")], &[], |_| {});
    for _ in 0..5 {
        assert!(rest.client.post("/orders").send().await.is_err());
    }
    let refused = rest.client.post("/orders").send().await.unwrap_err();
    assert!(
        matches!(refused, RestError::Breaker(BreakerRefusal::Open { .. })),
        "{refused:?}"
    );
    assert!(!refused.was_maybe_processed());
    assert_eq!(rest.seen().len(), 5);
    let answered = rest.client.delete("/orders/1").cancel().send().await.unwrap_err();
    assert!(
        matches!(answered, RestError::Status { .. }),
        "it reached the venue: {answered:?}"
    );
    assert_eq!(rest.seen().len(), 1);
}

#[tokio::test]
async fn calls_over_a_real_socket_share_one_connection() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (seen, mut requests) = mpsc::unbounded_channel();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        serve(stream, || ok("{}"), seen).await;
    });
    let clock = Arc::new(RuntimeClock::starting_at(START));
    let breaker = Arc::new(CircuitBreaker::new("TOY", BreakerSettings::default(), clock));
    let environment = environment(Arc::new(NetDialer::default()), &[]);
    let client = RestClient::new(RestSettings::new(url), environment, breaker).unwrap();
    for n in 0..20 {
        client.get("/n").query("n", n).send().await.unwrap();
    }
    drop(client);
    server.await.unwrap();
    assert_eq!(std::iter::from_fn(|| requests.try_recv().ok()).count(), 20);
}

#[tokio::test]
async fn a_closed_port_is_the_same_typed_refusal_as_a_websockets() {
    let (_port, address) = deaf_port();
    let clock = Arc::new(RuntimeClock::starting_at(START));
    let breaker = Arc::new(CircuitBreaker::new("TOY", BreakerSettings::default(), clock));
    let mut settings = RestSettings::new(format!("http://{address}"));
    settings.retry_delays.clear();
    let client = RestClient::new(
        settings,
        environment(Arc::new(NetDialer::default()), &[]),
        breaker,
    )
    .unwrap();
    let error = client.get("/time").send().await.unwrap_err();
    assert!(
        matches!(&error, RestError::Connect(ConnectError::Refused { address: a }) if *a == address),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_base_address_that_is_no_http_address_is_refused_at_once() {
    let clock = Arc::new(RuntimeClock::starting_at(START));
    let breaker = Arc::new(CircuitBreaker::new("TOY", BreakerSettings::default(), clock));
    let environment = environment(Arc::new(NetDialer::default()), &[]);
    let made = RestClient::new(RestSettings::new("ftp://toy.test"), environment, breaker);
    assert!(matches!(
        made,
        Err(RestError::Connect(ConnectError::BadScheme { .. }))
    ));
}
