//! The live feed: nothing left out, nothing twice, whoever hangs up.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::world::{PATIENCE, Wishes, World};

/// One message of a feed.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    id: u64,
    event: String,
    data: Value,
}

/// A feed that is being read.
struct Reader {
    answer: Response,
    text: String,
}

impl Reader {
    async fn open(world: &World, path: &str, last: Option<u64>) -> Self {
        let request = world.http.get(world.url(path));
        let request = if let Some(last) = last { request.header("last-event-id", last) } else { request };
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { answer, text: String::new() }
    }

    /// The next message; `None` when the feed ends.
    async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let message: String = self.text.drain(..end + 2).collect();
                if !message.starts_with(':') {
                    return Some(read(&message));
                }
                continue;
            }
            let piece = tokio::time::timeout(PATIENCE, self.answer.chunk()).await.unwrap().unwrap()?;
            self.text.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }
}

fn read(message: &str) -> Told {
    let field = |name: &str| {
        let found = message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.unwrap_or_else(|| panic!("{message} has no {name}"))
    };
    Told {
        id: field("id").parse().unwrap(),
        event: field("event").to_owned(),
        data: serde_json::from_str(field("data")).unwrap(),
    }
}

#[tokio::test]
async fn a_feed_goes_on_after_the_last_event_that_was_had() {
    let world = World::new().await;
    let task = world.create("build a todo app").await;
    let path = format!("/api/tasks/{task}/feed?after=0");
    let mut reader = Reader::open(&world, &path, None).await;
    let first = reader.next().await.unwrap();
    assert_eq!((first.event.as_str(), &first.data["type"]), ("task.initiated", &json!("task.initiated")));
    assert_eq!(first.data["taskid"], task.as_str());
    drop(reader);

    world.post(&format!("/api/tasks/{task}/cancel"), &json!({})).await;
    // As a browser does: the same address, and the header, which wins.
    let mut reader = Reader::open(&world, &path, Some(first.id)).await;
    let mut later = vec![reader.next().await.unwrap()];
    while later.last().unwrap().event != "task.cancelled" {
        later.push(reader.next().await.unwrap());
    }
    let ids: Vec<u64> = later.iter().map(|told| told.id).collect();
    assert!(ids[0] > first.id && ids.is_sorted_by(|one, other| one < other), "{first:?} {later:?}");

    let mut whole = Reader::open(&world, &path, None).await;
    let mut all = Vec::new();
    while all.len() < later.len() + 1 {
        all.push(whole.next().await.unwrap());
    }
    assert_eq!(all, [vec![first], later].concat());
}

#[tokio::test]
async fn the_feed_of_all_begins_now_and_follows_every_task() {
    let world = World::new().await;
    let old = world.create("build a todo app").await;
    world.until(&old, "running").await;
    let mut reader = Reader::open(&world, "/api/feed", None).await;
    let (one, other) = (world.create("build a blog").await, world.create("build a bookmark app").await);
    let mut begun = Vec::new();
    while begun.len() < 2 {
        let told = reader.next().await.unwrap();
        assert_ne!(told.data["taskid"], old.as_str());
        if told.event == "task.initiated" {
            begun.push(told.data["taskid"].as_str().unwrap().to_owned());
        }
    }
    begun.sort();
    let mut wanted = [one, other];
    wanted.sort();
    assert_eq!(begun, wanted);
}

#[tokio::test]
async fn a_coordinator_that_stands_by_feeds_too() {
    let leader = World::new().await;
    let standby = World::beside(&leader.database, &leader.broker, Wishes::default()).await;
    let mut reader = Reader::open(&standby, "/api/feed", None).await;
    let task = leader.create("build a todo app").await;
    assert_eq!(reader.next().await.unwrap().data["taskid"], task.as_str());
}

#[tokio::test]
async fn a_feed_ends_with_its_process() {
    let mut world = World::new().await;
    let mut reader = Reader::open(&world, "/api/feed", None).await;
    world.stop.cancel();
    assert_eq!(reader.next().await, None);
    let ended = async {
        while let Some(ended) = world.running.join_next().await {
            ended.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("the server ends with its feeds");
    assert!(world.request(Method::GET, "/api/tasks").send().await.is_err());
}
