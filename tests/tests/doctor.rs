//! `slipway doctor` against a fleet's broker: the first thing that is wrong is named, with the command that mends it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

use serde_json::Value;
use slipway_tests::services::Services;
use slipway_tests::{Ended, Slipway};

/// One check of the broker, as the doctor told it.
#[derive(Debug)]
struct Check {
    id: String,
    status: String,
    finding: String,
    next: String,
}

/// How the doctor ended, and its checks of the broker.
#[derive(Debug)]
struct Looked {
    code: Option<i32>,
    checks: Vec<Check>,
}

impl Looked {
    fn of(ended: &Ended) -> Self {
        let printed: Value = serde_json::from_str(ended.out.lines().last().unwrap()).unwrap();
        let check = |item: &Value| {
            let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
            Check { id: text("id"), status: text("status"), finding: text("finding"), next: text("next") }
        };
        let checks = printed["items"].as_array().unwrap().iter().map(check);
        Self { code: ended.code, checks: checks.filter(|check| check.id.starts_with("broker")).collect() }
    }

    fn ids(&self) -> Vec<&str> {
        self.checks.iter().map(|check| check.id.as_str()).collect()
    }

    /// The last check, which alone does not hold and says what to do next.
    #[track_caller]
    fn problem(&self) -> (&str, &str) {
        assert_eq!(self.code, Some(1), "{self:?}");
        let (last, before) = self.checks.split_last().unwrap();
        assert!(last.status == "fail" && !last.next.is_empty(), "{self:?}");
        assert!(before.iter().all(|check| check.status == "pass"), "{self:?}");
        (&last.finding, &last.next)
    }
}

/// Has the program look at the broker at `url`; no password may be seen.
async fn look(url: &str) -> Looked {
    let url = url.to_owned();
    let run = move || Slipway::without_docker().run(&["doctor", "--broker", &url, "--json"]);
    let ended = tokio::task::spawn_blocking(run).await.unwrap();
    let shown = format!("{}{}", ended.out, ended.err);
    assert!(!shown.contains("slipway-worker") && !shown.contains("secret"), "a password is shown: {shown}");
    Looked::of(&ended)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_as_it_should_be_passes_and_a_queue_that_is_missing_is_named_and_not_made() {
    let place = Services::shared().await.place().await;
    for url in [&place.worker_url, &place.coordinator_url] {
        let looked = look(url).await;
        assert_eq!(looked.ids(), ["broker", "broker-version", "broker-login", "broker-topology"]);
        assert!(looked.code == Some(0) && looked.checks.iter().all(|it| it.status == "pass"), "{looked:?}");
        assert!(looked.checks[0].finding.starts_with("RabbitMQ 4."), "{looked:?}");
    }

    place.administrator.delete_queue("agent.coder").await;
    // The coordinator's login could make it: a look must not.
    for url in [&place.coordinator_url, &place.worker_url] {
        let looked = look(url).await;
        let (finding, next) = looked.problem();
        assert_eq!(looked.ids()[3..], ["broker-topology"]);
        assert!(finding.contains("queue agent.coder") && !finding.contains("agent.tester"), "{finding}");
        assert!(next.starts_with("docker compose restart coordinator"), "{next}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_refused_is_told_from_a_server_that_does_not_answer() {
    let place = Services::shared().await.place().await;
    let wrong_password = place.worker_url.replace("slipway-worker", "secret");
    let wrong_host = place.worker_url.replace(&place.vhost, "nowhere");
    for (url, words) in [(wrong_password, "ACCESS_REFUSED"), (wrong_host, "nowhere")] {
        let looked = look(&url).await;
        let (finding, next) = looked.problem();
        assert_eq!(looked.ids(), ["broker", "broker-version", "broker-login"]);
        assert!(finding.contains(words) && next.contains("docs/reference/broker.md"), "{finding} → {next}");
    }

    let free = slipway_tests::fleet::free_port();
    let looked = look(&format!("amqp://worker:secret@127.0.0.1:{free}/slipway")).await;
    let (finding, next) = looked.problem();
    assert_eq!(looked.ids(), ["broker"]);
    assert!(finding.contains("does not answer") && finding.contains("refused"), "{finding}");
    assert!(next.starts_with("docker compose up -d --wait rabbitmq"), "{next}");

    let looked = look("http://worker:secret@127.0.0.1:15672/").await;
    let (_, next) = looked.problem();
    assert!(looked.ids() == ["broker"] && next.contains("--broker amqp://"), "{next}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_server_is_refused_with_its_version_named_and_what_is_no_broker_too() {
    let old = FakeServer::start(greeting("RabbitMQ", "3.13.7"));
    let looked = look(&old.url).await;
    let (finding, _) = looked.problem();
    assert_eq!(looked.ids(), ["broker", "broker-version"]);
    assert!(finding.contains("RabbitMQ 3.13.7") && finding.contains("4.0 or newer"), "{finding}");

    let other = FakeServer::start(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".to_vec());
    let looked = look(&other.url).await;
    let (finding, _) = looked.problem();
    assert!(looked.ids() == ["broker"] && finding.contains("does not speak AMQP"), "{finding}");
}

#[test]
fn the_broker_is_looked_at_when_the_environment_names_one_and_only_then() {
    let mut slipway = Slipway::without_docker();
    let told = |slipway: &Slipway| Looked::of(&slipway.run(&["doctor", "--json"]).expect(0)).checks.len();
    slipway.set("BROKER_URL", "");
    assert_eq!(told(&slipway), 0);
    slipway.set("BROKER_URL", "memory:");
    assert_eq!(told(&slipway), 1);
    slipway.set("BROKER_URL", "amqp://worker:secret@127.0.0.1:1/slipway");
    let help = slipway.run(&["doctor", "--help"]).expect(0).out;
    assert!(help.contains("BROKER_URL") && !help.contains("secret"), "{help}");
    let shown = slipway.run(&["doctor"]).expect(1).out;
    let line = shown.lines().find(|line| line.contains(" broker ")).unwrap();
    assert!(line.starts_with("FAIL broker") && !shown.contains("secret"), "{shown}");
}

/// A fake that answers the first bytes of one connection and closes it.
struct FakeServer {
    url: String,
    answering: Option<JoinHandle<()>>,
}

impl FakeServer {
    fn start(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("amqp://worker:secret@{}/slipway", listener.local_addr().unwrap());
        let answering = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0; 8]).unwrap();
            stream.write_all(&answer).unwrap();
        });
        Self { url, answering: Some(answering) }
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        let answered = self.answering.take().unwrap().join();
        assert!(std::thread::panicking() || answered.is_ok(), "nobody asked the fake server");
    }
}

/// The frame by which a server opens a connection (AMQP 0-9-1, `connection.start`), with the two properties that are read.
fn greeting(product: &str, version: &str) -> Vec<u8> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_be_bytes();
    let mut table = Vec::new();
    for (name, value) in [("product", product), ("version", version)] {
        table.extend([&[7], name.as_bytes(), b"S", &length(value.as_bytes()), value.as_bytes()].concat());
    }
    let (mechanisms, locales) = (b"PLAIN", b"en_US");
    let start = [0, 10, 0, 10, 0, 9];
    let body =
        [&start[..], &length(&table), &table, &length(mechanisms), mechanisms, &length(locales), locales];
    let body = body.concat();
    [&[1, 0, 0][..], &length(&body), &body, &[0xCE]].concat()
}
