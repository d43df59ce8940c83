//! Booking into the ledger what is no order and no plain transfer.

pub mod post;
