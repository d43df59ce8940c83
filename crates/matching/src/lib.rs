//! Order matching: a price-time exchange book and simulated fills against market data.
//!
//! * [`exchange`]: one order book of many participants that trade with one another; prices come out of it. The
//!   simulator runs it.
//! * [`depth`]: order-book replay of one instrument with our own orders in the queues, by price or by order, fast.
//! * [`paper`]: our own orders against somebody else's market data; prices go into it. The kernel runs it for
//!   paper accounts.
//!
//! Both are pure: time and data come in with each call, what happened goes out as values, and the same calls give
//! the same answers. Both reckon in integer mantissas at the instrument's scale. Neither knows accounts' money,
//! risk rules, sockets or clocks.

pub mod depth;
pub mod exchange;
pub mod paper;

use tradewind_types::{PriceMantissa, Side};

/// Whether an order of `side` with this limit trades with an opposite order or level at `price`.
fn reaches(side: Side, limit: PriceMantissa, price: PriceMantissa) -> bool {
    match side {
        Side::Buy => price <= limit,
        Side::Sell => price >= limit,
    }
}
