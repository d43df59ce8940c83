//! The account's books: income, exchanges, transfers between accounts, corrections, allocations, corporate actions,
//! statements. Each task makes all of its entries on a copy of the ledger first; only when every one of them fits is
//! the first folded, so that a task is booked whole or not at all.

use rust_decimal::Decimal;
use tradewind_ledger::{EntryFacts, IMPORT_PREFIX, Ledger, LedgerError, Multipliers, allocate, reversal_key};
use tradewind_types::record::{
    ActionKind, AllocationPart, BookTask, CorporateAction, EntryDetail, ForeignFill, FxRate, ImportItem,
    ImportRow, LedgerAccount, LedgerEntry, LedgerSettings, LedgerSettingsChanged, LotMethod, LotsChosen,
    Outcome,
};
use tradewind_types::time::DAY_NS;
use tradewind_types::{AccountId, ClientOrderId, EntryId, Instrument, InstrumentId, Money, Side, UnixNanos};

use super::commands::ledger_error;
use super::{Actions, CommandError, CommandReply, Kernel};

/// An exchange rate older than this converts nothing.
pub const RATE_AGE_MAX_NS: u64 = 7 * DAY_NS;
/// Rows of one statement: the command is one record of the journal, and its entries are one group.
pub const IMPORT_ROWS_MAX: usize = 2_000;
/// Lots named for one order.
pub const PICKS_MAX: usize = 1_000;

type Answer = Result<CommandReply, CommandError>;
type Made = Result<Vec<LedgerEntry>, CommandError>;

/// Who asks, under which key, and why.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) key: &'a str,
    pub(super) reason: &'a str,
    pub(super) actor: &'a str,
}

impl Kernel {
    pub(super) fn book_task(
        &mut self,
        account: &AccountId,
        task: &BookTask,
        asked: Asked<'_>,
        actions: &mut Actions,
    ) -> Answer {
        let ledger = &self.known_account(account)?.ledger;
        if let Some(done) = self.booked_before(account, asked.key) {
            return Ok(CommandReply::Entries(done));
        }
        let entries = match task {
            BookTask::Settings {
                settings,
                expected_version,
            } => return self.keep_books(account, settings, *expected_version, asked, actions),
            BookTask::ChooseLots {
                client_order_id,
                method,
            } => return self.choose_lots(account, client_order_id, method, asked, actions),
            BookTask::TransferTo { to, money } => {
                return self.transfer_to(account, to, *money, asked, actions);
            }
            BookTask::Import { preset, rows, .. } => {
                return self.import(account, (preset, rows), asked, actions);
            }
            BookTask::Cash { kind, money, about } => {
                vec![ledger.cash_entry(self.facts(asked, "", 0), *kind, *money, about.clone())?]
            }
            BookTask::Exchange { sold, bought } => {
                let base = self.worth_in_base(ledger, *bought, self.now)?;
                vec![ledger.conversion_entry(self.facts(asked, "", 0), *sold, *bought, base)?]
            }
            BookTask::Reverse {
                entry,
                original,
                corrected,
            } => self.reverse(account, (entry, original.as_deref()), corrected.as_ref(), asked)?,
            BookTask::Allocate {
                entry,
                original,
                parts,
            } => self.allocate_trade(account, (entry, original.as_deref()), parts, asked)?,
            BookTask::Corporate { action, define } => {
                let entries = self.corporate(account, action, define.as_deref(), asked)?;
                if let Some(instrument) = define {
                    self.define_instrument(instrument, actions);
                    // The definition took a number; the entries' ids follow it.
                    let entries = self.corporate(account, action, None, asked)?;
                    let booked = self.emit_entries(entries, actions)?;
                    self.adjust_orders(account, action, actions);
                    return Ok(booked);
                }
                let booked = self.emit_entries(entries, actions)?;
                self.adjust_orders(account, action, actions);
                return Ok(booked);
            }
        };
        self.emit_entries(entries, actions)
    }

    pub(super) fn record_fx_rate(&mut self, rate: &FxRate, actions: &mut Actions) -> Answer {
        self.emit(Outcome::FxRate(rate.clone()), actions)
            .map_err(ledger_error)?;
        Ok(CommandReply::Done)
    }

    /// The entries that this key made, where they are still in memory: a repetition gets them again.
    fn booked_before(&self, account: &AccountId, key: &str) -> Option<Vec<LedgerEntry>> {
        let (whole, begin) = (format!("book:{key}"), format!("book:{key}:"));
        let state = self.account(account)?;
        let ours = |e: &&LedgerEntry| e.key == whole || e.key.starts_with(&begin);
        let found: Vec<LedgerEntry> = state.recent_entries.iter().filter(ours).cloned().collect();
        (!found.is_empty()).then_some(found)
    }

    /// Facts of the n-th entry of a task.
    fn facts(&self, asked: Asked<'_>, part: &str, n: usize) -> EntryFacts {
        let key = match part {
            "" => format!("book:{}", asked.key),
            part => format!("book:{}:{part}", asked.key),
        };
        EntryFacts {
            id: self.entry_id(n),
            ts: self.now,
            key,
            actor: asked.actor.to_owned(),
            reason: asked.reason.to_owned(),
        }
    }

    fn entry_id(&self, n: usize) -> EntryId {
        let number = self.next_number() + n as u64;
        EntryId::new(&format!("E{number}")).expect("a letter and digits form a valid id")
    }

    /// Folds entries that were tried on a copy.
    fn emit_entries(&mut self, entries: Vec<LedgerEntry>, actions: &mut Actions) -> Answer {
        for entry in &entries {
            self.emit(Outcome::Ledger(Box::new(entry.clone())), actions)
                .map_err(ledger_error)?;
        }
        Ok(CommandReply::Entries(entries))
    }

    fn keep_books(
        &mut self,
        account: &AccountId,
        settings: &LedgerSettings,
        expected: u32,
        asked: Asked<'_>,
        actions: &mut Actions,
    ) -> Answer {
        let state = self.known_account(account)?;
        let current = state.ledger.settings_version();
        if current != expected {
            return Err(CommandError::VersionConflict { current });
        }
        if matches!(settings.lot_method, LotMethod::Specific { .. }) {
            return Err(CommandError::BadSetting {
                field: "lot_method",
                message: "lots are named for an order, not for an account".to_owned(),
            });
        }
        state.ledger.check_settings(settings)?;
        let open = state.orders.open().next().is_some();
        if open && settings.position_mode != state.ledger.settings().position_mode {
            return Err(CommandError::BadSetting {
                field: "position_mode",
                message: "changes only while no order is open".to_owned(),
            });
        }
        let change = LedgerSettingsChanged {
            account: account.clone(),
            settings: settings.clone(),
            version: current + 1,
            actor: asked.actor.to_owned(),
            ts: self.now,
        };
        self.emit(Outcome::LedgerSettings(Box::new(change)), actions)
            .map_err(ledger_error)?;
        Ok(CommandReply::Risk { version: current + 1 })
    }

    fn choose_lots(
        &mut self,
        account: &AccountId,
        order: &ClientOrderId,
        method: &LotMethod,
        asked: Asked<'_>,
        actions: &mut Actions,
    ) -> Answer {
        let state = self.known_account(account)?;
        if state.orders.get(order).is_some_and(|o| !o.state.is_open()) {
            return Err(CommandError::BadAmount(format!(
                "order {order} is over; its fills are booked"
            )));
        }
        if let LotMethod::Specific { lots } = method
            && (lots.is_empty() || lots.len() > PICKS_MAX || lots.iter().any(|p| p.quantity <= Decimal::ZERO))
        {
            let message = format!("1 to {PICKS_MAX} lots, each with a quantity above 0");
            return Err(CommandError::BadSetting {
                field: "lots",
                message,
            });
        }
        let choice = LotsChosen {
            account: account.clone(),
            client_order_id: order.clone(),
            method: method.clone(),
            actor: asked.actor.to_owned(),
            ts: self.now,
        };
        self.emit(Outcome::LotsChosen(Box::new(choice)), actions)
            .map_err(ledger_error)?;
        Ok(CommandReply::Done)
    }

    /// Money to another own account: both halves carry one link, and are folded only when both fit.
    fn transfer_to(
        &mut self,
        from: &AccountId,
        to: &AccountId,
        money: Money,
        asked: Asked<'_>,
        actions: &mut Actions,
    ) -> Answer {
        let (source, target) = (self.known_account(from)?, self.known_account(to)?);
        if from == to || source.info.owner != target.info.owner || source.info.org != target.info.org {
            let message = "money moves between two accounts of one owner; pay out and in for others";
            return Err(CommandError::BadAmount(message.to_owned()));
        }
        let out = source
            .ledger
            .transfer_out_entry(self.facts(asked, "", 0), money, asked.key)?;
        let into = target
            .ledger
            .transfer_in_entry(self.facts(asked, "", 1), money, asked.key)?;
        source.ledger.clone().apply(&out)?;
        target.ledger.clone().apply(&into)?;
        self.emit_entries(vec![out, into], actions)
    }

    /// Worth of `money` in the account's base currency at a time; `None` where that needs no rate.
    fn worth_in_base(
        &self,
        ledger: &Ledger,
        money: Money,
        at: UnixNanos,
    ) -> Result<Option<Decimal>, CommandError> {
        let base = ledger.base_currency();
        if money.currency == base {
            return Ok(None);
        }
        let worth = self.state.fx.convert(money, base, at, RATE_AGE_MAX_NS);
        // Where the other leg is in base currency no rate is needed; the ledger says so when one is.
        Ok(worth.ok().map(|(worth, _)| worth.amount))
    }

    fn instrument(&self, id: &InstrumentId) -> Result<&Instrument, CommandError> {
        let found = self.state.instruments.by_id(id);
        found
            .map(|i| &**i)
            .ok_or_else(|| CommandError::UnknownInstrument(id.clone()))
    }

    /// The entry to take back: as remembered, or as the caller found it in the projections.
    fn original<'a>(
        &'a self,
        account: &AccountId,
        (id, given): (&EntryId, Option<&'a LedgerEntry>),
    ) -> Result<&'a LedgerEntry, CommandError> {
        let state = self.known_account(account)?;
        let known = state.recent_entries.iter().find(|e| e.id == *id);
        known
            .or(given.filter(|e| e.id == *id))
            .ok_or_else(|| CommandError::BadAmount(format!("there is no entry {id}")))
    }

    fn reverse(
        &self,
        account: &AccountId,
        which: (&EntryId, Option<&LedgerEntry>),
        corrected: Option<&ForeignFill>,
        asked: Asked<'_>,
    ) -> Made {
        let original = self.original(account, which)?;
        let mut scratch = self.known_account(account)?.ledger.clone();
        let back = self.take_back(&mut scratch, original, asked)?;
        let mut entries = vec![back];
        if let Some(fill) = corrected {
            let instrument = self.instrument(&fill.instrument)?;
            let facts = self.facts(asked, "corrected", 1);
            let mut entry = scratch.foreign_fill_entry(facts, fill, instrument)?;
            entry.client_order_id.clone_from(&original.client_order_id);
            entry.detail.get_or_insert_default().link = Some(reversal_key(original));
            scratch.apply(&entry)?;
            entries.push(entry);
        }
        Ok(entries)
    }

    fn take_back(
        &self,
        scratch: &mut Ledger,
        original: &LedgerEntry,
        asked: Asked<'_>,
    ) -> Result<LedgerEntry, CommandError> {
        let multiplier = match &original.position {
            Some(change) => self.instrument(&change.instrument)?.multiplier,
            None => Decimal::ONE,
        };
        let entry = scratch.reversal_entry(self.facts(asked, "", 0), original, multiplier)?;
        scratch.apply(&entry)?;
        Ok(entry)
    }

    fn allocate_trade(
        &self,
        account: &AccountId,
        which: (&EntryId, Option<&LedgerEntry>),
        parts: &[AllocationPart],
        asked: Asked<'_>,
    ) -> Made {
        let original = self.original(account, which)?;
        let bad = |message: &str| {
            CommandError::Ledger(LedgerError::BadTerms {
                field: "parts",
                message: message.to_owned(),
            })
        };
        let Some(change) = original.position.as_ref().filter(|c| !c.quantity.is_zero()) else {
            return Err(bad("the entry is no trade"));
        };
        let quantities: Vec<Decimal> = parts.iter().map(|p| p.quantity.decimal()).collect();
        let sum = quantities
            .iter()
            .try_fold(Decimal::ZERO, |sum, q| sum.checked_add(*q));
        if sum != Some(change.quantity.abs()) || parts.len() > 100 {
            return Err(bad("at most 100 parts, which sum to the trade"));
        }
        let instrument = self.instrument(&change.instrument)?;
        let fees = original
            .postings
            .iter()
            .filter(|p| p.account == LedgerAccount::Fees);
        let fee: Decimal = fees.map(|p| p.amount).sum();
        let fees = allocate(fee, &quantities, 8)?;
        let mut scratch = self.known_account(account)?.ledger.clone();
        let mut entries = vec![self.take_back(&mut scratch, original, asked)?];
        for (n, (part, fee)) in parts.iter().zip(fees).enumerate() {
            let fill = ForeignFill {
                instrument: change.instrument.clone(),
                strategy: part.strategy.clone(),
                side: if change.quantity > Decimal::ZERO {
                    Side::Buy
                } else {
                    Side::Sell
                },
                quantity: part.quantity,
                price: change.price,
                fee: Money::new(fee, instrument.quote),
            };
            let facts = self.facts(asked, &format!("part {}", n + 1), n + 1);
            let mut entry = scratch.foreign_fill_entry(facts, &fill, instrument)?;
            entry.client_order_id.clone_from(&original.client_order_id);
            entry.detail.get_or_insert_default().link = Some(reversal_key(original));
            scratch.apply(&entry)?;
            entries.push(entry);
        }
        Ok(entries)
    }

    fn corporate(
        &self,
        account: &AccountId,
        action: &CorporateAction,
        define: Option<&Instrument>,
        asked: Asked<'_>,
    ) -> Made {
        let from = self.instrument(&action.instrument)?.multiplier;
        let into = match &action.kind {
            ActionKind::Merger {
                stock: Some((into, _)),
                ..
            }
            | ActionKind::SpinOff { into, .. }
            | ActionKind::SymbolChange { into } => match define.filter(|i| i.id == *into) {
                Some(instrument) => instrument.multiplier,
                None => self.instrument(into)?.multiplier,
            },
            _ => from,
        };
        let ledger = &self.known_account(account)?.ledger;
        let mut n = 0;
        let mut facts = |part: &str| {
            n += 1;
            self.facts(asked, part, n - 1)
        };
        Ok(ledger.corporate_entries(action, Multipliers { from, into }, asked.key, &mut facts)?)
    }

    /// All rows or none; rows booked before are passed over.
    fn import(
        &mut self,
        account: &AccountId,
        (preset, rows): (&str, &[ImportRow]),
        asked: Asked<'_>,
        actions: &mut Actions,
    ) -> Answer {
        if rows.len() > IMPORT_ROWS_MAX {
            let message = format!("at most {IMPORT_ROWS_MAX} rows at a time, got {}", rows.len());
            return Err(CommandError::BadAmount(message));
        }
        let mut scratch = self.known_account(account)?.ledger.clone();
        let (mut entries, mut duplicates) = (Vec::new(), 0u32);
        for row in rows {
            let key = format!("{IMPORT_PREFIX}{}", row.hash);
            if scratch.is_booked(&key) {
                duplicates += 1;
                continue;
            }
            let facts = EntryFacts {
                id: self.entry_id(entries.len()),
                ts: row.ts,
                key,
                actor: asked.actor.to_owned(),
                reason: row.reason.clone(),
            };
            let at_line = |e: CommandError| CommandError::BadAmount(format!("line {}: {e}", row.line));
            let mut entry = self.import_row(&scratch, facts, row).map_err(at_line)?;
            entry
                .detail
                .get_or_insert_with(|| Box::new(EntryDetail::default()))
                .imported = Some(format!("{preset} line {}", row.line));
            scratch.apply(&entry).map_err(|e| at_line(e.into()))?;
            entries.push(entry);
        }
        self.emit_entries(entries.clone(), actions)?;
        Ok(CommandReply::Imported { entries, duplicates })
    }

    fn import_row(
        &self,
        ledger: &Ledger,
        facts: EntryFacts,
        row: &ImportRow,
    ) -> Result<LedgerEntry, CommandError> {
        Ok(match &row.item {
            ImportItem::Fill { fill } => {
                ledger.foreign_fill_entry(facts, fill, self.instrument(&fill.instrument)?)?
            }
            ImportItem::Transfer { money } if money.amount > Decimal::ZERO => {
                ledger.deposit_entry(facts, *money)?
            }
            ImportItem::Transfer { money } => ledger.withdrawal_entry(facts, money.negated())?,
            ImportItem::Cash { kind, money, about } => {
                ledger.cash_entry(facts, *kind, *money, about.clone())?
            }
            ImportItem::Exchange { sold, bought } => {
                let base = self.worth_in_base(ledger, *bought, row.ts)?;
                ledger.conversion_entry(facts, *sold, *bought, base)?
            }
        })
    }

    /// What booking rows would come to, without booking anything: for each row whether it is booked already, fits, or
    /// why not. A row that does not fit is passed over, as if it were taken out of the statement.
    #[must_use]
    pub fn try_import(&self, account: &AccountId, rows: &[ImportRow]) -> Option<Vec<RowTrial>> {
        let mut scratch = self.account(account)?.ledger.clone();
        let mut trials = Vec::with_capacity(rows.len());
        for (n, row) in rows.iter().enumerate() {
            let key = format!("{IMPORT_PREFIX}{}", row.hash);
            if scratch.is_booked(&key) {
                trials.push(RowTrial::Duplicate);
                continue;
            }
            let facts = EntryFacts {
                id: self.entry_id(n),
                ts: row.ts,
                key,
                actor: String::new(),
                reason: String::new(),
            };
            let tried = self
                .import_row(&scratch, facts, row)
                .and_then(|entry| Ok(scratch.apply(&entry)?));
            trials.push(match tried {
                Ok(()) => RowTrial::Fits,
                Err(error) => RowTrial::Refused(error.to_string()),
            });
        }
        Some(trials)
    }

    /// The exchange rates known.
    #[must_use]
    pub fn fx_rates(&self) -> &tradewind_ledger::FxRates {
        &self.state.fx
    }
}

/// What became of a row that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowTrial {
    /// It would be booked.
    Fits,
    /// It is booked already.
    Duplicate,
    /// It would be refused, and why.
    Refused(String),
}
