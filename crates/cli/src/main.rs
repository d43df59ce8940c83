//! The `tradewind` program: reads the command line, puts the parts together, and turns failures into exit codes.
//!
//! Exit codes: 0 done, 1 failed, 2 usage, 3 input data refused, 4 a check did not hold.

#[macro_use]
mod output;

mod app;
mod args;
mod commands;
mod config;
mod failure;
mod hardening;
mod logging;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use args::{Cli, Command, Origins};
use failure::Failure;

fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let origins = Origins::of(&matches);
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.format(&mut Cli::command()).exit(),
    };
    logging::start(&cli);
    let hardened = hardening::no_core_dumps()
        .map_err(|error| Failure::failed(format!("core dumps cannot be switched off: {error}")));
    // Printed is printed: a command that went well fails when its output could not be written.
    match hardened
        .and_then(|()| run(cli, origins))
        .and_then(|()| output::finish())
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            if let Some(hint) = failure.hint() {
                eprintln!("  hint: {hint}");
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(cli: Cli, origins: Origins) -> Result<(), Failure> {
    match cli.command {
        Command::Demo(args) => commands::demo::run(args, origins),
        Command::Serve(args) => commands::serve::run(args, origins),
        Command::Simulate(args) => commands::simulate::run(args),
        Command::Venue(args) => commands::venue::run(args),
        Command::Migrate(args) => commands::migrate::run(args),
        Command::Store(args) => commands::store::run(args),
        Command::Org(args) => commands::org::run(args),
        Command::User(args) => commands::user::run(args),
        Command::Secrets(args) => commands::secrets::run(args),
        Command::Audit(args) => commands::audit::run(args),
        Command::Key(args) => commands::key::run(args),
        Command::Verify(args) => commands::verify::run(&args),
        Command::ReplaySession(args) => commands::replay_session::run(&args),
        Command::Doctor(args) => commands::doctor::run(&args),
        Command::Bench(args) => commands::bench::run(args),
        Command::Indicators(args) => commands::indicators::run(&args),
        Command::Calendar(args) => commands::calendar::run(&args),
        Command::Portfolio(args) => commands::portfolio::run(&args),
        Command::Catalog(args) => commands::catalog::run(args),
        Command::Backtest(args) => commands::backtest::run(&args),
        Command::Simtest(args) => commands::simtest::run(&args),
        Command::Completions(args) => commands::completions::run(&args),
    }
}
