//! Exporting an account's entries, fills, orders, positions and lots: all of them, however many there are.
//!
//! Histories are written page by page as they are read, so that the memory of an export does not grow with its length.
//! A database that fails in the middle breaks the connection off: a file that ended early would look whole.

use crate::routes::prelude::*;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use tradewind_ledger::export::{self, Table};
use tradewind_ledger::wash;
use tradewind_store::projection::{Numbered, OrderFilter, Slice};
use tradewind_types::record::{EntryKind, LedgerEntry};

const PAGE: u32 = 1_000;

/// What is exported and how.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `entries`, `fills`, `orders`, `positions` or `lots`.
    pub what: String,
    /// `csv` or `json`; CSV when absent.
    pub format: Option<String>,
}

/// An account's ledger entries, fills, orders, positions or open lots as one file, CSV or JSON: every row there is.
/// Histories come newest first, as far as they had come when the export began.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/export", tag = "accounts",
    params(("account" = String, Path, description = "Account id."), ExportQuery),
    responses((status = 200, body = String, content_type = "text/csv", description = "The file.")))]
pub async fn get_export(
    State(state): State<AppState>,
    access: AccountAccess,
    QueryOf(query): QueryOf<ExportQuery>,
) -> ApiResult<Response> {
    let format = match query.format.as_deref() {
        None | Some("csv") => Format::Csv,
        Some("json") => Format::Json,
        Some(_) => return Err(ApiError::field("format", "UNKNOWN", "csv or json")),
    };
    let id = access.id;
    let history = match query.what.as_str() {
        "entries" => Some(History::Entries),
        "fills" => Some(History::Fills),
        "orders" => Some(History::Orders),
        _ => None,
    };
    let body = match history {
        Some(history) => {
            let export = Export {
                state,
                id: id.clone(),
                history,
                format,
            };
            export.into_body().await?
        }
        None => {
            let table = now(&state, &id, &query.what).await?;
            Body::from(match format {
                Format::Csv => table.to_csv(),
                Format::Json => table.to_json(),
            })
        }
    };
    let (ending, kind) = match format {
        Format::Csv => ("csv", "text/csv; charset=utf-8"),
        Format::Json => ("json", "application/json"),
    };
    let name = format!("attachment; filename=\"{id}-{}.{ending}\"", query.what);
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, body).into_response())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
}

#[derive(Clone, Copy)]
enum History {
    Entries,
    Fills,
    Orders,
}

/// A history on its way out.
struct Export {
    state: AppState,
    id: AccountId,
    history: History,
    format: Format,
}

/// Some rows, and where the next ones begin.
struct Page {
    table: Table,
    next: Option<u64>,
}

impl Export {
    /// The first page is read before anything is answered, so that an error at the start is an answer of its own.
    async fn into_body(self) -> ApiResult<Body> {
        let page = self.page(None).await?;
        let head = match self.format {
            Format::Csv => page.table.csv_header() + page.table.csv_rows().as_str(),
            Format::Json => String::from("[") + page.table.json_rows(true).as_str(),
        };
        let tail = match self.format {
            Format::Csv => "",
            Format::Json => "\n]\n",
        };
        let rest = stream::try_unfold((self, page.next), |(export, next)| async move {
            let Some(before) = next else { return Ok(None) };
            let page = export.page(Some(before)).await.map_err(|error| {
                tracing::error!(detail = %error.detail, "an export broke off");
                std::io::Error::other(error.detail)
            })?;
            let text = match export.format {
                Format::Csv => page.table.csv_rows(),
                Format::Json => page.table.json_rows(false),
            };
            Ok(Some((Bytes::from(text), (export, page.next))))
        });
        let head = stream::iter([Ok::<_, std::io::Error>(Bytes::from(head))]);
        let tail = stream::iter([Ok(Bytes::from_static(tail.as_bytes()))]);
        Ok(Body::from_stream(head.chain(rest).chain(tail)))
    }

    async fn page(&self, before: Option<u64>) -> ApiResult<Page> {
        let (slice, id) = (Slice { before, limit: PAGE }, &self.id);
        let histories = &self.state.histories;
        Ok(match self.history {
            History::Entries => {
                let rows = histories.ledger(id, slice).await?;
                Page {
                    table: export::entries(rows.iter().map(|row| &row.item)),
                    next: next(&rows),
                }
            }
            History::Fills => {
                let rows = histories.fills(id, slice).await?;
                let parts = rows.iter().map(|row| &row.item);
                let parts = parts.map(|f| (&f.event, &f.instrument, f.side, f.strategy.as_ref()));
                Page {
                    table: export::fills(parts),
                    next: next(&rows),
                }
            }
            History::Orders => {
                let filter = OrderFilter::default();
                let rows = histories.orders(id, &filter, slice).await?;
                Page {
                    table: export::orders(rows.iter().map(|row| &row.item)),
                    next: next(&rows),
                }
            }
        })
    }
}

/// Where the next page begins; `None` after the last one.
fn next<T>(rows: &[Numbered<T>]) -> Option<u64> {
    rows.last()
        .filter(|_| rows.len() >= PAGE as usize)
        .map(|row| row.seq)
}

/// What is held now.
async fn now(state: &AppState, id: &AccountId, what: &str) -> ApiResult<Table> {
    match what {
        "positions" => of_account(state, id.clone(), |_, account| export::positions(&account.ledger)).await,
        "lots" => {
            let entries = entries(state, id).await?;
            let marks = wash::wash_sales(entries.iter().rev(), wash::US)
                .map_err(|e| ApiError::new(Code::AmountRefused, e.to_string()))?;
            of_account(state, id.clone(), move |_, account| {
                export::lots(&account.ledger, &marks)
            })
            .await
        }
        _ => Err(ApiError::field(
            "what",
            "UNKNOWN",
            "entries, fills, orders, positions or lots",
        )),
    }
}

/// Every entry that changed a position or took one back, newest first: what wash sales are found in.
async fn entries(state: &AppState, id: &AccountId) -> ApiResult<Vec<LedgerEntry>> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let rows = state.histories.ledger(id, Slice { before, limit: PAGE }).await?;
        before = next(&rows);
        let matters = |e: &LedgerEntry| e.position.is_some() || e.kind == EntryKind::Reversal;
        all.extend(rows.into_iter().map(|row| row.item).filter(matters));
        if before.is_none() {
            return Ok(all);
        }
    }
}
