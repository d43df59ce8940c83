//! What the API asks of the projections: pages of histories, newest first, by the journal's sequence number.
//!
//! A page is asked for by "before this number", so that it stays the same however much is appended meanwhile.
//! The number of an order is that of the record in which it came into being; it never changes.

use std::future::Future;
use std::pin::Pin;

use tradewind_types::record::{LedgerEntry, ReconciliationRecorded, WeightsChanged};
use tradewind_types::signal::Signal;
use tradewind_types::{AccountId, ClientOrderId, InstrumentId, Order, OrderEvent, Side, StrategyId};

use crate::StoreError;

/// An item with the journal's number of the record that it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered<T> {
    /// The number.
    pub seq: u64,
    /// The item.
    pub item: T,
}

/// A fill with what its order says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FillRow {
    /// The event, of kind `Filled`.
    pub event: OrderEvent,
    /// Its instrument.
    pub instrument: InstrumentId,
    /// Its side.
    pub side: Side,
    /// The strategy that owns it; `None` = by hand.
    pub strategy: Option<StrategyId>,
}

/// Which part of a history: at most `limit` items with numbers below `before`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// Only what came before this number; `None` = from the newest.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: u32,
}

/// Which orders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Only open ones.
    pub open: bool,
    /// Only of this instrument.
    pub instrument: Option<InstrumentId>,
}

/// Which signals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignalFilter {
    /// Only of this strategy (`combined` = the combination).
    pub strategy: Option<StrategyId>,
    /// Only on this instrument.
    pub instrument: Option<InstrumentId>,
    /// Only with this outcome: `ACCEPTED`, `DENIED` or `RECORDED`.
    pub outcome: Option<String>,
}

/// The answer of a query: boxed, so that the trait can be shared as an object.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Histories of an account, newest first.
pub trait Histories: Send + Sync {
    /// Orders.
    fn orders<'a>(
        &'a self,
        account: &'a AccountId,
        filter: &'a OrderFilter,
        slice: Slice,
    ) -> Answer<'a, Vec<Numbered<Order>>>;
    /// One order, however old.
    fn order<'a>(&'a self, account: &'a AccountId, id: &'a ClientOrderId) -> Answer<'a, Option<Order>>;
    /// Fills.
    fn fills<'a>(&'a self, account: &'a AccountId, slice: Slice) -> Answer<'a, Vec<Numbered<FillRow>>>;
    /// Ledger entries.
    fn ledger<'a>(&'a self, account: &'a AccountId, slice: Slice) -> Answer<'a, Vec<Numbered<LedgerEntry>>>;
    /// Signals.
    fn signals<'a>(
        &'a self,
        account: &'a AccountId,
        filter: &'a SignalFilter,
        slice: Slice,
    ) -> Answer<'a, Vec<Numbered<Signal>>>;
    /// Changes of weights.
    fn weights<'a>(
        &'a self,
        account: &'a AccountId,
        slice: Slice,
    ) -> Answer<'a, Vec<Numbered<WeightsChanged>>>;
    /// Reconciliations.
    fn reconciliations<'a>(
        &'a self,
        account: &'a AccountId,
        slice: Slice,
    ) -> Answer<'a, Vec<Numbered<ReconciliationRecorded>>>;
    /// Number of the last record applied; the journal's head minus this is the lag.
    fn applied_seq<'a>(&'a self) -> Answer<'a, u64>;
}
