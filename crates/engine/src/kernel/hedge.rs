//! Which position an order changes, and whose: netted, or long and short side by side.
//!
//! | account | order | position |
//! | --- | --- | --- |
//! | netting | any | the one of the instrument |
//! | hedging | a buy | opens or adds to the long one |
//! | hedging | a sell | opens or adds to the short one |
//! | hedging | a reduce-only sell | closes the long one |
//! | hedging | a reduce-only buy | closes the short one |
//!
//! A fill is always booked. What a reduce-only order fills beyond the side that it closes (a venue that did not know,
//! two orders at once) opens the other side, as it would have turned a netted position.

use rust_decimal::Decimal;
use tradewind_ledger::Ledger;
use tradewind_types::{AccountId, InstrumentIdx, OrderRequest, Side, StrategyId};

use super::account::strategy_of;
use super::{AccountState, Kernel, State};

/// A part of a fill.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FillPart {
    /// Whose; `None` = by hand.
    pub(super) strategy: Option<StrategyId>,
    /// How much; above 0.
    pub(super) quantity: Decimal,
    /// In a hedged account: whether it closes the other side, or opens its own.
    pub(super) closes: bool,
}

/// What a reduce-only order on a side can close of a hedged account; `None` where it nets.
pub(super) fn closable(
    state: &State,
    account: &AccountId,
    instrument: InstrumentIdx,
    side: Side,
) -> Option<Decimal> {
    let ledger = &state.accounts.get(account)?.ledger;
    if !ledger.is_hedging() {
        return None;
    }
    let instrument = state.instruments.get(instrument)?;
    Some(ledger.touched(&instrument.id, side, true).abs())
}

/// How many positions an order's owner holds in its instrument: 0 or 1, and in a hedged account up to 2.
pub(super) fn held_by(account: &AccountState, request: &OrderRequest, strategy: Option<&StrategyId>) -> u32 {
    let ledger = &account.ledger;
    let held = |closes: bool| {
        let quantity = ledger.owner_touched(&request.instrument, strategy, request.side, closes);
        u32::from(!quantity.is_zero())
    };
    match (ledger.is_hedging(), strategy) {
        (false, _) => held(false),
        // By hand, the other side is another position, not one that this order adds to.
        (true, None) => held(false),
        (true, Some(_)) => held(false) + held(true),
    }
}

/// What a fill on `side` closes of a signed quantity.
fn closes(side: Side, held: Decimal) -> Decimal {
    match side {
        Side::Buy => (-held).max(Decimal::ZERO),
        Side::Sell => held.max(Decimal::ZERO),
    }
}

/// Owners of an instrument's positions that a fill can close, the order's own first, each once.
fn candidates(ledger: &Ledger, request: &OrderRequest) -> Vec<Option<StrategyId>> {
    let mut all = vec![strategy_of(request).cloned()];
    for position in ledger.owners(&request.instrument) {
        if !all.contains(&position.strategy) {
            all.push(position.strategy.clone());
        }
    }
    all
}

impl Kernel {
    /// Owners and quantities of a fill: whole for its owner when it opens; what it closes is taken from the order's
    /// owner first (a sell by hand from what is held by hand), then from the others.
    pub(super) fn parts_of_fill(&self, request: &OrderRequest, quantity: Decimal) -> Vec<FillPart> {
        let owner = strategy_of(request).cloned();
        let whole = |closes: bool| {
            vec![FillPart {
                strategy: owner.clone(),
                quantity,
                closes,
            }]
        };
        let Some(ledger) = self.account(&request.account).map(|a| &a.ledger) else {
            return whole(false);
        };
        let hedging = ledger.is_hedging();
        if hedging && !request.reduce_only {
            return whole(false);
        }
        let mut left = quantity;
        let mut parts: Vec<FillPart> = Vec::new();
        for strategy in candidates(ledger, request) {
            let held = ledger.owner_touched(&request.instrument, strategy.as_ref(), request.side, true);
            let part = closes(request.side, held).min(left);
            if part > Decimal::ZERO {
                left -= part;
                parts.push(FillPart {
                    strategy,
                    quantity: part,
                    closes: true,
                });
            }
        }
        if left > Decimal::ZERO {
            let own = parts.iter_mut().find(|p| !hedging && p.strategy == owner);
            match own {
                Some(part) => part.quantity += left,
                None => parts.push(FillPart {
                    strategy: owner,
                    quantity: left,
                    closes: false,
                }),
            }
        }
        parts
    }
}
