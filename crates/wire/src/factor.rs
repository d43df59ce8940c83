//! The second factor: an authenticator app and backup codes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Time;

/// One's own second factor.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SecondFactor {
    /// Whether signing in asks for a code.
    pub enabled: bool,
    /// Since when; null when it is off.
    pub enabled_at: Option<Time>,
    /// Backup codes that are left.
    pub backup_codes_left: u32,
    /// Whether one's role has to have one.
    pub required: bool,
}

/// Begins to enrol an app.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactorEnrolment {
    /// One's password.
    #[schema(max_length = 256)]
    pub password: String,
}

/// What the app is told. It is shown once and holds nothing back until it is confirmed with a code, within an hour.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct FactorSeed {
    /// The secret, as one types it: base32.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    pub secret: String,
    /// The same as an `otpauth:` address.
    pub uri: String,
    /// The address as a QR code.
    pub qr: QrDrawing,
}

/// A QR code to be drawn: `<svg viewBox="0 0 size size"><path d=path/></svg>`, dark on light.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct QrDrawing {
    /// Width and height in modules, with the quiet zone.
    pub size: u32,
    /// SVG path data of the dark modules.
    pub path: String,
}

/// Confirms an enrolment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactorCode {
    /// Six digits of the app.
    #[schema(example = "287082", max_length = 64)]
    pub code: String,
}

/// Backup codes. Each works once; they cannot be shown again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BackupCodes {
    /// Ten of them.
    pub backup_codes: Vec<String>,
}

/// Proves who one is with both factors.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactorProof {
    /// One's password.
    #[schema(max_length = 256)]
    pub password: String,
    /// Six digits of the app, or a backup code.
    #[schema(example = "287082", max_length = 64)]
    pub code: String,
}
