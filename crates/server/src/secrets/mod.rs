//! Sealing: what has to be read back but must not lie in the database in clear, such as seeds of one-time codes, signing
//! keys and venues' credentials.
//!
//! A [`Keyring`] holds root keys, which come from the environment, a file or a program ([`Source`]) and never from the
//! database. The newest seals; any of them opens, so that a new key can be put in front while values of the old one are
//! still about. What is absent: nothing here decides who may see a secret, and no secret is ever printed.

mod columns;
mod keyring;
mod program;
mod source;

pub use columns::{COLUMNS, ColumnError, reseal_all, usage};
pub use keyring::{Keyring, RootKey, SealError, key_of};
pub use program::{ProgramError, run_program};
pub use source::{Rotated, SECRET_KEYS_ENV, Source, SourceError};
