//! The plan: what will be built, how it is tested and how it is run. The planner commits it as `plan.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The version of the plan's schema.
pub const SCHEMA: u32 = 1;

/// What will be built.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The schema's version: [`SCHEMA`].
    pub schema: u32,
    /// The application's name for people.
    pub name: String,
    /// Its name for images and files: lower-case letters, digits, hyphens.
    pub slug: String,
    /// One sentence: what it is for.
    pub goal: String,
    /// What it can do, a sentence each.
    pub features: Vec<String>,
    /// What was asked for and will not be built, a phrase each.
    #[serde(default)]
    pub not_built: Vec<String>,
    /// The things it keeps.
    #[serde(default)]
    pub entities: Vec<Entity>,
    /// When it is done, a sentence each.
    pub acceptance_criteria: Vec<String>,
    /// What it is made of.
    pub stack: Stack,
    /// The commands that install what the tests need; they have network, the tests have none.
    #[serde(default)]
    pub prepare: Vec<Vec<String>>,
    /// The commands that test it.
    pub tests: Vec<TestCommand>,
    /// How it is run.
    pub run: Run,
    /// What may go wrong, a sentence each.
    pub risks: Vec<String>,
    /// Who wrote the plan, and from what.
    pub generator: Generator,
}

/// One kind of thing that the application keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// Its name, such as `Todo`.
    pub name: String,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// One field of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name, such as `title`.
    pub name: String,
    /// Its type, such as `text`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// What the application is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// The language.
    pub language: Language,
    /// The image that its tests run in and that it is deployed from, such as `python:3.13-slim`.
    pub image: String,
    /// Libraries beyond the language's own.
    #[serde(default)]
    pub dependencies: Vec<String>,
}

/// A language that Slipway can test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Python 3.
    Python,
    /// JavaScript on Node.
    Node,
}

impl Language {
    /// The program that runs it.
    pub const fn program(self) -> &'static str {
        match self {
            Self::Python => "python3",
            Self::Node => "node",
        }
    }

    /// The name as it stands in a plan.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Node => "node",
        }
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A command that tests the application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestCommand {
    /// Its name: lower-case letters, digits, hyphens.
    pub name: String,
    /// How its results are read.
    pub runner: Runner,
    /// The program and its arguments, run from the tree's root.
    pub command: Vec<String>,
}

/// How a test command's results are read. None of them reads what the command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Runner {
    /// `python3 -m unittest …`: run through a report writer of ours.
    Unittest,
    /// `node --test …`: asked for a `JUnit` report.
    NodeTest,
    /// Any command that writes a `JUnit` report to the path in `$SLIPWAY_REPORT`.
    Junit,
}

/// How the application is run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Whether it serves or ends by itself.
    pub kind: RunKind,
    /// The program and its arguments, run from the tree's root.
    pub command: Vec<String>,
    /// The port it serves on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The path that answers 200 when it is healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<String>,
}

/// Whether a program serves or ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// It listens on a port.
    Server,
    /// It does its work and ends.
    Command,
}

/// Who wrote a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// The engine, such as `blueprint`.
    pub engine: String,
    /// What it started from, such as a blueprint's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// That source's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// What it read from the prompt.
    #[serde(default)]
    pub parameters: BTreeMap<String, serde_json::Value>,
}

/// A plan that breaks its schema's rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct Invalid {
    /// The field, such as `tests[0].command`.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Plan {
    /// Checks what types alone cannot: lengths, names, that there is a test, that a server has a port.
    pub fn check(&self) -> Result<(), Invalid> {
        let invalid =
            |field: &str, problem: &str| Err(Invalid { field: field.into(), problem: problem.into() });
        if self.schema != SCHEMA {
            return invalid("schema", &format!("is {}, this version reads {SCHEMA}", self.schema));
        }
        for (field, text) in [("name", &self.name), ("goal", &self.goal), ("stack.image", &self.stack.image)]
        {
            if text.trim().is_empty() || text.len() > 500 {
                return invalid(field, "must have 1 to 500 bytes");
            }
        }
        if !is_slug(&self.slug) {
            return invalid("slug", "must be lower-case letters, digits and single hyphens, at most 50");
        }
        for (field, list) in
            [("features", &self.features), ("acceptance_criteria", &self.acceptance_criteria)]
        {
            if list.is_empty() || list.len() > 50 {
                return invalid(field, "must have 1 to 50 entries");
            }
        }
        self.check_tests()?;
        if self.run.command.is_empty() {
            return invalid("run.command", "must name a program");
        }
        let served =
            self.run.port.is_some() && self.run.health.as_ref().is_some_and(|path| path.starts_with('/'));
        if self.run.kind == RunKind::Server && !served {
            return invalid("run", "a server needs a port and a health path that starts with /");
        }
        Ok(())
    }

    fn check_tests(&self) -> Result<(), Invalid> {
        let invalid = |field: String, problem: &str| Err(Invalid { field, problem: problem.into() });
        if self.tests.is_empty() {
            return invalid(
                "tests".into(),
                "must have at least one command: what is not tested is not delivered",
            );
        }
        let mut names = BTreeSet::new();
        for (index, test) in self.tests.iter().enumerate() {
            if !is_slug(&test.name) || !names.insert(&test.name) {
                return invalid(format!("tests[{index}].name"), "must be a unique slug");
            }
            let words: Vec<&str> = test.command.iter().map(String::as_str).collect();
            let fits = match test.runner {
                Runner::Unittest => matches!(words.as_slice(), ["python3", "-m", "unittest", ..]),
                Runner::NodeTest => matches!(words.as_slice(), ["node", "--test", ..]),
                Runner::Junit => !words.is_empty(),
            };
            if !fits {
                return invalid(format!("tests[{index}].command"), "does not fit its runner");
            }
        }
        Ok(())
    }
}

fn is_slug(text: &str) -> bool {
    let parts_hold = text.split('-').all(|part| !part.is_empty());
    let letters = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    !text.is_empty() && text.len() <= 50 && parts_hold && letters
}
