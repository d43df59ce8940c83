//! Venue messages to market-data events: bytes in, events out, no I/O.
//!
//! A [`Decoder`] serves one connection of one protocol and turns each message into [`Decoded`] items, or into
//! a [`DecodeError`] that names the defect and leaves nothing half-applied. Hot messages are read by a
//! zero-copy scanner that knows the venue's exact spelling; whatever it does not recognise is read the long
//! way, with every number kept as text until it is an exact integer. Both ways are proven equal by tests.
//!
//! | protocol | becomes events | verified | understood and ignored |
//! | --- | --- | --- | --- |
//! | [`CoinbaseAdvanced`] | `l2_data` (level2), `market_trades`, `ticker`, `ticker_batch` (last price), `candles` (5m), `status` | `sequence_num` per connection | `heartbeats`, `subscriptions`, errors; `user`, `futures_balance_summary` |
//! | [`CoinbaseExchange`] | `l2update`, `snapshot`, `match`, `last_match`, `ticker`, `status` | trade numbers per product, also by `heartbeat` | `subscriptions`, `error`; single orders (`full`) |
//! | [`KrakenV2`] | `book`, `trade`, `ticker`, `ohlc`, `instrument`, `status` | CRC-32 of the ten best levels | `heartbeat`, `pong`, acknowledgements, errors; `level3`, accounts, futures |
//! | [`KrakenV1`] | `book-N`, `trade`, `ticker`, `spread`, `ohlc-N`, `systemStatus` | CRC-32 of the ten best levels | `heartbeat`, `pong`, `subscriptionStatus` |
//!
//! Entry points: [`Decoder::decode`] for a message, [`file::decode`] for a file, [`throughput::run`] for the
//! benchmark. All take arbitrary bytes.
//!
//! [`table`] reads what data files hold: stamps, figures, lines, cells.
//!
//! Each protocol has an `encode` module beside its decoder, for what adapters send and for the simulator.

mod coinbase_products;
mod decoded;
mod error;
mod face;
mod json;
mod kraken_book;
mod number;
mod scan;
mod stamp;
mod symbols;
mod venue_bar;

pub mod coinbase_advanced;
pub mod coinbase_exchange;
pub mod file;
pub mod kraken_v1;
pub mod kraken_v2;
pub mod table;
pub mod throughput;

pub use coinbase_advanced::CoinbaseAdvanced;
pub use coinbase_exchange::CoinbaseExchange;
pub use decoded::{Counters, Decoded, Decoder, Definition};
pub use error::DecodeError;
pub use face::Face;
pub use kraken_book::book_checksum;
pub use kraken_v1::KrakenV1;
pub use kraken_v2::KrakenV2;
pub use symbols::{SymbolEntry, SymbolTable, canonical_asset, canonical_symbol};
