//! A paper venue with a small market around it; reports as short text.
#![allow(dead_code)] // each test binary uses a part

use std::sync::Arc;

use rust_decimal::Decimal;
use tradewind_matching::paper::{
    CancelReason, Liquidity, MarketView, ModifyRefusal, OrderChange, OrderGone, PaperOrder, PaperSettings,
    PaperVenue, Phase, QueueModel, RejectReason, Report, ReportKind, SessionView,
};
use tradewind_types::market::{Bar, BarInterval, BarSource, Quote, Trade};
use tradewind_types::order::OrderOrigin;
use tradewind_types::record::FeeTable;
use tradewind_types::{
    AccountId, ClientOrderId, Currency, Instrument, InstrumentIdx, OrderKind, OrderRequest, Price,
    PriceMantissa, Quantity, Side, SizeMantissa, StrategyId, TimeInForce, TrailingOffset, UnixNanos,
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

/// How much of the market is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shown {
    /// All levels.
    Levels,
    /// The best levels with their sizes.
    Quote,
    /// The best prices.
    Prices,
    /// The last trade.
    Last(i64),
}

/// A calendar of one phase.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calendar {
    pub(crate) phase: Phase,
    pub(crate) ends: Option<UnixNanos>,
}

impl SessionView for Calendar {
    fn phase(&self, _: InstrumentIdx, _: UnixNanos) -> Phase {
        self.phase
    }

    fn ends(&self, _: InstrumentIdx, _: UnixNanos) -> Option<UnixNanos> {
        self.ends
    }
}

/// What the venue is shown.
pub(crate) struct World {
    pub(crate) shown: Shown,
    pub(crate) quote: Quote,
    pub(crate) calendar: Calendar,
    pub(crate) bids: Levels,
    pub(crate) asks: Levels,
    pub(crate) valid: bool,
    pub(crate) position: Decimal,
    pub(crate) may_be_short: bool,
    /// Orders that the feed has told of.
    pub(crate) feed: u64,
}

impl MarketView for World {
    fn liquidity(&self, _: InstrumentIdx) -> Liquidity<'_> {
        let best = |levels: &Levels| levels.first().copied();
        match self.shown {
            _ if !self.valid => Liquidity::Invalid,
            Shown::Levels => Liquidity::Levels(&self.bids, &self.asks),
            Shown::Quote => Liquidity::Quote(&self.quote),
            Shown::Prices => match (best(&self.bids), best(&self.asks)) {
                (Some((bid, _)), Some((ask, _))) => Liquidity::Prices { bid, ask },
                _ => Liquidity::Invalid,
            },
            Shown::Last(price) => Liquidity::Last(PriceMantissa(price)),
        }
    }

    fn position(&self, _: &AccountId, _: InstrumentIdx, _: Option<&StrategyId>) -> Decimal {
        self.position
    }

    fn may_be_short(&self, _: &AccountId) -> bool {
        self.may_be_short
    }

    fn feed_number(&self, _: InstrumentIdx) -> u64 {
        self.feed
    }

    fn sessions(&self) -> &dyn SessionView {
        &self.calendar
    }
}

impl World {
    pub(crate) fn show(&mut self, bids: &[(i64, i128)], asks: &[(i64, i128)]) {
        (self.bids, self.asks) = (levels(bids), levels(asks));
        let best = |levels: &Levels| levels.first().copied().unwrap_or_default();
        (
            (self.quote.bid, self.quote.bid_size),
            (self.quote.ask, self.quote.ask_size),
        ) = (best(&self.bids), best(&self.asks));
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
        let quote = Quote {
            instrument: IDX,
            bid: PriceMantissa(0),
            ask: PriceMantissa(0),
            bid_size: SizeMantissa(0),
            ask_size: SizeMantissa(0),
            ts_event: UnixNanos(0),
            ts_init: UnixNanos(0),
        };
        let mut world = World {
            shown: Shown::Levels,
            quote,
            calendar: Calendar {
                phase: Phase::Open,
                ends: None,
            },
            bids: Vec::new(),
            asks: Vec::new(),
            valid: true,
            position: Decimal::ZERO,
            may_be_short: true,
            feed: 0,
        };
        world.show(&[(99, 4), (98, 6)], &[(101, 3), (102, 5), (103, 10)]);
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
        assert!(self.venue.submit(order, self.now).is_some(), "a new order");
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

    /// Asks for a change and lets the latency pass.
    pub(crate) fn change(&mut self, id: &str, change: OrderChange) -> String {
        let (account, id) = ("acc".parse().expect("an account"), id.parse().expect("an id"));
        self.venue.modify(&account, &id, change, self.now);
        self.pass(20)
    }

    /// A one-minute bar that begins now, walked to its end; reports with the path's price where it stands.
    pub(crate) fn bar(&mut self, [open, high, low, close]: [i64; 4], volume: i128) -> String {
        let bar = bar(self.now, [open, high, low, close], volume);
        let mut walk = self.venue.begin_bar(&bar, bar.ended_by());
        let mut told = Vec::new();
        let mut out = Vec::new();
        while self.venue.step_bar(&mut walk, &self.world, &mut out) {
            told.push(self.tell(std::mem::take(&mut out)));
        }
        self.now = self.now.plus(BarInterval::M1.nanos());
        told.join(" ")
    }

    /// The market changes.
    pub(crate) fn show(&mut self, bids: &[(i64, i128)], asks: &[(i64, i128)]) -> String {
        self.world.show(bids, asks);
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

    /// Something happens to an order of the book; before the book changes.
    pub(crate) fn gone(
        &mut self,
        side: Side,
        price: i64,
        (number, size, executed): (u64, i128, bool),
    ) -> String {
        let gone = OrderGone {
            instrument: IDX,
            side,
            price: PriceMantissa(price),
            number,
            size: SizeMantissa(size),
            executed,
        };
        let mut out = Vec::new();
        self.venue.on_order_gone(&gone, self.now, &self.world, &mut out);
        self.tell(out)
    }

    fn tell(&mut self, out: Vec<Report>) -> String {
        let text: Vec<String> = out.iter().map(short).collect();
        self.log.extend(out);
        text.join(" ")
    }
}

pub(crate) fn bar(ts: UnixNanos, [open, high, low, close]: [i64; 4], volume: i128) -> Bar {
    Bar {
        instrument: IDX,
        interval: BarInterval::M1,
        ts,
        open: PriceMantissa(open),
        high: PriceMantissa(high),
        low: PriceMantissa(low),
        close: PriceMantissa(close),
        volume: SizeMantissa(volume),
        value: 0,
        trades: 1,
        open_interest: None,
        source: BarSource::Trades,
        revision: 0,
        complete: true,
        ts_init: ts.plus(BarInterval::M1.nanos()),
    }
}

pub(crate) fn price(price: i64) -> Price {
    Price::new(dec(price)).expect("a price")
}

pub(crate) fn stop(trigger: i64) -> OrderKind {
    OrderKind::StopMarket {
        trigger: price(trigger),
    }
}

pub(crate) fn stop_limit(trigger: i64, limit: i64, post_only: bool) -> OrderKind {
    OrderKind::StopLimit {
        trigger: price(trigger),
        price: price(limit),
        post_only,
    }
}

pub(crate) fn trailing(offset: i64, activation: Option<i64>) -> OrderKind {
    OrderKind::TrailingStop {
        offset: TrailingOffset::Price(price(offset)),
        activation: activation.map(price),
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
        ReportKind::Triggered => "T".to_owned(),
        ReportKind::TriggerMoved { trigger } => format!("T>{trigger}"),
        ReportKind::Modified {
            quantity,
            price,
            trigger,
            display,
        } => {
            let shown = display.map_or(String::new(), |d| format!("#{d}"));
            let figure =
                |name: &str, price: &Option<Price>| price.map_or(String::new(), |p| format!("{name}{p}"));
            format!(
                "M:{quantity}{}{}{shown}",
                figure("@", price),
                figure("!", trigger)
            )
        }
        ReportKind::ModifyRejected { reason } => format!("NOMODIFY:{}", refusal(reason)),
    }
}

fn cancel(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Requested => "asked",
        CancelReason::ImmediateOrCancel => "ioc",
        CancelReason::FillOrKill => "fok",
        CancelReason::NoLiquidity => "dry",
        CancelReason::ReduceOnly => "reduce",
        CancelReason::Uncovered => "uncovered",
        CancelReason::NoFees => "fees",
        CancelReason::NumberTooLarge => "large",
        CancelReason::Interrupted => "cut",
        CancelReason::PostOnly => "post",
    }
}

fn reject(reason: &RejectReason) -> &'static str {
    match reason {
        RejectReason::PostOnlyWouldCross { .. } => "post",
        RejectReason::NoMarketData => "nodata",
        RejectReason::NoFees(_) => "fees",
        RejectReason::ReduceOnly => "reduce",
        RejectReason::Uncovered => "uncovered",
        RejectReason::BadNumber(_) => "number",
        RejectReason::TooManyOrders => "full",
        RejectReason::Contradiction(_) => "contradiction",
        RejectReason::AlreadyOver(_) => "over",
        RejectReason::NotTrading(_) => "session",
    }
}

fn refusal(reason: &ModifyRefusal) -> &'static str {
    match reason {
        ModifyRefusal::NotOpen => "notopen",
        ModifyRefusal::Nothing => "nothing",
        ModifyRefusal::BelowFilled { .. } => "filled",
        ModifyRefusal::BadNumber(_) => "number",
        ModifyRefusal::NotOfThisOrder(_) => "figure",
        ModifyRefusal::PostOnlyWouldCross { .. } => "post",
    }
}
