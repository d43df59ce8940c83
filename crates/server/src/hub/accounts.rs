//! Feeds the private channels from durable outcomes.
//!
//! The sink, on the journal writer's thread, copies outcomes into a bounded queue and returns. One task folds them
//! in order ([`super::shadow`]) and publishes each step at once; figures that need marks ([`super::figures`]) are read
//! from the kernel and held back until the journal has caught up with what was read.
//!
//! When the queue is full (the task starves) nothing is lost silently: the rest is dropped, the accounts are read
//! anew, and every reader of a private topic gets a snapshot under a new epoch. It is counted.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};
use tradewind_engine::{EngineError, EngineHandle, OutcomeSink};
use tradewind_types::AccountId;
use tradewind_types::record::Outcome;
use tradewind_wire::hub::Channel;

use super::feeds::Feed;
use super::figures::{Asked, Figures, Published, read};
use super::shadow::{Change, Shadows};
use super::topic::Topic;

/// Outcomes that may wait for the task.
const OUTCOMES_MAX: usize = 65_536;
/// How often figures are read for their marks.
const PERIOD: Duration = Duration::from_secs(1);
/// How long figures wait for the journal; then it is down, and they are not told.
const DURABLE_MAX: Duration = Duration::from_secs(2);

#[derive(Default)]
struct Inbox {
    /// With their numbers since the start of the engine, from 1.
    outcomes: VecDeque<(u64, Outcome)>,
    told: u64,
    overflowed: bool,
    wanted: Vec<Arc<Topic>>,
    topics: HashMap<(AccountId, Channel), Arc<Topic>>,
}

impl Inbox {
    /// Every topic of figures.
    fn figures(&self) -> Vec<(Arc<Topic>, (AccountId, Channel))> {
        let figures = self.topics.iter().filter(|(key, _)| FIGURES.contains(&key.1));
        figures
            .map(|(key, topic)| (Arc::clone(topic), key.clone()))
            .collect()
    }
}

/// The feed.
#[derive(Default)]
pub(super) struct AccountFeed {
    inbox: Mutex<Inbox>,
    filled: Notify,
}

/// The journal writer's side of it.
pub(super) struct OutcomeTap {
    feed: Arc<AccountFeed>,
    overflows: metrics::Counter,
}

impl OutcomeTap {
    pub(super) fn new(feed: Arc<AccountFeed>) -> Self {
        Self {
            feed,
            overflows: metrics::counter!("tradewind_hub_outcome_overflows_total"),
        }
    }
}

impl OutcomeSink for OutcomeTap {
    fn durable(&mut self, outcomes: &[(u64, Outcome)]) {
        let mut inbox = self.feed.lock();
        for (_, outcome) in outcomes {
            inbox.told += 1;
            let number = inbox.told;
            if inbox.outcomes.len() < OUTCOMES_MAX {
                inbox.outcomes.push_back((number, outcome.clone()));
            } else if !inbox.overflowed {
                inbox.overflowed = true;
                self.overflows.increment(1);
            }
        }
        drop(inbox);
        self.feed.filled.notify_one();
    }
}

/// Which figures an outcome touches.
fn touched(outcome: &Outcome) -> &'static [Channel] {
    match outcome {
        Outcome::Ledger(entry) if entry.position.is_some() => {
            &[Channel::Positions, Channel::Accounts, Channel::Strategies]
        }
        Outcome::Ledger(_)
        | Outcome::Order(_)
        | Outcome::OrderInitialized { .. }
        | Outcome::KillSwitch(_)
        | Outcome::RiskSettings(_)
        | Outcome::Equity(_) => &[Channel::Accounts],
        Outcome::StrategyDeployed(_) | Outcome::StrategyRemoved(_) => &[Channel::Strategies],
        Outcome::Signal(_) | Outcome::Strategy(_) | Outcome::Weights(_) => &[Channel::Strategies],
        Outcome::FxRate(_) => &[Channel::Accounts],
        Outcome::AccountOpened(_)
        | Outcome::LedgerSettings(_)
        | Outcome::LotsChosen(_)
        | Outcome::RiskWarning(_)
        | Outcome::Sessions(_)
        | Outcome::Slice(_)
        | Outcome::InstrumentDefined(_)
        | Outcome::FeesDefined(_)
        | Outcome::Reconciliation(_) => &[],
    }
}

const FIGURES: [Channel; 3] = [Channel::Positions, Channel::Accounts, Channel::Strategies];

impl AccountFeed {
    fn lock(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Folds and publishes until the engine ends or the task is dropped. `base` outcomes were folded before the engine
    /// told its first.
    pub(super) async fn run(self: Arc<Self>, engine: EngineHandle, base: u64) {
        let Some(shadows) = seed(&engine).await else {
            return;
        };
        let mut work = Work {
            feed: self,
            engine,
            base,
            shadows,
            published: HashMap::new(),
            due: Vec::new(),
        };
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = work.feed.filled.notified() => {}
                _ = ticks.tick() => work.all_figures_due(),
            }
            if work.round().await.is_none() {
                return;
            }
        }
    }
}

/// The accounts as the kernel has them; `None` when the engine has ended.
async fn seed(engine: &EngineHandle) -> Option<Shadows> {
    loop {
        match engine.query(Shadows::of).await {
            Ok(shadows) => return Some(shadows),
            Err(EngineError::ShuttingDown) => return None,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

struct Work {
    feed: Arc<AccountFeed>,
    engine: EngineHandle,
    base: u64,
    shadows: Shadows,
    published: HashMap<(AccountId, Channel), Published>,
    /// Topics of figures to be read.
    due: Vec<(AccountId, Channel)>,
}

impl Work {
    /// Everything that waits; `None` when the engine has ended.
    async fn round(&mut self) -> Option<()> {
        self.fold_waiting().await?;
        let wanted = std::mem::take(&mut self.feed.lock().wanted);
        for topic in wanted {
            let Some(account) = topic.key().account() else {
                continue;
            };
            let key = (account.clone(), topic.key().channel);
            if FIGURES.contains(&key.1) {
                self.due.push(key);
            } else {
                self.hand_in(&topic, &key.0);
            }
        }
        self.tell_figures().await
    }

    /// Folds what the journal has told, and publishes every step.
    async fn fold_waiting(&mut self) -> Option<()> {
        let (outcomes, overflowed) = {
            let mut inbox = self.feed.lock();
            (
                std::mem::take(&mut inbox.outcomes),
                std::mem::take(&mut inbox.overflowed),
            )
        };
        let mut lost = overflowed;
        for (number, outcome) in &outcomes {
            match self.shadows.fold(self.base + number, outcome) {
                Ok(changes) => self.publish(outcome, changes),
                Err(account) => {
                    tracing::warn!(%account, "an outcome does not fit what the hub knows; reading the accounts anew");
                    lost = true;
                }
            }
        }
        if lost {
            self.shadows = seed(&self.engine).await?;
            let topics: Vec<_> = self.feed.lock().topics.values().cloned().collect();
            topics.iter().for_each(Topic::restart);
        }
        Some(())
    }

    fn topic(&self, account: &AccountId, channel: Channel) -> Option<Arc<Topic>> {
        self.feed.lock().topics.get(&(account.clone(), channel)).cloned()
    }

    fn publish(&mut self, outcome: &Outcome, changes: Vec<Change>) {
        self.note_figures(outcome);
        let Some(account) = outcome.account() else { return };
        for change in changes {
            let channel = match &change {
                Change::Order(_) => Channel::Orders,
                Change::Fill(_) => Channel::Fills,
                Change::Signal(_) => Channel::Signals,
                Change::Entry(_) => Channel::Ledger,
                Change::Weights(_) => Channel::Weights,
            };
            let Some(topic) = self.topic(account, channel) else {
                continue;
            };
            match change {
                Change::Order(order) => topic.publish(&*order),
                Change::Fill(fill) => topic.publish(&*fill),
                Change::Signal(signal) => topic.publish(&*signal),
                Change::Entry(entry) => topic.publish(&*entry),
                Change::Weights(weights) => topic.publish(&weights),
            }
        }
    }

    /// Notes the figures that an outcome touched; a topic's lock is never asked for while the inbox is held.
    fn note_figures(&mut self, outcome: &Outcome) {
        let concerned: Vec<_> = {
            let inbox = self.feed.lock();
            match outcome.account() {
                Some(account) => {
                    let keys = touched(outcome).iter().map(|channel| (account.clone(), *channel));
                    keys.filter_map(|key| Some((inbox.topics.get(&key).cloned()?, key)))
                        .collect()
                }
                None if matches!(outcome, Outcome::KillSwitch(_)) => inbox.figures(),
                None => return,
            }
        };
        self.due_if_read(concerned);
    }

    fn all_figures_due(&mut self) {
        let all = self.feed.lock().figures();
        self.due_if_read(all);
    }

    fn due_if_read(&mut self, topics: Vec<(Arc<Topic>, (AccountId, Channel))>) {
        for (topic, key) in topics {
            if !self.due.contains(&key) && topic.is_read() {
                self.due.push(key);
            }
        }
    }

    fn hand_in(&self, topic: &Arc<Topic>, account: &AccountId) {
        let Some(shadow) = self.shadows.accounts.get(account) else {
            return;
        };
        match topic.key().channel {
            Channel::Orders => topic.snapshot(&shadow.orders(&self.shadows)),
            Channel::Fills => topic.snapshot(shadow.fills()),
            Channel::Signals => topic.snapshot(shadow.signals()),
            Channel::Ledger => topic.snapshot(shadow.entries()),
            _ => topic.snapshot(&shadow.weights()),
        }
    }

    /// Reads figures that are due and tells them once the journal has what they rest on.
    async fn tell_figures(&mut self) -> Option<()> {
        let asked: Vec<Asked> = std::mem::take(&mut self.due)
            .into_iter()
            .filter_map(|key| self.ask(key))
            .collect();
        if asked.is_empty() {
            return Some(());
        }
        let question = move |kernel: &tradewind_engine::Kernel| {
            let found: Vec<(Asked, Option<Figures>)> = asked
                .into_iter()
                .map(|asked| {
                    let figures = read(kernel, &asked);
                    (asked, figures)
                })
                .collect();
            (kernel.state().outcomes, found)
        };
        let (rests_on, found) = match self.engine.query(question).await {
            Ok(found) => found,
            Err(EngineError::ShuttingDown) => return None,
            // Too busy; the next tick asks again.
            Err(_) => return Some(()),
        };
        if !self.caught_up(rests_on).await? {
            tracing::warn!("figures are not told: the journal does not follow");
            return Some(());
        }
        for (asked, figures) in found {
            let key = (asked.account, asked.topic.key().channel);
            if let Some(figures) = figures {
                self.published.entry(key).or_default().tell(&asked.topic, figures);
            }
        }
        Some(())
    }

    fn ask(&self, key: (AccountId, Channel)) -> Option<Asked> {
        let topic = self.topic(&key.0, key.1)?;
        let held = self.published.get(&key).map(Published::held).unwrap_or_default();
        Some(Asked {
            topic,
            account: key.0,
            held,
        })
    }

    /// Folds on until the outcome of that number is in; false when it does not come.
    async fn caught_up(&mut self, number: u64) -> Option<bool> {
        let patience = tokio::time::Instant::now() + DURABLE_MAX;
        while self.shadows.folded < number {
            if tokio::time::timeout_at(patience, self.feed.filled.notified())
                .await
                .is_err()
            {
                return Some(false);
            }
            self.fold_waiting().await?;
        }
        Some(true)
    }
}

impl Feed for AccountFeed {
    fn added(&self, topic: &Arc<Topic>) {
        if let Some(account) = topic.key().account() {
            let key = (account.clone(), topic.key().channel);
            self.lock().topics.insert(key, Arc::clone(topic));
        }
    }

    fn removed(&self, topic: &Arc<Topic>) {
        if let Some(account) = topic.key().account() {
            let key = (account.clone(), topic.key().channel);
            let mut inbox = self.lock();
            if inbox
                .topics
                .get(&key)
                .is_some_and(|other| Arc::ptr_eq(other, topic))
            {
                inbox.topics.remove(&key);
            }
        }
    }

    fn wanted(&self, topic: &Arc<Topic>) {
        self.lock().wanted.push(Arc::clone(topic));
        self.filled.notify_one();
    }
}
