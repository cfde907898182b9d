//! Where repositories come from: made here, or adopted from an origin as a bare mirror.
//!
//! A repository is built in a folder of its own and then renamed, so it is there whole or not at all; making or
//! adopting it again completes whatever a killed process left. Open [`crate::origin`] for what may be adopted and
//! `local.rs` and `network.rs` for how commits travel.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use git2::Oid;
use slipway_protocol::Digest;
use time::OffsetDateTime;

use crate::error::{Error, Result, shown};
use crate::lock::Lock;
use crate::origin::Origin;
use crate::read::MAIN;
use crate::refs;
use crate::remote::Remote;
use crate::repository::{EXTRA_CONFIG, Place, Repository, blocking};
use crate::shared::Shared;
use crate::{commit, local, network, read};

/// What only libgit2 reads: it writes to the disk itself before it says that it has written. The `git` program would
/// warn about the word, so it is not in the repository's own configuration.
const EXTRA: &str = "[core]\n\tfsyncObjectFiles = true\n";

/// Bounds and programs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The `git` program, used for network origins alone.
    pub git: PathBuf,
    /// What reaches `ssh://` origins; it must not ask questions.
    pub ssh: String,
    /// A Git configuration file for network origins, such as one that names a credential helper or a proxy. Without
    /// it no configuration of this machine or its user is read.
    pub config_file: Option<PathBuf>,
    /// How long one fetch or push may take.
    pub network_timeout: Duration,
    /// How long another task or process is waited for that writes the same repository.
    pub patience: Duration,
    /// How long a lock file of Git's is waited for; longer than `stale_lock_after`, so that what a killed process
    /// left is outlived.
    pub lock_wait: Duration,
    /// How old a lock file of Git's in the store must be before it counts as a killed process's. It is only looked
    /// at while no other Slipway process can write there, so this is for a person's `git` alone.
    pub stale_lock_after: Duration,
    /// The service that the processes of a fleet share their repositories through; `None` for a process that works
    /// alone.
    pub remote: Option<Remote>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            git: PathBuf::from("git"),
            ssh: "ssh -o BatchMode=yes -o ConnectTimeout=20".to_owned(),
            config_file: None,
            network_timeout: Duration::from_mins(2),
            patience: Duration::from_mins(10),
            lock_wait: Duration::from_secs(15),
            stale_lock_after: Duration::from_secs(10),
            remote: None,
        }
    }
}

/// The folder under which all repositories lie.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    settings: Arc<Settings>,
}

impl Store {
    /// A store under `root`, which is made when it is first needed.
    pub fn new(root: PathBuf) -> Self {
        Self::with_settings(root, Settings::default())
    }

    /// A store under `root` with bounds and programs of the caller's.
    pub fn with_settings(root: PathBuf, settings: Settings) -> Self {
        Self { root, settings: Arc::new(settings) }
    }

    /// Makes the bare repository `root/<name>.git` with a branch `main` that holds one commit with no files, or opens
    /// it when it is there. The commit's id depends on `name` and `now` alone.
    ///
    /// In a fleet the repository is made on the service, by whoever comes first, and this process keeps a clone.
    pub async fn create(&self, name: &str, now: OffsetDateTime) -> Result<Repository> {
        let place = self.own(name)?;
        let name = name.to_owned();
        blocking(move || {
            let lock = prepare(&place)?;
            let repo = place.open()?;
            if refs::read(&place, &repo, MAIN)?.is_none() {
                let mut root = commit::root(&place, &repo, &name, now)?;
                if let Some(shared) = Shared::of(&place, &repo, &lock) {
                    root = start(&shared, root)?;
                }
                // If it is there now, it was made by hand, and stays.
                refs::swap(&place, &repo, &lock, MAIN, (None, root))?;
            }
            Ok(Repository::new(place))
        })
        .await
    }

    /// Takes an existing repository by its path or its URL (`https://`, `ssh://`, `user@host:path`, `file://`) and
    /// fetches its branches into a bare mirror under `root/origins/`. Nothing else of it is used: not its
    /// configuration, hooks or attributes. Adopting it again fetches again.
    ///
    /// In a fleet the attempts and artefacts of its tasks go to a companion repository on the service, named after
    /// the origin's digest; the origin gets nothing but the branch that [`Repository::advance`] moves.
    pub async fn adopt(&self, origin: &str) -> Result<Repository> {
        let origin = Origin::parse(origin)?;
        let store = self.clone();
        blocking(move || {
            let place = store.adopted(origin.resolved()?);
            let lock = prepare(&place)?;
            let repo = place.open()?;
            fetch(&place, &repo, &lock)?;
            // An origin without a commit is told now, not at the first step.
            read::default_head(&place, &repo)?;
            Ok(Repository::new(place))
        })
        .await
    }

    /// A repository to read results from: the one called `name`, or the one adopted from `origin`. Nothing is made on
    /// the service and no origin is contacted; commits and artefacts that are missing here are brought from the
    /// service when they are asked for.
    pub async fn reader(&self, name: &str, origin: Option<&str>) -> Result<Repository> {
        let origin = origin.map(Origin::parse).transpose()?;
        let (store, name) = (self.clone(), name.to_owned());
        blocking(move || {
            let place = match origin {
                Some(origin) => store.adopted(origin.resolved()?),
                None => store.own(&name)?,
            };
            prepare(&place)?;
            Ok(Repository::new(place))
        })
        .await
    }

    fn own(&self, name: &str) -> Result<Place> {
        let fits = if self.settings.remote.is_some() { is_shared_name(name) } else { is_name(name) };
        if !fits {
            return Err(Error::Name { name: shown(name, 120) });
        }
        Ok(self.place(&format!("{name}.git"), None))
    }

    fn adopted(&self, origin: Origin) -> Place {
        let digest = Digest::of(origin.to_string().as_bytes());
        let hex = digest.as_str().trim_start_matches("sha256:");
        self.place(&format!("origins/{}.git", &hex[..32]), Some(origin))
    }

    /// A clone of a shared repository lies apart from repositories that are nobody else's, and from clones of another
    /// service's: what it says of the shared one must stay true.
    fn place(&self, folder: &str, origin: Option<Origin>) -> Place {
        let (mut here, mut shared) = (folder.to_owned(), None);
        if let Some(remote) = &self.settings.remote {
            let digest = Digest::of(remote.base_url().as_bytes());
            let hex = digest.as_str().trim_start_matches("sha256:");
            here = format!("clones/{}/{folder}", &hex[..16]);
            shared = Some(folder.to_owned());
        }
        let lock = self.root.join("locks").join(here.replace('/', "-"));
        Place { path: self.root.join(here), lock, origin, shared, settings: Arc::clone(&self.settings) }
    }
}

/// Begins a shared repository with `root`, and gives what it began with when another one was first.
fn start(shared: &Shared<'_>, root: Oid) -> Result<Oid> {
    match shared.create(MAIN, root) {
        Ok(()) => Ok(root),
        Err(Error::Taken { .. }) => Ok(shared.follow(MAIN)?.unwrap_or(root)),
        Err(error) => Err(error),
    }
}

/// Brings the origin's branches and its `HEAD` into the mirror.
pub(crate) fn fetch(place: &Place, repo: &git2::Repository, lock: &Lock) -> Result<()> {
    match &place.origin {
        None => Ok(()),
        Some(Origin::Folder(folder)) => local::fetch(place, repo, lock, folder),
        Some(Origin::Network(url)) => network::fetch(place, repo, lock, url),
    }
}

/// Makes the bare repository if it is not there whole, and gives the right to write it.
fn prepare(place: &Place) -> Result<Lock> {
    private_folder(place.lock.parent().expect("a lock lies in the folder of locks"))?;
    let lock = place.lock()?;
    if place.open().is_err() {
        if place.path.exists() { mend(place)? } else { build(place)? }
    }
    Ok(lock)
}

/// Builds the repository beside its place and moves it there.
fn build(place: &Place) -> Result<()> {
    let failed = |source| Error::files("making the repository", &place.path, source);
    let new = place.path.with_extension("git.new");
    if new.exists() {
        fs::remove_dir_all(&new).map_err(failed)?;
    }
    private_folder(&new)?;
    init(place, &new)?;
    fs::rename(&new, &place.path).map_err(failed)
}

/// Completes a repository whose files were lost in a power cut; objects and references that are there stay.
fn mend(place: &Place) -> Result<()> {
    tracing::warn!(path = %place.path.display(), "completing a repository that is not whole");
    init(place, &place.path)?;
    place.open().map(drop)
}

fn init(place: &Place, path: &Path) -> Result<()> {
    let mut options = git2::RepositoryInitOptions::new();
    options.bare(true).external_template(false).initial_head("main");
    if let Some(origin) = &place.origin {
        options.description(&format!("mirror of {origin}"));
    }
    git2::Repository::init_opts(path, &options)
        .map_err(|source| Error::git("making the repository", path, source))?;
    fs::write(path.join(EXTRA_CONFIG), EXTRA)
        .map_err(|source| Error::files("configuring the repository", path, source))
}

fn private_folder(path: &Path) -> Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| Error::files("making the folder", path, source))
}

fn is_name(name: &str) -> bool {
    let alike = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= 100
        && name.bytes().next().is_some_and(alike)
        && name.bytes().all(|byte| alike(byte) || matches!(byte, b'.' | b'_' | b'-'))
}

/// What the service takes for a name.
fn is_shared_name(name: &str) -> bool {
    is_name(name) && name.len() <= 64 && name.bytes().all(|byte| !matches!(byte, b'.' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_the_root_or_hide_in_it() {
        for bad in ["", ".", "..", "../x", "a/b", "A", "-x", ".hidden", "é", "a b", &"a".repeat(101)] {
            assert!(!is_name(bad), "{bad:?}");
        }
        for good in ["todo", "todo-1a2b", "0.1_x", &"a".repeat(100)] {
            assert!(is_name(good), "{good:?}");
        }
    }
}
