//! What strikes at times of its own: crashes, disks, clocks, partitions; and how the process comes back.

use tradewind_engine::Event;
use tradewind_engine::runtime::StartError;
use tradewind_journal::disk::FaultPlan;
use tradewind_journal::emergency;
use tradewind_types::record::Command;

use super::node::{Item, Process, Released, dir};
use super::swarm::{Fault, Mutation};
use super::world::{Answered, Ev, MS, OPERATOR, S, World};

impl World {
    pub(super) fn strike(&mut self, fault: Fault) -> Result<(), String> {
        if self.calm {
            return Ok(());
        }
        if fault == Fault::Bust {
            let mut reports = Vec::new();
            if self.venue.bust(self.now, &mut self.fate, &mut reports) {
                self.note(fault);
            }
            for report in reports {
                self.send_report(report, None, self.generation);
            }
            return Ok(());
        }
        self.note(fault);
        let next = self.disk.operations() + 1 + self.fate.below(6);
        let plan = FaultPlan::default();
        match fault {
            Fault::Kill | Fault::PowerCut => self.set_fuse(fault),
            Fault::KillInWrite => {
                self.power_next = false;
                self.disk.set_faults(FaultPlan {
                    killed_after: Some(next),
                    ..plan
                });
            }
            Fault::PowerCutInWrite => {
                self.power_next = true;
                self.disk.set_faults(FaultPlan {
                    power_cut_at: Some(next),
                    ..plan
                });
            }
            Fault::IoError => {
                self.disk.set_faults(FaultPlan {
                    io_error_at: Some(next),
                    ..plan
                });
                self.at(3 * S, Ev::Alarm);
                self.at(8 * S, Ev::Heal(fault));
            }
            Fault::NoSpace => {
                let space_bytes = Some(self.fate.below(20_000));
                self.disk.set_faults(FaultPlan { space_bytes, ..plan });
                self.at(3 * S, Ev::Alarm);
                self.at(8 * S, Ev::Heal(fault));
            }
            Fault::BitFlip => {
                self.flip_next = true;
                self.set_fuse(Fault::Kill);
            }
            Fault::CrashInRecovery => {
                self.crash_in_recovery = true;
                let how = if self.fate.per_mille(500) {
                    Fault::Kill
                } else {
                    Fault::PowerCut
                };
                self.set_fuse(how);
            }
            Fault::Partition => {
                self.partitioned = true;
                let lasts = self.fate.between(1_000, 25_000) * MS;
                self.at(lasts, Ev::Heal(fault));
            }
            // What it has not answered it forgets: what is on its way to it and from it is gone.
            Fault::VenueRestart => self.forget_network(),
            Fault::FeedGap => {
                self.feed_gap = true;
                let lasts = self.fate.between(500, 40_000) * MS;
                self.at(lasts, Ev::Heal(fault));
            }
            Fault::ClockAhead => {
                let ahead = self.fate.between(1_000, 40_000) * MS;
                self.set_skew(i64::try_from(ahead).unwrap_or(0));
                self.at(self.now % (5 * S) + S, Ev::Heal(fault));
            }
            Fault::ClockBack => {
                let back = self.fate.between(1_000, 40_000) * MS;
                self.set_skew(-i64::try_from(back).unwrap_or(0));
                self.at(self.now % (5 * S) + S, Ev::Heal(fault));
            }
            _ => {}
        }
        Ok(())
    }

    /// Who sees that nothing is written any more stops trading, more often than not.
    pub(super) fn alarm(&mut self) -> Result<(), String> {
        let down = self.process.as_ref().is_some_and(|p| p.down.is_some());
        if self.calm || !down || self.waits(OPERATOR) || self.fate.per_mille(300) {
            return Ok(());
        }
        let number = self.next_number(OPERATOR);
        let command = Command::EngageKillSwitch {
            account: None,
            flatten: self.fate.per_mille(300),
            reason: "the journal is down".to_owned(),
        };
        self.ask(OPERATOR, number, command);
        Ok(())
    }

    pub(super) fn heal(&mut self, fault: Fault) -> Result<(), String> {
        match fault {
            Fault::Partition => self.partitioned = false,
            Fault::FeedGap if self.feed_gap => {
                self.feed_gap = false;
                self.resume_feed();
            }
            Fault::ClockAhead | Fault::ClockBack => self.set_skew(0),
            // A person mends the disk and starts the program again, if it needs that.
            Fault::NoSpace | Fault::IoError => {
                self.disk.set_faults(FaultPlan::default());
                if self.process.as_ref().is_some_and(|p| p.down.is_some()) {
                    self.power_next = false;
                    return self.die();
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The process is gone, with everything in its memory; the disk keeps what it keeps.
    pub(super) fn die(&mut self) -> Result<(), String> {
        let power = std::mem::take(&mut self.power_next);
        self.crashes += 1;
        self.trace(|| {
            if power {
                "the power is cut".to_owned()
            } else {
                "the process dies".to_owned()
            }
        });
        self.process = None;
        self.clear_fuse();
        self.generation += 1;
        self.pending.clear();
        self.forget_plans();
        if power {
            self.disk.power_cycle();
        } else {
            self.disk.kill();
        }
        let away = self.fate.between(200, 6_000) * MS;
        self.at(away, Ev::Restart);
        Ok(())
    }

    pub(super) fn restart(&mut self) -> Result<(), String> {
        if self.process.is_some() {
            return Ok(());
        }
        if std::mem::take(&mut self.flip_next) && self.witness_is_up_to_date() {
            self.flip_a_bit()?;
        }
        if std::mem::take(&mut self.crash_in_recovery) && !self.calm {
            let next = self.disk.operations() + 1 + self.fate.below(9);
            self.power_next = self.fate.per_mille(500);
            self.disk.set_faults(if self.power_next {
                FaultPlan {
                    power_cut_at: Some(next),
                    ..FaultPlan::default()
                }
            } else {
                FaultPlan {
                    killed_after: Some(next),
                    ..FaultPlan::default()
                }
            });
        }
        let (process, emergencies, head) =
            match Process::start(&self.disk, &self.kernel, self.config.mutation) {
                Ok(started) => started,
                Err(_) if self.disk.is_dark() => return self.die(),
                // The disk fails at the start as well: a person looks after it and starts again.
                Err(StartError::Journal(tradewind_journal::JournalError::Io { .. })) => return self.die(),
                Err(error) => return Err(format!("the engine does not start: {error}")),
            };
        self.trace(|| format!("the process is started at {head}"));
        self.oracle
            .recovered(process.core.kernel().state(), head, &self.disk)?;
        self.process = Some(process);
        if !emergencies.is_empty() && self.config.mutation != Some(Mutation::ForgetsEmergency) {
            let clock = tradewind_types::UnixNanos(self.clock());
            for mut envelope in emergencies {
                envelope.ts = clock;
                if let Some(process) = &mut self.process {
                    process.handle(Item::Event(Event::Command(Box::new(envelope))), &self.disk);
                }
            }
            // As the engine's thread does: one snapshot, with nothing behind it in the same commit.
            if let Some(process) = &mut self.process {
                process.submit(true);
            }
            self.commit()?;
        }
        let down = self.process.as_ref().is_none_or(|p| p.down.is_some());
        if !down && let Err(error) = emergency::clear_on(&self.disk, &dir()) {
            if self.disk.is_dark() {
                return self.die();
            }
            self.trace(|| format!("the side file stays: {error}"));
        }
        if !down {
            for account in std::mem::take(&mut self.kept) {
                if !self.oracle.is_killed(account.as_ref()) {
                    return Err(
                        "a kill switch engaged while the journal was down is not engaged after it".to_owned(),
                    );
                }
            }
        }
        if self.process.is_some() {
            self.start_timer();
            self.resume_feed();
        }
        Ok(())
    }

    /// Whether the witness knows all that was told. After a power cut it may lag, and when the disk refused to write it:
    /// damage to the last group is then a known limit, not a finding.
    fn witness_is_up_to_date(&self) -> bool {
        let witness = tradewind_journal::witness_on(&self.disk, &dir()).ok();
        let head = witness.and_then(|w| w.head());
        head.map_or(0, |head| head.seq) >= self.oracle.told_seq()
    }

    /// A bit of a file flips while nobody looks. It is noticed, or it did no harm.
    fn flip_a_bit(&mut self) -> Result<(), String> {
        let names = self.disk.names(&dir());
        let Some(path) = self.fate.pick(&names).cloned() else {
            return Ok(());
        };
        let Some(whole) = self.disk.bytes(&path).filter(|b| !b.is_empty()) else {
            return Ok(());
        };
        // The side file is read entry by entry: a damaged entry is stepped over and counted, as it says.
        if path.ends_with(emergency::EMERGENCY_FILE) {
            return Ok(());
        }
        let at = usize::try_from(self.fate.below(whole.len() as u64)).unwrap_or(0);
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << self.fate.below(8);
        self.disk.tamper(&path, Some(damaged));
        self.trace(|| format!("bit flip in {} at {at} of {}", path.display(), whole.len()));
        match Process::start(&self.disk, &self.kernel, None) {
            Err(StartError::Journal(_)) => {
                self.disk.tamper(&path, Some(whole));
                Ok(())
            }
            Err(other) => Err(format!("a bit flip went unnoticed until the fold: {other}")),
            Ok((process, _, head)) => {
                // Nothing was lost, or the restart behind this says so.
                drop(process);
                if head.seq < self.oracle.told_seq() {
                    return Err(format!(
                        "a bit flip in {} at {at} lost acknowledged records",
                        path.display()
                    ));
                }
                Ok(())
            }
        }
    }

    /// What a commit let go, effect by effect; the process can die between any two.
    pub(super) fn release(&mut self, released: Released) -> Result<(), String> {
        let Released { head, effects } = released;
        for (seq, outcome) in &effects.outcomes {
            self.trace_outcome(*seq, outcome);
        }
        self.oracle.durable(&effects.outcomes)?;
        if self.burn() {
            return self.die();
        }
        self.send_requests(effects.requests)?;
        if self.burn() {
            return self.die();
        }
        for (ticket, answer) in effects.replies {
            let answered = match answer {
                Ok(reply) => {
                    self.oracle.acknowledged(&reply)?;
                    Answered::Done
                }
                Err(tradewind_engine::EngineError::Rejected(error)) => Answered::Refused(error),
                Err(_) => Answered::TryAgain,
            };
            self.send_answer(ticket, answered);
            if self.burn() {
                return self.die();
            }
        }
        if let Some(bytes) = effects.snapshot {
            let written =
                tradewind_journal::snapshot::write_on(&self.disk, &dir(), head.seq, head.hash, &bytes);
            if self.disk.is_dark() {
                return self.die();
            }
            if let Err(error) = written {
                self.trace(|| format!("a snapshot could not be written: {error}"));
            }
        }
        Ok(())
    }
}
