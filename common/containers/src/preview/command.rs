//! Looking at an application that does not serve: its image is run once with `--help`, which must end well.

use bollard::models::{ContainerCreateBody, ImageConfig};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, RemoveImageOptionsBuilder, TagImageOptionsBuilder,
};
use tokio::time::{Duration, Instant};

use super::serve::{application, inspect, log_tail, user};
use super::{Deployed, Error, Preview, built_name, image_name};
use crate::docker::{self, CALL, Docker};
use crate::labels::Kind;
use crate::profile;
use crate::removal::{Doomed, Thing};

const PAUSE: Duration = Duration::from_millis(100);

/// Runs it without network; the image stays, the container does not.
pub(super) async fn check(docker: &Docker, preview: &Preview, image_id: &str) -> Result<Deployed, Error> {
    let name = preview.labels.name("help");
    let doomed = Doomed::new(docker, Thing::Container(name.clone()));
    let result = run(docker, preview, image_id, &name).await;
    doomed.remove().await;
    result?;
    give_name(docker, preview, image_id).await?;
    Ok(Deployed {
        id: image_id.to_owned(),
        image: image_name(preview),
        image_id: image_id.to_owned(),
        url: None,
        health: "--help ended with code 0".into(),
    })
}

/// Gives the image its name in place of the one that says that it is unchecked.
async fn give_name(docker: &Docker, preview: &Preview, image_id: &str) -> Result<(), docker::Error> {
    let name = image_name(preview);
    let (repository, tag) = name.split_once(':').unwrap_or((&name, "latest"));
    let options = TagImageOptionsBuilder::default().repo(repository).tag(tag).build();
    docker.call("name the image", CALL, docker.api.tag_image(image_id, Some(options))).await?;
    let unchecked = built_name(preview);
    let options = RemoveImageOptionsBuilder::default().build();
    docker.call("name the image", CALL, docker.api.remove_image(&unchecked, Some(options), None)).await?;
    Ok(())
}

async fn run(docker: &Docker, preview: &Preview, image_id: &str, name: &str) -> Result<(), Error> {
    let user = user(docker, image_id).await?;
    let wanted = application(docker, preview, user);
    let image = docker.call("inspect the image", CALL, docker.api.inspect_image(image_id)).await?;
    let body = ContainerCreateBody {
        image: Some(image_id.to_owned()),
        cmd: Some(with_help(&image.config.unwrap_or_default())),
        user: Some(user.as_text()),
        labels: Some(preview.labels.write(Kind::Sandbox, None)),
        host_config: Some(wanted.clone()),
        ..ContainerCreateBody::default()
    };
    let options = CreateContainerOptionsBuilder::default().name(name).build();
    docker.call("create the container", CALL, docker.api.create_container(Some(options), body)).await?;
    docker.call("start the container", CALL, docker.api.start_container(name, None)).await?;
    let differences = profile::differences(&wanted, &user.as_text(), &inspect(docker, name).await?);
    if !differences.is_empty() {
        return Err(Error::Profile { differences });
    }
    match ended(docker, preview, name).await? {
        Some(0) => Ok(()),
        Some(code) => {
            let reason = format!("--help ended with code {code}");
            Err(Error::Unhealthy { reason, log: log_tail(docker, name).await })
        }
        None => {
            let reason = format!("--help did not end within {} s", preview.limits.healthy.as_secs());
            Err(Error::Unhealthy { reason, log: log_tail(docker, name).await })
        }
    }
}

/// An image's entry point takes `--help` as its argument; without one it goes to the end of the image's command.
fn with_help(image: &ImageConfig) -> Vec<String> {
    let has_entry = image.entrypoint.as_ref().is_some_and(|entry| !entry.is_empty());
    let mut command = if has_entry { Vec::new() } else { image.cmd.clone().unwrap_or_default() };
    command.push("--help".into());
    command
}

async fn ended(docker: &Docker, preview: &Preview, name: &str) -> Result<Option<i64>, Error> {
    let deadline = Instant::now() + preview.limits.healthy;
    while Instant::now() < deadline {
        let state = inspect(docker, name).await?.state.unwrap_or_default();
        if state.running != Some(true) {
            return Ok(state.exit_code);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_asked_of_the_entry_point_or_of_the_command() {
        let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
        let image =
            ImageConfig { entrypoint: words(&["tool"]), cmd: words(&["run"]), ..ImageConfig::default() };
        assert_eq!(with_help(&image), ["--help"]);
        let image = ImageConfig { cmd: words(&["python3", "-m", "tool"]), ..ImageConfig::default() };
        assert_eq!(with_help(&image), ["python3", "-m", "tool", "--help"]);
    }
}
