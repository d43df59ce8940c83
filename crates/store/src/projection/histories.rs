//! The projections as histories: static SQL, bound parameters, one sort (by the journal's number, newest first).

use tradewind_types::order::UnitFraction;
use tradewind_types::record::{EquityMarked, LedgerEntry, Posting, ReconciliationRecorded, WeightsChanged};
use tradewind_types::signal::{Signal, SignalOutcome};
use tradewind_types::{AccountId, ClientOrderId, Order, OrderEvent, OrderEventKind};

use super::load;
use super::order_row;
use super::queries::{Answer, FillRow, Histories, Numbered, OrderFilter, SignalFilter, Slice};
use super::scope::Scope;
use super::text::{count, read, read_count, read_decimal, read_json, read_name, read_opt};
use crate::db::from_sql;
use crate::sql::{self, Row};
use crate::{Db, StoreError};

/// Most items of one page.
pub const SLICE_MAX: u32 = 1_000;

/// Histories of one engine from SQL.
#[derive(Debug, Clone)]
pub struct SqlHistories {
    db: Db,
    scope: Scope,
}

/// Number and limit of a page as bound: below this number, at most so many.
fn bounds(slice: Slice) -> (i64, i64) {
    (
        slice.before.map_or(i64::MAX, count),
        i64::from(slice.limit.min(SLICE_MAX)),
    )
}

fn numbered<T>(
    rows: &[Row],
    one: impl Fn(&Row) -> Result<T, StoreError>,
) -> Result<Vec<Numbered<T>>, StoreError> {
    let number = |row: &Row| {
        Ok(Numbered {
            seq: read_count("seq", row.get("seq")?)?,
            item: one(row)?,
        })
    };
    rows.iter().map(number).collect()
}

impl SqlHistories {
    /// Histories of `scope` in `db`.
    #[must_use]
    pub fn new(db: Db, scope: Scope) -> Self {
        Self { db, scope }
    }

    /// The rows of an account below a number, newest first. `sql` binds engine, account, number, limit.
    async fn page(
        &self,
        sql: &'static str,
        account: &AccountId,
        slice: Slice,
    ) -> Result<Vec<Row>, StoreError> {
        let (before, limit) = bounds(slice);
        let rows = sql::query(sql)
            .bind(self.scope.engine.as_str())
            .bind(account.as_str())
            .bind(before)
            .bind(limit)
            .fetch_all(&self.db)
            .await?;
        Ok(rows)
    }

    async fn orders_page(
        &self,
        account: &AccountId,
        filter: &OrderFilter,
        slice: Slice,
    ) -> Result<Vec<Numbered<Order>>, StoreError> {
        let open = if filter.open { "AND is_open" } else { "" };
        let text = format!(
            "SELECT {} FROM p_orders WHERE engine_id = $1 AND account = $2 AND seq < $3 {open}
             AND instrument = COALESCE($4, instrument) ORDER BY seq DESC LIMIT $5",
            order_row::COLUMNS
        );
        let (before, limit) = bounds(slice);
        // Put together from constants alone.
        let rows = sql::assembled(text)
            .bind(self.scope.engine.as_str())
            .bind(account.as_str())
            .bind(before)
            .bind(filter.instrument.as_ref().map(ToString::to_string))
            .bind(limit)
            .fetch_all(&self.db)
            .await?;
        numbered(&rows, |row| Ok(order_row::read_row(row)?.order))
    }

    async fn one_order(&self, account: &AccountId, id: &ClientOrderId) -> Result<Option<Order>, StoreError> {
        let text = format!(
            "SELECT {} FROM p_orders WHERE engine_id = $1 AND account = $2 AND client_order_id = $3",
            order_row::COLUMNS
        );
        let row = sql::assembled(text)
            .bind(self.scope.engine.as_str())
            .bind(account.as_str())
            .bind(id.as_str())
            .fetch_optional(&self.db)
            .await?;
        row.map(|row| Ok(order_row::read_row(&row)?.order)).transpose()
    }

    async fn ledger_page(
        &self,
        account: &AccountId,
        slice: Slice,
    ) -> Result<Vec<Numbered<LedgerEntry>>, StoreError> {
        const SQL: &str = "SELECT * FROM p_ledger_entries WHERE engine_id = $1 AND account = $2 AND seq < $3
            ORDER BY seq DESC LIMIT $4";
        // One transaction, so that no entry appears between the two statements.
        let mut tx = self.db.snapshot().await?;
        let (before, limit) = bounds(slice);
        let rows = sql::query(SQL)
            .bind(self.scope.engine.as_str())
            .bind(account.as_str())
            .bind(before)
            .bind(limit)
            .fetch_all(&mut tx)
            .await?;
        let mut entries = numbered(&rows, read_entry)?;
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
            return Ok(entries);
        };
        let postings = sql::query(
            "SELECT p.seq, p.ledger_account, p.currency, p.amount FROM p_ledger_entries e
             JOIN p_postings p ON p.engine_id = e.engine_id AND p.seq = e.seq
             WHERE e.engine_id = $1 AND e.account = $2 AND e.seq BETWEEN $3 AND $4 ORDER BY p.seq DESC, p.line",
        )
        .bind(self.scope.engine.as_str())
        .bind(account.as_str())
        .bind(count(last.seq))
        .bind(count(first.seq))
        .fetch_all(&mut tx)
        .await?;
        tx.rollback().await?;
        let mut postings = numbered(&postings, read_posting)?.into_iter().peekable();
        for entry in &mut entries {
            while let Some(posting) = postings.next_if(|p| p.seq == entry.seq) {
                entry.item.postings.push(posting.item);
            }
        }
        Ok(entries)
    }

    async fn signals_page(
        &self,
        account: &AccountId,
        filter: &SignalFilter,
        slice: Slice,
    ) -> Result<Vec<Numbered<Signal>>, StoreError> {
        // With an outcome the index that begins with it serves; without, the one by number.
        const ANY: &str = "SELECT * FROM p_signals WHERE engine_id = $1 AND account = $2 AND seq < $3
            AND strategy = COALESCE($4, strategy) AND instrument = COALESCE($5, instrument)
            AND outcome = COALESCE($6, outcome) ORDER BY seq DESC LIMIT $7";
        const WITH_OUTCOME: &str =
            "SELECT * FROM p_signals WHERE engine_id = $1 AND account = $2 AND seq < $3
            AND strategy = COALESCE($4, strategy) AND instrument = COALESCE($5, instrument)
            AND outcome = $6 ORDER BY seq DESC LIMIT $7";
        let (before, limit) = bounds(slice);
        let rows = sql::query(if filter.outcome.is_some() {
            WITH_OUTCOME
        } else {
            ANY
        })
        .bind(self.scope.engine.as_str())
        .bind(account.as_str())
        .bind(before)
        .bind(filter.strategy.as_ref().map(ToString::to_string))
        .bind(filter.instrument.as_ref().map(ToString::to_string))
        .bind(filter.outcome.as_deref())
        .bind(limit)
        .fetch_all(&self.db)
        .await?;
        numbered(&rows, read_signal)
    }

    /// Valuations of an account, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn equity(
        &self,
        account: &AccountId,
        slice: Slice,
    ) -> Result<Vec<Numbered<EquityMarked>>, StoreError> {
        const SQL: &str = "SELECT * FROM p_equity WHERE engine_id = $1 AND account = $2 AND seq < $3
            ORDER BY seq DESC LIMIT $4";
        numbered(&self.page(SQL, account, slice).await?, |row| {
            let amount = |column: &'static str| read_decimal(column, row.get(column)?);
            Ok(EquityMarked {
                account: read("p_equity.account", row.get("account")?)?,
                equity: amount("equity")?,
                peak: amount("peak")?,
                day_open: amount("day_open")?,
                day: read_count("p_equity.day", row.get("day")?)?,
                ts: from_sql(row.get("ts")?),
            })
        })
    }

    /// Everything that happened to one order, oldest first; at most [`SLICE_MAX`] events.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn order_events(
        &self,
        account: &AccountId,
        id: &ClientOrderId,
    ) -> Result<Vec<Numbered<OrderEvent>>, StoreError> {
        let rows = sql::query(
            "SELECT * FROM p_order_events WHERE engine_id = $1 AND account = $2 AND client_order_id = $3
             ORDER BY seq LIMIT $4",
        )
        .bind(self.scope.engine.as_str())
        .bind(account.as_str())
        .bind(id.as_str())
        .bind(i64::from(SLICE_MAX))
        .fetch_all(&self.db)
        .await?;
        numbered(&rows, |row| {
            Ok(OrderEvent {
                account: read("p_order_events.account", row.get("account")?)?,
                client_order_id: read("p_order_events.client_order_id", row.get("client_order_id")?)?,
                ts_event: from_sql(row.get("ts_event")?),
                ts_init: from_sql(row.get("ts_init")?),
                kind: read_json("p_order_events.detail", row.get("detail")?)?,
            })
        })
    }
}

fn read_entry(row: &Row) -> Result<LedgerEntry, StoreError> {
    let position: Option<String> = row.get("position")?;
    let order: Option<String> = row.get("client_order_id")?;
    let detail: Option<String> = row.get("detail")?;
    Ok(LedgerEntry {
        id: read("p_ledger_entries.entry", row.get("entry")?)?,
        account: read("p_ledger_entries.account", row.get("account")?)?,
        ts: from_sql(row.get("ts")?),
        kind: read_name("p_ledger_entries.kind", row.get("kind")?)?,
        postings: Vec::new(),
        position: position
            .map(|p| read_json("p_ledger_entries.position", &p))
            .transpose()?,
        client_order_id: read_opt("p_ledger_entries.client_order_id", order.as_deref())?,
        key: row.get("entry_key")?,
        actor: row.get("actor")?,
        reason: row.get("reason")?,
        detail: detail
            .map(|d| read_json("p_ledger_entries.detail", &d))
            .transpose()?,
    })
}

fn read_posting(row: &Row) -> Result<Posting, StoreError> {
    Ok(Posting {
        account: read_name("p_postings.ledger_account", row.get("ledger_account")?)?,
        currency: read("p_postings.currency", row.get("currency")?)?,
        amount: read_decimal("p_postings.amount", row.get("amount")?)?,
    })
}

fn read_fill(row: &Row) -> Result<FillRow, StoreError> {
    let strategy: Option<String> = row.get("strategy")?;
    let kind = OrderEventKind::Filled {
        fill_id: read("p_fills.fill_id", row.get("fill_id")?)?,
        venue_trade_id: read("p_fills.venue_trade_id", row.get("venue_trade_id")?)?,
        quantity: read("p_fills.quantity", row.get("quantity")?)?,
        price: read("p_fills.price", row.get("price")?)?,
        fee: read_decimal("p_fills.fee", row.get("fee")?)?,
        fee_currency: read("p_fills.fee_currency", row.get("fee_currency")?)?,
        taker: row.get("taker")?,
    };
    let event = OrderEvent {
        account: read("p_fills.account", row.get("account")?)?,
        client_order_id: read("p_fills.client_order_id", row.get("client_order_id")?)?,
        ts_event: from_sql(row.get("ts_event")?),
        ts_init: from_sql(row.get("ts_init")?),
        kind,
    };
    Ok(FillRow {
        event,
        instrument: read("p_fills.instrument", row.get("instrument")?)?,
        side: read_name("p_fills.side", row.get("side")?)?,
        strategy: read_opt("p_fills.strategy", strategy.as_deref())?,
    })
}

fn read_signal(row: &Row) -> Result<Signal, StoreError> {
    let optional = |column: &str| row.get::<Option<String>>(column).map(Option::unwrap_or_default);
    let outcome: String = row.get("outcome")?;
    let outcome = match outcome.as_str() {
        "ACCEPTED" => SignalOutcome::Accepted {
            client_order_id: read("p_signals.client_order_id", &optional("client_order_id")?)?,
        },
        "DENIED" => SignalOutcome::Denied {
            denials: read_json("p_signals.denials", &optional("denials")?)?,
        },
        "RECORDED" => SignalOutcome::Recorded,
        other => return Err(StoreError::corrupt("p_signals.outcome", other)),
    };
    Ok(Signal {
        id: read("p_signals.signal", row.get("signal")?)?,
        account: read("p_signals.account", row.get("account")?)?,
        strategy: read("p_signals.strategy", row.get("strategy")?)?,
        instrument: read("p_signals.instrument", row.get("instrument")?)?,
        interval: read("p_signals.bar_interval", row.get("bar_interval")?)?,
        bar_ts: from_sql(row.get("bar_ts")?),
        ts: from_sql(row.get("ts")?),
        opinion: read_name("p_signals.opinion", row.get("opinion")?)?,
        strength: UnitFraction(read_count("p_signals.strength", row.get("strength")?)?),
        confidence: UnitFraction(read_count("p_signals.confidence", row.get("confidence")?)?),
        reason: row.get("reason")?,
        outcome,
    })
}

impl Histories for SqlHistories {
    fn orders<'a>(
        &'a self,
        account: &'a AccountId,
        filter: &'a OrderFilter,
        slice: Slice,
    ) -> Answer<'a, Vec<Numbered<Order>>> {
        Box::pin(self.orders_page(account, filter, slice))
    }

    fn order<'a>(&'a self, account: &'a AccountId, id: &'a ClientOrderId) -> Answer<'a, Option<Order>> {
        Box::pin(self.one_order(account, id))
    }

    fn fills<'a>(&'a self, account: &'a AccountId, slice: Slice) -> Answer<'a, Vec<Numbered<FillRow>>> {
        const SQL: &str = "SELECT * FROM p_fills WHERE engine_id = $1 AND account = $2 AND seq < $3
            ORDER BY seq DESC LIMIT $4";
        Box::pin(async move { numbered(&self.page(SQL, account, slice).await?, read_fill) })
    }

    fn ledger<'a>(&'a self, account: &'a AccountId, slice: Slice) -> Answer<'a, Vec<Numbered<LedgerEntry>>> {
        Box::pin(self.ledger_page(account, slice))
    }

    fn signals<'a>(
        &'a self,
        account: &'a AccountId,
        filter: &'a SignalFilter,
        slice: Slice,
    ) -> Answer<'a, Vec<Numbered<Signal>>> {
        Box::pin(self.signals_page(account, filter, slice))
    }

    fn weights<'a>(
        &'a self,
        account: &'a AccountId,
        slice: Slice,
    ) -> Answer<'a, Vec<Numbered<WeightsChanged>>> {
        const SQL: &str = "SELECT * FROM p_weights WHERE engine_id = $1 AND account = $2 AND seq < $3
            ORDER BY seq DESC LIMIT $4";
        Box::pin(async move {
            numbered(&self.page(SQL, account, slice).await?, |row| {
                Ok(WeightsChanged {
                    account: read("p_weights.account", row.get("account")?)?,
                    weights: read_json("p_weights.weights", row.get("weights")?)?,
                    ts: from_sql(row.get("ts")?),
                })
            })
        })
    }

    fn reconciliations<'a>(
        &'a self,
        account: &'a AccountId,
        slice: Slice,
    ) -> Answer<'a, Vec<Numbered<ReconciliationRecorded>>> {
        const SQL: &str = "SELECT * FROM p_reconciliations WHERE engine_id = $1 AND account = $2 AND seq < $3
            ORDER BY seq DESC LIMIT $4";
        Box::pin(async move {
            numbered(&self.page(SQL, account, slice).await?, |row| {
                Ok(ReconciliationRecorded {
                    account: read("p_reconciliations.account", row.get("account")?)?,
                    compared: read_count("p_reconciliations.compared", row.get("compared")?)?,
                    differences: read_json("p_reconciliations.differences", row.get("differences")?)?,
                    ts: from_sql(row.get("ts")?),
                })
            })
        })
    }

    fn applied_seq<'a>(&'a self) -> Answer<'a, u64> {
        Box::pin(async move {
            let mut connection = self.db.snapshot().await?;
            Ok(load::position(&mut connection, &self.scope).await?.applied)
        })
    }
}
