//! What one worker makes reaches the others, whoever is first and whoever is late.

use std::collections::BTreeSet;

use slipway_git_store::{Advanced, Error};
use tokio::task::JoinSet;

use crate::bench::{Service, Worker, add, artefact, assert_sound, attempt, git, holder, now};

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_make_one_repository_at_once_begin_with_one_commit() {
    let service = Service::start().await;
    let workers: Vec<Worker> = (0..6).map(|_| service.worker()).collect();
    let mut making = JoinSet::new();
    for worker in &workers {
        let store = worker.store.clone();
        making.spawn(async move { store.create("todo", now()).await.unwrap().default_head().await.unwrap() });
    }
    let heads: BTreeSet<String> = making.join_all().await.iter().map(ToString::to_string).collect();
    assert_eq!(heads.len(), 1);
    let head = heads.first().unwrap();
    assert_eq!(service.refs("todo.git"), format!("refs/heads/main {head}"));
    let late = service.worker();
    let other_time = late.store.create("todo", now() + time::Duration::HOUR).await.unwrap();
    assert_eq!(other_time.default_head().await.unwrap().as_str(), head);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_of_one_worker_is_read_and_built_upon_by_another() {
    let service = Service::start().await;
    let (one, other) = (service.worker(), service.worker());
    let (mine, theirs) = (one.todo().await, other.todo().await);
    let base = mine.default_head().await.unwrap();
    let first = add(&mine, &base, "a", b"1").await;
    let second = add(&mine, &first, "b", b"2").await;
    mine.push_attempt(&holder(1, 1), &second).await.unwrap();
    mine.push_attempt(&holder(1, 1), &second).await.unwrap();
    assert_eq!(theirs.paths(&second).await.unwrap(), ["a", "b"]);
    assert_eq!(theirs.read(&first, "a").await.unwrap().unwrap(), b"1");
    let third = add(&theirs, &second, "c", b"3").await;
    theirs.push_attempt(&holder(2, 2), &third).await.unwrap();
    assert!(mine.is_ancestor(&second, &third).await.unwrap());
    assert_eq!(mine.log(&base, &third).await.unwrap().len(), 3);
    assert_sound(mine.path());
    assert_sound(theirs.path());
    assert_sound(&service.folder("todo.git"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_pushed_is_unknown_and_what_is_here_needs_no_service() {
    let service = Service::start().await;
    let (one, other) = (service.worker(), service.worker());
    let (mine, theirs) = (one.todo().await, other.todo().await);
    let base = mine.default_head().await.unwrap();
    let commit = add(&mine, &base, "a", b"1").await;
    let error = theirs.paths(&commit).await.unwrap_err();
    assert!(matches!(&error, Error::UnknownCommit { .. }) && !error.is_retryable(), "{error}");
    mine.push_attempt(&holder(1, 1), &commit).await.unwrap();
    theirs.paths(&commit).await.unwrap();
    drop(service);
    let again = other.store.create("todo", now()).await.unwrap();
    assert_eq!(again.default_head().await.unwrap(), base);
    assert_eq!(again.paths(&commit).await.unwrap(), ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempts_reference_is_created_once_and_a_stale_attempt_is_in_nobodys_way() {
    let service = Service::start().await;
    let (one, other) = (service.worker(), service.worker());
    let (mine, theirs) = (one.todo().await, other.todo().await);
    let base = mine.default_head().await.unwrap();
    let stale = add(&mine, &base, "a", b"stale").await;
    let good = add(&theirs, &base, "a", b"good").await;
    theirs.push_attempt(&holder(2, 2), &good).await.unwrap();
    assert_eq!(theirs.advance("feature/x", &good).await.unwrap(), Advanced::Created);
    mine.push_attempt(&holder(1, 1), &stale).await.unwrap();
    theirs.push_attempt(&holder(1, 1), &stale).await.unwrap();
    let third = service.worker();
    let fresh = third.todo().await;
    let ahead = add(&fresh, &stale, "b", b"ahead").await;
    for another in [&ahead, &good, &base] {
        let error = fresh.push_attempt(&holder(1, 1), another).await.unwrap_err();
        assert!(matches!(&error, Error::Taken { at, .. } if *at == stale), "{error}");
    }
    assert_eq!(theirs.branch_head("feature/x").await.unwrap(), Some(good));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_goes_forward_whoever_moves_it_and_never_sideways() {
    let service = Service::start().await;
    let (one, other) = (service.worker(), service.worker());
    let (mine, theirs) = (one.todo().await, other.todo().await);
    let base = mine.default_head().await.unwrap();
    let first = add(&mine, &base, "a", b"1").await;
    let second = add(&mine, &first, "a", b"2").await;
    mine.push_attempt(&holder(1, 1), &second).await.unwrap();
    assert_eq!(mine.advance("feature/x", &first).await.unwrap(), Advanced::Created);
    assert_eq!(theirs.advance("feature/x", &second).await.unwrap(), Advanced::Moved);
    assert_eq!(mine.advance("feature/x", &second).await.unwrap(), Advanced::AlreadyThere);
    assert_eq!(mine.advance("feature/x", &first).await.unwrap(), Advanced::AlreadyThere);
    assert_eq!(mine.branch_head("feature/x").await.unwrap(), Some(second.clone()));
    let sideways = add(&mine, &first, "a", b"3").await;
    let error = mine.advance("feature/x", &sideways).await.unwrap_err();
    assert!(matches!(&error, Error::NotFastForward { at, .. } if *at == second), "{error}");
    let late = service.worker();
    let fresh = late.todo().await;
    assert_eq!(fresh.advance("feature/x", &second).await.unwrap(), Advanced::AlreadyThere);
    let there = git(&service.folder("todo.git"), &["rev-parse", "refs/heads/feature/x"]);
    assert_eq!(there, second.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_workers_move_one_branch_at_once_and_it_ends_at_the_last_commit() {
    let service = Service::start().await;
    let maker = service.worker();
    let todo = maker.todo().await;
    let mut chain = vec![todo.default_head().await.unwrap()];
    for at in 0..6_u8 {
        let next = add(&todo, chain.last().unwrap(), "a", &[at]).await;
        chain.push(next);
    }
    todo.push_attempt(&holder(1, 1), chain.last().unwrap()).await.unwrap();
    let workers: Vec<Worker> = (0..3).map(|_| service.worker()).collect();
    let mut moving = JoinSet::new();
    for worker in &workers {
        for commit in chain.iter().skip(1).rev() {
            let (store, commit) = (worker.store.clone(), commit.clone());
            moving.spawn(async move {
                let todo = store.create("todo", now()).await.unwrap();
                todo.advance("feature/x", &commit).await.unwrap();
            });
        }
    }
    moving.join_all().await;
    assert_eq!(todo.branch_head("feature/x").await.unwrap().as_ref(), chain.last());
    assert_sound(&service.folder("todo.git"));
}

#[tokio::test(flavor = "multi_thread")]
async fn artefacts_cross_and_are_checked_by_their_digest() {
    let service = Service::start().await;
    let (one, other) = (service.worker(), service.worker());
    let (mine, theirs) = (one.todo().await, other.todo().await);
    let log = artefact("log.txt", b"all is well");
    let named = mine.put_artefacts(&holder(1, 1), std::slice::from_ref(&log)).await.unwrap();
    assert_eq!(mine.put_artefacts(&holder(1, 1), std::slice::from_ref(&log)).await.unwrap(), named);
    let read = theirs.get_verified(holder(1, 1).execution, &named[0]).await.unwrap();
    assert_eq!(read.as_deref(), Some(log.bytes.as_slice()));
    assert_eq!(theirs.get_artefact(&holder(1, 1), "log.txt").await.unwrap(), Some(log.bytes.clone()));
    assert_eq!(theirs.get_artefact(&holder(9, 9), "log.txt").await.unwrap(), None);
    let forged = artefact("log.txt", b"all is lost");
    theirs.put_artefacts(&holder(2, 2), std::slice::from_ref(&forged)).await.unwrap();
    let read = mine.get_verified(holder(1, 1).execution, &forged.reference()).await.unwrap();
    assert_eq!(read.as_deref(), Some(forged.bytes.as_slice()));
    let error = mine.put_artefacts(&holder(1, 1), &[artefact("more.txt", b"x")]).await.unwrap_err();
    assert!(matches!(error, Error::Taken { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_makes_nothing_and_finds_what_others_made() {
    let service = Service::start().await;
    let coordinator = Worker::of(&service.url(""), None);
    let reader = coordinator.store.reader("todo", None).await.unwrap();
    assert!(!service.folder("todo.git").exists());
    assert!(reader.default_head().await.is_err());
    let worker = service.worker();
    let todo = worker.todo().await;
    let base = todo.default_head().await.unwrap();
    let commit = add(&todo, &base, "a", b"1").await;
    todo.push_attempt(&holder(1, 1), &commit).await.unwrap();
    let named = todo.put_artefacts(&holder(1, 1), &[artefact("log.txt", b"well")]).await.unwrap();
    assert_eq!(reader.default_head().await.unwrap(), base);
    assert!(reader.diff(&base, &commit, 10_000).await.unwrap().contains("+1"));
    let read = reader.get_verified(holder(1, 1).execution, &named[0]).await.unwrap();
    assert_eq!(read.as_deref(), Some(b"well".as_slice()));
    assert_eq!(reader.branch_head("feature/x").await.unwrap(), None);
    assert!(service.refs("todo.git").contains(&attempt(&holder(1, 1))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_with_another_token_is_told_so_and_nothing_is_made() {
    let service = Service::start().await;
    for token in [None, Some("not-the-token-at-all")] {
        let worker = Worker::of(&service.url(""), token);
        let error = worker.store.create("todo", now()).await.unwrap_err();
        assert_eq!(error.code(), "git.unauthorised", "{error}");
        assert!(!error.to_string().contains("not-the-token"), "{error}");
    }
    assert!(!service.folder("todo.git").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_the_service_does_not_take_are_refused_before_it_is_asked() {
    let worker = Worker::of("http://127.0.0.1:1", None);
    for bad in ["a.b", "a_b", "A", "", "../a", &"a".repeat(65)] {
        assert_eq!(worker.store.create(bad, now()).await.unwrap_err().code(), "git.name", "{bad:?}");
    }
    let error = worker.store.create("todo", now()).await.unwrap_err();
    assert!(error.code() == "git.network" && error.is_retryable(), "{error}");
}
