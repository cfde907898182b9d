//! What is left when a worker, a push or the service is killed: nothing half, and the same calls complete the work.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use slipway_git_store::{Repository, Settings};
use slipway_runtime::Lifecycle;

use crate::bench::{
    Service, TOKEN, add, add_much, artefact, assert_sound, attempt, git, holder, noise, now, settings, store,
};

/// Set in a process that is to be killed: where it works.
const FOLDER: &str = "SLIPWAY_TEST_FOLDER";
/// Set in a worker that is to be killed: the service; in a service: its address.
const PLACE: &str = "SLIPWAY_TEST_PLACE";

const STEPS: u32 = 4;

/// The work that is killed and done again: always the same, so that the end can be compared.
async fn work(root: &Path, base: &str, done: impl Fn(&str)) {
    // Nothing but this process writes here, so a lock that is there at all was left by the one that was killed.
    let own = Settings { stale_lock_after: Duration::ZERO, ..Settings::default() };
    let store = store(root, base, Some(TOKEN), own);
    let todo = store.create("todo", now()).await.unwrap();
    done("created");
    let mut head = todo.default_head().await.unwrap();
    for step in 1..=STEPS {
        head = add(&todo, &head, "a", &step.to_le_bytes()).await;
        done("committed");
        leave(&todo, step, &head, &done).await;
    }
}

async fn leave(todo: &Repository, step: u32, head: &slipway_protocol::CommitId, done: impl Fn(&str)) {
    let holder = holder(step, 1);
    todo.push_attempt(&holder, head).await.unwrap();
    done("attempted");
    todo.put_artefacts(&holder, &[artefact("log", &[1; 1000])]).await.unwrap();
    done("stored");
    todo.advance("feature/x", head).await.unwrap();
    done("advanced");
}

fn victim(name: &str, folder: &Path, place: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("killed::{name}"), "--nocapture"])
        .env(FOLDER, folder)
        .env(PLACE, place)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Does nothing in the test run itself: it is what a test below starts and kills.
#[tokio::test]
async fn a_worker_to_be_killed_works_until_it_is() {
    let (Ok(folder), Ok(place)) = (std::env::var(FOLDER), std::env::var(PLACE)) else { return };
    work(Path::new(&folder), &place, |what| eprintln!("done {what}")).await;
}

/// Does nothing in the test run itself: it is what a test below starts and kills.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_to_be_killed_serves_until_it_is() {
    let (Ok(folder), Ok(place)) = (std::env::var(FOLDER), std::env::var(PLACE)) else { return };
    let life = Lifecycle::new(Duration::ZERO);
    let address =
        slipway_repositories::start(&settings(Path::new(&folder), place.parse().unwrap()), &life).await;
    eprintln!("serving {}", address.unwrap());
    life.hard().cancelled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_any_moment_loses_nothing_and_the_same_calls_complete_its_work() {
    let reference = Service::start().await;
    let dir = tempfile::tempdir().unwrap();
    work(&dir.path().join("reference"), &reference.url(""), |_| {}).await;
    let wanted = reference.refs("todo.git");
    for stop_after in 0..=13 {
        let service = Service::start().await;
        let root = dir.path().join(stop_after.to_string());
        let mut worker = victim("a_worker_to_be_killed_works_until_it_is", &root, &service.url(""));
        let lines = BufReader::new(worker.stderr.take().unwrap()).lines();
        let seen =
            lines.map_while(Result::ok).filter(|line| line.starts_with("done")).take(stop_after).count();
        assert_eq!(seen, stop_after);
        worker.kill().unwrap();
        worker.wait().unwrap();
        work(&root, &service.url(""), |_| {}).await;
        assert_eq!(service.refs("todo.git"), wanted, "after {stop_after}");
        assert_sound(&service.folder("todo.git"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_breaks_off_leaves_no_reference_and_is_in_nobodys_way() {
    let service = Service::start().await;
    let worker = service.worker();
    let todo = worker.todo().await;
    let commit = add_much(&todo, &todo.default_head().await.unwrap(), 8).await;
    let name = attempt(&holder(1, 1));
    let before = service.refs("todo.git");

    let pack = worker.dir.path().join("pack");
    git(
        &worker.dir.path().join("."),
        &["-C", todo.path().to_str().unwrap(), "update-ref", "refs/mine", commit.as_str()],
    );
    git(todo.path(), &["bundle", "create", "--quiet", pack.to_str().unwrap(), "refs/mine"]);
    let bundle = std::fs::read(&pack).unwrap();
    let start = bundle.windows(4).position(|bytes| bytes == b"PACK").unwrap();
    let command = format!("{} {commit} {name}\0report-status", "0".repeat(40));
    let mut body = format!("{:04x}{command}0000", command.len() + 4).into_bytes();
    body.extend(&bundle[start..start + (1 << 20)]);

    let mut stream = TcpStream::connect(service.address).unwrap();
    let head = format!(
        "POST /todo.git/git-receive-pack HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: application/x-git-receive-pack-request\r\nContent-Length: {}\r\n\r\n",
        bundle.len() + 1000
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body).unwrap();
    let objects = service.folder("todo.git/objects");
    wait_until("the push is under way", || !incoming(&objects).is_empty());
    drop(stream);

    todo.push_attempt(&holder(2, 2), &commit).await.unwrap();
    let after = service.refs("todo.git");
    assert!(after.starts_with(before.lines().next().unwrap()) && !after.contains(&name), "{after}");
    todo.push_attempt(&holder(1, 1), &commit).await.unwrap();
    assert!(service.refs("todo.git").contains(&name));
    wait_until("what broke off is gone", || incoming(&objects).is_empty());
    assert_sound(&service.folder("todo.git"));
}

fn incoming(objects: &Path) -> Vec<String> {
    let names =
        std::fs::read_dir(objects).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("tmp_objdir-incoming-")).collect()
}

async fn under_way(objects: &Path) {
    while incoming(objects).is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(30), "waited too long until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A service in a process of its own.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn start(folder: &Path, place: &str) -> Self {
        let mut child = victim("a_service_to_be_killed_serves_until_it_is", folder, place);
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("serving ").map(str::to_owned)).unwrap();
        Self { child, address: address.parse().unwrap() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_killed_between_and_during_pushes_keeps_what_it_took_and_serves_again() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("service");
    let mut service = Process::start(&folder, "127.0.0.1:0");
    let place = service.address.to_string();
    let base = format!("http://{place}");
    let todo = store(&dir.path().join("mine"), &base, Some(TOKEN), Settings::default());
    let todo = todo.create("todo", now()).await.unwrap();
    let mut head = todo.default_head().await.unwrap();
    let objects = folder.join("todo.git/objects");
    let mut taken = Vec::new();
    for step in 1..=6_u32 {
        head = add(&todo, &head, "a", &noise(200_000 + step as usize)).await;
        let holder = holder(step, 1);
        if step % 2 == 0 {
            // In the middle of the push, or after it where it is done sooner.
            tokio::select! {
                pushed = todo.push_attempt(&holder, &head) => pushed.unwrap(),
                () = under_way(&objects) => {}
            }
        } else {
            todo.push_attempt(&holder, &head).await.unwrap();
            taken.push((attempt(&holder), head.clone()));
        }
        drop(service);
        service = Process::start(&folder, &place);
        todo.push_attempt(&holder, &head).await.unwrap();
        let there = git(&folder.join("todo.git"), &["for-each-ref", "--format=%(refname) %(objectname)"]);
        for (name, commit) in &taken {
            assert!(there.contains(&format!("{name} {commit}")), "{there}");
        }
        assert_sound(&folder.join("todo.git"));
    }
}
