//! Logs: to standard error, human-readable or JSON lines, filtered by `TRADEWIND_LOG` or `--log`.

use tracing_subscriber::EnvFilter;

use crate::args::{Cli, LogFormat};

/// Starts logging. Commands whose output is data log warnings only, unless told otherwise.
pub(crate) fn start(cli: &Cli) {
    let default = if cli.command.is_server() {
        "info,sqlx=warn,hyper=warn"
    } else {
        "warn"
    };
    let filter = cli.log.clone().unwrap_or_else(|| default.to_owned());
    let (filter, problem) = match EnvFilter::try_new(&filter) {
        Ok(parsed) => (parsed, None),
        Err(error) => (
            EnvFilter::new(default),
            Some(format!("--log `{filter}` is not understood: {error}")),
        ),
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    match cli.log_format {
        LogFormat::Text => builder.compact().init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    if let Some(problem) = problem {
        tracing::warn!("{problem}");
    }
}
