//! `tradewind serve`: the venues of a configuration file, until stopped.

use std::io::IsTerminal as _;
use std::sync::Arc;

use tradewind_types::Clock;
use tradewind_venues::clock::SystemClock;

use super::{StopSignals, on_runtime};
use crate::app::{DataDir, Options, Running};
use crate::args::{Origins, ServeArgs};
use crate::config::FileConfig;
use crate::failure::Failure;

pub(crate) fn run(args: ServeArgs, origins: Origins) -> Result<(), Failure> {
    let mut config = args
        .config
        .as_deref()
        .map_or_else(|| Ok(FileConfig::default()), FileConfig::load)?;
    if let Some(listen) = args.listen {
        config.listen = listen;
    }
    config.tape |= args.tape;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let options = Options {
        data: DataDir::new(&args.data.data),
        config,
        demo: false,
        origins,
        engine_clock: Arc::clone(&clock),
        clock,
        given: Vec::new(),
    };
    on_runtime(async {
        let mut stop = StopSignals::listen()?;
        let Some(running) = stop.or(Box::pin(Running::start(options))).await else {
            return Ok(());
        };
        let running = running?;
        let watched = std::io::stdout().is_terminal();
        super::demo::announce(&running, &SystemClock, watched).await?;
        stop.requested().await;
        eprintln!("Stopping …");
        running.stop().await;
        Ok(())
    })
}
