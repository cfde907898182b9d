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
    /// Words that turn a request or a feature into its opposite, in lower case.
    pub(crate) negators: BTreeSet<String>,
    /// Words around records and fields.
    pub(crate) records: Records,
    /// What a field holds, by its name.
    pub(crate) types: Types,
    /// Phrases that are fields where fields are listed, whatever capability they name elsewhere.
    pub(crate) fields: Vec<Phrase>,
}

/// Words around records and fields, in lower case; the file says what each is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Records {
    pub(crate) before: BTreeSet<String>,
    pub(crate) after: BTreeSet<String>,
    pub(crate) anyone: BTreeSet<String>,
    pub(crate) silent: BTreeSet<String>,
    pub(crate) cuts: BTreeSet<String>,
    pub(crate) methods: BTreeSet<String>,
    pub(crate) manner: BTreeSet<String>,
}

/// Names of fields by what they hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Types {
    pub(crate) integer: BTreeSet<String>,
    pub(crate) number: BTreeSet<String>,
    pub(crate) boolean: BTreeSet<String>,
    pub(crate) date: BTreeSet<String>,
    pub(crate) text: BTreeSet<String>,
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
    negators: BTreeSet<String>,
    fields: Vec<String>,
    records: Records,
    types: Types,
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
        negators: file.negators,
        fields: file.fields.iter().map(|text| Phrase::new(text)).collect(),
        records: file.records,
        types: file.types,
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
        Capability {
            id: self.id,
            title: self.title,
            weight: self.weight,
            everywhere: self.everywhere,
            phrases,
        }
    }
}
