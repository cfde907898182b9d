//! The commands that look: `list`, `show`, `logs`, `diff`.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom};
use std::time::Duration;

use serde_json::{Value, json};
use slipway_protocol::event::Cause;
use slipway_protocol::{Data, Event, TaskId};
use slipway_worker::hands::repository_of;
use slipway_worker::summary::Reach;
use slipway_worker::{Layout, Summary, TaskStatus};
use slipway_workflow::Run;

use super::tasks;
use crate::args::{Global, ListArgs, LogsArgs, Task};
use crate::config::Config;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::visible;
use crate::{environment, output, view};

/// The longest patch that is printed, in bytes.
const DIFF_LIMIT: usize = 64 * 1024 * 1024;

/// `slipway list`.
pub(super) fn list(args: &ListArgs, global: &Global, config: &Config) -> Outcome {
    let layout = environment::layout(global)?;
    let reach = environment::local_reach(config);
    let tasks = layout.tasks()?;
    let first = args.limit.map_or(0, |limit| tasks.len().saturating_sub(limit.into()));
    let items: Vec<Value> = tasks.into_iter().skip(first).map(|task| item(&layout, task, &reach)).collect();
    print_list(global.json, &items, "no tasks yet; `slipway run \"build a todo app\"` makes one")
}

/// Prints tasks, a line each; `empty` is said when there are none.
pub(super) fn print_list(as_json: bool, items: &[Value], empty: &str) -> Outcome {
    output::list(as_json, items, empty, |item| {
        let text = |key: &str| item[key].as_str().unwrap_or_default();
        let said: String = text("prompt").lines().next().unwrap_or_default().chars().take(60).collect();
        let id = text("id");
        format!("{}  {:<17}  {said}", &id[id.len().saturating_sub(8)..], text("status"))
    })
}

/// A task in a list; one whose journal cannot be read is in it too.
fn item(layout: &Layout, task: TaskId, reach: &Reach) -> Value {
    match tasks::read(layout, task, reach) {
        Ok(record) => serde_json::to_value(record.summary).expect("a summary has string keys only"),
        Err(failure) => {
            json!({ "id": task, "status": "unreadable", "prompt": failure.message, "code": failure.code })
        }
    }
}

/// `slipway show`.
pub(super) fn show(wanted: &Task, global: &Global, config: &Config) -> Outcome {
    let layout = environment::layout(global)?;
    let reach = environment::local_reach(config);
    let record = tasks::read(&layout, tasks::find(&layout, wanted)?, &reach)?;
    if global.json {
        let mut shown = serde_json::to_value(&record.summary).expect("a summary has string keys only");
        let event = |event: &Event| serde_json::from_slice::<Value>(&event.to_json()).ok();
        shown["events"] = record.events.iter().filter_map(event).collect();
        return output::json(&shown);
    }
    output::data(&format!("{}{}", describe(&record.summary), history(&record.events, Some(&record.run))))
}

/// What happened, a line each, under a heading of its own.
pub(super) fn history(events: &[Event], run: Option<&Run>) -> String {
    let mut text = "\n\nhistory".to_owned();
    for event in events {
        write!(text, "\n  {}", history_line(event, run)).expect("writing to a string cannot fail");
    }
    text
}

fn history_line(event: &Event, run: Option<&Run>) -> String {
    let step = event
        .holder
        .and_then(|holder| view::step_of(run?, holder.execution))
        .map_or("", slipway_protocol::StepId::as_str);
    let detail = match &event.data {
        Data::Result { report, commit, .. } => format!("{} {}", report.outcome(), commit.short()),
        Data::ExecutionFailed { cause, message, .. } => {
            format!("{cause}: {}", message.lines().next().unwrap_or_default())
        }
        Data::ExecutionReleased { reason } => reason.clone(),
        _ => String::new(),
    };
    let lease = event.holder.map_or_else(String::new, |holder| format!("lease {}", holder.lease));
    let line =
        format!("{}  {:<22} {step:<13} {lease:<8} {detail}", output::clock(event.time), event.event_type());
    line.trim_end().to_owned()
}

/// A summary for a person.
pub(super) fn describe(summary: &Summary) -> String {
    let mut rows: Vec<(&str, String)> =
        vec![("task", summary.task.to_string()), ("status", summary.status.to_string())];
    let mut add = |name, value: Option<String>| rows.extend(value.map(|value| (name, value)));
    add("reason", summary.reason.clone());
    add("repository", Some(summary.repository.clone()));
    add("branch", summary.commit.as_ref().map(|_| summary.branch.clone()));
    add("commit", summary.commit.as_ref().map(ToString::to_string));
    add("tests", summary.tests.as_ref().map(view::count));
    add("evidence", summary.evidence.clone());
    add("not built", Some(summary.not_built.join(", ")).filter(|list| !list.is_empty()));
    add("revisions", Some(summary.revisions.to_string()).filter(|_| summary.revisions > 0));
    for finding in &summary.findings {
        let place =
            finding.path.as_ref().map(|path| format!("{}: ", path.escape_debug())).unwrap_or_default();
        add("finding", Some(format!("[{}] {place}{}", finding.check, finding.message)));
    }
    if let Some(preview) = &summary.preview {
        add("preview", Some(preview.url.clone().unwrap_or_else(|| preview.health.clone())));
        for line in &preview.instructions {
            add("", Some(line.clone()));
        }
    }
    for (index, command) in summary.next.iter().enumerate() {
        add(if index == 0 { "next" } else { "" }, Some(command.clone()));
    }
    let duration = Duration::from_millis(summary.duration_ms);
    rows.push(("time", format!("{:.1} s", duration.as_secs_f64())));
    let indented = format!("\n{:<12}", "");
    let lines: Vec<String> = rows
        .into_iter()
        .map(|(name, value)| format!("{name:<11} {}", value.replace('\n', &indented)))
        .collect();
    lines.join("\n")
}

/// The exit code that a task's status has; `events` tell why it failed.
pub(super) fn exit_of(status: TaskStatus, events: &[Event]) -> Exit {
    let refused = |event: &Event| matches!(&event.data, Data::ExecutionFailed { cause: Cause::Refused, code: Some(code), .. } if code.starts_with("engine."));
    match status {
        TaskStatus::Failed if events.iter().any(refused) => Exit::Refused,
        TaskStatus::Failed => Exit::TaskFailed,
        TaskStatus::Cancelled => Exit::TaskCancelled,
        TaskStatus::AwaitingApproval | TaskStatus::Held => Exit::Waiting,
        TaskStatus::Pending | TaskStatus::Running | TaskStatus::Interrupted | TaskStatus::Completed => {
            Exit::Done
        }
    }
}

/// `slipway logs`.
pub(super) async fn logs(args: &LogsArgs, global: &Global) -> Outcome {
    let layout = environment::layout(global)?;
    let task = tasks::find(&layout, &args.task)?;
    if args.tests {
        return test_logs(&layout, task);
    }
    let path = layout.progress(task);
    let mut position = 0;
    loop {
        let driven = slipway_journal::is_held(&layout.journal(task));
        position = print_progress(&path, position, global.json)?;
        if !(args.follow && driven) {
            return Ok(Exit::Done);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Prints the whole lines after `position` and returns where they end.
fn print_progress(path: &std::path::Path, position: u64, as_json: bool) -> Result<u64, Failure> {
    let Ok(mut file) = std::fs::File::open(path) else { return Ok(position) };
    file.seek(SeekFrom::Start(position))?;
    let mut reader = BufReader::new(file);
    let mut position = position;
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
        position += line.len() as u64;
        if let Ok(event) = Event::from_json(&line) {
            view::progress_line(&event, as_json)?;
        }
        line.clear();
    }
    Ok(position)
}

fn test_logs(layout: &Layout, task: TaskId) -> Outcome {
    let folder = layout.artefacts(task);
    let entries = std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    paths.sort();
    if paths.is_empty() {
        return Err(no_tests(task));
    }
    for path in paths {
        output::data(visible(&String::from_utf8_lossy(&std::fs::read(path)?)).trim_end())?;
    }
    Ok(Exit::Done)
}

/// There are no logs of tests.
pub(super) fn no_tests(task: TaskId) -> Failure {
    Failure::not_found("task.no-tests", format!("task {} has not run tests yet", task.short()))
}

/// `slipway diff`.
pub(super) async fn diff(wanted: &Task, global: &Global, config: &Config) -> Outcome {
    let layout = environment::layout(global)?;
    let record = tasks::read(&layout, tasks::find(&layout, wanted)?, &environment::local_reach(config))?;
    let store = environment::store(&layout, config);
    let task = record.run.task();
    let git = |error: slipway_git_store::Error| Failure::from(slipway_worker::Failure::from(error));
    let repository = repository_of(&store, task).await.map_err(git)?;
    let patch = repository.diff(record.run.base(), record.run.head(), DIFF_LIMIT).await.map_err(git)?;
    if global.json {
        output::json(
            &json!({ "task": task.id, "base": record.run.base(), "head": record.run.head(), "patch": patch }),
        )
    } else {
        output::data(visible(&patch).trim_end())
    }
}
