//! Sizes by hand, and what holds for every size.

use proptest::prelude::*;
use tradewind_analytics::sizing::{
    KELLY_CAP, KELLY_FRACTION, SizeTerms, SizingError, VOLATILITY_TARGET, fixed_fraction, fractional_kelly,
    kelly_share, risk_to_stop, value_at_risk_budget, volatility_target,
};
use tradewind_types::{Decimal, Side};

use crate::build::dec;

fn terms(price: &str, lot: &str) -> SizeTerms {
    SizeTerms {
        equity: dec("100000"),
        price: dec(price),
        multiplier: Decimal::ONE,
        lot: dec(lot),
        min_quantity: Decimal::ZERO,
    }
}

#[test]
fn each_way_gives_the_size_that_paper_gives() {
    let one = Decimal::ONE;
    let t = terms("50", "0.01");
    assert_eq!(
        fixed_fraction(&t, dec("0.02")).expect("sized").quantity,
        dec("40")
    );
    // 15 % of 100,000 ÷ 60 % = 25,000.
    let sized = volatility_target(&t, VOLATILITY_TARGET, dec("0.6"), one).expect("sized");
    assert_eq!((sized.quantity, sized.notional), (dec("500"), dec("25000")));
    // 15 % ÷ 5 % would be three times equity: once is allowed.
    let sized = volatility_target(&t, VOLATILITY_TARGET, dec("0.05"), one).expect("sized");
    assert_eq!(sized.notional, dec("100000"));
    // 0.55 − 0.45/1.5 = 0.25; a quarter: 6.25 %.
    assert_eq!(kelly_share(dec("0.55"), dec("1.5")), Ok(dec("0.25")));
    let sized = fractional_kelly(&t, dec("0.55"), dec("1.5"), KELLY_FRACTION, KELLY_CAP).expect("sized");
    assert_eq!(sized.notional, dec("6250"));
    // 0.9 − 0.1/3 = 0.8667; a quarter is 21.7 %, capped at 10 %.
    let sized = fractional_kelly(&t, dec("0.9"), dec("3"), KELLY_FRACTION, KELLY_CAP).expect("sized");
    assert_eq!(sized.notional, dec("10000"));
    // 2 % of 100,000 ÷ 4 % = 50,000.
    let sized = value_at_risk_budget(&t, dec("0.02"), dec("0.04"), one).expect("sized");
    assert_eq!(sized.quantity, dec("1000"));
    // 1 % of 100,000 ÷ (2.5 · 10) = 40 contracts.
    let future = SizeTerms {
        multiplier: dec("10"),
        lot: one,
        ..t
    };
    assert_eq!(
        risk_to_stop(&future, Side::Sell, dec("52.5"), dec("0.01"))
            .expect("sized")
            .quantity,
        dec("40")
    );
}

#[test]
fn what_is_not_worth_a_position_is_an_error_that_says_so() {
    let t = terms("50", "1");
    assert!(matches!(
        fractional_kelly(&t, dec("0.5"), dec("1"), KELLY_FRACTION, KELLY_CAP),
        Err(SizingError::NoEdge { .. })
    ));
    let error = fixed_fraction(&terms("60000", "1"), dec("0.02")).expect_err("too small");
    assert_eq!(
        error.to_string(),
        "0.0333333333333333333333333333 is wanted, less than the smallest order of 1"
    );
    let below_minimum = SizeTerms {
        min_quantity: dec("100"),
        ..t
    };
    assert!(matches!(
        fixed_fraction(&below_minimum, dec("0.02")),
        Err(SizingError::TooSmall { .. })
    ));
    for stop in ["50", "51"] {
        assert!(matches!(
            risk_to_stop(&t, Side::Buy, dec(stop), dec("0.01")),
            Err(SizingError::StopOnWrongSide { .. })
        ));
    }
    assert!(matches!(
        fixed_fraction(&t, dec("1.01")),
        Err(SizingError::OutOfRange { .. })
    ));
    assert!(matches!(
        fixed_fraction(&t, dec("0")),
        Err(SizingError::NotPositive { .. })
    ));
    assert!(matches!(
        kelly_share(dec("1.1"), dec("1")),
        Err(SizingError::OutOfRange { .. })
    ));
    let broke = SizeTerms {
        equity: dec("-1"),
        ..t
    };
    assert!(matches!(
        fixed_fraction(&broke, dec("0.1")),
        Err(SizingError::NotPositive { what: "equity", .. })
    ));
    let huge = SizeTerms {
        equity: Decimal::MAX,
        price: dec("0.0001"),
        ..t
    };
    assert!(matches!(
        fixed_fraction(&huge, dec("0.5")),
        Err(SizingError::Number(_))
    ));
}

proptest! {
    #[test]
    fn a_size_is_in_lots_and_never_beyond_its_budget(
        equity in 1_000_i64..10_000_000,
        price in 1_i64..1_000_000,
        lot in 1_i64..1_000,
        fraction in 1_i64..1_000,
        distance in 1_i64..100,
    ) {
        let terms = SizeTerms {
            equity: equity.into(),
            price: Decimal::new(price + 100, 2),
            multiplier: Decimal::ONE,
            lot: Decimal::new(lot, 3),
            min_quantity: Decimal::ZERO,
        };
        let fraction = Decimal::new(fraction, 3);
        if let Ok(sized) = fixed_fraction(&terms, fraction) {
            prop_assert!((sized.quantity % terms.lot).is_zero());
            prop_assert!(sized.quantity > Decimal::ZERO && sized.quantity <= sized.unrounded);
            prop_assert!(sized.notional <= terms.equity * fraction);
            prop_assert!(sized.unrounded - sized.quantity < terms.lot);
        }
        let distance = Decimal::new(distance, 2);
        for (side, stop) in [(Side::Buy, terms.price - distance), (Side::Sell, terms.price + distance)] {
            match risk_to_stop(&terms, side, stop, fraction) {
                Ok(sized) => prop_assert!(sized.quantity * distance <= terms.equity * fraction),
                Err(error) => {
                    let too_small = matches!(error, SizingError::TooSmall { .. });
                    prop_assert!(too_small, "{}", error);
                }
            }
        }
    }
}
