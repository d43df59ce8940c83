//! The world: events by (time, number), worked off in order in one thread.

use std::collections::{BTreeMap, HashSet, VecDeque};

use rust_decimal::Decimal;
use tradewind_engine::kernel::{Capabilities, KernelConfig, VenueRequest};
use tradewind_engine::{CommandError, EngineError, Event};
use tradewind_journal::MemDisk;
use tradewind_types::market::MarketEvent;
use tradewind_types::record::{CommandEnvelope, VenueReport};
use tradewind_types::{OrderState, UnixNanos};

use super::clients::{Asked, Client, may_repeat};
use super::coverage::{Coverage, STATES};
use super::dice::Dice;
use super::listing::{self, START_NS, envelope};
use super::node::{Item, Process, Ticket};
use super::oracle::Oracle;
use super::swarm::{Fault, Mutation, Swarm};
use super::venue::Venue;
use super::{Broken, ChaosConfig, SeedReport};

pub(crate) const MS: u64 = 1_000_000;
pub(crate) const S: u64 = 1_000 * MS;
const CLIENTS: usize = 3;
/// The client that sets the world up and winds it down.
pub(crate) const OPERATOR: usize = CLIENTS;
/// Events kept for a report of a break.
const TRAIL: usize = 40;
/// How long a client waits for an answer.
const PATIENCE_NS: u64 = 3 * S;
/// Records between two snapshots.
const SNAPSHOT_EVERY: u64 = 800;
/// A seed that needs more events than this hangs.
const STEPS_MAX: u64 = 400_000;
/// Orders from which a seed is a whole one, and the kinds of fault that strike in each of those.
const WHOLE_ORDERS: u32 = 500;
const KINDS_MIN: usize = 3;

/// What a client is answered.
#[derive(Debug, Clone)]
pub(crate) enum Answered {
    Done,
    Refused(CommandError),
    TryAgain,
}

/// An event of the world.
#[derive(Debug, Clone)]
pub(crate) enum Ev {
    /// The engine thread takes what waits.
    Poll,
    /// The engine thread wakes because time passes; of the process of this generation.
    Timer(u64),
    /// The journal's writer takes what waits.
    Commit,
    /// The market of a listing moves.
    Tick(usize),
    /// A client looks at what it waits for.
    Turn(usize),
    Command(Box<CommandEnvelope>, Ticket),
    Answer(Ticket, Answered),
    Request(u64, u64, Box<VenueRequest>),
    Report(Option<u64>, u64, Box<VenueReport>),
    Timeout(u64, u64),
    /// The person who looks after the program notices that its journal is down.
    Alarm,
    /// A planned fault.
    Strike(Fault),
    /// A fault is over.
    Heal(Fault),
    /// The process is started again.
    Restart,
}

/// See the module.
pub(crate) struct World {
    pub(super) config: ChaosConfig,
    seed: u64,
    /// Whether the last events are written down; a run that breaks is repeated with them.
    tracing: bool,
    pub(super) now: u64,
    number: u64,
    pub(super) steps: u64,
    events: BTreeMap<(u64, u64), Ev>,
    trail: VecDeque<(u64, String)>,
    pub(super) swarm: Swarm,
    pub(super) net: Dice,
    pub(super) market: Dice,
    people: Dice,
    pub(super) fate: Dice,
    pub(super) kernel: KernelConfig,
    pub(super) disk: MemDisk,
    pub(super) process: Option<Process>,
    pub(super) generation: u64,
    commit_planned: bool,
    pub(super) oracle: Oracle,
    pub(super) venue: Venue,
    pub(super) pending: BTreeMap<u64, VenueRequest>,
    pub(super) seen: HashSet<u64>,
    pub(super) tokens: u64,
    pub(super) partitioned: bool,
    pub(super) feed_gap: bool,
    skew: i64,
    clients: Vec<Client>,
    pub(super) people_done: bool,
    pub(super) calm: bool,
    /// Effects until the process dies.
    fuse: Option<(u64, Fault)>,
    /// Whether what dies next dies of a power cut.
    pub(super) power_next: bool,
    pub(super) flip_next: bool,
    pub(super) crash_in_recovery: bool,
    pub(super) crashes: u64,
    pub(super) coverage: Coverage,
    /// Kill switches that the side file holds.
    pub(super) kept: Vec<Option<tradewind_types::AccountId>>,
}

impl World {
    pub(crate) fn new(seed: u64, config: ChaosConfig, tracing: bool) -> Self {
        let mut dice = Dice::new(seed ^ 0x7472_6164_6577_696e);
        let swarm = Swarm::draw(&mut dice);
        let deposit = Decimal::from(*dice.pick(&[5_000u64, 20_000, 1_000_000]).unwrap_or(&20_000));
        let live: Vec<_> = listing::accounts().into_iter().filter(listing::is_live).collect();
        let modify = Capabilities {
            modify: true,
            ..Capabilities::BASIC
        };
        let kernel = KernelConfig {
            reconcile_interval_ns: 20 * S,
            equity_interval_ns: 30 * S,
            paper_capabilities: if dice.per_mille(300) {
                modify
            } else {
                Capabilities::ALL
            },
            live_capabilities: [(listing::venue(), modify)].into(),
            bars_max: 20,
            trades_max: 20,
            ..KernelConfig::default()
        };
        let mut world = Self {
            seed,
            tracing,
            now: START_NS,
            number: 0,
            steps: 0,
            events: BTreeMap::new(),
            trail: VecDeque::new(),
            swarm,
            net: dice.split(),
            market: dice.split(),
            people: dice.split(),
            kernel,
            disk: MemDisk::new(dice.seed()),
            process: None,
            generation: 0,
            commit_planned: false,
            oracle: Oracle::new(),
            venue: Venue::new(listing::instruments(), &live, deposit),
            pending: BTreeMap::new(),
            seen: HashSet::new(),
            tokens: 0,
            partitioned: false,
            feed_gap: false,
            skew: 0,
            clients: (0..=CLIENTS).map(|_| Client::default()).collect(),
            people_done: false,
            calm: false,
            fuse: None,
            power_next: false,
            flip_next: false,
            crash_in_recovery: false,
            crashes: 0,
            coverage: Coverage::default(),
            kept: Vec::new(),
            fate: dice.split(),
            config,
        };
        world.open(deposit);
        world
    }

    /// Sets up accounts without faults, then plans what strikes when.
    fn open(&mut self, deposit: Decimal) {
        self.at(0, Ev::Restart);
        for slot in 0..self.venue.markets() {
            self.at(slot as u64 * 37 * MS, Ev::Tick(slot));
        }
        for (at, command) in listing::opening(deposit).into_iter().enumerate() {
            let ticket = (OPERATOR, u64::MAX);
            self.at(
                (at as u64 + 1) * MS,
                Ev::Command(Box::new(envelope(command)), ticket),
            );
        }
        for client in 0..CLIENTS {
            self.at(3 * S + client as u64 * 11 * MS, Ev::Turn(client));
        }
        // By experience a client's round takes about 350 ms and brings one or two orders; strikes come while orders do.
        let busy = u64::from(self.config.orders) * 60 * MS;
        for fault in Fault::ALL {
            for _ in 0..self.swarm.strikes_in_all(fault) {
                let when = 4 * S + self.fate.below(busy.max(1));
                self.at(when, Ev::Strike(fault));
            }
        }
    }

    pub(super) fn at(&mut self, after: u64, event: Ev) {
        self.number += 1;
        self.events.insert((self.now + after, self.number), event);
    }

    /// The engine's clock.
    pub(super) fn clock(&self) -> u64 {
        self.now.saturating_add_signed(self.skew)
    }

    pub(super) fn strikes(&mut self, fault: Fault) -> bool {
        let strikes = !self.calm && self.swarm.strikes(fault, &mut self.net);
        if strikes {
            self.note(fault);
        }
        strikes
    }

    /// Counts a fault with the states that it meets.
    pub(super) fn note(&mut self, fault: Fault) {
        let states = self.states();
        self.coverage.strike(fault, states);
        self.trace(|| format!("fault: {}", fault.name()));
    }

    pub(super) fn trace(&mut self, line: impl FnOnce() -> String) {
        if !self.tracing {
            return;
        }
        if self.trail.len() >= TRAIL {
            self.trail.pop_front();
        }
        self.trail.push_back((self.now - START_NS, line()));
    }

    /// Bits of [`STATES`].
    fn states(&self) -> u32 {
        let bit = |name: &str| 1u32 << STATES.iter().position(|s| *s == name).unwrap_or(0);
        let mut found = 0;
        if self.oracle.is_killed(None) {
            found |= bit("killed");
        }
        let Some(process) = &self.process else {
            return if found == 0 { bit("idle") } else { found };
        };
        for order in process.core.kernel().accounts().flat_map(|a| a.orders.open()) {
            found |= match order.state {
                OrderState::Initialized => bit("waiting child"),
                OrderState::Submitted => bit("submitted"),
                OrderState::Triggered => bit("triggered"),
                OrderState::PendingModify => bit("modifying"),
                OrderState::PendingCancel => bit("canceling"),
                OrderState::PartiallyFilled => bit("part-filled"),
                OrderState::Unknown => bit("unknown"),
                _ => bit("accepted"),
            };
        }
        if process.core.kernel().accounts().any(|a| !a.slices.is_idle()) {
            found |= bit("sliced");
        }
        if !process.waiting.is_empty() {
            found |= bit("uncommitted");
        }
        if process.down.is_some() {
            found |= bit("journal down");
        }
        if found == 0 { bit("idle") } else { found }
    }

    /// Works everything off; stops at the first break.
    pub(crate) fn run(mut self) -> SeedReport {
        let mut result = self.work_off();
        if result.is_ok() && self.is_tame() {
            result = Err(format!(
                "the seed had {} crashes and {} kinds of fault: the test world is too tame",
                self.crashes,
                self.coverage.kinds()
            ));
        }
        let broken = result.err().map(|what| Broken {
            seed: self.seed,
            step: self.steps,
            what,
            trail: self
                .trail
                .iter()
                .map(|(at, line)| format!("{:>9} ms  {line}", at / MS))
                .collect(),
        });
        SeedReport {
            seed: self.seed,
            steps: self.steps,
            orders: self.orders(),
            fills: self.oracle.fills,
            crashes: self.crashes,
            digest: self.oracle.told_seq() ^ self.now.rotate_left(20) ^ self.number.rotate_left(44),
            coverage: self.coverage,
            broken,
        }
    }

    pub(super) fn orders(&self) -> u64 {
        self.clients.iter().map(|c| c.orders.len() as u64).sum()
    }

    /// Whether what is planned for every seed has not struck yet: a crash, and three kinds of fault in a whole one.
    fn is_tame(&self) -> bool {
        self.crashes == 0 || (self.coverage.kinds() < KINDS_MIN && self.config.orders >= WHOLE_ORDERS)
    }

    fn work_off(&mut self) -> Result<(), String> {
        while !self.people_done || self.is_tame() || self.clients.iter().any(|c| c.asked.is_some()) {
            self.step()?;
        }
        self.wind_down()
    }

    /// Works off events until a time.
    pub(super) fn pass(&mut self, ns: u64) -> Result<(), String> {
        let until = self.now + ns;
        while self
            .events
            .first_key_value()
            .is_some_and(|((at, _), _)| *at <= until)
        {
            self.step()?;
        }
        self.now = until;
        Ok(())
    }

    fn step(&mut self) -> Result<(), String> {
        let Some(((at, _), event)) = self.events.pop_first() else {
            return Err("nothing happens any more".to_owned());
        };
        self.now = at;
        self.steps += 1;
        if self.steps > STEPS_MAX {
            let asked: Vec<_> = self.clients.iter().filter_map(|c| c.asked.as_ref()).collect();
            return Err(format!("no end after {STEPS_MAX} events; waiting: {asked:?}"));
        }
        match event {
            Ev::Poll => self.poll(),
            Ev::Timer(generation) => {
                if generation == self.generation {
                    let pause = if self.calm { 1_000 } else { 100 };
                    self.at(pause * MS, Ev::Timer(generation));
                    return self.poll();
                }
                Ok(())
            }
            Ev::Commit => self.commit(),
            Ev::Tick(slot) => self.tick(slot),
            Ev::Turn(client) => self.turn(client),
            Ev::Command(envelope, ticket) => {
                self.deliver(Item::Command(*envelope, ticket));
                Ok(())
            }
            Ev::Answer(ticket, answered) => self.answered(ticket, &answered),
            Ev::Request(token, generation, request) => {
                self.trace(|| format!("at the venue: {}", shown(&request)));
                self.at_venue(token, generation, &request);
                Ok(())
            }
            Ev::Report(answer, generation, report) => {
                self.at_client(answer, generation, *report);
                Ok(())
            }
            Ev::Timeout(token, generation) => self.unanswered(token, generation),
            Ev::Alarm => self.alarm(),
            Ev::Strike(fault) => self.strike(fault),
            Ev::Heal(fault) => self.heal(fault),
            Ev::Restart => self.restart(),
        }
    }

    /// Into the engine's inbox; nobody is there while the process is down.
    pub(super) fn deliver(&mut self, item: Item) {
        let Some(process) = &mut self.process else { return };
        let first = process.inbox.is_empty();
        process.inbox.push(item);
        if first {
            self.at(MS, Ev::Poll);
        }
    }

    /// One round of the engine thread. The process can die between any two events.
    fn poll(&mut self) -> Result<(), String> {
        let clock = UnixNanos(self.clock());
        let Some(process) = &mut self.process else {
            return Ok(());
        };
        let mut items = std::mem::take(&mut process.inbox);
        // Commands first, then what the market and the venue say, then time.
        items.sort_by_key(|item| !matches!(item, Item::Command(..)));
        items.push(Item::Event(Event::Timer(clock)));
        for mut item in items {
            if self.burn() {
                return self.die();
            }
            if let Item::Command(envelope, _) = &mut item {
                envelope.ts = clock;
            }
            self.trace_item(&item);
            self.handle(item)?;
        }
        self.end_of_round()
    }

    pub(super) fn trace_outcome(&mut self, seq: u64, outcome: &tradewind_types::record::Outcome) {
        use tradewind_types::record::Outcome as O;
        match outcome {
            O::Order(event) => self.trace(|| {
                let mut text = format!("{:?}", event.kind);
                text.truncate(140);
                format!(
                    "durable {seq}: {} {} {text}",
                    event.account, event.client_order_id
                )
            }),
            O::Slice(slice) => self.trace(|| {
                let mut text = format!("{:?}", slice.news);
                text.truncate(200);
                format!(
                    "durable {seq}: {} slice of {} {text}",
                    slice.account, slice.parent
                )
            }),
            O::Ledger(entry) => {
                self.trace(|| format!("durable {seq}: {} booked {}", entry.account, entry.key))
            }
            O::KillSwitch(change) => self.trace(|| {
                format!(
                    "durable {seq}: kill switch {:?} {}",
                    change.account, change.engaged
                )
            }),
            O::Reconciliation(done) => self.trace(|| {
                let subjects: Vec<_> = done.differences.iter().map(|d| d.subject.as_str()).collect();
                format!("durable {seq}: {} compared, unlike: {subjects:?}", done.account)
            }),
            _ => {}
        }
    }

    fn trace_item(&mut self, item: &Item) {
        match item {
            Item::Command(envelope, ticket) => self.trace(|| {
                let mut text = format!("{:?}", envelope.command);
                text.truncate(160);
                format!("command {ticket:?}: {text}")
            }),
            Item::Event(Event::Venue(report)) => self.trace(|| {
                let mut text = format!("{:?}", report.news);
                text.truncate(400);
                let id = report.client_order_id.as_ref().map_or("-", |id| id.as_str());
                format!("report of {id}: {text}")
            }),
            Item::Event(_) => {}
        }
    }

    fn handle(&mut self, item: Item) -> Result<(), String> {
        let Some(process) = &mut self.process else {
            return Ok(());
        };
        let engaged = match &item {
            Item::Command(envelope, _) => match &envelope.command {
                tradewind_types::record::Command::EngageKillSwitch { account, .. } => Some(account.clone()),
                _ => None,
            },
            Item::Event(_) => None,
        };
        let immediate = process.handle(item, &self.disk);
        if self.disk.is_dark() {
            return self.die();
        }
        if let Some(immediate) = immediate {
            if immediate.kept && immediate.is_done() {
                self.kept.extend(engaged);
            }
            self.send_requests(immediate.cancels)?;
            let answered = match immediate.answer {
                Ok(_) => Answered::Done,
                Err(EngineError::Rejected(error)) => Answered::Refused(error),
                Err(_) => Answered::TryAgain,
            };
            self.send_answer(immediate.ticket, answered);
        }
        self.check_live()
    }

    /// The invariants that the running state must hold, durable or not.
    fn check_live(&self) -> Result<(), String> {
        let Some(process) = &self.process else {
            return Ok(());
        };
        let kernel = process.core.kernel();
        if kernel.illegal_outcomes() > 0 {
            return Err(format!(
                "an outcome did not fit the state: {:?}",
                kernel.last_illegal()
            ));
        }
        Ok(())
    }

    fn end_of_round(&mut self) -> Result<(), String> {
        let Some(process) = &mut self.process else {
            return Ok(());
        };
        let snapshot = process.core.since_snapshot() >= SNAPSHOT_EVERY;
        if let Some((told, _)) = process.submit(snapshot) {
            for ticket in told {
                self.send_answer(ticket, Answered::TryAgain);
            }
            return Ok(());
        }
        if process.waiting.is_empty() {
            return Ok(());
        }
        if self.config.mutation == Some(Mutation::ReleasesEarly)
            && let Some(batch) = process.waiting.last_mut()
        {
            let requests = std::mem::take(&mut batch.token.requests);
            self.send_requests(requests)?;
        }
        if snapshot {
            // The engine thread waits until the snapshot is written.
            return self.commit();
        }
        if !self.commit_planned {
            self.commit_planned = true;
            let disk = self.fate.between(0, 8) * MS;
            self.at(disk, Ev::Commit);
        }
        Ok(())
    }

    /// One commit group, and the effects that it lets go, in the order of the writer thread.
    pub(super) fn commit(&mut self) -> Result<(), String> {
        self.commit_planned = false;
        if self.burn() {
            return self.die();
        }
        let Some(process) = &mut self.process else {
            return Ok(());
        };
        if process.waiting.is_empty() {
            return Ok(());
        }
        let done = process.commit();
        if self.disk.is_dark() {
            return self.die();
        }
        for (result, told) in done {
            match result {
                Ok(released) => {
                    self.release(released)?;
                    if self.process.is_none() {
                        return Ok(());
                    }
                }
                Err(reason) => {
                    if let Some(process) = &mut self.process {
                        process.down.get_or_insert(reason);
                    }
                    for ticket in told {
                        self.send_answer(ticket, Answered::TryAgain);
                    }
                }
            }
        }
        self.check_settled()
    }

    /// Nothing waits: the running state is the durable one.
    fn check_settled(&self) -> Result<(), String> {
        let Some(process) = &self.process else {
            return Ok(());
        };
        let settled =
            process.waiting.is_empty() && process.down.is_none() && process.core.waiting_bytes() == 0;
        if settled && self.steps.is_multiple_of(256) {
            let state = process.core.kernel().state();
            return self
                .oracle
                .same_state(state, "the running state is not what was told");
        }
        Ok(())
    }

    /// Events until the fuse has burnt down.
    pub(super) fn burn(&mut self) -> bool {
        match &mut self.fuse {
            Some((0, fault)) => {
                self.power_next = *fault == Fault::PowerCut;
                self.fuse = None;
                true
            }
            Some((left, _)) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }

    pub(super) fn set_fuse(&mut self, fault: Fault) {
        let effects = self.fate.below(12);
        self.fuse = Some((effects, fault));
    }

    pub(super) fn clear_fuse(&mut self) {
        self.fuse = None;
    }

    /// The market moves, and moves again.
    fn tick(&mut self, slot: usize) -> Result<(), String> {
        let (trades, reports) = self.venue.tick(slot, self.now, &mut self.market);
        let generation = self.generation;
        for report in reports {
            self.send_report(report, None, generation);
        }
        self.publish(slot, trades);
        let busts = if self.steps.is_multiple_of(8) {
            self.venue.busts.clone()
        } else {
            Vec::new()
        };
        for bust in busts {
            if let tradewind_types::record::VenueNews::Busted { venue_trade_id } = &bust.news
                && !self.oracle.is_reversed(venue_trade_id.as_str())
            {
                self.send_report(bust, None, generation);
            }
        }
        let pause = if self.calm {
            5_000
        } else {
            self.market.between(200, 500)
        };
        self.at(pause * MS, Ev::Tick(slot));
        Ok(())
    }

    fn turn(&mut self, client: usize) -> Result<(), String> {
        let now = self.now;
        if self.clients[client].asked.is_none() {
            if self.orders() >= u64::from(self.config.orders) && !self.people_done {
                self.people_done = true;
                if self.crashes == 0 {
                    // What was planned found no moment: no seed ends without a crash.
                    self.note(Fault::Kill);
                    self.set_fuse(Fault::Kill);
                }
            }
            if self.people_done {
                return Ok(());
            }
            let command = self.clients[client].wants(client, &mut self.people, &self.venue);
            let number = self.clients[client].next;
            self.clients[client].next += 1;
            self.ask(client, number, command);
            return Ok(());
        }
        let Some(asked) = self.clients[client].asked.clone().filter(|a| a.again_at <= now) else {
            return Ok(());
        };
        if may_repeat(&asked.command) {
            self.ask(client, asked.number, asked.command);
        } else {
            self.clients[client].asked = None;
            self.at(100 * MS, Ev::Turn(client));
        }
        Ok(())
    }

    pub(super) fn ask(&mut self, client: usize, number: u64, command: tradewind_types::record::Command) {
        self.clients[client].asked = Some(Asked {
            number,
            command: command.clone(),
            again_at: self.now + PATIENCE_NS,
        });
        self.at(PATIENCE_NS, Ev::Turn(client));
        self.send_command(envelope(command), (client, number));
    }

    fn answered(&mut self, (client, number): Ticket, answered: &Answered) -> Result<(), String> {
        let Some(asked) = &mut self.clients[client].asked else {
            return Ok(());
        };
        if asked.number != number {
            return Ok(());
        }
        match answered {
            Answered::TryAgain => asked.again_at = self.now + S,
            Answered::Done => self.clients[client].asked = None,
            Answered::Refused(error) => {
                let text = error.to_string();
                self.clients[client].asked = None;
                self.trace(|| format!("refused ({client}, {number}): {text}"));
            }
        }
        let pause = match answered {
            Answered::TryAgain => 1_000,
            _ => self.people.between(20, 600),
        };
        self.at(pause * MS, Ev::Turn(client));
        Ok(())
    }

    /// Whether a client still waits.
    pub(super) fn waits(&self, client: usize) -> bool {
        self.clients[client].asked.is_some()
    }

    pub(super) fn next_number(&mut self, client: usize) -> u64 {
        self.clients[client].next += 1;
        self.clients[client].next
    }

    pub(super) fn set_skew(&mut self, skew: i64) {
        self.skew = skew;
    }

    /// The engine thread begins to wake by itself.
    pub(super) fn start_timer(&mut self) {
        self.at(MS, Ev::Timer(self.generation));
    }

    pub(super) fn forget_plans(&mut self) {
        self.commit_planned = false;
        self.events
            .retain(|_, event| !matches!(event, Ev::Poll | Ev::Commit));
    }

    /// Whatever is on its way to or from the venue is gone.
    pub(super) fn forget_network(&mut self) {
        self.events
            .retain(|_, event| !matches!(event, Ev::Request(..) | Ev::Report(..)));
    }

    /// The feed begins anew: what it had is gone, then the books come whole.
    pub(super) fn resume_feed(&mut self) {
        let clock = self.clock();
        for slot in 0..self.venue.markets() {
            let idx = tradewind_types::InstrumentIdx(u32::try_from(slot).unwrap_or(u32::MAX));
            let reset = MarketEvent::Reset {
                instrument: idx,
                ts_init: UnixNanos(clock),
            };
            self.deliver(Item::Event(Event::Market(reset)));
            self.publish(slot, Vec::new());
        }
    }
}

fn shown(request: &VenueRequest) -> String {
    use tradewind_engine::kernel::VenueRequestKind as K;
    let kind = match &request.kind {
        K::Submit(order) => format!("submit {} {} {:?}", order.side, order.quantity, order.kind),
        K::Cancel { .. } => "cancel".to_owned(),
        K::Modify { change, .. } => format!("modify {change:?}"),
        K::Query => "query".to_owned(),
        K::Account { .. } => "account".to_owned(),
    };
    let id = request
        .client_order_id
        .as_ref()
        .map_or(request.account.as_str(), |id| id.as_str());
    format!("{id}: {kind}")
}
