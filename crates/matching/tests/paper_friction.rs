//! Slippage, impact, itemised fees and latencies as a whole at the venue.

mod rig;

use rig::{IDX, Rig, at};
use rstest::rstest;
use tradewind_matching::paper::{
    FeeItem, FeeModel, FeeTier, Impact, ImpactInputs, LatencyDistribution, LatencyModel, PaperSettings,
    QueueModel, ReportKind, Slippage,
};
use tradewind_types::Side::{Buy, Sell};
use tradewind_types::TimeInForce::Ioc;
use tradewind_types::{Decimal, OrderKind, Side};

fn with(slippage: Slippage, impact: Impact) -> Rig {
    Rig::with(PaperSettings {
        slippage,
        impact,
        ..rig::settings(QueueModel::Off)
    })
}

fn d(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

#[rstest]
#[case(Slippage::None, "A 2@101t", "A 2@99t")]
#[case(Slippage::Ticks(2), "A 2@103t", "A 2@97t")]
#[case(Slippage::Bps(d("1")), "A 2@102t", "A 2@98t")]
#[case(Slippage::Bps(d("150")), "A 2@103t", "A 2@97t")]
#[case(Slippage::SpreadFraction(d("0.5")), "A 2@102t", "A 2@98t")]
#[case(Slippage::SpreadFraction(d("1.5")), "A 2@104t", "A 2@96t")]
fn slippage_makes_a_taker_s_price_worse_by_whole_ticks(
    #[case] slippage: Slippage,
    #[case] buy: &str,
    #[case] sell: &str,
) {
    for (side, told) in [(Buy, buy), (Sell, sell)] {
        let mut rig = with(slippage, Impact::None);
        let order = rig.order(side, OrderKind::Market, Ioc, 2);
        assert_eq!(rig.send(order), told);
    }
}

#[test]
fn slippage_stops_at_the_limit_and_leaves_makers_alone() {
    let mut rig = with(Slippage::Ticks(5), Impact::None);
    assert_eq!(rig.limit(Buy, 102, 2), "A 2@102t");
    assert_eq!(rig.limit(Buy, 100, 2), "A");
    assert_eq!(rig.show(&[(98, 4)], &[(99, 9)]), "2@100m");
    rig.show(&[(2, 9)], &[(103, 9)]);
    let order = rig.order(Sell, OrderKind::Market, Ioc, 2);
    assert_eq!(rig.send(order), "A 2@1t", "not at zero or below");
}

#[test]
fn impact_follows_the_square_root_of_what_is_taken() {
    // 100 · 0.4 · √(Q / 100) = 4 · √Q.
    let inputs = ImpactInputs {
        sigma: 0.4,
        volume: 100.0,
    };
    let buy = |quantity: i64, known: bool| {
        let mut rig = with(Slippage::None, Impact::SquareRoot { y: 1.0 });
        rig.venue.set_impact_inputs(IDX, known.then_some(inputs));
        rig.show(&[(99, 50)], &[(100, 50)]);
        let order = rig.order(Buy, OrderKind::Market, Ioc, quantity);
        rig.send(order)
    };
    assert_eq!(buy(1, true), "A 1@104t", "40 × √0.01");
    assert_eq!(buy(4, true), "A 4@108t");
    assert_eq!(buy(25, true), "A 25@120t");
    assert_eq!(buy(25, false), "A 25@100t", "nothing is known");
}

fn fee_of(rig: &Rig, at: usize) -> (Decimal, usize) {
    let mut fills = rig.log.iter().filter_map(|r| match &r.kind {
        ReportKind::Filled { fee, items, .. } => Some((fee.amount, items.lines(fee.amount))),
        _ => None,
    });
    let (fee, lines) = fills.nth(at).expect("a fill");
    assert_eq!(
        lines.iter().map(|l| l.amount).sum::<Decimal>(),
        fee,
        "items sum to the fee"
    );
    (
        fee,
        lines.iter().filter(|l| l.item == FeeItem::Commission).count(),
    )
}

#[test]
fn a_kind_s_own_fee_model_goes_before_the_market_s() {
    let mut rig = Rig::new(QueueModel::Off);
    let kind = rig.instrument.kind;
    let model = FeeModel::PerUnit {
        rate: d("0.5"),
        order_min: d("2"),
        value_max: None,
    };
    rig.venue
        .set_fee_model("X".parse().expect("a market"), Some(kind), model);
    rig.limit(Buy, 102, 5);
    assert_eq!(fee_of(&rig, 0), (d("2"), 1), "3 × 0.5, at least 2");
    assert_eq!(
        fee_of(&rig, 1),
        (d("0.5"), 1),
        "5 × 0.5 less the 2 that were charged"
    );
}

#[test]
fn tiers_fall_with_the_volume_that_the_account_traded() {
    let mut rig = Rig::new(QueueModel::Off);
    let tier = |from: &str, taker: &str| FeeTier {
        volume_from: d(from),
        maker: Decimal::ZERO,
        taker: d(taker),
    };
    let tiers = vec![tier("0", "0.01"), tier("300", "0.005")];
    rig.venue
        .set_fee_model("X".parse().expect("a market"), None, FeeModel::Tiered(tiers));
    rig.limit(Buy, 102, 5);
    assert_eq!(fee_of(&rig, 0).0, d("3.03"), "3 × 101 × 1 %");
    assert_eq!(fee_of(&rig, 1).0, d("1.02"), "2 × 102 × 0.5 %");
}

#[test]
fn sampled_latencies_are_the_same_for_the_same_seed() {
    let run = |seed: u64| {
        let mut rig = Rig::with(PaperSettings {
            latency: LatencyModel::Sampled {
                distribution: LatencyDistribution::Uniform { min: 0, max: 1_000 },
                seed,
            },
            ..rig::settings(QueueModel::Off)
        });
        for _ in 0..20 {
            let order = rig.order(Buy, at(90), tradewind_types::TimeInForce::Gtc, 1);
            rig.venue.submit(order, rig.now);
            rig.now = rig.now.plus(5);
        }
        rig.pass(5_000);
        rig.log.iter().map(|r| r.ts.0).collect::<Vec<_>>()
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
    assert_eq!(run(7).len(), 20);
}

#[test]
fn an_order_without_latency_fills_in_the_call_that_sends_it() {
    let mut rig = Rig::new(QueueModel::Off);
    let order = rig.order(Buy, OrderKind::Market, Ioc, 2);
    let mut out = Vec::new();
    let slot = rig.venue.submit_now(order.clone(), rig.now, &rig.world, &mut out);
    assert_eq!(out.iter().map(rig::short).collect::<Vec<_>>(), ["A", "2@101t"]);
    assert!(out.iter().all(|r| r.slot == slot && r.ts == rig.now));
    assert!(rig.venue.open_orders(&order.request.account).is_empty());
    let of = out[1].fill_of.as_ref().expect("a fill");
    assert_eq!((of.side, of.instrument), (Side::Buy, IDX));
    assert_eq!(rig.venue.next_due(), None);
}
