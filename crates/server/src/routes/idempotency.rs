//! `Idempotency-Key`: the same key and body within 24 hours answer the first result again and move nothing twice.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use serde_json::Value;
use tradewind_store::identity::idempotency::{self, Claim};
use tradewind_types::ClientOrderId;

use crate::AppState;
use crate::access::AccountAccess;
use crate::identity::{Caller, hash_token};
use crate::problem::{ApiError, ApiResult, Code};

const KEPT_NS: u64 = 24 * 3_600 * 1_000_000_000;

/// The key of a request, if it carries one.
///
/// # Errors
/// A field error for an empty, too long or unprintable key.
pub(super) fn key(headers: &HeaderMap) -> ApiResult<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else {
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

/// The client order id that a key stands for: the same person, account and key always give the same id, which leaves
/// room for those of a bracket's legs.
///
/// # Errors
/// Never in practice.
pub(super) fn order_id(access: &AccountAccess, key: &str) -> ApiResult<ClientOrderId> {
    let digest = hash_token(&format!("{}\0{}\0{key}", access.caller.user, access.id));
    ClientOrderId::new(&format!("i{}", &digest[..32])).map_err(|_| ApiError::of(Code::Internal))
}

/// What to do with a request.
pub(super) enum Once {
    /// Answer this; it was done before.
    Replay(Response),
    /// Do it.
    First(Taken),
}

/// A key taken by this request.
pub(super) struct Taken {
    owner: String,
    key: String,
}

/// Takes a key.
///
/// # Errors
/// `IDEMPOTENCY_IN_FLIGHT`, `IDEMPOTENCY_KEY_REUSED`, those of the database.
pub(super) async fn begin(state: &AppState, caller: &Caller, key: &str, request: &Value) -> ApiResult<Once> {
    let now = state.clock.now();
    let owner = caller.user.to_string();
    let fingerprint = hash_token(&request.to_string());
    let claim = idempotency::claim(
        &state.store,
        &state.config.org,
        &owner,
        key,
        &fingerprint,
        now,
        now.plus(KEPT_NS),
    )
    .await?;
    match claim {
        Claim::Taken => Ok(Once::First(Taken {
            owner,
            key: key.to_owned(),
        })),
        Claim::InFlight => Err(ApiError::of(Code::IdempotencyInFlight).retry_after(1)),
        Claim::OtherRequest => Err(ApiError::of(Code::IdempotencyKeyReused)),
        Claim::Done { status, body } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            Ok(Once::Replay(
                (status, [(header::CONTENT_TYPE, "application/json")], body).into_response(),
            ))
        }
    }
}

impl Taken {
    /// The key for the journal: it tells a repetition apart even after ours is gone.
    pub(super) fn engine_key(&self) -> String {
        hash_token(&format!("{}\0{}", self.owner, self.key))
    }

    /// Keeps a success for repetitions; gives the key back after a failure, which moved nothing.
    ///
    /// # Errors
    /// The failure itself, or those of the database.
    pub(super) async fn finish<T: Serialize>(
        self,
        state: &AppState,
        status: StatusCode,
        result: ApiResult<T>,
    ) -> ApiResult<Response> {
        match result {
            Ok(body) => {
                let text = serde_json::to_string(&body).map_err(|_| ApiError::of(Code::Internal))?;
                idempotency::complete(&state.store, &self.owner, &self.key, status.as_u16(), &text).await?;
                Ok((status, Json(body)).into_response())
            }
            Err(error) => {
                idempotency::release(&state.store, &self.owner, &self.key).await?;
                Err(error)
            }
        }
    }
}
