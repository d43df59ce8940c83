//! Where fills are made: fees, ids, the venue's record, and the orders of one instrument.

use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use tradewind_types::record::FeeTable;
use tradewind_types::{Market, Money, PriceMantissa, Quantity, Side, SizeMantissa, UnixNanos, VenueTradeId};

use super::consumed::Consumed;
use super::order::Working;
use super::records::Records;
use super::report::{CancelReason, FillOf, Report, ReportKind};
use super::view::{MarketView, better};
use super::{OrderKey, PaperSettings};

/// The resting orders of one instrument and what they took from its market.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shop {
    pub(crate) consumed: Consumed,
    /// Best first, then by arrival.
    pub(crate) buys: Vec<Working>,
    pub(crate) sells: Vec<Working>,
}

impl Shop {
    pub(crate) fn is_busy(&self) -> bool {
        !self.buys.is_empty() || !self.sells.is_empty() || !self.consumed.is_empty()
    }

    pub(crate) fn side(&self, side: Side) -> &Vec<Working> {
        match side {
            Side::Buy => &self.buys,
            Side::Sell => &self.sells,
        }
    }

    pub(crate) fn side_mut(&mut self, side: Side) -> &mut Vec<Working> {
        match side {
            Side::Buy => &mut self.buys,
            Side::Sell => &mut self.sells,
        }
    }

    pub(crate) fn insert(&mut self, order: Working) {
        let side = order.order.request.side;
        let queue = self.side_mut(side);
        let before =
            |w: &Working| better(side, w.limit, order.limit) || (w.limit == order.limit && w.seq < order.seq);
        let at = queue.partition_point(before);
        queue.insert(at, order);
    }

    pub(crate) fn remove(&mut self, side: Side, key: &OrderKey) -> Option<Working> {
        let queue = self.side_mut(side);
        let at = queue.iter().position(|w| w.is(&key.0, &key.1))?;
        Some(queue.remove(at))
    }
}

/// What all instruments share.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) settings: PaperSettings,
    pub(crate) fees: FxHashMap<Market, FeeTable>,
    pub(crate) records: Records,
}

impl Desk {
    pub(crate) fn new(settings: PaperSettings) -> Self {
        Self {
            settings,
            fees: FxHashMap::default(),
            records: Records::default(),
        }
    }

    /// How much of what is left the order may fill: all, or for reduce-only what the position allows. Fills in
    /// `out` are not in the view's positions yet.
    pub(crate) fn allowed(&self, order: &Working, view: &impl MarketView, out: &[Report]) -> i128 {
        let of = &order.order;
        if !of.request.reduce_only {
            return order.remaining;
        }
        let known = view.position(&of.request.account, of.instrument_idx, of.owner.as_ref());
        let mut pending = out.iter().filter_map(|report| {
            let fill = report.fill_of.as_ref()?;
            let ReportKind::Filled { quantity, .. } = &report.kind else {
                return None;
            };
            let same = report.account == of.request.account && fill.instrument == of.instrument_idx;
            same.then_some(match fill.side {
                Side::Buy => quantity.decimal(),
                Side::Sell => -quantity.decimal(),
            })
        });
        let sum = pending.try_fold(known, |sum, q| sum.checked_add(q));
        let position = sum.unwrap_or_default();
        let reducible = match of.request.side {
            Side::Buy => -position,
            Side::Sell => position,
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

    /// Fills part of an order and reports it. On failure nothing is changed and the order has to go.
    pub(crate) fn fill(
        &mut self,
        order: &mut Working,
        (price, size): (PriceMantissa, i128),
        taker: bool,
        ts: UnixNanos,
        out: &mut Vec<Report>,
    ) -> Result<(), CancelReason> {
        let of = &order.order;
        let (instrument, request) = (&of.instrument, &of.request);
        let too_large = CancelReason::NumberTooLarge;
        let quantity = SizeMantissa(size)
            .to_decimal(instrument.size_scale)
            .map(|d| d.normalize());
        let quantity = Quantity::new(quantity.ok_or(too_large)?).map_err(|_| too_large)?;
        let price = price.to_price(instrument.price_scale);
        let table = self.fees.get(&instrument.id.market).ok_or(CancelReason::NoFees)?;
        let rate = if taker { table.taker } else { table.maker };
        let notional = instrument
            .notional(price.decimal(), quantity.decimal())
            .map_err(|_| too_large)?
            .abs();
        let fee = notional.checked_mul(rate).ok_or(too_large)?;
        let fee = self
            .settings
            .fee_rounding
            .to_decimals(fee, self.settings.fee_decimals)
            .normalize();
        let fee = Money::new(fee, instrument.quote);
        let id = format!("P-{}-{}", request.client_order_id, order.fills + 1);
        let venue_trade_id = VenueTradeId::new(&id).map_err(|_| too_large)?;
        let done = (request.side, quantity, price);
        self.records
            .add_fill(&request.account, instrument, done, fee)
            .map_err(|_| too_large)?;
        let mut report = of.report(
            ts,
            ReportKind::Filled {
                venue_trade_id,
                quantity,
                price,
                fee,
                taker,
            },
        );
        report.fill_of = Some(FillOf {
            instrument: of.instrument_idx,
            owner: of.owner.clone(),
            side: request.side,
        });
        out.push(report);
        order.fills += 1;
        order.remaining -= size;
        Ok(())
    }
}
