//! What is measured: a server started for the purpose, or the one at `--url`.

use anyhow::Context as _;

use super::http::Connection;
pub(super) use super::served::Target;
use super::served::{Load, Served};
use crate::args::BenchArgs;
use crate::commands::on_runtime;
use crate::failure::Failure;

/// The target, and the process behind it when it was started here.
pub(super) fn of(args: &BenchArgs, load: Load) -> Result<(Target, Option<Served>), Failure> {
    let Some(url) = &args.url else {
        let served = Served::start(load)?;
        return Ok((served.target.clone(), Some(served)));
    };
    let key = std::env::var("TRADEWIND_API_KEY").map_err(|_| {
        Failure::with_hint(
            "TRADEWIND_API_KEY is not set",
            "make a key with `tradewind key add --user NAME --name bench --scope read --scope trade --scope cancel`",
        )
    })?;
    let mut target = Target {
        url: url.trim_end_matches('/').to_owned(),
        pid: args.pid,
        keys: vec![key],
        account: None,
        instruments: Vec::new(),
    };
    if !target.url.starts_with("http://") {
        return Err(Failure::Usage(
            "--url takes an http:// address of this machine".to_owned(),
        ));
    }
    on_runtime(fill(&mut target))?;
    Ok((target, None))
}

/// Asks the server for its instruments and for an account of the key's owner.
async fn fill(target: &mut Target) -> Result<(), Failure> {
    let mut connection = Connection::open(target).await?;
    for (path, field) in [("/api/v1/instruments", "id"), ("/api/v1/accounts", "id")] {
        let (status, body) = connection.get(path, target.key(0)).await?;
        if status != 200 {
            return Err(Failure::failed(format!(
                "{path} answers {status}: {}",
                String::from_utf8_lossy(&body)
            )));
        }
        let page: serde_json::Value = serde_json::from_slice(&body).context("a list")?;
        let rows = page["items"].as_array().cloned().unwrap_or_default();
        let ids: Vec<String> = rows
            .iter()
            .filter_map(|row| row[field].as_str().map(str::to_owned))
            .collect();
        if path.ends_with("instruments") {
            target.instruments = ids;
        } else {
            target.account = ids.into_iter().next();
        }
    }
    Ok(())
}

impl Target {
    /// `host:port`.
    pub(super) fn authority(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// The key of the `n`th user.
    pub(super) fn key(&self, n: usize) -> &str {
        self.keys
            .get(n % self.keys.len().max(1))
            .map_or("", String::as_str)
    }

    /// The server's resident memory, where the system tells and the process is known.
    pub(super) fn resident_bytes(&self) -> Option<u64> {
        resident_bytes_of(self.pid?)
    }
}

/// Resident memory of a process, where the system tells.
pub(super) fn resident_bytes_of(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1_024)
}
