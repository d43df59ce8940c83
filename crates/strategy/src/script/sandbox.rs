//! The one engine that all scripts run on: its packages, its limits, and what it may call.
//!
//! Everything that a call needs is in the host that is bound to the call, so one engine serves all instances. What is
//! left out is what reaches outside: `sleep`, printing, JSON parsing, modules, `eval`, time.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage,
    BasicMathPackage, BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Dynamic, Engine, EvalAltResult, Map, NativeCallContext, OptimizationLevel};
use tradewind_types::order::UnitFraction;
use tradewind_types::risk::SizingRule;
use tradewind_types::signal::Opinion;
use tradewind_types::{Decimal, Side};

use super::host::{CLOSE, HIGH, Host, LOW, OPEN, VOLUME};
use super::limits;
use super::values::{count, number, or_unit, words};
use crate::face::Verdict;
use crate::intents::{Amount, Entry, EntryKind, Intent, Size, share};
use crate::reason::Reason;

type Done<T> = Result<T, Box<EvalAltResult>>;

/// `ctx`: a handle of the host.
#[derive(Clone, Debug)]
pub(super) struct Ctx(pub(super) Arc<Mutex<Host>>);

impl Ctx {
    pub(super) fn lock(&self) -> MutexGuard<'_, Host> {
        // Nothing panics while it is held; and if it did, the figures are still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The engine. Made once: registering its functions takes longer than running a script.
pub(super) fn engine() -> &'static Engine {
    static ENGINE: LazyLock<Engine> = LazyLock::new(build);
    &ENGINE
}

fn build() -> Engine {
    // Names of anonymous functions come from hashes; with a fixed seed they are the same in every process.
    // It fails when it was set before, which is as good.
    let _ = rhai::config::hashing::set_hashing_seed(Some([1, 2, 3, 4]));
    let mut engine = Engine::new_raw();
    ArithmeticPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicStringPackage::new().register_into_engine(&mut engine);
    MoreStringPackage::new().register_into_engine(&mut engine);
    BasicIteratorPackage::new().register_into_engine(&mut engine);
    BasicFnPackage::new().register_into_engine(&mut engine);
    BasicMathPackage::new().register_into_engine(&mut engine);
    BasicArrayPackage::new().register_into_engine(&mut engine);
    BasicMapPackage::new().register_into_engine(&mut engine);
    engine
        .set_optimization_level(OptimizationLevel::Simple)
        .set_max_operations(limits::OPERATIONS_MAX)
        .set_max_call_levels(limits::CALL_LEVELS_MAX)
        .set_max_expr_depths(limits::EXPRESSION_DEPTH_MAX, limits::EXPRESSION_DEPTH_MAX)
        .set_max_variables(limits::VARIABLES_MAX)
        .set_max_functions(limits::FUNCTIONS_MAX)
        .set_max_string_size(limits::STRING_BYTES_MAX)
        .set_max_array_size(limits::ARRAY_MAX)
        .set_max_map_size(limits::MAP_MAX)
        .disable_symbol("eval")
        .disable_symbol("print")
        .disable_symbol("debug");
    engine.register_type_with_name::<Ctx>("Context");
    bars(&mut engine);
    indicators(&mut engine);
    account(&mut engine);
    entries(&mut engine);
    targets(&mut engine);
    opinions(&mut engine);
    engine
}

fn done<T>(result: Result<T, String>) -> Done<T> {
    result.map_err(|message| message.into())
}

fn bars(engine: &mut Engine) {
    let figures = [
        ("open", OPEN),
        ("high", HIGH),
        ("low", LOW),
        ("close", CLOSE),
        ("volume", VOLUME),
    ];
    for (name, column) in figures {
        let figure =
            move |ctx: &Ctx, slot: i64, back: i64| done(ctx.lock().bar(slot, column, back).map(or_unit));
        engine.register_fn(name, move |ctx: &mut Ctx, back: i64| figure(ctx, 0, back));
        engine.register_fn(name, move |ctx: &mut Ctx, slot: i64, back: i64| {
            figure(ctx, slot, back)
        });
    }
    engine.register_get("ts", |ctx: &mut Ctx| ctx.lock().ts());
    engine.register_get("bars_seen", |ctx: &mut Ctx| ctx.lock().bars_seen());
    engine.register_get("slots", |ctx: &mut Ctx| ctx.lock().slots());
    engine.register_get("slot", |ctx: &mut Ctx| ctx.lock().slot as i64);
    engine.register_get("interval", |ctx: &mut Ctx| ctx.lock().interval.name());
    engine.register_fn("fresh", |ctx: &mut Ctx, slot: i64| done(ctx.lock().fresh(slot)));
}

fn indicators(engine: &mut Engine) {
    fn value(ctx: &Ctx, slot: i64, id: &str, output: Option<&str>, back: i64) -> Done<Dynamic> {
        done(ctx.lock().value(slot, id, output, back).map(or_unit))
    }
    engine.register_fn("value", |ctx: &mut Ctx, id: &str| value(ctx, 0, id, None, 0));
    engine.register_fn("value", |ctx: &mut Ctx, id: &str, back: i64| {
        value(ctx, 0, id, None, back)
    });
    engine.register_fn("value", |ctx: &mut Ctx, id: &str, output: &str| {
        value(ctx, 0, id, Some(output), 0)
    });
    engine.register_fn("value", |ctx: &mut Ctx, id: &str, output: &str, back: i64| {
        value(ctx, 0, id, Some(output), back)
    });
    engine.register_fn("value", |ctx: &mut Ctx, slot: i64, id: &str, back: i64| {
        value(ctx, slot, id, None, back)
    });
    engine.register_fn(
        "value",
        |ctx: &mut Ctx, slot: i64, id: &str, output: &str, back: i64| {
            value(ctx, slot, id, Some(output), back)
        },
    );
    engine.register_fn("param", |ctx: &mut Ctx, name: &str| {
        let found = ctx.lock().params.get(name).cloned();
        done(found.ok_or_else(|| format!("init's params have no `{name}`")))
    });
}

fn account(engine: &mut Engine) {
    engine.register_get("position", |ctx: &mut Ctx| done(ctx.lock().held(0)));
    engine.register_fn("position", |ctx: &mut Ctx, slot: i64| done(ctx.lock().held(slot)));
    engine.register_get("average_price", |ctx: &mut Ctx| done(ctx.lock().average(0)));
    engine.register_fn("average_price", |ctx: &mut Ctx, slot: i64| {
        done(ctx.lock().average(slot))
    });
    engine.register_get("equity", |ctx: &mut Ctx| ctx.lock().equity);
    type Side = fn((f64, f64)) -> f64;
    let sides: [(&str, Side); 3] = [
        ("bid", |(bid, _)| bid),
        ("ask", |(_, ask)| ask),
        ("mid", |(bid, ask)| (bid + ask) / 2.0),
    ];
    for (name, side) in sides {
        let quoted = move |ctx: &Ctx, slot: i64| done(ctx.lock().quote(slot).map(|q| or_unit(q.map(side))));
        engine.register_get(name, move |ctx: &mut Ctx| quoted(ctx, 0));
        engine.register_fn(name, move |ctx: &mut Ctx, slot: i64| quoted(ctx, slot));
    }
}

/// The host of the running call; `init` has none.
fn host(context: &NativeCallContext<'_>) -> Done<Ctx> {
    let tag = context.tag().and_then(|tag| tag.clone().try_cast::<Ctx>());
    tag.ok_or_else(|| "intents can be given in on_bar, on_quote and on_fill only".into())
}

fn push(context: &NativeCallContext<'_>, intent: Intent) -> Done<()> {
    done(host(context)?.lock().push(intent))
}

fn decimal(what: &str, value: f64) -> Result<Decimal, String> {
    let found = Decimal::try_from(value).ok().filter(|d| *d > Decimal::ZERO);
    found.ok_or_else(|| format!("{what} must be a number above 0, got {value}"))
}

fn fraction(what: &str, value: f64) -> Result<Decimal, String> {
    share(value).ok_or_else(|| format!("{what} must be between -1000 and 1000, got {value}"))
}

fn plain() -> Reason {
    Reason::from("script")
}

fn slot_of(context: &NativeCallContext<'_>, slot: i64) -> Done<usize> {
    done(host(context)?.lock().check_slot(slot))
}

/// An entry from a map of options.
fn entry(side: Side, options: &Map) -> Result<(i64, Entry), String> {
    let mut slot = 0;
    let mut entry = Entry::new(0, side, plain());
    let (mut win_probability, mut payoff) = (None, None);
    one_size(options)?;
    for (key, value) in options {
        let real = || {
            let found = number(value).filter(|v| v.is_finite());
            found.ok_or_else(|| format!("`{key}` must be a number, got {value}"))
        };
        match key.as_str() {
            "slot" => {
                slot = count(value).ok_or_else(|| format!("`slot` must be 0, 1, …, got {value}"))? as i64;
            }
            "quantity" => entry.size = Size::Quantity(decimal(key, real()?)?),
            "fraction" => entry.size = Size::EquityFraction(positive(key, real()?)?),
            "risk" => entry.size = Size::RiskToStop(positive(key, real()?)?),
            "volatility" => entry.size = Size::By(SizingRule::to_volatility(decimal(key, real()?)?)),
            "value_at_risk" => entry.size = Size::By(SizingRule::to_value_at_risk(decimal(key, real()?)?)),
            "win_probability" => win_probability = Some(decimal(key, real()?)?),
            "payoff" => payoff = Some(decimal(key, real()?)?),
            "limit" => entry.kind = EntryKind::Limit(real()?),
            "stop" => entry.kind = EntryKind::Stop(real()?),
            "market" => match value.as_bool() {
                Ok(true) => entry.kind = EntryKind::Market,
                Ok(false) => {}
                Err(found) => return Err(format!("`market` must be true or false, got {found}")),
            },
            "stop_loss" => entry.stop_loss = Some(real()?),
            "take_profit" => entry.take_profit = Some(real()?),
            "confidence" => entry.confidence = UnitFraction::from_unit(real()?),
            "reason" => entry.reason = Reason::from(words(&value.to_string())),
            other => {
                return Err(format!(
                    "unknown option `{other}`; known are slot, quantity, fraction, risk, volatility, value_at_risk, \
                     win_probability, payoff, limit, stop, market, stop_loss, take_profit, confidence, reason"
                ));
            }
        }
    }
    match (win_probability, payoff) {
        (Some(p), Some(b)) => entry.size = Size::By(SizingRule::quarter_kelly(p, b)),
        (None, None) => {}
        _ => return Err("`win_probability` and `payoff` belong together".to_owned()),
    }
    if let Size::By(rule) = entry.size
        && let Some((field, message)) = rule.fault()
    {
        let field = field.trim_start_matches("sizing.");
        return Err(format!("`{field}` {message}"));
    }
    if matches!(entry.size, Size::RiskToStop(_)) && entry.stop_loss.is_none() {
        return Err("`risk` needs a `stop_loss`".to_owned());
    }
    Ok((slot, entry))
}

/// How much is said once, by one of its options.
fn one_size(options: &Map) -> Result<(), String> {
    const SIZES: [&str; 6] = [
        "quantity",
        "fraction",
        "risk",
        "volatility",
        "value_at_risk",
        "win_probability",
    ];
    let mut given = SIZES.iter().filter(|size| options.contains_key(**size));
    match (given.next(), given.next()) {
        (Some(one), Some(other)) => Err(format!("`{one}` and `{other}` both say how much: keep one")),
        _ => Ok(()),
    }
}

fn positive(what: &str, value: f64) -> Result<Decimal, String> {
    let found = fraction(what, value)?;
    if found > Decimal::ZERO {
        return Ok(found);
    }
    Err(format!("`{what}` must be above 0, got {value}"))
}

fn entries(engine: &mut Engine) {
    for (name, side) in [("buy", Side::Buy), ("sell", Side::Sell)] {
        let sized = move |context: &NativeCallContext<'_>, size: f64| {
            let quantity = done(decimal("the quantity", size))?;
            let size = Size::Quantity(quantity);
            let entry = Entry {
                size,
                ..Entry::new(0, side, plain())
            };
            push(context, Intent::Enter(entry))
        };
        engine.register_fn(name, move |context: NativeCallContext<'_>| {
            push(&context, Intent::Enter(Entry::new(0, side, plain())))
        });
        engine.register_fn(name, move |context: NativeCallContext<'_>, size: f64| {
            sized(&context, size)
        });
        engine.register_fn(name, move |context: NativeCallContext<'_>, size: i64| {
            sized(&context, size as f64)
        });
        engine.register_fn(name, move |context: NativeCallContext<'_>, options: Map| {
            let (slot, mut entry) = done(entry(side, &options))?;
            entry.slot = slot_of(&context, slot)?;
            push(&context, Intent::Enter(entry))
        });
    }
}

fn target(context: &NativeCallContext<'_>, slot: i64, amount: Amount, reason: Reason) -> Done<()> {
    let slot = slot_of(context, slot)?;
    push(context, Intent::Target { slot, amount, reason })
}

fn weight(value: f64) -> Done<Amount> {
    done(fraction("the weight", value).map(Amount::Weight))
}

fn quantity(value: f64) -> Done<Amount> {
    let found = Decimal::try_from(value).map(Amount::Quantity);
    done(found.map_err(|_| format!("the quantity must be a number, got {value}")))
}

fn targets(engine: &mut Engine) {
    type Read = fn(f64) -> Done<Amount>;
    let kinds: [(&str, Read); 2] = [("target", weight), ("target_quantity", quantity)];
    for (name, read) in kinds {
        engine.register_fn(name, move |context: NativeCallContext<'_>, value: f64| {
            target(&context, 0, read(value)?, plain())
        });
        engine.register_fn(name, move |context: NativeCallContext<'_>, value: i64| {
            target(&context, 0, read(value as f64)?, plain())
        });
        engine.register_fn(
            name,
            move |context: NativeCallContext<'_>, value: f64, why: &str| {
                target(&context, 0, read(value)?, Reason::from(words(why)))
            },
        );
        engine.register_fn(
            name,
            move |context: NativeCallContext<'_>, slot: i64, value: f64| {
                target(&context, slot, read(value)?, plain())
            },
        );
        engine.register_fn(
            name,
            move |context: NativeCallContext<'_>, slot: i64, value: i64| {
                target(&context, slot, read(value as f64)?, plain())
            },
        );
        engine.register_fn(
            name,
            move |context: NativeCallContext<'_>, slot: i64, value: f64, why: &str| {
                target(&context, slot, read(value)?, Reason::from(words(why)))
            },
        );
    }
    type Make = fn(usize, Reason) -> Intent;
    let closers: [(&str, Make); 2] = [
        ("close", |slot, reason| Intent::Exit { slot, reason }),
        ("cancel", |slot, reason| Intent::CancelAll { slot, reason }),
    ];
    for (name, make) in closers {
        engine.register_fn(name, move |context: NativeCallContext<'_>| {
            push(&context, make(0, plain()))
        });
        engine.register_fn(name, move |context: NativeCallContext<'_>, slot: i64| {
            let slot = slot_of(&context, slot)?;
            push(&context, make(slot, plain()))
        });
        engine.register_fn(name, move |context: NativeCallContext<'_>, why: &str| {
            push(&context, make(0, Reason::from(words(why))))
        });
        engine.register_fn(
            name,
            move |context: NativeCallContext<'_>, slot: i64, why: &str| {
                let slot = slot_of(&context, slot)?;
                push(&context, make(slot, Reason::from(words(why))))
            },
        );
    }
}

fn opinions(engine: &mut Engine) {
    fn verdict(name: &str, confidence: f64, why: &str) -> Result<Verdict, String> {
        let opinion = match name {
            "BUY" => Opinion::Buy,
            "SELL" => Opinion::Sell,
            "HOLD" => return Ok(Verdict::hold(words(why))),
            other => {
                return Err(format!(
                    "an opinion is \"BUY\", \"SELL\" or \"HOLD\", got \"{other}\""
                ));
            }
        };
        if !(0.0..=1.0).contains(&confidence) {
            return Err(format!("a confidence is between 0 and 1, got {confidence}"));
        }
        let confidence = UnitFraction::from_unit(confidence);
        Ok(Verdict {
            opinion,
            strength: confidence,
            confidence,
            reason: Reason::from(words(why)),
        })
    }
    engine.register_fn(
        "opinion",
        |context: NativeCallContext<'_>, name: &str, confidence: f64, why: &str| {
            push(&context, Intent::Opinion(done(verdict(name, confidence, why))?))
        },
    );
    engine.register_fn(
        "opinion",
        |context: NativeCallContext<'_>, name: &str, confidence: i64, why: &str| {
            push(
                &context,
                Intent::Opinion(done(verdict(name, confidence as f64, why))?),
            )
        },
    );
}
