//! Extractors whose failures are problems like all others.

mod body;
mod cursor;
mod info;
mod parts;

pub use body::{Body, EmptyOr};
pub use cursor::{Cursor, PageQuery};
pub use info::RequestInfo;
pub use parts::{MaybeCaller, Params, QueryOf, SignedIn};
