//! `slipway-repositories`: reads its settings, serves until it is told to stop. All it does is in the library.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use slipway_repositories::config;
use slipway_runtime::health::{self, Health, Metrics};
use slipway_runtime::{Lifecycle, telemetry};

/// Serves the fleet's repositories over Git's smart HTTP.
#[derive(Debug, Parser)]
#[command(name = "slipway-repositories", version)]
struct Arguments {
    /// A configuration file.
    #[arg(long, global = true, env = "SLIPWAY_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Asks the one that runs here whether it is ready: 0 when it is, 1 when not.
    Healthcheck,
    /// Checks or shows the settings.
    #[command(subcommand)]
    Config(ConfigVerb),
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum ConfigVerb {
    /// Says what is wrong with the settings, if anything is.
    Check,
    /// Prints every setting with its origin, secrets hidden.
    Show,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let file = arguments.config.as_deref();
    match start(file, arguments.verb).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error[{}]: {error:#}", code(&error));
            ExitCode::from(if error.is::<config::Error>() { 2 } else { 1 })
        }
    }
}

/// The error's stable code; `docs/errors/` has a page for each.
fn code(error: &anyhow::Error) -> &'static str {
    let known = error.downcast_ref::<config::Error>().map(config::Error::code);
    let known = known.or_else(|| {
        error.downcast_ref::<slipway_repositories::Error>().map(slipway_repositories::Error::code)
    });
    known
        .or_else(|| error.downcast_ref::<health::Error>().map(health::Error::code))
        .unwrap_or("process.failed")
}

async fn start(file: Option<&std::path::Path>, verb: Option<Verb>) -> anyhow::Result<ExitCode> {
    match verb {
        None => serve(config::read(file)?).await,
        Some(Verb::Healthcheck) => {
            let address = config::health_address(file)?
                .context("health.listen is empty, so there is nothing to ask")?;
            Ok(if health::probe(address).await { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Some(Verb::Config(ConfigVerb::Check)) => {
            config::read(file)?;
            println!("the configuration is valid");
            Ok(ExitCode::SUCCESS)
        }
        Some(Verb::Config(ConfigVerb::Show)) => {
            print!("{}", config::show(file)?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn serve(settings: config::Settings) -> anyhow::Result<ExitCode> {
    telemetry::start(&settings.log_filter, settings.log_format)?;
    let life = Lifecycle::new(settings.grace);
    life.listen_for_signals().context("cannot listen for signals")?;
    let health = Health::new("repositories", env!("CARGO_PKG_VERSION"));
    let serving = health.check("serving");
    if let Some(listen) = settings.health {
        health::start(&life, listen, &health, &Metrics::install()).await?;
    }
    let address = slipway_repositories::start(&settings, &life).await?;
    serving.ready();
    tracing::info!(%address, data = %settings.data.display(), "serving");
    life.soft().cancelled().await;
    Ok(if life.shut_down().await { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
