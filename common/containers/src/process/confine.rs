//! What a process can be kept from on this host, and the command line that does it.
//!
//! The limits are set by a small shell script before the command, as they would otherwise need code that runs
//! between fork and exec. Namespaces are tried once and used where they work.

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::program::Limits;

/// Sets the limits, then runs the command as a child, so that a signal to it is seen as its exit code. A limit that
/// the host already holds lower is left as it is. Shells differ in the letter for processes: `-u`, or `-p` in dash.
///
/// Memory is limited by the data segment: by the address space, Node could not even start, as it reserves far more
/// than it uses.
const LIMITED: &str = r#"exec 2>&1
[ "$1" = net ] && ip link set lo up
ulimit -c 0
ulimit -n 1024 || :
ulimit -f "$2" || :
ulimit -d "$3" || :
ulimit -t "$4" || :
for flag in -u -p; do
  if (ulimit $flag "$5") 2>/dev/null; then ulimit $flag "$5"; break; fi
done
shift 5
"$@"
exit $?
"#;

/// Namespaces of its own for users, processes and network: nothing outlives the first process, and there is only a
/// loopback.
const WHOLE: &[&str] = &["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--net"];
/// The same without the network's, where the loopback cannot be brought up.
const PIDS: &[&str] = &["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"];

const PROBE: Duration = Duration::from_secs(5);

/// What a process was kept from, beside its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confinement {
    /// It had no network but its own loopback.
    pub no_network: bool,
    /// What it started could not outlive it, by the kernel's word. Otherwise it was looked for and killed.
    pub no_stragglers: bool,
    /// It ran as root on the host, where the number of its processes is not limited.
    pub as_root: bool,
}

/// What this host can do.
#[derive(Debug, Clone)]
pub(super) struct Confined {
    namespaces: &'static [&'static str],
    session: bool,
}

impl Confined {
    /// Finds out what works here, once for this process.
    pub(super) async fn probe() -> Self {
        static FOUND: OnceCell<Confined> = OnceCell::const_new();
        FOUND.get_or_init(find_out).await.clone()
    }

    pub(super) fn confinement(&self) -> Confinement {
        Confinement {
            no_network: self.has_own_network(),
            no_stragglers: !self.namespaces.is_empty(),
            as_root: rustix::process::geteuid().is_root(),
        }
    }

    /// Whether the command line makes a session; otherwise the caller makes a process group.
    pub(super) const fn own_session(&self) -> bool {
        self.session
    }

    fn has_own_network(&self) -> bool {
        self.namespaces.contains(&"--net")
    }

    /// The program to start and its arguments, for `command` within `limits`.
    pub(super) fn wrap(&self, limits: &Limits, command: &[String]) -> (OsString, Vec<OsString>) {
        let mut line: Vec<OsString> = Vec::new();
        if self.session {
            line.push("setsid".into());
        }
        line.extend(self.namespaces.iter().map(OsString::from));
        line.extend(["/bin/sh", "-c", LIMITED, "slipway"].map(OsString::from));
        line.extend(arguments(limits, self.has_own_network()).map(OsString::from));
        line.extend(command.iter().map(OsString::from));
        (line.remove(0), line)
    }
}

/// The script's own arguments: the network, then file size in 512-byte blocks, memory in KiB, processor seconds,
/// processes.
fn arguments(limits: &Limits, own_network: bool) -> [String; 5] {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
    let processors = limits.cpus.clamp(1.0, 1024.0).ceil() as u64;
    let seconds = limits.wall_clock.as_secs().saturating_add(1).saturating_mul(processors);
    let processes = u64::from(limits.pids).saturating_add(present_tasks());
    [
        if own_network { "net".into() } else { "host".into() },
        (limits.work_bytes / 512).to_string(),
        (limits.memory / 1024).to_string(),
        seconds.to_string(),
        processes.to_string(),
    ]
}

/// How many processes and threads this user has already: on older kernels the limit counts them too.
fn present_tasks() -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let own = rustix::process::geteuid().as_raw();
    let Ok(processes) = std::fs::read_dir("/proc") else { return 1024 };
    let mine = processes.flatten().filter(|entry| entry.metadata().is_ok_and(|about| about.uid() == own));
    mine.filter_map(|entry| std::fs::read_dir(entry.path().join("task")).ok())
        .map(|tasks| tasks.count() as u64)
        .sum()
}

async fn find_out() -> Confined {
    let session = works(&["setsid"], "true").await;
    let mut namespaces: &[&str] = &[];
    if works(WHOLE, "ip link set lo up").await {
        namespaces = WHOLE;
    } else if works(PIDS, "true").await {
        namespaces = PIDS;
    }
    Confined { namespaces, session }
}

async fn works(prefix: &[&str], script: &str) -> bool {
    let mut command = Command::new(prefix[0]);
    command.args(&prefix[1..]).args(["/bin/sh", "-c", script]).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    matches!(tokio::time::timeout(PROBE, command.status()).await, Ok(Ok(status)) if status.success())
}
