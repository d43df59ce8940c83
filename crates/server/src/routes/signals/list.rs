//! Signals of an account.

use crate::routes::prelude::*;

use tradewind_store::projection::SignalFilter;

use crate::map;

/// Which signals.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SignalsQuery {
    /// Only of this strategy; `combined` = the combination.
    pub strategy: Option<String>,
    /// Only on this instrument.
    pub instrument: Option<String>,
    /// Only with this outcome.
    pub outcome: Option<wire::SignalOutcome>,
    /// Most items of the page; 100 when absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

fn outcome_text(outcome: wire::SignalOutcome) -> &'static str {
    match outcome {
        wire::SignalOutcome::Accepted => "ACCEPTED",
        wire::SignalOutcome::Denied => "DENIED",
        wire::SignalOutcome::Recorded => "RECORDED",
    }
}

/// Signals weighed for an account with their reasons, newest first.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/signals", tag = "strategies",
    params(("account" = String, Path, description = "Account id."), SignalsQuery),
    responses((status = 200, body = wire::Page<wire::Signal>)))]
pub async fn list_signals(
    State(state): State<AppState>,
    access: AccountAccess,
    QueryOf(query): QueryOf<SignalsQuery>,
) -> ApiResult<Json<wire::Page<wire::Signal>>> {
    let filter = SignalFilter {
        strategy: match &query.strategy {
            None => None,
            Some(text) => Some(text.parse().map_err(|e: tradewind_types::IdError| {
                ApiError::field("strategy", "MALFORMED", e.to_string())
            })?),
        },
        instrument: instrument_filter(query.instrument.as_deref())?,
        outcome: query.outcome.map(|outcome| outcome_text(outcome).to_owned()),
    };
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let (slice, limit) = slice(&page)?;
    let rows = state.histories.signals(&access.id, &filter, slice).await?;
    let (rows, next_cursor) = cut(rows, limit);
    let items = rows.iter().map(|row| map::strategy::signal(&row.item)).collect();
    Ok(Json(wire::Page { items, next_cursor }))
}
