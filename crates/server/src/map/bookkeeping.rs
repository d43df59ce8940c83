//! Bookings, settings of the books, valuations, rates and statements.

use tradewind_engine::kernel::bookkeeping::RowTrial;
use tradewind_ledger::pnl::Pnl;
use tradewind_ledger::statement::{Statement, totals};
use tradewind_ledger::{Breakdown, CurrencyValue};
use tradewind_types as t;
use tradewind_types::num::parse_decimal;
use tradewind_types::record as r;
use tradewind_types::{Currency, Decimal, Money};
use tradewind_wire as wire;
use wire::{Dec, Time};

use super::enums;
use crate::problem::{ApiError, ApiResult};

/// Rows of a statement that are listed; all are counted.
const ROWS_LISTED_MAX: usize = 2_000;

fn decimal(field: &str, text: &str) -> ApiResult<Decimal> {
    parse_decimal(text).map_err(|e| ApiError::field(field, "NOT_A_DECIMAL", e.to_string()))
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(field: &str, text: &str) -> ApiResult<T> {
    text.parse()
        .map_err(|e: T::Err| ApiError::field(field, "MALFORMED", e.to_string()))
}

fn optional<T: std::str::FromStr<Err: std::fmt::Display>>(
    field: &str,
    text: Option<&str>,
) -> ApiResult<Option<T>> {
    text.map(|text| parsed(field, text)).transpose()
}

fn money(field: &str, amount: &str, currency: &str) -> ApiResult<Money> {
    Ok(Money::new(decimal(field, amount)?, parsed("currency", currency)?))
}

fn needed<'a, T: ?Sized>(field: &str, value: Option<&'a T>) -> ApiResult<&'a T> {
    value.ok_or_else(|| ApiError::field(field, "MISSING", "this kind needs it"))
}

/// Methods.
#[must_use]
pub fn lot_method(method: &r::LotMethod) -> wire::LotMethod {
    match method {
        r::LotMethod::Fifo => wire::LotMethod::Fifo,
        r::LotMethod::Lifo => wire::LotMethod::Lifo,
        r::LotMethod::Hifo => wire::LotMethod::Hifo,
        r::LotMethod::Specific { .. } => wire::LotMethod::Specific,
    }
}

fn lot_method_back(method: wire::LotMethod, picks: &[wire::LotPick]) -> ApiResult<r::LotMethod> {
    Ok(match method {
        wire::LotMethod::Fifo => r::LotMethod::Fifo,
        wire::LotMethod::Lifo => r::LotMethod::Lifo,
        wire::LotMethod::Hifo => r::LotMethod::Hifo,
        wire::LotMethod::Specific => {
            let mut lots = Vec::with_capacity(picks.len());
            for pick in picks {
                lots.push(r::LotPick {
                    lot: parsed("lots.lot", &pick.lot)?,
                    quantity: decimal("lots.quantity", &pick.quantity)?,
                });
            }
            r::LotMethod::Specific { lots }
        }
    })
}

/// Settings of the books.
#[must_use]
pub fn settings(settings: &r::LedgerSettings, version: u32) -> wire::LedgerSettings {
    wire::LedgerSettings {
        version,
        lot_method: lot_method(&settings.lot_method),
        position_mode: match settings.position_mode {
            r::PositionMode::Netting => wire::PositionMode::Netting,
            r::PositionMode::Hedging => wire::PositionMode::Hedging,
        },
        overdraft: settings.overdraft,
    }
}

/// Settings of the books, back.
///
/// # Errors
/// Never for methods without lots; the kernel refuses named lots for an account.
pub fn settings_back(change: &wire::LedgerSettingsChange) -> ApiResult<r::LedgerSettings> {
    Ok(r::LedgerSettings {
        lot_method: lot_method_back(change.lot_method, &[])?,
        position_mode: match change.position_mode {
            wire::PositionMode::Netting => r::PositionMode::Netting,
            wire::PositionMode::Hedging => r::PositionMode::Hedging,
        },
        overdraft: change.overdraft,
    })
}

fn fee_kind(kind: wire::FeeKind) -> r::FeeKind {
    match kind {
        wire::FeeKind::Commission => r::FeeKind::Commission,
        wire::FeeKind::Exchange => r::FeeKind::Exchange,
        wire::FeeKind::Clearing => r::FeeKind::Clearing,
        wire::FeeKind::Regulatory => r::FeeKind::Regulatory,
        wire::FeeKind::Tax => r::FeeKind::Tax,
        wire::FeeKind::Borrow => r::FeeKind::Borrow,
        wire::FeeKind::Other => r::FeeKind::Other,
    }
}

/// A booking; the entry that it names is looked up by the route.
///
/// # Errors
/// Fields that are missing for the kind, or not readable.
pub fn task(task: &wire::BookingTask) -> ApiResult<r::BookTask> {
    Ok(match task {
        wire::BookingTask::Cash {
            kind,
            amount,
            currency,
            withheld,
            fee,
            instrument,
            strategy,
        } => r::BookTask::Cash {
            kind: match kind {
                wire::CashKind::Funding => r::CashKind::Funding,
                wire::CashKind::Interest => r::CashKind::Interest,
                wire::CashKind::Dividend => r::CashKind::Dividend {
                    withheld: decimal("withheld", withheld.as_deref().unwrap_or("0"))?,
                },
                wire::CashKind::Fee => r::CashKind::Fee {
                    fee: fee.map_or(r::FeeKind::Other, fee_kind),
                },
                wire::CashKind::WithholdingTax => r::CashKind::WithholdingTax,
                wire::CashKind::Adjustment => r::CashKind::Adjustment,
            },
            money: money("amount", amount, currency)?,
            about: r::Attribution {
                instrument: optional("instrument", instrument.as_deref())?,
                strategy: optional("strategy", strategy.as_deref())?,
            },
        },
        wire::BookingTask::Exchange {
            sold,
            sold_currency,
            bought,
            bought_currency,
        } => r::BookTask::Exchange {
            sold: money("sold", sold, sold_currency)?,
            bought: money("bought", bought, bought_currency)?,
        },
        wire::BookingTask::TransferTo { to, amount, currency } => r::BookTask::TransferTo {
            to: parsed("to", to)?,
            money: money("amount", amount, currency)?,
        },
        wire::BookingTask::Reverse { entry, corrected } => r::BookTask::Reverse {
            entry: parsed("entry", entry)?,
            original: None,
            corrected: corrected.as_ref().map(fill).transpose()?,
        },
        wire::BookingTask::Allocate { entry, parts } => {
            let mut all = Vec::with_capacity(parts.len());
            for part in parts {
                all.push(r::AllocationPart {
                    strategy: optional("parts.strategy", part.strategy.as_deref())?,
                    quantity: parsed("parts.quantity", &part.quantity)?,
                });
            }
            r::BookTask::Allocate {
                entry: parsed("entry", entry)?,
                original: None,
                parts: all,
            }
        }
        wire::BookingTask::Corporate { action } => r::BookTask::Corporate {
            action: corporate(action)?,
            define: None,
        },
        wire::BookingTask::ChooseLots {
            client_order_id,
            method,
            lots,
        } => r::BookTask::ChooseLots {
            client_order_id: parsed("client_order_id", client_order_id)?,
            method: lot_method_back(*method, lots)?,
        },
    })
}

fn fill(fill: &wire::CorrectedFill) -> ApiResult<r::ForeignFill> {
    let instrument: t::InstrumentId = parsed("corrected.instrument", &fill.instrument)?;
    // The fee is in the instrument's quote currency; the kernel knows it and checks.
    let quote = instrument.symbol.as_str().rsplit('-').next().unwrap_or_default();
    Ok(r::ForeignFill {
        strategy: optional("corrected.strategy", fill.strategy.as_deref())?,
        side: enums::side_back(fill.side),
        quantity: parsed("corrected.quantity", &fill.quantity)?,
        price: parsed("corrected.price", &fill.price)?,
        fee: money("corrected.fee", &fill.fee, quote)?,
        instrument,
    })
}

fn corporate(action: &wire::CorporateAction) -> ApiResult<r::CorporateAction> {
    use wire::CorporateActionKind as K;
    let ratio = || -> ApiResult<r::Ratio> {
        Ok(r::Ratio {
            new: *needed("ratio_new", action.ratio_new.as_ref())?,
            held: *needed("ratio_held", action.ratio_held.as_ref())?,
        })
    };
    let into = || -> ApiResult<t::InstrumentId> { parsed("into", needed("into", action.into.as_deref())?) };
    let price = || -> ApiResult<t::Price> { parsed("price", needed("price", action.price.as_deref())?) };
    let fraction = || {
        decimal(
            "cost_fraction",
            needed("cost_fraction", action.cost_fraction.as_deref())?,
        )
    };
    let cash = || -> ApiResult<Money> {
        let currency = needed("currency", action.currency.as_deref())?;
        money(
            "per_unit",
            needed("per_unit", action.per_unit.as_deref())?,
            currency,
        )
    };
    let kind = match action.kind {
        K::Split => r::ActionKind::Split { ratio: ratio()? },
        K::Bonus => r::ActionKind::Bonus { ratio: ratio()? },
        K::StockDividend => r::ActionKind::StockDividend { ratio: ratio()? },
        K::Rights => r::ActionKind::Rights {
            ratio: ratio()?,
            price: price()?,
            taken: decimal("taken", needed("taken", action.taken.as_deref())?)?,
        },
        K::CashDividend => r::ActionKind::CashDividend {
            per_unit: cash()?,
            withholding: decimal("withholding", action.withholding.as_deref().unwrap_or("0"))?,
        },
        K::Merger => {
            let stock = match &action.into {
                Some(_) => Some((into()?, ratio()?)),
                None => None,
            };
            let cash = match &action.per_unit {
                Some(_) => Some(cash()?),
                None => None,
            };
            let cash_cost_fraction = match (stock.is_some(), cash.is_some()) {
                (true, true) => fraction()?,
                (_, true) => Decimal::ONE,
                _ => Decimal::ZERO,
            };
            r::ActionKind::Merger {
                stock,
                cash,
                cash_cost_fraction,
            }
        }
        K::SpinOff => r::ActionKind::SpinOff {
            into: into()?,
            ratio: ratio()?,
            cost_fraction: fraction()?,
        },
        K::SymbolChange => r::ActionKind::SymbolChange { into: into()? },
        K::Delisting => r::ActionKind::Delisting { price: price()? },
    };
    let fractions = match action.fraction_price.as_deref() {
        None => r::Fractions::Keep,
        Some(price) => r::Fractions::CashInLieu {
            price: parsed("fraction_price", price)?,
            step: decimal("fraction_step", action.fraction_step.as_deref().unwrap_or("1"))?,
        },
    };
    Ok(r::CorporateAction {
        instrument: parsed("instrument", &action.instrument)?,
        kind,
        effective: action.effective.0,
        fractions,
        source: action.source.clone(),
    })
}

/// A rate.
#[must_use]
pub fn rate(rate: &r::FxRate) -> wire::FxRate {
    wire::FxRate {
        base: rate.base.to_string(),
        quote: rate.quote.to_string(),
        rate: Dec(rate.rate).to_string(),
        ts: Time(rate.ts),
        source: rate.source.clone(),
    }
}

/// A rate, back.
///
/// # Errors
/// Currencies or a rate that cannot be read, or are no rate.
pub fn rate_back(rate: &wire::FxRate) -> ApiResult<r::FxRate> {
    let rate = r::FxRate {
        base: parsed("base", &rate.base)?,
        quote: parsed("quote", &rate.quote)?,
        rate: decimal("rate", &rate.rate)?,
        ts: rate.ts.0,
        source: rate.source.trim().to_owned(),
    };
    rate.check()
        .map_err(|e| ApiError::field("rate", "OUT_OF_RANGE", e.to_string()))?;
    Ok(rate)
}

fn currency_value(part: &CurrencyValue) -> wire::CurrencyValue {
    let quote = part.rate.as_ref().ok();
    wire::CurrencyValue {
        currency: part.currency.to_string(),
        cash: Dec(part.cash),
        positions: Dec(part.positions),
        unmarked: part.unmarked.iter().map(ToString::to_string).collect(),
        rate: quote.map(|q| Dec(q.rate)),
        rate_ts: quote.map(|q| Time(q.ts)),
        rate_source: quote.map(|q| q.source.clone()),
        problem: part.rate.as_ref().err().map(ToString::to_string),
        in_base: part.in_base.map(Dec),
    }
}

/// A valuation.
#[must_use]
pub fn valuation<'a>(
    breakdown: &Breakdown,
    strategies: impl IntoIterator<Item = (&'a (Option<t::StrategyId>, Currency), &'a Pnl)>,
) -> wire::AccountValuation {
    let line = |((strategy, currency), pnl): (&(Option<t::StrategyId>, Currency), &Pnl)| wire::StrategyPnl {
        strategy: strategy.as_ref().map(ToString::to_string),
        currency: currency.to_string(),
        realised: Dec(pnl.realised),
        unrealised: pnl.unrealised.map(Dec),
        fees: Dec(pnl.fees),
        income: Dec(pnl.income),
        total: pnl.total().map(Dec),
    };
    wire::AccountValuation {
        base_currency: breakdown.base.to_string(),
        equity: breakdown.equity.map(Dec),
        currencies: breakdown.parts.iter().map(currency_value).collect(),
        strategies: strategies.into_iter().map(line).collect(),
    }
}

/// A statement with what became of its rows, one trial for each.
#[must_use]
pub fn statement(read: &Statement, trials: &[RowTrial]) -> wire::Statement {
    let mut rows: Vec<wire::StatementRow> = Vec::new();
    let mut fitting = Vec::new();
    let mut counts = [0u32; 4];
    for (row, trial) in read.rows.iter().zip(trials) {
        let (state, message) = match trial {
            RowTrial::Fits => {
                fitting.push(row);
                (wire::StatementRowState::Booked, None)
            }
            RowTrial::Duplicate => (wire::StatementRowState::Duplicate, None),
            RowTrial::Refused(why) => (wire::StatementRowState::Refused, Some(why.clone())),
        };
        counts[state as usize] += 1;
        rows.push(wire::StatementRow {
            line: row.line,
            state,
            ts: Some(Time(row.ts)),
            text: row.reason.clone(),
            column: None,
            message,
        });
    }
    let others = [
        (wire::StatementRowState::PassedOver, &read.passed_over),
        (wire::StatementRowState::Refused, &read.refused),
    ];
    for (state, errors) in others {
        for error in errors {
            counts[state as usize] += 1;
            rows.push(wire::StatementRow {
                line: error.line,
                state,
                ts: None,
                text: String::new(),
                column: error.column.clone(),
                message: Some(error.message.clone()),
            });
        }
    }
    rows.sort_by_key(|row| row.line);
    rows.truncate(ROWS_LISTED_MAX);
    let (sums, _) = totals(fitting);
    let totals = sums.iter().map(|(currency, total)| wire::StatementTotal {
        currency: currency.to_string(),
        transfers: Dec(total.transfers),
        trades: Dec(total.trades),
        cash: Dec(total.cash),
        fees: Dec(total.fees),
    });
    wire::Statement {
        preset: read.preset.name().to_owned(),
        digest: read.digest.clone(),
        booked: counts[wire::StatementRowState::Booked as usize],
        duplicates: counts[wire::StatementRowState::Duplicate as usize],
        passed_over: counts[wire::StatementRowState::PassedOver as usize],
        refused: counts[wire::StatementRowState::Refused as usize],
        totals: totals.collect(),
        rows,
    }
}
