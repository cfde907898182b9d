//! The commands, a file each; here only which one is meant.

mod agents;
mod bench;
mod blueprints;
mod configuration;
mod doctor;
mod driving;
mod inspect;
mod on_fleet;
mod previews;
mod tasks;
mod workflows;

use clap::CommandFactory as _;
use slipway_runtime::telemetry::{self, Format};

use crate::args::{Cli, Command, Global};
use crate::config::{Config, LogFormat};
use crate::environment;
use crate::exit::{Exit, Failure, Outcome};

/// Does what the command line says.
pub(crate) async fn run(cli: Cli) -> Outcome {
    let Cli { command, global } = cli;
    match command {
        // These work without a configuration, and so with a broken one.
        Command::Completions { shell } => completions(shell),
        Command::Blueprints => blueprints::list(global.json),
        Command::Workflow(command) => workflows::run(&command, global.json),
        Command::Agents(command) => agents::run(&command, global.json),
        Command::Config(command) => configuration::run(command, &global),
        Command::Doctor(args) => doctor::run(&args, &global).await,
        Command::Bench(bench) => bench::run(&bench, &global).await,
        command => {
            let config = environment::settings(&global)?;
            start_log(&config.log)?;
            match environment::fleet(&global, &config)? {
                // A server in the settings is for the commands that can use one; a flag is meant.
                Some(fleet) if !is_local(&command) || global.server.is_some() => {
                    on_fleet::run(command, &fleet, &global, &config).await
                }
                _ => in_data_directory(command, &global, config).await,
            }
        }
    }
}

/// Whether a command works in this process, whatever fleet there is.
const fn is_local(command: &Command) -> bool {
    matches!(command, Command::Run(_) | Command::Resume(_) | Command::Preview(_))
}

async fn in_data_directory(command: Command, global: &Global, config: Config) -> Outcome {
    match command {
        Command::Run(run) => driving::run(run, global, config).await,
        Command::Resume(task) => driving::resume(&task, global, config).await,
        Command::Approve(task) => driving::approve(&task, global, config).await,
        Command::Reject(reject) => driving::reject(&reject, global, config).await,
        Command::Cancel(task) => driving::cancel(&task, global, config).await,
        Command::List(args) => inspect::list(&args, global, &config),
        Command::Show(task) => inspect::show(&task, global, &config),
        Command::Logs(logs) => inspect::logs(&logs, global).await,
        Command::Diff(task) => inspect::diff(&task, global, &config).await,
        Command::Preview(command) => previews::run(&command, global).await,
        Command::Submit(_)
        | Command::Watch(_)
        | Command::Pause(_)
        | Command::Unpause(_)
        | Command::Release(_)
        | Command::Drop(_) => Err(on_fleet::no_server()),
        Command::Completions { .. }
        | Command::Blueprints
        | Command::Workflow(_)
        | Command::Agents(_)
        | Command::Config(_)
        | Command::Doctor(_)
        | Command::Bench(_) => Ok(Exit::Done),
    }
}

fn start_log(log: &crate::config::Log) -> Result<(), Failure> {
    let format = match log.format {
        LogFormat::Text => Format::Text,
        LogFormat::Json => Format::Json,
    };
    telemetry::start(&log.filter, format)
        .map_err(|error| Failure::new(Exit::Usage, "config.invalid", slipway_worker::chain(&error)))
}

fn completions(shell: clap_complete::Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "slipway", &mut script);
    crate::output::data(String::from_utf8_lossy(&script).trim_end())
}
