//! Golden bytes of every kind of record: a change of a released form fails here. When a struct has to change, freeze
//! its old form, raise the version, add an upcaster, and add (never edit) golden bytes.
//!
//! `TRADEWIND_BLESS=1 cargo test -p tradewind-types --test record_bytes` writes the file for a *new* kind.

use std::fmt::Write as _;
use std::path::PathBuf;

use tradewind_types::market::BarInterval;
use tradewind_types::order::{OrderEventKind, OrderOrigin, UnitFraction};
use tradewind_types::record::*;
use tradewind_types::risk::{Denial, RiskRule, RiskSettings};
use tradewind_types::signal::{Opinion, Signal, SignalOutcome};
use tradewind_types::*;

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a valid id")
}

fn dec(text: &str) -> Decimal {
    tradewind_types::num::parse_decimal(text).expect("a decimal")
}

fn request() -> OrderRequest {
    OrderRequest {
        client_order_id: id("C-1"),
        account: id("paper-1"),
        instrument: id("BTC-USD.COINBASE"),
        side: Side::Buy,
        quantity: Quantity::new(dec("0.25")).expect("positive"),
        kind: OrderKind::Limit {
            price: Price::new(dec("62000.5")).expect("valid"),
            post_only: true,
        },
        time_in_force: TimeInForce::Gtc,
        reduce_only: false,
        origin: OrderOrigin::Strategy {
            strategy: id("combined"),
            signal: id("G7"),
            confidence: UnitFraction(850_000),
        },
        terms: tradewind_types::OrderTerms::default(),
    }
}

fn script_spec() -> StrategySpec {
    StrategySpec {
        source: StrategySource::Script {
            text: "fn init() { #{} } fn on_bar(ctx) { }".into(),
            sha256: "5f".repeat(32),
        },
        parameters: [("fast".to_owned(), "5".to_owned())].into(),
        instruments: vec![id("BTC-USD.COINBASE")],
        interval: BarInterval::M1,
    }
}

fn denial() -> Denial {
    Denial {
        rule: RiskRule::Exposure,
        actual: "81 %".to_owned(),
        limit: "80 %".to_owned(),
        message: "exposure would be 81 % of equity; at most 80 %".to_owned(),
    }
}

fn order_event(kind: OrderEventKind) -> Outcome {
    let ts = UnixNanos(1_700_000_000_000_000_001);
    Outcome::Order(OrderEvent {
        account: id("paper-1"),
        client_order_id: id("C-1"),
        ts_event: ts,
        ts_init: ts,
        kind,
    })
}

fn samples() -> Vec<(&'static str, Record)> {
    let ts = UnixNanos(1_700_000_000_000_000_001);
    let (account, strategy): (AccountId, StrategyId) = (id("paper-1"), id("combined"));
    let info = AccountInfo {
        id: account.clone(),
        org: id("org-1"),
        owner: id("u-1"),
        name: "Paper".to_owned(),
        kind: AccountKind::Paper,
        venue: id("coinbase"),
        base_currency: Currency::USD,
    };
    let instrument = Instrument::spot(
        id("BTC-USD.COINBASE"),
        id("coinbase"),
        "BTC-USD",
        (Currency::of("BTC"), Currency::USD),
        dec("0.01"),
        dec("0.00000001"),
    );
    let fees = FeeTable {
        market: id("COINBASE"),
        maker: dec("0.004"),
        taker: dec("0.006"),
        since: ts,
        source: "schedule of 2026-11-01".to_owned(),
    };
    let entry = LedgerEntry {
        id: id("E9"),
        account: account.clone(),
        ts,
        kind: EntryKind::Fill,
        postings: vec![Posting {
            account: LedgerAccount::Fees,
            currency: Currency::USD,
            amount: dec("1.5"),
        }],
        position: Some(PositionChange {
            instrument: id("BTC-USD.COINBASE"),
            strategy: Some(strategy.clone()),
            quantity: dec("-0.1"),
            price: Price::new(dec("62000.5")).expect("valid"),
            lots: vec![
                LotChange::Closed {
                    lot: id("E3"),
                    quantity: dec("0.1"),
                    cost: dec("6000"),
                    realised: dec("200.05"),
                    acquired: None,
                },
                LotChange::Opened {
                    quantity: dec("0.1"),
                    price: Price::new(dec("1")).expect("valid"),
                    cost: dec("0.1"),
                },
            ],
            book: PositionBook::Net,
        }),
        client_order_id: Some(id("C-1")),
        key: "fill:T1".to_owned(),
        actor: "paper".to_owned(),
        reason: "fill".to_owned(),
        detail: None,
    };
    let signal = Signal {
        id: id("G7"),
        account: account.clone(),
        strategy: strategy.clone(),
        instrument: id("BTC-USD.COINBASE"),
        interval: BarInterval::S10,
        bar_ts: ts,
        ts,
        opinion: Opinion::Buy,
        strength: UnitFraction(800_000),
        confidence: UnitFraction(850_000),
        reason: "two agree".to_owned(),
        outcome: SignalOutcome::Denied {
            denials: vec![denial()],
        },
    };
    let weight = StrategyWeight {
        strategy: strategy.clone(),
        weight: UnitFraction(400_000),
        mean_r: Some(dec("0.1")),
        trades: 3,
    };
    let fill = OrderEventKind::Filled {
        fill_id: id("F1"),
        venue_trade_id: id("T1"),
        quantity: Quantity::new(dec("0.1")).expect("positive"),
        price: Price::new(dec("62000.5")).expect("valid"),
        fee: dec("-0.01"),
        fee_currency: Currency::USD,
        taker: false,
    };
    let outcomes = vec![
        (
            "instrument_defined",
            Outcome::InstrumentDefined(Box::new(instrument)),
        ),
        ("fees_defined", Outcome::FeesDefined(fees)),
        ("account_opened", Outcome::AccountOpened(info)),
        (
            "order_initialized",
            Outcome::OrderInitialized {
                request: Box::new(request()),
                ts,
            },
        ),
        (
            "order_denied",
            order_event(OrderEventKind::Denied {
                denials: vec![denial()],
            }),
        ),
        ("order_submitted", order_event(OrderEventKind::Submitted)),
        ("order_filled", order_event(fill)),
        ("ledger", Outcome::Ledger(Box::new(entry))),
        ("signal", Outcome::Signal(Box::new(signal))),
        (
            "strategy",
            Outcome::Strategy(StrategyChanged {
                account: account.clone(),
                strategy,
                status: StrategyStatus::Halted {
                    reason: "loss".to_owned(),
                },
                actor: "system".to_owned(),
                ts,
            }),
        ),
        (
            "weights",
            Outcome::Weights(WeightsChanged {
                account: account.clone(),
                weights: vec![weight],
                ts,
            }),
        ),
        (
            "risk_settings",
            Outcome::RiskSettings(Box::new(RiskSettingsChanged {
                account: account.clone(),
                settings: RiskSettings::default(),
                version: 2,
                actor: "u-1".to_owned(),
                ts,
            })),
        ),
        (
            "kill_switch",
            Outcome::KillSwitch(KillSwitchChanged {
                account: None,
                engaged: true,
                actor: "u-1".to_owned(),
                reason: "enough".to_owned(),
                ts,
            }),
        ),
        (
            "reconciliation",
            Outcome::Reconciliation(ReconciliationRecorded {
                account: account.clone(),
                compared: 3,
                differences: vec![ReconciliationDifference {
                    subject: "cash USD".to_owned(),
                    ours: "1".to_owned(),
                    theirs: "2".to_owned(),
                    severity: "CRITICAL".to_owned(),
                }],
                ts,
            }),
        ),
        (
            "equity",
            Outcome::Equity(EquityMarked {
                account: account.clone(),
                equity: dec("100000"),
                peak: dec("100500"),
                day_open: dec("99900.5"),
                day: 19_675,
                ts,
            }),
        ),
        (
            "strategy_deployed",
            Outcome::StrategyDeployed(Box::new(StrategyDeployed {
                account: account.clone(),
                strategy: id("mine"),
                spec: script_spec(),
                version: 2,
                actor: "u-1".to_owned(),
                ts,
            })),
        ),
        (
            "strategy_removed",
            Outcome::StrategyRemoved(StrategyRemoved {
                account: account.clone(),
                strategy: id("mine"),
                actor: "u-1".to_owned(),
                ts,
            }),
        ),
    ];
    let command = Record::Command(CommandEnvelope {
        actor: "u-1".to_owned(),
        correlation_id: "r-1".to_owned(),
        ts,
        command: Command::SubmitOrders {
            orders: vec![request()],
            mode: BatchMode::AllOrNone,
        },
    });
    let venue = Record::Venue(Box::new(VenueReport {
        account: account.clone(),
        client_order_id: Some(id("C-1")),
        ts_event: ts,
        ts_init: ts,
        news: VenueNews::Filled(VenueFill {
            venue_trade_id: id("T1"),
            quantity: Quantity::new(dec("0.1")).expect("positive"),
            price: Price::new(dec("62000.5")).expect("valid"),
            fee: dec("0.01"),
            fee_currency: Currency::USD,
            taker: true,
            ts,
        }),
    }));
    let outcomes = outcomes.into_iter().chain(later_outcomes(account, ts));
    let outcomes = outcomes.map(|(name, outcome)| (name, Record::Outcome(outcome)));
    std::iter::once(("command_submit", command))
        .chain(outcomes)
        .chain(std::iter::once(("venue_filled", venue)))
        .collect()
}

/// Kinds that came after the first release.
fn later_outcomes(account: AccountId, ts: UnixNanos) -> Vec<(&'static str, Outcome)> {
    let slice_account = account.clone();
    let settings = LedgerSettings {
        lot_method: LotMethod::Hifo,
        position_mode: PositionMode::Hedging,
        overdraft: true,
    };
    vec![
        (
            "ledger_settings",
            Outcome::LedgerSettings(Box::new(LedgerSettingsChanged {
                account: account.clone(),
                settings,
                version: 3,
                actor: "u-1".to_owned(),
                ts,
            })),
        ),
        (
            "fx_rate",
            Outcome::FxRate(FxRate {
                base: Currency::of("EUR"),
                quote: Currency::USD,
                rate: dec("1.0825"),
                ts,
                source: "ecb".to_owned(),
            }),
        ),
        (
            "lots_chosen",
            Outcome::LotsChosen(Box::new(LotsChosen {
                account: account.clone(),
                client_order_id: id("C-1"),
                method: LotMethod::Lifo,
                actor: "u-1".to_owned(),
                ts,
            })),
        ),
        (
            "risk_warning",
            Outcome::RiskWarning(Box::new(RiskWarned {
                account,
                client_order_id: Some(id("C-1")),
                warning: denial(),
                ts,
            })),
        ),
        (
            "slice_made",
            Outcome::Slice(Box::new(SliceRecorded {
                account: slice_account.clone(),
                parent: id("C-1"),
                ts,
                news: SliceNews::Made {
                    request: Box::new(request()),
                },
            })),
        ),
        (
            "slice_happened",
            Outcome::Slice(Box::new(SliceRecorded {
                account: slice_account.clone(),
                parent: id("C-1"),
                ts,
                news: SliceNews::Happened {
                    event: Box::new(OrderEvent {
                        account: slice_account.clone(),
                        client_order_id: id("auto-I7"),
                        ts_event: ts,
                        ts_init: ts,
                        kind: OrderEventKind::Submitted,
                    }),
                },
            })),
        ),
        (
            "slice_change_waits",
            Outcome::Slice(Box::new(SliceRecorded {
                account: slice_account,
                parent: id("C-1"),
                ts,
                news: SliceNews::ChangeWaits {
                    quantity: Quantity::new(dec("0.5")).expect("positive"),
                    price: None,
                    display: Quantity::new(dec("0.05")).ok(),
                },
            })),
        ),
        (
            "sessions",
            Outcome::Sessions(SessionTable {
                calendar: "XNSE".into(),
                sessions: vec![Session {
                    open: ts,
                    close: UnixNanos(ts.0 + 1),
                }],
                source: "exchange_calendars 4.11".to_owned(),
            }),
        ),
    ]
}

fn golden_text() -> String {
    let mut text = String::new();
    for (name, record) in samples() {
        let bytes = record.encode().expect("encodes");
        let _ = write!(text, "{name} {} {} ", record.kind() as u16, record.version());
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
    }
    text
}

fn golden_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/records_v1.txt")
}

#[test]
fn the_bytes_of_every_released_record_stay_as_they_are() {
    if std::env::var_os("TRADEWIND_BLESS").is_some() {
        std::fs::write(golden_path(), golden_text()).expect("writable");
    }
    let golden = std::fs::read_to_string(golden_path()).expect("the golden file is in the repository");
    assert_eq!(golden_text(), golden, "a released record changed its form");
}

#[test]
fn golden_bytes_of_old_versions_decode_to_what_was_written() {
    let golden = std::fs::read_to_string(golden_path()).expect("the golden file is in the repository");
    let samples = samples();
    assert_eq!(golden.lines().count(), samples.len());
    for (line, (name, record)) in golden.lines().zip(samples) {
        let mut fields = line.split(' ');
        assert_eq!(fields.next(), Some(name));
        let kind = fields.next().and_then(|k| k.parse().ok()).expect("a kind");
        let version = fields.next().and_then(|v| v.parse().ok()).expect("a version");
        let hex = fields.next().expect("bytes");
        let bytes: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hexadecimal"))
            .collect();
        assert_eq!(
            Record::decode(kind, version, &bytes).expect("decodes"),
            record,
            "{name}"
        );
    }
}

#[test]
fn no_kind_of_record_is_without_golden_bytes() {
    let golden: std::collections::BTreeSet<u16> = samples().iter().map(|(_, r)| r.kind() as u16).collect();
    // Whatever is refused for another reason than its kind is known, and has to be here.
    let known = (0..1_000u16).filter(|kind| match Record::decode(*kind, 1, &[]) {
        Err(error) => !error.to_string().contains("is unknown"),
        Ok(_) => true,
    });
    assert_eq!(golden, known.collect());
}

#[test]
fn unknown_kinds_and_versions_are_refused_by_name() {
    let error = Record::decode(9_999, 1, &[]).expect_err("unknown kind");
    assert!(error.to_string().contains("9999"));
    assert!(Record::decode(104, 2, &[]).is_err());
    assert!(Record::decode(104, 1, b"not messagepack").is_err());
}
