//! Running tests of generated code as a process of the host, where there is no container engine.
//!
//! This is the weaker way, and it is not isolation. The command sees the host's files with the rights of whoever
//! runs the worker; it has no network only where user namespaces allow it (the [`Confinement`] tells); memory is
//! limited for each process and not in sum; a worker that runs as root has no limit on processes. What is kept: a
//! clean environment, resource limits, a wall clock, a log that cannot grow, and an end of all that was started.
//!
//! Open `process/confine.rs` for the limits, `process/stragglers.rs` for what tries to get away.

mod confine;
mod outputs;
mod stragglers;

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use slipway_protocol::evidence::Exit;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::program::{Finished, Layout, Program};
use crate::stream::{BundleError, CappedLog, bundle};

use confine::Confined;
pub use confine::Confinement;
use stragglers::Group;

/// How long the last output may take to arrive once everything has ended.
const DRAIN: Duration = Duration::from_secs(2);

/// A process that could not be run to an end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The tree or our files cannot be taken.
    #[error("the files for the process are not taken")]
    Files(#[from] BundleError),
    /// The folder cannot be filled.
    #[error("the files for the process cannot be written to {folder}")]
    Unpack {
        /// The folder.
        folder: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The command cannot be started.
    #[error("the command cannot be started; `sh` is needed")]
    Start(#[source] std::io::Error),
    /// Its end was not seen.
    #[error("the end of the command was not seen")]
    Wait(#[source] std::io::Error),
    /// It was cancelled.
    #[error("the process was cancelled")]
    Cancelled,
}

impl Error {
    /// Whether another attempt may succeed.
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Unpack { .. } | Self::Start(_) | Self::Wait(_))
    }
}

/// How a process ended, and what it was kept from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// How it ended.
    pub finished: Finished,
    /// What it was kept from.
    pub confinement: Confinement,
}

/// Runs `program` in `folder`, which should be empty and is the caller's to remove: the tree and our files go where
/// [`Layout::under`] says. Nothing that it started is left when this returns or is dropped, as far as can be.
pub async fn run(
    program: &Program,
    folder: &Path,
    cancel: &CancellationToken,
    on_log: &mut (dyn FnMut(&[u8]) + Send),
) -> Result<Ran, Error> {
    unpack(program, folder).await?;
    let confined = Confined::probe().await;
    let token = stragglers::token(folder);
    let mut child = start(program, folder, &confined, &token).map_err(Error::Start)?;
    let group = Group::of(&child, token);
    let stdout = child.stdout.take();
    let mut log = CappedLog::new(program.limits.log_bytes);
    let started = Instant::now();
    let ended = tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Error::Cancelled),
        ended = observe(program, &mut child, stdout, &group, &mut log, on_log) => ended,
    };
    drop(group); // kills what is left
    let exit = ended?;
    let duration = started.elapsed();
    let outputs = outputs::read(folder, &program.outputs, program.limits.output_bytes);
    let (log, log_truncated) = log.finish();
    let finished = Finished { exit, log, log_truncated, outputs, duration };
    Ok(Ran { finished, confinement: confined.confinement() })
}

async fn unpack(program: &Program, folder: &Path) -> Result<(), Error> {
    let files = bundle(&program.tree, &program.extra)?;
    let target = folder.to_owned();
    let unpacked = tokio::task::spawn_blocking(move || {
        for needed in ["work", "home", "tmp"] {
            std::fs::create_dir_all(target.join(needed))?;
        }
        let mut archive = tar::Archive::new(files.as_slice());
        archive.set_preserve_mtime(false);
        archive.unpack(&target)
    });
    let result = unpacked.await.unwrap_or_else(|panic| Err(std::io::Error::other(panic)));
    result.map_err(|source| Error::Unpack { folder: folder.display().to_string(), source })
}

fn start(program: &Program, folder: &Path, confined: &Confined, token: &str) -> std::io::Result<Child> {
    let (wrapper, arguments) = confined.wrap(&program.limits, &program.command);
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    let mut command = Command::new(wrapper);
    command.args(arguments).current_dir(Layout::under(folder).work);
    command.env_clear().env("PATH", path).envs([("TZ", "UTC"), ("LANG", "C.UTF-8"), ("CI", "true")]);
    command.env("HOME", folder.join("home")).env("TMPDIR", folder.join("tmp"));
    command.envs(program.env.iter().map(|(key, value)| (key, value))).env(stragglers::TOKEN, token);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    if !confined.own_session() {
        command.process_group(0);
    }
    command.spawn()
}

/// Reads what it prints until it ends, by itself or by the wall clock.
async fn observe(
    program: &Program,
    child: &mut Child,
    stdout: Option<ChildStdout>,
    group: &Group,
    log: &mut CappedLog,
    on_log: &mut (dyn FnMut(&[u8]) + Send),
) -> Result<Exit, Error> {
    let limit = program.limits.wall_clock;
    let mut printing = std::pin::pin!(print(stdout, log, on_log));
    let ended = async {
        // The command's end is what counts: something that got away may hold its output open.
        tokio::select! {
            biased;
            status = child.wait() => (status, false),
            () = &mut printing => (child.wait().await, true),
        }
    };
    let outcome = tokio::time::timeout(limit, ended).await;
    group.kill();
    match outcome {
        Ok((status, true)) => status.map(exit).map_err(Error::Wait),
        Ok((status, false)) => {
            let _ = tokio::time::timeout(DRAIN, &mut printing).await;
            status.map(exit).map_err(Error::Wait)
        }
        Err(_) => {
            child.wait().await.map_err(Error::Wait)?;
            let _ = tokio::time::timeout(DRAIN, &mut printing).await;
            Ok(Exit::TimedOut { limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX) })
        }
    }
}

async fn print(stdout: Option<ChildStdout>, log: &mut CappedLog, on_log: &mut (dyn FnMut(&[u8]) + Send)) {
    let Some(mut stdout) = stdout else { return };
    let mut piece = vec![0; 32 * 1024];
    while let Ok(size) = stdout.read(&mut piece).await {
        if size == 0 {
            break;
        }
        log.push(&piece[..size]);
        on_log(&piece[..size]);
    }
}

/// A shell's reading of an end by a signal: 128 and the signal's number.
fn exit(status: ExitStatus) -> Exit {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    Exit::Code { code: i64::from(code) }
}
