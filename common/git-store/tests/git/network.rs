//! Origins behind a URL, over Git's real protocol: `ssh` is replaced by a script that runs the far end here.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use slipway_git_store::{Advanced, Error, Repository, Settings};

use crate::support::{Bench, add, assert_sound, git, rev, script, text};

/// A bench whose `ssh` drops options and host and runs the rest on this machine.
fn bench() -> (Bench, tempfile::TempDir) {
    let tools = tempfile::tempdir().unwrap();
    let ssh = tools.path().join("ssh");
    script(&ssh, "while [ $# -gt 1 ]; do shift; done\nexec sh -c \"$1\"");
    let settings = Settings { ssh: text(&ssh).to_owned(), ..Settings::default() };
    (Bench::with(settings), tools)
}

fn url(origin: &Path) -> String {
    format!("ssh://git@host.invalid{}", text(origin))
}

async fn adopted(bench: &Bench, origin: &Path) -> Repository {
    bench.store.adopt(&url(origin)).await.unwrap()
}

fn hook(origin: &Path, name: &str, content: &str) -> PathBuf {
    let path = origin.join("hooks").join(name);
    script(&path, content);
    path
}

#[tokio::test]
async fn a_network_origin_is_fetched_pruned_and_advanced() {
    let (bench, _tools) = bench();
    let origin = bench.origin("app", true);
    git(&origin, &["branch", "old"]);
    let app = adopted(&bench, &origin).await;
    let base = app.default_head().await.unwrap();
    assert_eq!(base, rev(&origin, "HEAD"));
    assert_eq!(app.branch_head("old").await.unwrap(), Some(base.clone()));
    git(&origin, &["branch", "--delete", "old"]);
    let one = add(&app, &base, "a", "1").await;
    let two = add(&app, &one, "a", "2").await;
    app.push_attempt(&crate::support::holder(1, 1), &two).await.unwrap();
    assert_eq!(app.advance("feature/x", &one).await.unwrap(), Advanced::Created);
    assert_eq!(app.advance("feature/x", &two).await.unwrap(), Advanced::Moved);
    assert_eq!(app.advance("feature/x", &two).await.unwrap(), Advanced::AlreadyThere);
    assert_eq!(app.advance("feature/x", &one).await.unwrap(), Advanced::AlreadyThere);
    assert_eq!(rev(&origin, "feature/x"), two);
    assert_eq!(app.branch_head("old").await.unwrap(), None);
    let refs = git(&origin, &["for-each-ref", "--format=%(refname)"]);
    assert_eq!(refs, "refs/heads/feature/x\nrefs/heads/main");
    assert_sound(&origin);
    assert_sound(app.path());
}

#[tokio::test]
async fn foreign_commits_behind_a_url_are_never_overwritten() {
    let (bench, _tools) = bench();
    let origin = bench.origin("app", true);
    let app = adopted(&bench, &origin).await;
    let base = app.default_head().await.unwrap();
    let (one, other) = (add(&app, &base, "a", "1").await, add(&app, &base, "a", "2").await);
    app.advance("feature/x", &one).await.unwrap();
    let second = Bench::new();
    let there = second.store.adopt(text(&origin)).await.unwrap();
    let foreign = add(&there, &one, "b", "3").await;
    there.advance("feature/x", &foreign).await.unwrap();
    let mine = add(&app, &one, "a", "4").await;
    for to in [&mine, &other] {
        let error = app.advance("feature/x", to).await.unwrap_err();
        assert_eq!(error.code(), "git.not-fast-forward", "{error}");
    }
    assert_eq!(rev(&origin, "feature/x"), foreign);
}

#[tokio::test]
async fn what_the_far_end_refuses_is_told_in_its_words() {
    let (bench, _tools) = bench();
    let origin = bench.origin("app", true);
    hook(&origin, "pre-receive", "exit 1");
    let app = adopted(&bench, &origin).await;
    let one = add(&app, &app.default_head().await.unwrap(), "a", "1").await;
    let error = app.advance("feature/x", &one).await.unwrap_err();
    assert!(
        matches!(&error, Error::Push { reason, .. } if reason.contains("pre-receive hook declined")),
        "{error}"
    );
    assert!(!error.is_retryable());

    let work = bench.origin("work", false);
    let app = adopted(&bench, &work).await;
    let one = add(&app, &app.default_head().await.unwrap(), "a", "1").await;
    git(&work, &["switch", "--quiet", "--create", "feature/x"]);
    let error = app.advance("feature/x", &one).await.unwrap_err();
    assert!(matches!(&error, Error::Push { reason, .. } if reason.contains("checked out")), "{error}");
}

#[tokio::test]
async fn hooks_planted_in_our_own_mirror_do_not_run() {
    let (bench, _tools) = bench();
    let origin = bench.origin("app", true);
    let app = adopted(&bench, &origin).await;
    let mark = bench.path("ran");
    for name in ["reference-transaction", "pre-push", "post-checkout"] {
        hook(app.path(), name, &format!("echo {name} >> '{}'", text(&mark)));
    }
    let app = adopted(&bench, &origin).await;
    let one = add(&app, &app.default_head().await.unwrap(), "a", "1").await;
    app.advance("feature/x", &one).await.unwrap();
    assert_eq!(fs::read_to_string(&mark).unwrap_or_default(), "");
}

#[tokio::test]
async fn an_origin_that_is_missing_or_empty_is_told_apart() {
    let (bench, _tools) = bench();
    let error = bench.store.adopt(&url(&bench.path("missing"))).await.unwrap_err();
    assert_eq!(error.code(), "git.network", "{error}");
    assert!(error.to_string().contains("missing") && error.is_retryable(), "{error}");
    let empty = bench.path("empty.git");
    git(bench.dir.path(), &["init", "--quiet", "--bare", text(&empty)]);
    let error = bench.store.adopt(&url(&empty)).await.unwrap_err();
    assert_eq!(error.code(), "git.origin-empty", "{error}");
}

#[tokio::test]
async fn a_far_end_that_never_answers_is_stopped_with_all_that_it_started() {
    let tools = tempfile::tempdir().unwrap();
    let (ssh, pipe) = (tools.path().join("ssh"), tools.path().join("pipe"));
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    // Holds the pipe open for reading for as long as it lives, and waits for what never comes.
    script(&ssh, &format!("exec 3<> '{}'\nread never <&3", text(&pipe)));
    let settings = Settings {
        ssh: text(&ssh).to_owned(),
        network_timeout: Duration::from_millis(300),
        ..Settings::default()
    };
    let bench = Bench::with(settings);
    let error = bench.store.adopt("ssh://host.invalid/a").await.unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }) && error.is_retryable(), "{error}");
    let lock = fs::read_dir(bench.path("data/locks")).unwrap().next().unwrap().unwrap().path();
    fs::File::open(lock).unwrap().try_lock().unwrap();
}

#[tokio::test]
async fn without_a_git_program_the_error_says_what_to_install() {
    let settings = Settings { git: "/nowhere/git".into(), ..Settings::default() };
    let bench = Bench::with(settings);
    let error = bench.store.adopt("https://host.invalid/a").await.unwrap_err();
    assert!(
        matches!(error, Error::StartingGit { .. }) && error.to_string().contains("install Git"),
        "{error}"
    );
}

#[tokio::test]
async fn a_failure_of_the_network_does_not_leave_https_waiting_for_a_password() {
    let bench = Bench::new();
    let error = bench.store.adopt("https://localhost:1/a").await.unwrap_err();
    assert!(matches!(error, Error::Network { .. }), "{error}");
}
