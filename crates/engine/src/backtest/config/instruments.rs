//! `[[instruments]]`: what can be traded.

use std::sync::Arc;

use rust_decimal::Decimal;
use tradewind_types::record::FxRate;
use tradewind_types::{Currency, Instrument, InstrumentId, InstrumentKind, OptionRight, VenueId};

use super::{ConfigError, Section, fx};

/// Most instruments of one backtest.
const INSTRUMENTS_MAX: usize = 10_000;
/// Bars may lie a weekend or a week of holidays apart: a backtest's quotes are of the row at hand, never stale.
const NEVER_STALE_NS: u64 = u64::MAX;

/// One instrument.
#[derive(Debug, Clone)]
pub struct InstrumentConfig {
    /// Its definition.
    pub instrument: Instrument,
    /// Volatility of a day and volume of a day in units, for market impact.
    pub impact: Option<(f64, f64)>,
    /// The calendar of its sessions; `None` = always traded.
    pub calendar: Option<Arc<str>>,
}

pub(super) const KINDS: [(&str, InstrumentKind); 7] = [
    ("spot", InstrumentKind::SpotPair),
    ("equity", InstrumentKind::Equity),
    ("etf", InstrumentKind::Etf),
    ("index", InstrumentKind::Index),
    ("future", InstrumentKind::Future),
    ("perpetual", InstrumentKind::Perpetual),
    ("option", InstrumentKind::Option),
];

/// The venue that all instruments of a backtest are reached through.
pub(crate) fn venue() -> VenueId {
    VenueId::new("backtest").expect("lower-case letters form a valid id")
}

pub(super) fn read(
    root: &Section<'_>,
    account: Currency,
    rates: &[FxRate],
) -> Result<Vec<InstrumentConfig>, ConfigError> {
    let sections = root.sections("instruments")?;
    if sections.is_empty() {
        return Err(root.missing("instruments", "a list: [[instruments]] with id, tick and lot"));
    }
    if sections.len() > INSTRUMENTS_MAX {
        return Err(root.error("instruments", format!("at most {INSTRUMENTS_MAX} instruments")));
    }
    let mut read: Vec<InstrumentConfig> = Vec::with_capacity(sections.len());
    for section in sections {
        let one = instrument(&section, account, rates)?;
        let impact = impact(&section)?;
        let calendar = section.text("calendar")?.map(Arc::from);
        if read.iter().any(|known| known.instrument.id == one.id) {
            return Err(section.error("id", format!("{} is there twice", one.id)));
        }
        section.finish()?;
        read.push(InstrumentConfig {
            instrument: one,
            impact,
            calendar,
        });
    }
    Ok(read)
}

fn instrument(section: &Section<'_>, account: Currency, rates: &[FxRate]) -> Result<Instrument, ConfigError> {
    let id: InstrumentId = section
        .parsed("id")?
        .ok_or_else(|| section.missing("id", "SYMBOL.MARKET such as \"SPY.XNAS\""))?;
    let kind = section.choice("kind", &KINDS)?.unwrap_or(InstrumentKind::Equity);
    let tick = section
        .positive("tick")?
        .ok_or_else(|| section.missing("tick", "the step of prices, e.g. \"0.01\""))?;
    let lot = section
        .positive("lot")?
        .ok_or_else(|| section.missing("lot", "the step of quantities, e.g. \"1\""))?;
    let quote: Currency = section.parsed("currency")?.unwrap_or(account);
    if !fx::connects(rates, quote, account) {
        let message = format!(
            "{quote} is not the account's currency {account}, and no [[fx]] leads from one to the other"
        );
        return Err(section.error("currency", message));
    }
    let base = match section.parsed::<Currency>("base")? {
        Some(base) => base,
        None => base_of(&id).ok_or_else(|| section.missing("base", "the asset's code, e.g. \"BTC\""))?,
    };
    let mut instrument = Instrument::spot(id, venue(), "", (base, quote), tick, lot);
    instrument.venue_symbol = Arc::from(instrument.id.symbol.as_str());
    instrument.kind = kind;
    instrument.stale_after_ns = NEVER_STALE_NS;
    instrument.price_scale = scale(section, "price_scale", instrument.price_scale)?;
    instrument.size_scale = scale(section, "size_scale", instrument.size_scale)?;
    instrument.multiplier = section.positive("multiplier")?.unwrap_or(Decimal::ONE);
    instrument.price_may_be_negative = section.flag("negative_prices")?.unwrap_or(false);
    if let Some(least) = section.positive("quantity_min")? {
        instrument.quantity_min = least;
    }
    if let Some(least) = section.decimal_within("notional_min", (Decimal::ZERO, Decimal::MAX), "0 = none")? {
        instrument.notional_min = least;
    }
    let part = (Decimal::ZERO, Decimal::ONE);
    instrument.terms.margin_initial =
        section.decimal_within("margin_initial", part, "a part of the notional")?;
    instrument.terms.margin_maintenance =
        section.decimal_within("margin_maintenance", part, "a part of the notional")?;
    instrument.terms.expiry = section.time("expiry")?;
    instrument.terms.underlying = section.parsed("underlying")?;
    instrument.terms.strike = section.positive("strike")?;
    let rights = [("call", OptionRight::Call), ("put", OptionRight::Put)];
    instrument.terms.right = section.choice("right", &rights)?;
    Ok(instrument)
}

/// `day_volatility` and `day_volume`, both or none.
fn impact(section: &Section<'_>) -> Result<Option<(f64, f64)>, ConfigError> {
    let volatility = section
        .positive("day_volatility")?
        .and_then(|v| f64::try_from(v).ok());
    let volume = section
        .positive("day_volume")?
        .and_then(|v| f64::try_from(v).ok());
    match (volatility, volume) {
        (Some(volatility), Some(volume)) => Ok(Some((volatility, volume))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(section.missing("day_volume", "given together with day_volatility")),
        (None, Some(_)) => Err(section.missing("day_volatility", "given together with day_volume")),
    }
}

/// Decimals of the data, at least those of the tick or lot.
fn scale(section: &Section<'_>, key: &'static str, least: u8) -> Result<u8, ConfigError> {
    let Some(wanted) = section.whole(key)? else {
        return Ok(least);
    };
    if wanted < u64::from(least) || wanted > 18 {
        return Err(section.error(
            key,
            format!("must be between {least} (the step's decimals) and 18, found {wanted}"),
        ));
    }
    Ok(wanted as u8)
}

/// `BTC` of `BTC-USD`, `SPY` of `SPY`; `None` when that is no code.
fn base_of(id: &InstrumentId) -> Option<Currency> {
    let symbol = id.symbol.as_str();
    let base = symbol.split('-').next().unwrap_or(symbol);
    let clean: String = base
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .take(12)
        .collect();
    clean.to_ascii_uppercase().parse().ok()
}
