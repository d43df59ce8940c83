//! `[[funding]]`, `[[interest]]`, `[[borrow]]`, `[settlement]`, `[margin]`: what holding costs or brings, how derivatives
//! end, and when positions are closed by force. What is not there is off.
//!
//! | section | keys |
//! | --- | --- |
//! | `[[funding]]` | `instrument`, and `rate` every `interval` (`"8h"`), or a `file` of `ts`, `rate` |
//! | `[[interest]]` | `debit`, `credit` per year, `currency` (the account's) |
//! | `[[borrow]]` | `rate` per year on what is short, `instrument` (all) |
//! | `[settlement]` | `enabled`, `prices = { "ID" = "123.45" }` of the underlying at expiry |
//! | `[margin]` | `liquidation`, `initial`, `maintenance` of instruments that name none of their own |

use rust_decimal::Decimal;
use tradewind_types::time::SECOND_NS;
use tradewind_types::{Currency, InstrumentId, InstrumentKind};

use super::instruments::InstrumentConfig;
use super::{AccountConfig, ConfigError, Folder, Section, dated, nearest};
use crate::kernel::carry::{BorrowRule, CarryRules, FundingRule, FundingSchedule, InterestRule};

const YEARLY: &str = "a part per year: 0.05 is 5 %";

pub(super) fn read(
    root: &Section<'_>,
    account: &AccountConfig,
    instruments: &mut [InstrumentConfig],
    folder: Folder<'_>,
) -> Result<CarryRules, ConfigError> {
    let mut rules = CarryRules {
        funding: funding(root, account, instruments, folder)?,
        interest: interest(root, account)?,
        borrow: borrow(root, instruments)?,
        ..CarryRules::default()
    };
    settlement(root, instruments, &mut rules)?;
    margin(root, account, instruments, &mut rules)?;
    Ok(rules)
}

/// The instrument that `text` names.
pub(super) fn instrument<'a>(
    section: &Section<'_>,
    key: &str,
    text: &str,
    instruments: &'a [InstrumentConfig],
) -> Result<&'a InstrumentConfig, ConfigError> {
    let known: Vec<String> = instruments.iter().map(|i| i.instrument.id.to_string()).collect();
    let found = known
        .iter()
        .position(|id| id == text)
        .and_then(|at| instruments.get(at));
    found.ok_or_else(|| {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let hint = nearest(text, &known).map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
        section.error(key, format!("`{text}` is not among [[instruments]]{hint}"))
    })
}

fn funding(
    root: &Section<'_>,
    account: &AccountConfig,
    instruments: &[InstrumentConfig],
    folder: Folder<'_>,
) -> Result<Vec<FundingRule>, ConfigError> {
    let mut rules: Vec<FundingRule> = Vec::new();
    for section in root.sections("funding")? {
        let text = section
            .text("instrument")?
            .ok_or_else(|| section.missing("instrument", "a perpetual of [[instruments]]"))?;
        let of = &instrument(&section, "instrument", text, instruments)?.instrument;
        if of.kind != InstrumentKind::Perpetual {
            return Err(section.error(
                "instrument",
                format!("{} is no perpetual; only those have funding", of.id),
            ));
        }
        if !account.margin {
            return Err(section.error(
                "",
                "perpetuals need account.margin = true: funding is paid from margin",
            ));
        }
        if rules.iter().any(|r| r.instrument == of.id) {
            return Err(section.error("instrument", format!("{} is there twice", of.id)));
        }
        let schedule = schedule(&section, folder)?;
        rules.push(FundingRule {
            instrument: of.id.clone(),
            schedule,
        });
        section.finish()?;
    }
    Ok(rules)
}

/// Times and rates of a `[[funding]]`.
pub(super) fn schedule(section: &Section<'_>, folder: Folder<'_>) -> Result<FundingSchedule, ConfigError> {
    let part = (Decimal::NEGATIVE_ONE, Decimal::ONE);
    let rate = section.decimal_within("rate", part, "a part of the position's value: 0.0001 is 1 bp")?;
    let interval = interval(section)?;
    Ok(match (rate, section.text("file")?) {
        (Some(rate), None) => FundingSchedule::Every {
            interval_ns: interval.unwrap_or(8 * 3_600 * SECOND_NS),
            rate,
        },
        (None, Some(_)) if interval.is_some() => {
            return Err(section.error("interval", "goes with `rate`; a file names its times"));
        }
        (None, Some(_)) => FundingSchedule::Dated(dated::read(section, "file", folder, "rate")?),
        (Some(_), Some(_)) => return Err(section.error("file", "`rate` and `file` exclude each other")),
        (None, None) => return Err(section.missing("rate", "a part such as \"0.0001\", or `file` a CSV")),
    })
}

/// The time from one funding to the next: not an interval of bars, there are none of eight hours.
fn interval(section: &Section<'_>) -> Result<Option<u64>, ConfigError> {
    const MOST_S: u64 = 30 * 86_400;
    let Some(text) = section.text("interval")? else {
        return Ok(None);
    };
    let units = [("m", 60), ("h", 3_600), ("d", 86_400)];
    let whole = |(mark, seconds): &(&str, u64)| {
        let count: u64 = text.strip_suffix(mark)?.parse().ok()?;
        count.checked_mul(*seconds)
    };
    match units.iter().find_map(whole) {
        Some(seconds) if (60..=MOST_S).contains(&seconds) => Ok(Some(seconds * SECOND_NS)),
        found => {
            let why = if found.is_some() {
                "is no time between a minute and 30 days"
            } else {
                "has no fixed length"
            };
            let message = format!(
                "{text} {why}; funding is paid every so many hours, such as \"8h\" or \"1h\" (also m, d)"
            );
            Err(section.error("interval", message))
        }
    }
}

fn interest(root: &Section<'_>, account: &AccountConfig) -> Result<Vec<InterestRule>, ConfigError> {
    let mut rules: Vec<InterestRule> = Vec::new();
    for section in root.sections("interest")? {
        let currency: Currency = section.parsed("currency")?.unwrap_or(account.currency);
        if rules.iter().any(|r| r.currency == currency) {
            return Err(section.error("currency", format!("{currency} is there twice")));
        }
        rules.push(rates(&section, currency)?);
        section.finish()?;
    }
    Ok(rules)
}

/// The rates of an `[[interest]]`.
pub(super) fn rates(section: &Section<'_>, currency: Currency) -> Result<InterestRule, ConfigError> {
    let rate = |key| section.decimal_within(key, (Decimal::NEGATIVE_ONE, Decimal::TEN), YEARLY);
    let (debit, credit) = (rate("debit")?, rate("credit")?);
    if debit.is_none() && credit.is_none() {
        return Err(section.missing("debit", "a part per year, or `credit`, or both"));
    }
    Ok(InterestRule {
        currency,
        debit: debit.unwrap_or_default(),
        credit: credit.unwrap_or_default(),
    })
}

fn borrow(root: &Section<'_>, instruments: &[InstrumentConfig]) -> Result<Vec<BorrowRule>, ConfigError> {
    let mut rules: Vec<BorrowRule> = Vec::new();
    for section in root.sections("borrow")? {
        let of = match section.text("instrument")? {
            Some(text) => Some(
                instrument(&section, "instrument", text, instruments)?
                    .instrument
                    .id
                    .clone(),
            ),
            None => None,
        };
        if rules.iter().any(|r| r.instrument == of) {
            return Err(section.error("instrument", "there is a rate for it already"));
        }
        rules.push(BorrowRule {
            instrument: of,
            rate: borrow_rate(&section)?,
        });
        section.finish()?;
    }
    Ok(rules)
}

/// The rate of a `[[borrow]]`.
pub(super) fn borrow_rate(section: &Section<'_>) -> Result<Decimal, ConfigError> {
    let rate = section.decimal_within("rate", (Decimal::ZERO, Decimal::TEN), YEARLY)?;
    rate.ok_or_else(|| section.missing("rate", YEARLY))
}

fn settlement(
    root: &Section<'_>,
    instruments: &[InstrumentConfig],
    rules: &mut CarryRules,
) -> Result<(), ConfigError> {
    let Some(section) = root.section("settlement")? else {
        return Ok(());
    };
    rules.settle = section.flag("enabled")?.unwrap_or(true);
    if let Some(prices) = section.section("prices")? {
        for (text, value) in prices.entries() {
            let of = &instrument(&prices, text, text, instruments)?.instrument;
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let price = tradewind_types::num::parse_decimal(&shown)
                .map_err(|e| prices.error(text, format!("must be a price such as \"123.45\": {e}")))?;
            rules.settlements.insert(of.id.clone(), price);
        }
    }
    let known = |id: &InstrumentId| instruments.iter().any(|i| i.instrument.id == *id);
    for one in instruments.iter().filter(|_| rules.settle) {
        let (id, terms) = (&one.instrument.id, &one.instrument.terms);
        if one.instrument.kind != InstrumentKind::Option || terms.expiry.is_none() {
            continue;
        }
        if terms.strike.is_none() || terms.right.is_none() {
            return Err(section.error("", format!("{id} needs `strike` and `right` to be settled")));
        }
        let priced = rules.settlements.contains_key(id) || terms.underlying.as_ref().is_some_and(known);
        if !priced {
            return Err(section.error(
                "prices",
                format!("{id} needs an `underlying` that is among [[instruments]], or its price here"),
            ));
        }
    }
    section.finish()
}

fn margin(
    root: &Section<'_>,
    account: &AccountConfig,
    instruments: &mut [InstrumentConfig],
    rules: &mut CarryRules,
) -> Result<(), ConfigError> {
    let Some(section) = root.section("margin")? else {
        return Ok(());
    };
    if !account.margin {
        return Err(section.error("", "needs account.margin = true"));
    }
    rules.liquidate = section.flag("liquidation")?.unwrap_or(false);
    let part = |key| section.decimal_within(key, (Decimal::ZERO, Decimal::ONE), "a part of the notional");
    let (initial, maintenance) = (part("initial")?, part("maintenance")?);
    for one in instruments {
        let terms = &mut one.instrument.terms;
        terms.margin_initial = terms.margin_initial.or(initial);
        terms.margin_maintenance = terms.margin_maintenance.or(maintenance);
        let (least, most) = (
            terms.margin_maintenance,
            terms.margin_initial.unwrap_or(Decimal::ONE),
        );
        if least.is_some_and(|least| least > most) {
            let message = format!(
                "is above the initial margin {} of {}",
                most.normalize(),
                one.instrument.id
            );
            return Err(section.error("maintenance", message));
        }
    }
    section.finish()
}
