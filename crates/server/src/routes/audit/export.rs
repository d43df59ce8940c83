//! Exporting the audit log, page by page as it is read. A database that fails in the middle breaks the connection off: a
//! file that ended early would look whole.

use crate::routes::prelude::*;

use axum::body::{Body as AnswerBody, Bytes};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};

use crate::identity::audit::{self, Note, export};

/// In which form.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditExportQuery {
    /// JSONL when absent.
    #[serde(default)]
    pub format: wire::AuditFormat,
}

/// The audit log of the organisation, oldest first, as JSON lines or CSV: every column as it is stored, and the address and
/// personal parts in clear. Where there is one organisation, the chain can be computed again from it; `tradewind audit
/// export` writes that of all.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", params(AuditExportQuery),
    responses((status = 200, description = "The file.",
        content((String = "application/x-ndjson"), (String = "text/csv")))))]
pub async fn export_audit(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    QueryOf(query): QueryOf<AuditExportQuery>,
) -> ApiResult<Response> {
    let note = Note::ok(&caller, "audit.export", "audit").with(json!({ "format": query.format }));
    audit::write(&state, &request, note).await?;
    let format = query.format;
    // The first page is read before anything is answered, so that an error at the start is an answer of its own.
    let (first, next) =
        export::page(&state.store, state.audit.people(), Some(&caller.org), format, 0).await?;
    let head = stream::iter([Ok::<_, std::io::Error>(Bytes::from(
        export::header(format) + first.as_str(),
    ))]);
    let rest = stream::try_unfold((state, next), move |(state, next)| {
        let org = caller.org.clone();
        async move {
            let Some(after) = next else { return Ok(None) };
            let page = export::page(&state.store, state.audit.people(), Some(&org), format, after).await;
            let (text, next) = page.map_err(|error| {
                tracing::error!(detail = %error.detail, "an export of the audit log broke off");
                std::io::Error::other(error.detail)
            })?;
            Ok(Some((Bytes::from(text), (state, next))))
        }
    });
    let (kind, name) = match format {
        wire::AuditFormat::Jsonl => ("application/x-ndjson", "attachment; filename=\"audit.jsonl\""),
        wire::AuditFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, AnswerBody::from_stream(head.chain(rest))).into_response())
}
