//! `[catalogue]` of the configuration.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tradewind_store::catalog::gaps::GapRules;
use tradewind_store::catalog::retention::{BadPolicy, Policy};
use tradewind_types::market::BarInterval;
use tradewind_types::market::bars::BadInterval;
use tradewind_types::time::SECOND_NS;

/// The section as it is written.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CatalogueConfig {
    /// Whether bars and trades are recorded and gaps filled; what is stored can be read either way.
    pub(crate) record: bool,
    /// A folder, or `s3://BUCKET/PREFIX`; `catalog` in the data folder otherwise.
    pub(crate) place: Option<String>,
    /// Which bars are recorded.
    pub(crate) intervals: Vec<String>,
    /// Whether trades are recorded.
    pub(crate) trades: bool,
    /// Seconds between two moves of the tail into files.
    pub(crate) compact_every_s: u64,
    /// Whether gaps are filled from the venues' history.
    pub(crate) backfill: bool,
    /// Seconds between two scans for gaps.
    pub(crate) scan_every_s: u64,
    /// Stretches in session without a bar of up to so many seconds are no gaps.
    pub(crate) gap_longer_than_s: u64,
    /// Minutes of one question to a venue.
    pub(crate) batch_minutes: u64,
    /// Days back that are looked at.
    pub(crate) backfill_days: u16,
    /// Questions to a venue a second; its limits are shared with its feed.
    pub(crate) questions_per_second: u32,
    /// What is kept how long, before the defaults; the first that fits counts.
    pub(crate) keep: Vec<String>,
}

impl Default for CatalogueConfig {
    fn default() -> Self {
        Self {
            record: true,
            place: None,
            intervals: ["10s", "1m", "5m", "15m", "1h", "D"].map(str::to_owned).to_vec(),
            trades: true,
            compact_every_s: 3_600,
            backfill: true,
            scan_every_s: 300,
            gap_longer_than_s: 180,
            batch_minutes: 120,
            backfill_days: 30,
            questions_per_second: 2,
            keep: Vec::new(),
        }
    }
}

impl CatalogueConfig {
    /// # Errors
    /// Which key is wrong, and what would be right.
    pub(crate) fn check(&self) -> Result<(), String> {
        Settings::of(self).map(drop)
    }
}

/// The section after its checks.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) record: bool,
    pub(super) intervals: Vec<BarInterval>,
    pub(super) trades: bool,
    pub(super) compact_every: Duration,
    pub(super) backfill: bool,
    pub(super) scan_every: Duration,
    pub(super) rules: GapRules,
    pub(super) pace: Duration,
    pub(super) keep: Vec<Policy>,
}

/// Longest time between two rounds of a task, and longest gap or question: a day.
const DAY_S: u64 = 86_400;
/// Questions a second that leave the feed its share of what both venues allow.
const QUESTIONS_MAX: u32 = 5;
/// Furthest back that a scan looks: it reads all of that each time.
const DAYS_MAX: u16 = 366;

impl Settings {
    /// # Errors
    /// Which key is wrong, and what would be right.
    pub(super) fn of(config: &CatalogueConfig) -> Result<Self, String> {
        let within = |key: &str, value: u64, most: u64| {
            if (1..=most).contains(&value) {
                return Ok(value);
            }
            Err(format!("catalogue.{key}: {value} is not from 1 to {most}"))
        };
        let interval = |text: &String| -> Result<BarInterval, String> {
            let interval: BarInterval = text
                .parse()
                .map_err(|e: BadInterval| format!("catalogue.intervals: {e}"))?;
            if interval.is_time() {
                return Ok(interval);
            }
            Err(format!(
                "catalogue.intervals: {interval} bars are built from trades; the catalogue keeps bars of time such as 1m"
            ))
        };
        let policy = |text: &String| -> Result<Policy, String> {
            text.parse()
                .map_err(|e: BadPolicy| format!("catalogue.keep: {e}"))
        };
        let seconds = |key, value| within(key, value, DAY_S).map(Duration::from_secs);
        let nanos = |seconds: u64| (seconds * SECOND_NS) as i64;
        let questions = within(
            "questions_per_second",
            config.questions_per_second.into(),
            QUESTIONS_MAX.into(),
        )?;
        Ok(Self {
            record: config.record,
            intervals: config.intervals.iter().map(interval).collect::<Result<_, _>>()?,
            trades: config.trades,
            compact_every: seconds("compact_every_s", config.compact_every_s)?,
            backfill: config.backfill,
            scan_every: seconds("scan_every_s", config.scan_every_s)?,
            rules: GapRules {
                longer_than_ns: nanos(within("gap_longer_than_s", config.gap_longer_than_s, DAY_S)?),
                days_back: within("backfill_days", config.backfill_days.into(), DAYS_MAX.into())? as u16,
                batch_ns: nanos(60 * within("batch_minutes", config.batch_minutes, DAY_S / 60)?),
                ..GapRules::default()
            },
            pace: Duration::from_secs(1) / u32::try_from(questions).unwrap_or(1),
            keep: config.keep.iter().map(policy).collect::<Result<_, _>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_specification_s() {
        let settings = Settings::of(&CatalogueConfig::default()).expect("right");
        assert_eq!(settings.rules, GapRules::default());
        assert_eq!(settings.scan_every, Duration::from_secs(300));
        assert_eq!(settings.pace, Duration::from_millis(500));
    }

    #[test]
    fn a_wrong_key_says_what_would_be_right() {
        let wrong = |change: fn(&mut CatalogueConfig)| {
            let mut config = CatalogueConfig::default();
            change(&mut config);
            Settings::of(&config).expect_err("wrong")
        };
        let told = wrong(|c| c.backfill_days = 0);
        assert_eq!(told, "catalogue.backfill_days: 0 is not from 1 to 366");
        assert!(wrong(|c| c.questions_per_second = 6).contains("from 1 to 5"));
        assert!(wrong(|c| c.scan_every_s = 100_000).contains("scan_every_s"));
        assert!(wrong(|c| c.intervals = vec!["7m".to_owned()]).contains("`7m` is no bar interval"));
        assert!(
            wrong(|c| c.keep = vec!["1m".to_owned()])
                .starts_with("catalogue.keep: `1m` is no policy; right are")
        );
        assert!(wrong(|c| c.intervals = vec!["100tick".to_owned()]).contains("keeps bars of time"));
    }
}
