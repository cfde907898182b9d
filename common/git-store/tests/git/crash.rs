//! What a killed process leaves behind.

use std::fs::{self, File, FileTimes};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use slipway_git_store::{Advanced, Error, Settings, Store};
use slipway_protocol::Artefact;

use crate::support::{Bench, add, assert_sound, holder, now, text};

/// Set in the process that is to be killed: where it works.
const VICTIM: &str = "SLIPWAY_TEST_VICTIM";

/// Leaves a lock file that is as old as the epoch.
fn stale_lock(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = File::create(path).unwrap();
    file.set_times(FileTimes::new().set_modified(SystemTime::UNIX_EPOCH)).unwrap();
}

#[tokio::test]
async fn stale_locks_and_half_references_do_not_stop_the_same_calls() {
    let bench = Bench::new();
    let todo = bench.todo().await;
    let root = todo.default_head().await.unwrap();
    let one = add(&todo, &root, "a", "1").await;
    let attempt = format!("refs/slipway/attempts/{}/1-{}", holder(1, 1).execution, holder(1, 1).incarnation);
    for name in ["refs/heads/feature/x", attempt.as_str()] {
        stale_lock(&todo.path().join(format!("{name}.lock")));
        fs::write(todo.path().join(name), "").unwrap();
    }
    assert_eq!(todo.branch_head("feature/x").await.unwrap(), None);
    todo.push_attempt(&holder(1, 1), &one).await.unwrap();
    assert_eq!(todo.advance("feature/x", &one).await.unwrap(), Advanced::Created);
    stale_lock(&todo.path().join("refs/heads/feature/x.lock"));
    let two = add(&todo, &one, "a", "2").await;
    assert_eq!(todo.advance("feature/x", &two).await.unwrap(), Advanced::Moved);
    assert!(!todo.path().join("refs/heads/feature/x.lock").exists());
    assert_sound(todo.path());
}

#[tokio::test]
async fn a_fresh_lock_of_another_program_is_respected_and_named() {
    let settings = Settings {
        stale_lock_after: Duration::from_hours(1),
        lock_wait: Duration::from_millis(100),
        ..Settings::default()
    };
    let bench = Bench::with(settings);
    let todo = bench.todo().await;
    let one = add(&todo, &todo.default_head().await.unwrap(), "a", "1").await;
    let lock = todo.path().join("refs/heads/feature/x.lock");
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    File::create(&lock).unwrap();
    let error = todo.advance("feature/x", &one).await.unwrap_err();
    assert!(matches!(&error, Error::Locked { path } if *path == lock), "{error}");
    assert!(error.is_retryable() && lock.exists());
}

#[tokio::test]
async fn a_repository_that_another_process_holds_is_waited_for_with_a_bound() {
    let bench = Bench::with(Settings { patience: Duration::ZERO, ..Settings::default() });
    let todo = bench.todo().await;
    let one = add(&todo, &todo.default_head().await.unwrap(), "a", "1").await;
    let held = File::open(bench.path("data/locks/todo.git")).unwrap();
    held.lock().unwrap();
    let error = todo.advance("feature/x", &one).await.unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
    drop(held);
    assert_eq!(todo.advance("feature/x", &one).await.unwrap(), Advanced::Created);
}

#[tokio::test]
async fn an_origin_that_moved_before_the_kill_is_taken_over() {
    let bench = Bench::new();
    let origin = bench.origin("app", true);
    let app = bench.store.adopt(text(&origin)).await.unwrap();
    let one = add(&app, &app.default_head().await.unwrap(), "a", "1").await;
    app.advance("feature/x", &one).await.unwrap();
    fs::remove_file(app.path().join("refs/heads/feature/x")).unwrap();
    fs::remove_file(app.path().join("refs/remotes/origin/feature/x")).unwrap();
    assert_eq!(app.advance("feature/x", &one).await.unwrap(), Advanced::AlreadyThere);
    assert_eq!(app.branch_head("feature/x").await.unwrap(), Some(one));
}

#[tokio::test]
async fn a_lock_in_the_origin_is_removed_only_when_we_left_it() {
    let bench = Bench::with(Settings { lock_wait: Duration::from_millis(100), ..Settings::default() });
    let origin = bench.origin("app", true);
    let app = bench.store.adopt(text(&origin)).await.unwrap();
    let one = add(&app, &app.default_head().await.unwrap(), "a", "1").await;
    let lock = origin.join("refs/heads/feature/x.lock");
    stale_lock(&lock);
    let error = app.advance("feature/x", &one).await.unwrap_err();
    assert!(
        matches!(&error, Error::Locked { path } if path.ends_with("refs/heads/feature/x.lock")),
        "{error}"
    );
    // A process that was killed while it moved this branch leaves a note, and then the lock is ours.
    let note = app.path().join("slipway.moving.feature+x");
    fs::write(&note, "feature/x").unwrap();
    assert_eq!(app.advance("feature/x", &one).await.unwrap(), Advanced::Created);
    assert!(!lock.exists() && !note.exists());
}

/// The work that is killed and done again: always the same, so that the end can be compared.
async fn work(root: &Path, origin: &Path, steps: usize, done: impl Fn(&str)) {
    // Nothing but this process writes here, so a lock that is there at all was left by the one that was killed.
    let settings = Settings { stale_lock_after: Duration::ZERO, ..Settings::default() };
    let store = Store::with_settings(root.to_owned(), settings);
    let todo = store.create("todo", now()).await.unwrap();
    done("created");
    let app = store.adopt(text(origin)).await.unwrap();
    done("adopted");
    for repository in [&todo, &app] {
        let mut head = repository.default_head().await.unwrap();
        for step in 0..steps {
            head = add(repository, &head, "a", &step.to_string()).await;
            done("committed");
            let holder = holder(1, step as u128);
            repository.push_attempt(&holder, &head).await.unwrap();
            done("attempted");
            let log = Artefact { name: "log".into(), media_type: "text/plain".into(), bytes: vec![1; 1000] };
            repository.put_artefacts(&holder, &[log]).await.unwrap();
            done("stored");
            repository.advance("feature/x", &head).await.unwrap();
            done("advanced");
        }
    }
}

/// Does nothing in the test run itself: it is what the next test starts and kills.
#[tokio::test]
async fn a_process_to_be_killed_works_until_it_is() {
    let Ok(dir) = std::env::var(VICTIM) else { return };
    let dir = Path::new(&dir);
    work(&dir.join("data"), &dir.join("app.git"), 5, |what| eprintln!("done {what}")).await;
}

#[tokio::test]
async fn killed_at_any_moment_the_same_calls_complete_the_work() {
    let reference = Bench::new();
    let origin = reference.origin("app", true);
    work(&reference.path("data"), &origin, 5, |_| {}).await;
    let wanted = crate::support::git(&reference.path("data/todo.git"), &["for-each-ref"]);
    for stop_after in (0..42).step_by(3) {
        let bench = Bench::new();
        let origin = bench.origin("app", true);
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::a_process_to_be_killed_works_until_it_is", "--nocapture"])
            .env(VICTIM, bench.dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(victim.stderr.take().unwrap()).lines();
        let seen = lines
            .take(stop_after)
            .filter(|line| line.as_ref().is_ok_and(|line| line.starts_with("done")))
            .count();
        assert_eq!(seen, stop_after);
        victim.kill().unwrap();
        victim.wait().unwrap();

        work(&bench.path("data"), &origin, 5, |_| {}).await;
        let todo = bench.path("data/todo.git");
        assert_eq!(crate::support::git(&todo, &["for-each-ref"]), wanted, "after {stop_after}");
        assert_sound(&todo);
        assert_sound(&origin);
    }
}
