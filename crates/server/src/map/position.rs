//! Open positions with their marks.

use tradewind_engine::Kernel;
use tradewind_engine::kernel::AccountState;
use tradewind_ledger::Position;
use tradewind_types::record::PositionBook;
use tradewind_types::{Decimal, InstrumentId};
use tradewind_wire as wire;
use wire::{Dec, Time};

use super::enums;
use super::order::is_simulated;

/// All open positions of an account.
#[must_use]
pub fn positions(kernel: &Kernel, account: &AccountState) -> Vec<wire::Position> {
    // A hedged position is open while one of its sides is, though both may net to nothing.
    let mut open: Vec<&InstrumentId> = account.ledger.open_sides().map(|side| side.instrument).collect();
    open.dedup();
    open.into_iter()
        .filter_map(|instrument| position(kernel, account, instrument))
        .collect()
}

/// The position in one instrument, flat or not; `None` when it was never traded.
#[must_use]
pub fn position(
    kernel: &Kernel,
    account: &AccountState,
    instrument: &InstrumentId,
) -> Option<wire::Position> {
    let net = account.ledger.position(instrument)?;
    let (mark, state) = kernel.mark(instrument);
    let multiplier = kernel
        .instruments()
        .by_id(instrument)
        .map_or(Decimal::ONE, |i| i.multiplier);
    let value = mark.and_then(|mark| net.quantity.checked_mul(mark)?.checked_mul(multiplier));
    let owners = account.ledger.owners(instrument);
    let opened = |lot: &tradewind_types::EntryId| {
        account
            .recent_entries
            .iter()
            .find(|entry| entry.id == *lot)
            .map(|entry| Time(entry.ts))
    };
    let lots = owners.iter().flat_map(|owner| &owner.lots).map(|lot| wire::Lot {
        id: lot.id.to_string(),
        opened_at: opened(&lot.id),
        quantity: Dec(lot.quantity),
        price: Dec(lot.price.decimal()),
    });
    let strategies = owners
        .iter()
        .filter(|owner| !owner.quantity.is_zero())
        .map(|owner| wire::PositionStrategy {
            strategy: owner.strategy.as_ref().map(ToString::to_string),
            quantity: Dec(owner.quantity),
            average_cost: owner.average_cost().map(Dec),
        });
    Some(wire::Position {
        instrument: instrument.to_string(),
        quantity: Dec(net.quantity),
        side: if net.quantity < Decimal::ZERO {
            wire::PositionSide::Short
        } else {
            wire::PositionSide::Long
        },
        average_cost: net.average_cost().map(Dec),
        mark: mark.map(Dec),
        mark_state: enums::data_state(state),
        market_value: value.map(Dec),
        unrealised_pnl: value.and_then(|v| v.checked_sub(net.cost)).map(Dec),
        realised_pnl: Dec(net.realised),
        fees: Dec(net.fees),
        sides: sides(account, instrument, |quantity| {
            mark?.checked_mul(quantity)?.checked_mul(multiplier)
        }),
        strategies: strategies.collect(),
        lots: lots.collect(),
        simulated: is_simulated(kernel, instrument),
    })
}

/// Long and short of a hedged account; empty where it nets.
fn sides(
    account: &AccountState,
    instrument: &InstrumentId,
    value: impl Fn(Decimal) -> Option<Decimal>,
) -> Vec<wire::PositionSideDetail> {
    if !account.ledger.is_hedging() {
        return Vec::new();
    }
    let books = [
        (PositionBook::Long, wire::PositionSide::Long),
        (PositionBook::Short, wire::PositionSide::Short),
    ];
    let detail = |(book, side)| {
        let of: Vec<_> = account
            .ledger
            .owner_positions()
            .filter(|(id, p)| *id == instrument && p.book == book)
            .map(|(_, p)| p)
            .collect();
        let sum = |figure: fn(&Position) -> Decimal| of.iter().map(|p| figure(p)).sum::<Decimal>();
        let (quantity, cost) = (sum(|p| p.quantity), sum(|p| p.cost));
        let worth = value(quantity);
        (!of.is_empty()).then(|| wire::PositionSideDetail {
            side,
            quantity: Dec(quantity),
            average_cost: cost.checked_div(quantity).map(|c| Dec(c.round_dp(12))),
            market_value: worth.map(Dec),
            unrealised_pnl: worth.and_then(|v| v.checked_sub(cost)).map(Dec),
            realised_pnl: Dec(sum(|p| p.realised)),
            fees: Dec(sum(|p| p.fees)),
        })
    };
    books.into_iter().filter_map(detail).collect()
}
