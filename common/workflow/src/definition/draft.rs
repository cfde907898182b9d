//! A workflow as it is written: each value on its own is of the right type; how they fit together is `check.rs`.

use std::time::Duration;

use serde_saphyr::Spanned;
use slipway_protocol::{AgentId, ReportKind, StepId, WorkflowId};

use super::problem::{Place, Placed, Problems};
use super::reader::{Item, Table};
use super::yaml::Node;
use super::{Effects, End, Gate};

/// The whole file. What could not be read is `None` and already noted as a problem.
pub(super) struct Draft {
    pub(super) id: Option<Placed<WorkflowId>>,
    pub(super) version: Option<Placed<u32>>,
    pub(super) title: Option<Placed<String>>,
    pub(super) revisions: Option<Placed<u32>>,
    /// Whether the key is there at all, readable or not.
    pub(super) has_revisions: bool,
    pub(super) attempts: Option<Placed<u32>>,
    pub(super) steps: Vec<DraftStep>,
}

/// One entry of `steps`.
pub(super) struct DraftStep {
    pub(super) at: Place,
    pub(super) id: Option<Placed<StepId>>,
    pub(super) agent: Option<Placed<AgentId>>,
    pub(super) publishes: Option<Placed<ReportKind>>,
    pub(super) commits: bool,
    pub(super) deadline: Option<Duration>,
    pub(super) effects: Effects,
    pub(super) next: Option<Placed<Vec<DraftEdge>>>,
}

/// One entry of `next`.
pub(super) struct DraftEdge {
    pub(super) at: Place,
    /// Outcomes are checked against the step's kind, so any text is kept.
    pub(super) when: Option<Placed<String>>,
    pub(super) to: Option<Placed<StepId>>,
    pub(super) end: Option<Placed<End>>,
    pub(super) back: Option<Placed<bool>>,
    pub(super) gate: Option<Placed<Gate>>,
    /// Whether a value of this edge could not be read.
    pub(super) broken: bool,
}

const WORKFLOW_KEYS: &[&str] = &["id", "version", "title", "revisions", "attempts", "steps"];
const STEP_KEYS: &[&str] = &["id", "agent", "publishes", "commits", "deadline", "effects", "next"];
const EDGE_KEYS: &[&str] = &["when", "to", "end", "back", "gate"];

impl Draft {
    pub(super) fn read(root: &Spanned<Node>, problems: &mut Problems) -> Self {
        let Some(table) = Item::root(root).table(WORKFLOW_KEYS, problems) else { return Self::unread() };
        Self {
            id: table.need("id", problems).and_then(|item| item.parsed(problems)),
            version: table.need("version", problems).and_then(|item| item.number(1..=u32::MAX, problems)),
            title: table.need("title", problems).and_then(|item| title(&item, problems)),
            has_revisions: table.get("revisions").is_some(),
            revisions: table.get("revisions").and_then(|item| item.number(0..=100, problems)),
            attempts: table.need("attempts", problems).and_then(|item| item.number(1..=100, problems)),
            steps: steps(&table, problems),
        }
    }

    const fn unread() -> Self {
        Self {
            id: None,
            version: None,
            title: None,
            revisions: None,
            has_revisions: false,
            attempts: None,
            steps: Vec::new(),
        }
    }
}

fn title(item: &Item<'_>, problems: &mut Problems) -> Option<Placed<String>> {
    let title = item.text(problems)?;
    let fits =
        !title.value.trim().is_empty() && title.value.len() <= 200 && !title.value.contains(char::is_control);
    if !fits {
        problems.add(&title.at, "is empty, longer than 200 bytes, or not one line", "write one short line");
    }
    fits.then_some(title)
}

fn steps(table: &Table<'_>, problems: &mut Problems) -> Vec<DraftStep> {
    let Some(item) = table.need("steps", problems) else { return Vec::new() };
    let Some(items) = item.list(problems) else { return Vec::new() };
    if items.is_empty() {
        problems.add(&item.at, "has no step", "add at least one; the first one is where a run starts");
    }
    items.iter().map(|item| DraftStep::read(item, problems)).collect()
}

impl DraftStep {
    fn read(item: &Item<'_>, problems: &mut Problems) -> Self {
        let Some(table) = item.table(STEP_KEYS, problems) else { return Self::unread(item.at.clone()) };
        let kinds = ReportKind::ALL.map(|kind| (kind.event_type(), kind));
        Self {
            at: table.at.clone(),
            id: table.need("id", problems).and_then(|item| item.parsed(problems)),
            agent: table.need("agent", problems).and_then(|item| item.parsed(problems)),
            publishes: table.need("publishes", problems).and_then(|item| item.word(&kinds, problems)),
            commits: table.get("commits").and_then(|item| item.boolean(problems)).is_some_and(|it| it.value),
            deadline: table.get("deadline").and_then(|item| item.duration(problems)).map(|it| it.value),
            effects: effects(&table, problems),
            next: next(&table, problems),
        }
    }

    const fn unread(at: Place) -> Self {
        Self {
            at,
            id: None,
            agent: None,
            publishes: None,
            commits: false,
            deadline: None,
            effects: Effects::Inside,
            next: None,
        }
    }
}

fn effects(table: &Table<'_>, problems: &mut Problems) -> Effects {
    let words = [("inside", Effects::Inside), ("outside", Effects::Outside)];
    table.get("effects").and_then(|item| item.word(&words, problems)).map(|it| it.value).unwrap_or_default()
}

fn next(table: &Table<'_>, problems: &mut Problems) -> Option<Placed<Vec<DraftEdge>>> {
    let item = table.need("next", problems)?;
    let edges = item.list(problems)?.iter().map(|item| DraftEdge::read(item, problems)).collect();
    Some(Placed { value: edges, at: item.at })
}

impl DraftEdge {
    fn read(item: &Item<'_>, problems: &mut Problems) -> Self {
        let Some(table) = item.table(EDGE_KEYS, problems) else {
            let at = item.at.clone();
            return Self { at, when: None, to: None, end: None, back: None, gate: None, broken: true };
        };
        let ends = [("completed", End::Completed), ("failed", End::Failed)];
        let mut edge = Self {
            at: table.at.clone(),
            when: table.get("when").and_then(|item| item.text(problems)),
            to: table.get("to").and_then(|item| item.parsed(problems)),
            end: table.get("end").and_then(|item| item.word(&ends, problems)),
            back: table.get("back").and_then(|item| item.boolean(problems)),
            gate: table.get("gate").and_then(|item| item.word(&[("approval", Gate::Approval)], problems)),
            broken: false,
        };
        let read = [
            ("when", edge.when.is_some()),
            ("to", edge.to.is_some()),
            ("end", edge.end.is_some()),
            ("back", edge.back.is_some()),
            ("gate", edge.gate.is_some()),
        ];
        edge.broken =
            table.has_unknown || read.iter().any(|(key, is_read)| table.get(key).is_some() && !is_read);
        edge
    }
}
