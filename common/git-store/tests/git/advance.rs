//! Moving branches of the store's own repositories.

use slipway_git_store::{Advanced, Error};
use tokio::task::JoinSet;

use crate::support::{Bench, add, assert_sound, git, rev};

#[tokio::test]
async fn a_branch_is_created_moves_forward_and_stays_when_it_has_the_commit() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let root = todo.default_head().await.unwrap();
    let one = add(&todo, &root, "a", "1").await;
    let two = add(&todo, &one, "a", "2").await;
    assert_eq!(todo.branch_head("feature/x").await.unwrap(), None);
    assert_eq!(todo.advance("feature/x", &one).await.unwrap(), Advanced::Created);
    assert_eq!(todo.advance("feature/x", &two).await.unwrap(), Advanced::Moved);
    assert_eq!(todo.advance("feature/x", &two).await.unwrap(), Advanced::AlreadyThere);
    assert_eq!(todo.advance("feature/x", &one).await.unwrap(), Advanced::AlreadyThere);
    assert_eq!(todo.branch_head("feature/x").await.unwrap(), Some(two.clone()));
    assert_eq!(rev(todo.path(), "refs/heads/feature/x"), two);
    assert_eq!(todo.default_head().await.unwrap(), root);
}

#[tokio::test]
async fn a_branch_never_moves_sideways() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let root = todo.default_head().await.unwrap();
    let (one, other) = (add(&todo, &root, "a", "1").await, add(&todo, &root, "a", "2").await);
    todo.advance("feature/x", &one).await.unwrap();
    let error = todo.advance("feature/x", &other).await.unwrap_err();
    assert!(matches!(&error, Error::NotFastForward { at, to, .. } if *at == one && *to == other), "{error}");
    assert_eq!(todo.branch_head("feature/x").await.unwrap(), Some(one));
}

#[tokio::test]
async fn other_branches_are_not_ours_to_move() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let root = todo.default_head().await.unwrap();
    for branch in ["main", "feature/", "feature/../main", "refs/heads/feature/x", "feature/a b", "feature/-x"]
    {
        let error = todo.advance(branch, &root).await.unwrap_err();
        assert!(matches!(error, Error::Branch { .. }), "{branch}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tasks_move_one_branch_at_once_and_none_is_lost() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let mut chain = vec![add(&todo, &todo.default_head().await.unwrap(), "a", "0").await];
    for at in 1..12 {
        let next = add(&todo, &chain[at - 1], "a", &at.to_string()).await;
        chain.push(next);
    }
    let mut tasks = JoinSet::new();
    for commit in chain.iter().rev().chain(chain.iter()) {
        let (todo, commit) = (todo.clone(), commit.clone());
        tasks.spawn(async move { todo.advance("feature/x", &commit).await });
    }
    let results = tasks.join_all().await;
    let created = results.iter().filter(|result| matches!(result, Ok(Advanced::Created))).count();
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(created, 1);
    assert_eq!(todo.branch_head("feature/x").await.unwrap().as_ref(), chain.last());
    assert_sound(todo.path());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_part_ways_one_wins_and_the_other_is_told() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let root = todo.default_head().await.unwrap();
    let mut tasks = JoinSet::new();
    for at in 0..6 {
        let (todo, root) = (todo.clone(), root.clone());
        tasks.spawn(async move {
            let mine = add(&todo, &root, "a", &at.to_string()).await;
            todo.advance("feature/x", &mine).await.map(|_| mine)
        });
    }
    let (won, lost): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    assert!(lost.iter().all(|error| matches!(error, Err(Error::NotFastForward { .. }))));
    assert_eq!(todo.branch_head("feature/x").await.unwrap(), won.into_iter().next().unwrap().ok());
}

#[tokio::test]
async fn a_branch_survives_the_programs_housekeeping() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let root = todo.default_head().await.unwrap();
    let one = add(&todo, &root, "a", "1").await;
    todo.advance("feature/x", &one).await.unwrap();
    git(todo.path(), &["gc", "--quiet", "--prune=now"]);
    let two = add(&todo, &one, "a", "2").await;
    assert_eq!(todo.advance("feature/x", &two).await.unwrap(), Advanced::Moved);
    assert!(todo.is_ancestor(&root, &two).await.unwrap());
    assert!(todo.is_ancestor(&two, &two).await.unwrap());
    assert!(!todo.is_ancestor(&two, &one).await.unwrap());
}
