//! From SQL back to the book, after a start or a failed transaction.

use std::collections::{BTreeMap, BTreeSet};

use tradewind_types::EntryId;

use super::book::{Balance, BalanceKey, Book, BookedLot, BookedPosition, OrderKey, PositionKey};
use super::error::ProjectionError;
use super::order_row;
use super::scope::Scope;
use super::text::{read, read_count, read_decimal, read_name};
use crate::StoreError;
use crate::db::from_sql;
use crate::sql::{self, Row, Tx};

/// How far the projections of an engine are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// Last record applied; 0 = none.
    pub(crate) applied: u64,
    /// A record at or before it whose hash is known; 0 = none.
    pub(crate) witness_seq: u64,
    /// The journal's chain there, in hexadecimal.
    pub(crate) witness_hash: String,
}

/// Where an engine's projections stand.
pub(crate) async fn position(c: &mut Tx, scope: &Scope) -> Result<Position, StoreError> {
    let row = sql::query(
        "SELECT applied_seq, witness_seq, witness_hash FROM projection_state WHERE engine_id = $1",
    )
    .bind(scope.engine.as_str())
    .fetch_optional(c)
    .await?;
    let Some(row) = row else {
        return Ok(Position::default());
    };
    Ok(Position {
        applied: read_count("projection_state.applied_seq", row.get("applied_seq")?)?,
        witness_seq: read_count("projection_state.witness_seq", row.get("witness_seq")?)?,
        witness_hash: row.get("witness_hash")?,
    })
}

/// Everything but orders, which come in when they are spoken of.
pub(crate) async fn book(c: &mut Tx, scope: &Scope) -> Result<Book, StoreError> {
    Ok(Book {
        orders: BTreeMap::new(),
        balances: balances(c, scope).await?,
        positions: positions(c, scope).await?,
        lots: lots(c, scope).await?,
    })
}

/// What stands in every place of the ledger.
pub(crate) async fn balances(c: &mut Tx, scope: &Scope) -> Result<BTreeMap<BalanceKey, Balance>, StoreError> {
    let rows = sql::query(
        "SELECT account, currency, ledger_account, balance, seq FROM p_balances WHERE engine_id = $1",
    )
    .bind(scope.engine.as_str())
    .fetch_all(c)
    .await?;
    let one = |row: &Row| {
        let key = (
            read("p_balances.account", row.get("account")?)?,
            read("p_balances.currency", row.get("currency")?)?,
            read_name("p_balances.ledger_account", row.get("ledger_account")?)?,
        );
        let amount = read_decimal("p_balances.balance", row.get("balance")?)?;
        Ok((
            key,
            Balance {
                amount,
                seq: read_count("p_balances.seq", row.get("seq")?)?,
            },
        ))
    };
    rows.iter().map(one).collect()
}

fn position_key(row: &Row) -> Result<PositionKey, StoreError> {
    Ok((
        read("p_positions.account", row.get("account")?)?,
        read("p_positions.instrument", row.get("instrument")?)?,
        row.get("strategy")?,
        read_name("p_positions.book", row.get("book")?)?,
    ))
}

async fn positions(c: &mut Tx, scope: &Scope) -> Result<BTreeMap<PositionKey, BookedPosition>, StoreError> {
    let rows = sql::query(
        "SELECT account, instrument, strategy, book, currency, quantity, cost, realised, fees, bought, sold, adjusted,
         fills, seq FROM p_positions WHERE engine_id = $1",
    )
    .bind(scope.engine.as_str())
    .fetch_all(c)
    .await?;
    let one = |row: &Row| {
        let amount = |column: &'static str| read_decimal(column, row.get(column)?);
        let position = BookedPosition {
            currency: read("p_positions.currency", row.get("currency")?)?,
            quantity: amount("quantity")?,
            cost: amount("cost")?,
            realised: amount("realised")?,
            fees: amount("fees")?,
            bought: amount("bought")?,
            sold: amount("sold")?,
            adjusted: amount("adjusted")?,
            fills: read_count("p_positions.fills", row.get("fills")?)?,
            seq: read_count("p_positions.seq", row.get("seq")?)?,
        };
        Ok((position_key(row)?, position))
    };
    rows.iter().map(one).collect()
}

async fn lots(c: &mut Tx, scope: &Scope) -> Result<BTreeMap<EntryId, BookedLot>, StoreError> {
    let rows = sql::query("SELECT * FROM p_lots WHERE engine_id = $1 AND closed_at IS NULL")
        .bind(scope.engine.as_str())
        .fetch_all(c)
        .await?;
    rows.iter().map(read_lot).collect()
}

/// Brings closed lots into the book that are to be opened again.
pub(crate) async fn lots_by_id(
    c: &mut Tx,
    scope: &Scope,
    book: &mut Book,
    ids: BTreeSet<EntryId>,
) -> Result<(), ProjectionError> {
    for id in ids {
        let row = sql::query("SELECT * FROM p_lots WHERE engine_id = $1 AND lot = $2")
            .bind(scope.engine.as_str())
            .bind(id.as_str())
            .fetch_optional(&mut *c)
            .await?;
        if let Some(row) = row {
            let (id, lot) = read_lot(&row)?;
            book.lots.insert(id, lot);
        }
    }
    Ok(())
}

fn read_lot(row: &Row) -> Result<(EntryId, BookedLot), StoreError> {
    let amount = |column: &'static str| read_decimal(column, row.get(column)?);
    let closed_at: Option<i64> = row.get("closed_at")?;
    let lot = BookedLot {
        position: position_key(row)?,
        opened_seq: read_count("p_lots.opened_seq", row.get("opened_seq")?)?,
        opened_at: from_sql(row.get("opened_at")?),
        opened_quantity: amount("opened_quantity")?,
        price: read("p_lots.price", row.get("price")?)?,
        quantity: amount("quantity")?,
        cost: amount("cost")?,
        realised: amount("realised")?,
        closed_at: closed_at.map(from_sql),
        seq: read_count("p_lots.seq", row.get("seq")?)?,
    };
    Ok((read("p_lots.lot", row.get("lot")?)?, lot))
}

/// Brings orders into the book that are not in it.
pub(crate) async fn orders(
    c: &mut Tx,
    scope: &Scope,
    book: &mut Book,
    keys: BTreeSet<OrderKey>,
) -> Result<(), ProjectionError> {
    let text = format!(
        "SELECT {} FROM p_orders WHERE engine_id = $1 AND account = $2 AND client_order_id = $3",
        order_row::COLUMNS
    );
    for key in keys {
        let row = sql::assembled(text.clone())
            .bind(scope.engine.as_str())
            .bind(key.0.as_str())
            .bind(key.1.as_str())
            .fetch_optional(&mut *c)
            .await?;
        if let Some(row) = row {
            book.orders.insert(key, order_row::read_row(&row)?);
        }
    }
    Ok(())
}
