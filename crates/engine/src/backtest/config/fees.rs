//! `[[fees]]`: what fills cost, by market and kind of instrument.
//!
//! | `model` | keys |
//! | --- | --- |
//! | `rates` (the default) | `taker`, `maker`: parts of the notional |
//! | `tiered` | `tiers = [{ volume_from, maker, taker }]`, by the traded value of 30 days |
//! | `per_unit` | `rate` per share or contract, `order_min`, `value_max` (a part of the order's value) |
//! | `per_order` | `amount` |
//! | `india` | `exchange` (`nse`, `bse`, `mcx`), `equity` (`delivery`, `intraday`), `plan` (`discount`, `none`), `oldest_before` |

use rust_decimal::Decimal;
use tradewind_matching::paper::fees::india::{BrokeragePlan, EquityProduct, IndianCharges, IndianExchange};
use tradewind_matching::paper::{FeeModel, FeeTier};
use tradewind_types::record::FeeTable;
use tradewind_types::{InstrumentKind, Market, UnixNanos};

use super::instruments::{InstrumentConfig, KINDS};
use super::{ConfigError, Section};
use crate::kernel::FeeRule;

const UNIT: &str = "a part of the notional: 0.001 is 0.1 %";

/// Fees of every market in the backtest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeConfig {
    /// One table per market.
    pub tables: Vec<FeeTable>,
    /// What is more than a rate, or of one kind of instrument; it goes before the tables.
    pub rules: Vec<FeeRule>,
}

#[derive(Clone, Copy)]
enum Model {
    Rates,
    Tiered,
    PerUnit,
    PerOrder,
    India,
}

const MODELS: [(&str, Model); 5] = [
    ("rates", Model::Rates),
    ("tiered", Model::Tiered),
    ("per_unit", Model::PerUnit),
    ("per_order", Model::PerOrder),
    ("india", Model::India),
];

/// Fees of one section: of which market and kind, and how.
pub(super) struct One {
    pub(super) market: Option<Market>,
    pub(super) kind: Option<InstrumentKind>,
    pub(super) model: FeeModel,
}

pub(super) fn read(root: &Section<'_>, instruments: &[InstrumentConfig]) -> Result<FeeConfig, ConfigError> {
    let mut markets: Vec<Market> = Vec::new();
    for one in instruments {
        if !markets.contains(&one.instrument.id.market) {
            markets.push(one.instrument.id.market.clone());
        }
    }
    let mut all: Vec<One> = Vec::new();
    for section in root.sections("fees")? {
        let one = one(&section, Some(&markets))?;
        if all.iter().any(|o| (&o.market, o.kind) == (&one.market, one.kind)) {
            return Err(section.missing("market", "named: there are fees for all markets already"));
        }
        section.finish()?;
        all.push(one);
    }
    let mut config = FeeConfig {
        tables: Vec::new(),
        rules: Vec::new(),
    };
    for market in markets {
        let of = |kind: Option<InstrumentKind>| {
            let own = all
                .iter()
                .find(|o| o.market.as_ref() == Some(&market) && o.kind == kind);
            own.or_else(|| all.iter().find(|o| o.market.is_none() && o.kind == kind))
        };
        let general = of(None).map(|o| o.model.clone());
        let (maker, taker) = match general {
            Some(FeeModel::Rates { maker, taker }) => (maker, taker),
            _ => (Decimal::ZERO, Decimal::ZERO),
        };
        config.tables.push(FeeTable {
            market: market.clone(),
            maker,
            taker,
            since: UnixNanos(0),
            source: "the backtest's configuration".to_owned(),
        });
        let kinds = KINDS.iter().filter_map(|(_, kind)| of(Some(*kind)));
        let rules = kinds.map(|o| (o.kind, o.model.clone()));
        let more = general_rule(of(None));
        config
            .rules
            .extend(more.into_iter().chain(rules).map(|(kind, model)| FeeRule {
                market: market.clone(),
                kind,
                model,
            }));
    }
    Ok(config)
}

/// What is in no table.
fn general_rule(one: Option<&One>) -> Option<(Option<InstrumentKind>, FeeModel)> {
    let model = one.map(|o| o.model.clone())?;
    (!matches!(model, FeeModel::Rates { .. })).then_some((None, model))
}

/// `markets`: those that there are, where that is known.
pub(super) fn one(section: &Section<'_>, markets: Option<&[Market]>) -> Result<One, ConfigError> {
    let market = section.parsed::<Market>("market")?;
    let unknown = |m: &&Market| markets.is_some_and(|markets| !markets.contains(m));
    if let Some(market) = market.as_ref().filter(unknown) {
        return Err(section.error("market", format!("no instrument is of market {market}")));
    }
    let model = match section.choice("model", &MODELS)?.unwrap_or(Model::Rates) {
        Model::Rates => {
            let maker = rate(section, "maker")?;
            let taker = rate(section, "taker")?.ok_or_else(|| section.missing("taker", UNIT))?;
            FeeModel::Rates {
                maker: maker.unwrap_or(taker),
                taker,
            }
        }
        Model::Tiered => FeeModel::Tiered(tiers(section)?),
        Model::PerUnit => FeeModel::PerUnit {
            rate: amount(section, "rate")?.ok_or_else(|| section.missing("rate", "an amount per unit"))?,
            order_min: amount(section, "order_min")?.unwrap_or_default(),
            value_max: rate(section, "value_max")?,
        },
        Model::PerOrder => FeeModel::PerOrder {
            amount: amount(section, "amount")?
                .ok_or_else(|| section.missing("amount", "an amount per order"))?,
        },
        Model::India => FeeModel::India(india(section)?),
    };
    Ok(One {
        market,
        kind: section.choice("kind", &KINDS)?,
        model,
    })
}

fn rate(section: &Section<'_>, key: &'static str) -> Result<Option<Decimal>, ConfigError> {
    section.decimal_within(key, (Decimal::new(-1, 1), Decimal::new(1, 1)), UNIT)
}

fn amount(section: &Section<'_>, key: &'static str) -> Result<Option<Decimal>, ConfigError> {
    section.decimal_within(
        key,
        (Decimal::ZERO, Decimal::from(1_000_000)),
        "in quote currency",
    )
}

fn tiers(section: &Section<'_>) -> Result<Vec<FeeTier>, ConfigError> {
    let mut tiers: Vec<FeeTier> = Vec::new();
    for tier in section.sections("tiers")? {
        let taker = rate(&tier, "taker")?.ok_or_else(|| tier.missing("taker", UNIT))?;
        let volume_from =
            tier.decimal_within("volume_from", (Decimal::ZERO, Decimal::MAX), "traded in 30 days")?;
        let one = FeeTier {
            volume_from: volume_from.unwrap_or_default(),
            maker: rate(&tier, "maker")?.unwrap_or(taker),
            taker,
        };
        let ascends = tiers
            .last()
            .map_or(one.volume_from.is_zero(), |t| t.volume_from < one.volume_from);
        if !ascends {
            return Err(tier.error("volume_from", "must begin with 0 and ascend"));
        }
        tier.finish()?;
        tiers.push(one);
    }
    if tiers.is_empty() {
        return Err(section.missing("tiers", "a list: [{ volume_from = 0, maker = .., taker = .. }]"));
    }
    Ok(tiers)
}

fn india(section: &Section<'_>) -> Result<IndianCharges, ConfigError> {
    let exchanges = [
        ("nse", IndianExchange::Nse),
        ("bse", IndianExchange::Bse),
        ("mcx", IndianExchange::Mcx),
    ];
    let products = [
        ("delivery", EquityProduct::Delivery),
        ("intraday", EquityProduct::Intraday),
    ];
    let plans = [
        ("discount", BrokeragePlan::discount()),
        ("none", BrokeragePlan::default()),
    ];
    Ok(IndianCharges {
        exchange: section
            .choice("exchange", &exchanges)?
            .unwrap_or(IndianExchange::Nse),
        equity: section
            .choice("equity", &products)?
            .unwrap_or(EquityProduct::Delivery),
        plan: section
            .choice("plan", &plans)?
            .unwrap_or_else(BrokeragePlan::discount),
        oldest_before: section.flag("oldest_before")?.unwrap_or(false),
    })
}

/// What a market's fees are, in words.
#[must_use]
pub(crate) fn told(model: &FeeModel) -> String {
    match model {
        FeeModel::Rates { maker, taker } => {
            format!(
                "maker {}, taker {} of the notional",
                maker.normalize(),
                taker.normalize()
            )
        }
        FeeModel::Tiered(tiers) => {
            let tiers = tiers.iter().map(|t| {
                let (maker, taker) = (t.maker.normalize(), t.taker.normalize());
                format!("from {} maker {maker}, taker {taker}", t.volume_from.normalize())
            });
            let tiers: Vec<String> = tiers.collect();
            format!(
                "parts of the notional by the volume of 30 days: {}",
                tiers.join("; ")
            )
        }
        FeeModel::PerUnit {
            rate,
            order_min,
            value_max,
        } => {
            let most = value_max.map_or_else(String::new, |m| {
                format!(", at most {} of its value", m.normalize())
            });
            let (rate, least) = (rate.normalize(), order_min.normalize());
            format!("{rate} per unit, at least {least} per order{most}")
        }
        FeeModel::PerOrder { amount } => format!("{} per order", amount.normalize()),
        FeeModel::India(charges) => {
            let older = if charges.oldest_before {
                "; the oldest known rates stand for earlier times"
            } else {
                ""
            };
            format!(
                "Indian charges of {:?} ({:?} of shares): brokerage, transaction tax, exchange charge, IPFT, SEBI fee, \
                 stamp duty and GST by their dated rates{older}",
                charges.exchange, charges.equity
            )
        }
    }
}
