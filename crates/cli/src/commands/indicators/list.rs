//! `tradewind indicators list`.

use std::io::{self, BufWriter, Write};

use serde_json::{Value, json};
use tradewind_indicators::{AVERAGES, Definition, Group, IndicatorSpec, Param, ParamKind, registry};

use super::ListArgs;
use crate::failure::Failure;

pub(super) fn run(args: &ListArgs) -> Result<io::Result<()>, Failure> {
    let groups = match &args.group {
        None => Group::ALL.to_vec(),
        Some(name) => vec![named(name)?],
    };
    let of = |group: Group| registry::all().filter(move |definition| definition.group == group);
    let mut output = BufWriter::new(io::stdout().lock());
    if args.json {
        let all: Vec<Value> = groups.into_iter().flat_map(of).map(as_json).collect();
        let written = serde_json::to_writer_pretty(&mut output, &all)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(output))
            .and_then(|()| output.flush());
        return Ok(written);
    }
    let print = || {
        for group in groups {
            writeln!(output, "{}", group.name())?;
            for definition in of(group) {
                writeln!(output, "  {}", as_line(definition))?;
            }
        }
        output.flush()
    };
    Ok(print())
}

fn named(name: &str) -> Result<Group, Failure> {
    let wanted = |group: &Group| group.name() == name;
    Group::ALL.into_iter().find(wanted).ok_or_else(|| {
        let names: Vec<&str> = Group::ALL.iter().map(|group| group.name()).collect();
        Failure::Usage(format!(
            "there is no group `{name}`; there are {}",
            names.join(" ")
        ))
    })
}

fn as_line(definition: &Definition) -> String {
    let params: Vec<String> = definition
        .params
        .iter()
        .map(|param| format!("{}={}", param.name, default(param)))
        .collect();
    let inputs: Vec<&str> = definition.inputs.iter().map(|input| input.name()).collect();
    let ta_lib = match definition.ta_lib {
        Some(name) => format!(", TA-Lib {name}"),
        None => String::new(),
    };
    format!(
        "{:<20} {} | {} | {} -> {}{ta_lib}",
        definition.name,
        definition.title,
        if params.is_empty() {
            "no parameters".to_owned()
        } else {
            params.join(" ")
        },
        inputs.join(" "),
        definition.outputs.join(" "),
    )
}

/// A default for people: kinds of averages by their names.
fn default(param: &Param) -> String {
    let kind = AVERAGES
        .iter()
        .find(|(number, _)| f64::from(*number).to_bits() == param.default.to_bits());
    match kind {
        Some((number, name)) if param.kind == ParamKind::Average => format!("{number}({name})"),
        _ => param.default.to_string(),
    }
}

fn as_json(definition: &'static Definition) -> Value {
    let spec = IndicatorSpec::parse(definition.name).ok();
    let params: Vec<Value> = definition.params.iter().map(param_as_json).collect();
    let inputs: Vec<&str> = definition.inputs.iter().map(|input| input.name()).collect();
    json!({
        "name": definition.name,
        "aliases": definition.aliases,
        "title": definition.title,
        "group": definition.group.name(),
        "ta_lib": definition.ta_lib,
        "inputs": inputs,
        "params": params,
        "outputs": definition.outputs,
        "pane": definition.pane.name(),
        "id": spec.as_ref().map(IndicatorSpec::id),
        "warm_up_bars": spec.as_ref().map(IndicatorSpec::warm_up_bars),
    })
}

fn param_as_json(param: &Param) -> Value {
    let kind = match param.kind {
        ParamKind::Whole => "whole",
        ParamKind::Real => "real",
        ParamKind::Average => "average",
    };
    let mut shown = json!({
        "name": param.name,
        "kind": kind,
        "default": number(param, param.default),
        "min": number(param, param.min),
        "max": number(param, param.max),
    });
    if param.kind == ParamKind::Average {
        let choices = AVERAGES
            .iter()
            .map(|(number, name)| (number.to_string(), json!(name)));
        shown["choices"] = Value::Object(choices.collect());
    }
    shown
}

/// Whole numbers without a point.
fn number(param: &Param, value: f64) -> Value {
    match param.kind {
        ParamKind::Real => json!(value),
        ParamKind::Whole | ParamKind::Average => json!(value as i64),
    }
}
