//! What is on offer: the blueprints of `blueprints/catalogue.yaml` and the words of `blueprints/vocabulary.yaml`.
//!
//! Both files are part of the library and are read once. Nothing here reads prompts; `prompt.rs` does, with these words.

mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;
use slipway_protocol::plan::{Language, RunKind};

use crate::blueprint::has_language;
use crate::parameters::Extra;

pub(crate) use vocabulary::{Capability, Phrase, Weight, vocabulary};

/// One blueprint, as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id, such as `todo`.
    pub id: String,
    /// What kind of thing it is.
    pub title: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// Prompts that lead to it; at least three.
    pub examples: Vec<String>,
    /// The parameters that are read from a prompt.
    pub parameters: Vec<String>,
    /// The languages that it is written in.
    pub languages: Vec<Language>,
    /// The titles of its capabilities.
    pub provides: Vec<String>,
}

/// All blueprints, in the catalogue's order.
pub fn catalogue() -> Vec<Entry> {
    kinds().iter().map(Kind::entry).collect()
}

/// One blueprint, and the words by which a prompt asks for it.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) id: String,
    pub(crate) title: String,
    summary: String,
    pub(crate) run: RunKind,
    pub(crate) examples: Vec<String>,
    pub(crate) phrases: Vec<Phrase>,
    /// Phrases that name it only where other words say that software is wanted.
    pub(crate) weak: Vec<Phrase>,
    /// Services that are no records: `rest-api` keeps them only with named fields.
    pub(crate) services: Vec<Phrase>,
    /// Default names for single phrases.
    pub(crate) names: Vec<(Phrase, String)>,
    /// The capability that it is as a part of another application.
    pub(crate) part: String,
    pub(crate) provides: BTreeSet<String>,
    /// Stems of the words of its own subject.
    pub(crate) words: BTreeSet<String>,
    /// What makes it another thing.
    pub(crate) other: Vec<Phrase>,
    pub(crate) qualifiers: Qualifiers,
    pub(crate) strict: bool,
    pub(crate) extra: Option<Extra>,
    pub(crate) defaults: Defaults,
}

/// What unknown words before a kind's phrase mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Qualifiers {
    /// Another thing.
    Refuse,
    /// The record of `rest-api`.
    Record,
    /// The topic of `landing-page`.
    Topic,
}

/// Parameters where the prompt names none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Defaults {
    pub(crate) name: String,
    pub(crate) colour: String,
    pub(crate) port: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    every_server: Vec<String>,
    blueprints: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    title: String,
    summary: String,
    run: RunKind,
    examples: Vec<String>,
    phrases: Vec<String>,
    #[serde(default)]
    weak: Vec<String>,
    #[serde(default)]
    services: Vec<String>,
    #[serde(default)]
    names: BTreeMap<String, String>,
    part: String,
    provides: Vec<String>,
    words: Vec<String>,
    #[serde(default)]
    other: Vec<String>,
    qualifiers: Qualifiers,
    #[serde(default)]
    strict: bool,
    extra: Option<Extra>,
    defaults: Defaults,
}

static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let file: File = serde_saphyr::from_str(include_str!("../blueprints/catalogue.yaml"))
        .expect("the catalogue is part of the library and every test reads it");
    let every_server = file.every_server;
    file.blueprints.into_iter().map(|row| row.into_kind(&every_server)).collect()
});

/// All blueprints, in the catalogue's order.
pub(crate) fn kinds() -> &'static [Kind] {
    &KINDS
}

impl Row {
    fn into_kind(self, every_server: &[String]) -> Kind {
        let shared = if self.run == RunKind::Server { every_server } else { &[] };
        Kind {
            id: self.id,
            title: self.title,
            summary: self.summary,
            run: self.run,
            examples: self.examples,
            phrases: self.phrases.iter().map(|text| Phrase::new(text)).collect(),
            weak: self.weak.iter().map(|text| Phrase::new(text)).collect(),
            services: self.services.iter().map(|text| Phrase::new(text)).collect(),
            names: self.names.into_iter().map(|(phrase, name)| (Phrase::new(&phrase), name)).collect(),
            part: self.part,
            provides: self.provides.into_iter().chain(shared.iter().cloned()).collect(),
            words: vocabulary::stems(&self.words),
            other: self.other.iter().map(|text| Phrase::new(text)).collect(),
            qualifiers: self.qualifiers,
            strict: self.strict,
            extra: self.extra,
            defaults: self.defaults,
        }
    }
}

impl Kind {
    fn entry(&self) -> Entry {
        let mut parameters = vec!["name", "colour", "language"];
        if self.run == RunKind::Server {
            parameters.push("port");
        }
        match self.extra {
            Some(Extra::Record) => parameters.extend(["record", "fields"]),
            Some(Extra::Topic) => parameters.extend(["tagline", "topic"]),
            None => {}
        }
        let provided =
            vocabulary().capabilities.iter().filter(|capability| self.provides.contains(&capability.id));
        Entry {
            id: self.id.clone(),
            title: self.title.clone(),
            summary: self.summary.clone(),
            examples: self.examples.clone(),
            parameters: parameters.into_iter().map(str::to_owned).collect(),
            languages: self.languages(),
            provides: provided.map(|capability| capability.title.clone()).collect(),
        }
    }

    /// The languages that it is written in.
    pub(crate) fn languages(&self) -> Vec<Language> {
        let all = [Language::Python, Language::Node];
        all.into_iter().filter(|language| has_language(&self.id, *language)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_complete() {
        for entry in catalogue() {
            assert!(entry.examples.len() >= 3, "{} has too few examples", entry.id);
            assert_eq!(entry.languages, [Language::Python, Language::Node], "{}", entry.id);
            assert!(!entry.provides.is_empty() && entry.summary.ends_with('.'), "{}", entry.id);
        }
    }

    #[test]
    fn every_capability_that_a_blueprint_names_is_in_the_vocabulary() {
        let known: BTreeSet<&str> = vocabulary().capabilities.iter().map(|known| known.id.as_str()).collect();
        for kind in kinds() {
            for id in kind.provides.iter().chain([&kind.part]) {
                assert!(known.contains(id.as_str()), "{} names {id}", kind.id);
            }
        }
    }

    #[test]
    fn no_phrase_names_two_blueprints() {
        let mut seen = BTreeMap::new();
        for kind in kinds() {
            for phrase in &kind.phrases {
                if let Some(other) = seen.insert(format!("{phrase:?}"), &kind.id) {
                    assert_eq!(other, &kind.id, "{phrase:?}");
                }
            }
        }
    }
}
