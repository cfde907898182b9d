//! How the `git` program is run: with nothing of this machine's configuration or environment, no hooks, in a process
//! group of its own. Pure; `exchange.rs` starts it.

use std::fmt;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::config::Limits;

/// The settings of every run. `core.fsync=all`: what a push was told is accepted is on the disk, references too; Git's
/// own choice leaves out those. `autoDetach=false`: tidying up is part of the push that brings it about, so that no
/// process outlives its request.
const CONFIG: [&str; 13] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.fsync=all",
    "core.filesRefLockTimeout=2000",
    "uploadpack.allowAnySHA1InWant=true",
    "receive.denyNonFastForwards=true",
    "receive.denyDeletes=true",
    "receive.autogc=true",
    "receive.advertisePushOptions=false",
    "transfer.fsckObjects=true",
    "gc.autoDetach=false",
    "maintenance.autoDetach=false",
    "protocol.allow=never",
];

/// Git's two programs for a far end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// What a fetch speaks to.
    UploadPack,
    /// What a push speaks to.
    ReceivePack,
}

impl Service {
    /// Reads `git-upload-pack` or `git-receive-pack`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "git-upload-pack" => Some(Self::UploadPack),
            "git-receive-pack" => Some(Self::ReceivePack),
            _ => None,
        }
    }

    const fn subcommand(self) -> &'static str {
        match self {
            Self::UploadPack => "upload-pack",
            Self::ReceivePack => "receive-pack",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "git-{}", self.subcommand())
    }
}

/// Serves one request of `service` from standard input to standard output.
pub(crate) fn serve(limits: &Limits, service: Service, repository: &Path, protocol: Option<&str>) -> Command {
    service_command(limits, service, repository, protocol, &["--stateless-rpc"])
}

/// Says what the repository has and what the program can.
pub(crate) fn advertise(
    limits: &Limits,
    service: Service,
    repository: &Path,
    protocol: Option<&str>,
) -> Command {
    service_command(limits, service, repository, protocol, &["--stateless-rpc", "--http-backend-info-refs"])
}

/// Makes an empty bare repository.
pub(crate) fn init(git: &Path, path: &Path) -> Command {
    let mut command = hardened(git);
    command.args(["init", "--quiet", "--bare", "--template=", "--initial-branch=main", "--"]).arg(path);
    command.stdin(Stdio::null());
    command
}

fn service_command(
    limits: &Limits,
    service: Service,
    repository: &Path,
    protocol: Option<&str>,
    arguments: &[&str],
) -> Command {
    let mut command = hardened(&limits.git);
    command.arg("-c").arg(format!("receive.maxInputSize={}", limits.push));
    command.arg(service.subcommand()).args(arguments).arg(repository);
    if let Some(version) = protocol.filter(|text| is_version(text)) {
        command.env("GIT_PROTOCOL", version);
    }
    command
}

fn hardened(git: &Path) -> Command {
    let mut command = Command::new(git);
    for setting in CONFIG {
        command.args(["-c", setting]);
    }
    command.env_clear().env("LC_ALL", "C").env("HOME", "/nonexistent");
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_ATTR_NOSYSTEM", "1");
    command.env("GIT_TERMINAL_PROMPT", "0");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    command
}

/// Whether a client's `Git-Protocol` is one that Git sends.
fn is_version(text: &str) -> bool {
    matches!(text, "version=0" | "version=1" | "version=2")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn nothing_of_the_machine_and_nothing_of_the_client_but_a_known_version_is_passed_on() {
        let limits =
            Limits { push: 5, total: Duration::ZERO, idle: Duration::ZERO, processes: 1, git: "git".into() };
        let command = serve(&limits, Service::ReceivePack, Path::new("/data/a.git"), Some("version=2;x=y"));
        let command = command.as_std();
        let names: Vec<_> = command.get_envs().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
        assert!(!names.contains(&"GIT_PROTOCOL".to_owned()), "{names:?}");
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
        assert!(arguments.ends_with(&[
            "receive-pack".into(),
            "--stateless-rpc".into(),
            "/data/a.git".into()
        ]));
        assert!(arguments.iter().any(|argument| argument == "receive.maxInputSize=5"));
        let command = advertise(&limits, Service::UploadPack, Path::new("/data/a.git"), Some("version=2"));
        assert!(command.as_std().get_envs().any(|(name, _)| name == "GIT_PROTOCOL"));
    }
}
