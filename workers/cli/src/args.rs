//! The command line: what can be said, not what is done about it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
   9  the task waits for an approval
  10  the prompt was refused: nothing in the catalogue fits
 130  interrupted; `slipway resume` goes on

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
    /// Go on with a task that was interrupted
    Resume(Task),
    /// List the tasks of this data directory
    List,
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
    Doctor,
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
