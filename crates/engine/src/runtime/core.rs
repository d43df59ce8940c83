//! What an engine does between its inbox and its journal, without a thread, a clock or a file.
//!
//! The kernel handles an event; its records are encoded and given their sequences; what has to wait until they are
//! durable (outcomes for the sinks, answers, a snapshot) is kept beside them. [`Core::take_batch`] hands both out
//! together, and whoever commits the records releases the effects afterwards and not before. The engine thread
//! commits through the journal's writer thread, the simulation test step by step; this part is the same.

use tradewind_journal::{JournalError, OwnedRecord};
use tradewind_types::record::{Command, CommandEnvelope, Outcome, Record};

use super::EngineError;
use super::recovery::RecoveryReport;
use crate::kernel::{
    Actions, CommandReply, Event, Kernel, KernelConfig, MarketPublication, State, VenueRequest,
    VenueRequestKind,
};
use crate::tape::TapeWriter;

/// What a command is answered with.
pub type Answer = Result<CommandReply, EngineError>;

/// What waits until the records of its batch are durable. `R` is where an answer goes.
#[derive(Debug)]
pub struct Effects<R> {
    /// For the sinks, with their journal sequences.
    pub outcomes: Vec<(u64, Outcome)>,
    /// Requests that may leave for venues.
    pub requests: Vec<VenueRequest>,
    /// Answers to commands.
    pub replies: Vec<(R, Answer)>,
    /// The state after the batch, to be written as a snapshot of the journal's head.
    pub snapshot: Option<Vec<u8>>,
}

impl<R> Default for Effects<R> {
    fn default() -> Self {
        Self {
            outcomes: Vec::new(),
            requests: Vec::new(),
            replies: Vec::new(),
            snapshot: None,
        }
    }
}

/// A kernel with what came of it and is not handed on yet.
pub struct Core<R> {
    kernel: Kernel,
    next_seq: u64,
    last_snapshot: u64,
    records: Vec<OwnedRecord>,
    bytes: usize,
    outcomes: Vec<(u64, Outcome)>,
    requests: Vec<VenueRequest>,
    replies: Vec<(R, Answer)>,
    actions: Actions,
    tape: Option<TapeWriter>,
}

impl<R> Core<R> {
    /// On a recovered state.
    #[must_use]
    pub fn new(config: KernelConfig, state: State, report: &RecoveryReport) -> Self {
        Self {
            kernel: Kernel::new(config, state),
            next_seq: report.head.seq + 1,
            last_snapshot: report.snapshot_seq,
            records: Vec::new(),
            bytes: 0,
            outcomes: Vec::new(),
            requests: Vec::new(),
            replies: Vec::new(),
            actions: Actions::default(),
            tape: None,
        }
    }

    /// Records from now on what the kernel consumes.
    pub fn record_on(&mut self, tape: TapeWriter) {
        self.tape = Some(tape);
    }

    /// Ends the tape in order, if there is one.
    pub fn end_tape(&mut self) {
        if let Some(tape) = self.tape.take() {
            tape.finish();
        }
    }

    /// The kernel, for queries.
    #[must_use]
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// Bytes of the records that wait.
    #[must_use]
    pub fn waiting_bytes(&self) -> usize {
        self.bytes
    }

    /// Sequence of the last record made, those that wait included.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.next_seq - 1
    }

    /// Records since the last snapshot, those that wait included.
    #[must_use]
    pub fn since_snapshot(&self) -> u64 {
        self.next_seq.saturating_sub(self.last_snapshot + 1)
    }

    /// Handles an event that nobody waits for. Market publications rest on nothing durable and go out at once.
    ///
    /// # Errors
    /// A record that does not encode; the journal must then be treated as down.
    pub fn handle(
        &mut self,
        event: &Event,
        publish: &mut dyn FnMut(&Kernel, &MarketPublication),
    ) -> Result<(), String> {
        if let Some(tape) = &mut self.tape {
            tape.event(event);
        }
        let before = self.next_seq;
        self.actions.clear();
        self.kernel.process(event, &mut self.actions);
        for publication in &self.actions.publications {
            publish(&self.kernel, publication);
        }
        self.requests.append(&mut self.actions.venue_requests);
        let ts = self.kernel.now().0;
        for record in self.actions.records.drain(..) {
            let (kind, version) = (record.kind() as u16, record.version());
            let payload = record.encode().map_err(|error| error.to_string())?;
            self.bytes += payload.len();
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
        if let Some(tape) = &mut self.tape
            && self.next_seq > before
        {
            tape.records(self.next_seq - 1);
        }
        Ok(())
    }

    /// Handles a command; its answer waits with its records.
    ///
    /// # Errors
    /// As [`Core::handle`]; the reply is then answered by [`Core::journal_down`].
    pub fn command(
        &mut self,
        envelope: CommandEnvelope,
        reply: R,
        publish: &mut dyn FnMut(&Kernel, &MarketPublication),
    ) -> Result<(), String> {
        let handled = self.handle(&Event::Command(Box::new(envelope)), publish);
        let answer = self.actions.reply.take().unwrap_or(Ok(CommandReply::Done));
        self.replies.push((reply, answer.map_err(EngineError::from)));
        handled
    }

    /// A command while the journal is down: cancels and the kill switch take effect in memory, and the cancels that
    /// leave for venues are returned; the kill switch is kept by `emergency` as well. Every other command is answered
    /// with [`EngineError::JournalDown`], and nothing but cancels leaves.
    pub fn command_while_down(
        &mut self,
        envelope: CommandEnvelope,
        reason: &str,
        emergency: impl FnOnce(&[u8]) -> Result<(), JournalError>,
    ) -> (Answer, Vec<VenueRequest>) {
        match &envelope.command {
            Command::EngageKillSwitch { .. } => {
                let bytes = Record::Command(envelope.clone()).encode();
                let written = bytes
                    .map_err(|error| error.to_string())
                    .and_then(|bytes| emergency(&bytes).map_err(|error| error.to_string()));
                if let Err(error) = written {
                    tracing::error!(%error, "the emergency side file could not be written");
                }
            }
            Command::CancelOrder { .. } | Command::CancelAll { .. } => {}
            _ => return (Err(EngineError::JournalDown(reason.to_owned())), Vec::new()),
        }
        self.actions.clear();
        self.kernel
            .process(&Event::Command(Box::new(envelope)), &mut self.actions);
        let answer = self.actions.reply.take().unwrap_or(Ok(CommandReply::Done));
        let mut cancels = std::mem::take(&mut self.actions.venue_requests);
        // The flattening orders of a kill switch are not durable: they leave when it is carried out again at the start.
        cancels.retain(|request| matches!(request.kind, VenueRequestKind::Cancel { .. }));
        (answer.map_err(EngineError::from), cancels)
    }

    /// Takes what came together; `None` when that is nothing. With `with_snapshot` the state goes with it.
    pub fn take_batch(&mut self, with_snapshot: bool) -> Option<(Vec<OwnedRecord>, Effects<R>)> {
        let snapshot = (with_snapshot && self.since_snapshot() > 0)
            .then(|| self.kernel.state().to_snapshot().ok())
            .flatten();
        let nothing = self.records.is_empty() && self.requests.is_empty() && self.replies.is_empty();
        if nothing && snapshot.is_none() {
            return None;
        }
        if snapshot.is_some() {
            self.last_snapshot = self.next_seq - 1;
        }
        self.bytes = 0;
        let effects = Effects {
            outcomes: std::mem::take(&mut self.outcomes),
            requests: std::mem::take(&mut self.requests),
            replies: std::mem::take(&mut self.replies),
            snapshot,
        };
        Some((std::mem::take(&mut self.records), effects))
    }

    /// The journal is down: nothing is matched any more, what waited is dropped. Returns who is to be told.
    pub fn journal_down(&mut self) -> Vec<R> {
        if let Some(mut tape) = self.tape.take() {
            tape.gap("the journal was down");
            tape.finish();
        }
        self.kernel.freeze();
        self.records.clear();
        self.bytes = 0;
        self.outcomes.clear();
        self.requests.clear();
        self.replies.drain(..).map(|(reply, _)| reply).collect()
    }
}
