//! Connecting: the time limit and each failure as its own error.

use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tradewind_venues::connection::*;

use super::support::*;

/// Accepts one stream, reads the request, answers with `bytes`, and hangs up.
async fn answer_once(listener: TcpListener, bytes: &'static [u8]) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = [0_u8; 4096];
    let _ = stream.read(&mut request).await;
    stream.write_all(bytes).await.unwrap();
}

async fn refused_with(url: &str) -> ConnectError {
    real(url, |s| s.backoff.base = Duration::from_secs(600))
        .connection
        .connect()
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_host_without_an_address_is_a_dns_error() {
    // A label of more than 63 characters: resolvers refuse it without asking anybody.
    let host = format!("{}.test", "x".repeat(70));
    let error = refused_with(&format!("ws://{host}/feed")).await;
    assert!(
        matches!(&error, ConnectError::Dns { host: h, .. } if *h == host),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_closed_port_is_a_refusal() {
    let (_port, address) = deaf_port();
    assert_eq!(
        refused_with(&format!("ws://{address}/feed")).await,
        ConnectError::Refused { address }
    );
}

#[tokio::test]
async fn a_foreign_scheme_is_its_own_error_and_is_not_tried_again() {
    let fixture = real("https://127.0.0.1:1/feed", |_| {});
    let error = fixture.connection.connect().await.unwrap_err();
    assert_eq!(
        error,
        ConnectError::BadScheme {
            scheme: "https".into(),
            expected: "ws, wss"
        }
    );
    assert_eq!(
        fixture.connection.state(),
        ConnectionState::Failed { failures: 1 }
    );
}

#[tokio::test]
async fn an_unreadable_address_is_its_own_error_and_is_not_tried_again() {
    let fixture = real("nowhere at all", |_| {});
    assert!(matches!(
        fixture.connection.connect().await,
        Err(ConnectError::BadUrl { .. })
    ));
    assert_eq!(
        fixture.connection.state(),
        ConnectionState::Failed { failures: 1 }
    );
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_a_tls_error() {
    let (listener, url) = listen().await;
    let server = tokio::spawn(answer_once(listener, b"220 hello, this is not TLS\r\n"));
    let error = refused_with(&url.replace("ws://", "wss://")).await;
    assert!(
        matches!(&error, ConnectError::Tls { host, .. } if host == "127.0.0.1"),
        "{error:?}"
    );
    server.await.unwrap();
}

/// A TLS listener on loopback with the fixture's self-signed certificate for `localhost`.
async fn listen_tls() -> (tokio_rustls::TlsAcceptor, TcpListener, String) {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("../fixtures/localhost.crt")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../fixtures/localhost.key")).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("wss://localhost:{}/feed", listener.local_addr().unwrap().port());
    (tokio_rustls::TlsAcceptor::from(Arc::new(config)), listener, url)
}

#[tokio::test]
async fn an_untrusted_certificate_is_a_tls_error() {
    let (acceptor, listener, url) = listen_tls().await;
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        assert!(
            acceptor.accept(stream).await.is_err(),
            "the client must not trust this"
        );
    });
    let error = refused_with(&url).await;
    assert!(
        matches!(&error, ConnectError::Tls { why, .. } if why.contains("certificate")),
        "{error:?}"
    );
    server.await.unwrap();
}

#[tokio::test]
async fn a_trusted_certificate_gives_a_session_over_tls() {
    let (acceptor, listener, url) = listen_tls().await;
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = acceptor.accept(stream).await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        say(&mut socket, "+over tls").await;
        assert_eq!(text(&mut socket).await, "subscribe a");
    });
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(include_bytes!("../fixtures/localhost.crt")).unwrap())
        .unwrap();
    let dialer = NetDialer::with_tls(Arc::new(client_tls(roots)));
    let mut fixture = spawn(settings(url), Toy::default(), environment(Arc::new(dialer), &[]));
    fixture.connection.connect().await.unwrap();
    assert_eq!(fixture.event().await.1, Event::Text("over tls".into()));
    fixture.subscribe(&["a"]).await;
    server.await.unwrap();
}

#[tokio::test]
async fn an_http_refusal_is_a_handshake_error_with_its_status() {
    let (listener, url) = listen().await;
    let answer = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 9\r\n\r\nnot today";
    let server = tokio::spawn(answer_once(listener, answer));
    let error = refused_with(&url).await;
    assert!(
        matches!(
            &error,
            ConnectError::Handshake {
                status: Some(403),
                ..
            }
        ),
        "{error:?}"
    );
    server.await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_a_handshake_error() {
    let (listener, url) = listen().await;
    let server = tokio::spawn(answer_once(listener, b"\x00\x01\x02 whatever\r\n\r\n"));
    let error = refused_with(&url).await;
    assert!(
        matches!(&error, ConnectError::Handshake { status: None, .. }),
        "{error:?}"
    );
    server.await.unwrap();
}

#[tokio::test]
async fn a_wrong_accept_key_is_a_handshake_error() {
    let (listener, url) = listen().await;
    let answer = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";
    let server = tokio::spawn(answer_once(listener, answer));
    let error = refused_with(&url).await;
    assert!(
        matches!(&error, ConnectError::Handshake { status: None, .. }),
        "{error:?}"
    );
    server.await.unwrap();
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_runs_into_the_time_limit() {
    let (listener, url) = listen().await;
    let server = tokio::spawn(async move { listener.accept().await.unwrap() });
    let after = Duration::from_millis(30);
    let fixture = real(&url, |s| s.connect_timeout = after);
    let error = fixture.connection.connect().await.unwrap_err();
    assert_eq!(
        error,
        ConnectError::Timeout {
            stage: ConnectStage::Handshake,
            after
        }
    );
    drop(server.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn the_time_limit_is_five_seconds() {
    let mut venue = memory(|_| {});
    let started = Instant::now();
    // The stream is taken, and held, but nobody answers on it.
    let (outcome, _stream) = tokio::join!(venue.fixture.connection.connect(), venue.end.accept());
    let after = Duration::from_secs(5);
    assert_eq!(
        outcome,
        Err(ConnectError::Timeout {
            stage: ConnectStage::Handshake,
            after
        })
    );
    assert_eq!(started.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn extra_headers_are_part_of_the_handshake() {
    let (listener, url) = listen().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0_u8; 4096];
        let n = stream.read(&mut request).await.unwrap();
        String::from_utf8(request[..n].to_vec()).unwrap()
    });
    let fixture = real(&url, |s| {
        s.endpoint.headers.push(("x-api-key".into(), "k1".into()))
    });
    assert!(fixture.connection.connect().await.is_err(), "the server hangs up");
    assert!(
        server
            .await
            .unwrap()
            .to_ascii_lowercase()
            .contains("x-api-key: k1\r\n")
    );
}
