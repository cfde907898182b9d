//! The committed files and a running broker agree: exchanges, queues, bindings, policies, logins and their rights.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use slipway_tests::program::workspace;
use slipway_tests::services::{Place, Services, eventually};

/// A part of the definitions and what of an entry is compared.
const PARTS: [(&str, &[&str]); 6] = [
    ("exchanges", &["name", "type", "durable", "auto_delete", "internal", "arguments"]),
    ("queues", &["name", "durable", "auto_delete", "arguments"]),
    ("bindings", &["source", "destination", "destination_type", "routing_key", "arguments"]),
    ("policies", &["name", "pattern", "apply-to", "definition", "priority"]),
    ("permissions", &["user", "configure", "write", "read"]),
    ("topic_permissions", &["user", "exchange", "write", "read"]),
];

fn entries(part: &Value, keys: &[&str]) -> BTreeSet<String> {
    let ours = |entry: &&Value| {
        let text = |key: &str| entry[key].as_str().unwrap_or("-").to_owned();
        let is_servers =
            text("name").is_empty() || text("name").starts_with("amq.") || text("source").is_empty();
        !is_servers && text("user") != "administrator"
    };
    let compared = |entry: &Value| {
        let values: Vec<String> = keys.iter().map(|key| format!("{key}={}", entry[*key])).collect();
        values.join(" ")
    };
    part.as_array().unwrap().iter().filter(ours).map(compared).collect()
}

/// What the broker has and the files have not, and the other way round.
async fn drift(place: &Place) -> Vec<String> {
    let file = std::fs::read_to_string(workspace().join("broker-config/rabbitmq/definitions.json")).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    let mut differences = Vec::new();
    for (part, keys) in PARTS {
        let path = match part {
            "permissions" => "vhosts/{vhost}/permissions".to_owned(),
            "topic_permissions" => "vhosts/{vhost}/topic-permissions".to_owned(),
            other => format!("{other}/{{vhost}}"),
        };
        let expected = entries(&file[part], keys);
        let found = entries(&place.administrator.get(&path).await, keys);
        differences.extend(expected.difference(&found).map(|entry| format!("{part}: missing {entry}")));
        differences.extend(found.difference(&expected).map(|entry| format!("{part}: unexpected {entry}")));
    }
    differences
}

#[tokio::test]
async fn code_files_and_the_running_broker_agree() {
    let place = Services::shared().await.place().await;
    assert_eq!(drift(&place).await, Vec::<String>::new());
    place.coordinator().declare_topology(&[]).await.unwrap();
    place.worker().declare_topology(&[]).await.unwrap();
    assert_eq!(drift(&place).await, Vec::<String>::new(), "declaring changed something");
}

#[tokio::test]
async fn every_queue_has_its_policy_and_every_key_of_it_is_in_effect() {
    let place = Services::shared().await.place().await;
    let topology = slipway_broker::topology::built_in();
    for queue in topology.queues_with(&[]) {
        let path = format!("queues/{{vhost}}/{}", queue.name);
        // The page shows a queue's policy some seconds after it was applied.
        eventually("the policy is shown", || async {
            place.operator.get(&path).await["policy"] == queue.policy
        })
        .await;
        let found = place.operator.get(&path).await;
        let policy = topology.policies.iter().find(|policy| policy.name == queue.policy).unwrap();
        assert_eq!(found["effective_policy_definition"], json!(policy.definition), "{}", queue.name);
        assert_eq!(found["type"], "quorum", "{}", queue.name);
    }
}

#[tokio::test]
async fn what_somebody_changed_by_hand_is_found() {
    let place = Services::shared().await.place().await;
    place.administrator.delete_queue("agent.coder").await;
    let policy = json!({ "pattern": "^tasks$", "definition": { "max-length": 1 }, "apply-to": "queues", "priority": 9 });
    place.administrator.put("policies/{vhost}/by-hand", &policy).await;
    let found = drift(&place).await.join("\n");
    for expected in
        ["missing name=\"agent.coder\"", "missing source=\"dispatch\"", "unexpected name=\"by-hand\""]
    {
        assert!(found.contains(expected), "{found}");
    }
}
