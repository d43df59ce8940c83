//! When markets trade: the calendars' sessions, told to the engine at the start and as days pass.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tradewind_calendar::Calendar;
use tradewind_engine::EngineHandle;
use tradewind_engine::runtime::{SessionFeed, SessionSource, SessionsTold};
use tradewind_types::market::SessionGrid;
use tradewind_types::{Clock, UnixNanos};

/// How often the engine's instruments are looked through for calendars that it was not told of.
const LOOK: Duration = Duration::from_secs(60);
/// The calendar of markets that never close.
const CONTINUOUS: &str = "CRYPTO";

/// The built-in calendars.
pub(crate) fn source() -> SessionSource {
    Arc::new(sessions_of)
}

/// A calendar's stretches of trading between two instants, breaks apart; `None` where it never closes.
///
/// # Errors
/// For people: a calendar that is not known, or a time that it does not reach.
pub(crate) fn sessions_of(
    calendar: &str,
    from: UnixNanos,
    to: UnixNanos,
) -> Result<Option<SessionGrid>, String> {
    let known = Calendar::find(calendar).map_err(|e| e.to_string())?;
    if known.id() == CONTINUOUS {
        return Ok(None);
    }
    let (first, last) = known.coverage();
    let date = |ts: UnixNanos| -> Result<Date, String> {
        let stamp = Timestamp::from_nanosecond(i128::from(ts.0)).map_err(|e| e.to_string())?;
        Ok(known.zone().to_datetime(stamp).date())
    };
    let (begin, end) = (date(from)?.max(first), date(to)?.min(last));
    if begin > end {
        return Err(format!(
            "the calendar {} reaches from {first} to {last}, not to {}",
            known.id(),
            date(from)?
        ));
    }
    known.grid(begin, end).map(Some).map_err(|e| e.to_string())
}

/// Tells the engine, and says in the log what it was not told.
pub(super) async fn tell(feed: &mut SessionFeed, clock: &dyn Clock) {
    match feed.refresh(clock.now()).await {
        Ok(SessionsTold { told, unknown }) => {
            for calendar in told {
                tracing::debug!(%calendar, "sessions told to the engine");
            }
            for (calendar, why) in unknown {
                tracing::warn!(%calendar, %why, "no sessions: its markets count as always open");
            }
        }
        Err(error) => tracing::warn!(%error, "the engine was not told of sessions; again in a minute"),
    }
}

/// Tells the engine now, and then whenever a day begins or an instrument brings a calendar with it, until `stop`.
pub(super) async fn start(
    engine: EngineHandle,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> JoinHandle<()> {
    let mut feed = SessionFeed::new(engine, source(), "built-in calendars");
    tell(&mut feed, &*clock).await;
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(LOOK);
        ticks.tick().await;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => tell(&mut feed, &*clock).await,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixNanos {
        let stamp: Timestamp = text.parse().expect("a time");
        UnixNanos(u64::try_from(stamp.as_nanosecond()).expect("after 1970"))
    }

    #[test]
    fn the_exchanges_hours_become_the_engines_sessions() {
        // Thanksgiving of 2025 is a Thursday without a session; the Friday closes at 13:00 in New York.
        let sessions = sessions_of("XNYS", at("2025-11-26T12:00:00Z"), at("2025-11-28T23:00:00Z"))
            .expect("known")
            .expect("it closes");
        let times: Vec<_> = sessions.spans().iter().map(|s| (s.open, s.close)).collect();
        assert_eq!(
            times,
            [
                (at("2025-11-26T14:30:00Z"), at("2025-11-26T21:00:00Z")),
                (at("2025-11-28T14:30:00Z"), at("2025-11-28T18:00:00Z")),
            ]
        );
    }

    #[test]
    fn a_market_that_never_closes_has_no_sessions_and_an_unknown_one_an_error() {
        let (from, to) = (at("2025-11-26T12:00:00Z"), at("2025-11-28T23:00:00Z"));
        assert_eq!(sessions_of("CRYPTO", from, to), Ok(None));
        let error = sessions_of("MOON", from, to).expect_err("no such market");
        assert!(error.contains("MOON"), "{error}");
        let error = sessions_of("XNYS", at("2100-01-02T00:00:00Z"), at("2100-01-03T00:00:00Z"));
        let error = error.expect_err("nobody knows those days");
        assert!(error.contains("2100-01-01"), "{error}");
    }
}
