//! The process under test: the runtime's [`Core`], a journal on a simulated disk, and what waits between them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tradewind_engine::kernel::{KernelConfig, VenueRequest};
use tradewind_engine::runtime::core::{Answer, Core, Effects};
use tradewind_engine::runtime::{Recovered, StartError, recover_on};
use tradewind_engine::{CommandReply, Event};
use tradewind_journal::disk::{DiskFile, MemFile, MemLock, OpenMode};
use tradewind_journal::{
    Batch, Disk, Head, Journal, JournalConfig, JournalError, MemDisk, commit_batches, emergency, snapshot,
};
use tradewind_types::record::CommandEnvelope;

use super::swarm::Mutation;

/// Which client asked, and the number of what it asked.
pub(crate) type Ticket = (usize, u64);

/// What waits in front of the engine.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "a few wait at a time")]
pub(crate) enum Item {
    Command(CommandEnvelope, Ticket),
    Event(Event),
}

/// Folder of the journal.
pub(crate) const DIR: &str = "/journal";

pub(crate) fn dir() -> PathBuf {
    PathBuf::from(DIR)
}

/// Small segments, so that a seed has several.
pub(crate) fn journal_config() -> JournalConfig {
    JournalConfig {
        segment_bytes_max: 512 << 10,
        record_bytes_max: 128 << 10,
        group_bytes_max: 384 << 10,
        witness_sync_every: 16,
        ..JournalConfig::new(DIR)
    }
}

/// The running process. Dropping it is its death.
pub(crate) struct Process {
    pub(crate) core: Core<Ticket>,
    pub(crate) inbox: Vec<Item>,
    pub(crate) waiting: Vec<Batch<Effects<Ticket>>>,
    journal: Box<dyn Journal>,
    writer_down: Option<Arc<JournalError>>,
    pub(crate) down: Option<String>,
}

/// What a commit let go.
pub(crate) struct Released {
    pub(crate) head: Head,
    pub(crate) effects: Effects<Ticket>,
}

impl Process {
    /// Recovers from a disk.
    pub(crate) fn start(
        disk: &MemDisk,
        kernel: &KernelConfig,
        mutation: Option<Mutation>,
    ) -> Result<(Self, Vec<CommandEnvelope>, Head), StartError> {
        if mutation == Some(Mutation::SyncLies) {
            return Ok(Self::from_recovered(
                recover_on(&LyingDisk(disk.clone()), journal_config())?,
                kernel,
            ));
        }
        let mut recovered = recover_on(disk, journal_config())?;
        if mutation == Some(Mutation::ForgetsTail)
            && let Ok(found) = snapshot::load(disk, &dir(), u64::MAX)
            && let Some(state) = found
                .snapshot
                .and_then(|s| tradewind_engine::kernel::State::from_snapshot(&s.bytes).ok())
        {
            recovered.state = state;
        }
        Ok(Self::from_recovered(recovered, kernel))
    }

    fn from_recovered<D: Disk>(
        recovered: Recovered<D>,
        kernel: &KernelConfig,
    ) -> (Self, Vec<CommandEnvelope>, Head) {
        let head = recovered.report.head;
        let process = Self {
            core: Core::new(kernel.clone(), recovered.state, &recovered.report),
            inbox: Vec::new(),
            waiting: Vec::new(),
            journal: Box::new(recovered.journal),
            writer_down: None,
            down: None,
        };
        (process, recovered.emergencies, head)
    }

    /// Hands one item to the engine. A command while the journal is down is answered at once.
    pub(crate) fn handle(&mut self, item: Item, disk: &MemDisk) -> Option<Immediate> {
        let handled = match item {
            Item::Event(event) => self.core.handle(&event, &mut |_, _| {}),
            Item::Command(envelope, ticket) => match &self.down {
                Some(reason) => {
                    let mut kept = None;
                    let (answer, cancels) = self.core.command_while_down(envelope, reason, |bytes| {
                        let written = emergency::append_on(disk, &dir(), bytes);
                        kept = Some(written.is_ok());
                        written
                    });
                    return Some(Immediate {
                        ticket,
                        answer,
                        cancels,
                        kept: kept.unwrap_or(false),
                    });
                }
                None => self.core.command(envelope, ticket, &mut |_, _| {}),
            },
        };
        if let Err(error) = handled {
            self.down.get_or_insert(error);
        }
        None
    }

    /// The end of a round of the engine thread: what came together waits for the writer. Returns who is told that the
    /// journal is down, and why.
    pub(crate) fn submit(&mut self, with_snapshot: bool) -> Option<(Vec<Ticket>, String)> {
        if let Some(reason) = self.down.clone() {
            return Some((self.core.journal_down(), reason));
        }
        if let Some((records, token)) = self.core.take_batch(with_snapshot) {
            self.waiting.push(Batch { records, token });
        }
        None
    }

    /// The writer's work: one commit group of all that waits.
    pub(crate) fn commit(&mut self) -> Vec<(Result<Released, String>, Vec<Ticket>)> {
        let batches = std::mem::take(&mut self.waiting);
        let mut done = Vec::with_capacity(batches.len());
        commit_batches(
            &mut *self.journal,
            batches,
            &mut self.writer_down,
            &mut |result: Result<Head, Arc<JournalError>>, effects: Effects<Ticket>| match result {
                Ok(head) => done.push((Ok(Released { head, effects }), Vec::new())),
                Err(error) => {
                    let told = effects.replies.iter().map(|(ticket, _)| *ticket).collect();
                    done.push((Err(error.to_string()), told));
                }
            },
        );
        done
    }
}

/// A command that was answered while the journal is down.
pub(crate) struct Immediate {
    pub(crate) ticket: Ticket,
    pub(crate) answer: Answer,
    pub(crate) cancels: Vec<VenueRequest>,
    /// Whether the side file has it.
    pub(crate) kept: bool,
}

impl Immediate {
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.answer, Ok(CommandReply::Done))
    }
}

/// A disk that says it has synced ([`Mutation::SyncLies`]).
#[derive(Debug, Clone)]
struct LyingDisk(MemDisk);

struct LyingFile(MemFile);

impl Disk for LyingDisk {
    type File = LyingFile;
    type Lock = MemLock;
    const READ_AHEAD: bool = false;

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        self.0.create_dir_all(dir)
    }
    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.0.list(dir)
    }
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<LyingFile> {
        self.0.open(path, mode).map(LyingFile)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.remove(path)
    }
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.0.sync_dir(dir)
    }
    fn try_lock(&self, path: &Path) -> io::Result<Option<MemLock>> {
        self.0.try_lock(path)
    }
}

impl DiskFile for LyingFile {
    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buf, offset)
    }
    fn write_all_at(&mut self, data: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(data, offset)
    }
    fn set_len(&mut self, size: u64) -> io::Result<()> {
        self.0.set_len(size)
    }
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}
