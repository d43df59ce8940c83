//! What a run keeps of its records before they are dropped: a row per order, fill and closed trade.

use std::collections::{BTreeMap, VecDeque};

use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use tradewind_strategy::Reason;
use tradewind_types::order::OrderEventKind;
use tradewind_types::record::{
    EntryKind, LedgerAccount, LedgerEntry, LotChange, Outcome, Record, StrategyStatus,
};
use tradewind_types::risk::RiskRule;
use tradewind_types::{
    ClientOrderId, Currency, EntryId, InstrumentIdx, InstrumentRegistry, OrderEvent, OrderKind, OrderRequest,
    Price, Quantity, Side, StrategyId, TimeInForce, UnixNanos,
};

/// Warnings kept in words.
const WARNINGS_MAX: usize = 50;

/// One order and what became of it.
#[derive(Debug, Clone)]
pub struct OrderRow {
    /// Its id.
    pub id: ClientOrderId,
    /// What it is of.
    pub instrument: InstrumentIdx,
    /// Whose; `None` = nobody's in particular (a forced close).
    pub strategy: Option<StrategyId>,
    /// Bought or sold.
    pub side: Side,
    /// Its type.
    pub kind: OrderKind,
    /// Its life span.
    pub time_in_force: TimeInForce,
    /// How much was asked for; of a changed order, now.
    pub quantity: Quantity,
    /// How much was asked for at first.
    pub asked: Quantity,
    /// Whether it may only shrink a position.
    pub reduce_only: bool,
    /// Whether it hangs on another order.
    pub child: bool,
    /// When it was made.
    pub created: UnixNanos,
    /// When the row was known that led to it.
    pub known: UnixNanos,
    /// When something last happened to it.
    pub updated: UnixNanos,
    /// Its state's name, as in the API.
    pub state: &'static str,
    /// Σ filled.
    pub filled: Decimal,
    /// Σ price × quantity of the fills.
    pub filled_value: Decimal,
    /// Σ fees.
    pub fees: Decimal,
    /// Why it was made.
    pub reason: Option<Reason>,
    /// Why it was denied, rejected or canceled.
    pub note: Option<Box<str>>,
}

/// A change or cancel that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskRow {
    /// Place of the order in the list of orders.
    pub order: u32,
    /// When the row was known that led to it.
    pub known: UnixNanos,
    /// What.
    pub ask: Ask,
}

/// What can be asked of an order that is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// That it goes.
    Cancel,
    /// That it changes.
    Change,
    /// The change as the venue made it: its figures say what was asked for.
    Changed {
        /// Quantity in total.
        quantity: Quantity,
        /// Limit price.
        price: Option<Price>,
        /// Trigger.
        trigger: Option<Price>,
    },
}

/// One execution.
#[derive(Debug, Clone)]
pub struct FillRow {
    /// Place of its order in the list of orders.
    pub order: u32,
    /// When.
    pub ts: UnixNanos,
    /// How much.
    pub quantity: Quantity,
    /// At which price.
    pub price: Price,
    /// Fee; negative = rebate.
    pub fee: Decimal,
    /// Whether it took liquidity.
    pub taker: bool,
}

/// One lot that was opened and closed: the ledger's own reckoning.
#[derive(Debug, Clone)]
pub struct TradeRow {
    /// What was traded.
    pub instrument: InstrumentIdx,
    /// Whose.
    pub strategy: Option<StrategyId>,
    /// Side of the opening.
    pub side: Side,
    /// How much.
    pub quantity: Decimal,
    /// When it was opened.
    pub entry_ts: UnixNanos,
    /// At which price.
    pub entry_price: Price,
    /// When it was closed.
    pub exit_ts: UnixNanos,
    /// At which price.
    pub exit_price: Price,
    /// Cost at entry, above 0.
    pub entry_value: Decimal,
    /// Result without fees, as the ledger booked it.
    pub gross: Decimal,
    /// Fees of both sides.
    pub fees: Decimal,
    /// Worst price on the way, by lows and highs of the bars.
    pub worst: i64,
    /// Best price on the way.
    pub best: i64,
    /// Rows of the instrument between entry and exit.
    pub bars_held: u32,
}

/// A lot that is open.
#[derive(Debug, Clone)]
pub(crate) struct OpenLot {
    id: EntryId,
    pub(crate) instrument: InstrumentIdx,
    quantity: Decimal,
    price: Price,
    ts: UnixNanos,
    fee: Decimal,
    low: i64,
    high: i64,
    bar: u64,
}

/// A fill that its strategy has to be told of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FillNews {
    pub(crate) order: u32,
    pub(crate) quantity: Quantity,
    pub(crate) price: Price,
    pub(crate) ts: UnixNanos,
}

/// Everything kept.
#[derive(Debug, Default)]
pub struct Capture {
    /// Orders in the order in which they were made.
    pub orders: Vec<OrderRow>,
    /// Fills in the order in which they happened.
    pub fills: Vec<FillRow>,
    /// Closed trades in the order of their closing.
    pub trades: Vec<TradeRow>,
    /// Changes and cancels in the order in which they were asked for or made.
    pub asks: Vec<AskRow>,
    /// When the row at hand was known.
    pub(crate) known: UnixNanos,
    /// Denials by rule.
    pub denials: BTreeMap<RiskRule, u64>,
    /// Strategies halted by the gate, with when and why.
    pub halts: Vec<(UnixNanos, StrategyId, String)>,
    /// Warnings of the gate.
    pub warnings: u64,
    /// The last warnings, in words.
    pub warned: VecDeque<(UnixNanos, String)>,
    /// What was booked beside fills and what fees were for: Σ by kind and currency, received above 0.
    pub booked: BTreeMap<(&'static str, Currency), Decimal>,
    open: FxHashMap<ClientOrderId, u32>,
    pub(crate) lots: Vec<OpenLot>,
    /// Rows seen by instrument.
    pub(crate) rows_of: Vec<u64>,
}

impl Capture {
    /// Empty, for so many instruments.
    pub(crate) fn new(instruments: usize) -> Self {
        Self {
            rows_of: vec![0; instruments],
            ..Self::default()
        }
    }

    /// Takes what an event led to. `reason` is of the orders among it; fills are appended to `news`.
    pub(crate) fn absorb(
        &mut self,
        records: &mut Vec<Record>,
        instruments: &InstrumentRegistry,
        reason: Option<&Reason>,
        news: &mut Vec<FillNews>,
    ) {
        for record in records.drain(..) {
            let Record::Outcome(outcome) = record else {
                continue;
            };
            match outcome {
                Outcome::OrderInitialized { request, ts } => self.order(&request, ts, instruments, reason),
                Outcome::Order(event) => self.event(event, news),
                Outcome::Ledger(entry) => {
                    self.sums(&entry);
                    if entry.kind == EntryKind::Fill {
                        self.fill_entry(&entry, instruments);
                    }
                }
                Outcome::Strategy(change) => {
                    if let StrategyStatus::Halted { reason } = change.status {
                        self.halts.push((change.ts, change.strategy, reason));
                    }
                }
                Outcome::RiskWarning(warned) => {
                    self.warnings += 1;
                    if self.warned.len() == WARNINGS_MAX {
                        self.warned.pop_front();
                    }
                    self.warned.push_back((warned.ts, warned.warning.message));
                }
                _ => {}
            }
        }
    }

    fn order(
        &mut self,
        request: &OrderRequest,
        ts: UnixNanos,
        instruments: &InstrumentRegistry,
        reason: Option<&Reason>,
    ) {
        let at = u32::try_from(self.orders.len()).unwrap_or(u32::MAX);
        self.open.insert(request.client_order_id.clone(), at);
        self.orders.push(OrderRow {
            id: request.client_order_id.clone(),
            instrument: instruments.idx(&request.instrument).unwrap_or_default(),
            strategy: crate::kernel::account::strategy_of(request).cloned(),
            side: request.side,
            kind: request.kind,
            time_in_force: request.time_in_force,
            quantity: request.quantity,
            asked: request.quantity,
            reduce_only: request.reduce_only,
            child: request.terms.parent.is_some(),
            created: ts,
            known: self.known,
            updated: ts,
            state: "INITIALIZED",
            filled: Decimal::ZERO,
            filled_value: Decimal::ZERO,
            fees: Decimal::ZERO,
            reason: reason.cloned(),
            note: None,
        });
    }

    fn event(&mut self, event: OrderEvent, news: &mut Vec<FillNews>) {
        let Some(at) = self.open.get(&event.client_order_id).copied() else {
            return;
        };
        let Some(row) = self.orders.get_mut(at as usize) else {
            return;
        };
        // When it took effect: an order that was due while nothing traded waited for the next row.
        row.updated = event.ts_init;
        use OrderEventKind as E;
        let known = self.known;
        let ask = |ask: Ask| AskRow {
            order: at,
            known,
            ask,
        };
        let over = match event.kind {
            E::Denied { denials } => {
                row.state = "DENIED";
                row.note = denials.first().map(|d| d.message.as_str().into());
                for denial in denials {
                    *self.denials.entry(denial.rule).or_default() += 1;
                }
                true
            }
            E::Submitted => {
                row.state = "SUBMITTED";
                false
            }
            E::Accepted { .. } => {
                row.state = "ACCEPTED";
                false
            }
            E::Triggered => {
                row.state = "TRIGGERED";
                false
            }
            E::Rejected { reason } => {
                row.state = "REJECTED";
                row.note = Some(reason.into());
                true
            }
            E::Canceled { reason } => {
                row.state = "CANCELED";
                row.note = Some(reason.into());
                true
            }
            E::Expired => {
                row.state = "EXPIRED";
                true
            }
            E::CancelRequested => {
                self.asks.push(ask(Ask::Cancel));
                false
            }
            E::ModifyRequested => {
                self.asks.push(ask(Ask::Change));
                false
            }
            E::Modified {
                quantity,
                price,
                trigger,
                ..
            } => {
                row.quantity = quantity;
                self.asks.push(ask(Ask::Changed {
                    quantity,
                    price,
                    trigger,
                }));
                row.filled >= quantity.decimal()
            }
            E::Filled {
                quantity,
                price,
                fee,
                taker,
                ..
            } => {
                row.filled += quantity.decimal();
                row.filled_value += price
                    .decimal()
                    .checked_mul(quantity.decimal())
                    .unwrap_or_default();
                row.fees += fee;
                let whole = row.filled >= row.quantity.decimal();
                row.state = if whole { "FILLED" } else { "PARTIALLY_FILLED" };
                let ts = event.ts_init;
                self.fills.push(FillRow {
                    order: at,
                    ts,
                    quantity,
                    price,
                    fee,
                    taker,
                });
                news.push(FillNews {
                    order: at,
                    quantity,
                    price,
                    ts,
                });
                whole
            }
            _ => false,
        };
        if over {
            self.open.remove(&event.client_order_id);
        }
    }

    /// Adds up what an entry was for.
    fn sums(&mut self, entry: &LedgerEntry) {
        for posting in &entry.postings {
            let Some(kind) = kind_of(posting.account) else {
                continue;
            };
            // What leaves cash stands as a debit there.
            *self.booked.entry((kind, posting.currency)).or_default() -= posting.amount;
        }
    }

    fn fill_entry(&mut self, entry: &LedgerEntry, instruments: &InstrumentRegistry) {
        let Some(change) = &entry.position else { return };
        let Some(idx) = instruments.idx(&change.instrument) else {
            return;
        };
        let Some(instrument) = instruments.get(idx) else {
            return;
        };
        let scale = instrument.price_scale;
        let bar = self.rows_of.get(idx.slot()).copied().unwrap_or(0);
        let fee: Decimal = entry
            .postings
            .iter()
            .filter(|p| p.account.is_fee())
            .map(|p| p.amount)
            .sum();
        let total = change.quantity.abs();
        let ts = entry.ts;
        for lot in &change.lots {
            match lot {
                LotChange::Opened { quantity, price, .. } => {
                    let mantissa = tradewind_types::PriceMantissa::from_decimal(price.decimal(), scale);
                    let mark = mantissa.map_or(0, |m| m.0);
                    self.lots.push(OpenLot {
                        id: entry.id.clone(),
                        instrument: idx,
                        quantity: *quantity,
                        price: *price,
                        ts,
                        fee: share(fee, quantity.abs(), total),
                        low: mark,
                        high: mark,
                        bar,
                    });
                }
                LotChange::Closed {
                    lot,
                    quantity,
                    cost,
                    realised,
                    ..
                } => {
                    let Some(at) = self.lots.iter().position(|l| l.id == *lot) else {
                        continue;
                    };
                    let open = &mut self.lots[at];
                    let entry_fee = share(open.fee, quantity.abs(), open.quantity.abs());
                    open.fee -= entry_fee;
                    open.quantity -= *quantity;
                    let exit = tradewind_types::PriceMantissa::from_decimal(change.price.decimal(), scale);
                    let exit = exit.map_or(open.low, |m| m.0);
                    let (low, high) = (open.low.min(exit), open.high.max(exit));
                    let long = *quantity > Decimal::ZERO;
                    self.trades.push(TradeRow {
                        instrument: idx,
                        strategy: change.strategy.clone(),
                        side: if long { Side::Buy } else { Side::Sell },
                        quantity: quantity.abs(),
                        entry_ts: open.ts,
                        entry_price: open.price,
                        exit_ts: ts,
                        exit_price: change.price,
                        entry_value: cost.abs(),
                        gross: *realised,
                        fees: entry_fee + share(fee, quantity.abs(), total),
                        worst: if long { low } else { high },
                        best: if long { high } else { low },
                        bars_held: u32::try_from(bar.saturating_sub(open.bar)).unwrap_or(u32::MAX),
                    });
                    if open.quantity.is_zero() {
                        self.lots.remove(at);
                    }
                }
                _ => {}
            }
        }
    }

    /// A row of an instrument: the range that open lots lived through.
    #[inline]
    pub(crate) fn lived(&mut self, idx: InstrumentIdx, low: i64, high: i64) {
        if let Some(rows) = self.rows_of.get_mut(idx.slot()) {
            *rows += 1;
        }
        for lot in &mut self.lots {
            if lot.instrument == idx {
                lot.low = lot.low.min(low);
                lot.high = lot.high.max(high);
            }
        }
    }
}

/// What a posting is for, where that is income or a cost.
fn kind_of(account: LedgerAccount) -> Option<&'static str> {
    Some(match account {
        LedgerAccount::Fees => "commission",
        LedgerAccount::FeesExchange => "exchange fees",
        LedgerAccount::FeesClearing => "clearing fees",
        LedgerAccount::FeesRegulatory => "regulatory fees",
        LedgerAccount::FeesTax => "taxes",
        LedgerAccount::FeesBorrow => "borrowing",
        LedgerAccount::FeesOther => "other fees",
        LedgerAccount::Funding => "funding",
        LedgerAccount::Interest => "interest",
        LedgerAccount::Dividends => "dividends",
        _ => return None,
    })
}

/// The part of a fee that goes with a part of a quantity; the whole of it with the whole.
fn share(fee: Decimal, part: Decimal, whole: Decimal) -> Decimal {
    if part == whole || fee.is_zero() {
        return fee;
    }
    let share = part.checked_mul(fee).and_then(|v| v.checked_div(whole));
    tradewind_types::Rounding::HalfEven.to_decimals(share.unwrap_or_default(), 12)
}
