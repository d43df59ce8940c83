//! Statements of brokers and exchanges: looked at first, then booked.

pub mod commit;
pub mod preview;

use crate::routes::prelude::*;

use tradewind_engine::kernel::bookkeeping::{IMPORT_ROWS_MAX, RowTrial};
use tradewind_ledger::statement::{self, Defaults, Preset, Statement, StatementError};
use tradewind_types::record::ImportRow;

/// How a file is to be read.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StatementQuery {
    /// `generic`, `zerodha-tradebook`, `zerodha-funds`, `coinbase`, `kraken-ledgers`, `kraken-trades` or `ibkr-flex`; by
    /// the header when absent.
    pub preset: Option<String>,
    /// Market of symbols that name none (generic).
    pub market: Option<String>,
    /// Currency of amounts that name none (generic).
    pub currency: Option<String>,
    /// On commit: the `digest` that the preview told. Another file is refused.
    pub digest: Option<String>,
}

/// Reads the file on a thread for blocking work: ten megabytes take a moment.
pub(super) async fn read(query: &StatementQuery, file: FileBody) -> ApiResult<Statement> {
    let refuse = |error: StatementError| ApiError::field("file", "UNREADABLE", error.to_string());
    let field = |name: &'static str| move |e: String| ApiError::field(name, "MALFORMED", e);
    let preset: Option<Preset> = match &query.preset {
        Some(text) => Some(
            text.parse()
                .map_err(|e: StatementError| field("preset")(e.to_string()))?,
        ),
        None => None,
    };
    let defaults = Defaults {
        market: match &query.market {
            Some(text) => Some(
                text.parse()
                    .map_err(|e: tradewind_types::IdError| field("market")(e.to_string()))?,
            ),
            None => None,
        },
        currency: match &query.currency {
            Some(text) => {
                let parsed = text.parse();
                Some(parsed.map_err(|e: tradewind_types::NumberError| field("currency")(e.to_string()))?)
            }
            None => None,
        },
    };
    let read = tokio::task::spawn_blocking(move || statement::read(&file.0, preset, &defaults));
    let statement = read
        .await
        .map_err(|_| ApiError::of(Code::Internal))?
        .map_err(refuse)?;
    if statement.rows.len() > IMPORT_ROWS_MAX {
        let text = format!(
            "{} rows; at most {IMPORT_ROWS_MAX} at a time: split the file",
            statement.rows.len()
        );
        return Err(ApiError::field("file", "TOO_MANY_ROWS", text));
    }
    Ok(statement)
}

/// Tries the rows on the engine's thread.
pub(super) async fn try_rows(
    state: &AppState,
    id: &AccountId,
    rows: &[ImportRow],
) -> ApiResult<Vec<RowTrial>> {
    let (rows, account) = (rows.to_vec(), id.clone());
    let trials = of_account(state, id.clone(), move |kernel, _| {
        kernel.try_import(&account, &rows)
    });
    trials.await?.ok_or_else(|| ApiError::of(Code::AccountUnknown))
}
