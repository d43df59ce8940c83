//! Faults, and the mixture that a seed draws of them.

use super::dice::Dice;

/// Everything that can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Fault {
    /// A request to the venue is lost on the way.
    RequestLost,
    /// A request is late, and may be overtaken.
    RequestLate,
    /// A request arrives twice.
    RequestTwice,
    /// A report of the venue is lost.
    ReportLost,
    /// A report is late, and may be overtaken.
    ReportLate,
    /// A report arrives twice.
    ReportTwice,
    /// Nothing reaches the venue or comes from it for a while.
    Partition,
    /// The venue refuses an order.
    VenueRejects,
    /// The venue carries a request out (or not) and its answer never comes.
    AmbiguousTimeout,
    /// The venue restarts: what it has not answered it forgets.
    VenueRestart,
    /// An execution that came before a cancel is reported after it.
    FillAfterCancel,
    /// The venue takes an execution back.
    Bust,
    /// A command of a client is lost.
    CommandLost,
    /// A command of a client arrives twice.
    CommandTwice,
    /// The answer to a client is lost; the client asks again.
    AnswerLost,
    /// The market feed is interrupted.
    FeedGap,
    /// The process is killed between two effects.
    Kill,
    /// The process is killed in the middle of writing.
    KillInWrite,
    /// The power goes between two effects: what was not synced is lost or torn.
    PowerCut,
    /// The power goes in the middle of writing.
    PowerCutInWrite,
    /// The process dies again while it recovers.
    CrashInRecovery,
    /// The disk is full.
    NoSpace,
    /// The disk fails an operation.
    IoError,
    /// A bit of a file flips while the process is down.
    BitFlip,
    /// The clock jumps ahead.
    ClockAhead,
    /// The clock jumps back.
    ClockBack,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 26] = [
        Fault::RequestLost,
        Fault::RequestLate,
        Fault::RequestTwice,
        Fault::ReportLost,
        Fault::ReportLate,
        Fault::ReportTwice,
        Fault::Partition,
        Fault::VenueRejects,
        Fault::AmbiguousTimeout,
        Fault::VenueRestart,
        Fault::FillAfterCancel,
        Fault::Bust,
        Fault::CommandLost,
        Fault::CommandTwice,
        Fault::AnswerLost,
        Fault::FeedGap,
        Fault::Kill,
        Fault::KillInWrite,
        Fault::PowerCut,
        Fault::PowerCutInWrite,
        Fault::CrashInRecovery,
        Fault::NoSpace,
        Fault::IoError,
        Fault::BitFlip,
        Fault::ClockAhead,
        Fault::ClockBack,
    ];

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Fault::RequestLost => "request lost",
            Fault::RequestLate => "request late",
            Fault::RequestTwice => "request twice",
            Fault::ReportLost => "report lost",
            Fault::ReportLate => "report late",
            Fault::ReportTwice => "report twice",
            Fault::Partition => "partition",
            Fault::VenueRejects => "venue rejects",
            Fault::AmbiguousTimeout => "ambiguous timeout",
            Fault::VenueRestart => "venue restart",
            Fault::FillAfterCancel => "fill after cancel",
            Fault::Bust => "fill bust",
            Fault::CommandLost => "command lost",
            Fault::CommandTwice => "command twice",
            Fault::AnswerLost => "answer lost",
            Fault::FeedGap => "feed gap",
            Fault::Kill => "kill",
            Fault::KillInWrite => "kill in a write",
            Fault::PowerCut => "power cut",
            Fault::PowerCutInWrite => "power cut in a write",
            Fault::CrashInRecovery => "crash in recovery",
            Fault::NoSpace => "disk full",
            Fault::IoError => "disk error",
            Fault::BitFlip => "bit flip",
            Fault::ClockAhead => "clock ahead",
            Fault::ClockBack => "clock back",
        }
    }

    /// Whether the process dies of it.
    pub(crate) fn is_crash(self) -> bool {
        matches!(
            self,
            Fault::Kill | Fault::KillInWrite | Fault::PowerCut | Fault::PowerCutInWrite
        )
    }

    /// Whether it strikes at a time of its own, rather than at a message.
    pub(crate) fn is_planned(self) -> bool {
        self.is_crash()
            || matches!(
                self,
                Fault::Partition
                    | Fault::VenueRestart
                    | Fault::Bust
                    | Fault::FeedGap
                    | Fault::CrashInRecovery
                    | Fault::NoSpace
                    | Fault::IoError
                    | Fault::BitFlip
                    | Fault::ClockAhead
                    | Fault::ClockBack
            )
    }
}

/// Bugs that can be built in around the core, to prove that they are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// The disk says that it has synced, and has not.
    SyncLies,
    /// Answers and requests leave before the journal is durable.
    ReleasesEarly,
    /// The venue client sends an order again when its answer does not come.
    SendsAgain,
    /// The venue client loses the fee of an execution.
    DropsFee,
    /// The venue client gives a repeated report of an execution a new id.
    RenamesFills,
    /// Recovery believes the snapshot and forgets what came behind it.
    ForgetsTail,
    /// A kill switch that was kept while the journal was down is not carried out at the start.
    ForgetsEmergency,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Mutation; 7] = [
        Mutation::SyncLies,
        Mutation::ReleasesEarly,
        Mutation::SendsAgain,
        Mutation::DropsFee,
        Mutation::RenamesFills,
        Mutation::ForgetsTail,
        Mutation::ForgetsEmergency,
    ];
}

/// A seed's mixture.
#[derive(Debug, Clone)]
pub(crate) struct Swarm {
    /// Chance in a thousand per message, for faults that strike at messages; strikes in all, for planned ones.
    rate: [u64; Fault::ALL.len()],
}

impl Swarm {
    /// Every fault is on in about half of the seeds; always at least one crash and three other kinds.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let mut rate = [0; Fault::ALL.len()];
        for fault in Fault::ALL {
            if dice.per_mille(500) {
                rate[fault as usize] = Self::strength(fault, dice);
            }
        }
        let crashes = [
            Fault::Kill,
            Fault::KillInWrite,
            Fault::PowerCut,
            Fault::PowerCutInWrite,
        ];
        if crashes.iter().all(|c| rate[*c as usize] == 0)
            && let Some(crash) = dice.pick(&crashes)
        {
            rate[*crash as usize] = 1;
        }
        // Faults at messages may be so rare that they never strike; of these, two are sure to.
        for fault in [Fault::ClockAhead, Fault::FeedGap, Fault::Partition] {
            let sure = [Fault::ClockAhead, Fault::FeedGap, Fault::Partition];
            if sure.iter().filter(|f| rate[**f as usize] > 0).count() < 2 {
                rate[fault as usize] = 1;
            }
        }
        Self { rate }
    }

    fn strength(fault: Fault, dice: &mut Dice) -> u64 {
        if fault.is_planned() {
            return dice.between(1, 2);
        }
        let often = [5, 20, 60, 150];
        dice.pick(&often).copied().unwrap_or(20)
    }

    /// Whether a fault strikes at this message.
    pub(crate) fn strikes(&self, fault: Fault, dice: &mut Dice) -> bool {
        dice.per_mille(self.rate[fault as usize])
    }

    /// How often a planned fault strikes.
    pub(crate) fn strikes_in_all(&self, fault: Fault) -> u64 {
        if fault.is_planned() {
            self.rate[fault as usize]
        } else {
            0
        }
    }

    /// Everything off.
    pub(crate) fn calm(&mut self) {
        self.rate = [0; Fault::ALL.len()];
    }
}
