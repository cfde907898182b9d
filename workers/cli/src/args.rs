//! The command line: what can be said, not what is done about it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use slipway_protocol::AgentId;

use crate::config::SandboxKind;

const EXIT_CODES: &str = "\
Exit codes:
   0  done
   1  failed for a reason that is not the task's
   2  wrong usage, configuration, or file to check
   3  no such task, preview or agent
   5  wrong state, or another process holds the task
   6  what is needed is not installed or does not answer
   7  the task ended failed
   8  the task was cancelled
   9  the task waits for a person: an approval, or a word on a possible duplicate
  10  the prompt was refused: nothing in the catalogue fits
 130  interrupted; `slipway resume` goes on, `slipway watch` looks again

Data goes to standard output, everything else to standard error.";

/// Turns a prompt into a tested, reviewed, running application.
#[derive(Debug, Parser)]
#[command(name = "slipway", version, after_help = EXIT_CODES, propagate_version = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// What holds for every command.
    #[command(flatten)]
    pub(crate) global: Global,
}

/// What holds for every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Where all state lies [default: the user's data folder, ~/.local/share/slipway]
    #[arg(long, global = true, env = "SLIPWAY_DATA_DIR", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The configuration file
    #[arg(long, global = true, env = "SLIPWAY_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The fleet to talk to, as `http://HOST:PORT` [default: the setting `server` or `SLIPWAY_SERVER`; else none]
    #[arg(long, global = true, value_name = "URL", conflicts_with = "local")]
    pub(crate) server: Option<String>,
    /// Look at the data directory although a fleet is configured
    #[arg(long, global = true)]
    pub(crate) local: bool,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No colours and no spinner (as `NO_COLOR` does)
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build what a prompt asks for, from plan to preview
    Run(RunArgs),
    /// Go on with a task of the data directory that was interrupted
    Resume(Task),
    /// Hand a prompt to a fleet, and print its task's id
    Submit(SubmitArgs),
    /// Watch a fleet's task until it ends or waits for a person
    Watch(Task),
    /// List the tasks of the fleet, or of the data directory
    List(ListArgs),
    /// Show a task: its steps, results, findings, preview
    Show(Task),
    /// Print what a task's agents did and what its tests printed
    Logs(LogsArgs),
    /// Print a task's change as a patch
    Diff(Task),
    /// Let a task's reviewed commit be deployed, and go on
    Approve(Task),
    /// Do not let a task's reviewed commit be deployed
    Reject(RejectArgs),
    /// Stop a task for good
    Cancel(Task),
    /// Let a fleet's task, an agent or everything begin no new step
    Pause(PauseArgs),
    /// Undo `pause`
    Unpause(PauseArgs),
    /// Let a task begin that the fleet holds as a possible duplicate
    Release(Named),
    /// Drop a task that the fleet holds as a possible duplicate
    Drop(Named),
    /// List, open or stop previews
    #[command(subcommand)]
    Preview(Preview),
    /// List what can be built without a model
    Blueprints,
    /// Check or draw workflow definitions
    #[command(subcommand)]
    Workflow(Workflow),
    /// List, show or check agent definitions
    #[command(subcommand)]
    Agents(Agents),
    /// Check or show the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look for what is missing on this machine, and say how to mend it
    Doctor(DoctorArgs),
    /// Measure the pipeline's own cost
    Bench(BenchArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// `slipway run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// What to build, such as "build a todo app"; - reads it from standard input
    pub(crate) prompt: String,
    /// Work on an existing repository: a path or a URL
    #[arg(long, value_name = "PATH OR URL")]
    pub(crate) repo: Option<String>,
    /// Who lets the reviewed commit be deployed
    #[arg(long, value_enum)]
    pub(crate) approval: Option<ApprovalArg>,
    /// How the result is shown
    #[arg(long, value_enum)]
    pub(crate) preview: Option<PreviewArg>,
    /// Where the tests run; `process` means without isolation, whatever engine wrote the code
    #[arg(long, value_enum)]
    pub(crate) sandbox: Option<SandboxKind>,
}

/// `slipway submit`.
#[derive(Debug, Args)]
pub(crate) struct SubmitArgs {
    /// What to build, such as "build a todo app"; - reads it from standard input
    pub(crate) prompt: String,
    /// How urgent it is
    #[arg(long, value_enum, default_value_t)]
    pub(crate) priority: PriorityArg,
    /// Work on an existing repository, by its URL
    #[arg(long, value_name = "URL")]
    pub(crate) repo: Option<String>,
    /// Who lets the reviewed commit be deployed
    #[arg(long, value_enum)]
    pub(crate) approval: Option<ApprovalArg>,
    /// How the result is shown
    #[arg(long, value_enum)]
    pub(crate) preview: Option<PreviewArg>,
    /// The same key again is the same task, never a second one [default: a fresh one]
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// Go on watching until the task ends or waits for a person
    #[arg(long)]
    pub(crate) watch: bool,
}

/// How urgent a task is.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum PriorityArg {
    /// Before everything else.
    Critical,
    /// Before normal work.
    High,
    /// As it comes.
    #[default]
    Normal,
    /// When nothing else waits; rises with age.
    Low,
}

/// Who approves.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ApprovalArg {
    /// The review is enough.
    Auto,
    /// A person decides.
    Manual,
}

/// How results are shown.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum PreviewArg {
    /// Docker where it answers, else a compose file.
    Auto,
    /// Build, run, give a URL.
    DockerInDocker,
    /// Write a compose file; start nothing.
    ComposeOnly,
}

/// A command about one task.
#[derive(Debug, Clone, Args)]
pub(crate) struct Task {
    /// The task's id, or its last eight digits; without one, the newest task
    pub(crate) task: Option<String>,
}

/// A command about one task that must be named.
#[derive(Debug, Clone, Args)]
pub(crate) struct Named {
    /// The task's id, or its last eight digits
    pub(crate) task: String,
}

/// `slipway list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// List the newest ones only [default: 100 of a fleet, all of a data directory]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) limit: Option<u16>,
}

/// `slipway pause` and `slipway unpause`.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct PauseArgs {
    /// The task's id, or its last eight digits
    pub(crate) task: Option<String>,
    /// An agent instead, such as coder
    #[arg(long, value_name = "ID")]
    pub(crate) agent: Option<AgentId>,
    /// Everything
    #[arg(long)]
    pub(crate) all: bool,
}

/// `slipway logs`.
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// Which task.
    #[command(flatten)]
    pub(crate) task: Task,
    /// Go on printing until the task stops
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Print what the newest tests printed
    #[arg(long)]
    pub(crate) tests: bool,
}

/// `slipway reject`.
#[derive(Debug, Args)]
pub(crate) struct RejectArgs {
    /// Which task.
    #[command(flatten)]
    pub(crate) task: Task,
    /// Why
    #[arg(long, default_value = "no reason given")]
    pub(crate) reason: String,
}

/// `slipway preview`.
#[derive(Debug, Subcommand)]
pub(crate) enum Preview {
    /// List the previews that run
    List,
    /// Print a preview's URL and open it in a browser
    Open(Task),
    /// Stop a preview and remove what belongs to it
    Stop(Task),
}

/// `slipway workflow`.
#[derive(Debug, Subcommand)]
pub(crate) enum Workflow {
    /// Check a definition; without a file, the built-in one
    Check {
        /// The definition
        file: Option<PathBuf>,
    },
    /// Draw a definition as a Mermaid flowchart
    Graph {
        /// The definition
        file: Option<PathBuf>,
    },
}

/// `slipway agents`.
#[derive(Debug, Subcommand)]
pub(crate) enum Agents {
    /// List the agents
    List,
    /// Show an agent
    Show {
        /// The agent's id
        agent: String,
    },
    /// Check definitions
    Check {
        /// The definitions
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// `slipway config`.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check the configuration
    Check,
    /// Print every setting with its origin
    Show,
}

/// `slipway doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Look at a fleet's broker too, as `amqp://USER:PASSWORD@HOST:PORT/VHOST`
    #[arg(long, env = "BROKER_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) broker: Option<String>,
}

/// `slipway bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Measure runs of six no-op steps in one process against their journal's bare flushes
    #[arg(long, required = true)]
    pub(crate) sequential: bool,
    /// How many runs each of the rounds has
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) runs: u32,
}
