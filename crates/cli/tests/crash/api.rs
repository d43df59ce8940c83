//! A small client of the REST API with an API key.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The body, provided the status is one of these.
    pub(crate) fn expect(self, wanted: &[u16]) -> Value {
        assert!(
            wanted.contains(&self.status.as_u16()),
            "{}: {}",
            self.status,
            self.body
        );
        self.body
    }
}

/// The API of one running instance.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    key: String,
}

impl Api {
    pub(crate) fn new(base: String, key: String) -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            base,
            key,
        }
    }

    /// Asks; an error when no whole answer came, which says nothing about what was done.
    pub(crate) async fn try_ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        if_match: Option<&str>,
    ) -> Result<Answer, String> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/api/v1{path}", self.base))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json");
        if let Some(version) = if_match {
            request = request.header("if-match", version);
        }
        let bytes = body.map_or_else(Bytes::new, |b| Bytes::from(b.to_string()));
        let request = request.body(Full::new(bytes)).map_err(|e| e.to_string())?;
        let answered = tokio::time::timeout(ANSWER_WITHIN, async {
            let answer = self.client.request(request).await.map_err(|e| e.to_string())?;
            let (parts, body) = answer.into_parts();
            let bytes = body.collect().await.map_err(|e| e.to_string())?.to_bytes();
            let body = if bytes.is_empty() {
                Value::Null
            } else {
                serde_json::from_slice(&bytes).map_err(|e| e.to_string())?
            };
            Ok(Answer {
                status: parts.status,
                headers: parts.headers,
                body,
            })
        });
        answered.await.map_err(|_| "no answer in time".to_owned())?
    }

    /// Asks an instance that is expected to answer.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let answer = self.try_ask(method, path, body, None).await;
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Everything that the program counts.
    pub(crate) async fn metrics(&self) -> String {
        let request = Request::builder().uri(format!("{}/metrics", self.base));
        let request = request.body(Full::new(Bytes::new())).expect("a request");
        let answer = self.client.request(request).await.expect("answered");
        let bytes = answer.into_body().collect().await.expect("whole").to_bytes();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, None).await.expect(&[200])
    }
}
