//! `[carry]` and `[[paper_fees]]` of a server's configuration: what holding costs in paper accounts, and fees that are
//! more than a part of the notional. Sections and keys are those of a backtest; instruments are known only when the
//! venues have listed them, so that ids are checked for their form.
//!
//! | section | keys |
//! | --- | --- |
//! | `[carry]` | `settlement`, `liquidation`: true or false; `settlement_prices = { "ID" = "123.45" }` |
//! | `[[carry.funding]]` | `instrument`, and `rate` every `interval` (`"8h"`), or a `file` of `ts`, `rate` |
//! | `[[carry.interest]]` | `currency`, `debit`, `credit` per year |
//! | `[[carry.borrow]]` | `rate` per year on what is short, `instrument` (all) |
//! | `[[paper_fees]]` | `market`, `kind` (all), `model` and its keys as in `[[fees]]` |

use std::cell::RefCell;
use std::path::Path;

use toml::Table;
use tradewind_types::{Currency, InstrumentId};

use super::carry::{borrow_rate, rates, schedule};
use super::{ConfigError, Folder, Section, fees};
use crate::kernel::FeeRule;
use crate::kernel::carry::{BorrowRule, CarryRules, FundingRule};

/// What [`paper_rules`] reads, as [`crate::KernelConfig`] takes it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PaperRules {
    /// What holding costs or brings.
    pub carry: CarryRules,
    /// Fees; they go before a venue's `maker_fee` and `taker_fee`.
    pub fees: Vec<FeeRule>,
}

/// Reads the keys `carry` and `paper_fees` of a table that has no others. `file` names it in errors; files that it names
/// are relative to its folder.
///
/// # Errors
/// [`ConfigError`] at the first thing wrong.
pub fn paper_rules(table: &Table, file: &Path) -> Result<PaperRules, ConfigError> {
    let shown = file.display().to_string();
    let root = Section::root(&shown, table);
    // Which files are named is of interest in results alone.
    let named = RefCell::default();
    let folder = Folder {
        path: file.parent().unwrap_or(Path::new("")),
        names_only: false,
        named: &named,
    };
    let carry = match root.section("carry")? {
        Some(section) => carry(section, folder)?,
        None => CarryRules::default(),
    };
    let fees = paper_fees(&root)?;
    root.finish()?;
    Ok(PaperRules { carry, fees })
}

fn carry(root: Section<'_>, folder: Folder<'_>) -> Result<CarryRules, ConfigError> {
    let mut rules = CarryRules {
        settle: root.flag("settlement")?.unwrap_or(false),
        liquidate: root.flag("liquidation")?.unwrap_or(false),
        ..CarryRules::default()
    };
    if let Some(prices) = root.section("settlement_prices")? {
        for (text, value) in prices.entries() {
            let id: InstrumentId = text.parse().map_err(|e| prices.error(text, format!("{e}")))?;
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let price = tradewind_types::num::parse_decimal(&shown)
                .map_err(|e| prices.error(text, format!("must be a price such as \"123.45\": {e}")))?;
            rules.settlements.insert(id, price);
        }
        if !rules.settle {
            return Err(root.error("settlement_prices", "goes with settlement = true"));
        }
    }
    for section in root.sections("funding")? {
        let instrument: InstrumentId = section
            .parsed("instrument")?
            .ok_or_else(|| section.missing("instrument", "a perpetual such as \"BTC-PERP.KRAKEN\""))?;
        if rules.funding.iter().any(|r| r.instrument == instrument) {
            return Err(section.error("instrument", format!("{instrument} is there twice")));
        }
        let schedule = schedule(&section, folder)?;
        section.finish()?;
        rules.funding.push(FundingRule { instrument, schedule });
    }
    for section in root.sections("interest")? {
        let currency: Currency = section
            .parsed("currency")?
            .ok_or_else(|| section.missing("currency", "a currency such as \"USD\""))?;
        if rules.interest.iter().any(|r| r.currency == currency) {
            return Err(section.error("currency", format!("{currency} is there twice")));
        }
        rules.interest.push(rates(&section, currency)?);
        section.finish()?;
    }
    for section in root.sections("borrow")? {
        let instrument: Option<InstrumentId> = section.parsed("instrument")?;
        if rules.borrow.iter().any(|r| r.instrument == instrument) {
            return Err(section.error("instrument", "there is a rate for it already"));
        }
        let rate = borrow_rate(&section)?;
        section.finish()?;
        rules.borrow.push(BorrowRule { instrument, rate });
    }
    root.finish()?;
    Ok(rules)
}

fn paper_fees(root: &Section<'_>) -> Result<Vec<FeeRule>, ConfigError> {
    let mut rules: Vec<FeeRule> = Vec::new();
    for section in root.sections("paper_fees")? {
        let one = fees::one(&section, None)?;
        let market = one.market.ok_or_else(|| {
            section.missing(
                "market",
                "a market such as \"NSE\", the part of instrument ids after the dot",
            )
        })?;
        if rules.iter().any(|r| (&r.market, r.kind) == (&market, one.kind)) {
            return Err(section.error("market", format!("there are such fees of {market} already")));
        }
        section.finish()?;
        rules.push(FeeRule {
            market,
            kind: one.kind,
            model: one.model,
        });
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use tradewind_matching::paper::FeeModel;
    use tradewind_types::InstrumentKind;

    use super::*;
    use crate::kernel::carry::FundingSchedule;

    fn read(text: &str) -> Result<PaperRules, ConfigError> {
        let table: Table = text.parse().expect("TOML");
        paper_rules(&table, Path::new("tradewind.toml"))
    }

    #[test]
    fn every_key_arrives_where_the_kernel_reads_it() {
        let rules = read(
            r#"
            [carry]
            settlement = true
            liquidation = true
            settlement_prices = { "NIFTY24DEC24000CE.NSE" = "24120.5" }
            [[carry.funding]]
            instrument = "BTC-PERP.X"
            rate = "0.0001"
            interval = "4h"
            [[carry.interest]]
            currency = "USD"
            debit = "0.06"
            [[carry.borrow]]
            rate = "0.03"
            [[carry.borrow]]
            instrument = "GME.NYSE"
            rate = "0.5"
            [[paper_fees]]
            market = "NSE"
            kind = "option"
            model = "per_order"
            amount = "20"
            [[paper_fees]]
            market = "NSE"
            model = "india"
            "#,
        )
        .expect("read");
        let dec = |n, scale| Decimal::new(n, scale);
        assert!(rules.carry.settle && rules.carry.liquidate);
        assert_eq!(rules.carry.settlements.values().next(), Some(&dec(241_205, 1)));
        let every = FundingSchedule::Every {
            interval_ns: 4 * 3_600_000_000_000,
            rate: dec(1, 4),
        };
        assert_eq!(rules.carry.funding[0].schedule, every);
        assert_eq!(
            (rules.carry.interest[0].debit, rules.carry.interest[0].credit),
            (dec(6, 2), dec(0, 0))
        );
        let borrowed: Vec<_> = rules.carry.borrow.iter().map(|b| b.rate).collect();
        assert_eq!(borrowed, [dec(3, 2), dec(5, 1)]);
        assert_eq!(rules.fees[0].kind, Some(InstrumentKind::Option));
        assert_eq!(rules.fees[0].model, FeeModel::PerOrder { amount: dec(20, 0) });
        assert!(matches!(rules.fees[1].model, FeeModel::India(_)));
        assert_eq!(read("").expect("read"), PaperRules::default());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_key_and_what_would_be_right() {
        for (text, words) in [
            (
                "[carry]\nsetlement = true",
                "carry.setlement: there is no such key; did you mean `settlement`?",
            ),
            (
                "[carry]\nliquidation = 1",
                "carry.liquidation: must be true or false",
            ),
            (
                "[[carry.funding]]\nrate = \"0.1\"",
                "carry.funding[1].instrument: is missing",
            ),
            (
                "[[carry.funding]]\ninstrument = \"A.X\"",
                "carry.funding[1].rate: is missing",
            ),
            (
                "[[carry.funding]]\ninstrument = \"A.X\"\nrate = \"2\"",
                "must be between -1 and 1",
            ),
            (
                "[[carry.funding]]\ninstrument = \"A\"\nrate = \"0.1\"",
                "carry.funding[1].instrument",
            ),
            (
                "[[carry.interest]]\ndebit = \"0.1\"",
                "carry.interest[1].currency: is missing",
            ),
            (
                "[[carry.interest]]\ncurrency = \"USD\"",
                "carry.interest[1].debit: is missing",
            ),
            ("[[carry.borrow]]\nrate = \"11\"", "a part per year"),
            (
                "[[carry.borrow]]\nrate = \"1\"\n[[carry.borrow]]\nrate = \"1\"",
                "a rate for it already",
            ),
            (
                "[carry]\nsettlement_prices = { \"A.X\" = \"1\" }",
                "goes with settlement = true",
            ),
            (
                "[[paper_fees]]\ntaker = \"0.001\"",
                "paper_fees[1].market: is missing",
            ),
            (
                "[[paper_fees]]\nmarket = \"X\"",
                "paper_fees[1].taker: is missing",
            ),
            (
                "[[paper_fees]]\nmarket = \"X\"\nmodel = \"tierd\"",
                "did you mean `tiered`?",
            ),
            (
                "[[paper_fees]]\nmarket = \"X\"\ntaker = \"0.5\"",
                "a part of the notional",
            ),
        ] {
            let error = read(text).expect_err(text).to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
