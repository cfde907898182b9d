//! What a sandbox is given and what it gives back, in a container or in a process alike.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use slipway_protocol::evidence::Exit;

/// A command to run in a tree of files.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The tree as a tar archive of regular files, folders and links that stay within it. It becomes the working
    /// folder.
    pub tree: Vec<u8>,
    /// Files of ours, by their path below [`Layout::slipway`], such as `report.py`.
    pub extra: Vec<(String, Vec<u8>)>,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Environment beside the fixed one. Nothing of the host's environment is passed on.
    pub env: Vec<(String, String)>,
    /// The files to bring back, by their names in [`Layout::outputs`]. What is not a regular file there is left out.
    pub outputs: Vec<String>,
    /// What it may use.
    pub limits: Limits,
}

/// What a command may use before it is stopped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Memory in bytes, with what lies in the working folder. There is no swap.
    pub memory: u64,
    /// Processors.
    pub cpus: f64,
    /// Processes and threads.
    pub pids: u32,
    /// How long the command may take.
    pub wall_clock: Duration,
    /// How much of its output is kept, in bytes: one half from the beginning, one from the end.
    pub log_bytes: usize,
    /// The size of the working folder, and of the folder for temporary files, in bytes.
    pub work_bytes: u64,
    /// The size of all that it may bring back, in bytes.
    pub output_bytes: u64,
}

const MIB: u64 = 1024 * 1024;

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 1024 * MIB,
            cpus: 1.0,
            pids: 256,
            wall_clock: Duration::from_mins(10),
            log_bytes: 1024 * 1024,
            work_bytes: 512 * MIB,
            output_bytes: 16 * MIB,
        }
    }
}

/// Where things lie for the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The tree, and the working folder.
    pub work: PathBuf,
    /// The files of ours.
    pub slipway: PathBuf,
    /// Where the command leaves what it brings back.
    pub outputs: PathBuf,
    /// What a prepare phase installed.
    pub dependencies: PathBuf,
}

impl Layout {
    /// The layout in a container.
    pub fn container() -> Self {
        Self::under(Path::new("/"))
    }

    /// The layout below a folder of the host.
    pub fn under(folder: &Path) -> Self {
        Self {
            work: folder.join("work"),
            slipway: folder.join("slipway"),
            outputs: folder.join("slipway/out"),
            dependencies: folder.join("deps"),
        }
    }
}

/// How a command ended, and what it left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// How it ended. A command that a signal ended has the code 128 plus the signal's number.
    pub exit: Exit,
    /// What it printed, both streams in one, with a line of ours where something was left out.
    pub log: Vec<u8>,
    /// Whether something was left out.
    pub log_truncated: bool,
    /// The wanted outputs that are there, by name.
    pub outputs: BTreeMap<String, Vec<u8>>,
    /// How long it took.
    pub duration: Duration,
}
