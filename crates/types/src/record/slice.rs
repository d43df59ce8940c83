//! Slices of an iceberg at a venue that cannot hide size: what the kernel shows there, one at a time.
//!
//! The order that was asked for (the parent) has its own events; a slice has these. What fills of a slice is recorded
//! twice, of the slice and of its parent, and booked once, for the parent.

use serde::{Deserialize, Serialize};

use crate::{AccountId, ClientOrderId, OrderEvent, OrderRequest, Price, Quantity, UnixNanos};

/// What happened to the slices of one iceberg.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SliceRecorded {
    /// The account.
    pub account: AccountId,
    /// The iceberg.
    pub parent: ClientOrderId,
    /// When.
    pub ts: UnixNanos,
    /// What.
    pub news: SliceNews,
}

/// See [`SliceRecorded`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SliceNews {
    /// A slice was made and goes to the venue, under a client order id of its own.
    Made {
        /// As the venue gets it.
        request: Box<OrderRequest>,
    },
    /// Something happened to a slice.
    Happened {
        /// Of the slice's client order id.
        event: Box<OrderEvent>,
    },
    /// A change of the iceberg waits until what is shown is gone from the venue.
    ChangeWaits {
        /// New quantity in total.
        quantity: Quantity,
        /// New limit price.
        price: Option<Price>,
        /// New display quantity.
        display: Option<Quantity>,
    },
}
