//! People, sessions, API keys and the first-run set-up.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{MemberRole, Time};

/// What a person may do in the organisation, before any account is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Everything an administrator may, and reads and stops every account.
    SuperAdmin,
    /// Users, system, and the kill switch of all accounts; sees no account that is not theirs.
    Admin,
    /// Reads every account; trades on none.
    Compliance,
    /// Market data and own accounts, reading.
    Analyst,
    /// Opens and trades accounts.
    Trader,
    /// Reads accounts shared with them.
    Viewer,
    /// A program.
    Service,
}

/// What an API key may do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Scope {
    /// Read.
    Read,
    /// Submit orders and flatten.
    Trade,
    /// Cancel orders and engage the kill switch.
    Cancel,
    /// Accounts, settings, strategies, transfers, members.
    Manage,
    /// Users and system.
    Admin,
}

/// Whether the first administrator still has to be made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SetupState {
    /// True until the first administrator exists.
    pub required: bool,
    /// True when the program runs as a demonstration against simulated venues.
    pub demo: bool,
}

/// Makes the first administrator.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// The one-time token printed at start.
    pub token: String,
    /// Name to sign in with: 3 to 32 letters, digits, `.`, `_` or `-`.
    #[schema(example = "asha", min_length = 3, max_length = 32)]
    pub username: String,
    /// At least 12 characters, not on the breach list.
    #[schema(min_length = 12, max_length = 256)]
    pub password: String,
    /// Name for people.
    #[schema(example = "Asha", min_length = 1, max_length = 64)]
    pub display_name: String,
}

/// Signs in with a password.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Name to sign in with.
    #[schema(example = "asha", max_length = 64)]
    pub username: String,
    /// Password.
    #[schema(max_length = 256)]
    pub password: String,
    /// Six digits of the app, or a backup code; needed by those with a second factor.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub code: Option<String>,
}

/// Signs in with a one-time link's token (from the URL's fragment).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkLogin {
    /// The token.
    #[schema(max_length = 256)]
    pub token: String,
    /// Six digits of the app, or a backup code; needed by those with a second factor.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub code: Option<String>,
}

/// Who is signed in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionUser {
    /// Pseudonymous id.
    pub id: String,
    /// Name to sign in with.
    pub username: String,
    /// Name for people.
    pub display_name: String,
    /// Role.
    pub role: Role,
}

/// An account the signed-in person may see.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionAccount {
    /// Account id.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Membership; null when seen by role only.
    pub role: Option<MemberRole>,
}

/// A session, from its holder's side.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Who.
    pub user: SessionUser,
    /// To be sent as `X-CSRF-Token` on every unsafe method. Empty for an API key, which needs none.
    pub csrf_token: String,
    /// When it ends at the latest.
    pub expires_at: Time,
    /// Accounts that may be seen.
    pub accounts: Vec<SessionAccount>,
    /// True when one's role has to have a second factor and one has none: until there is one, everything else is refused.
    pub must_enrol: bool,
    /// True when the program runs as a demonstration against simulated venues.
    pub demo: bool,
}

/// What holds a session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SignInKind {
    /// A browser, by its cookie.
    Browser,
    /// A program, by access and refresh tokens.
    Token,
}

/// One of one's own sessions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionInfo {
    /// Id, good for revoking only.
    pub id: String,
    /// What holds it.
    pub kind: SignInKind,
    /// When it began.
    pub created_at: Time,
    /// When it was last used.
    pub last_seen_at: Time,
    /// When it ends at the latest.
    pub expires_at: Time,
    /// The browser, as it calls itself.
    pub user_agent: String,
    /// Whether this request came by it.
    pub current: bool,
}

/// Changes one's own password; ends all other sessions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The password as it is.
    #[schema(max_length = 256)]
    pub current: String,
    /// The new one: at least 12 characters, not on the breach list.
    #[schema(min_length = 12, max_length = 256)]
    pub new: String,
}

/// An API key, without its secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ApiKey {
    /// Id.
    pub id: String,
    /// Name given to it.
    pub name: String,
    /// The public part: `twk_<prefix>`.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Accounts it may touch; null = all of its owner's.
    pub accounts: Option<Vec<String>>,
    /// Networks it may be used from; null = from anywhere.
    pub networks: Option<Vec<String>>,
    /// Requests that it may make in a minute, cancels and stops aside; null = what its owner may.
    pub requests_per_minute: Option<u32>,
    /// Orders that it may submit in a minute, over all accounts; null = what the accounts allow.
    pub orders_per_minute: Option<u32>,
    /// When it was made.
    pub created_at: Time,
    /// When it ends; null = never.
    pub expires_at: Option<Time>,
    /// When it was last used; null = never. Kept to the minute.
    pub last_used_at: Option<Time>,
}

/// Makes an API key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// A name to tell it by.
    #[schema(example = "research notebook", min_length = 1, max_length = 64)]
    pub name: String,
    /// What it may do; never more than its owner.
    #[schema(min_items = 1, max_items = 5)]
    pub scopes: Vec<Scope>,
    /// Accounts it may touch; null or absent = all of its owner's.
    #[serde(default)]
    pub accounts: Option<Vec<String>>,
    /// Addresses and networks (`203.0.113.7`, `10.0.0.0/8`, `2001:db8::/32`) it may be used from; null or absent = from
    /// anywhere. Behind a proxy that is not trusted every request comes from the proxy.
    #[serde(default)]
    #[schema(example = json!(["203.0.113.0/24"]), min_items = 1, max_items = 32)]
    pub networks: Option<Vec<String>>,
    /// Requests that it may make in a minute, cancels and stops aside; null or absent = what its owner may. Never more than
    /// that.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub requests_per_minute: Option<u32>,
    /// Orders that it may submit in a minute, over all accounts; null or absent = what the accounts allow.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub orders_per_minute: Option<u32>,
    /// When it ends; null or absent = never.
    #[serde(default)]
    pub expires_at: Option<Time>,
}

/// A new API key; the only time that the secret is shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CreatedKey {
    /// The whole key, for `Authorization: Bearer`. It cannot be shown again.
    #[schema(example = "twk_0a1b2c3d_…")]
    pub key: String,
    /// Its description.
    #[serde(flatten)]
    pub info: ApiKey,
}

/// A person, as administrators see them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// Pseudonymous id.
    pub id: String,
    /// Name to sign in with.
    pub username: String,
    /// Name for people.
    pub display_name: String,
    /// Role.
    pub role: Role,
    /// Disabled people cannot sign in; their sessions and keys are void.
    pub disabled: bool,
    /// Whether signing in asks them for a code.
    pub second_factor: bool,
    /// When they were made.
    pub created_at: Time,
    /// Their version, which is also the `ETag`.
    #[serde(default)]
    pub version: u32,
}

/// Makes a person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// Name to sign in with: 3 to 32 letters, digits, `.`, `_` or `-`.
    #[schema(example = "bhavna", min_length = 3, max_length = 32)]
    pub username: String,
    /// At least 12 characters, not on the breach list.
    #[schema(min_length = 12, max_length = 256)]
    pub password: String,
    /// Name for people.
    #[schema(example = "Bhavna", min_length = 1, max_length = 64)]
    pub display_name: String,
    /// Role.
    pub role: Role,
}

/// Changes a person; what is absent stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// New role.
    #[serde(default)]
    pub role: Option<Role>,
    /// Disable or enable.
    #[serde(default)]
    pub disabled: Option<bool>,
}

/// A single-use ticket for the hub.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct StreamTicket {
    /// To be sent as the first message: `{"op":"auth","ticket":"…"}`.
    pub ticket: String,
    /// 30 seconds from now.
    pub expires_at: Time,
}

/// An organisation: a desk with its people and accounts. Nothing of one is seen by another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Organisation {
    /// Id.
    #[schema(example = "desk")]
    pub id: String,
    /// Name for people.
    #[schema(example = "Harbour Trading")]
    pub name: String,
    /// Whether it runs the installation: its administrators also keep what all organisations share.
    pub runs_the_installation: bool,
    /// When it was made.
    pub created_at: Time,
    /// Its version, which is also the `ETag`.
    pub version: u32,
}

/// What changes of an organisation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganisationChange {
    /// New name.
    #[schema(example = "Harbour Trading", min_length = 1, max_length = 64)]
    pub name: String,
}

/// Somebody of one's own organisation, as administrators choose from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Colleague {
    /// Pseudonymous id.
    pub id: String,
    /// Name for people.
    pub display_name: String,
    /// Role.
    pub role: Role,
}

/// An organisation in the list of those who run the installation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OrganisationSummary {
    /// The organisation.
    #[serde(flatten)]
    pub organisation: Organisation,
    /// How many people it has.
    pub people: u64,
    /// How many accounts have members in it.
    pub accounts: u64,
}
