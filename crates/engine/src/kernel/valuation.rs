//! What an account is worth now, and how far it is exposed.

use rust_decimal::Decimal;
use tradewind_ledger::{FxError, NetPosition, OpenSide};
use tradewind_types::market::DataState;
use tradewind_types::{
    AccountId, Currency, Instrument, InstrumentId, InstrumentIdx, Money, OrderState, Side,
};

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
    /// Margin that positions and open entry orders need to be opened: Σ notional × the instrument's initial rate.
    pub margin_used: Option<Decimal>,
    /// Margin that positions need to be kept: Σ |value| × the instrument's maintenance rate.
    pub margin_kept: Option<Decimal>,
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
        let (mut used, mut kept) = (Decimal::ZERO, Decimal::ZERO);
        let (mut whole, mut cash) = (true, Decimal::ZERO);
        for currency in account.ledger.currencies() {
            match self.in_base(account.ledger.cash_total(currency), currency, base) {
                Some(amount) => cash += amount,
                // Money without a dated rate is not worth nothing: the whole is then unknown.
                None => whole = false,
            }
        }
        // What is flat is worth nothing whatever its market does. Long and short of a hedged account are two risks.
        for side in account.ledger.open_sides() {
            let (mark, mark_state) = self.mark(side.instrument);
            state = worse(state, mark_state);
            let instrument = self.state.instruments.by_id(side.instrument).map(|i| &**i);
            let marked = self.worth_of_side(&side, mark.zip(instrument), base);
            let (Some(marked), Some(cost)) = (marked, self.in_base(side.cost, side.currency, base)) else {
                whole = false;
                continue;
            };
            value += marked;
            gross += marked.abs();
            let (initial, maintenance) = instrument.map_or((Decimal::ONE, Decimal::ONE), margin_rates);
            used += marked.abs() * initial;
            kept += marked.abs() * maintenance;
            unrealised += marked - cost;
        }
        let equity = whole.then(|| cash + value);
        let pending = self.open_entries_value(account).filter(|_| whole);
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
            exposure: pending.map(|(cost, _)| gross + cost),
            margin_used: pending.map(|(_, margin)| used + margin),
            margin_kept: whole.then_some(kept),
            day_open,
            peak,
            day_loss: fall(day_open),
            drawdown: fall(peak),
        }
    }

    /// What a side of a position is worth, signed, in base currency; `None` without a mark or a rate.
    fn worth_of_side(
        &self,
        side: &OpenSide<'_>,
        mark: Option<(Decimal, &Instrument)>,
        base: Currency,
    ) -> Option<Decimal> {
        let (mark, instrument) = mark?;
        let mut marked = side.quantity.checked_mul(mark)?;
        if instrument.multiplier != Decimal::ONE {
            marked = marked.checked_mul(instrument.multiplier)?;
        }
        self.in_base(marked, side.currency, base)
    }

    /// An account's equity alone: what [`Self::value`] says of it.
    fn equity(&self, account: &AccountState) -> Option<Decimal> {
        let base = account.info.base_currency;
        let mut equity = Decimal::ZERO;
        for currency in account.ledger.currencies() {
            equity += self.in_base(account.ledger.cash_total(currency), currency, base)?;
        }
        for side in account.ledger.open_sides() {
            let mark = self.mark(side.instrument).0;
            let instrument = self.state.instruments.by_id(side.instrument).map(|i| &**i);
            equity += self.worth_of_side(&side, mark.zip(instrument), base)?;
            self.in_base(side.cost, side.currency, base)?;
        }
        Some(equity)
    }

    /// An amount in another currency by a dated rate; `None` when there is none.
    pub(super) fn in_base(&self, amount: Decimal, from: Currency, base: Currency) -> Option<Decimal> {
        if from == base || amount.is_zero() {
            return Some(amount);
        }
        let money = Money::new(amount, from);
        let worth = self
            .state
            .fx
            .convert(money, base, self.now, super::bookkeeping::RATE_AGE_MAX_NS);
        worth.ok().map(|(worth, _)| worth.amount)
    }

    /// Σ of a figure of the account's positions in base currency, by dated rates; `None` where one is missing.
    #[must_use]
    pub fn sum_of_positions(
        &self,
        account: &AccountState,
        figure: impl Fn(&NetPosition) -> Decimal,
    ) -> Option<Decimal> {
        let base = account.info.base_currency;
        let mut sum = Decimal::ZERO;
        for (_, position) in account.ledger.positions() {
            let worth = self.in_base(figure(position), position.currency, base)?;
            sum = sum.checked_add(worth)?;
        }
        Some(sum)
    }

    /// An account's equity in an instrument's currency, to size orders with; `None` while it or a rate is missing.
    pub(super) fn equity_in(&self, account: &AccountState, currency: Currency) -> Option<Decimal> {
        let equity = self.equity(account)?;
        if currency == account.info.base_currency {
            return Some(equity);
        }
        let rate = self.rate_to(currency, account.info.base_currency).ok()?;
        equity.checked_div(rate)
    }

    /// What one unit of `from` is worth in `base` now, or why nobody can say.
    ///
    /// # Errors
    /// [`FxError`] where no dated rate is known, or the latest is too old.
    pub fn rate_to(&self, from: Currency, base: Currency) -> Result<Decimal, FxError> {
        if from == base {
            return Ok(Decimal::ONE);
        }
        let age_max = super::bookkeeping::RATE_AGE_MAX_NS;
        self.state
            .fx
            .rate(from, base, self.now, age_max)
            .map(|quote| quote.rate)
    }

    /// What one unit of an instrument's currency is worth in an account's now; `None` where no dated rate tells.
    #[must_use]
    pub fn rate_of(&self, account: &AccountId, instrument: InstrumentIdx) -> Option<Decimal> {
        let base = self.account(account)?.info.base_currency;
        self.rate_to(self.state.instruments.get(instrument)?.quote, base)
            .ok()
    }

    /// Why an account cannot be valued, for people; asked only when it cannot.
    pub(super) fn why_unvalued(&self, account: &AccountState) -> String {
        let base = account.info.base_currency;
        let no_mark = |side: &tradewind_ledger::OpenSide<'_>| self.mark(side.instrument).0.is_none();
        if let Some(side) = account.ledger.open_sides().find(no_mark) {
            return format!(
                "the account cannot be valued: {} has no quote yet",
                side.instrument
            );
        }
        let pending = account
            .orders
            .open()
            .filter_map(|o| self.state.instruments.by_id(&o.request.instrument));
        let mut currencies = account
            .ledger
            .currencies()
            .filter(|c| !account.ledger.cash_total(*c).is_zero())
            .chain(account.ledger.open_sides().map(|side| side.currency))
            .chain(pending.map(|i| i.quote));
        match currencies.find_map(|c| self.rate_to(c, base).err()) {
            Some(error) => format!("the account cannot be valued: {error}"),
            None => "the account cannot be valued".to_owned(),
        }
    }

    /// What open orders that could add to a position would cost at their worst, and the margin they would need, in base
    /// currency; `None` where a rate is missing.
    fn open_entries_value(&self, account: &AccountState) -> Option<(Decimal, Decimal)> {
        let base = account.info.base_currency;
        let margin = account.risk.margin.enabled;
        let entries = account.orders.open().filter(|o| {
            !o.request.reduce_only
                && o.state != OrderState::Initialized
                && (margin || o.request.side == Side::Buy)
        });
        let (mut cost, mut needed) = (Decimal::ZERO, Decimal::ZERO);
        for order in entries {
            let request = &order.request;
            if !margin {
                // Cash accounts hold what their orders can cost.
                if let Some(held) = account.ledger.held(&request.client_order_id) {
                    cost += self.in_base(held.amount, held.currency, base)?;
                }
                continue;
            }
            let Some(instrument) = self.state.instruments.by_id(&request.instrument) else {
                continue;
            };
            let quote = self.quote_of(&request.instrument).0;
            let worst = super::gate::worst_price(request, quote, account.risk.price_band);
            let notional = worst.and_then(|w| instrument.notional(w, order.leaves()).ok());
            let notional = notional.map_or(Decimal::ZERO, |n| n.abs());
            let notional = self.in_base(notional, instrument.quote, base)?;
            cost += notional;
            needed += notional * margin_rates(instrument).0;
        }
        Some((cost, needed))
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

/// Initial and maintenance margin as parts of the notional.
fn margin_rates(instrument: &Instrument) -> (Decimal, Decimal) {
    let initial = instrument.terms.margin_initial.unwrap_or(Decimal::ONE);
    (initial, instrument.terms.margin_maintenance.unwrap_or(initial))
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
