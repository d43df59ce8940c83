//! Failures as a person meets them: one sentence, a hint where there is one, and the exit code that scripts rely on.

use std::fmt;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// 1: it failed.
    Failed { message: String, hint: Option<String> },
    /// 2: the command line contradicts itself.
    Usage(String),
    /// 3: input data was refused; the message names line and reason.
    Input(String),
    /// 4: a check did not hold; the message names the first break.
    Check(String),
}

impl Failure {
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Failure::Failed {
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Failure::Failed {
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    pub(crate) fn hint(&self) -> Option<&str> {
        match self {
            Failure::Failed { hint, .. } => hint.as_deref(),
            Failure::Usage(_) => Some("see --help"),
            Failure::Input(_) | Failure::Check(_) => None,
        }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::Failed { .. } => 1,
            Failure::Usage(_) => 2,
            Failure::Input(_) => 3,
            Failure::Check(_) => 4,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Failed { message, .. } => f.write_str(message),
            Failure::Usage(message) | Failure::Input(message) | Failure::Check(message) => {
                f.write_str(message)
            }
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::failed(format!("{error:#}"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::failed(error.to_string())
    }
}
