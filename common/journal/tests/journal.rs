//! The journal on a real file: locks, torn ends, damage.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use slipway_journal::{Error, Journal, is_held, read};
use slipway_protocol::{Data, Event, EventId, Priority, RunId, TaskId};

fn event(number: u128) -> Event {
    let id = |n: u128| format!("00000000-0000-7000-8000-{n:012x}");
    let task: TaskId = id(1).parse().unwrap();
    Event {
        id: id(number).parse::<EventId>().unwrap(),
        source: "slipway/test".into(),
        time: "2026-01-02T03:04:05Z".parse_time(),
        task,
        run: RunId::first_of(task),
        holder: None,
        priority: Priority::Normal,
        cause: None,
        traceparent: None,
        data: Data::TaskFailed { reason: format!("reason {number}") },
    }
}

trait ParseTime {
    fn parse_time(&self) -> time::OffsetDateTime;
}

impl ParseTime for str {
    fn parse_time(&self) -> time::OffsetDateTime {
        time::OffsetDateTime::parse(self, &time::format_description::well_known::Rfc3339).unwrap()
    }
}

fn journal_of(path: &Path, events: u128) {
    let mut journal = Journal::create(path).unwrap();
    for number in 0..events {
        journal.append(&event(number)).unwrap();
    }
}

#[test]
fn what_was_appended_is_read_back_and_can_be_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    journal_of(&path, 3);
    let mut opened = Journal::open(&path).unwrap();
    assert_eq!((opened.events.len(), opened.recovered_bytes), (3, 0));
    opened.journal.append(&event(3)).unwrap();
    assert_eq!(read(&path).unwrap(), (0..4).map(event).collect::<Vec<_>>());
}

#[test]
fn one_process_at_a_time_holds_a_journal_and_readers_do_not_mind() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let journal = Journal::create(&path).unwrap();
    assert!(is_held(&path));
    assert!(matches!(Journal::open(&path), Err(Error::Locked { .. })));
    assert!(read(&path).unwrap().is_empty());
    drop(journal);
    assert!(!is_held(&path));
    assert!(Journal::open(&path).is_ok());
}

#[test]
fn a_torn_last_record_is_cut_off_and_the_journal_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    journal_of(&path, 2);
    OpenOptions::new().append(true).open(&path).unwrap().write_all(b"00000002 12ab").unwrap();
    assert_eq!(read(&path).unwrap().len(), 2);
    let mut opened = Journal::open(&path).unwrap();
    assert_eq!((opened.events.len(), opened.recovered_bytes), (2, 13));
    opened.journal.append(&event(2)).unwrap();
    assert_eq!(read(&path).unwrap().len(), 3);
}

#[test]
fn a_damaged_record_is_reported_by_place_and_the_file_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    journal_of(&path, 3);
    let mut bytes = std::fs::read(&path).unwrap();
    let second = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    bytes[second + 30] ^= 0x20;
    std::fs::write(&path, &bytes).unwrap();
    let Err(Error::Damaged { line, offset, .. }) = Journal::open(&path) else { panic!("it was opened") };
    assert_eq!((line, offset), (2, second));
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}
