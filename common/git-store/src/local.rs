//! An origin that is a folder on this machine: commits are copied from object store to object store by libgit2, so no
//! hook, filter or configured program of the origin is run.
//!
//! Nothing is written to the origin but packs and the one branch that is moved. Which branch may move where is decided
//! in `advance.rs`.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use git2::{ErrorCode, Oid, Sort};

use crate::error::{Error, Result, shown};
use crate::lock::Lock;
use crate::origin::open;
use crate::read::ORIGIN_HEAD;
use crate::refs::{self, Written, has_changed};
use crate::repository::Place;

/// How often a lock file in the origin is looked at again.
const PAUSE: Duration = Duration::from_millis(20);
const TRACKING: &str = "refs/remotes/origin/";

/// Brings the origin's branches and its `HEAD` into the mirror; branches that are gone there go here too.
pub(crate) fn fetch(place: &Place, mirror: &git2::Repository, lock: &Lock, folder: &Path) -> Result<()> {
    let origin = open(folder)?;
    let head = head(&origin, folder)?;
    let branches = targets(&origin, "refs/heads/").map_err(|error| reading(folder, error))?;
    let mut wanted: HashSet<Oid> = branches.values().copied().collect();
    wanted.extend(head);
    let known =
        targets(mirror, TRACKING).map_err(|error| reading(&place.path, error))?.into_values().collect();
    copy(&origin, mirror, (&wanted, &known)).map_err(|error| Error::git("fetching", &place.path, error))?;
    follow(place, mirror, lock, &branches)?;
    match head {
        Some(head) => refs::set(place, mirror, lock, ORIGIN_HEAD, head),
        None => refs::delete(place, mirror, lock, ORIGIN_HEAD),
    }
}

/// Moves a branch of the origin from `old` to `new`, after copying the commits.
pub(crate) fn push(
    place: &Place,
    mirror: &git2::Repository,
    lock: &Lock,
    folder: &Path,
    branch: &str,
    (old, new): (Option<Oid>, Oid),
) -> Result<Written> {
    let origin = open(folder)?;
    let name = format!("refs/heads/{branch}");
    let intent = Intent::declare(place, branch)?;
    if let Some(path) = checked_out(&origin, &name)? {
        return Err(Error::CheckedOut { branch: branch.to_owned(), path });
    }
    let known = targets(&origin, "refs/").map_err(|error| reading(folder, error))?.into_values().collect();
    copy(mirror, &origin, (&HashSet::from([new]), &known))
        .map_err(|error| Error::git("copying to", folder, error))?;
    let start = Instant::now();
    loop {
        let written = match old {
            None => origin.reference(&name, new, false, "slipway: created"),
            Some(old) => origin.reference_matching(&name, new, true, old, "slipway: moved forward"),
        };
        match written {
            Ok(_) => return Ok(Written::Done),
            Err(error) if has_changed(&error) => return Ok(Written::Changed),
            Err(error) if error.code() == ErrorCode::Locked && start.elapsed() < place.settings.lock_wait => {
                intent.remove_own_lock(lock, &origin.commondir().join(format!("{name}.lock")))?;
                thread::sleep(PAUSE);
            }
            Err(error) => return Err(not_taken(&origin, folder, branch, error)),
        }
    }
}

fn not_taken(origin: &git2::Repository, folder: &Path, branch: &str, error: git2::Error) -> Error {
    if error.code() == ErrorCode::Locked {
        return Error::Locked { path: origin.commondir().join(format!("refs/heads/{branch}.lock")) };
    }
    match Error::git("moving the branch", folder, error) {
        Error::Git { source, .. } => Error::Push {
            origin: folder.display().to_string(),
            branch: branch.to_owned(),
            reason: shown(source.message(), 300),
        },
        other => other,
    }
}

fn reading(path: &Path, error: git2::Error) -> Error {
    Error::git("reading the references", path, error)
}

/// The commit that the origin's `HEAD` leads to, if it leads to one.
fn head(origin: &git2::Repository, folder: &Path) -> Result<Option<Oid>> {
    match origin.head().and_then(|head| head.peel_to_commit()) {
        Ok(commit) => Ok(Some(commit.id())),
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => Ok(None),
        Err(error) => Err(reading(folder, error)),
    }
}

/// The references under `prefix` that lead to a commit, and that commit.
fn targets(repo: &git2::Repository, prefix: &str) -> std::result::Result<BTreeMap<String, Oid>, git2::Error> {
    let mut found = BTreeMap::new();
    for reference in repo.references_glob(&format!("{prefix}*"))? {
        // A broken reference of the origin is its own affair; Git skips it with a warning as well.
        let Ok(reference) = reference else { continue };
        let (Ok(name), Ok(commit)) = (reference.name(), reference.peel_to_commit()) else { continue };
        found.insert(name.to_owned(), commit.id());
    }
    Ok(found)
}

/// Makes the mirror's tracking references equal to the origin's branches; deletions first, so that `a` can become
/// `a/b`.
fn follow(
    place: &Place,
    mirror: &git2::Repository,
    lock: &Lock,
    branches: &BTreeMap<String, Oid>,
) -> Result<()> {
    let wanted: BTreeMap<String, Oid> = branches
        .iter()
        .filter_map(|(name, id)| Some((format!("{TRACKING}{}", name.strip_prefix("refs/heads/")?), *id)))
        .collect();
    let present = targets(mirror, TRACKING).map_err(|error| reading(&place.path, error))?;
    for name in present.keys().filter(|name| !wanted.contains_key(*name)) {
        refs::delete(place, mirror, lock, name)?;
    }
    for (name, id) in wanted.iter().filter(|(name, id)| present.get(*name) != Some(id)) {
        refs::set(place, mirror, lock, name, *id)?;
    }
    Ok(())
}

/// Copies what `wanted` reaches and `known` does not, as one pack.
fn copy(
    from: &git2::Repository,
    to: &git2::Repository,
    (wanted, known): (&HashSet<Oid>, &HashSet<Oid>),
) -> std::result::Result<(), git2::Error> {
    let mut walk = from.revwalk()?;
    walk.set_sorting(Sort::TIME)?;
    for id in wanted.difference(known) {
        walk.push(*id)?;
    }
    for id in known {
        if from.find_commit(*id).is_ok() {
            walk.hide(*id)?;
        }
    }
    let mut pack = from.packbuilder()?;
    pack.insert_walk(&mut walk)?;
    if pack.object_count() > 0 {
        pack.write(&to.commondir().join("objects/pack"), 0)?;
        to.odb()?.refresh()?;
    }
    Ok(())
}

/// The Git folder of a work tree that has the branch checked out, if one has.
fn checked_out(origin: &git2::Repository, branch: &str) -> Result<Option<PathBuf>> {
    let common = origin.commondir().to_owned();
    let has = |git_dir: &Path| {
        let head = fs::read(git_dir.join("HEAD")).unwrap_or_default();
        head.strip_prefix(b"ref:").is_some_and(|name| name.trim_ascii() == branch.as_bytes())
    };
    let mut heads: Vec<PathBuf> = Vec::new();
    let bare = git2::Repository::open(&common).is_ok_and(|main| main.is_bare());
    if !bare {
        heads.push(common.clone());
    }
    let worktrees = common.join("worktrees");
    if worktrees.is_dir() {
        let listed =
            fs::read_dir(&worktrees).map_err(|source| Error::files("reading", &worktrees, source))?;
        heads.extend(listed.filter_map(|entry| entry.ok().map(|entry| entry.path())));
    }
    Ok(heads.into_iter().find(|git_dir| has(git_dir)))
}

/// That a branch of the origin is being moved, written down in the mirror for as long as it lasts.
///
/// A lock file in the origin is not ours to remove, unless a process that was killed while it moved this very branch
/// left this note behind.
struct Intent<'a> {
    place: &'a Place,
    note: PathBuf,
    inherited: bool,
}

impl<'a> Intent<'a> {
    fn declare(place: &'a Place, branch: &str) -> Result<Self> {
        let note = place.path.join(format!("slipway.moving.{}", branch.replace('/', "+")));
        let inherited = fs::read(&note).is_ok_and(|known| known == branch.as_bytes());
        fs::write(&note, branch).map_err(|source| Error::files("writing", &note, source))?;
        Ok(Self { place, note, inherited })
    }

    fn remove_own_lock(&self, lock: &Lock, path: &Path) -> Result<()> {
        if self.inherited { lock.remove_if_stale(path, self.place.settings.stale_lock_after) } else { Ok(()) }
    }
}

impl Drop for Intent<'_> {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.note) {
            tracing::warn!(path = %self.note.display(), %error, "could not remove the note of a branch being moved");
        }
    }
}
