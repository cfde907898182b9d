//! Walks the YAML tree by key and type, and notes what is missing, unknown or of the wrong type.
//!
//! It knows shapes only; `draft.rs` knows which keys a workflow has.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use serde_saphyr::{Location, Spanned};

use super::problem::{Place, Placed, Problems, suggest};
use super::yaml::{Node, join};

/// A value somewhere in the tree.
pub(super) struct Item<'a> {
    node: &'a Node,
    pub(super) at: Place,
}

/// A mapping whose keys are known in advance.
pub(super) struct Table<'a> {
    entries: &'a [(Spanned<String>, Spanned<Node>)],
    pub(super) at: Place,
    /// Whether it has a key that is not known, so that what is known of it may not be all that was meant.
    pub(super) has_unknown: bool,
}

impl<'a> Item<'a> {
    pub(super) fn root(root: &'a Spanned<Node>) -> Self {
        Self { node: &root.value, at: Place { path: String::new(), location: root.referenced } }
    }

    /// The mapping that this is; every key that is not among `keys` is a problem.
    pub(super) fn table(&self, keys: &[&str], problems: &mut Problems) -> Option<Table<'a>> {
        let Node::Map(entries) = self.node else {
            return self.wrong_type("a mapping of keys to values", problems);
        };
        let unknown = |key: &&Spanned<String>| !keys.contains(&key.value.as_str());
        let mut has_unknown = false;
        for key in entries.iter().map(|(key, _)| key).filter(unknown) {
            has_unknown = true;
            let at = Place { path: join(&self.at.path, &key.value), location: key.referenced };
            let message = format!("unknown key {:?}", key.value);
            problems.add(&at, message, suggest(&key.value, &keys.iter().copied().collect()));
        }
        Some(Table { entries, at: self.at.clone(), has_unknown })
    }

    /// The items of the list that this is.
    pub(super) fn list(&self, problems: &mut Problems) -> Option<Vec<Item<'a>>> {
        let Node::List(items) = self.node else {
            return self.wrong_type("a list", problems);
        };
        let place =
            |index, location: Location| Place { path: format!("{}[{index}]", self.at.path), location };
        let item = |(index, item): (usize, &'a Spanned<Node>)| Item {
            node: &item.value,
            at: place(index, item.referenced),
        };
        Some(items.iter().enumerate().map(item).collect())
    }

    pub(super) fn text(&self, problems: &mut Problems) -> Option<Placed<String>> {
        match self.node {
            Node::Text(text) => Some(self.placed(text.clone())),
            _ => self.wrong_type("a text", problems),
        }
    }

    pub(super) fn boolean(&self, problems: &mut Problems) -> Option<Placed<bool>> {
        match self.node {
            Node::Bool(value) => Some(self.placed(*value)),
            _ => self.wrong_type("true or false", problems),
        }
    }

    pub(super) fn number(&self, range: RangeInclusive<u32>, problems: &mut Problems) -> Option<Placed<u32>> {
        let number = match self.node {
            Node::Number(number) => u32::try_from(*number).ok(),
            _ => None,
        };
        match number.filter(|number| range.contains(number)) {
            Some(number) => Some(self.placed(number)),
            None => self
                .wrong_type(&format!("a whole number from {} to {}", range.start(), range.end()), problems),
        }
    }

    /// A text that parses, such as an id.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&self, problems: &mut Problems) -> Option<Placed<T>> {
        let text = self.text(problems)?;
        match text.value.parse() {
            Ok(value) => Some(self.placed(value)),
            Err(error) => {
                problems.add(&self.at, error.to_string(), "choose another one");
                None
            }
        }
    }

    /// One of a few words and what it stands for.
    pub(super) fn word<T: Copy>(&self, words: &[(&str, T)], problems: &mut Problems) -> Option<Placed<T>> {
        let text = self.text(problems)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(self.placed(*value));
        }
        let key = self.at.path.rsplit('.').next().unwrap_or_default();
        let known: BTreeSet<&str> = words.iter().map(|(word, _)| *word).collect();
        problems.add(&self.at, format!("unknown {key} {:?}", text.value), suggest(&text.value, &known));
        None
    }

    /// A time such as `90s`, `10m`, `1h`: from a second to a day.
    pub(super) fn duration(&self, problems: &mut Problems) -> Option<Placed<Duration>> {
        let parsed = match self.node {
            Node::Text(text) => parse_duration(text),
            _ => None,
        };
        match parsed {
            Some(duration) => Some(self.placed(duration)),
            None => self.wrong_type("a time from 1s to 24h, such as 90s, 10m or 1h", problems),
        }
    }

    fn placed<T>(&self, value: T) -> Placed<T> {
        Placed { value, at: self.at.clone() }
    }

    fn wrong_type<T>(&self, wanted: &str, problems: &mut Problems) -> Option<T> {
        let found = match self.node {
            Node::Null => "nothing is here".to_owned(),
            Node::Bool(value) => format!("{value} is here"),
            Node::Number(number) => format!("{number} is here"),
            Node::OtherNumber => "another number is here".to_owned(),
            Node::Text(text) => format!("{:?} is here", text.chars().take(40).collect::<String>()),
            Node::List(_) => "a list is here".to_owned(),
            Node::Map(_) => "a mapping is here".to_owned(),
        };
        problems.add(&self.at, found, format!("write {wanted}"));
        None
    }
}

impl<'a> Table<'a> {
    /// The value of `key`, if it is there.
    pub(super) fn get(&self, key: &str) -> Option<Item<'a>> {
        let (_, value) = self.entries.iter().find(|(name, _)| name.value == key)?;
        Some(Item {
            node: &value.value,
            at: Place { path: join(&self.at.path, key), location: value.referenced },
        })
    }

    /// The value of `key`; its absence is a problem.
    pub(super) fn need(&self, key: &str, problems: &mut Problems) -> Option<Item<'a>> {
        let item = self.get(key);
        if item.is_none() {
            let at = Place { path: join(&self.at.path, key), location: self.at.location };
            problems.add(&at, "is missing", format!("add `{key}:` here"));
        }
        item
    }
}

fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds_per_unit: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = number.parse::<u64>().ok().filter(|_| digits)?.checked_mul(seconds_per_unit)?;
    (1..=24 * 3600).contains(&seconds).then(|| Duration::from_secs(seconds))
}
