//! How large an entry is: by the rule of the settings, or by what its maker says.
//!
//! The same in backtest, paper and live. Equity is converted to the instrument's currency by a dated rate; without one,
//! or while the account cannot be valued, there is no size.

use rust_decimal::Decimal;
use tradewind_analytics::sizing::{EntryFacts, SizeTerms, Sized, SizingError, by_rule};
use tradewind_types::order::UnitFraction;
use tradewind_types::risk::{RiskSettings, SizingRule};
use tradewind_types::{AccountId, Instrument, InstrumentId, Side, StrategyId};

use super::{AccountState, Kernel};

/// An entry that is to be sized.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SizedEntry<'a> {
    /// Of which instrument.
    pub instrument: &'a Instrument,
    /// Bought or sold.
    pub side: Side,
    /// Price at which it would be made.
    pub price: Decimal,
    /// Its stop; `None` = at the settings' distance from the price.
    pub stop: Option<Decimal>,
    /// Confidence of the signal behind it.
    pub confidence: UnitFraction,
}

/// Why there is no size.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoSize {
    /// No such account.
    #[error("account {0} is unknown")]
    UnknownAccount(AccountId),
    /// No such instrument.
    #[error("instrument {0} is unknown")]
    UnknownInstrument(InstrumentId),
    /// There is no quote to take a price from.
    #[error("{0} has no quote to take the price from; give one")]
    NoPrice(InstrumentId),
    /// The account's equity is not known in the instrument's currency.
    #[error("{0}")]
    NoEquity(String),
    /// The rule says no.
    #[error(transparent)]
    Rule(#[from] SizingError),
}

/// A size with all that it was reckoned from.
#[derive(Debug, Clone, PartialEq)]
pub struct SizePreview {
    /// By which rule.
    pub rule: SizingRule,
    /// The size.
    pub sized: Sized,
    /// The terms: equity in the instrument's currency, price, lot.
    pub terms: SizeTerms,
    /// The stop that was reckoned with.
    pub stop: Decimal,
}

/// What a preview is of.
#[derive(Debug, Clone, PartialEq)]
pub struct PreviewAsked {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// Bought or sold.
    pub side: Side,
    /// Price; `None` = the side of the quote that an order would meet.
    pub price: Option<Decimal>,
    /// Stop; `None` = at the settings' distance.
    pub stop: Option<Decimal>,
    /// Whose settings; `None` = the account's.
    pub strategy: Option<StrategyId>,
    /// Another rule than the settings'.
    pub rule: Option<SizingRule>,
}

/// The stop of an entry: its own, or the settings' distance away.
fn stop_of(entry: &SizedEntry<'_>, settings: &RiskSettings) -> Decimal {
    let away = match entry.side {
        Side::Buy => Decimal::ONE - settings.stop_distance,
        Side::Sell => Decimal::ONE + settings.stop_distance,
    };
    // A price too large to multiply has its stop at itself, which sizes nothing.
    let by_settings = entry.price.checked_mul(away).unwrap_or(entry.price);
    entry.stop.unwrap_or(by_settings)
}

impl Kernel {
    /// The size of an entry by a rule.
    ///
    /// # Errors
    /// [`NoSize::NoEquity`], [`NoSize::Rule`].
    pub(super) fn size_by(
        &self,
        account: &AccountState,
        settings: &RiskSettings,
        rule: &SizingRule,
        entry: &SizedEntry<'_>,
    ) -> Result<SizePreview, NoSize> {
        let instrument = entry.instrument;
        let base = account.info.base_currency;
        let why = || match self.rate_to(instrument.quote, base) {
            Err(error) => error.to_string(),
            Ok(_) => self.why_unvalued(account),
        };
        let equity = self.equity_in(account, instrument.quote);
        let terms = SizeTerms {
            equity: equity.ok_or_else(|| NoSize::NoEquity(why()))?,
            price: entry.price,
            multiplier: instrument.multiplier,
            lot: instrument.lot,
            min_quantity: instrument.quantity_min,
        };
        let stop = stop_of(entry, settings);
        let facts = EntryFacts {
            side: entry.side,
            stop,
            signal_size: settings.signal_size,
            confidence: Decimal::new(i64::from(entry.confidence.0), 6),
        };
        Ok(SizePreview {
            rule: *rule,
            sized: by_rule(&terms, rule, &facts)?,
            terms,
            stop,
        })
    }

    /// How large an entry would be now, with what it was reckoned from. Changes nothing.
    ///
    /// # Errors
    /// [`NoSize`].
    pub fn preview_size(&self, account: &AccountId, asked: &PreviewAsked) -> Result<SizePreview, NoSize> {
        let state = self
            .account(account)
            .ok_or_else(|| NoSize::UnknownAccount(account.clone()))?;
        let instrument = self
            .state
            .instruments
            .by_id(&asked.instrument)
            .ok_or_else(|| NoSize::UnknownInstrument(asked.instrument.clone()))?;
        let met = |(bid, ask): (Decimal, Decimal)| match asked.side {
            Side::Buy => ask,
            Side::Sell => bid,
        };
        let quoted = || self.quote_of(&asked.instrument).0.map(met);
        let price = asked
            .price
            .or_else(quoted)
            .ok_or_else(|| NoSize::NoPrice(asked.instrument.clone()))?;
        let settings = state.risk_of(asked.strategy.as_ref());
        let entry = SizedEntry {
            instrument,
            side: asked.side,
            price,
            stop: asked.stop,
            confidence: UnitFraction(tradewind_strategy::ONE),
        };
        let rule = asked.rule.unwrap_or(settings.sizing);
        self.size_by(state, &settings, &rule, &entry)
    }
}
