//! A batch to SQL: many rows to a statement, all inside the caller's transaction.

use tradewind_types::record::StrategyStatus;
use tradewind_types::signal::SignalOutcome;

use super::batch::Batch;
use super::book::Book;
use super::error::ProjectionError;
use super::order_row;
use super::scope::Scope;
use super::text::{count, decimal, json, name};
use crate::db::to_sql;
use crate::sql::{Tuple, Tx, insert_rows};

async fn insert<R>(
    tx: &mut Tx,
    into: &'static str,
    rows: &[R],
    conflict: &'static str,
    bind: impl Fn(Tuple<'_>, &R),
) -> Result<(), ProjectionError> {
    Ok(insert_rows(tx, into, rows, conflict, bind).await?)
}

/// Writes everything a batch holds.
pub(crate) async fn write(
    connection: &mut Tx,
    scope: &Scope,
    batch: &Batch,
    book: &Book,
) -> Result<(), ProjectionError> {
    accounts(connection, scope, batch).await?;
    orders(connection, scope, batch, book).await?;
    fills(connection, scope, batch).await?;
    ledger(connection, scope, batch).await?;
    positions(connection, scope, batch, book).await?;
    signals(connection, scope, batch).await?;
    settings(connection, scope, batch).await?;
    histories(connection, scope, batch).await
}

async fn accounts(c: &mut Tx, scope: &Scope, batch: &Batch) -> Result<(), ProjectionError> {
    const INTO: &str =
        "INSERT INTO p_accounts (engine_id, account, org_id, owner, name, kind, venue, base_currency, seq) ";
    insert(c, INTO, &batch.accounts, "", |mut t, (seq, info)| {
        t.push_bind(scope.engine.as_str().to_owned())
            .push_bind(info.id.to_string());
        t.push_bind(info.org.to_string())
            .push_bind(info.owner.to_string())
            .push_bind(info.name.clone());
        t.push_bind(name(&info.kind)).push_bind(info.venue.to_string());
        t.push_bind(info.base_currency.to_string()).push_bind(count(*seq));
    })
    .await
}

async fn orders(c: &mut Tx, scope: &Scope, batch: &Batch, book: &Book) -> Result<(), ProjectionError> {
    let changed: Vec<_> = batch
        .orders
        .iter()
        .filter_map(|key| book.orders.get(key))
        .collect();
    insert(c, order_row::INSERT, &changed, order_row::UPDATE, |t, booked| {
        order_row::bind(t, scope, booked)
    })
    .await?;
    const EVENTS: &str = "INSERT INTO p_order_events (engine_id, seq, org_id, account, client_order_id, event, detail, ts_event, ts_init) ";
    insert(c, EVENTS, &batch.events, "", |mut t, (seq, event)| {
        t.push_bind(scope.engine.as_str().to_owned())
            .push_bind(count(*seq))
            .push_bind(scope.org.to_string());
        t.push_bind(event.account.to_string())
            .push_bind(event.client_order_id.to_string());
        t.push_bind(event.kind.name()).push_bind(json(&event.kind));
        t.push_bind(to_sql(event.ts_event))
            .push_bind(to_sql(event.ts_init));
    })
    .await
}

async fn fills(c: &mut Tx, scope: &Scope, batch: &Batch) -> Result<(), ProjectionError> {
    use tradewind_types::OrderEventKind::Filled;
    const INTO: &str = "INSERT INTO p_fills (engine_id, seq, org_id, account, fill_id, client_order_id, instrument, side, strategy, \
        venue_trade_id, quantity, price, fee, fee_currency, taker, ts_event, ts_init) ";
    // Only fills are gathered there; anything else would be no row.
    let is_fill = |(_, fill): &&(u64, super::queries::FillRow)| matches!(fill.event.kind, Filled { .. });
    let rows: Vec<_> = batch.fills.iter().filter(is_fill).collect();
    insert(c, INTO, &rows, "", |mut t, (seq, fill)| {
        let Filled {
            fill_id,
            venue_trade_id,
            quantity,
            price,
            fee,
            fee_currency,
            taker,
        } = &fill.event.kind
        else {
            return;
        };
        let event = &fill.event;
        t.push_bind(scope.engine.as_str().to_owned())
            .push_bind(count(*seq))
            .push_bind(scope.org.to_string());
        t.push_bind(event.account.to_string())
            .push_bind(fill_id.to_string());
        t.push_bind(event.client_order_id.to_string())
            .push_bind(fill.instrument.to_string());
        t.push_bind(name(&fill.side))
            .push_bind(fill.strategy.as_ref().map(ToString::to_string));
        t.push_bind(venue_trade_id.to_string())
            .push_bind(quantity.to_string())
            .push_bind(price.to_string());
        t.push_bind(decimal(*fee))
            .push_bind(fee_currency.to_string())
            .push_bind(*taker);
        t.push_bind(to_sql(event.ts_event))
            .push_bind(to_sql(event.ts_init));
    })
    .await
}

async fn ledger(c: &mut Tx, scope: &Scope, batch: &Batch) -> Result<(), ProjectionError> {
    const ENTRIES: &str = "INSERT INTO p_ledger_entries (engine_id, seq, org_id, account, entry, ts, kind, instrument, position, \
        client_order_id, entry_key, actor, reason, detail) ";
    insert(c, ENTRIES, &batch.entries, "", |mut t, (seq, entry, _)| {
        t.push_bind(scope.engine.as_str().to_owned())
            .push_bind(count(*seq))
            .push_bind(scope.org.to_string());
        t.push_bind(entry.account.to_string())
            .push_bind(entry.id.to_string())
            .push_bind(to_sql(entry.ts));
        t.push_bind(name(&entry.kind));
        t.push_bind(entry.position.as_ref().map(|p| p.instrument.to_string()));
        t.push_bind(entry.position.as_ref().map(json));
        t.push_bind(entry.client_order_id.as_ref().map(ToString::to_string));
        t.push_bind(entry.key.clone())
            .push_bind(entry.actor.clone())
            .push_bind(entry.reason.clone())
            .push_bind(entry.detail.as_deref().map(json));
    })
    .await?;
    const POSTINGS: &str = "INSERT INTO p_postings (engine_id, seq, line, org_id, account, ledger_account, currency, amount, balance) ";
    let lines = batch.entries.iter().flat_map(|(seq, entry, balances)| {
        let numbered = entry.postings.iter().zip(balances).enumerate();
        numbered.map(move |(line, (posting, balance))| (*seq, line, &entry.account, posting, *balance))
    });
    let lines: Vec<_> = lines.collect();
    insert(
        c,
        POSTINGS,
        &lines,
        "",
        |mut t, (seq, line, account, posting, balance)| {
            t.push_bind(scope.engine.as_str().to_owned())
                .push_bind(count(*seq))
                .push_bind(count(*line as u64));
            t.push_bind(scope.org.to_string()).push_bind(account.to_string());
            t.push_bind(name(&posting.account))
                .push_bind(posting.currency.to_string());
            t.push_bind(decimal(posting.amount)).push_bind(decimal(*balance));
        },
    )
    .await?;
    Ok(())
}

async fn positions(c: &mut Tx, scope: &Scope, batch: &Batch, book: &Book) -> Result<(), ProjectionError> {
    const BALANCES: &str =
        "INSERT INTO p_balances (engine_id, account, currency, ledger_account, org_id, balance, seq) ";
    const KEEP_BALANCE: &str = " ON CONFLICT (engine_id, account, currency, ledger_account) \
        DO UPDATE SET balance = excluded.balance, seq = excluded.seq";
    let rows: Vec<_> = batch
        .balances
        .iter()
        .filter_map(|key| book.balances.get_key_value(key))
        .collect();
    insert(
        c,
        BALANCES,
        &rows,
        KEEP_BALANCE,
        |mut t, ((account, currency, place), balance)| {
            t.push_bind(scope.engine.as_str().to_owned())
                .push_bind(account.to_string());
            t.push_bind(currency.to_string())
                .push_bind(name(place))
                .push_bind(scope.org.to_string());
            t.push_bind(decimal(balance.amount)).push_bind(count(balance.seq));
        },
    )
    .await?;
    const POSITIONS: &str = "INSERT INTO p_positions (engine_id, account, instrument, strategy, book, org_id, currency, quantity, \
        cost, realised, fees, bought, sold, adjusted, fills, seq) ";
    const KEEP_POSITION: &str = " ON CONFLICT (engine_id, account, instrument, strategy, book) DO UPDATE SET \
        quantity = excluded.quantity, cost = excluded.cost, realised = excluded.realised, fees = excluded.fees, \
        bought = excluded.bought, sold = excluded.sold, adjusted = excluded.adjusted, fills = excluded.fills, seq = excluded.seq";
    let rows: Vec<_> = batch
        .positions
        .iter()
        .filter_map(|key| book.positions.get_key_value(key))
        .collect();
    insert(
        c,
        POSITIONS,
        &rows,
        KEEP_POSITION,
        |mut t, ((account, instrument, strategy, book), p)| {
            t.push_bind(scope.engine.as_str().to_owned())
                .push_bind(account.to_string());
            t.push_bind(instrument.to_string())
                .push_bind(strategy.clone())
                .push_bind(name(book))
                .push_bind(scope.org.to_string());
            t.push_bind(p.currency.to_string())
                .push_bind(decimal(p.quantity))
                .push_bind(decimal(p.cost));
            t.push_bind(decimal(p.realised))
                .push_bind(decimal(p.fees))
                .push_bind(decimal(p.bought));
            t.push_bind(decimal(p.sold))
                .push_bind(decimal(p.adjusted))
                .push_bind(count(p.fills))
                .push_bind(count(p.seq));
        },
    )
    .await?;
    lots(c, scope, batch, book).await
}

async fn lots(c: &mut Tx, scope: &Scope, batch: &Batch, book: &Book) -> Result<(), ProjectionError> {
    const LOTS: &str = "INSERT INTO p_lots (engine_id, lot, org_id, account, instrument, strategy, opened_seq, opened_at, \
        opened_quantity, price, quantity, cost, realised, closed_at, seq, book) ";
    const KEEP_LOT: &str = " ON CONFLICT (engine_id, lot) DO UPDATE SET quantity = excluded.quantity, price = excluded.price, \
        cost = excluded.cost, realised = excluded.realised, closed_at = excluded.closed_at, seq = excluded.seq";
    let rows: Vec<_> = batch
        .lots
        .iter()
        .filter_map(|id| book.lots.get_key_value(id))
        .collect();
    insert(c, LOTS, &rows, KEEP_LOT, |mut t, (id, lot)| {
        let (account, instrument, strategy, book) = &lot.position;
        t.push_bind(scope.engine.as_str().to_owned())
            .push_bind(id.to_string())
            .push_bind(scope.org.to_string());
        t.push_bind(account.to_string())
            .push_bind(instrument.to_string())
            .push_bind(strategy.clone());
        t.push_bind(count(lot.opened_seq))
            .push_bind(to_sql(lot.opened_at));
        t.push_bind(decimal(lot.opened_quantity))
            .push_bind(lot.price.to_string());
        t.push_bind(decimal(lot.quantity))
            .push_bind(decimal(lot.cost))
            .push_bind(decimal(lot.realised));
        t.push_bind(lot.closed_at.map(to_sql))
            .push_bind(count(lot.seq))
            .push_bind(name(book));
    })
    .await
}

async fn signals(c: &mut Tx, scope: &Scope, batch: &Batch) -> Result<(), ProjectionError> {
    const INTO: &str = "INSERT INTO p_signals (engine_id, seq, org_id, account, signal, strategy, instrument, bar_interval, bar_ts, \
        ts, opinion, strength, confidence, reason, outcome, client_order_id, denials) ";
    insert(c, INTO, &batch.signals, "", |mut t, (seq, s)| {
        let (outcome, order, denials) = match &s.outcome {
            SignalOutcome::Accepted { client_order_id } => {
                ("ACCEPTED", Some(client_order_id.to_string()), None)
            }
            SignalOutcome::Denied { denials } => ("DENIED", None, Some(json(denials))),
            SignalOutcome::Recorded => ("RECORDED", None, None),
        };
        t.push_bind(scope.engine.as_str().to_owned())
            .push_bind(count(*seq))
            .push_bind(scope.org.to_string());
        t.push_bind(s.account.to_string())
            .push_bind(s.id.to_string())
            .push_bind(s.strategy.to_string());
        t.push_bind(s.instrument.to_string())
            .push_bind(s.interval.to_string());
        t.push_bind(to_sql(s.bar_ts))
            .push_bind(to_sql(s.ts))
            .push_bind(name(&s.opinion));
        t.push_bind(i64::from(s.strength.0))
            .push_bind(i64::from(s.confidence.0))
            .push_bind(s.reason.clone());
        t.push_bind(outcome).push_bind(order).push_bind(denials);
    })
    .await
}

async fn settings(c: &mut Tx, scope: &Scope, batch: &Batch) -> Result<(), ProjectionError> {
    const RISK: &str =
        "INSERT INTO p_risk_settings (engine_id, account, version, org_id, settings, actor, ts, seq) ";
    insert(c, RISK, &batch.risk, "", |mut t, (seq, change)| {
        t.push_bind(scope.engine.as_str().to_owned())
            .push_bind(change.account.to_string());
        t.push_bind(i64::from(change.version))
            .push_bind(scope.org.to_string());
        t.push_bind(json(&change.settings))
            .push_bind(change.actor.clone());
        t.push_bind(to_sql(change.ts)).push_bind(count(*seq));
    })
    .await?;
    const STRATEGIES: &str = "INSERT INTO p_strategies (engine_id, account, strategy, org_id, status, halt_reason, actor, ts, seq) ";
    const KEEP_STRATEGY: &str = " ON CONFLICT (engine_id, account, strategy) DO UPDATE SET status = excluded.status, \
        halt_reason = excluded.halt_reason, actor = excluded.actor, ts = excluded.ts, seq = excluded.seq";
    let rows: Vec<_> = batch.strategies.values().collect();
    insert(c, STRATEGIES, &rows, KEEP_STRATEGY, |mut t, (seq, change)| {
        let (status, halted) = match &change.status {
            StrategyStatus::Running => ("RUNNING", None),
            StrategyStatus::Stopped => ("STOPPED", None),
            StrategyStatus::Halted { reason } => ("HALTED", Some(reason.clone())),
        };
        t.push_bind(scope.engine.as_str().to_owned())
            .push_bind(change.account.to_string());
        t.push_bind(change.strategy.to_string())
            .push_bind(scope.org.to_string());
        t.push_bind(status)
            .push_bind(halted)
            .push_bind(change.actor.clone());
        t.push_bind(to_sql(change.ts)).push_bind(count(*seq));
    })
    .await?;
    const SWITCHES: &str =
        "INSERT INTO p_kill_switches (engine_id, account, org_id, engaged, actor, reason, ts, seq) ";
    const KEEP_SWITCH: &str = " ON CONFLICT (engine_id, account) DO UPDATE SET engaged = excluded.engaged, \
        actor = excluded.actor, reason = excluded.reason, ts = excluded.ts, seq = excluded.seq";
    let rows: Vec<_> = batch.kill_switches.values().collect();
    insert(c, SWITCHES, &rows, KEEP_SWITCH, |mut t, (seq, change)| {
        let account = change.account.as_ref().map_or(String::new(), ToString::to_string);
        t.push_bind(scope.engine.as_str().to_owned())
            .push_bind(account)
            .push_bind(scope.org.to_string());
        t.push_bind(change.engaged)
            .push_bind(change.actor.clone())
            .push_bind(change.reason.clone());
        t.push_bind(to_sql(change.ts)).push_bind(count(*seq));
    })
    .await
}

async fn histories(c: &mut Tx, scope: &Scope, batch: &Batch) -> Result<(), ProjectionError> {
    const WEIGHTS: &str = "INSERT INTO p_weights (engine_id, seq, org_id, account, ts, weights) ";
    insert(c, WEIGHTS, &batch.weights, "", |mut t, (seq, change)| {
        t.push_bind(scope.engine.as_str().to_owned())
            .push_bind(count(*seq))
            .push_bind(scope.org.to_string());
        t.push_bind(change.account.to_string())
            .push_bind(to_sql(change.ts))
            .push_bind(json(&change.weights));
    })
    .await?;
    const RECONCILIATIONS: &str =
        "INSERT INTO p_reconciliations (engine_id, seq, org_id, account, ts, compared, differences) ";
    insert(
        c,
        RECONCILIATIONS,
        &batch.reconciliations,
        "",
        |mut t, (seq, done)| {
            t.push_bind(scope.engine.as_str().to_owned())
                .push_bind(count(*seq))
                .push_bind(scope.org.to_string());
            t.push_bind(done.account.to_string()).push_bind(to_sql(done.ts));
            t.push_bind(i64::from(done.compared))
                .push_bind(json(&done.differences));
        },
    )
    .await?;
    const EQUITY: &str =
        "INSERT INTO p_equity (engine_id, seq, org_id, account, ts, equity, peak, day_open, day) ";
    insert(c, EQUITY, &batch.equity, "", |mut t, (seq, mark)| {
        t.push_bind(scope.engine.as_str().to_owned())
            .push_bind(count(*seq))
            .push_bind(scope.org.to_string());
        t.push_bind(mark.account.to_string())
            .push_bind(to_sql(mark.ts))
            .push_bind(decimal(mark.equity));
        t.push_bind(decimal(mark.peak))
            .push_bind(decimal(mark.day_open))
            .push_bind(i64::from(mark.day));
    })
    .await
}
