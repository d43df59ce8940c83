//! `tradewind backtest strategies`: what a configuration can name.

use serde_json::json;
use tradewind_strategy::registry;

use super::show;
use crate::failure::Failure;

pub(super) fn run(as_json: bool) -> Result<(), Failure> {
    if as_json {
        let all: Vec<serde_json::Value> = registry::ALL
            .iter()
            .map(|d| {
                let params = d.params.iter().map(|p| {
                    json!({
                        "name": p.name,
                        "type": p.kind.name(),
                        "default": p.kind.default_value(),
                        "doc": p.doc,
                    })
                });
                json!({
                    "name": d.name,
                    "title": d.title,
                    "doc": d.doc,
                    "instruments": d.slots.to_string(),
                    "parameters": params.collect::<Vec<_>>(),
                })
            })
            .collect();
        return super::json(&all);
    }
    let mut rows = show::table(&["strategy", "on", "parameters"]);
    for definition in registry::ALL {
        let params: Vec<&str> = definition.params.iter().map(|p| p.name).collect();
        rows.add_row([
            definition.name.to_owned(),
            definition.slots.to_string(),
            params.join(" "),
        ]);
    }
    println!("{rows}");
    Ok(())
}
