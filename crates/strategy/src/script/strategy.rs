//! A script as a strategy.

use std::fmt;
use std::sync::{Arc, Mutex};

use rhai::{AST, CallFnOptions, Dynamic, EvalAltResult, Map, Scope};
use tradewind_types::StrategyId;

use super::host::Host;
use super::sandbox::{Ctx, engine};
use super::values::{measure, to_map};
use super::{Handlers, Script, ScriptError, init, limits};
use crate::context::Context;
use crate::face::{Inputs, OwnFill, Strategy};
use crate::intents::Intents;
use crate::params::ParamMap;
use crate::registry::Setup;

/// One running script: the text it came from, its state, its host. After an error it is halted for good.
pub struct ScriptStrategy {
    id: StrategyId,
    inputs: Inputs,
    sha256: Arc<str>,
    ast: Arc<AST>,
    handlers: Handlers,
    ctx: Ctx,
    /// The same handle as a script value, so that a call clones a pointer.
    handle: Dynamic,
    state: Dynamic,
    scope: Scope<'static>,
    failed: Option<ScriptError>,
}

impl ScriptStrategy {
    pub(super) fn new(script: &Script, setup: Setup, params: &ParamMap) -> Result<Self, ScriptError> {
        let takes_given = script.handlers.init_takes_given;
        let mut scope = Scope::new();
        let options = CallFnOptions::new().eval_ast(false);
        let called = if takes_given {
            let given = (to_map(params),);
            engine().call_fn_with_options::<Dynamic>(options, &mut scope, &script.ast, "init", given)
        } else {
            engine().call_fn_with_options::<Dynamic>(options, &mut scope, &script.ast, "init", ())
        };
        let returned = called.map_err(|e| ScriptError::eval(&e))?;
        let declared = init::read(&returned, &setup, params, takes_given, script.handlers.on_quote)?;
        let inputs = declared.inputs;
        let indicators = declared.ids.into_iter().zip(&inputs.indicators);
        let host = Host::new(
            inputs.slots,
            inputs.window_bars,
            inputs.interval,
            declared.params,
            indicators.map(|(given, spec)| (given, spec.id().to_owned(), spec.definition().outputs)),
        );
        let ctx = Ctx(Arc::new(Mutex::new(host)));
        Ok(Self {
            id: setup.id,
            sha256: Arc::from(script.sha256()),
            ast: Arc::clone(&script.ast),
            handlers: script.handlers,
            handle: Dynamic::from(ctx.clone()),
            ctx,
            state: Dynamic::from_map(declared.state),
            scope,
            failed: None,
            inputs,
        })
    }

    /// SHA-256 of the script's text.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Why it is halted, if it is.
    #[must_use]
    pub fn error(&self) -> Option<&ScriptError> {
        self.failed.as_ref()
    }

    fn call(&mut self, handler: &'static str, argument: Dynamic, out: &mut Intents) {
        if self.failed.is_some() {
            return;
        }
        let options = CallFnOptions::new()
            .eval_ast(false)
            .bind_this_ptr(&mut self.state)
            .with_tag(self.handle.clone());
        let called: Result<Dynamic, Box<EvalAltResult>> =
            engine().call_fn_with_options(options, &mut self.scope, &self.ast, handler, (argument,));
        let result = called.map_err(|e| ScriptError::eval(&e));
        match result.and_then(|_| check_state(&self.state)) {
            Ok(()) => self.ctx.lock().unload(out),
            Err(error) => {
                out.halt(Arc::from(error.to_string()));
                self.failed = Some(error);
            }
        }
    }
}

/// The state is a map and not too large: limits on single values do not bound what hangs together.
fn check_state(state: &Dynamic) -> Result<(), ScriptError> {
    let limit = |limit: String| ScriptError::Limit {
        limit,
        line: 0,
        column: 0,
    };
    if !state.is_map() {
        return Err(ScriptError::Runtime {
            message: "`this` must stay a map".to_owned(),
            line: 0,
            column: 0,
        });
    }
    let (values, bytes) = measure(state);
    if values > limits::STATE_VALUES_MAX {
        let max = limits::STATE_VALUES_MAX;
        return Err(limit(format!("the state holds more than {max} values")));
    }
    if bytes > limits::STATE_BYTES_MAX {
        let max = limits::STATE_BYTES_MAX;
        return Err(limit(format!("the state holds more than {max} bytes of text")));
    }
    Ok(())
}

impl Strategy for ScriptStrategy {
    fn id(&self) -> &StrategyId {
        &self.id
    }

    fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    fn on_bar(&mut self, context: &Context<'_>, out: &mut Intents) {
        self.ctx.lock().load(context, 0);
        self.call("on_bar", self.handle.clone(), out);
    }

    fn on_quote(&mut self, context: &Context<'_>, slot: usize, out: &mut Intents) {
        self.ctx.lock().load(context, slot);
        self.call("on_quote", self.handle.clone(), out);
    }

    fn on_fill(&mut self, fill: &OwnFill, out: &mut Intents) {
        if !self.handlers.on_fill {
            return;
        }
        let real = |d: tradewind_types::Decimal| Dynamic::from_float(f64::try_from(d).unwrap_or(0.0));
        let mut map = Map::new();
        map.insert("slot".into(), Dynamic::from_int(fill.slot as i64));
        map.insert("side".into(), fill.side.as_str().into());
        map.insert("quantity".into(), real(fill.quantity.decimal()));
        map.insert("price".into(), real(fill.price.decimal()));
        map.insert("ts".into(), Dynamic::from_int(fill.ts.as_secs() as i64));
        self.ctx.lock().intents.clear();
        self.call("on_fill", Dynamic::from_map(map), out);
    }
}

impl fmt::Debug for ScriptStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptStrategy")
            .field("id", &self.id)
            .field("sha256", &self.sha256)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
