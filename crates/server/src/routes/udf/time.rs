//! The server's time.

use crate::routes::prelude::*;

/// The server's time in whole seconds since 1970, as plain text.
#[utoipa::path(get, path = "/udf/time", tag = "udf", responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn udf_time(State(state): State<AppState>) -> String {
    (state.clock.now().0 / tradewind_types::time::SECOND_NS).to_string()
}
