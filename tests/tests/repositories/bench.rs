//! A service with a data folder of its own, workers with clones of their own, and the real `git`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use slipway_git_store::{Author, Remote, Repository, Settings, Store};
use slipway_protocol::{Artefact, Change, CommitId, ExecutionId, Holder, Incarnation, Lease, Piece};
use slipway_repositories::{Limits, Token, config};
use slipway_runtime::Lifecycle;
use slipway_runtime::telemetry::Format;
use tempfile::TempDir;
use time::OffsetDateTime;

pub(crate) const TOKEN: &str = "the-token-of-the-tests";

/// A running service; it ends with this.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    data: TempDir,
    life: Lifecycle,
}

impl Service {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut config::Settings)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut settings = settings(data.path(), "127.0.0.1:0".parse().unwrap());
        change(&mut settings);
        let life = Lifecycle::new(Duration::from_secs(5));
        let address = slipway_repositories::start(&settings, &life).await.unwrap();
        Self { address, data, life }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The folder of a repository on the service's disk.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    pub(crate) fn worker(&self) -> Worker {
        Worker::of(&self.url(""), Some(TOKEN))
    }

    pub(crate) fn refs(&self, name: &str) -> String {
        git(&self.folder(name), &["for-each-ref", "--format=%(refname) %(objectname)"])
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.life.hard().cancel();
    }
}

pub(crate) fn settings(data: &Path, listen: SocketAddr) -> config::Settings {
    config::Settings {
        listen,
        health: None,
        data: data.to_owned(),
        token: Token::new(TOKEN.to_owned()).unwrap(),
        hosts: vec!["repositories".to_owned()],
        limits: Limits {
            push: 8 << 20,
            total: Duration::from_mins(1),
            idle: Duration::from_secs(30),
            processes: 8,
            git: "git".into(),
        },
        grace: Duration::from_secs(5),
        log_filter: "off".to_owned(),
        log_format: Format::Text,
    }
}

/// A worker's own store.
pub(crate) struct Worker {
    pub(crate) dir: TempDir,
    pub(crate) store: Store,
}

impl Worker {
    pub(crate) fn of(base: &str, token: Option<&str>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = store(&dir.path().join("data"), base, token, Settings::default());
        Self { dir, store }
    }

    pub(crate) async fn todo(&self) -> Repository {
        self.store.create("todo", now()).await.unwrap()
    }
}

pub(crate) fn store(root: &Path, base: &str, token: Option<&str>, settings: Settings) -> Store {
    let remote = Remote::new(base, token.map(str::to_owned)).unwrap();
    Store::with_settings(root.to_owned(), Settings { remote: Some(remote), ..settings })
}

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap()
}

pub(crate) fn holder(lease: u32, incarnation: u128) -> Holder {
    Holder {
        execution: ExecutionId::new(uuid(7)),
        lease: Lease::new(lease),
        incarnation: Incarnation::new(uuid(incarnation)),
    }
}

fn uuid<T: std::str::FromStr<Err: std::fmt::Debug>>(number: u128) -> T {
    let hex = format!("{number:032x}");
    let text = format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
    text.parse().unwrap()
}

pub(crate) fn attempt(holder: &Holder) -> String {
    format!("refs/slipway/attempts/{}/{}-{}", holder.execution, holder.lease, holder.incarnation)
}

pub(crate) fn artefact(name: &str, bytes: &[u8]) -> Artefact {
    Artefact { name: name.to_owned(), media_type: "text/plain".to_owned(), bytes: bytes.to_vec() }
}

/// A commit on `base` that writes one file.
pub(crate) async fn add(repository: &Repository, base: &CommitId, path: &str, content: &[u8]) -> CommitId {
    let author = Author { agent: "coder".parse().unwrap() };
    let change = Change::file(path, content.to_vec());
    let piece = Piece { subject: format!("Write {path}"), body: String::new(), changes: vec![change] };
    repository.commit(base, &piece, &author, &[], now()).await.unwrap()
}

/// A commit on `base` that writes `count` files of 256 KiB which nothing makes smaller.
pub(crate) async fn add_much(repository: &Repository, base: &CommitId, count: usize) -> CommitId {
    let noise = noise(count << 18);
    let mut head = base.clone();
    for (at, part) in noise.chunks(1 << 18).enumerate() {
        head = add(repository, &head, &format!("much-{at}"), part).await;
    }
    head
}

/// Bytes that do not get smaller by compression, the same ones each time.
pub(crate) fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(&mut next).take(count).collect()
}

/// Runs the real `git` without this machine's configuration; what it says when it is content.
pub(crate) fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = try_git(dir, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?} in {}: {error}", dir.display());
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

pub(crate) fn try_git(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("git");
    command.current_dir(dir).args(["-c", "user.name=A Person", "-c", "user.email=person@example.com"]);
    command.args(["-c", "protocol.file.allow=always"]).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env_remove("GIT_DIR");
    command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    for proxy in ["http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    command.output().expect("these tests need git: install Git 2.47.3 or newer")
}

/// Pushes as a person would who has the token.
pub(crate) fn push(dir: &Path, arguments: &[&str]) -> Output {
    let header = format!("http.extraHeader=Authorization: Bearer {TOKEN}");
    let all: Vec<&str> =
        ["-c", header.as_str(), "push"].into_iter().chain(arguments.iter().copied()).collect();
    try_git(dir, &all)
}

/// Whether the `git` program finds nothing wrong with a repository.
pub(crate) fn assert_sound(dir: &Path) {
    git(dir, &["fsck", "--strict", "--no-dangling"]);
}
