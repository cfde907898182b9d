//! The bare repositories on disk: made whole or not at all, listed, and cleared of what a killed push left behind.
//!
//! One process owns the folder. Its lock is handed on to every `git` that it starts, so a process that takes over waits
//! until the last of them has ended and then knows that nobody else writes here. How Git is run is in `command.rs`.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::io::FdFlags;

use crate::command;
use crate::config::Limits;
use crate::name::Name;

/// How often a folder that another process owns is tried again, and how far apart.
const TRIES: u32 = 150;
const PAUSE: Duration = Duration::from_millis(200);

/// What begins the name of the folder that a push is kept in until it is accepted.
const INCOMING: &str = "tmp_objdir-incoming-";

/// A data folder that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process owns it.
    #[error("{} belongs to another process; stop that one, or set another repositories.data", data.display())]
    Taken {
        /// The folder.
        data: PathBuf,
    },
    /// It cannot be written or read.
    #[error("{doing} {} failed", path.display())]
    Files {
        /// What was being done.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The `git` program cannot be run.
    #[error("cannot run `{}`; install Git 2.47.3 or newer, or set repositories.git", program.display())]
    Git {
        /// The program.
        program: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The `git` program could not make a repository.
    #[error("git could not make {}: {reason}", path.display())]
    Making {
        /// Where.
        path: PathBuf,
        /// What Git said.
        reason: String,
    },
}

impl Error {
    /// The stable code, as in `docs/errors/`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Taken { .. } => "git.data-taken",
            Self::Files { .. } => "git.files",
            Self::Git { .. } => "git.no-program",
            Self::Making { .. } => "git.service",
        }
    }

    fn files(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Files { doing, path: path.to_owned(), source }
    }
}

/// The data folder, owned for as long as this lives.
#[derive(Debug)]
pub(crate) struct Folder {
    data: PathBuf,
    git: PathBuf,
    /// Held open for its lock.
    _lock: File,
    making: tokio::sync::Mutex<()>,
    pushes: Mutex<Pushes>,
}

#[derive(Debug, Default)]
struct Pushes {
    /// How many are under way, by repository.
    active: HashMap<Name, u32>,
    /// Repositories in which nothing is left of a killed push.
    clean: HashSet<Name>,
}

impl Folder {
    /// Takes the folder, waiting half a minute for a process that is ending.
    pub(crate) async fn open(data: &Path, limits: &Limits) -> Result<Self, Error> {
        fs::create_dir_all(data.join("origins")).map_err(|source| Error::files("making", data, source))?;
        let data = data.canonicalize().map_err(|source| Error::files("finding", data, source))?;
        let lock = take(&data).await?;
        let new = data.join("new");
        match fs::remove_dir_all(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::files("removing", &new, error));
            }
            _ => {}
        }
        let (making, pushes) = (tokio::sync::Mutex::default(), Mutex::default());
        Ok(Self { data, git: limits.git.clone(), _lock: lock, making, pushes })
    }

    /// Where a repository lies, if it is there.
    pub(crate) fn find(&self, name: &Name) -> Option<PathBuf> {
        let path = name.folder(&self.data);
        path.join("HEAD").is_file().then_some(path)
    }

    /// Where a repository lies; it is made when it is not there.
    pub(crate) async fn find_or_make(&self, name: &Name) -> Result<PathBuf, Error> {
        let _one_at_a_time = self.making.lock().await;
        if let Some(path) = self.find(name) {
            return Ok(path);
        }
        let (path, new) = (name.folder(&self.data), self.data.join("new"));
        let failed = |source| Error::files("making", &path, source);
        if new.exists() {
            fs::remove_dir_all(&new).map_err(failed)?;
        }
        let made = command::init(&self.git, &new).output().await;
        let made = made.map_err(|source| Error::Git { program: self.git.clone(), source })?;
        if !made.status.success() {
            let reason = String::from_utf8_lossy(&made.stderr).trim().escape_default().to_string();
            return Err(Error::Making { path, reason });
        }
        keep(&new).and_then(|()| fs::rename(&new, &path)).map_err(failed)?;
        path.parent().map_or(Ok(()), keep).map_err(failed)?;
        tracing::info!(repository = %name, "made");
        Ok(path)
    }

    /// The repositories that anyone may read, by name, after `after`.
    pub(crate) fn list(&self, after: &str, limit: usize) -> Result<Vec<String>, Error> {
        let failed = |source| Error::files("reading", &self.data, source);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.data).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            names.extend(name.to_str().and_then(Name::own).map(|name| name.to_string()));
        }
        names.retain(|name| name.as_str() > after);
        names.sort_unstable();
        names.truncate(limit);
        Ok(names)
    }

    /// Begins a push. Where nobody else pushes, what a killed one left is removed first.
    pub(crate) fn begin(self: &Arc<Self>, name: &Name) -> Result<Push, Error> {
        let mut pushes = self.pushes();
        let alone = pushes.active.get(name).is_none_or(|count| *count == 0);
        if alone && !pushes.clean.contains(name) {
            clear(&name.folder(&self.data))?;
            pushes.clean.insert(name.clone());
        }
        *pushes.active.entry(name.clone()).or_default() += 1;
        drop(pushes);
        Ok(Push { folder: Arc::clone(self), name: name.clone(), ended: false })
    }

    fn pushes(&self) -> MutexGuard<'_, Pushes> {
        self.pushes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A push under way.
#[derive(Debug)]
pub(crate) struct Push {
    folder: Arc<Folder>,
    name: Name,
    ended: bool,
}

impl Push {
    /// It ended by itself, so it left nothing half done.
    pub(crate) fn ended(mut self) {
        self.ended = true;
    }
}

impl Drop for Push {
    fn drop(&mut self) {
        let mut pushes = self.folder.pushes();
        if !self.ended {
            pushes.clean.remove(&self.name);
        }
        if let Some(count) = pushes.active.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                pushes.active.remove(&self.name);
            }
        }
    }
}

async fn take(data: &Path) -> Result<File, Error> {
    let path = data.join("lock");
    let failed = |source| Error::files("locking", &path, source);
    let file =
        File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    // What is started from here keeps the lock too: see above.
    rustix::io::fcntl_setfd(&file, FdFlags::empty()).map_err(|error| failed(error.into()))?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(PAUSE).await,
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
    Err(Error::Taken { data: data.to_owned() })
}

/// Has the files of a folder on the disk before its name is.
fn keep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

/// Removes Git's lock files and the objects of pushes that were never accepted.
fn clear(repository: &Path) -> Result<(), Error> {
    let mut folders = vec![repository.join("refs")];
    remove_locks(repository)?;
    while let Some(folder) = folders.pop() {
        folders.extend(remove_locks(&folder)?);
    }
    let objects = repository.join("objects");
    for path in entries(&objects)? {
        let is_incoming = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(INCOMING));
        if is_incoming {
            tracing::warn!(path = %path.display(), "removing what a killed push left behind");
            fs::remove_dir_all(&path).map_err(|source| Error::files("removing", &path, source))?;
        }
    }
    Ok(())
}

/// Removes the lock files of one folder and gives its subfolders.
fn remove_locks(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut folders = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() {
            folders.push(path);
        } else if path.extension().is_some_and(|extension| extension == "lock") {
            tracing::warn!(path = %path.display(), "removing a lock that a killed push left behind");
            fs::remove_file(&path).map_err(|source| Error::files("removing", &path, source))?;
        }
    }
    Ok(folders)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::files("reading", folder, source);
    fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        let (total, idle) = (Duration::from_mins(1), Duration::from_mins(1));
        Limits { push: 1 << 20, total, idle, processes: 1, git: "git".into() }
    }

    async fn bench() -> (tempfile::TempDir, Arc<Folder>, Name) {
        let dir = tempfile::tempdir().unwrap();
        let folder = Arc::new(Folder::open(dir.path(), &limits()).await.unwrap());
        (dir, folder, Name::own("a.git").unwrap())
    }

    #[tokio::test]
    async fn a_repository_is_made_once_and_listed() {
        let (_dir, folder, name) = bench().await;
        assert_eq!(folder.find(&name), None);
        let path = folder.find_or_make(&name).await.unwrap();
        assert_eq!(folder.find_or_make(&name).await.unwrap(), path);
        folder.find_or_make(&Name::origin("b.git").unwrap()).await.unwrap();
        assert_eq!(folder.list("", 10).unwrap(), ["a.git"]);
        assert_eq!(folder.list("a.git", 10).unwrap(), Vec::<String>::new());
        assert_eq!(fs::read_to_string(path.join("HEAD")).unwrap(), "ref: refs/heads/main\n");
        assert!(!path.join("hooks").exists());
    }

    #[tokio::test]
    async fn what_a_killed_push_left_is_removed_when_nobody_else_pushes() {
        let (_dir, folder, name) = bench().await;
        let path = folder.find_or_make(&name).await.unwrap();
        let lock = path.join("refs/heads/main.lock");
        let incoming = path.join("objects/tmp_objdir-incoming-x");
        folder.begin(&name).unwrap().ended();
        let killed = folder.begin(&name).unwrap();
        fs::write(&lock, "").unwrap();
        fs::create_dir(&incoming).unwrap();
        let other = folder.begin(&name).unwrap();
        drop(killed);
        folder.begin(&name).unwrap().ended();
        assert!(lock.exists(), "another push is under way, and the lock may be its own");
        other.ended();
        folder.begin(&name).unwrap().ended();
        assert!(!lock.exists() && !incoming.exists());
    }
}
