//! Who may do what: one table of actions, one function that decides, one guard in front of every route.
//!
//! Deny by default: an action that no rule allows is refused, an endpoint without an action cannot be routed, and
//! an account that a caller may not see does not exist for them (404).

mod action;
mod authorise;
mod guard;
mod orgs;
mod rights;

pub use action::{Action, Need, RateClass, Rule};
pub use authorise::{Decision, Resource, authorise, may_administer, may_see};
pub use guard::{AccountAccess, Guarded, guard};
pub use orgs::AccountOrgs;
pub use rights::Rights;
