//! Names of what can be subscribed: `channel[:instrument|account][:interval][:indicator]`.

use std::fmt;
use std::sync::Arc;

use tradewind_indicators::IndicatorSpec;
use tradewind_types::market::BarInterval;
use tradewind_types::{AccountId, InstrumentId, UserId};
use tradewind_wire::hub::{Channel, Subscription};

use super::request::Refusal;

/// What a topic is about.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Subject {
    /// The whole program: `connections`, `system`.
    Program,
    /// An instrument: `quotes`, `trades`, `book`.
    Instrument(InstrumentId),
    /// The bars of an instrument.
    Bars(InstrumentId, BarInterval),
    /// An indicator over the bars of an instrument, by the id that was asked for.
    Indicator(InstrumentId, BarInterval, Arc<str>),
    /// An account: private.
    Account(AccountId),
    /// Whoever asks: `jobs`. Becomes [`Subject::Person`] at the socket, which knows who that is.
    Own,
    /// A person: private, and only ever their own.
    Person(UserId),
}

/// Identity of a topic.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TopicKey {
    /// Channel.
    pub channel: Channel,
    /// What it is about.
    pub subject: Subject,
}

/// Every channel, in the order of the contract.
pub const CHANNELS: [Channel; 16] = [
    Channel::Quotes,
    Channel::Trades,
    Channel::Book,
    Channel::Bars,
    Channel::Indicators,
    Channel::Orders,
    Channel::Fills,
    Channel::Positions,
    Channel::Accounts,
    Channel::Signals,
    Channel::Strategies,
    Channel::Weights,
    Channel::Ledger,
    Channel::Connections,
    Channel::System,
    Channel::Jobs,
];

/// A channel's name on the wire.
#[must_use]
pub const fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Quotes => "quotes",
        Channel::Trades => "trades",
        Channel::Book => "book",
        Channel::Bars => "bars",
        Channel::Indicators => "indicators",
        Channel::Orders => "orders",
        Channel::Fills => "fills",
        Channel::Positions => "positions",
        Channel::Accounts => "accounts",
        Channel::Signals => "signals",
        Channel::Strategies => "strategies",
        Channel::Weights => "weights",
        Channel::Ledger => "ledger",
        Channel::Connections => "connections",
        Channel::System => "system",
        Channel::Jobs => "jobs",
    }
}

/// The channel of that name.
#[must_use]
pub fn channel_of(name: &str) -> Option<Channel> {
    CHANNELS
        .into_iter()
        .find(|channel| channel_name(*channel) == name)
}

/// What a channel needs beside its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    Instrument,
    InstrumentAndInterval,
    Indicator,
    Account,
    Person,
}

const fn needs(channel: Channel) -> Needs {
    match channel {
        Channel::Quotes | Channel::Trades | Channel::Book => Needs::Instrument,
        Channel::Bars => Needs::InstrumentAndInterval,
        Channel::Indicators => Needs::Indicator,
        Channel::Connections | Channel::System => Needs::Nothing,
        Channel::Jobs => Needs::Person,
        Channel::Orders
        | Channel::Fills
        | Channel::Positions
        | Channel::Accounts
        | Channel::Signals
        | Channel::Strategies
        | Channel::Weights
        | Channel::Ledger => Needs::Account,
    }
}

/// Whether a slow socket may be given the latest state in place of every change. Only state that replaces itself
/// qualifies; what happened to money and orders, and each public trade, is told one by one or not at all.
#[must_use]
pub const fn conflates(channel: Channel) -> bool {
    matches!(
        channel,
        Channel::Quotes
            | Channel::Book
            | Channel::Bars
            | Channel::Indicators
            | Channel::Connections
            | Channel::System
            | Channel::Jobs
    )
}

impl TopicKey {
    /// The topic that a client names.
    ///
    /// # Errors
    /// [`Refusal`] `BAD_SUBSCRIPTION` when a part is missing, is too much, or cannot be read.
    pub fn from_wire(asked: &Subscription) -> Result<Self, Refusal> {
        let channel = asked.channel;
        let name = channel_name(channel);
        let bad = |detail: String| Refusal::new("BAD_SUBSCRIPTION", detail);
        let wanted = needs(channel);
        let parts = [
            (
                "instrument",
                asked.instrument.is_some(),
                matches!(
                    wanted,
                    Needs::Instrument | Needs::InstrumentAndInterval | Needs::Indicator
                ),
            ),
            (
                "interval",
                asked.interval.is_some(),
                matches!(wanted, Needs::InstrumentAndInterval | Needs::Indicator),
            ),
            ("indicator", asked.indicator.is_some(), wanted == Needs::Indicator),
            ("account", asked.account.is_some(), wanted == Needs::Account),
        ];
        for (part, given, needed) in parts {
            if given != needed {
                let verb = if needed { "needs" } else { "takes no" };
                return Err(bad(format!("channel {name} {verb} `{part}`")));
            }
        }
        let instrument = || -> Result<InstrumentId, Refusal> {
            let text = asked.instrument.as_deref().unwrap_or_default();
            text.parse()
                .map_err(|error: tradewind_types::ids::IdError| bad(error.to_string()))
        };
        let interval = || -> Result<BarInterval, Refusal> {
            let text = asked.interval.as_deref().unwrap_or_default();
            text.parse()
                .map_err(|error: tradewind_types::market::bars::BadInterval| bad(error.to_string()))
        };
        let subject = match wanted {
            Needs::Nothing => Subject::Program,
            Needs::Person => Subject::Own,
            Needs::Instrument => Subject::Instrument(instrument()?),
            Needs::InstrumentAndInterval => Subject::Bars(instrument()?, interval()?),
            Needs::Indicator => {
                let id = asked.indicator.as_deref().unwrap_or_default();
                IndicatorSpec::parse(id).map_err(|error| bad(error.to_string()))?;
                Subject::Indicator(instrument()?, interval()?, Arc::from(id))
            }
            Needs::Account => {
                let text = asked.account.as_deref().unwrap_or_default();
                Subject::Account(AccountId::new(text).map_err(|error| bad(error.to_string()))?)
            }
        };
        Ok(Self { channel, subject })
    }

    /// The same for somebody: what is one's own becomes theirs.
    #[must_use]
    pub fn of(self, user: &UserId) -> Self {
        match self.subject {
            Subject::Own => Self {
                channel: self.channel,
                subject: Subject::Person(user.clone()),
            },
            _ => self,
        }
    }

    /// The person of a private topic.
    #[must_use]
    pub fn person(&self) -> Option<&UserId> {
        match &self.subject {
            Subject::Person(user) => Some(user),
            _ => None,
        }
    }

    /// The account of a private topic.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        match &self.subject {
            Subject::Account(account) => Some(account),
            _ => None,
        }
    }

    /// Whether only some may read it.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.account().is_some() || self.person().is_some()
    }

    /// The instrument of a market topic.
    #[must_use]
    pub fn instrument(&self) -> Option<&InstrumentId> {
        match &self.subject {
            Subject::Instrument(instrument)
            | Subject::Bars(instrument, _)
            | Subject::Indicator(instrument, _, _) => Some(instrument),
            _ => None,
        }
    }
}

impl fmt::Display for TopicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(channel_name(self.channel))?;
        match &self.subject {
            // A person's topic has no other name than its channel: everybody has one, and sees no other's.
            Subject::Program | Subject::Own | Subject::Person(_) => Ok(()),
            Subject::Instrument(instrument) => write!(f, ":{instrument}"),
            Subject::Bars(instrument, interval) => write!(f, ":{instrument}:{interval}"),
            Subject::Indicator(instrument, interval, id) => write!(f, ":{instrument}:{interval}:{id}"),
            Subject::Account(account) => write!(f, ":{account}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(json: &str) -> Subscription {
        serde_json::from_str(json).expect("a subscription")
    }

    #[test]
    fn a_topic_is_named_by_channel_subject_and_interval() {
        let named = |json: &str| TopicKey::from_wire(&subscription(json)).map(|key| key.to_string());
        assert_eq!(
            named(r#"{"channel":"quotes","instrument":"BTC-USD.COINBASE"}"#).expect("ok"),
            "quotes:BTC-USD.COINBASE"
        );
        assert_eq!(
            named(r#"{"channel":"bars","instrument":"BTC-USD.COINBASE","interval":"1m"}"#).expect("ok"),
            "bars:BTC-USD.COINBASE:1m"
        );
        assert_eq!(
            named(r#"{"channel":"orders","account":"A1"}"#).expect("ok"),
            "orders:A1"
        );
        assert_eq!(named(r#"{"channel":"system"}"#).expect("ok"), "system");
    }

    #[test]
    fn missing_and_superfluous_parts_are_refused_by_name() {
        for (json, says) in [
            (r#"{"channel":"quotes"}"#, "needs `instrument`"),
            (
                r#"{"channel":"bars","instrument":"BTC-USD.COINBASE"}"#,
                "needs `interval`",
            ),
            (r#"{"channel":"orders"}"#, "needs `account`"),
            (
                r#"{"channel":"orders","account":"A1","instrument":"BTC-USD.COINBASE"}"#,
                "takes no `instrument`",
            ),
            (r#"{"channel":"system","account":"A1"}"#, "takes no `account`"),
            (
                r#"{"channel":"bars","instrument":"BTC-USD.COINBASE","interval":"7m"}"#,
                "no bar interval",
            ),
            (r#"{"channel":"quotes","instrument":"nodot"}"#, "instrument id"),
        ] {
            let refusal = TopicKey::from_wire(&subscription(json)).expect_err(json);
            assert_eq!(refusal.code, "BAD_SUBSCRIPTION");
            assert!(refusal.detail.contains(says), "{json}: {}", refusal.detail);
        }
    }

    #[test]
    fn every_channel_is_found_by_its_name() {
        for channel in CHANNELS {
            assert_eq!(channel_of(channel_name(channel)), Some(channel));
            let wire = serde_json::to_string(&channel).expect("json");
            assert_eq!(wire, format!("\"{}\"", channel_name(channel)));
        }
        assert_eq!(channel_of("nothing"), None);
    }
}
