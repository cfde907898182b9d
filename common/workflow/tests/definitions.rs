//! Which workflow files are taken, and what is said of those that are not: each problem with its line and field.

use std::collections::BTreeSet;
use std::time::Duration;

use slipway_protocol::{AgentId, ReportKind};
use slipway_workflow::Definition;
use slipway_workflow::definition::{BUILT_IN, DEFAULT_DEADLINE, Effects, Gate, SIZE_LIMIT, Step, Target};

/// Line 1 is `id`; the tables below count on it.
const BASE: &str = "\
id: small
version: 1
title: A small workflow
revisions: 2
attempts: 3
steps:
  - id: code
    agent: coder
    publishes: code.pr.opened
    commits: true
    next: [{ to: test }]
  - id: test
    agent: tester
    publishes: test.results
    next:
      - { when: passed, to: review }
      - { when: failed, to: code, back: true }
  - id: review
    agent: reviewer
    publishes: review.decision
    next:
      - { when: approved, to: deploy, gate: approval }
      - { when: changes_requested, to: code, back: true }
  - id: deploy
    agent: deployer
    publishes: deploy.status
    next: [{ end: completed }]
";

fn agents() -> BTreeSet<AgentId> {
    let names = ["planner", "architect", "coder", "tester", "reviewer", "deployer"];
    names.into_iter().map(|name| name.parse().expect("the names are agent ids")).collect()
}

fn said_of(yaml: &str) -> Vec<String> {
    match Definition::load("small.yaml", yaml, &agents()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

/// The base with some texts replaced, each of which must be there exactly once.
fn with(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(BASE.to_owned(), |yaml, (old, new)| {
        assert_eq!(yaml.matches(old).count(), 1, "{old:?}");
        yaml.replace(old, new)
    })
}

#[test]
fn the_built_in_workflow_loads_and_its_steps_are_as_the_design_says() {
    let delivery = Definition::delivery(&agents()).unwrap();
    assert_eq!((delivery.id().as_str(), delivery.version()), ("delivery", 1));
    assert_eq!((delivery.revisions(), delivery.attempts()), (3, 5));
    let steps: Vec<_> =
        delivery.steps().iter().map(|step| (step.id().as_str(), step.agent().as_str())).collect();
    let wanted = [
        ("plan", "planner"),
        ("architecture", "architect"),
        ("code", "coder"),
        ("test", "tester"),
        ("review", "reviewer"),
        ("deploy", "deployer"),
    ];
    assert_eq!(steps, wanted);
    let kinds: Vec<_> = delivery.steps().iter().map(Step::publishes).collect();
    assert_eq!(kinds, ReportKind::ALL);
    let commits: Vec<_> = delivery.steps().iter().map(Step::commits).collect();
    assert_eq!(commits, [true, true, true, false, false, false]);
    let outside: Vec<_> = delivery.steps().iter().map(|step| step.effects() == Effects::Outside).collect();
    assert_eq!(outside, [false, false, false, false, false, true]);
    assert_eq!(delivery.first().deadline(), Duration::from_mins(10));
    assert!(delivery.is_revised(&"code".parse().unwrap()));
    assert!(!delivery.is_revised(&"plan".parse().unwrap()));
}

#[test]
fn every_built_in_workflow_loads() {
    for (name, yaml) in BUILT_IN {
        assert!(Definition::load(name, yaml, &agents()).is_ok(), "{name}");
    }
}

#[test]
fn the_built_in_workflow_is_drawn_as_a_flowchart() {
    let chart = "\
flowchart TD
  start([task.initiated]) --> s0
  s0[\"plan<br/><small>planner</small>\"]
  s0 --> s1
  s1[\"architecture<br/><small>architect</small>\"]
  s1 --> s2
  s2[\"code<br/><small>coder</small>\"]
  s2 --> s3
  s3[\"test<br/><small>tester</small>\"]
  s3 -->|passed| s4
  s3 -.->|failed| s2
  s4[\"review<br/><small>reviewer</small>\"]
  s4 -->|approved| gs5{{approval}} --> s5
  s4 -.->|changes_requested| s2
  s5[\"deploy<br/><small>deployer</small>\"]
  s5 -->|deployed| completed
  s5 -->|written| completed
  completed([completed])
";
    assert_eq!(Definition::delivery(&agents()).unwrap().mermaid(), chart);
}

#[test]
fn what_is_left_out_has_the_documented_default() {
    assert_eq!(said_of(BASE), [""; 0]);
    let definition = Definition::load("small.yaml", BASE, &agents()).unwrap();
    let deploy = definition.step(&"deploy".parse().unwrap()).unwrap();
    assert_eq!(
        (deploy.deadline(), deploy.effects(), deploy.commits()),
        (DEFAULT_DEADLINE, Effects::Inside, false)
    );
    assert_eq!(deploy.edge("deployed"), deploy.edge("written"));
    assert_eq!(deploy.edge("passed"), None);
    let review = definition.step(&"review".parse().unwrap()).unwrap();
    let gated = Target::Forward { to: "deploy".parse().unwrap(), gate: Some(Gate::Approval) };
    assert_eq!(review.edge("approved").unwrap().target, gated);
}

#[test]
fn a_workflow_without_ways_back_needs_no_bound() {
    let edits = [
        ("revisions: 2\n", ""),
        ("to: code, back: true }\n  - id: review", "end: failed }\n  - id: review"),
        ("{ when: changes_requested, to: code, back: true }", "{ when: changes_requested, end: failed }"),
    ];
    assert_eq!(said_of(&with(&edits)), [""; 0]);
}

/// What is replaced by what, and the one problem that follows.
const ONE_PROBLEM: &[(&[(&str, &str)], &str)] = &[
    // Shape.
    (&[("id: small\n", "")], "1: id: is missing; add `id:` here"),
    (
        &[("id: small", "id: Small")],
        "1: id: \"Small\" is not a workflow id: a lower-case letter, then at most 62 lower-case letters, digits or \
         hyphens; choose another one",
    ),
    (&[("version: 1", "version: 0")], "2: version: 0 is here; write a whole number from 1 to 4294967295"),
    (
        &[("version: 1", "version: one")],
        "2: version: \"one\" is here; write a whole number from 1 to 4294967295",
    ),
    (
        &[("A small workflow", "''")],
        "3: title: is empty, longer than 200 bytes, or not one line; write one short line",
    ),
    (
        &[("revisions: 2", "revisions: -1")],
        "4: revisions: another number is here; write a whole number from 0 to 100",
    ),
    (&[("attempts: 3", "attempts: 0")], "5: attempts: 0 is here; write a whole number from 1 to 100"),
    (&[("attempts: 3\n", "")], "1: attempts: is missing; add `attempts:` here"),
    (
        &[("attempts: 3", "atempts: 3\nattempts: 3")],
        "5: atempts: unknown key \"atempts\"; known: attempts, id, revisions, steps, title, version; did you mean \
         \"attempts\"?",
    ),
    (
        &[("agent: tester", "agent: tester\n    timeout: 3m")],
        "14: steps[1].timeout: unknown key \"timeout\"; known: agent, commits, deadline, effects, id, next, publishes",
    ),
    (
        &[("{ when: passed, to: review }", "{ whne: passed, to: review }")],
        "16: steps[1].next[0].whne: unknown key \"whne\"; known: back, end, gate, to, when; did you mean \"when\"?",
    ),
    (&[("commits: true", "commits: yes")], "10: steps[0].commits: \"yes\" is here; write true or false"),
    (
        &[("commits: true", "deadline: 10")],
        "10: steps[0].deadline: 10 is here; write a time from 1s to 24h, such as 90s, 10m or 1h",
    ),
    (
        &[("commits: true", "deadline: 25h")],
        "10: steps[0].deadline: \"25h\" is here; write a time from 1s to 24h, such as 90s, 10m or 1h",
    ),
    (
        &[("commits: true", "effects: outsid")],
        "10: steps[0].effects: unknown effects \"outsid\"; known: inside, outside; did you mean \"outside\"?",
    ),
    (
        &[("test.results", "tests.results")],
        "14: steps[1].publishes: unknown publishes \"tests.results\"; known: architecture.proposed, code.pr.opened, \
         deploy.status, plan.created, review.decision, test.results; did you mean \"test.results\"?",
    ),
    (&[("[{ end: completed }]", "completed")], "27: steps[3].next: \"completed\" is here; write a list"),
    (
        &[("[{ end: completed }]", "[completed]")],
        "27: steps[3].next[0]: \"completed\" is here; write a mapping of keys to values",
    ),
    // Two alike.
    (
        &[("attempts: 3", "attempts: 3\nid: again")],
        "6: id: the key \"id\" is there twice; remove one of them",
    ),
    (
        &[("agent: tester", "agent: tester\n    agent: coder")],
        "14: steps[1].agent: the key \"agent\" is there twice; remove one of them",
    ),
    (
        &[("{ to: test }", "{ to: test, to: code }")],
        "11: steps[0].next[0].to: the key \"to\" is there twice; remove one of them",
    ),
    (
        &[(
            "[{ end: completed }]",
            "[{ end: completed }]\n  - id: test\n    agent: tester\n    publishes: plan.created\n    next: [{ to: code }]",
        )],
        "28: steps[4].id: the step \"test\" is there twice, first on line 12; give each step its own id",
    ),
    // Names.
    (
        &[("agent: tester", "agent: testr")],
        "13: steps[1].agent: unknown agent \"testr\"; known: architect, coder, deployer, planner, reviewer, tester; did \
         you mean \"tester\"?",
    ),
    (
        &[("[{ to: test }]", "[{ to: tset }]")],
        "11: steps[0].next[0].to: unknown step \"tset\"; known: code, deploy, review, test; did you mean \"test\"?",
    ),
    (
        &[("gate: approval", "gate: aproval")],
        "22: steps[2].next[0].gate: unknown gate \"aproval\"; known: approval; did you mean \"approval\"?",
    ),
    (
        &[("end: completed", "end: done")],
        "27: steps[3].next[0].end: unknown end \"done\"; known: completed, failed",
    ),
    // Outcomes.
    (
        &[("when: passed", "when: pass")],
        "16: steps[1].next[0].when: \"pass\" is no outcome of test.results; known: failed, passed; did you mean \"passed\"?",
    ),
    (
        &[("      - { when: changes_requested, to: code, back: true }\n", "")],
        "22: steps[2].next: the outcome \"changes_requested\" of review.decision leads nowhere; add an edge with `when: \
         changes_requested`",
    ),
    (
        &[("[{ end: completed }]", "[{ end: completed }, { when: written, end: failed }]")],
        "27: steps[3].next[1].when: the outcome \"written\" takes an earlier edge already; leave it one edge; an edge \
         without `when` takes every outcome",
    ),
    // Edges.
    (
        &[("[{ to: test }]", "[{ when: done }]")],
        "11: steps[0].next[0]: leads nowhere; add `to: <step>` or `end: completed`",
    ),
    (
        &[("[{ to: test }]", "[{ to: test, end: completed }]")],
        "11: steps[0].next[0].end: an edge leads to a step or to an end, not to both; remove one of them",
    ),
    (
        &[("[{ end: completed }]", "[{ end: completed, gate: approval }]")],
        "27: steps[3].next[0].gate: a gate stands before a step that is led on to; remove the gate",
    ),
    (
        &[("[{ end: completed }]", "[{ end: completed, back: true }]")],
        "27: steps[3].next[0].back: an end is not back; remove `back`",
    ),
    (
        &[(", gate: approval", "")],
        "22: steps[2].next[0]: an approved review goes on without a gate, and a review can ask for a person; add `gate: \
         approval`",
    ),
    // Bounds and circles.
    (
        &[("revisions: 2\n", "")],
        "16: steps[1].next[1].back: leads back, and nothing bounds how often; write `revisions: 3`, or another number \
         from 1, at the top of the file",
    ),
    (
        &[("revisions: 2", "revisions: 0")],
        "4: revisions: is 0, and yet a step leads back; write `revisions: 3`, or another number from 1, at the top of \
         the file",
    ),
    (
        &[("failed, to: code, back: true", "failed, to: code")],
        "17: steps[1].next[1].to: leads round in a circle: code -> test -> code; mark the edge that goes back with \
         `back: true`",
    ),
    (
        &[("passed, to: review", "passed, to: review, back: true")],
        "16: steps[1].next[0].to: is marked as back, but review does not come before test; remove `back: true`, or lead \
         to an earlier step\n\
         23: steps[2].next[1].to: is marked as back, but code does not come before review; remove `back: true`, or \
         lead to an earlier step",
    ),
    (
        &[("{ when: passed, to: review }", "{ when: passed, end: completed }")],
        "18: steps[2].id: the step \"review\" cannot be reached from \"code\"; lead an edge to it, or remove it\n\
         24: steps[3].id: the step \"deploy\" cannot be reached from \"code\"; lead an edge to it, or remove it",
    ),
    (
        &[("[{ end: completed }]", "[{ to: code, back: true }]")],
        "7: steps[0].id: from the step \"code\" no end can be reached; add an edge with `end: completed`\n\
         12: steps[1].id: from the step \"test\" no end can be reached; add an edge with `end: completed`\n\
         18: steps[2].id: from the step \"review\" no end can be reached; add an edge with `end: completed`\n\
         24: steps[3].id: from the step \"deploy\" no end can be reached; add an edge with `end: completed`",
    ),
];

#[test]
fn each_problem_is_told_with_its_line_its_field_and_the_way_out_and_without_its_consequences() {
    assert!(ONE_PROBLEM.len() > 30);
    for (edits, wanted) in ONE_PROBLEM {
        let wanted: Vec<String> = wanted.lines().map(|line| format!("small.yaml:{line}")).collect();
        assert_eq!(said_of(&with(edits)), wanted, "{edits:?}");
    }
}

#[test]
fn all_problems_are_told_at_once_by_line() {
    let yaml = with(&[
        ("version: 1", "version: 0"),
        ("agent: coder", "agent: codr"),
        ("when: passed", "when: passd"),
        ("when: approved, to: deploy", "when: approved, to: deplyo"),
        ("agent: deployer", "agent: deployer\n    agent: deployer"),
    ]);
    let lines: Vec<_> = Definition::load("small.yaml", &yaml, &agents())
        .unwrap_err()
        .into_iter()
        .map(|problem| (problem.line, problem.column, problem.field))
        .collect();
    let wanted = [
        (2, 10, "version"),
        (8, 12, "steps[0].agent"),
        (16, 17, "steps[1].next[0].when"),
        (22, 31, "steps[2].next[0].to"),
        (26, 5, "steps[3].agent"),
    ];
    assert_eq!(lines, wanted.map(|(line, column, field)| (line, column, field.to_owned())));
}

#[test]
fn what_is_no_yaml_of_one_document_is_told_by_line() {
    let cases = [
        (with(&[("[{ to: test }]", "[{ to: test }")]), 12),
        (with(&[("agent: coder", "agent: \"coder")]), 9),
        (format!("{BASE}---\nid: other\n"), 29),
        (with(&[("version: 1", "version: !number 1")]), 2),
        (with(&[("version: 1", "<<: { version: 1 }")]), 2),
    ];
    for (yaml, line) in cases {
        let problems = Definition::load("small.yaml", &yaml, &agents()).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].message.starts_with("not readable as YAML: "), "{}", problems[0]);
        assert_eq!(problems[0].line, line, "{}\n{yaml}", problems[0]);
    }
}

#[test]
fn an_empty_file_and_one_that_is_no_mapping_are_told_as_such() {
    assert_eq!(said_of(""), ["small.yaml:1: nothing is here; write a mapping of keys to values"]);
    assert_eq!(said_of("- id: code\n"), ["small.yaml:1: a list is here; write a mapping of keys to values"]);
    let (without_steps, _) = BASE.split_once("steps:").unwrap();
    assert_eq!(said_of(without_steps), ["small.yaml:1: steps: is missing; add `steps:` here"]);
    let empty = format!("{without_steps}steps: []\n");
    let wanted = "small.yaml:6: steps: has no step; add at least one; the first one is where a run starts";
    assert_eq!(said_of(&empty), [wanted]);
}

#[test]
fn a_file_beyond_the_limit_is_refused_unread() {
    let yaml = format!("{BASE}# {}", "x".repeat(SIZE_LIMIT));
    let wanted = format!(
        "small.yaml:1: the file has {} bytes and at most {SIZE_LIMIT} are read; split it into several workflows",
        yaml.len()
    );
    assert_eq!(said_of(&yaml), [wanted]);
}

#[test]
fn a_file_made_to_hurt_is_refused_and_not_suffered() {
    let bomb: Vec<_> = (1..30).map(|n| format!("a{n}: &a{n} [*a{m}, *a{m}]", m = n - 1)).collect();
    let deep = format!("id: {}{}", "[".repeat(2000), "]".repeat(2000));
    let beyond = "it is nested or repeated beyond any use";
    for (yaml, wanted) in
        [(format!("a0: &a0 [x]\n{}\n", bomb.join("\n")), beyond), (deep, "recursion limit exceeded")]
    {
        let problems = Definition::load("small.yaml", &yaml, &agents()).unwrap_err();
        let messages: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(messages, [format!("not readable as YAML: {wanted}")]);
    }
}
