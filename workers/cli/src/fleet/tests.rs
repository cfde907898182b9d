//! The client against a server that fails in every way in which a coordinator or its network can.

use std::time::Duration;

use serde_json::json;
use slipway_protocol::{Approval, Event, NewTask};

use super::fake_server::{FakeServer, Turn};
use super::*;
use crate::exit::{Exit, Failure};

const QUICK: Duration = Duration::from_millis(1);

fn fleet(url: &str) -> Fleet {
    let delays = RetryPolicy { first: QUICK, longest: QUICK, factor: 1.0, retries: Some(4) };
    let patience = Patience {
        request: delays,
        feed: delays,
        silence: Duration::from_millis(100),
        idle: Duration::from_millis(50),
    };
    Fleet::new(url.parse().unwrap(), String::new(), patience).unwrap()
}

fn new_task() -> NewTask {
    serde_json::from_value(json!({ "prompt": "build a todo app" })).unwrap()
}

/// An address at which nothing listens.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn next_event(feed: &mut Feed<'_>) -> Event {
    loop {
        if let Step::Event(event) = feed.next().await.unwrap() {
            return *event;
        }
    }
}

#[tokio::test]
async fn a_feed_goes_on_after_every_disconnect_and_delivers_each_event_once() {
    let events = story::events(Approval::Auto);
    let told = events.clone();
    let server = FakeServer::start(move |asked, _| {
        let after: usize = asked.header("last-event-id").unwrap().parse().unwrap();
        assert!(asked.line.ends_with(&format!("/feed?after={after}")), "{}", asked.line);
        // One new event each time, the one before it again, and the beginning of one that never ends.
        let first = after.saturating_sub(1);
        let text = story::feed(first + 1, &told[first..=after]);
        let cut = text.len() / 2;
        let bytes = text.as_bytes();
        Turn::Feed(vec![bytes[..cut].to_vec(), bytes[cut..].to_vec(), b"id: 99\ndata: {".to_vec()])
    });
    let fleet = fleet(&server.url());
    let mut feed = Feed::new(&fleet, story::task(), 0);
    for event in &events {
        assert_eq!(next_event(&mut feed).await, *event);
    }
}

#[tokio::test]
async fn a_feed_says_that_it_is_lost_and_that_it_is_back() {
    let server = FakeServer::start(|_, before| match before {
        0 | 1 => Turn::Busy("0"),
        _ => Turn::Open(story::feed(1, &[story::initiated(Approval::Auto)])),
    });
    let fleet = fleet(&server.url());
    let mut feed = Feed::new(&fleet, story::task(), 0);
    assert!(matches!(feed.next().await, Ok(Step::Lost(_))));
    assert!(matches!(feed.next().await, Ok(Step::Back)));
    assert!(matches!(feed.next().await, Ok(Step::Event(_))));
    assert!(matches!(feed.next().await, Ok(Step::Idle)));
}

#[tokio::test]
async fn a_silent_feed_is_taken_up_again() {
    let server = FakeServer::start(|_, _| Turn::Open(": hello\n\n".into()));
    let fleet = fleet(&server.url());
    let mut feed = Feed::new(&fleet, story::task(), 7);
    while server.asked("GET /api/tasks/").len() < 2 {
        feed.next().await.unwrap();
    }
}

#[tokio::test]
async fn a_feed_that_cannot_be_had_ends_with_the_reason() {
    let fleet_of_nobody = fleet(&nowhere());
    let mut feed = Feed::new(&fleet_of_nobody, story::task(), 0);
    assert!(matches!(feed.next().await, Ok(Step::Lost(_))));
    assert!(matches!(feed.next().await, Err(Error::Unreachable { .. })));

    let server = FakeServer::start(|_, _| Turn::problem(404, "task.not-found", "there is no such task"));
    let fleet = fleet(&server.url());
    let gone = Feed::new(&fleet, story::task(), 0).next().await.unwrap_err();
    assert_eq!(Failure::from(gone).exit, Exit::NotFound);
}

#[tokio::test]
async fn a_task_is_handed_in_with_one_key_however_often_it_is_sent() {
    let server = FakeServer::start(|_, before| match before {
        0 => Turn::HangUp,
        1 => Turn::Busy("0"),
        _ => Turn::json(201, &json!({ "id": story::task() })),
    });
    let created = fleet(&server.url()).create(&new_task(), "key-1").await.unwrap();
    assert_eq!((created.task, created.known), (story::task(), false));
    let asked = server.asked("POST /api/tasks");
    assert_eq!(asked.len(), 3);
    for asked in asked {
        assert_eq!(asked.header("idempotency-key"), Some("key-1"));
        assert_eq!(asked.body["prompt"], "build a todo app");
    }
}

#[tokio::test]
async fn a_task_of_which_nobody_says_that_it_was_taken_is_in_doubt() {
    let server = FakeServer::start(|_, _| Turn::HangUp);
    let error = fleet(&server.url()).create(&new_task(), "key-1").await.unwrap_err();
    assert!(matches!(error, Error::InDoubt { .. }), "{error:?}");
    assert_eq!(server.asked("POST").len(), 5);
}

#[tokio::test]
async fn a_task_that_was_never_sent_is_not_in_doubt() {
    let error = fleet(&nowhere()).create(&new_task(), "key-1").await.unwrap_err();
    let failure = Failure::from(error);
    assert_eq!((failure.exit, failure.code.as_str()), (Exit::Environment, "fleet.unreachable"));
    assert!(failure.message.contains("docker compose up"), "{}", failure.message);
}

#[tokio::test]
async fn a_refused_task_is_sent_once() {
    let server = FakeServer::start(|_, _| Turn::problem(409, "api.key-reused", "the key was used"));
    let failure = Failure::from(fleet(&server.url()).create(&new_task(), "key-1").await.unwrap_err());
    assert_eq!((failure.exit, failure.code.as_str()), (Exit::Conflict, "api.key-reused"));
    assert_eq!(server.asked("POST").len(), 1);
}

#[tokio::test]
async fn a_word_is_sent_once_and_its_outcome_may_be_unknown() {
    let server = FakeServer::start(|_, _| Turn::HangUp);
    let error = fleet(&server.url()).say(story::task(), "cancel", &json!({})).await.unwrap_err();
    assert_eq!(Failure::from(error).code, "fleet.outcome-unknown");
    assert_eq!(server.asked("POST").len(), 1);
}

#[tokio::test]
async fn what_is_no_fleet_is_said_to_be_none() {
    let server = FakeServer::start(|_, _| Turn::Answer(200, "text/html", "<html>".into()));
    let error = fleet(&server.url()).find(None).await.unwrap_err();
    assert_eq!(Failure::from(error).code, "fleet.bad-answer");
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let server = FakeServer::start(|asked, _| {
        let page = if asked.line.contains("cursor=a%2Fb") {
            json!({ "items": [{ "id": "1" }], "next": null })
        } else {
            json!({ "items": [{ "id": "3" }, { "id": "2" }], "next": "a/b" })
        };
        Turn::json(200, &page)
    });
    let fleet = fleet(&server.url());
    let (items, more) = fleet.tasks(10).await.unwrap();
    assert_eq!((json!(items), more), (json!([{ "id": "1" }, { "id": "2" }, { "id": "3" }]), false));
    let (items, more) = fleet.tasks(2).await.unwrap();
    assert_eq!((items.len(), more), (2, true));
}

#[tokio::test]
async fn a_task_and_its_events_are_read_as_a_coordinator_tells_them() {
    let events = story::events(Approval::Auto);
    let (told, page) = (story::told(&events), story::page(&events));
    let server = FakeServer::start(move |asked, _| match asked.line.as_str() {
        "GET /api/tasks/abcd1234" => Turn::json(200, &told),
        line if line.contains("/events?") => Turn::json(200, &page),
        _ => Turn::HangUp,
    });
    let fleet = fleet(&server.url());
    let task = fleet.find(Some("abcd1234")).await.unwrap();
    assert_eq!(task.summary.status, slipway_worker::TaskStatus::Completed);
    assert!(task.summary.next[0].starts_with("git clone"), "{:?}", task.summary.next);
    let read = fleet.events(story::task()).await.unwrap();
    assert_eq!(read.into_iter().map(|(_, event)| event).collect::<Vec<_>>(), events);
    // What is no id cannot become part of a path.
    let failure = Failure::from(fleet.find(Some("../fleet")).await.unwrap_err());
    assert_eq!((failure.exit, failure.code.as_str()), (Exit::NotFound, "task.not-found"));
}
