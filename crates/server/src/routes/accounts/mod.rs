//! Accounts and what they hold.

pub mod balances;
pub mod get;
pub mod list;
pub mod positions;
pub mod post;
pub mod valuation;
