//! From the files to the state: snapshot, then the outcomes behind it.

use tradewind_journal::{FileJournal, Head, JournalConfig, RealDisk, RecordRef, snapshot};
use tradewind_types::record::{CommandEnvelope, Record};

use super::{EngineConfig, StartError};
use crate::kernel::State;

/// What a start found.
#[derive(Debug, Clone)]
pub struct RecoveryReport {
    /// The journal's head.
    pub head: Head,
    /// Records in the journal.
    pub records: u64,
    /// Sequence of the snapshot used; 0 = none.
    pub snapshot_seq: u64,
    /// Records folded behind it.
    pub folded: u64,
    /// Outcomes in the state that was recovered ([`State::outcomes`]); those told to the sinks are numbered from the
    /// next one on.
    pub outcomes: u64,
    /// Bytes of an unfinished, never acknowledged write that were cut off.
    pub torn_bytes: u64,
    /// Kill-switch orders given while the journal was down.
    pub emergencies: usize,
}

pub(crate) struct Recovered {
    pub(crate) journal: FileJournal<RealDisk>,
    pub(crate) state: State,
    pub(crate) report: RecoveryReport,
    pub(crate) emergencies: Vec<CommandEnvelope>,
}

struct Fold {
    base: Option<Head>,
    base_seen: bool,
    state: State,
    folded: u64,
    failed: Option<(u64, String)>,
}

impl Fold {
    fn visit(&mut self, record: &RecordRef<'_>) {
        if let Some(base) = self.base
            && record.seq <= base.seq
        {
            self.base_seen |= record.head() == base;
            return;
        }
        if self.failed.is_some() {
            return;
        }
        let fail = |reason: String| Some((record.seq, reason));
        match Record::decode(record.kind, record.version, record.payload) {
            Ok(Record::Command(_)) => {}
            Ok(Record::Outcome(outcome)) => {
                if let Err(error) = self.state.fold(&outcome) {
                    self.failed = fail(error.to_string());
                }
            }
            Err(error) => self.failed = fail(error.to_string()),
        }
        self.folded += 1;
    }
}

pub(crate) fn recover(config: &EngineConfig) -> Result<Recovered, StartError> {
    let found = snapshot::latest(&config.journal_dir);
    let based = found.and_then(|s| {
        Some((
            Head {
                seq: s.seq,
                hash: s.hash,
            },
            State::from_snapshot(&s.bytes).ok()?,
        ))
    });
    let (fold, opened) = open(config, based)?;
    let (fold, (journal, recovered)) = if fold.base.is_some() && !fold.base_seen {
        // The snapshot is of another history: it is disposable, the journal is not.
        drop(opened);
        open(config, None)?
    } else {
        (fold, opened)
    };
    if let Some((seq, reason)) = fold.failed {
        return Err(StartError::Record { seq, reason });
    }
    let emergencies = emergencies(config)?;
    let report = RecoveryReport {
        head: recovered.head,
        records: recovered.records,
        snapshot_seq: fold.base.map_or(0, |b| b.seq),
        folded: fold.folded,
        outcomes: fold.state.outcomes,
        torn_bytes: recovered.torn_tail.map_or(0, |t| t.bytes),
        emergencies: emergencies.len(),
    };
    Ok(Recovered {
        journal,
        state: fold.state,
        report,
        emergencies,
    })
}

type Opened = (FileJournal<RealDisk>, tradewind_journal::Recovered);

fn open(config: &EngineConfig, based: Option<(Head, State)>) -> Result<(Fold, Opened), StartError> {
    let (base, state) = based.map_or((None, State::default()), |(head, state)| (Some(head), state));
    let mut fold = Fold {
        base,
        base_seen: false,
        state,
        folded: 0,
        failed: None,
    };
    let from = base.map_or(1, |b| b.seq);
    let journal = JournalConfig::new(&config.journal_dir);
    let opened = FileJournal::open_with(RealDisk, journal, from, |record| fold.visit(&record))?;
    Ok((fold, opened))
}

/// Read here, removed by the worker once what they ask is durable.
fn emergencies(config: &EngineConfig) -> Result<Vec<CommandEnvelope>, StartError> {
    let found = tradewind_journal::emergency::read(&config.journal_dir)?;
    let mut commands = Vec::with_capacity(found.entries.len());
    for bytes in found.entries {
        match Record::decode(1, 1, &bytes) {
            Ok(Record::Command(command)) => commands.push(command),
            Ok(Record::Outcome(_)) | Err(_) => tracing::error!("an emergency record could not be read"),
        }
    }
    Ok(commands)
}

/// The state folded from a whole journal without opening it for writing; for `verify` and rebuilds.
///
/// # Errors
/// As [`super::Engine::start`].
pub fn fold_journal(dir: &std::path::Path) -> Result<(State, Head), StartError> {
    let mut fold = Fold {
        base: None,
        base_seen: false,
        state: State::default(),
        folded: 0,
        failed: None,
    };
    let head = tradewind_journal::scan(dir, 1, |record| fold.visit(&record))?;
    match fold.failed {
        Some((seq, reason)) => Err(StartError::Record { seq, reason }),
        None => Ok((fold.state, head)),
    }
}
