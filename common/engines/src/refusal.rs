//! A refusal: what was understood, why it is not built, what can be built instead, and how to get more.
//!
//! It is a final answer and not a failure. Nothing here decides; `prompt.rs` does.

use std::fmt;

use crate::catalogue::{Entry, catalogue, kinds};

/// Why a prompt is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The prompt names no application at all.
    NothingNamed,
    /// The prompt asks for something that is not in the catalogue.
    NotInCatalogue {
        /// What was asked for, as it was written.
        asked: String,
    },
    /// The prompt asks for several applications.
    Several {
        /// The blueprints' ids.
        ids: Vec<String>,
    },
    /// A word of the prompt makes it another thing than the blueprint.
    AnotherThing {
        /// What was asked for, as it was written.
        asked: String,
        /// The blueprint that comes near.
        id: String,
    },
    /// The blueprint lacks a capability that the prompt names.
    MissingCapability {
        /// The capability's title.
        capability: String,
        /// The words that name it, as they were written.
        asked: String,
        /// The blueprint.
        id: String,
    },
    /// So much of the prompt would not be built that the result would be something else.
    TooFar {
        /// What would not be built, as it was written.
        missing: Vec<String>,
        /// The blueprint.
        id: String,
    },
    /// A name, colour, port, record or field cannot be used.
    Parameter {
        /// The parameter, such as `port`.
        parameter: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// The named language cannot be tested here, or two languages are named.
    Language {
        /// What is wrong and what would be right.
        problem: String,
    },
}

/// A prompt that an engine will not build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason }
    }
}

impl Refusal {
    /// A stable code for programs, such as `missing_capability`.
    pub const fn code(&self) -> &'static str {
        match self.reason {
            Reason::NothingNamed => "nothing_named",
            Reason::NotInCatalogue { .. } => "not_in_catalogue",
            Reason::Several { .. } => "several_applications",
            Reason::AnotherThing { .. } => "another_thing",
            Reason::MissingCapability { .. } => "missing_capability",
            Reason::TooFar { .. } => "too_far",
            Reason::Parameter { .. } => "bad_parameter",
            Reason::Language { .. } => "language",
        }
    }

    /// What was understood, in one sentence.
    pub fn understood(&self) -> String {
        match &self.reason {
            Reason::NothingNamed => "The prompt names no application.".into(),
            Reason::NotInCatalogue { asked } => format!("The prompt asks for \"{asked}\"."),
            Reason::Several { ids } => format!("The prompt asks for several applications: {}.", titles(ids)),
            Reason::AnotherThing { asked, id } => {
                format!("The prompt asks for \"{asked}\"; the nearest blueprint is {}.", title(id))
            }
            Reason::MissingCapability { capability, asked, id } => {
                format!("The prompt asks for {} with \"{asked}\" ({capability}).", title(id))
            }
            Reason::TooFar { missing, id } => {
                format!("The prompt asks for {} with {} things that it lacks.", title(id), missing.len())
            }
            Reason::Parameter { parameter, .. } => {
                format!("The prompt names a {parameter} that cannot be used.")
            }
            Reason::Language { .. } => "The prompt names the language to write it in.".into(),
        }
    }

    /// Why it is not built, in one sentence.
    pub fn why(&self) -> String {
        match &self.reason {
            Reason::NothingNamed => "The blueprint engine builds what its catalogue has, by name.".into(),
            Reason::NotInCatalogue { .. } => {
                "No blueprint is that, and the blueprint engine invents none.".into()
            }
            Reason::Several { .. } => "One task builds one application: send a task for each.".into(),
            Reason::AnotherThing { asked, id } => {
                format!("{} is something else than \"{asked}\", and would be of no use.", title(id))
            }
            Reason::MissingCapability { asked, id, .. } => {
                format!("{} comes without it. Leave \"{asked}\" out, and it can be built.", title(id))
            }
            Reason::TooFar { missing, .. } => {
                format!("What is missing is more than a detail: {}.", quoted(missing))
            }
            Reason::Parameter { problem, .. } | Reason::Language { problem } => problem.clone(),
        }
    }

    /// The catalogue that a person can choose from.
    pub fn catalogue(&self) -> Vec<Entry> {
        catalogue()
    }

    /// How to have more built than the catalogue has.
    pub const fn model_help() -> &'static str {
        "Anything beyond the catalogue needs a language model. This version has none: models come with the `llm` engine \
         of a later version, chosen by `engine = \"llm\"` in the configuration."
    }

    /// The whole message, line by line, as a terminal or a log shows it.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.understood(), self.why(), "What can be built:".to_owned()];
        let entries = self.catalogue();
        let width = entries.iter().map(|entry| entry.id.len()).max().unwrap_or(0);
        for entry in &entries {
            let example = entry.examples.first().map_or("", String::as_str);
            lines.push(format!("  {:width$}  {}, for example: {example}", entry.id, entry.title));
        }
        lines.push(Self::model_help().to_owned());
        lines
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.lines().join("\n"))
    }
}

fn title(id: &str) -> String {
    kinds().iter().find(|kind| kind.id == id).map_or_else(|| id.to_owned(), |kind| kind.title.clone())
}

fn titles(ids: &[String]) -> String {
    ids.iter().map(|id| title(id)).collect::<Vec<_>>().join(", ")
}

fn quoted(phrases: &[String]) -> String {
    phrases.iter().map(|phrase| format!("\"{phrase}\"")).collect::<Vec<_>>().join(", ")
}
