//! The projections' tables: names, keys, and which of their columns are decimals.

/// A table of projections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Reads all rows of an engine in the order of the key.
    pub(crate) select: &'static str,
    /// Deletes all rows of an engine.
    pub(crate) delete: &'static str,
    /// The key behind `engine_id`.
    pub key: &'static [&'static str],
    /// Columns that hold decimals as text: no statement may sum, sort or compare them.
    pub decimals: &'static [&'static str],
}

macro_rules! table {
    ($name:literal, [$first:literal $(, $more:literal)*], [$($decimal:literal),*]) => {
        Table {
            name: $name,
            select: concat!("SELECT * FROM ", $name, " WHERE engine_id = $1 ORDER BY ", $first $(, ", ", $more)*),
            delete: concat!("DELETE FROM ", $name, " WHERE engine_id = $1"),
            key: &[$first $(, $more)*],
            decimals: &[$($decimal),*],
        }
    };
}

/// All of them.
pub const TABLES: &[Table] = &[
    table!("p_accounts", ["account"], []),
    table!(
        "p_orders",
        ["account", "client_order_id"],
        ["quantity", "price", "filled", "filled_value"]
    ),
    table!("p_order_events", ["seq"], []),
    table!("p_fills", ["seq"], ["quantity", "price", "fee"]),
    table!("p_ledger_entries", ["seq"], []),
    table!("p_postings", ["seq", "line"], ["amount", "balance"]),
    table!(
        "p_balances",
        ["account", "currency", "ledger_account"],
        ["balance"]
    ),
    table!(
        "p_positions",
        ["account", "instrument", "strategy", "book"],
        [
            "quantity", "cost", "realised", "fees", "bought", "sold", "adjusted"
        ]
    ),
    table!(
        "p_lots",
        ["lot"],
        ["opened_quantity", "price", "quantity", "cost", "realised"]
    ),
    table!("p_signals", ["seq"], []),
    table!("p_weights", ["seq"], []),
    table!("p_risk_settings", ["account", "version"], []),
    table!("p_strategies", ["account", "strategy"], []),
    table!("p_kill_switches", ["account"], []),
    table!("p_reconciliations", ["seq"], []),
    table!("p_equity", ["seq"], ["equity", "peak", "day_open"]),
];
