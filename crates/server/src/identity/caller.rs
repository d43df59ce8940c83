//! Who asks, and by which credential.

use std::collections::HashMap;
use std::net::IpAddr;

use tradewind_types::{AccountId, OrgId, UnixNanos, UserId};
use tradewind_wire::{MemberRole, Role, Scope};

use super::key_terms::KeyTerms;

/// By what a caller proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// A browser's session.
    Session {
        /// Its public id.
        id: String,
        /// What unsafe requests must carry.
        csrf: String,
        /// When it ends at the latest.
        expires_at: UnixNanos,
    },
    /// A program's access token, got with the person's password.
    Token {
        /// Public id of its family.
        family: String,
        /// When the token ends.
        expires_at: UnixNanos,
    },
    /// A program's key.
    Key {
        /// Its id.
        id: String,
        /// What it may do.
        scopes: Vec<Scope>,
        /// Accounts it may touch; `None` = all of its owner's.
        accounts: Option<Vec<AccountId>>,
        /// When it ends.
        expires_at: Option<UnixNanos>,
        /// From where, and how much, it may be used.
        terms: KeyTerms,
    },
}

/// A known caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub user: UserId,
    /// Their desk.
    pub org: OrgId,
    /// Name to sign in with.
    pub username: String,
    /// Name for people.
    pub display_name: String,
    /// Role.
    pub role: Role,
    /// By what.
    pub via: Via,
    /// Whether their desk runs the installation, which other organisations may share.
    pub runs_the_installation: bool,
    /// Their memberships.
    pub memberships: HashMap<AccountId, MemberRole>,
    /// Their role has to have a second factor, and they have none.
    pub must_enrol: bool,
}

impl Caller {
    /// The membership on an account, as far as the credential reaches.
    #[must_use]
    pub fn membership(&self, account: &AccountId) -> Option<MemberRole> {
        self.memberships
            .get(account)
            .copied()
            .filter(|_| self.reaches(account))
    }

    /// Whether the credential may touch the account at all.
    #[must_use]
    pub fn reaches(&self, account: &AccountId) -> bool {
        match &self.via {
            Via::Key {
                accounts: Some(list), ..
            } => list.contains(account),
            Via::Key { accounts: None, .. } | Via::Session { .. } | Via::Token { .. } => true,
        }
    }

    /// Whether the credential is limited to some of its owner's accounts.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        matches!(
            &self.via,
            Via::Key {
                accounts: Some(_),
                ..
            }
        )
    }

    /// Whether the credential has the scope; a session and an access token have all.
    #[must_use]
    pub fn has_scope(&self, scope: Scope) -> bool {
        match &self.via {
            Via::Session { .. } | Via::Token { .. } => true,
            Via::Key { scopes, .. } => scopes.contains(&scope),
        }
    }

    /// Whether the credential has ended by itself.
    #[must_use]
    pub fn is_over(&self, now: UnixNanos) -> bool {
        match &self.via {
            Via::Session { expires_at, .. } | Via::Token { expires_at, .. } => *expires_at <= now,
            Via::Key { expires_at, .. } => expires_at.is_some_and(|end| end <= now),
        }
    }

    /// Whether the credential may be used from an address; one that is not known is nowhere in particular.
    #[must_use]
    pub fn may_come_from(&self, address: Option<IpAddr>) -> bool {
        self.terms().is_none_or(|terms| terms.allow(address))
    }

    /// What a key was made with, when the credential is one.
    #[must_use]
    pub fn terms(&self) -> Option<&KeyTerms> {
        match &self.via {
            Via::Key { terms, .. } => Some(terms),
            Via::Session { .. } | Via::Token { .. } => None,
        }
    }

    /// Whose rate limits count: the key's own, or the person's.
    #[must_use]
    pub fn limit_key(&self) -> &str {
        match &self.via {
            Via::Session { .. } | Via::Token { .. } => self.user.as_str(),
            Via::Key { id, .. } => id,
        }
    }
}

/// The role of a stored text.
#[must_use]
pub fn parse_role(text: &str) -> Option<Role> {
    Some(match text {
        "SUPER_ADMIN" => Role::SuperAdmin,
        "ADMIN" => Role::Admin,
        "COMPLIANCE" => Role::Compliance,
        "ANALYST" => Role::Analyst,
        "TRADER" => Role::Trader,
        "VIEWER" => Role::Viewer,
        "SERVICE" => Role::Service,
        _ => return None,
    })
}

/// A role as stored.
#[must_use]
pub fn role_text(role: Role) -> &'static str {
    match role {
        Role::SuperAdmin => "SUPER_ADMIN",
        Role::Admin => "ADMIN",
        Role::Compliance => "COMPLIANCE",
        Role::Analyst => "ANALYST",
        Role::Trader => "TRADER",
        Role::Viewer => "VIEWER",
        Role::Service => "SERVICE",
    }
}

/// The membership of a stored text.
#[must_use]
pub fn parse_member(text: &str) -> Option<MemberRole> {
    Some(match text {
        "OWNER" => MemberRole::Owner,
        "TRADER" => MemberRole::Trader,
        "VIEWER" => MemberRole::Viewer,
        _ => return None,
    })
}

/// A membership as stored.
#[must_use]
pub fn member_text(role: MemberRole) -> &'static str {
    match role {
        MemberRole::Owner => "OWNER",
        MemberRole::Trader => "TRADER",
        MemberRole::Viewer => "VIEWER",
    }
}

/// The scope of a stored text.
#[must_use]
pub fn parse_scope(text: &str) -> Option<Scope> {
    Some(match text {
        "READ" => Scope::Read,
        "TRADE" => Scope::Trade,
        "CANCEL" => Scope::Cancel,
        "MANAGE" => Scope::Manage,
        "ADMIN" => Scope::Admin,
        _ => return None,
    })
}

/// A scope as stored.
#[must_use]
pub fn scope_text(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "READ",
        Scope::Trade => "TRADE",
        Scope::Cancel => "CANCEL",
        Scope::Manage => "MANAGE",
        Scope::Admin => "ADMIN",
    }
}
