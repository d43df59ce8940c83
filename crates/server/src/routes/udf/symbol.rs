//! Instruments as the protocol describes them, and how clients name them.

use std::sync::Arc;

use tradewind_engine::Kernel;
use tradewind_types::market::BarGrid;
use tradewind_types::{Decimal, Instrument, InstrumentId, InstrumentKind, InstrumentStatus, UnixNanos};
use tradewind_wire as wire;

use super::{resolution, session};
use crate::AppState;
use crate::problem::{ApiError, ApiResult, Code};

/// What a client calls a kind of instrument.
pub(super) fn kind(kind: InstrumentKind) -> &'static str {
    match kind {
        InstrumentKind::SpotPair | InstrumentKind::Perpetual => "crypto",
        InstrumentKind::Equity => "stock",
        InstrumentKind::Etf => "fund",
        InstrumentKind::Index => "index",
        InstrumentKind::Future => "futures",
        InstrumentKind::Option => "option",
    }
}

/// All kinds with their names for people.
pub(super) const KINDS: [(&str, &str); 6] = [
    ("crypto", "Crypto"),
    ("stock", "Stocks"),
    ("fund", "Funds"),
    ("index", "Indices"),
    ("futures", "Futures"),
    ("option", "Options"),
];

/// The instrument's name for people.
pub(super) fn description(i: &Instrument) -> String {
    format!("{} ({})", i.product, i.id.market)
}

/// `MARKET:SYMBOL`.
pub(super) fn full_name(i: &Instrument) -> String {
    format!("{}:{}", i.id.market, i.id.symbol)
}

/// A price step as a whole number over a power of ten. A step that is none counts as 1.
pub(super) fn step(tick: Decimal) -> (u64, u64) {
    let tick = tick.normalize();
    let mantissa = u64::try_from(tick.mantissa()).ok().filter(|m| *m > 0);
    let scale = 10u64.checked_pow(tick.scale());
    mantissa.zip(scale).unwrap_or((1, 1))
}

/// The description of an instrument.
pub(super) fn symbol(i: &Instrument, grid: &BarGrid, now: UnixNanos) -> wire::UdfSymbol {
    let (minmov, pricescale) = step(i.tick);
    let (timezone, session) = session::hours(&i.calendar, grid, now);
    let status = match i.status {
        InstrumentStatus::Delisted => "endofday",
        InstrumentStatus::Trading | InstrumentStatus::Halted => "streaming",
    };
    wire::UdfSymbol {
        name: i.id.symbol.to_string(),
        id: i.id.to_string(),
        full_name: full_name(i),
        description: description(i),
        kind: kind(i.kind).to_owned(),
        session,
        timezone,
        exchange: i.id.market.to_string(),
        listed_exchange: i.id.market.to_string(),
        minmov,
        pricescale,
        minmove2: 0,
        fractional: false,
        has_intraday: true,
        has_seconds: true,
        seconds_multipliers: resolution::multipliers(true),
        intraday_multipliers: resolution::multipliers(false),
        has_daily: true,
        has_weekly_and_monthly: true,
        has_empty_bars: false,
        supported_resolutions: resolution::all(),
        volume_precision: i.size_scale,
        data_status: status.to_owned(),
        currency_code: i.quote.to_string(),
        format: "price".to_owned(),
        simulated: i.simulated,
    }
}

/// The instrument that a client names: by its id, as `MARKET:SYMBOL`, or by a symbol that only one market has. Case
/// does not count.
pub(super) fn find<'a>(kernel: &'a Kernel, text: &str) -> Result<&'a Arc<Instrument>, ApiError> {
    let exact = text.parse::<InstrumentId>().ok();
    if let Some(found) = exact.and_then(|id| kernel.instruments().by_id(&id)) {
        return Ok(found);
    }
    let fits = |i: &Instrument| {
        let names = [i.id.to_string(), full_name(i), i.id.symbol.to_string()];
        names.iter().any(|name| name.eq_ignore_ascii_case(text))
    };
    let mut all = kernel.instruments().iter().map(|(_, i)| i).filter(|i| fits(i));
    match (all.next(), all.next()) {
        (Some(one), None) => Ok(one),
        (Some(one), Some(other)) => {
            let detail = format!(
                "`{text}` is traded on several markets; say {} or {}",
                full_name(one),
                full_name(other)
            );
            Err(ApiError::new(Code::InstrumentUnknown, detail))
        }
        (None, _) => {
            let shown: String = text.chars().take(64).collect();
            Err(ApiError::new(
                Code::InstrumentUnknown,
                format!("unknown symbol `{shown}`"),
            ))
        }
    }
}

/// The id of the instrument that a client names.
pub(super) async fn resolve(state: &AppState, text: &str) -> ApiResult<InstrumentId> {
    let text = text.to_owned();
    state
        .engine
        .query(move |kernel| find(kernel, &text).map(|i| i.id.clone()))
        .await?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn price_steps_are_whole_numbers_over_powers_of_ten() {
        let of = |text: &str| step(text.parse().expect("a decimal"));
        assert_eq!(
            (of("0.01"), of("0.05"), of("0.0500")),
            ((1, 100), (5, 100), (5, 100))
        );
        assert_eq!((of("0.25"), of("1"), of("5")), ((25, 100), (1, 1), (5, 1)));
        assert_eq!((of("0.00000001"), of("0")), ((1, 100_000_000), (1, 1)));
    }
}
