//! Making repositories.

use std::fs;

use slipway_git_store::Error;

use crate::support::{Bench, add, assert_sound, git, now, rev};

#[tokio::test]
async fn a_new_repository_has_one_commit_without_files_on_main() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    assert_eq!(todo.path(), bench.path("data/todo.git"));
    let head = todo.default_head().await.unwrap();
    assert_eq!(rev(todo.path(), "HEAD"), head);
    assert!(todo.paths(&head).await.unwrap().is_empty());
    let said = git(todo.path(), &["log", "--format=%an <%ae> %cn <%ce> %at %ct %s", "main"]);
    assert_eq!(
        said,
        "Slipway <slipway@localhost> Slipway <slipway@localhost> 1790000000 1790000000 Start todo"
    );
    assert_sound(todo.path());
}

#[tokio::test]
async fn the_first_commit_depends_on_name_and_time_alone() {
    let (one, other) = (Bench::new(), Bench::new());
    let first = one.todo().await.default_head().await.unwrap();
    assert_eq!(other.todo().await.default_head().await.unwrap(), first);
    let renamed = one.store.create("another", now()).await.unwrap();
    assert_ne!(renamed.default_head().await.unwrap(), first);
    let later = other.store.create("later", now() + time::Duration::SECOND).await.unwrap();
    assert_ne!(later.default_head().await.unwrap(), other.todo().await.default_head().await.unwrap());
}

#[tokio::test]
async fn making_it_again_opens_it_as_it_is() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let head = todo.default_head().await.unwrap();
    let next = add(&todo, &head, "a", "1").await;
    todo.advance("feature/x", &next).await.unwrap();
    let again = bench.store.create("todo", now() + time::Duration::DAY).await.unwrap();
    assert_eq!(again.default_head().await.unwrap(), head);
    assert_eq!(again.branch_head("feature/x").await.unwrap(), Some(next));
}

#[tokio::test]
async fn eight_tasks_make_the_same_repository_at_once() {
    let bench = Bench::new();
    let made = futures(8, || {
        let store = bench.store.clone();
        async move { store.create("todo", now()).await.unwrap().default_head().await.unwrap() }
    })
    .await;
    assert!(made.iter().all(|head| *head == made[0]));
    assert_sound(&bench.path("data/todo.git"));
}

#[tokio::test]
async fn what_a_killed_process_left_of_a_repository_is_completed() {
    let bench = Bench::new();
    let head = bench.todo().await.default_head().await.unwrap();
    let path = bench.path("data/todo.git");

    fs::rename(&path, bench.path("data/todo.git.new")).unwrap();
    fs::remove_file(bench.path("data/todo.git.new/HEAD")).unwrap();
    assert_eq!(bench.todo().await.default_head().await.unwrap(), head);
    assert!(!bench.path("data/todo.git.new").exists());

    fs::remove_file(path.join("refs/heads/main")).unwrap();
    assert_eq!(bench.todo().await.default_head().await.unwrap(), head);

    fs::write(path.join("refs/heads/main"), "").unwrap();
    assert_eq!(bench.todo().await.default_head().await.unwrap(), head);

    fs::write(path.join("refs/heads/main"), &head.as_str()[..17]).unwrap();
    assert_eq!(bench.todo().await.default_head().await.unwrap(), head);

    fs::remove_file(path.join("HEAD")).unwrap();
    fs::remove_file(path.join("config")).unwrap();
    assert_eq!(bench.todo().await.default_head().await.unwrap(), head);
    assert_sound(&path);
}

#[tokio::test]
async fn a_name_that_could_leave_the_root_is_refused() {
    let bench = Bench::new();
    for bad in ["..", "../x", "a/b", "-x", ""] {
        let error = bench.store.create(bad, now()).await.unwrap_err();
        assert!(matches!(error, Error::Name { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_root_that_cannot_be_written_is_named() {
    let bench = Bench::new();
    fs::write(bench.path("data"), "a file").unwrap();
    let error = bench.store.create("todo", now()).await.unwrap_err();
    assert!(error.to_string().contains("/data"), "{error}");
}

/// Runs `count` futures at once and gives their results.
async fn futures<F: Future<Output: Send + 'static> + Send + 'static>(
    count: usize,
    make: impl Fn() -> F,
) -> Vec<F::Output> {
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..count {
        set.spawn(make());
    }
    set.join_all().await
}
