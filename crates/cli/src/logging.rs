//! Logs: to standard error, human-readable or JSON lines, filtered by `TRADEWIND_LOG` or `--log`; the running program can
//! be told to filter otherwise.

use std::sync::{Arc, OnceLock};

use tracing_subscriber::EnvFilter;
use tradewind_server::settings::LogFilter;

use crate::args::{Cli, LogFormat};

/// Longest filter.
const FILTER_MAX: usize = 500;

/// The filter of the process's one subscriber.
static STARTED: OnceLock<Arc<Filter>> = OnceLock::new();

type Reload = Box<dyn Fn(EnvFilter) -> Result<(), String> + Send + Sync>;

/// What is logged.
pub(crate) struct Filter {
    configured: String,
    /// None where nothing was started, as in tests.
    reload: Option<Reload>,
}

impl LogFilter for Filter {
    fn configured(&self) -> String {
        self.configured.clone()
    }

    fn check(&self, filter: &str) -> Result<(), String> {
        let wrong = |why: String| {
            format!("`{filter}` is no filter such as `info` or `info,tradewind_venues=debug`: {why}")
        };
        if filter.is_empty() || filter.len() > FILTER_MAX {
            return Err(format!("a filter has 1 to {FILTER_MAX} characters"));
        }
        // A word that is no level counts as the name of a module, of which everything would be logged: a mistake, mostly.
        if !filter.split(',').any(|part| is_level(part.trim())) {
            return Err(wrong(
                "one part of it is error, warn, info, debug or trace".to_owned(),
            ));
        }
        EnvFilter::try_new(filter)
            .map(drop)
            .map_err(|error| wrong(error.to_string()))
    }

    fn set(&self, filter: &str) -> Result<(), String> {
        let Some(reload) = &self.reload else {
            return Ok(());
        };
        reload(EnvFilter::try_new(filter).map_err(|error| error.to_string())?)
    }
}

fn is_level(text: &str) -> bool {
    ["off", "error", "warn", "info", "debug", "trace"].contains(&text)
}

/// The filter that was started, else one that filters nothing.
pub(crate) fn filter() -> Arc<Filter> {
    let none = || {
        Arc::new(Filter {
            configured: "info".to_owned(),
            reload: None,
        })
    };
    STARTED.get().cloned().unwrap_or_else(none)
}

/// Starts logging. Commands whose output is data log warnings only, unless told otherwise.
pub(crate) fn start(cli: &Cli) {
    let default = if cli.command.is_server() {
        "info,sqlx=warn,hyper=warn"
    } else {
        "warn"
    };
    let mut text = cli.log.clone().unwrap_or_else(|| default.to_owned());
    let (filter, problem) = match EnvFilter::try_new(&text) {
        Ok(parsed) => (parsed, None),
        Err(error) => {
            let problem = format!("--log `{text}` is not understood: {error}");
            default.clone_into(&mut text);
            (EnvFilter::new(default), Some(problem))
        }
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    let reload: Reload = match cli.log_format {
        LogFormat::Text => {
            let builder = builder.compact().with_filter_reloading();
            let handle = builder.reload_handle();
            builder.init();
            Box::new(move |filter| handle.reload(filter).map_err(|error| error.to_string()))
        }
        LogFormat::Json => {
            let builder = builder.json().flatten_event(true).with_filter_reloading();
            let handle = builder.reload_handle();
            builder.init();
            Box::new(move |filter| handle.reload(filter).map_err(|error| error.to_string()))
        }
    };
    STARTED.get_or_init(|| {
        Arc::new(Filter {
            configured: text,
            reload: Some(reload),
        })
    });
    if let Some(problem) = problem {
        tracing::warn!("{problem}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_names_a_level_and_is_understood() {
        let filter = filter();
        for right in [
            "debug",
            "info,tradewind_venues=debug",
            "info,sqlx=warn,hyper=warn",
            "off",
        ] {
            assert_eq!(filter.check(right), Ok(()), "{right}");
        }
        for wrong in ["", "loud", "sqlx", "info,sqlx=loud", &"info,".repeat(200)] {
            assert!(filter.check(wrong).is_err(), "{wrong}");
        }
    }
}
