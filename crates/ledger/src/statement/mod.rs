//! Statements of brokers and exchanges: bytes in, rows ready to be booked out. Nothing is booked here.
//!
//! `read` turns a CSV or XLSX file of at most [`BYTES_MAX`] into an [`Statement`]: rows that can be booked, rows that
//! are refused with line, column and reason, and rows that are passed over because they move nothing (opening
//! balances, moves between wallets). One file per preset; each names the public description that it follows.
//!
//! A row is known by a hash: of the venue's own id where the file has one, otherwise of all its cells and of how many
//! equal rows came before it in the file. The same row in another export is therefore the same, and two equal fills in
//! one file are two.

mod coinbase;
mod generic;
mod ibkr;
mod kraken;
mod row;
mod sheet;
mod zerodha;

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use tradewind_types::record::{CashKind, ImportItem, ImportRow};
use tradewind_types::{Currency, Market};

pub use row::RowError;

/// Longest file.
pub const BYTES_MAX: usize = 10_000_000;
/// Most rows of a file.
pub const ROWS_MAX: usize = 100_000;

/// Which file it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Preset {
    /// Our own columns, for everything else.
    Generic,
    /// Zerodha Console: tradebook.
    ZerodhaTradebook,
    /// Zerodha Console: funds statement (ledger).
    ZerodhaFunds,
    /// Coinbase: transaction history.
    Coinbase,
    /// Kraken: ledgers.
    KrakenLedgers,
    /// Kraken: trades.
    KrakenTrades,
    /// Interactive Brokers: activity flex query with trades and cash transactions, as CSV.
    IbkrFlex,
}

impl Preset {
    /// All of them; `generic` last, because it is the least particular.
    pub const ALL: [Preset; 7] = [
        Preset::ZerodhaTradebook,
        Preset::ZerodhaFunds,
        Preset::Coinbase,
        Preset::KrakenLedgers,
        Preset::KrakenTrades,
        Preset::IbkrFlex,
        Preset::Generic,
    ];

    /// The name in the API and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Preset::Generic => "generic",
            Preset::ZerodhaTradebook => "zerodha-tradebook",
            Preset::ZerodhaFunds => "zerodha-funds",
            Preset::Coinbase => "coinbase",
            Preset::KrakenLedgers => "kraken-ledgers",
            Preset::KrakenTrades => "kraken-trades",
            Preset::IbkrFlex => "ibkr-flex",
        }
    }

    /// Columns by which the header is found; all are needed. Names are compared without case, spaces and signs.
    fn columns(self) -> &'static [&'static str] {
        match self {
            Preset::Generic => generic::COLUMNS,
            Preset::ZerodhaTradebook => zerodha::TRADEBOOK,
            Preset::ZerodhaFunds => zerodha::FUNDS,
            Preset::Coinbase => coinbase::COLUMNS,
            Preset::KrakenLedgers => kraken::LEDGERS,
            Preset::KrakenTrades => kraken::TRADES,
            Preset::IbkrFlex => ibkr::COLUMNS,
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Preset {
    type Err = StatementError;

    fn from_str(text: &str) -> Result<Self, StatementError> {
        let found = Preset::ALL.into_iter().find(|p| p.name() == text);
        found.ok_or_else(|| StatementError::UnknownPreset(text.chars().take(40).collect()))
    }
}

/// What a file does not say by itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Defaults {
    /// Market of symbols that name none.
    pub market: Option<Market>,
    /// Currency of amounts that name none.
    pub currency: Option<Currency>,
}

/// Why a whole file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Too long.
    #[error("the file has {bytes} bytes; at most {BYTES_MAX} are read")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Too many rows, columns or characters, or an archive that unpacks to too much.
    #[error("the file has more {what} than {max}")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// The bound.
        max: usize,
    },
    /// It is no table.
    #[error("the file cannot be read as {format}: {reason}")]
    Unreadable {
        /// `CSV` or `XLSX`.
        format: &'static str,
        /// Why.
        reason: String,
    },
    /// The preset's columns are not there.
    #[error("no header of preset {preset} was found in the first lines; missing: {missing}")]
    NoHeader {
        /// The preset.
        preset: &'static str,
        /// Columns that no line had together with the others.
        missing: String,
    },
    /// No preset fits.
    #[error(
        "the header fits no preset; name one, or use the generic columns: date, type, symbol, quantity, price, amount"
    )]
    NoPreset,
    /// There is no such preset.
    #[error(
        "`{0}` is no preset: generic, zerodha-tradebook, zerodha-funds, coinbase, kraken-ledgers, kraken-trades, ibkr-flex"
    )]
    UnknownPreset(String),
}

/// A file that was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// What it was read as.
    pub preset: Preset,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// Rows that can be booked, oldest first.
    pub rows: Vec<ImportRow>,
    /// Rows that cannot.
    pub refused: Vec<RowError>,
    /// Rows that move nothing, and why.
    pub passed_over: Vec<RowError>,
}

/// What the rows of a statement come to, by currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Total {
    /// Cash in and out by transfers.
    pub transfers: Decimal,
    /// Cash moved by trades, fees included.
    pub trades: Decimal,
    /// Income, fees and adjustments.
    pub cash: Decimal,
    /// Fees in trades and apart.
    pub fees: Decimal,
}

/// Reads a file. Without a preset the first that fits the header is taken. O(bytes).
///
/// # Errors
/// [`StatementError`]; single rows that cannot be read are in the statement.
pub fn read(bytes: &[u8], preset: Option<Preset>, defaults: &Defaults) -> Result<Statement, StatementError> {
    if bytes.len() > BYTES_MAX {
        return Err(StatementError::TooLong { bytes: bytes.len() });
    }
    let lines = sheet::lines(bytes)?;
    let preset = match preset {
        Some(preset) => preset,
        None => Preset::ALL
            .into_iter()
            .find(|p| sheet::header_of(&lines, p.columns()).is_ok())
            .ok_or(StatementError::NoPreset)?,
    };
    let mut out = row::Output::new(preset.name());
    match preset {
        Preset::IbkrFlex => ibkr::read(&lines, &mut out)?,
        _ => {
            let sheet =
                sheet::Sheet::of(&lines, preset.columns()).map_err(|missing| StatementError::NoHeader {
                    preset: preset.name(),
                    missing,
                })?;
            match preset {
                Preset::Generic => generic::read(&sheet, defaults, &mut out),
                Preset::ZerodhaTradebook => zerodha::tradebook(&sheet, &mut out),
                Preset::ZerodhaFunds => zerodha::funds(&sheet, &mut out),
                Preset::Coinbase => coinbase::read(&sheet, &mut out),
                Preset::KrakenLedgers => kraken::ledgers(&sheet, &mut out),
                Preset::KrakenTrades | Preset::IbkrFlex => kraken::trades(&sheet, &mut out),
            }
        }
    }
    let (mut rows, refused, passed_over) = out.finish();
    // Files come newest first or oldest first; of the same time the file's order counts, turned round with it.
    if rows
        .first()
        .zip(rows.last())
        .is_some_and(|(first, last)| first.ts > last.ts)
    {
        rows.reverse();
    }
    rows.sort_by_key(|row| row.ts);
    Ok(Statement {
        preset,
        digest: hex(&Sha256::digest(bytes)),
        rows,
        refused,
        passed_over,
    })
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// What rows come to, by currency; a figure that does not fit is left out of its sum, and `false` says so.
#[must_use]
pub fn totals<'a>(
    rows: impl IntoIterator<Item = &'a ImportRow>,
) -> (std::collections::BTreeMap<Currency, Total>, bool) {
    let mut sums: std::collections::BTreeMap<Currency, Total> = std::collections::BTreeMap::new();
    let mut whole = true;
    let mut add = |sum: &mut Decimal, amount: Option<Decimal>| match amount.and_then(|a| sum.checked_add(a)) {
        Some(next) => *sum = next,
        None => whole = false,
    };
    for row in rows {
        match &row.item {
            ImportItem::Fill { fill } => {
                let total = sums.entry(fill.fee.currency).or_default();
                let value = fill.price.decimal().checked_mul(fill.quantity.decimal());
                let signed = value.map(|v| match fill.side {
                    tradewind_types::Side::Buy => -v,
                    tradewind_types::Side::Sell => v,
                });
                add(
                    &mut total.trades,
                    signed.and_then(|v| v.checked_sub(fill.fee.amount)),
                );
                add(&mut total.fees, Some(fill.fee.amount));
            }
            ImportItem::Transfer { money } => {
                add(
                    &mut sums.entry(money.currency).or_default().transfers,
                    Some(money.amount),
                );
            }
            ImportItem::Cash { kind, money, .. } => {
                let total = sums.entry(money.currency).or_default();
                let withheld = match kind {
                    CashKind::Dividend { withheld } => *withheld,
                    _ => Decimal::ZERO,
                };
                add(&mut total.cash, money.amount.checked_sub(withheld));
                if matches!(kind, CashKind::Fee { .. }) {
                    add(&mut total.fees, Some(-money.amount));
                }
            }
            ImportItem::Exchange { sold, bought } => {
                add(
                    &mut sums.entry(sold.currency).or_default().trades,
                    Some(-sold.amount),
                );
                add(
                    &mut sums.entry(bought.currency).or_default().trades,
                    Some(bought.amount),
                );
            }
        }
    }
    (sums, whole)
}
