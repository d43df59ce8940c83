//! The signals of the caller's own strategies as marks on the axis of time.

use crate::routes::prelude::*;

use tradewind_store::projection::{SignalFilter, Slice};
use tradewind_types::signal::{Opinion, Signal, SignalOutcome};

use super::marks::{Asked, Room, UdfMarksQuery, slices};

/// The signals weighed for the caller's own accounts on an instrument, as marks on the axis of time; at most ten a bar.
#[utoipa::path(get, path = "/udf/timescale_marks", tag = "udf", params(UdfMarksQuery),
    responses((status = 200, body = Vec<wire::UdfTimescaleMark>)))]
pub async fn udf_timescale_marks(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    QueryOf(query): QueryOf<UdfMarksQuery>,
) -> ApiResult<Json<Vec<wire::UdfTimescaleMark>>> {
    let asked = Asked::read(&state, &caller, &query).await?;
    let filter = SignalFilter {
        instrument: Some(asked.instrument.clone()),
        ..SignalFilter::default()
    };
    let (mut marks, mut room) = (Vec::new(), Room::default());
    for account in &asked.accounts {
        let mut before = None;
        for limit in slices() {
            let rows = state
                .histories
                .signals(account, &filter, Slice { before, limit })
                .await?;
            let shown = rows
                .iter()
                .filter_map(|row| mark(&asked, &mut room, account, row.seq, &row.item));
            marks.extend(shown);
            before = rows.last().map(|row| row.seq);
            let past = rows.last().is_none_or(|row| asked.is_past(row.item.ts));
            if past || rows.len() < limit as usize {
                break;
            }
        }
    }
    Ok(Json(marks))
}

fn mark(
    asked: &Asked,
    room: &mut Room,
    account: &AccountId,
    seq: u64,
    signal: &Signal,
) -> Option<wire::UdfTimescaleMark> {
    let (color, label) = match signal.opinion {
        Opinion::Buy => ("green", "B"),
        Opinion::Sell => ("red", "S"),
        Opinion::Hold => return None,
    };
    let time = asked.bar_of(signal.bar_ts).filter(|bar| room.take(*bar))?;
    let (color, outcome) = match &signal.outcome {
        SignalOutcome::Accepted { client_order_id } => (color, format!("Order {client_order_id}")),
        SignalOutcome::Denied { denials } => {
            let reasons: Vec<&str> = denials.iter().map(|d| d.message.as_str()).collect();
            ("gray", format!("Denied: {}", reasons.join("; ")))
        }
        SignalOutcome::Recorded => (color, "Recorded".to_owned()),
    };
    Some(wire::UdfTimescaleMark {
        id: format!("signal-{account}-{seq}"),
        time,
        color: color.to_owned(),
        label: label.to_owned(),
        tooltip: vec![
            format!("{} on {account}, {}", signal.strategy, signal.interval),
            signal.reason.clone(),
            outcome,
            signal.ts.to_string(),
        ],
    })
}
