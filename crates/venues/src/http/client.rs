//! The REST client.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connector::DialConnector;
use super::error::RestError;
use super::request::RestRequest;
use super::retry_after::retry_after;
use super::settings::{LevelMeaning, RestSettings};
use crate::breaker::{Admission, CircuitBreaker};
use crate::connection::{ConnectError, Environment, Target};
use crate::rate_limit::Call;

/// How much of a refusal's body goes into the error.
const REFUSAL_BYTES_MAX: usize = 4 * 1024;

/// An answer with a 2xx status.
#[derive(Debug, Clone)]
pub struct RestResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, whole.
    pub body: Bytes,
}

/// A client of one venue's REST API. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct RestClient {
    settings: Arc<RestSettings>,
    environment: Environment,
    breaker: Arc<CircuitBreaker>,
    client: Client<DialConnector, Full<Bytes>>,
}

impl std::fmt::Debug for RestClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RestClient")
            .field("base_url", &self.settings.base_url)
            .finish_non_exhaustive()
    }
}

impl RestClient {
    /// A client; nothing is dialled before the first call.
    ///
    /// # Errors
    /// [`RestError::Connect`] when the base address is no `http` or `https` address.
    pub fn new(
        settings: RestSettings,
        environment: Environment,
        breaker: Arc<CircuitBreaker>,
    ) -> Result<Self, RestError> {
        Target::http(&settings.base_url).map_err(RestError::Connect)?;
        let connector = DialConnector {
            dialer: Arc::clone(&environment.dialer),
            timeout: settings.connect_timeout,
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .pool_max_idle_per_host(settings.idle_connections_max)
            .build(connector);
        Ok(Self {
            settings: Arc::new(settings),
            environment,
            breaker,
            client,
        })
    }

    /// The breaker in front of this client.
    #[must_use]
    pub fn breaker(&self) -> &Arc<CircuitBreaker> {
        &self.breaker
    }

    /// A GET of `path` (starting with `/`) below the base address.
    pub fn get(&self, path: &str) -> RestRequest<'_> {
        RestRequest::new(self, Method::GET, path)
    }

    /// A POST; goes out once unless marked repeatable.
    pub fn post(&self, path: &str) -> RestRequest<'_> {
        RestRequest::new(self, Method::POST, path)
    }

    /// A DELETE; goes out once unless marked repeatable.
    pub fn delete(&self, path: &str) -> RestRequest<'_> {
        RestRequest::new(self, Method::DELETE, path)
    }

    pub(super) async fn send(&self, request: &RestRequest<'_>) -> Result<RestResponse, RestError> {
        let mut delays = self.settings.retry_delays.iter();
        loop {
            let error = match self.try_once(request).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            if !request.repeatable || !error.is_transient() {
                return Err(error);
            }
            let Some(delay) = delays.next() else {
                return Err(error);
            };
            tracing::debug!(path = %request.path, %error, delay_ms = delay.as_millis() as u64, "REST call is repeated");
            tokio::time::sleep(*delay).await;
        }
    }

    async fn try_once(&self, request: &RestRequest<'_>) -> Result<RestResponse, RestError> {
        let account = request.account.as_deref();
        let call = Call {
            class: request.class,
            account,
            weight: request.weight,
            priority: request.priority,
        };
        let message = self.message(request)?;
        // Refused calls should neither wait for tokens nor use them; a probe that waits must not block others.
        drop(self.breaker.admit(request.priority)?);
        self.environment
            .limiter
            .acquire(&call, self.settings.limiter_wait_max)
            .await?;
        let admission = self.breaker.admit(request.priority)?;
        let after = self.settings.timeout;
        let outcome = match tokio::time::timeout(after, self.exchange(message, &call)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(RestError::Timeout { after }),
        };
        report(admission, &outcome);
        outcome
    }

    fn message(&self, request: &RestRequest<'_>) -> Result<Request<Full<Bytes>>, RestError> {
        let mut uri = format!("{}{}", self.settings.base_url.trim_end_matches('/'), request.path);
        if !request.query.as_str().is_empty() {
            uri.push('?');
            uri.push_str(request.query.as_str());
        }
        let mut builder = Request::builder()
            .method(request.method.clone())
            .uri(uri)
            .header(
                http::header::USER_AGENT,
                concat!("tradewind/", env!("CARGO_PKG_VERSION")),
            )
            .header(http::header::ACCEPT, "application/json");
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        builder
            .body(Full::new(request.body.clone()))
            .map_err(|e| RestError::BadRequest { why: e.to_string() })
    }

    async fn exchange(
        &self,
        message: Request<Full<Bytes>>,
        call: &Call<'_>,
    ) -> Result<RestResponse, RestError> {
        let response = self.client.request(message).await.map_err(exchange_error)?;
        let (head, body) = response.into_parts();
        self.observe_levels(&head.headers, call);
        if !head.status.is_success() {
            let retry_after = retry_after(&head.headers, self.environment.clock.now());
            if let Some(after) = retry_after {
                self.environment
                    .limiter
                    .retry_after(call.class, call.account, after);
            }
            let body = read_at_most(body, REFUSAL_BYTES_MAX).await;
            return Err(RestError::Status {
                status: head.status,
                body,
                retry_after,
            });
        }
        let limit_bytes = self.settings.response_bytes_max;
        let body = Limited::new(body, limit_bytes).collect().await.map_err(|e| {
            if e.is::<LengthLimitError>() {
                RestError::TooLarge { limit_bytes }
            } else {
                RestError::Exchange { why: e.to_string() }
            }
        })?;
        Ok(RestResponse {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
        })
    }

    fn observe_levels(&self, headers: &HeaderMap, call: &Call<'_>) {
        for header in &self.settings.level_headers {
            let level = headers
                .get(header.name.as_str())
                .and_then(|v| v.to_str().ok()?.trim().parse().ok());
            let limiter = &self.environment.limiter;
            match (level, header.meaning) {
                (Some(used), LevelMeaning::Used) => limiter.observe_used(header.class, call.account, used),
                (Some(left), LevelMeaning::Remaining) => {
                    limiter.observe_remaining(header.class, call.account, left);
                }
                (None, _) => {}
            }
        }
    }
}

/// Tells the breaker what the outcome says about the venue's health. A refusal of ours (4xx) is a healthy
/// answer; a 429 says nothing either way; an answer that is too large or odd came from a venue that works.
fn report(admission: Admission, outcome: &Result<RestResponse, RestError>) {
    match outcome {
        Err(
            RestError::Status {
                status: StatusCode::TOO_MANY_REQUESTS,
                ..
            }
            | RestError::BadRequest { .. },
        ) => {
            drop(admission);
        }
        Err(error) if error.is_transient() => admission.failed(&error.to_string()),
        Ok(_) | Err(_) => admission.succeeded(),
    }
}

fn exchange_error(error: ClientError) -> RestError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    let mut words = Vec::new();
    while let Some(current) = cause {
        if let Some(connect) = current.downcast_ref::<ConnectError>() {
            return RestError::Connect(connect.clone());
        }
        words.push(current.to_string());
        cause = current.source();
    }
    RestError::Exchange {
        why: words.join(": "),
    }
}

/// The beginning of a body as text; what cannot be read is left out, since the status is the error.
async fn read_at_most(mut body: Incoming, limit_bytes: usize) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < limit_bytes {
        let Some(Ok(frame)) = body.frame().await else {
            break;
        };
        if let Some(data) = frame.data_ref() {
            bytes.extend_from_slice(&data[..data.len().min(limit_bytes - bytes.len())]);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
