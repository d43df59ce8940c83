//! Sessions as the grid on which bars are built.

use jiff::civil::Date;
use tradewind_types::market::{GridError, SessionGrid, SessionSpan};

use crate::{Calendar, CalendarError};

/// Why a calendar gives no grid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarGridError {
    /// The dates asked for.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// Overrides made sessions that overlap.
    #[error(transparent)]
    Grid(#[from] GridError),
}

impl Calendar {
    /// The sessions from one date to another, both included, as a grid for bars; a break makes two stretches of one
    /// date. Ask for whole months, or their first and last bars are cut.
    ///
    /// # Errors
    /// [`CalendarGridError`].
    ///
    /// ```
    /// use jiff::civil::date;
    /// use tradewind_calendar::Calendar;
    /// use tradewind_types::market::{BarGrid, BarInterval};
    ///
    /// let nse = Calendar::find("XNSE")?.grid(date(2024, 1, 1), date(2024, 1, 31))?;
    /// let slot = BarGrid::from(nse).slot(BarInterval::H1, "2024-01-03T04:00:00Z".parse()?);
    /// assert_eq!(slot.map(|slot| slot.start.to_string()).as_deref(), Some("2024-01-03T03:45:00Z"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn grid(&self, from: Date, to: Date) -> Result<SessionGrid, CalendarGridError> {
        let mut spans = Vec::new();
        for session in self.sessions(from, to)? {
            let span = |open, close| SessionSpan {
                date: session.date,
                open,
                close,
            };
            match session.pause {
                Some((pause, resume)) => {
                    spans.extend([span(session.open, pause), span(resume, session.close)]);
                }
                None => spans.push(span(session.open, session.close)),
            }
        }
        Ok(SessionGrid::new(spans)?)
    }
}
