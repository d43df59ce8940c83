//! What runs on the engine thread, and what runs on the journal's writer thread after a commit.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tradewind_journal::{
    CommitterConfig, FileJournal, GroupCommitter, Head, JournalError, OwnedRecord, RealDisk,
};
use tradewind_types::record::{Command, CommandEnvelope, Outcome, Record};

use super::queue::{Reply, Request};
use super::recovery::Recovered;
use super::{EngineConfig, EngineError, MarketSink, OutcomeSink, Shared, StartError, TIMER};
use crate::kernel::{Actions, CommandReply, Event, Kernel};

type Answer = Result<CommandReply, EngineError>;

/// What waits for durability.
struct Pending {
    outcomes: Vec<(u64, Outcome)>,
    replies: Vec<(Reply, Answer)>,
    snapshot: Option<(Vec<u8>, SyncSender<()>)>,
}

pub(crate) struct Worker {
    kernel: Kernel,
    config: EngineConfig,
    shared: Arc<Shared>,
    committer: GroupCommitter<Pending>,
    market: Box<dyn MarketSink>,
    emergencies: Vec<CommandEnvelope>,
    next_seq: u64,
    last_snapshot: u64,
    records: Vec<OwnedRecord>,
    outcomes: Vec<(u64, Outcome)>,
    replies: Vec<(Reply, Answer)>,
    actions: Actions,
}

impl Worker {
    pub(crate) fn new(
        config: EngineConfig,
        recovered: Recovered,
        shared: Arc<Shared>,
        outcomes: Box<dyn OutcomeSink>,
        market: Box<dyn MarketSink>,
    ) -> Result<Self, StartError> {
        let Recovered {
            journal,
            state,
            report,
            emergencies,
        } = recovered;
        let committer = start_committer(journal, &config, Arc::clone(&shared), outcomes)?;
        Ok(Self {
            kernel: Kernel::new(config.kernel.clone(), state),
            config,
            shared,
            committer,
            market,
            emergencies,
            next_seq: report.head.seq + 1,
            last_snapshot: report.snapshot_seq,
            records: Vec::new(),
            outcomes: Vec::new(),
            replies: Vec::new(),
            actions: Actions::default(),
        })
    }

    pub(crate) fn run(mut self) {
        self.carry_out_emergencies();
        loop {
            let drained = self.shared.inbox.drain(TIMER);
            let busy = !drained.requests.is_empty() || !drained.market.is_empty();
            for request in drained.requests {
                match request {
                    Request::Query(question) => question(&self.kernel),
                    Request::Command(envelope, reply) => self.command(*envelope, reply),
                }
            }
            for event in drained.market {
                self.handle(Event::Market(event));
            }
            self.handle(Event::Timer(self.config.clock.now()));
            let stats = self.committer.stats();
            self.shared.groups.store(stats.groups, Ordering::Relaxed);
            let commit_ns = u64::try_from(stats.commit.as_nanos()).unwrap_or(u64::MAX);
            self.shared.commit_ns.store(commit_ns, Ordering::Relaxed);
            let due = self.next_seq.saturating_sub(self.last_snapshot) > self.config.snapshot_every;
            self.submit(due);
            if drained.closed && !busy {
                break;
            }
        }
        self.submit(true);
        // Ends the writer thread after everything is written.
        drop(self.committer.close());
    }

    /// What was asked for while the journal was down; the side file goes only after it is durable.
    fn carry_out_emergencies(&mut self) {
        let emergencies = std::mem::take(&mut self.emergencies);
        if emergencies.is_empty() {
            return;
        }
        for envelope in emergencies {
            let envelope = self.stamped(envelope);
            self.handle(Event::Command(Box::new(envelope)));
        }
        self.submit(true);
        if self.shared.down.load(Ordering::Acquire) {
            return;
        }
        if let Err(error) = tradewind_journal::emergency::clear(&self.config.journal_dir) {
            tracing::error!(%error, "the emergency side file could not be removed; it is carried out again next time");
        }
    }

    fn stamped(&self, mut envelope: CommandEnvelope) -> CommandEnvelope {
        envelope.ts = self.config.clock.now();
        envelope
    }

    fn command(&mut self, envelope: CommandEnvelope, reply: Reply) {
        let envelope = self.stamped(envelope);
        if self.shared.down.load(Ordering::Acquire) {
            let answer = self.command_while_down(envelope);
            // Whoever asked may be gone.
            let _ = reply.send(answer);
            return;
        }
        self.handle(Event::Command(Box::new(envelope)));
        let answer = self.actions.reply.take().unwrap_or(Ok(CommandReply::Done));
        self.replies.push((reply, answer.map_err(EngineError::from)));
    }

    /// Cancels and the kill switch take effect in memory; the latter is written to the side file as well.
    fn command_while_down(&mut self, envelope: CommandEnvelope) -> Answer {
        let reason = self.shared.texts().down.clone().unwrap_or_default();
        match &envelope.command {
            Command::EngageKillSwitch { .. } => {
                let bytes = Record::Command(envelope.clone()).encode();
                let written = bytes.map_err(|e| e.to_string()).and_then(|bytes| {
                    tradewind_journal::emergency::append(&self.config.journal_dir, &bytes)
                        .map_err(|e| e.to_string())
                });
                if let Err(error) = written {
                    tracing::error!(%error, "the emergency side file could not be written");
                }
            }
            Command::CancelOrder { .. } | Command::CancelAll { .. } => {}
            _ => return Err(EngineError::JournalDown(reason)),
        }
        self.actions.clear();
        self.kernel
            .process(&Event::Command(Box::new(envelope)), &mut self.actions);
        let answer = self.actions.reply.take().unwrap_or(Ok(CommandReply::Done));
        answer.map_err(EngineError::from)
    }

    fn handle(&mut self, event: Event) {
        self.actions.clear();
        self.kernel.process(&event, &mut self.actions);
        self.shared.events.fetch_add(1, Ordering::Relaxed);
        for publication in &self.actions.publications {
            self.market.market(&self.kernel, publication);
        }
        let ts = self.kernel.now().0;
        for record in self.actions.records.drain(..) {
            let (kind, version) = (record.kind() as u16, record.version());
            let payload = match record.encode() {
                Ok(payload) => payload,
                Err(error) => {
                    tracing::error!(%error, "a record could not be encoded");
                    self.shared.down.store(true, Ordering::Release);
                    self.shared.texts().down = Some(error.to_string());
                    return;
                }
            };
            self.records.push(OwnedRecord {
                kind,
                version,
                ts,
                payload,
            });
            if let Record::Outcome(outcome) = record {
                self.outcomes.push((self.next_seq, outcome));
            }
            self.next_seq += 1;
        }
    }

    /// Hands what came together to the writer thread; with a snapshot it waits until that is written.
    fn submit(&mut self, with_snapshot: bool) {
        if self.shared.down.load(Ordering::Acquire) {
            self.kernel.freeze();
            self.records.clear();
            self.outcomes.clear();
            let reason = self.shared.texts().down.clone().unwrap_or_default();
            for (reply, _) in self.replies.drain(..) {
                let _ = reply.send(Err(EngineError::JournalDown(reason.clone())));
            }
            return;
        }
        let mut written: Option<Receiver<()>> = None;
        let snapshot = if with_snapshot && self.next_seq > self.last_snapshot + 1 {
            self.kernel.state().to_snapshot().ok().map(|bytes| {
                let (done, wait) = sync_channel(1);
                written = Some(wait);
                self.last_snapshot = self.next_seq - 1;
                (bytes, done)
            })
        } else {
            None
        };
        if self.records.is_empty() && self.replies.is_empty() && snapshot.is_none() {
            return;
        }
        let pending = Pending {
            outcomes: std::mem::take(&mut self.outcomes),
            replies: std::mem::take(&mut self.replies),
            snapshot,
        };
        if self
            .committer
            .submit(std::mem::take(&mut self.records), pending)
            .is_err()
        {
            tracing::error!("the journal's writer has ended");
            self.shared.texts().down = Some("the journal's writer has ended".to_owned());
            self.shared.down.store(true, Ordering::Release);
        }
        if let Some(wait) = written {
            // An error means that the writer gave up; the next submit notices.
            let _ = wait.recv();
        }
    }
}

fn start_committer(
    journal: FileJournal<RealDisk>,
    config: &EngineConfig,
    shared: Arc<Shared>,
    mut sink: Box<dyn OutcomeSink>,
) -> Result<GroupCommitter<Pending>, StartError> {
    let dir = config.journal_dir.clone();
    let on_done = move |result: Result<Head, Arc<JournalError>>, pending: Pending| match result {
        Ok(head) => {
            shared.durable_seq.store(head.seq, Ordering::Release);
            let hash = head.hash_hex();
            sink.durable(&pending.outcomes);
            sink.head(head.seq, &hash);
            shared.texts().hash = hash;
            for (reply, answer) in pending.replies {
                let _ = reply.send(answer);
            }
            if let Some((bytes, done)) = pending.snapshot {
                if let Err(error) = tradewind_journal::snapshot::write(&dir, head.seq, head.hash, &bytes) {
                    tracing::warn!(%error, "a snapshot could not be written; the journal is whole without it");
                }
                let _ = done.send(());
            }
        }
        Err(error) => {
            let reason = error.to_string();
            shared.texts().down.get_or_insert_with(|| reason.clone());
            if !shared.down.swap(true, Ordering::AcqRel) {
                tracing::error!(%reason, "the journal is down: no new orders until it is mended and restarted");
            }
            for (reply, _) in pending.replies {
                let _ = reply.send(Err(EngineError::JournalDown(reason.clone())));
            }
        }
    };
    Ok(GroupCommitter::start(
        journal,
        CommitterConfig::default(),
        on_done,
    )?)
}
