//! How large an entry would be.

use crate::routes::prelude::*;

use tradewind_engine::kernel::sizing::{NoSize, PreviewAsked};
use tradewind_types::{InstrumentId, StrategyId};

use crate::map;

/// How large an entry would be now by the account's rule (or a strategy's, or one that is given), with every input that
/// the size was reckoned from. Nothing is ordered; the risk gate looks at the order when it is.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/risk/sizing", tag = "risk",
    params(("account" = String, Path, description = "Account id.")), request_body = wire::SizeRequest,
    responses((status = 200, body = wire::SizePreview),
        (status = 422, description = "Problem: VALIDATION.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn preview_size(
    State(state): State<AppState>,
    access: AccountAccess,
    Body(body): Body<wire::SizeRequest>,
) -> ApiResult<Json<wire::SizePreview>> {
    let malformed = |field: &'static str| {
        move |e: tradewind_types::IdError| ApiError::field(field, "MALFORMED", e.to_string())
    };
    let instrument: InstrumentId = body.instrument.parse().map_err(malformed("instrument"))?;
    let strategy: Option<StrategyId> = body
        .strategy
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(malformed("strategy"))?;
    let rule = body
        .sizing
        .as_ref()
        .map(|rule| map::sizing::rule_back("sizing", rule))
        .transpose()?;
    let asked = PreviewAsked {
        instrument,
        side: map::enums::side_back(body.side),
        price: body.price.map(|p| p.0),
        stop: body.stop.map(|p| p.0),
        strategy,
        rule,
    };
    let id = access.id;
    let answer = state
        .engine
        .query(move |kernel| {
            let quote = kernel.instruments().by_id(&asked.instrument).map(|i| i.quote);
            kernel.preview_size(&id, &asked).map(|size| (size, quote))
        })
        .await?;
    match answer {
        Ok((size, Some(currency))) => Ok(Json(map::sizing::preview(&size, currency))),
        Ok((_, None)) => Err(ApiError::of(Code::Internal)),
        Err(NoSize::UnknownAccount(_)) => Err(ApiError::of(Code::Internal)),
        Err(error) => {
            let field = match &error {
                NoSize::UnknownInstrument(_) => "instrument",
                NoSize::NoPrice(_) => "price",
                _ => "sizing",
            };
            Err(ApiError::field(field, "NO_SIZE", error.to_string()))
        }
    }
}
