//! A row before its personal parts are sealed, and a stored one after they were opened.

use serde::{Deserialize, Serialize};
use tradewind_store::identity::audit::{AuditRow, Entry};
use tradewind_types::{OrgId, UnixNanos};

use super::People;
use crate::problem::ApiResult;

/// What addresses are sealed for.
pub(super) const ADDRESS: &str = "audit.ip";
/// What the personal parts of before and after are sealed for.
pub(super) const PERSONAL: &str = "audit.personal";

/// Actors that are nobody: requests before signing in, and changes by a provider. What is sealed with their keys stays
/// readable for ever.
const NOBODY: [&str; 2] = ["anonymous", "oidc"];

/// With whose key an address is sealed: the actor's; that of the person whom it concerns where the actor is nobody.
fn holder<'a>(actor: &'a str, person: &'a str) -> &'a str {
    if person.is_empty() || !NOBODY.contains(&actor) {
        actor
    } else {
        person
    }
}

/// A row in clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlainRow {
    /// Desk.
    pub org: OrgId,
    /// When.
    pub ts: UnixNanos,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// With what result.
    pub outcome: String,
    /// From where; empty when that is not known.
    pub address: String,
    /// In which request.
    pub correlation_id: String,
    /// Before and after, without personal data.
    pub detail: String,
    /// Whom the personal part is about, and whose address it is where the actor is nobody; may be empty.
    pub person: String,
    /// The personal part of before and after, JSON.
    pub personal: String,
}

/// The personal parts of a stored row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opened {
    /// From where.
    pub address: Option<String>,
    /// The personal part of before and after.
    pub personal: Option<String>,
    /// Whether something was there whose key was destroyed.
    pub erased: bool,
}

impl PlainRow {
    /// As it is stored.
    ///
    /// # Errors
    /// Those of the database and of sealing.
    pub async fn seal(&self, people: &People, now: UnixNanos) -> ApiResult<AuditRow> {
        let holder = holder(&self.actor, &self.person);
        Ok(AuditRow {
            org: self.org.clone(),
            ts: self.ts,
            actor: self.actor.clone(),
            action: self.action.clone(),
            subject: self.subject.clone(),
            outcome: self.outcome.clone(),
            ip: people.seal(holder, ADDRESS, &self.address, now).await?,
            correlation_id: self.correlation_id.clone(),
            detail: self.detail.clone(),
            personal: people.seal(&self.person, PERSONAL, &self.personal, now).await?,
            person: self.person.clone(),
        })
    }
}

impl Opened {
    /// Of a stored row.
    ///
    /// # Errors
    /// Those of the database; when a value was changed.
    pub async fn of(people: &People, entry: &Entry) -> ApiResult<Self> {
        let row = &entry.row;
        let holder = holder(&row.actor, &row.person);
        let address = people.open(holder, ADDRESS, &row.ip).await?;
        let personal = people.open(&row.person, PERSONAL, &row.personal).await?;
        Ok(Self {
            erased: (address.is_none() && !row.ip.is_empty())
                || (personal.is_none() && !row.personal.is_empty()),
            address: address.filter(|text| !text.is_empty()),
            personal: personal.filter(|text| !text.is_empty()),
        })
    }
}
