//! Accounts: money and positions at one venue or the paper venue.

use serde::{Deserialize, Serialize};

use crate::{AccountId, Currency, OrgId, UserId, VenueId};

/// Where an account's orders go. `Live` needs a venue client that this release does not have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountKind {
    /// Orders are matched in the kernel against market data.
    Paper,
    /// Orders go to the venue.
    Live,
}

/// An account as opened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccountInfo {
    /// Its id.
    pub id: AccountId,
    /// The desk it belongs to.
    pub org: OrgId,
    /// Who owns it; others see it through memberships.
    pub owner: UserId,
    /// A name for people.
    pub name: String,
    /// Paper or live.
    pub kind: AccountKind,
    /// The venue whose instruments it trades.
    pub venue: VenueId,
    /// The currency its equity is stated in.
    pub base_currency: Currency,
}
