//! A workflow as a Mermaid flowchart. Nodes have numbers for ids, so that no step's name can be a word of Mermaid.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Definition, Edge, End, Gate, Step, Target};

pub(super) fn draw(definition: &Definition) -> String {
    let mut lines = vec!["flowchart TD".to_owned(), "start([task.initiated]) --> s0".to_owned()];
    let mut ends = BTreeSet::new();
    for (index, step) in definition.steps().iter().enumerate() {
        lines.push(format!("s{index}[\"{}<br/><small>{}</small>\"]", step.id(), step.agent()));
        for edge in step.next() {
            lines.push(arrow(definition, index, step, edge));
            if let Target::End(end) = edge.target {
                ends.insert(end_node(end));
            }
        }
    }
    lines.extend(ends.into_iter().map(|end| format!("{end}([{end}])")));
    lines.iter().enumerate().fold(String::new(), |mut chart, (number, line)| {
        let indent = if number == 0 { "" } else { "  " };
        writeln!(chart, "{indent}{line}").expect("writing to a string cannot fail");
        chart
    })
}

fn arrow(definition: &Definition, index: usize, step: &Step, edge: &Edge) -> String {
    let outcomes = step.publishes().outcomes();
    let label = edge.when.filter(|_| outcomes.len() > 1).map(|when| format!("|{when}|")).unwrap_or_default();
    match &edge.target {
        Target::Forward { to, gate: None } => {
            format!("s{index} -->{label} {}", node(definition, to.as_str()))
        }
        Target::Forward { to, gate: Some(Gate::Approval) } => {
            let to = node(definition, to.as_str());
            format!("s{index} -->{label} g{to}{{{{approval}}}} --> {to}")
        }
        Target::Back { to } => format!("s{index} -.->{label} {}", node(definition, to.as_str())),
        Target::End(end) => format!("s{index} -->{label} {}", end_node(*end)),
    }
}

fn node(definition: &Definition, id: &str) -> String {
    let index = definition.steps().iter().position(|step| step.id().as_str() == id);
    format!("s{}", index.expect("a definition's edges lead to its own steps"))
}

const fn end_node(end: End) -> &'static str {
    match end {
        End::Completed => "completed",
        End::Failed => "failed",
    }
}
