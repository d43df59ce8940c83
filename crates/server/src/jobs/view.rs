//! Who sees which jobs.

use std::collections::HashMap;

use tradewind_store::identity::users;
use tradewind_wire as wire;
use wire::{Role, Scope};

use super::{KnownJob, Whose};
use crate::AppState;
use crate::identity::Caller;
use crate::problem::ApiResult;

/// A job as somebody sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Whom it concerns.
    pub whose: Whose,
    /// The job, with its owner's name.
    pub job: wire::Job,
}

/// Whether somebody sees what is not their own: administrators, by a credential that reaches as far.
fn oversees(caller: &Caller) -> bool {
    let role = matches!(caller.role, Role::SuperAdmin | Role::Admin);
    role && caller.has_scope(Scope::Admin) && !caller.is_limited()
}

/// The jobs that exist for somebody, the latest asked for first.
///
/// # Errors
/// Those of the database.
pub async fn seen_by(state: &AppState, caller: &Caller) -> ApiResult<Vec<Seen>> {
    let mut names = HashMap::from([(caller.user.to_string(), caller.display_name.clone())]);
    let oversees = oversees(caller);
    if oversees {
        names = users::names(&state.store, &caller.org).await?;
    }
    let all = state.jobs.all().into_iter();
    let seen = all.filter(|known| match &known.whose {
        Whose::Person(user) if *user == caller.user => true,
        Whose::Person(user) => oversees && names.contains_key(user.as_str()),
        Whose::Installation(_) => oversees && caller.runs_the_installation,
    });
    Ok(seen.map(|known| named(known, &names)).collect())
}

fn named(known: KnownJob, names: &HashMap<String, String>) -> Seen {
    let KnownJob { whose, mut job } = known;
    job.owner = whose.asked_by().map(|user| wire::JobOwner {
        id: user.to_string(),
        display_name: names.get(user.as_str()).cloned(),
    });
    Seen { whose, job }
}
