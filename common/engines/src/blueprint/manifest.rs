//! `blueprint.yaml`: what a blueprint says of itself, after it was rendered with the parameters.

use serde::Deserialize;
use slipway_protocol::plan::{self, RunKind};
use slipway_protocol::work::{Architecture, DecisionRecord};

/// The manifest of one rendered blueprint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) id: String,
    pub(super) version: u32,
    /// What kind of thing it is; shown by the catalogue under its own title.
    #[serde(rename = "title")]
    pub(super) _title: String,
    pub(super) kind: RunKind,
    pub(super) goal: String,
    pub(super) features: Vec<String>,
    pub(super) entities: Vec<plan::Entity>,
    pub(super) acceptance_criteria: Vec<String>,
    pub(super) risks: Vec<String>,
    pub(super) overview: String,
    pub(super) diagram: String,
    pub(super) decisions: Vec<Record>,
    pub(super) commits: Vec<Commit>,
}

/// One decision record.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    title: String,
    context: String,
    decision: String,
    consequences: String,
}

/// One commit and the files that it adds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Commit {
    pub(super) subject: String,
    pub(super) body: String,
    /// Glob patterns of paths; `*` stays within a folder, `**` does not.
    pub(super) files: Vec<String>,
}

impl Manifest {
    /// The architecture that it describes.
    pub(super) fn architecture(self) -> Architecture {
        let decisions = self.decisions.into_iter().map(|record| DecisionRecord {
            title: record.title,
            context: record.context,
            decision: record.decision,
            consequences: record.consequences,
        });
        Architecture { overview: self.overview, diagram: self.diagram, decisions: decisions.collect() }
    }
}
