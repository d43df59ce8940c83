//! `Idempotency-Key`: the same key and body within 24 hours answer the first result again and do nothing twice.
//!
//! Every endpoint whose description declares the header goes through here; one that declares it as required answers 428
//! without it. Only submitting orders does not: an order's key becomes its client order id, which the journal keeps.
//! The work goes on to its end when whoever asked has gone, so that the key gets its answer.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;
use tradewind_store::StoreError;
use tradewind_store::identity::idempotency::{self, Claim, ClaimError};
use tradewind_types::{Decimal, OrgId, UserId};
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::{RefOr, Required};

use crate::AppState;
use crate::access::RateClass;
use crate::extract::read_body;
use crate::identity::{Caller, hash_token, random_id};
use crate::problem::{ApiError, ApiResult, Code};

/// Random bytes that tell a claim apart from every other.
const CLAIM_BYTES: usize = 16;
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
    let (wanted, request) = match wanted(&state, once, caller, request).await {
        Ok((Some(wanted), request)) => (wanted, request),
        Ok((None, request)) => return next.run(request).await,
        Err(error) => return error.into_response(),
    };
    // From here on whoever asked may go away, and time may run out: taking the key, the work and its answer belong together.
    match tokio::spawn(through(state, wanted, class, request, next)).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => ApiError::of(Code::Unavailable).retry_after(5).into_response(),
    }
}

/// A request with its key.
struct Wanted {
    org: OrgId,
    taken: Taken,
    fingerprint: String,
}

/// The key of a request, if it has one, and the request whole: a client that goes while it sends has asked for nothing.
async fn wanted(
    state: &AppState,
    once: Once,
    caller: &Caller,
    request: Request,
) -> ApiResult<(Option<Wanted>, Request)> {
    let Some(key) = key_of(request.headers())? else {
        return match once {
            Once::Needed => Err(ApiError::of(Code::IdempotencyKeyMissing)),
            Once::Taken => Ok((None, request)),
        };
    };
    let (parts, body) = request.into_parts();
    let bytes = read_body(&parts.headers, body, state.config.body_bytes_max).await?;
    let wanted = Wanted {
        org: caller.org.clone(),
        fingerprint: fingerprint(&parts, &bytes),
        taken: Taken {
            owner: caller.user.clone(),
            key,
            claim: random_id(CLAIM_BYTES)?,
        },
    };
    Ok((Some(wanted), Request::from_parts(parts, Body::from(bytes))))
}

/// Takes the key, does the work and keeps its answer; `Err` is a panic of the work, after which the key is free again.
async fn through(
    state: AppState,
    wanted: Wanted,
    class: RateClass,
    mut request: Request,
    next: Next,
) -> Result<Response, Box<dyn Any + Send>> {
    let taken = wanted.taken.clone();
    match claim(&state, &wanted).await {
        Ok(Claim::Taken) => {}
        Ok(Claim::InFlight) => {
            let error = ApiError::of(Code::IdempotencyInFlight).retry_after(1);
            return Ok(error.into_response());
        }
        Ok(Claim::OtherRequest) => return Ok(ApiError::of(Code::IdempotencyKeyReused).into_response()),
        Ok(Claim::Done { status, body }) => return Ok(replay(status, body)),
        // Stopping waits for no database, and stopping twice stops no more than once.
        Err(error) if class == RateClass::Cancel => {
            tracing::warn!(%error, "a stop goes on without its Idempotency-Key");
            return Ok(next.run(request).await);
        }
        Err(error) => return Ok(ApiError::from(error).into_response()),
    }
    request.extensions_mut().insert(OnceKey(Some(taken.engine_key())));
    let work = async {
        let response = next.run(request).await;
        taken.settle(&state, response).await
    };
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(response) => Ok(response),
        Err(panic) => {
            taken.write(&state, Outcome::Nothing).await;
            Err(panic)
        }
    }
}

/// Takes the key. Where it is unknown whether that was written it is given back, as soon as the database takes it.
async fn claim(state: &AppState, wanted: &Wanted) -> Result<Claim, StoreError> {
    let (taken, now) = (&wanted.taken, state.clock.now());
    let asked = idempotency::Wanted {
        org: &wanted.org,
        owner: taken.owner.as_str(),
        key: &taken.key,
        fingerprint: &wanted.fingerprint,
        claim: &taken.claim,
        engine: &state.config.engine_id,
        now,
        expires_at: now.plus(KEPT_NS),
    };
    match idempotency::claim(&state.store, &asked).await {
        Ok(claim) => Ok(claim),
        Err(ClaimError::Failed(error)) => Err(error),
        Err(ClaimError::Unsure(error)) => {
            let (taken, state) = (taken.clone(), state.clone());
            tokio::spawn(async move { taken.write(&state, Outcome::Nothing).await });
            Err(error)
        }
    }
}

fn replay(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    response
        .headers_mut()
        .insert(REPLAYED, HeaderValue::from_static("true"));
    response
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
    claim: String,
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
    async fn settle(&self, state: &AppState, response: Response) -> Response {
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
        let (owner, key, claim) = (self.owner.as_str(), self.key.as_str(), self.claim.as_str());
        match outcome {
            // Nothing to give back is as good as given back.
            Outcome::Nothing => {
                idempotency::release(&state.store, owner, key, claim).await?;
            }
            Outcome::Done { status, body } => {
                let answer = (*status, body.as_str());
                if !idempotency::complete(&state.store, owner, key, claim, answer).await? {
                    tracing::error!(
                        owner,
                        "an Idempotency-Key was lost before its answer was kept; a repetition is told apart by the journal alone"
                    );
                }
            }
        }
        Ok(())
    }
}
