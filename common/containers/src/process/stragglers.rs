//! Ending all that a command started: its process group, and what left that group.
//!
//! Where there is no process namespace, what got away is known by a variable in its environment, which every child
//! inherits. A program that clears its environment and leaves its session escapes; that is what containers are for.

use std::path::Path;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::Child;

/// The environment variable that marks what a command started.
pub(super) const TOKEN: &str = "SLIPWAY_PROCESS";
/// How often what got away is looked for: it may start more while it is being killed.
const ROUNDS: usize = 20;

/// What `folder`'s command is marked with.
pub(super) fn token(folder: &Path) -> String {
    folder.display().to_string()
}

/// All that one command started. Killed when dropped.
#[derive(Debug)]
pub(super) struct Group {
    leader: Option<Pid>,
    token: String,
}

impl Group {
    pub(super) fn of(child: &Child, token: String) -> Self {
        let leader = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Self { leader, token }
    }

    /// Kills it all. What is not there any more is no error.
    pub(super) fn kill(&self) {
        if let Some(leader) = self.leader {
            let _ = kill_process_group(leader, Signal::KILL);
        }
        let mark = format!("{TOKEN}={}", self.token);
        for _ in 0..ROUNDS {
            let marked = marked(mark.as_bytes());
            if marked.is_empty() {
                break;
            }
            for id in marked {
                let _ = kill_process(id, Signal::KILL);
            }
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The processes whose environment holds `mark`. Elsewhere than on Linux there is no way to know.
fn marked(mark: &[u8]) -> Vec<Pid> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let ids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    ids.filter(|id| {
        let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark)
    })
    .filter_map(Pid::from_raw)
    .collect()
}
