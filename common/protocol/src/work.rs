//! The seam between deciding and acting: what an agent asks its hands to do, and what they bring back.
//!
//! An agent's first half turns a [`Brief`] into [`Work`]; a hand turns work into [`Done`]; the agent's second half
//! turns that into an [`Outcome`].

use crate::artefact::Artefact;
use crate::change::Piece;
use crate::dispatch::Dispatch;
use crate::evidence::Evidence;
use crate::id::CommitId;
use crate::plan::{Language, Plan, Run, TestCommand};
use crate::report::{CaseFailure, Deployment, Finding, Report};
use crate::task::{PreviewMode, Prompt};

/// All that an agent knows when it decides.
#[derive(Debug, Clone)]
pub struct Brief {
    /// The dispatch that it answers.
    pub dispatch: Dispatch,
    /// The commit it starts from.
    pub base: CommitId,
    /// The plan at that commit, where there is one.
    pub plan: Option<Plan>,
    /// The paths of the files at that commit.
    pub paths: Vec<String>,
    /// The paths of the files where the run's work began.
    pub original_paths: Vec<String>,
    /// The plan that lay where the run's work began, if that was Slipway's work too.
    pub original_plan: Option<Plan>,
    /// Languages whose tests can be run here, the preferred one first.
    pub languages: Vec<Language>,
}

/// What an agent asks for.
#[derive(Debug, Clone)]
pub enum Work {
    /// Ask the engine.
    Think(Thought),
    /// Run tests on a commit.
    Test(TestJob),
    /// Look at a change.
    Review(ReviewJob),
    /// Deploy a commit.
    Deploy(DeployJob),
    /// Nothing: the agent can answer at once.
    Nothing,
}

/// What came of it.
#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "a step holds one such value at a time; boxes would only cost reading"
)]
pub enum Done {
    /// The engine's answer.
    Thought(Answer),
    /// The tests' evidence, and the logs and reports that it names by digest.
    Tested {
        /// The evidence.
        evidence: Evidence,
        /// Logs and reports.
        artefacts: Vec<Artefact>,
    },
    /// What there is to see.
    Reviewed(Inspection),
    /// The deployment, and the files that go with it.
    Deployed {
        /// The deployment.
        deployment: Deployment,
        /// Compose files and instructions.
        artefacts: Vec<Artefact>,
    },
    /// Nothing was to be done.
    Nothing,
}

/// A question for the engine.
#[derive(Debug, Clone)]
pub enum Thought {
    /// Turn a prompt into a plan.
    Plan {
        /// The prompt.
        prompt: Prompt,
        /// Languages whose tests can be run here, the preferred one first. Never empty.
        languages: Vec<Language>,
    },
    /// Turn a plan into an architecture.
    Architecture {
        /// The plan.
        plan: Plan,
    },
    /// Turn a plan into code with tests, or mend what was found.
    Code {
        /// The plan.
        plan: Plan,
        /// 0 for the first code, then one more for each return.
        revision: u32,
        /// Tests that failed.
        failures: Vec<CaseFailure>,
        /// What the review found.
        findings: Vec<Finding>,
    },
    /// Look at a change.
    Review {
        /// The plan.
        plan: Plan,
        /// The change as a unified diff, cut to 256 KiB.
        diff: String,
    },
}

/// The engine's answer to a [`Thought`]; variants match by name.
#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "a step holds one such value at a time; boxes would only cost reading"
)]
pub enum Answer {
    /// The plan.
    Plan(Plan),
    /// The architecture.
    Architecture(Architecture),
    /// The commits, in order.
    Code(Vec<Piece>),
    /// Findings; `None` when this engine does not review.
    Review(Option<Vec<Finding>>),
}

/// An architecture before it is written down as files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Architecture {
    /// Markdown: the parts, the way of a request, the data, the limits.
    pub overview: String,
    /// A Mermaid flowchart, without its fence.
    pub diagram: String,
    /// The decisions, in order.
    pub decisions: Vec<DecisionRecord>,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRecord {
    /// What was decided, as a short sentence.
    pub title: String,
    /// What made a decision necessary.
    pub context: String,
    /// What was decided.
    pub decision: String,
    /// What follows from it, good and bad.
    pub consequences: String,
}

/// Tests to run.
#[derive(Debug, Clone)]
pub struct TestJob {
    /// The commit to test, exactly.
    pub commit: CommitId,
    /// The language whose image and interpreter are used.
    pub language: Language,
    /// The image.
    pub image: String,
    /// Commands that install dependencies.
    pub prepare: Vec<Vec<String>>,
    /// The test commands.
    pub tests: Vec<TestCommand>,
    /// The engine that wrote the code, by the plan; only `blueprint`'s may run without a container unasked.
    pub engine: String,
}

/// A change to look at.
#[derive(Debug, Clone)]
pub struct ReviewJob {
    /// The commit to judge.
    pub head: CommitId,
    /// Where the task began.
    pub base: CommitId,
    /// The heads of the coder's accepted revisions, oldest first.
    pub revisions: Vec<CommitId>,
    /// The plan.
    pub plan: Plan,
}

/// What a reviewer sees.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The files that the task changed, from where it began to the judged commit.
    pub changes: Vec<FileChange>,
    /// The test files at the task's beginning and at each revision, oldest first.
    pub tests: Vec<TestFiles>,
    /// The evidence for the judged commit, if it was found and its digest held.
    pub evidence: Option<Evidence>,
    /// The engine's findings; `None` when it does not review.
    pub findings: Option<Vec<Finding>>,
    /// The engine's name.
    pub engine: String,
}

/// One changed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Its path.
    pub path: String,
    /// Its bytes before, if it was there.
    pub before: Option<Vec<u8>>,
    /// Its bytes after, if it is still there.
    pub after: Option<Vec<u8>>,
    /// Its Git mode after, such as `0o100644`; 0 when it is gone.
    pub mode: u32,
}

/// The test files of one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestFiles {
    /// The commit.
    pub commit: CommitId,
    /// Path and content.
    pub files: Vec<(String, Vec<u8>)>,
}

/// A commit to deploy.
#[derive(Debug, Clone)]
pub struct DeployJob {
    /// The commit; it was approved and its tests passed.
    pub commit: CommitId,
    /// How.
    pub mode: PreviewMode,
    /// The application's name for images.
    pub slug: String,
    /// How it is run.
    pub run: Run,
    /// The plan's language.
    pub language: Language,
}

/// What an agent makes of its work.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Commits to add to the branch, in order.
    pub pieces: Vec<Piece>,
    /// Files to keep beside the branch.
    pub artefacts: Vec<Artefact>,
    /// What it reports.
    pub report: Report,
}
