//! What the tests share: a store in a folder of its own, origins made by the `git` program, values.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use slipway_git_store::{Author, Repository, Settings, Store};
use slipway_protocol::{Change, CommitId, Content, ExecutionId, Holder, Incarnation, Lease, Piece};
use tempfile::TempDir;
use time::OffsetDateTime;
use uuid::Uuid;

/// A store and room for origins; all of it goes with it.
pub(crate) struct Bench {
    pub(crate) dir: TempDir,
    pub(crate) store: Store,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::with_settings(dir.path().join("data"), settings);
        Self { dir, store }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) async fn todo(&self) -> Repository {
        self.store.create("todo", now()).await.unwrap()
    }

    /// A repository with one commit on `main` that holds `README.md`; bare or with a work tree.
    pub(crate) fn origin(&self, name: &str, bare: bool) -> PathBuf {
        let work = self.path(&format!("{name}-work"));
        fs::create_dir(&work).unwrap();
        git(&work, &["init", "--quiet", "--initial-branch=main"]);
        fs::write(work.join("README.md"), "read me\n").unwrap();
        git(&work, &["add", "."]);
        git(&work, &["commit", "--quiet", "--message=start"]);
        if !bare {
            return work;
        }
        let path = self.path(&format!("{name}.git"));
        git(self.dir.path(), &["clone", "--quiet", "--bare", text(&work), text(&path)]);
        path
    }
}

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap()
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub(crate) fn author() -> Author {
    Author { agent: "coder".parse().unwrap() }
}

pub(crate) fn holder(lease: u32, incarnation: u128) -> Holder {
    Holder {
        execution: ExecutionId::new(Uuid::from_u128(7)),
        lease: Lease::new(lease),
        incarnation: Incarnation::new(Uuid::from_u128(incarnation)),
    }
}

pub(crate) fn piece(subject: &str, changes: Vec<Change>) -> Piece {
    Piece { subject: subject.to_owned(), body: String::new(), changes }
}

pub(crate) fn absent(path: &str) -> Change {
    Change { path: path.to_owned(), content: Content::Absent }
}

/// A commit on `base` that writes one file.
pub(crate) async fn add(repository: &Repository, base: &CommitId, path: &str, content: &str) -> CommitId {
    let piece = piece(&format!("Write {path}"), vec![Change::file(path, content)]);
    repository.commit(base, &piece, &author(), &[], now()).await.unwrap()
}

/// Runs the real `git` without this machine's configuration and gives what it says.
pub(crate) fn git(dir: &Path, arguments: &[&str]) -> String {
    let output =
        git_command(dir, arguments).output().expect("these tests need git: install Git 2.47.3 or newer");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?} in {}: {error}", dir.display());
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

fn git_command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.current_dir(dir).args(["-c", "user.name=A Person", "-c", "user.email=person@example.com"]);
    command.args(["-c", "protocol.file.allow=always"]).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env_remove("GIT_DIR");
    command
}

/// A commit's id as the `git` program sees it.
pub(crate) fn rev(dir: &Path, name: &str) -> CommitId {
    git(dir, &["rev-parse", "--verify", name]).parse().unwrap()
}

/// Whether the `git` program finds nothing wrong with a repository.
pub(crate) fn assert_sound(dir: &Path) {
    git(dir, &["fsck", "--strict", "--no-dangling"]);
}

/// Writes an executable script.
pub(crate) fn script(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{content}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
