//! Asking a provider: one request, one answer, no redirects followed, everything bounded.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tradewind_venues::connection::{Dialer, StageCell, Target};

/// How long a provider may take from dialling to the last byte.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Longest answer: key sets of large providers have some ten kilobytes.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Why there is no answer; for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("{0}")]
    Connect(#[from] tradewind_venues::connection::ConnectError),
    #[error("no answer within {} s", ANSWER_MAX.as_secs())]
    Timeout,
    #[error("the exchange failed: {0}")]
    Exchange(String),
    #[error("HTTP {status}: {said}")]
    Status { status: StatusCode, said: String },
}

/// Sends a request to an address that the caller has checked.
pub(crate) async fn fetch(
    dialer: &dyn Dialer,
    uri: &Uri,
    request: http::request::Builder,
    body: String,
) -> Result<Bytes, FetchError> {
    let asked = tokio::time::timeout(ANSWER_MAX, exchange(dialer, uri, request, body));
    asked.await.unwrap_or(Err(FetchError::Timeout))
}

async fn exchange(
    dialer: &dyn Dialer,
    uri: &Uri,
    request: http::request::Builder,
    body: String,
) -> Result<Bytes, FetchError> {
    let failed = |error: &dyn std::fmt::Display| FetchError::Exchange(error.to_string());
    let target = Target::http(&uri.to_string())?;
    let stream = dialer.dial(&target, &StageCell::default()).await?;
    let opened = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = opened.map_err(|error| failed(&error))?;
    let driven = tokio::spawn(connection);
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request: Request<Body> = request
        .uri(path)
        .header(header::HOST, host)
        .header(header::ACCEPT, "application/json")
        .header(
            header::USER_AGENT,
            concat!("tradewind/", env!("CARGO_PKG_VERSION")),
        )
        .body(Body::from(body))
        .map_err(|error| failed(&error))?;
    let answer = sender.send_request(request).await.map_err(|error| failed(&error));
    let read = match answer {
        Ok(answer) => read(answer).await,
        Err(error) => Err(error),
    };
    driven.abort();
    read
}

async fn read(answer: http::Response<hyper::body::Incoming>) -> Result<Bytes, FetchError> {
    let status = answer.status();
    let body = axum::body::to_bytes(Body::new(answer.into_body()), ANSWER_BYTES_MAX).await;
    let body = body.map_err(|error| FetchError::Exchange(error.to_string()))?;
    if status == StatusCode::OK {
        return Ok(body);
    }
    // The provider's own words, for the log of the operator.
    let text = String::from_utf8_lossy(&body);
    let said = text.chars().filter(|c| !c.is_control()).take(200).collect();
    Err(FetchError::Status { status, said })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tradewind_venues::connection::NetDialer;

    async fn answered(answer: Vec<u8>) -> Result<Bytes, FetchError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let mut heard = [0; 1024];
            let _ = stream.read(&mut heard).await;
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        });
        let uri: Uri = format!("http://{address}/x?y=1").parse().expect("an address");
        fetch(&NetDialer::default(), &uri, Request::builder(), String::new()).await
    }

    fn with_length(length: usize) -> Vec<u8> {
        let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes();
        answer.resize(answer.len() + length, b'x');
        answer
    }

    #[tokio::test]
    async fn an_answer_is_read_whole_and_one_without_end_is_not() {
        assert_eq!(answered(with_length(5)).await.expect("an answer"), "xxxxx");
        assert!(answered(with_length(ANSWER_BYTES_MAX)).await.is_ok());
        let long = answered(with_length(ANSWER_BYTES_MAX + 1)).await;
        assert!(matches!(long, Err(FetchError::Exchange(_))), "{long:?}");
        let cut = answered(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx".to_vec()).await;
        assert!(matches!(cut, Err(FetchError::Exchange(_))), "{cut:?}");
        let other = answered(b"SSH-2.0-x\r\n".to_vec()).await;
        assert!(matches!(other, Err(FetchError::Exchange(_))), "{other:?}");
    }

    #[tokio::test]
    async fn a_redirect_is_followed_nowhere() {
        let answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        let refused = answered(answer.to_vec()).await.expect_err("refused");
        assert!(
            matches!(refused, FetchError::Status { status, .. } if status == StatusCode::FOUND),
            "{refused:?}"
        );
    }
}
