//! Every version of every event ever written must still be read, and be written again as it was.
//!
//! A new type or version adds a file to `golden/`; no file is ever changed or removed.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use slipway_protocol::event::DecodeError;
use slipway_protocol::{Data, Event, ReportKind};

fn golden() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn every_golden_event_is_read_and_written_again_unchanged() {
    for (name, bytes) in golden() {
        let event = Event::from_json(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let known = !matches!(event.data, Data::Unknown(_));
        assert_eq!(known, !name.starts_with("unknown"), "{name}");
        let again: serde_json::Value = serde_json::from_slice(&event.to_json()).unwrap();
        let before: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(again, before, "{name}");
        assert_eq!(Event::from_json(&event.to_json()).unwrap(), event, "{name}");
    }
}

#[test]
fn every_event_type_has_a_golden_file() {
    let types: BTreeSet<String> =
        golden().iter().map(|(_, bytes)| Event::from_json(bytes).unwrap().event_type().to_owned()).collect();
    let mut wanted: Vec<&str> = ReportKind::ALL.iter().map(|kind| kind.event_type()).collect();
    wanted.extend(["task.initiated", "task.progress", "task.completed", "task.failed", "task.cancelled"]);
    wanted.extend(["execution.started", "execution.failed", "execution.released", "dispatch.returned"]);
    wanted.extend(["approval.requested", "approval.granted", "approval.denied"]);
    for event_type in wanted {
        assert!(types.contains(event_type), "no golden file for {event_type}");
    }
}

#[test]
fn what_is_no_event_is_refused_by_name() {
    let (_, bytes) = golden().into_iter().find(|(name, _)| name == "test.results.1.json").unwrap();
    let with = |key: &str, value: serde_json::Value| {
        let mut event: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        event[key] = value;
        Event::from_json(&serde_json::to_vec(&event).unwrap()).unwrap_err()
    };
    assert!(matches!(Event::from_json(b"{}"), Err(DecodeError::Envelope(_))));
    assert!(matches!(with("specversion", "0.3".into()), DecodeError::SpecVersion(_)));
    assert!(matches!(with("lease", serde_json::Value::Null), DecodeError::Holder { .. }));
    assert!(matches!(with("type", "plan.created".into()), DecodeError::Data { .. }));
}
