//! `[[fx]]`: dated exchange rates, for instruments and cash in other currencies than the account's.
//!
//! `base`, `quote`, and either one `rate` for the whole period, or a `file` of `ts`, `rate` (units of `quote` for one of
//! `base`). A dated rate holds from its time on until the next, for a week at most; between two currencies it may go
//! through a third. Where a rate is missing the run ends with an error: nothing is converted at 1.

use rust_decimal::Decimal;
use tradewind_types::record::FxRate;
use tradewind_types::time::DAY_NS;
use tradewind_types::{Currency, UnixNanos};

use super::{ConfigError, Folder, Section, dated, sessions};

const SOURCE: &str = "the backtest's configuration";
/// How often one rate for all is written down, so that it is never too old.
const AGAIN_NS: u64 = 6 * DAY_NS;

pub(super) fn read(
    root: &Section<'_>,
    folder: Folder<'_>,
    period: (UnixNanos, UnixNanos),
) -> Result<Vec<FxRate>, ConfigError> {
    let mut rates: Vec<FxRate> = Vec::new();
    for section in root.sections("fx")? {
        let currency = |key: &'static str| -> Result<Currency, ConfigError> {
            section
                .parsed(key)?
                .ok_or_else(|| section.missing(key, "a currency such as \"EUR\""))
        };
        let (base, quote) = (currency("base")?, currency("quote")?);
        let rate = section.positive("rate")?;
        let rows = match (rate, section.text("file")?) {
            (Some(rate), None) => always(rate, period),
            (None, Some(_)) => dated::read(&section, "file", folder, "rate")?,
            (Some(_), Some(_)) => return Err(section.error("file", "`rate` and `file` exclude each other")),
            (None, None) => {
                return Err(section.missing("rate", "units of `quote` for one of `base`, or `file` a CSV"));
            }
        };
        if rows.len() > tradewind_ledger::fx::RATES_MAX {
            let most = tradewind_ledger::fx::RATES_MAX;
            return Err(section.error(
                "file",
                format!("must have at most {most} rates, found {}", rows.len()),
            ));
        }
        for (ts, rate) in rows {
            let one = FxRate {
                base,
                quote,
                rate,
                ts,
                source: SOURCE.to_owned(),
            };
            one.check().map_err(|e| section.error("rate", e.to_string()))?;
            rates.push(one);
        }
        section.finish()?;
    }
    Ok(rates)
}

/// One rate for the whole period.
fn always(rate: Decimal, period: (UnixNanos, UnixNanos)) -> Vec<(UnixNanos, Decimal)> {
    let (from, to) = sessions::days_of(period);
    let count = to.since(from) / AGAIN_NS + 1;
    // What is before the first day has it too.
    let times = (0..=count).map(|n| from.plus(n * AGAIN_NS));
    std::iter::once(UnixNanos(0))
        .chain(times)
        .map(|ts| (ts, rate))
        .collect()
}

/// Whether some chain of pairs leads from one currency to another.
pub(super) fn connects(rates: &[FxRate], from: Currency, to: Currency) -> bool {
    let pair = |a: Currency, b: Currency| {
        a == b
            || rates
                .iter()
                .any(|r| (r.base, r.quote) == (a, b) || (r.base, r.quote) == (b, a))
    };
    pair(from, to)
        || rates.iter().any(|r| {
            [r.base, r.quote]
                .iter()
                .any(|via| pair(from, *via) && pair(*via, to))
        })
}
