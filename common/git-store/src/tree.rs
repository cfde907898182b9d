//! Walking a commit's tree, whoever wrote it: bounded, by bytes, without trusting a name.

use git2::{Oid, Tree};
use slipway_protocol::CommitId;

use crate::error::{Error, Result};
use crate::judge::{Base, Kind};
use crate::repository::{Place, oid};

/// How many entries of a tree are walked; a hostile tree can name billions with a few objects.
const MAX_ENTRIES: usize = 500_000;

/// The mode of a regular file that may be run.
pub(crate) const EXECUTABLE: i32 = 0o100_755;

/// A file, link or submodule of a tree.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) path: Vec<u8>,
    pub(crate) kind: Kind,
    pub(crate) executable: bool,
    pub(crate) id: Oid,
}

/// A commit, if it is there.
pub(crate) fn commit<'r>(
    place: &Place,
    repo: &'r git2::Repository,
    commit: &CommitId,
) -> Result<git2::Commit<'r>> {
    repo.find_commit(oid(place, commit)?).map_err(|error| match error.code() {
        git2::ErrorCode::NotFound => {
            Error::UnknownCommit { commit: commit.clone(), path: place.path.clone() }
        }
        _ => Error::git("reading a commit", &place.path, error),
    })
}

/// A commit's tree.
pub(crate) fn of_commit<'r>(place: &Place, repo: &'r git2::Repository, id: &CommitId) -> Result<Tree<'r>> {
    commit(place, repo, id)?.tree().map_err(|error| Error::git("reading a tree", &place.path, error))
}

/// All files, links and submodules, sorted by path; a folder is not an entry.
pub(crate) fn entries(place: &Place, repo: &git2::Repository, tree: &Tree<'_>) -> Result<Vec<Entry>> {
    let failed = |error| Error::git("reading a tree", &place.path, error);
    let mut found = Vec::new();
    let mut folders = vec![(Vec::new(), tree.id())];
    let mut seen = 0;
    while let Some((folder, id)) = folders.pop() {
        for entry in &repo.find_tree(id).map_err(failed)? {
            seen += 1;
            if seen > MAX_ENTRIES {
                return Err(Error::TooLarge { what: "the tree".to_owned(), limit: "500000 entries" });
            }
            let path = joined(&folder, entry.name_bytes());
            let kind = kind(entry.filemode());
            match kind {
                Kind::Folder => folders.push((path, entry.id())),
                _ => found.push(Entry {
                    path,
                    kind,
                    executable: entry.filemode() == EXECUTABLE,
                    id: entry.id(),
                }),
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

/// The tree as the rules see it.
pub(crate) fn base(place: &Place, repo: &git2::Repository, tree: &Tree<'_>) -> Result<Base> {
    let entries = entries(place, repo, tree)?;
    let paths: Vec<_> =
        entries.iter().map(|entry| (String::from_utf8_lossy(&entry.path), entry.kind)).collect();
    Ok(paths.iter().map(|(path, kind)| (path.as_ref(), *kind)).collect())
}

fn joined(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, name].join(&b'/') }
}

fn kind(mode: i32) -> Kind {
    match mode & 0o170_000 {
        0o040_000 => Kind::Folder,
        0o120_000 => Kind::Symlink,
        0o160_000 => Kind::Submodule,
        _ => Kind::File,
    }
}
