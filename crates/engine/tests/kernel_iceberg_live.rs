//! Icebergs at a real venue: lost answers, refusals, repeated and late reports, and laws under random ones.

mod common;

use std::collections::BTreeMap;

use common::live::*;
use common::*;
use proptest::prelude::*;
use tradewind_engine::KernelConfig;
use tradewind_engine::kernel::live::SETTLE_NS;
use tradewind_engine::kernel::{Kernel, VenueRequestKind};
use tradewind_types::record::*;
use tradewind_types::*;

fn ice(name: &str, whole: &str, shown: &str) -> OrderRequest {
    let mut order = limit(name, Side::Buy, whole, "9990");
    order.terms.display = Some(quantity(shown));
    order
}

fn canceled() -> VenueNews {
    VenueNews::Canceled {
        reason: "requested".to_owned(),
    }
}

/// The slices that left, oldest first.
fn sent(live: &Live) -> Vec<String> {
    let submits = live.sent.iter().filter_map(|r| match &r.kind {
        VenueRequestKind::Submit(order) => Some(order.client_order_id.to_string()),
        _ => None,
    });
    submits.collect()
}

fn newest(live: &Live) -> String {
    sent(live).pop().expect("a slice left")
}

/// An iceberg of 1, 0.25 shown, whose first slice is at the venue.
fn shown() -> (Live, String) {
    let mut live = Live::ready();
    live.submit(ice("i", "1", "0.25"));
    let slice = newest(&live);
    live.news(&slice, accepted("V1"));
    assert_eq!(live.order("i").state.name(), "ACCEPTED");
    (live, slice)
}

#[test]
fn the_first_refusal_rejects_the_order_and_a_later_one_cancels_the_rest() {
    let refused = || VenueNews::Rejected {
        reason: "too many orders".to_owned(),
    };
    let mut live = Live::ready();
    live.submit(ice("i", "1", "0.25"));
    let slice = newest(&live);
    live.news(&slice, refused());
    assert_eq!(
        live.order("i").state,
        OrderState::Rejected {
            reason: "too many orders".to_owned()
        }
    );
    live.check();
    let (mut live, slice) = shown();
    live.news(&slice, VenueNews::Filled(fill("T1", "0.25", "9990")));
    assert_eq!(live.submits(), 2);
    let second = newest(&live);
    live.news(&second, refused());
    let OrderState::Canceled { reason } = &live.order("i").state else {
        panic!("canceled")
    };
    assert!(reason.contains("too many orders"), "{reason}");
    assert_eq!(live.order("i").filled, dec("0.25"));
    live.check();
}

#[test]
fn a_lost_answer_is_asked_for_and_nothing_is_shown_meanwhile() {
    let mut live = Live::ready();
    live.submit(ice("i", "1", "0.25"));
    let slice = newest(&live);
    live.news(&slice, VenueNews::Lost);
    live.pass(2_100);
    assert!(live.queries() >= 1);
    live.cancel("i");
    assert_eq!(live.order("i").state.name(), "PENDING_CANCEL");
    assert_eq!(
        live.cancels(),
        0,
        "nobody knows whether there is anything to cancel"
    );
    let found = theirs(
        &slice,
        VenueOrderStatus::Open,
        "0.25",
        vec![fill("T1", "0.1", "9990")],
    );
    live.news(&slice, VenueNews::Found(Box::new(found)));
    assert_eq!(live.cancels(), 1, "found, it is canceled");
    live.news(&slice, canceled());
    assert_eq!(live.order("i").state.name(), "CANCELED");
    assert_eq!(live.order("i").filled, dec("0.1"));
    assert_eq!(live.submits(), 1);
    live.check();
}

#[test]
fn a_slice_that_never_arrived_ends_the_order() {
    let mut live = Live::ready();
    live.submit(ice("i", "1", "0.25"));
    let slice = newest(&live);
    live.news(&slice, VenueNews::Lost);
    live.pass(SETTLE_NS / 1_000_000 + 100);
    live.news(&slice, VenueNews::NotFound);
    assert_eq!(live.order("i").state.name(), "REJECTED");
    assert_eq!(live.submits(), 1, "never sent again");
    live.check();
}

#[test]
fn repeated_and_late_fills_are_booked_once() {
    let (mut live, slice) = shown();
    live.news(&slice, VenueNews::Filled(fill("T1", "0.25", "9990")));
    live.news(&slice, VenueNews::Filled(fill("T1", "0.25", "9990")));
    assert_eq!((live.order("i").filled, live.submits()), (dec("0.25"), 2));
    let second = newest(&live);
    // Filled before its acceptance is told.
    live.news(&second, VenueNews::Filled(fill("T2", "0.1", "9990")));
    live.news(&second, accepted("V2"));
    live.cancel("i");
    live.news(&second, canceled());
    assert_eq!(live.order("i").state.name(), "CANCELED");
    // It came before the cancel and is told after it.
    live.news(&second, VenueNews::Filled(fill("T3", "0.05", "9990")));
    assert_eq!(live.order("i").filled, dec("0.4"));
    assert_eq!(live.position(), dec("0.4"));
    live.check();
}

#[test]
fn a_change_waits_until_the_venue_has_told_all_of_the_slice() {
    let (mut live, slice) = shown();
    live.command(Command::ModifyOrder {
        account: id("live-1"),
        client_order_id: id("i"),
        quantity: None,
        price: Some(price("9995")),
        trigger: None,
        display: None,
        expected_version: None,
    });
    assert_eq!(
        (live.order("i").state.name(), live.cancels()),
        ("PENDING_MODIFY", 1)
    );
    live.news(&slice, canceled());
    assert_eq!(live.submits(), 1, "a fill may not have been told yet");
    assert_eq!(live.queries(), 1);
    let told = theirs(
        &slice,
        VenueOrderStatus::Canceled,
        "0.25",
        vec![fill("T1", "0.2", "9990")],
    );
    live.news(&slice, VenueNews::Found(Box::new(told)));
    assert_eq!(live.order("i").filled, dec("0.2"));
    assert_eq!(live.order("i").request.limit_price(), Some(price("9995")));
    assert_eq!(live.submits(), 2);
    live.check();
}

#[test]
fn a_refused_cancel_is_tried_again_and_the_order_is_not_shown_again() {
    let (mut live, slice) = shown();
    live.cancel("i");
    let refused = VenueNews::CancelRejected {
        reason: "closed for the night".to_owned(),
    };
    live.news(&slice, refused);
    assert_eq!(live.order("i").state.name(), "PENDING_CANCEL");
    live.pass(1_100);
    assert_eq!(live.cancels(), 2);
    live.news(&slice, VenueNews::Filled(fill("T1", "0.25", "9990")));
    assert_eq!(live.order("i").state.name(), "CANCELED");
    assert_eq!(live.submits(), 1);
    live.check();
}

#[test]
fn an_execution_taken_back_is_taken_back_from_slice_and_order() {
    let (mut live, slice) = shown();
    live.news(&slice, VenueNews::Filled(fill("T1", "0.25", "9990")));
    live.news(
        &slice,
        VenueNews::Busted {
            venue_trade_id: id("T1"),
        },
    );
    live.news(
        &slice,
        VenueNews::Busted {
            venue_trade_id: id("T1"),
        },
    );
    assert_eq!(live.order("i").filled, dec("0"));
    assert_eq!(live.position(), dec("0"));
    live.check();
}

#[test]
fn nothing_is_shown_while_the_account_may_not_trade() {
    let (mut live, slice) = shown();
    let mut settings = live
        .desk
        .kernel
        .account(&id("live-1"))
        .expect("there")
        .risk
        .clone();
    settings.live_trading = false;
    live.command(Command::SetRiskSettings {
        account: id("live-1"),
        settings: settings.clone(),
        expected_version: 2,
    });
    live.news(&slice, VenueNews::Filled(fill("T1", "0.25", "9990")));
    live.pass(2_000);
    assert_eq!(live.submits(), 1);
    settings.live_trading = true;
    live.command(Command::SetRiskSettings {
        account: id("live-1"),
        settings,
        expected_version: 3,
    });
    live.pass(1_100);
    assert_eq!(live.submits(), 2);
    live.check();
}

/// What happens next between us, the network and the venue.
#[derive(Debug, Clone)]
enum Happens {
    Fill {
        tenths: u8,
    },
    Told {
        which: u8,
        twice: bool,
    },
    Lost {
        which: u8,
    },
    Swallow,
    Passes {
        ms: u16,
    },
    Cancel,
    Change {
        quantity: Option<u8>,
        cents: Option<u8>,
        display: Option<u8>,
    },
    Restart,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        6 => (1u8..12).prop_map(|tenths| Happens::Fill { tenths }),
        12 => (any::<u8>(), prop::bool::weighted(0.2)).prop_map(|(which, twice)| Happens::Told { which, twice }),
        1 => any::<u8>().prop_map(|which| Happens::Lost { which }),
        1 => Just(Happens::Swallow),
        4 => (100u16..5_000).prop_map(|ms| Happens::Passes { ms }),
        1 => Just(Happens::Cancel),
        3 => (prop::option::of(1u8..120), prop::option::of(0u8..9), prop::option::of(1u8..40))
            .prop_map(|(quantity, cents, display)| Happens::Change { quantity, cents, display }),
        1 => Just(Happens::Restart),
    ]
}

#[derive(Debug)]
struct AtVenue {
    quantity: Decimal,
    fills: Vec<VenueFill>,
    status: VenueOrderStatus,
}

impl AtVenue {
    fn filled(&self) -> Decimal {
        self.fills.iter().map(|f| f.quantity.decimal()).sum()
    }
    fn open(&self) -> Decimal {
        if self.status == VenueOrderStatus::Open {
            self.quantity - self.filled()
        } else {
            Decimal::ZERO
        }
    }
}

/// A venue that carries out at once what reaches it; what it says waits to be told.
#[derive(Debug, Default)]
struct Script {
    orders: BTreeMap<String, AtVenue>,
    reports: Vec<(String, VenueNews)>,
    trades: u32,
    swallow: bool,
}

impl Script {
    fn answer(&mut self, live: &mut Live) {
        for request in std::mem::take(&mut live.sent) {
            let Some(order) = request.client_order_id.map(|c| c.to_string()) else {
                let all: Vec<VenueOrder> = self.orders.iter().map(|(k, o)| self.theirs(k, o)).collect();
                let position: Decimal = self.orders.values().map(AtVenue::filled).sum();
                let paid = position * dec("9990") + Decimal::from(self.trades);
                let account = VenueAccount {
                    orders: all,
                    positions: vec![(id("BTC-USD.COINBASE"), position)],
                    balances: vec![(Currency::USD, dec("100000") - paid)],
                };
                self.reports
                    .push((String::new(), VenueNews::Account(Box::new(account))));
                continue;
            };
            if !matches!(request.kind, VenueRequestKind::Query) && std::mem::take(&mut self.swallow) {
                self.reports.push((order, VenueNews::Lost));
                continue;
            }
            let news = match request.kind {
                VenueRequestKind::Submit(asked) => {
                    let quantity = asked.quantity.decimal();
                    let was = self.orders.insert(
                        order.clone(),
                        AtVenue {
                            quantity,
                            fills: Vec::new(),
                            status: VenueOrderStatus::Open,
                        },
                    );
                    assert!(was.is_none(), "{order} was sent twice");
                    accepted(&format!("V-{order}"))
                }
                VenueRequestKind::Cancel { .. } => match self.orders.get_mut(&order) {
                    Some(o) if o.status == VenueOrderStatus::Open => {
                        o.status = VenueOrderStatus::Canceled;
                        canceled()
                    }
                    _ => VenueNews::CancelRejected {
                        reason: "the order has ended".to_owned(),
                    },
                },
                VenueRequestKind::Query => match self.orders.get(&order) {
                    Some(o) => VenueNews::Found(Box::new(self.theirs(&order, o))),
                    None => VenueNews::NotFound,
                },
                other => panic!("a slice is never asked {other:?}"),
            };
            self.reports.push((order, news));
        }
    }

    fn theirs(&self, order: &str, o: &AtVenue) -> VenueOrder {
        theirs(order, o.status, &o.quantity.to_string(), o.fills.clone())
    }

    fn fill(&mut self, tenths: u8) {
        let Some((name, order)) = self.orders.iter_mut().find(|(_, o)| o.open() > Decimal::ZERO) else {
            return;
        };
        let size = (Decimal::new(i64::from(tenths), 2)).min(order.open());
        self.trades += 1;
        let news = fill(&format!("T{}", self.trades), &size.to_string(), "9990");
        order.fills.push(news.clone());
        if order.filled() == order.quantity {
            order.status = VenueOrderStatus::Filled;
        }
        self.reports.push((name.clone(), VenueNews::Filled(news)));
    }

    fn tell(&mut self, live: &mut Live, which: usize, twice: bool) {
        if self.reports.is_empty() {
            return;
        }
        let (order, news) = self.reports.remove(which % self.reports.len());
        for _ in 0..=u8::from(twice) {
            match &news {
                VenueNews::Account(theirs) => live.news_of_account(
                    theirs.orders.clone(),
                    theirs.positions.clone(),
                    &theirs.balances[0].1.to_string(),
                ),
                news => live.news(&order, news.clone()),
            }
        }
    }

    /// Everything is told and carried out.
    fn settle(&mut self, live: &mut Live) {
        for _ in 0..40 {
            self.answer(live);
            while !self.reports.is_empty() {
                self.tell(live, 0, false);
                self.answer(live);
            }
            live.pass(5_000);
            // A feed that ticks: what may be shown needs no quote, what is compared does.
            self.answer(live);
        }
    }
}

fn laws(live: &Live, script: &Script, display_most: Decimal) {
    let state = live.desk.kernel.account(&id("live-1")).expect("there");
    let order = live.order("i");
    let parent = id("i");
    let ours: Decimal = state.slices.of(&parent).map(|s| s.filled).sum();
    assert_eq!(ours, order.filled, "Σ fills of the slices = fills of the iceberg");
    assert_eq!(live.position(), order.filled, "a fill is booked once");
    assert!(order.filled <= order.request.quantity.decimal());
    let open: Decimal = script.orders.values().map(AtVenue::open).sum();
    assert!(
        open <= display_most,
        "{open} open at the venue, {display_most} to be shown"
    );
    assert!(state.slices.open().count() <= 1);
    state.ledger.check_invariants().expect("the ledger is whole");
    assert_eq!(
        live.desk.kernel.illegal_outcomes(),
        0,
        "{:?}",
        live.desk.kernel.last_illegal()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_slices_and_iceberg_agree_and_no_more_is_shown_than_asked(
        steps in prop::collection::vec(happens(), 1..80),
    ) {
        let mut live = Live::ready();
        let mut script = Script::default();
        live.submit(ice("i", "1", "0.25"));
        let mut most = dec("0.25");
        script.answer(&mut live);
        for step in steps {
            match step {
                Happens::Fill { tenths } => script.fill(tenths),
                Happens::Told { which, twice } => script.tell(&mut live, usize::from(which), twice),
                Happens::Lost { which } => {
                    let count = script.reports.len().max(1);
                    if let Some((_, news)) = script.reports.get_mut(usize::from(which) % count)
                        && matches!(news, VenueNews::Accepted { .. } | VenueNews::Canceled { .. })
                    {
                        *news = VenueNews::Lost;
                    }
                }
                Happens::Swallow => script.swallow = true,
                Happens::Passes { ms } => live.pass(u64::from(ms)),
                Happens::Cancel => live.cancel("i"),
                Happens::Change { quantity, cents, display } => {
                    let hundredth = |n: u8| Quantity::new(Decimal::new(i64::from(n), 2)).ok();
                    let display = display.and_then(hundredth);
                    most = most.max(display.map_or(Decimal::ZERO, Quantity::decimal));
                    live.command(Command::ModifyOrder {
                        account: id("live-1"),
                        client_order_id: id("i"),
                        quantity: quantity.and_then(hundredth),
                        price: cents.and_then(|c| Price::new(Decimal::new(999_000 + i64::from(c), 2)).ok()),
                        trigger: None,
                        display,
                        expected_version: None,
                    });
                }
                Happens::Restart => {
                    live.desk.kernel = Kernel::new(KernelConfig::default(), live.desk.refolded());
                    live.desk.book("BTC", 10_000, 10_010, "5");
                    script.reports.clear();
                    live.pass(1_100);
                }
            }
            script.answer(&mut live);
            laws(&live, &script, most);
        }
        script.swallow = false;
        script.settle(&mut live);
        live.cancel("i");
        script.settle(&mut live);
        laws(&live, &script, most);
        prop_assert!(!live.order("i").state.is_open(), "{:?}", live.order("i").state);
        let truth: Decimal = script.orders.values().map(AtVenue::filled).sum();
        prop_assert_eq!(live.order("i").filled, truth, "what the venue filled");
        let open: Decimal = script.orders.values().map(AtVenue::open).sum();
        prop_assert_eq!(open, Decimal::ZERO, "nothing is left at the venue");
        live.check();
    }
}
