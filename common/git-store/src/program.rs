//! Running the `git` program for network origins: inside our own bare repository, without a shell, with nothing of
//! this machine's configuration or environment but what reaching a host needs.
//!
//! Open `network.rs` and `shared.rs` for what it is run for. Rules: `core.hooksPath` and `core.fsmonitor` off; every
//! protocol but https and ssh (for the fleet's own service: but its one) off, both by configuration and by
//! `GIT_ALLOW_PROTOCOL`, which a repository's configuration cannot undo; no prompts; secrets in the environment alone;
//! bounded time and output; the whole process group is killed when the time is over.

use std::ffi::OsString;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::runtime::Handle;

use crate::error::{Error, Result, shown};
use crate::lock::Lock;
use crate::remote::Remote;
use crate::repository::Place;

/// How much of each output is kept, in bytes.
const MAX_OUTPUT: usize = 64 * 1024;

const CONFIG: [&str; 19] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.askPass=",
    "credential.interactive=false",
    "protocol.allow=never",
    "protocol.https.allow=always",
    "protocol.ssh.allow=always",
    "protocol.ext.allow=never",
    "protocol.file.allow=never",
    "safe.bareRepository=explicit",
    "transfer.fsckObjects=true",
    "submodule.recurse=false",
    "push.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.followRedirects=initial",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
];

/// What any run of the program needs of our own environment.
const PASSED_ON: [&str; 3] = ["PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/// What reaching an origin may need besides.
const PASSED_ON_TO_ORIGINS: [&str; 8] = [
    "SSH_AUTH_SOCK",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
];

/// Whom the program is to reach, and so what it may speak and know.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reach<'a> {
    /// A person's repository, as the operator has set the machine up for it.
    Origin,
    /// The fleet's own service: directly, with its token, without following it elsewhere.
    Shared(&'a Remote),
}

impl Reach<'_> {
    fn protocols(self) -> &'static str {
        match self {
            Self::Origin => "https:ssh",
            Self::Shared(remote) => remote.protocol(),
        }
    }

    /// Settings beyond [`CONFIG`], for the environment.
    fn settings(self) -> Vec<(String, String)> {
        let Self::Shared(remote) = self else { return Vec::new() };
        let mut settings = remote.secret_settings();
        settings.push((format!("protocol.{}.allow", remote.protocol()), "always".to_owned()));
        settings
    }
}

/// What a program said and whether it was content.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// The last lines that tell a person why it failed, escaped.
    pub(crate) fn reason(&self) -> String {
        let lines: Vec<&str> = self.stderr.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines[lines.len().saturating_sub(4)..].join("; ");
        if last.is_empty() { "git gave no reason".to_owned() } else { shown(&last, 600) }
    }
}

/// Runs `git` with `arguments` under the repository's lock. `doing` and `origin` name it in errors. Where `reach` is the
/// fleet's service, no argument may be another URL than one of its.
///
/// Only to be called on a blocking thread: it waits.
pub(crate) fn git(
    place: &Place,
    lock: &Lock,
    (doing, origin): (&'static str, &str),
    reach: Reach<'_>,
    arguments: &[String],
) -> Result<Output> {
    let mut command = command(place, reach, arguments);
    command.stdin(lock.stdin()?);
    let limit = place.settings.network_timeout;
    Handle::current().block_on(async {
        let started = command.spawn();
        let program = place.settings.git.clone();
        let mut child = started.map_err(|source| Error::StartingGit { program, source })?;
        let ended = tokio::time::timeout(limit, output(&mut child)).await;
        if let Ok(output) = ended {
            return output.map_err(|source| Error::files("running git in", &place.path, source));
        }
        stop(&mut child).await;
        Err(Error::TimedOut { doing, origin: origin.to_owned(), limit })
    })
}

fn command(place: &Place, reach: Reach<'_>, arguments: &[String]) -> Command {
    let mut command = Command::new(&place.settings.git);
    command.args(hardened(place, reach)).args(arguments).current_dir(&place.path).env_clear();
    let is_origin = matches!(reach, Reach::Origin);
    for name in PASSED_ON.iter().chain(PASSED_ON_TO_ORIGINS.iter().filter(|_| is_origin)) {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    // A configuration file of the operator's may name helpers that look for their own files at home.
    let config = place.settings.config_file.clone().filter(|_| is_origin);
    let home = config.as_ref().and_then(|_| std::env::var_os("HOME"));
    command.env("HOME", home.unwrap_or_else(|| place.path.clone().into_os_string()));
    let config = config.unwrap_or_else(|| "/dev/null".into());
    command.env("GIT_CONFIG_GLOBAL", config).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_ATTR_NOSYSTEM", "1");
    set(&mut command, &reach.settings());
    command.env("GIT_ALLOW_PROTOCOL", reach.protocols()).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    command.env("GIT_SSH_COMMAND", &place.settings.ssh).env("SSH_ASKPASS_REQUIRE", "never");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
    command
}

/// Gives settings by the environment, where no other user of the machine can read them.
fn set(command: &mut Command, settings: &[(String, String)]) {
    command.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (at, (key, value)) in settings.iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{at}"), key).env(format!("GIT_CONFIG_VALUE_{at}"), value);
    }
}

/// The arguments before the subcommand.
fn hardened(place: &Place, reach: Reach<'_>) -> Vec<OsString> {
    let mut git_dir = OsString::from("--git-dir=");
    git_dir.push(&place.path);
    let mut arguments = vec![git_dir, OsString::from("--no-pager")];
    for setting in CONFIG {
        arguments.extend(["-c".into(), setting.into()]);
    }
    if matches!(reach, Reach::Shared(_)) {
        arguments.extend(["-c".into(), "http.followRedirects=false".into()]);
    }
    arguments
}

async fn output(child: &mut Child) -> std::io::Result<Output> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr, status) = tokio::join!(capped(stdout), capped(stderr), child.wait());
    Ok(Output { success: status?.success(), stdout: stdout?, stderr: stderr? })
}

/// Reads to the end and keeps the beginning, so that a chatty program neither fills memory nor waits for a reader.
async fn capped(pipe: Option<impl AsyncRead + Unpin>) -> std::io::Result<String> {
    let Some(mut pipe) = pipe else { return Ok(String::new()) };
    let mut kept = Vec::new();
    let mut chunk = vec![0_u8; 8192];
    loop {
        let count = pipe.read(&mut chunk).await?;
        if count == 0 {
            return Ok(String::from_utf8_lossy(&kept).into_owned());
        }
        let room = MAX_OUTPUT.saturating_sub(kept.len()).min(count);
        kept.extend_from_slice(&chunk[..room]);
    }
}

/// Kills the program and all that it started, and waits for its end.
async fn stop(child: &mut Child) {
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(group) = group {
        // It may have ended in this very moment.
        let _ = kill_process_group(group, Signal::KILL);
    }
    if let Err(error) = child.kill().await {
        tracing::warn!(%error, "could not stop git");
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use super::*;
    use crate::store::Settings;

    fn place(settings: Settings) -> Place {
        Place {
            path: PathBuf::from("/data/x.git"),
            lock: PathBuf::from("/data/locks/x"),
            origin: None,
            shared: None,
            settings: Arc::new(settings),
        }
    }

    #[test]
    fn every_program_runs_hardened_in_our_own_repository() {
        let place = place(Settings::default());
        let command = command(&place, Reach::Origin, &["fetch".to_owned()]);
        let command = command.as_std();
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
        assert_eq!(arguments[0], "--git-dir=/data/x.git");
        assert_eq!(arguments.last().unwrap(), "fetch");
        for wanted in ["core.hooksPath=/dev/null", "core.fsmonitor=false", "protocol.ext.allow=never"] {
            let at = arguments.iter().position(|argument| argument == wanted).expect(wanted);
            assert_eq!(arguments[at - 1], "-c");
        }
        assert_eq!(command.get_current_dir(), Some(place.path.as_path()));
    }

    #[test]
    fn nothing_of_this_machine_is_read_unless_the_operator_names_a_file() {
        let value = |place: &Place, name: &str| {
            let command = command(place, Reach::Origin, &[]);
            let found = command.as_std().get_envs().find(|(key, _)| *key == name);
            found.and_then(|(_, value)| value).map(|value| value.to_string_lossy().into_owned())
        };
        let strict = place(Settings::default());
        assert_eq!(value(&strict, "GIT_CONFIG_GLOBAL").as_deref(), Some("/dev/null"));
        assert_eq!(value(&strict, "HOME").as_deref(), Some("/data/x.git"));
        assert_eq!(value(&strict, "GIT_ALLOW_PROTOCOL").as_deref(), Some("https:ssh"));
        assert_eq!(value(&strict, "GIT_TERMINAL_PROMPT").as_deref(), Some("0"));
        assert_eq!(value(&strict, "GIT_EXTERNAL_DIFF"), None);
        let named = place(Settings { config_file: Some("/etc/slipway/git".into()), ..Settings::default() });
        assert_eq!(value(&named, "GIT_CONFIG_GLOBAL").as_deref(), Some("/etc/slipway/git"));
    }
    #[test]
    fn the_fleets_token_goes_by_the_environment_alone() {
        let remote = Remote::new("http://repositories:8002", Some("secret-1".to_owned())).unwrap();
        let place = place(Settings { config_file: Some("/etc/slipway/git".into()), ..Settings::default() });
        let command = command(&place, Reach::Shared(&remote), &["fetch".to_owned()]);
        let command = command.as_std();
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
        assert!(arguments.iter().all(|argument| !argument.contains("secret-1")), "{arguments:?}");
        assert!(arguments.iter().any(|argument| argument == "http.followRedirects=false"));
        let value = |name: &str| {
            let found = command.get_envs().find(|(key, _)| *key == name);
            found.and_then(|(_, value)| value).map(|value| value.to_string_lossy().into_owned())
        };
        assert_eq!(value("GIT_CONFIG_KEY_0").as_deref(), Some("http.http://repositories:8002/.extraHeader"));
        assert_eq!(value("GIT_CONFIG_VALUE_0").as_deref(), Some("Authorization: Bearer secret-1"));
        assert_eq!(value("GIT_ALLOW_PROTOCOL").as_deref(), Some("http"));
        assert_eq!(value("GIT_CONFIG_GLOBAL").as_deref(), Some("/dev/null"));
        assert_eq!(value("http_proxy"), None);
    }
}
