//! Briefs, plans and evidence as small as they can be.

use std::collections::BTreeMap;

use slipway_protocol::dispatch::Accepted;
use slipway_protocol::evidence::{CommandRun, Exit, Place};
use slipway_protocol::plan::{Generator, Language, Run, RunKind, Runner, Stack, TestCommand};
use slipway_protocol::work::{Brief, Inspection};
use slipway_protocol::{
    Case, CaseStatus, CommitId, Digest, Dispatch, Evidence, ExecutionId, Inputs, Lease, Plan, Report, RunId,
    Tally, Task, TaskId,
};
use time::OffsetDateTime;
use uuid::Uuid;

pub(crate) fn commit(letter: char) -> CommitId {
    letter.to_string().repeat(40).parse().unwrap()
}

pub(crate) fn plan() -> Plan {
    let words = |text: &str| text.split(' ').map(Into::into).collect::<Vec<String>>();
    Plan {
        schema: 1,
        name: "Todo".into(),
        slug: "todo".into(),
        goal: "Keep a list: of things, \"quoted\" #and 'odd'".into(),
        features: vec!["Add a todo".into()],
        not_built: vec!["dark theme".into()],
        entities: Vec::new(),
        acceptance_criteria: vec!["A todo is there after a restart".into()],
        stack: Stack {
            language: Language::Python,
            image: "python:3.13-slim".into(),
            dependencies: Vec::new(),
        },
        prepare: Vec::new(),
        tests: vec![TestCommand {
            name: "unit".into(),
            runner: Runner::Unittest,
            command: words("python3 -m unittest discover -s tests -t ."),
        }],
        run: Run {
            kind: RunKind::Server,
            command: words("python3 -m backend"),
            port: Some(8000),
            health: Some("/healthz".into()),
        },
        risks: vec!["yes".into()],
        generator: Generator {
            engine: "blueprint".into(),
            source: Some("todo".into()),
            version: Some(1),
            parameters: BTreeMap::from([("port".into(), 8000.into())]),
        },
    }
}

pub(crate) fn brief() -> Brief {
    let id = TaskId::new(Uuid::from_u128(1));
    let run = RunId::first_of(id);
    let task = Task {
        id,
        prompt: "build a todo app".parse().unwrap(),
        priority: slipway_protocol::Priority::Normal,
        repository: None,
        approval: slipway_protocol::Approval::Auto,
        preview: slipway_protocol::PreviewMode::Auto,
        isolation: None,
        created_at: OffsetDateTime::UNIX_EPOCH,
    };
    let step = "code".parse().unwrap();
    let results = vec![accepted(tests_passed())];
    let dispatch = Dispatch {
        execution: ExecutionId::of(run, &step, 1),
        lease: Lease::FIRST,
        run,
        task,
        step,
        agent: "coder".parse().unwrap(),
        attempt: 1,
        revision: 0,
        inputs: Inputs { base: Some(commit('0')), head: Some(commit('a')), results, ..Inputs::default() },
    };
    Brief {
        dispatch,
        base: commit('a'),
        plan: Some(plan()),
        paths: Vec::new(),
        original_paths: Vec::new(),
        original_plan: None,
        languages: vec![Language::Python],
    }
}

pub(crate) fn accepted(report: Report) -> Accepted {
    let execution = ExecutionId::new(Uuid::from_u128(9));
    Accepted { execution, commit: commit('a'), report, artefacts: Vec::new() }
}

pub(crate) fn tests_passed() -> Report {
    let tally = Tally { passed: 1, failed: 0, skipped: 0 };
    Report::Tests {
        passed: true,
        tally,
        reason: None,
        failures: Vec::new(),
        evidence: Digest::of(b"evidence"),
    }
}

pub(crate) fn evidence() -> Evidence {
    let case = Case { name: "test_a".into(), status: CaseStatus::Passed, duration_ms: 1, message: None };
    let run = CommandRun {
        name: "unit".into(),
        command: vec!["python3".into()],
        place: Place::Process { interpreter: "Python 3.13.0".into() },
        exit: Exit::Code { code: 0 },
        started_at: OffsetDateTime::UNIX_EPOCH,
        duration_ms: 5,
        log_digest: Digest::of(b"log"),
        log_bytes: 3,
        log_truncated: false,
        report_digest: Some(Digest::of(b"report")),
        cases: vec![case],
    };
    Evidence { commit: commit('a'), runs: vec![run] }
}

pub(crate) fn inspection() -> Inspection {
    Inspection {
        changes: Vec::new(),
        tests: Vec::new(),
        evidence: Some(evidence()),
        findings: None,
        engine: "blueprint".into(),
    }
}
