//! Indicators of the registry.

use tradewind_indicators::registry::{self, Definition, Pane};
use tradewind_indicators::{AVERAGES, IndicatorSpec, Param, ParamKind};
use tradewind_wire as wire;
use wire::IndicatorParameterKind;

/// The whole registry, by group, then by name.
#[must_use]
pub fn registry() -> wire::Indicators {
    let mut all: Vec<&Definition> = registry::all().collect();
    all.sort_by_key(|d| (d.group, d.name));
    wire::Indicators {
        indicators: all.into_iter().map(definition).collect(),
    }
}

fn definition(d: &'static Definition) -> wire::Indicator {
    // Defaults are within their ranges: the registry's tests build each indicator from them.
    let warm_up = IndicatorSpec::with_params(d, &[]).map_or(1, |spec| spec.warm_up_bars());
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let output = |name: &&str| wire::IndicatorOutput {
        name: (*name).to_owned(),
    };
    wire::Indicator {
        name: d.name.to_owned(),
        aliases: owned(d.aliases),
        title: d.title.to_owned(),
        group: d.group.name().to_owned(),
        inputs: d.inputs.iter().map(|input| input.name().to_owned()).collect(),
        parameters: d.params.iter().map(|p| parameter(p, d.params)).collect(),
        outputs: d.outputs.iter().map(output).collect(),
        overlay: d.pane == Pane::Price,
        warm_up: u32::try_from(warm_up).unwrap_or(u32::MAX),
        ta_lib: d.ta_lib.map(str::to_owned),
    }
}

fn parameter(param: &Param, all: &[Param]) -> wire::IndicatorParameter {
    let choice = |(value, name): &(u8, &str)| wire::IndicatorChoice {
        value: f64::from(*value),
        name: (*name).to_owned(),
    };
    let (kind, choices) = match param.kind {
        ParamKind::Whole => (IndicatorParameterKind::Int, Vec::new()),
        ParamKind::Real => (IndicatorParameterKind::Float, Vec::new()),
        ParamKind::Average => (
            IndicatorParameterKind::Choice,
            AVERAGES.iter().map(choice).collect(),
        ),
    };
    let followed = param.follows.and_then(|at| all.get(usize::from(at)));
    wire::IndicatorParameter {
        name: param.name.to_owned(),
        kind,
        default: param.default,
        min: param.min,
        max: param.max,
        choices,
        follows: followed.map(|other| other.name.to_owned()),
    }
}
