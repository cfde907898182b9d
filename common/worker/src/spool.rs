//! The ends of attempts, kept on disk until the coordinator says that they are applied: a wiped broker then costs
//! time and not work.
//!
//! Nothing here publishes or decides when; that is `serve`'s. Each life of a process has a folder of its own, with a
//! lock that ends with the process, so that several may share one data directory:
//!
//! ```text
//! lives/<incarnation>/lock                held as long as the process lives
//! lives/<incarnation>/events/<event id>   an event that is not known to be applied
//! lives/<incarnation>/work/               trees that are being tested
//! unreadable/                             what was in a dead life's events and is no event
//! ```
//!
//! A process takes over the events of dead lives, when it starts and from time to time, and removes the rest of them.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use slipway_protocol::{Event, EventId, Incarnation};
use tokio::time::Instant;

/// The longest pause before an event is sent once more.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// A spool that cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A folder or file could not be made, written or read.
    #[error("cannot {what} {}", path.display())]
    Files {
        /// What was being done.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The process is ending, so nothing is written any more.
    #[error("the process is ending and writes nothing any more")]
    Ending,
}

impl Error {
    /// The error's stable code; `docs/errors/` has a page for it.
    pub const fn code(&self) -> &'static str {
        "worker.spool"
    }

    fn files(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Files { what, path: path.to_owned(), source }
    }
}

/// One life's spool.
#[derive(Debug)]
pub struct Spool {
    root: PathBuf,
    folder: PathBuf,
    kept: Mutex<BTreeMap<EventId, Kept>>,
    _lock: File,
}

/// An event that is kept.
#[derive(Debug)]
struct Kept {
    event: Event,
    /// When it was sent last, and how often it was sent in all.
    sent: Option<(Instant, u32)>,
}

impl Spool {
    /// Opens the spool of the life `incarnation` under `root` and takes over what dead lives left there.
    ///
    /// # Errors
    ///
    /// The folder cannot be written. What of a dead life cannot be read is set aside and logged.
    pub fn open(root: &Path, incarnation: Incarnation) -> Result<Self, Error> {
        let lives = root.join("lives");
        make_folder(&lives)?;
        let (folder, lock) = begin_life(&lives, incarnation)?;
        let spool = Self { root: root.to_owned(), folder, kept: Mutex::default(), _lock: lock };
        spool.take_over()?;
        Ok(spool)
    }

    /// Takes over what lives left that have ended since.
    pub async fn take_over_again(self: &Arc<Self>) -> Result<(), Error> {
        let spool = Arc::clone(self);
        tokio::task::spawn_blocking(move || spool.take_over()).await.unwrap_or(Err(Error::Ending))
    }

    /// Where this life may export trees to.
    pub fn work_dir(&self) -> PathBuf {
        self.folder.join("work")
    }

    /// Keeps `event`: when this returns it is on disk. Also when it fails the event is kept in memory, so that it is
    /// sent again as long as this process lives.
    pub async fn keep(self: &Arc<Self>, event: &Event) -> Result<(), Error> {
        self.kept().insert(event.id, Kept { event: event.clone(), sent: None });
        let (folder, id, bytes) = (self.events(), event.id, event.to_json());
        let written = tokio::task::spawn_blocking(move || write(&folder, id, &bytes)).await;
        written.unwrap_or(Err(Error::Ending))
    }

    /// The events that are kept, at most `limit`.
    pub fn ids(&self, limit: usize) -> Vec<EventId> {
        self.kept().keys().take(limit).copied().collect()
    }

    /// How many events are kept.
    pub fn len(&self) -> usize {
        self.kept().len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the event `id` is kept.
    pub fn holds(&self, id: EventId) -> bool {
        self.kept().contains_key(&id)
    }

    /// Notes that the event `id` is being sent at `now`.
    pub fn sent(&self, id: EventId, now: Instant) {
        if let Some(kept) = self.kept().get_mut(&id) {
            kept.sent = Some((now, kept.sent.map_or(1, |(_, times)| times.saturating_add(1))));
        }
    }

    /// Forgets events that need not be kept any longer.
    pub fn settle(&self, ids: &[EventId]) {
        for id in ids {
            if self.kept().remove(id).is_some() {
                // One that stays, or comes back after a power cut, is sent once more and settled again.
                let _stays = fs::remove_file(self.events().join(id.to_string()));
            }
        }
    }

    /// Those of `ids` that should be sent again at `now`: `pause` has passed since they were sent first, twice that
    /// since the second time, and so on up to five minutes.
    pub fn due(&self, ids: &[EventId], now: Instant, pause: Duration) -> Vec<Event> {
        let is_due = |kept: &&Kept| {
            kept.sent.is_none_or(|(last, times)| {
                let factor = 1_u32.checked_shl(times.saturating_sub(1)).unwrap_or(u32::MAX);
                now.saturating_duration_since(last) >= pause.saturating_mul(factor).min(LONGEST_PAUSE)
            })
        };
        let kept = self.kept();
        ids.iter().filter_map(|id| kept.get(id)).filter(is_due).map(|kept| kept.event.clone()).collect()
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<EventId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn events(&self) -> PathBuf {
        self.folder.join("events")
    }

    fn take_over(&self) -> Result<(), Error> {
        for life in others(&self.root.join("lives"), &self.folder)? {
            if let Some(_lock) = lock_of_the_dead(&life) {
                self.take_over_from(&life)?;
            }
        }
        Ok(())
    }

    fn take_over_from(&self, dead: &Path) -> Result<(), Error> {
        for file in files_in(&dead.join("events")) {
            match read(&file) {
                Some(event) => {
                    let here = self.events().join(event.id.to_string());
                    fs::rename(&file, &here).map_err(Error::files("take over", &file))?;
                    self.kept().insert(event.id, Kept { event, sent: None });
                }
                None => set_aside(&self.root, &file)?,
            }
        }
        sync(&self.events())?;
        fs::remove_dir_all(dead).map_err(Error::files("remove", dead))
    }
}

/// Makes a life's folder and its lock. It gets its name when it is locked, so that nobody takes it for dead.
fn begin_life(lives: &Path, incarnation: Incarnation) -> Result<(PathBuf, File), Error> {
    let draft = lives.join(format!(".{incarnation}"));
    make_folder(&draft.join("events"))?;
    make_folder(&draft.join("work"))?;
    let path = draft.join("lock");
    let lock = private_file(&path).map_err(Error::files("make", &path))?;
    lock.try_lock().map_err(io::Error::from).map_err(Error::files("lock", &path))?;
    let folder = lives.join(incarnation.to_string());
    fs::rename(&draft, &folder).map_err(Error::files("name", &folder))?;
    sync(lives)?;
    Ok((folder, lock))
}

fn others(lives: &Path, own: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(lives).map_err(Error::files("read", lives))?;
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let is_life = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        path != own && name.parse::<Incarnation>().is_ok()
    };
    Ok(paths.filter(is_life).collect())
}

/// The lock of a life that has ended; `None` while it goes on, or when another process takes it over just now.
fn lock_of_the_dead(life: &Path) -> Option<File> {
    let lock = OpenOptions::new().read(true).open(life.join("lock")).ok()?;
    lock.try_lock().ok().map(|()| lock)
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    // What begins with a dot was being written when its process ended.
    names.filter(|name| !name.starts_with('.')).map(|name| folder.join(name)).collect()
}

fn read(file: &Path) -> Option<Event> {
    Event::from_json(&fs::read(file).ok()?).ok()
}

fn set_aside(root: &Path, file: &Path) -> Result<(), Error> {
    let folder = root.join("unreadable");
    make_folder(&folder)?;
    let aside = folder.join(file.file_name().unwrap_or_default());
    tracing::error!(file = %aside.display(), "a kept event cannot be read; its step will be done again");
    fs::rename(file, &aside).map_err(Error::files("set aside", file))
}

fn write(folder: &Path, id: EventId, bytes: &[u8]) -> Result<(), Error> {
    let draft = folder.join(format!(".{id}"));
    let written = private_file(&draft).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(Error::files("write", &draft))?;
    let path = folder.join(id.to_string());
    fs::rename(&draft, &path).map_err(Error::files("name", &path))?;
    sync(folder)
}

fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn make_folder(path: &Path) -> Result<(), Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(Error::files("make", path))
}

fn sync(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::files("flush", folder))
}

#[cfg(test)]
mod tests;
