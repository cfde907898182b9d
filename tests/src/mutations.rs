//! The mutations of `fixtures/mutations/`: careless edits that each application's own tests must notice.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use slipway_protocol::plan::Language;

/// One edit of one file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutation {
    /// The file in the rendered application.
    pub file: String,
    /// What is replaced; it is there exactly once.
    pub find: String,
    /// What it is replaced by.
    pub replace: String,
    /// What is wrong afterwards.
    pub breaks: String,
}

/// The blueprints, each with the prompt that its mutations fit.
pub const PROMPTS: [(&str, &str); 8] = [
    ("todo", "build a todo app"),
    ("notes", "build a notes app with search"),
    ("url-shortener", "build a url shortener"),
    ("rest-api", "an API for books with title, author and year"),
    ("calculator", "build a calculator"),
    ("hello-world", "build a hello world app"),
    ("landing-page", "build a landing page"),
    ("command-line-tool", "build a command-line tool"),
];

/// A blueprint's mutations by language.
pub fn of(blueprint: &str) -> BTreeMap<Language, Vec<Mutation>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/mutations/{blueprint}.yaml"));
    let yaml = std::fs::read_to_string(&path).unwrap();
    serde_saphyr::from_str(&yaml).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
