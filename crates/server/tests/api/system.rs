//! Status, health, metrics, venues, tickets and the embedded app.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use serde_json::{Value, json};
use tradewind_wire::Role;

use crate::desk::{As, Desk, trading};

#[tokio::test]
async fn the_status_says_how_every_part_is_doing() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    desk.projected().await;
    let status = desk.get(&who, "/api/v1/status").await.json();
    assert_eq!(
        (&status["mode"], &status["store"], &status["journal"]["state"]),
        (&"SERVE".into(), &"OK".into(), &"OK".into())
    );
    assert_eq!(status["projection"]["lag"], 0, "{status}");
    assert!(status["journal"]["seq"].as_u64().expect("seq") > 0);
    assert_eq!(status["kill_switch"], Value::Null);
    let feeds = status["feeds"].as_array().expect("feeds");
    assert_eq!(
        (&feeds[0]["venue"], &feeds[0]["state"]),
        (&"coinbase".into(), &"NO_DATA".into())
    );
    assert_eq!(
        desk.get(&As::Nobody, "/api/v1/status").await.problem(),
        "UNAUTHENTICATED"
    );
}

#[tokio::test]
async fn health_is_for_everyone_and_metrics_for_this_machine_and_administrators() {
    let desk = Desk::open().await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let asha = desk.person("asha", Role::Trader).await;
    assert_eq!(desk.get(&As::Nobody, "/healthz").await.json()["status"], "OK");
    let ready = desk.get(&As::Nobody, "/readyz").await;
    assert_eq!(
        (ready.status.as_u16(), &ready.json()["parts"]["journal"]),
        (200, &"OK".into())
    );
    assert_eq!(
        desk.get(&As::Nobody, "/metrics").await.problem(),
        "UNAUTHENTICATED"
    );
    assert_eq!(
        desk.get(&desk.session(&asha).await, "/metrics").await.problem(),
        "FORBIDDEN"
    );
    let metrics = desk.get(&desk.session(&root).await, "/metrics").await;
    let text = String::from_utf8(metrics.body).expect("text");
    assert!(
        text.contains("tradewind_http_requests_total{method=\"GET\",route=\"/readyz\",status=\"2xx\"}"),
        "{text}"
    );
    assert!(text.contains("tradewind_http_request_seconds_bucket"), "{text}");
    let mut local = desk.request(&As::Nobody, "GET", "/metrics", None);
    local
        .extensions_mut()
        .insert(ConnectInfo("127.0.0.1:1".parse::<SocketAddr>().expect("address")));
    assert_eq!(desk.send(local).await.status, 200);
}

#[tokio::test]
async fn whoever_comes_through_a_proxy_on_this_machine_is_not_on_this_machine() {
    let from_here = |desk: &Desk, mark: Option<&'static str>| {
        let mut request = desk.request(&As::Nobody, "GET", "/metrics", None);
        let peer: SocketAddr = "127.0.0.1:1".parse().expect("address");
        request.extensions_mut().insert(ConnectInfo(peer));
        if let Some(name) = mark {
            request
                .headers_mut()
                .insert(name, "203.0.113.7".parse().expect("header"));
        }
        request
    };
    let plain = Desk::open().await;
    for mark in ["forwarded", "via", "x-forwarded-for"] {
        let answer = plain.send(from_here(&plain, Some(mark))).await;
        assert_eq!(answer.problem(), "UNAUTHENTICATED", "{mark}");
    }
    assert_eq!(plain.send(from_here(&plain, None)).await.status, 200);
    // TLS ends in a proxy, whatever that says of itself.
    let secure = Desk::with(|config| config.tls = true).await;
    let answer = secure.send(from_here(&secure, None)).await;
    assert_eq!(answer.problem(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn tickets_are_single_use_and_short_lived() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    let ticket = async || {
        let made = desk
            .call(&who, "POST", "/api/v1/stream/tickets", Value::Null)
            .await;
        assert_eq!(made.status, 201);
        made.json()["ticket"].as_str().expect("ticket").to_owned()
    };
    let first = ticket().await;
    assert_eq!(
        desk.state.tickets.redeem(&first).expect("good").user.as_str(),
        "u-asha"
    );
    assert!(
        desk.state.tickets.redeem(&first).is_none(),
        "a ticket worked twice"
    );
    let late = ticket().await;
    desk.clock.advance(std::time::Duration::from_secs(31));
    assert!(
        desk.state.tickets.redeem(&late).is_none(),
        "a ticket outlived its time"
    );
}

#[tokio::test]
async fn the_kill_switch_of_all_is_for_administrators_and_seen_by_all() {
    let desk = Desk::open().await;
    let (who, account) = trading(&desk).await;
    let root = desk.person("root", Role::Admin).await;
    let boss = desk.session(&root).await;
    let reason = json!({"reason": "storm"});
    assert_eq!(
        desk.call(&who, "POST", "/api/v1/kill-switch", reason.clone())
            .await
            .problem(),
        "FORBIDDEN"
    );
    assert_eq!(
        desk.call(&boss, "POST", "/api/v1/kill-switch", reason)
            .await
            .json()["engaged"],
        true
    );
    assert_eq!(
        desk.get(&who, "/api/v1/kill-switch").await.json()["kill_switch"]["reason"],
        "storm"
    );
    let detail = desk
        .get(&who, &format!("/api/v1/accounts/{account}"))
        .await
        .json();
    assert_eq!(detail["kill_switch"]["reason"], "storm");
    assert_eq!(
        desk.call(&boss, "DELETE", "/api/v1/kill-switch", Value::Null)
            .await
            .json()["engaged"],
        false
    );
}

#[tokio::test]
async fn venues_and_connections_are_empty_without_feeds_and_unknown_ones_are_said_so() {
    let desk = Desk::open().await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let boss = desk.session(&root).await;
    assert_eq!(desk.get(&boss, "/api/v1/venues").await.json()["items"], json!([]));
    assert_eq!(
        desk.get(&boss, "/api/v1/connections").await.json()["items"],
        json!([])
    );
    assert_eq!(
        desk.get(&boss, "/api/v1/connections/x").await.problem(),
        "CONNECTION_UNKNOWN"
    );
    let reconnect = desk
        .call(&boss, "POST", "/api/v1/connections/x/reconnect", Value::Null)
        .await;
    assert_eq!(reconnect.problem(), "CONNECTION_UNKNOWN");
}

#[tokio::test]
async fn pages_of_the_app_are_answered_and_missing_files_are_not_pages() {
    let desk = Desk::open().await;
    for page in ["/", "/dashboard", "/chart/BTC-USD/COINBASE"] {
        let answer = desk.get(&As::Nobody, page).await;
        assert_eq!(answer.status, 200, "{page}");
        assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    }
    let posted = desk.call(&As::Nobody, "POST", "/", json!({})).await;
    assert_eq!(
        (posted.status.as_u16(), posted.problem().as_str()),
        (405, "METHOD_NOT_ALLOWED")
    );
}

#[tokio::test]
async fn large_answers_are_compressed_when_asked_for() {
    let desk = Desk::open().await;
    let mut request = desk.request(&As::Nobody, "GET", "/api/v1/openapi.json", None);
    request
        .headers_mut()
        .insert("accept-encoding", "gzip".parse().expect("header"));
    let answer = desk.send(request).await;
    assert_eq!(answer.headers["content-encoding"], "gzip");
    assert_eq!(answer.body[..2], [0x1f, 0x8b]);
}

#[tokio::test]
async fn the_server_answers_over_a_socket_and_stops_with_a_connection_still_open() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let desk = Desk::open().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let address = listener.local_addr().expect("address");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let ended = async {
        let _ = stopped.await;
    };
    let server = tokio::spawn(tradewind_server::serve(
        listener,
        desk.router.clone(),
        tradewind_server::limits::ConnectionLimits::default(),
        ended,
    ));
    let mut socket = tokio::net::TcpStream::connect(address).await.expect("connected");
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.expect("sent");
    let mut begin = [0_u8; 15];
    socket.read_exact(&mut begin).await.expect("answered");
    // Metrics without credentials: the peer's address reached the guard, and it is this machine's.
    assert_eq!(&begin, b"HTTP/1.1 200 OK");
    stop.send(()).expect("running");
    let done = tokio::time::timeout(std::time::Duration::from_secs(3), server)
        .await
        .expect("stopped in time");
    done.expect("no panic").expect("no error");
}
