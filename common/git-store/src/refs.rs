//! Reading and writing references: create-only, compare-and-swap, and what a killed process leaves half done.
//!
//! All writing is done under the repository's [`Lock`], so only a program that is not ours can be in the way; it is
//! waited for, with a bound. A reference file that holds no id (a power cut's leavings) counts as absent. Which
//! reference may go where is decided in `advance.rs` and by the callers, not here.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use git2::{ErrorClass, ErrorCode, Oid};

use crate::error::{Error, Result};
use crate::lock::Lock;
use crate::repository::Place;

/// How often a lock file is looked at again.
const PAUSE: Duration = Duration::from_millis(20);

/// What came of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// The reference is where it should be.
    Done,
    /// It was not where it was thought to be; nothing was written.
    Changed,
}

/// The commit that a reference leads to, if it is there.
pub(crate) fn read(place: &Place, repo: &git2::Repository, name: &str) -> Result<Option<Oid>> {
    match repo.find_reference(name).and_then(|reference| reference.resolve()) {
        Ok(reference) => Ok(reference.target()),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(_) if is_half(place, name) => Ok(None),
        Err(error) => Err(Error::git("reading a reference", &place.path, error)),
    }
}

/// Moves `name` from `old` (absent: `None`) to `new`, if it is at `old`.
pub(crate) fn swap(
    place: &Place,
    repo: &git2::Repository,
    lock: &Lock,
    name: &str,
    (old, new): (Option<Oid>, Oid),
) -> Result<Written> {
    remove_half(place, name)?;
    let written = unlocked(place, lock, name, || match old {
        None => repo.reference(name, new, false, "slipway").map(drop),
        Some(old) => repo.reference_matching(name, new, true, old, "slipway").map(drop),
    });
    outcome(written, place)
}

/// Sets `name` to `new`, wherever it was.
pub(crate) fn set(place: &Place, repo: &git2::Repository, lock: &Lock, name: &str, new: Oid) -> Result<()> {
    remove_half(place, name)?;
    unlocked(place, lock, name, || repo.reference(name, new, true, "slipway").map(drop))?
        .map_err(|error| Error::git("writing a reference", &place.path, error))
}

/// Deletes `name`, if it is there.
pub(crate) fn delete(place: &Place, repo: &git2::Repository, lock: &Lock, name: &str) -> Result<()> {
    remove_half(place, name)?;
    let deleted = unlocked(place, lock, name, || match repo.find_reference(name) {
        Ok(mut reference) => reference.delete(),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(()),
        Err(error) => Err(error),
    });
    deleted?.map_err(|error| Error::git("deleting a reference", &place.path, error))
}

/// Runs `write` until no lock file is in its way; stale ones are removed, live ones are waited for.
fn unlocked<T>(
    place: &Place,
    lock: &Lock,
    name: &str,
    write: impl Fn() -> std::result::Result<T, git2::Error>,
) -> Result<std::result::Result<T, git2::Error>> {
    let start = Instant::now();
    loop {
        match write() {
            Err(error) if error.code() == ErrorCode::Locked => {
                if start.elapsed() > place.settings.lock_wait {
                    return Err(Error::Locked { path: lock_file(place, name) });
                }
                lock.remove_stale(&place.path, place.settings.stale_lock_after)?;
                thread::sleep(PAUSE);
            }
            other => return Ok(other),
        }
    }
}

fn outcome(written: Result<std::result::Result<(), git2::Error>>, place: &Place) -> Result<Written> {
    match written? {
        Ok(()) => Ok(Written::Done),
        Err(error) if has_changed(&error) => Ok(Written::Changed),
        Err(error) => Err(Error::git("writing a reference", &place.path, error)),
    }
}

/// Whether a write failed because the reference is not where it was thought to be.
pub(crate) fn has_changed(error: &git2::Error) -> bool {
    matches!(error.code(), ErrorCode::Modified | ErrorCode::Exists)
        || (error.code() == ErrorCode::NotFound && error.class() == ErrorClass::Reference)
}

fn lock_file(place: &Place, name: &str) -> PathBuf {
    let own = place.path.join(format!("{name}.lock"));
    let packed = place.path.join("packed-refs.lock");
    if own.exists() || !packed.exists() { own } else { packed }
}

/// Whether a reference's file is there without holding an id or another reference's name.
fn is_half(place: &Place, name: &str) -> bool {
    let Ok(bytes) = fs::read(place.path.join(name)) else { return false };
    let text = bytes.trim_ascii();
    let id = (text.len() == 40 || text.len() == 64) && text.iter().all(u8::is_ascii_hexdigit);
    !id && !text.starts_with(b"ref: ")
}

fn remove_half(place: &Place, name: &str) -> Result<()> {
    if is_half(place, name) {
        let path = place.path.join(name);
        tracing::warn!(path = %path.display(), "removing a reference that was only half written");
        fs::remove_file(&path)
            .map_err(|source| Error::files("removing a half-written reference", &path, source))?;
    }
    Ok(())
}
