//! What people keep of their charts: drawings and templates. Every statement names the owner, so that nobody reaches
//! another's. What is drawn is JSON that the API checked; here it is text.

pub mod drawings;
mod kept;
pub mod templates;

/// What became of a change to something that has a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed<T> {
    /// It was changed; so it is now.
    Done(T),
    /// The owner has no such thing.
    Missing,
    /// It has another version.
    Stale,
}
