//! The commands against a fleet. They ask and show; what happens to a task is decided by its coordinator.

mod act;
mod follow;
mod look;
mod submit;

use crate::args::{Command, Global};
use crate::config::Config;
use crate::exit::{Exit, Failure, Outcome};
use crate::fleet::Fleet;

/// Does a command about tasks that a fleet keeps.
pub(super) async fn run(command: Command, fleet: &Fleet, global: &Global, config: &Config) -> Outcome {
    match command {
        Command::Submit(args) => submit::submit(args, fleet, global, config).await,
        Command::Watch(task) => follow::watch(&task, fleet, global).await,
        Command::List(args) => look::list(&args, fleet, global).await,
        Command::Show(task) => look::show(&task, fleet, global).await,
        Command::Logs(args) => look::logs(&args, fleet, global).await,
        Command::Diff(task) => look::diff(&task, fleet, global).await,
        Command::Approve(task) => act::approve(&task, fleet, global).await,
        Command::Reject(args) => act::reject(&args, fleet, global).await,
        Command::Cancel(task) => act::cancel(&task, fleet, global).await,
        Command::Pause(args) => act::pause(&args, true, fleet, global).await,
        Command::Unpause(args) => act::pause(&args, false, fleet, global).await,
        Command::Release(task) => act::held(&task, "release", fleet, global).await,
        Command::Drop(task) => act::held(&task, "drop", fleet, global).await,
        _ => Err(local(fleet)),
    }
}

/// A command that works in this process was told to talk to a server.
fn local(fleet: &Fleet) -> Failure {
    let message = format!(
        "this command works on this machine and asks no server; to hand a prompt to the fleet, use `{}`",
        fleet.command("submit PROMPT")
    );
    Failure::new(Exit::Usage, "fleet.local-command", message)
}

/// A command that only a fleet can do was given none.
pub(super) fn no_server() -> Failure {
    let message = "this command talks to a fleet, and none is named. For the one that `docker compose up` starts, add \
                   --server http://127.0.0.1:8001, or set SLIPWAY_SERVER or the setting `server` to that address";
    Failure::new(Exit::Usage, "fleet.no-server", message)
}

/// The person whose account runs this program, as the fleet's history names them.
fn whoami() -> String {
    std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "someone".into())
}
