//! Domain types: the one vocabulary that every other crate speaks.
//!
//! What lives here: exact numbers ([`num`], sums without loss in [`exact`]), time ([`time`]), identifiers ([`ids`]), instruments
//! ([`instrument`]), market data with books and bars ([`market`]), orders and their state machine
//! ([`order`]), seeded chance ([`random`]), signals ([`signal`]), risk settings and verdicts ([`risk`]), and the journal's versioned
//! records ([`record`]).
//!
//! What does not: no I/O, no clock, no async, no SQL, no HTTP. Everything here is a value or a function of
//! values. Market data carries integer mantissas at the instrument's scale; orders, fills and the ledger
//! carry decimals; only indicator and statistics columns are `f64`.

pub mod account;
pub mod exact;
pub mod ids;
pub mod instrument;
pub mod market;
pub mod num;
pub mod order;
pub mod random;
pub mod record;
pub mod risk;
pub mod signal;
pub mod time;

pub use account::{AccountInfo, AccountKind};
pub use ids::{
    AccountId, ClientOrderId, EngineId, EntryId, FillId, IdError, InstrumentId, InstrumentIdx, InstrumentUid,
    Market, OrderListId, OrgId, Product, SignalId, StrategyId, Symbol, UserId, VenueId, VenueOrderId,
    VenueTradeId,
};
pub use instrument::{
    Instrument, InstrumentKind, InstrumentRegistry, InstrumentStatus, InstrumentTerms, OptionRight,
};
pub use num::{Currency, Money, NumberError, Price, PriceMantissa, Quantity, Rounding, Size, SizeMantissa};
pub use order::{
    Order, OrderEvent, OrderEventKind, OrderKind, OrderRequest, OrderState, OrderTerms, Side, TimeInForce,
    TrailingOffset, TriggerBy,
};
pub use random::SplitMix64;
pub use rust_decimal::Decimal;
pub use time::{Clock, UnixNanos};
