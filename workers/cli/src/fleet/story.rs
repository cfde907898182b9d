//! One task's story for tests: the events of a delivery that ends well, made by the workflow's own rules, and what a
//! coordinator would answer about it.

use serde_json::{Value, json};
use slipway_protocol::report::{Decision, Deployment};
use slipway_protocol::{
    Approval, CommitId, Data, Digest, Dispatch, Event, EventId, Holder, Incarnation, PreviewMode, Priority,
    Report, ReportKind, RunId, Tally, Task, TaskId,
};
use slipway_worker::Summary;
use slipway_worker::summary::Place;
use slipway_workflow::{Command, Definition, Run};
use time::macros::datetime;

/// The task's id; its short form is `abcd1234`.
pub(crate) fn task() -> TaskId {
    "019a8b1c-0000-7000-8000-0000abcd1234".parse().unwrap()
}

/// The first event.
pub(crate) fn initiated(approval: Approval) -> Event {
    let definition = delivery();
    let task = Task {
        id: task(),
        prompt: "build a todo app".parse().unwrap(),
        priority: Priority::Normal,
        repository: None,
        approval,
        preview: PreviewMode::ComposeOnly,
        isolation: None,
        created_at: datetime!(2026-01-01 10:00 UTC),
    };
    let data = Data::TaskInitiated {
        task: Box::new(task),
        workflow: definition.id().clone(),
        workflow_version: definition.version(),
        base: commit(0),
    };
    event(0, None, data)
}

/// The start of the first step.
pub(crate) fn started() -> Event {
    let (_, commands) = Run::start(&delivery(), &initiated(Approval::Auto)).unwrap();
    let [Command::Dispatch(dispatch)] = commands.as_slice() else { panic!("{commands:?}") };
    event(1, Some(holder(dispatch)), Data::ExecutionStarted)
}

/// A line of progress of the first step.
pub(crate) fn progress(message: &str) -> Event {
    let data = Data::TaskProgress { step: "plan".parse().unwrap(), message: message.into() };
    event(1000, None, data)
}

/// The events up to the task's end, or up to where it waits for a person.
pub(crate) fn events(approval: Approval) -> Vec<Event> {
    go_on(vec![initiated(approval)])
}

/// The same events, and what follows once a person has let the commit pass.
pub(crate) fn approved() -> Vec<Event> {
    let mut events = events(Approval::Manual);
    let Data::ApprovalRequested { commit, .. } = &events[events.len() - 1].data else { panic!("{events:?}") };
    let granted = Data::ApprovalGranted { commit: commit.clone(), by: "ann".into() };
    events.push(event(events.len(), None, granted));
    go_on(events)
}

/// The task as a coordinator tells it after `events`.
pub(crate) fn told(events: &[Event]) -> Value {
    let run = Run::replay(&delivery(), &events[0], &events[1..]).unwrap();
    let place =
        Place::in_fleet(task(), Some(&run), "http://127.0.0.1:8002/abcd1234.git", "http://127.0.0.1:8001");
    let mut told = serde_json::to_value(Summary::of(&run, events, &place, true)).unwrap();
    told["paused"] = json!(false);
    told["duplicate_of"] = Value::Null;
    let history = events.iter().filter(|event| !matches!(event.data, Data::TaskProgress { .. }));
    told["events"] = history.map(wire).collect();
    told
}

/// A page with all of the events.
pub(crate) fn page(events: &[Event]) -> Value {
    let item = |(index, event): (usize, &Event)| json!({ "seq": index + 1, "event": wire(event) });
    json!({ "items": events.iter().enumerate().map(item).collect::<Vec<_>>(), "next": null })
}

/// Events as the live feed has them; the first one has the number `first`.
pub(crate) fn feed(first: usize, events: &[Event]) -> String {
    let message = |(index, event): (usize, &Event)| {
        format!("id: {}\nevent: {}\ndata: {}\n\n", first + index, event.event_type(), wire(event))
    };
    events.iter().enumerate().map(message).collect()
}

fn wire(event: &Event) -> Value {
    serde_json::from_slice(&event.to_json()).unwrap()
}

fn delivery() -> Definition {
    let agents = slipway_agents::Definition::built_in().into_iter().map(|agent| agent.id).collect();
    Definition::delivery(&agents).unwrap()
}

/// Performs whatever is pending until nothing is.
fn go_on(mut events: Vec<Event>) -> Vec<Event> {
    let definition = delivery();
    loop {
        let run = Run::replay(&definition, &events[0], &events[1..]).unwrap();
        let number = events.len();
        match slipway_workflow::pending(&definition, &run).remove(0) {
            Command::Dispatch(dispatch) | Command::Retry { dispatch, .. } => {
                let holder = Some(holder(&dispatch));
                let step = definition.step(&dispatch.step).unwrap();
                let commit = if step.commits() { commit(number) } else { run.head().clone() };
                let line = Data::TaskProgress {
                    step: dispatch.step.clone(),
                    message: format!("at work on {}", step.id()),
                };
                let result = Data::Result { report: report(step.publishes()), commit, artefacts: Vec::new() };
                events.push(event(number, holder, Data::ExecutionStarted));
                events.push(event(number + 1, None, line));
                events.push(event(number + 2, holder, result));
            }
            Command::AskApproval { commit, step } => {
                events.push(event(number, None, Data::ApprovalRequested { commit, step }));
                return events;
            }
            Command::Finish(_) => {
                events.push(event(number, None, Data::TaskCompleted));
                return events;
            }
        }
    }
}

fn report(kind: ReportKind) -> Report {
    match kind {
        ReportKind::Plan => Report::Plan { goal: "A list of things to do".into(), not_built: Vec::new() },
        ReportKind::Architecture => Report::Architecture { decisions: vec!["Keep it in a file".into()] },
        ReportKind::Code => Report::Code { branch: task().branch(), commits: 2, revision: 0 },
        ReportKind::Tests => Report::Tests {
            passed: true,
            tally: Tally { passed: 31, failed: 0, skipped: 0 },
            reason: None,
            failures: Vec::new(),
            evidence: Digest::of(b"evidence"),
        },
        ReportKind::Review => Report::Review {
            decision: Decision::Approved,
            findings: Vec::new(),
            basis: "computed checks only".into(),
            needs_person: false,
        },
        ReportKind::Deploy => Report::Deploy(Deployment {
            mode: PreviewMode::ComposeOnly,
            url: None,
            health: "not started".into(),
            image: None,
            expires_at: None,
            instructions: vec!["docker compose up --build".into()],
        }),
    }
}

fn holder(dispatch: &Dispatch) -> Holder {
    let incarnation: Incarnation = "019a8b1c-0000-7000-8000-000000000001".parse().unwrap();
    dispatch.holder(incarnation)
}

fn commit(number: usize) -> CommitId {
    format!("{number:040x}").parse().unwrap()
}

fn event(number: usize, holder: Option<Holder>, data: Data) -> Event {
    let first: EventId = "019a8b1c-0000-7000-8000-00000000e000".parse().unwrap();
    let seconds = i64::try_from(number).unwrap();
    Event {
        id: EventId::derived(first, &number.to_string()),
        source: "slipway/someone".into(),
        time: datetime!(2026-01-01 10:00 UTC) + time::Duration::seconds(seconds),
        task: task(),
        run: RunId::first_of(task()),
        holder,
        priority: Priority::Normal,
        cause: None,
        traceparent: None,
        data,
    }
}
