//! Postgres and RabbitMQ for tests: real servers in containers of their own, removed however the test process ends.
//!
//! [`Services::shared`] is one pair for all tests of a process, and [`Services::place`] gives each test a virtual host and a
//! database of its own on it. A test that kills or wipes a server takes [`Services::own`]. Open `services/management.rs` for
//! looking at the broker through its management API.

pub mod management;

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use slipway_broker::{Broker, Options};
use slipway_runtime::{Clock as _, SystemClock};
use tokio::sync::OnceCell;

use crate::{docker, program::workspace};
use management::Management;

/// The administrator's name and password; no login of `broker-config/` may make virtual hosts.
const ADMINISTRATOR: &str = "administrator";
/// Longer than any command needs, so that a test that hangs says where.
const LIMIT: &str = "180";

static SHARED: OnceCell<Services> = OnceCell::const_new();

/// One of the two servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The database.
    Postgres,
    /// The broker.
    RabbitMq,
}

impl Service {
    const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::RabbitMq => "rabbitmq",
        }
    }
}

/// A pair of servers.
#[derive(Debug)]
pub struct Services {
    project: String,
    ports: Ports,
    reaper: Reaper,
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    postgres: u16,
    amqp: u16,
    management: u16,
}

/// What a test has to itself on a pair of servers.
#[derive(Debug, Clone)]
pub struct Place {
    /// The virtual host, with the topology and the logins of `broker-config/`.
    pub vhost: String,
    /// The broker, as the coordinator.
    pub coordinator_url: String,
    /// The broker, as a worker.
    pub worker_url: String,
    /// The broker, as a person with the documented login.
    pub operator_url: String,
    /// The management API, as that person.
    pub operator: Management,
    /// The management API, as an administrator.
    pub administrator: Management,
    /// An empty database.
    pub database_url: String,
}

impl Place {
    /// A handle with the coordinator's login.
    pub fn coordinator(&self) -> Arc<dyn Broker> {
        slipway_broker::connect(&self.coordinator_url, Options::named("test coordinator")).unwrap()
    }

    /// A handle with the workers' login.
    pub fn worker(&self) -> Arc<dyn Broker> {
        slipway_broker::connect(&self.worker_url, Options::named("test worker")).unwrap()
    }
}

impl Services {
    /// The pair that all tests of this process share.
    pub async fn shared() -> &'static Self {
        SHARED.get_or_init(Self::own).await
    }

    /// A pair for one test, removed when this is dropped.
    pub async fn own() -> Self {
        docker::require();
        let services = tokio::task::spawn_blocking(Self::begin).await.unwrap();
        services.add_administrator().await;
        services
    }

    /// Ports are chosen before the servers start, so that they stay the same when a server is started again. Another
    /// process may take one in between; then all of it is tried again.
    fn begin() -> Self {
        let mut said = String::new();
        for _ in 0..5 {
            let project = format!("slipway-test-{}", SystemClock.new_id().simple());
            let ports = Ports { postgres: free_port(), amqp: free_port(), management: free_port() };
            let services = Self { reaper: Reaper::start(&project, ports), project, ports };
            let output = services.try_compose(&["up", "-d", "--wait"]);
            if output.status.success() {
                return services;
            }
            said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains("port is already allocated"), "the services do not start: {said}");
        }
        panic!("no free ports for the services: {said}");
    }

    /// A fresh virtual host and a fresh database.
    pub async fn place(&self) -> Place {
        let name = format!("test-{}", SystemClock.new_id().simple());
        self.administrator("/").import(&definitions(&name)).await;
        self.place_in(name).await
    }

    /// The virtual host of `broker-config/` itself, which is there again after [`Self::wipe_rabbitmq`], and a fresh
    /// database.
    pub async fn home(&self) -> Place {
        self.place_in(slipway_broker::topology::built_in().vhost.clone()).await
    }

    async fn place_in(&self, vhost: String) -> Place {
        let database = format!("test_{}", SystemClock.new_id().simple());
        let create = format!("create database {database}");
        self.compose(&["exec", "-T", "postgres", "psql", "-U", "slipway", "-c", &create]).await;
        let administrator = self.administrator(&vhost);
        administrator.allow_all().await;
        let url = |user: &str| format!("amqp://{user}:slipway-{user}@127.0.0.1:{}/{vhost}", self.ports.amqp);
        Place {
            coordinator_url: url("coordinator"),
            worker_url: url("worker"),
            operator_url: url("operator"),
            operator: Management::new(self.ports.management, "operator", "slipway-operator", &vhost),
            administrator,
            database_url: format!("postgres://slipway:slipway@127.0.0.1:{}/{database}", self.ports.postgres),
            vhost,
        }
    }

    fn administrator(&self, vhost: &str) -> Management {
        Management::new(self.ports.management, ADMINISTRATOR, ADMINISTRATOR, vhost)
    }

    async fn add_administrator(&self) {
        let add = format!(
            "Name = <<\"{ADMINISTRATOR}\">>, rabbit_auth_backend_internal:add_user(Name, Name, <<\"test\">>), \
             rabbit_auth_backend_internal:set_tags(Name, [administrator], <<\"test\">>)."
        );
        self.compose(&["exec", "-T", "rabbitmq", "rabbitmqctl", "eval", &add]).await;
    }

    /// Kills a server with SIGKILL; it stays down.
    pub async fn kill(&self, service: Service) {
        self.compose(&["kill", "-s", "KILL", service.name()]).await;
    }

    /// Ends a server in good order; it stays down.
    pub async fn stop(&self, service: Service) {
        self.compose(&["stop", "-t", "20", service.name()]).await;
    }

    /// Starts a server that is down, and waits until it answers.
    pub async fn start(&self, service: Service) {
        self.compose(&["up", "-d", "--wait", "--no-recreate", service.name()]).await;
    }

    /// Ends a server in good order and starts it again.
    pub async fn restart(&self, service: Service) {
        self.stop(service).await;
        self.start(service).await;
    }

    /// Stops a server's processes in their tracks.
    pub async fn pause(&self, service: Service) {
        self.compose(&["pause", service.name()]).await;
    }

    /// Lets them go on.
    pub async fn unpause(&self, service: Service) {
        self.compose(&["unpause", service.name()]).await;
    }

    /// Kills the broker, throws its disk away, and starts it anew. Only [`Self::home`] is there again.
    pub async fn wipe_rabbitmq(&self) {
        self.kill(Service::RabbitMq).await;
        self.compose(&["rm", "-f", "-s", "-v", "rabbitmq"]).await;
        let volume = format!("{}_rabbitmq", self.project);
        let mut remove = Command::new("docker");
        remove.args(["volume", "rm", "-f", &volume]);
        let removed = run(remove).await;
        assert!(removed.status.success(), "{}", String::from_utf8_lossy(&removed.stderr));
        self.compose(&["up", "-d", "--wait", "rabbitmq"]).await;
        self.add_administrator().await;
        self.administrator(&slipway_broker::topology::built_in().vhost).allow_all().await;
    }

    /// Ends every connection to a virtual host, as a network that fails does.
    pub async fn break_connections(&self, vhost: &str) {
        let arguments =
            ["exec", "-T", "rabbitmq", "rabbitmqctl", "close_all_connections", "--vhost", vhost, "a test"];
        self.compose(&arguments).await;
    }

    /// Runs a command in the broker's container; gives back what it printed.
    pub async fn rabbitmqctl(&self, arguments: &[&str]) -> String {
        let all = [&["exec", "-T", "rabbitmq", "rabbitmqctl"], arguments].concat();
        self.compose(&all).await
    }

    async fn compose(&self, arguments: &[&str]) -> String {
        let output = run(compose(&self.project, self.ports, arguments)).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "docker compose {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn try_compose(&self, arguments: &[&str]) -> Output {
        compose(&self.project, self.ports, arguments).output().unwrap()
    }

    /// The project's name, which every container and volume of it bears.
    pub fn project(&self) -> &str {
        &self.project
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.reaper.reap();
    }
}

async fn run(command: Command) -> Output {
    tokio::process::Command::from(command).output().await.unwrap()
}

fn compose(project: &str, ports: Ports, arguments: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    command.args(["-k", "5", LIMIT, "docker", "compose", "--progress", "quiet", "-p", project, "-f"]);
    command.arg(fixture()).args(arguments).stdin(Stdio::null());
    set_ports(&mut command, ports);
    command
}

fn fixture() -> PathBuf {
    workspace().join("tests/fixtures/services.compose.yaml")
}

fn set_ports(command: &mut Command, ports: Ports) {
    command
        .env("POSTGRES_PORT", ports.postgres.to_string())
        .env("AMQP_PORT", ports.amqp.to_string())
        .env("MANAGEMENT_PORT", ports.management.to_string());
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The committed definitions, moved to another virtual host.
fn definitions(vhost: &str) -> Value {
    let text = std::fs::read_to_string(workspace().join("broker-config/rabbitmq/definitions.json")).unwrap();
    let mut all: Value = serde_json::from_str(&text).unwrap();
    all["vhosts"][0]["name"] = vhost.into();
    for part in all.as_object_mut().unwrap().values_mut() {
        for entry in part.as_array_mut().unwrap() {
            if let Some(old) = entry.get_mut("vhost") {
                *old = vhost.into();
            }
        }
    }
    all
}

/// A process that removes the project when the pipe to it closes: when the test lets go of it, or dies in any way.
#[derive(Debug)]
struct Reaper(Child);

impl Reaper {
    fn start(project: &str, ports: Ports) -> Self {
        // What was interrupted while it was being made may appear after the first removal.
        let script =
            "cat >/dev/null; for round in 1 2; do docker compose -p \"$1\" -f \"$2\" down -v -t 1; done";
        let mut command = Command::new("sh");
        command.args(["-c", script, "reaper", project]).arg(fixture());
        set_ports(&mut command, ports);
        // A group of its own: an interrupt from the keyboard ends the tests and not their reaper.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn reap(&mut self) {
        drop(self.0.stdin.take());
        let ended = self.0.wait();
        assert!(ended.is_ok_and(|status| status.success()), "the services were not removed");
    }
}

/// Waits until `condition` holds, at most a minute; `what` is what the test waits for.
pub async fn eventually<F, Fut>(what: &str, mut condition: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    let looked = tokio::time::timeout(Duration::from_mins(1), async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(looked.await.is_ok(), "not within a minute: {what}");
}
