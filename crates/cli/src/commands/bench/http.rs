//! One keep-alive HTTP connection.

use anyhow::Context as _;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::target::Target;
use crate::failure::Failure;

/// A connection to a server.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Connection {
    pub(super) async fn open(target: &Target) -> Result<Self, Failure> {
        let stream = TcpStream::connect(target.authority()).await.map_err(|error| {
            Failure::with_hint(
                format!("cannot connect to {}: {error}", target.url),
                "more connections may need a higher limit of open files: ulimit -n 20000",
            )
        })?;
        stream.set_nodelay(true).context("a socket option")?;
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .context("the HTTP handshake")?;
        tokio::spawn(async move {
            // Its end shows at the sender.
            let _ = connection.await;
        });
        Ok(Self {
            sender,
            host: target.authority().to_owned(),
        })
    }

    pub(super) async fn get(&mut self, path: &str, key: &str) -> Result<(u16, Bytes), Failure> {
        self.send(Method::GET, path, key, None).await
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn send(
        &mut self,
        method: Method,
        path: &str,
        key: &str,
        body: Option<String>,
    ) -> Result<(u16, Bytes), Failure> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .header("authorization", format!("Bearer {key}"));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let request = request
            .body(Full::from(body.unwrap_or_default()))
            .context("a request")?;
        self.sender.ready().await.context("the connection ended")?;
        let answer = self.sender.send_request(request).await.context("no answer")?;
        let status = answer.status().as_u16();
        let body = answer
            .into_body()
            .collect()
            .await
            .context("the answer broke off")?;
        Ok((status, body.to_bytes()))
    }
}
