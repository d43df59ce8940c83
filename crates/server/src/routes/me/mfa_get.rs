//! One's own second factor.

use crate::routes::prelude::*;

use tradewind_store::identity::factors;

/// Whether signing in asks for a code, and how many backup codes are left.
#[utoipa::path(get, path = "/api/v1/me/mfa", tag = "identity", responses((status = 200, body = wire::SecondFactor)))]
pub async fn get_mfa(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::SecondFactor>> {
    let factor = factors::of_owner(&state.store, &caller.user).await?;
    let enabled_at = factor.and_then(|factor| factor.enabled_at);
    let left = factors::backup_left(&state.store, &caller.user).await?;
    Ok(Json(wire::SecondFactor {
        enabled: enabled_at.is_some(),
        enabled_at: enabled_at.map(wire::Time),
        backup_codes_left: u32::try_from(left).unwrap_or(u32::MAX),
        required: state.config.require_second_factor.contains(&caller.role),
    }))
}
