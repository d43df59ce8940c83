//! What people want to be told of, how, and when not.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that happens and that one may want to be told of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NotificationEvent {
    /// An order of one's accounts is filled.
    OrderFilled,
    /// A part of an order is filled.
    OrderPartFilled,
    /// An order is denied by the risk gate or rejected by the venue.
    OrderRejected,
    /// An order ends without anybody here having canceled it: by the venue, or because its time is over.
    OrderCanceled,
    /// The kill switch is engaged or lifted.
    KillSwitch,
    /// A connection to a venue is lost, or is there again.
    Connection,
    /// The journal or the database fails, or works again.
    System,
    /// One of one's own backtests is over.
    JobDone,
}

/// How one is told of something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationChoice {
    /// Of what.
    pub event: NotificationEvent,
    /// By a line in the open page.
    pub toast: bool,
    /// By the computer's own notification, while a page is open somewhere.
    pub desktop: bool,
    /// By a sound of the page.
    pub sound: bool,
}

/// A time of each day in which nothing but lines in the page tell of anything.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// Its begin, hours and minutes. After `to` it goes over midnight.
    #[schema(example = "22:00", pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub from: String,
    /// Its end.
    #[schema(example = "07:00", pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub to: String,
    /// The zone of both, an IANA name.
    #[schema(example = "Asia/Kolkata", max_length = 64)]
    pub zone: String,
}

/// What one wants to be told of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationSettings {
    /// Every event once; what is left out when they are sent is not told of.
    #[schema(max_items = 8)]
    pub events: Vec<NotificationChoice>,
    /// Whether orders of strategies count, too; else only those of people.
    pub strategies: bool,
    /// When it is quiet; null for never.
    pub quiet: Option<QuietHours>,
}

impl NotificationEvent {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::OrderFilled,
        Self::OrderPartFilled,
        Self::OrderRejected,
        Self::OrderCanceled,
        Self::KillSwitch,
        Self::Connection,
        Self::System,
        Self::JobDone,
    ];
}

impl Default for NotificationSettings {
    /// Lines in the page of everything but parts of orders, of people's orders alone, at any time.
    fn default() -> Self {
        let choice = |event| NotificationChoice {
            event,
            toast: event != NotificationEvent::OrderPartFilled,
            desktop: false,
            sound: false,
        };
        Self {
            events: NotificationEvent::ALL.map(choice).to_vec(),
            strategies: false,
            quiet: None,
        }
    }
}
