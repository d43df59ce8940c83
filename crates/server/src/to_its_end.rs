//! Work that is finished whoever goes away.

use crate::problem::{ApiError, Code};

/// Work was cut off in the middle: the program stops, or the work panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interrupted;

impl From<Interrupted> for ApiError {
    fn from(_: Interrupted) -> Self {
        Self::of(Code::Unavailable).retry_after(5)
    }
}

/// Works to its end, also when whoever asked has gone: what the database has, memory and the audit log have too, and no
/// `Idempotency-Key` stays taken without an answer.
///
/// # Errors
/// Those of the work; [`Interrupted`] as the caller's error when it was cut off.
pub(crate) async fn to_its_end<T, E>(
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Interrupted> + Send + 'static,
{
    tokio::spawn(work)
        .await
        .unwrap_or_else(|_| Err(E::from(Interrupted)))
}
