//! hftbacktest's vector book (`ROIVectorMarketDepth`) with the quoting strategy of `tradewind bench backtest.l2_queue`,
//! over the same events: `peer-hftbacktest EVENTS.npy [RUNS] [averse|power2]`. One JSON line: events per second of CPU
//! time, and what came of the run, so that it can be compared with ours.

use hftbacktest::{
    backtest::{
        Backtest, ExchangeKind, L2AssetBuilder,
        assettype::LinearAsset,
        data::{Data, DataSource, read_npy_file},
        models::{
            CommonFees, ConstantLatency, PowerProbQueueFunc, ProbQueueModel, QueueModel,
            RiskAdverseQueueModel, TradingValueFeeModel,
        },
    },
    depth::{INVALID_MAX, INVALID_MIN, MarketDepth, ROIVectorMarketDepth},
    types::{Bot, ElapseResult, Event, OrdType, Side, TimeInForce},
};

// The same figures as in `crates/cli/src/commands/bench/depth.rs`.
const TICK: f64 = 0.01;
const LOT: f64 = 1.0;
const INTERVAL_NS: i64 = 10_000_000;
const ENTRY_NS: i64 = 1_000_003;
const RESPONSE_NS: i64 = 500_009;
const POSITION_MAX: f64 = 10.0;
/// The book's range: the market of the benchmark walks within 60,000 ± 200 and quotes within ± 2 more.
const RANGE: (f64, f64) = (59_700.0, 60_300.0);

fn cpu_seconds() -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn backtest<Q: QueueModel<ROIVectorMarketDepth> + 'static>(
    data: Data<Event>,
    queue: Q,
) -> Backtest<ROIVectorMarketDepth> {
    let asset = L2AssetBuilder::new()
        .data(vec![DataSource::Data(data)])
        .latency_model(ConstantLatency::new(ENTRY_NS, RESPONSE_NS))
        .asset_type(LinearAsset::new(1.0))
        .fee_model(TradingValueFeeModel::new(CommonFees::new(-0.00005, 0.0007)))
        .exchange(ExchangeKind::NoPartialFillExchange)
        .queue_model(queue)
        .depth(|| ROIVectorMarketDepth::new(TICK, LOT, RANGE.0, RANGE.1))
        .build()
        .expect("the asset is complete");
    Backtest::builder()
        .add_asset(asset)
        .build()
        .expect("the backtest is complete")
}

/// One post-only order of one lot at the best price of each side; cancel where the price moved, send anew afterwards.
fn quote(hbt: &mut Backtest<ROIVectorMarketDepth>, last_id: &mut u64) {
    hbt.clear_inactive_orders(Some(0));
    let depth = hbt.depth(0);
    let (bid, ask) = (depth.best_bid_tick(), depth.best_ask_tick());
    if bid == INVALID_MIN || ask == INVALID_MAX {
        return;
    }
    let position = hbt.position(0);
    for (side, tick, wanted) in [
        (Side::Buy, bid, position < POSITION_MAX),
        (Side::Sell, ask, position > -POSITION_MAX),
    ] {
        let present = hbt.orders(0).values().find(|order| order.side == side);
        match present {
            Some(order) => {
                if order.cancellable() && (!wanted || order.price_tick != tick) {
                    let id = order.order_id;
                    hbt.cancel(0, id, false).expect("the order rests");
                }
            }
            None if wanted => {
                *last_id += 1;
                let price = tick as f64 * TICK;
                let sent = if side == Side::Buy {
                    hbt.submit_buy_order(0, *last_id, price, LOT, TimeInForce::GTX, OrdType::Limit, false)
                } else {
                    hbt.submit_sell_order(0, *last_id, price, LOT, TimeInForce::GTX, OrdType::Limit, false)
                };
                sent.expect("the order is legal");
            }
            None => {}
        }
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let path = args.next().expect("EVENTS.npy [RUNS] [averse|power2]");
    let runs: usize = args
        .next()
        .map_or(5, |runs| runs.parse().expect("a number of runs"));
    let queue = args.next().unwrap_or_else(|| "power2".to_owned());
    let data = read_npy_file::<Event>(&path).expect("the events can be read");
    let count = data.len();
    let mut rates = Vec::new();
    let mut outcome = String::new();
    for _ in 0..runs {
        let mut hbt = match queue.as_str() {
            "averse" => backtest(data.clone(), RiskAdverseQueueModel::new()),
            _ => backtest(data.clone(), ProbQueueModel::new(PowerProbQueueFunc::new(2.0))),
        };
        let (mut last_id, mut looks) = (0, 0u64);
        let started = cpu_seconds();
        while hbt.elapse(INTERVAL_NS).expect("the data is legal") == ElapseResult::Ok {
            quote(&mut hbt, &mut last_id);
            looks += 1;
        }
        rates.push(count as f64 / (cpu_seconds() - started));
        let state = hbt.state_values(0);
        outcome = format!(
            "\"looks\":{looks},\"orders\":{last_id},\"fills\":{},\"position\":{},\"balance\":{:.2}",
            state.num_trades, state.position, state.balance
        );
    }
    rates.sort_by(f64::total_cmp);
    println!(
        "{{\"name\":\"hftbacktest.roi_vector.{queue}\",\"unit\":\"events/s\",\"median\":{:.0},\"min\":{:.0},\"max\":{:.0},\
         \"runs\":{runs},\"events\":{count},{outcome}}}",
        rates[runs / 2],
        rates[0],
        rates[runs - 1]
    );
}
