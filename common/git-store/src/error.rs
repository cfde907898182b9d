//! What can go wrong with Git, and how a failure of libgit2 or of the file system becomes one of ours.
//!
//! Variants are named for what was being done; each names its input and the way out. Which failures are worth another
//! try is told in one place, [`Error::is_retryable`].

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use slipway_protocol::CommitId;

use crate::judge::Refused;

/// The result of everything here.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A proposed change broke a rule; nothing of it was written.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A repository was to have a name that cannot be a folder's.
    #[error(
        "`{name}` cannot name a repository: use a lower-case letter or digit, then at most 99 of a-z 0-9 . _ - \
         (in a fleet 63 of a-z 0-9 -)"
    )]
    Name {
        /// The name, escaped.
        name: String,
    },
    /// An origin is neither a path nor a URL that is fetched from.
    #[error("the repository `{origin}` is refused: {rule}")]
    Origin {
        /// The origin as it was given, escaped and without any secret.
        origin: String,
        /// What it breaks, and what to give instead.
        rule: &'static str,
    },
    /// There is nothing at the origin's path.
    #[error("no repository at {path}: there is no such folder; check the path")]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// There is a folder, but no repository in it.
    #[error(
        "{path} is not the top of a Git repository; name the folder that holds `.git`, or run `git init` there"
    )]
    NotARepository {
        /// The path.
        path: PathBuf,
    },
    /// A repository's `HEAD` leads to no commit.
    #[error(
        "{origin} has no commit at its HEAD to start from; \
         make one: `git commit --allow-empty -m start`, or switch to a branch that has one"
    )]
    Empty {
        /// The origin.
        origin: String,
    },
    /// A repository lacks a part of its history.
    #[error("{path} is a shallow clone; complete it: `git fetch --unshallow`")]
    Shallow {
        /// The path.
        path: PathBuf,
    },
    /// A repository belongs to another user, so that its configuration is not trusted.
    #[error(
        "{path} belongs to another user; change its owner, or `git config --global --add safe.directory {path}`"
    )]
    Owner {
        /// The path.
        path: PathBuf,
    },
    /// The `git` program could not be started.
    #[error("cannot start `{}`, which network repositories need; install Git 2.47.3 or newer", program.display())]
    StartingGit {
        /// The program.
        program: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A network origin refused, was not found or could not be reached.
    #[error("{doing} {origin} failed: {detail}")]
    Network {
        /// What was being done.
        doing: &'static str,
        /// The origin.
        origin: String,
        /// What Git said, cut and escaped.
        detail: String,
    },
    /// A network origin took too long.
    #[error("{doing} {origin} was stopped after {} s; check the network, or allow it longer", limit.as_secs())]
    TimedOut {
        /// What was being done.
        doing: &'static str,
        /// The origin.
        origin: String,
        /// How long it was given.
        limit: Duration,
    },
    /// The address of the fleet's repositories service is of no use.
    #[error("the repositories service `{url}` cannot be used: {rule}")]
    Remote {
        /// The address, escaped and without any secret.
        url: String,
        /// What it breaks.
        rule: &'static str,
    },
    /// The fleet's repositories service did not take the token.
    #[error("{url} refused the token; set repositories.token to the service's own")]
    Unauthorised {
        /// The repository there.
        url: String,
    },
    /// A branch may not be moved by Slipway, or is no valid name.
    #[error("the branch `{branch}` is not ours to move: only valid names under feature/ are")]
    Branch {
        /// The branch, escaped.
        branch: String,
    },
    /// A branch has commits that the new head lacks.
    #[error(
        "{branch} is at {at} in {origin}, which {to} does not contain; it is never forced: merge or rename it"
    )]
    NotFastForward {
        /// The branch.
        branch: String,
        /// Whose branch it is.
        origin: String,
        /// Where it is.
        at: CommitId,
        /// Where it was to go.
        to: CommitId,
    },
    /// A branch's name is a folder of another one's, which Git cannot store.
    #[error("{branch} cannot be made in {origin} beside the branch {other}; rename or delete {other}")]
    Clash {
        /// The branch.
        branch: String,
        /// The one in its way.
        other: String,
        /// Whose branch that is.
        origin: String,
    },
    /// The branch is checked out in a work tree that moving it would leave behind.
    #[error("{branch} is checked out in {path}; switch to another branch there, then try again")]
    CheckedOut {
        /// The branch.
        branch: String,
        /// The work tree's Git folder.
        path: PathBuf,
    },
    /// The origin did not take a branch.
    #[error("{origin} did not take {branch}: {reason}")]
    Push {
        /// The origin.
        origin: String,
        /// The branch.
        branch: String,
        /// Its reason, cut and escaped.
        reason: String,
    },
    /// A create-only reference holds something else already.
    #[error("{reference} is already at {at}; a holder's result is never replaced, take a new lease")]
    Taken {
        /// The reference.
        reference: String,
        /// What it holds.
        at: CommitId,
    },
    /// An artefact of that name was stored with other bytes.
    #[error("the artefact `{name}` is already stored with other bytes; give it another name")]
    ArtefactTaken {
        /// The artefact's name.
        name: String,
    },
    /// An artefact was found, but none with the digest that was asked for.
    #[error("the artefact `{name}` does not have the digest {wanted}; it is not used")]
    Digest {
        /// The artefact's name.
        name: String,
        /// The digest that was wanted.
        wanted: String,
    },
    /// A commit is not there.
    #[error("the commit {commit} is not in {path}; adopt the origin again, or check the id")]
    UnknownCommit {
        /// The commit.
        commit: CommitId,
        /// The repository.
        path: PathBuf,
    },
    /// Something is larger than is handled in memory or on disk.
    #[error("{what} is over the limit of {limit}; leave what is large out of the repository")]
    TooLarge {
        /// What is.
        what: String,
        /// The limit, with its unit.
        limit: &'static str,
    },
    /// Another process keeps a lock.
    #[error("{path} stayed locked; wait for the other process, or remove it when none runs")]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// There is no space left.
    #[error("the disk that holds {dir} is full; free some space, then try again")]
    DiskFull {
        /// The folder that was written to.
        dir: PathBuf,
    },
    /// A folder that was to be fresh is not.
    #[error("{path} is there already and not empty; name a new folder")]
    NotFresh {
        /// The folder.
        path: PathBuf,
    },
    /// The file system failed.
    #[error("{doing} {path} failed")]
    Files {
        /// What was being done.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Git's object or reference store failed.
    #[error("{doing} in {path} failed")]
    Git {
        /// What was being done.
        doing: &'static str,
        /// In which repository.
        path: PathBuf,
        /// Why.
        source: git2::Error,
    },
    /// The process is stopping, so that the work was not begun.
    #[error("the process is stopping; nothing was begun")]
    Stopping,
}

impl Error {
    /// A stable name of the failure, for logs, metrics and the pages under `docs/errors/`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refused) => refused.code(),
            Self::Name { .. } => "git.name",
            Self::Origin { .. } => "git.origin-refused",
            Self::Missing { .. } => "git.origin-missing",
            Self::NotARepository { .. } => "git.not-a-repository",
            Self::Empty { .. } => "git.origin-empty",
            Self::Shallow { .. } => "git.origin-shallow",
            Self::Owner { .. } => "git.owner",
            Self::StartingGit { .. } => "git.no-program",
            Self::Network { .. } => "git.network",
            Self::TimedOut { .. } => "git.timed-out",
            Self::Remote { .. } => "git.remote-refused",
            Self::Unauthorised { .. } => "git.unauthorised",
            Self::Branch { .. } => "git.branch-refused",
            Self::NotFastForward { .. } => "git.not-fast-forward",
            Self::Clash { .. } => "git.branch-clash",
            Self::CheckedOut { .. } => "git.checked-out",
            Self::Push { .. } => "git.push-refused",
            Self::Taken { .. } => "git.attempt-taken",
            Self::ArtefactTaken { .. } => "git.artefact-taken",
            Self::Digest { .. } => "git.artefact-digest",
            Self::UnknownCommit { .. } => "git.unknown-commit",
            Self::TooLarge { .. } => "git.too-large",
            Self::Locked { .. } => "git.locked",
            Self::DiskFull { .. } => "git.disk-full",
            Self::NotFresh { .. } => "git.folder-not-fresh",
            Self::Files { .. } => "git.files",
            Self::Git { .. } => "git.store",
            Self::Stopping => "git.stopping",
        }
    }

    /// Whether the same call may succeed later without anyone changing its input.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Network { .. }
                | Self::TimedOut { .. }
                | Self::Unauthorised { .. }
                | Self::Locked { .. }
                | Self::DiskFull { .. }
                | Self::Files { .. }
                | Self::Stopping
        )
    }

    /// A failure of the file system while `doing` something with `path`.
    pub(crate) fn files(doing: &'static str, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { dir: path.to_owned() }
            }
            _ => Self::Files { doing, path: path.to_owned(), source },
        }
    }

    /// A failure of libgit2 while `doing` something in the repository at `path`.
    pub(crate) fn git(doing: &'static str, path: &Path, source: git2::Error) -> Self {
        let path = path.to_owned();
        if source.code() == git2::ErrorCode::Owner {
            Self::Owner { path }
        } else if is_disk_full(&source)
            || (source.code() == git2::ErrorCode::GenericError && is_nearly_full(&path))
        {
            Self::DiskFull { dir: path }
        } else {
            Self::Git { doing, path, source }
        }
    }
}

/// libgit2 keeps the operating system's reason in the text alone; the C locale's words are the ones it uses, since
/// nothing here sets another.
fn is_disk_full(source: &git2::Error) -> bool {
    let text = source.message();
    text.contains("No space left on device") || text.contains("Disk quota exceeded")
}

/// Whether hardly anything fits on the disk; libgit2 says "no error" for some writes that fail for want of space, and
/// removes the half-written file, which makes a little room again.
fn is_nearly_full(path: &Path) -> bool {
    const LITTLE: u64 = 2 * 1024 * 1024;
    rustix::fs::statvfs(path)
        .is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < LITTLE || disk.f_favail == 0)
}

/// Text from outside, made safe to show: escaped, and cut to `limit` characters.
pub(crate) fn shown(text: &str, limit: usize) -> String {
    let mut safe = String::new();
    for c in text.chars().take(limit) {
        if matches!(c, ' '..='~') && c != '\\' { safe.push(c) } else { safe.extend(c.escape_default()) }
    }
    if text.chars().nth(limit).is_some() {
        safe.push('…');
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_by_its_folder_whichever_library_noticed() {
        let dir = Path::new("/data/todo.git");
        let text = "failed to write loose object: No space left on device";
        let git = git2::Error::new(git2::ErrorCode::GenericError, git2::ErrorClass::Os, text);
        for error in [
            Error::git("writing a file", dir, git),
            Error::files("writing", dir, io::Error::from(io::ErrorKind::StorageFull)),
        ] {
            assert_eq!(error.code(), "git.disk-full");
            assert!(error.to_string().contains("/data/todo.git"), "{error}");
            assert!(error.is_retryable());
        }
    }

    #[test]
    fn a_repository_of_another_user_is_named_with_the_way_out() {
        let source = git2::Error::new(git2::ErrorCode::Owner, git2::ErrorClass::Config, "not owned");
        let error = Error::git("opening it", Path::new("/srv/app"), source);
        assert!(error.to_string().contains("safe.directory /srv/app"), "{error}");
    }

    #[test]
    fn text_from_outside_is_escaped_and_cut() {
        assert_eq!(shown("'a'\u{1b}[2J\n\\é", 80), "'a'\\u{1b}[2J\\n\\\\\\u{e9}");
        assert_eq!(shown("abcdef", 3), "abc…");
    }
}
