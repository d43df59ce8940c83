//! `tradewind doctor`: what is configured, reachable and missing, and how to mend it.

use std::fs;
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use tradewind_store::Place;

use crate::app::{DataDir, StoreConfig};
use crate::args::DoctorArgs;
use crate::config::FileConfig;
use crate::failure::Failure;

/// Free space below which the journal is in danger.
const FREE_BYTES_MIN: u64 = 1 << 30;

#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    state: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

fn ok(what: &'static str, detail: impl Into<String>) -> Finding {
    Finding {
        what,
        state: "OK",
        detail: detail.into(),
        mend: None,
    }
}

fn bad(what: &'static str, detail: impl Into<String>, mend: impl Into<String>) -> Finding {
    Finding {
        what,
        state: "PROBLEM",
        detail: detail.into(),
        mend: Some(mend.into()),
    }
}

pub(crate) fn run(args: &DoctorArgs) -> Result<(), Failure> {
    let data = DataDir::new(&args.data.data);
    let mut findings = vec![
        directory(data.path()),
        space(data.path()),
        journal(&data),
        database(&data),
        files(),
    ];
    let config = match &args.config {
        None => FileConfig::default(),
        Some(path) => match FileConfig::load(path) {
            Ok(config) => {
                findings.push(ok("configuration", path.display().to_string()));
                config
            }
            Err(failure) => {
                findings.push(bad("configuration", failure.to_string(), "correct the file"));
                FileConfig::default()
            }
        },
    };
    findings.push(port(&config));
    findings.extend(config.venues.iter().map(|venue| reachable(&venue.ws)));
    print(&findings, args.json)?;
    let problems = findings.iter().filter(|f| f.state == "PROBLEM").count();
    if problems == 0 {
        Ok(())
    } else {
        Err(Failure::Check(format!(
            "{problems} of {} checks did not hold",
            findings.len()
        )))
    }
}

fn print(findings: &[Finding], json: bool) -> Result<(), Failure> {
    if json {
        let text = serde_json::to_string(findings).map_err(|e| Failure::failed(e.to_string()))?;
        println!("{text}");
        return Ok(());
    }
    for finding in findings {
        println!("{:8} {:14} {}", finding.state, finding.what, finding.detail);
        if let Some(mend) = &finding.mend {
            println!("{:23} → {mend}", "");
        }
    }
    Ok(())
}

fn directory(path: &Path) -> Finding {
    if !path.exists() {
        return ok(
            "data directory",
            format!(
                "{} does not exist yet; it is made at the first start",
                path.display()
            ),
        );
    }
    let probe = path.join(".doctor");
    match fs::write(&probe, b"ok").and_then(|()| fs::remove_file(&probe)) {
        Ok(()) => ok("data directory", format!("{} is writable", path.display())),
        Err(error) => bad(
            "data directory",
            format!("{}: {error}", path.display()),
            "give write permission, or another --data",
        ),
    }
}

#[allow(unsafe_code, reason = "statvfs has no safe face in the standard library")]
fn space(path: &Path) -> Finding {
    let existing = path.ancestors().find(|p| p.exists()).unwrap_or(Path::new("."));
    let Ok(c_path) = std::ffi::CString::new(existing.as_os_str().as_encoded_bytes()) else {
        return bad("free space", "the path holds a zero byte", "give another --data");
    };
    // SAFETY: `statvfs` fills the zeroed struct it is given and reads a string that ends with a zero byte.
    let (code, stats) = unsafe {
        let mut stats: libc::statvfs = std::mem::zeroed();
        (libc::statvfs(c_path.as_ptr(), &raw mut stats), stats)
    };
    if code != 0 {
        return bad("free space", "cannot be read", "check the file system");
    }
    let free = stats.f_bavail.saturating_mul(stats.f_frsize);
    let detail = format!("{:.1} GB free", free as f64 / 1e9);
    if free < FREE_BYTES_MIN {
        bad("free space", detail, "free at least 1 GB")
    } else {
        ok("free space", detail)
    }
}

fn journal(data: &DataDir) -> Finding {
    let dir = data.journal();
    if !dir.exists() {
        return ok("journal", "none yet");
    }
    match tradewind_engine::fold_journal(&dir) {
        Ok((state, head)) => ok(
            "journal",
            format!(
                "whole up to record {}, {} accounts",
                head.seq,
                state.accounts.len()
            ),
        ),
        Err(error) => bad(
            "journal",
            error.to_string(),
            "tradewind verify says more; restore it from a backup",
        ),
    }
}

fn database(data: &DataDir) -> Finding {
    let path = match data.store(&StoreConfig::default()).map(|config| config.place) {
        Ok(Place::File(path)) => path,
        Ok(Place::Postgres(server)) => return server_answers(data, &server.to_string()),
        Err(failure) => return bad("database", failure.to_string(), "mend DATABASE_URL"),
    };
    if !path.exists() {
        return ok("database", "none yet");
    }
    match fs::File::open(&path) {
        Ok(_) => ok("database", format!("{} is readable", path.display())),
        Err(error) => bad(
            "database",
            format!("{}: {error}", path.display()),
            "give read permission",
        ),
    }
}

fn server_answers(data: &DataDir, server: &str) -> Finding {
    let asked = super::on_runtime(async {
        let Some(db) = data.open_existing().await? else {
            return Ok(());
        };
        db.ping()
            .await
            .map_err(|error| Failure::failed(error.to_string()))
    });
    match asked {
        Ok(()) => ok("database", format!("{server} answers")),
        Err(failure) => bad(
            "database",
            failure.to_string(),
            "start the server, or mend DATABASE_URL",
        ),
    }
}

fn files() -> Finding {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits
        .lines()
        .find(|l| l.starts_with("Max open files"))
        .unwrap_or_default();
    let soft: Option<u64> = line.split_whitespace().nth(3).and_then(|n| n.parse().ok());
    match soft {
        Some(n) if n < 1_024 => bad("open files", format!("at most {n}"), "ulimit -n 20000"),
        Some(n) => ok("open files", format!("at most {n}")),
        None => ok("open files", "the limit cannot be read on this system"),
    }
}

fn port(config: &FileConfig) -> Finding {
    match TcpListener::bind(config.listen) {
        Ok(_) => ok("address", format!("{} is free", config.listen)),
        Err(error) => {
            let mend = "stop what listens there (perhaps Tradewind itself), or give another --listen";
            bad("address", format!("{}: {error}", config.listen), mend)
        }
    }
}

fn reachable(url: &str) -> Finding {
    let secure = url.starts_with("wss://");
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let target = if authority.contains(':') {
        authority.to_owned()
    } else {
        format!("{authority}:{}", if secure { 443 } else { 80 })
    };
    let timeout = Duration::from_secs(3);
    let tried = target.to_socket_addrs().and_then(|mut all| {
        let first = all.next().ok_or_else(|| std::io::Error::other("no address"))?;
        TcpStream::connect_timeout(&first, timeout)
    });
    match tried {
        Ok(_) => ok("venue", format!("{target} answers")),
        Err(error) => bad(
            "venue",
            format!("{target}: {error}"),
            "check the network, the address, a proxy",
        ),
    }
}
