//! Every table that says something of a person: what a copy of their data takes from it, and what erasing them does to it.
//!
//! The id of the person is $1 in every statement. What is secret (hashes, seeds) is in no copy.

/// What becomes of a table's rows when a person is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// This statement deletes or empties them.
    By(&'static str),
    /// They stay, for this reason; they name the person by the pseudonymous id alone.
    Kept(&'static str),
}

/// A table.
#[derive(Debug, Clone, Copy)]
pub struct PersonalTable {
    /// Its name, also that of its file in a copy.
    pub name: &'static str,
    /// What a copy takes; `None` when another file has it.
    pub copy: Option<&'static str>,
    /// What erasing does.
    pub erasure: Erasure,
}

/// Why what follows from the journal stays.
const BOOKS: &str =
    "books and records of trades are kept for six years; a copy has the accounts in files of their own";

/// In the order in which they are erased: what refers to something goes before it.
pub const TABLES: &[PersonalTable] = &[
    PersonalTable {
        name: "refresh_tokens",
        copy: None,
        erasure: Erasure::By(
            "DELETE FROM refresh_tokens WHERE family IN (SELECT id FROM token_families WHERE owner = $1)",
        ),
    },
    PersonalTable {
        name: "token_families",
        copy: Some(
            "SELECT id, user_agent, ip, created_at, last_seen_at, expires_at, revoked_at FROM token_families
             WHERE owner = $1 ORDER BY created_at",
        ),
        erasure: Erasure::By("DELETE FROM token_families WHERE owner = $1"),
    },
    PersonalTable {
        name: "backup_codes",
        copy: None,
        erasure: Erasure::By("DELETE FROM backup_codes WHERE owner = $1"),
    },
    PersonalTable {
        name: "second_factors",
        copy: Some("SELECT begun_at, enabled_at FROM second_factors WHERE owner = $1"),
        erasure: Erasure::By("DELETE FROM second_factors WHERE owner = $1"),
    },
    PersonalTable {
        name: "sessions",
        copy: Some(
            "SELECT id, user_agent, ip, created_at, last_seen_at, expires_at, revoked_at FROM sessions
             WHERE owner = $1 ORDER BY created_at",
        ),
        erasure: Erasure::By("DELETE FROM sessions WHERE owner = $1"),
    },
    PersonalTable {
        name: "linked_identities",
        copy: Some(
            "SELECT id, provider, issuer, subject, made_by_it, created_at, last_used_at FROM linked_identities
             WHERE owner = $1 ORDER BY created_at",
        ),
        erasure: Erasure::By("DELETE FROM linked_identities WHERE owner = $1"),
    },
    PersonalTable {
        name: "api_keys",
        copy: Some(
            "SELECT id, name, prefix, scopes, accounts, networks, requests_per_minute, orders_per_minute, created_at, expires_at,
               last_used_at, revoked_at
             FROM api_keys WHERE owner = $1 ORDER BY created_at",
        ),
        erasure: Erasure::By("DELETE FROM api_keys WHERE owner = $1"),
    },
    PersonalTable {
        name: "one_time_links",
        copy: Some(
            "SELECT purpose, created_at, expires_at, used_at FROM one_time_links WHERE owner = $1 ORDER BY created_at",
        ),
        erasure: Erasure::By("DELETE FROM one_time_links WHERE owner = $1"),
    },
    PersonalTable {
        name: "memberships",
        copy: Some("SELECT account, role, granted_by, since FROM memberships WHERE owner = $1 ORDER BY since"),
        erasure: Erasure::By("DELETE FROM memberships WHERE owner = $1"),
    },
    PersonalTable {
        name: "idempotency_keys",
        copy: None,
        erasure: Erasure::By("DELETE FROM idempotency_keys WHERE owner = $1"),
    },
    PersonalTable {
        name: "chart_drawings",
        copy: Some(
            "SELECT drawing_id, instrument, content, created_at, updated_at FROM chart_drawings
             WHERE owner = $1 ORDER BY created_at",
        ),
        erasure: Erasure::By("DELETE FROM chart_drawings WHERE owner = $1"),
    },
    PersonalTable {
        name: "chart_templates",
        copy: Some(
            "SELECT template_id, name, content, created_at, updated_at FROM chart_templates
             WHERE owner = $1 ORDER BY created_at",
        ),
        erasure: Erasure::By("DELETE FROM chart_templates WHERE owner = $1"),
    },
    PersonalTable {
        name: "notification_settings",
        copy: Some("SELECT content, updated_at FROM notification_settings WHERE owner = $1"),
        erasure: Erasure::By("DELETE FROM notification_settings WHERE owner = $1"),
    },
    PersonalTable {
        name: "consents",
        copy: Some(
            "SELECT purpose, number, granted, policy, decided_at FROM consents
             WHERE person = $1 ORDER BY decided_at, purpose, number",
        ),
        erasure: Erasure::Kept("that somebody had agreed has to be shown afterwards"),
    },
    PersonalTable {
        name: "deletion_requests",
        copy: Some(
            "SELECT id, state, requested_at, due_at, hold_reason, decided_at FROM deletion_requests
             WHERE person = $1 ORDER BY requested_at",
        ),
        // That it was asked for and done has to be shown afterwards; why it was held, no more.
        erasure: Erasure::By("UPDATE deletion_requests SET hold_reason = '' WHERE person = $1"),
    },
    PersonalTable {
        name: "users",
        copy: Some(
            "SELECT id, org_id, username, display_name, role, disabled, created_at, updated_at FROM users WHERE id = $1",
        ),
        erasure: Erasure::By(
            // A colon is in no name that anybody can choose, so that nobody has this one already.
            "UPDATE users SET username = 'erased:' || id, username_key = 'erased:' || id, display_name = 'Erased',
                 role = 'VIEWER', password_hash = '', disabled = TRUE, version = version + 1
             WHERE id = $1",
        ),
    },
    PersonalTable {
        name: "person_keys",
        copy: None,
        // The key goes last: with it everything that it sealed.
        erasure: Erasure::By("UPDATE person_keys SET sealed = NULL WHERE person = $1"),
    },
    PersonalTable {
        name: "audit",
        copy: None,
        erasure: Erasure::Kept("its chain has to hold; what is personal in it is sealed with the key that is destroyed"),
    },
    PersonalTable {
        name: "p_accounts",
        copy: None,
        erasure: Erasure::Kept(BOOKS),
    },
    PersonalTable {
        name: "p_orders",
        copy: None,
        erasure: Erasure::Kept(BOOKS),
    },
    PersonalTable {
        name: "p_ledger_entries",
        copy: None,
        erasure: Erasure::Kept(BOOKS),
    },
    PersonalTable {
        name: "p_strategies",
        copy: None,
        erasure: Erasure::Kept(BOOKS),
    },
    PersonalTable {
        name: "p_risk_settings",
        copy: None,
        erasure: Erasure::Kept(BOOKS),
    },
    PersonalTable {
        name: "p_kill_switches",
        copy: None,
        erasure: Erasure::Kept(BOOKS),
    },
];
