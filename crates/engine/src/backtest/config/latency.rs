//! `[latency]`: how long orders, changes and cancels are under way.
//!
//! | `model` | keys, in milliseconds |
//! | --- | --- |
//! | `constant` (the default) | `order_ms`, `cancel_ms` (as orders unless named) |
//! | `uniform` | the same, and drawn on top from `min_ms` to `max_ms` |
//! | `lognormal` | the same, and drawn on top around `median_ms` with `sigma`, at most `max_ms` |
//! | `recorded` | the same, and on top what `file` says: CSV of `ts`, `latency_ms`, each from its time on |

use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use tradewind_matching::paper::{LatencyDistribution, LatencyModel};

use super::{ConfigError, Folder, Section, dated};

/// A day, the most that anything may be under way.
const MS_MAX: u32 = 86_400_000;

/// How long what is asked is under way.
#[derive(Debug, Clone, PartialEq)]
pub struct LatencyConfig {
    /// Of orders, nanoseconds.
    pub order_ns: u64,
    /// Of changes and cancels, nanoseconds.
    pub cancel_ns: u64,
    /// What comes on top.
    pub model: LatencyModel,
}

impl Default for LatencyConfig {
    fn default() -> Self {
        Self {
            order_ns: 0,
            cancel_ns: 0,
            model: LatencyModel::Constant,
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Constant,
    Uniform,
    LogNormal,
    Recorded,
}

const KINDS: [(&str, Kind); 4] = [
    ("constant", Kind::Constant),
    ("uniform", Kind::Uniform),
    ("lognormal", Kind::LogNormal),
    ("recorded", Kind::Recorded),
];

pub(super) fn read(
    root: &Section<'_>,
    folder: Folder<'_>,
    seed: u64,
) -> Result<Option<LatencyConfig>, ConfigError> {
    let Some(section) = root.section("latency")? else {
        return Ok(None);
    };
    let order_ns = nanos(&section, "order_ms")?.unwrap_or(0);
    let cancel_ns = nanos(&section, "cancel_ms")?.unwrap_or(order_ns);
    let sampled = |distribution| LatencyModel::Sampled { distribution, seed };
    let needed = |key: &'static str| -> Result<u64, ConfigError> {
        nanos(&section, key)?.ok_or_else(|| section.missing(key, "milliseconds, e.g. \"2.5\""))
    };
    let model = match section.choice("model", &KINDS)?.unwrap_or(Kind::Constant) {
        Kind::Constant => LatencyModel::Constant,
        Kind::Uniform => {
            let (min, max) = (nanos(&section, "min_ms")?.unwrap_or(0), needed("max_ms")?);
            if min > max {
                return Err(section.error("min_ms", "must not be above max_ms"));
            }
            sampled(LatencyDistribution::Uniform { min, max })
        }
        Kind::LogNormal => {
            let most = (Decimal::ZERO, Decimal::from(10));
            let sigma = section.decimal_within("sigma", most, "spread of the logarithm, e.g. \"0.5\"")?;
            let sigma =
                sigma.ok_or_else(|| section.missing("sigma", "the spread of the logarithm, e.g. \"0.5\""))?;
            sampled(LatencyDistribution::LogNormal {
                median: needed("median_ms")?,
                sigma: sigma.to_f64().unwrap_or(0.0),
                max: nanos(&section, "max_ms")?.unwrap_or(u64::from(MS_MAX) * 1_000_000),
            })
        }
        Kind::Recorded => {
            let rows = dated::read(&section, "file", folder, "latency_ms")?;
            let mut table = Vec::with_capacity(rows.len());
            for (ts, ms) in rows {
                let ns = ns_of(ms).ok_or_else(|| section.error("file", format!("{ts}: {}", range(ms))))?;
                table.push((ts, ns));
            }
            LatencyModel::Replayed(Arc::from(table))
        }
    };
    section.finish()?;
    Ok(Some(LatencyConfig {
        order_ns,
        cancel_ns,
        model,
    }))
}

fn range(ms: Decimal) -> String {
    format!(
        "must be between 0 and {MS_MAX} ms (a day), found {}",
        ms.normalize()
    )
}

fn ns_of(ms: Decimal) -> Option<u64> {
    if ms < Decimal::ZERO || ms > Decimal::from(MS_MAX) {
        return None;
    }
    ms.checked_mul(Decimal::from(1_000_000))?.round().to_u64()
}

fn nanos(section: &Section<'_>, key: &'static str) -> Result<Option<u64>, ConfigError> {
    let Some(ms) = section.decimal(key)? else {
        return Ok(None);
    };
    ns_of(ms).map(Some).ok_or_else(|| section.error(key, range(ms)))
}

impl LatencyConfig {
    /// In a sentence.
    #[must_use]
    pub(crate) fn told(&self) -> String {
        let ms = |ns: u64| {
            Decimal::from(ns)
                .checked_div(Decimal::from(1_000_000))
                .unwrap_or_default()
                .normalize()
        };
        let constant = format!(
            "Orders take effect after {} ms, changes and cancels after {} ms",
            ms(self.order_ns),
            ms(self.cancel_ns)
        );
        match &self.model {
            LatencyModel::Constant => format!("{constant}."),
            LatencyModel::Sampled { distribution, .. } => match distribution {
                LatencyDistribution::Uniform { min, max } => {
                    format!(
                        "{constant}, plus {} to {} ms drawn evenly by the seed.",
                        ms(*min),
                        ms(*max)
                    )
                }
                LatencyDistribution::LogNormal { median, sigma, max } => format!(
                    "{constant}, plus a time drawn by the seed: log-normal, median {} ms, sigma {sigma}, at most {} ms.",
                    ms(*median),
                    ms(*max)
                ),
            },
            LatencyModel::Replayed(table) => {
                format!("{constant}, plus what was measured: {} times.", table.len())
            }
        }
    }
}
