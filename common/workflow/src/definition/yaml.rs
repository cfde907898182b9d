//! YAML as a tree that remembers where each value stands, so that every problem can be shown at once and in its place.
//!
//! No word of workflows here; `reader.rs` walks the tree.

use std::fmt;

use serde::de::{Deserialize, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Error, Location, MergeKeyPolicy, Options, Spanned};

use super::SIZE_LIMIT;
use super::problem::{Place, Problems};

/// One YAML value.
#[derive(Debug)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Number(u64),
    /// A number below zero, with a fraction, or beyond 64 bits.
    OtherNumber,
    Text(String),
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
}

/// Reads a file of one document; `None` when it cannot be read on.
pub(super) fn read(yaml: &str, problems: &mut Problems) -> Option<Spanned<Node>> {
    if yaml.len() > SIZE_LIMIT {
        let message = format!("the file has {} bytes and at most {SIZE_LIMIT} are read", yaml.len());
        problems.add(&whole_file(), message, "split it into several workflows");
        return None;
    }
    match parse(yaml, DuplicateKeyPolicy::Error) {
        Ok(root) => Some(root),
        Err(error) => match error.without_snippet() {
            Error::DuplicateMappingKey { key, location } => {
                let root = parse(yaml, DuplicateKeyPolicy::FirstWins).ok();
                let key = key.as_deref().unwrap_or_default();
                let path = root.as_ref().map(|root| path_of_twin(root, key, *location)).unwrap_or_default();
                let place = Place { path, location: *location };
                problems.add(&place, format!("the key {key:?} is there twice"), "remove one of them");
                root
            }
            error => {
                problems.add(&syntax_place(error), describe(error), "mend the YAML here, or just above");
                None
            }
        },
    }
}

fn parse(yaml: &str, duplicate_keys: DuplicateKeyPolicy) -> Result<Spanned<Node>, Error> {
    let mut options = Options::default();
    options.with_snippet = false;
    options.duplicate_keys = duplicate_keys;
    options.merge_keys = MergeKeyPolicy::Error;
    options.strict_booleans = true;
    options.reject_unsupported_tags = true;
    options.budget = serde_saphyr::budget! { max_depth: 32, max_nodes: 50_000 };
    options.alias_limits.max_total_replayed_events = 10_000;
    serde_saphyr::from_str_with_options(yaml, options)
}

fn whole_file() -> Place {
    Place { path: String::new(), location: Location::UNKNOWN }
}

fn syntax_place(error: &Error) -> Place {
    Place { path: String::new(), location: error.location().unwrap_or(Location::UNKNOWN) }
}

/// The library's words without the place, which the problem itself bears; our own where its are for programmers.
fn describe(error: &Error) -> String {
    if let Error::AliasError { error, .. } = error {
        return describe(error);
    }
    let text = error.to_string();
    let said = match error {
        Error::MultipleDocuments { .. } => "a second document begins here",
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => "it is nested or repeated beyond any use",
        _ => text.split(" at line ").next().and_then(|said| said.lines().next()).unwrap_or_default(),
    };
    format!("not readable as YAML: {said}")
}

/// The path of the key that `key` at `twin` repeats.
///
/// The library tells only where the second one stands. Its first is the nearest one above in the same column (block
/// style) or, failing that, the nearest one before it (flow style).
fn path_of_twin(root: &Spanned<Node>, key: &str, twin: Location) -> String {
    let mut keys = Vec::new();
    collect_keys(&root.value, "", &mut keys);
    let position = |at: Location| (at.line(), at.column());
    let before = keys.iter().filter(|(name, at, _)| *name == key && position(*at) < position(twin));
    before
        .max_by_key(|(_, at, _)| (at.column() == twin.column() || at.line() == twin.line(), position(*at)))
        .map_or_else(|| key.to_owned(), |(_, _, path)| path.clone())
}

fn collect_keys<'a>(node: &'a Node, path: &str, keys: &mut Vec<(&'a str, Location, String)>) {
    match node {
        Node::Map(entries) => {
            for (key, value) in entries {
                let inner = join(path, &key.value);
                keys.push((&key.value, key.referenced, inner.clone()));
                collect_keys(&value.value, &inner, keys);
            }
        }
        Node::List(items) => {
            for (index, item) in items.iter().enumerate() {
                collect_keys(&item.value, &format!("{path}[{index}]"), keys);
            }
        }
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::OtherNumber | Node::Text(_) => {}
    }
}

/// The path of `key` in the mapping at `path`.
pub(super) fn join(path: &str, key: &str) -> String {
    let shown: String = key.chars().flat_map(char::escape_debug).take(60).collect();
    if path.is_empty() { shown } else { format!("{path}.{shown}") }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(u64::try_from(value).map_or(Node::OtherNumber, Node::Number))
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::OtherNumber)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::OtherNumber)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::OtherNumber)
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}
