//! What others look for at well-known places (RFC 8615).

pub mod jwks;
