//! The tables of `docs/reference/broker.md`, made from the topology.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Topology, User};

/// The tables, as Markdown.
pub fn tables(topology: &Topology) -> String {
    let sections = [exchanges(topology), queues(topology), policies(topology), users(topology)];
    sections.join("\n")
}

fn table(head: &str, rows: impl Iterator<Item = String>) -> String {
    let columns = head.matches('|').count() - 1;
    let mut text = format!("{head}\n|{}\n", " --- |".repeat(columns));
    for row in rows {
        writeln!(text, "{row}").expect("a String takes all that is written");
    }
    text
}

fn codes<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(" ")
}

fn exchanges(topology: &Topology) -> String {
    let row = |exchange: &super::Exchange| {
        format!("| `{}` | {} | {} |", exchange.name, exchange.kind.name(), exchange.about)
    };
    table("| exchange | type | what is published to it |", topology.exchanges.iter().map(row))
}

fn queues(topology: &Topology) -> String {
    let named = topology.queues.iter().map(|queue| {
        let bound = queue.bindings.iter().map(|binding| {
            let keys: Vec<&String> = binding.keys.iter().filter(|key| !key.is_empty()).collect();
            format!("`{}`: {}", binding.exchange, if keys.is_empty() { "all".into() } else { codes(keys) })
        });
        let bound: Vec<String> = bound.collect();
        format!("| `{}` | {} | `{}` | {} |", queue.name, queue.about, queue.policy, bound.join("; "))
    });
    let agents = &topology.agent_queues;
    let of_agents = format!(
        "| `agent.<id>` | {} | `{}` | `{}`: the agent's id |",
        agents.about, agents.policy, agents.exchange
    );
    let patterns = topology.patterns.iter().map(|pattern| {
        let policy = pattern.policy.as_ref().map(|policy| format!("`{policy}`")).unwrap_or_default();
        format!("| `{}` | {} | {policy} | |", pattern.name, pattern.about)
    });
    table("| queue | what is in it | policy | bound to |", named.chain([of_agents]).chain(patterns))
}

fn policies(topology: &Topology) -> String {
    let rows = topology.policies.iter().map(|policy| {
        let keys = policy.definition.iter().map(|(key, value)| match value {
            Value::String(text) => format!("`{key}={text}`"),
            other => format!("`{key}={other}`"),
        });
        let keys: Vec<String> = keys.collect();
        format!("| `{}` | {} | {} |", policy.name, policy.about, keys.join(" "))
    });
    table("| policy | what it does | keys |", rows)
}

fn users(topology: &Topology) -> String {
    let row = |user: &User| {
        let events = if user.publishes.is_empty() { "any".into() } else { codes(&user.publishes) };
        format!(
            "| `{}` | `{}` | {} | {} | {} | {} | {events} |",
            user.name,
            user.password,
            user.about,
            codes(&user.configure),
            codes(&user.write),
            codes(&user.read)
        )
    };
    let head = "| user | development password | who | may make | may publish to | may read | events that it may publish |";
    table(head, topology.users.iter().map(row))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::built_in;
    use super::*;

    #[test]
    fn the_reference_page_has_the_tables_that_the_topology_gives() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/broker.md");
        let text = std::fs::read_to_string(page).unwrap();
        assert!(
            text.contains(&tables(built_in())),
            "docs/reference/broker.md has other tables than topology.yaml gives; run `cargo run -p slipway-broker --example \
             render`"
        );
    }
}
