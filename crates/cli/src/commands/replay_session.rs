//! `tradewind replay-session`: the journal of a recorded session follows from its tape, or where it does not.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tradewind_engine::tape::{Replay, TapeError, Verdict, replay};

use crate::args::ReplaySessionArgs;
use crate::failure::Failure;

pub(crate) fn run(args: &ReplaySessionArgs) -> Result<(), Failure> {
    let journal = match &args.journal {
        Some(dir) => dir.clone(),
        None => beside(&args.tape),
    };
    if !journal.is_dir() {
        return Err(Failure::with_hint(
            format!("there is no journal at {}", journal.display()),
            "give the journal's folder with --journal",
        ));
    }
    let replayed = replay(&args.tape, &journal).map_err(refused)?;
    if args.json {
        println!("{:#}", as_json(&replayed));
    } else {
        print!("{}", as_text(&replayed));
    }
    match &replayed.verdict {
        Verdict::Equal => Ok(()),
        Verdict::Different(difference) => Err(Failure::Check(format!(
            "record {} differs from what event {} makes",
            difference.seq, difference.event
        ))),
        Verdict::NotProvable { from_seq, reason } => Err(Failure::Check(format!(
            "not provable from record {from_seq} on: {reason}"
        ))),
    }
}

/// `DATA/journal` for `DATA/tapes/….tape`.
fn beside(tape: &Path) -> PathBuf {
    let folder = tape.parent().unwrap_or(Path::new("."));
    folder
        .parent()
        .map_or_else(|| folder.join("../journal"), |data| data.join("journal"))
}

fn refused(error: TapeError) -> Failure {
    match error {
        TapeError::NotATape { .. } | TapeError::Damaged { .. } | TapeError::OtherJournal { .. } => {
            Failure::Input(error.to_string())
        }
        TapeError::Io { .. } | TapeError::Journal(_) | TapeError::Record { .. } => {
            Failure::failed(error.to_string())
        }
    }
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Equal => "equal",
        Verdict::Different(_) => "different",
        Verdict::NotProvable { .. } => "not provable",
    }
}

fn as_text(replayed: &Replay) -> String {
    let mut text = format!(
        "{}: {} events, {} records compared byte for byte ({} orders, {} fills, {} ledger entries)\n",
        word(&replayed.verdict),
        replayed.events,
        replayed.records,
        replayed.orders,
        replayed.fills,
        replayed.entries
    );
    for account in &replayed.accounts {
        let equity = account
            .equity
            .map_or_else(|| "unknown".to_owned(), |e| e.normalize().to_string());
        text += &format!(
            "  {}: cash {}, realised {}, equity {equity}\n",
            account.account,
            account.cash.normalize(),
            account.realised.normalize()
        );
    }
    if let Verdict::Different(difference) = &replayed.verdict {
        let side = |record: &Option<String>| record.clone().unwrap_or_else(|| "nothing".to_owned());
        text += &format!(
            "  journal: {}\n  replay:  {}\n",
            side(&difference.journal),
            side(&difference.replay)
        );
    }
    text
}

fn as_json(replayed: &Replay) -> Value {
    let accounts = replayed.accounts.iter().map(|a| {
        json!({
            "account": a.account,
            "cash": a.cash.normalize().to_string(),
            "realised": a.realised.normalize().to_string(),
            "equity": a.equity.map(|e| e.normalize().to_string()),
        })
    });
    let mut value = json!({
        "verdict": word(&replayed.verdict),
        "events": replayed.events,
        "records": replayed.records,
        "orders": replayed.orders,
        "fills": replayed.fills,
        "entries": replayed.entries,
        "program": replayed.header.program,
        "journal_seq": replayed.header.journal_seq,
        "accounts": accounts.collect::<Vec<_>>(),
    });
    match &replayed.verdict {
        Verdict::Equal => {}
        Verdict::Different(d) => {
            value["difference"] = json!({
                "seq": d.seq, "event": d.event, "journal": d.journal, "replay": d.replay,
            });
        }
        Verdict::NotProvable { from_seq, reason } => {
            value["from_seq"] = json!(from_seq);
            value["reason"] = json!(reason);
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_is_looked_for_beside_the_tapes() {
        assert_eq!(beside(Path::new("data/tapes/a.tape")), Path::new("data/journal"));
        assert_eq!(beside(Path::new("/x/tapes/a.tape")), Path::new("/x/journal"));
    }
}
