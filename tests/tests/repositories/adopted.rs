//! A repository of a person's, adopted by several workers: the origin gets the branch alone, all else goes by the
//! companion on the service.

use std::path::{Path, PathBuf};

use slipway_git_store::{Advanced, Remote, Settings, Store};
use tempfile::TempDir;

use crate::bench::{Service, TOKEN, add, artefact, assert_sound, git, holder, try_git};

/// An origin behind `ssh`, which is replaced by a script that runs the far end here.
struct Origin {
    dir: TempDir,
}

impl Origin {
    fn new() -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let ssh = dir.path().join("ssh");
        std::fs::write(&ssh, "#!/bin/sh\nwhile [ $# -gt 1 ]; do shift; done\nexec sh -c \"$1\"\n").unwrap();
        std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).unwrap();
        let work = dir.path().join("work");
        std::fs::create_dir(&work).unwrap();
        git(&work, &["init", "--quiet", "--initial-branch=main"]);
        std::fs::write(work.join("README.md"), "read me\n").unwrap();
        git(&work, &["add", "."]);
        git(&work, &["commit", "--quiet", "--message=start"]);
        git(dir.path(), &["clone", "--quiet", "--bare", "work", "app.git"]);
        Self { dir }
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("app.git")
    }

    fn url(&self) -> String {
        format!("ssh://git@host.invalid{}", self.folder().display())
    }

    fn worker(&self, service: &Service, root: &Path) -> Store {
        let remote = Remote::new(&service.url(""), Some(TOKEN.to_owned())).unwrap();
        let ssh = self.dir.path().join("ssh").display().to_string();
        Store::with_settings(root.to_owned(), Settings { remote: Some(remote), ssh, ..Settings::default() })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_origin_gets_the_branch_and_the_companion_all_else() {
    let (service, origin, dir) = (Service::start().await, Origin::new(), tempfile::tempdir().unwrap());
    let mine = origin.worker(&service, &dir.path().join("1")).adopt(&origin.url()).await.unwrap();
    let theirs = origin.worker(&service, &dir.path().join("2")).adopt(&origin.url()).await.unwrap();
    let base = mine.default_head().await.unwrap();
    let first = add(&mine, &base, "a", b"1").await;
    mine.push_attempt(&holder(1, 1), &first).await.unwrap();
    let named = mine.put_artefacts(&holder(1, 1), &[artefact("log.txt", b"well")]).await.unwrap();
    assert_eq!(theirs.paths(&first).await.unwrap(), ["README.md", "a"]);
    assert_eq!(theirs.advance("feature/x", &first).await.unwrap(), Advanced::Created);
    let second = add(&theirs, &first, "b", b"2").await;
    theirs.push_attempt(&holder(2, 2), &second).await.unwrap();
    assert_eq!(mine.advance("feature/x", &second).await.unwrap(), Advanced::Moved);
    assert_eq!(theirs.advance("feature/x", &first).await.unwrap(), Advanced::AlreadyThere);
    let read = theirs.get_verified(holder(1, 1).execution, &named[0]).await.unwrap();
    assert_eq!(read.as_deref(), Some(b"well".as_slice()));
    let refs = git(&origin.folder(), &["for-each-ref", "--format=%(refname) %(objectname)"]);
    assert_eq!(refs, format!("refs/heads/feature/x {second}\nrefs/heads/main {base}"));
    assert_sound(&origin.folder());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_an_adopted_repository_does_not_ask_its_origin() {
    let (service, origin, dir) = (Service::start().await, Origin::new(), tempfile::tempdir().unwrap());
    let mine = origin.worker(&service, &dir.path().join("1")).adopt(&origin.url()).await.unwrap();
    let base = mine.default_head().await.unwrap();
    let first = add(&mine, &base, "a", b"1").await;
    mine.push_attempt(&holder(1, 1), &first).await.unwrap();
    std::fs::remove_dir_all(origin.folder()).unwrap();
    let store = origin.worker(&service, &dir.path().join("2"));
    let reader = store.reader("unused", Some(&origin.url())).await.unwrap();
    assert_eq!(reader.paths(&first).await.unwrap(), ["README.md", "a"]);
    assert_eq!(reader.changes(&base, &first).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_companion_is_neither_listed_nor_read_without_the_token() {
    let (service, origin, dir) = (Service::start().await, Origin::new(), tempfile::tempdir().unwrap());
    let mine = origin.worker(&service, &dir.path().join("1")).adopt(&origin.url()).await.unwrap();
    let first = add(&mine, &mine.default_head().await.unwrap(), "a", b"1").await;
    mine.push_attempt(&holder(1, 1), &first).await.unwrap();
    let companions = std::fs::read_dir(service.folder("origins")).unwrap();
    let name = companions.map(|entry| entry.unwrap().file_name().into_string().unwrap()).next().unwrap();
    let url = service.url(&format!("origins/{name}"));
    let output = try_git(dir.path(), &["ls-remote", &url]);
    assert!(!output.status.success());
    let header = format!("http.extraHeader=Authorization: Bearer {TOKEN}");
    let listed = git(dir.path(), &["-c", &header, "ls-remote", &url]);
    assert!(listed.contains("refs/slipway/attempts/"), "{listed}");
    let (status, page) = slipway_tests::http::get(&service.url(""));
    assert_eq!(status, 200);
    assert!(!page.contains(&name), "{page}");
}
