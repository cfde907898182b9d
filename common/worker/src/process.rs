//! A worker as a process: the command line, settings and wiring that all worker binaries share.
//!
//! A binary says its name and whom it serves, and nothing else. Open `process/args.rs` for what can be said on the
//! command line, `process/config.default.toml` for the settings, `process/wiring.rs` for what a worker is made of.

mod args;
mod config;
mod exit;
mod folder;
mod machine;
mod show;
mod wiring;

use std::process::ExitCode;
use std::time::Duration;

use args::{Args, Verb};
use exit::{Exit, Failure};

pub use args::Serving;

/// Runs the worker `name`, which serves `serving`, as this process's arguments and environment say.
pub fn main(name: &'static str, serving: Serving) -> ExitCode {
    if let Err(error) = slipway_runtime::stack::ensure() {
        return Failure::failed("worker.runtime", &error).print();
    }
    let args = match Args::read(name, serving) {
        Ok(args) => args,
        // Help and version are no errors; the parser knows where each is printed and with which code.
        Err(error) => {
            let _closed = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage as u8));
        }
    };
    match start(name, &args) {
        Ok(exit) => exit.into(),
        Err(failure) => failure.print(),
    }
}

fn start(name: &'static str, args: &Args) -> Result<Exit, Failure> {
    let loaded = config::read(args)?;
    match args.verb {
        Some(Verb::Config(what)) => return show::config(what, &loaded),
        None | Some(Verb::Healthcheck) => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::failed("worker.runtime", &error))?;
    let ended = runtime.block_on(async {
        match args.verb {
            Some(Verb::Healthcheck) => show::health(&loaded.values).await,
            _ => Box::pin(wiring::run(name, args, &loaded.values)).await,
        }
    });
    // What still blocks, a stuck clean-up say, must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(5));
    ended
}
