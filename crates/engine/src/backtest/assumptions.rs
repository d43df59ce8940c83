//! What a result rests on, in sentences.

use tradewind_matching::paper::{QueueShare, Slippage};

use super::config::{BacktestConfig, EntryChoice, FillPrice, QueueChoice, told_fees};
use super::document::Assumption;
use crate::kernel::carry::FundingSchedule;

/// The fill assumptions in sentences.
#[must_use]
pub fn assumptions(config: &BacktestConfig) -> Vec<Assumption> {
    let fills = &config.fills;
    let price = match fills.price {
        FillPrice::NextOpen => "An order made when a bar closes meets the next bar's open, then its path.",
        FillPrice::Close => "An order made when a bar closes meets that close.",
    };
    let path = "A bar's path is open, the extreme nearer to the open, the other extreme, close; what rests fills where \
                the path reaches it, what the open jumps over fills at the open. Bars of several instruments with the \
                same time are walked one after the other.";
    let slippage = match fills.slippage {
        Slippage::None => "No slippage.".to_owned(),
        Slippage::Bps(bps) => format!("Takers fill {} basis points worse.", bps.normalize()),
        Slippage::SpreadFraction(part) => format!("Takers fill {} of the spread worse.", part.normalize()),
        Slippage::Ticks(ticks) => format!("Takers fill {ticks} ticks worse."),
    };
    let spread = if fills.half_spread_ticks.is_zero() {
        "Bid and offer are the bar's price.".to_owned()
    } else {
        let ticks = fills.half_spread_ticks.normalize();
        format!("Bid and offer lie {ticks} ticks below and above the bar's price.")
    };
    let impact = match fills.impact_y {
        None => "No market impact.".to_owned(),
        Some(y) => format!("Market impact by the square-root law, Y = {y}."),
    };
    let latency = config.latency.told();
    let queue = queue(fills.queue);
    let volume = fills.volume_cap.map_or_else(
        || "Any size fills at a bar's price, whatever its volume.".to_owned(),
        |cap| {
            format!(
                "All orders together fill at most {} of a bar's volume.",
                cap.normalize()
            )
        },
    );
    let entry = match fills.entry {
        EntryChoice::Market => "Entries that the strategy leaves open are market orders.".to_owned(),
        EntryChoice::Limit => format!(
            "Entries that the strategy leaves open are limits {} through the quote, immediate or cancel.",
            config.risk.entry_offset.normalize()
        ),
    };
    let protection = format!(
        "A market order that opens fills at most {} beyond the price it was made on.",
        config.risk.price_band.normalize()
    );
    let fees = fees(config);
    let equity = format!(
        "Equity is written down per {}; returns and drawdowns are of those points.",
        config.equity.name()
    );
    let excursions = "Largest open loss and gain of a trade are by lows and highs of the bars held, the exit bar only \
                      by its exit price.";
    [
        ("fill", price.to_owned()),
        ("path", path.to_owned()),
        ("spread", spread),
        ("slippage", slippage),
        ("impact", impact),
        ("latency", latency),
        ("queue", queue),
        ("volume", volume),
        ("entries", entry),
        ("protection", protection),
        ("fees", fees),
        ("funding", funding(config)),
        ("interest", interest(config)),
        ("expiry", expiry(config)),
        ("margin", margin(config)),
        ("sessions", config.sessions.told(&config.instruments)),
        ("currencies", currencies(config)),
        ("equity", equity),
        ("excursions", excursions.to_owned()),
    ]
    .into_iter()
    .map(|(about, text)| Assumption {
        about: about.to_owned(),
        text,
    })
    .collect()
}

fn queue(choice: QueueChoice) -> String {
    let displayed = "Against quotes and books, a resting limit queues behind the size displayed at its price; prints there \
                     bring it forward, and of cancels";
    match choice {
        QueueChoice::Off => {
            "Against quotes and books, a resting limit fills when the other side reaches it or a trade passes it."
                .to_owned()
        }
        QueueChoice::BehindDisplayed => {
            format!("{displayed} only those that leave less displayed than stood ahead (risk-averse).")
        }
        QueueChoice::Share(QueueShare::Power { thousandths }) => format!(
            "{displayed} the share aⁿ / (aⁿ + bⁿ) of a ahead and b behind, n = {}.",
            f64::from(thousandths) / 1_000.0
        ),
        QueueChoice::Share(QueueShare::Log) => {
            format!("{displayed} the share ln(1+a) / (ln(1+a) + ln(1+b)) of a ahead and b behind.")
        }
        QueueChoice::Exact => "A resting limit has its exact place among the orders of the book; what is executed of \
                               orders behind it fills it instead."
            .to_owned(),
    }
}

fn fees(config: &BacktestConfig) -> String {
    let mut told = Vec::new();
    for table in &config.fees.tables {
        let rules = config.fees.rules.iter().filter(|r| r.market == table.market);
        let mut whole = false;
        for rule in rules {
            whole |= rule.kind.is_none();
            let kind = rule.kind.map_or_else(String::new, |kind| format!(" ({kind:?})"));
            told.push(format!("{}{kind}: {}.", table.market, told_fees(&rule.model)));
        }
        if !whole {
            let (maker, taker) = (table.maker.normalize(), table.taker.normalize());
            told.push(format!(
                "{}: maker {maker}, taker {taker} of the notional.",
                table.market
            ));
        }
    }
    told.join(" ")
}

fn funding(config: &BacktestConfig) -> String {
    let told = config.carry.funding.iter().map(|rule| match &rule.schedule {
        FundingSchedule::Every { interval_ns, rate } => format!(
            "{} has funding of {} of the position's value every {}.",
            rule.instrument,
            rate.normalize(),
            length(*interval_ns)
        ),
        FundingSchedule::Dated(rates) => {
            format!("{} has funding at {} dated rates.", rule.instrument, rates.len())
        }
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        return "No funding.".to_owned();
    }
    let when =
        "It is on the last price known at its time; what falls within a bar is booked when the bar ends.";
    format!("{} {when}", told.join(" "))
}

/// A length of whole minutes or hours, in words.
fn length(ns: u64) -> String {
    let minutes = ns / (60 * tradewind_types::time::SECOND_NS);
    if minutes.is_multiple_of(60) {
        format!("{} h", minutes / 60)
    } else {
        format!("{minutes} min")
    }
}

fn interest(config: &BacktestConfig) -> String {
    let rules = &config.carry;
    let cash = rules.interest.iter().map(|r| {
        let (debit, credit) = (r.debit.normalize(), r.credit.normalize());
        format!(
            "{} pays {debit} a year below 0 and earns {credit} above.",
            r.currency
        )
    });
    let lent = rules.borrow.iter().map(|r| {
        let of = r
            .instrument
            .as_ref()
            .map_or_else(|| "what is short".to_owned(), ToString::to_string);
        format!("Borrowing {of} costs {} a year.", r.rate.normalize())
    });
    let told: Vec<String> = cash.chain(lent).collect();
    if told.is_empty() {
        return "No interest and no cost of borrowing.".to_owned();
    }
    format!(
        "{} Booked at UTC midnight for the day, on what stands then.",
        told.join(" ")
    )
}

fn expiry(config: &BacktestConfig) -> String {
    let ends = config
        .instruments
        .iter()
        .any(|i| i.instrument.terms.expiry.is_some());
    let text = match (config.carry.settle, ends) {
        (false, false) => "Nothing expires.",
        (false, true) => {
            "What expires takes no orders from then on; positions in it are not settled and keep their last price."
        }
        (true, _) => {
            "Futures and options are settled in cash at their expiry, without a fee: against the price named for them, \
             else the last price of the underlying, else (futures) their own. No exercise before, no delivery."
        }
    };
    text.to_owned()
}

fn margin(config: &BacktestConfig) -> String {
    if !config.risk.margin.enabled && !config.account.margin {
        return "A cash account: nothing is borrowed.".to_owned();
    }
    if config.carry.liquidate {
        return "When equity falls below the maintenance margin on the path of a bar or at a quote, positions are \
                closed by market orders, the largest loss first, as much as brings the account back; they meet the \
                path from there on, or the next price."
            .to_owned();
    }
    format!(
        "Positions are closed by market orders when margin used reaches {} of equity; no liquidation by maintenance \
         margin.",
        config.risk.margin.use_force.normalize()
    )
}

fn currencies(config: &BacktestConfig) -> String {
    if config.fx.is_empty() {
        return format!("Everything is in {}.", config.account.currency);
    }
    let rates = config.fx.len();
    let account = config.account.currency;
    format!(
        "{rates} exchange rates bring other currencies to {account}: the latest at each time, at most a week old."
    )
}
