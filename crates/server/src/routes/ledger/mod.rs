//! The ledger.

pub mod list;
pub mod settings_get;
pub mod settings_put;
