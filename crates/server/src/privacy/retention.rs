//! How long what is kept, what is over its time, and deleting it.
//!
//! | data | period | why | enforced |
//! | --- | --- | --- | --- |
//! | fills, orders, ledger | 6 years | books and records (SEC rule 17a-4: trade blotters and ledgers) | reported: they follow from the journal |
//! | signals, recommendations | 5 years | records of advice (SEC rule 204-2) | reported: they follow from the journal |
//! | links sent to people | 3 years | communications (SEC rule 17a-4) | deleted |
//! | audit log | 7 years | the desk's own rule | its beginning is deleted, an anchor keeps the chain |
//! | sessions, token families, counts of failed sign-ins | 30 days | security | deleted |
//! | answers for `Idempotency-Key` | 1 day | they are repeated for so long | deleted |
//! | requests to be erased | 30 days | time to withdraw | executed |

use tradewind_store::identity::audit::anchors;
use tradewind_store::privacy::deletions;
use tradewind_store::privacy::periods::{self, Kept};
use tradewind_types::UnixNanos;
use tradewind_types::time::DAY_NS;
use tradewind_wire::{RetentionItem, RetentionKind, RetentionReport, Time};

use crate::AppState;
use crate::problem::ApiResult;

/// Days of a year, leap days on the safe side.
const YEAR: u32 = 366;
const AUDIT_DAYS: u32 = 7 * YEAR;
/// Days for which sessions and token families are kept after their end.
const SIGN_INS_DAYS: u32 = 30;
/// Days in which a request to be erased can be withdrawn.
pub const WITHDRAW_DAYS: u32 = 30;
/// Requests that are executed at once.
pub const DUE_MAX: u32 = 100;

/// What is counted as rows: kind, what it is in the API, days, and why.
const PERIODS: &[(Kept, RetentionKind, u32, &str)] = &[
    (
        Kept::Fills,
        RetentionKind::Fills,
        6 * YEAR,
        "books and records of trades: 6 years",
    ),
    (
        Kept::Orders,
        RetentionKind::Orders,
        6 * YEAR,
        "books and records of trades: 6 years",
    ),
    (
        Kept::LedgerEntries,
        RetentionKind::LedgerEntries,
        6 * YEAR,
        "books and records of trades: 6 years",
    ),
    (
        Kept::Signals,
        RetentionKind::Advice,
        5 * YEAR,
        "records of advice: 5 years",
    ),
    (
        Kept::Links,
        RetentionKind::Communications,
        3 * YEAR,
        "communications: 3 years",
    ),
    (
        Kept::Sessions,
        RetentionKind::Sessions,
        SIGN_INS_DAYS,
        "30 days after their end",
    ),
    (
        Kept::TokenFamilies,
        RetentionKind::TokenFamilies,
        SIGN_INS_DAYS,
        "30 days after their end",
    ),
    (
        Kept::IdempotencyKeys,
        RetentionKind::IdempotencyKeys,
        1,
        "a day after their end",
    ),
    (Kept::LoginAttempts, RetentionKind::LoginAttempts, 30, "30 days"),
];

fn before(now: UnixNanos, days: u32) -> UnixNanos {
    UnixNanos(now.0.saturating_sub(u64::from(days) * DAY_NS))
}

/// How everything stands.
///
/// # Errors
/// Those of the database.
pub async fn report(state: &AppState) -> ApiResult<RetentionReport> {
    let (db, now) = (&state.store, state.clock.now());
    let mut items = Vec::new();
    for (kept, kind, days, reason) in PERIODS {
        let (over, oldest) = periods::count(db, *kept, before(now, *days)).await?;
        items.push(RetentionItem {
            kind: *kind,
            days: *days,
            reason: (*reason).to_owned(),
            oldest: oldest.map(Time),
            over,
            deleted: kept.is_deleted(),
        });
    }
    let (over, oldest) = anchors::older_than(db, before(now, AUDIT_DAYS)).await?;
    items.push(RetentionItem {
        kind: RetentionKind::Audit,
        days: AUDIT_DAYS,
        reason: "audit log: 7 years".to_owned(),
        oldest: oldest.map(Time),
        over: over.unsigned_abs(),
        deleted: true,
    });
    let due = deletions::due(db, now, None, DUE_MAX).await?;
    items.push(RetentionItem {
        kind: RetentionKind::DeletionRequests,
        days: WITHDRAW_DAYS,
        reason: "requests to be erased: 30 days to withdraw".to_owned(),
        oldest: due.first().map(|request| Time(request.requested_at)),
        over: due.len() as u64,
        deleted: true,
    });
    let held = deletions::held(db).await?.len() as u64;
    Ok(RetentionReport {
        at: Time(now),
        items,
        held,
    })
}

/// Deletes the rows that are over their time; how many of each kind, or why not. People who are held keep theirs.
pub async fn delete_rows(state: &AppState) -> Vec<(RetentionKind, ApiResult<u64>)> {
    let now = state.clock.now();
    let mut done = Vec::new();
    for (kept, kind, days, _) in PERIODS.iter().filter(|(kept, ..)| kept.is_deleted()) {
        let deleted = periods::delete(&state.store, *kept, before(now, *days)).await;
        done.push((*kind, deleted.map_err(Into::into)));
    }
    done
}

/// Deletes sessions and token families that ended long ago, at start: nobody asks for that.
///
/// # Errors
/// Those of the database.
pub async fn delete_old_sign_ins(state: &AppState) -> ApiResult<()> {
    let ended = before(state.clock.now(), SIGN_INS_DAYS);
    for kept in [Kept::Sessions, Kept::TokenFamilies] {
        periods::delete(&state.store, kept, ended).await?;
    }
    Ok(())
}

/// Deletes the beginning of the audit log that is over its time, and appends `note` with what was deleted; how many
/// entries.
///
/// # Errors
/// Those of the database; when there is no key to sign with.
pub async fn cut_audit(state: &AppState, note: crate::identity::audit::PlainRow) -> ApiResult<u64> {
    let (db, now) = (&state.store, state.clock.now());
    let held = deletions::held(db).await?;
    let Some((through, count)) = anchors::may_go(db, before(now, AUDIT_DAYS), &held).await? else {
        return Ok(0);
    };
    let earlier = anchors::newest(db).await?.map_or(0, |anchor| anchor.entries);
    let anchor = state.audit.signer().await?.anchor(through, earlier + count, now);
    let detail = serde_json::json!({
        "through_seq": through.seq, "hash": through.hash.text(), "entries": count, "signature": anchor.signature,
    });
    let note = crate::identity::audit::PlainRow {
        detail: detail.to_string(),
        ..note
    };
    let sealed = note.seal(state.audit.people(), now).await?;
    if !anchors::cut(db, &anchor, &sealed).await? {
        return Ok(0);
    }
    Ok(count.unsigned_abs())
}
