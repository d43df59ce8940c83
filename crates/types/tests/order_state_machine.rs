//! The order state machine against its table, written a second time here by hand, over random event sequences.

use proptest::prelude::*;
use tradewind_types::order::{IllegalTransition, OrderOrigin};
use tradewind_types::risk::{Denial, RiskRule};
use tradewind_types::{
    AccountId, ClientOrderId, Currency, Decimal, FillId, InstrumentId, Order, OrderEvent,
    OrderEventKind as E, OrderKind, OrderRequest, OrderState as S, Price, Quantity, Side, TimeInForce,
    UnixNanos, VenueOrderId, VenueTradeId,
};

fn request(quantity: i64) -> OrderRequest {
    OrderRequest {
        client_order_id: ClientOrderId::new("C1").expect("valid"),
        account: AccountId::new("A1").expect("valid"),
        instrument: "BTC-USD.COINBASE".parse::<InstrumentId>().expect("valid"),
        side: Side::Buy,
        quantity: Quantity::new(Decimal::from(quantity)).expect("positive"),
        kind: OrderKind::Limit {
            price: Price::new(Decimal::from(100)).expect("valid"),
            post_only: false,
        },
        time_in_force: TimeInForce::Gtc,
        reduce_only: false,
        origin: OrderOrigin::Manual {
            actor: "U1".to_owned(),
        },
        terms: tradewind_types::OrderTerms::default(),
    }
}

fn fill(quantity: i64) -> E {
    E::Filled {
        fill_id: FillId::new("F1").expect("valid"),
        venue_trade_id: VenueTradeId::new("T1").expect("valid"),
        quantity: Quantity::new(Decimal::from(quantity)).expect("positive"),
        price: Price::new(Decimal::from(99)).expect("valid"),
        fee: Decimal::ZERO,
        fee_currency: Currency::USD,
        taker: true,
    }
}

fn reversal(quantity: i64) -> E {
    E::FillReversed {
        venue_trade_id: VenueTradeId::new("T1").expect("valid"),
        quantity: Quantity::new(Decimal::from(quantity)).expect("positive"),
        price: Price::new(Decimal::from(99)).expect("valid"),
    }
}

fn event_kind() -> impl Strategy<Value = E> {
    let denial = Denial {
        rule: RiskRule::Exposure,
        actual: "1".into(),
        limit: "0".into(),
        message: "too much".into(),
    };
    let reason = || "why".to_owned();
    prop_oneof![
        Just(E::Denied {
            denials: vec![denial]
        }),
        Just(E::Submitted),
        Just(E::Accepted {
            venue_order_id: VenueOrderId::new("V1").expect("valid")
        }),
        Just(E::Rejected { reason: reason() }),
        Just(E::Triggered),
        Just(E::ModifyRequested),
        (1i64..12).prop_map(|q| E::Modified {
            quantity: Quantity::new(Decimal::from(q)).expect("positive"),
            price: None,
            trigger: None,
            display: None
        }),
        Just(E::TriggerMoved {
            trigger: Price::new(Decimal::from(98)).expect("valid")
        }),
        Just(E::ModifyRejected { reason: reason() }),
        Just(E::CancelRequested),
        Just(E::CancelRejected { reason: reason() }),
        (1i64..7).prop_map(fill),
        (1i64..7).prop_map(reversal),
        Just(E::Canceled { reason: reason() }),
        Just(E::Expired),
        Just(E::Lost),
    ]
}

/// The table: which events a state takes, apart from the question of how much has been filled.
fn allowed(state: &str, event: &str, triggered: bool) -> bool {
    let of_trigger = ["TRIGGERED", "TRIGGER_MOVED"].contains(&event);
    let waiting = [
        "SUBMITTED",
        "ACCEPTED",
        "PARTIALLY_FILLED",
        "PENDING_MODIFY",
        "PENDING_CANCEL",
    ];
    if of_trigger {
        return !triggered && waiting.contains(&state);
    }
    let resting = [
        "MODIFY_REQUESTED",
        "MODIFIED",
        "CANCEL_REQUESTED",
        "FILLED",
        "CANCELED",
        "EXPIRED",
        "LOST",
    ];
    match state {
        "INITIALIZED" => ["DENIED", "SUBMITTED", "MODIFIED", "CANCELED", "EXPIRED"].contains(&event),
        "SUBMITTED" => [
            "ACCEPTED",
            "REJECTED",
            "FILLED",
            "CANCELED",
            "EXPIRED",
            "CANCEL_REQUESTED",
            "LOST",
        ]
        .contains(&event),
        "ACCEPTED" => resting.contains(&event),
        "PARTIALLY_FILLED" => event == "ACCEPTED" || resting.contains(&event),
        "TRIGGERED" => ["ACCEPTED", "REJECTED"].contains(&event) || resting.contains(&event),
        "PENDING_MODIFY" if event == "REJECTED" => triggered,
        "PENDING_MODIFY" => [
            "ACCEPTED",
            "MODIFIED",
            "MODIFY_REJECTED",
            "CANCEL_REQUESTED",
            "FILLED",
            "CANCELED",
            "EXPIRED",
            "LOST",
        ]
        .contains(&event),
        "PENDING_CANCEL" => [
            "MODIFIED",
            "MODIFY_REJECTED",
            "ACCEPTED",
            "CANCELED",
            "CANCEL_REJECTED",
            "FILLED",
            "EXPIRED",
            "REJECTED",
            "LOST",
        ]
        .contains(&event),
        "UNKNOWN" => [
            "ACCEPTED",
            "REJECTED",
            "FILLED",
            "CANCELED",
            "EXPIRED",
            "LOST",
            "CANCEL_REQUESTED",
        ]
        .contains(&event),
        "CANCELED" | "EXPIRED" => ["FILLED", "MODIFIED"].contains(&event),
        "FILLED" => event == "MODIFIED",
        "REJECTED" => event == "FILLED",
        "DENIED" => false,
        other => panic!("state {other} is not in the table"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn only_legal_transitions_are_accepted_and_an_illegal_one_changes_nothing(
        events in prop::collection::vec(event_kind(), 1..40),
    ) {
        let mut order = Order::new(request(10), UnixNanos(1));
        for (i, kind) in events.into_iter().enumerate() {
            let ts = UnixNanos(2 + i as u64);
            let before = order.clone();
            let event = OrderEvent {
                account: order.request.account.clone(),
                client_order_id: order.request.client_order_id.clone(),
                ts_event: ts,
                ts_init: ts,
                kind,
            };
            let legal = match &event.kind {
                E::FillReversed { quantity, .. } => before.filled >= quantity.decimal(),
                kind => allowed(before.state.name(), kind.name(), before.triggered),
            };
            match order.apply(&event) {
                Ok(()) => {
                    prop_assert!(legal, "{} took {}", before.state.name(), event.kind.name());
                    prop_assert!(order.filled <= order.request.quantity.decimal());
                    prop_assert_eq!(order.version, before.version + 1);
                    if let E::Filled { quantity, .. } = &event.kind {
                        prop_assert_eq!(order.filled, before.filled + quantity.decimal());
                    }
                    prop_assert_eq!(order.state == S::Filled, order.leaves().is_zero() && !order.filled.is_zero());
                }
                Err(error) => {
                    prop_assert_eq!(&order, &before);
                    let overfill = matches!(error, IllegalTransition::Overfill { .. });
                    let rejected_after_fill = matches!(event.kind, E::Rejected { .. }) && !before.filled.is_zero();
                    prop_assert!(!legal || overfill || rejected_after_fill,
                        "{} refused {}", before.state.name(), event.kind.name());
                }
            }
        }
    }
}

#[test]
fn a_trigger_is_reached_once_and_a_refused_change_leaves_the_order_triggered() {
    let mut order = Order::new(request(10), UnixNanos(1));
    let mut apply = |kind| {
        let event = OrderEvent {
            account: order.request.account.clone(),
            client_order_id: order.request.client_order_id.clone(),
            ts_event: UnixNanos(2),
            ts_init: UnixNanos(2),
            kind,
        };
        order.apply(&event).map(|()| order.state.name())
    };
    let trigger = Price::new(Decimal::from(97)).expect("valid");
    assert_eq!(apply(E::Submitted), Ok("SUBMITTED"));
    assert_eq!(apply(E::TriggerMoved { trigger }), Ok("SUBMITTED"));
    assert_eq!(apply(E::Triggered), Ok("TRIGGERED"));
    assert!(apply(E::TriggerMoved { trigger }).is_err());
    assert!(apply(E::Triggered).is_err());
    assert_eq!(apply(E::ModifyRequested), Ok("PENDING_MODIFY"));
    assert_eq!(apply(E::ModifyRejected { reason: "no".into() }), Ok("TRIGGERED"));
    assert_eq!(apply(fill(4)), Ok("PARTIALLY_FILLED"));
    assert_eq!(order.trigger, Some(trigger));
}

#[test]
fn a_late_fill_after_cancel_is_booked_and_a_whole_one_ends_filled() {
    let mut order = Order::new(request(10), UnixNanos(1));
    let mut apply = |kind| {
        let event = OrderEvent {
            account: order.request.account.clone(),
            client_order_id: order.request.client_order_id.clone(),
            ts_event: UnixNanos(2),
            ts_init: UnixNanos(2),
            kind,
        };
        order.apply(&event).map(|()| order.state.name())
    };
    assert_eq!(apply(E::Submitted), Ok("SUBMITTED"));
    assert_eq!(
        apply(E::Accepted {
            venue_order_id: VenueOrderId::new("V").expect("valid")
        }),
        Ok("ACCEPTED")
    );
    assert_eq!(
        apply(E::Canceled {
            reason: "asked for".into()
        }),
        Ok("CANCELED")
    );
    assert_eq!(apply(fill(4)), Ok("CANCELED"));
    assert_eq!(apply(fill(6)), Ok("FILLED"));
    assert!(apply(fill(1)).is_err());
}
