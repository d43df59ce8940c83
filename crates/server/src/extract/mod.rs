//! Extractors whose failures are problems like all others.

pub mod accept;
mod body;
mod cursor;
mod file;
mod forwarded;
mod info;
mod parts;
mod precondition;

pub(crate) use body::read_body;
pub use body::{Body, EmptyOr};
pub use cursor::{Cursor, PageQuery};
pub use file::FileBody;
pub use forwarded::{Network, NetworkError, Networks, Proxies, ProxyHeader};
pub use info::{RequestInfo, network_of};
pub use parts::{MaybeCaller, Params, QueryOf, SignedIn};
pub(crate) use precondition::has_already;
pub use precondition::{IfMatch, Tag};
