//! The caller's own fills as marks on bars.

use crate::routes::prelude::*;

use std::collections::HashMap;

use tradewind_store::projection::{FillRow, Slice};
use tradewind_types::market::{BarGrid, BarInterval};
use tradewind_types::order::OrderEventKind;
use tradewind_types::time::SECOND_NS;
use tradewind_types::{InstrumentId, Side, UnixNanos};

use super::{resolution, symbol};
use crate::access::{Action, Decision, Resource, authorise};

/// Most marks of one bar, as the protocol has it.
const MARKS_PER_BAR_MAX: usize = 10;
/// Records of a history that are read at once, and how often, for each account.
const PAGE: u32 = 500;
const PAGES_MAX: usize = 20;
/// Most accounts that are looked at.
const ACCOUNTS_MAX: usize = 50;

/// Which marks.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UdfMarksQuery {
    /// An id, `MARKET:SYMBOL`, or a symbol that only one market has.
    #[param(example = "COINBASE:BTC-USD")]
    pub symbol: String,
    /// From this time on, seconds since 1970.
    pub from: i64,
    /// Up to this time, seconds since 1970.
    pub to: i64,
    /// Of the bars that are shown.
    #[param(example = "1")]
    pub resolution: String,
}

/// What a request for marks comes to.
pub(super) struct Asked {
    pub(super) instrument: InstrumentId,
    interval: BarInterval,
    grid: BarGrid,
    from: UnixNanos,
    to: UnixNanos,
    pub(super) accounts: Vec<AccountId>,
}

impl Asked {
    pub(super) async fn read(state: &AppState, caller: &Caller, query: &UdfMarksQuery) -> ApiResult<Self> {
        let interval = resolution::parse(&query.resolution)?;
        if query.from > query.to {
            return Err(ApiError::field(
                "from",
                "OUT_OF_RANGE",
                "from must not be after to",
            ));
        }
        let time = |secs: i64| UnixNanos(u64::try_from(secs).unwrap_or(0).saturating_mul(SECOND_NS));
        let instrument = symbol::resolve(state, &query.symbol).await?;
        let asked = instrument.clone();
        let grid = state
            .engine
            .query(move |kernel| kernel.market(&asked).map(|(_, market)| market.grid().clone()))
            .await?;
        // Own accounts only: who oversees all of them does not want everybody's fills on a chart.
        let mine = caller.memberships.keys().filter(|account| {
            let org = state.orgs.of(account);
            let resource = Resource::Account(account, org.as_ref());
            authorise(Some(caller), Action::AccountRead, resource) == Decision::Allow
        });
        let mut accounts: Vec<AccountId> = mine.cloned().collect();
        accounts.sort();
        accounts.truncate(ACCOUNTS_MAX);
        Ok(Self {
            instrument,
            interval,
            grid: grid.ok_or_else(|| ApiError::of(Code::InstrumentUnknown))?,
            from: time(query.from),
            to: time(query.to.saturating_add(1)),
            accounts,
        })
    }

    /// The opening time of the bar that something happened in, in seconds, when it is within the times asked for.
    pub(super) fn bar_of(&self, ts: UnixNanos) -> Option<u64> {
        let slot = self
            .grid
            .slot(self.interval, ts)
            .or_else(|| self.grid.slot_from(self.interval, ts));
        let start = slot.map_or(ts, |slot| slot.start);
        (self.from..self.to)
            .contains(&start)
            .then_some(start.0 / SECOND_NS)
    }

    /// Whether everything before this is too old.
    pub(super) fn is_past(&self, ts: UnixNanos) -> bool {
        // What happened before the range may lie in the bar that begins it, never further back than one bar.
        ts.plus(self.interval.nanos()) < self.from
    }
}

/// Counts the marks of each bar.
#[derive(Default)]
pub(super) struct Room(HashMap<u64, usize>);

impl Room {
    /// Whether the bar has room for one more, which is then taken.
    pub(super) fn take(&mut self, bar: u64) -> bool {
        let taken = self.0.entry(bar).or_default();
        *taken += 1;
        *taken <= MARKS_PER_BAR_MAX
    }
}

/// Pages of a history, newest first, until one is too old.
pub(super) fn slices() -> impl Iterator<Item = u32> {
    std::iter::repeat_n(PAGE, PAGES_MAX)
}

/// The caller's own fills on an instrument, as marks on the bars in which they happened; at most ten a bar.
#[utoipa::path(get, path = "/udf/marks", tag = "udf", params(UdfMarksQuery),
    responses((status = 200, body = wire::UdfMarks)))]
pub async fn udf_marks(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    QueryOf(query): QueryOf<UdfMarksQuery>,
) -> ApiResult<Json<wire::UdfMarks>> {
    let asked = Asked::read(&state, &caller, &query).await?;
    let (mut marks, mut room) = (wire::UdfMarks::default(), Room::default());
    for account in &asked.accounts {
        let mut before = None;
        for limit in slices() {
            let rows = state.histories.fills(account, Slice { before, limit }).await?;
            let of_instrument = rows.iter().filter(|row| row.item.instrument == asked.instrument);
            for row in of_instrument {
                add(&mut marks, &mut room, &asked, account, row.seq, &row.item);
            }
            before = rows.last().map(|row| row.seq);
            let past = rows
                .last()
                .is_none_or(|row| asked.is_past(row.item.event.ts_event));
            if past || rows.len() < limit as usize {
                break;
            }
        }
    }
    Ok(Json(marks))
}

fn add(
    marks: &mut wire::UdfMarks,
    room: &mut Room,
    asked: &Asked,
    account: &AccountId,
    seq: u64,
    fill: &FillRow,
) {
    let OrderEventKind::Filled { quantity, price, .. } = &fill.event.kind else {
        return;
    };
    let Some(bar) = asked.bar_of(fill.event.ts_event).filter(|bar| room.take(*bar)) else {
        return;
    };
    let (color, label, verb) = match fill.side {
        Side::Buy => ("green", "B", "Bought"),
        Side::Sell => ("red", "S", "Sold"),
    };
    let by = fill
        .strategy
        .as_ref()
        .map_or_else(|| "by hand".to_owned(), |s| format!("by {s}"));
    marks.id.push(format!("fill-{account}-{seq}"));
    marks.time.push(bar);
    marks.color.push(color.to_owned());
    marks.text.push(format!(
        "{verb} {quantity} at {price} on {account} {by}, {}",
        fill.event.ts_event
    ));
    marks.label.push(label.to_owned());
    marks.label_font_color.push("white".to_owned());
    marks.min_size.push(14);
}
