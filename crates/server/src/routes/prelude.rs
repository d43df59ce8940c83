//! What nearly every handler uses.

pub(super) use axum::Json;
pub(super) use axum::extract::State;
pub(super) use axum::response::IntoResponse;
pub(super) use http::{HeaderMap, StatusCode, header};
pub(super) use serde::Deserialize;
pub(super) use serde_json::json;
pub(super) use tradewind_types::AccountId;
pub(super) use tradewind_types::record::Command;
pub(super) use tradewind_wire as wire;
pub(super) use utoipa::IntoParams;

pub(super) use crate::AppState;
pub(super) use crate::access::AccountAccess;
pub(super) use crate::extract::{
    Body, Cursor, EmptyOr, FileBody, IfMatch, MaybeCaller, PageQuery, Params, QueryOf, RequestInfo, SignedIn,
    Tag,
};
pub(super) use crate::identity::Caller;
pub(super) use crate::identity::audit::Note;
pub(super) use crate::middleware::OnceKey;
pub(super) use crate::problem::{ApiError, ApiResult, Code};
pub(super) use crate::to_its_end::to_its_end;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use tradewind_engine::kernel::{AccountState, MarketState};
use tradewind_engine::{CommandReply, EngineError, Kernel};
use tradewind_store::projection::{Numbered, Slice};
use tradewind_types::record::CommandEnvelope;
use tradewind_types::{Instrument, InstrumentId, UnixNanos};

/// Sends a command to the engine in a caller's name.
pub(super) async fn try_command(
    state: &AppState,
    request: &RequestInfo,
    caller: &Caller,
    command: Command,
) -> Result<CommandReply, EngineError> {
    let envelope = CommandEnvelope {
        actor: caller.user.to_string(),
        correlation_id: request.correlation_id.clone(),
        ts: state.clock.now(),
        command,
    };
    state.engine.command(envelope).await
}

/// The same, with the engine's refusal as a problem.
pub(super) async fn command_as(
    state: &AppState,
    request: &RequestInfo,
    caller: &Caller,
    command: Command,
) -> ApiResult<CommandReply> {
    Ok(try_command(state, request, caller, command).await?)
}

/// Reads an account on the engine's thread.
pub(super) async fn of_account<R: Send + 'static>(
    state: &AppState,
    id: AccountId,
    read: impl FnOnce(&Kernel, &AccountState) -> R + Send + 'static,
) -> ApiResult<R> {
    let answer = state
        .engine
        .query(move |kernel| kernel.account(&id).map(|account| read(kernel, account)));
    answer.await?.ok_or_else(|| ApiError::of(Code::AccountUnknown))
}

/// Reads the instrument in the path on the engine's thread.
pub(super) async fn of_instrument<R: Send + 'static>(
    state: &AppState,
    params: &Params,
    read: impl FnOnce(&Kernel, &Instrument, &MarketState) -> R + Send + 'static,
) -> ApiResult<R> {
    let id: InstrumentId = params.id("instrument", Code::InstrumentUnknown)?;
    let answer = state.engine.query(move |kernel| {
        let (instrument, market): (&Arc<Instrument>, _) = kernel.market(&id)?;
        Some(read(kernel, instrument, market))
    });
    answer.await?.ok_or_else(|| ApiError::of(Code::InstrumentUnknown))
}

/// An instrument named in a query or body; it need not exist.
pub(super) fn instrument_filter(text: Option<&str>) -> ApiResult<Option<InstrumentId>> {
    let parse = |text: &str| {
        text.parse().map_err(|e: tradewind_types::IdError| {
            ApiError::field("instrument", "UNKNOWN_INSTRUMENT", e.to_string())
        })
    };
    text.map(parse).transpose()
}

/// An instrument named in a body, which has to exist.
pub(super) async fn known_instrument(
    state: &AppState,
    text: Option<&str>,
) -> ApiResult<Option<InstrumentId>> {
    let Some(id) = instrument_filter(text)? else {
        return Ok(None);
    };
    let wanted = id.clone();
    if state
        .engine
        .query(move |kernel| kernel.instruments().idx(&wanted).is_some())
        .await?
    {
        return Ok(Some(id));
    }
    Err(ApiError::field(
        "instrument",
        "UNKNOWN_INSTRUMENT",
        format!("instrument {id} is unknown"),
    ))
}

/// A number of a query within `1..=max`.
pub(super) fn in_range(field: &str, value: Option<u32>, default: u32, max: u32) -> ApiResult<u32> {
    match value {
        None => Ok(default),
        Some(value) if (1..=max).contains(&value) => Ok(value),
        Some(value) => Err(ApiError::field(
            field,
            "OUT_OF_RANGE",
            format!("{field} is 1 to {max}, got {value}"),
        )),
    }
}

/// The slice of a history that a page is, asked for with one item more, and the page's size.
pub(super) fn slice(page: &PageQuery) -> ApiResult<(Slice, usize)> {
    let limit = page.limit()?;
    Ok((
        Slice {
            before: page.key::<u64>()?,
            limit: limit + 1,
        },
        limit as usize,
    ))
}

/// Cuts a slice to its page; the cursor is there when there was more.
pub(super) fn cut<T>(mut rows: Vec<Numbered<T>>, limit: usize) -> (Vec<Numbered<T>>, Option<String>) {
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| Cursor::after(row.seq));
    (rows, next)
}

/// Key of lists that are ordered by time and id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StampedKey {
    pub(super) ts: UnixNanos,
    pub(super) id: String,
}

impl fmt::Display for StampedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.ts.0, self.id)
    }
}

impl FromStr for StampedKey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (ts, id) = text.split_once(' ').ok_or(())?;
        Ok(Self {
            ts: UnixNanos(ts.parse().map_err(|_| ())?),
            id: id.to_owned(),
        })
    }
}
