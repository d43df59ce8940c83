//! Calendars of the command line: the sessions that bars follow.

use std::ops::Range;

use tradewind_calendar::Calendar;
use tradewind_store::catalog::day_of;
use tradewind_types::market::BarGrid;
use tradewind_types::time::DAY_NS;
use tradewind_types::{InstrumentId, Market};

use super::{nanos, usage};
use crate::failure::Failure;

/// The calendar of markets that never close.
const CONTINUOUS: &str = "CRYPTO";

/// The grid of all that a calendar knows.
pub(super) fn grid(id: &str) -> Result<BarGrid, Failure> {
    grid_of(&Calendar::find(id).map_err(usage)?).map_err(Failure::Usage)
}

fn grid_of(calendar: &Calendar) -> Result<BarGrid, String> {
    if calendar.id() == CONTINUOUS {
        return Ok(BarGrid::Utc);
    }
    let (from, to) = calendar.coverage();
    let grid = calendar.grid(from, to).map_err(|e| e.to_string())?;
    Ok(grid.into())
}

/// Sessions of a calendar over a range of time, breaks taken out; all of it where there is none.
pub(super) fn sessions(calendar: Option<&str>, times: Range<i64>) -> Result<Vec<(i64, i64)>, Failure> {
    let Some(id) = calendar else {
        // Day by day, so that a market that never closes has daily bars, too.
        let day = DAY_NS as i64;
        let first = times.start.div_euclid(day);
        let last = (times.end - 1).div_euclid(day);
        return Ok((first..=last).map(|d| (d * day, (d + 1) * day)).collect());
    };
    let calendar = Calendar::find(id).map_err(usage)?;
    let (from, to) = calendar.coverage();
    let from = day_of(times.start).map_or(from, |day| day.max(from));
    let to = day_of(times.end).map_or(to, |day| day.min(to));
    let mut found = Vec::new();
    for session in calendar.sessions(from, to).map_err(usage)? {
        let (open, close) = (nanos(session.open.0), nanos(session.close.0));
        match session.pause {
            Some((pause, end)) => found.extend([(open, nanos(pause.0)), (nanos(end.0), close)]),
            None => found.push((open, close)),
        }
    }
    Ok(found)
}

/// Calendars of markets.
pub(super) struct Calendars(Vec<(Market, Calendar, BarGrid)>);

impl Calendars {
    /// Reads `MARKET=CALENDAR`s.
    pub(super) fn read(given: &[String]) -> Result<Self, Failure> {
        let one = |text: &String| {
            let (market, id) = text
                .split_once('=')
                .ok_or_else(|| Failure::Usage(format!("--calendar {text}: right is MARKET=CALENDAR")))?;
            let calendar = Calendar::find(id.trim()).map_err(usage)?;
            let grid = grid_of(&calendar).map_err(Failure::Usage)?;
            Ok((Market::new(market.trim()).map_err(usage)?, calendar, grid))
        };
        given.iter().map(one).collect::<Result<_, Failure>>().map(Self)
    }

    /// The grid of an instrument's bars: that of the calendar given for its market, else of the one that has its name, else
    /// days of UTC.
    pub(super) fn grid(&self, instrument: &InstrumentId, times: Range<i64>) -> Result<BarGrid, String> {
        let given = self.0.iter().find(|(market, ..)| *market == instrument.market);
        let (calendar, grid) = match given {
            Some((_, calendar, grid)) => (calendar.clone(), grid.clone()),
            None => match Calendar::find(instrument.market.as_str()) {
                Ok(calendar) => {
                    let grid = grid_of(&calendar)?;
                    (calendar, grid)
                }
                Err(_) => return Ok(BarGrid::Utc),
            },
        };
        let (first, last) = calendar.coverage();
        let within = |ts: i64| day_of(ts).is_some_and(|day| (first..=last).contains(&day));
        if grid != BarGrid::Utc && !(within(times.start) && within(times.end)) {
            return Err(format!(
                "the calendar {} reaches from {first} to {last}, not over all of its bars",
                calendar.id()
            ));
        }
        Ok(grid)
    }
}
