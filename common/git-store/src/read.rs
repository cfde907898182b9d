//! Looking into a repository: heads, paths, files, history. Nothing is written.

use git2::{FileMode, ObjectType, Oid, Sort};
use slipway_protocol::{AgentId, CommitId};
use time::OffsetDateTime;

use crate::commit::agent_of;
use crate::error::{Error, Result};
use crate::judge::Kind;
use crate::repository::{Place, commit_id};
use crate::shared::Shared;
use crate::{refs, tree};

/// Where a mirror keeps the commit of its origin's `HEAD`; beside the tracking branches, so that no branch of the
/// origin can take its name.
pub(crate) const ORIGIN_HEAD: &str = "refs/slipway/origin-head";

/// The branch that a repository of ours begins with.
pub(crate) const MAIN: &str = "refs/heads/main";

/// How large a file may be that is read into memory, in bytes.
pub(crate) const MAX_READ: usize = 64 * 1024 * 1024;
const MAX_READ_TEXT: &str = "64 MiB";

/// One commit of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// The commit.
    pub commit: CommitId,
    /// Its first line.
    pub subject: String,
    /// The agent that it is by; `None` when a person or another program made it.
    pub agent: Option<AgentId>,
    /// When it was committed, in UTC.
    pub time: OffsetDateTime,
}

pub(crate) fn default_head(place: &Place, repo: &git2::Repository) -> Result<CommitId> {
    let name = if place.origin.is_some() { ORIGIN_HEAD } else { MAIN };
    let mut head = refs::read(place, repo, name)?;
    if head.is_none() && place.origin.is_none() {
        head = follow(place, repo, MAIN)?;
    }
    head.map(commit_id).ok_or_else(|| Error::Empty { origin: place.shown_origin() })
}

pub(crate) fn branch_head(place: &Place, repo: &git2::Repository, branch: &str) -> Result<Option<CommitId>> {
    let own = format!("refs/heads/{branch}");
    if !git2::Reference::is_valid_name(&own) {
        return Ok(None);
    }
    let mut head = if place.origin.is_none() && place.shared.is_some() {
        follow(place, repo, &own)?
    } else {
        refs::read(place, repo, &own)?
    };
    if head.is_none() && place.origin.is_some() {
        head = refs::read(place, repo, &format!("refs/remotes/origin/{branch}"))?;
    }
    Ok(head.map(commit_id))
}

/// Brings what the shared repository has under `name` and keeps it there in the clone, if there is one.
fn follow(place: &Place, repo: &git2::Repository, name: &str) -> Result<Option<Oid>> {
    let lock = place.lock()?;
    let Some(shared) = Shared::of(place, repo, &lock) else { return Ok(None) };
    shared.follow(name)
}

pub(crate) fn is_ancestor(
    place: &Place,
    repo: &git2::Repository,
    ancestor: &CommitId,
    commit: &CommitId,
) -> Result<bool> {
    let (ancestor, commit) =
        (tree::commit(place, repo, ancestor)?.id(), tree::commit(place, repo, commit)?.id());
    let failed = |error| Error::git("comparing commits", &place.path, error);
    Ok(ancestor == commit || repo.graph_descendant_of(commit, ancestor).map_err(failed)?)
}

pub(crate) fn paths(place: &Place, repo: &git2::Repository, commit: &CommitId) -> Result<Vec<String>> {
    let entries = tree::entries(place, repo, &tree::of_commit(place, repo, commit)?)?;
    let files = entries.iter().filter(|entry| entry.kind == Kind::File);
    Ok(files.map(|entry| String::from_utf8_lossy(&entry.path).into_owned()).collect())
}

pub(crate) fn file(
    place: &Place,
    repo: &git2::Repository,
    commit: &CommitId,
    path: &str,
) -> Result<Option<Vec<u8>>> {
    let failed = |error| Error::git("reading a tree", &place.path, error);
    let mut tree = tree::of_commit(place, repo, commit)?;
    if path.contains('\0') {
        return Ok(None);
    }
    let (folders, name) = path.rsplit_once('/').map_or((None, path), |(folders, name)| (Some(folders), name));
    for folder in folders.into_iter().flat_map(|folders| folders.split('/')) {
        let entry = tree.get_name(folder).filter(|entry| entry.filemode() == i32::from(FileMode::Tree));
        let Some(id) = entry.map(|entry| entry.id()) else { return Ok(None) };
        tree = repo.find_tree(id).map_err(failed)?;
    }
    match tree.get_name(name) {
        Some(entry) if entry.filemode() & 0o170_000 == 0o100_000 => {
            blob(place, repo, entry.id(), path).map(Some)
        }
        _ => Ok(None),
    }
}

/// A blob's bytes; `what` names it when it is too large.
pub(crate) fn blob(place: &Place, repo: &git2::Repository, id: Oid, what: &str) -> Result<Vec<u8>> {
    let failed = |error| Error::git("reading a file", &place.path, error);
    let odb = repo.odb().map_err(failed)?;
    let (size, kind) = odb.read_header(id).map_err(failed)?;
    if kind != ObjectType::Blob || size > MAX_READ {
        return Err(Error::TooLarge {
            what: format!("the file `{}`", what.escape_default()),
            limit: MAX_READ_TEXT,
        });
    }
    Ok(odb.read(id).map_err(failed)?.data().to_vec())
}

pub(crate) fn log(
    place: &Place,
    repo: &git2::Repository,
    from: &CommitId,
    to: &CommitId,
) -> Result<Vec<LogEntry>> {
    let (from, to) = (tree::commit(place, repo, from)?.id(), tree::commit(place, repo, to)?.id());
    let walk = || {
        let mut walk = repo.revwalk()?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME | Sort::REVERSE)?;
        walk.push(to)?;
        walk.hide(from)?;
        walk.map(|id| repo.find_commit(id?).map(|commit| entry(&commit)))
            .collect::<std::result::Result<_, git2::Error>>()
    };
    walk().map_err(|error| Error::git("reading the history", &place.path, error))
}

fn entry(commit: &git2::Commit<'_>) -> LogEntry {
    let author = commit.author();
    LogEntry {
        commit: commit_id(commit.id()),
        subject: String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default()).into_owned(),
        agent: agent_of(&String::from_utf8_lossy(author.email_bytes())),
        time: OffsetDateTime::from_unix_timestamp(commit.time().seconds())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH),
    }
}
