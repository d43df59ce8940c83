//! `tradewind simulate`: the venue simulator alone.

use anyhow::Context as _;
use tradewind_simulator::{Simulator, SimulatorConfig, VenueConfig, VenueKind};

use super::{StopSignals, on_runtime};
use crate::args::SimulateArgs;
use crate::failure::Failure;

pub(crate) fn run(args: SimulateArgs) -> Result<(), Failure> {
    let faults = super::demo::load_faults(args.faults.as_deref())?;
    let venue = |kind, port| VenueConfig { kind, port };
    let config = SimulatorConfig {
        seed: args.seed,
        venues: vec![
            venue(VenueKind::Coinbase, args.coinbase_port),
            venue(VenueKind::Kraken, args.kraken_port),
        ],
        state_file: args.state,
        faults,
        ..SimulatorConfig::default()
    };
    on_runtime(async {
        let mut stop = StopSignals::listen()?;
        let simulator = Simulator::start(config)
            .await
            .context("the simulator cannot start")?;
        for urls in simulator.urls() {
            println!("{}\t{}\t{}", urls.venue.name(), urls.ws, urls.rest);
        }
        stop.requested().await;
        simulator
            .shutdown()
            .await
            .context("the market's state was not saved")?;
        Ok(())
    })
}
