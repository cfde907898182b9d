//! Giving back what was made. A [`Doomed`] thing is removed on every path: by `remove`, or when it is dropped.
//!
//! A drop cannot wait, and the runtime may be ending, so it starts a thread with a runtime of its own that removes
//! the thing within a bound. [`Docker::settled`] waits for those threads; what even they cannot remove, because the
//! process is killed or the engine is away, is the sweep's.

use std::time::Duration;

use bollard::query_parameters::{
    ListImagesOptionsBuilder, RemoveContainerOptionsBuilder, RemoveImageOptionsBuilder,
    RemoveVolumeOptionsBuilder,
};
use tokio::sync::watch;

use crate::docker::{CALL, Docker, Error};
use crate::labels::filter;

/// How long the removal of one thing may take; a full pids cgroup takes its time to die.
const REMOVAL: Duration = Duration::from_mins(1);
/// How long a thing that is not there is looked for again: its creation may still be under way.
const CREATION: Duration = Duration::from_secs(5);
/// How long an image that is in use is waited for.
const IN_USE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(100);

/// How many removals go on in the background.
#[derive(Debug, Clone)]
pub(crate) struct Removals(watch::Sender<usize>);

impl Default for Removals {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Docker {
    /// Waits until all that was dropped is removed, at most `limit`. Returns whether it is.
    pub async fn settled(&self, limit: Duration) -> bool {
        let mut count = self.removals.0.subscribe();
        matches!(tokio::time::timeout(limit, count.wait_for(|count| *count == 0)).await, Ok(Ok(_)))
    }
}

/// What can be removed.
#[derive(Debug, Clone)]
pub(crate) enum Thing {
    /// A container, by name or id, with its anonymous volumes.
    Container(String),
    /// A volume, by name.
    Volume(String),
    /// All images that bear these labels.
    Images(Vec<(String, String)>),
}

/// A thing that is removed unless it is kept.
#[derive(Debug)]
pub(crate) struct Doomed {
    docker: Docker,
    thing: Option<Thing>,
}

impl Doomed {
    /// Dooms a thing, which need not exist yet.
    pub(crate) fn new(docker: &Docker, thing: Thing) -> Self {
        Self { docker: docker.clone(), thing: Some(thing) }
    }

    /// Removes it now. What fails is logged and tried again in the background.
    pub(crate) async fn remove(mut self) {
        let Some(thing) = self.thing.clone() else { return };
        match remove(&self.docker, &thing).await {
            Ok(_) => self.thing = None,
            Err(error) => tracing::warn!(?thing, error = &error as &dyn std::error::Error, "not removed yet"),
        }
    }

    /// Spares it.
    pub(crate) fn keep(mut self) {
        self.thing = None;
    }
}

impl Drop for Doomed {
    fn drop(&mut self) {
        let Some(thing) = self.thing.take() else { return };
        let docker = self.docker.clone();
        let counted = Counted::new(&docker.removals);
        let thread = std::thread::Builder::new().name("slipway-removal".into());
        let started = thread.spawn(move || {
            let _counted = counted;
            in_background(&docker, &thing);
        });
        if let Err(error) = started {
            tracing::warn!(%error, "no thread to remove a container; the sweep will");
        }
    }
}

/// Counts one removal while it lives.
struct Counted(watch::Sender<usize>);

impl Counted {
    fn new(removals: &Removals) -> Self {
        removals.0.send_modify(|count| *count += 1);
        Self(removals.0.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

fn in_background(docker: &Docker, thing: &Thing) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let Ok(docker) = docker.reconnected() else { return };
    let removed = runtime.block_on(async { tokio::time::timeout(REMOVAL, patiently(&docker, thing)).await });
    if removed.is_err() {
        tracing::warn!(?thing, "not removed; the sweep will");
    }
}

/// Tries until it is gone: a volume cannot go before its container, and an engine may be away for a while.
async fn patiently(docker: &Docker, thing: &Thing) {
    let deadline = tokio::time::Instant::now() + CREATION;
    loop {
        match remove(docker, thing).await {
            Ok(true) => return,
            Ok(false) if tokio::time::Instant::now() >= deadline => return,
            Ok(false) | Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Removes a thing. Returns whether it was there; that it was not is no error.
pub(crate) async fn remove(docker: &Docker, thing: &Thing) -> Result<bool, Error> {
    match thing {
        Thing::Container(name) => container(docker, name).await,
        Thing::Volume(name) => {
            let options = RemoveVolumeOptionsBuilder::default().force(true).build();
            let call = docker.api.remove_volume(name, Some(options));
            was_there(docker.call("remove the volume", REMOVAL, call).await)
        }
        Thing::Images(labels) => images(docker, labels).await,
    }
}

async fn container(docker: &Docker, name: &str) -> Result<bool, Error> {
    let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    let removed =
        docker.call("remove the container", REMOVAL, docker.api.remove_container(name, Some(options))).await;
    match removed {
        Err(error) if error.says(&["already in progress"]) => gone(docker, name).await.map(|()| true),
        other => was_there(other),
    }
}

async fn gone(docker: &Docker, name: &str) -> Result<(), Error> {
    let deadline = tokio::time::Instant::now() + REMOVAL;
    while tokio::time::Instant::now() < deadline {
        match docker.call("inspect the container", CALL, docker.api.inspect_container(name, None)).await {
            Err(error) if error.is_absent() => return Ok(()),
            Err(error) => return Err(error),
            Ok(_) => tokio::time::sleep(PAUSE).await,
        }
    }
    Err(Error::Slow { what: "remove the container", limit: REMOVAL })
}

/// Removes images, children before their parents: as long as one can be removed, the others are tried again. One
/// that is in use is waited for a little, as a build that was stopped takes a moment to end.
async fn images(docker: &Docker, labels: &[(String, String)]) -> Result<bool, Error> {
    let mut any = false;
    let mut deadline = tokio::time::Instant::now() + IN_USE;
    loop {
        let (removed, refusal) = images_once(docker, labels).await?;
        any |= removed;
        match refusal {
            None => return Ok(any),
            Some(_) if removed => deadline = tokio::time::Instant::now() + IN_USE,
            Some(_) if tokio::time::Instant::now() < deadline => tokio::time::sleep(PAUSE).await,
            Some(error) => return Err(error),
        }
    }
}

async fn images_once(docker: &Docker, labels: &[(String, String)]) -> Result<(bool, Option<Error>), Error> {
    let options = ListImagesOptionsBuilder::default().all(true).filters(&filter(labels)).build();
    let found = docker.call("list images", CALL, docker.api.list_images(Some(options))).await?;
    let mut removed = false;
    let mut refusal = None;
    for image in &found {
        match image_by_id(docker, &image.id).await {
            Ok(was_there) => removed |= was_there,
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    Ok((removed, refusal))
}

async fn image_by_id(docker: &Docker, id: &str) -> Result<bool, Error> {
    let options = RemoveImageOptionsBuilder::default().force(true).build();
    let call = docker.api.remove_image(id, Some(options), None);
    was_there(docker.call("remove the image", REMOVAL, call).await)
}

fn was_there<T>(removed: Result<T, Error>) -> Result<bool, Error> {
    match removed {
        Ok(_) => Ok(true),
        Err(error) if error.is_absent() => Ok(false),
        Err(error) => Err(error),
    }
}
