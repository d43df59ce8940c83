//! `[fills]`: how orders are filled.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use tradewind_matching::paper::{QueueShare, Slippage};

use super::{ConfigError, Section};

/// What an order made on a closed bar meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FillPrice {
    /// The next bar's open, then its path.
    #[default]
    NextOpen,
    /// The close that it was made on.
    Close,
}

/// How resting limits queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueueChoice {
    /// Prints or bars that touch the price do not fill, only those through it.
    #[default]
    Off,
    /// Behind the displayed size; of cancels all stand behind, as far as they can.
    BehindDisplayed,
    /// Behind the displayed size; a share of cancels stood ahead.
    Share(QueueShare),
    /// Exactly, from a book by order.
    Exact,
}

/// How entries are made that a strategy leaves to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EntryChoice {
    /// A market order.
    #[default]
    Market,
    /// A limit at `risk.entry_offset` through the quote, immediate or cancel, as in paper and live trading.
    Limit,
}

/// How orders are filled.
#[derive(Debug, Clone, PartialEq)]
pub struct FillConfig {
    /// The price met first.
    pub price: FillPrice,
    /// Entries that a strategy leaves open.
    pub entry: EntryChoice,
    /// How much worse than shown a taker fills.
    pub slippage: Slippage,
    /// Half of the spread assumed around a bar's prices, in ticks.
    pub half_spread_ticks: Decimal,
    /// Y of the square-root law of impact; `None` = no impact.
    pub impact_y: Option<f64>,
    /// Time until an order, change or cancel takes effect.
    pub latency_ms: u64,
    /// On top of it, drawn evenly from 0 to this for each.
    pub latency_jitter_ms: u64,
    /// Queue of resting limits against quotes and trades.
    pub queue: QueueChoice,
    /// Part of a bar's volume that all orders together may take; `None` = no limit.
    pub volume_cap: Option<Decimal>,
    /// Ticks by which a bar has to go through a resting limit to fill it.
    pub limit_through_ticks: u32,
}

impl Default for FillConfig {
    fn default() -> Self {
        Self {
            price: FillPrice::default(),
            entry: EntryChoice::default(),
            slippage: Slippage::None,
            half_spread_ticks: Decimal::ZERO,
            impact_y: None,
            latency_ms: 0,
            latency_jitter_ms: 0,
            queue: QueueChoice::default(),
            volume_cap: None,
            limit_through_ticks: 0,
        }
    }
}

pub(super) fn read(root: &Section<'_>) -> Result<FillConfig, ConfigError> {
    let Some(section) = root.section("fills")? else {
        return Ok(FillConfig::default());
    };
    let prices = [("next_open", FillPrice::NextOpen), ("close", FillPrice::Close)];
    let entries = [("market", EntryChoice::Market), ("limit", EntryChoice::Limit)];
    let power = section.decimal_within(
        "queue_power",
        (Decimal::new(1, 2), Decimal::from(100)),
        "1 = in proportion",
    )?;
    let thousandths = power.and_then(|p| p.checked_mul(Decimal::ONE_THOUSAND)?.round().to_u32());
    let share = QueueShare::Power {
        thousandths: thousandths.unwrap_or(1_000),
    };
    let queues = [
        ("off", QueueChoice::Off),
        ("displayed", QueueChoice::BehindDisplayed),
        ("risk_averse", QueueChoice::BehindDisplayed),
        ("power", QueueChoice::Share(share)),
        ("log", QueueChoice::Share(QueueShare::Log)),
        ("exact", QueueChoice::Exact),
    ];
    let part = (Decimal::ZERO, Decimal::ONE);
    let ticks = (Decimal::ZERO, Decimal::from(1_000));
    let config = FillConfig {
        price: section.choice("fill", &prices)?.unwrap_or_default(),
        entry: section.choice("entry", &entries)?.unwrap_or_default(),
        slippage: slippage(&section)?,
        half_spread_ticks: section
            .decimal_within("half_spread_ticks", ticks, "ticks")?
            .unwrap_or_default(),
        impact_y: section
            .decimal_within("impact_y", (Decimal::ZERO, Decimal::TEN), "about 1")?
            .and_then(|y| y.try_into().ok()),
        latency_ms: millis(&section, "latency_ms")?,
        latency_jitter_ms: millis(&section, "latency_jitter_ms")?,
        queue: section.choice("queue", &queues)?.unwrap_or_default(),
        volume_cap: section.decimal_within("volume_cap", part, "a part of a bar's volume")?,
        limit_through_ticks: u32::try_from(section.whole("limit_through_ticks")?.unwrap_or(0))
            .map_err(|_| section.error("limit_through_ticks", "is too large"))?,
    };
    if power.is_some() && !matches!(config.queue, QueueChoice::Share(QueueShare::Power { .. })) {
        return Err(section.error("queue_power", "goes with queue = \"power\""));
    }
    if config.volume_cap.is_some_and(|cap| cap.is_zero()) {
        return Err(section.error("volume_cap", "0 would fill nothing; leave it out for no limit"));
    }
    if config.price == FillPrice::Close && config.latency_ms + config.latency_jitter_ms > 0 {
        let message = "must be 0 with fill = \"close\": an order meets the price that it was made on";
        return Err(section.error("latency_ms", message));
    }
    section.finish()?;
    Ok(config)
}

fn millis(section: &Section<'_>, key: &'static str) -> Result<u64, ConfigError> {
    let value = section.whole(key)?.unwrap_or(0);
    if value > 86_400_000 {
        return Err(section.error(key, "must be at most 86400000 (a day)"));
    }
    Ok(value)
}

/// At most one of `slippage_bps`, `slippage_ticks` and `slippage_spread`.
fn slippage(section: &Section<'_>) -> Result<Slippage, ConfigError> {
    let bps = section.decimal_within(
        "slippage_bps",
        (Decimal::ZERO, Decimal::from(5_000)),
        "1 is 0.01 %",
    )?;
    let spread = section.decimal_within(
        "slippage_spread",
        (Decimal::ZERO, Decimal::TEN),
        "1 is the whole spread",
    )?;
    let ticks = section.whole("slippage_ticks")?;
    let ticks = ticks.map(|t| u32::try_from(t).unwrap_or(u32::MAX));
    match (bps, spread, ticks) {
        (None, None, None) => Ok(Slippage::None),
        (Some(bps), None, None) => Ok(Slippage::Bps(bps)),
        (None, Some(part), None) => Ok(Slippage::SpreadFraction(part)),
        (None, None, Some(ticks)) => Ok(Slippage::Ticks(ticks)),
        _ => Err(section.error(
            "slippage_bps",
            "slippage_bps, slippage_ticks and slippage_spread exclude each other",
        )),
    }
}
