//! Orders: what is asked for, the events of an order's life, and the state machine that only legal events move.

mod event;
mod request;
mod state;
mod terms;

pub use event::{OrderEvent, OrderEventKind};
pub use request::{OrderKind, OrderOrigin, OrderRequest, RequestError, Side, TimeInForce, UnitFraction};
pub use state::{IllegalTransition, Order, OrderState};
pub use terms::{OrderTerms, TrailingOffset, TriggerBy};
