//! What an account is worth, by currency.

use crate::routes::prelude::*;

use tradewind_engine::kernel::bookkeeping::RATE_AGE_MAX_NS;
use tradewind_ledger::{Mark, pnl};
use tradewind_types::InstrumentId;

use crate::map;

/// What an account is worth by currency, with the dated rates used, and what its strategies earned. A mark or a rate that
/// is missing is named, and what depends on it is null.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/valuation", tag = "accounts",
    params(("account" = String, Path, description = "Account id.")),
    responses((status = 200, body = wire::AccountValuation)))]
pub async fn get_valuation(
    State(state): State<AppState>,
    access: AccountAccess,
) -> ApiResult<Json<wire::AccountValuation>> {
    let value = of_account(&state, access.id, |kernel, account| {
        let mark = |id: &InstrumentId| {
            let multiplier = kernel.instruments().by_id(id)?.multiplier;
            Some(Mark {
                price: kernel.mark(id).0?,
                multiplier,
            })
        };
        let base = account.info.base_currency;
        let rate = |from| kernel.fx_rates().rate(from, base, kernel.now(), RATE_AGE_MAX_NS);
        let breakdown = account.ledger.breakdown(mark, rate)?;
        let lines = account.ledger.pnl_by_position(mark)?;
        let strategies = pnl::by_strategy(&lines)?;
        Ok::<_, tradewind_ledger::LedgerError>(map::bookkeeping::valuation(&breakdown, &strategies))
    });
    let value = value.await?;
    Ok(Json(value.map_err(|e| {
        ApiError::new(Code::AmountRefused, e.to_string())
    })?))
}
