//! Enums that have the same names on both sides.

use tradewind_types as t;
use tradewind_wire as w;

macro_rules! same_names {
    ($(#[$doc:meta])* $name:ident: $from:path => $to:path { $($variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(value: $from) -> $to {
            use $from as From;
            use $to as To;
            match value { $(From::$variant => To::$variant,)* }
        }
    };
}

same_names!(/// Sides.
    side: t::Side => w::Side { Buy, Sell });
same_names!(/// Sides, back.
    side_back: w::Side => t::Side { Buy, Sell });
/// Times in force; the end of a GTD order stands beside it.
#[must_use]
pub fn time_in_force(value: t::TimeInForce) -> w::TimeInForce {
    match value {
        t::TimeInForce::Day => w::TimeInForce::Day,
        t::TimeInForce::Gtc => w::TimeInForce::Gtc,
        t::TimeInForce::Ioc => w::TimeInForce::Ioc,
        t::TimeInForce::Fok => w::TimeInForce::Fok,
        t::TimeInForce::Gtd { .. } => w::TimeInForce::Gtd,
    }
}

same_names!(/// What triggers are compared with.
    trigger_by: t::TriggerBy => w::TriggerBy { Quote, Last, Mid });
same_names!(/// What triggers are compared with, back.
    trigger_by_back: w::TriggerBy => t::TriggerBy { Quote, Last, Mid });
same_names!(/// What rules do.
    rule_action: t::risk::RuleAction => w::RuleAction { Warn, Deny });
same_names!(/// What rules do, back.
    rule_action_back: w::RuleAction => t::risk::RuleAction { Warn, Deny });
same_names!(/// Data states.
    data_state: t::market::DataState => w::DataState { Valid, Stale, NoData, NotSubscribed });
same_names!(/// Sources of bars.
    bar_source: t::market::BarSource => w::BarSource { Trades, QuoteMids, QuoteBids, QuoteAsks, Venue });
same_names!(/// Kinds of instruments.
    instrument_kind: t::InstrumentKind => w::InstrumentKind { SpotPair, Equity, Etf, Index, Future, Perpetual, Option });
same_names!(/// Trading status.
    instrument_status: t::InstrumentStatus => w::InstrumentStatus { Trading, Halted, Delisted });
same_names!(/// Kinds of accounts.
    account_kind: t::AccountKind => w::AccountKind { Paper, Live });
same_names!(/// Opinions.
    opinion: t::signal::Opinion => w::Opinion { Buy, Sell, Hold });
same_names!(/// Accounts of the ledger.
ledger_account: t::record::LedgerAccount => w::LedgerAccount {
    CashAvailable, CashLocked, PositionCost, RealisedPnl, Fees, Funding, Interest, Dividends, Deposits, Withdrawals, Fx,
    FeesExchange, FeesClearing, FeesRegulatory, FeesTax, FeesBorrow, FeesOther, WithholdingTax, Adjustments, Transfers,
    FxPnl, Transit,
});
same_names!(/// Kinds of entries.
entry_kind: t::record::EntryKind => w::LedgerEntryKind {
    Deposit, Withdrawal, Hold, Release, Fill, FxTrade, Funding, Interest, Dividend, Correction, Fee, Transfer, Reversal,
    CorporateAction,
});
same_names!(/// How orders of a batch hang together.
    batch_mode: t::record::BatchMode => w::BatchMode { Independent, AllOrNone });
same_names!(/// How orders of a batch hang together, back.
    batch_mode_back: w::BatchMode => t::record::BatchMode { Independent, AllOrNone });
same_names!(/// Grades of the screening.
    grade: tradewind_analytics::Grade => w::ScreeningGrade { Poor, Fair, Good, Best });
