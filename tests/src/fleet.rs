//! A whole fleet of processes for one test: coordinators, workers, the Git service, on a broker and a database of the
//! test's own. Dropping it ends the processes and checks that they left nothing.
//!
//! Open `services.rs` for the broker and the database, `checker.rs` for what must hold whatever was done to the fleet.

use std::ffi::OsString;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{PATIENCE, program, wait_for};
use crate::services::{Place, eventually};

/// What lets a worker write to the Git service of a test.
const TOKEN: &str = "a-token-of-this-test";

/// A fleet.
pub struct Fleet {
    /// The broker and the database.
    pub place: Place,
    /// Where the processes keep what they keep.
    pub folder: TempDir,
    repositories_port: u16,
    environment: Vec<(String, String)>,
    processes: Vec<Process>,
    restarts: usize,
}

/// One process, started again under the same name and folder when it is told to.
#[derive(Debug)]
pub struct Process {
    name: String,
    program: &'static str,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    log: PathBuf,
    child: Option<Child>,
}

/// A port that nothing listens on now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Process {
    /// Starts it, with `faults` for this life alone.
    pub fn start(&mut self, faults: &[(&str, &str)]) {
        assert!(self.child.is_none(), "{} runs already", self.name);
        let log = File::options().create(true).append(true).open(&self.log).unwrap();
        let mut command = Command::new(program(self.program));
        command.args(&self.arguments).stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_ours(name)) {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().cloned()).envs(faults.iter().copied());
        self.child = Some(command.spawn().unwrap());
    }

    /// The process's id, while it runs.
    pub fn id(&self) -> i32 {
        i32::try_from(self.child.as_ref().expect("it runs").id()).unwrap()
    }

    /// Sends it a signal, such as `KILL` or `STOP`.
    pub fn signal(&self, signal: &str) {
        let sent =
            Command::new("kill").args([&format!("-{signal}"), &self.id().to_string()]).status().unwrap();
        assert!(sent.success(), "{} could not be sent {signal}", self.name);
    }

    /// Kills it at once and waits for its end.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ended = child.kill();
            child.wait().unwrap();
        }
    }

    /// Asks it to stop and waits for its end; its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        self.signal("TERM");
        let mut child = self.child.take().unwrap();
        wait_for(&format!("{} to stop", self.name), || child.try_wait().unwrap()).code()
    }

    /// Whether it has ended by itself; it can be started again then.
    pub fn has_ended(&mut self) -> bool {
        let ended = self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some());
        if ended {
            self.child = None;
        }
        ended
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

fn is_ours(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    ["SLIPWAY_", "FAULT_"].iter().any(|prefix| name.starts_with(prefix))
        || name == "BROKER_URL"
        || name == "DATABASE_URL"
}

impl Fleet {
    /// A fleet with its Git service and nothing else yet. Leases and beats are short, so that a lost worker is noticed
    /// within seconds; tests run in processes and previews are compose files.
    pub fn new(place: Place) -> Self {
        let folder = TempDir::new().unwrap();
        let repositories_port = free_port();
        let environment = [
            ("SLIPWAY_LEASES__SECONDS", "3"),
            ("SLIPWAY_LEASES__UNCLAIMED_SECONDS", "2"),
            ("SLIPWAY_LEADER__SECONDS", "1.5"),
            ("SLIPWAY_LOG__FORMAT", "text"),
            ("SLIPWAY_LOG__FILTER", "info"),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let mut fleet =
            Self { place, folder, repositories_port, environment, processes: Vec::new(), restarts: 0 };
        fleet.start_repositories();
        fleet
    }

    /// Sets a variable of the processes that are added from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    fn start_repositories(&mut self) {
        let listen = format!("127.0.0.1:{}", self.repositories_port);
        let data = self.folder.path().join("repositories").display().to_string();
        self.processes.push(Process {
            name: "repositories".into(),
            program: "slipway-repositories",
            arguments: Vec::new(),
            environment: vec![
                ("SLIPWAY_REPOSITORIES__LISTEN".into(), listen),
                ("SLIPWAY_REPOSITORIES__DATA".into(), data),
                ("SLIPWAY_REPOSITORIES__TOKEN".into(), TOKEN.into()),
                ("SLIPWAY_HEALTH__LISTEN".into(), String::new()),
            ],
            log: self.folder.path().join("repositories.log"),
            child: None,
        });
        self.processes[0].start(&[]);
        let port = self.repositories_port;
        wait_for("the Git service", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
    }

    /// The bare repositories of the Git service, as they lie on the disk.
    pub fn repositories(&self) -> PathBuf {
        self.folder.path().join("repositories")
    }

    /// Where the Git service answers.
    pub fn repositories_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.repositories_port)
    }

    /// Adds a coordinator and starts it; the URL of its HTTP surface.
    pub fn coordinator(&mut self, name: &str, faults: &[(&str, &str)]) -> String {
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let environment = vec![
            ("DATABASE_URL".into(), self.place.database_url.clone()),
            ("BROKER_URL".into(), self.place.coordinator_url.clone()),
            ("SLIPWAY_API__LISTEN".into(), listen.clone()),
        ];
        self.add(name, "slipway-coordinator", Vec::new(), environment, faults);
        format!("http://{listen}")
    }

    /// Waits until the coordinator behind `api` leads: only then does it say yes to a task that is refused for its content
    /// and not for its being a standby.
    pub async fn ready(&self, api: &str) {
        eventually("the coordinator to lead", || async {
            let Ok(answer) = reqwest::get(format!("{api}/api/fleet")).await else { return false };
            answer.json().await.is_ok_and(|fleet: Value| !fleet["leader"].is_null())
        })
        .await;
    }

    /// Adds a worker of `agents` and starts it.
    pub fn worker(&mut self, name: &str, agents: &str, faults: &[(&str, &str)]) {
        let environment = vec![
            ("BROKER_URL".into(), self.place.worker_url.clone()),
            ("SLIPWAY_WORKER__NAME".into(), name.to_owned()),
            ("SLIPWAY_WORKER__BEAT_SECONDS".into(), "0.4".into()),
            ("SLIPWAY_WORKER__LEASE_SECONDS".into(), "3".into()),
        ];
        let arguments = vec!["--agents".to_owned(), agents.to_owned()];
        self.add(name, "slipway-worker", arguments, environment, faults);
    }

    fn add(
        &mut self,
        name: &str,
        program: &'static str,
        arguments: Vec<String>,
        mut environment: Vec<(String, String)>,
        faults: &[(&str, &str)],
    ) {
        let data = self.folder.path().join(name);
        std::fs::create_dir_all(&data).unwrap();
        environment.extend([
            ("SLIPWAY_REPOSITORIES__URL".to_owned(), self.repositories_url()),
            ("SLIPWAY_REPOSITORIES__TOKEN".to_owned(), TOKEN.to_owned()),
            ("SLIPWAY_DATA__DIR".to_owned(), data.display().to_string()),
            ("SLIPWAY_HEALTH__LISTEN".to_owned(), String::new()),
        ]);
        let shared = match program {
            "slipway-coordinator" => |name: &str| !name.starts_with("SLIPWAY_WORKER") && !is_sandbox(name),
            _ => |name: &str| !["SLIPWAY_LEASES", "SLIPWAY_LEADER"].iter().any(|it| name.starts_with(it)),
        };
        environment.extend(self.environment.iter().filter(|(name, _)| shared(name)).cloned());
        if program == "slipway-worker" {
            // Without Docker: a fault must not leave a container that only Docker's own commands find.
            environment.push(("SLIPWAY_SANDBOX__KIND".into(), "process".into()));
            environment.push(("DOCKER_HOST".into(), "unix:///nonexistent/docker.sock".into()));
        }
        let log = self.folder.path().join(format!("{name}.log"));
        let mut process =
            Process { name: name.to_owned(), program, arguments, environment, log, child: None };
        process.start(faults);
        self.processes.push(process);
    }

    /// The process called `name`.
    pub fn process(&mut self, name: &str) -> &mut Process {
        self.processes.iter_mut().find(|process| process.name == name).expect("it was added")
    }

    /// Starts every process again that has ended by itself; says how many.
    pub fn restart_ended(&mut self) -> usize {
        let ended: Vec<&mut Process> =
            self.processes.iter_mut().filter(|process| process.child.is_some()).collect();
        let mut restarted = 0;
        for process in ended {
            if process.has_ended() {
                process.start(&[]);
                restarted += 1;
            }
        }
        self.restarts += restarted;
        restarted
    }

    /// How often a process ended by itself and was started again.
    pub const fn restarts(&self) -> usize {
        self.restarts
    }

    /// Waits until `look` finds something; ended processes are started again meanwhile, as a supervisor would.
    #[track_caller]
    pub fn supervise<T>(&mut self, what: &str, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            self.restart_ended();
            if let Some(found) = look(self) {
                return found;
            }
            assert!(began.elapsed() < PATIENCE, "waited {PATIENCE:?} for {what}\n{}", self.logs());
            std::thread::sleep(Duration::from_millis(25));
        }
    }

    /// What every process has logged last.
    pub fn logs(&self) -> String {
        let tail = |text: &str| {
            text.lines().rev().take(25).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
        };
        let logs = self.processes.iter().map(|it| format!("---- {}\n{}", it.name, tail(&it.log())));
        logs.collect::<Vec<_>>().join("\n")
    }

    /// What lies in folders that must be empty when nothing is under way: spooled events and trees under test.
    pub fn leftovers(&self) -> Vec<PathBuf> {
        let lives = self
            .processes
            .iter()
            .flat_map(|process| entries(&self.folder.path().join(&process.name).join("lives")));
        lives
            .flat_map(|life| ["events", "work"].map(|folder| entries(&life.join(folder))))
            .flatten()
            .collect()
    }
}

fn is_sandbox(name: &str) -> bool {
    ["SLIPWAY_SANDBOX", "SLIPWAY_PREVIEW", "SLIPWAY_ENGINE"].iter().any(|it| name.starts_with(it))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
}

impl Drop for Fleet {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.logs());
        }
        for process in &mut self.processes {
            process.kill();
        }
    }
}

/// Reads JSON from the HTTP surface.
pub async fn get(url: &str) -> Value {
    let answer = reqwest::get(url).await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "GET {url}: {status} {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("GET {url}: {error}: {text}"))
}

/// Sends JSON to the HTTP surface; status and answer.
pub async fn post(url: &str, body: &Value) -> (u16, Value) {
    try_post(url, body).await.unwrap_or_else(|| panic!("POST {url}: nobody answered"))
}

/// Sends JSON to the HTTP surface; `None` when nobody answered, so that nobody knows what came of it.
pub async fn try_post(url: &str, body: &Value) -> Option<(u16, Value)> {
    let answer = reqwest::Client::new().post(url).json(body).send().await.ok()?;
    let status = answer.status().as_u16();
    let text = answer.text().await.ok()?;
    Some((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}
