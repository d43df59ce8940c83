//! The Universal Data Feed at `/udf`: what TradingView's charting library and others that speak its protocol read.
//!
//! The protocol has its own shapes, so these endpoints are not under `/api/v1`; who may call them, how often, and what
//! is logged is as everywhere. A failure is a problem document as everywhere, which at `/udf` also has the protocol's
//! `s: "error"` and `errmsg`: these clients look at the body and not at the status.

pub mod config;
pub mod history;
pub mod marks;
pub mod quotes;
mod resolution;
pub mod search;
mod session;
mod symbol;
pub mod symbol_info;
pub mod symbols;
pub mod time;
pub mod timescale_marks;
