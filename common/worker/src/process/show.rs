//! What a worker's verbs print.

use std::io::Write as _;

use slipway_runtime::config::{Loaded, Setting};
use slipway_runtime::health::probe;

use super::args::ConfigVerb;
use super::config::Config;
use super::exit::{Exit, Failure};

/// Keys whose values are never printed.
const SECRETS: [&str; 2] = ["broker.url", "repositories.token"];

/// Checks or shows the settings, which are valid when this is called.
pub(super) fn config(what: ConfigVerb, loaded: &Loaded<Config>) -> Result<Exit, Failure> {
    let text = match what {
        ConfigVerb::Check => "the configuration is valid\n".to_owned(),
        ConfigVerb::Show => loaded.settings.iter().map(line).collect(),
    };
    print(&text)
}

/// Asks the worker of these settings whether it is ready.
pub(super) async fn health(config: &Config) -> Result<Exit, Failure> {
    let Some(listen) = config.health.listen else {
        return Err(Failure::usage("config.invalid", "health.listen is empty, so there is nobody to ask"));
    };
    let ready = probe(listen).await;
    print(if ready { "ready\n" } else { "not ready\n" })?;
    Ok(if ready { Exit::Done } else { Exit::Failed })
}

fn line(setting: &Setting) -> String {
    let shown = match (SECRETS.contains(&setting.key.as_str()), setting.value.as_str()) {
        (true, Some(secret)) if !secret.is_empty() => "(hidden)".to_owned(),
        _ => setting.value.to_string(),
    };
    format!("{:<28} = {shown:<24} # {}\n", setting.key, setting.origin)
}

fn print(text: &str) -> Result<Exit, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::failed("worker.runtime", &error))
        }
        _ => Ok(Exit::Done),
    }
}
