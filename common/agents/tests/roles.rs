//! The roles' two halves, from briefs to outcomes.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "roles/common.rs"]
mod common;

use common::{accepted, brief, commit, evidence, inspection, plan, tests_passed};
use slipway_agents::{Definition, Error, Role, outcome, read_plan, work};
use slipway_protocol::dispatch::PersonsApproval;
use slipway_protocol::report::{Decision, Severity};
use slipway_protocol::work::{
    Answer, Architecture, DecisionRecord, Done, FileChange, TestFiles, Thought, Work,
};
use slipway_protocol::{Approval, Change, Piece, Report};

#[test]
fn the_six_built_in_agents_load_and_each_has_its_role() {
    let names: Vec<String> = Definition::built_in().into_iter().map(|agent| agent.id.to_string()).collect();
    assert_eq!(names, ["planner", "architect", "coder", "tester", "reviewer", "deployer"]);
}

#[test]
fn a_broken_agent_definition_is_refused_with_line_and_field() {
    let good = "id: a\nversion: 1\nrole: coder\ngoals: [x]\nengine: default\nlimits: {deadline_seconds: 5}\n";
    assert!(Definition::load("a.yaml", good).is_ok());
    for (from, to, named) in [
        ("role: coder", "role: cook", "line 3"),
        ("goals: [x]", "goals: []", "goals"),
        ("version: 1", "version: 0", "version"),
        ("engine: default", "engine: default\ntriggers: []", "triggers"),
        ("version: 1", "version: 1\nversion: 2", "version"),
        ("deadline_seconds: 5", "deadline_seconds: 0", "limits.deadline_seconds"),
    ] {
        let error = Definition::load("a.yaml", &good.replace(from, to)).unwrap_err().to_string();
        assert!(error.starts_with("a.yaml: ") && error.contains(named), "{to}: {error}");
    }
}

#[test]
fn the_planner_commits_a_plan_that_reads_back_as_it_was_meant() {
    let brief = brief();
    let done = Done::Thought(Answer::Plan(plan()));
    let outcome = outcome(Role::Planner, &brief, done).unwrap();
    let [piece] = outcome.pieces.as_slice() else { panic!("one commit is wanted") };
    let [Change { path, content: slipway_protocol::Content::File { bytes, .. } }] = piece.changes.as_slice()
    else {
        panic!("one file is wanted")
    };
    assert_eq!(path, "plan.yaml");
    assert_eq!(read_plan(bytes).unwrap(), plan());
}

#[test]
fn a_plan_without_tests_or_with_a_server_without_port_is_refused() {
    let brief = brief();
    let mut untested = plan();
    untested.tests.clear();
    let mut deaf = plan();
    deaf.run.port = None;
    for plan in [untested, deaf] {
        let refused = outcome(Role::Planner, &brief, Done::Thought(Answer::Plan(plan)));
        assert!(matches!(refused, Err(Error::BadPlan(_))));
    }
}

#[test]
fn planner_and_architect_do_not_overwrite_what_slipway_did_not_make() {
    let mut brief = brief();
    brief.original_paths = vec!["plan.yaml".into(), "architecture/adr/0001-x.md".into()];
    for role in [Role::Planner, Role::Architect] {
        assert!(matches!(work(role, &brief), Err(Error::WouldOverwrite { .. })), "{role:?}");
    }
    brief.original_plan = Some(plan());
    for role in [Role::Planner, Role::Architect] {
        assert!(work(role, &brief).is_ok(), "{role:?}");
    }
}

#[test]
fn decision_records_are_numbered_after_those_that_are_there() {
    let mut brief = brief();
    brief.original_paths = vec!["architecture/adr/0007-old.md".into()];
    brief.original_plan = Some(plan());
    let record = |title: &str| DecisionRecord {
        title: title.into(),
        context: "c".into(),
        decision: "d".into(),
        consequences: "e".into(),
    };
    let decisions = vec![record("Keep data in SQLite"), record("No framework!")];
    let architecture = Architecture { overview: "o".into(), diagram: "flowchart LR".into(), decisions };
    let outcome =
        outcome(Role::Architect, &brief, Done::Thought(Answer::Architecture(architecture))).unwrap();
    let paths: Vec<&str> = outcome.pieces.iter().flat_map(|p| &p.changes).map(|c| c.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "architecture/overview.md",
            "architecture/diagram.md",
            "architecture/adr/0008-keep-data-in-sqlite.md",
            "architecture/adr/0009-no-framework.md",
        ]
    );
}

fn code(paths: &[&str]) -> Done {
    let changes = paths.iter().map(|path| Change::file(*path, "x")).collect();
    Done::Thought(Answer::Code(vec![Piece { subject: "s".into(), body: "b".into(), changes }]))
}

#[test]
fn the_coder_leaves_other_peoples_files_alone() {
    let mut brief = brief();
    brief.original_paths = ["README.md", ".gitignore", "backend/app.py"].map(Into::into).to_vec();
    let kept = outcome(Role::Coder, &brief, code(&["README.md", ".gitignore", "backend/new.py"])).unwrap();
    let paths: Vec<&str> = kept.pieces[0].changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(paths, ["docs/todo.md", "backend/new.py"]);
    let refused = outcome(Role::Coder, &brief, code(&["backend/app.py"]));
    assert!(matches!(refused, Err(Error::WouldOverwrite { paths }) if paths == ["backend/app.py"]));
    for path in ["plan.yaml", "PLAN.yaml", "architecture/overview.md", "Architecture/x"] {
        assert!(
            matches!(outcome(Role::Coder, &brief, code(&[path])), Err(Error::NotTheirs { .. })),
            "{path}"
        );
    }
    let nothing = Done::Thought(Answer::Code(Vec::new()));
    assert!(matches!(outcome(Role::Coder, &brief, nothing), Err(Error::NoCode)));
}

#[test]
fn the_coder_is_told_what_failed() {
    let mut brief = brief();
    let mut report = tests_passed();
    if let Report::Tests { passed, failures, .. } = &mut report {
        *passed = false;
        failures.push(slipway_protocol::report::CaseFailure { name: "t".into(), message: "1 != 2".into() });
    }
    brief.dispatch.inputs.results = vec![accepted(report)];
    let Work::Think(Thought::Code { failures, .. }) = work(Role::Coder, &brief).unwrap() else { panic!() };
    assert_eq!(failures.len(), 1);
}

#[test]
fn no_test_ran_is_no_pass_and_a_printed_number_is_no_evidence() {
    let brief = brief();
    let mut silent = evidence();
    silent.runs[0].cases.clear();
    let mut unreported = evidence();
    unreported.runs[0].report_digest = None;
    let mut crashed = evidence();
    crashed.runs[0].exit = slipway_protocol::evidence::Exit::Code { code: 1 };
    let mut none = evidence();
    none.runs.clear();
    for evidence in [silent, unreported, crashed, none] {
        let done = Done::Tested { evidence, artefacts: Vec::new() };
        let Report::Tests { passed, reason, .. } = outcome(Role::Tester, &brief, done).unwrap().report else {
            panic!()
        };
        assert!(!passed && reason.is_some());
    }
}

fn review(inspection: slipway_protocol::work::Inspection) -> (Decision, bool, Vec<String>) {
    let report = outcome(Role::Reviewer, &brief(), Done::Reviewed(inspection)).unwrap().report;
    let Report::Review { decision, findings, needs_person, .. } = report else { panic!() };
    let checks = findings.iter().filter(|f| f.severity != Severity::Note).map(|f| f.check.clone()).collect();
    (decision, needs_person, checks)
}

fn change(path: &str, after: &str) -> FileChange {
    FileChange { path: path.into(), before: None, after: Some(after.into()), mode: 0o100_644 }
}

#[test]
fn a_clean_change_with_evidence_is_approved() {
    assert_eq!(review(inspection()), (Decision::Approved, false, vec![]));
}

#[test]
fn a_review_fails_closed_without_evidence_for_exactly_this_commit() {
    let mut missing = inspection();
    missing.evidence = None;
    let mut other = inspection();
    other.evidence.as_mut().unwrap().commit = commit('e');
    let mut failing = inspection();
    failing.evidence.as_mut().unwrap().runs[0].cases.clear();
    for inspection in [missing, other, failing] {
        assert_eq!(review(inspection), (Decision::ChangesRequested, false, vec!["evidence".into()]));
    }
}

#[test]
fn an_engine_that_should_review_and_does_not_approves_nothing() {
    let mut inspection = inspection();
    inspection.engine = "llm".into();
    assert_eq!(review(inspection), (Decision::ChangesRequested, false, vec!["no-review".into()]));
}

#[test]
fn planted_secrets_are_found_and_never_repeated() {
    let token = format!("ghp_{}", "a1B2".repeat(10));
    let lines = [
        format!("token = '{token}'"),
        format!("-----BEGIN RSA {} KEY-----", "PRIVATE"),
        format!("key = {}{}", "AKIA", "IOSFODNN7ABCDEFG"),
        format!("DATABASE = 'postgres://app:{}@db/x'", "s3cr3tpass"),
        format!("password = \"{}\"", "Tr0ub4dor3xyz99"),
    ];
    for line in lines {
        let mut planted = inspection();
        planted.changes.push(change("backend/settings.py", &format!("x = 1\n{line}\n")));
        let report = outcome(Role::Reviewer, &brief(), Done::Reviewed(planted)).unwrap().report;
        let Report::Review { decision: Decision::ChangesRequested, findings, .. } = report else {
            panic!("{line} was not found")
        };
        assert_eq!((findings[0].check.as_str(), findings[0].line), ("secret", Some(2)), "{line}");
        assert!(!findings[0].message.contains(&token));
    }
    let mut harmless = inspection();
    harmless
        .changes
        .push(change("a.py", "password = input('password: ')\ntoken = os.environ['TOKEN_FOR_API_1']\n"));
    harmless.changes.push(change("b.py", "refused = 'https://user:secret123@example.com/'\n"));
    assert_eq!(review(harmless).0, Decision::Approved);
}

#[test]
fn a_weakened_test_asks_for_changes() {
    let strong = "def test_a(self):\n    self.assertEqual(1, 1)\n    self.assertTrue(x)\ndef test_b(self):\n    self.fail('x')\n";
    let gone = strong.split("def test_b").next().unwrap().to_owned();
    let softer = strong.replace("    self.assertTrue(x)\n", "");
    let skipped = strong.replace("def test_b", "@unittest.skip('later')\ndef test_b");
    for weak in [Some(gone), Some(softer), Some(skipped), None] {
        let mut inspection = inspection();
        let files = |text: &str| vec![("tests/test_a.py".to_owned(), text.as_bytes().to_vec())];
        inspection.tests = vec![
            TestFiles { commit: commit('c'), files: files(strong) },
            TestFiles { commit: commit('a'), files: weak.as_deref().map(files).unwrap_or_default() },
        ];
        assert_eq!(
            review(inspection),
            (Decision::ChangesRequested, false, vec!["weakened-test".into()]),
            "{weak:?}"
        );
    }
}

#[test]
fn weakened_node_tests_are_seen_too() {
    let strong =
        "test('a', () => { assert.equal(1, 1); });\n  await t.test('b', async () => { assert(x); });\n";
    let weak = strong.replace("test('a'", "test.skip('a'");
    let files = |text: &str| vec![("tests/a.test.mjs".to_owned(), text.as_bytes().to_vec())];
    let mut inspection = inspection();
    inspection.tests = vec![
        TestFiles { commit: commit('c'), files: files(strong) },
        TestFiles { commit: commit('a'), files: files(&weak) },
    ];
    assert_eq!(review(inspection).2, ["weakened-test"]);
}

#[test]
fn forbidden_paths_and_oversize_changes_are_refused() {
    for path in [".env", "deploy/server.pem", "node_modules/x/index.js", "a/__pycache__/b.pyc"] {
        let mut inspection = inspection();
        inspection.changes.push(change(path, "x"));
        assert_eq!(review(inspection).2, ["forbidden-path"], "{path}");
    }
    let mut link = inspection();
    link.changes.push(FileChange { mode: 0o120_000, ..change("link", "/etc/passwd") });
    assert_eq!(review(link).2, ["forbidden-path"]);
    let mut large = inspection();
    large.changes.extend((0..501).map(|n| change(&format!("f{n}"), "x")));
    assert_eq!(review(large).2, ["size"]);
}

#[test]
fn what_a_person_must_see_is_approved_only_by_a_person() {
    let script = r#"{"scripts": {"postinstall": "node x.js"}}"#;
    for (path, text) in
        [(".github/workflows/ci.yml", "x"), ("CODEOWNERS", "x"), ("package.json", script), ("CLAUDE.md", "x")]
    {
        let mut inspection = inspection();
        inspection.changes.push(change(path, text));
        assert_eq!(review(inspection), (Decision::Approved, true, vec!["needs-person".into()]), "{path}");
    }
}

#[test]
fn the_deployer_refuses_every_commit_but_the_approved_and_tested_one() {
    let review = |decision, needs_person| Report::Review {
        decision,
        findings: Vec::new(),
        basis: "computed checks only".into(),
        needs_person,
    };
    let good = vec![accepted(tests_passed()), accepted(review(Decision::Approved, false))];
    let with = |results: Vec<_>| {
        let mut brief = brief();
        brief.dispatch.inputs.results = results;
        brief
    };
    assert!(work(Role::Deployer, &with(good.clone())).is_ok());

    let mut other_review = good.clone();
    other_review[1].commit = commit('e');
    let mut other_tests = good.clone();
    other_tests[0].commit = commit('e');
    let refused = vec![accepted(tests_passed()), accepted(review(Decision::ChangesRequested, false))];
    let unseen = vec![accepted(tests_passed()), accepted(review(Decision::Approved, true))];
    for results in [vec![], good[..1].to_vec(), other_review, other_tests, refused, unseen.clone()] {
        assert!(matches!(work(Role::Deployer, &with(results)), Err(Error::NotApproved { .. })));
    }

    let mut manual = with(good);
    manual.dispatch.task.approval = Approval::Manual;
    assert!(work(Role::Deployer, &manual).is_err());
    manual.dispatch.inputs.approved = Some(PersonsApproval { commit: commit('e'), by: "ada".into() });
    assert!(work(Role::Deployer, &manual).is_err());
    manual.dispatch.inputs.approved = Some(PersonsApproval { commit: commit('a'), by: "ada".into() });
    assert!(work(Role::Deployer, &manual).is_ok());
}
