//! Where tests run: in containers, or in limited processes. Decided once for all of a job's commands.

use std::path::PathBuf;

use slipway_containers::prepare::{self, Prepare};
use slipway_containers::sandbox::{self, Job};
use slipway_containers::{Docker, Finished, Image, Labels, Layout, Limits, Program, process};
use slipway_protocol::event::Cause;
use slipway_protocol::evidence::Place;
use slipway_protocol::plan::TestCommand;
use slipway_protocol::work::TestJob;

use super::command::{UNITTEST_WRITER, reporting};
use super::{Ran, interpreter_version};
use crate::error::Failure;
use crate::hands::{Context, Sandbox, Setup};

/// The engine whose code may run without a container unasked: it is Slipway's own.
const OWN_ENGINE: &str = "blueprint";
/// The report's name among a command's outputs.
const REPORT: &str = "report.xml";

/// A place made ready for one job.
pub(super) struct Chosen<'a> {
    context: &'a Context<'a>,
    tree: Vec<u8>,
    limits: Limits,
    kind: Kind,
}

#[expect(clippy::large_enum_variant, reason = "a job has one such value; a box would only cost reading")]
enum Kind {
    Container { docker: Docker, image: Image, labels: Labels, dependencies: Option<String> },
    Process { folder: PathBuf, interpreter: String },
}

impl<'a> Chosen<'a> {
    /// Makes a place ready: the tree of exactly the job's commit, the image or the interpreter, the dependencies.
    pub(super) async fn for_job(
        setup: &Setup,
        job: &TestJob,
        context: &'a Context<'a>,
    ) -> Result<Self, Failure> {
        let tree = context.repository().archive(&job.commit).await?;
        let kind = match &setup.sandbox {
            Sandbox::Docker(docker) => container(setup, docker, job, context, &tree).await?,
            Sandbox::Process { any_engine } => process_here(setup, job, context, *any_engine).await?,
            Sandbox::Nowhere(reason) => return Err(nowhere(reason)),
        };
        Ok(Self { context, tree, limits: setup.limits, kind })
    }

    /// Runs one command to its end.
    pub(super) async fn run(&self, test: &TestCommand) -> Result<Ran, Failure> {
        let started_at = self.context.clock.now();
        match &self.kind {
            Kind::Container { docker, image, labels, dependencies } => {
                let program = self.program(test, &Layout::container());
                let job = Job {
                    labels: labels.clone(),
                    image: image.clone(),
                    program: program.clone(),
                    dependencies: dependencies.clone(),
                };
                let finished = sandbox::run(docker, &job, self.context.stop, &mut |_| {}).await?;
                let place = Place::Container { image: image.name.clone(), image_digest: image.id.clone() };
                Ok(ran(program.command, place, started_at, finished))
            }
            Kind::Process { folder, interpreter } => {
                let program = self.program(test, &Layout::under(folder));
                let folder = Folder::make(folder.clone())?;
                let ran_here = process::run(&program, &folder.path, self.context.stop, &mut |_| {}).await?;
                let place = Place::Process { interpreter: interpreter.clone() };
                Ok(ran(program.command, place, started_at, ran_here.finished))
            }
        }
    }

    fn program(&self, test: &TestCommand, layout: &Layout) -> Program {
        let report = layout.outputs.join(REPORT).display().to_string();
        let mut env = match &self.kind {
            Kind::Container { dependencies: Some(_), .. } => prepare::environment(),
            Kind::Container { .. } | Kind::Process { .. } => Vec::new(),
        };
        env.push(("SLIPWAY_REPORT".into(), report.clone()));
        env.push(("PYTHONDONTWRITEBYTECODE".into(), "1".into()));
        Program {
            tree: self.tree.clone(),
            extra: vec![(UNITTEST_WRITER.0.into(), UNITTEST_WRITER.1.to_vec())],
            command: reporting(test, &layout.slipway.display().to_string(), &report),
            env,
            outputs: vec![REPORT.into()],
            limits: self.limits,
        }
    }

    /// Gives back what the job needed.
    pub(super) async fn clean_up(&self) {
        if let Kind::Container { docker, dependencies: Some(volume), .. } = &self.kind
            && let Err(error) = prepare::discard(docker, volume).await
        {
            tracing::warn!(volume, problem = crate::error::chain(&error), "a volume is left for the sweep");
        }
    }
}

async fn container(
    setup: &Setup,
    docker: &Docker,
    job: &TestJob,
    context: &Context<'_>,
    tree: &[u8],
) -> Result<Kind, Failure> {
    let progress = context.progress;
    let image = docker.image(&job.image, setup.pull, &mut |line| progress.line(line)).await?;
    let labels = crate::hands::labels(setup, context);
    let dependencies = match job.prepare.as_slice() {
        [] => None,
        commands => {
            progress.line("installing what the tests need");
            let prepare = Prepare {
                labels: labels.clone(),
                image: image.clone(),
                tree: tree.to_vec(),
                commands: commands.to_vec(),
                limits: setup.limits,
            };
            Some(prepare::run(docker, &prepare, context.stop, &mut |_| {}).await?.volume)
        }
    };
    Ok(Kind::Container { docker: docker.clone(), image, labels, dependencies })
}

async fn process_here(
    setup: &Setup,
    job: &TestJob,
    context: &Context<'_>,
    any_engine: bool,
) -> Result<Kind, Failure> {
    if !any_engine {
        if job.engine != OWN_ENGINE {
            return Err(refused(&format!("code from the {} engine", job.engine)));
        }
        // The tests of a repository that was there before run beside ours, and nobody knows them.
        let began = context.inputs.base.as_ref().unwrap_or(&job.commit);
        if !context.repository().paths(began).await?.is_empty() {
            return Err(refused("code of a repository that Slipway did not begin"));
        }
    }
    if !job.prepare.is_empty() {
        return Err(no_prepare());
    }
    let interpreter = interpreter_version(job.language).await.ok_or_else(|| Failure {
        cause: Cause::Error,
        retryable: false,
        message: format!("{} is not installed here; install it, or start Docker", job.language.program()),
        code: "environment.missing".into(),
    })?;
    let holder = context.holder;
    let name = format!("{}-{}-{}", holder.execution, holder.lease, holder.incarnation);
    Ok(Kind::Process { folder: setup.work_dir.join(name), interpreter })
}

fn refused(code: &str) -> Failure {
    Failure {
        cause: Cause::Error,
        retryable: false,
        message: format!(
            "{code} is not run without a container: it could read this user's files and use \
             the network. Start Docker, or accept that with --sandbox process"
        ),
        code: "sandbox.refused".into(),
    }
}

fn nowhere(reason: &str) -> Failure {
    Failure {
        cause: Cause::Error,
        retryable: false,
        message: format!("this worker has no place to run tests: {reason}"),
        code: "worker.no-sandbox".into(),
    }
}

fn no_prepare() -> Failure {
    Failure {
        cause: Cause::Error,
        retryable: false,
        message: "the plan installs dependencies, which needs Docker; start it".into(),
        code: "sandbox.no-prepare".into(),
    }
}

fn ran(command: Vec<String>, place: Place, started_at: time::OffsetDateTime, finished: Finished) -> Ran {
    let Finished { exit, log, log_truncated, mut outputs, duration } = finished;
    Ran { command, place, exit, started_at, duration, log, log_truncated, report: outputs.remove(REPORT) }
}

/// A folder that is removed with this value, whatever a test left in it.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn make(path: PathBuf) -> Result<Self, Failure> {
        std::fs::create_dir_all(&path).map_err(|error| Failure {
            cause: Cause::Error,
            retryable: true,
            message: format!("cannot make {}: {error}", path.display()),
            code: "data.io".into(),
        })?;
        Ok(Self { path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder without write permission stops a removal; a test may leave such.
        if std::fs::remove_dir_all(&self.path).is_err() {
            make_removable(&self.path);
            if let Err(error) = std::fs::remove_dir_all(&self.path) {
                tracing::warn!(path = %self.path.display(), %error, "a work folder could not be removed");
            }
        }
    }
}

/// Gives back the owner's rights on every real folder below `path`; links are not followed.
fn make_removable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    // What cannot be changed is found again by the removal that follows.
    let _unchanged = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700));
    let entries = std::fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
    for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        make_removable(&entry.path());
    }
}
