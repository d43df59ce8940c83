//! What goes wrong in scripts, with the place.

use rhai::{EvalAltResult, ParseError, Position};
use tradewind_indicators::IndicatorError;

use crate::params::ParamError;

/// Why a script was refused or halted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScriptError {
    /// Longer than allowed.
    #[error("the script is {bytes} bytes long, at most {max} are allowed")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Not in the language.
    #[error("{}{message}", at(*.line, *.column))]
    Parse {
        /// What is wrong.
        message: String,
        /// Line, from 1; 0 where there is none.
        line: usize,
        /// Column, from 1; 0 where there is none.
        column: usize,
    },
    /// A function is missing or takes the wrong number of parameters.
    #[error("{message}")]
    Shape {
        /// What is wrong.
        message: String,
    },
    /// A limit was reached.
    #[error("{}limit exceeded: {limit}", at(*.line, *.column))]
    Limit {
        /// Which.
        limit: String,
        /// Line, from 1; 0 where there is none.
        line: usize,
        /// Column, from 1; 0 where there is none.
        column: usize,
    },
    /// It failed while it ran.
    #[error("{}{message}", at(*.line, *.column))]
    Runtime {
        /// What is wrong.
        message: String,
        /// Line, from 1; 0 where there is none.
        line: usize,
        /// Column, from 1; 0 where there is none.
        column: usize,
    },
    /// `init` gave something else than it should.
    #[error("init: {message}")]
    BadReturn {
        /// What is wrong, and what would be right.
        message: String,
    },
    /// An indicator that `init` asked for was refused.
    #[error("init: {0}")]
    Indicator(#[from] IndicatorError),
    /// Parameters were refused.
    #[error(transparent)]
    Params(#[from] ParamError),
}

impl ScriptError {
    pub(super) fn missing(what: &str) -> Self {
        ScriptError::Shape {
            message: format!("the script has no `{what}`"),
        }
    }

    pub(super) fn bad_return(message: impl Into<String>) -> Self {
        ScriptError::BadReturn {
            message: message.into(),
        }
    }

    pub(super) fn parse(error: ParseError) -> Self {
        let (line, column) = place(error.position());
        ScriptError::Parse {
            message: without_place(error.to_string()),
            line,
            column,
        }
    }

    pub(super) fn eval(error: &EvalAltResult) -> Self {
        let (line, column) = place(innermost(error));
        let cause = error.unwrap_inner();
        let limit = match cause {
            EvalAltResult::ErrorTooManyOperations(_) => {
                format!(
                    "more than {} operations in one call",
                    super::limits::OPERATIONS_MAX
                )
            }
            EvalAltResult::ErrorStackOverflow(_) => {
                format!("calls nested deeper than {}", super::limits::CALL_LEVELS_MAX)
            }
            EvalAltResult::ErrorTooManyVariables(_) => {
                format!("more than {} variables", super::limits::VARIABLES_MAX)
            }
            EvalAltResult::ErrorDataTooLarge(what, _) => format!("{what} too large"),
            other => {
                return ScriptError::Runtime {
                    message: without_place(other.to_string()),
                    line,
                    column,
                };
            }
        };
        ScriptError::Limit { limit, line, column }
    }
}

/// `line 3, column 7: `, or nothing where the language did not say.
fn at(line: usize, column: usize) -> String {
    match line {
        0 => String::new(),
        _ => format!("line {line}, column {column}: "),
    }
}

/// The place of the error itself, not of the call that led to it, where it is known.
fn innermost(error: &EvalAltResult) -> Position {
    match error {
        EvalAltResult::ErrorInFunctionCall(.., inner, at) => {
            let inner = innermost(inner);
            if inner.is_none() { *at } else { inner }
        }
        other => other.position(),
    }
}

fn place(position: Position) -> (usize, usize) {
    (
        position.line().unwrap_or(0),
        position.position().unwrap_or(usize::from(!position.is_none())),
    )
}

/// The message without ` (line 1, position 2)` at its end: the place is in fields of its own.
fn without_place(mut message: String) -> String {
    if let Some(at) = message.rfind(" (line ")
        && message.ends_with(')')
    {
        message.truncate(at);
    }
    message
}
