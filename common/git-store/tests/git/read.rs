//! Looking into a repository.

use slipway_protocol::{Change, CommitId};

use crate::support::{Bench, absent, add, author, git, now, piece, rev};

#[tokio::test]
async fn changes_tell_both_sides_and_the_mode() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let root = todo.default_head().await.unwrap();
    let base = add(&todo, &add(&todo, &root, "gone", "1").await, "kept", "2").await;
    let next = piece("Next", vec![absent("gone"), Change::file("kept", "3"), Change::file("new/a", "4")]);
    let head = todo.commit(&base, &next, &author(), &[], now()).await.unwrap();
    let found = todo.changes(&base, &head).await.unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|change| (change.path.as_str(), change.before.as_deref(), change.after.as_deref(), change.mode))
        .collect();
    assert_eq!(
        told,
        [
            ("gone", Some(&b"1"[..]), None, 0),
            ("kept", Some(&b"2"[..]), Some(&b"3"[..]), 0o100_644),
            ("new/a", None, Some(&b"4"[..]), 0o100_644),
        ]
    );
    assert!(todo.changes(&head, &head).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_patch_is_one_that_git_applies_and_is_cut_at_a_line() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let root = todo.default_head().await.unwrap();
    let base = add(&todo, &root, "a", &"line\n".repeat(50)).await;
    let head = add(&todo, &base, "a", &"another line\n".repeat(50)).await;
    let patch = todo.diff(&base, &head, 256 * 1024).await.unwrap();
    assert!(patch.starts_with("diff --git a/a b/a\n"), "{patch}");
    let dir = bench.path("apply");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("a"), "line\n".repeat(50)).unwrap();
    std::fs::write(bench.path("patch"), &patch).unwrap();
    git(&dir, &["apply", "../patch"]);
    assert_eq!(std::fs::read_to_string(dir.join("a")).unwrap(), "another line\n".repeat(50));

    for cap in [0, 10, 100, 300, 500] {
        let cut = todo.diff(&base, &head, cap).await.unwrap();
        assert!(cut.len() <= cap, "{cap}: {}", cut.len());
        assert!(cut.is_empty() || cut.ends_with(&format!("longer than {cap} bytes\n")), "{cut}");
    }
}

#[tokio::test]
async fn the_log_tells_the_oldest_first_and_whose_a_commit_is() {
    let bench = Bench::new();
    let origin = bench.origin("app", false);
    let app = bench.store.adopt(origin.to_str().unwrap()).await.unwrap();
    let base = app.default_head().await.unwrap();
    let one = add(&app, &base, "a", "1").await;
    let two = add(&app, &one, "b", "2").await;
    let log = app.log(&base, &two).await.unwrap();
    let told: Vec<_> = log.iter().map(|entry| (&entry.commit, entry.subject.as_str(), entry.time)).collect();
    assert_eq!(told, [(&one, "Write a", now()), (&two, "Write b", now())]);
    assert!(log.iter().all(|entry| entry.agent == Some("coder".parse().unwrap())));
    assert!(app.log(&two, &base).await.unwrap().is_empty());

    std::fs::write(origin.join("b"), "x").unwrap();
    git(&origin, &["add", "."]);
    git(&origin, &["commit", "--quiet", "--message=by hand"]);
    let app = bench.store.adopt(origin.to_str().unwrap()).await.unwrap();
    let log = app.log(&base, &rev(&origin, "main")).await.unwrap();
    assert_eq!((log[0].subject.as_str(), &log[0].agent), ("by hand", &None));
}

#[tokio::test]
async fn what_is_no_regular_file_is_not_read() {
    let bench = Bench::new();
    let origin = bench.origin("app", false);
    std::os::unix::fs::symlink("README.md", origin.join("link")).unwrap();
    git(&origin, &["add", "."]);
    git(&origin, &["commit", "--quiet", "--message=link"]);
    let app = bench.store.adopt(origin.to_str().unwrap()).await.unwrap();
    let head: CommitId = app.default_head().await.unwrap();
    assert_eq!(app.paths(&head).await.unwrap(), ["README.md"]);
    assert_eq!(app.read(&head, "README.md").await.unwrap(), Some(b"read me\n".to_vec()));
    for path in ["link", "", "/", "README.md/", "a//b", "nothing", "../x", "a\0"] {
        assert_eq!(app.read(&head, path).await.unwrap(), None, "{path:?}");
    }
}
