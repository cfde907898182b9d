//! The offline engine: whole applications from a catalogue, rendered with what was read from the prompt.
//!
//! Deterministic: the same thought has the same answer, byte for byte, on every machine. A plan alone, without its
//! prompt, is enough for the architecture and the code. Nothing here reads prompts (`prompt.rs`) or knows what is on
//! offer (`catalogue.rs`).

mod manifest;
mod pieces;
mod render;

use async_trait::async_trait;
use slipway_protocol::plan::{Generator, Language, Plan, Run, RunKind, Runner, SCHEMA, Stack, TestCommand};
use slipway_protocol::work::{Answer, Architecture, Thought};
use slipway_protocol::{Piece, Prompt};

use self::manifest::Manifest;
use self::render::Renderer;
use crate::catalogue::{Kind, kinds};
use crate::engine::{Engine, Error, PlanProblem};
use crate::parameters::Parameters;
use crate::prompt;

pub(crate) use render::has_language;

/// The engine's name.
const NAME: &str = "blueprint";

/// The engine that works offline. It needs no configuration and holds nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Blueprint;

#[async_trait]
impl Engine for Blueprint {
    fn name(&self) -> &str {
        NAME
    }

    async fn think(&self, thought: &Thought) -> Result<Answer, Error> {
        match thought {
            Thought::Plan { prompt, languages } => plan(prompt, languages).map(Answer::Plan),
            Thought::Architecture { plan } => architecture(plan).map(Answer::Architecture),
            // What a blueprint's tests or a review find is a defect of the blueprint: its files are the same each time.
            Thought::Code { plan, .. } => code(plan).map(Answer::Code),
            Thought::Review { .. } => Ok(Answer::Review(None)),
        }
    }
}

fn plan(prompt: &Prompt, languages: &[Language]) -> Result<Plan, Error> {
    let request = prompt::read(prompt.as_str(), languages)?;
    let (kind, parameters) = (request.kind, request.parameters);
    let renderer = renderer(kind, &parameters);
    let manifest = renderer.manifest()?;
    parameters
        .check(manifest.kind, kind.extra)
        .map_err(|problem| renderer.broken("blueprint.yaml", &problem, None))?;
    let plan = write_plan(&parameters, manifest, request.not_built, request.notes);
    plan.check().map_err(|invalid| renderer.broken("blueprint.yaml", &invalid.to_string(), None))?;
    Ok(plan)
}

fn architecture(plan: &Plan) -> Result<Architecture, Error> {
    let (kind, parameters) = origin(plan)?;
    Ok(checked_manifest(plan, &renderer(kind, &parameters))?.architecture())
}

fn code(plan: &Plan) -> Result<Vec<Piece>, Error> {
    let (kind, parameters) = origin(plan)?;
    let renderer = renderer(kind, &parameters);
    let manifest = checked_manifest(plan, &renderer)?;
    pieces::split(&manifest.commits, renderer.files()?)
        .map_err(|unsplit| renderer.broken("blueprint.yaml", &unsplit.to_string(), None))
}

fn renderer<'a>(kind: &'a Kind, parameters: &Parameters) -> Renderer<'a> {
    let context = parameters.context(kind.defaults.port);
    Renderer::new(&kind.id, parameters.language, &context)
}

/// The blueprint and the parameters that a plan was made from, checked as if they came from a stranger.
fn origin(plan: &Plan) -> Result<(&'static Kind, Parameters), PlanProblem> {
    let generator = &plan.generator;
    if generator.engine != NAME {
        return Err(PlanProblem::OtherEngine { engine: generator.engine.clone() });
    }
    let id = generator.source.clone().unwrap_or_default();
    let kind = kinds().iter().find(|kind| kind.id == id).ok_or(PlanProblem::UnknownBlueprint { id })?;
    let problem = |problem| PlanProblem::Parameters { problem };
    let parameters = Parameters::from_plan(&generator.parameters).map_err(problem)?;
    parameters.check(kind.run, kind.extra).map_err(problem)?;
    if !has_language(&kind.id, parameters.language) {
        return Err(problem(format!("{} is not written in {}", kind.id, parameters.language)));
    }
    agree("name", &plan.name, &parameters.name)?;
    agree("slug", &plan.slug, &parameters.slug)?;
    agree("stack.language", plan.stack.language.as_str(), parameters.language.as_str())?;
    agree("run.port", &port_text(plan.run.port), &port_text(parameters.port))?;
    Ok((kind, parameters))
}

fn agree(field: &'static str, planned: &str, parameter: &str) -> Result<(), PlanProblem> {
    if planned == parameter {
        return Ok(());
    }
    Err(PlanProblem::Contradiction { field, planned: planned.into(), parameter: parameter.into() })
}

fn port_text(port: Option<u16>) -> String {
    port.map_or_else(|| "none".into(), |port| port.to_string())
}

fn checked_manifest(plan: &Plan, renderer: &Renderer<'_>) -> Result<Manifest, Error> {
    let manifest = renderer.manifest()?;
    let planned = plan.generator.version.unwrap_or(0);
    if planned != manifest.version {
        return Err(PlanProblem::OtherVersion { id: manifest.id, planned, present: manifest.version }.into());
    }
    Ok(manifest)
}

fn write_plan(
    parameters: &Parameters,
    manifest: Manifest,
    not_built: Vec<String>,
    notes: Vec<String>,
) -> Plan {
    let language = parameters.language;
    Plan {
        schema: SCHEMA,
        name: parameters.name.clone(),
        slug: parameters.slug.clone(),
        goal: manifest.goal,
        features: manifest.features,
        not_built,
        entities: manifest.entities,
        acceptance_criteria: manifest.acceptance_criteria,
        stack: Stack { language, image: image(language).into(), dependencies: Vec::new() },
        prepare: Vec::new(),
        tests: vec![tests(language)],
        run: run(manifest.kind, parameters),
        risks: manifest.risks.into_iter().chain(notes).collect(),
        generator: Generator {
            engine: NAME.into(),
            source: Some(manifest.id),
            version: Some(manifest.version),
            parameters: parameters.to_plan(),
        },
    }
}

const fn image(language: Language) -> &'static str {
    match language {
        Language::Python => "python:3.13-slim",
        Language::Node => "node:20-slim",
    }
}

fn tests(language: Language) -> TestCommand {
    let (runner, command) = match language {
        Language::Python => (Runner::Unittest, "python3 -m unittest discover -s tests -t ."),
        Language::Node => (Runner::NodeTest, "node --test"),
    };
    TestCommand { name: "tests".into(), runner, command: words(command) }
}

fn run(kind: RunKind, parameters: &Parameters) -> Run {
    let command = match (kind, parameters.language) {
        (RunKind::Server, Language::Python) => "python3 -m backend",
        (RunKind::Server, Language::Node) => "node backend/main.mjs",
        (RunKind::Command, Language::Python) => "python3 -m tool",
        (RunKind::Command, Language::Node) => "node tool/main.mjs",
    };
    let health = (kind == RunKind::Server).then(|| "/healthz".into());
    Run { kind, command: words(command), port: parameters.port, health }
}

fn words(command: &str) -> Vec<String> {
    command.split(' ').map(str::to_owned).collect()
}

impl From<PlanProblem> for Error {
    fn from(problem: PlanProblem) -> Self {
        Self::Plan(problem)
    }
}
