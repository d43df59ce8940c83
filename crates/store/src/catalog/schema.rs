//! What the tables of each kind consist of. The names and types are a promise to every reader of the files; see
//! `docs/catalogue.md`.

use std::fmt;
use std::str::FromStr;

/// What a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// OHLCV bars of one interval.
    Bars,
    /// Public trades.
    Trades,
    /// Best bid and offer.
    Quotes,
    /// Snapshots of option chains.
    Options,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Text.
    Text,
    /// An instant in nanoseconds since 1970, UTC.
    Time,
    /// A day, as days since 1970.
    Day,
    /// A mantissa at the scale of prices.
    Price,
    /// A mantissa at the scale of sizes.
    Size,
    /// Price × size: a mantissa at the sum of both scales.
    Value,
    /// A whole number.
    Whole,
    /// A switch.
    Flag,
    /// A binary fraction; NaN stands for none.
    Fraction,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub cell: Cell,
    /// Whether a row may have none.
    pub optional: bool,
}

const fn column(name: &'static str, cell: Cell) -> Column {
    Column {
        name,
        cell,
        optional: false,
    }
}

const fn optional(name: &'static str, cell: Cell) -> Column {
    Column {
        name,
        cell,
        optional: true,
    }
}

const BARS: [Column; 14] = [
    column("symbol", Cell::Text),
    column("ts", Cell::Time),
    column("open", Cell::Price),
    column("high", Cell::Price),
    column("low", Cell::Price),
    column("close", Cell::Price),
    optional("volume", Cell::Size),
    optional("value", Cell::Value),
    optional("trades", Cell::Whole),
    optional("open_interest", Cell::Size),
    column("source", Cell::Text),
    column("complete", Cell::Flag),
    column("revision", Cell::Whole),
    column("ts_init", Cell::Time),
];

const TRADES: [Column; 9] = [
    column("symbol", Cell::Text),
    column("ts", Cell::Time),
    column("price", Cell::Price),
    column("size", Cell::Size),
    optional("side", Cell::Text),
    column("trade_id", Cell::Whole),
    column("ordinal", Cell::Whole),
    column("revision", Cell::Whole),
    column("ts_init", Cell::Time),
];

const QUOTES: [Column; 9] = [
    column("symbol", Cell::Text),
    column("ts", Cell::Time),
    column("bid", Cell::Price),
    column("ask", Cell::Price),
    optional("bid_size", Cell::Size),
    optional("ask_size", Cell::Size),
    column("ordinal", Cell::Whole),
    column("revision", Cell::Whole),
    column("ts_init", Cell::Time),
];

const OPTIONS: [Column; 21] = [
    column("symbol", Cell::Text),
    column("ts", Cell::Time),
    column("expiry", Cell::Day),
    column("strike", Cell::Price),
    column("right", Cell::Text),
    optional("bid", Cell::Price),
    optional("ask", Cell::Price),
    optional("last", Cell::Price),
    optional("bid_size", Cell::Size),
    optional("ask_size", Cell::Size),
    optional("volume", Cell::Size),
    optional("open_interest", Cell::Size),
    optional("underlying_price", Cell::Price),
    optional("iv", Cell::Fraction),
    optional("delta", Cell::Fraction),
    optional("gamma", Cell::Fraction),
    optional("vega", Cell::Fraction),
    optional("theta", Cell::Fraction),
    optional("rho", Cell::Fraction),
    column("revision", Cell::Whole),
    column("ts_init", Cell::Time),
];

/// Columns of the widest table.
pub const COLUMNS_MAX: usize = 21;
/// Place of the symbol in every table.
pub const SYMBOL: usize = 0;
/// Place of the time in every table.
pub const TS: usize = 1;

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 4] = [Kind::Bars, Kind::Trades, Kind::Quotes, Kind::Options];

    /// Its name, which is its folder's too.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bars => "bars",
            Kind::Trades => "trades",
            Kind::Quotes => "quotes",
            Kind::Options => "options",
        }
    }

    /// Its columns in the order of the file.
    #[must_use]
    pub fn columns(self) -> &'static [Column] {
        match self {
            Kind::Bars => &BARS,
            Kind::Trades => &TRADES,
            Kind::Quotes => &QUOTES,
            Kind::Options => &OPTIONS,
        }
    }

    /// Places of the columns that tell rows of the same symbol and time apart, most significant first.
    #[must_use]
    pub fn ties(self) -> &'static [usize] {
        match self {
            Kind::Bars | Kind::Options => &[],
            Kind::Trades => &[5, 6],
            Kind::Quotes => &[6],
        }
    }

    /// Place of the revision.
    #[must_use]
    pub fn revision(self) -> usize {
        self.columns().len() - 2
    }

    /// Place of the time at which a row became known.
    #[must_use]
    pub fn ts_init(self) -> usize {
        self.columns().len() - 1
    }

    /// Place of a column by its name.
    #[must_use]
    pub fn place(self, name: &str) -> Option<usize> {
        self.columns().iter().position(|c| c.name == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Kind::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| format!("`{text}` is no kind of data; right are bars, trades, quotes, options"))
    }
}

/// Decimals of prices and sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Scales {
    /// Of prices, 18 at most.
    pub price: u8,
    /// Of sizes and volumes, 18 at most.
    pub size: u8,
}

/// Decimals at most.
pub const SCALE_MAX: u8 = 18;

impl Scales {
    /// Decimals of a column.
    #[must_use]
    pub fn of(self, cell: Cell) -> u8 {
        match cell {
            Cell::Price => self.price,
            Cell::Size => self.size,
            Cell::Value => self.price + self.size,
            _ => 0,
        }
    }

    /// The larger of both, for each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            price: self.price.max(other.price),
            size: self.size.max(other.size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_fixed_columns_where_they_are_expected() {
        for kind in Kind::ALL {
            let columns = kind.columns();
            assert!(columns.len() <= COLUMNS_MAX);
            assert_eq!(kind.place("symbol"), Some(SYMBOL));
            assert_eq!(kind.place("ts"), Some(TS));
            assert_eq!(kind.place("revision"), Some(kind.revision()));
            assert_eq!(kind.place("ts_init"), Some(kind.ts_init()));
            assert!(kind.ties().iter().all(|at| columns[*at].cell == Cell::Whole));
            assert_eq!(kind.name().parse(), Ok(kind));
        }
    }
}
