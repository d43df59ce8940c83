//! What is announced.

use std::fmt;
use std::str::FromStr;

use crate::routes::prelude::*;

use jiff::civil::Date;
use tradewind_store::calendar::events::{self, EventQuery};
use tradewind_types::InstrumentId;

use crate::map;
use crate::map::risk::OPERATOR;
use crate::routes::calendars::day;

/// Which events.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Of this instrument alone.
    pub instrument: Option<String>,
    /// First ex-date.
    #[param(format = Date)]
    pub from: Option<String>,
    /// Last ex-date, included.
    #[param(format = Date)]
    pub to: Option<String>,
    /// Most items of the page; 100 when absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; absent for the first.
    #[param(max_length = 256)]
    pub cursor: Option<String>,
}

/// Corporate actions and earnings dates, by date and instrument.
#[utoipa::path(get, path = "/api/v1/corporate-actions", tag = "calendars", params(EventsQuery),
    responses((status = 200, body = wire::Page<wire::CorporateEvent>)))]
pub async fn list_corporate_actions(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    QueryOf(query): QueryOf<EventsQuery>,
) -> ApiResult<Json<wire::Page<wire::CorporateEvent>>> {
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let limit = page.limit()?;
    let date = |field: &str, text: Option<&str>, default| text.map_or(Ok(default), |text| day(field, text));
    let wanted = EventQuery {
        instrument: instrument_filter(query.instrument.as_deref())?,
        from: date("from", query.from.as_deref(), Date::constant(1, 1, 1))?,
        to: date("to", query.to.as_deref(), Date::MAX)?,
        after: page
            .key::<EventKey>()?
            .map(|key| (key.date, key.instrument, key.id)),
        limit: limit + 1,
    };
    let mut rows = events::list(&state.store, &state.config.org, &wanted).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let last = rows.last().filter(|_| more).map(|event| {
        Cursor::after(EventKey {
            date: event.row.date,
            instrument: event.row.instrument.clone(),
            id: event.id.clone(),
        })
    });
    let items: Result<Vec<_>, _> = rows.iter().map(map::corporate::event).collect();
    let mut items = items?;
    if !caller.runs_the_installation {
        items
            .iter_mut()
            .for_each(|event| OPERATOR.clone_into(&mut event.added_by));
    }
    Ok(Json(wire::Page {
        items,
        next_cursor: last,
    }))
}

/// Where an event stands in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct EventKey {
    date: Date,
    instrument: InstrumentId,
    id: String,
}

impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.date, self.id, self.instrument)
    }
}

impl FromStr for EventKey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, ' ');
        let mut part = || parts.next().ok_or(());
        let (date, id, instrument) = (part()?, part()?, part()?);
        Ok(Self {
            date: date.parse().map_err(|_| ())?,
            instrument: instrument.parse().map_err(|_| ())?,
            id: id.to_owned(),
        })
    }
}
