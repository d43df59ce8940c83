//! Accounts and their figures.

use std::collections::BTreeMap;

use tradewind_engine::Kernel;
use tradewind_engine::kernel::AccountState;
use tradewind_types::record::LedgerAccount;
use tradewind_types::{AccountInfo, Decimal};
use tradewind_wire as wire;
use wire::{Dec, Time};

use super::{enums, risk};

/// An account. `simulated` follows from the instruments of its venue.
#[must_use]
pub fn account(kernel: &Kernel, info: &AccountInfo, role: Option<wire::MemberRole>) -> wire::Account {
    let simulated = kernel
        .instruments()
        .iter()
        .any(|(_, i)| i.venue == info.venue && i.simulated);
    wire::Account {
        id: info.id.to_string(),
        name: info.name.clone(),
        kind: enums::account_kind(info.kind),
        venue: info.venue.to_string(),
        base_currency: info.base_currency.to_string(),
        role,
        simulated,
    }
}

/// An account with its current figures; `None` when there is none.
#[must_use]
pub fn detail(
    kernel: &Kernel,
    state: &AccountState,
    role: Option<wire::MemberRole>,
) -> Option<wire::AccountDetail> {
    let value = kernel.valuation(&state.info.id)?;
    let base = state.info.base_currency;
    let complete = value.equity.is_some();
    let exposure = match (value.exposure, value.equity) {
        (Some(exposure), Some(equity)) if equity > Decimal::ZERO => exposure.checked_div(equity),
        _ => None,
    };
    let day_pnl = value
        .equity
        .zip(value.day_open)
        .and_then(|(now, open)| now.checked_sub(open));
    let kill_switch = kernel.state().kill_switch.as_ref().or(state.kill_switch.as_ref());
    let held = state
        .ledger
        .owner_positions()
        .filter(|(_, p)| !p.quantity.is_zero())
        .count();
    Some(wire::AccountDetail {
        account: account(kernel, &state.info, role),
        equity: value.equity.map(Dec),
        equity_state: enums::data_state(value.state),
        cash_available: Dec(state.ledger.cash_available(base)),
        cash_locked: Dec(state.ledger.cash_locked(base)),
        cash_total: Dec(state.ledger.cash_total(base)),
        position_value: complete.then_some(Dec(value.position_value)),
        realised_pnl: kernel.sum_of_positions(state, |p| p.realised).map(Dec),
        unrealised_pnl: complete.then_some(Dec(value.unrealised)),
        fees: kernel.sum_of_positions(state, |p| p.fees).map(Dec),
        day_pnl: day_pnl.map(Dec),
        day_open_equity: value.day_open.map(Dec),
        peak_equity: value.peak.map(Dec),
        drawdown: value.drawdown.map(|d| Dec(d.max(Decimal::ZERO).round_dp(8))),
        exposure: exposure.map(|e| Dec(e.round_dp(8))),
        open_orders: u32::try_from(state.orders.open_count()).unwrap_or(u32::MAX),
        open_positions: u32::try_from(held).unwrap_or(u32::MAX),
        kill_switch: kill_switch.filter(|k| k.engaged).map(risk::kill_switch),
        risk_version: state.risk_version,
        ledger_sum: ledger_sum(state),
        ts: Time(kernel.now()),
    })
}

fn ledger_sum(state: &AccountState) -> Vec<wire::CurrencySum> {
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for (_, money) in state.ledger.balances() {
        *sums.entry(money.currency.to_string()).or_default() += money.amount;
    }
    sums.into_iter()
        .map(|(currency, sum)| wire::CurrencySum {
            currency,
            sum: Dec(sum),
        })
        .collect()
}

/// Cash per currency.
#[must_use]
pub fn balances(state: &AccountState) -> Vec<wire::Balance> {
    let line = |currency: tradewind_types::Currency| wire::Balance {
        currency: currency.to_string(),
        available: Dec(state.ledger.balance(LedgerAccount::CashAvailable, currency)),
        locked: Dec(state.ledger.balance(LedgerAccount::CashLocked, currency)),
        total: Dec(state.ledger.cash_total(currency)),
    };
    state.ledger.currencies().map(line).collect()
}
