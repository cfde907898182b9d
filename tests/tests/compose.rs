//! The fleet as its users start it: `docker compose up`, a task dropped as the management page drops it, its result
//! cloned, workers scaled, everything removed. The image is built from this tree, which takes minutes the first time.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use slipway_runtime::{Clock as _, SystemClock};
use slipway_tests::fleet::free_port;
use slipway_tests::program::workspace;
use slipway_tests::{docker, http};

/// How long a task may take, and a worker that is added.
const PATIENCE: Duration = Duration::from_mins(3);

const OURS: [&str; 8] =
    ["repositories", "coordinator", "planner", "architect", "coder", "tester", "reviewer", "deployer"];

/// The compose project under a name, an image and ports of its own.
struct Fleet {
    project: String,
    environment: Vec<(&'static str, String)>,
    api: u16,
    repositories: u16,
    management: u16,
    reaper: Child,
}

impl Fleet {
    fn up() -> Self {
        docker::require();
        let id = SystemClock.new_id().simple().to_string();
        let project = format!("slipway-test-{}", &id[20..]);
        let (api, repositories, management) = (free_port(), free_port(), free_port());
        let environment = vec![
            ("SLIPWAY_VERSION", format!("test-{}", &id[20..])),
            ("SLIPWAY_API_PORT", api.to_string()),
            ("SLIPWAY_REPOSITORIES_PORT", repositories.to_string()),
            ("SLIPWAY_MANAGEMENT_PORT", management.to_string()),
            ("SLIPWAY_AMQP_PORT", free_port().to_string()),
            ("SLIPWAY_POSTGRES_PORT", free_port().to_string()),
        ];
        let reaper = reaper(&project, &environment);
        let fleet = Self { project, environment, api, repositories, management, reaper };
        fleet.compose(&["up", "--detach", "--wait"]);
        fleet
    }

    fn compose(&self, arguments: &[&str]) -> String {
        let mut command = compose(&self.project, &self.environment);
        said(command.args(arguments).output().unwrap(), arguments)
    }

    /// The containers of a service.
    fn containers(&self, service: &str) -> Vec<Value> {
        let ids = self.compose(&["ps", "--quiet", service]);
        let ids: Vec<&str> = ids.lines().collect();
        let output = Command::new("docker").arg("inspect").args(&ids).output().unwrap();
        serde_json::from_str(&said(output, &ids)).unwrap()
    }

    fn tasks(&self) -> Vec<Value> {
        let (status, body) = http::get(&format!("http://127.0.0.1:{}/api/tasks", self.api));
        assert_eq!(status, 200, "{body}");
        let page: Value = serde_json::from_str(&body).unwrap();
        page["items"].as_array().unwrap().clone()
    }

    /// The newest task, when it has ended.
    fn ended(&self) -> Value {
        let start = Instant::now();
        loop {
            let newest = self.tasks().into_iter().next().unwrap_or_default();
            if ["completed", "failed"].iter().any(|status| newest["status"] == *status) {
                return newest;
            }
            assert!(start.elapsed() < PATIENCE, "the task does not end: {newest}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Drops a message as the management page does: to the default exchange, with nothing but a payload.
    async fn drop_message(&self, payload: &str) {
        let url = format!("http://127.0.0.1:{}/api/exchanges/slipway/amq.default/publish", self.management);
        let message = json!({
            "vhost": "slipway", "name": "amq.default", "properties": {}, "headers": {}, "props": {},
            "routing_key": "tasks", "delivery_mode": "1", "payload": payload, "payload_encoding": "string",
        });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(url).basic_auth("operator", Some("slipway-operator")).json(&message);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer, json!({ "routed": true }));
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        drop(self.reaper.stdin.take());
        let ended = self.reaper.wait();
        assert!(
            std::thread::panicking() || ended.is_ok_and(|status| status.success()),
            "not all was removed"
        );
    }
}

fn compose(project: &str, environment: &[(&'static str, String)]) -> Command {
    let mut command = Command::new("timeout");
    command.args(["1800", "docker", "compose", "--project-name", project, "--env-file", "/dev/null"]);
    command.current_dir(workspace()).envs(environment.iter().map(|(name, value)| (*name, value.as_str())));
    command
}

/// Removes the project and its image however the test process ends.
fn reaper(project: &str, environment: &[(&'static str, String)]) -> Child {
    let script = "cat >/dev/null
        docker compose --project-name \"$1\" --env-file /dev/null --profile cli down --volumes --timeout 5
        docker image rm --force \"slipway:$SLIPWAY_VERSION\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "reaper", project]).current_dir(workspace());
    command.envs(environment.iter().map(|(name, value)| (*name, value.as_str())));
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn said(output: Output, doing: &[&str]) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{doing:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// Whom a preview belongs to, and so who started all that is to be removed with it.
fn owner_of(task: &str) -> String {
    let filter = format!("label=slipway.task={task}");
    let format = "{{.Label \"slipway.owner\"}}";
    let output =
        Command::new("docker").args(["ps", "--filter", &filter, "--format", format]).output().unwrap();
    said(output, &[task]).lines().next().expect("the task has a preview").to_owned()
}

fn assert_confined(fleet: &Fleet) {
    for service in OURS {
        let with_docker = ["tester", "deployer"].contains(&service);
        for container in fleet.containers(service) {
            let host = &container["HostConfig"];
            let mounts = container["Mounts"].to_string();
            assert_eq!(mounts.contains("docker.sock"), with_docker, "{service}: {mounts}");
            let user = container["Config"]["User"].as_str().unwrap();
            assert_eq!(user, if with_docker { "0:0" } else { "10001:10001" }, "{service}");
            assert_eq!(host["CapDrop"], json!(["ALL"]), "{service}");
            assert_eq!(host["CapAdd"], Value::Null, "{service}");
            assert_eq!(host["ReadonlyRootfs"], true, "{service}");
            assert_eq!(host["SecurityOpt"], json!(["no-new-privileges:true"]), "{service}");
            assert!(host["Memory"].as_u64() > Some(0) && host["PidsLimit"].as_u64() > Some(0), "{service}");
        }
    }
    for service in OURS.iter().chain(&["postgres", "rabbitmq"]) {
        for container in fleet.containers(service) {
            for (port, bindings) in container["NetworkSettings"]["Ports"].as_object().unwrap() {
                let all = bindings.as_array().into_iter().flatten();
                assert!(all.clone().all(|at| at["HostIp"] == "127.0.0.1"), "{service} {port}: {bindings}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_that_compose_starts_does_a_dropped_task_and_its_result_is_cloned() {
    let fleet = Fleet::up();
    assert_confined(&fleet);

    fleet.drop_message(r#"{"prompt": "build a todo app"}"#).await;
    let task = fleet.ended();
    assert_eq!(task["status"], "completed", "{task}");
    let (status, _) = http::get(task["preview"]["url"].as_str().unwrap());
    assert_eq!(status, 200);

    let id = task["id"].as_str().unwrap();
    let short = &id[id.len() - 8..];
    let url = format!("http://127.0.0.1:{}/{short}.git", fleet.repositories);
    assert_eq!(task["repository"], url);
    let dir = tempfile::tempdir().unwrap();
    let clone = ["clone", "--quiet", "--branch", task["branch"].as_str().unwrap(), &url, "result"];
    let output =
        Command::new("git").current_dir(dir.path()).args(clone).env("no_proxy", "*").output().unwrap();
    said(output, &clone);
    assert!(dir.path().join("result/plan.yaml").is_file());

    fleet.compose(&["up", "--detach", "--wait", "--no-recreate", "--scale", "coder=3"]);
    assert_eq!(fleet.containers("coder").len(), 3);
    let listed = fleet.compose(&["run", "--rm", "-T", "cli", "list"]);
    assert!(listed.contains(short) && listed.contains("completed"), "{listed}");

    docker::remove_all(&owner_of(id));
    fleet.compose(&["down", "--volumes"]);
    let left = format!("label=com.docker.compose.project={}", fleet.project);
    for kind in ["ps", "volume", "network"] {
        let list: &[&str] = if kind == "ps" { &["ps", "--all"] } else { &[kind, "ls"] };
        let output = Command::new("docker").args(list).args(["--quiet", "--filter", &left]).output().unwrap();
        assert_eq!(said(output, list), "", "{kind}");
    }
}
