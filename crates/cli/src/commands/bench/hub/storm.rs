//! `hub.storm`: all sockets are cut off at once, as when a network comes back, and all come back at once.
//!
//! Each has read quotes before and resumes from where it was; it is back when it has its next quote without a gap, or a
//! snapshot where the history no longer reaches back.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::reading::{Counts, Reader, connect_all};
use super::wire::Socket;
use crate::args::BenchArgs;
use crate::commands::bench::Figure;
use crate::commands::bench::latencies::Latencies;
use crate::commands::bench::served::Load;
use crate::commands::bench::target::{self, Target};
use crate::commands::on_runtime;
use crate::failure::Failure;

/// Attempts at connecting before a socket is given up: the system's queue of connections is shorter than a storm.
const ATTEMPTS: u32 = 20;
/// Between two attempts.
const AGAIN: Duration = Duration::from_millis(100);

pub(crate) fn measure(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let rate = args.rate.unwrap_or(10);
    let (target, _served) = target::of(args, Load::of(args, rate))?;
    on_runtime(run(args, rate, Arc::new(target)))
}

async fn run(args: &BenchArgs, rate: u32, target: Arc<Target>) -> Result<Vec<Figure>, Failure> {
    let count = args.sockets.unwrap_or(5_000);
    let counts = Counts::new(1);
    let mut reading = JoinSet::new();
    for (n, mut socket) in connect_all(count, &target).await?.into_iter().enumerate() {
        let mut reader = Reader::new(&target.instruments, n, 1)?;
        let counts = Arc::clone(&counts);
        reading.spawn(async move {
            reader.subscribe(&mut socket).await?;
            one_quote(&mut reader, &mut socket, &counts).await?;
            Ok::<_, Failure>((n, reader, socket))
        });
    }
    let mut readers = Vec::with_capacity(count);
    let mut sockets = Vec::with_capacity(count);
    while let Some(read) = reading.join_next().await {
        let (n, reader, socket) = read.context("a reader was interrupted")??;
        readers.push((n, reader));
        sockets.push(socket);
    }
    let back = Arc::new(Latencies::new());
    drop(sockets);
    let start = Instant::now();
    let mut returning = JoinSet::new();
    for (n, mut reader) in readers {
        let (counts, target, back) = (Arc::clone(&counts), Arc::clone(&target), Arc::clone(&back));
        returning.spawn(async move {
            let mut socket = reconnect(&target, n).await?;
            reader.subscribe(&mut socket).await?;
            one_quote(&mut reader, &mut socket, &counts).await?;
            back.add(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX));
            Ok::<Socket, Failure>(socket)
        });
    }
    let mut sockets = Vec::with_capacity(count);
    while let Some(socket) = returning.join_next().await {
        sockets.push(socket.context("a reconnect was interrupted")??);
    }
    let all = start.elapsed().as_secs_f64();
    counts.check()?;
    let note = format!(
        "{count} sockets cut off at once, quotes {rate}/s each; all read on, {} by a snapshot, 0 gaps; median {:.0} ms, p99 {:.0} ms; \
         load generator on the same machine",
        counts.refreshed.load(Ordering::Relaxed),
        back.quantile_ms(0.5),
        back.quantile_ms(0.99)
    );
    Ok(vec![Figure::of("hub.storm.seconds", "s", vec![all], &note)])
}

async fn one_quote(reader: &mut Reader, socket: &mut Socket, counts: &Counts) -> Result<(), Failure> {
    let mut read = false;
    while !read {
        if !socket.read(|frame| read |= reader.take(frame, counts)).await {
            return Err(Failure::Check("a socket ended before its quote".to_owned()));
        }
    }
    Ok(())
}

async fn reconnect(target: &Target, n: usize) -> Result<Socket, Failure> {
    let mut attempt = 1;
    loop {
        match Socket::open(target, n).await {
            Ok(socket) => return Ok(socket),
            Err(failure) if attempt == ATTEMPTS => return Err(failure),
            Err(_) => {
                attempt += 1;
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}
