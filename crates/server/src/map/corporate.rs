//! Corporate actions and earnings.

use tradewind_calendar::actions::{EarningsTime, Event, EventKind};
use tradewind_store::StoreError;
use tradewind_store::calendar::events::{EventRow, NewEvent, StoredEvent};
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
pub fn entered(event: &Event) -> Result<NewEvent, serde_json::Error> {
    let row = EventRow {
        instrument: event.instrument.clone(),
        date: event.date,
        kind: event.kind.name().to_owned(),
        detail: serde_json::to_string(&event.kind)?,
        source: event.kind.source().to_owned(),
    };
    let terms = identity(&event.kind)?;
    Ok(NewEvent { row, terms })
}

/// The terms of an event, written the same way however they were entered: 4 for 2 as 2 for 1, 0.270 as 0.27. Not of them are
/// where it comes from, and the instant from which it holds, which moves with the calendar's overrides.
fn identity(kind: &EventKind) -> Result<String, serde_json::Error> {
    match kind {
        EventKind::Earnings {
            period,
            time,
            confirmed,
            ..
        } => serde_json::to_string(&(period, time, confirmed)),
        EventKind::Action { action } => serde_json::to_string(&plainest(&action.kind)),
    }
}

fn plainest(terms: &ActionKind) -> ActionKind {
    let mut terms = terms.clone();
    match &mut terms {
        ActionKind::Split { ratio } | ActionKind::Bonus { ratio } | ActionKind::StockDividend { ratio } => {
            *ratio = lowest(*ratio);
        }
        ActionKind::Rights { ratio, taken, .. } => (*ratio, *taken) = (lowest(*ratio), taken.normalize()),
        ActionKind::CashDividend {
            per_unit,
            withholding,
        } => {
            per_unit.amount = per_unit.amount.normalize();
            *withholding = withholding.normalize();
        }
        ActionKind::Merger {
            stock,
            cash,
            cash_cost_fraction,
        } => {
            if let Some((_, ratio)) = stock {
                *ratio = lowest(*ratio);
            }
            if let Some(cash) = cash {
                cash.amount = cash.amount.normalize();
            }
            *cash_cost_fraction = cash_cost_fraction.normalize();
        }
        ActionKind::SpinOff {
            ratio, cost_fraction, ..
        } => {
            *ratio = lowest(*ratio);
            *cost_fraction = cost_fraction.normalize();
        }
        // Prices are written without trailing zeros.
        ActionKind::SymbolChange { .. } | ActionKind::Delisting { .. } => {}
    }
    terms
}

/// A ratio in its lowest terms.
fn lowest(ratio: Ratio) -> Ratio {
    let (mut divisor, mut rest) = (ratio.new, ratio.held);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    let by = divisor.max(1);
    Ratio {
        new: ratio.new / by,
        held: ratio.held / by,
    }
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
