//! One repository of the store, and the one place where blocking work leaves the async world.
//!
//! Every call opens the repository afresh on a blocking thread, with no configuration but the repository's own: a
//! person's or a machine's Git configuration changes nothing here. The work itself is in the modules that the methods
//! name.

use std::panic;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::{ConfigLevel, Oid};
use slipway_protocol::work::FileChange;
use slipway_protocol::{Artefact, ArtefactRef, Change, CommitId, ExecutionId, Holder, Piece};
use time::OffsetDateTime;

use crate::advance::{self, Advanced};
use crate::commit::{self, Author};
use crate::error::{Error, Result};
use crate::export::{self, Worktree};
use crate::judge;
use crate::lock::Lock;
use crate::origin::Origin;
use crate::read::{self, LogEntry};
use crate::store::Settings;
use crate::{archive, artefacts, diff, shared, tree};

/// The file beside a repository's own configuration with what only libgit2 is to read.
pub(crate) const EXTRA_CONFIG: &str = "slipway.config";

/// Where a repository lies and how it is worked with.
#[derive(Debug)]
pub(crate) struct Place {
    /// The bare repository.
    pub(crate) path: PathBuf,
    /// The file whose lock guards its references.
    pub(crate) lock: PathBuf,
    /// Where it was adopted from, if it was.
    pub(crate) origin: Option<Origin>,
    /// The name of its shared repository on the fleet's service, if it has one.
    pub(crate) shared: Option<String>,
    /// Bounds and programs.
    pub(crate) settings: Arc<Settings>,
}

impl Place {
    /// Opens the repository with its own configuration alone.
    pub(crate) fn open(&self) -> Result<git2::Repository> {
        let failed = |source| Error::git("opening the repository", &self.path, source);
        let repo = git2::Repository::open_bare(&self.path).map_err(failed)?;
        let mut config = git2::Config::new().map_err(failed)?;
        config.add_file(&self.path.join("config"), ConfigLevel::Local, false).map_err(failed)?;
        config.add_file(&self.path.join(EXTRA_CONFIG), ConfigLevel::App, false).map_err(failed)?;
        repo.set_config(&config).map_err(failed)?;
        Ok(repo)
    }

    /// Takes the right to write references.
    pub(crate) fn lock(&self) -> Result<Lock> {
        Lock::take(&self.lock, self.settings.patience)
    }

    /// How the origin is named to people; the folder where there is none.
    pub(crate) fn shown_origin(&self) -> String {
        self.origin.as_ref().map_or_else(|| self.path.display().to_string(), Origin::to_string)
    }
}

/// A repository; cheap to clone, and safe to use from many tasks and processes at once.
#[derive(Debug, Clone)]
pub struct Repository {
    place: Arc<Place>,
}

impl Repository {
    pub(crate) fn new(place: Place) -> Self {
        Self { place: Arc::new(place) }
    }

    /// The folder of the bare repository.
    pub fn path(&self) -> &Path {
        &self.place.path
    }

    /// The commit to start from: the origin's `HEAD` as it was last fetched, or `main`.
    pub async fn default_head(&self) -> Result<CommitId> {
        self.with(read::default_head).await
    }

    /// The commit that a branch such as `feature/x` is at, if it is there; of an adopted repository's own branches, as
    /// they were last fetched.
    pub async fn branch_head(&self, branch: &str) -> Result<Option<CommitId>> {
        let branch = branch.to_owned();
        self.with(move |place, repo| read::branch_head(place, repo, &branch)).await
    }

    /// Whether `ancestor` is `commit` or comes before it.
    pub async fn is_ancestor(&self, ancestor: &CommitId, commit: &CommitId) -> Result<bool> {
        let (ancestor, commit) = (ancestor.clone(), commit.clone());
        self.with_history([ancestor.clone(), commit.clone()], move |place, repo| {
            read::is_ancestor(place, repo, &ancestor, &commit)
        })
        .await
    }

    /// The paths of a commit's regular files, sorted. Links and submodules are not among them, and a name that is not
    /// UTF-8 shows replacement characters.
    pub async fn paths(&self, commit: &CommitId) -> Result<Vec<String>> {
        let commit = commit.clone();
        self.with_history([commit.clone()], move |place, repo| read::paths(place, repo, &commit)).await
    }

    /// The bytes of a regular file (at most 64 MiB), or `None` when there is none at `path`.
    pub async fn read(&self, commit: &CommitId, path: &str) -> Result<Option<Vec<u8>>> {
        let (commit, path) = (commit.clone(), path.to_owned());
        self.with_history([commit.clone()], move |place, repo| read::file(place, repo, &commit, &path)).await
    }

    /// The commits that `to` has and `from` has not, oldest first.
    pub async fn log(&self, from: &CommitId, to: &CommitId) -> Result<Vec<LogEntry>> {
        let (from, to) = (from.clone(), to.clone());
        self.with_history([from.clone(), to.clone()], move |place, repo| read::log(place, repo, &from, &to))
            .await
    }

    /// The files that differ between two commits, by path, without looking for renames. A link's bytes are its
    /// target, a submodule's the hexadecimal id of its commit.
    pub async fn changes(&self, from: &CommitId, to: &CommitId) -> Result<Vec<FileChange>> {
        let (from, to) = (from.clone(), to.clone());
        self.with_history([from.clone(), to.clone()], move |place, repo| {
            diff::changes(place, repo, &from, &to)
        })
        .await
    }

    /// The unified patch between two commits, cut after a whole line to at most `cap` bytes; a last line says so when
    /// it was cut.
    pub async fn diff(&self, from: &CommitId, to: &CommitId, cap: usize) -> Result<String> {
        let (from, to) = (from.clone(), to.clone());
        self.with_history([from.clone(), to.clone()], move |place, repo| {
            diff::patch(place, repo, (&from, &to), cap)
        })
        .await
    }

    /// Judges changes against a commit's tree without writing anything; [`Error::Refused`] names the rule.
    pub async fn check(&self, base: &CommitId, changes: &[Change]) -> Result<()> {
        let (base, changes, known) = (base.clone(), changes.to_vec(), base.clone());
        let check = move |place: &Place, repo: &git2::Repository| {
            let tree = tree::of_commit(place, repo, &base)?;
            Ok(judge::judge(&tree::base(place, repo, &tree)?, &changes)?)
        };
        self.with_history([known], check).await
    }

    /// Writes a piece as a commit on top of `base` and gives its id; no reference moves. The same inputs give the
    /// same id. A piece that changes nothing gives `base` back. A piece that breaks a rule is [`Error::Refused`]
    /// whole, and nothing of it is written.
    pub async fn commit(
        &self,
        base: &CommitId,
        piece: &Piece,
        author: &Author,
        trailers: &[(String, String)],
        now: OffsetDateTime,
    ) -> Result<CommitId> {
        let (base, piece, author, trailers) =
            (base.clone(), piece.clone(), author.clone(), trailers.to_vec());
        self.with_history([base.clone()], move |place, repo| {
            commit::write(place, repo, &base, &piece, (&author, &trailers, now))
        })
        .await
    }

    /// Names a commit as what an attempt brought: `refs/slipway/attempts/<execution>/<lease>-<incarnation>`, in a fleet
    /// in the shared repository too. It is created once; the same commit again is fine, another one is
    /// [`Error::Taken`].
    pub async fn push_attempt(&self, holder: &Holder, commit: &CommitId) -> Result<()> {
        let (holder, commit) = (*holder, commit.clone());
        self.with_history([commit.clone()], move |place, repo| {
            commit::push_attempt(place, repo, &holder, &commit)
        })
        .await
    }

    /// Moves a branch under `feature/` forward to `to`, never back and never sideways; in an adopted repository at
    /// the origin first, in a fleet's own in the shared one. A branch that contains `to` already is left as it is.
    pub async fn advance(&self, branch: &str, to: &CommitId) -> Result<Advanced> {
        let (branch, to) = (branch.to_owned(), to.clone());
        self.with_history([to.clone()], move |place, repo| advance::advance(place, repo, &branch, &to)).await
    }

    /// Stores files beside the branch, under `refs/slipway/artefacts/<execution>/<lease>-<incarnation>`, and gives
    /// how events name them. Storing again adds; a stored name with other bytes is [`Error::ArtefactTaken`]. In a
    /// fleet the reference is created once: storing the same again is fine, anything else is [`Error::Taken`].
    pub async fn put_artefacts(&self, holder: &Holder, artefacts: &[Artefact]) -> Result<Vec<ArtefactRef>> {
        let (holder, artefacts) = (*holder, artefacts.to_vec());
        self.with(move |place, repo| artefacts::put(place, repo, &holder, &artefacts)).await
    }

    /// The bytes of an artefact that a holder stored, if it did.
    pub async fn get_artefact(&self, holder: &Holder, name: &str) -> Result<Option<Vec<u8>>> {
        let (holder, name) = (*holder, name.to_owned());
        self.with(move |place, repo| artefacts::get(place, repo, &holder, &name)).await
    }

    /// The bytes of an artefact that any holder of an execution stored, on whichever machine of a fleet, checked
    /// against size and digest: what an event names can be read by its reference and its execution. `None` when
    /// none has the name, [`Error::Digest`] when those that have it hold other bytes.
    pub async fn get_verified(
        &self,
        execution: ExecutionId,
        wanted: &ArtefactRef,
    ) -> Result<Option<Vec<u8>>> {
        let wanted = wanted.clone();
        self.with(move |place, repo| artefacts::get_verified(place, repo, execution, &wanted)).await
    }

    /// Writes a commit's files into a new or empty folder, which the [`Worktree`] removes when it is dropped. Files
    /// are private to this user; there is no `.git`. Links that stay inside are kept.
    pub async fn export(&self, commit: &CommitId, dir: &Path) -> Result<Worktree> {
        let (commit, dir) = (commit.clone(), dir.to_owned());
        self.with_history([commit.clone()], move |place, repo| export::export(place, repo, &commit, &dir))
            .await
    }

    /// A commit's files as a tar of at most 256 MiB: owner 0, modes 0644 and 0755, time 0, the same bytes every time.
    /// What [`Repository::export`] leaves out is left out here too.
    pub async fn archive(&self, commit: &CommitId) -> Result<Vec<u8>> {
        let commit = commit.clone();
        self.with_history([commit.clone()], move |place, repo| archive::archive(place, repo, &commit)).await
    }

    /// Does `work` after bringing those of `commits` from the shared repository that the clone lacks.
    async fn with_history<T: Send + 'static, const N: usize>(
        &self,
        commits: [CommitId; N],
        work: impl FnOnce(&Place, &git2::Repository) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.with(move |place, repo| {
            shared::bring(place, repo, &commits)?;
            work(place, repo)
        })
        .await
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Place, &git2::Repository) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let place = Arc::clone(&self.place);
        blocking(move || work(&place, &place.open()?)).await
    }
}

/// Runs blocking work on a thread of its own; a panic in it goes on in the caller.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(ended) if ended.is_panic() => panic::resume_unwind(ended.into_panic()),
        Err(_) => Err(Error::Stopping),
    }
}

/// A commit's id as libgit2 knows it; an id of the wrong length is one that is not there.
pub(crate) fn oid(place: &Place, commit: &CommitId) -> Result<Oid> {
    Oid::from_str(commit.as_str())
        .map_err(|_| Error::UnknownCommit { commit: commit.clone(), path: place.path.clone() })
}

/// libgit2's id as ours.
pub(crate) fn commit_id(oid: Oid) -> CommitId {
    oid.to_string().parse().expect("libgit2 writes ids as lower-case hexadecimal digits")
}
