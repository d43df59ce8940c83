//! A paper venue with a small market around it; reports as short text.
#![allow(dead_code)] // each test binary uses a part

use std::sync::Arc;

use rust_decimal::Decimal;
use tradewind_matching::paper::{
    CancelReason, Liquidity, MarketView, PaperOrder, PaperSettings, PaperVenue, QueueModel, RejectReason,
    Report, ReportKind,
};
use tradewind_types::market::Trade;
use tradewind_types::order::OrderOrigin;
use tradewind_types::record::FeeTable;
use tradewind_types::{
    AccountId, ClientOrderId, Currency, Instrument, InstrumentIdx, OrderKind, OrderRequest, Price,
    PriceMantissa, Quantity, Side, SizeMantissa, StrategyId, TimeInForce, UnixNanos,
};

pub(crate) const IDX: InstrumentIdx = InstrumentIdx(0);

pub(crate) type Levels = Vec<(PriceMantissa, SizeMantissa)>;

pub(crate) fn levels(levels: &[(i64, i128)]) -> Levels {
    levels
        .iter()
        .map(|(price, size)| (PriceMantissa(*price), SizeMantissa(*size)))
        .collect()
}

pub(crate) fn dec(n: i64) -> Decimal {
    Decimal::from(n)
}

/// What the venue is shown.
pub(crate) struct World {
    pub(crate) bids: Levels,
    pub(crate) asks: Levels,
    pub(crate) valid: bool,
    pub(crate) position: Decimal,
}

impl MarketView for World {
    fn liquidity(&self, _: InstrumentIdx) -> Liquidity<'_> {
        if self.valid {
            Liquidity::Levels(&self.bids, &self.asks)
        } else {
            Liquidity::Invalid
        }
    }

    fn position(&self, _: &AccountId, _: InstrumentIdx, _: Option<&StrategyId>) -> Decimal {
        self.position
    }
}

/// An instrument with tick 1 and lot 1.
pub(crate) fn instrument() -> Arc<Instrument> {
    let pair = (Currency::of("BTC"), Currency::USD);
    let (id, venue) = ("BTC-USD.X".parse().expect("an id"), "X".parse().expect("a venue"));
    Arc::new(Instrument::spot(
        id,
        venue,
        "BTC/USD",
        pair,
        Decimal::ONE,
        Decimal::ONE,
    ))
}

pub(crate) struct Rig {
    pub(crate) venue: PaperVenue,
    pub(crate) world: World,
    pub(crate) now: UnixNanos,
    pub(crate) instrument: Arc<Instrument>,
    pub(crate) log: Vec<Report>,
    orders: u32,
}

/// Latencies of the rig: orders 10 ns, cancels 20 ns.
pub(crate) fn settings(queue: QueueModel) -> PaperSettings {
    PaperSettings {
        order_latency_ns: 10,
        cancel_latency_ns: 20,
        queue,
        ..PaperSettings::default()
    }
}

impl Rig {
    /// Bids 99×4, 98×6; offers 101×3, 102×5, 103×10; maker 0.1 %, taker 1 %.
    pub(crate) fn new(queue: QueueModel) -> Self {
        Self::with(settings(queue))
    }

    pub(crate) fn with(settings: PaperSettings) -> Self {
        let mut venue = PaperVenue::new(settings);
        venue.set_fees(FeeTable {
            market: "X".parse().expect("a market"),
            maker: Decimal::new(1, 3),
            taker: Decimal::new(1, 2),
            since: UnixNanos(0),
            source: "test".to_owned(),
        });
        let world = World {
            bids: levels(&[(99, 4), (98, 6)]),
            asks: levels(&[(101, 3), (102, 5), (103, 10)]),
            valid: true,
            position: Decimal::ZERO,
        };
        let now = UnixNanos::from_secs(1_000_000);
        Self {
            venue,
            world,
            now,
            instrument: instrument(),
            log: Vec::new(),
            orders: 0,
        }
    }

    pub(crate) fn order(
        &mut self,
        side: Side,
        kind: OrderKind,
        tif: TimeInForce,
        quantity: i64,
    ) -> PaperOrder {
        self.orders += 1;
        PaperOrder {
            request: OrderRequest {
                client_order_id: ClientOrderId::new(&format!("o{}", self.orders)).expect("an id"),
                account: "acc".parse().expect("an account"),
                instrument: self.instrument.id.clone(),
                side,
                quantity: Quantity::new(dec(quantity)).expect("above zero"),
                kind,
                time_in_force: tif,
                reduce_only: false,
                origin: OrderOrigin::Manual {
                    actor: "t".to_owned(),
                },
                terms: tradewind_types::OrderTerms::default(),
            },
            instrument_idx: IDX,
            instrument: self.instrument.clone(),
            owner: None,
            protection: None,
        }
    }

    /// Submits and lets the latency pass; what was reported.
    pub(crate) fn send(&mut self, order: PaperOrder) -> String {
        assert!(self.venue.submit(order, self.now), "a new order");
        self.pass(10)
    }

    /// A limit that rests or takes.
    pub(crate) fn limit(&mut self, side: Side, price: i64, quantity: i64) -> String {
        let order = self.order(side, at(price), TimeInForce::Gtc, quantity);
        self.send(order)
    }

    /// Time passes.
    pub(crate) fn pass(&mut self, ns: u64) -> String {
        self.now = self.now.plus(ns);
        let mut out = Vec::new();
        self.venue.advance(self.now, &self.world, &mut out);
        self.tell(out)
    }

    pub(crate) fn cancel(&mut self, id: &str) {
        let (account, id) = ("acc".parse().expect("an account"), id.parse().expect("an id"));
        self.venue.cancel(&account, &id, self.now);
    }

    /// The market changes.
    pub(crate) fn show(&mut self, bids: &[(i64, i128)], asks: &[(i64, i128)]) -> String {
        (self.world.bids, self.world.asks) = (levels(bids), levels(asks));
        let mut out = Vec::new();
        self.venue.on_market(IDX, self.now, &self.world, &mut out);
        self.tell(out)
    }

    /// A public trade.
    pub(crate) fn print(&mut self, price: i64, size: i128, aggressor: Option<Side>) -> String {
        let trade = Trade {
            instrument: IDX,
            price: PriceMantissa(price),
            size: SizeMantissa(size),
            aggressor,
            trade_id: 0,
            ts_event: self.now,
            ts_init: self.now,
        };
        let mut out = Vec::new();
        self.venue.on_trade(&trade, self.now, &self.world, &mut out);
        self.tell(out)
    }

    fn tell(&mut self, out: Vec<Report>) -> String {
        let text: Vec<String> = out.iter().map(short).collect();
        self.log.extend(out);
        text.join(" ")
    }
}

pub(crate) fn at(price: i64) -> OrderKind {
    OrderKind::Limit {
        price: Price::new(dec(price)).expect("a price"),
        post_only: false,
    }
}

pub(crate) fn post_only(price: i64) -> OrderKind {
    OrderKind::Limit {
        price: Price::new(dec(price)).expect("a price"),
        post_only: true,
    }
}

/// `A` accepted, `2@101t` a fill as taker (`m` as maker), `C:…` canceled, `R:…` rejected, `X` expired.
pub(crate) fn short(report: &Report) -> String {
    match &report.kind {
        ReportKind::Accepted { .. } => "A".to_owned(),
        ReportKind::Filled {
            quantity,
            price,
            taker,
            ..
        } => {
            format!("{quantity}@{price}{}", if *taker { 't' } else { 'm' })
        }
        ReportKind::Canceled { reason } => format!("C:{}", cancel(*reason)),
        ReportKind::Rejected { reason } => format!("R:{}", reject(reason)),
        ReportKind::CancelRejected => "NOCANCEL".to_owned(),
        ReportKind::Expired => "X".to_owned(),
    }
}

fn cancel(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Requested => "asked",
        CancelReason::ImmediateOrCancel => "ioc",
        CancelReason::FillOrKill => "fok",
        CancelReason::NoLiquidity => "dry",
        CancelReason::ReduceOnly => "reduce",
        CancelReason::NoFees => "fees",
        CancelReason::NumberTooLarge => "large",
        CancelReason::Interrupted => "cut",
    }
}

fn reject(reason: &RejectReason) -> &'static str {
    match reason {
        RejectReason::PostOnlyWouldCross { .. } => "post",
        RejectReason::NoMarketData => "nodata",
        RejectReason::NoFees(_) => "fees",
        RejectReason::ReduceOnly => "reduce",
        RejectReason::BadNumber(_) => "number",
        RejectReason::TooManyOrders => "full",
    }
}
