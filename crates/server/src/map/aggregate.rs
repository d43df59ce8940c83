//! Prices over markets, and the screening.

use tradewind_analytics::aggregation::{Aggregate, Listing, Standing};
use tradewind_analytics::{Candidate, ScreenSettings, Screened, screen};
use tradewind_engine::Kernel;
use tradewind_types::SizeMantissa;
use tradewind_types::market::{Bar, BarInterval};
use tradewind_wire as wire;
use wire::Dec;

use super::{enums, fraction};

/// Minutes over which volumes are compared.
const VOLUME_MINUTES: usize = 60;

/// Every instrument as the aggregation takes it.
#[must_use]
pub fn listings(kernel: &Kernel) -> Vec<Listing> {
    let of = |(idx, i): (_, &std::sync::Arc<tradewind_types::Instrument>)| {
        let market = kernel.market_at(idx)?;
        let minutes = market.series(BarInterval::M1).map(|series| series.closed());
        let volume = minutes.filter(|bars| !bars.is_empty()).map(|bars| {
            let recent = bars.iter().rev().take(VOLUME_MINUTES);
            SizeMantissa(recent.fold(0_i128, |sum, bar| sum.saturating_add(bar.volume.0)))
        });
        Some(Listing {
            state: market.data_state(kernel.now()),
            quote: market.quote().copied(),
            last: market.last_trade().map(|t| t.price),
            volume,
            taker_fee: kernel.state().fees.get(&i.id.market).map(|fees| fees.taker),
            ..Listing::of(i)
        })
    };
    kernel.instruments().iter().filter_map(of).collect()
}

fn why(standing: &Standing) -> Option<String> {
    Some(match standing {
        Standing::Counted => return None,
        Standing::NotValid { state } => format!("its quote is {state:?}").to_lowercase(),
        Standing::OneSided => "it has no bid or no offer".to_owned(),
        Standing::Crossed => "its bid is not below its offer".to_owned(),
        Standing::SameMarket { counted } => format!("{counted} tells the same market and is fresher"),
        Standing::Outlier { median, distance, .. } => {
            format!("its mid lies {distance} from the median {median}")
        }
    })
}

/// One product's price over its markets.
#[must_use]
pub fn aggregate(a: &Aggregate) -> wire::Aggregate {
    let counted = a.contributions.iter().filter(|c| c.standing == Standing::Counted);
    let contribution = |c: &tradewind_analytics::aggregation::Contribution| wire::AggregateContribution {
        instrument: c.instrument.to_string(),
        venue: c.venue.to_string(),
        mid: c.mid.map(Dec),
        size_share: c.size_share.map(Dec),
        volume_share: c.volume_share.map(Dec),
    };
    let excluded = a.contributions.iter().filter_map(|c| {
        let (instrument, venue) = (c.instrument.to_string(), c.venue.to_string());
        Some(wire::AggregateExclusion {
            instrument,
            venue,
            reason: why(&c.standing)?,
        })
    });
    wire::Aggregate {
        product: a.product.to_string(),
        best_bid: a.best_bid.as_ref().map(|b| Dec(b.price)),
        best_bid_market: a.best_bid.as_ref().map(|b| b.market.to_string()),
        best_ask: a.best_ask.as_ref().map(|b| Dec(b.price)),
        best_ask_market: a.best_ask.as_ref().map(|b| b.market.to_string()),
        mid: a.mid.map(Dec),
        microprice: a.microprice.map(Dec),
        last: a.last.map(Dec),
        contributions: counted.map(contribution).collect(),
        excluded: excluded.collect(),
        dispersion: a.dispersion.and_then(|d| d.range_fraction).map(Dec),
        spread_across: a.cross_spread.map(Dec),
        arbitrage_net: a.arbitrage.as_ref().map(|x| Dec(x.net)),
        markets: u32::try_from(a.markets).unwrap_or(u32::MAX),
        note: a.note().map(str::to_owned),
        simulated: a.simulated,
    }
}

/// All instruments, ranked for scalping on their one-minute bars.
#[must_use]
pub fn screening(kernel: &Kernel) -> Vec<wire::Screening> {
    let settings = ScreenSettings::default();
    let recent = |idx| -> Vec<Bar> {
        let series = kernel.market_at(idx).and_then(|m| m.series(BarInterval::M1));
        let closed = series.map(|s| s.closed().iter().rev().take(settings.bars + 1).copied().collect());
        let mut bars: Vec<Bar> = closed.unwrap_or_default();
        bars.reverse();
        bars
    };
    let bars: Vec<Vec<Bar>> = kernel.instruments().iter().map(|(idx, _)| recent(idx)).collect();
    let candidates: Vec<Candidate<'_>> = kernel
        .instruments()
        .iter()
        .zip(&bars)
        .filter_map(|((idx, i), bars)| {
            let market = kernel.market_at(idx)?;
            Some(Candidate {
                instrument: i.id.clone(),
                price_scale: i.price_scale,
                size_scale: i.size_scale,
                bars,
                quote: market.quote().copied(),
                state: market.data_state(kernel.now()),
            })
        })
        .collect();
    let simulated = |id| super::order::is_simulated(kernel, id);
    screen(&candidates, &settings)
        .iter()
        .map(|s| screened(s, simulated(s.instrument())))
        .collect()
}

fn screened(result: &Screened, simulated: bool) -> wire::Screening {
    let (score, grade, parts, reason) = match result {
        Screened::Scored {
            score, grade, parts, ..
        } => (Some(*score), Some(enums::grade(*grade)), Some(*parts), None),
        Screened::NotScored { reason, .. } => (None, None, None, Some(reason.clone())),
    };
    wire::Screening {
        instrument: result.instrument().to_string(),
        score: score.map(fraction),
        grade,
        volatility: parts.map(|p| fraction(p.volatility)),
        volume: parts.map(|p| fraction(p.volume)),
        spread: parts.map(|p| fraction(p.spread)),
        momentum: parts.map(|p| fraction(p.momentum)),
        reason,
        simulated,
    }
}
