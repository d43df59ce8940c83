//! The append-only, hash-chained, group-committed record of money and orders.
