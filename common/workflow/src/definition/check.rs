//! How the parts of a workflow fit together, and what is refused. Every problem is noted, not only the first.
//!
//! What can follow from another problem (a step that no one reaches because the edge to it is misspelt) is looked for
//! only when the other is mended.

use std::collections::BTreeSet;

use slipway_protocol::{AgentId, ReportKind, StepId};

use super::draft::{Draft, DraftEdge, DraftStep};
use super::graph::{Graph, Way};
use super::problem::{Placed, Problems, suggest};
use super::{DEFAULT_DEADLINE, Definition, Edge, Step, Target};

/// Notes every problem of `draft` and makes a definition of it when it is whole.
pub(super) fn check(
    draft: &Draft,
    agents: &BTreeSet<AgentId>,
    problems: &mut Problems,
) -> Option<Definition> {
    check_agents(draft, agents, problems);
    check_step_ids(draft, problems);
    for step in &draft.steps {
        check_edges(step, problems);
        check_outcomes(step, problems);
    }
    check_bound(draft, problems);
    check_graph(draft, problems);
    build(draft)
}

fn check_agents(draft: &Draft, agents: &BTreeSet<AgentId>, problems: &mut Problems) {
    let known: BTreeSet<&str> = agents.iter().map(AgentId::as_str).collect();
    for agent in draft.steps.iter().filter_map(|step| step.agent.as_ref()) {
        if !agents.contains(&agent.value) {
            let message = format!("unknown agent {:?}", agent.value.as_str());
            problems.add(&agent.at, message, suggest(agent.value.as_str(), &known));
        }
    }
}

fn check_step_ids(draft: &Draft, problems: &mut Problems) {
    let ids: Vec<_> = draft.steps.iter().filter_map(|step| step.id.as_ref()).collect();
    for (index, id) in ids.iter().enumerate() {
        if let Some(first) = ids[..index].iter().find(|earlier| earlier.value == id.value) {
            let line = first.at.location.line();
            let message = format!("the step {:?} is there twice, first on line {line}", id.value.as_str());
            problems.add(&id.at, message, "give each step its own id");
        }
    }
}

/// Each edge leads to exactly one place, and what stands on it fits that place.
fn check_edges(step: &DraftStep, problems: &mut Problems) {
    for edge in edges(step).iter().filter(|edge| !edge.broken) {
        match (&edge.to, &edge.end) {
            (None, None) => problems.add(&edge.at, "leads nowhere", "add `to: <step>` or `end: completed`"),
            (Some(_), Some(end)) => {
                problems.add(
                    &end.at,
                    "an edge leads to a step or to an end, not to both",
                    "remove one of them",
                );
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
        let back = edge.back.as_ref().filter(|back| back.value);
        if let (Some(gate), true) = (&edge.gate, back.is_some() || edge.to.is_none()) {
            problems.add(&gate.at, "a gate stands before a step that is led on to", "remove the gate");
        }
        if let (Some(back), None) = (back, &edge.to) {
            problems.add(&back.at, "an end is not back", "remove `back`");
        }
    }
}

/// Each outcome that the step can have takes exactly one edge.
fn check_outcomes(step: &DraftStep, problems: &mut Problems) {
    let (Some(kind), Some(next)) = (&step.publishes, &step.next) else { return };
    let outcomes = kind.value.outcomes();
    let known: BTreeSet<&str> = outcomes.iter().copied().collect();
    let mut covered = BTreeSet::new();
    let mut whole = true;
    for edge in &next.value {
        whole &= !edge.broken;
        if let Some(when) = edge.when.as_ref().filter(|when| !outcomes.contains(&when.value.as_str())) {
            let message = format!("{:?} is no outcome of {}", when.value, kind.value);
            problems.add(&when.at, message, suggest(&when.value, &known));
            whole = false;
        } else if !edge.broken {
            check_taken_once(edge, outcomes, &mut covered, problems);
        }
        check_review_gate(edge, kind.value, problems);
    }
    for outcome in outcomes.iter().filter(|outcome| whole && !covered.contains(*outcome)) {
        let message = format!("the outcome {outcome:?} of {} leads nowhere", kind.value);
        problems.add(&next.at, message, format!("add an edge with `when: {outcome}`"));
    }
}

fn check_taken_once<'a>(
    edge: &DraftEdge,
    outcomes: &[&'a str],
    covered: &mut BTreeSet<&'a str>,
    problems: &mut Problems,
) {
    let takes = |outcome: &&&str| edge.when.as_ref().is_none_or(|when| when.value == ***outcome);
    let twice: Vec<_> = outcomes.iter().filter(takes).filter(|outcome| !covered.insert(outcome)).collect();
    if let Some(outcome) = twice.first() {
        let at = edge.when.as_ref().map_or(&edge.at, |when| &when.at);
        let message = format!("the outcome {outcome:?} takes an earlier edge already");
        problems.add(at, message, "leave it one edge; an edge without `when` takes every outcome");
    }
}

/// A review can ask for a person whatever the task says, so an approved one must meet a gate before the next step.
fn check_review_gate(edge: &DraftEdge, kind: ReportKind, problems: &mut Problems) {
    let approved = edge.when.as_ref().is_none_or(|when| when.value == "approved");
    let onward = edge.to.is_some() && !edge.back.as_ref().is_some_and(|back| back.value);
    if kind == ReportKind::Review && approved && onward && edge.gate.is_none() && !edge.broken {
        let message = "an approved review goes on without a gate, and a review can ask for a person";
        problems.add(&edge.at, message, "add `gate: approval`");
    }
}

/// Ways back have a bound, or a run could go round for ever.
fn check_bound(draft: &Draft, problems: &mut Problems) {
    let backs = draft.steps.iter().flat_map(edges).filter_map(|edge| edge.back.as_ref());
    let Some(back) = backs.into_iter().find(|back| back.value) else { return };
    let help = "write `revisions: 3`, or another number from 1, at the top of the file";
    match &draft.revisions {
        Some(revisions) if revisions.value == 0 => {
            problems.add(&revisions.at, "is 0, and yet a step leads back", help);
        }
        Some(_) => {}
        None if draft.has_revisions => {}
        None => problems.add(&back.at, "leads back, and nothing bounds how often", help),
    }
}

fn check_graph(draft: &Draft, problems: &mut Problems) {
    let (ways, whole) = resolve(draft, problems);
    let steps = draft.steps.len();
    let mut forward = Graph::new(steps);
    for (way, to) in ways.iter().filter(|(way, _)| !way.back) {
        match forward.path(way.to, way.from) {
            None => forward.add(way.from, way.to),
            Some(path) => {
                let names: Vec<_> =
                    path.iter().chain([&way.to]).map(|index| name(&draft.steps[*index])).collect();
                let message = format!("leads round in a circle: {}", names.join(" -> "));
                problems.add(&to.at, message, "mark the edge that goes back with `back: true`");
            }
        }
    }
    if !whole {
        return;
    }
    let all: Vec<Way> = ways.iter().map(|(way, _)| *way).collect();
    let reached = Graph::of(steps, all.iter()).reached_from((steps > 0).then_some(0));
    for (way, to) in ways.iter().filter(|(way, _)| way.back && reached[way.from]) {
        if forward.path(way.to, way.from).is_none() {
            let (from, to_name) = (name(&draft.steps[way.from]), name(&draft.steps[way.to]));
            let message = format!("is marked as back, but {to_name} does not come before {from}");
            problems.add(&to.at, message, "remove `back: true`, or lead to an earlier step");
        }
    }
    check_reach(draft, &all, &reached, problems);
}

/// Every step can be reached from the first one, and from every step an end can be reached.
fn check_reach(draft: &Draft, ways: &[Way], reached: &[bool], problems: &mut Problems) {
    let steps = draft.steps.len();
    let turned: Vec<Way> =
        ways.iter().map(|way| Way { from: way.to, to: way.from, back: way.back }).collect();
    let ends = (0..steps).filter(|index| edges(&draft.steps[*index]).iter().any(|edge| edge.end.is_some()));
    let ending = Graph::of(steps, turned.iter()).reached_from(ends);
    for (index, step) in draft.steps.iter().enumerate() {
        let at = step.id.as_ref().map_or(&step.at, |id| &id.at);
        if !reached[index] {
            let message =
                format!("the step {:?} cannot be reached from {:?}", name(step), name(&draft.steps[0]));
            problems.add(at, message, "lead an edge to it, or remove it");
        }
        if !ending[index] {
            let message = format!("from the step {:?} no end can be reached", name(step));
            problems.add(at, message, "add an edge with `end: completed`");
        }
    }
}

/// The edges between steps, each with where its target is written, and whether the whole graph could be read.
fn resolve<'a>(draft: &'a Draft, problems: &mut Problems) -> (Vec<(Way, &'a Placed<StepId>)>, bool) {
    let known: BTreeSet<&str> = draft.steps.iter().map(name).filter(|name| !name.is_empty()).collect();
    let mut whole = known.len() == draft.steps.len();
    let mut ways = Vec::new();
    for (from, step) in draft.steps.iter().enumerate() {
        whole &= step.next.is_some();
        for edge in edges(step) {
            whole &= !edge.broken && (edge.to.is_some() || edge.end.is_some());
            let Some(to) = &edge.to else { continue };
            let position = |step: &DraftStep| step.id.as_ref().is_some_and(|id| id.value == to.value);
            let Some(index) = draft.steps.iter().position(position) else {
                let message = format!("unknown step {:?}", to.value.as_str());
                problems.add(&to.at, message, suggest(to.value.as_str(), &known));
                whole = false;
                continue;
            };
            let back = edge.back.as_ref().is_some_and(|back| back.value);
            ways.push((Way { from, to: index, back }, to));
        }
    }
    (ways, whole)
}

fn edges(step: &DraftStep) -> &[DraftEdge] {
    step.next.as_ref().map_or(&[], |next| &next.value)
}

fn name(step: &DraftStep) -> &str {
    step.id.as_ref().map_or("", |id| id.value.as_str())
}

/// The definition; `None` when a part is missing, which is a problem that was noted.
fn build(draft: &Draft) -> Option<Definition> {
    Some(Definition {
        id: draft.id.as_ref()?.value.clone(),
        version: draft.version.as_ref()?.value,
        title: draft.title.as_ref()?.value.clone(),
        revisions: draft.revisions.as_ref().map_or(0, |revisions| revisions.value),
        attempts: draft.attempts.as_ref()?.value,
        steps: draft.steps.iter().map(build_step).collect::<Option<_>>()?,
    })
}

fn build_step(step: &DraftStep) -> Option<Step> {
    let publishes = step.publishes.as_ref()?.value;
    Some(Step {
        id: step.id.as_ref()?.value.clone(),
        agent: step.agent.as_ref()?.value.clone(),
        publishes,
        commits: step.commits,
        deadline: step.deadline.unwrap_or(DEFAULT_DEADLINE),
        effects: step.effects,
        next: edges(step).iter().map(|edge| build_edge(edge, publishes)).collect::<Option<_>>()?,
    })
}

fn build_edge(edge: &DraftEdge, kind: ReportKind) -> Option<Edge> {
    let when = match &edge.when {
        Some(when) => Some(*kind.outcomes().iter().find(|outcome| **outcome == when.value)?),
        None => None,
    };
    let back = edge.back.as_ref().is_some_and(|back| back.value);
    let target = match (&edge.to, &edge.end) {
        (Some(to), None) if back => Target::Back { to: to.value.clone() },
        (Some(to), None) => {
            Target::Forward { to: to.value.clone(), gate: edge.gate.as_ref().map(|gate| gate.value) }
        }
        (None, Some(end)) => Target::End(end.value),
        (None, None) | (Some(_), Some(_)) => return None,
    };
    Some(Edge { when, target })
}
