//! `hub.soak`: a steady load with sockets that come and go, for as long as is asked for.
//!
//! What must not happen over hours: a gap, a lost socket, memory that grows. A hundredth of the sockets is cut off every
//! second and resumes; the server's memory is read every ten seconds, its growth is the slope of a least-squares line
//! through the second half of the readings.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::reading::{Counts, Reader, connect_all};
use super::wire::Socket;
use crate::args::BenchArgs;
use crate::commands::bench::Figure;
use crate::commands::bench::latencies::Latencies;
use crate::commands::bench::served::Load;
use crate::commands::bench::target::{self, Target};
use crate::commands::on_runtime;
use crate::failure::Failure;

/// What is run in CI; the plan for eight hours is in `docs/performance.md`.
const SECONDS: u64 = 600;
/// Every socket lives for so long.
const LIFE: Duration = Duration::from_secs(100);
/// Between two readings of the server's memory.
const LOOK: Duration = Duration::from_secs(10);

pub(crate) fn measure(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let rate = args.rate.unwrap_or(10);
    let (target, _served) = target::of(args, Load::of(args, rate))?;
    on_runtime(run(args, rate, Arc::new(target)))
}

async fn run(args: &BenchArgs, rate: u32, target: Arc<Target>) -> Result<Vec<Figure>, Failure> {
    let count = args.sockets.unwrap_or(1_000);
    let length = Duration::from_secs(args.seconds.unwrap_or(SECONDS));
    let counts = Counts::new(args.runs);
    let mut tasks = JoinSet::new();
    for (n, socket) in connect_all(count, &target).await?.into_iter().enumerate() {
        let reader = Reader::new(&target.instruments, n, args.topics.unwrap_or(1))?;
        // The first lives are of different lengths, so that the sockets do not all go at once.
        let first = LIFE.mul_f64((n + 1) as f64 / count as f64);
        tasks.spawn(lives(
            n,
            reader,
            socket,
            first,
            Arc::clone(&target),
            Arc::clone(&counts),
        ));
    }
    let windows = length.div_f64(f64::from(args.runs.max(1)));
    let (readings, ()) = tokio::join!(watch(&target, length), counts.count_for(windows));
    counts.stop();
    tasks.shutdown().await;
    let p99: Vec<f64> = counts.windows.iter().map(|w| w.quantile_ms(0.99)).collect();
    let delivered: u64 = counts.windows.iter().map(Latencies::count).sum();
    let note = format!(
        "{count} sockets, quotes {rate}/s each, each cut off every {} s; {} s, {:.0} messages/s, {} resumed, {} by a snapshot, {} gaps, {} lost; \
         load generator on the same machine",
        LIFE.as_secs(),
        length.as_secs(),
        delivered as f64 / length.as_secs_f64(),
        counts.resumed.load(Ordering::Relaxed),
        counts.refreshed.load(Ordering::Relaxed),
        counts.gaps.load(Ordering::Relaxed),
        counts.lost.load(Ordering::Relaxed),
    );
    let mut figures = vec![Figure::of("hub.soak.p99", "ms", p99, &note)];
    if let Some(growth) = growth_per_hour(&readings) {
        let (first, last) = (readings.first(), readings.last());
        let mib =
            |bytes: Option<&(f64, f64)>| bytes.map_or(f64::NAN, |(_, bytes)| bytes / f64::from(1 << 20));
        let note = format!(
            "growth of the server's resident memory over the second half; {:.1} MiB at first, {:.1} at last; {note}",
            mib(first),
            mib(last)
        );
        figures.push(Figure::of(
            "hub.soak.growth",
            "MiB/h",
            vec![growth / f64::from(1 << 20)],
            &note,
        ));
    }
    if let Err(failure) = counts.check() {
        figures.iter().for_each(|figure| eprintln!("{figure}"));
        return Err(failure);
    }
    Ok(figures)
}

/// One socket after the other.
async fn lives(
    n: usize,
    mut reader: Reader,
    mut socket: Socket,
    first: Duration,
    target: Arc<Target>,
    counts: Arc<Counts>,
) {
    let mut life = first;
    loop {
        if reader.subscribe(&mut socket).await.is_err() {
            return counts.ended();
        }
        if tokio::time::timeout(life, reader.read(&mut socket, &counts))
            .await
            .is_ok()
        {
            return counts.ended();
        }
        drop(socket);
        life = LIFE;
        socket = match Socket::open(&target, n).await {
            Ok(socket) => socket,
            Err(_) => return counts.ended(),
        };
        counts.resumed.fetch_add(1, Ordering::Relaxed);
    }
}

/// Seconds and bytes, every [`LOOK`].
async fn watch(target: &Target, length: Duration) -> Vec<(f64, f64)> {
    let mut readings = Vec::new();
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let began = Instant::now();
    while began.elapsed() < length {
        looks.tick().await;
        if let Some(bytes) = target.resident_bytes() {
            readings.push((began.elapsed().as_secs_f64(), bytes as f64));
        }
    }
    readings
}

/// Slope of the least-squares line through the second half, bytes an hour; `None` of less than three readings.
fn growth_per_hour(readings: &[(f64, f64)]) -> Option<f64> {
    let half = &readings[readings.len() / 2..];
    if half.len() < 3 {
        return None;
    }
    let count = half.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| half.iter().map(of).sum::<f64>() / count;
    let (mean_s, mean_b) = (mean(|r| r.0), mean(|r| r.1));
    let both: f64 = half.iter().map(|(s, b)| (s - mean_s) * (b - mean_b)).sum();
    let square: f64 = half.iter().map(|(s, _)| (s - mean_s).powi(2)).sum();
    Some(both / square * 3_600.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_that_of_the_second_half() {
        // A start that takes memory once, then a megabyte a minute.
        let readings: Vec<(f64, f64)> = (0..20)
            .map(|n| {
                (
                    f64::from(n) * 10.0,
                    if n < 10 { 7e9 } else { 1e6 * f64::from(n) / 6.0 },
                )
            })
            .collect();
        let growth = growth_per_hour(&readings).expect("readings");
        assert!((growth - 6e7).abs() < 1.0, "{growth}");
        assert_eq!(growth_per_hour(&readings[..4]), None);
    }
}
