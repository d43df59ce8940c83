//! Extractors whose failures are problems like all others.

pub mod accept;
mod body;
mod cursor;
mod file;
mod info;
mod parts;

pub use body::{Body, EmptyOr};
pub use cursor::{Cursor, PageQuery};
pub use file::FileBody;
pub use info::{RequestInfo, network_of};
pub use parts::{MaybeCaller, Params, QueryOf, SignedIn};
