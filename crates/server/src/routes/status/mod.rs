//! System status; the hub publishes the same.

pub mod get;

use std::collections::BTreeMap;

use tradewind_engine::Kernel;
use tradewind_types::market::DataState;
use tradewind_wire as wire;

use crate::AppState;
use crate::map::{enums, risk};
use crate::problem::ApiResult;

/// The status now.
///
/// # Errors
/// When the engine does not answer.
pub async fn compute(state: &AppState) -> ApiResult<wire::Status> {
    let now = state.clock.now();
    let stats = state.engine.stats();
    let (feeds, kill_switch) = state
        .engine
        .query(move |kernel| (feeds(kernel), kernel.state().kill_switch.clone()))
        .await?;
    let applied = state.histories.applied_seq().await;
    let store_ok = applied.is_ok() && state.store.ping().await.is_ok();
    let applied_seq = applied.unwrap_or(0);
    Ok(wire::Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: wire::Time(state.started_at),
        uptime_s: now.since(state.started_at) / 1_000_000_000,
        mode: if state.config.demo {
            wire::Mode::Demo
        } else {
            wire::Mode::Serve
        },
        now: wire::Time(now),
        journal: wire::JournalStatus {
            seq: stats.durable_seq,
            hash: stats.durable_hash,
            durable_ms_mean: (stats.groups > 0).then(|| stats.commit_mean_us as f64 / 1e3),
            state: part(stats.journal_down.is_none()),
        },
        projection: wire::ProjectionStatus {
            applied_seq,
            lag: stats.durable_seq.saturating_sub(applied_seq),
        },
        engine: wire::EngineStatus {
            queue_depth: stats.queue_depth as u64,
            queue_max: tradewind_engine::runtime::COMMANDS_MAX as u64,
            events: stats.events,
            conflated: stats.conflated,
        },
        kill_switch: kill_switch.filter(|k| k.engaged).as_ref().map(risk::kill_switch),
        store: part(store_ok),
        feeds,
        hub: state.hub.as_ref().map(|hub| hub.status()).unwrap_or_default(),
    })
}

fn part(works: bool) -> wire::PartState {
    if works {
        wire::PartState::Ok
    } else {
        wire::PartState::Down
    }
}

/// The worst state of each venue's instruments.
fn feeds(kernel: &Kernel) -> Vec<wire::FeedStatus> {
    let rank = |state: DataState| match state {
        DataState::Valid => 0,
        DataState::Stale => 1,
        DataState::NoData => 2,
        DataState::NotSubscribed => 3,
    };
    let mut worst = BTreeMap::<String, DataState>::new();
    for (idx, i) in kernel.instruments().iter() {
        let Some(market) = kernel.market_at(idx) else {
            continue;
        };
        let state = market.data_state(kernel.now());
        let entry = worst.entry(i.venue.to_string()).or_insert(state);
        if rank(state) > rank(*entry) {
            *entry = state;
        }
    }
    worst
        .into_iter()
        .map(|(venue, state)| wire::FeedStatus {
            venue,
            state: enums::data_state(state),
        })
        .collect()
}
