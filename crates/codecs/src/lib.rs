//! Venue messages to market-data events: bytes in, events out, no I/O.
