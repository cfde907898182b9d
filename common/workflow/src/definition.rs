//! What a workflow may say: steps, who performs them, and which way each outcome leads.
//!
//! A [`Definition`] exists only when every check held, so the engine need not ask again. No rule of a running
//! workflow lives here; those are in `engine.rs`. Open `definition/check.rs` for what is refused and why.

mod check;
mod draft;
mod graph;
mod mermaid;
mod problem;
mod reader;
mod yaml;

use std::collections::BTreeSet;
use std::time::Duration;

use slipway_protocol::{AgentId, ReportKind, StepId, WorkflowId};

pub use problem::Problem;

/// The largest workflow file that is read, in bytes.
pub const SIZE_LIMIT: usize = 256 * 1024;

/// How long a step may take when its definition does not say.
pub const DEFAULT_DEADLINE: Duration = Duration::from_mins(10);

/// The workflows that come with Slipway: file name and content.
pub const BUILT_IN: &[(&str, &str)] = &[("delivery.yaml", include_str!("../workflows/delivery.yaml"))];

/// A checked workflow definition.
///
/// Several executions of a run may be active at once, and the state knows them by id. A fan-out (`for_each` on an
/// edge: one execution per item) and its join (`needs` on a step: wait for all of several steps) will be further keys
/// of edge and step; nothing here rests on there being one active step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    id: WorkflowId,
    version: u32,
    title: String,
    revisions: u32,
    attempts: u32,
    steps: Vec<Step>,
}

/// A node of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    id: StepId,
    agent: AgentId,
    publishes: ReportKind,
    commits: bool,
    deadline: Duration,
    effects: Effects,
    next: Vec<Edge>,
}

/// Where a step leaves traces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Effects {
    /// In the run's own repository alone; doing it twice harms nobody.
    #[default]
    Inside,
    /// Beyond it, such as a deployment: a started step waits for the grant of its lease.
    Outside,
}

/// A way out of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The outcome that takes it; `None` takes every outcome.
    pub when: Option<&'static str>,
    /// Where it leads.
    pub target: Target,
}

/// Where an edge leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// On to another step, past the gate if there is one.
    Forward {
        /// The step.
        to: StepId,
        /// What stands before it.
        gate: Option<Gate>,
    },
    /// Back to an earlier step; counts as a revision.
    Back {
        /// The step.
        to: StepId,
    },
    /// To the run's end.
    End(End),
}

/// What can stand before a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// A person, when the task's approval mode or the review asks for one.
    Approval,
}

/// An ending that a definition can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The run reached what it was for.
    Completed,
    /// The run cannot reach it.
    Failed,
}

impl Definition {
    /// Reads the workflow in `yaml`; `name` is the file's name in problems, `known_agents` those that may be named.
    ///
    /// The first listed step is where a run starts.
    ///
    /// # Errors
    ///
    /// All problems, by line. A syntax error hides what stands behind it; two keys alike do not.
    pub fn load(name: &str, yaml: &str, known_agents: &BTreeSet<AgentId>) -> Result<Self, Vec<Problem>> {
        let mut problems = problem::Problems::new(name);
        let definition = yaml::read(yaml, &mut problems)
            .map(|root| draft::Draft::read(&root, &mut problems))
            .and_then(|draft| check::check(&draft, known_agents, &mut problems));
        match (definition, problems.sorted()) {
            (Some(definition), problems) if problems.is_empty() => Ok(definition),
            (_, problems) => Err(problems),
        }
    }

    /// Reads the built-in `delivery` workflow: plan, architecture, code, test, review, deploy.
    ///
    /// # Errors
    ///
    /// Its agents that are not among `known_agents`.
    pub fn delivery(known_agents: &BTreeSet<AgentId>) -> Result<Self, Vec<Problem>> {
        let (name, yaml) = BUILT_IN[0];
        Self::load(name, yaml, known_agents)
    }

    /// The workflow's id.
    pub const fn id(&self) -> &WorkflowId {
        &self.id
    }

    /// Its version, from 1.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// What it is for, in one line.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// How often a run's work may go back, over all ways back together.
    pub const fn revisions(&self) -> u32 {
        self.revisions
    }

    /// How many attempts an execution has, at least 1.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The steps as they are listed; there is at least one, and the first is where a run starts.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The step that a run starts with.
    pub fn first(&self) -> &Step {
        &self.steps[0]
    }

    /// The step called `id`.
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == *id)
    }

    /// Whether work can go back to `id`.
    pub fn is_revised(&self, id: &StepId) -> bool {
        let leads_back = |edge: &Edge| matches!(&edge.target, Target::Back { to } if to == id);
        self.steps.iter().any(|step| step.next.iter().any(leads_back))
    }

    /// The workflow as a Mermaid flowchart, without its fence.
    pub fn mermaid(&self) -> String {
        mermaid::draw(self)
    }
}

impl Step {
    /// The step's id.
    pub const fn id(&self) -> &StepId {
        &self.id
    }

    /// The agent that performs it.
    pub const fn agent(&self) -> &AgentId {
        &self.agent
    }

    /// The kind of its result.
    pub const fn publishes(&self) -> ReportKind {
        self.publishes
    }

    /// Whether its result moves the run's head; otherwise its result is about the head as it was.
    pub const fn commits(&self) -> bool {
        self.commits
    }

    /// How long one attempt may take.
    pub const fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Where it leaves traces.
    pub const fn effects(&self) -> Effects {
        self.effects
    }

    /// The ways out; each outcome of [`Step::publishes`] takes exactly one.
    pub fn next(&self) -> &[Edge] {
        &self.next
    }

    /// The way that `outcome` takes; `None` for what is no outcome of [`Step::publishes`].
    pub fn edge(&self, outcome: &str) -> Option<&Edge> {
        let possible = self.publishes.outcomes().contains(&outcome);
        self.next.iter().find(|edge| possible && edge.when.is_none_or(|when| when == outcome))
    }
}

impl Target {
    /// The step it leads to, if it is not the end.
    pub const fn step(&self) -> Option<&StepId> {
        match self {
            Self::Forward { to, .. } | Self::Back { to } => Some(to),
            Self::End(_) => None,
        }
    }
}
