//! Runs the `slipway` program as a person would, with a data directory of its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::docker;

/// How long anything may take that a test waits for.
pub const PATIENCE: Duration = Duration::from_mins(3);

/// The command line's file.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| program("slipway"))
}

/// The file of the program `name`. The first call builds all programs together, with the profile that the tests have
/// and with their fault points.
pub fn program(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let folder = test.ancestors().find(|folder| folder.join("deps").is_dir()).unwrap().to_owned();
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--locked", "--workspace", "--bins"]).current_dir(workspace());
        build.arg("--target-dir").arg(folder.parent().unwrap());
        // What cargo tells a test of its package would look like another environment to build scripts, and have
        // half of the tree compiled anew.
        let of_the_package =
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        for (name, _) in std::env::vars_os() {
            if of_the_package.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
                build.env_remove(name);
            }
        }
        if folder.file_name().is_some_and(|name| name == "release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "the programs could not be built");
        folder
    });
    folder.join(name)
}

/// The workspace's root.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The program with a data directory of its own. Dropping it stops its previews and checks that nothing is left.
#[derive(Debug)]
pub struct Slipway {
    data: TempDir,
    docker: bool,
    environment: Vec<(OsString, OsString)>,
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Ended {
    /// Its last line of output, as JSON.
    pub fn last_json(&self) -> Value {
        let line =
            self.out.lines().last().unwrap_or_else(|| panic!("no output; standard error: {}", self.err));
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Panics with all that was printed unless the exit code is `code`.
    #[expect(clippy::return_self_not_must_use, reason = "often only the check is wanted")]
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "standard output:\n{}\nstandard error:\n{}", self.out, self.err);
        self
    }
}

impl Slipway {
    /// The program as it is on a machine with Docker.
    #[must_use]
    pub fn with_docker() -> Self {
        docker::require();
        Self::new(true)
    }

    /// The program as it is on a machine without Docker.
    #[must_use]
    pub fn without_docker() -> Self {
        let mut slipway = Self::new(false);
        slipway.set("DOCKER_HOST", "unix:///nonexistent/docker.sock");
        slipway
    }

    fn new(docker: bool) -> Self {
        Self { data: TempDir::new().unwrap(), docker, environment: Vec::new() }
    }

    /// Sets a variable for every later call.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.environment.push((name.into(), value.into()));
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The data directory's id.
    pub fn owner(&self) -> String {
        std::fs::read_to_string(self.data().join("owner")).unwrap_or_default()
    }

    /// The command, not started yet.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(args)
            .env("SLIPWAY_DATA_DIR", self.data())
            .env("XDG_CONFIG_HOME", self.data().join("config"));
        command.envs(self.environment.iter().cloned()).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, args: &[&str]) -> Ended {
        let output = self.command(args).output().unwrap();
        Ended {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Starts the program and lets it run; what it prints is thrown away.
    pub fn start(&self, args: &[&str]) -> Child {
        let mut command = self.command(args);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// The journal of the only task of this data directory, once there is one.
    pub fn journal(&self) -> PathBuf {
        wait_for("a journal", || {
            let runs = std::fs::read_dir(self.data().join("runs")).ok()?;
            runs.filter_map(Result::ok).map(|entry| entry.path().join("journal")).find(|path| path.exists())
        })
    }

    /// Waits until the only task's journal has `records` whole records.
    pub fn wait_for_records(&self, records: usize) {
        wait_for("records", || {
            let bytes = std::fs::read(self.journal()).ok()?;
            (bytes.split(|byte| *byte == b'\n').count() > records).then_some(())
        });
    }
}

impl Drop for Slipway {
    fn drop(&mut self) {
        if !self.docker {
            return;
        }
        let owner = self.owner();
        if owner.is_empty() {
            return;
        }
        let left = docker::sandboxes(&owner);
        docker::remove_all(&owner);
        let work: Vec<_> = std::fs::read_dir(self.data().join("work")).into_iter().flatten().collect();
        if !std::thread::panicking() {
            assert_eq!(left, Vec::<String>::new(), "sandboxes are left on Docker");
            assert!(work.is_empty(), "worktrees are left: {work:?}");
        }
    }
}

/// Waits, with a bound, until `look` finds something.
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited {PATIENCE:?} for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Runs a program and returns its output; it must succeed.
#[track_caller]
pub fn succeed(program: &str, args: &[&str], folder: &Path) -> String {
    let output = Command::new(program).args(args).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {args:?} failed: {err}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
