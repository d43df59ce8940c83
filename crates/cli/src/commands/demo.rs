//! `tradewind demo`: two simulated venues (or a recording), real adapters against them, paper accounts, strategies on.

mod recording;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tradewind_server::identity::manage;
use tradewind_simulator::{
    FaultScript, ProductConfig, Simulator, SimulatorConfig, SimulatorHandle, VenueKind as SimulatedKind,
};
use tradewind_store::identity::users;
use tradewind_types::{Clock, Currency, Decimal};
use tradewind_venues::clock::SystemClock;
use tradewind_venues::feeds::VenueKind;

use super::{StopSignals, on_runtime};
use crate::app::{self, DataDir, Options, Running};
use crate::args::{DemoArgs, Origins};
use crate::config::{AccountConfig, FileConfig, VenueConfig};
use crate::failure::Failure;

pub(crate) fn run(args: DemoArgs, origins: Origins) -> Result<(), Failure> {
    match args.recording.clone() {
        Some(file) => on_runtime(recording::play(args, origins, file)),
        None => on_runtime(simulated(args, origins)),
    }
}

/// Published first-tier fees: what a new customer pays.
const COINBASE_FEES: (&str, &str, &str) = (
    "0.004",
    "0.006",
    "Coinbase Advanced, first tier, coinbase.com/advanced-fees, as of 2026-11-22",
);
const KRAKEN_FEES: (&str, &str, &str) = (
    "0.0025",
    "0.004",
    "Kraken Pro, first tier, kraken.com/features/fee-schedule, as of 2026-11-22",
);

async fn simulated(args: DemoArgs, origins: Origins) -> Result<(), Failure> {
    let mut stop = StopSignals::listen()?;
    let data = DataDir::new(&args.data.data);
    data.create()?;
    let config = SimulatorConfig {
        seed: args.seed,
        state_file: Some(data.simulator_state()),
        faults: load_faults(args.faults.as_deref())?,
        products: products(),
        ..SimulatorConfig::default()
    };
    let simulator = Simulator::start(config)
        .await
        .context("the simulator cannot start")?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut file = FileConfig {
        listen: args.listen,
        strategy_interval: args.strategy_interval,
        tape: args.tape,
        ..FileConfig::default()
    };
    file.venues = venues(&simulator)?;
    file.accounts = file.venues.iter().map(demo_account).collect::<Result<_, _>>()?;
    let options = Options {
        data,
        config: file,
        demo: true,
        origins,
        engine_clock: Arc::clone(&clock),
        clock,
        given: Vec::new(),
    };
    let running = match stop.or(Box::pin(Running::start(options))).await {
        Some(Ok(running)) => running,
        other => {
            stop_simulator(simulator).await;
            return other.map_or(Ok(()), |failed| failed.map(drop));
        }
    };
    announce(&running, &SystemClock, true).await?;
    stop.requested().await;
    eprintln!("Stopping …");
    running.stop().await;
    stop_simulator(simulator).await;
    Ok(())
}

/// The simulator's own four and four more, with swings of their own, so that there is always something going on.
fn products() -> Vec<ProductConfig> {
    let more = [
        ("XRP", 2.31, (4, 6), (5, 8), 80.0, 0.0036),
        ("DOGE", 0.342, (5, 1), (7, 8), 95.0, 0.0040),
        ("LTC", 118.4, (2, 8), (2, 8), 110.0, 0.0030),
        ("LINK", 21.7, (3, 2), (5, 8), 125.0, 0.0034),
    ];
    let mut products = ProductConfig::defaults();
    products.extend(more.map(|(base, price, coinbase, kraken, cycle_s, amplitude)| {
        let mut product = ProductConfig::new(base, price, coinbase, kraken);
        (product.dynamics.cycle_s, product.dynamics.cycle_amplitude) = (cycle_s, amplitude);
        product
    }));
    products
}

async fn stop_simulator(simulator: SimulatorHandle) {
    if let Err(error) = simulator.shutdown().await {
        tracing::warn!(%error, "the simulated market's state was not saved; the next start begins a new one");
    }
}

/// Reads a fault script.
pub(crate) fn load_faults(path: Option<&Path>) -> Result<FaultScript, Failure> {
    let Some(path) = path else {
        return Ok(FaultScript::default());
    };
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| Failure::Input(format!("{shown}: {e}")))?;
    FaultScript::parse(&text).map_err(|e| Failure::Input(format!("{shown}: {e}")))
}

fn venues(simulator: &SimulatorHandle) -> Result<Vec<VenueConfig>, Failure> {
    let all = simulator.urls().iter().map(|urls| {
        let (id, kind, fees) = match urls.venue {
            SimulatedKind::Coinbase => ("coinbase", VenueKind::CoinbaseAdvanced, COINBASE_FEES),
            SimulatedKind::Kraken => ("kraken", VenueKind::KrakenV2, KRAKEN_FEES),
        };
        venue(id, kind, (&urls.ws, Some(&urls.rest)), fees)
    });
    all.collect()
}

fn venue(
    id: &str,
    kind: VenueKind,
    (ws, rest): (&str, Option<&str>),
    (maker, taker, source): (&str, &str, &str),
) -> Result<VenueConfig, Failure> {
    let fraction = |text: &str| tradewind_types::num::parse_decimal(text).context("a fee");
    Ok(VenueConfig {
        id: id.parse().context("a venue id")?,
        kind,
        ws: ws.to_owned(),
        rest: rest.map(str::to_owned),
        symbols: Vec::new(),
        maker_fee: fraction(maker)?,
        taker_fee: fraction(taker)?,
        fee_source: source.to_owned(),
        simulated: true,
    })
}

fn demo_account(venue: &VenueConfig) -> Result<AccountConfig, Failure> {
    Ok(AccountConfig {
        id: format!("paper-{}", venue.id).parse().context("an account id")?,
        name: format!("Paper on {}", venue.kind.market()),
        venue: venue.id.clone(),
        base_currency: Currency::USD,
        deposit: Decimal::from(100_000),
        strategies: true,
    })
}

/// Says where it is and how to sign in. The one-time token stands in the fragment, which browsers do not send. Without
/// `link` nobody is given one: what a service prints goes into a log, and whoever reads that is not the administrator.
pub(crate) async fn announce(running: &Running, clock: &dyn Clock, link: bool) -> Result<(), Failure> {
    let base = format!("http://{}", running.address);
    let (org, now) = (app::org(), clock.now());
    let failed = |error: tradewind_server::ApiError| Failure::failed(error.detail);
    let report = &running.recovery;
    if report.records > 0 {
        eprintln!(
            "Continued at journal record {} ({} folded behind snapshot {}).",
            report.head.seq, report.folded, report.snapshot_seq
        );
    }
    if report.torn_bytes > 0 {
        eprintln!(
            "An unfinished write of {} bytes was cut off; nothing acknowledged was in it.",
            report.torn_bytes
        );
    }
    println!("Tradewind is at {base}");
    if let Some(token) = manage::setup_token(&running.db, &org, now)
        .await
        .map_err(failed)?
    {
        println!(
            "First run: create the administrator at {base}/#setup={}",
            token.text()
        );
        return Ok(());
    }
    let people = users::list(&running.db, &org, None, 100)
        .await
        .context("users cannot be read")?;
    let administrator = people
        .iter()
        .find(|u| !u.disabled && ["SUPER_ADMIN", "ADMIN"].contains(&u.role.as_str()));
    if let Some(user) = administrator.filter(|_| link) {
        let token = manage::sign_in_token(&running.db, &org, &user.id, now)
            .await
            .map_err(failed)?;
        println!(
            "Sign in once as {} at {base}/#signin={}",
            user.username,
            token.text()
        );
    }
    Ok(())
}
