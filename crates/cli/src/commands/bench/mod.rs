//! `tradewind bench [NAME…]`: named figures with unit, runs, median, spread, machine. Names once used stay.
//!
//! Benchmarks that need no server run by themselves when no name is given; `hub` with its lanes and `rest` are
//! asked for by name.

mod backtest;
mod catalog;
mod cpu;
mod data;
mod decode;
mod depth;
mod figure;
mod http;
mod hub;
mod indicators;
mod journal;
mod latencies;
mod rest;
mod served;
mod target;

use anyhow::Context as _;

use crate::args::BenchArgs;
use crate::failure::Failure;

pub(crate) use figure::Figure;

/// A benchmark: its names, and what measures it.
type Entry = (&'static str, fn(&BenchArgs) -> Result<Vec<Figure>, Failure>);

/// Those that need nothing but this program.
const LOCAL: [Entry; 16] = [
    ("decode.coinbase_level2", decode::coinbase_level2),
    ("decode.kraken_v1_book", decode::kraken_v1_book),
    ("decode.kraken_v2_book", decode::kraken_v2_book),
    ("journal.commits", journal::commits),
    ("backtest.l2_queue", depth::l2_queue),
    ("backtest.bars_ema_10_20", backtest::bars_ema_10_20),
    ("backtest.bars_few_orders", backtest::bars_few_orders),
    ("backtest.quotes_ema_10_20", backtest::quotes_ema_10_20),
    ("backtest.script_ema_10_20", backtest::script_ema_10_20),
    ("backtest.scaling", backtest::scaling),
    ("catalog.import_10m", catalog::import_10m),
    ("catalog.read_10m", catalog::read_10m),
    ("backtest.scaling_bars", backtest::scaling_up),
    ("backtest.memory", backtest::memory),
    ("backtest.determinism", backtest::determinism),
    ("indicators", indicators::measure),
];

/// Those that start or need a server.
const NETWORK: [Entry; 8] = [
    ("hub", hub::fan_out),
    ("hub.idle", hub::idle),
    ("hub.throughput", hub::throughput),
    ("hub.wide", hub::wide),
    ("hub.storm", hub::storm),
    ("hub.soak", hub::soak),
    ("hub.nats", hub::nats),
    ("rest", rest::measure),
];

pub(crate) fn run(args: BenchArgs) -> Result<(), Failure> {
    if args.serve {
        return served::run(&args);
    }
    if let Some(folder) = &args.write_data {
        let written = data::write(folder);
        let written = written.with_context(|| format!("writing into {}", folder.display()))?;
        written.iter().for_each(|path| println!("{}", path.display()));
        return Ok(());
    }
    let all = || LOCAL.iter().chain(&NETWORK).map(|(name, _)| *name);
    let wanted = |name: &str, by_default: bool| {
        if args.names.is_empty() {
            by_default
        } else {
            // `hub.p99` asks for `hub`, which measures it.
            let within = |n: &str, of: &str| n.strip_prefix(of).is_some_and(|rest| rest.starts_with('.'));
            let of = |n: &str| match all().find(|known| *known == n || within(n, known) && !known.eq(&"hub"))
            {
                // A whole name asks for itself alone: `hub` not for its lanes.
                Some(known) => known == name,
                None => name.starts_with(n) || within(n, name),
            };
            args.names.iter().any(|n| of(n))
        }
    };
    let local = LOCAL.iter().filter(|(name, _)| wanted(name, true));
    let chosen: Vec<&Entry> = local
        .chain(NETWORK.iter().filter(|(name, _)| wanted(name, false)))
        .collect();
    if chosen.is_empty() {
        let names: Vec<&str> = all().collect();
        return Err(Failure::Usage(format!(
            "no benchmark begins with that; there are {}",
            names.join(" ")
        )));
    }
    let mut figures = Vec::new();
    for (_, measure) in chosen {
        let measured = measure(&args)?;
        if !args.json {
            measured.iter().for_each(|figure| println!("{figure}"));
        }
        figures.extend(measured);
    }
    if args.json {
        println!(
            "{}",
            serde_json::to_string(&figures).map_err(|e| Failure::failed(e.to_string()))?
        );
    }
    Ok(())
}
