//! Coinbase Advanced Trade: public WebSocket channels and market-data REST, as documented at
//! docs.cdp.coinbase.com (Advanced Trade WebSocket channels; Advanced Trade REST, public).

mod message;
mod rest;
mod session;

pub use rest::rest;
pub use session::CoinbaseSession;
