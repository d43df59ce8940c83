//! Corporate actions and earnings.

use tradewind_calendar::actions::{EarningsTime, Event, EventKind};
use tradewind_store::StoreError;
use tradewind_store::calendar::events::{EventRow, StoredEvent};
use tradewind_types::record::{ActionKind, Ratio};
use tradewind_wire as wire;
use wire::{CorporateEventKind as Kind, Dec, Time};

/// As files name the kind.
#[must_use]
pub fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Split => "split",
        Kind::Bonus => "bonus",
        Kind::StockDividend => "stock_dividend",
        Kind::Dividend => "dividend",
        Kind::Rights => "rights",
        Kind::Merger => "merger",
        Kind::SpinOff => "spin_off",
        Kind::SymbolChange => "symbol_change",
        Kind::Delisting => "delisting",
        Kind::Earnings => "earnings",
    }
}

/// As files name the time.
#[must_use]
pub fn time_text(time: wire::EarningsTime) -> &'static str {
    match time {
        wire::EarningsTime::BeforeOpen => "before_open",
        wire::EarningsTime::DuringSession => "during_session",
        wire::EarningsTime::AfterClose => "after_close",
    }
}

/// An event as it is stored.
///
/// # Errors
/// When it has no JSON, which none is known to have.
pub fn row(event: &Event) -> Result<EventRow, serde_json::Error> {
    Ok(EventRow {
        instrument: event.instrument.clone(),
        date: event.date,
        kind: event.kind.name().to_owned(),
        detail: serde_json::to_string(&event.kind)?,
        source: event.kind.source().to_owned(),
    })
}

/// What a stored event says.
///
/// # Errors
/// Details that nobody can read.
pub fn event_kind(stored: &StoredEvent) -> Result<EventKind, StoreError> {
    serde_json::from_str(&stored.row.detail)
        .map_err(|_| StoreError::corrupt("calendar_events.detail", &stored.id))
}

/// The kind of an event.
#[must_use]
pub fn kind(event: &EventKind) -> Kind {
    let action = match event {
        EventKind::Earnings { .. } => return Kind::Earnings,
        EventKind::Action { action } => action,
    };
    match action.kind {
        ActionKind::Split { .. } => Kind::Split,
        ActionKind::Bonus { .. } => Kind::Bonus,
        ActionKind::StockDividend { .. } => Kind::StockDividend,
        ActionKind::CashDividend { .. } => Kind::Dividend,
        ActionKind::Rights { .. } => Kind::Rights,
        ActionKind::Merger { .. } => Kind::Merger,
        ActionKind::SpinOff { .. } => Kind::SpinOff,
        ActionKind::SymbolChange { .. } => Kind::SymbolChange,
        ActionKind::Delisting { .. } => Kind::Delisting,
    }
}

/// A stored event.
///
/// # Errors
/// Details that nobody can read.
pub fn event(stored: &StoredEvent) -> Result<wire::CorporateEvent, StoreError> {
    let what = event_kind(stored)?;
    let mut told = wire::CorporateEvent {
        id: stored.id.clone(),
        instrument: stored.row.instrument.to_string(),
        ex_date: stored.row.date.to_string(),
        kind: kind(&what),
        effective: None,
        new: None,
        held: None,
        amount: None,
        currency: None,
        price: None,
        into: None,
        cost_fraction: None,
        period: None,
        time: None,
        confirmed: None,
        source: stored.row.source.clone(),
        added_by: stored.added_by.clone(),
        added_at: Time(stored.added_at),
    };
    match what {
        EventKind::Earnings {
            period,
            time,
            confirmed,
            ..
        } => {
            told.period = Some(period);
            told.confirmed = Some(confirmed);
            told.time = match time {
                EarningsTime::BeforeOpen => Some(wire::EarningsTime::BeforeOpen),
                EarningsTime::DuringSession => Some(wire::EarningsTime::DuringSession),
                EarningsTime::AfterClose => Some(wire::EarningsTime::AfterClose),
                EarningsTime::Unknown => None,
            };
        }
        EventKind::Action { action } => {
            told.effective = Some(Time(action.effective));
            terms(&mut told, action.kind);
        }
    }
    Ok(told)
}

fn terms(told: &mut wire::CorporateEvent, kind: ActionKind) {
    let counted = |told: &mut wire::CorporateEvent, ratio: Ratio| {
        (told.new, told.held) = (Some(ratio.new.to_string()), Some(ratio.held.to_string()));
    };
    match kind {
        ActionKind::Split { ratio } | ActionKind::Bonus { ratio } | ActionKind::StockDividend { ratio } => {
            counted(told, ratio);
        }
        ActionKind::Rights { ratio, price, .. } => {
            counted(told, ratio);
            told.price = Some(Dec(price.decimal()));
        }
        ActionKind::CashDividend { per_unit, .. } => {
            told.amount = Some(Dec(per_unit.amount));
            told.currency = Some(per_unit.currency.to_string());
        }
        ActionKind::Merger {
            stock,
            cash,
            cash_cost_fraction,
        } => {
            if stock.is_some() && cash.is_some() {
                told.cost_fraction = Some(Dec(cash_cost_fraction));
            }
            if let Some((into, ratio)) = stock {
                counted(told, ratio);
                told.into = Some(into.to_string());
            }
            if let Some(cash) = cash {
                told.amount = Some(Dec(cash.amount));
                told.currency = Some(cash.currency.to_string());
            }
        }
        ActionKind::SpinOff {
            into,
            ratio,
            cost_fraction,
        } => {
            counted(told, ratio);
            told.into = Some(into.to_string());
            told.cost_fraction = Some(Dec(cost_fraction));
        }
        ActionKind::SymbolChange { into } => told.into = Some(into.to_string()),
        ActionKind::Delisting { price } => told.price = Some(Dec(price.decimal())),
    }
}
