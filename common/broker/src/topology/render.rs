//! The files that a RabbitMQ server is configured with, made from the topology. Nothing is written to disk here; the
//! example `render` does that.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Policy, Queue, Topology, User};

/// Passwords by user, where they differ from the documented ones.
pub type Passwords = BTreeMap<String, String>;

/// The text of `definitions.json`.
pub fn definitions(topology: &Topology, passwords: &Passwords) -> String {
    let vhost = &topology.vhost;
    let queues = topology.queues_with(&[]);
    let all = json!({
        "vhosts": [{ "name": vhost, "default_queue_type": "quorum" }],
        "users": topology.users.iter().map(|user| login(user, passwords)).collect::<Vec<_>>(),
        "permissions": topology.users.iter().map(|user| permission(vhost, user)).collect::<Vec<_>>(),
        "topic_permissions":
            topology.users.iter().filter_map(|user| topic_permission(vhost, user)).collect::<Vec<_>>(),
        "policies": topology.policies.iter().map(|policy| rendered(topology, policy)).collect::<Vec<_>>(),
        "exchanges": topology.exchanges.iter().map(|exchange| json!({
            "name": exchange.name, "vhost": vhost, "type": exchange.kind.name(), "durable": true,
            "auto_delete": false, "internal": false, "arguments": {},
        })).collect::<Vec<_>>(),
        "queues": queues.iter().map(|queue| json!({
            "name": queue.name, "vhost": vhost, "durable": true, "auto_delete": false,
            "arguments": { "x-queue-type": "quorum" },
        })).collect::<Vec<_>>(),
        "bindings": queues.iter().flat_map(|queue| bindings(vhost, queue)).collect::<Vec<_>>(),
    });
    let mut text = serde_json::to_string_pretty(&all).expect("JSON values have string keys only");
    text.push('\n');
    text
}

/// The text of `rabbitmq.conf`.
pub fn rabbitmq_conf(topology: &Topology) -> String {
    format!(
        "\
# Made from broker-config/topology.yaml by `cargo run -p slipway-broker --example render`.

load_definitions = /etc/rabbitmq/definitions.json
default_queue_type = quorum

listeners.tcp.default = 5672
management.tcp.port = 15672

# Larger messages are refused; what is large goes to Git.
max_message_size = {}

# Each queue's policy sets its own acknowledgement timeout; this one is for queues without one.
consumer_timeout = 1800000

# A client that has gone silently is noticed within two of these, in seconds.
heartbeat = 10

# Publishers wait, and nothing is lost, when less than this is free.
vm_memory_high_watermark.relative = 0.6
disk_free_limit.absolute = 1GB
",
        topology.max_message_bytes
    )
}

fn login(user: &User, passwords: &Passwords) -> Value {
    let password = passwords.get(&user.name).unwrap_or(&user.password);
    json!({
        "name": user.name,
        "password_hash": password_hash(&user.name, password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": user.tags,
        "limits": {},
    })
}

fn permission(vhost: &str, user: &User) -> Value {
    json!({
        "user": user.name,
        "vhost": vhost,
        "configure": expression(&user.configure),
        "write": expression(&user.write),
        "read": expression(&user.read),
    })
}

fn topic_permission(vhost: &str, user: &User) -> Option<Value> {
    (!user.publishes.is_empty()).then(|| {
        json!({
            "user": user.name,
            "vhost": vhost,
            "exchange": "events",
            "write": expression(&user.publishes),
            "read": "^$",
        })
    })
}

fn rendered(topology: &Topology, policy: &Policy) -> Value {
    let names = topology.queues.iter().filter(|queue| queue.policy == policy.name).map(|queue| &queue.name);
    let patterns = topology.patterns.iter().filter(|pattern| pattern.policy.as_ref() == Some(&policy.name));
    let mut names: Vec<String> = names.chain(patterns.map(|pattern| &pattern.name)).cloned().collect();
    if topology.agent_queues.policy == policy.name {
        names.push("agent.*".into());
    }
    json!({
        "name": policy.name,
        "vhost": topology.vhost,
        "pattern": expression(&names),
        "apply-to": "queues",
        "priority": 0,
        "definition": policy.definition,
    })
}

fn bindings(vhost: &str, queue: &Queue) -> Vec<Value> {
    let keys = |binding: &super::Binding| -> Vec<Value> {
        let one = |key: &String| {
            json!({
                "source": binding.exchange, "vhost": vhost, "destination": queue.name,
                "destination_type": "queue", "routing_key": key, "arguments": {},
            })
        };
        binding.keys.iter().map(one).collect()
    };
    queue.bindings.iter().flat_map(keys).collect()
}

/// The regular expression of names in which `*` is any text.
pub(super) fn expression(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| name.replace('.', "\\.").replace('*', ".*")).collect();
    format!("^({})$", names.join("|"))
}

/// RabbitMQ's form of a password: a salt of four bytes, then the SHA-256 of salt and password, in base 64.
/// Source: <https://www.rabbitmq.com/docs/passwords#this-is-the-algorithm>.
///
/// The salt is drawn from the name, so that the same topology always gives the same file.
fn password_hash(user: &str, password: &str) -> String {
    let salt = &Sha256::digest(format!("slipway broker user {user}"))[..4];
    let digest = Sha256::digest([salt, password.as_bytes()].concat());
    base64(&[salt, &digest[..]].concat())
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| (group << 8) | u32::from(*byte));
        let group = group << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = char::from(DIGITS[(group >> (18 - 6 * place)) as usize & 63]);
            let padded = if place > chunk.len() { '=' } else { digit };
            write!(text, "{padded}").expect("a String takes all that is written");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::built_in;
    use super::*;

    #[test]
    fn the_committed_files_are_what_the_topology_gives() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../broker-config/rabbitmq");
        let committed = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        // The order of keys is no difference.
        let parsed = |text: &str| serde_json::from_str::<Value>(text).ok();
        let expected = definitions(built_in(), &Passwords::new());
        let same = parsed(&committed("definitions.json")) == parsed(&expected)
            && committed("rabbitmq.conf") == rabbitmq_conf(built_in());
        assert!(
            same,
            "broker-config/rabbitmq/ is not what topology.yaml gives; run `cargo run -p slipway-broker --example render` and \
             look at the difference"
        );
    }

    #[test]
    fn base64_is_as_everyone_writes_it() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn names_with_stars_become_expressions_that_match_whole_names() {
        assert_eq!(expression(&["agent.*".into(), "tasks".into()]), r"^(agent\..*|tasks)$");
    }
}
