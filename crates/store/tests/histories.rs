//! What the API reads: the kernel's own values back, newest first, in stable pages.

mod desk;

use std::sync::Arc;

use desk::*;
use tradewind_store::projection::*;
use tradewind_store::{Db, migrate, testing};
use tradewind_types::order::OrderOrigin;
use tradewind_types::record::Outcome;
use tradewind_types::*;

struct Read {
    desk: Desk,
    histories: SqlHistories,
    _dir: tempfile::TempDir,
}

async fn read(seed: u64) -> Read {
    let desk = Desk::history(seed, 600);
    let dir = tempfile::tempdir().expect("temp dir");
    let db = Db::open(&testing::place(dir.path()).await).await.expect("open");
    migrate::up(&db, UnixNanos(1)).await.expect("migrated");
    let scope = Scope {
        org: id("desk"),
        engine: id("main"),
    };
    let journal = MemoryJournal::default();
    journal.append(&desk.source_records());
    rebuild(&db, &scope, Arc::new(journal), None)
        .await
        .expect("built");
    Read {
        desk,
        histories: SqlHistories::new(db, scope),
        _dir: dir,
    }
}

fn all() -> Slice {
    Slice {
        before: None,
        limit: 1_000,
    }
}

/// Follows the cursor in pages of `limit`.
async fn pages<T, F, R>(limit: u32, page: F) -> Vec<Numbered<T>>
where
    F: Fn(Slice) -> R,
    R: Future<Output = Vec<Numbered<T>>>,
{
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let part = page(Slice { before, limit }).await;
        assert!(part.len() <= limit as usize);
        let Some(last) = part.last() else { return found };
        before = Some(last.seq);
        found.extend(part);
    }
}

async fn every_order_comes_back_as_the_kernel_has_it() {
    let read = read(21).await;
    let h = &read.histories;
    for account in &desk_accounts(&read.desk) {
        let orders = pages(7, |slice| async move {
            h.orders(account, &OrderFilter::default(), slice)
                .await
                .expect("orders")
        })
        .await;
        assert!(orders.len() > 50);
        assert!(orders.windows(2).all(|w| w[0].seq > w[1].seq), "newest first");
        let state = read.desk.kernel.account(account).expect("open");
        for order in &orders {
            assert_eq!(
                Some(&order.item),
                state.orders.get(&order.item.request.client_order_id)
            );
        }
        let total = state.orders.open_count() + state.orders.closed().count();
        assert_eq!(orders.len(), total);
        let filter = OrderFilter {
            open: true,
            instrument: Some(id("BTC-USD.COINBASE")),
        };
        let open = read
            .histories
            .orders(account, &filter, all())
            .await
            .expect("open orders");
        let own = state
            .orders
            .open()
            .filter(|o| o.request.instrument == id("BTC-USD.COINBASE"))
            .count();
        assert_eq!(open.len(), own);
        let one = &orders[3].item;
        let found = read
            .histories
            .order(account, &one.request.client_order_id)
            .await
            .expect("read");
        assert_eq!(found.as_ref(), Some(one));
        let events = read
            .histories
            .order_events(account, &one.request.client_order_id)
            .await
            .expect("events");
        assert_eq!(events.len(), one.version as usize);
        assert_eq!(
            read.histories.order(account, &id("nobody")).await.expect("read"),
            None
        );
    }
}

fn desk_accounts(desk: &Desk) -> Vec<AccountId> {
    desk.kernel.accounts().map(|a| a.info.id.clone()).collect()
}

/// What the records of an account hold of one sort, newest first.
fn recorded<T>(desk: &Desk, account: &AccountId, pick: impl Fn(&Outcome) -> Option<T>) -> Vec<(u64, T)> {
    let records = desk.source_records();
    let of_account = records
        .iter()
        .rev()
        .filter_map(|r| Some((r.seq, r.outcome.as_ref()?)));
    let of_account = of_account.filter(|(_, o)| o.account() == Some(account));
    of_account.filter_map(|(seq, o)| Some((seq, pick(o)?))).collect()
}

fn pairs<T>(found: Vec<Numbered<T>>) -> Vec<(u64, T)> {
    found.into_iter().map(|n| (n.seq, n.item)).collect()
}

async fn entries_signals_weights_reconciliations_and_valuations_are_those_recorded() {
    let read = read(22).await;
    let h = &read.histories;
    for account in &desk_accounts(&read.desk) {
        let entries = pages(50, |slice| async move {
            h.ledger(account, slice).await.expect("entries")
        })
        .await;
        let own = recorded(&read.desk, account, |o| match o {
            Outcome::Ledger(entry) => Some((**entry).clone()),
            _ => None,
        });
        assert!(own.len() > 30);
        assert_eq!(pairs(entries), own);
        let signals = pages(50, |slice| async move {
            h.signals(account, &SignalFilter::default(), slice)
                .await
                .expect("signals")
        })
        .await;
        let own = recorded(&read.desk, account, |o| match o {
            Outcome::Signal(signal) => Some((**signal).clone()),
            _ => None,
        });
        assert_eq!(pairs(signals), own);
        let weights = pages(5, |slice| async move {
            h.weights(account, slice).await.expect("weights")
        })
        .await;
        let own = recorded(&read.desk, account, |o| match o {
            Outcome::Weights(change) => Some(change.clone()),
            _ => None,
        });
        assert_eq!(pairs(weights), own);
        let done = pages(5, |slice| async move {
            h.reconciliations(account, slice).await.expect("read")
        })
        .await;
        let own = recorded(&read.desk, account, |o| match o {
            Outcome::Reconciliation(done) => Some(done.clone()),
            _ => None,
        });
        assert_eq!(pairs(done), own);
        let marks = pages(50, |slice| async move {
            h.equity(account, slice).await.expect("read")
        })
        .await;
        let own = recorded(&read.desk, account, |o| match o {
            Outcome::Equity(mark) => Some(mark.clone()),
            _ => None,
        });
        assert_eq!(pairs(marks), own);
    }
}

async fn fills_carry_what_their_order_says_and_filters_narrow_signals() {
    let read = read(23).await;
    let account = &desk_accounts(&read.desk)[0];
    let fills = read.histories.fills(account, all()).await.expect("fills");
    assert!(fills.len() > 20);
    let state = read.desk.kernel.account(account).expect("open");
    for fill in &fills {
        let order = state
            .orders
            .get(&fill.item.event.client_order_id)
            .expect("its order");
        assert_eq!(
            (&fill.item.instrument, fill.item.side),
            (&order.request.instrument, order.request.side)
        );
        let owner = match &order.request.origin {
            OrderOrigin::Strategy { strategy, .. } => Some(strategy),
            _ => None,
        };
        assert_eq!(fill.item.strategy.as_ref(), owner);
    }
    let recent: Vec<_> = state.recent_fills.iter().rev().map(|f| f.event.clone()).collect();
    let newest: Vec<_> = fills
        .iter()
        .take(recent.len())
        .map(|f| f.item.event.clone())
        .collect();
    assert_eq!(newest, recent);
    let signals = read
        .histories
        .signals(account, &SignalFilter::default(), all())
        .await
        .expect("signals");
    let recorded = SignalFilter {
        outcome: Some("RECORDED".to_owned()),
        ..SignalFilter::default()
    };
    let only = read
        .histories
        .signals(account, &recorded, all())
        .await
        .expect("signals");
    let expected: Vec<_> = signals
        .iter()
        .filter(|s| matches!(s.item.outcome, tradewind_types::signal::SignalOutcome::Recorded))
        .cloned()
        .collect();
    assert_eq!(only, expected);
    let none = SignalFilter {
        instrument: Some(id("DOGE-USD.COINBASE")),
        ..SignalFilter::default()
    };
    assert_eq!(
        read.histories
            .signals(account, &none, all())
            .await
            .expect("signals"),
        vec![]
    );
    assert_eq!(
        read.histories.fills(&id("stranger"), all()).await.expect("fills"),
        vec![]
    );
    let last = read.desk.records.len() as u64;
    assert_eq!(read.histories.applied_seq().await.expect("read"), last);
}

tradewind_store::on_both_databases!(
    every_order_comes_back_as_the_kernel_has_it,
    entries_signals_weights_reconciliations_and_valuations_are_those_recorded,
    fills_carry_what_their_order_says_and_filters_narrow_signals,
);
