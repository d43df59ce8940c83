//! What was found, as a short table or as JSON.

use serde_json::{Value, json};
use tradewind_store::projection::TableReport;

/// One account's ledger.
#[derive(Debug)]
pub(super) struct AccountReport {
    pub(super) account: String,
    pub(super) entries: u64,
    pub(super) open_orders: usize,
    /// Currency and the sum of all balances, which is 0.
    pub(super) sums: Vec<(String, String)>,
}

/// The projections.
#[derive(Debug)]
pub(super) struct ProjectionReport {
    pub(super) applied_seq: u64,
    pub(super) head_seq: u64,
    pub(super) running: bool,
    pub(super) tables: Vec<TableReport>,
}

/// Everything, up to the first break.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) journal: Option<tradewind_journal::Report>,
    /// Outcomes folded.
    pub(super) folded: Option<u64>,
    pub(super) accounts: Vec<AccountReport>,
    pub(super) projections: Option<ProjectionReport>,
    /// The part that did not hold.
    pub(super) broken: Option<&'static str>,
    pub(super) first_break: Option<String>,
}

impl Report {
    pub(super) fn broken(mut self, part: &'static str, first: String) -> Self {
        self.broken = Some(part);
        self.first_break = Some(format!("{part}: {first}"));
        self
    }

    pub(super) fn print(&self, as_json: bool) {
        if as_json {
            show(&self.to_json());
            return;
        }
        let mut table = comfy_table::Table::new();
        table
            .load_style(comfy_table::presets::NOTHING)
            .set_header(["check", "result", "found"]);
        for (part, found) in self.lines() {
            let result = match &found {
                _ if self.broken == Some(part) => "BROKEN",
                None => "not checked",
                Some(_) => "ok",
            };
            table.add_row([part, result, found.as_deref().unwrap_or("")]);
        }
        show(&table);
    }

    fn lines(&self) -> [(&'static str, Option<String>); 4] {
        let journal = self.journal.as_ref().map(|j| {
            let torn = j
                .torn_tail
                .as_ref()
                .map_or("", |_| "; an unfinished write at the end, never acknowledged");
            let hash = j.head_hash.get(..16).unwrap_or("");
            let head = format!(
                "{} records in {} segments, head {}:{hash}{torn}",
                j.records,
                j.segments.len(),
                j.head_seq
            );
            if j.first_break.is_some() {
                format!("{} whole records before it", j.records)
            } else {
                head
            }
        });
        let fold = self.folded.map(|outcomes| format!("{outcomes} outcomes"));
        let entries: u64 = self.accounts.iter().map(|a| a.entries).sum();
        let ledger = self.folded.map(|_| {
            format!(
                "{} accounts, {entries} entries; every currency sums to 0",
                self.accounts.len()
            )
        });
        let projections = self.projections.as_ref().map(|p| {
            let rows: u64 = p.tables.iter().map(|t| t.left_rows).sum();
            let behind = p.head_seq.saturating_sub(p.applied_seq);
            let lag = match (behind, p.running) {
                (0, _) => String::new(),
                (n, true) => format!("; {n} records behind the running engine"),
                (n, false) => format!("; {n} records behind, applied at the next start"),
            };
            format!(
                "{rows} rows in {} tables, up to record {}{lag}",
                p.tables.len(),
                p.applied_seq
            )
        });
        [
            ("journal", journal),
            ("fold", fold),
            ("ledger", ledger),
            ("projections", projections),
        ]
    }

    fn to_json(&self) -> Value {
        let accounts: Vec<Value> = self.accounts.iter().map(account_json).collect();
        let projections = self.projections.as_ref().map(|p| {
            let tables: Vec<Value> = p.tables.iter().map(table_json).collect();
            json!({
                "applied_seq": p.applied_seq,
                "head_seq": p.head_seq,
                "lag": p.head_seq.saturating_sub(p.applied_seq),
                "running": p.running,
                "tables": tables,
            })
        });
        json!({
            "ok": self.first_break.is_none(),
            "first_break": self.first_break,
            "journal": self.journal,
            "outcomes": self.folded,
            "accounts": accounts,
            "projections": projections,
        })
    }
}

fn show(text: &impl std::fmt::Display) {
    println!("{text}");
}

fn account_json(account: &AccountReport) -> Value {
    let sums = account
        .sums
        .iter()
        .map(|(currency, sum)| json!({ "currency": currency, "sum": sum }));
    json!({
        "account": account.account,
        "entries": account.entries,
        "open_orders": account.open_orders,
        "ledger_sum": sums.collect::<Vec<_>>(),
    })
}

fn table_json(table: &TableReport) -> Value {
    json!({
        "table": table.table,
        "rows": table.left_rows,
        "rows_rebuilt": table.right_rows,
        "different": table.different,
        "differences": table.differences.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
