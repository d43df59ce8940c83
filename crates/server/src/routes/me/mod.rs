//! What concerns oneself.

pub mod password;
