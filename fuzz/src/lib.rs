//! What is fuzzed, apart from who feeds it: libFuzzer drives each target through `fuzz_targets/` (`make fuzz`), and an
//! ordinary test of the program (`crates/cli/tests/fuzz_short.rs`) drives all of them for seconds with seeded mutations.
//!
//! A target takes any bytes. It panics when the code under it does, and when one of the laws that it states is broken.

pub mod backtest_config;
pub mod backtest_csv;
pub mod catalog_csv;
pub mod catalog_parquet;
pub mod fault_script;
pub mod journal;
pub mod records;
pub mod script;
pub mod statements;
pub mod venue_messages;

/// A target by name, with inputs to begin from.
pub struct Target {
    /// Name of the libFuzzer binary.
    pub name: &'static str,
    /// Takes any bytes.
    pub run: fn(&[u8]),
    /// Inputs that get beyond the first check.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub const ALL: &[Target] = &[
    Target {
        name: "venue_messages",
        run: venue_messages::run,
        seeds: venue_messages::seeds,
    },
    Target {
        name: "records",
        run: records::run,
        seeds: records::seeds,
    },
    Target {
        name: "fault_script",
        run: fault_script::run,
        seeds: fault_script::seeds,
    },
    Target {
        name: "script",
        run: script::run,
        seeds: script::seeds,
    },
    Target {
        name: "backtest_config",
        run: backtest_config::run,
        seeds: backtest_config::seeds,
    },
    Target {
        name: "backtest_csv",
        run: backtest_csv::run,
        seeds: backtest_csv::seeds,
    },
    Target {
        name: "catalog_csv",
        run: catalog_csv::run,
        seeds: catalog_csv::seeds,
    },
    Target {
        name: "catalog_parquet",
        run: catalog_parquet::run,
        seeds: catalog_parquet::seeds,
    },
    Target {
        name: "statements",
        run: statements::run,
        seeds: statements::seeds,
    },
    Target {
        name: "journal",
        run: journal::run,
        seeds: journal::seeds,
    },
];
