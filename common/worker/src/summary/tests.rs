//! Summaries of tasks that have no run yet, and what a program reads of them.

use slipway_protocol::{Approval, Priority};
use time::macros::datetime;
use uuid::Uuid;

use super::*;

fn task() -> Task {
    Task {
        id: TaskId::new(Uuid::from_u128(0xabcd_1234)),
        prompt: "build a todo app".parse().unwrap(),
        priority: Priority::Normal,
        repository: None,
        approval: Approval::Auto,
        preview: PreviewMode::Auto,
        isolation: None,
        created_at: datetime!(2026-01-01 10:00 UTC),
    }
}

fn place() -> Place {
    Place::in_fleet(task().id, None, "http://127.0.0.1:8002/abcd1234.git", "http://127.0.0.1:8001")
}

#[test]
fn a_task_without_a_run_has_a_summary_that_is_read_back_as_it_was_written() {
    let summary = Summary::without_run(&task(), TaskStatus::Pending, None, &place());
    let written = serde_json::to_string(&summary).unwrap();
    assert!(written.contains(r#""status":"pending""#), "{written}");
    assert_eq!(serde_json::from_str::<Summary>(&written).unwrap(), summary);
}

#[test]
fn the_next_commands_name_the_server_where_they_must() {
    let mut summary = Summary::without_run(&task(), TaskStatus::Held, None, &place());
    assert_eq!(summary.next, ["slipway release abcd1234", "slipway drop abcd1234"]);
    summary.status = TaskStatus::Completed;
    summary.set_next(&Reach::Fleet { flags: "--server http://fleet:8001".into() });
    assert_eq!(
        summary.next,
        [
            "git clone --branch feature/task-abcd1234 http://127.0.0.1:8002/abcd1234.git abcd1234",
            "slipway show abcd1234 --server http://fleet:8001",
        ]
    );
    summary.status = TaskStatus::Interrupted;
    summary.set_next(&Reach::DataDirectory { flags: "--local".into() });
    assert_eq!(summary.next, ["slipway resume abcd1234"]);
}

#[test]
fn an_artefact_is_fetched_from_where_it_lies() {
    assert_eq!(next::fetch("/a b/compose.yaml", "then"), "cp '/a b/compose.yaml' then");
    assert_eq!(next::fetch("http://h/compose.yaml", "then"), "curl -fsSO http://h/compose.yaml then");
}
