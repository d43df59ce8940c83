//! Where fills are made: prices with friction, fees, ids, the venue's record.

use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use tradewind_types::ids::IdError;
use tradewind_types::record::FeeTable;
use tradewind_types::{
    AccountId, Instrument, InstrumentKind, Market, Money, OrderRequest, PriceMantissa, Quantity, Side,
    SizeMantissa, UnixNanos, VenueOrderId, VenueTradeId,
};

use super::PaperSettings;
use super::fees::{FeeError, FeeFacts, FeeModel, Volume};
use super::friction::Friction;
use super::latency::Delays;
use super::order::Working;
use super::records::Records;
use super::report::{CancelReason, FillOf, Report, ReportKind};
use super::shop::Shop;
use super::slots::OrderSlot;
use super::trigger::Doubled;
use super::view::MarketView;

/// Fees of a market, or of one kind of instrument there.
#[derive(Clone, Debug)]
pub(crate) struct FeeEntry {
    market: Market,
    kind: Option<InstrumentKind>,
    model: FeeModel,
}

/// Where a shop found its fees, to be looked up again when fees were set since.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FeePlace {
    version: u32,
    entry: Option<usize>,
}

/// What all instruments share.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) settings: PaperSettings,
    pub(crate) friction: Friction,
    pub(crate) delays: Delays,
    pub(crate) tables: FxHashMap<Market, FeeTable>,
    fees: Vec<FeeEntry>,
    fees_version: u32,
    volumes: FxHashMap<(AccountId, Market), Volume>,
    pub(crate) records: Records,
    seq: u64,
    /// What an arriving order takes; kept for its memory.
    pub(crate) takes: Vec<(PriceMantissa, i128)>,
    /// Stops that were reached; kept for its memory.
    pub(crate) reached: Vec<(Side, i128, u64, OrderSlot)>,
}

impl Desk {
    pub(crate) fn new(settings: PaperSettings) -> Self {
        Self {
            friction: Friction {
                slippage: settings.slippage,
                impact: settings.impact,
            },
            delays: Delays::new(settings.latency.clone()),
            settings,
            tables: FxHashMap::default(),
            fees: Vec::new(),
            fees_version: 1,
            volumes: FxHashMap::default(),
            records: Records::default(),
            seq: 0,
            takes: Vec::new(),
            reached: Vec::new(),
        }
    }

    pub(crate) fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    pub(crate) fn set_fees(&mut self, market: Market, kind: Option<InstrumentKind>, model: FeeModel) {
        self.fees_version += 1;
        let found = self
            .fees
            .iter_mut()
            .find(|e| e.market == market && e.kind == kind);
        match found {
            Some(entry) => entry.model = model,
            None => self.fees.push(FeeEntry { market, kind, model }),
        }
    }

    /// The fees of an order's instrument: of its kind on its market, else of its market.
    pub(crate) fn fees_of<'a>(
        &'a self,
        place: &mut FeePlace,
        instrument: &Instrument,
    ) -> Option<&'a FeeModel> {
        if place.version != self.fees_version {
            let find = |kind: Option<InstrumentKind>| {
                let of_market = |e: &FeeEntry| e.market == instrument.id.market && e.kind == kind;
                self.fees.iter().position(of_market)
            };
            *place = FeePlace {
                version: self.fees_version,
                entry: find(Some(instrument.kind)).or_else(|| find(None)),
            };
        }
        place.entry.and_then(|at| self.fees.get(at)).map(|e| &e.model)
    }

    /// How much of what is left the order may fill: all, or for reduce-only, and for sells of an account that may not
    /// be short, what the position allows. Fills in
    /// `out` are not in the view's positions yet.
    pub(crate) fn allowed(order: &Working, view: &impl MarketView, out: &[Report]) -> i128 {
        let of = &order.order;
        let covered = of.request.side == Side::Sell && !view.may_be_short(&of.request.account);
        if !of.request.reduce_only && !covered {
            return order.remaining;
        }
        let mut pending = out.iter().filter_map(|report| {
            let fill = report.fill_of.as_ref()?;
            let ReportKind::Filled { quantity, .. } = &report.kind else {
                return None;
            };
            let same = fill.instrument == of.instrument_idx && report.account == of.request.account;
            same.then_some((fill, quantity.decimal()))
        });
        let side = of.request.side;
        let reducible = match view.closable(&of.request.account, of.instrument_idx, side) {
            Some(_) if !of.request.reduce_only => Decimal::ZERO,
            Some(open) => pending
                .try_fold(open, |open, (fill, quantity)| match fill.reduce_only {
                    true if fill.side == side => open.checked_sub(quantity),
                    false if fill.side != side => open.checked_add(quantity),
                    _ => Some(open),
                })
                .unwrap_or_default(),
            None => {
                let known = view.position(&of.request.account, of.instrument_idx, of.owner.as_ref());
                let sum = pending.try_fold(known, |sum, (fill, quantity)| match fill.side {
                    Side::Buy => sum.checked_add(quantity),
                    Side::Sell => sum.checked_sub(quantity),
                });
                let position = sum.unwrap_or_default();
                match side {
                    Side::Buy => -position,
                    Side::Sell => position,
                }
            }
        };
        if reducible <= Decimal::ZERO {
            return 0;
        }
        // A position with more decimals than the market data's scale is capped to whole units of it.
        let scale = of.instrument.size_scale;
        let whole = reducible.trunc_with_scale(u32::from(scale));
        let cap = SizeMantissa::from_decimal(whole, scale).map_or(0, |s| s.0);
        order.whole_lots(cap).min(order.remaining)
    }

    /// The price of a taker's fill: the displayed one, made worse by slippage and impact.
    pub(crate) fn taker_price(
        &self,
        shop: &Shop,
        order: &Working,
        price: PriceMantissa,
        (spread, taken): (Option<i64>, i128),
    ) -> PriceMantissa {
        let units = SizeMantissa(taken).to_f64(order.order.instrument.size_scale);
        self.friction.worse(order, price, spread, units, shop.impact)
    }

    /// Fills part of an order and reports it. On failure nothing is changed and the order has to go.
    pub(crate) fn fill(
        &mut self,
        place: &mut FeePlace,
        (slot, order): (OrderSlot, &mut Working),
        (price, size): (PriceMantissa, i128),
        taker: bool,
        ts: UnixNanos,
        out: &mut Vec<Report>,
    ) -> Result<(), CancelReason> {
        let too_large = CancelReason::NumberTooLarge;
        let instrument = &*order.order.instrument;
        let quantity = if size == order.remaining && order.filled == 0 {
            order.order.request.quantity
        } else {
            let quantity = SizeMantissa(size).to_decimal(instrument.size_scale);
            let quantity = quantity.ok_or(too_large)?.normalize();
            Quantity::new(quantity).map_err(|_| too_large)?
        };
        let price = price.to_price(instrument.price_scale);
        let side = order.side();
        let notional = instrument
            .notional(price.decimal(), quantity.decimal())
            .map_err(|_| too_large)?
            .abs();
        let volume = self.volume_of(place, order, ts);
        let rounding = (self.settings.fee_decimals, self.settings.fee_rounding);
        let facts = FeeFacts {
            instrument,
            side,
            quantity: quantity.decimal(),
            notional,
            taker,
            ts,
            volume: volume.unwrap_or_default(),
        };
        let model = self.fees_of(place, instrument).ok_or(CancelReason::NoFees)?;
        let charged = model.charge(&facts, &mut order.charges, rounding);
        let charged = charged.map_err(|error| match error {
            FeeError::Number(_) => CancelReason::NumberTooLarge,
            FeeError::NoRates { .. } | FeeError::NoSegment(_) => CancelReason::NoFees,
        })?;
        let fee = Money::new(charged.total, instrument.quote);
        let request = &order.order.request;
        let venue_trade_id = trade_id(request, order.fills + 1).map_err(|_| too_large)?;
        if self.settings.keep_records {
            let done = (side, quantity, price);
            self.records
                .add_fill(&request.account, instrument, done, fee)
                .map_err(|_| too_large)?;
        }
        if volume.is_some() {
            let key = (request.account.clone(), instrument.id.market.clone());
            self.volumes.entry(key).or_default().add(ts, notional);
        }
        let kind = ReportKind::Filled {
            venue_trade_id,
            quantity,
            price,
            fee,
            items: charged.items,
            taker,
        };
        let mut report = order.order.report(slot, ts, kind);
        report.fill_of = Some(FillOf {
            instrument: order.order.instrument_idx,
            owner: order.order.owner.clone(),
            side,
            reduce_only: order.order.request.reduce_only,
        });
        out.push(report);
        order.fills += 1;
        order.filled += size;
        order.remaining -= size;
        Ok(())
    }

    /// The account's volume of the last 30 days on the market, where the fees ask for it.
    fn volume_of(&mut self, place: &mut FeePlace, order: &Working, ts: UnixNanos) -> Option<Decimal> {
        if !self.fees_of(place, &order.order.instrument)?.needs_volume() {
            return None;
        }
        let key = (
            order.order.request.account.clone(),
            order.order.instrument.id.market.clone(),
        );
        Some(self.volumes.entry(key).or_default().at(ts))
    }

    /// Counts volume that was traded before, for tiers by volume.
    pub(crate) fn add_volume(
        &mut self,
        account: AccountId,
        market: Market,
        ts: UnixNanos,
        notional: Decimal,
    ) {
        self.volumes
            .entry((account, market))
            .or_default()
            .add(ts, notional);
    }

    /// Where in the price's path a stop is reached: the nearer to where the price came from, the smaller.
    pub(crate) fn path_key(side: Side, level: PriceMantissa) -> i128 {
        let level = Doubled::of(level).0;
        match side {
            Side::Buy => level,
            Side::Sell => -level,
        }
    }
}

/// Longest text of an id: `P-`, 36 characters of the order's id, `-`, ten digits.
const ID_MAX: usize = 2 + 36 + 1 + 10;

/// An id put together on the stack.
struct IdText {
    bytes: [u8; ID_MAX],
    len: usize,
}

impl IdText {
    fn of_order(request: &OrderRequest) -> Self {
        let mut text = Self {
            bytes: [0; ID_MAX],
            len: 0,
        };
        text.push(b"P-");
        text.push(request.client_order_id.as_str().as_bytes());
        text
    }

    fn push(&mut self, bytes: &[u8]) {
        let end = (self.len + bytes.len()).min(ID_MAX);
        let taken = end - self.len;
        self.bytes[self.len..end].copy_from_slice(&bytes[..taken]);
        self.len = end;
    }

    fn push_number(&mut self, mut number: u32) {
        let mut digits = [0u8; 10];
        let mut at = digits.len();
        loop {
            at -= 1;
            // A remainder of ten is one digit.
            digits[at] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.push(&digits[at..]);
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

/// The venue's id of an order: `P-` and its client order id.
pub(crate) fn order_id(request: &OrderRequest) -> Result<VenueOrderId, IdError> {
    VenueOrderId::new(IdText::of_order(request).text())
}

/// The venue's id of an order's fill of this number.
fn trade_id(request: &OrderRequest, number: u32) -> Result<VenueTradeId, IdError> {
    let mut text = IdText::of_order(request);
    text.push(b"-");
    text.push_number(number);
    VenueTradeId::new(text.text())
}
