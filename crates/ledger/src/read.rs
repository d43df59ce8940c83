//! What can be read of a ledger: balances, cash, holds, positions.

use rust_decimal::Decimal;
use tradewind_types::record::{LedgerAccount, PositionBook};
use tradewind_types::{AccountId, ClientOrderId, Currency, InstrumentId, Money, Side, StrategyId};

use crate::ledger::Ledger;
use crate::position::{NetPosition, OpenSide, Position};

impl Ledger {
    /// The trading account.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The currency in which equity is stated.
    #[must_use]
    pub fn base_currency(&self) -> Currency {
        self.base_currency
    }

    /// Number of entries folded in.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Currencies ever booked, in alphabetical order.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> + '_ {
        self.currencies.iter().map(|totals| totals.currency)
    }

    /// All balances: account, currency, amount.
    pub fn balances(&self) -> impl Iterator<Item = (LedgerAccount, Money)> + '_ {
        self.currencies.iter().flat_map(|totals| {
            let balances = totals.balances.iter();
            balances.map(|(account, amount)| (*account, Money::new(*amount, totals.currency)))
        })
    }

    /// Balance of a ledger account: debit > 0, credit < 0.
    #[must_use]
    pub fn balance(&self, account: LedgerAccount, currency: Currency) -> Decimal {
        self.totals(currency)
            .map_or(Decimal::ZERO, |totals| totals.balance(account))
    }

    /// Cash free to use.
    #[must_use]
    pub fn cash_available(&self, currency: Currency) -> Decimal {
        self.balance(LedgerAccount::CashAvailable, currency)
    }

    /// Cash held for open orders.
    #[must_use]
    pub fn cash_locked(&self, currency: Currency) -> Decimal {
        self.balance(LedgerAccount::CashLocked, currency)
    }

    /// Available + locked.
    #[must_use]
    pub fn cash_total(&self, currency: Currency) -> Decimal {
        self.cash_available(currency) + self.cash_locked(currency)
    }

    /// What is held for an order; `None` when nothing is.
    #[must_use]
    pub fn held(&self, order: &ClientOrderId) -> Option<Money> {
        self.holds.get(order).copied()
    }

    /// All holds.
    pub fn holds(&self) -> impl Iterator<Item = (&ClientOrderId, Money)> {
        self.holds.iter().map(|(order, money)| (order, *money))
    }

    /// The account's position in an instrument, flat ones with a history included; `None` if never traded.
    #[must_use]
    pub fn position(&self, instrument: &InstrumentId) -> Option<&NetPosition> {
        self.positions.get(instrument).map(|book| &book.net)
    }

    /// The account's positions, flat ones with a history included, in order of their first fill.
    pub fn positions(&self) -> impl Iterator<Item = (&InstrumentId, &NetPosition)> {
        self.positions.iter().map(|(id, book)| (id, &book.net))
    }

    /// What each owner holds of an instrument, flat ones left out.
    #[must_use]
    pub fn owners(&self, instrument: &InstrumentId) -> Vec<&Position> {
        let book = self.positions.get(instrument);
        book.map_or_else(Vec::new, |b| {
            b.owners.iter().filter(|p| !p.quantity.is_zero()).collect()
        })
    }

    /// What each owner holds or ever held, with its instrument.
    pub fn owner_positions(&self) -> impl Iterator<Item = (&InstrumentId, &Position)> {
        self.positions
            .iter()
            .flat_map(|(id, book)| book.owners.iter().map(move |p| (id, p)))
    }

    /// One owner's position (`None` = by hand) with its lots: the netted one, else the long, else the short one.
    #[must_use]
    pub fn position_of(&self, instrument: &InstrumentId, strategy: Option<&StrategyId>) -> Option<&Position> {
        let book = self.positions.get(instrument)?;
        let of = |p: &&Position| p.strategy.as_ref() == strategy;
        book.owners.iter().filter(of).min_by_key(|p| p.book)
    }

    /// One owner's position in a book of the hedging mode, or the netted one.
    #[must_use]
    pub fn position_in(
        &self,
        instrument: &InstrumentId,
        strategy: Option<&StrategyId>,
        book: PositionBook,
    ) -> Option<&Position> {
        self.positions.get(instrument)?.owner(strategy, book)
    }

    /// One owner's signed quantity (`None` = by hand), long and short of the hedging mode offset; `None` if it never
    /// traded the instrument.
    #[must_use]
    pub fn owned(&self, instrument: &InstrumentId, strategy: Option<&StrategyId>) -> Option<Decimal> {
        let book = self.positions.get(instrument)?;
        let mut of = book
            .owners
            .iter()
            .filter(|p| p.strategy.as_ref() == strategy)
            .peekable();
        of.peek()?;
        Some(of.map(|p| p.quantity).sum())
    }

    /// The account's signed quantity in a book, over all owners; the netted one is the account's position.
    #[must_use]
    pub fn quantity_in(&self, instrument: &InstrumentId, book: PositionBook) -> Decimal {
        let Some(positions) = self.positions.get(instrument) else {
            return Decimal::ZERO;
        };
        if book.is_net() {
            return positions.net.quantity;
        }
        let of = positions.owners.iter().filter(|p| p.book == book);
        of.map(|p| p.quantity).sum()
    }

    /// The account's signed position that a fill on a side changes: the netted one, or in the hedging mode that of
    /// the side which it opens, or (`closes`) closes.
    #[must_use]
    pub fn touched(&self, instrument: &InstrumentId, side: Side, closes: bool) -> Decimal {
        self.quantity_in(instrument, self.book_of(side, closes))
    }

    /// What one owner (`None` = by hand) holds of the position that a fill on a side changes; signed.
    #[must_use]
    pub fn owner_touched(
        &self,
        instrument: &InstrumentId,
        strategy: Option<&StrategyId>,
        side: Side,
        closes: bool,
    ) -> Decimal {
        let position = self.position_in(instrument, strategy, self.book_of(side, closes));
        position.map_or(Decimal::ZERO, |p| p.quantity)
    }

    /// What is open: one line for each instrument in the netting mode, one for each side of it in the hedging mode.
    pub fn open_sides(&self) -> impl Iterator<Item = OpenSide<'_>> {
        let hedging = self.is_hedging();
        self.positions
            .iter()
            .flat_map(move |(instrument, positions)| {
                let line = |book: PositionBook, quantity: Decimal, cost: Decimal| {
                    (!quantity.is_zero()).then_some(OpenSide {
                        instrument,
                        book,
                        currency: positions.net.currency,
                        quantity,
                        cost,
                    })
                };
                if !hedging {
                    let net = &positions.net;
                    return [line(PositionBook::Net, net.quantity, net.cost), None];
                }
                [PositionBook::Long, PositionBook::Short].map(|book| {
                    let of = || positions.owners.iter().filter(|p| p.book == book);
                    let quantity = of().map(|p| p.quantity).sum();
                    line(book, quantity, of().map(|p| p.cost).sum())
                })
            })
            .flatten()
    }

    /// Whether an entry with this key is booked.
    #[must_use]
    pub fn is_booked(&self, key: &str) -> bool {
        self.keys.contains(key)
    }
}
