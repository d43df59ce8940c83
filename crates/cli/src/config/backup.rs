//! `[backup]`: where backups go, under which key, and when they are taken.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tradewind_server::backups::{BackupConfig, Keep};
use tradewind_store::backup::BackupKey;
use zeroize::Zeroizing;

use crate::app::DataDir;
use crate::commands::store::{BACKUP_KEY_ENV, look_at_journal};
use crate::failure::Failure;

/// Longest time for which backups are kept, days.
const DAYS_MAX: u32 = 3_660;

/// The section.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BackupSection {
    /// The folder; `backups` in the data folder otherwise.
    pub(crate) folder: Option<PathBuf>,
    /// File of the key; the environment goes before it.
    pub(crate) key_file: Option<PathBuf>,
    /// From one to the next; `off` for none by themselves.
    pub(crate) every: String,
    /// From one trial to the next; `off` for none by themselves.
    pub(crate) drill_every: String,
    /// Days for which all are kept.
    pub(crate) keep_all_days: u32,
    /// Days for which one a day is kept.
    pub(crate) keep_daily_days: u32,
}

impl Default for BackupSection {
    fn default() -> Self {
        let keep = Keep::default();
        Self {
            folder: None,
            key_file: None,
            every: "1h".to_owned(),
            drill_every: "24h".to_owned(),
            keep_all_days: keep.all_days,
            keep_daily_days: keep.daily_days,
        }
    }
}

/// `15m`, `1h`, `7d`, or `off`.
fn span(key: &str, text: &str) -> Result<Option<Duration>, String> {
    let wrong = || format!("backup.{key}: `{text}` is not `off` or a time of 1m to 366d such as 1h");
    if text == "off" {
        return Ok(None);
    }
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(wrong)?;
    let each = match unit {
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    match number.checked_mul(each) {
        Some(seconds) if (60..=366 * 86_400).contains(&seconds) => Ok(Some(Duration::from_secs(seconds))),
        _ => Err(wrong()),
    }
}

impl BackupSection {
    /// What is wrong with it, if anything is.
    pub(crate) fn check(&self) -> Result<(), String> {
        span("every", &self.every)?;
        span("drill_every", &self.drill_every)?;
        for (key, days) in [
            ("keep_all_days", self.keep_all_days),
            ("keep_daily_days", self.keep_daily_days),
        ] {
            if days == 0 || days > DAYS_MAX {
                return Err(format!("backup.{key}: {days} is not from 1 to {DAYS_MAX}"));
            }
        }
        Ok(())
    }

    /// The section for a data directory, with the key read.
    pub(crate) fn of(&self, data: &DataDir) -> Result<BackupConfig, Failure> {
        Ok(BackupConfig {
            folder: self.folder.clone().unwrap_or_else(|| data.backups()),
            key: self.key()?,
            every: span("every", &self.every).map_err(Failure::Input)?,
            drill_every: span("drill_every", &self.drill_every).map_err(Failure::Input)?,
            keep: Keep {
                all_days: self.keep_all_days,
                daily_days: self.keep_daily_days,
            },
            journal: data.journal(),
            scratch: data.path().to_owned(),
            look: Arc::new(look_at_journal),
        })
    }

    fn key(&self) -> Result<Option<BackupKey>, Failure> {
        let (text, from) = match (std::env::var(BACKUP_KEY_ENV), &self.key_file) {
            (Ok(text), _) if !text.is_empty() => (text, BACKUP_KEY_ENV.to_owned()),
            (_, Some(path)) => {
                let from = path.display().to_string();
                let text = std::fs::read_to_string(path);
                (
                    text.map_err(|e| Failure::Input(format!("backup.key_file: {from}: {e}")))?,
                    from,
                )
            }
            (_, None) => return Ok(None),
        };
        let text = Zeroizing::new(text);
        let key = BackupKey::parse(&text).map_err(|error| Failure::Input(format!("{from}: {error}")))?;
        Ok(Some(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_nonsense_says_what_would_be_right() {
        assert_eq!(span("every", "1h"), Ok(Some(Duration::from_secs(3_600))));
        assert_eq!(span("every", "15m"), Ok(Some(Duration::from_secs(900))));
        assert_eq!(span("every", "off"), Ok(None));
        for wrong in [
            "",
            "h",
            "0m",
            "1",
            "1 h",
            "-1h",
            "367d",
            "9999999999999999999d",
            "1€",
        ] {
            let told = span("every", wrong).expect_err(wrong);
            assert!(
                told.contains("backup.every") && told.contains("such as 1h"),
                "{told}"
            );
        }
    }

    #[test]
    fn a_key_comes_from_its_file_and_a_file_without_one_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, data) = (folder.path().join("backup.key"), DataDir::new(folder.path()));
        let section = BackupSection {
            key_file: Some(file.clone()),
            ..BackupSection::default()
        };
        assert!(section.of(&data).is_err(), "there is no such file");
        std::fs::write(&file, "short").expect("written");
        assert!(section.of(&data).is_err(), "it is no key");
        std::fs::write(&file, "a7".repeat(32)).expect("written");
        let config = section.of(&data).expect("read");
        assert!(config.key.is_some());
        assert_eq!(config.folder, folder.path().join("backups"));
        let none = BackupSection::default().of(&data).expect("read");
        assert!(none.key.is_none() || std::env::var(BACKUP_KEY_ENV).is_ok());
        let wrong = BackupSection {
            keep_daily_days: 0,
            ..BackupSection::default()
        };
        assert!(wrong.check().expect_err("none kept").contains("keep_daily_days"));
    }
}
