//! Two states, compared part by part. Amounts are compared as numbers: how many zeros one is written with is not part
//! of the state.

use tradewind_engine::kernel::{AccountState, State};

/// The first part in which two states differ.
pub(crate) fn difference(a: &State, b: &State) -> Option<String> {
    macro_rules! alike {
        ($what:literal, $left:expr, $right:expr) => {
            let (left, right) = (&$left, &$right);
            if left != right {
                return Some(format!("{}: {left:?} against {right:?}", $what));
            }
        };
    }
    alike!("outcomes", a.outcomes, b.outcomes);
    alike!("kill switch", a.kill_switch, b.kill_switch);
    alike!("fees", a.fees, b.fees);
    alike!("the paper venue's records", a.paper, b.paper);
    let listed = |s: &State| {
        s.instruments
            .iter()
            .map(|(idx, i)| (idx, (**i).clone()))
            .collect::<Vec<_>>()
    };
    alike!("instruments", listed(a), listed(b));
    alike!("accounts", a.accounts.len(), b.accounts.len());
    for (left, right) in a.accounts.values().zip(b.accounts.values()) {
        if let Some(what) = account(left, right) {
            return Some(format!("{}: {what}", left.info.id));
        }
    }
    None
}

fn account(a: &AccountState, b: &AccountState) -> Option<String> {
    macro_rules! alike {
        ($($part:ident),*) => {$(
            if a.$part != b.$part {
                return Some(format!("{}: {:?} against {:?}", stringify!($part), a.$part, b.$part));
            }
        )*};
    }
    alike!(
        info,
        risk,
        risk_version,
        kill_switch,
        strategies,
        weights,
        weights_ts,
        equity,
        opinions,
        acted,
        slices
    );
    alike!(
        recent_signals,
        recent_fills,
        recent_entries,
        warnings,
        reconciliation,
        transfers_since_mark
    );
    macro_rules! each {
        ($what:literal, $of:expr) => {
            let of = $of;
            let (mut left, mut right) = (of(a), of(b));
            loop {
                match (left.next(), right.next()) {
                    (None, None) => break,
                    (left, right) if left != right => {
                        return Some(format!("{}: {left:?} against {right:?}", $what));
                    }
                    _ => {}
                }
            }
        };
    }
    each!("open orders", |s: &'_ AccountState| s
        .orders
        .open()
        .cloned()
        .collect::<Vec<_>>()
        .into_iter());
    each!("closed orders", |s: &'_ AccountState| s
        .orders
        .closed()
        .cloned()
        .collect::<Vec<_>>()
        .into_iter());
    each!("balances", |s: &'_ AccountState| s
        .ledger
        .balances()
        .collect::<Vec<_>>()
        .into_iter());
    each!("positions", |s: &'_ AccountState| {
        let all = s.ledger.owner_positions().map(|(i, p)| (i.clone(), p.clone()));
        all.collect::<Vec<_>>().into_iter()
    });
    each!("holds", |s: &'_ AccountState| {
        let mut all: Vec<_> = s.ledger.holds().map(|(id, m)| (id.clone(), m)).collect();
        all.sort_by(|x, y| x.0.cmp(&y.0));
        all.into_iter()
    });
    if a.ledger.entries() != b.ledger.entries() {
        return Some(format!(
            "entries: {} against {}",
            a.ledger.entries(),
            b.ledger.entries()
        ));
    }
    // Without equality of their own; small.
    let written = [
        (
            "rate counters",
            format!("{:?}", a.counters),
            format!("{:?}", b.counters),
        ),
        (
            "day trades",
            format!("{:?}", a.day_trades),
            format!("{:?}", b.day_trades),
        ),
        (
            "venue trades",
            format!("{:?}", a.venue_trades),
            format!("{:?}", b.venue_trades),
        ),
    ];
    written
        .into_iter()
        .find(|(_, left, right)| left != right)
        .map(|(what, left, right)| format!("{what}: {left} against {right}"))
}
