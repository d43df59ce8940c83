//! What people may ask of whoever holds their data: a copy, consents, deletion; and how long what is kept.
//!
//! [`tables`] names every table that says something of a person, and what becomes of it; a test compares it with the
//! schema, so that a new table cannot be forgotten.

pub mod consents;
pub mod deletions;
pub mod erase;
pub mod periods;
pub mod person_keys;
pub mod tables;
