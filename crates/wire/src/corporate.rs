//! What is announced of instruments: corporate actions and earnings dates, and the factors that follow from them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Dec, Time};

/// What happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CorporateEventKind {
    /// `new` for every `held`; a reverse split too.
    Split,
    /// `new` more for every `held`.
    Bonus,
    /// As a bonus, out of profits.
    StockDividend,
    /// `amount` of `currency` per unit.
    Dividend,
    /// `new` offered at `price` for every `held`.
    Rights,
    /// Into `new` of `into` for every `held`, or `amount` of `currency` per unit, or both with `cost_fraction`.
    Merger,
    /// `new` of `into` for every `held`, with `cost_fraction` of the value.
    SpinOff,
    /// Another id from now on: `into`.
    SymbolChange,
    /// No longer traded; settled at `price`.
    Delisting,
    /// The company tells its earnings of `period`.
    Earnings,
}

/// When on its day a company tells its earnings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EarningsTime {
    /// Before the session.
    BeforeOpen,
    /// During it.
    DuringSession,
    /// After it.
    AfterClose,
}

/// An event that is announced. Which fields it needs depends on its kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCorporateEvent {
    /// Whose.
    #[schema(example = "INFY.NSE")]
    pub instrument: String,
    /// The ex-date, or the day of the earnings.
    #[schema(format = Date)]
    pub ex_date: String,
    /// What.
    pub kind: CorporateEventKind,
    /// Units afterwards, or received: a whole number.
    #[schema(format = "decimal")]
    pub new: Option<String>,
    /// Units before, or held: a whole number.
    #[schema(format = "decimal")]
    pub held: Option<String>,
    /// Cash per unit.
    #[schema(format = "decimal")]
    pub amount: Option<String>,
    /// Of that cash.
    pub currency: Option<String>,
    /// Of rights and delistings.
    #[schema(format = "decimal")]
    pub price: Option<String>,
    /// The other instrument.
    pub into: Option<String>,
    /// Part of the value that goes with a spin-off, or that the cash of a mixed merger is paid for.
    pub cost_fraction: Option<String>,
    /// Of earnings: `2026Q3`.
    pub period: Option<String>,
    /// Of earnings; absent = not told.
    pub time: Option<EarningsTime>,
    /// Of earnings: the company has confirmed the date.
    pub confirmed: Option<bool>,
    /// Where it comes from.
    pub source: Option<String>,
    /// Calendar that says when the ex-date begins; that of the instrument or of its market when absent.
    pub calendar: Option<String>,
}

/// An event as it is stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CorporateEvent {
    /// Id; of the same event the same.
    pub id: String,
    /// Whose.
    pub instrument: String,
    /// The ex-date, or the day of the earnings.
    #[schema(format = Date)]
    pub ex_date: String,
    /// What.
    pub kind: CorporateEventKind,
    /// From when an action holds: the close of the session before the ex-date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Time>,
    /// Units afterwards, or received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "decimal")]
    pub new: Option<String>,
    /// Units before, or held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "decimal")]
    pub held: Option<String>,
    /// Cash per unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Dec>,
    /// Of that cash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Of rights and delistings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Dec>,
    /// The other instrument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<String>,
    /// Part of the value that goes with a spin-off, or that the cash of a mixed merger is paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_fraction: Option<Dec>,
    /// Of earnings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// Of earnings; absent = not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<EarningsTime>,
    /// Of earnings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<bool>,
    /// Where it comes from.
    pub source: String,
    /// Pseudonymous id of who entered it.
    pub added_by: String,
    /// When.
    pub added_at: Time,
}

/// What came of a file of events.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CorporateEventsImported {
    /// Events that were new.
    pub imported: u64,
    /// Events that were there before.
    pub known: u64,
}

/// What came of entering an event that was there already, or a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum CorporateEventsEntered {
    /// The event as it was entered before.
    Known(Box<CorporateEvent>),
    /// What came of the file.
    File(CorporateEventsImported),
}

/// Which actions are adjusted for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdjustFor {
    /// Splits, bonuses and stock dividends.
    Splits,
    /// Those, and dividends, rights and spin-offs.
    #[default]
    All,
}

/// What prices and volumes before a date are multiplied by.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AdjustmentFactor {
    /// What was traded before this date, and not before the date of the factor before it.
    #[schema(format = Date)]
    pub before: String,
    /// The same as an instant: the close of the session before.
    pub effective: Time,
    /// For prices: the product of this action's factor and of all later ones'.
    pub price: Dec,
    /// For volumes, likewise.
    pub volume: Dec,
}

/// An action that has no factor.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ActionWithoutFactor {
    /// Id of the event.
    pub id: String,
    /// Its ex-date.
    #[schema(format = Date)]
    pub ex_date: String,
    /// What it is.
    pub kind: CorporateEventKind,
    /// Why there is none.
    pub reason: String,
}

/// An action that is announced and does not hold yet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ActionAnnounced {
    /// Id of the event.
    pub id: String,
    /// Its ex-date.
    #[schema(format = Date)]
    pub ex_date: String,
    /// From when it holds: the close of the session before.
    pub effective: Time,
    /// What it is.
    pub kind: CorporateEventKind,
}

/// The adjustment factors of an instrument.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Adjustments {
    /// Instrument id.
    pub instrument: String,
    /// Which actions are adjusted for.
    pub adjust: AdjustFor,
    /// By date.
    pub factors: Vec<AdjustmentFactor>,
    /// Actions that are left out of the factors, which is why prices before them are not comparable with those after.
    pub without_factor: Vec<ActionWithoutFactor>,
    /// Actions that are announced for later: no factor has them, since today's prices are those of before them.
    pub announced: Vec<ActionAnnounced>,
}
