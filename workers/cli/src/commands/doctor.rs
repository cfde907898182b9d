//! `slipway doctor`: what this machine lacks, each check with a stable id, a cause and the next command.
//!
//! Nothing is made or changed here. Open `doctor/broker.rs` for the checks of a fleet's broker.

mod broker;

use std::path::Path;
use std::process::Command;

use serde::Serialize;
use slipway_containers::Docker;
use slipway_protocol::plan::Language;

use crate::args::{DoctorArgs, Global};
use crate::exit::{Exit, Outcome};
use crate::{environment, output};

/// Less free space than this is worth a warning, in bytes.
const LITTLE_SPACE: u64 = 2 << 30;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Pass,
    Warn,
    Fail,
}

/// One check.
#[derive(Debug, Serialize)]
struct Check {
    id: &'static str,
    status: Status,
    finding: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl Check {
    fn pass(id: &'static str, finding: impl Into<String>) -> Self {
        Self { id, status: Status::Pass, finding: finding.into(), next: None }
    }

    fn problem(id: &'static str, status: Status, finding: impl Into<String>, next: &str) -> Self {
        Self { id, status, finding: finding.into(), next: Some(next.into()) }
    }
}

pub(super) async fn run(args: &DoctorArgs, global: &Global) -> Outcome {
    let docker = Docker::connect().await;
    let languages = environment::local_languages().await;
    let mut checks = vec![configuration(global), git(), docker_check(docker.as_ref())];
    checks.push(interpreters(docker.is_ok(), &languages));
    if let Ok(docker) = &docker {
        checks.extend(images(docker).await);
    }
    checks.extend(data_dir(global));
    if let Some(url) = args.broker.as_deref().filter(|url| !url.is_empty()) {
        checks.extend(broker::checks(url).await);
    }
    output::list(global.json, &checks, "", |check| {
        let mark = match check.status {
            Status::Pass => "ok  ",
            Status::Warn => "warn",
            Status::Fail => "FAIL",
        };
        let next = check.next.as_ref().map(|next| format!("\n     {:<15} → {next}", "")).unwrap_or_default();
        format!("{mark} {:<15} {}{next}", check.id, check.finding)
    })?;
    let failed = checks.iter().any(|check| check.status == Status::Fail);
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

fn configuration(global: &Global) -> Check {
    match environment::settings(global) {
        Ok(_) => Check::pass("configuration", "every setting is valid"),
        Err(failure) => Check::problem(
            "configuration",
            Status::Fail,
            failure.message,
            "mend the setting that is named; docs/reference/configuration.md lists them",
        ),
    }
}

/// The git program is needed for repositories behind a URL and for cloning results; local work does without.
fn git() -> Check {
    let output = Command::new("git").arg("--version").output().ok().filter(|output| output.status.success());
    if let Some(output) = output {
        return Check::pass("git", String::from_utf8_lossy(&output.stdout).trim());
    }
    let finding = "the git program is missing: repositories behind a URL cannot be used";
    Check::problem("git", Status::Warn, finding, "apt-get install git")
}

fn docker_check(docker: Result<&Docker, &slipway_containers::docker::Unavailable>) -> Check {
    match docker {
        Ok(docker) => Check::pass("docker", format!("engine {}", docker.version())),
        Err(error) => Check::problem(
            "docker",
            Status::Warn,
            format!(
                "{}; tests run as plain processes and previews are compose files",
                slipway_worker::chain(error)
            ),
            "start Docker, or install it: https://docs.docker.com/engine/install/",
        ),
    }
}

fn interpreters(docker: bool, languages: &[Language]) -> Check {
    let names: Vec<&str> = languages.iter().map(|language| language.as_str()).collect();
    match (languages.is_empty(), docker) {
        (false, _) => {
            Check::pass("interpreters", format!("{} can run tests without Docker", names.join(" and ")))
        }
        (true, true) => Check::pass("interpreters", "none, and none is needed while Docker answers"),
        (true, false) => Check::problem(
            "interpreters",
            Status::Fail,
            "neither Docker nor python3 (3.9 or newer) nor node (18.19 or newer) is here, so no test can run",
            "apt-get install python3",
        ),
    }
}

async fn images(docker: &Docker) -> Vec<Check> {
    let mut checks = Vec::new();
    for image in ["python:3.13-slim", "node:20-slim"] {
        checks.push(match docker.image(image, false, &mut |_| {}).await {
            Ok(_) => Check::pass("image", format!("{image} is here")),
            Err(slipway_containers::docker::Error::NoImage { .. }) => {
                let finding = format!("{image} is not here yet; the first run pulls it");
                Check::problem("image", Status::Warn, finding, &format!("docker pull {image}"))
            }
            Err(error) => Check::problem("image", Status::Fail, slipway_worker::chain(&error), "docker info"),
        });
    }
    checks
}

fn data_dir(global: &Global) -> Vec<Check> {
    let layout = match environment::layout(global) {
        Ok(layout) => layout,
        Err(failure) => {
            let next = "name a directory that you can write to with --data-dir";
            return vec![Check::problem("data-directory", Status::Fail, failure.message, next)];
        }
    };
    let root = layout.root();
    vec![Check::pass("data-directory", root.display().to_string()), space(root)]
}

fn space(root: &Path) -> Check {
    match free_bytes(root) {
        Some(free) if free < LITTLE_SPACE => {
            let finding = format!("{} MiB are free in {}", free >> 20, root.display());
            Check::problem("disk", Status::Warn, finding, "free some space, or name another --data-dir")
        }
        Some(free) => Check::pass("disk", format!("{} GiB are free", free >> 30)),
        None => Check::problem("disk", Status::Warn, "the free space cannot be read", "df -h"),
    }
}

fn free_bytes(path: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(path).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}
