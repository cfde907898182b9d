//! A commit's files outside of Git: what of a tree may go out, and a folder that holds it for as long as it is needed.
//!
//! The tree may be anyone's. Files are written through a handle of the folder that cannot leave it, into names that
//! were not there before; links come last, and only those that stay inside. There is no `.git`, so no program that
//! runs there finds a repository. Open `archive.rs` for the same as a tar.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use cap_std::fs::{Dir, DirBuilder, DirBuilderExt as _, OpenOptions, OpenOptionsExt as _};
use git2::Oid;
use slipway_protocol::CommitId;

use crate::error::{Error, Result, shown};
use crate::judge::{self, Kind, fold};
use crate::read::blob;
use crate::repository::Place;
use crate::tree::{self, Entry};

/// How much an export writes at most, in bytes.
const MAX_EXPORT: u64 = 1024 * 1024 * 1024;
/// How long a link's target may be, in bytes.
const MAX_TARGET: usize = 4096;

/// Something of a tree that was not unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its path, escaped for display.
    pub path: String,
    /// Why.
    pub why: String,
}

/// A commit's files in a folder of their own, removed when this is dropped.
#[derive(Debug)]
pub struct Worktree {
    dir: PathBuf,
    left_out: Vec<LeftOut>,
}

impl Worktree {
    /// The folder.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// What the commit has and the folder has not: submodules, links that lead outside, and names that Git or the
    /// file system would trip over.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }
}

impl Drop for Worktree {
    fn drop(&mut self) {
        match fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(path = %self.dir.display(), %error, "could not remove an exported tree");
            }
            _ => {}
        }
    }
}

/// What of a tree goes out.
pub(crate) struct Outgoing {
    pub(crate) files: Vec<Entry>,
    pub(crate) links: Vec<(Entry, Vec<u8>)>,
    pub(crate) left_out: Vec<LeftOut>,
}

/// Decides what of a commit's tree goes out; at most `cap` bytes, which `limit` says in words.
pub(crate) fn outgoing(
    place: &Place,
    repo: &git2::Repository,
    commit: &CommitId,
    (cap, limit): (u64, &'static str),
) -> Result<Outgoing> {
    let mut out = Outgoing { files: Vec::new(), links: Vec::new(), left_out: Vec::new() };
    let mut total = 0;
    for entry in tree::entries(place, repo, &tree::of_commit(place, repo, commit)?)? {
        let path = String::from_utf8_lossy(&entry.path).into_owned();
        let mut leave = |why: String| out.left_out.push(LeftOut { path: shown(&path, 200), why });
        if let Err(rule) = judge::unpackable(&path) {
            leave(rule.to_string());
            continue;
        }
        match entry.kind {
            Kind::File => {
                total += size(place, repo, entry.id)?;
                out.files.push(entry);
            }
            Kind::Symlink => match target(place, repo, entry.id)? {
                Some(target) if stays_inside(&entry.path, &target) => out.links.push((entry, target)),
                _ => leave("a symbolic link that leads outside".to_owned()),
            },
            Kind::Submodule => leave("a submodule".to_owned()),
            Kind::Folder => {}
        }
        if total > cap {
            return Err(Error::TooLarge { what: "the tree".to_owned(), limit });
        }
    }
    Ok(out)
}

pub(crate) fn export(
    place: &Place,
    repo: &git2::Repository,
    commit: &CommitId,
    dir: &Path,
) -> Result<Worktree> {
    let out = outgoing(place, repo, commit, (MAX_EXPORT, "1 GiB"))?;
    fresh(dir)?;
    let worktree = Worktree { dir: dir.to_owned(), left_out: out.left_out };
    let failed = |source| Error::files("writing the tree to", dir, source);
    let root = Dir::open_ambient_dir(dir, cap_std::ambient_authority()).map_err(failed)?;
    for entry in &out.files {
        let bytes = blob(place, repo, entry.id, &String::from_utf8_lossy(&entry.path))?;
        write(&root, entry, &bytes).map_err(failed)?;
    }
    for (entry, target) in &out.links {
        link(&root, entry, target).map_err(failed)?;
    }
    Ok(worktree)
}

/// Makes the folder, or takes it when it is there and empty.
fn fresh(dir: &Path) -> Result<()> {
    let failed = |source| Error::files("making the folder", dir, source);
    match fs::symlink_metadata(dir) {
        Ok(metadata) if !metadata.is_dir() => return Err(Error::NotFresh { path: dir.to_owned() }),
        Ok(_) if fs::read_dir(dir).map_err(failed)?.next().is_some() => {
            return Err(Error::NotFresh { path: dir.to_owned() });
        }
        _ => {}
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)
}

fn write(root: &Dir, entry: &Entry, bytes: &[u8]) -> std::io::Result<()> {
    let path = parented(root, entry)?;
    let mode = if entry.executable { 0o700 } else { 0o600 };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    root.open_with(path, &options)?.write_all(bytes)
}

fn link(root: &Dir, entry: &Entry, target: &[u8]) -> std::io::Result<()> {
    root.symlink(Path::new(OsStr::from_bytes(target)), parented(root, entry)?)
}

/// The entry's path, with its folders made.
fn parented<'a>(root: &Dir, entry: &'a Entry) -> std::io::Result<&'a Path> {
    let path = Path::new(OsStr::from_bytes(&entry.path));
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        root.create_dir_with(parent, DirBuilder::new().recursive(true).mode(0o700))?;
    }
    Ok(path)
}

fn size(place: &Place, repo: &git2::Repository, id: Oid) -> Result<u64> {
    let header = repo.odb().and_then(|odb| odb.read_header(id));
    header.map(|(size, _)| size as u64).map_err(|error| Error::git("reading a file", &place.path, error))
}

fn target(place: &Place, repo: &git2::Repository, id: Oid) -> Result<Option<Vec<u8>>> {
    if size(place, repo, id)? > MAX_TARGET as u64 {
        return Ok(None);
    }
    blob(place, repo, id, "a link's target").map(Some)
}

/// Whether a link at `path` leads to something inside the tree, whatever other links do.
///
/// A `..` counts only at the beginning of the target, where it climbs out of real folders; after a name it could climb
/// out of wherever another link leads.
fn stays_inside(path: &[u8], target: &[u8]) -> bool {
    let Ok(target) = std::str::from_utf8(target) else { return false };
    if target.is_empty() || target.starts_with('/') || target.contains('\0') {
        return false;
    }
    let mut depth = path.split(|byte| *byte == b'/').count() - 1;
    let mut named = false;
    for segment in target.split('/') {
        match segment {
            "" | "." => {}
            ".." if named || depth == 0 => return false,
            ".." => depth -= 1,
            name if fold::widest(name) == ".git" => return false,
            _ => named = true,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_only_if_no_other_link_can_lead_it_out() {
        for (path, target) in [
            ("a", "b"),
            ("a", "./b/c"),
            ("d/a", "../b"),
            ("d/e/a", "../../b"),
            ("d/a", "b//c/"),
            ("a", "b\\.."),
        ] {
            assert!(stays_inside(path.as_bytes(), target.as_bytes()), "{path} -> {target}");
        }
        for (path, target) in [
            ("a", ""),
            ("a", "/etc/passwd"),
            ("a", ".."),
            ("a", "../b"),
            ("d/a", "../../b"),
            ("a", "b/../../c"),
            ("a", "b/.."),
            ("d/a", ".././../b"),
            ("a", ".git/config"),
            ("a", ".GIT"),
            ("a", "b\0"),
        ] {
            assert!(!stays_inside(path.as_bytes(), target.as_bytes()), "{path} -> {target}");
        }
        assert!(!stays_inside(b"a", b"\xff"));
    }
}
