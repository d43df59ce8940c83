//! Commands: checked whole before anything changes, journalled with what came of them, answered.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use tradewind_matching::paper::OrderChange;
use tradewind_types::market::DataState;
use tradewind_types::order::{OrderEventKind, OrderOrigin};
use tradewind_types::record::{
    Command, CommandEnvelope, FeeTable, KillSwitchChanged, LedgerSettings, LedgerSettingsChanged, Outcome,
    Record, RiskSettingsChanged, SessionTable, StrategyChanged, StrategyStatus, StrategyWeight,
    WeightsChanged,
};
use tradewind_types::risk::{MarginRules, RiskSettings};
use tradewind_types::{
    AccountId, AccountInfo, AccountKind, ClientOrderId, Instrument, InstrumentId, Money, Order, OrderKind,
    OrderRequest, OrderState, Quantity, Side, StrategyId, TimeInForce,
};

use super::bookkeeping::Asked;
use super::state::COMBINED;
use super::{AccountState, Actions, CommandError, CommandReply, Kernel};

type Answer = Result<CommandReply, CommandError>;

/// Sessions of one calendar: forty years of one a day.
const SESSIONS_MAX: usize = 10_000;
/// Strategies with settings of their own.
const OVERRIDES_MAX: usize = 100;
/// Rules of the place in one set of settings.
const PLACE_RULES_MAX: usize = 50;

impl Kernel {
    pub(super) fn command(&mut self, envelope: &CommandEnvelope, actions: &mut Actions) {
        // Strictly later than the last event: orders of two commands never share a time (rate rules rely on it).
        self.now = self.now.plus(1);
        let start = actions.records.len();
        let answer = self.answer(envelope, actions);
        // A command that changed something is journalled in front of its outcomes; one that did not is not.
        if actions.records.len() > start {
            actions.records.insert(start, Record::Command(envelope.clone()));
        }
        actions.reply = Some(answer);
    }

    fn answer(&mut self, envelope: &CommandEnvelope, actions: &mut Actions) -> Answer {
        let actor = envelope.actor.as_str();
        match &envelope.command {
            Command::OpenAccount { account, deposit } => self.open_account(account, *deposit, actor, actions),
            Command::Transfer {
                account,
                money,
                key,
                reason,
            } => self.transfer(account, *money, (key, reason), actor, actions),
            Command::SubmitOrders { orders, mode } => self.submit_orders(orders, *mode, actions),
            Command::CancelOrder {
                account,
                client_order_id,
            } => self.cancel_order(account, client_order_id, actions),
            Command::ModifyOrder {
                account,
                client_order_id,
                quantity,
                price,
                trigger,
                display,
                expected_version,
            } => {
                let change = OrderChange {
                    quantity: *quantity,
                    price: *price,
                    trigger: *trigger,
                    display: *display,
                };
                self.modify_order(account, client_order_id, &change, *expected_version, actions)
            }
            Command::DeployStrategy {
                account,
                strategy,
                spec,
            } => self.deploy(account, strategy, spec, actor, actions),
            Command::RemoveStrategy { account, strategy } => {
                self.remove_deployed(account, strategy, actor, actions)
            }
            Command::DefineSessions { table } => self.define_sessions(table, actions),
            Command::CancelAll { account, instrument } => {
                self.known_account(account)?;
                Ok(CommandReply::Canceled(self.cancel_all(
                    account,
                    instrument.as_ref(),
                    actions,
                )))
            }
            Command::Flatten { account, instrument } => {
                self.known_account(account)?;
                let orders = self.flatten(account, instrument.as_ref(), actor, actions);
                let created = vec![true; orders.len()];
                Ok(CommandReply::Orders {
                    orders,
                    created,
                    compensated: false,
                })
            }
            Command::SetRiskSettings {
                account,
                settings,
                expected_version,
            } => self.set_risk(account, settings, *expected_version, actor, actions),
            Command::SetStrategy {
                account,
                strategy,
                enabled,
            } => self.set_strategy(account, strategy, *enabled, actor, actions),
            Command::EngageKillSwitch {
                account,
                flatten,
                reason,
            } => self.engage(account.as_ref(), *flatten, (actor, reason), actions),
            Command::LiftKillSwitch { account } => self.lift(account.as_ref(), actor, actions),
            Command::Reconcile { account } => {
                if self.known_account(account)?.info.kind == AccountKind::Live {
                    return self.ask_venue(account);
                }
                let done = self.reconcile(account, actions);
                done.map(|r| CommandReply::Reconciliation(Box::new(r)))
                    .ok_or_else(|| CommandError::UnknownAccount(account.clone()))
            }
            Command::DefineInstrument { instrument } => Ok(self.define_instrument(instrument, actions)),
            Command::DefineFees { fees } => Ok(self.define_fees(fees, actions)),
            Command::Book {
                account,
                task,
                key,
                reason,
            } => self.book_task(account, task, Asked { key, reason, actor }, actions),
            Command::RecordFxRate { rate } => self.record_fx_rate(rate, actions),
        }
    }

    pub(super) fn known_account(&self, id: &AccountId) -> Result<&AccountState, CommandError> {
        self.account(id)
            .ok_or_else(|| CommandError::UnknownAccount(id.clone()))
    }

    fn open_account(
        &mut self,
        info: &AccountInfo,
        deposit: Money,
        actor: &str,
        actions: &mut Actions,
    ) -> Answer {
        if self.account(&info.id).is_some() {
            return Err(CommandError::AccountExists(info.id.clone()));
        }
        if deposit.currency != info.base_currency || deposit.amount < Decimal::ZERO {
            let message = format!("the first deposit must be 0 or more {}", info.base_currency);
            return Err(CommandError::BadAmount(message));
        }
        let _ = self.emit(Outcome::AccountOpened(info.clone()), actions);
        let change = RiskSettingsChanged {
            account: info.id.clone(),
            settings: RiskSettings::default(),
            version: 1,
            actor: actor.to_owned(),
            ts: self.now,
        };
        let _ = self.emit(Outcome::RiskSettings(Box::new(change)), actions);
        self.install_strategies(&info.id, actor, actions);
        if deposit.amount > Decimal::ZERO {
            self.book_transfer(&info.id, deposit, ("opening", "opening deposit"), actor, actions)?;
        }
        Ok(CommandReply::Account(Box::new(info.clone())))
    }

    fn install_strategies(&mut self, account: &AccountId, actor: &str, actions: &mut Actions) {
        let defaults = tradewind_strategy::Weights::scalping();
        let weights = defaults.iter().map(|(strategy, weight)| StrategyWeight {
            strategy: strategy.clone(),
            weight,
            mean_r: None,
            trades: 0,
        });
        let weights = WeightsChanged {
            account: account.clone(),
            weights: weights.collect(),
            ts: self.now,
        };
        let combined = StrategyId::new(COMBINED).expect("a lower-case word is a valid id");
        for strategy in defaults.iter().map(|(id, _)| id.clone()).chain([combined]) {
            let change = StrategyChanged {
                account: account.clone(),
                strategy,
                status: StrategyStatus::Stopped,
                actor: actor.to_owned(),
                ts: self.now,
            };
            let _ = self.emit(Outcome::Strategy(change), actions);
        }
        let _ = self.emit(Outcome::Weights(weights), actions);
    }

    fn transfer(
        &mut self,
        account: &AccountId,
        money: Money,
        (key, reason): (&str, &str),
        actor: &str,
        actions: &mut Actions,
    ) -> Answer {
        let state = self.known_account(account)?;
        if money.currency != state.info.base_currency {
            let message = format!(
                "the account holds {}, not {}",
                state.info.base_currency, money.currency
            );
            return Err(CommandError::BadAmount(message));
        }
        if money.amount.is_zero() {
            return Err(CommandError::BadAmount("the amount must not be 0".to_owned()));
        }
        self.book_transfer(account, money, (key, reason), actor, actions)
    }

    fn book_transfer(
        &mut self,
        account: &AccountId,
        money: Money,
        (key, reason): (&str, &str),
        actor: &str,
        actions: &mut Actions,
    ) -> Answer {
        let facts = self.entry_facts(format!("transfer:{key}"), actor, reason);
        let ledger = &self.known_account(account)?.ledger;
        let entry = if money.amount > Decimal::ZERO {
            ledger.deposit_entry(facts, money)?
        } else {
            ledger.withdrawal_entry(facts, money.negated())?
        };
        self.emit(Outcome::Ledger(Box::new(entry.clone())), actions)
            .map_err(ledger_error)?;
        Ok(CommandReply::Entry(Box::new(entry)))
    }

    fn set_risk(
        &mut self,
        account: &AccountId,
        settings: &RiskSettings,
        expected: u32,
        actor: &str,
        actions: &mut Actions,
    ) -> Answer {
        let current = self.known_account(account)?.risk_version;
        if current != expected {
            return Err(CommandError::VersionConflict { current });
        }
        check_settings(settings)?;
        let books = self.books_for(account, settings)?;
        let change = RiskSettingsChanged {
            account: account.clone(),
            settings: settings.clone(),
            version: current + 1,
            actor: actor.to_owned(),
            ts: self.now,
        };
        let _ = self.emit(Outcome::RiskSettings(Box::new(change)), actions);
        if let Some(settings) = books {
            let version = self.known_account(account)?.ledger.settings_version() + 1;
            let change = LedgerSettingsChanged {
                account: account.clone(),
                settings,
                version,
                actor: actor.to_owned(),
                ts: self.now,
            };
            let _ = self.emit(Outcome::LedgerSettings(Box::new(change)), actions);
        }
        Ok(CommandReply::Risk { version: current + 1 })
    }

    /// An account that trades on margin may owe cash, one that does not may not: the ledger's settings that follow
    /// from the gate's, where they change.
    fn books_for(
        &self,
        account: &AccountId,
        settings: &RiskSettings,
    ) -> Result<Option<LedgerSettings>, CommandError> {
        let ledger = &self.known_account(account)?.ledger;
        let overdraft = settings.margin.enabled;
        if ledger.settings().overdraft == overdraft {
            return Ok(None);
        }
        let changed = LedgerSettings {
            overdraft,
            ..ledger.settings().clone()
        };
        ledger.check_settings(&changed)?;
        let owes = ledger
            .currencies()
            .any(|c| ledger.cash_available(c) < Decimal::ZERO);
        let short = ledger.open_sides().any(|side| side.quantity < Decimal::ZERO);
        if !overdraft && (owes || short) {
            return Err(CommandError::BadSetting {
                field: "margin.enabled",
                message: "the account owes cash or is short: close that first".to_owned(),
            });
        }
        Ok(Some(changed))
    }

    fn set_strategy(
        &mut self,
        account: &AccountId,
        strategy: &StrategyId,
        enabled: bool,
        actor: &str,
        actions: &mut Actions,
    ) -> Answer {
        let state = self.known_account(account)?;
        if !state.strategies.contains_key(strategy) {
            return Err(CommandError::UnknownStrategy(strategy.to_string()));
        }
        let status = if enabled {
            StrategyStatus::Running
        } else {
            StrategyStatus::Stopped
        };
        if *state.strategy_status(strategy) != status {
            let change = StrategyChanged {
                account: account.clone(),
                strategy: strategy.clone(),
                status,
                actor: actor.to_owned(),
                ts: self.now,
            };
            let _ = self.emit(Outcome::Strategy(change), actions);
            if enabled {
                self.deployed_switched_on(account, strategy, actions);
            }
        }
        Ok(CommandReply::Done)
    }

    fn engage(
        &mut self,
        account: Option<&AccountId>,
        flatten: bool,
        (actor, reason): (&str, &str),
        actions: &mut Actions,
    ) -> Answer {
        if let Some(id) = account {
            self.known_account(id)?;
        }
        // Engaging twice is harmless and cancels again: whoever presses it wants quiet, not an error.
        self.engage_kill_switch(account, (actor, reason), actions);
        let accounts: Vec<AccountId> = match account {
            Some(id) => vec![id.clone()],
            None => self.state.accounts.keys().cloned().collect(),
        };
        for id in &accounts {
            self.cancel_all(id, None, actions);
            if flatten {
                self.flatten(id, None, actor, actions);
            }
        }
        Ok(CommandReply::Done)
    }

    pub(super) fn engage_kill_switch(
        &mut self,
        account: Option<&AccountId>,
        (actor, reason): (&str, &str),
        actions: &mut Actions,
    ) {
        let change = KillSwitchChanged {
            account: account.cloned(),
            engaged: true,
            actor: actor.to_owned(),
            reason: reason.to_owned(),
            ts: self.now,
        };
        let _ = self.emit(Outcome::KillSwitch(change), actions);
    }

    fn lift(&mut self, account: Option<&AccountId>, actor: &str, actions: &mut Actions) -> Answer {
        let engaged = match account {
            None => self.state.kill_switch.is_some(),
            Some(id) => self.known_account(id)?.kill_switch.is_some(),
        };
        if !engaged {
            return Err(CommandError::KillSwitchAlready("lifted"));
        }
        let change = KillSwitchChanged {
            account: account.cloned(),
            engaged: false,
            actor: actor.to_owned(),
            reason: "lifted by a person".to_owned(),
            ts: self.now,
        };
        let _ = self.emit(Outcome::KillSwitch(change), actions);
        Ok(CommandReply::Done)
    }

    pub(super) fn define_instrument(
        &mut self,
        instrument: &Instrument,
        actions: &mut Actions,
    ) -> CommandReply {
        let same = self
            .state
            .instruments
            .by_id(&instrument.id)
            .is_some_and(|known| **known == *instrument);
        if !same {
            let _ = self.emit(Outcome::InstrumentDefined(Box::new(instrument.clone())), actions);
            self.grow_markets();
            if let Some(idx) = self.state.instruments.idx(&instrument.id) {
                self.markets[idx.slot()].redefine(instrument.clone().into());
            }
            self.carry_changed();
        }
        CommandReply::Done
    }

    fn define_fees(&mut self, fees: &FeeTable, actions: &mut Actions) -> CommandReply {
        let same = self.state.fees.get(&fees.market).is_some_and(|known| {
            (known.maker, known.taker, &known.source) == (fees.maker, fees.taker, &fees.source)
        });
        if !same {
            let _ = self.emit(Outcome::FeesDefined(fees.clone()), actions);
            self.simulated.venue_mut().set_fees(fees.clone());
            super::reports::set_fee_rules(self.simulated.venue_mut(), &self.config);
        }
        CommandReply::Done
    }

    fn define_sessions(&mut self, table: &SessionTable, actions: &mut Actions) -> Answer {
        let ordered = table.sessions.iter().all(|s| s.open < s.close)
            && table
                .sessions
                .windows(2)
                .all(|pair| pair[0].close <= pair[1].open);
        if !ordered || table.sessions.len() > SESSIONS_MAX {
            return Err(CommandError::BadSetting {
                field: "sessions",
                message: format!(
                    "at most {SESSIONS_MAX}, each open before it closes, ascending, without overlap"
                ),
            });
        }
        if self.state.sessions.get(&table.calendar) != Some(table) {
            let _ = self.emit(Outcome::Sessions(table.clone()), actions);
        }
        Ok(CommandReply::Done)
    }

    fn cancel_order(&mut self, account: &AccountId, id: &ClientOrderId, actions: &mut Actions) -> Answer {
        let state = self.known_account(account)?;
        let order = state
            .orders
            .get(id)
            .ok_or_else(|| CommandError::UnknownOrder(id.clone()))?;
        if !order.state.is_open() {
            return Err(CommandError::OrderNotOpen {
                id: id.clone(),
                state: order.state.name(),
            });
        }
        self.request_cancel(account, id, actions);
        let state = self.known_account(account)?;
        let order = state
            .orders
            .get(id)
            .ok_or_else(|| CommandError::UnknownOrder(id.clone()))?;
        Ok(CommandReply::Order(Box::new(order.clone())))
    }

    /// Asks for a cancel; what no venue has is gone at once. False when nothing was asked.
    pub(super) fn request_cancel(
        &mut self,
        account: &AccountId,
        id: &ClientOrderId,
        actions: &mut Actions,
    ) -> bool {
        let gone = OrderEventKind::Canceled {
            reason: "canceled on request".to_owned(),
        };
        let waits = self
            .order(account, id)
            .is_some_and(|o| o.state == OrderState::Initialized);
        if waits {
            let event = self.event_of(account, id, gone);
            let canceled = self.emit_if_legal(event, actions);
            self.follow_links(account, id, actions);
            return canceled;
        }
        // An order whose cancel is already under way refuses a second request; that is no news.
        let event = self.event_of(account, id, OrderEventKind::CancelRequested);
        if !self.emit_if_legal(event, actions) {
            return false;
        }
        let unknown = self
            .order(account, id)
            .is_some_and(|o| o.state == OrderState::Unknown);
        if unknown {
            // It goes out once the venue has said that the order is there.
            return true;
        }
        if self.is_sliced(account, id) {
            self.follow_iceberg(account, id, actions);
        } else if self.held.remove(account, id) {
            let event = self.event_of(account, id, gone);
            self.emit_if_legal(event, actions);
            self.order_ended(account, id, actions);
        } else {
            let now = self.now;
            self.execution(account).cancel(account, id, now);
        }
        true
    }

    pub(super) fn cancel_all(
        &mut self,
        account: &AccountId,
        instrument: Option<&InstrumentId>,
        actions: &mut Actions,
    ) -> Vec<ClientOrderId> {
        let Some(state) = self.account(account) else {
            return Vec::new();
        };
        let wanted = |o: &&Order| instrument.is_none_or(|i| o.request.instrument == *i);
        let ids: Vec<ClientOrderId> = state
            .orders
            .open()
            .filter(wanted)
            .map(|o| o.request.client_order_id.clone())
            .collect();
        ids.into_iter()
            .filter(|id| self.request_cancel(account, id, actions))
            .collect()
    }

    /// Reduce-only market orders against every open position, of a hedged account against both sides; orders that stand
    /// in the way are canceled first.
    pub(super) fn flatten(
        &mut self,
        account: &AccountId,
        instrument: Option<&InstrumentId>,
        actor: &str,
        actions: &mut Actions,
    ) -> Vec<Order> {
        self.cancel_all(account, instrument, actions);
        let Some(state) = self.account(account) else {
            return Vec::new();
        };
        let open: Vec<(InstrumentId, Decimal)> = state
            .ledger
            .open_sides()
            .filter(|side| instrument.is_none_or(|i| i == side.instrument))
            .map(|side| (side.instrument.clone(), side.quantity))
            .collect();
        let mut orders = Vec::with_capacity(open.len());
        for (instrument, quantity) in open {
            let Ok(size) = Quantity::new(quantity.abs()) else {
                continue;
            };
            let id = format!("auto-F{}", self.next_number());
            let Ok(client_order_id) = ClientOrderId::new(&id) else {
                continue;
            };
            let request = OrderRequest {
                client_order_id: client_order_id.clone(),
                account: account.clone(),
                instrument,
                side: if quantity > Decimal::ZERO {
                    Side::Sell
                } else {
                    Side::Buy
                },
                quantity: size,
                kind: OrderKind::Market,
                time_in_force: TimeInForce::Ioc,
                reduce_only: true,
                origin: OrderOrigin::Flatten {
                    actor: actor.to_owned(),
                },
                terms: tradewind_types::OrderTerms::default(),
            };
            self.place(&request, false, actions);
            orders.extend(
                self.account(account)
                    .and_then(|a| a.orders.get(&client_order_id))
                    .cloned(),
            );
        }
        orders
    }

    /// Whether an instrument's quote can be acted on now.
    #[must_use]
    pub fn is_valid(&self, instrument: &InstrumentId) -> bool {
        self.quote_of(instrument).1 == DataState::Valid
    }
}

pub(super) fn ledger_error(error: super::FoldError) -> CommandError {
    match error {
        super::FoldError::Ledger(error) => CommandError::Ledger(error),
        other => CommandError::BadAmount(other.to_string()),
    }
}

fn check_settings(s: &RiskSettings) -> Result<(), CommandError> {
    let fractions = [
        ("confidence_min", s.confidence_min, Decimal::ONE),
        ("exposure_max", s.exposure_max, Decimal::TEN),
        ("signal_size", s.signal_size, Decimal::ONE),
        ("order_size_max", s.order_size_max, Decimal::TEN),
        ("price_band", s.price_band, Decimal::ONE),
        ("entry_offset", s.entry_offset, Decimal::ONE),
        ("daily_loss_max", s.daily_loss_max, Decimal::ONE),
        ("drawdown_max", s.drawdown_max, Decimal::ONE),
        ("stop_distance", s.stop_distance, Decimal::ONE),
    ];
    for (field, value, max) in fractions {
        if value <= Decimal::ZERO || value > max {
            let message = format!("must be above 0 and at most {max} (a fraction: 0.05 is 5 %), got {value}");
            return Err(CommandError::BadSetting { field, message });
        }
    }
    check_margin(&s.margin)?;
    if let Some((field, message)) = s.sizing.fault() {
        return Err(CommandError::BadSetting { field, message });
    }
    let profit = s.protection.take_profit;
    if profit <= Decimal::ZERO || profit > Decimal::TEN {
        return Err(bad(
            "protection.take_profit",
            format!("must be above 0 and at most 10, got {profit}"),
        ));
    }
    if s.intraday.act_minutes > s.intraday.warn_minutes || s.intraday.warn_minutes > 24 * 60 {
        let message = "warn_minutes is at most 1440, and act_minutes not above it".to_owned();
        return Err(bad("intraday.act_minutes", message));
    }
    if s.overrides.len() > OVERRIDES_MAX || s.place.len() > PLACE_RULES_MAX {
        let message = format!("at most {OVERRIDES_MAX} strategies and {PLACE_RULES_MAX} rules of the place");
        return Err(bad("overrides", message));
    }
    for overrides in s.overrides.values() {
        let mut settings = RiskSettings {
            overrides: BTreeMap::new(),
            ..s.clone()
        };
        overrides.apply(&mut settings);
        check_settings(&settings)?;
        if settings.margin.enabled != s.margin.enabled {
            let message = "margin is switched on or off for the account, not for a strategy".to_owned();
            return Err(bad("overrides", message));
        }
    }
    if s.whitelist.as_ref().is_some_and(|list| list.len() > 10_000) {
        let message = "at most 10000 instruments".to_owned();
        return Err(CommandError::BadSetting {
            field: "whitelist",
            message,
        });
    }
    Ok(())
}

fn bad(field: &'static str, message: String) -> CommandError {
    CommandError::BadSetting { field, message }
}

fn check_margin(rules: &MarginRules) -> Result<(), CommandError> {
    let steps = [
        rules.use_warn,
        rules.use_warn_again,
        rules.use_block,
        rules.use_offer,
        rules.use_force,
    ];
    let ascending = steps.windows(2).all(|pair| pair[0] <= pair[1]) && rules.use_warn > Decimal::ZERO;
    if !ascending {
        let message = "the steps of margin use ascend: warn, warn again, block, offer, force".to_owned();
        return Err(bad("margin.use_warn", message));
    }
    if rules.leverage_max <= Decimal::ZERO || rules.ratio_warn < Decimal::ONE {
        let message = "leverage_max is above 0, and ratio_warn at least 1".to_owned();
        return Err(bad("margin.leverage_max", message));
    }
    Ok(())
}
