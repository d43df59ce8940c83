//! Corporate actions and earnings dates.

pub mod adjustments;
mod closes;
pub mod delete;
pub mod list;
pub mod post;

use std::collections::BTreeMap;

use crate::routes::prelude::*;

use tradewind_calendar::{Calendar, CalendarError};
use tradewind_engine::runtime::ALWAYS;
use tradewind_types::{InstrumentId, InstrumentIdx};

/// By which calendar each instrument goes that the engine knows.
async fn known_calendars(state: &AppState) -> ApiResult<BTreeMap<InstrumentId, String>> {
    let read = state.engine.query(|kernel| {
        let instruments = kernel.instruments();
        let all = (0..instruments.len()).filter_map(|slot| {
            let idx = InstrumentIdx(u32::try_from(slot).unwrap_or(u32::MAX));
            instruments
                .get(idx)
                .map(|i| (i.id.clone(), i.calendar.to_string()))
        });
        all.collect()
    });
    Ok(read.await?)
}

/// The calendar of an instrument: the one given, else its own, else the one that its market names.
fn calendar_of(
    state: &AppState,
    known: &BTreeMap<InstrumentId, String>,
    given: Option<&str>,
    instrument: &InstrumentId,
) -> Result<Calendar, String> {
    let own = given.or_else(|| known.get(instrument).map(String::as_str));
    if let Some(id) = own {
        return called(state, id).map_err(|e| format!("calendar: {e}"));
    }
    let market = instrument.market.as_str();
    state.calendars.find(market).map_err(|_| {
        format!("instrument: no calendar is known for the market {market}; name one as `calendar`")
    })
}

/// The calendar that an instrument names.
fn called(state: &AppState, id: &str) -> Result<Calendar, CalendarError> {
    match id {
        ALWAYS => state.calendars.find(crate::calendars::CONTINUOUS),
        id => state.calendars.find(id),
    }
}
