//! Fee models against figures worked out by hand.

use super::india::{BrokeragePlan, EquityProduct, IndianExchange};
use super::*;
use tradewind_types::{Currency, InstrumentKind};

fn dec(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn instrument(kind: InstrumentKind) -> Instrument {
    let pair = (Currency::of("X"), Currency::of("INR"));
    let (id, venue) = ("X.NSE".parse().expect("an id"), "V".parse().expect("a venue"));
    let mut instrument = Instrument::spot(id, venue, "X", pair, dec("0.05"), dec("1"));
    instrument.kind = kind;
    instrument
}

fn fill<'a>(instrument: &'a Instrument, side: Side, quantity: &str, price: &str, at: &str) -> FeeFacts<'a> {
    FeeFacts {
        instrument,
        side,
        quantity: dec(quantity),
        notional: dec(quantity) * dec(price),
        taker: true,
        ts: at.parse().expect("a time"),
        volume: Decimal::ZERO,
    }
}

fn india(equity: EquityProduct) -> FeeModel {
    FeeModel::India(IndianCharges {
        exchange: IndianExchange::Nse,
        equity,
        plan: BrokeragePlan::discount(),
        oldest_before: false,
    })
}

const ROUND: FeeRounding = (8, Rounding::HalfEven);

fn items(lines: &[FeeLine]) -> Vec<String> {
    lines
        .iter()
        .map(|l| format!("{:?} {}", l.item, l.amount))
        .collect()
}

#[test]
fn an_intraday_equity_sell_is_charged_as_the_contract_note_says() {
    // ₹ 1,00,000 sold in 2025: brokerage min(30, 20), STT 25, exchange 2.97, IPFT 0.10, SEBI 0.10,
    // GST 18 % of 23.17 = 4.1706.
    let equity = instrument(InstrumentKind::Equity);
    let sell = fill(&equity, Side::Sell, "100", "1000", "2025-06-02T05:00:00Z");
    let lines = india(EquityProduct::Intraday)
        .estimate(&sell, ROUND)
        .expect("rates");
    let expected = [
        "Commission 20",
        "TransactionTax 25",
        "Exchange 2.97",
        "InvestorProtection 0.1",
        "Regulator 0.1",
        "Gst 4.17",
    ];
    assert_eq!(items(&lines), expected);
}

#[test]
fn a_delivery_buy_pays_stamp_duty_and_tax_but_no_brokerage() {
    let equity = instrument(InstrumentKind::Equity);
    let buy = fill(&equity, Side::Buy, "100", "1000", "2025-06-02T05:00:00Z");
    let lines = india(EquityProduct::Delivery)
        .estimate(&buy, ROUND)
        .expect("rates");
    let expected = [
        "TransactionTax 100",
        "Exchange 2.97",
        "InvestorProtection 0.1",
        "Regulator 0.1",
        "StampDuty 15",
        "Gst 0.57",
    ];
    assert_eq!(items(&lines), expected);
}

#[test]
fn taxes_of_derivatives_are_those_of_their_date() {
    let tax = |kind, at: &str| {
        let instrument = instrument(kind);
        let sell = fill(&instrument, Side::Sell, "100", "1000", at);
        let lines = india(EquityProduct::Intraday).estimate(&sell, ROUND)?;
        let tax = lines.iter().find(|l| l.item == FeeItem::TransactionTax);
        Ok::<_, FeeError>(tax.map_or(Decimal::ZERO, |l| l.amount))
    };
    for (at, futures, options) in [
        ("2023-04-03T05:00:00Z", "13", "63"),
        ("2024-09-30T18:29:59Z", "13", "63"),
        ("2024-09-30T18:30:00Z", "20", "100"),
        ("2026-03-31T18:29:59Z", "20", "100"),
        ("2026-03-31T18:30:00Z", "50", "150"),
    ] {
        assert_eq!(
            tax(InstrumentKind::Future, at),
            Ok(dec(futures)),
            "futures at {at}"
        );
        assert_eq!(
            tax(InstrumentKind::Option, at),
            Ok(dec(options)),
            "options at {at}"
        );
    }
    let early = tax(InstrumentKind::Future, "2020-01-01T00:00:00Z");
    assert!(matches!(early, Err(FeeError::NoRates { .. })), "{early:?}");
    let spot = tax(InstrumentKind::SpotPair, "2025-01-01T00:00:00Z");
    assert!(matches!(spot, Err(FeeError::NoSegment(_))), "{spot:?}");
}

#[test]
fn parts_of_an_order_are_charged_together_what_one_fill_is() {
    let equity = instrument(InstrumentKind::Equity);
    let model = india(EquityProduct::Intraday);
    let mut charges = None;
    let mut parts = Decimal::ZERO;
    for _ in 0..100 {
        let one = fill(&equity, Side::Sell, "1", "1000", "2025-06-02T05:00:00Z");
        let charged = model.charge(&one, &mut charges, ROUND).expect("rates");
        let sum: Decimal = charged.items.lines(charged.total).iter().map(|l| l.amount).sum();
        assert_eq!(sum, charged.total);
        parts += charged.total;
    }
    let whole = fill(&equity, Side::Sell, "100", "1000", "2025-06-02T05:00:00Z");
    let whole = model.charge(&whole, &mut None, ROUND).expect("rates");
    assert_eq!(parts, whole.total);
}

#[test]
fn a_rate_per_share_has_a_minimum_and_a_cap_per_order() {
    let equity = instrument(InstrumentKind::Equity);
    // As IBKR's fixed plan for US shares: 0.005 per share, at least 1 per order, at most 1 % of its value.
    let model = FeeModel::PerUnit {
        rate: dec("0.005"),
        order_min: dec("1"),
        value_max: Some(dec("0.01")),
    };
    let cost = |quantity: &str, price: &str| {
        let buy = fill(&equity, Side::Buy, quantity, price, "2025-06-02T15:00:00Z");
        model.charge(&buy, &mut None, ROUND).expect("fits").total
    };
    assert_eq!(cost("100", "25"), dec("1"));
    assert_eq!(cost("1000", "25"), dec("5"));
    assert_eq!(cost("1000", "0.25"), dec("2.5"));
    let mut charges = None;
    let mut parts = Vec::new();
    for _ in 0..3 {
        let buy = fill(&equity, Side::Buy, "100", "25", "2025-06-02T15:00:00Z");
        parts.push(model.charge(&buy, &mut charges, ROUND).expect("fits").total);
    }
    assert_eq!(parts, [dec("1"), dec("0"), dec("0.5")], "the minimum once");
}

#[test]
fn a_flat_fee_is_charged_on_the_first_fill_of_an_order() {
    let equity = instrument(InstrumentKind::Equity);
    let model = FeeModel::PerOrder { amount: dec("7") };
    let mut charges = None;
    let mut charge = || {
        let buy = fill(&equity, Side::Buy, "1", "25", "2025-06-02T15:00:00Z");
        model.charge(&buy, &mut charges, ROUND).expect("fits").total
    };
    assert_eq!([charge(), charge()], [dec("7"), dec("0")]);
}

#[test]
fn tiers_go_by_the_volume_of_the_last_30_days() {
    let tiers = [("0", "0.0025", "0.004"), ("10000", "0.002", "0.0035")];
    let tiers = tiers.map(|(from, maker, taker)| FeeTier {
        volume_from: dec(from),
        maker: dec(maker),
        taker: dec(taker),
    });
    let model = FeeModel::Tiered(tiers.to_vec());
    let spot = instrument(InstrumentKind::SpotPair);
    let fee = |volume: &str, taker| {
        let facts = FeeFacts {
            taker,
            volume: dec(volume),
            ..fill(&spot, Side::Buy, "1", "1000", "2025-06-02T15:00:00Z")
        };
        model.charge(&facts, &mut None, ROUND).expect("fits").total
    };
    assert_eq!([fee("0", true), fee("9999.99", false)], [dec("4"), dec("2.5")]);
    assert_eq!([fee("10000", true), fee("99999", false)], [dec("3.5"), dec("2")]);
}

#[test]
fn a_day_leaves_the_volume_after_30_days() {
    let mut volume = Volume::default();
    let day = |n: u64| UnixNanos(n * DAY_NS + 5);
    volume.add(day(1_000), dec("7"));
    volume.add(day(1_010), dec("5"));
    assert_eq!(volume.at(day(1_029)), dec("12"));
    assert_eq!(volume.at(day(1_030)), dec("5"));
    assert_eq!(volume.at(day(1_039)), dec("5"));
    assert_eq!(volume.at(day(1_040)), Decimal::ZERO);
    volume.add(day(5_000), dec("3"));
    assert_eq!(volume.at(day(5_000)), dec("3"));
}
