//! Results beside the branch.

use slipway_git_store::Error;
use slipway_protocol::{Artefact, Digest};

use crate::support::{Bench, assert_sound, git, holder};

fn artefact(name: &str, bytes: &[u8]) -> Artefact {
    Artefact { name: name.to_owned(), media_type: "text/plain".to_owned(), bytes: bytes.to_vec() }
}

#[tokio::test]
async fn artefacts_are_found_again_by_holder_and_by_digest() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let files = [artefact("log.txt", b"one"), artefact("deploy/compose.yaml", b"two")];
    let references = todo.put_artefacts(&holder(1, 1), &files).await.unwrap();
    assert_eq!(references[0], files[0].reference());
    assert_eq!(todo.get_artefact(&holder(1, 1), "log.txt").await.unwrap(), Some(b"one".to_vec()));
    assert_eq!(todo.get_artefact(&holder(1, 1), "deploy/compose.yaml").await.unwrap(), Some(b"two".to_vec()));
    assert_eq!(todo.get_artefact(&holder(1, 1), "deploy").await.unwrap(), None);
    assert_eq!(todo.get_artefact(&holder(1, 1), "other").await.unwrap(), None);
    assert_eq!(todo.get_artefact(&holder(2, 1), "log.txt").await.unwrap(), None);
    let execution = holder(1, 1).execution;
    assert_eq!(todo.get_verified(execution, &references[1]).await.unwrap(), Some(b"two".to_vec()));
    assert_eq!(git(todo.path(), &["for-each-ref", "--format=%(parent)", "refs/slipway/artefacts"]), "");
    assert_sound(todo.path());
}

#[tokio::test]
async fn storing_again_changes_nothing_and_new_names_are_added() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let at = |todo: &slipway_git_store::Repository| {
        git(todo.path(), &["for-each-ref", "--format=%(objectname)", "refs/slipway/artefacts"])
    };
    todo.put_artefacts(&holder(1, 1), &[artefact("a", b"1")]).await.unwrap();
    let first = at(&todo);
    todo.put_artefacts(&holder(1, 1), &[artefact("a", b"1")]).await.unwrap();
    todo.put_artefacts(&holder(1, 1), &[]).await.unwrap();
    assert_eq!(at(&todo), first);
    todo.put_artefacts(&holder(1, 1), &[artefact("b", b"2")]).await.unwrap();
    assert_eq!(todo.get_artefact(&holder(1, 1), "a").await.unwrap(), Some(b"1".to_vec()));
    assert_eq!(todo.get_artefact(&holder(1, 1), "b").await.unwrap(), Some(b"2".to_vec()));
    let error = todo.put_artefacts(&holder(1, 1), &[artefact("a", b"other")]).await.unwrap_err();
    assert!(matches!(error, Error::ArtefactTaken { .. }), "{error}");
}

#[tokio::test]
async fn an_artefact_with_another_digest_is_never_handed_out() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    todo.put_artefacts(&holder(1, 1), &[artefact("a", b"stale")]).await.unwrap();
    let wanted = artefact("a", b"right").reference();
    let execution = holder(1, 1).execution;
    let error = todo.get_verified(execution, &wanted).await.unwrap_err();
    assert!(matches!(error, Error::Digest { .. }), "{error}");
    todo.put_artefacts(&holder(2, 2), &[artefact("a", b"right")]).await.unwrap();
    assert_eq!(todo.get_verified(execution, &wanted).await.unwrap(), Some(b"right".to_vec()));
    let mut unknown = wanted;
    unknown.name = "b".to_owned();
    assert_eq!(todo.get_verified(execution, &unknown).await.unwrap(), None);
    assert_eq!(unknown.digest, Digest::of(b"right"));
}

#[tokio::test]
async fn a_hostile_name_is_refused() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    for names in [vec!["../a"], vec![".git/config"], vec!["/a"], vec!["a", "a"], vec!["a", "a/b"]] {
        let files: Vec<_> = names.iter().map(|name| artefact(name, b"x")).collect();
        let error = todo.put_artefacts(&holder(1, 1), &files).await.unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{names:?}: {error}");
    }
    todo.put_artefacts(&holder(1, 1), &[artefact("a", b"x")]).await.unwrap();
    let error = todo.put_artefacts(&holder(1, 1), &[artefact("a/b", b"x")]).await.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
}
