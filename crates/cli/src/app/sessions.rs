//! When markets trade: the calendars' sessions with what administrators have laid over them, told to the engine at the
//! start, as days pass, and when a calendar is changed.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tradewind_calendar::Calendar;
use tradewind_engine::EngineHandle;
use tradewind_engine::runtime::{SessionFeed, SessionSource, SessionsTold};
use tradewind_server::calendars::{CONTINUOUS, Calendars};
use tradewind_types::market::SessionGrid;
use tradewind_types::{Clock, UnixNanos};

/// How often the engine's instruments are looked through for calendars that it was not told of.
const LOOK: Duration = Duration::from_secs(60);
/// The organisation's calendars, as they are whenever somebody asks.
pub(crate) fn source(calendars: &Arc<Calendars>) -> SessionSource {
    let calendars = Arc::clone(calendars);
    Arc::new(move |id, from, to| {
        let known = calendars.find(id).map_err(|e| e.to_string())?;
        stretches(&known, from, to)
    })
}

/// The built-in calendars alone: a backtest gives the same result whenever and wherever it is run.
pub(crate) fn rules() -> SessionSource {
    Arc::new(sessions_of)
}

/// A built-in calendar's stretches of trading between two instants, breaks apart; `None` where it never closes.
///
/// # Errors
/// For people: a calendar that is not known, or a time that it does not reach.
pub(crate) fn sessions_of(
    calendar: &str,
    from: UnixNanos,
    to: UnixNanos,
) -> Result<Option<SessionGrid>, String> {
    let known = Calendar::find(calendar).map_err(|e| e.to_string())?;
    stretches(&known, from, to)
}

fn stretches(known: &Calendar, from: UnixNanos, to: UnixNanos) -> Result<Option<SessionGrid>, String> {
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

/// Tells the engine now, and then whenever a day begins, an instrument brings a calendar with it, or an administrator changes
/// a calendar, until `stop`.
pub(super) async fn start(
    engine: EngineHandle,
    calendars: &Arc<Calendars>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> JoinHandle<()> {
    let mut changes = calendars.watch();
    let mut feed = SessionFeed::new(engine, source(calendars), "calendars of the organisation");
    tell(&mut feed, &*clock).await;
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(LOOK);
        ticks.tick().await;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                changed = changes.changed() => match changed {
                    Ok(()) => {
                        tracing::info!("a calendar was changed; the engine is told its sessions anew");
                        feed.changed();
                        tell(&mut feed, &*clock).await;
                    }
                    // Nobody is left who could change one.
                    Err(_) => return,
                },
                _ = ticks.tick() => tell(&mut feed, &*clock).await,
            }
        }
    })
}

#[cfg(test)]
mod tests;
