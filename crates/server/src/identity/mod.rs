//! Who is asking: passwords, sessions, API keys, one-time links, tickets.
//!
//! Secrets are random, shown once, and stored as hashes; comparisons take the same time whatever differs.

pub mod audit;
mod caller;
mod identities;
mod lockout;
pub mod manage;
mod password;
mod session;
mod ticket;
mod token;

pub use caller::{Caller, Via, member_text, parse_member, parse_role, parse_scope, role_text, scope_text};
pub use identities::{Credential, Identities};
pub use lockout::{Lockout, Turns};
pub use password::{PasswordPolicyError, Passwords};
pub use session::{SESSION_COOKIE, clear_cookie, cookie_token, open_session, session_of};
pub use ticket::Tickets;
pub use token::{Secret, csrf_token, hash_token, random_id, same};
