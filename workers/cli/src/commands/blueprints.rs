//! `slipway blueprints`: what can be built without a model.

use serde_json::{Value, json};
use slipway_engines::Entry;

use crate::exit::Outcome;
use crate::output;

pub(super) fn list(as_json: bool) -> Outcome {
    let items: Vec<Value> = slipway_engines::catalogue().iter().map(item).collect();
    output::list(as_json, &items, "no blueprints", |item| {
        let text = |key: &str| item[key].as_str().unwrap_or_default();
        let example = item["examples"][0].as_str().unwrap_or_default();
        format!("{:<18} {}\n{:<18} slipway run {example:?}", text("id"), text("summary"), "")
    })
}

fn item(entry: &Entry) -> Value {
    json!({
        "id": entry.id,
        "status": "available",
        "title": entry.title,
        "summary": entry.summary,
        "examples": entry.examples,
        "parameters": entry.parameters,
        "languages": entry.languages,
        "provides": entry.provides,
    })
}
