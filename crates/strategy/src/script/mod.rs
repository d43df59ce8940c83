//! User scripts in Rhai: the same face as built-in strategies, in a sandbox.
//!
//! A [`Script`] is checked text: parsed once, known by the SHA-256 of its text. From it come [`ScriptStrategy`]
//! instances; loading a changed script is a new instance that warms up on the same history. The language has no
//! files, network, clock, randomness, modules, `eval` or printing; what a call may use is bounded by [`limits`]. A
//! script that fails halts its own strategy with a [`ScriptError`] that names line and column, and nothing else.
//!
//! What a script can call is in `docs/scripts.md`; [`sandbox`] registers it, [`host`] does it.

mod error;
mod host;
mod init;
pub mod limits;
mod sandbox;
mod strategy;
mod values;

use std::sync::Arc;

use rhai::AST;
use sha2::{Digest, Sha256};

pub use error::ScriptError;
pub use strategy::ScriptStrategy;

use crate::params::ParamMap;
use crate::registry::Setup;

/// A checked script.
#[derive(Clone, Debug)]
pub struct Script {
    text: Arc<str>,
    sha256: Arc<str>,
    ast: Arc<AST>,
    handlers: Handlers,
}

/// Which functions a script has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Handlers {
    /// `init` takes the parameters that were given.
    init_takes_given: bool,
    on_quote: bool,
    on_fill: bool,
}

impl Script {
    /// Checks a script: its length, its syntax, and that it has `init` and `on_bar`.
    ///
    /// ```
    /// use tradewind_strategy::script::Script;
    /// let script = Script::compile("fn init() { #{} } fn on_bar(ctx) { }")?;
    /// assert_eq!(script.sha256().len(), 64);
    /// assert!(Script::compile("fn init() { #{} }").is_err());
    /// # Ok::<(), tradewind_strategy::script::ScriptError>(())
    /// ```
    ///
    /// # Errors
    /// [`ScriptError::TooLong`], [`ScriptError::Parse`], [`ScriptError::Shape`].
    pub fn compile(text: &str) -> Result<Self, ScriptError> {
        if text.len() > limits::TEXT_BYTES_MAX {
            return Err(ScriptError::TooLong {
                bytes: text.len(),
                max: limits::TEXT_BYTES_MAX,
            });
        }
        let ast = sandbox::engine().compile(text).map_err(ScriptError::parse)?;
        let handlers = handlers(&ast)?;
        let digest = Sha256::digest(text.as_bytes());
        let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self {
            text: Arc::from(text),
            sha256: Arc::from(sha256),
            ast: Arc::new(ast),
            handlers,
        })
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// SHA-256 of the text, in lower-case hex: what a run is pinned to.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// An instance: calls `init` with the parameters. `setup.interval` counts where the script names none.
    ///
    /// # Errors
    /// [`ScriptError`].
    pub fn strategy(&self, setup: Setup, params: &ParamMap) -> Result<ScriptStrategy, ScriptError> {
        ScriptStrategy::new(self, setup, params)
    }
}

fn handlers(ast: &AST) -> Result<Handlers, ScriptError> {
    let mut found = Handlers::default();
    let (mut init, mut on_bar) = (false, false);
    for function in ast.iter_functions() {
        let arity = function.params.len();
        match (function.name, arity) {
            ("init", 0) => init = true,
            ("init", 1) => {
                init = true;
                found.init_takes_given = true;
            }
            ("on_bar", 1) => on_bar = true,
            ("on_quote", 1) => found.on_quote = true,
            ("on_fill", 1) => found.on_fill = true,
            (name @ ("init" | "on_bar" | "on_quote" | "on_fill"), arity) => {
                let message = format!("`{name}` must not take {arity} parameters");
                return Err(ScriptError::Shape { message });
            }
            _ => {}
        }
    }
    match (init, on_bar) {
        (true, true) => Ok(found),
        (false, _) => Err(ScriptError::missing("fn init()")),
        (_, false) => Err(ScriptError::missing("fn on_bar(ctx)")),
    }
}
