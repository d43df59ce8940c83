//! What concerns oneself.

pub mod backup_codes;
pub mod identities_delete;
pub mod identities_list;
pub mod identities_post;
pub mod mfa_delete;
pub mod mfa_get;
mod notifications;
pub mod notifications_get;
pub mod notifications_put;
pub mod password;
pub mod totp_confirm;
pub mod totp_post;
