//! Domain types: numbers, identifiers, instruments, orders, market data, journal records.
