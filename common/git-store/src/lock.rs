//! The lock under which the references of one repository are written, by however many tasks and processes.
//!
//! It is an advisory lock of the operating system on a file beside the repository: it ends with its holder, so a
//! killed process leaves none behind. What a killed process does leave behind are Git's own `*.lock` files; whoever
//! holds this lock knows that no other Slipway process writes here, so one that is old enough has no owner. A `git`
//! program that is run under the lock gets it as its standard input and so keeps it for as long as it lives, even
//! when the process that started it is killed.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::error::{Error, Result};

/// How often a lock that is held is tried again.
const PAUSE: Duration = Duration::from_millis(10);

/// The right to write one repository's references; dropping it gives the right back.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock at `path`, waiting for at most `patience`.
    pub(crate) fn take(path: &Path, patience: Duration) -> Result<Self> {
        let opened = File::options().read(true).write(true).create(true).truncate(false).open(path);
        let file = opened.map_err(|source| Error::files("opening the lock", path, source))?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { file, path: path.to_owned() }),
                Err(TryLockError::WouldBlock) if start.elapsed() < patience => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Err(Error::Locked { path: path.to_owned() }),
                Err(TryLockError::Error(source)) => return Err(Error::files("locking", path, source)),
            }
        }
    }

    /// The lock as a program's standard input: an empty file, and the lock is held until the program ends.
    pub(crate) fn stdin(&self) -> Result<Stdio> {
        let shared =
            self.file.try_clone().map_err(|source| Error::files("sharing the lock", &self.path, source))?;
        Ok(Stdio::from(shared))
    }

    /// Removes Git's lock files in the repository at `git_dir` that are older than `bound`.
    pub(crate) fn remove_stale(&self, git_dir: &Path, bound: Duration) -> Result<()> {
        let now = self.now()?;
        let mut folders = vec![git_dir.join("refs")];
        remove_old_locks(git_dir, now, bound)?;
        while let Some(folder) = folders.pop() {
            folders.extend(remove_old_locks(&folder, now, bound)?);
        }
        Ok(())
    }

    /// Removes one lock file, if it is there and older than `bound`.
    pub(crate) fn remove_if_stale(&self, path: &Path, bound: Duration) -> Result<()> {
        remove_if_old(path, self.now()?, bound)
    }

    /// The file system's own time, so that ages are right whatever this machine's clock says.
    fn now(&self) -> Result<SystemTime> {
        let touched = self.file.set_len(0).and_then(|()| (&self.file).write_all(b"\n"));
        let modified = touched.and_then(|()| self.file.metadata()).and_then(|metadata| metadata.modified());
        modified.map_err(|source| Error::files("touching the lock", &self.path, source))
    }
}

/// Removes the old lock files of one folder and gives its subfolders.
fn remove_old_locks(folder: &Path, now: SystemTime, bound: Duration) -> Result<Vec<PathBuf>> {
    let failed = |source| Error::files("looking for stale locks in", folder, source);
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        if entry.file_type().map_err(failed)?.is_dir() {
            folders.push(path);
        } else if path.extension().is_some_and(|extension| extension == "lock") {
            remove_if_old(&path, now, bound)?;
        }
    }
    Ok(folders)
}

fn remove_if_old(path: &Path, now: SystemTime, bound: Duration) -> Result<()> {
    let Ok(modified) = fs::symlink_metadata(path).and_then(|metadata| metadata.modified()) else {
        return Ok(());
    };
    if now.duration_since(modified).is_ok_and(|age| age >= bound) {
        tracing::warn!(path = %path.display(), "removing a lock that a killed process left behind");
        fs::remove_file(path).map_err(|source| Error::files("removing the stale lock", path, source))?;
    }
    Ok(())
}
