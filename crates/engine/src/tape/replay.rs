//! The proof: tape → kernel → the journal's records again, or the first difference, or how far nothing is provable.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::path::Path;

use rust_decimal::Decimal;
use tradewind_journal::{Head, RealDisk, RecordOut, RecordRef, Records};
use tradewind_types::order::OrderEventKind;
use tradewind_types::record::{Outcome, Record};

use super::entry::{Entry, Header};
use super::{TapeError, TapeReader};
use crate::kernel::{Actions, Kernel, State};

/// What came of a replay.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Every record of the session follows from the tape.
    Equal,
    /// A record differs, or one side has none.
    Different(Box<Difference>),
    /// The records from `from_seq` on cannot be proven; all before are equal.
    NotProvable {
        /// The first record that is not proven.
        from_seq: u64,
        /// Why.
        reason: String,
    },
}

/// The first place where journal and replay part.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Sequence of the record.
    pub seq: u64,
    /// Number of the tape's event that made it, from 1.
    pub event: u64,
    /// What the journal holds, as readable text; `None` = nothing there.
    pub journal: Option<String>,
    /// What the replay made; `None` = nothing.
    pub replay: Option<String>,
}

/// Figures of an account at the end of the replay.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountFigures {
    /// The account.
    pub account: String,
    /// Cash in base currency.
    pub cash: Decimal,
    /// Realised profit and loss over all positions, before fees.
    pub realised: Decimal,
    /// Equity, when it can be valued.
    pub equity: Option<Decimal>,
}

/// A finished replay.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// Where the session began.
    pub header: Header,
    /// The answer.
    pub verdict: Verdict,
    /// Events fed to the kernel.
    pub events: u64,
    /// Records compared and found equal.
    pub records: u64,
    /// Of these, orders created.
    pub orders: u64,
    /// Of these, fills.
    pub fills: u64,
    /// Of these, ledger entries.
    pub entries: u64,
    /// Accounts as the replay left them, sorted by id.
    pub accounts: Vec<AccountFigures>,
}

/// Replays a tape against the journal in `journal_dir`. Memory: the state and one segment; time: that of the session's
/// events without waiting.
///
/// # Errors
/// [`TapeError`] when tape or journal cannot be read, or do not belong together. A difference is no error.
pub fn replay(tape: &Path, journal_dir: &Path) -> Result<Replay, TapeError> {
    let mut reader = TapeReader::open(tape)?;
    let header = reader.header().clone();
    let state = state_before(&header, journal_dir)?;
    let expected = tradewind_journal::read_from(journal_dir, header.journal_seq + 1).peekable();
    let mut run = Run {
        kernel: Kernel::new(header.config.clone(), state),
        expected,
        seq: header.journal_seq,
        actions: Actions::default(),
        events: 0,
        counts: BTreeMap::new(),
        compared: 0,
    };
    let verdict = run.all(&mut reader)?;
    Ok(Replay {
        verdict,
        events: run.events,
        records: run.compared,
        orders: run.count("orders"),
        fills: run.count("fills"),
        entries: run.count("entries"),
        accounts: run.figures(),
        header,
    })
}

/// The state at the session's start.
fn state_before(header: &Header, journal_dir: &Path) -> Result<State, TapeError> {
    let start = Head {
        seq: header.journal_seq,
        hash: header.journal_hash,
    };
    let mut state = State::default();
    let mut failed = None;
    let mut met = start.seq == 0;
    let mut visit = |record: RecordRef<'_>| {
        if record.seq > start.seq {
            return;
        }
        met |= record.head() == start;
        let fold = match Record::decode(record.kind, record.version, record.payload) {
            Ok(Record::Command(_) | Record::Venue(_)) => Ok(()),
            Ok(Record::Outcome(outcome)) => state.fold(&outcome).map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(reason) = fold {
            failed.get_or_insert((record.seq, reason));
        }
    };
    tradewind_journal::scan(journal_dir, 1, &mut visit)?;
    if let Some((seq, reason)) = failed {
        return Err(TapeError::Record { seq, reason });
    }
    if !met {
        return Err(TapeError::OtherJournal {
            tape_seq: start.seq,
            what: "the journal has another record, or none, at that sequence".to_owned(),
        });
    }
    Ok(state)
}

struct Run {
    kernel: Kernel,
    expected: Peekable<Records<RealDisk>>,
    seq: u64,
    actions: Actions,
    events: u64,
    counts: BTreeMap<&'static str, u64>,
    compared: u64,
}

impl Run {
    fn all(&mut self, reader: &mut TapeReader) -> Result<Verdict, TapeError> {
        let mut ended = false;
        while let Some(entry) = reader.next_entry()? {
            match entry {
                Entry::Gap { reason, .. } => return Ok(self.not_provable(&reason)),
                Entry::End => ended = true,
                Entry::Header(_) => return Ok(self.not_provable("a second header: two tapes in one file")),
                Entry::Records(last) if last != self.seq => {
                    return self.parted(last);
                }
                Entry::Records(_) => {}
                Entry::Market(_) | Entry::Timer(_) | Entry::Command(_) | Entry::Venue(_) => {
                    if let Some(difference) = self.step(entry)? {
                        return Ok(Verdict::Different(Box::new(difference)));
                    }
                }
            }
        }
        if self.peek()?.is_none() {
            return Ok(Verdict::Equal);
        }
        Ok(self.not_provable(if ended {
            "the journal goes on behind the recorded session"
        } else {
            "the tape ends before the journal does: the program was killed or the recording stopped"
        }))
    }

    fn not_provable(&self, reason: &str) -> Verdict {
        Verdict::NotProvable {
            from_seq: self.seq + 1,
            reason: reason.to_owned(),
        }
    }

    /// The tape says that the session's journal stood at `last` here; the replay stands elsewhere.
    fn parted(&mut self, last: u64) -> Result<Verdict, TapeError> {
        if last < self.seq {
            return Ok(self.not_provable("the tape counts fewer records than the replay made"));
        }
        Ok(Verdict::Different(Box::new(Difference {
            seq: self.seq + 1,
            event: self.events,
            journal: self.peek()?.map(describe),
            replay: None,
        })))
    }

    fn peek(&mut self) -> Result<Option<&RecordOut>, TapeError> {
        if let Some(Err(_)) = self.expected.peek()
            && let Some(Err(error)) = self.expected.next()
        {
            return Err(error.into());
        }
        Ok(self.expected.peek().and_then(|record| record.as_ref().ok()))
    }

    fn step(&mut self, entry: Entry) -> Result<Option<Difference>, TapeError> {
        let Some(event) = entry.into_event() else {
            return Ok(None);
        };
        self.events += 1;
        self.actions.clear();
        self.kernel.process(&event, &mut self.actions);
        for record in std::mem::take(&mut self.actions.records) {
            self.seq += 1;
            // What the journal never got was never acknowledged: the session ended before it was durable.
            let Some(theirs) = self.expected.next().transpose()? else {
                continue;
            };
            let payload = record.encode().unwrap_or_default();
            let equal = theirs.kind == record.kind() as u16
                && theirs.version == record.version()
                && theirs.payload == payload;
            if !equal {
                return Ok(Some(Difference {
                    seq: self.seq,
                    event: self.events,
                    journal: Some(describe(&theirs)),
                    replay: Some(format!("{record:?}")),
                }));
            }
            self.compared += 1;
            self.tally(&record);
        }
        Ok(None)
    }

    fn tally(&mut self, record: &Record) {
        let what = match record {
            Record::Outcome(Outcome::OrderInitialized { .. }) => "orders",
            Record::Outcome(Outcome::Order(event)) if matches!(event.kind, OrderEventKind::Filled { .. }) => {
                "fills"
            }
            Record::Outcome(Outcome::Ledger(_)) => "entries",
            Record::Command(_) | Record::Venue(_) | Record::Outcome(_) => return,
        };
        *self.counts.entry(what).or_default() += 1;
    }

    fn count(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    fn figures(&self) -> Vec<AccountFigures> {
        let figures = |account: &crate::kernel::AccountState| AccountFigures {
            account: account.info.id.to_string(),
            cash: account.ledger.cash_total(account.info.base_currency),
            realised: account.ledger.positions().map(|(_, p)| p.realised).sum(),
            equity: self.kernel.valuation(&account.info.id).and_then(|v| v.equity),
        };
        let mut all: Vec<_> = self.kernel.accounts().map(figures).collect();
        all.sort_by(|a, b| a.account.cmp(&b.account));
        all
    }
}

fn describe(record: &RecordOut) -> String {
    match Record::decode(record.kind, record.version, &record.payload) {
        Ok(record) => format!("{record:?}"),
        Err(error) => error.to_string(),
    }
}
