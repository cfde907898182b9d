//! What can be asked of a fleet about its tasks, and what its answers hold.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use slipway_protocol::{Event, NewTask, TaskId};
use slipway_worker::Summary;

use super::body;
use super::{ANSWER, Error, Fleet, is_busy, retry_after};

/// How many entries of a list are asked for at a time.
const PAGE: usize = 100;

/// A task as a fleet tells it.
#[derive(Debug, Clone)]
pub(crate) struct FleetTask {
    /// Where it stands, as in every mode.
    pub(crate) summary: Summary,
    /// What only a fleet knows.
    pub(crate) facts: Facts,
    /// All of it, as it came.
    pub(crate) told: Value,
}

/// What only a fleet knows of a task.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Facts {
    /// Whether a person lets nothing of it begin.
    #[serde(default)]
    pub(crate) paused: bool,
    /// The task that it may be a duplicate of, which is why it is held.
    #[serde(default)]
    pub(crate) duplicate_of: Option<TaskId>,
}

/// A task that a fleet has taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Created {
    /// The task.
    pub(crate) task: TaskId,
    /// Whether the same key had brought it before.
    pub(crate) known: bool,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
struct Page {
    items: Vec<Value>,
    next: Option<Value>,
}

impl Fleet {
    /// The task that `wanted` names by its id or its last eight digits, or else the newest.
    pub(crate) async fn find(&self, wanted: Option<&str>) -> Result<FleetTask, Error> {
        match wanted {
            Some(wanted) if wanted.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') => {
                self.read_task(self.get_json(&format!("/api/tasks/{wanted}")).await?)
            }
            Some(wanted) => {
                Err(Error::NoTask { server: self.server().clone(), wanted: Some(wanted.to_owned()) })
            }
            None => {
                let newest = self.page("/api/tasks?limit=1").await?.items.into_iter().next();
                let Some(newest) = newest else {
                    return Err(Error::NoTask { server: self.server().clone(), wanted: None });
                };
                let id = self.read::<TaskId>(newest["id"].clone())?;
                self.task(id).await
            }
        }
    }

    /// One task.
    pub(crate) async fn task(&self, task: TaskId) -> Result<FleetTask, Error> {
        self.read_task(self.get_json(&format!("/api/tasks/{task}")).await?)
    }

    fn read_task(&self, told: Value) -> Result<FleetTask, Error> {
        let mut summary: Summary = self.read(told.clone())?;
        summary.set_next(&self.reach());
        let facts = self.read(told.clone())?;
        Ok(FleetTask { summary, facts, told })
    }

    /// The newest tasks, oldest first, at most `limit`; and whether there are more.
    pub(crate) async fn tasks(&self, limit: usize) -> Result<(Vec<Value>, bool), Error> {
        let (mut items, more) = self.pages("/api/tasks", limit).await?;
        items.reverse();
        Ok((items, more))
    }

    /// A task's events, oldest first, each with its number in the fleet's log.
    pub(crate) async fn events(&self, task: TaskId) -> Result<Vec<(i64, Event)>, Error> {
        let (items, _) = self.pages(&format!("/api/tasks/{task}/events"), usize::MAX).await?;
        items
            .iter()
            .map(|item| Ok((self.read(item["seq"].clone())?, self.read_event(&item["event"])?)))
            .collect()
    }

    /// The events that a task was told with, oldest first; lines of progress are not among them.
    pub(crate) fn history(&self, task: &FleetTask) -> Result<Vec<Event>, Error> {
        let events: Vec<Value> = self.read(task.told["events"].clone())?;
        events.iter().map(|event| self.read_event(event)).collect()
    }

    fn read_event(&self, told: &Value) -> Result<Event, Error> {
        Event::from_json(told.to_string().as_bytes()).map_err(|error| Error::NotAFleet {
            server: self.server().clone(),
            said: format!("one of its events cannot be read ({error})"),
        })
    }

    /// Has a task taken in, sending the same key until there is an answer.
    ///
    /// # Errors
    ///
    /// [`Error::InDoubt`] when a request may have been carried out and none was answered; asking again with the same
    /// key then never makes a second task.
    pub(crate) async fn create(&self, new: &NewTask, key: &str) -> Result<Created, Error> {
        let mut in_doubt = false;
        let mut delays = self.patience().request.delays();
        loop {
            let (error, asked_to_wait) = match self.try_create(new, key).await {
                Ok(created) => return Ok(created),
                Err(failed) => failed,
            };
            in_doubt |= error.may_have_been_done();
            match delays.next() {
                Some(delay) if error.may_pass() => tokio::time::sleep(asked_to_wait.unwrap_or(delay)).await,
                None if in_doubt && error.may_pass() => {
                    return Err(Error::InDoubt { server: self.server().clone(), reason: error.reason() });
                }
                _ => return Err(error),
            }
        }
    }

    async fn try_create(
        &self,
        new: &NewTask,
        key: &str,
    ) -> Result<Created, (Error, Option<std::time::Duration>)> {
        let request = self.request(Method::POST, "/api/tasks").header("idempotency-key", key).json(new);
        let answer = self.send(request.timeout(ANSWER)).await.map_err(|error| (error, None))?;
        let status = answer.status();
        let wait = retry_after(&answer).filter(|_| is_busy(status));
        let answer = self.good(answer).await.map_err(|error| (error, wait))?;
        let told = body::json(self.server(), answer).await.map_err(|error| (error, None))?;
        let task = self.read(told["id"].clone()).map_err(|error| (error, None))?;
        Ok(Created { task, known: status == reqwest::StatusCode::OK })
    }

    /// Says something to a task, such as `cancel`.
    pub(crate) async fn say(&self, task: TaskId, verb: &str, body: &Value) -> Result<(), Error> {
        self.post(&format!("/api/tasks/{task}/{verb}"), body).await.map(drop)
    }

    /// Lets all agents, or one, take nothing new; or lets them go on.
    pub(crate) async fn say_to_agents(&self, agent: Option<&str>, verb: &str, by: &str) -> Result<(), Error> {
        let path =
            agent.map_or_else(|| format!("/api/fleet/{verb}"), |id| format!("/api/agents/{id}/{verb}"));
        self.post(&path, &json!({ "by": by })).await.map(drop)
    }

    /// The names of a task's newest artefacts.
    pub(crate) async fn artefacts(&self, task: TaskId) -> Result<Vec<String>, Error> {
        let (items, _) = self.pages(&format!("/api/tasks/{task}/artefacts"), usize::MAX).await?;
        items.into_iter().map(|item| self.read(item["name"].clone())).collect()
    }

    /// The newest artefact of this name.
    pub(crate) async fn artefact(&self, task: TaskId, name: &str) -> Result<Vec<u8>, Error> {
        let answer = self.get(&format!("/api/tasks/{task}/artefacts/{name}"), "*/*").await?;
        body::bytes(self.server(), answer).await
    }

    /// A task's change as `{task, base, head, patch}`.
    pub(crate) async fn diff(&self, task: TaskId) -> Result<Value, Error> {
        self.get_json(&format!("/api/tasks/{task}/diff")).await
    }

    async fn page(&self, path: &str) -> Result<Page, Error> {
        self.read(self.get_json(path).await?)
    }

    /// The entries of a list, at most `limit`, and whether there are more.
    async fn pages(&self, path: &str, limit: usize) -> Result<(Vec<Value>, bool), Error> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let wanted = PAGE.min(limit - items.len());
            let page = self.page(&format!("{path}?limit={wanted}{cursor}")).await?;
            items.extend(page.items);
            let next = match page.next {
                Some(Value::String(next)) => next,
                Some(Value::Number(next)) => next.to_string(),
                _ => return Ok((items, false)),
            };
            if items.len() >= limit {
                items.truncate(limit);
                return Ok((items, true));
            }
            cursor = format!("&cursor={}", percent_encoded(&next));
        }
    }

    fn read<T: serde::de::DeserializeOwned>(&self, value: Value) -> Result<T, Error> {
        serde_json::from_value(value).map_err(|error| body::not_understood(self.server(), &error))
    }
}

/// A cursor as it may stand in a query: it is the server's own and opaque here.
fn percent_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    encoded
}
