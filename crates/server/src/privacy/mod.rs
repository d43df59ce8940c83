//! What people may ask of the desk that holds their data, and how long it holds what.
//!
//! [`copy`] makes the copy of a person's data, [`erasure`] erases a person, [`retention`] knows the periods.

pub mod copy;
pub mod erasure;
pub mod retention;
