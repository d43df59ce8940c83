//! The adjustment factors of an instrument.

use crate::routes::prelude::*;

use jiff::civil::Date;
use tradewind_calendar::actions::{Adjust, AdjustmentTable, EventKind, HistoryFactor, history_factor};
use tradewind_store::calendar::events::{self, EventQuery, StoredEvent};
use tradewind_types::record::{ActionKind, CorporateAction};
use tradewind_types::{InstrumentId, Money, UnixNanos};
use wire::AdjustFor;

use super::closes::{ExDate, closes_before};
use crate::map;

/// Most events of an instrument that an answer is made of: quarterly dividends and earnings of more than a century.
const EVENTS_MAX: u32 = 1_000;

/// Which factors.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AdjustmentsQuery {
    /// `all` (default): dividends, rights and spin-offs too; `splits`: only what changes the number of units.
    #[serde(default)]
    #[param(inline)]
    pub adjust: AdjustFor,
}

/// What prices and volumes of an instrument's past are multiplied by, to be comparable with today's. A dividend's or rights'
/// factor needs the close before it, in the currency that it pays in; an action without one is told apart, and so is one that
/// is announced for later. At most 1,000 events of an instrument, earnings included.
#[utoipa::path(get, path = "/api/v1/instruments/{instrument}/adjustments", tag = "calendars",
    params(("instrument" = String, Path, description = "Instrument id; the engine need not know it."), AdjustmentsQuery),
    responses((status = 200, body = wire::Adjustments)))]
pub async fn get_adjustments(
    State(state): State<AppState>,
    params: Params,
    QueryOf(query): QueryOf<AdjustmentsQuery>,
) -> ApiResult<Json<wire::Adjustments>> {
    let id: InstrumentId = params.id("instrument", Code::InstrumentUnknown)?;
    let Chain {
        table,
        mut dates,
        without_factor,
        announced,
    } = chain(&state, &id, query.adjust).await?;
    dates.sort_unstable();
    dates.dedup_by_key(|(effective, _)| *effective);
    let steps = dates.into_iter().map(|(effective, date)| {
        let chained = table.at(UnixNanos(effective.0.saturating_sub(1)));
        wire::AdjustmentFactor {
            before: date.to_string(),
            effective: wire::Time(effective),
            price: wire::Dec(chained.price),
            volume: wire::Dec(chained.size),
        }
    });
    Ok(Json(wire::Adjustments {
        instrument: id.to_string(),
        adjust: query.adjust,
        factors: steps.collect(),
        without_factor,
        announced,
    }))
}

/// The factors of an instrument, chained.
struct Chain {
    table: AdjustmentTable,
    /// From when on each factor counts no more, and the ex-date.
    dates: Vec<(UnixNanos, Date)>,
    without_factor: Vec<wire::ActionWithoutFactor>,
    announced: Vec<wire::ActionAnnounced>,
}

async fn chain(state: &AppState, id: &InstrumentId, adjust: AdjustFor) -> ApiResult<Chain> {
    let adjust = match adjust {
        AdjustFor::Splits => Adjust::Splits,
        AdjustFor::All => Adjust::All,
    };
    let stored = stored_events(state, id).await?;
    let Actions { acting, announced } = actions(&stored, adjust, state.clock.now())?;
    let priced: Vec<ExDate> = acting.iter().filter_map(Acting::priced).collect();
    let mut closes = closes_before(state, id, &priced).await?.into_iter();
    let (mut factors, mut dates, mut without_factor) = (Vec::new(), Vec::new(), Vec::new());
    for acting in &acting {
        let close = acting.priced().and_then(|_| closes.next());
        match factor(&acting.action, close) {
            Ok(factor) => {
                dates.push((factor.effective, acting.event.row.date));
                factors.push(factor);
            }
            Err(reason) => without_factor.push(without(acting, reason)),
        }
    }
    let table = AdjustmentTable::new(factors)
        .map_err(|e| ApiError::field("instrument", "OUT_OF_RANGE", e.to_string()))?;
    Ok(Chain {
        table,
        dates,
        without_factor,
        announced,
    })
}

/// The chained factors of an instrument, for its bars.
///
/// # Errors
/// A field error for `adjust` when an action has no factor: the series before it would be wrong and look right.
pub(in crate::routes) async fn table(
    state: &AppState,
    id: &InstrumentId,
    adjust: AdjustFor,
) -> ApiResult<AdjustmentTable> {
    let chain = chain(state, id, adjust).await?;
    let Some(first) = chain.without_factor.first() else {
        return Ok(chain.table);
    };
    let text = format!(
        "{id} cannot be adjusted: the action of {} has no factor, since {}; see its adjustments",
        first.ex_date, first.reason
    );
    Err(ApiError::field("adjust", "NO_FACTOR", text))
}

/// All that is stored of an instrument: a chain with a part missing would be wrong.
async fn stored_events(state: &AppState, id: &InstrumentId) -> ApiResult<Vec<StoredEvent>> {
    let wanted = EventQuery {
        instrument: Some(id.clone()),
        from: Date::constant(1, 1, 1),
        to: Date::MAX,
        after: None,
        limit: EVENTS_MAX + 1,
    };
    let stored = events::list(&state.store, &state.config.org, &wanted).await?;
    if stored.len() > EVENTS_MAX as usize {
        let text =
            format!("{id} has more than {EVENTS_MAX} events, and factors are chained for at most so many");
        return Err(ApiError::field("instrument", "TOO_MANY_EVENTS", text));
    }
    Ok(stored)
}

/// An action that holds.
struct Acting<'a> {
    event: &'a StoredEvent,
    action: CorporateAction,
}

impl Acting<'_> {
    /// Its ex-date, if its factor needs the close before it.
    fn priced(&self) -> Option<ExDate> {
        let needs = matches!(
            self.action.kind,
            ActionKind::CashDividend { .. } | ActionKind::Rights { .. }
        );
        needs.then_some(ExDate {
            date: self.event.row.date,
            effective: self.action.effective,
        })
    }
}

/// The actions that are adjusted for: those that hold, and those that are announced for later.
struct Actions<'a> {
    acting: Vec<Acting<'a>>,
    announced: Vec<wire::ActionAnnounced>,
}

fn actions(stored: &[StoredEvent], adjust: Adjust, now: UnixNanos) -> ApiResult<Actions<'_>> {
    let (mut acting, mut announced) = (Vec::new(), Vec::new());
    for event in stored {
        let what = map::corporate::event_kind(event)?;
        let kind = map::corporate::kind(&what);
        let EventKind::Action { action } = what else {
            continue;
        };
        if !adjust.covers(&action.kind) {
            continue;
        }
        if action.effective <= now {
            acting.push(Acting { event, action });
        } else {
            announced.push(wire::ActionAnnounced {
                id: event.id.clone(),
                ex_date: event.row.date.to_string(),
                effective: wire::Time(action.effective),
                kind,
            });
        }
    }
    Ok(Actions { acting, announced })
}

fn without(acting: &Acting<'_>, reason: String) -> wire::ActionWithoutFactor {
    wire::ActionWithoutFactor {
        id: acting.event.id.clone(),
        ex_date: acting.event.row.date.to_string(),
        kind: map::corporate::kind(&EventKind::Action {
            action: acting.action.clone(),
        }),
        reason,
    }
}

/// The factor of an action, or why it has none. `close` is the one before it, for those that need it.
fn factor(
    action: &CorporateAction,
    close: Option<Result<Money, &'static str>>,
) -> Result<HistoryFactor, String> {
    let Some(close) = close.transpose()? else {
        return history_factor(action, None).ok_or_else(|| "it takes all of the value".to_owned());
    };
    if let ActionKind::CashDividend { per_unit, .. } = &action.kind
        && per_unit.currency != close.currency
    {
        return Err(format!(
            "it pays in {}, and the instrument is quoted in {}",
            per_unit.currency, close.currency
        ));
    }
    let factor = history_factor(action, Some(close));
    factor.ok_or_else(|| format!("it pays out more than the close of {close} before it"))
}
