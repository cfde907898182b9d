//! Writing commits and naming attempts.

use slipway_git_store::{Author, Error};
use slipway_protocol::{Change, Content, Piece};

use crate::support::{Bench, absent, add, assert_sound, author, git, holder, now, piece};

fn executable(path: &str) -> Change {
    Change {
        path: path.to_owned(),
        content: Content::File { bytes: b"#!/bin/sh\n".to_vec(), executable: true },
    }
}

#[tokio::test]
async fn a_piece_becomes_a_commit_by_its_agent_with_trailers() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let base = todo.default_head().await.unwrap();
    let piece = Piece {
        subject: "Add the application".to_owned(),
        body: format!("Problem: there is none.\n\nSolution: {}", "words ".repeat(30)),
        changes: vec![
            Change::file("src/app.py", "print(1)\n"),
            executable("run.sh"),
            Change::file("é.txt", [0, 255]),
        ],
    };
    let trailers = [("Task-Id".to_owned(), "1".to_owned()), ("Lease".to_owned(), "2".to_owned())];
    let commit = todo.commit(&base, &piece, &author(), &trailers, now()).await.unwrap();

    assert_eq!(todo.paths(&commit).await.unwrap(), ["run.sh", "src/app.py", "é.txt"]);
    assert_eq!(todo.read(&commit, "é.txt").await.unwrap(), Some(vec![0, 255]));
    let id = commit.as_str();
    let who = git(todo.path(), &["show", "--no-patch", "--format=%an <%ae>|%cn <%ce>|%at|%P", id]);
    let wanted = "Slipway coder <slipway+coder@localhost>|Slipway coder <slipway+coder@localhost>";
    assert_eq!(who, format!("{wanted}|1790000000|{base}"));
    let read_back = git(todo.path(), &["show", "--no-patch", "--format=%(trailers:only,unfold)", id]);
    assert_eq!(read_back, "Task-Id: 1\nLease: 2");
    let body = git(todo.path(), &["show", "--no-patch", "--format=%b", id]);
    assert!(body.lines().all(|line| line.len() <= 72), "{body}");
    let modes = git(todo.path(), &["ls-tree", "-r", "--format=%(objectmode)", id]);
    assert_eq!(modes, "100755\n100644\n100644");
    todo.push_attempt(&holder(1, 1), &commit).await.unwrap();
    assert_sound(todo.path());
}

#[tokio::test]
async fn the_same_inputs_give_the_same_commit_in_any_store() {
    let (one, other) = (Bench::new(), Bench::new());
    let mut ids = Vec::new();
    for bench in [&one, &other, &one] {
        let todo = bench.todo().await;
        let base = todo.default_head().await.unwrap();
        ids.push(add(&todo, &base, "a", "1").await);
    }
    assert!(ids.iter().all(|id| *id == ids[0]));
    let todo = one.todo().await;
    let base = todo.default_head().await.unwrap();
    let tester = Author { agent: "tester".parse().unwrap() };
    let same = piece("Write a", vec![Change::file("a", "1")]);
    assert_ne!(todo.commit(&base, &same, &tester, &[], now()).await.unwrap(), ids[0]);
}

#[tokio::test]
async fn a_piece_without_effect_gives_its_base_back() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let base = add(&todo, &todo.default_head().await.unwrap(), "a/b", "1").await;
    for changes in [vec![], vec![Change::file("a/b", "1")], vec![absent("not/there")]] {
        let same = todo.commit(&base, &piece("Nothing", changes), &author(), &[], now()).await.unwrap();
        assert_eq!(same, base);
    }
}

#[tokio::test]
async fn deleting_the_last_file_of_a_folder_deletes_the_folder() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let root = todo.default_head().await.unwrap();
    let base = add(&todo, &add(&todo, &root, "a/b/c", "1").await, "a-b", "2").await;
    let changes = vec![absent("a/b/c"), Change::file("z/y", "3"), absent("gone")];
    let next = todo.commit(&base, &piece("Move", changes), &author(), &[], now()).await.unwrap();
    assert_eq!(git(todo.path(), &["ls-tree", "--name-only", next.as_str()]), "a-b\nz");
    let clear = piece("Clear", vec![absent("a/b/c"), absent("a-b")]);
    let nothing = todo.commit(&base, &clear, &author(), &[], now()).await.unwrap();
    assert!(todo.paths(&nothing).await.unwrap().is_empty());
    let as_file = add(&todo, &next, "a", "4").await;
    assert_eq!(todo.read(&as_file, "a").await.unwrap(), Some(b"4".to_vec()));
}

#[tokio::test]
async fn one_hostile_path_refuses_the_whole_piece_and_writes_nothing() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let base = add(&todo, &todo.default_head().await.unwrap(), "README.md", "1").await;
    let before = git(todo.path(), &["count-objects"]);
    for (path, code) in [
        ("../x", "change.dot-segment"),
        (".git/hooks/post-checkout", "change.git-folder"),
        (".g\u{200c}it/config", "change.git-folder"),
        ("README.md/x", "change.through-file"),
        ("readme.MD", "change.collision"),
    ] {
        let changes = vec![Change::file("fine.txt", "fine"), Change::file(path, "x")];
        let checked = todo.check(&base, &changes).await.unwrap_err();
        assert_eq!(checked.code(), code, "{path:?}");
        let error = todo.commit(&base, &piece("Write", changes), &author(), &[], now()).await.unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{error}");
        assert_eq!(error.code(), code);
    }
    assert_eq!(git(todo.path(), &["count-objects"]), before);
    todo.check(&base, &[Change::file("fine.txt", "fine")]).await.unwrap();
}

#[tokio::test]
async fn an_attempts_reference_is_created_once() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let root = todo.default_head().await.unwrap();
    let (one, other) = (add(&todo, &root, "a", "1").await, add(&todo, &root, "a", "2").await);
    todo.push_attempt(&holder(1, 1), &one).await.unwrap();
    todo.push_attempt(&holder(1, 1), &one).await.unwrap();
    let error = todo.push_attempt(&holder(1, 1), &other).await.unwrap_err();
    assert!(matches!(&error, Error::Taken { at, .. } if *at == one), "{error}");
    todo.push_attempt(&holder(2, 1), &other).await.unwrap();
    todo.push_attempt(&holder(1, 2), &other).await.unwrap();
    let refs = git(todo.path(), &["for-each-ref", "--format=%(refname)", "refs/slipway/attempts"]);
    let execution = "00000000-0000-0000-0000-000000000007";
    let incarnation = "00000000-0000-0000-0000-000000000001";
    assert!(refs.contains(&format!("refs/slipway/attempts/{execution}/1-{incarnation}")), "{refs}");
    assert_eq!(refs.lines().count(), 3);
}

#[tokio::test]
async fn a_commit_that_is_not_there_is_named() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    for missing in ["a".repeat(40), "a".repeat(64)] {
        let missing = missing.parse().unwrap();
        for error in [
            todo.push_attempt(&holder(1, 1), &missing).await.unwrap_err(),
            todo.paths(&missing).await.unwrap_err(),
            todo.advance("feature/x", &missing).await.unwrap_err(),
            todo.commit(&missing, &piece("X", vec![]), &author(), &[], now()).await.unwrap_err(),
        ] {
            assert_eq!(error.code(), "git.unknown-commit", "{error}");
        }
    }
}
