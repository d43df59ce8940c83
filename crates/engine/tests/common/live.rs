//! A desk whose account is live at a scripted venue.

use tradewind_engine::Event;
use tradewind_engine::kernel::{Actions, VenueRequest, VenueRequestKind};
use tradewind_types::record::*;
use tradewind_types::*;

use super::*;

/// A desk whose account is live, with what left for the venue.
pub(crate) struct Live {
    pub(crate) desk: Desk,
    pub(crate) sent: Vec<VenueRequest>,
    feed: u64,
}

pub(crate) fn fill(trade: &str, quantity: &str, at: &str) -> VenueFill {
    VenueFill {
        venue_trade_id: id(trade),
        quantity: super::quantity(quantity),
        price: price(at),
        fee: dec("1"),
        fee_currency: Currency::USD,
        taker: true,
        ts: UnixNanos::from_secs(START_S),
    }
}

pub(crate) fn accepted(venue: &str) -> VenueNews {
    VenueNews::Accepted {
        venue_order_id: id(venue),
    }
}

pub(crate) fn theirs(
    order: &str,
    status: VenueOrderStatus,
    quantity: &str,
    fills: Vec<VenueFill>,
) -> VenueOrder {
    VenueOrder {
        client_order_id: Some(id(order)),
        venue_order_id: id(&format!("V-{order}")),
        instrument: id("BTC-USD.COINBASE"),
        side: Side::Buy,
        quantity: super::quantity(quantity),
        filled: fills.iter().map(|f| f.quantity.decimal()).sum(),
        status,
        fills,
    }
}

impl Live {
    /// A live account that has been compared with its venue.
    pub(crate) fn ready() -> Self {
        let mut live = Self::started();
        live.pass(1_100);
        live.news_of_account(vec![], vec![], "100000");
        live.sent.clear();
        live
    }

    pub(crate) fn started() -> Self {
        let mut desk = Desk::new();
        let info = AccountInfo {
            id: id("live-1"),
            kind: AccountKind::Live,
            ..account_info()
        };
        let deposit = Money::new(dec("100000"), Currency::USD);
        desk.command(Command::OpenAccount {
            account: info,
            deposit,
        })
        .expect("opened");
        let mut settings = desk.kernel.account(&id("live-1")).expect("there").risk.clone();
        settings.live_trading = true;
        desk.command(Command::SetRiskSettings {
            account: id("live-1"),
            settings,
            expected_version: 1,
        })
        .expect("set");
        Self {
            desk,
            sent: Vec::new(),
            feed: 0,
        }
    }

    pub(crate) fn event(&mut self, event: &Event) {
        let mut actions = Actions::default();
        self.desk.kernel.process(event, &mut actions);
        self.desk.records.append(&mut actions.records);
        self.sent.append(&mut actions.venue_requests);
    }

    pub(crate) fn pass(&mut self, ms: u64) {
        let end = self.desk.now.plus(ms * MS);
        while self.desk.now < end {
            self.desk.now = UnixNanos(end.0.min(self.desk.now.0 + 100 * MS));
            self.event(&Event::Timer(self.desk.now));
        }
    }

    pub(crate) fn order(&self, order: &str) -> &Order {
        self.desk
            .kernel
            .order(&id("live-1"), &id(order))
            .expect("the order is there")
    }

    pub(crate) fn submit(&mut self, request: OrderRequest) {
        self.feed += 1;
        self.desk
            .book("BTC", 10_000, 10_010 + (self.feed % 2) as i64, "5");
        let request = OrderRequest {
            account: id("live-1"),
            ..request
        };
        self.command(Command::SubmitOrders {
            orders: vec![request],
            mode: BatchMode::Independent,
        });
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.desk.now = self.desk.now.plus(MS);
        let envelope = CommandEnvelope {
            ts: self.desk.now,
            ..envelope(command)
        };
        self.event(&Event::Command(Box::new(envelope)));
    }

    pub(crate) fn news(&mut self, order: &str, news: VenueNews) {
        self.desk.now = self.desk.now.plus(MS);
        let report = VenueReport {
            account: id("live-1"),
            client_order_id: Some(id(order)),
            ts_event: self.desk.now,
            ts_init: self.desk.now,
            news,
        };
        self.event(&Event::Venue(Box::new(report)));
    }

    pub(crate) fn news_of_account(
        &mut self,
        orders: Vec<VenueOrder>,
        positions: Vec<(InstrumentId, Decimal)>,
        cash: &str,
    ) {
        self.desk.now = self.desk.now.plus(MS);
        let theirs = VenueAccount {
            orders,
            positions,
            balances: vec![(Currency::USD, dec(cash))],
        };
        let report = VenueReport {
            account: id("live-1"),
            client_order_id: None,
            ts_event: self.desk.now,
            ts_init: self.desk.now,
            news: VenueNews::Account(Box::new(theirs)),
        };
        self.event(&Event::Venue(Box::new(report)));
    }

    pub(crate) fn position(&self) -> Decimal {
        let ledger = &self.desk.kernel.account(&id("live-1")).expect("there").ledger;
        ledger
            .position(&id("BTC-USD.COINBASE"))
            .map_or(Decimal::ZERO, |p| p.quantity)
    }

    pub(crate) fn queries(&self) -> usize {
        let queries = self.sent.iter();
        queries
            .filter(|r| matches!(r.kind, VenueRequestKind::Query))
            .count()
    }

    pub(crate) fn reconciled(&self) -> Option<UnixNanos> {
        let account = self.desk.kernel.account(&id("live-1")).expect("there");
        account.reconciliation.as_ref().map(|r| r.ts)
    }

    pub(crate) fn cancels(&self) -> usize {
        let cancels = self.sent.iter();
        cancels
            .filter(|r| matches!(r.kind, VenueRequestKind::Cancel { .. }))
            .count()
    }

    pub(crate) fn cancel(&mut self, order: &str) {
        self.command(Command::CancelOrder {
            account: id("live-1"),
            client_order_id: id(order),
        });
    }

    pub(crate) fn submits(&self) -> usize {
        let submits = self.sent.iter();
        submits
            .filter(|r| matches!(r.kind, VenueRequestKind::Submit(_)))
            .count()
    }

    pub(crate) fn check(&self) {
        let account = self.desk.kernel.account(&id("live-1")).expect("there");
        account.ledger.check_invariants().expect("the ledger is whole");
        assert_eq!(
            self.desk.kernel.illegal_outcomes(),
            0,
            "{:?}",
            self.desk.kernel.last_illegal()
        );
        let refolded = self.desk.refolded();
        let again = refolded.accounts.get(&id::<AccountId>("live-1")).expect("there");
        assert_eq!(again.ledger, account.ledger, "the records give the same books");
    }
}
