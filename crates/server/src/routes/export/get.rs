//! Exporting an account's entries, fills, orders, positions and lots.

use crate::routes::prelude::*;

use tradewind_ledger::export::{self, Table};
use tradewind_ledger::wash;
use tradewind_store::projection::{Numbered, OrderFilter, Slice};
use tradewind_types::record::LedgerEntry;

/// Most rows of one export; an account with more is exported by the command line.
const ROWS_MAX: usize = 200_000;
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

/// An account's ledger entries, fills, orders, positions or open lots as one file, CSV or JSON. Histories come newest
/// first, at most 200,000 rows.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/export", tag = "accounts",
    params(("account" = String, Path, description = "Account id."), ExportQuery),
    responses((status = 200, body = String, content_type = "text/csv", description = "The file.")))]
pub async fn get_export(
    State(state): State<AppState>,
    access: AccountAccess,
    QueryOf(query): QueryOf<ExportQuery>,
) -> ApiResult<axum::response::Response> {
    let (format, kind) = match query.format.as_deref() {
        None | Some("csv") => ("csv", "text/csv; charset=utf-8"),
        Some("json") => ("json", "application/json"),
        Some(_) => return Err(ApiError::field("format", "UNKNOWN", "csv or json")),
    };
    let table = table(&state, &access.id, &query.what).await?;
    let text = if format == "csv" {
        table.to_csv()
    } else {
        table.to_json()
    };
    let name = format!("attachment; filename=\"{}-{}.{format}\"", access.id, query.what);
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, text).into_response())
}

async fn table(state: &AppState, id: &AccountId, what: &str) -> ApiResult<Table> {
    match what {
        "entries" => Ok(export::entries(&entries(state, id).await?)),
        "fills" => {
            let rows = all(|slice| state.histories.fills(id, slice)).await?;
            let parts = rows
                .iter()
                .map(|f| (&f.event, &f.instrument, f.side, f.strategy.as_ref()));
            Ok(export::fills(parts))
        }
        "orders" => {
            let filter = OrderFilter::default();
            let rows = all(|slice| state.histories.orders(id, &filter, slice)).await?;
            Ok(export::orders(&rows))
        }
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

async fn entries(state: &AppState, id: &AccountId) -> ApiResult<Vec<LedgerEntry>> {
    all(|slice| state.histories.ledger(id, slice)).await
}

/// All pages of a history, up to the bound.
async fn all<'a, T, F>(page: impl Fn(Slice) -> F) -> ApiResult<Vec<T>>
where
    T: 'a,
    F: Future<Output = Result<Vec<Numbered<T>>, tradewind_store::StoreError>> + Send + 'a,
{
    let (mut rows, mut before) = (Vec::new(), None);
    while rows.len() < ROWS_MAX {
        let part = page(Slice { before, limit: PAGE }).await?;
        let Some(last) = part.last().map(|row| row.seq) else {
            break;
        };
        let short = part.len() < PAGE as usize;
        rows.extend(part.into_iter().map(|row| row.item));
        before = Some(last);
        if short {
            break;
        }
    }
    Ok(rows)
}
