//! The commands that go on from where a task stands. They are told and never run.

use super::{Summary, TaskStatus};

/// How the commands that a summary names reach the task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// A data directory keeps it.
    DataDirectory {
        /// What the commands that would otherwise look at a fleet must end with, such as `--local`; else empty.
        flags: String,
    },
    /// A fleet keeps it.
    Fleet {
        /// What each command must end with, such as `--server http://127.0.0.1:8001`; else empty.
        flags: String,
    },
}

impl Reach {
    fn command(&self, words: &str) -> String {
        let (Self::DataDirectory { flags } | Self::Fleet { flags }) = self;
        if flags.is_empty() { format!("slipway {words}") } else { format!("slipway {words} {flags}") }
    }
}

pub(super) fn commands(summary: &Summary, reach: &Reach) -> Vec<String> {
    let short = summary.task.short();
    let about = |command: &str| reach.command(&format!("{command} {short}"));
    let clone = format!("git clone --branch {} {} {short}", summary.branch, quoted(&summary.repository));
    match summary.status {
        TaskStatus::Completed => vec![clone, about("show")],
        TaskStatus::AwaitingApproval => vec![about("diff"), about("approve"), about("reject")],
        // No flag: going on in this process is always about the data directory.
        TaskStatus::Interrupted => vec![format!("slipway resume {short}")],
        TaskStatus::Failed if summary.commit.is_some() => vec![about("logs"), clone],
        TaskStatus::Running | TaskStatus::Pending => match reach {
            Reach::DataDirectory { .. } => vec![reach.command(&format!("logs {short} --follow"))],
            Reach::Fleet { .. } => vec![about("watch")],
        },
        TaskStatus::Held => vec![about("release"), about("drop")],
        TaskStatus::Failed | TaskStatus::Cancelled => vec![about("show")],
    }
}

/// How a person gets an artefact; `what_then` ends the sentence.
pub(super) fn fetch(artefact: &str, what_then: &str) -> String {
    if artefact.starts_with("http://") || artefact.starts_with("https://") {
        format!("curl -fsSO {} {what_then}", quoted(artefact))
    } else {
        format!("cp {} {what_then}", quoted(artefact))
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@+=~".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}
