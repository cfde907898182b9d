//! `slipway`: the command line. It reads what was said, hands it to a command, and turns the end into an exit code.
//!
//! Open `args.rs` for what can be said, `commands/` for what is done about it, and `fleet.rs` for how a fleet is asked.

mod args;
mod commands;
mod config;
mod environment;
mod exit;
mod fleet;
mod output;
mod view;

use std::process::ExitCode;

use clap::Parser as _;

use args::Cli;
use exit::{Exit, Failure, Outcome};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.global.json;
    let outcome = start(cli);
    let exit = outcome.unwrap_or_else(|failure| {
        output::failure(&failure, json);
        failure.exit
    });
    exit.into()
}

fn start(cli: Cli) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Exit::Failed, "cli.runtime", error.to_string()))?;
    let outcome = runtime.block_on(commands::run(cli));
    // What still blocks, a stuck clean-up say, must not keep the terminal.
    runtime.shutdown_timeout(std::time::Duration::from_secs(10));
    outcome
}
