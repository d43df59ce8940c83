//! What runs on the engine thread, and what runs on the journal's writer thread after a commit.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tradewind_journal::{
    CommitterConfig, FileJournal, GroupCommitter, Head, JournalError, RealDisk, emergency, snapshot,
};
use tradewind_types::record::{CommandEnvelope, VenueReport};

use super::core::{Core, Effects};
use super::queue::{Reply, Request};
use super::recovery::{Recovered, RecoveryReport};
use super::{BATCH_BYTES, EngineConfig, EngineError, MarketSink, OutcomeSink, Shared, StartError, TIMER};
use crate::kernel::{Event, Kernel, MarketPublication, VenueRequest};
use crate::tape::{Header, TapeWriter};

/// What waits for durability, and who waits for its snapshot. Cancels given while the journal is down wait for nothing.
struct Pending {
    effects: Effects<Reply>,
    cancels: Vec<VenueRequest>,
    written: Option<SyncSender<()>>,
}

pub(crate) struct Worker {
    core: Core<Reply>,
    config: EngineConfig,
    shared: Arc<Shared>,
    committer: GroupCommitter<Pending>,
    market: Box<dyn MarketSink>,
    emergencies: Vec<CommandEnvelope>,
}

impl Worker {
    pub(crate) fn new(
        config: EngineConfig,
        recovered: Recovered<RealDisk>,
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
        let tape = tape(&config, &report)?;
        let committer = start_committer(journal, &config, Arc::clone(&shared), outcomes)?;
        let mut core = Core::new(config.kernel.clone(), state, &report);
        if let Some(tape) = tape {
            core.record_on(tape);
        }
        Ok(Self {
            core,
            config,
            shared,
            committer,
            market,
            emergencies,
        })
    }

    pub(crate) fn run(mut self) {
        self.carry_out_emergencies();
        loop {
            let drained = self.shared.inbox.drain(TIMER);
            let busy =
                !drained.requests.is_empty() || !drained.reports.is_empty() || !drained.market.is_empty();
            for request in drained.requests {
                match request {
                    Request::Query(question) => question(self.core.kernel()),
                    Request::Command(envelope, reply) => self.command(*envelope, reply),
                }
            }
            for report in drained.reports {
                self.venue_report(report);
            }
            for event in drained.market {
                self.handle(&Event::Market(event));
            }
            self.handle(&Event::Timer(self.config.clock.now()));
            let stats = self.committer.stats();
            self.shared.groups.store(stats.groups, Ordering::Relaxed);
            let commit_ns = u64::try_from(stats.commit.as_nanos()).unwrap_or(u64::MAX);
            self.shared.commit_ns.store(commit_ns, Ordering::Relaxed);
            self.submit(self.core.since_snapshot() >= self.config.snapshot_every);
            if drained.closed && !busy {
                break;
            }
        }
        self.submit(true);
        self.core.end_tape();
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
            self.handle(&Event::Command(Box::new(envelope)));
        }
        self.submit(true);
        if self.shared.down.load(Ordering::Acquire) {
            return;
        }
        if let Err(error) = emergency::clear(&self.config.journal_dir) {
            tracing::error!(%error, "the emergency side file could not be removed; it is carried out again next time");
        }
    }

    /// While the journal is down reports are not taken: what they tell is asked for again after the restart.
    fn venue_report(&mut self, mut report: Box<VenueReport>) {
        if self.shared.down.load(Ordering::Acquire) {
            return;
        }
        report.ts_init = self.config.clock.now();
        self.handle(&Event::Venue(report));
    }

    fn stamped(&self, mut envelope: CommandEnvelope) -> CommandEnvelope {
        envelope.ts = self.config.clock.now();
        envelope
    }

    fn command(&mut self, envelope: CommandEnvelope, reply: Reply) {
        let envelope = self.stamped(envelope);
        if self.shared.down.load(Ordering::Acquire) {
            let reason = self.shared.texts().down.clone().unwrap_or_default();
            let dir = &self.config.journal_dir;
            let (answer, cancels) = self
                .core
                .command_while_down(envelope, &reason, |bytes| emergency::append(dir, bytes));
            self.send(cancels);
            // Whoever asked may be gone.
            let _ = reply.send(answer);
            return;
        }
        let (core, market) = (&mut self.core, &mut self.market);
        let mut publish =
            |kernel: &Kernel, publication: &MarketPublication| market.market(kernel, publication);
        let handled = core.command(envelope, reply, &mut publish);
        self.handled(handled);
    }

    /// Cancels while the journal is down: over the writer thread as well, where the sink is.
    fn send(&self, cancels: Vec<VenueRequest>) {
        if cancels.is_empty() {
            return;
        }
        let pending = Pending {
            effects: Effects::default(),
            cancels,
            written: None,
        };
        if self.committer.submit(Vec::new(), pending).is_err() {
            tracing::error!("the journal's writer has ended; cancels could not be sent");
        }
    }

    fn handle(&mut self, event: &Event) {
        let (core, market) = (&mut self.core, &mut self.market);
        let mut publish =
            |kernel: &Kernel, publication: &MarketPublication| market.market(kernel, publication);
        let handled = core.handle(event, &mut publish);
        self.handled(handled);
    }

    fn handled(&mut self, handled: Result<(), String>) {
        self.shared.events.fetch_add(1, Ordering::Relaxed);
        self.shared.seq.store(self.core.seq(), Ordering::Release);
        if let Err(error) = handled {
            tracing::error!(%error, "a record could not be encoded");
            self.shared.texts().down = Some(error);
            self.shared.down.store(true, Ordering::Release);
        }
        // What is taken from the inbox at once can be more than a commit group takes.
        if self.core.waiting_bytes() >= BATCH_BYTES {
            self.submit(false);
        }
    }

    /// Hands what came together to the writer thread; with a snapshot it waits until that is written.
    fn submit(&mut self, with_snapshot: bool) {
        if self.shared.down.load(Ordering::Acquire) {
            let reason = self.shared.texts().down.clone().unwrap_or_default();
            for reply in self.core.journal_down() {
                let _ = reply.send(Err(EngineError::JournalDown(reason.clone())));
            }
            return;
        }
        let Some((records, effects)) = self.core.take_batch(with_snapshot) else {
            return;
        };
        let mut wait: Option<Receiver<()>> = None;
        let written = effects.snapshot.is_some().then(|| {
            let (done, receiver) = sync_channel(1);
            wait = Some(receiver);
            done
        });
        let pending = Pending {
            effects,
            cancels: Vec::new(),
            written,
        };
        if self.committer.submit(records, pending).is_err() {
            tracing::error!("the journal's writer has ended");
            self.shared.texts().down = Some("the journal's writer has ended".to_owned());
            self.shared.down.store(true, Ordering::Release);
        }
        if let Some(wait) = wait {
            // An error means that the writer gave up; the next submit notices.
            let _ = wait.recv();
        }
    }
}

/// The session's tape, when the settings ask for one.
fn tape(config: &EngineConfig, report: &RecoveryReport) -> Result<Option<TapeWriter>, StartError> {
    let Some(dir) = &config.tape_dir else {
        return Ok(None);
    };
    let header = Header {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        journal_seq: report.head.seq,
        journal_hash: report.head.hash,
        config: config.kernel.clone(),
        ts: config.clock.now(),
    };
    Ok(Some(TapeWriter::create(dir, header)?))
}

fn start_committer(
    journal: FileJournal<RealDisk>,
    config: &EngineConfig,
    shared: Arc<Shared>,
    mut sink: Box<dyn OutcomeSink>,
) -> Result<GroupCommitter<Pending>, StartError> {
    let dir = config.journal_dir.clone();
    let on_done = move |result: Result<Head, Arc<JournalError>>, pending: Pending| {
        sink.venue_requests(pending.cancels);
        let effects = pending.effects;
        match result {
            Ok(head) => {
                shared.durable_seq.store(head.seq, Ordering::Release);
                let hash = head.hash_hex();
                sink.durable(&effects.outcomes);
                sink.venue_requests(effects.requests);
                sink.head(head.seq, &hash);
                shared.texts().hash = hash;
                for (reply, answer) in effects.replies {
                    let _ = reply.send(answer);
                }
                if let Some(bytes) = effects.snapshot
                    && let Err(error) = snapshot::write(&dir, head.seq, head.hash, &bytes)
                {
                    tracing::warn!(%error, "a snapshot could not be written; the journal is whole without it");
                }
                if let Some(done) = pending.written {
                    let _ = done.send(());
                }
            }
            Err(error) => {
                let reason = error.to_string();
                shared.texts().down.get_or_insert_with(|| reason.clone());
                if !shared.down.swap(true, Ordering::AcqRel) {
                    tracing::error!(%reason, "the journal is down: no new orders until it is mended and restarted");
                }
                for (reply, _) in effects.replies {
                    let _ = reply.send(Err(EngineError::JournalDown(reason.clone())));
                }
            }
        }
    };
    Ok(GroupCommitter::start(
        journal,
        CommitterConfig::default(),
        on_done,
    )?)
}
