//! What is on the broker: names, bindings, limits, logins. Read from `broker-config/topology.yaml`, the one source.
//!
//! No connection is made here. Open `topology/render.rs` for the files that a broker is configured with,
//! `topology/tables.rs` for the tables of the documentation.

mod render;
mod tables;

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use slipway_protocol::AgentId;

use crate::message::Address;

pub use render::{Passwords, definitions, rabbitmq_conf};
pub use tables::tables;

static SOURCE: &str = include_str!("../../../broker-config/topology.yaml");

static TOPOLOGY: LazyLock<Topology> =
    LazyLock::new(|| Topology::from_yaml(SOURCE).expect("the source that is compiled in is tested"));

/// The topology that this program was built with.
pub fn built_in() -> &'static Topology {
    &TOPOLOGY
}

/// What is on the broker.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topology {
    /// The virtual host that all of it is in.
    pub vhost: String,
    /// The largest message that the broker takes, in bytes.
    pub max_message_bytes: usize,
    /// Where messages are published.
    pub exchanges: Vec<Exchange>,
    /// Where they wait, but for agents' queues.
    pub queues: Vec<Queue>,
    /// Agents' queues.
    pub agent_queues: AgentQueues,
    /// Names of queues that processes and people make themselves.
    pub patterns: Vec<Pattern>,
    /// Limits of queues.
    pub policies: Vec<Policy>,
    /// Logins.
    pub users: Vec<User>,
}

/// An exchange. All are durable.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// Its name.
    pub name: String,
    /// How it chooses queues.
    #[serde(rename = "type")]
    pub kind: ExchangeKind,
    /// What it is for.
    pub about: String,
}

/// How an exchange chooses queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExchangeKind {
    /// By the words of the key; `*` in a binding is one word, `#` any number.
    Topic,
    /// By the whole key.
    Direct,
    /// All of them.
    Fanout,
}

impl ExchangeKind {
    /// The kind's name on the broker.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Direct => "direct",
            Self::Fanout => "fanout",
        }
    }

    /// Whether a message with `key` goes to a queue that is bound with `binding`.
    pub fn matches(self, binding: &str, key: &str) -> bool {
        match self {
            Self::Topic => {
                let words: Vec<&str> = key.split('.').collect();
                let wanted: Vec<&str> = binding.split('.').collect();
                words_match(&wanted, &words)
            }
            Self::Direct => binding == key,
            Self::Fanout => true,
        }
    }
}

fn words_match(wanted: &[&str], words: &[&str]) -> bool {
    match (wanted, words) {
        ([], []) => true,
        (["#", rest @ ..], _) => (0..=words.len()).any(|taken| words_match(rest, &words[taken..])),
        ([first, rest @ ..], [word, others @ ..]) => {
            (*first == "*" || first == word) && words_match(rest, others)
        }
        _ => false,
    }
}

/// A queue. All are durable quorum queues.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// The policy that applies to it.
    pub policy: String,
    /// What goes to it.
    #[serde(default)]
    pub bindings: Vec<Binding>,
}

/// What goes from an exchange to a queue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// The exchange.
    pub exchange: String,
    /// Its keys.
    pub keys: Vec<String>,
}

/// Agents' queues.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentQueues {
    /// What they are for.
    pub about: String,
    /// The policy that applies to them.
    pub policy: String,
    /// The exchange that feeds them, by the agent's id.
    pub exchange: String,
    /// Agents whose queues are there from the start.
    pub agents: Vec<AgentId>,
}

/// Names of queues that processes and people make themselves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// The names; `*` is any text.
    pub name: String,
    /// What they are for.
    pub about: String,
    /// The policy that applies to them, if one does.
    pub policy: Option<String>,
}

/// Limits of a class of queues.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// What it does, in words.
    pub about: String,
    /// What it does, in the broker's keys.
    pub definition: BTreeMap<String, Value>,
}

/// A login.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Who uses it.
    pub about: String,
    /// The documented development password.
    pub password: String,
    /// What it may do on the management page.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What it may make; `*` is any text.
    pub configure: Vec<String>,
    /// What it may publish to, or bind.
    pub write: Vec<String>,
    /// What it may take from, or bind to.
    pub read: Vec<String>,
    /// Types of events that it may publish; any, when there are none here.
    #[serde(default)]
    pub publishes: Vec<String>,
}

/// Where a message goes on the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) exchange: &'static str,
    pub(crate) key: String,
    /// Whether a message that no queue takes is an error.
    pub(crate) mandatory: bool,
    pub(crate) persistent: bool,
}

impl Route {
    pub(crate) fn of(address: &Address) -> Self {
        let route = |exchange, key: &str, mandatory, persistent| Self {
            exchange,
            key: key.to_owned(),
            mandatory,
            persistent,
        };
        match address {
            Address::Event(event_type) => route("events", event_type, true, true),
            Address::Agent(agent) => route("dispatch", agent.as_str(), true, true),
            Address::Tasks => route("", "tasks", true, true),
            Address::Requests => route("requests", "coordinator", true, false),
            Address::Control => route("control", "", false, false),
            Address::DeadLetter => route("dead-letter", "", true, true),
            Address::Reply(to) => route("", to, false, false),
        }
    }
}

/// What a queue's policy says, as far as a broker without one must do it itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Limits {
    pub(crate) deliveries: Option<u32>,
    pub(crate) length: Option<usize>,
    pub(crate) drops_oldest: bool,
    pub(crate) age: Option<Duration>,
}

impl Topology {
    /// Reads a topology.
    pub fn from_yaml(text: &str) -> Result<Self, String> {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }

    /// The queues, those of the built-in agents and of `more` among them.
    pub fn queues_with(&self, more: &[AgentId]) -> Vec<Queue> {
        let mut agents: Vec<&AgentId> = self.agent_queues.agents.iter().chain(more).collect();
        agents.sort();
        agents.dedup();
        let of_agents = agents.into_iter().map(|agent| self.agent_queue(agent));
        self.queues.iter().cloned().chain(of_agents).collect()
    }

    /// The queue of one agent.
    pub fn agent_queue(&self, agent: &AgentId) -> Queue {
        Queue {
            name: format!("agent.{agent}"),
            about: self.agent_queues.about.clone(),
            policy: self.agent_queues.policy.clone(),
            bindings: vec![Binding {
                exchange: self.agent_queues.exchange.clone(),
                keys: vec![agent.to_string()],
            }],
        }
    }

    /// The exchange called `name`.
    pub fn exchange(&self, name: &str) -> Option<&Exchange> {
        self.exchanges.iter().find(|exchange| exchange.name == name)
    }

    /// The login called `name`.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.name == name)
    }

    pub(crate) fn limits(&self, policy: &str) -> Limits {
        let Some(policy) = self.policies.iter().find(|candidate| candidate.name == policy) else {
            return Limits::default();
        };
        let number = |key| policy.definition.get(key).and_then(Value::as_u64);
        Limits {
            deliveries: number("delivery-limit").and_then(|limit| u32::try_from(limit).ok()),
            length: number("max-length").and_then(|length| usize::try_from(length).ok()),
            drops_oldest: policy.definition.get("overflow").is_some_and(|overflow| overflow == "drop-head"),
            age: number("message-ttl").map(Duration::from_millis),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_the_topology_uses_is_one_that_it_has() {
        let topology = built_in();
        let queues = topology.queues_with(&[]);
        for queue in &queues {
            assert!(topology.policies.iter().any(|policy| policy.name == queue.policy), "{}", queue.policy);
            for binding in &queue.bindings {
                assert!(topology.exchange(&binding.exchange).is_some(), "{}", binding.exchange);
            }
        }
        let agent: AgentId = "planner".parse().unwrap();
        let addresses = [
            Address::Event("plan.created".into()),
            Address::Agent(agent),
            Address::Requests,
            Address::Control,
            Address::DeadLetter,
        ];
        for address in addresses {
            let route = Route::of(&address);
            let kind = topology.exchange(route.exchange).unwrap().kind;
            let taken = queues.iter().flat_map(|queue| &queue.bindings).any(|binding| {
                binding.exchange == route.exchange
                    && binding.keys.iter().any(|key| kind.matches(key, &route.key))
            });
            assert!(taken || !route.mandatory, "no queue takes {address}");
        }
    }

    #[test]
    fn topic_bindings_match_words() {
        let topic = ExchangeKind::Topic;
        for (binding, key, expected) in [
            ("task.*", "task.progress", true),
            ("task.*", "task.progress.more", false),
            ("#", "a.b.c", true),
            ("a.#.c", "a.c", true),
            ("a.#.c", "a.b.b.c", true),
            ("a.b", "a.c", false),
            ("a.*", "a", false),
        ] {
            assert_eq!(topic.matches(binding, key), expected, "{binding} {key}");
        }
    }
}
