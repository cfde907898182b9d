//! What became of a task, as lines by which two modes are compared: its state-changing events in their order, what each
//! left behind, and the branch. One function normalises all of it; open `names.rs` for the names that it uses.
//!
//! Left out on purpose: ids, times, leases and incarnations; `execution.started`, which the end of a quick step may speak
//! for; lines of progress; who of its own makers says what follows from the state, the program or the coordinator; and the
//! task's isolation, which the sequential mode writes down and a fleet leaves to its workers' settings.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::Value;
use slipway_protocol::{ArtefactRef, Data, Digest, Event};

use crate::names::Names;

/// Members of events and artefacts that tell when, how long, or how large what tells it is.
const MEASURED: [&str; 6] = ["created_at", "started_at", "expires_at", "duration_ms", "size", "log_bytes"];

/// What a mode left of one task.
pub(crate) struct Ran {
    /// Its events in the order in which they became true.
    pub(crate) events: Vec<Event>,
    /// Its repository, a bare one.
    pub(crate) repository: PathBuf,
    /// Where the process that did the work keeps its state.
    pub(crate) folder: PathBuf,
}

/// The lines of what became of a task.
pub(crate) fn account(ran: &Ran) -> Vec<String> {
    let first = ran.events.first().expect("a task has a first event");
    let names = Names::new(first, &ran.repository, &ran.folder);
    let mut lines = Vec::new();
    for event in ran.events.iter().filter(|event| changes_state(event)) {
        lines.extend(told(event, &names));
    }
    lines.extend(branches(first, &names));
    lines
}

fn changes_state(event: &Event) -> bool {
    !matches!(event.data, Data::TaskProgress { .. } | Data::ExecutionStarted)
}

fn told(event: &Event, names: &Names) -> Vec<String> {
    let left = left(event, names);
    let by_digest: HashMap<&str, &str> =
        left.iter().map(|(artefact, _)| (artefact.digest.as_str(), artefact.name.as_str())).collect();
    let whole: Value = serde_json::from_slice(&event.to_json()).unwrap();
    let about = event.holder.map(|holder| names.execution(holder.execution)).unwrap_or_default();
    let source = if event.holder.is_some() { event.source.as_str() } else { "whoever decides" };
    let version = &whole["dataversion"];
    let mut lines = vec![format!("{} v{version} {about} by {source}", event.event_type())];
    lines.extend(json(whole["data"].clone(), names, &by_digest));
    for (artefact, bytes) in &left {
        lines.push(format!("  {} ({}) holds", artefact.name, artefact.media_type));
        lines.extend(content(artefact, bytes, names, &by_digest));
    }
    lines
}

/// What an event names, as it lies in Git, where it must be what its digest says.
fn left<'e>(event: &'e Event, names: &Names) -> Vec<(&'e ArtefactRef, Vec<u8>)> {
    let (Data::Result { artefacts, .. }, Some(holder)) = (&event.data, event.holder) else {
        return Vec::new();
    };
    let place =
        format!("refs/slipway/artefacts/{}/{}-{}", holder.execution, holder.lease, holder.incarnation);
    let read = |artefact: &'e ArtefactRef| {
        let bytes = names.blob(&format!("{place}:{}", artefact.name));
        assert_eq!(Digest::of(&bytes), artefact.digest, "{} is not what was said", artefact.name);
        (artefact, bytes)
    };
    artefacts.iter().map(read).collect()
}

fn content(
    artefact: &ArtefactRef,
    bytes: &[u8],
    names: &Names,
    digests: &HashMap<&str, &str>,
) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    if artefact.media_type == "application/json" {
        return json(serde_json::from_str(&text).unwrap(), names, digests);
    }
    let is_printed = ["text/plain", "application/xml"].contains(&artefact.media_type.as_str());
    let text = if is_printed { names.printed(&text) } else { names.text(&text) };
    text.lines().map(|line| format!("    {line}")).collect()
}

fn json(mut value: Value, names: &Names, digests: &HashMap<&str, &str>) -> Vec<String> {
    scrub(&mut value, names, digests);
    let text = serde_json::to_string_pretty(&value).unwrap();
    text.lines().map(|line| format!("    {line}")).collect()
}

fn scrub(value: &mut Value, names: &Names, digests: &HashMap<&str, &str>) {
    match value {
        Value::String(text) => {
            let digest = digests.get(text.as_str()).map(|name| format!("<digest of {name}>"));
            *text = digest.unwrap_or_else(|| names.text(text));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| scrub(item, names, digests)),
        Value::Object(members) => {
            members.remove("isolation");
            for (name, member) in members {
                if MEASURED.contains(&name.as_str()) {
                    *member = "<measured>".into();
                } else {
                    scrub(member, names, digests);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Every branch, and every commit of the task's own.
fn branches(first: &Event, names: &Names) -> Vec<String> {
    let branch = format!("refs/heads/{}", first.task.branch());
    let heads = names.git(&["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads"]).unwrap();
    let mut lines: Vec<String> = heads.lines().map(|line| names.text(line)).collect();
    let Data::TaskInitiated { base, .. } = &first.data else { panic!("{} comes first", first.event_type()) };
    let format = "--format=commit %H by %an <%ae>, %cn <%ce>%n%B";
    let log = names.git(&["log", "--reverse", "--topo-order", format, &format!("{base}..{branch}")]);
    let log = log.unwrap_or_default();
    let is_lease = |line: &&str| line.starts_with("Lease: ");
    lines.extend(log.lines().filter(|line| !is_lease(line)).map(|line| names.text(line)));
    lines
}
