//! Where the sequential mode keeps its state: one folder, one subfolder per concern.
//!
//! ```text
//! owner                     this data directory's id; it marks what it starts on Docker
//! runs/<task id>/journal    the run's events, the truth
//! runs/<task id>/progress   lines for whoever watches; not flushed, never read back by the run
//! runs/<task id>/artefacts/ copies of the newest artefacts, for people
//! repositories/             bare repositories
//! work/                     trees that are being tested
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use slipway_protocol::{Task, TaskId};
use uuid::Uuid;

use crate::summary::{Place, Reach};

/// A data directory that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A folder could not be made or written to.
    #[error("cannot write to the data directory {}; choose another with --data-dir", path.display())]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A folder could not be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The id file holds something else.
    #[error("{} does not hold an id; remove the file if nothing of this directory runs on Docker", path.display())]
    BadOwner {
        /// The file.
        path: PathBuf,
    },
}

impl Error {
    /// The error's stable code; `docs/errors/` has a page for each.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unwritable { .. } | Self::Unreadable { .. } => "data.io",
            Self::BadOwner { .. } => "data.owner",
        }
    }
}

/// A data directory.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
    owner: String,
}

impl Layout {
    /// Opens a data directory and makes what it lacks; `fresh` becomes its id if it has none.
    pub fn open(root: &Path, fresh: Uuid) -> Result<Self, Error> {
        for folder in ["runs", "repositories", "work"] {
            let path = root.join(folder);
            fs::create_dir_all(&path)
                .map_err(|source| Error::Unwritable { path: root.to_owned(), source })?;
        }
        let root =
            root.canonicalize().map_err(|source| Error::Unreadable { path: root.to_owned(), source })?;
        let owner = read_or_make_owner(&root, fresh)?;
        Ok(Self { root, owner })
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory's id.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Where the repositories lie.
    pub fn repositories(&self) -> PathBuf {
        self.root.join("repositories")
    }

    /// Where trees are exported to.
    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// A run's folder.
    pub fn run(&self, task: TaskId) -> PathBuf {
        self.root.join("runs").join(task.to_string())
    }

    /// A run's journal.
    pub fn journal(&self, task: TaskId) -> PathBuf {
        self.run(task).join("journal")
    }

    /// A run's progress lines.
    pub fn progress(&self, task: TaskId) -> PathBuf {
        self.run(task).join("progress")
    }

    /// The copies of a run's artefacts.
    pub fn artefacts(&self, task: TaskId) -> PathBuf {
        self.run(task).join("artefacts")
    }

    /// Where a task's results are to be had, as a summary of its run says it.
    pub fn place(&self, task: &Task) -> Place {
        let own = || self.repositories().join(format!("{}.git", task.id.short())).display().to_string();
        let folder = self.artefacts(task.id);
        let entries = fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
        let named = entries.filter_map(|entry| {
            Some((entry.file_name().into_string().ok()?, entry.path().display().to_string()))
        });
        Place {
            repository: task.repository.clone().unwrap_or_else(own),
            artefacts: named.collect(),
            reach: Reach::DataDirectory { flags: String::new() },
        }
    }

    /// The request that stops a run that another process drives.
    pub fn cancel_request(&self, task: TaskId) -> PathBuf {
        self.run(task).join("cancel")
    }

    /// Every task that has a run here, oldest first.
    pub fn tasks(&self) -> Result<Vec<TaskId>, Error> {
        let path = self.root.join("runs");
        let entries = fs::read_dir(&path).map_err(|source| Error::Unreadable { path, source })?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut tasks: Vec<TaskId> = names.filter_map(|name| name.parse().ok()).collect();
        tasks.retain(|task| self.journal(*task).exists());
        tasks.sort_unstable();
        Ok(tasks)
    }
}

fn read_or_make_owner(root: &Path, fresh: Uuid) -> Result<String, Error> {
    let path = root.join("owner");
    let unwritable = |source| Error::Unwritable { path: root.to_owned(), source };
    if !path.exists() {
        // Written aside and linked into place, so that of two processes at once one wins and no one reads half an id.
        let draft = root.join(format!("owner.{fresh}"));
        fs::write(&draft, fresh.to_string()).map_err(unwritable)?;
        let linked = fs::hard_link(&draft, &path);
        fs::remove_file(&draft).map_err(unwritable)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(unwritable(error)),
            _ => {}
        }
    }
    let text =
        fs::read_to_string(&path).map_err(|source| Error::Unreadable { path: path.clone(), source })?;
    match Uuid::parse_str(text.trim()) {
        Ok(id) => Ok(id.to_string()),
        Err(_) => Err(Error::BadOwner { path }),
    }
}
