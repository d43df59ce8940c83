//! Aggregation: each figure by hand, who counts and who does not, and laws over random markets.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use rstest::rstest;
use tradewind_analytics::aggregation::{Coverage, Standing};
use tradewind_analytics::{Aggregate, Listing, aggregate, aggregate_all};
use tradewind_types::market::{DataState, Quote};
use tradewind_types::num::parse_decimal;
use tradewind_types::{
    Currency, Decimal, InstrumentIdx, PriceMantissa, Product, SizeMantissa, UnixNanos, VenueId,
};

fn dec(text: &str) -> Decimal {
    parse_decimal(text).unwrap()
}

fn btc() -> Product {
    Product::spot(Currency::of("BTC"), Currency::USD)
}

/// A valid listing of `market`: bid and ask, their sizes, at two price decimals and three size decimals.
fn listing(market: &str, bid: &str, ask: &str, sizes: [&str; 2]) -> Listing {
    let price = |text: &str| PriceMantissa::from_decimal(dec(text), 2).unwrap();
    let size = |text: &str| SizeMantissa::from_decimal(dec(text), 3).unwrap();
    Listing {
        instrument: format!("BTC-USD.{market}").parse().unwrap(),
        venue: VenueId::new(&format!("{}-api", market.to_lowercase())).unwrap(),
        product: btc(),
        price_scale: 2,
        size_scale: 3,
        state: DataState::Valid,
        quote: Some(Quote {
            instrument: InstrumentIdx(0),
            bid: price(bid),
            ask: price(ask),
            bid_size: size(sizes[0]),
            ask_size: size(sizes[1]),
            ts_event: UnixNanos(1_000),
            ts_init: UnixNanos(2_000),
        }),
        last: None,
        volume: None,
        taker_fee: None,
        simulated: false,
    }
}

fn of(listings: &[Listing]) -> Aggregate {
    aggregate(&btc(), listings).unwrap()
}

fn three() -> Vec<Listing> {
    vec![
        listing("COINBASE", "100.00", "100.10", ["1", "3"]),
        listing("KRAKEN", "100.02", "100.08", ["2", "2"]),
        listing("BITSTAMP", "99.90", "100.20", ["4", "4"]),
    ]
}

#[test]
fn every_figure_of_three_markets_is_as_computed_by_hand() {
    let mut given = three();
    for (at, (last, volume)) in [(10_005, 1_000), (10_007, 3_000), (10_001, 4_000)]
        .into_iter()
        .enumerate()
    {
        given[at].last = Some(PriceMantissa(last));
        given[at].volume = Some(SizeMantissa(volume));
    }
    let found = of(&given);
    assert_eq!(
        (found.coverage, found.markets, found.note()),
        (Coverage::Several, 3, None)
    );
    let (bid, ask) = (found.best_bid.unwrap(), found.best_ask.unwrap());
    assert_eq!(
        (bid.price, bid.size, bid.market.as_str()),
        (dec("100.02"), dec("2"), "KRAKEN")
    );
    assert_eq!(
        (ask.price, ask.size, ask.venue.as_str()),
        (dec("100.08"), dec("2"), "kraken-api")
    );
    // Mids 100.05, 100.05, 100.05.
    assert_eq!(found.mid, Some(dec("100.05")));
    // (100·3 + 100.10·1 + 100.02·2 + 100.08·2 + 99.90·4 + 100.20·4) / 16 = 1600.70 / 16
    assert_eq!(found.microprice, Some(dec("100.043750")));
    // (100.05·1 + 100.07·3 + 100.01·4) / 8 = 800.30 / 8
    assert_eq!(found.last, Some(dec("100.037500")));
    assert_eq!(found.cross_spread, Some(dec("0.06")));
    let shares: Vec<_> = found
        .contributions
        .iter()
        .map(|c| (c.size_share, c.volume_share))
        .collect();
    assert_eq!(
        shares,
        [
            (Some(dec("0.25")), Some(dec("0.125"))),
            (Some(dec("0.25")), Some(dec("0.375"))),
            (Some(dec("0.5")), Some(dec("0.5"))),
        ]
    );
    assert_eq!(found.dispersion.unwrap().range, Decimal::ZERO);
    assert!(!found.simulated);
}

#[test]
fn the_median_of_an_even_number_is_the_mean_of_the_middle_two() {
    let found = of(&[
        listing("A", "99.99", "100.01", ["1", "1"]),
        listing("B", "100.09", "100.11", ["1", "1"]),
    ]);
    assert_eq!(found.mid, Some(dec("100.05")));
    let dispersion = found.dispersion.unwrap();
    assert_eq!(
        (dispersion.range, dispersion.deviation),
        (dec("0.1"), dec("0.05"))
    );
    assert_eq!(dispersion.range_fraction, Some(dec("0.0009995")));
    assert_eq!(found.cross_spread, Some(dec("-0.08")), "the markets cross");
}

#[rstest]
#[case::stale(DataState::Stale)]
#[case::no_data(DataState::NoData)]
#[case::not_subscribed(DataState::NotSubscribed)]
fn a_quote_counts_only_while_valid(#[case] state: DataState) {
    let mut given = three();
    given[1].state = state;
    let found = of(&given);
    assert_eq!(found.markets, 2);
    assert_eq!(found.best_bid.unwrap().market.as_str(), "COINBASE");
    assert_eq!(found.contributions[1].standing, Standing::NotValid { state });
    assert_eq!(found.contributions[1].size_share, None);
}

#[test]
fn below_two_markets_the_result_says_so() {
    let one = of(&[listing("KRAKEN", "100.00", "100.10", ["1", "3"])]);
    assert_eq!((one.coverage, one.markets), (Coverage::OneMarket, 1));
    assert!(one.note().unwrap().contains("only one market"));
    assert_eq!(one.mid, Some(dec("100.05")));
    assert_eq!(
        (one.cross_spread, one.dispersion, one.arbitrage),
        (None, None, None)
    );
    let none = of(&[]);
    assert_eq!(
        (none.coverage, none.mid, none.best_bid.clone(), none.microprice),
        (Coverage::None, None, None, None)
    );
    assert!(none.note().unwrap().contains("no market"));
}

#[test]
fn two_venues_of_one_market_count_once_and_the_fresher_one_counts() {
    let mut given = three();
    let mut second = listing("COINBASE", "100.01", "100.09", ["5", "5"]);
    second.venue = VenueId::new("coinbase-exchange").unwrap();
    second.quote.as_mut().unwrap().ts_event = UnixNanos(1_500);
    given.push(second);
    let found = of(&given);
    assert_eq!(found.markets, 3);
    let counted = VenueId::new("coinbase-exchange").unwrap();
    assert_eq!(found.contributions[0].standing, Standing::SameMarket { counted });
    assert_eq!(found.contributions[3].standing, Standing::Counted);
    given[3].state = DataState::Stale;
    let found = of(&given);
    assert_eq!(
        found.contributions[0].standing,
        Standing::Counted,
        "a stale one does not displace a valid one"
    );
}

#[test]
fn an_outlier_beyond_five_deviations_and_half_a_percent_is_excluded_and_reported() {
    let mut given = three();
    given[0] = listing("COINBASE", "100.04", "100.08", ["1", "1"]);
    given.push(listing("BROKEN", "102.00", "102.02", ["100", "100"]));
    let found = of(&given);
    assert_eq!(found.markets, 3);
    assert_eq!(found.best_bid.unwrap().price, dec("100.04"));
    // Mids 100.05, 100.05, 100.06, 102.01: median 100.055, deviations 0.005, 0.005, 0.005, 1.955.
    let outlier = Standing::Outlier {
        median: dec("100.055"),
        distance: dec("1.955"),
        deviation: dec("0.005"),
    };
    assert_eq!(found.contributions[3].standing, outlier);
    assert_eq!(found.mid, Some(dec("100.05")), "recomputed without it");
}

#[rstest]
#[case::half_a_percent_exactly("100.50", true)]
#[case::a_little_more("100.52", false)]
fn what_is_within_half_a_percent_is_no_outlier(#[case] price: &str, #[case] counts: bool) {
    let bid = dec(price) - dec("0.01");
    let ask = dec(price) + dec("0.01");
    let flat = |market| listing(market, "99.99", "100.01", ["1", "1"]);
    let given = [
        flat("A"),
        flat("B"),
        listing("C", &bid.to_string(), &ask.to_string(), ["1", "1"]),
    ];
    assert_eq!(of(&given).contributions[2].standing == Standing::Counted, counts);
}

#[test]
fn what_is_within_five_deviations_is_no_outlier() {
    // Mids 100, 101, 103: median 101, deviations 1, 0, 2, their median 1; 103 is 2 % away but only 2 deviations.
    let at = |market, mid: i64| {
        listing(
            market,
            &format!("{}.99", mid - 1),
            &format!("{mid}.01"),
            ["1", "1"],
        )
    };
    assert_eq!(of(&[at("A", 100), at("B", 101), at("C", 103)]).markets, 3);
}

#[test]
fn of_two_markets_neither_is_the_outlier() {
    let given = [
        listing("A", "99", "101", ["1", "1"]),
        listing("B", "149", "151", ["1", "1"]),
    ];
    assert_eq!(of(&given).markets, 2);
}

#[test]
fn crossed_and_one_sided_quotes_do_not_count() {
    let given = [
        listing("A", "100.10", "100.10", ["1", "1"]),
        listing("B", "100.00", "100.10", ["0", "1"]),
        listing("C", "100.00", "100.10", ["1", "0"]),
    ];
    let found = of(&given);
    assert_eq!(found.markets, 0);
    let standings: Vec<_> = found.contributions.into_iter().map(|c| c.standing).collect();
    assert_eq!(
        standings,
        [Standing::Crossed, Standing::OneSided, Standing::OneSided]
    );
}

#[test]
fn arbitrage_is_net_of_both_taker_fees() {
    let mut given = vec![
        listing("CHEAP", "99.90", "100.00", ["5", "2"]),
        listing("DEAR", "101.00", "101.10", ["1.5", "5"]),
    ];
    assert_eq!(of(&given).arbitrage, None, "fees unknown");
    given[0].taker_fee = Some(dec("0.001"));
    given[1].taker_fee = Some(dec("0.002"));
    let pair = of(&given).arbitrage.unwrap();
    assert_eq!(
        (pair.buy_market.as_str(), pair.sell_market.as_str()),
        ("CHEAP", "DEAR")
    );
    assert_eq!(
        (pair.gross, pair.fees, pair.net),
        (dec("1.00"), dec("0.302"), dec("0.698"))
    );
    assert_eq!((pair.size, pair.net_fraction), (dec("1.5"), Some(dec("0.00698"))));
    assert!(pair.is_profitable());
    given[1].taker_fee = Some(dec("0.01"));
    let pair = of(&given).arbitrage.unwrap();
    assert_eq!(pair.net, dec("-0.11"));
    assert!(!pair.is_profitable(), "the best pair is shown though it loses");
}

#[test]
fn markets_of_different_scales_aggregate_exactly() {
    let fine = Listing {
        price_scale: 8,
        size_scale: 18,
        quote: Some(Quote {
            bid: PriceMantissa(10_000_000_001),
            ask: PriceMantissa(10_000_000_003),
            bid_size: SizeMantissa(1_000_000_000_000_000_001),
            ask_size: SizeMantissa(999_999_999_999_999_999),
            ..listing("FINE", "1", "2", ["1", "1"]).quote.unwrap()
        }),
        ..listing("FINE", "1", "2", ["1", "1"])
    };
    let found = of(&[fine, listing("COARSE", "100.00", "100.02", ["1", "1"])]);
    assert_eq!(found.best_bid.unwrap().price, dec("100.00000001"));
    assert_eq!(found.best_ask.unwrap().price, dec("100.00000003"));
    assert_eq!(found.mid, Some(dec("100.00500001")));
}

#[test]
fn sizes_that_no_decimal_holds_are_an_error_and_not_a_wrong_figure() {
    let mut given = three();
    given[0].quote.as_mut().unwrap().bid_size = SizeMantissa(i128::MAX);
    assert!(aggregate(&btc(), &given).is_err());
}

#[test]
fn simulated_markets_mark_the_aggregate() {
    let mut given = three();
    given[2].simulated = true;
    assert!(of(&given).simulated);
    given[2].state = DataState::Stale;
    assert!(!of(&given).simulated, "it does not count");
}

#[test]
fn listings_are_grouped_by_product() {
    let mut given = three();
    given[1].product = Product::spot(Currency::of("BTC"), Currency::of("USDC"));
    let all = aggregate_all(&given).unwrap();
    let found: Vec<_> = all.iter().map(|a| (a.product.as_str(), a.markets)).collect();
    assert_eq!(found, [("BTC/USD", 2), ("BTC/USDC", 1)]);
}

fn any_listings() -> impl Strategy<Value = Vec<Listing>> {
    let one = (
        0usize..5,
        5_000i64..15_000,
        1i64..200,
        1i128..10_000,
        1i128..10_000,
        0u8..4,
        0u64..3,
    );
    prop::collection::vec(one, 0..8).prop_map(|rows| {
        rows.into_iter()
            .map(|(market, bid, spread, bid_size, ask_size, state, ts)| {
                let mut l = listing(["A", "B", "C", "D", "E"][market], "1", "2", ["1", "1"]);
                let quote = l.quote.as_mut().unwrap();
                quote.bid = PriceMantissa(bid);
                quote.ask = PriceMantissa(bid + spread);
                quote.bid_size = SizeMantissa(bid_size);
                quote.ask_size = SizeMantissa(ask_size);
                quote.ts_event = UnixNanos(ts);
                l.state = if state == 0 {
                    DataState::Stale
                } else {
                    DataState::Valid
                };
                l.taker_fee = Some(dec("0.001"));
                l
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn laws_of_aggregation(listings in any_listings()) {
        let found = of(&listings);
        prop_assert_eq!(found.contributions.len(), listings.len());
        let counted: Vec<_> = found.contributions.iter().filter(|c| c.standing == Standing::Counted).collect();
        prop_assert_eq!(counted.len(), found.markets);
        let mut markets: Vec<_> = counted.iter().map(|c| &c.instrument.market).collect();
        markets.sort();
        markets.dedup();
        prop_assert_eq!(markets.len(), found.markets, "a market counts once");
        if found.markets > 0 {
            let shares: Decimal = counted.iter().map(|c| c.size_share.unwrap()).sum();
            prop_assert!((shares - Decimal::ONE).abs() <= dec("0.00001"));
            let (bid, ask) = (found.best_bid.clone().unwrap().price, found.best_ask.clone().unwrap().price);
            let (low, high) = counted.iter().map(|c| c.mid.unwrap()).fold((Decimal::MAX, Decimal::MIN), |(l, h), m| (l.min(m), h.max(m)));
            let mid = found.mid.unwrap();
            prop_assert!(low <= mid && mid <= high);
            prop_assert!(bid <= high && ask >= low);
        }
        if let Some(pair) = &found.arbitrage {
            prop_assert_eq!(pair.net, pair.gross - pair.fees);
            prop_assert!(pair.buy_market != pair.sell_market);
            prop_assert!(pair.gross <= -found.cross_spread.unwrap());
        }
    }

    #[test]
    fn the_order_of_the_listings_does_not_move_prices(listings in any_listings(), turn in 0usize..8) {
        // Among equally fresh quotes of one venue the earlier wins; give each its own name to make it stable.
        let named: Vec<Listing> = listings
            .into_iter()
            .enumerate()
            .map(|(at, l)| Listing { venue: VenueId::new(&format!("v{at}")).unwrap(), ..l })
            .collect();
        let mut turned = named.clone();
        let by = turn % named.len().max(1);
        turned.rotate_left(by);
        let (a, b) = (of(&named), of(&turned));
        prop_assert_eq!((a.mid, a.microprice, a.cross_spread, a.markets), (b.mid, b.microprice, b.cross_spread, b.markets));
        prop_assert_eq!(a.arbitrage.map(|p| p.net), b.arbitrage.map(|p| p.net));
    }
}
