//! Parameters of strategies: declared with documentation, default and range; given as a map from TOML, JSON, the
//! command line or a script.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Longest list that a parameter takes.
pub const LIST_MAX: usize = crate::SLOTS_MAX;

/// A parameter's type, default and range.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ParamKind {
    /// A whole number.
    Whole {
        /// Taken when it is not given.
        default: i64,
        /// Least allowed.
        min: i64,
        /// Most allowed.
        max: i64,
    },
    /// A number.
    Real {
        /// Taken when it is not given.
        default: f64,
        /// Least allowed.
        min: f64,
        /// Most allowed.
        max: f64,
    },
    /// Yes or no.
    Flag {
        /// Taken when it is not given.
        default: bool,
    },
    /// One number per instrument; empty when it is not given.
    List {
        /// Least allowed of each.
        min: f64,
        /// Most allowed of each.
        max: f64,
    },
}

impl ParamKind {
    /// What is taken when the parameter is not given.
    #[must_use]
    pub fn default_value(&self) -> ParamValue {
        match *self {
            ParamKind::Whole { default, .. } => ParamValue::Whole(default),
            ParamKind::Real { default, .. } => ParamValue::Real(default),
            ParamKind::Flag { default } => ParamValue::Flag(default),
            ParamKind::List { .. } => ParamValue::List(Vec::new()),
        }
    }

    /// The type in words.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            ParamKind::Whole { .. } => "a whole number",
            ParamKind::Real { .. } => "a number",
            ParamKind::Flag { .. } => "true or false",
            ParamKind::List { .. } => "a list of numbers",
        }
    }
}

/// One parameter.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ParamDef {
    /// Its name in maps.
    pub name: &'static str,
    /// What it means, with its unit.
    pub doc: &'static str,
    /// Type, default, range.
    pub kind: ParamKind,
}

impl ParamDef {
    /// A whole number.
    #[must_use]
    pub const fn whole(name: &'static str, default: i64, min: i64, max: i64, doc: &'static str) -> Self {
        let kind = ParamKind::Whole { default, min, max };
        Self { name, doc, kind }
    }

    /// A number.
    #[must_use]
    pub const fn real(name: &'static str, default: f64, min: f64, max: f64, doc: &'static str) -> Self {
        let kind = ParamKind::Real { default, min, max };
        Self { name, doc, kind }
    }

    /// Yes or no.
    #[must_use]
    pub const fn flag(name: &'static str, default: bool, doc: &'static str) -> Self {
        let kind = ParamKind::Flag { default };
        Self { name, doc, kind }
    }

    /// One number per instrument.
    #[must_use]
    pub const fn list(name: &'static str, min: f64, max: f64, doc: &'static str) -> Self {
        let kind = ParamKind::List { min, max };
        Self { name, doc, kind }
    }
}

/// A value given for a parameter. Reads and writes as plain JSON or TOML.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ParamValue {
    /// `true`, `false`.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number with decimals.
    Real(f64),
    /// Words; no built-in strategy takes any, scripts may.
    Text(String),
    /// Several numbers.
    List(Vec<f64>),
}

impl ParamValue {
    /// Reads what a person typed: `true`, `12`, `0.5`, `[0.6, 0.4]` or words.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        let list = |inner: &str| {
            let numbers: Result<Vec<f64>, _> = inner.split(',').map(|t| t.trim().parse()).collect();
            numbers.ok()
        };
        match text {
            "true" => ParamValue::Flag(true),
            "false" => ParamValue::Flag(false),
            "[]" => ParamValue::List(Vec::new()),
            _ => {
                let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
                let whole = text.parse().ok().map(ParamValue::Whole);
                let real = || {
                    text.parse()
                        .ok()
                        .filter(|v: &f64| v.is_finite())
                        .map(ParamValue::Real)
                };
                let list = || inner.and_then(list).map(ParamValue::List);
                let known = whole.or_else(real).or_else(list);
                known.unwrap_or_else(|| ParamValue::Text(text.to_owned()))
            }
        }
    }
}

/// Values by name; what is left out takes its default.
pub type ParamMap = BTreeMap<String, ParamValue>;

/// Why parameters were refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ParamError {
    /// No parameter has that name.
    #[error("{strategy} has no parameter `{name}`; it has {known}")]
    Unknown {
        /// The strategy.
        strategy: String,
        /// What was given.
        name: String,
        /// What there is.
        known: String,
    },
    /// A value of another type.
    #[error("{strategy}: `{name}` must be {wanted}, got {got}")]
    Type {
        /// The strategy.
        strategy: String,
        /// The parameter.
        name: String,
        /// The right type.
        wanted: &'static str,
        /// What was given.
        got: String,
    },
    /// A value outside its range.
    #[error("{strategy}: `{name}` must be between {min} and {max}, got {got}")]
    Range {
        /// The strategy.
        strategy: String,
        /// The parameter.
        name: String,
        /// Least allowed.
        min: f64,
        /// Most allowed.
        max: f64,
        /// What was given.
        got: f64,
    },
    /// Parameters that contradict each other.
    #[error("{strategy}: {rule}")]
    Relation {
        /// The strategy.
        strategy: String,
        /// What has to hold.
        rule: String,
    },
}

/// Reads a map by its definitions. Unknown names are refused when it is made.
#[derive(Debug)]
pub struct ParamReader<'a> {
    strategy: &'a str,
    defs: &'a [ParamDef],
    given: &'a ParamMap,
}

impl<'a> ParamReader<'a> {
    /// Over a map.
    ///
    /// # Errors
    /// [`ParamError::Unknown`].
    pub fn new(strategy: &'a str, defs: &'a [ParamDef], given: &'a ParamMap) -> Result<Self, ParamError> {
        let reader = Self {
            strategy,
            defs,
            given,
        };
        match given.keys().find(|name| !defs.iter().any(|d| d.name == *name)) {
            None => Ok(reader),
            Some(odd) => Err(reader.unknown(odd)),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// [`ParamError`].
    pub fn whole(&self, name: &str) -> Result<i64, ParamError> {
        let (kind, value) = self.value(name)?;
        match (kind, value) {
            (ParamKind::Whole { min, max, .. }, ParamValue::Whole(value)) => {
                if (min..=max).contains(&value) {
                    return Ok(value);
                }
                Err(self.range(name, min as f64, max as f64, value as f64))
            }
            (_, other) => Err(self.wrong(name, "a whole number", &other)),
        }
    }

    /// A whole number that counts something; the definition's range is not below 0.
    ///
    /// # Errors
    /// [`ParamError`].
    pub fn count(&self, name: &str) -> Result<usize, ParamError> {
        let whole = self.whole(name)?;
        usize::try_from(whole).map_err(|_| self.range(name, 0.0, f64::MAX, whole as f64))
    }

    /// A number.
    ///
    /// # Errors
    /// [`ParamError`].
    pub fn real(&self, name: &str) -> Result<f64, ParamError> {
        let (kind, value) = self.value(name)?;
        let number = match value {
            ParamValue::Real(value) => value,
            ParamValue::Whole(value) => value as f64,
            other => return Err(self.wrong(name, "a number", &other)),
        };
        match kind {
            ParamKind::Real { min, max, .. } if (min..=max).contains(&number) => Ok(number),
            ParamKind::Real { min, max, .. } => Err(self.range(name, min, max, number)),
            _ => Err(self.wrong(name, kind.name(), &ParamValue::Real(number))),
        }
    }

    /// Yes or no.
    ///
    /// # Errors
    /// [`ParamError`].
    pub fn flag(&self, name: &str) -> Result<bool, ParamError> {
        match self.value(name)?.1 {
            ParamValue::Flag(value) => Ok(value),
            other => Err(self.wrong(name, "true or false", &other)),
        }
    }

    /// A list of numbers.
    ///
    /// # Errors
    /// [`ParamError`].
    pub fn list(&self, name: &str) -> Result<Vec<f64>, ParamError> {
        let (kind, value) = self.value(name)?;
        let (ParamKind::List { min, max }, ParamValue::List(list)) = (kind, &value) else {
            return Err(self.wrong(name, "a list of numbers", &value));
        };
        if list.len() > LIST_MAX {
            return Err(self.relation(format!("`{name}` holds at most {LIST_MAX} numbers")));
        }
        match list.iter().find(|v| !(min..=max).contains(*v)) {
            None => Ok(list.clone()),
            Some(odd) => Err(self.range(name, min, max, *odd)),
        }
    }

    /// The error that two parameters contradict each other.
    #[must_use]
    pub fn relation(&self, rule: impl Into<String>) -> ParamError {
        ParamError::Relation {
            strategy: self.strategy.to_owned(),
            rule: rule.into(),
        }
    }

    fn value(&self, name: &str) -> Result<(ParamKind, ParamValue), ParamError> {
        let def = self.defs.iter().find(|d| d.name == name);
        let kind = def.ok_or_else(|| self.unknown(name))?.kind;
        let given = self.given.get(name).cloned();
        Ok((kind, given.unwrap_or_else(|| kind.default_value())))
    }

    fn unknown(&self, name: &str) -> ParamError {
        let names: Vec<&str> = self.defs.iter().map(|d| d.name).collect();
        ParamError::Unknown {
            strategy: self.strategy.to_owned(),
            name: name.chars().take(48).collect(),
            known: names.join(", "),
        }
    }

    fn wrong(&self, name: &str, wanted: &'static str, got: &ParamValue) -> ParamError {
        ParamError::Type {
            strategy: self.strategy.to_owned(),
            name: name.to_owned(),
            wanted,
            got: format!("{got:?}").chars().take(80).collect(),
        }
    }

    fn range(&self, name: &str, min: f64, max: f64, got: f64) -> ParamError {
        ParamError::Range {
            strategy: self.strategy.to_owned(),
            name: name.to_owned(),
            min,
            max,
            got,
        }
    }
}
