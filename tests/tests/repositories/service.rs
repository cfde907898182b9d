//! The service as anyone meets it: with a plain `git`, and with requests that no `git` sends.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use slipway_git_store::Error;

use crate::bench::{Service, TOKEN, add, add_much, artefact, assert_sound, git, holder, push, try_git};

/// Sends a request as it stands and gives the whole answer.
fn raw(service: &Service, request: &str) -> String {
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(service: &Service, path: &str, headers: &str) -> String {
    raw(service, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n"))
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_clones_what_was_made_without_a_token_and_with_every_version_of_the_protocol() {
    let service = Service::start().await;
    let worker = service.worker();
    let todo = worker.todo().await;
    let commit = add(&todo, &todo.default_head().await.unwrap(), "a", b"1\n").await;
    todo.push_attempt(&holder(1, 1), &commit).await.unwrap();
    todo.put_artefacts(&holder(1, 1), &[artefact("log.txt", b"well")]).await.unwrap();
    todo.advance("feature/x", &commit).await.unwrap();
    for version in ["0", "1", "2"] {
        let protocol = format!("protocol.version={version}");
        let url = service.url("todo.git");
        let branch = ["-c", &protocol, "clone", "--quiet", "--branch", "feature/x", &url, version];
        git(worker.dir.path(), &branch);
        let clone = worker.dir.path().join(version);
        assert_eq!(std::fs::read_to_string(clone.join("a")).unwrap(), "1\n");
        let refs = git(&clone, &["for-each-ref", "--format=%(refname)"]);
        assert!(!refs.contains("slipway"), "a clone holds branches and no attempts: {refs}");
        let fetched = git(&clone, &["-c", &protocol, "fetch", "--quiet", "origin", commit.as_str()]);
        assert_eq!(fetched, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_histories_go_both_ways_as_they_come() {
    let service = Service::start().await;
    let worker = service.worker();
    let todo = worker.todo().await;
    let mut head = todo.default_head().await.unwrap();
    // Long enough that what a clone lacks is asked for in compressed requests.
    for at in 0..300_u32 {
        head = add(&todo, &head, &format!("file-{at}"), &at.to_le_bytes()).await;
    }
    head = add_much(&todo, &head, 20).await;
    todo.advance("feature/x", &head).await.unwrap();
    let other = service.worker();
    let theirs = other.todo().await;
    assert_eq!(theirs.paths(&head).await.unwrap().len(), 320);
    git(worker.dir.path(), &["clone", "--quiet", &service.url("todo.git"), "clone"]);
    let clone = worker.dir.path().join("clone");
    for at in 0..200 {
        git(&clone, &["commit", "--quiet", "--allow-empty", &format!("--message={at}")]);
    }
    let next = add(&todo, &head, "next", b"x").await;
    todo.advance("feature/x", &next).await.unwrap();
    git(&clone, &["fetch", "--quiet"]);
    assert_eq!(git(&clone, &["rev-parse", "origin/feature/x"]), next.as_str());
    assert_sound(&service.folder("todo.git"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_forces_deletes_or_pushes_without_the_token() {
    let service = Service::start().await;
    let worker = service.worker();
    let todo = worker.todo().await;
    let commit = add(&todo, &todo.default_head().await.unwrap(), "a", b"1").await;
    todo.push_attempt(&holder(1, 1), &commit).await.unwrap();
    todo.advance("feature/x", &commit).await.unwrap();
    let before = service.refs("todo.git");
    let clone = worker.dir.path().join("clone");
    let url = service.url("todo.git");
    git(worker.dir.path(), &["clone", "--quiet", &url, "clone"]);
    git(&clone, &["commit", "--quiet", "--allow-empty", "--message=mine"]);
    let attempt = crate::bench::attempt(&holder(1, 1));
    for arguments in [
        vec!["--force", &url, "HEAD:refs/heads/feature/x"],
        vec![&url, ":refs/heads/feature/x"],
        vec!["--force", &url, &format!("HEAD:{attempt}")],
        vec![&url, &format!(":{attempt}")],
        vec![&url, "HEAD:refs/tags/v1"],
        vec![&url, "HEAD:refs/heads/fine", &format!("+HEAD:{attempt}")],
    ] {
        let output = push(&clone, &arguments);
        assert!(!output.status.success(), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("remote rejected"), "{arguments:?}: {said}");
    }
    let without = try_git(&clone, &["push", &url, "HEAD:refs/heads/mine"]);
    assert!(!without.status.success());
    assert_eq!(service.refs("todo.git"), before);
    assert!(push(&clone, &[&url, "HEAD:refs/heads/mine"]).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_over_the_limit_is_refused_with_its_reason_and_leaves_nothing() {
    let service = Service::with(|settings| settings.limits.push = 1 << 20).await;
    let worker = service.worker();
    let todo = worker.todo().await;
    let base = todo.default_head().await.unwrap();
    let huge = add_much(&todo, &base, 12).await;
    let error = todo.push_attempt(&holder(1, 1), &huge).await.unwrap_err();
    assert!(
        matches!(&error, Error::Push { reason, .. } if reason.contains("max_push_mb"))
            && !error.is_retryable(),
        "{error}"
    );
    let small = add(&todo, &base, "small", b"1").await;
    todo.push_attempt(&holder(2, 2), &small).await.unwrap();
    assert!(!service.refs("todo.git").contains(huge.as_str()));
    let left = std::fs::read_dir(service.folder("todo.git/objects")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(left.iter().all(|name| !name.starts_with("tmp_")), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_git_is_told_so() {
    let service = Service::start().await;
    service.worker().todo().await;
    let refs = "/todo.git/info/refs?service=git-upload-pack";
    assert_eq!(status(&get(&service, refs, "")), "200");
    for (path, wanted) in [
        ("/nothing.git/info/refs?service=git-upload-pack", "404"),
        ("/../todo.git/info/refs?service=git-upload-pack", "404"),
        ("/Todo.git/info/refs?service=git-upload-pack", "404"),
        ("/todo/info/refs?service=git-upload-pack", "404"),
        ("/%2e%2e.git/info/refs?service=git-upload-pack", "404"),
        ("/todo.git/info/refs", "403"),
        ("/todo.git/info/refs?service=git-upload-archive", "403"),
        ("/todo.git/info/refs?service=git-receive-pack", "401"),
        ("/new.git/info/refs?service=git-receive-pack", "401"),
        ("/origins/todo.git/info/refs?service=git-upload-pack", "401"),
        ("/todo.git/HEAD", "405"),
        ("/todo.git/objects/info/packs", "404"),
        ("/lock", "404"),
    ] {
        assert_eq!(status(&get(&service, path, "")), wanted, "{path}");
    }
    let rebound = format!("GET {refs} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&raw(&service, &rebound)), "421");
    let answer = get(&service, "/", "Accept: application/json\r\n");
    assert!(answer.contains(r#"{"items":[{"name":"todo.git","path":"/todo.git"}],"next":null}"#), "{answer}");
    assert!(!service.folder("new.git").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_the_wrong_kind_or_that_only_seems_compressed_is_refused() {
    let service = Service::start().await;
    service.worker().todo().await;
    let post = |headers: &str, body: &str| {
        let length = body.len();
        let head = "POST /todo.git/git-upload-pack HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
        raw(&service, &format!("{head}Content-Length: {length}\r\n{headers}\r\n{body}"))
    };
    let kind = "Content-Type: application/x-git-upload-pack-request\r\n";
    assert_eq!(status(&post("", "0000")), "415");
    assert_eq!(status(&post(&format!("{kind}Content-Encoding: br\r\n"), "0000")), "415");
    assert_eq!(status(&post(&format!("{kind}Content-Encoding: gzip\r\n"), "0000 this is not gzip")), "400");
    let nonsense = post(kind, "zzzz");
    assert!(["200", "500"].contains(&status(&nonsense)) && !nonsense.contains(TOKEN), "{nonsense}");
    assert_eq!(status(&get(&service, "/todo.git/info/refs?service=git-upload-pack", "")), "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_falls_silent_is_let_go_and_others_are_served() {
    let service = Service::with(|settings| {
        settings.limits.idle = Duration::from_millis(200);
        settings.limits.processes = 1;
    })
    .await;
    let worker = service.worker();
    let todo = worker.todo().await;
    let mut silent = TcpStream::connect(service.address).unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST /todo.git/git-receive-pack HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: application/x-git-receive-pack-request\r\nContent-Length: 1000\r\n\r\n0000"
    );
    silent.write_all(head.as_bytes()).unwrap();
    let commit = add(&todo, &todo.default_head().await.unwrap(), "a", b"1").await;
    todo.push_attempt(&holder(1, 1), &commit).await.unwrap();
    let mut answer = [0; 12];
    silent.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}
