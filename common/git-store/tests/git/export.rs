//! A commit's files outside of Git.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use git2::ObjectType;
use slipway_git_store::{Error, Repository};
use slipway_protocol::{Change, CommitId, Content};

use crate::support::{Bench, add, author, now, piece};

/// Writes a commit whose tree is as it is said, whatever Git would say about it: mode, name, content.
fn hostile(repository: &Repository, entries: &[(&str, &str, &[u8])]) -> CommitId {
    let repo = git2::Repository::open_bare(repository.path()).unwrap();
    let odb = repo.odb().unwrap();
    let mut tree = Vec::new();
    for (mode, name, content) in entries {
        let id = match *mode {
            "40000" => {
                let blob = repo.blob(content).unwrap();
                let inner = [b"100644 x\0", blob.as_bytes()].concat();
                odb.write(ObjectType::Tree, &inner).unwrap()
            }
            "160000" => git2::Oid::from_str(&"1".repeat(40)).unwrap(),
            _ => repo.blob(content).unwrap(),
        };
        tree.extend([mode.as_bytes(), b" ", name.as_bytes(), b"\0", id.as_bytes()].concat());
    }
    let tree = odb.write(ObjectType::Tree, &tree).unwrap();
    let who = "A <a@example.com> 1790000000 +0000";
    let commit = format!("tree {tree}\nauthor {who}\ncommitter {who}\n\nhostile\n");
    odb.write(ObjectType::Commit, commit.as_bytes()).unwrap().to_string().parse().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn an_export_is_private_has_no_git_and_goes_with_its_worktree() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let root = todo.default_head().await.unwrap();
    let run = Content::File { bytes: b"#!/bin/sh\n".to_vec(), executable: true };
    let changes = vec![
        Change::file("src/a/b.py", "1"),
        Change { path: "run".to_owned(), content: run },
        Change::file("c", "3"),
    ];
    let commit = todo.commit(&root, &piece("Add", changes), &author(), &[], now()).await.unwrap();
    let dir = bench.path("deep/tree");
    let worktree = todo.export(&commit, &dir).await.unwrap();
    assert_eq!(worktree.path(), dir);
    assert!(worktree.left_out().is_empty());
    assert_eq!(fs::read_to_string(dir.join("src/a/b.py")).unwrap(), "1");
    assert!(!dir.join(".git").exists());
    assert_eq!(
        (mode(&dir.join("run")), mode(&dir.join("c")), mode(&dir.join("src/a"))),
        (0o700, 0o600, 0o700)
    );
    assert_eq!(mode(&dir), 0o700);
    fs::write(dir.join("made by the tests"), "x").unwrap();
    drop(worktree);
    assert!(!dir.exists());
}

#[tokio::test]
async fn only_a_fresh_folder_is_exported_to() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let commit = add(&todo, &todo.default_head().await.unwrap(), "a", "1").await;
    let (full, file, empty) = (bench.path("full"), bench.path("file"), bench.path("empty"));
    fs::create_dir(&full).unwrap();
    fs::write(full.join("mine"), "x").unwrap();
    fs::write(&file, "x").unwrap();
    fs::create_dir(&empty).unwrap();
    let link = bench.path("link");
    std::os::unix::fs::symlink(&empty, &link).unwrap();
    for bad in [&full, &file, &link] {
        let error = todo.export(&commit, bad).await.unwrap_err();
        assert!(matches!(error, Error::NotFresh { .. }), "{error}");
    }
    assert_eq!(fs::read_to_string(full.join("mine")).unwrap(), "x");
    assert!(todo.export(&commit, &empty).await.unwrap().path().join("a").exists());
}

#[tokio::test]
async fn nothing_of_a_hostile_tree_leaves_the_folder_or_makes_a_repository() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let outside = bench.path("outside");
    let target = outside.to_str().unwrap().to_owned();
    let commit = hostile(
        &todo,
        &[
            ("100644", "../outside", b"x"),
            ("40000", "..", b"x"),
            ("40000", ".GIT", b"x"),
            ("40000", ".git", b"x"),
            ("100644", "/outside", b"x"),
            ("120000", "absolute", target.as_bytes()),
            ("120000", "climbs", b"../outside"),
            ("100644", "fine", b"fine"),
            ("120000", "inside", b"fine"),
            ("160000", "module", b""),
            ("120000", "twice", b"inside/../../outside"),
        ],
    );
    let dir = bench.path("tree");
    let worktree = todo.export(&commit, &dir).await.unwrap();
    let mut names: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["fine", "inside"]);
    assert_eq!(fs::read_to_string(dir.join("inside")).unwrap(), "fine");
    assert!(!outside.exists());
    let left: BTreeMap<_, _> =
        worktree.left_out().iter().map(|left| (left.path.as_str(), left.why.as_str())).collect();
    assert_eq!(left.len(), 9, "{left:?}");
    assert!(left["absolute"].contains("leads outside") && left["module"].contains("submodule"), "{left:?}");
}

#[tokio::test]
async fn a_file_is_never_written_through_a_link_of_the_same_tree() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let outside = bench.path("outside");
    fs::create_dir(&outside).unwrap();
    let target = outside.to_str().unwrap().to_owned();
    for link in [target.as_bytes(), b"."] {
        let commit = hostile(&todo, &[("120000", "d", link), ("40000", "d", b"x")]);
        let dir = bench.path("tree");
        let exported = todo.export(&commit, &dir).await;
        assert!(fs::read_dir(&outside).unwrap().next().is_none());
        if let Ok(worktree) = &exported {
            assert_eq!(fs::read_to_string(worktree.path().join("d/x")).unwrap(), "x");
        }
        drop(exported);
        assert!(!dir.exists());
    }
}

#[tokio::test]
async fn an_archive_has_no_owner_no_time_and_the_same_bytes_every_time() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let root = todo.default_head().await.unwrap();
    let long = format!("{}/file", "long".repeat(40));
    let run = Content::File { bytes: b"run".to_vec(), executable: true };
    let changes = vec![
        Change::file("a/b", "1"),
        Change { path: "run".to_owned(), content: run },
        Change::file(long.as_str(), "2"),
    ];
    let commit = todo.commit(&root, &piece("Add", changes), &author(), &[], now()).await.unwrap();
    let bytes = todo.archive(&commit).await.unwrap();
    assert_eq!(todo.archive(&commit).await.unwrap(), bytes);
    let mut archive = tar::Archive::new(bytes.as_slice());
    let mut found = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 0));
        let mode = header.mode().unwrap();
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        found.insert(path, (mode, text));
    }
    assert_eq!(found["a/b"], (0o644, "1".to_owned()));
    assert_eq!(found["run"], (0o755, "run".to_owned()));
    assert_eq!(found[&long], (0o644, "2".to_owned()));
    assert_eq!(found.len(), 3);
}

#[tokio::test]
async fn an_archive_leaves_out_what_an_export_leaves_out() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let commit = hostile(
        &todo,
        &[
            ("100644", "../x", b"x"),
            ("120000", "in", b"ok"),
            ("100644", "ok", b"ok"),
            ("120000", "out", b"/etc/passwd"),
        ],
    );
    let bytes = todo.archive(&commit).await.unwrap();
    let mut archive = tar::Archive::new(bytes.as_slice());
    let names: Vec<_> =
        archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().into_owned()).collect();
    assert_eq!(names, [Path::new("ok"), Path::new("in")]);
}

#[tokio::test]
async fn a_tree_that_unfolds_without_end_is_refused() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let repo = git2::Repository::open_bare(todo.path()).unwrap();
    let odb = repo.odb().unwrap();
    let mut id = repo.blob(b"x").unwrap();
    let mut mode = "100644";
    for _ in 0..9 {
        let names = (0..10).flat_map(|at| [format!("{mode} {at}\0").as_bytes(), id.as_bytes()].concat());
        let tree: Vec<u8> = names.collect();
        id = odb.write(ObjectType::Tree, &tree).unwrap();
        mode = "40000";
    }
    let tree = repo.find_tree(id).unwrap();
    let who = git2::Signature::new("A", "a@example.com", &git2::Time::new(0, 0)).unwrap();
    let bomb = repo.commit(None, &who, &who, "bomb", &tree, &[]).unwrap().to_string().parse().unwrap();
    let error = todo.export(&bomb, &bench.path("tree")).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    assert!(!bench.path("tree").exists());
}
