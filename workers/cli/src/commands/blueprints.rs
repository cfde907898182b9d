//! `slipway blueprints`: what can be built without a model.

use crate::exit::Outcome;
use crate::output;

pub(super) fn list(as_json: bool) -> Outcome {
    let items: Vec<serde_json::Value> = slipway_engines::catalogue()
        .iter()
        .map(|entry| {
            let mut value = serde_json::to_value(entry).expect("an entry has string keys only");
            value["status"] = "available".into();
            value
        })
        .collect();
    output::list(as_json, &items, "no blueprints", |item| {
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        format!("{:<18} {}\n{:<18} e.g. \"{}\"", text("id"), text("summary"), "", item["examples"][0].as_str().unwrap_or_default())
    })
}
