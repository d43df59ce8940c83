//! Listing jobs.

use crate::routes::prelude::*;

use crate::jobs::seen_by;

/// Which jobs.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JobsQuery {
    /// Only of this kind.
    pub kind: Option<wire::JobKind>,
    /// Only in this state.
    pub state: Option<wire::JobState>,
    /// Most items of the page; 100 when absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(max_length = 256)]
    pub cursor: Option<String>,
}

/// Work behind requests, the latest asked for first: one's own; for administrators everybody's of their organisation, and
/// where it runs the installation also the program's own: the catalogue's upkeep since its start.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "system", params(JobsQuery),
    responses((status = 200, body = wire::Page<wire::Job>)))]
pub async fn list_jobs(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    QueryOf(query): QueryOf<JobsQuery>,
) -> ApiResult<Json<wire::Page<wire::Job>>> {
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let (limit, before) = (page.limit()? as usize, page.key::<StampedKey>()?);
    let key = |job: &wire::Job| StampedKey {
        ts: job.created_at.0,
        id: job.id.clone(),
    };
    let jobs = seen_by(&state, &caller).await?.into_iter().map(|seen| seen.job);
    let wanted = jobs.filter(|job| {
        query.kind.is_none_or(|kind| job.kind == kind)
            && query.state.is_none_or(|state| job.state == state)
            && before.as_ref().is_none_or(|before| key(job) < *before)
    });
    let mut items: Vec<wire::Job> = wanted.take(limit + 1).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = items.last().filter(|_| more).map(|job| Cursor::after(key(job)));
    Ok(Json(wire::Page { items, next_cursor }))
}
