//! Ledger entries and reconciliations.

use tradewind_types::record::{LedgerEntry, ReconciliationRecorded};
use tradewind_wire as wire;
use wire::{Dec, Time};

use super::enums;

/// An entry.
#[must_use]
pub fn entry(entry: &LedgerEntry) -> wire::LedgerEntry {
    let posting = |p: &tradewind_types::record::Posting| wire::LedgerPosting {
        account: enums::ledger_account(p.account),
        currency: p.currency.to_string(),
        amount: Dec(p.amount),
    };
    wire::LedgerEntry {
        id: entry.id.to_string(),
        account: entry.account.to_string(),
        ts: Time(entry.ts),
        kind: enums::entry_kind(entry.kind),
        postings: entry.postings.iter().map(posting).collect(),
        instrument: entry.position.as_ref().map(|p| p.instrument.to_string()),
        client_order_id: entry.client_order_id.as_ref().map(ToString::to_string),
        actor: entry.actor.clone(),
        reason: entry.reason.clone(),
    }
}

/// A reconciliation.
#[must_use]
pub fn reconciliation(record: &ReconciliationRecorded) -> wire::Reconciliation {
    let difference = |d: &tradewind_types::record::ReconciliationDifference| wire::ReconciliationDifference {
        subject: d.subject.clone(),
        ours: d.ours.clone(),
        theirs: d.theirs.clone(),
        severity: match d.severity.as_str() {
            "INFO" => wire::Severity::Info,
            "WARNING" => wire::Severity::Warning,
            _ => wire::Severity::Critical,
        },
    };
    wire::Reconciliation {
        account: record.account.to_string(),
        ts: Time(record.ts),
        compared: record.compared,
        differences: record.differences.iter().map(difference).collect(),
    }
}
