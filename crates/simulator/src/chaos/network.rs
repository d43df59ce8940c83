//! The ways between clients, engine and venue, and what happens on them.

use tradewind_engine::Event;
use tradewind_engine::kernel::{VenueRequest, VenueRequestKind};
use tradewind_types::market::MarketEvent;
use tradewind_types::record::{CommandEnvelope, VenueNews, VenueReport};
use tradewind_types::{UnixNanos, VenueTradeId};

use super::listing::known;
use super::node::{Item, Ticket};
use super::swarm::{Fault, Mutation};
use super::world::{Answered, Ev, MS, S, World};

/// How long the venue client waits for an answer.
const ANSWER_WITHIN_NS: u64 = 10 * S;

impl World {
    /// A client's command on its way to the engine.
    pub(super) fn send_command(&mut self, envelope: CommandEnvelope, ticket: Ticket) {
        if self.strikes(Fault::CommandLost) {
            return;
        }
        if self.strikes(Fault::CommandTwice) {
            let later = self.net.between(1, 3_000) * MS;
            self.at(later, Ev::Command(Box::new(envelope.clone()), ticket));
        }
        let way = self.net.between(1, 20) * MS;
        self.at(way, Ev::Command(Box::new(envelope), ticket));
    }

    /// An answer on its way back to a client.
    pub(super) fn send_answer(&mut self, ticket: Ticket, answered: Answered) {
        if self.strikes(Fault::AnswerLost) {
            return;
        }
        let way = self.net.between(1, 20) * MS;
        self.at(way, Ev::Answer(ticket, answered));
    }

    /// Requests that the engine let go, on their way to the venue. The client notes what it waits an answer for.
    pub(super) fn send_requests(&mut self, requests: Vec<VenueRequest>) -> Result<(), String> {
        for request in requests {
            if let VenueRequestKind::Submit(order) = &request.kind {
                self.oracle.sent(&order.account, &order.client_order_id)?;
            }
            self.send_request(request);
        }
        Ok(())
    }

    fn send_request(&mut self, request: VenueRequest) {
        self.tokens += 1;
        let token = self.tokens;
        self.pending.insert(token, request.clone());
        let generation = self.generation;
        self.at(ANSWER_WITHIN_NS, Ev::Timeout(token, generation));
        if self.partitioned || self.strikes(Fault::RequestLost) {
            return;
        }
        let late = if self.strikes(Fault::RequestLate) {
            self.net.between(100, 8_000)
        } else {
            0
        };
        let way = (self.net.between(2, 40) + late) * MS;
        if self.strikes(Fault::RequestTwice) {
            let again = way + self.net.between(1, 5_000) * MS;
            self.at(again, Ev::Request(token, generation, Box::new(request.clone())));
        }
        self.at(way, Ev::Request(token, generation, Box::new(request)));
    }

    /// A request arrives at the venue.
    pub(super) fn at_venue(&mut self, token: u64, generation: u64, request: &VenueRequest) {
        if self.partitioned {
            return;
        }
        // A changed request is recognised by its nonce when it comes twice; an order by its client order id.
        let changes = matches!(
            request.kind,
            VenueRequestKind::Cancel { .. } | VenueRequestKind::Modify { .. }
        );
        if changes && !self.seen.insert(token) {
            return;
        }
        let ambiguous = !matches!(
            request.kind,
            VenueRequestKind::Query | VenueRequestKind::Account { .. }
        ) && self.strikes(Fault::AmbiguousTimeout);
        if ambiguous && self.net.per_mille(500) {
            return;
        }
        let submit = matches!(request.kind, VenueRequestKind::Submit(_));
        let refuse = submit && self.strikes(Fault::VenueRejects);
        let fills_first =
            matches!(request.kind, VenueRequestKind::Cancel { .. }) && self.strikes(Fault::FillAfterCancel);
        if fills_first {
            // The market reaches the order just before its cancel does; that is told after the cancel.
            for slot in 0..self.venue.markets() {
                let (trades, reports) = self.venue.tick(slot, self.now, &mut self.market);
                self.publish(slot, trades);
                for report in reports {
                    let later = self.net.between(1_000, 4_000) * MS;
                    self.at(later, Ev::Report(None, self.generation, Box::new(report)));
                }
            }
        }
        let reports = self.venue.request(request, refuse, self.now);
        for (at, report) in reports.into_iter().enumerate() {
            let answer = (at == 0).then_some(token);
            if at == 0 && ambiguous {
                continue;
            }
            self.send_report(report, answer, generation);
        }
    }

    /// A report on its way to the engine.
    pub(super) fn send_report(&mut self, report: VenueReport, answer: Option<u64>, generation: u64) {
        if self.partitioned || self.strikes(Fault::ReportLost) {
            return;
        }
        let late = if self.strikes(Fault::ReportLate) {
            self.net.between(100, 8_000)
        } else {
            0
        };
        let way = (self.net.between(2, 40) + late) * MS;
        if self.strikes(Fault::ReportTwice) {
            let again = way + self.net.between(1, 5_000) * MS;
            let mut second = report.clone();
            if self.config.mutation == Some(Mutation::RenamesFills)
                && let VenueNews::Filled(fill) = &mut second.news
            {
                fill.venue_trade_id = known!(VenueTradeId, &format!("{}-again", fill.venue_trade_id));
            }
            self.at(again, Ev::Report(answer, generation, Box::new(second)));
        }
        self.at(way, Ev::Report(answer, generation, Box::new(report)));
    }

    /// A report arrives at the venue client; one for an earlier process finds nobody.
    pub(super) fn at_client(&mut self, answer: Option<u64>, generation: u64, mut report: VenueReport) {
        if self.partitioned || generation != self.generation {
            return;
        }
        if let Some(token) = answer {
            self.pending.remove(&token);
        }
        if self.config.mutation == Some(Mutation::DropsFee)
            && let VenueNews::Filled(fill) = &mut report.news
        {
            fill.fee = rust_decimal::Decimal::ZERO;
        }
        report.ts_init = UnixNanos(self.clock());
        self.deliver(Item::Event(Event::Venue(Box::new(report))));
    }

    /// No answer came: whether the venue has carried the request out nobody knows.
    pub(super) fn unanswered(&mut self, token: u64, generation: u64) -> Result<(), String> {
        if generation != self.generation {
            return Ok(());
        }
        let Some(request) = self.pending.remove(&token) else {
            return Ok(());
        };
        let asks = matches!(
            request.kind,
            VenueRequestKind::Query | VenueRequestKind::Account { .. }
        );
        if asks {
            return Ok(());
        }
        if self.config.mutation == Some(Mutation::SendsAgain) {
            return self.send_requests(vec![request]);
        }
        let report = VenueReport {
            account: request.account,
            client_order_id: request.client_order_id,
            ts_event: UnixNanos(self.now),
            ts_init: UnixNanos(self.clock()),
            news: VenueNews::Lost,
        };
        self.deliver(Item::Event(Event::Venue(Box::new(report))));
        Ok(())
    }

    /// Public market data to the engine: trades, then the book. The feed is one connection: in order, or gone.
    pub(super) fn publish(&mut self, slot: usize, trades: Vec<MarketEvent>) {
        if self.feed_gap {
            return;
        }
        let clock = self.clock();
        for mut event in trades {
            if let MarketEvent::Trade(trade) = &mut event {
                trade.ts_init = UnixNanos(clock);
            }
            self.deliver(Item::Event(Event::Market(event)));
        }
        let book = self.venue.book(slot, self.now, clock);
        self.deliver(Item::Event(Event::Market(book)));
    }
}
