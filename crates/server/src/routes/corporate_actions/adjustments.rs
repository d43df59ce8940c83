//! The adjustment factors of an instrument.

use crate::routes::prelude::*;

use jiff::civil::Date;
use tradewind_calendar::actions::{Adjust, AdjustmentTable, EventKind, HistoryFactor, history_factor};
use tradewind_store::calendar::events::{self, EventQuery, StoredEvent};
use tradewind_types::market::BarInterval;
use tradewind_types::record::{ActionKind, CorporateAction};
use tradewind_types::time::DAY_NS;
use tradewind_types::{InstrumentId, Money, UnixNanos};
use wire::AdjustFor;

use crate::bars::{BarReader, Wanted};
use crate::map;

/// Most actions of an instrument.
const ACTIONS_MAX: u32 = 10_000;
/// How old the last close before an action may be.
const CLOSE_AGE_NS: u64 = 14 * DAY_NS;

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
/// factor needs the close before it, in the currency that it pays in; an action without one is told apart.
#[utoipa::path(get, path = "/api/v1/instruments/{instrument}/adjustments", tag = "calendars",
    params(("instrument" = String, Path, description = "Instrument id; the engine need not know it."), AdjustmentsQuery),
    responses((status = 200, body = wire::Adjustments)))]
pub async fn get_adjustments(
    State(state): State<AppState>,
    params: Params,
    QueryOf(query): QueryOf<AdjustmentsQuery>,
) -> ApiResult<Json<wire::Adjustments>> {
    let id: InstrumentId = params.id("instrument", Code::InstrumentUnknown)?;
    let wanted = EventQuery {
        instrument: Some(id.clone()),
        from: Date::constant(1, 1, 1),
        to: Date::MAX,
        after: None,
        limit: ACTIONS_MAX,
    };
    let stored = events::list(&state.store, &state.config.org, &wanted).await?;
    let adjust = match query.adjust {
        AdjustFor::Splits => Adjust::Splits,
        AdjustFor::All => Adjust::All,
    };
    let reader = state.bars();
    let (mut factors, mut dates, mut without_factor) = (Vec::new(), Vec::new(), Vec::new());
    for event in &stored {
        let EventKind::Action { action } = map::corporate::event_kind(event)? else {
            continue;
        };
        if !adjust.covers(&action.kind) {
            continue;
        }
        match factor(&reader, &action).await? {
            Ok(factor) => {
                dates.push((factor.effective, event.row.date));
                factors.push(factor);
            }
            Err(reason) => without_factor.push(without(event, &action, reason)),
        }
    }
    let table = AdjustmentTable::new(factors)
        .map_err(|e| ApiError::field("instrument", "OUT_OF_RANGE", e.to_string()))?;
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
    }))
}

fn without(event: &StoredEvent, action: &CorporateAction, reason: String) -> wire::ActionWithoutFactor {
    wire::ActionWithoutFactor {
        id: event.id.clone(),
        ex_date: event.row.date.to_string(),
        kind: map::corporate::kind(&EventKind::Action {
            action: action.clone(),
        }),
        reason,
    }
}

/// The factor of an action, or why it has none.
async fn factor(reader: &BarReader, action: &CorporateAction) -> ApiResult<Result<HistoryFactor, String>> {
    let pays = match &action.kind {
        ActionKind::CashDividend { per_unit, .. } => Some(per_unit.currency),
        ActionKind::Rights { .. } => None,
        _ => {
            let factor = history_factor(action, None);
            return Ok(factor.ok_or_else(|| "it takes all of the value".to_owned()));
        }
    };
    let close = match last_close(reader, action).await? {
        Ok(close) => close,
        Err(why) => return Ok(Err(why)),
    };
    if let Some(pays) = pays.filter(|currency| *currency != close.currency) {
        return Ok(Err(format!(
            "it pays in {pays}, and the instrument is quoted in {}",
            close.currency
        )));
    }
    let factor = history_factor(action, Some(close));
    Ok(factor.ok_or_else(|| format!("it pays out more than the close of {close} before it")))
}

/// The close before an action: of the last minute where minutes are stored, else of the last day.
async fn last_close(reader: &BarReader, action: &CorporateAction) -> ApiResult<Result<Money, String>> {
    for interval in [BarInterval::M1, BarInterval::DAY] {
        let wanted = Wanted {
            interval,
            from: Some(UnixNanos(action.effective.0.saturating_sub(CLOSE_AGE_NS))),
            to: Some(action.effective),
            count: 1,
            skip: 0,
            lead: 0,
        };
        let read = match reader.read(&action.instrument, wanted).await {
            Ok(read) => read,
            Err(error) if error.code == Code::InstrumentUnknown => {
                let text = "the close before it is not known: the engine does not know the instrument";
                return Ok(Err(text.to_owned()));
            }
            Err(error) => return Err(error),
        };
        if let Some(bar) = read.wanted().last() {
            let close = bar.close.to_decimal(read.instrument.price_scale);
            return Ok(Ok(Money::new(close, read.instrument.quote)));
        }
    }
    Ok(Err("the close before it is not stored".to_owned()))
}
