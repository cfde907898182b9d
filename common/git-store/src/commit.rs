//! Writing commits: judged pieces, a repository's first commit, and the reference that names an attempt's result.
//!
//! Blobs and trees go straight into the object store. What a commit says is made in `message.rs`; which branch it
//! ends up on is decided in `advance.rs`.

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid, Signature, Time, Tree};
use slipway_protocol::{AgentId, Change, CommitId, Content, Holder, Piece};
use time::OffsetDateTime;

use crate::error::{Error, Result};
use crate::judge::{self, Base, Kind};
use crate::message::message;
use crate::repository::{Place, commit_id};
use crate::shared::Shared;
use crate::{refs, tree};

/// Who a commit is by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The agent; the commit is by `Slipway <agent> <slipway+<agent>@localhost>`.
    pub agent: AgentId,
}

impl Author {
    fn signature(&self, now: OffsetDateTime) -> std::result::Result<Signature<'static>, git2::Error> {
        let (name, email) = (format!("Slipway {}", self.agent), format!("slipway+{}@localhost", self.agent));
        Signature::new(&name, &email, &Time::new(now.unix_timestamp(), 0))
    }
}

/// The agent whose commit bears this address, if it is one of ours.
pub(crate) fn agent_of(email: &str) -> Option<AgentId> {
    email.strip_prefix("slipway+")?.strip_suffix("@localhost")?.parse().ok()
}

/// The signature of what no agent made, at a time in seconds since 1970.
pub(crate) fn own_signature(seconds: i64) -> std::result::Result<Signature<'static>, git2::Error> {
    Signature::new("Slipway", "slipway@localhost", &Time::new(seconds, 0))
}

/// A repository's first commit, with no files.
pub(crate) fn root(place: &Place, repo: &git2::Repository, name: &str, now: OffsetDateTime) -> Result<Oid> {
    let write = || {
        let tree = repo.find_tree(repo.treebuilder(None)?.write()?)?;
        let signature = own_signature(now.unix_timestamp())?;
        repo.commit(None, &signature, &signature, &format!("Start {name}\n"), &tree, &[])
    };
    write().map_err(|error| Error::git("writing the first commit", &place.path, error))
}

/// Writes a piece on top of `base`; see [`crate::Repository::commit`].
pub(crate) fn write(
    place: &Place,
    repo: &git2::Repository,
    base: &CommitId,
    piece: &Piece,
    (author, trailers, now): (&Author, &[(String, String)], OffsetDateTime),
) -> Result<CommitId> {
    let failed = |error| Error::git("writing a commit", &place.path, error);
    let parent = tree::commit(place, repo, base)?;
    let before = parent.tree().map_err(failed)?;
    let known = tree::base(place, repo, &before)?;
    judge::judge(&known, &piece.changes)?;
    let after = changed(repo, &before, &known, &piece.changes).map_err(failed)?;
    if after == before.id() {
        return Ok(base.clone());
    }
    let text = message(&piece.subject, &piece.body, trailers, piece.changes.len());
    let write = || {
        let signature = author.signature(now)?;
        repo.commit(None, &signature, &signature, &text, &repo.find_tree(after)?, &[&parent])
    };
    write().map(commit_id).map_err(failed)
}

/// The tree after the changes, which were judged.
fn changed(
    repo: &git2::Repository,
    before: &Tree<'_>,
    known: &Base,
    changes: &[Change],
) -> std::result::Result<Oid, git2::Error> {
    let mut update = TreeUpdateBuilder::new();
    for change in changes {
        match &change.content {
            Content::File { bytes, executable } => {
                let mode = if *executable { FileMode::BlobExecutable } else { FileMode::Blob };
                update.upsert(change.path.as_str(), repo.blob(bytes)?, mode);
            }
            Content::Absent if matches!(known.kind(&change.path), Some(Kind::File | Kind::Symlink)) => {
                update.remove(change.path.as_str());
            }
            // Deleting what is not there changes nothing; links and submodules were refused.
            Content::Absent | Content::Symlink { .. } | Content::Submodule { .. } => {}
        }
    }
    update.create_updated(repo, before)
}

/// Names `commit` as what the holder's attempt brought.
pub(crate) fn push_attempt(
    place: &Place,
    repo: &git2::Repository,
    holder: &Holder,
    commit: &CommitId,
) -> Result<()> {
    let new = tree::commit(place, repo, commit)?.id();
    let name = format!("refs/slipway/attempts/{}", holder_path(holder));
    let lock = place.lock()?;
    if refs::read(place, repo, &name)?.is_none() {
        if let Some(shared) = Shared::of(place, repo, &lock) {
            shared.create(&name, new)?;
        }
        // Whatever the outcome, what the reference holds now decides.
        refs::swap(place, repo, &lock, &name, (None, new))?;
    }
    match refs::read(place, repo, &name)? {
        Some(at) if at == new => Ok(()),
        Some(at) => Err(Error::Taken { reference: name, at: commit_id(at) }),
        None => Err(Error::Locked { path: place.path.join(name) }),
    }
}

/// `<execution>/<lease>-<incarnation>`.
pub(crate) fn holder_path(holder: &Holder) -> String {
    format!("{}/{}-{}", holder.execution, holder.lease, holder.incarnation)
}
