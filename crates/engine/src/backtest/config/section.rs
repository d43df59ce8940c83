//! One table of a TOML file, read key by key. Whatever is wrong is said with file, key and what would be right; a key
//! that nobody asked for is refused with the nearest one that exists.

use std::cell::RefCell;

use rust_decimal::Decimal;
use toml::{Table, Value};
use tradewind_types::UnixNanos;
use tradewind_types::num::parse_decimal;

use super::ConfigError;
use super::nearest::nearest;

/// A table with its path in the file.
pub(crate) struct Section<'a> {
    file: &'a str,
    path: String,
    table: &'a Table,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    pub(crate) fn root(file: &'a str, table: &'a Table) -> Self {
        Self {
            file,
            path: String::new(),
            table,
            asked: RefCell::default(),
        }
    }

    /// An error at a key of this table.
    pub(crate) fn error(&self, key: &str, message: impl Into<String>) -> ConfigError {
        let key = if self.path.is_empty() {
            key.to_owned()
        } else if key.is_empty() {
            self.path.clone()
        } else {
            format!("{}.{key}", self.path)
        };
        ConfigError {
            file: self.file.to_owned(),
            key,
            message: message.into(),
        }
    }

    /// The value of a key, and that the key exists.
    pub(crate) fn value(&self, key: &'static str) -> Option<&'a Value> {
        self.asked.borrow_mut().push(key);
        self.table.get(key)
    }

    /// Refuses keys that were never asked for.
    pub(crate) fn finish(self) -> Result<(), ConfigError> {
        let asked = self.asked.borrow();
        let Some(unknown) = self.table.keys().find(|key| !asked.contains(&key.as_str())) else {
            return Ok(());
        };
        let mut known: Vec<&str> = asked.clone();
        known.sort_unstable();
        known.dedup();
        let hint = match nearest(unknown, &known) {
            Some(near) => format!("there is no such key; did you mean `{near}`?"),
            None => format!("there is no such key; there are {}", known.join(", ")),
        };
        Err(self.error(unknown, hint))
    }

    fn wrong(&self, key: &str, wanted: &str, found: &Value) -> ConfigError {
        let mut shown: String = found.to_string().chars().take(60).collect();
        if shown.len() < found.to_string().len() {
            shown.push('…');
        }
        self.error(key, format!("must be {wanted}, found {shown}"))
    }

    /// A key that has to be there is not; one that was nearly written so is named instead.
    pub(crate) fn missing(&self, key: &str, wanted: &str) -> ConfigError {
        let asked = self.asked.borrow();
        let unknown = self.table.keys().filter(|k| !asked.contains(&k.as_str()));
        if let Some(odd) = unknown.into_iter().find(|k| nearest(k, &[key]).is_some()) {
            return self.error(odd, format!("there is no such key; did you mean `{key}`?"));
        }
        self.error(key, format!("is missing; it must be {wanted}"))
    }

    pub(crate) fn text(&self, key: &'static str) -> Result<Option<&'a str>, ConfigError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(key, "text in quotes", other)),
        }
    }

    pub(crate) fn flag(&self, key: &'static str) -> Result<Option<bool>, ConfigError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Boolean(flag)) => Ok(Some(*flag)),
            Some(other) => Err(self.wrong(key, "true or false", other)),
        }
    }

    pub(crate) fn whole(&self, key: &'static str) -> Result<Option<u64>, ConfigError> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => match value.as_integer().map(u64::try_from) {
                Some(Ok(whole)) => Ok(Some(whole)),
                _ => Err(self.wrong(key, "a whole number, 0 or above", value)),
            },
        }
    }

    /// A decimal: text (`"0.001"`, exact), an integer, or a TOML float as it is written.
    pub(crate) fn decimal(&self, key: &'static str) -> Result<Option<Decimal>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let wanted = "a number such as \"0.01\"";
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Integer(whole) => whole.to_string(),
            Value::Float(float) => float.to_string(),
            other => return Err(self.wrong(key, wanted, other)),
        };
        parse_decimal(text.trim())
            .map(Some)
            .map_err(|_| self.wrong(key, wanted, value))
    }

    /// A decimal within bounds, both included; `unit` says what the bounds mean.
    pub(crate) fn decimal_within(
        &self,
        key: &'static str,
        (least, most): (Decimal, Decimal),
        unit: &str,
    ) -> Result<Option<Decimal>, ConfigError> {
        let Some(value) = self.decimal(key)? else {
            return Ok(None);
        };
        if value >= least && value <= most {
            return Ok(Some(value));
        }
        let message = format!(
            "must be between {} and {} ({unit}), found {}",
            least.normalize(),
            most.normalize(),
            value.normalize()
        );
        Err(self.error(key, message))
    }

    /// A decimal above zero.
    pub(crate) fn positive(&self, key: &'static str) -> Result<Option<Decimal>, ConfigError> {
        match self.decimal(key)? {
            Some(value) if value <= Decimal::ZERO => {
                Err(self.error(key, format!("must be above 0, found {}", value.normalize())))
            }
            other => Ok(other),
        }
    }

    /// One of several words.
    pub(crate) fn choice<T: Copy>(
        &self,
        key: &'static str,
        words: &[(&'static str, T)],
    ) -> Result<Option<T>, ConfigError> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        if let Some((_, choice)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(Some(*choice));
        }
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let hint = nearest(text, &all).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        Err(self.error(
            key,
            format!("must be one of {}, found `{text}`{hint}", all.join(", ")),
        ))
    }

    /// Text that a type parses.
    pub(crate) fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
        &self,
        key: &'static str,
    ) -> Result<Option<T>, ConfigError> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        text.parse()
            .map(Some)
            .map_err(|e: T::Err| self.error(key, e.to_string()))
    }

    /// A point in time: RFC 3339, or a date, in quotes or as TOML writes them.
    pub(crate) fn time(&self, key: &'static str) -> Result<Option<UnixNanos>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Datetime(stamp) => stamp.to_string(),
            other => {
                return Err(self.wrong(
                    key,
                    "a time such as \"2020-01-31\" or \"2020-01-31T09:15:00Z\"",
                    other,
                ));
            }
        };
        let read = crate::backtest::data::read_stamp(&text);
        read.map(|ns| Some(UnixNanos(ns))).map_err(|e| self.error(key, e))
    }

    /// A list of text; one text stands for a list of one.
    pub(crate) fn texts(&self, key: &'static str) -> Result<Option<Vec<&'a str>>, ConfigError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(vec![text])),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| {
                    item.as_str()
                        .ok_or_else(|| self.wrong(key, "a list of text in quotes", item))
                })
                .collect::<Result<_, _>>()
                .map(Some),
            Some(other) => Err(self.wrong(key, "a list of text in quotes", other)),
        }
    }

    /// A table below this one.
    pub(crate) fn section(&self, key: &'static str) -> Result<Option<Section<'a>>, ConfigError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Table(table)) => Ok(Some(self.below(key.to_owned(), table))),
            Some(other) => Err(self.wrong(key, &format!("a table: [{key}]"), other)),
        }
    }

    /// A list of tables below this one.
    pub(crate) fn sections(&self, key: &'static str) -> Result<Vec<Section<'a>>, ConfigError> {
        let wanted = format!("a list of tables: [[{key}]]");
        match self.value(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(at, item)| match item {
                    Value::Table(table) => Ok(self.below(format!("{key}[{}]", at + 1), table)),
                    other => Err(self.wrong(key, &wanted, other)),
                })
                .collect(),
            Some(other) => Err(self.wrong(key, &wanted, other)),
        }
    }

    /// All keys with their values, as they are: for free tables.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.table.iter()
    }

    fn below(&self, key: String, table: &'a Table) -> Section<'a> {
        let path = if self.path.is_empty() {
            key
        } else {
            format!("{}.{key}", self.path)
        };
        Section {
            file: self.file,
            path,
            table,
            asked: RefCell::default(),
        }
    }
}
