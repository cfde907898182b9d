//! What is wrong with a workflow file, where, and what to do about it.

use std::collections::BTreeSet;
use std::fmt;

use serde_saphyr::Location;

/// One problem of a workflow file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file's name, as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The column, from 1, in characters.
    pub column: u64,
    /// The field, such as `steps[2].agent`; empty when the whole file is meant.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        write!(f, "{}; {}", self.message, self.help)
    }
}

impl std::error::Error for Problem {}

/// Collects the problems of one file.
pub(super) struct Problems {
    file: String,
    found: Vec<Problem>,
}

impl Problems {
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), found: Vec::new() }
    }

    pub(super) fn add(&mut self, at: &Place, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Problem {
            file: self.file.clone(),
            line: at.location.line().max(1),
            column: at.location.column().max(1),
            field: at.path.clone(),
            message: message.into(),
            help: help.into(),
        });
    }

    /// The problems by line, then column.
    pub(super) fn sorted(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| (problem.line, problem.column));
        self.found
    }
}

/// Where a value stands: its path for people and its location in the file.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) location: Location,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) at: Place,
}

/// Says which texts are known, and which of them was likely meant.
pub(super) fn suggest(given: &str, known: &BTreeSet<&str>) -> String {
    let list = known.iter().copied().collect::<Vec<_>>().join(", ");
    let close = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(given, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min();
    match close {
        Some((_, name)) => format!("known: {list}; did you mean {name:?}?"),
        None if list.is_empty() => "none is known".to_owned(),
        None => format!("known: {list}"),
    }
}
