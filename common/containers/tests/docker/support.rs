//! What each test begins with: an engine, an owner of its own, and the certainty that nothing is left at the end.

use std::time::Duration;

use slipway_containers::sandbox::{self, Job};
use slipway_containers::{Docker, Finished, Image, Kind, Labels, Limits, Program, sweep};
use slipway_protocol::evidence::Exit;
use slipway_protocol::{ExecutionId, Incarnation, Lease, TaskId};
use slipway_runtime::{Clock as _, SystemClock};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;

pub(crate) const PYTHON: &str = "python:3.13-slim";
pub(crate) const DEBIAN: &str = "debian:trixie-slim";
pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);
const MIB: u64 = 1024 * 1024;

pub(crate) struct Bench {
    pub(crate) docker: Docker,
    pub(crate) labels: Labels,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let docker = Docker::connect().await.expect("these tests need a container engine: start dockerd");
        let labels = Labels {
            task: TaskId::new(SystemClock.new_id()),
            execution: ExecutionId::new(SystemClock.new_id()),
            lease: Lease::FIRST,
            incarnation: Incarnation::new(SystemClock.new_id()),
            owner: SystemClock.new_id().to_string(),
        };
        Self { docker, labels }
    }

    pub(crate) async fn image(&self, name: &str) -> Image {
        self.docker.image(name, false, &mut |_| {}).await.expect("these tests need the image; pull it")
    }

    /// A job that runs `script` in a shell.
    pub(crate) async fn job(&self, image: &str, script: &str) -> Job {
        let program = Program { command: shell(script), limits: small(), ..Program::default() };
        Job { labels: self.labels.clone(), image: self.image(image).await, program, dependencies: None }
    }

    pub(crate) async fn run(&self, job: &Job) -> Result<Finished, sandbox::Error> {
        sandbox::run(&self.docker, job, &CancellationToken::new(), &mut |_| {}).await
    }

    /// Runs `script` and gives what it printed.
    pub(crate) async fn print(&self, image: &str, script: &str) -> String {
        let finished = self.run(&self.job(image, script).await).await.unwrap();
        assert_eq!(finished.exit, Exit::Code { code: 0 }, "{}", text(&finished));
        text(&finished)
    }

    /// The containers and volumes that this test's owner has, whatever they are.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let label = format!("label=slipway.owner={}", self.labels.owner);
        let lists: [&[&str]; 4] =
            [&["ps", "-aq"], &["volume", "ls", "-q"], &["images", "-aq"], &["network", "ls", "-q"]];
        lists
            .iter()
            .flat_map(|list| docker_cli(&[list, &["--filter", label.as_str()][..]].concat()))
            .collect()
    }

    /// The test is over: nothing may be left.
    pub(crate) async fn done(&self) {
        assert!(self.docker.settled(Duration::from_mins(1)).await);
        assert_eq!(self.leftovers(), Vec::<String>::new());
    }

    /// Sweeps all of this test's owner.
    pub(crate) async fn sweep_all(&self) -> sweep::Swept {
        sweep::sweep(&self.docker, &self.labels.owner, NOW, &|_: Kind, _: &Labels| false).await.unwrap()
    }
}

impl Drop for Bench {
    /// A test that failed half-way leaves nothing either.
    fn drop(&mut self) {
        let owner = self.labels.owner.clone();
        let swept = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let docker = Docker::connect().await.unwrap();
                sweep::sweep(&docker, &owner, NOW, &|_, _| false).await.unwrap();
            });
        });
        let _ = swept.join();
    }
}

pub(crate) fn docker_cli(arguments: &[&str]) -> Vec<String> {
    let output = std::process::Command::new("docker").args(arguments).output().expect("the docker program");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

pub(crate) fn shell(script: &str) -> Vec<String> {
    ["sh", "-c", script].map(str::to_owned).to_vec()
}

pub(crate) fn small() -> Limits {
    Limits {
        memory: 128 * MIB,
        pids: 32,
        wall_clock: Duration::from_mins(1),
        log_bytes: 64 * 1024,
        work_bytes: 16 * MIB,
        output_bytes: MIB,
        ..Limits::default()
    }
}

pub(crate) fn text(finished: &Finished) -> String {
    String::from_utf8_lossy(&finished.log).into_owned()
}

/// A tar archive of regular files.
pub(crate) fn tree(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, path, content.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap()
}

/// Waits for a condition, at most a minute.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("waited in vain until {what}");
}
