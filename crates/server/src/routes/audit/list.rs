//! Listing the audit log.

use crate::routes::prelude::*;

use tradewind_store::identity::audit::{self, Filter};

/// Which entries; what is absent does not matter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// By whom: the id of a person, `cli` or `anonymous`.
    #[param(max_length = 128)]
    pub who: Option<String>,
    /// What, e.g. `user.change`.
    #[param(max_length = 128)]
    pub action: Option<String>,
    /// Not before.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<wire::Time>,
    /// Before.
    #[param(value_type = Option<String>, format = DateTime)]
    pub to: Option<wire::Time>,
    /// Most items of the page; 100 when absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(max_length = 256)]
    pub cursor: Option<String>,
}

/// The audit log of the organisation, newest first: who did what, to what, from where, and what came of it.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, body = wire::Page<wire::AuditEntry>)))]
pub async fn list_audit(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    QueryOf(query): QueryOf<AuditQuery>,
) -> ApiResult<Json<wire::Page<wire::AuditEntry>>> {
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let limit = page.limit()?;
    let before = page.key::<i64>()?;
    let filter = Filter {
        actor: query.who,
        action: query.action,
        from: query.from.map(|time| time.0),
        to: query.to.map(|time| time.0),
    };
    let mut rows = audit::page(&state.store, &caller.org, &filter, before, limit + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next_cursor = rows.last().filter(|_| more).map(|row| Cursor::after(row.seq));
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        items.push(super::describe(&state, row).await?);
    }
    Ok(Json(wire::Page { items, next_cursor }))
}
