//! Who is asking: passwords, second factors, sessions, access tokens, API keys, one-time links, tickets.
//!
//! Secrets are random, shown once, and stored as hashes; comparisons take the same time whatever differs.

pub mod audit;
mod caller;
mod ending;
pub mod factor;
mod identities;
pub mod jwt;
mod key_terms;
mod lockout;
pub mod manage;
mod password;
pub mod reset;
mod session;
pub mod sign_in;
mod signing;
mod ticket;
mod token;
pub mod tokens;

pub use caller::{Caller, Via, member_text, parse_member, parse_role, parse_scope, role_text, scope_text};
pub use ending::keep;
pub use identities::{Credential, Identities};
pub use key_terms::KeyTerms;
pub use lockout::{Lockout, Turns};
pub use password::{PasswordPolicyError, Passwords};
pub use session::{SESSION_COOKIE, clear_cookie, cookie_token, open_session, session_of};
pub use signing::{ACCESS_S, SigningKeys, rotate_signing_key};
pub use ticket::Tickets;
pub use token::{Secret, csrf_token, hash_token, random_id, same};
