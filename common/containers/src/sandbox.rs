//! Running tests of generated code in a container that has no network, no rights and no room to spare.
//!
//! The tree goes in as an archive over the container's stdin and the reports come out over its stdout, so that it
//! works the same when the worker itself is in a container: nothing of any host is mounted. What the command prints
//! comes over stderr. Open `sandbox/session.rs` for one container's life and `sandbox/entry.sh` for its inside.

mod session;

use tokio_util::sync::CancellationToken;

use crate::docker::{self, Docker, Image};
use crate::labels::Labels;
use crate::profile::Network;
use crate::program::{Finished, Program};
use crate::stream::BundleError;

pub(crate) use session::{Spec, perform};

/// A program to run in a container.
#[derive(Debug, Clone)]
pub struct Job {
    /// For whom.
    pub labels: Labels,
    /// The image; it needs `sh` and `tar`.
    pub image: Image,
    /// The program.
    pub program: Program,
    /// The volume that a prepare phase filled; it is mounted read-only at `/deps`.
    pub dependencies: Option<String>,
}

/// A program that did not run to an end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine failed.
    #[error("the sandbox failed at the container engine")]
    Engine(#[from] docker::Error),
    /// The tree or our files cannot be taken.
    #[error("the files for the sandbox are not taken")]
    Files(#[from] BundleError),
    /// There is no volume of this name.
    #[error("the volume {volume} with the dependencies is not here; run the prepare phase again")]
    NoVolume {
        /// The volume's name.
        volume: String,
    },
    /// The container is not as safe as was asked; nothing ran in it.
    #[error("the container does not have the wanted profile, so nothing was run: {}", differences.join("; "))]
    Profile {
        /// What differs, a line each.
        differences: Vec<String>,
    },
    /// The tree did not get into the container.
    #[error(
        "the tree did not get into the container; the image needs sh and tar, and the tree must fit: {log}"
    )]
    SetUp {
        /// The end of what was printed.
        log: String,
    },
    /// A command of the prepare phase failed.
    #[error("the tests' dependencies could not be installed ({exit}): {log}")]
    Prepare {
        /// How it ended.
        exit: slipway_protocol::evidence::Exit,
        /// The end of what was printed.
        log: String,
    },
    /// The connection to the container broke while it ran.
    #[error("the connection to the running container was lost")]
    Lost,
    /// It was cancelled.
    #[error("the sandbox was cancelled")]
    Cancelled,
}

impl Error {
    /// Whether another attempt may succeed.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Engine(error) => error.retryable(),
            Self::NoVolume { .. } | Self::Lost => true,
            Self::Files(_)
            | Self::Profile { .. }
            | Self::SetUp { .. }
            | Self::Prepare { .. }
            | Self::Cancelled => false,
        }
    }
}

/// Runs a job to its end and removes its container on every path. `on_log` hears what the command prints, as it
/// comes.
///
/// A command that fails, times out or runs out of memory is a [`Finished`]; an error says that it is not known how
/// the command would have ended.
pub async fn run(
    docker: &Docker,
    job: &Job,
    cancel: &CancellationToken,
    on_log: &mut (dyn FnMut(&[u8]) + Send),
) -> Result<Finished, Error> {
    let dependencies = job
        .dependencies
        .as_ref()
        .map(|volume| crate::profile::Dependencies { volume: volume.clone(), writable: false });
    let spec = Spec {
        name: job.labels.name("test"),
        labels: &job.labels,
        image: &job.image,
        program: &job.program,
        network: Network::None,
        dependencies,
    };
    perform(docker, &spec, cancel, on_log).await
}
