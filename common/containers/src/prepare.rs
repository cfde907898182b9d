//! Installing what tests need, in a phase of its own: with network, without any secret, into a labelled volume that
//! the tests then mount read-only.
//!
//! The container has the whole profile of a sandbox but for two things: it is on the engine's default bridge, and
//! the volume is writable at `/deps`. So it reaches what the engine's host reaches; on a cloud machine, keep the
//! metadata service away from bridged containers. The engine's local volumes have no quota: what an installation
//! may write is bounded by its wall clock alone.

use std::collections::HashMap;

use bollard::models::{ContainerCreateBody, HostConfig, VolumeCreateRequest};
use bollard::query_parameters::{CreateContainerOptionsBuilder, UploadToContainerOptionsBuilder};
use tar::{Builder, EntryType, Header};
use tokio_util::sync::CancellationToken;

use crate::docker::{self, CALL, Docker, Image};
use crate::labels::{Kind, Labels};
use crate::profile::{self, Bounds, Dependencies, Network, UID, USER};
use crate::program::{Finished, Limits, Program};
use crate::removal::{self, Doomed, Thing};
use crate::sandbox::{Error, Spec, perform};
use crate::stream::tail;

/// Dependencies to install.
#[derive(Debug, Clone)]
pub struct Prepare {
    /// For whom.
    pub labels: Labels,
    /// The image that the tests will run in.
    pub image: Image,
    /// The tree, for its lists of dependencies.
    pub tree: Vec<u8>,
    /// The commands, one after the other, in a copy of the tree.
    pub commands: Vec<Vec<String>>,
    /// What they may use.
    pub limits: Limits,
}

/// What was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The volume; the caller gives it back with [`discard`].
    pub volume: String,
    /// How the commands ended, and what they printed.
    pub finished: Finished,
}

/// Where installers put things, and where tests find them: `pip install` writes to `/deps/python`, and a
/// `node_modules` that an installer leaves in the tree is kept as `/deps/node_modules` and linked into the tests'
/// tree.
const INSTALL_TO: [(&str, &str); 9] = [
    ("PIP_TARGET", "/deps/python"),
    ("PIP_CACHE_DIR", "/tmp/pip"),
    ("PIP_NO_INPUT", "1"),
    ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
    ("PYTHONPATH", "/deps/python"),
    ("npm_config_prefix", "/deps/node"),
    ("npm_config_cache", "/tmp/npm"),
    ("npm_config_update_notifier", "false"),
    // The folder for temporary files is not executable, and builds of packages run what they make.
    ("TMPDIR", "/work"),
];

/// The environment that lets tests find what was installed.
pub fn environment() -> Vec<(String, String)> {
    [("PYTHONPATH", "/deps/python"), ("NODE_PATH", "/deps/node/lib/node_modules")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec()
}

/// Runs the commands and keeps what they installed. A command that fails, or is stopped, is an error and leaves
/// nothing.
pub async fn run(
    docker: &Docker,
    prepare: &Prepare,
    cancel: &CancellationToken,
    on_log: &mut (dyn FnMut(&[u8]) + Send),
) -> Result<Prepared, Error> {
    let volume = prepare.labels.name("deps");
    let doomed = Doomed::new(docker, Thing::Volume(volume.clone()));
    let result = tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Error::Cancelled),
        created = create_volume(docker, prepare, &volume) => created,
    };
    let result = match result {
        Ok(()) => install(docker, prepare, &volume, cancel, on_log).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(finished) if finished.exit.is_success() => {
            doomed.keep();
            Ok(Prepared { volume, finished })
        }
        Ok(Finished { exit, log, .. }) => {
            doomed.remove().await;
            Err(Error::Prepare { exit, log: tail(&log, 4096) })
        }
        Err(error) => {
            doomed.remove().await;
            Err(error)
        }
    }
}

/// Removes the volume of a prepare phase.
pub async fn discard(docker: &Docker, volume: &str) -> Result<(), docker::Error> {
    removal::remove(docker, &Thing::Volume(volume.to_owned())).await.map(|_| ())
}

async fn create_volume(docker: &Docker, prepare: &Prepare, volume: &str) -> Result<(), Error> {
    let request = VolumeCreateRequest {
        name: Some(volume.to_owned()),
        labels: Some(prepare.labels.write(Kind::Volume, None)),
        ..VolumeCreateRequest::default()
    };
    docker.call("create the volume", CALL, docker.api.create_volume(request)).await?;
    hand_over(docker, prepare, volume).await
}

/// Gives the volume's root folder to the user that installs. A fresh volume is root's; the engine itself changes
/// that when it unpacks an archive into a container that is never started, so nothing runs as root for it.
async fn hand_over(docker: &Docker, prepare: &Prepare, volume: &str) -> Result<(), Error> {
    let name = prepare.labels.name("hand-over");
    let doomed = Doomed::new(docker, Thing::Container(name.clone()));
    let result = async {
        let bounds =
            Bounds { memory: prepare.limits.memory, cpus: prepare.limits.cpus, pids: prepare.limits.pids };
        let dependencies = Dependencies { volume: volume.to_owned(), writable: true };
        let body = ContainerCreateBody {
            image: Some(prepare.image.id.clone()),
            entrypoint: Some(vec!["/never-started".into()]),
            user: Some(USER.into()),
            labels: Some(prepare.labels.write(Kind::Sandbox, None)),
            host_config: Some(HostConfig {
                // The engine unpacks nothing into a read-only root, and this one is never run.
                readonly_rootfs: Some(false),
                ..profile::with_dependencies(profile::hardened(docker, &bounds), &dependencies)
            }),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::default().name(&name).build();
        docker.call("create the container", CALL, docker.api.create_container(Some(options), body)).await?;
        let options = UploadToContainerOptionsBuilder::default().path("/").build();
        let archive = bollard::body_full(own_folder().into());
        let call = docker.api.upload_to_container(&name, Some(options), archive);
        docker.call("hand over the volume", CALL, call).await
    };
    let result = result.await;
    doomed.remove().await;
    Ok(result?)
}

fn own_folder() -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Directory);
    header.set_mode(0o755);
    header.set_size(0);
    header.set_uid(UID.into());
    header.set_gid(UID.into());
    let mut archive = Builder::new(Vec::new());
    archive.append_data(&mut header, "deps", std::io::empty()).expect("writing to memory cannot fail");
    archive.into_inner().expect("writing to memory cannot fail")
}

async fn install(
    docker: &Docker,
    prepare: &Prepare,
    volume: &str,
    cancel: &CancellationToken,
    on_log: &mut (dyn FnMut(&[u8]) + Send),
) -> Result<Finished, Error> {
    let env: HashMap<&str, &str> = INSTALL_TO.into_iter().collect();
    let program = Program {
        tree: prepare.tree.clone(),
        command: vec!["/bin/sh".into(), "-ec".into(), script(&prepare.commands)],
        env: env.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        limits: prepare.limits,
        ..Program::default()
    };
    let spec = Spec {
        name: prepare.labels.name("prepare"),
        labels: &prepare.labels,
        image: &prepare.image,
        program: &program,
        network: Network::Bridge,
        dependencies: Some(Dependencies { volume: volume.to_owned(), writable: true }),
    };
    perform(docker, &spec, cancel, on_log).await
}

fn script(commands: &[Vec<String>]) -> String {
    let quoted = |word: &String| format!("'{}'", word.replace('\'', r"'\''"));
    let mut script = String::new();
    for command in commands {
        script += &command.iter().map(quoted).collect::<Vec<_>>().join(" ");
        script.push('\n');
    }
    script +=
        "if [ -d node_modules ] && [ ! -L node_modules ]; then cp -R node_modules /deps/node_modules; fi\n";
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_command_stays_one_word_whatever_is_in_it() {
        let script = script(&[vec!["a b".into(), "it's; $(x)".into()], vec!["c".into()]]);
        assert!(script.starts_with("'a b' 'it'\\''s; $(x)'\n'c'\n"), "{script}");
    }
}
