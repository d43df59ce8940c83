//! What an account is worth now, and how far it is exposed.

use rust_decimal::Decimal;
use tradewind_types::market::DataState;
use tradewind_types::{AccountId, InstrumentId, Money, Side};

use super::Kernel;
use super::account::AccountState;
use super::state::day_of;

/// An account's figures at the kernel's time, in its base currency.
#[derive(Debug, Clone, PartialEq)]
pub struct Valuation {
    /// Cash plus value of positions; `None` while a position has no mark or a currency no rate.
    pub equity: Option<Decimal>,
    /// `VALID` when every mark is, `STALE` when one is old, `NO_DATA` when one is missing.
    pub state: DataState,
    /// Signed value of positions, as far as marks exist.
    pub position_value: Decimal,
    /// Unrealised profit and loss, as far as marks exist.
    pub unrealised: Decimal,
    /// Σ |value| of positions plus open entry orders at their worst price.
    pub exposure: Option<Decimal>,
    /// Equity when the UTC day began, transfers added.
    pub day_open: Option<Decimal>,
    /// Highest equity, transfers taken into account.
    pub peak: Option<Decimal>,
    /// Loss of the day as a fraction of `day_open`; negative = gain.
    pub day_loss: Option<Decimal>,
    /// Fall from the peak as a fraction of it.
    pub drawdown: Option<Decimal>,
}

impl Kernel {
    /// Mark of an instrument: the mid of its quote, with that quote's state.
    #[must_use]
    pub fn mark(&self, instrument: &InstrumentId) -> (Option<Decimal>, DataState) {
        let (best, state) = self.quote_of(instrument);
        let mid = best.and_then(|(bid, ask)| bid.checked_add(ask)?.checked_div(Decimal::TWO));
        (mid, state)
    }

    /// Values an account; `None` when there is none of that id. O(positions + open orders).
    #[must_use]
    pub fn valuation(&self, id: &AccountId) -> Option<Valuation> {
        self.account(id).map(|account| self.value(account))
    }

    pub(super) fn value(&self, account: &AccountState) -> Valuation {
        let base = account.info.base_currency;
        let mut state = DataState::Valid;
        let (mut value, mut gross, mut unrealised) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
        let mut whole = account
            .ledger
            .currencies()
            .all(|c| c == base || account.ledger.cash_total(c).is_zero());
        for (instrument, position) in account.ledger.positions() {
            let (mark, mark_state) = self.mark(instrument);
            state = worse(state, mark_state);
            let multiplier = self.state.instruments.by_id(instrument).map(|i| i.multiplier);
            let marked = mark
                .zip(multiplier)
                .and_then(|(mark, multiplier)| position.quantity.checked_mul(mark)?.checked_mul(multiplier));
            let Some(marked) = marked else {
                whole = false;
                continue;
            };
            value += marked;
            gross += marked.abs();
            unrealised += marked - position.cost;
        }
        let cash = account.ledger.cash_total(base);
        let equity = whole.then(|| cash + value);
        let pending = self.open_entries_value(account);
        let (day_open, peak) = self.reference_equity(account, equity);
        let fall = |from: Option<Decimal>| {
            let from = from.filter(|f| *f > Decimal::ZERO)?;
            (from - equity?).checked_div(from)
        };
        Valuation {
            equity,
            state,
            position_value: value,
            unrealised,
            exposure: whole.then_some(gross + pending),
            day_open,
            peak,
            day_loss: fall(day_open),
            drawdown: fall(peak),
        }
    }

    /// What open orders that could add to a position would cost at their worst.
    fn open_entries_value(&self, account: &AccountState) -> Decimal {
        let entries = account
            .orders
            .open()
            .filter(|o| o.request.side == Side::Buy && !o.request.reduce_only);
        entries
            .map(|o| {
                account
                    .ledger
                    .held(&o.request.client_order_id)
                    .map_or(Decimal::ZERO, |m: Money| m.amount)
            })
            .sum()
    }

    /// Day's opening equity and peak: of the last valuation, moved by transfers since, or the present equity.
    fn reference_equity(
        &self,
        account: &AccountState,
        equity: Option<Decimal>,
    ) -> (Option<Decimal>, Option<Decimal>) {
        let Some(mark) = &account.equity else {
            return (equity, equity);
        };
        let moved = account.transfers_since_mark;
        let peak = Some((mark.peak + moved).max(equity.unwrap_or(mark.peak + moved)));
        if mark.day == day_of(self.now) {
            (Some(mark.day_open + moved), peak)
        } else {
            (equity, peak)
        }
    }
}

fn worse(a: DataState, b: DataState) -> DataState {
    let rank = |s: DataState| match s {
        DataState::Valid => 0,
        DataState::Stale => 1,
        DataState::NoData => 2,
        DataState::NotSubscribed => 3,
    };
    if rank(b) > rank(a) { b } else { a }
}
