//! From the files to the state: snapshot, then the outcomes behind it.

use std::path::Path;

use tradewind_journal::{Disk, FileJournal, Head, JournalConfig, RealDisk, RecordRef, emergency, snapshot};
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

/// What an engine starts from.
pub struct Recovered<D: Disk> {
    /// The journal, open for writing.
    pub journal: FileJournal<D>,
    /// The state that it gives.
    pub state: State,
    /// What was found.
    pub report: RecoveryReport,
    /// Kill-switch orders from the emergency side file, to be carried out; the file is still there.
    pub emergencies: Vec<CommandEnvelope>,
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
            Ok(Record::Command(_) | Record::Venue(_)) => {}
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

pub(crate) fn recover(config: &EngineConfig) -> Result<Recovered<RealDisk>, StartError> {
    recover_on(&RealDisk, JournalConfig::new(&config.journal_dir))
}

/// Opens the journal of a disk and recovers the state: the newest usable snapshot, and what was journalled behind it.
///
/// # Errors
/// Damage, another writer, a disk that refuses, or a record that does not fit.
pub fn recover_on<D: Disk>(disk: &D, config: JournalConfig) -> Result<Recovered<D>, StartError> {
    let dir = config.dir.clone();
    // Snapshots that cannot be listed are as good as none.
    let found = snapshot::load(disk, &dir, u64::MAX).unwrap_or_default().snapshot;
    let based = found.and_then(|s| Some((s.head(), State::from_snapshot(&s.bytes).ok()?)));
    let (fold, opened) = open(disk, config.clone(), based)?;
    let (fold, (journal, recovered)) = if fold.base.is_some() && !fold.base_seen {
        // The snapshot is of another history: it is disposable, the journal is not.
        drop(opened);
        open(disk, config, None)?
    } else {
        (fold, opened)
    };
    if let Some((seq, reason)) = fold.failed {
        return Err(StartError::Record { seq, reason });
    }
    let emergencies = emergencies(disk, &dir)?;
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

type Opened<D> = (FileJournal<D>, tradewind_journal::Recovered);

fn open<D: Disk>(
    disk: &D,
    config: JournalConfig,
    based: Option<(Head, State)>,
) -> Result<(Fold, Opened<D>), StartError> {
    let (base, state) = based.map_or((None, State::default()), |(head, state)| (Some(head), state));
    let mut fold = Fold {
        base,
        base_seen: false,
        state,
        folded: 0,
        failed: None,
    };
    let from = base.map_or(1, |b| b.seq);
    let opened = FileJournal::open_with(disk.clone(), config, from, |record| fold.visit(&record))?;
    Ok((fold, opened))
}

/// Read here, removed by the worker once what they ask is durable.
fn emergencies<D: Disk>(disk: &D, dir: &Path) -> Result<Vec<CommandEnvelope>, StartError> {
    let found = emergency::read_on(disk, dir)?;
    let mut commands = Vec::with_capacity(found.entries.len());
    for bytes in found.entries {
        match Record::decode(1, 1, &bytes) {
            Ok(Record::Command(command)) => commands.push(command),
            Ok(_) | Err(_) => tracing::error!("an emergency record could not be read"),
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
