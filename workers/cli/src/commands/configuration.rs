//! `slipway config`: checks and shows the settings.

use serde_json::json;

use crate::args::{ConfigCommand, Global};
use crate::config;
use crate::exit::{Exit, Failure, Outcome};
use crate::{environment, output};

pub(super) fn run(command: ConfigCommand, global: &Global) -> Outcome {
    environment::settings(global)?;
    match command {
        ConfigCommand::Check if global.json => output::json(&json!({ "status": "valid" })),
        ConfigCommand::Check => output::data("the configuration is valid"),
        ConfigCommand::Show => show(global),
    }
}

fn show(global: &Global) -> Outcome {
    let loaded = config::read(global.config.as_deref())
        .map_err(|error| Failure::new(Exit::Usage, "config.invalid", slipway_worker::chain(&error)))?;
    let items: Vec<_> = loaded
        .settings
        .iter()
        .map(|setting| json!({ "id": setting.key, "status": "set", "value": setting.value, "origin": setting.origin.to_string() }))
        .collect();
    output::list(global.json, &items, "", |item| {
        format!(
            "{:<28} = {:<20} # {}",
            item["id"].as_str().unwrap_or_default(),
            item["value"].to_string(),
            item["origin"].as_str().unwrap_or_default()
        )
    })
}
