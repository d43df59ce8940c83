//! Carry and margin: figures worked out by hand, and laws.

use proptest::prelude::*;
use rstest::rstest;
use tradewind_matching::paper::carry::{self, CarryError, CarryEvent, CarryKind, InterestRates};
use tradewind_matching::paper::margin::{
    self, MarginPosition, MarginRates, account_margin, liquidation, liquidation_order, liquidation_price,
};
use tradewind_types::time::{DAY_NS, SECOND_NS};
use tradewind_types::{
    Currency, Decimal, Instrument, InstrumentKind, Money, OptionRight, Price, Quantity, Side, UnixNanos,
};

const NOON: UnixNanos = UnixNanos::from_secs(1_700_000_000);

fn dec(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn price(text: &str) -> Price {
    text.parse().expect("a price")
}

fn instrument(kind: InstrumentKind, multiplier: &str) -> Instrument {
    let pair = (Currency::of("BTC"), Currency::USD);
    let (id, venue) = ("BTC-X.V".parse().expect("an id"), "V".parse().expect("a venue"));
    let mut instrument = Instrument::spot(id, venue, "BTC", pair, dec("0.1"), dec("0.01"));
    instrument.kind = kind;
    instrument.multiplier = dec(multiplier);
    instrument
}

fn amount(event: Option<CarryEvent>) -> Option<Decimal> {
    event.map(|event| match event.kind {
        CarryKind::Funding { amount, .. }
        | CarryKind::Interest { amount, .. }
        | CarryKind::Borrow { amount, .. } => amount.amount,
        CarryKind::Settlement { price, quantity, .. } => price.decimal() * quantity.decimal(),
    })
}

#[test]
fn longs_pay_positive_funding_and_shorts_receive_it() {
    let perpetual = instrument(InstrumentKind::Perpetual, "1");
    let funding = |position: &str, rate: &str| {
        let event = carry::funding(&perpetual, dec(position), price("60000"), dec(rate), NOON);
        amount(event.expect("fits"))
    };
    assert_eq!(funding("2", "0.0001"), Some(dec("-12")));
    assert_eq!(funding("-2", "0.0001"), Some(dec("12")));
    assert_eq!(funding("-2", "-0.0001"), Some(dec("-12")));
    assert_eq!(funding("0", "0.0001"), None);
    let eight_hours = 8 * 3_600 * SECOND_NS;
    let at = carry::next_funding(NOON, eight_hours);
    assert_eq!(at.0 % eight_hours, 0);
    assert!(at > NOON && at.since(NOON) <= eight_hours);
    assert_eq!(carry::next_funding(at, eight_hours), at.plus(eight_hours));
    let spot = instrument(InstrumentKind::SpotPair, "1");
    let refused = carry::funding(&spot, dec("1"), price("1"), dec("1"), NOON);
    assert!(matches!(refused, Err(CarryError::WrongKind { .. })));
    let mut inverse = instrument(InstrumentKind::Perpetual, "1");
    inverse.settlement = inverse.base;
    let refused = carry::funding(&inverse, dec("1"), price("1"), dec("1"), NOON);
    assert!(matches!(refused, Err(CarryError::Inverse { .. })));
}

#[rstest]
#[case(OptionRight::Call, "105", "5")]
#[case(OptionRight::Call, "100", "0")]
#[case(OptionRight::Call, "95", "0")]
#[case(OptionRight::Put, "95", "5")]
#[case(OptionRight::Put, "105", "0")]
fn an_option_settles_at_its_intrinsic_value(
    #[case] right: OptionRight,
    #[case] at: &str,
    #[case] value: &str,
) {
    let mut option = instrument(InstrumentKind::Option, "50");
    option.terms.strike = Some(dec("100"));
    option.terms.right = Some(right);
    option.terms.expiry = Some(NOON);
    for (position, side) in [("3", Side::Sell), ("-3", Side::Buy)] {
        let event = carry::expiry(&option, dec(position), price(at), NOON).expect("settles");
        let expected = CarryKind::Settlement {
            instrument: option.id.clone(),
            side,
            quantity: Quantity::new(dec("3")).expect("above 0"),
            price: price(value),
        };
        assert_eq!(event.map(|e| e.kind), Some(expected));
    }
    let early = carry::expiry(&option, dec("3"), price(at), UnixNanos(NOON.0 - 1));
    assert!(matches!(early, Err(CarryError::NotExpired { .. })));
}

#[test]
fn a_future_settles_at_the_settlement_price_and_a_share_does_not_expire() {
    let mut future = instrument(InstrumentKind::Future, "75");
    future.terms.expiry = Some(NOON);
    let event = carry::expiry(&future, dec("2"), price("24000.5"), NOON).expect("settles");
    assert_eq!(amount(event), Some(dec("48001")));
    assert_eq!(carry::expiry(&future, Decimal::ZERO, price("1"), NOON), Ok(None));
    let share = instrument(InstrumentKind::Equity, "1");
    assert!(matches!(
        carry::expiry(&share, dec("2"), price("1"), NOON),
        Err(CarryError::WrongKind { .. })
    ));
    future.terms.expiry = None;
    assert!(matches!(
        carry::expiry(&future, dec("2"), price("1"), NOON),
        Err(CarryError::Missing { .. })
    ));
}

#[test]
fn a_negative_balance_pays_and_a_short_position_is_borrowed() {
    let rates = InterestRates {
        debit: dec("0.0730"),
        credit: dec("0.0365"),
    };
    let day = |balance: &str| {
        let balance = Money::new(dec(balance), Currency::USD);
        amount(carry::interest(balance, rates, NOON, NOON.plus(DAY_NS)).expect("fits"))
    };
    assert_eq!(day("-1000"), Some(dec("-0.2")));
    assert_eq!(day("1000"), Some(dec("0.1")));
    assert_eq!(day("0"), None);
    let share = instrument(InstrumentKind::Equity, "1");
    let borrow = |position: &str| {
        let span = (NOON, NOON.plus(DAY_NS));
        let event = carry::borrow(&share, dec(position), price("100"), dec("0.0365"), span);
        amount(event.expect("fits"))
    };
    assert_eq!(borrow("-50"), Some(dec("-0.5")));
    assert_eq!(borrow("50"), None);
}

fn position<'a>(
    instrument: &'a Instrument,
    quantity: &str,
    average: &str,
    mark: &str,
    maintenance: &str,
) -> MarginPosition<'a> {
    MarginPosition {
        instrument,
        quantity: dec(quantity),
        average: price(average),
        mark: price(mark),
        rates: MarginRates {
            initial: dec("0.1"),
            maintenance: dec(maintenance),
        },
        paid: false,
    }
}

#[test]
fn equity_is_cash_and_profit_or_cash_and_value_where_it_was_paid() {
    let future = instrument(InstrumentKind::Perpetual, "1");
    let long = position(&future, "2", "100", "90", "0.05");
    let margin = account_margin(dec("50"), &[long]).expect("fits");
    assert_eq!(
        (
            margin.equity,
            margin.unrealised,
            margin.initial,
            margin.maintenance
        ),
        (dec("30"), dec("-20"), dec("18"), dec("9"))
    );
    assert_eq!(margin.free(), dec("12"));
    assert_eq!(margin.used(), Some(dec("0.6")));
    assert!(!margin.is_short_of_margin());
    let held = MarginPosition { paid: true, ..long };
    // 200 were paid of 250.
    assert_eq!(
        account_margin(dec("50"), &[held]).expect("fits").equity,
        dec("230")
    );
}

#[test]
fn rates_come_from_the_terms_and_a_leverage_does_not_go_below_them() {
    let mut future = instrument(InstrumentKind::Perpetual, "1");
    let whole = MarginRates::of(&future);
    assert_eq!((whole.initial, whole.maintenance), (Decimal::ONE, Decimal::ONE));
    future.terms.margin_initial = Some(dec("0.1"));
    future.terms.margin_maintenance = Some(dec("0.05"));
    let rates = MarginRates::of(&future);
    assert_eq!(
        rates.with_leverage(dec("5")).expect("above 0").initial,
        dec("0.2")
    );
    assert_eq!(
        rates.with_leverage(dec("50")).expect("above 0").initial,
        dec("0.1")
    );
    assert!(rates.with_leverage(Decimal::ZERO).is_err());
    let needed = margin::margin_of_order(
        &future,
        price("200"),
        Quantity::new(dec("3")).expect("above 0"),
        rates,
    );
    assert_eq!(needed, Ok(dec("60")));
}

#[test]
fn the_largest_loss_is_closed_first_and_of_the_last_only_what_is_needed() {
    let future = instrument(InstrumentKind::Perpetual, "1");
    let positions = [
        position(&future, "1", "100", "95", "0.5"),
        position(&future, "-1", "100", "140", "0.5"),
        position(&future, "1", "100", "120", "0.5"),
    ];
    assert_eq!(liquidation_order(&positions), Ok(vec![1, 0, 2]));
    // Maintenance 47.5 + 70 + 60 = 177.5; equity 132.5 − 25 = 107.5; 70 are missing: all of the short.
    let all = liquidation(dec("132.5"), &positions).expect("fits");
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].position, all[0].side), (1, Side::Buy));
    assert_eq!(all[0].quantity.decimal(), dec("1"));
    // 7 less are missing: 0.9 of it.
    let part = liquidation(dec("139.5"), &positions).expect("fits");
    assert_eq!(part[0].quantity.decimal(), dec("0.9"));
    // 10 more are missing: the short, and 10 / 47.5 of the losing long, in whole lots.
    let more = liquidation(dec("122.5"), &positions).expect("fits");
    let closed: Vec<_> = more.iter().map(|c| (c.position, c.quantity.decimal())).collect();
    assert_eq!(closed, [(1, dec("1")), (0, dec("0.22"))]);
    assert_eq!(liquidation(dec("500"), &positions), Ok(vec![]));
}

proptest! {
    #[test]
    fn at_the_liquidation_price_equity_is_exactly_the_maintenance(
        quantity in prop_oneof![-500i64..-1, 1i64..500],
        average in 50i64..150,
        mark in 50i64..150,
        cash in 1i64..20_000,
    ) {
        let future = instrument(InstrumentKind::Perpetual, "1");
        let now = position(&future, &quantity.to_string(), &average.to_string(), &mark.to_string(), "0.05");
        let margin = account_margin(dec(&cash.to_string()), &[now]).expect("fits");
        let at = liquidation_price(&margin, &now).expect("fits");
        let Some(at) = at else { return Ok(()) };
        let there = MarginPosition { mark: Price::new(at).expect("a price"), ..now };
        let margin = account_margin(dec(&cash.to_string()), &[there]).expect("fits");
        let off = (margin.equity - margin.maintenance).abs();
        prop_assert!(off < dec("0.000001"), "{} at {}", off, at);
    }

    #[test]
    fn after_a_liquidation_the_rest_is_covered_or_nothing_is_left(
        held in prop::collection::vec((prop_oneof![-50i64..-1, 1i64..50], 50i64..150, 50i64..150), 1..6),
        cash in -2_000i64..5_000,
    ) {
        let future = instrument(InstrumentKind::Perpetual, "1");
        let mut positions: Vec<_> = held
            .iter()
            .map(|(q, a, m)| position(&future, &q.to_string(), &a.to_string(), &m.to_string(), "0.2"))
            .collect();
        let cash = dec(&cash.to_string());
        let before = account_margin(cash, &positions).expect("fits");
        let closings = liquidation(cash, &positions).expect("fits");
        prop_assert_eq!(closings.is_empty(), !before.is_short_of_margin());
        for closing in &closings {
            let position = &mut positions[closing.position];
            prop_assert!(closing.quantity.decimal() <= position.quantity.abs());
            let sign = if closing.side == Side::Sell { dec("-1") } else { dec("1") };
            position.quantity += sign * closing.quantity.decimal();
        }
        let kept: Decimal = positions.iter().map(|p| p.maintenance().expect("fits")).sum();
        prop_assert!(kept <= before.equity || kept.is_zero(), "{} kept of {}", kept, before.equity);
    }
}
