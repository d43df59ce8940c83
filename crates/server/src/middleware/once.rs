//! `Idempotency-Key`: the same key and body within 24 hours answer the first result again and do nothing twice.
//!
//! Every endpoint whose description declares the header goes through here; one that declares it as required answers 428
//! without it. Only submitting orders does not: an order's key becomes its client order id, which the journal keeps.
//! The work goes on to its end when whoever asked has gone, so that the key gets its answer.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;
use tradewind_store::StoreError;
use tradewind_store::identity::idempotency::{self, Claim};
use tradewind_types::{Decimal, UserId};
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::{RefOr, Required};

use crate::AppState;
use crate::access::RateClass;
use crate::extract::read_body;
use crate::identity::{Caller, hash_token};
use crate::problem::{ApiError, ApiResult, Code};

const KEPT_NS: u64 = 24 * 3_600 * 1_000_000_000;
/// Longest answer that is kept; a longer one is answered once and its key given back.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Waits before an answer that the database did not take is written again: ten minutes in all.
const AGAIN_AFTER_S: [u64; 6] = [1, 5, 15, 60, 180, 339];
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Whether an endpoint takes an `Idempotency-Key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// Where it is sent.
    Taken,
    /// Always.
    Needed,
}

impl Once {
    /// What an endpoint's description says.
    #[must_use]
    pub fn of(operation: &Operation) -> Option<Self> {
        let own = |parameter: &RefOr<Parameter>| match parameter {
            RefOr::T(own) if own.name == "Idempotency-Key" => Some(own.required.clone()),
            RefOr::T(_) | RefOr::Ref(_) => None,
        };
        let required = operation.parameters.iter().flatten().find_map(own)?;
        Some(match required {
            Required::True => Self::Needed,
            Required::False => Self::Taken,
        })
    }
}

/// The key of a request for the journal: it tells a repetition apart even after ours is gone. Empty without a key.
#[derive(Debug, Clone, Default)]
pub struct OnceKey(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for OnceKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// The key that a request carries.
///
/// # Errors
/// A field error for an empty, too long or unprintable key.
pub fn key_of(headers: &HeaderMap) -> ApiResult<Option<String>> {
    let Some(value) = headers.get(KEY) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let legal = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    if legal {
        return Ok(Some(text.to_owned()));
    }
    Err(ApiError::field(
        "Idempotency-Key",
        "MALFORMED",
        "an Idempotency-Key has 1 to 64 printable characters",
    ))
}

/// Lets a request through once per key.
pub(crate) async fn once(
    state: AppState,
    once: Once,
    class: RateClass,
    caller: &Caller,
    request: Request,
    next: Next,
) -> Response {
    let (request, taken) = match claim(&state, once, class, caller, request).await {
        Ok(Claimed::First(request, taken)) => (request, taken),
        Ok(Claimed::Unkeyed(request)) => return next.run(request).await,
        Ok(Claimed::Done(response)) => return response,
        Err(error) => return error.into_response(),
    };
    let left = taken.clone();
    let work = {
        let state = state.clone();
        tokio::spawn(async move {
            let response = next.run(request).await;
            taken.settle(&state, response).await
        })
    };
    match work.await {
        Ok(response) => response,
        Err(error) => {
            left.write(&state, Outcome::Nothing).await;
            if error.is_panic() {
                std::panic::resume_unwind(error.into_panic());
            }
            ApiError::of(Code::Unavailable).retry_after(5).into_response()
        }
    }
}

enum Claimed {
    /// Nothing was asked for.
    Unkeyed(Request),
    /// To be done, under this key.
    First(Request, Taken),
    /// It was done before; this was the answer.
    Done(Response),
}

async fn claim(
    state: &AppState,
    once: Once,
    class: RateClass,
    caller: &Caller,
    request: Request,
) -> ApiResult<Claimed> {
    let Some(key) = key_of(request.headers())? else {
        return match once {
            Once::Needed => Err(ApiError::of(Code::IdempotencyKeyMissing)),
            Once::Taken => Ok(Claimed::Unkeyed(request)),
        };
    };
    let (parts, body) = request.into_parts();
    let bytes = read_body(&parts.headers, body, state.config.body_bytes_max).await?;
    let fingerprint = fingerprint(&parts, &bytes);
    let mut request = Request::from_parts(parts, Body::from(bytes));
    let now = state.clock.now();
    let taken = Taken {
        owner: caller.user.clone(),
        key,
    };
    let claim = idempotency::claim(
        &state.store,
        &caller.org,
        taken.owner.as_str(),
        &taken.key,
        &fingerprint,
        now,
        now.plus(KEPT_NS),
    )
    .await;
    match claim {
        Ok(Claim::Taken) => {
            request.extensions_mut().insert(OnceKey(Some(taken.engine_key())));
            Ok(Claimed::First(request, taken))
        }
        Ok(Claim::InFlight) => Err(ApiError::of(Code::IdempotencyInFlight).retry_after(1)),
        Ok(Claim::OtherRequest) => Err(ApiError::of(Code::IdempotencyKeyReused)),
        Ok(Claim::Done { status, body }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
            response
                .headers_mut()
                .insert(REPLAYED, HeaderValue::from_static("true"));
            Ok(Claimed::Done(response))
        }
        // Stopping waits for no database, and stopping twice stops no more than once.
        Err(error) if class == RateClass::Cancel => {
            tracing::warn!(%error, "a stop goes on without its Idempotency-Key");
            Ok(Claimed::Unkeyed(request))
        }
        Err(error) => Err(error.into()),
    }
}

/// What makes two requests the same: method, path, query and what the body says.
fn fingerprint(parts: &Parts, body: &Bytes) -> String {
    let said = match serde_json::from_slice::<Value>(body) {
        Ok(value) => canonical(value).to_string(),
        Err(_) => hash_bytes(body),
    };
    hash_token(&format!("{} {}\0{said}", parts.method, parts.uri))
}

fn hash_bytes(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// `250` and `250.00` are the same amount; members come sorted by name.
fn canonical(value: Value) -> Value {
    match value {
        Value::String(text) => {
            let amount = text.parse::<Decimal>().ok();
            Value::String(amount.map_or(text, |amount| amount.normalize().to_string()))
        }
        Value::Array(items) => items.into_iter().map(canonical).collect(),
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            let members = members.into_iter().map(|(name, value)| (name, canonical(value)));
            Value::Object(members.collect())
        }
        other => other,
    }
}

/// A key taken by this request.
#[derive(Debug, Clone)]
struct Taken {
    owner: UserId,
    key: String,
}

/// What became of the request.
#[derive(Debug, Clone)]
enum Outcome {
    /// It changed nothing: the key is free again.
    Nothing,
    Done {
        status: u16,
        body: String,
    },
}

impl Taken {
    fn engine_key(&self) -> String {
        hash_token(&format!("{}\0{}", self.owner, self.key))
    }

    /// Keeps a success for repetitions; gives the key back after a failure, which changed nothing.
    async fn settle(self, state: &AppState, response: Response) -> Response {
        if !response.status().is_success() {
            self.write(state, Outcome::Nothing).await;
            return response;
        }
        let (parts, body) = response.into_parts();
        let Ok(bytes) = axum::body::to_bytes(body, ANSWER_BYTES_MAX).await else {
            self.write(state, Outcome::Nothing).await;
            return ApiError::of(Code::Internal).into_response();
        };
        let done = Outcome::Done {
            status: parts.status.as_u16(),
            body: String::from_utf8_lossy(&bytes).into_owned(),
        };
        self.write(state, done).await;
        Response::from_parts(parts, Body::from(bytes))
    }

    /// Writes what became of it. What is done is answered as done even when the database does not take it now; then it
    /// is written again until it does.
    async fn write(&self, state: &AppState, outcome: Outcome) {
        let Err(error) = self.try_write(state, &outcome).await else {
            return;
        };
        tracing::warn!(%error, "an Idempotency-Key could not be settled; it is tried again");
        let (taken, state) = (self.clone(), state.clone());
        tokio::spawn(async move {
            for seconds in AGAIN_AFTER_S {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                if taken.try_write(&state, &outcome).await.is_ok() {
                    return;
                }
            }
            tracing::error!("an Idempotency-Key stays taken until the next start or for 24 hours");
        });
    }

    async fn try_write(&self, state: &AppState, outcome: &Outcome) -> Result<(), StoreError> {
        let (owner, key) = (self.owner.as_str(), self.key.as_str());
        match outcome {
            Outcome::Nothing => idempotency::release(&state.store, owner, key).await,
            Outcome::Done { status, body } => {
                idempotency::complete(&state.store, owner, key, *status, body).await
            }
        }
    }
}
