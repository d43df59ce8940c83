//! From the engine to the topics: which feed fills which channel.
//!
//! | channels | fed by | how |
//! | --- | --- | --- |
//! | quotes, trades, book, bars | [`super::market`] | gathered on the engine thread, read and published every few milliseconds |
//! | indicators | [`super::indicators`] | computed from the newest bars, read ten times a second |
//! | orders, fills, signals, ledger, weights | [`super::accounts`] | each durable outcome, at once, one by one |
//! | positions, accounts, strategies | [`super::accounts`] | read when an outcome touched them, and once a second for the marks |
//! | connections, system | [`super::program`] | read once a second |
//! | jobs | [`super::jobs`] | read twice a second |

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tradewind_engine::{EngineError, EngineHandle, MarketSink, OutcomeSink};
use tradewind_wire::hub::Channel;

use super::Hub;
use super::accounts::{AccountFeed, OutcomeTap};
use super::indicators::IndicatorFeed;
use super::jobs::JobsFeed;
use super::key::{Subject, TopicKey};
use super::market::{MarketFeed, MarketTap};
use super::program::ProgramFeed;
use super::request::Refusal;
use super::source::Source;
use super::topic::Topic;
use crate::AppState;
use crate::bars::BarReader;

/// All feeds of a program. Made before the engine, because the engine is given the sinks.
///
/// ```text
/// let feeds = Feeds::new();
/// let (engine, report) = Engine::start(config, feeds.outcome_sink(), feeds.market_sink())?;
/// let hub = Hub::start(HubConfig::default(), clock, Arc::new(rights.clone()), feeds.clone());
/// let state = AppState::new(Parts { rights, hub: Some(hub), .. })?;
/// feeds.connect(&state, report.outcomes);
/// ```
pub struct Feeds {
    market: Arc<MarketFeed>,
    accounts: Arc<AccountFeed>,
    indicators: Arc<IndicatorFeed>,
    program: Arc<ProgramFeed>,
    jobs: Arc<JobsFeed>,
    engine: std::sync::OnceLock<EngineHandle>,
}

impl Feeds {
    /// Feeds that are not connected yet.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            market: Arc::default(),
            accounts: Arc::default(),
            indicators: Arc::default(),
            program: Arc::default(),
            jobs: Arc::default(),
            engine: std::sync::OnceLock::new(),
        })
    }

    /// What the engine tells durable outcomes to.
    #[must_use]
    pub fn outcome_sink(&self) -> Box<dyn OutcomeSink> {
        Box::new(OutcomeTap::new(Arc::clone(&self.accounts)))
    }

    /// What the engine tells market state to.
    #[must_use]
    pub fn market_sink(&self) -> Box<dyn MarketSink> {
        Box::new(MarketTap::new(Arc::clone(&self.market)))
    }

    /// Starts the feeds of the application, whose hub must be the one that they are the source of. They end with the
    /// hub. `recovered_outcomes` is [`tradewind_engine::RecoveryReport::outcomes`].
    pub fn connect(&self, state: &AppState, recovered_outcomes: u64) {
        let Some(hub) = &state.hub else { return };
        if self.connect_engine(hub, state.bars(), recovered_outcomes) {
            hub.spawn(Arc::clone(&self.program).run(state.clone()));
            hub.spawn(Arc::clone(&self.jobs).run(state.clone()));
        }
    }

    /// The part of it that needs an engine only; false when it was done before.
    pub(super) fn connect_engine(&self, hub: &Hub, bars: BarReader, recovered_outcomes: u64) -> bool {
        let engine = bars.engine.clone();
        if self.engine.set(engine.clone()).is_err() {
            tracing::error!("the hub's feeds were connected twice");
            return false;
        }
        hub.spawn(Arc::clone(&self.market).run(engine.clone()));
        hub.spawn(Arc::clone(&self.accounts).run(engine, recovered_outcomes));
        hub.spawn(Arc::clone(&self.indicators).run(bars));
        true
    }

    /// How many computations of indicators were begun.
    #[cfg(test)]
    pub(super) fn indicators_begun(&self) -> u64 {
        self.indicators.begun()
    }

    fn of(&self, channel: Channel) -> &dyn Feed {
        match channel {
            Channel::Quotes | Channel::Trades | Channel::Book | Channel::Bars => &*self.market,
            Channel::Indicators => &*self.indicators,
            Channel::Connections | Channel::System => &*self.program,
            Channel::Jobs => &*self.jobs,
            Channel::Orders
            | Channel::Fills
            | Channel::Positions
            | Channel::Accounts
            | Channel::Signals
            | Channel::Strategies
            | Channel::Weights
            | Channel::Ledger => &*self.accounts,
        }
    }
}

/// What all feeds have in common.
pub(super) trait Feed {
    fn added(&self, topic: &Arc<Topic>);
    fn removed(&self, topic: &Arc<Topic>);
    fn wanted(&self, topic: &Arc<Topic>);
}

impl Source for Feeds {
    fn check<'a>(&'a self, key: &'a TopicKey) -> BoxFuture<'a, Result<(), Refusal>> {
        Box::pin(async move {
            let Some(engine) = self.engine.get() else {
                return Err(Refusal::new("UNAVAILABLE", "the program is starting"));
            };
            let unavailable = |error: EngineError| Refusal::new("UNAVAILABLE", error.to_string());
            match &key.subject {
                Subject::Program | Subject::Person(_) => Ok(()),
                Subject::Own => Err(Refusal::new("BAD_SUBSCRIPTION", "whose?")),
                Subject::Instrument(id) | Subject::Bars(id, _) => {
                    let asked = id.clone();
                    let known = engine
                        .query(move |kernel| kernel.instruments().idx(&asked).is_some())
                        .await;
                    let unknown =
                        || Refusal::new("UNKNOWN_INSTRUMENT", format!("there is no instrument {id}"));
                    known.map_err(unavailable)?.then_some(()).ok_or_else(unknown)
                }
                Subject::Indicator(id, interval, _) => {
                    let (asked, interval) = (id.clone(), *interval);
                    let kept = engine.query(move |kernel| {
                        let (_, market) = kernel.market(&asked)?;
                        Some(market.series(interval).is_some())
                    });
                    match kept.await.map_err(unavailable)? {
                        Some(true) => Ok(()),
                        Some(false) => Err(Refusal::new("NOT_KEPT", crate::bars::not_kept(interval).detail)),
                        None => {
                            let text = format!("there is no instrument {id}");
                            Err(Refusal::new("UNKNOWN_INSTRUMENT", text))
                        }
                    }
                }
                Subject::Account(id) => {
                    let asked = id.clone();
                    let known = engine.query(move |kernel| kernel.account(&asked).is_some()).await;
                    let unknown = || Refusal::new("UNKNOWN_ACCOUNT", format!("there is no account {id}"));
                    known.map_err(unavailable)?.then_some(()).ok_or_else(unknown)
                }
            }
        })
    }

    fn added(&self, topic: &Arc<Topic>) {
        self.of(topic.key().channel).added(topic);
    }

    fn removed(&self, topic: &Arc<Topic>) {
        self.of(topic.key().channel).removed(topic);
    }

    fn wanted(&self, topic: &Arc<Topic>) {
        self.of(topic.key().channel).wanted(topic);
    }
}
