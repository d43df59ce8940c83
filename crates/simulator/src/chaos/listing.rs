//! What is traded in the test world, and by whom: two spot pairs at one venue, two paper accounts and two live ones.

use rust_decimal::Decimal;
use tradewind_types::record::{Command, CommandEnvelope, FeeTable};
use tradewind_types::risk::RiskSettings;
use tradewind_types::{
    AccountId, AccountInfo, AccountKind, Currency, Instrument, InstrumentId, Market, Money, OrgId, Symbol,
    UnixNanos, UserId, VenueId,
};

/// When the world begins: an hour before a UTC midnight, so that days change in long runs.
pub(crate) const START_NS: u64 = 1_700_000_000 * 1_000_000_000;
/// Accounts: the paper ones first.
pub(crate) const ACCOUNTS: [(&str, AccountKind); 4] = [
    ("paper-1", AccountKind::Paper),
    ("paper-2", AccountKind::Paper),
    ("live-1", AccountKind::Live),
    ("live-2", AccountKind::Live),
];
/// Fees in the table and at the venue.
pub(crate) const MAKER: Decimal = Decimal::from_parts(1, 0, 0, false, 3);
/// As [`MAKER`].
pub(crate) const TAKER: Decimal = Decimal::from_parts(2, 0, 0, false, 3);

/// An id that is known to be valid.
macro_rules! known {
    ($kind:ty, $text:expr) => {
        <$kind>::new($text).expect("letters, digits and dashes form a valid id")
    };
}
pub(crate) use known;

pub(crate) fn venue() -> VenueId {
    known!(VenueId, "arena")
}

pub(crate) fn accounts() -> Vec<AccountId> {
    ACCOUNTS.iter().map(|(id, _)| known!(AccountId, id)).collect()
}

pub(crate) fn is_live(account: &AccountId) -> bool {
    account.as_str().starts_with("live")
}

pub(crate) fn instruments() -> Vec<Instrument> {
    let spot = |base: &'static str, lot: Decimal| {
        let id = InstrumentId::new(known!(Symbol, &format!("{base}-USD")), known!(Market, "ARENA"));
        let pair = (Currency::of(base), Currency::USD);
        let mut instrument =
            Instrument::spot(id, venue(), &format!("{base}-USD"), pair, Decimal::new(1, 2), lot);
        // A test world ticks slowly.
        instrument.stale_after_ns = 30 * 1_000_000_000;
        instrument
    };
    vec![spot("BTC", Decimal::new(1, 4)), spot("ETH", Decimal::new(1, 3))]
}

pub(crate) fn envelope(command: Command) -> CommandEnvelope {
    CommandEnvelope {
        actor: "u1".to_owned(),
        correlation_id: String::new(),
        ts: UnixNanos(0),
        command,
    }
}

/// The commands that set the world up. Limits are wide, so that most orders pass the gate.
pub(crate) fn opening(deposit: Decimal) -> Vec<Command> {
    let mut commands: Vec<Command> = instruments()
        .into_iter()
        .map(|instrument| Command::DefineInstrument {
            instrument: Box::new(instrument),
        })
        .collect();
    commands.push(Command::DefineFees {
        fees: FeeTable {
            market: known!(Market, "ARENA"),
            maker: MAKER,
            taker: TAKER,
            since: UnixNanos(0),
            source: "test world".to_owned(),
        },
    });
    for (name, kind) in ACCOUNTS {
        let id = known!(AccountId, name);
        let account = AccountInfo {
            id: id.clone(),
            org: known!(OrgId, "org"),
            owner: known!(UserId, "u1"),
            name: name.to_owned(),
            kind,
            venue: venue(),
            base_currency: Currency::USD,
        };
        let deposit = Money::new(deposit, Currency::USD);
        commands.push(Command::OpenAccount { account, deposit });
        commands.push(Command::SetRiskSettings {
            account: id,
            settings: wide_limits(),
            expected_version: 1,
        });
    }
    commands
}

fn wide_limits() -> RiskSettings {
    RiskSettings {
        live_trading: true,
        open_positions_max: 50,
        positions_per_instrument_strategy_max: 50,
        positions_per_instrument_account_max: 50,
        exposure_max: Decimal::TEN,
        order_size_max: Decimal::ONE,
        price_band: Decimal::new(5, 1),
        orders_per_minute: 1_000_000,
        orders_per_hour: 1_000_000,
        orders_per_day: 1_000_000,
        daily_loss_max: Decimal::ONE,
        drawdown_max: Decimal::ONE,
        ..RiskSettings::default()
    }
}
