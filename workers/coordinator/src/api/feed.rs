//! The live feed: server-sent events, resumed from any place in the log.
//!
//! A reader pulls: what it has not taken yet is in the database and not in this process's memory. So a reader may be
//! as slow as it likes without costing more than its connection, and `listen.rs` takes that from one that has stopped.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use slipway_protocol::TaskId;
use slipway_store::Recorded;
use tokio::sync::watch;

use super::extract::{Path, Query};
use super::problem::Problem;
use super::{Api, tasks};

/// How often a sign of life is sent when nothing happens.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How often the log is looked at when nothing says that it grew, as on a standby.
const LOOK: Duration = Duration::from_secs(1);

/// How long commits are gathered before the log is looked at again.
const GATHER: Duration = Duration::from_millis(50);

/// Events that are read at a time.
const PAGE: usize = 200;

/// Where a feed begins.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    after: Option<u64>,
}

/// `GET /api/feed`.
pub(super) async fn of_all(
    State(api): State<Api>,
    headers: HeaderMap,
    Query(from): Query<From>,
) -> Result<Response, Problem> {
    answer(&api, None, start(&headers, &from)?).await
}

/// `GET /api/tasks/{task}/feed`.
pub(super) async fn of_task(
    State(api): State<Api>,
    Path(wanted): Path<String>,
    headers: HeaderMap,
    Query(from): Query<From>,
) -> Result<Response, Problem> {
    let task = tasks::find(&api, &wanted).await?.task.id;
    answer(&api, Some(task), start(&headers, &from)?).await
}

/// The place that a reader has read up to. The header wins: a browser that connects again repeats the address and
/// brings the header.
fn start(headers: &HeaderMap, from: &From) -> Result<Option<u64>, Problem> {
    match headers.get("last-event-id") {
        None => Ok(from.after),
        Some(id) => match id.to_str().unwrap_or_default().trim().parse() {
            Ok(seq) => Ok(Some(seq)),
            Err(_) => Err(Problem::query("the header Last-Event-ID is no number of an event")),
        },
    }
}

async fn answer(api: &Api, task: Option<TaskId>, start: Option<u64>) -> Result<Response, Problem> {
    let after = match start {
        Some(after) => after,
        None => api.store.last_seq().await?,
    };
    let mut feed =
        Feed { api: Api::clone(api), task, after, ready: VecDeque::new(), commits: api.commits.clone() };
    // What fails at once is told as a problem; what fails later ends the feed, and its reader comes again.
    feed.read().await?;
    let events = stream::unfold(feed, |mut feed| async {
        let event = feed.next().await?;
        Some((Ok::<_, Infallible>(event), feed))
    });
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE).text("still here");
    // Proxies that gather answers would hold a feed back.
    Ok(([("x-accel-buffering", "no")], Sse::new(events).keep_alive(keep_alive)).into_response())
}

/// One reader's place.
struct Feed {
    api: Api,
    task: Option<TaskId>,
    after: u64,
    ready: VecDeque<Recorded>,
    commits: watch::Receiver<u64>,
}

impl Feed {
    /// The next event; `None` when the process stops or the log cannot be read.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(recorded) = self.ready.pop_front() {
                self.after = recorded.seq;
                return Some(written(&recorded));
            }
            if self.api.stop.is_cancelled() {
                return None;
            }
            if let Err(error) = self.read().await {
                tracing::debug!(?error, after = self.after, "a feed ends");
                return None;
            }
            if self.ready.is_empty() {
                self.wait().await?;
            }
        }
    }

    async fn read(&mut self) -> Result<(), Problem> {
        self.commits.mark_unchanged();
        let store = &self.api.store;
        let page = match self.task {
            Some(task) => store.events(task, self.after, PAGE).await?,
            None => store.feed(self.after, PAGE).await?,
        };
        self.ready.extend(page);
        Ok(())
    }

    /// Waits until there may be something new; `None` when the process stops.
    async fn wait(&mut self) -> Option<()> {
        let news = async {
            // Without a leader in this process there is no news, but for the time that passes.
            if tokio::time::timeout(LOOK, self.commits.changed()).await.is_ok_and(|changed| changed.is_err())
            {
                tokio::time::sleep(LOOK).await;
            }
            tokio::time::sleep(GATHER).await;
        };
        self.api.stop.run_until_cancelled(news).await
    }
}

fn written(recorded: &Recorded) -> Event {
    let event_type = recorded.event.event_type();
    // The field is one line; a type from elsewhere may be anything.
    let plain = !event_type.is_empty() && !event_type.chars().any(char::is_control);
    let data = String::from_utf8_lossy(&recorded.event.to_json()).into_owned();
    Event::default().id(recorded.seq.to_string()).event(if plain { event_type } else { "unknown" }).data(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_begins_after_what_the_reader_had_last() {
        let header =
            |id: &str| HeaderMap::from_iter([("last-event-id".parse().unwrap(), id.parse().unwrap())]);
        let after = From { after: Some(3) };
        assert_eq!(start(&HeaderMap::new(), &From::default()).unwrap(), None);
        assert_eq!(start(&HeaderMap::new(), &after).unwrap(), Some(3));
        assert_eq!(start(&header("7"), &after).unwrap(), Some(7));
        assert!(start(&header("x"), &after).is_err() && start(&header("-1"), &after).is_err());
    }
}
