//! `slipway preview`: the previews that this data directory started.

use std::process::Stdio;

use serde::Serialize;
use slipway_containers::{Docker, sweep};
use slipway_worker::Layout;
use time::format_description::well_known::Rfc3339;

use super::tasks;
use crate::args::{Global, Preview, Task};
use crate::exit::{Exit, Failure, Outcome};
use crate::{environment, output};

/// A preview, as lists show it.
#[derive(Debug, Serialize)]
struct Entry {
    id: String,
    task: String,
    status: String,
    url: Option<String>,
    expires_at: Option<String>,
}

pub(super) async fn run(command: &Preview, global: &Global) -> Outcome {
    let layout = environment::layout(global)?;
    let docker = Docker::connect().await.map_err(|error| {
        let message =
            format!("previews run on Docker, and it does not answer: {}", slipway_worker::chain(&error));
        Failure::new(Exit::Environment, "environment.missing", message)
    })?;
    super::driving::sweep(&layout, &docker).await;
    match command {
        Preview::List => list(&layout, &docker, global.json).await,
        Preview::Open(task) => open(&layout, &docker, task, global.json).await,
        Preview::Stop(task) => stop(&layout, &docker, task, global.json).await,
    }
}

async fn list(layout: &Layout, docker: &Docker, as_json: bool) -> Outcome {
    let found: Vec<Entry> = sweep::list(docker, layout.owner()).await?.into_iter().map(entry).collect();
    output::list(as_json, &found, "no preview runs", |entry| {
        let url = entry.url.as_deref().unwrap_or("-");
        format!("{}  {:<10}  {url}", &entry.task[entry.task.len().saturating_sub(8)..], entry.status)
    })
}

fn entry(info: sweep::PreviewInfo) -> Entry {
    Entry {
        id: info.id,
        task: info.labels.task.to_string(),
        status: info.state,
        url: info.url,
        expires_at: info.expires_at.and_then(|time| time.format(&Rfc3339).ok()),
    }
}

async fn find(layout: &Layout, docker: &Docker, wanted: &Task) -> Result<sweep::PreviewInfo, Failure> {
    let task = tasks::find(layout, wanted)?;
    let mut previews = sweep::list(docker, layout.owner()).await?;
    previews.retain(|info| info.labels.task == task);
    previews.pop().ok_or_else(|| {
        let message = format!(
            "task {} has no preview that runs; `slipway preview list` shows those that do",
            task.short()
        );
        Failure::not_found("preview.not-found", message)
    })
}

async fn open(layout: &Layout, docker: &Docker, wanted: &Task, as_json: bool) -> Outcome {
    let info = find(layout, docker, wanted).await?;
    let Some(url) = info.url.clone() else {
        return Err(Failure::not_found("preview.no-url", "this preview serves no page"));
    };
    if as_json {
        return output::json(&entry(info));
    }
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let started = std::process::Command::new(program)
        .arg(&url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if started.is_err() {
        output::talk("no browser could be started here; open the address yourself");
    }
    output::data(&url)
}

async fn stop(layout: &Layout, docker: &Docker, wanted: &Task, as_json: bool) -> Outcome {
    let info = find(layout, docker, wanted).await?;
    sweep::stop(docker, &info.id).await?;
    if as_json {
        output::json(&entry(info))
    } else {
        output::data(&format!("stopped {}", info.labels.task.short()))
    }
}
