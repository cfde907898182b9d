//! The words of `blueprints/vocabulary.yaml`: capabilities, and the words that ask for none.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::english::stem;

/// All words.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    pub(crate) capabilities: Vec<Capability>,
    pub(crate) openers: BTreeSet<String>,
    pub(crate) generic: BTreeSet<String>,
    pub(crate) neutral: BTreeSet<String>,
    pub(crate) purposes: BTreeSet<String>,
    /// Phrases that are fields where fields are listed, whatever capability they name elsewhere.
    pub(crate) fields: Vec<Phrase>,
}

/// Something that an application can do or lack.
#[derive(Debug)]
pub(crate) struct Capability {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) weight: Weight,
    /// Whether it counts in purposes as well.
    pub(crate) everywhere: bool,
    pub(crate) phrases: Vec<Phrase>,
}

/// What it means that an application lacks a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Weight {
    /// It is not what was asked for.
    Hard,
    /// It can be said that it was not built.
    Soft,
}

/// A sequence of word stems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phrase {
    pub(crate) stems: Vec<String>,
    /// Whether it must be all that is said.
    pub(crate) alone: bool,
}

impl Phrase {
    pub(crate) fn new(text: &str) -> Self {
        let (alone, words) = match text.strip_prefix('=') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        Self { stems: words.split([' ', '-']).map(stem).collect(), alone }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    capabilities: Vec<Row>,
    openers: Vec<String>,
    generic: Vec<String>,
    neutral: Vec<String>,
    purposes: Vec<String>,
    fields: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    title: String,
    weight: Weight,
    #[serde(default)]
    everywhere: bool,
    phrases: Vec<String>,
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let file: File = serde_saphyr::from_str(include_str!("../../blueprints/vocabulary.yaml"))
        .expect("the vocabulary is part of the library and every test reads it");
    Vocabulary {
        capabilities: file.capabilities.into_iter().map(Row::into_capability).collect(),
        openers: stems(&file.openers),
        generic: stems(&file.generic),
        neutral: stems(&file.neutral),
        purposes: stems(&file.purposes),
        fields: file.fields.iter().map(|text| Phrase::new(text)).collect(),
    }
});

/// All words.
pub(crate) fn vocabulary() -> &'static Vocabulary {
    &VOCABULARY
}

/// The stems of all words of `texts`.
pub(super) fn stems(texts: &[String]) -> BTreeSet<String> {
    texts.iter().flat_map(|text| text.split([' ', '-'])).map(stem).collect()
}

impl Row {
    fn into_capability(self) -> Capability {
        let phrases = self.phrases.iter().map(|text| Phrase::new(text)).collect();
        Capability { id: self.id, title: self.title, weight: self.weight, everywhere: self.everywhere, phrases }
    }
}
