//! A coordinator with its HTTP surface, on a database and a broker of the test's own; and a worker to be played.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use slipway_broker::{Address, Broker, Message, QueueName};
use slipway_coordinator::intake::Rate;
use slipway_coordinator::{Coordinator, Limits, Setup, api};
use slipway_protocol::fleet::{Beat, Load, Request, Slots};
use slipway_protocol::{AgentId, Data, Dispatch, Event, EventId, Holder, Incarnation};
use slipway_runtime::{Clock as _, SystemClock, health::Health};
use slipway_store::{Options, Store};
use slipway_tests::services::Services;
use slipway_workflow::Definition;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Nothing in these tests takes as long.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

const AGENTS: [&str; 6] = ["planner", "architect", "coder", "tester", "reviewer", "deployer"];

/// What a test plays with.
pub(crate) struct World {
    pub(crate) database: String,
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) repositories: slipway_git_store::Store,
    pub(crate) address: SocketAddr,
    pub(crate) http: reqwest::Client,
    pub(crate) stop: CancellationToken,
    pub(crate) running: JoinSet<()>,
    _folder: TempDir,
}

/// What differs between worlds.
pub(crate) struct Wishes {
    /// Tasks that are taken in a second, and at once.
    pub(crate) rate: (u32, u32),
    /// Further host names.
    pub(crate) hosts: Vec<String>,
}

impl Default for Wishes {
    fn default() -> Self {
        Self { rate: (10_000, 10_000), hosts: Vec::new() }
    }
}

pub(crate) fn agents() -> Vec<AgentId> {
    AGENTS.into_iter().map(|name| name.parse().unwrap()).collect()
}

pub(crate) async fn store(url: &str) -> Store {
    let options = Options {
        application_name: "slipway-tests".into(),
        connections: 5,
        statement_timeout: Duration::from_secs(10),
        acquire_timeout: Duration::from_secs(2),
    };
    Store::connect(url, &options).await.unwrap()
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::wishing(Wishes::default()).await
    }

    pub(crate) async fn wishing(wishes: Wishes) -> Self {
        let database = Services::shared().await.place().await.database_url.clone();
        store(&database).await.migrate().await.unwrap();
        let broker = memory_broker();
        let world = Self::beside(&database, &broker, wishes).await;
        world.until_it_leads().await;
        world
    }

    /// Another coordinator on the same database, which another one may lead.
    pub(crate) async fn beside(database: &str, broker: &Arc<dyn Broker>, wishes: Wishes) -> Self {
        Self::reading(database, database, broker, wishes).await
    }

    /// A coordinator whose HTTP surface reads from the database at `read`.
    pub(crate) async fn reading(
        database: &str,
        read: &str,
        broker: &Arc<dyn Broker>,
        wishes: Wishes,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let repositories = slipway_git_store::Store::new(folder.path().join("repositories"));
        let store_of_ticks = store(database).await;
        let fleet = store_of_ticks.fleet().await.unwrap();
        let rate = Arc::new(Rate::new(wishes.rate.0, wishes.rate.1));
        let known: BTreeSet<AgentId> = agents().into_iter().collect();
        let setup = Setup {
            store: store_of_ticks,
            broker: Arc::clone(broker),
            intake: Arc::clone(broker),
            repositories: repositories.clone(),
            definitions: vec![Definition::delivery(&known).unwrap()],
            agents: agents(),
            clock: Arc::new(SystemClock),
            limits: Limits::default(),
            retention: slipway_store::Retention::default(),
            rate: Arc::clone(&rate),
            name: "test".into(),
        };
        let (mut coordinator, commands, commits) =
            Coordinator::new(setup, fleet, Health::new("coordinator", "test"));
        let stop = CancellationToken::new();
        let bound = api::bind("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
        let address = bound.address().unwrap();
        let router = api::router(api::Setup {
            store: store(read).await,
            commands,
            commits,
            repositories: repositories.clone(),
            repositories_url: "http://127.0.0.1:8002/".into(),
            rate,
            hosts: wishes.hosts,
            agents: agents(),
            stop: stop.clone(),
        });
        let mut running = JoinSet::new();
        let until = stop.clone();
        running.spawn(async move { coordinator.run(&until).await });
        let until = stop.clone();
        running.spawn(async move { api::serve(bound, router, until).await.unwrap() });
        let (http, broker) = (reqwest::Client::new(), Arc::clone(broker));
        Self {
            database: database.to_owned(),
            broker,
            repositories,
            address,
            http,
            stop,
            running,
            _folder: folder,
        }
    }

    async fn until_it_leads(&self) {
        eventually("a leader", async || {
            let fleet = self.get("/api/fleet").await;
            (!fleet["leader"].is_null()).then_some(())
        })
        .await;
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path)).timeout(PATIENCE)
    }

    /// The body of an answer that is good.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let answer = self.request(Method::POST, path).json(body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// A new task's id.
    pub(crate) async fn create(&self, prompt: &str) -> String {
        let (status, task) = self.post("/api/tasks", &json!({ "prompt": prompt })).await;
        assert_eq!(status, StatusCode::CREATED, "{task}");
        task["id"].as_str().unwrap().to_owned()
    }

    /// Waits until a task has this status.
    pub(crate) async fn until(&self, task: &str, status: &str) -> Value {
        let path = format!("/api/tasks/{task}");
        eventually(status, async || Some(self.get(&path).await).filter(|shown| shown["status"] == status))
            .await
    }

    /// Plays a worker of `agent`: says that it is there, and waits for a dispatch.
    pub(crate) async fn take(&self, agent: &str) -> (Dispatch, Holder) {
        let agent: AgentId = agent.parse().unwrap();
        let incarnation = Incarnation::new(SystemClock.new_id());
        let mut dispatches = self.broker.consume(&QueueName::Agent(agent.clone()), 1).await.unwrap();
        let beat = Request::Beat(Beat {
            incarnation,
            worker: "played".into(),
            version: "test".into(),
            agents: vec![Slots { agent, slots: 1, busy: 0 }],
            running: Vec::new(),
            unapplied: Vec::new(),
            draining: false,
            load: Load::default(),
        });
        let beat = serde_json::to_vec(&beat).unwrap();
        eventually("an answered beat", async || {
            self.broker.request(beat.clone().into(), PATIENCE).await.ok()
        })
        .await;
        let delivery = tokio::time::timeout(PATIENCE, dispatches.next()).await.unwrap().unwrap();
        let dispatch: Dispatch = serde_json::from_slice(&delivery.body).unwrap();
        delivery.ack().await.unwrap();
        let holder = dispatch.holder(incarnation);
        (dispatch, holder)
    }

    /// Says something in a worker's name.
    pub(crate) async fn tell(&self, dispatch: &Dispatch, holder: Holder, data: Data) {
        let ends = matches!(data, Data::Result { .. });
        let event = Event {
            id: if ends { EventId::terminal(&holder) } else { EventId::new(SystemClock.new_id()) },
            source: format!("slipway/{}", dispatch.agent),
            time: SystemClock.now(),
            task: dispatch.task.id,
            run: dispatch.run,
            holder: Some(holder),
            priority: dispatch.task.priority,
            cause: None,
            traceparent: None,
            data,
        };
        let message = Message {
            to: Address::Event(event.event_type().to_owned()),
            id: event.id.to_string(),
            content_type: slipway_protocol::event::CONTENT_TYPE.into(),
            headers: std::collections::BTreeMap::new(),
            correlation: None,
            body: event.to_json().into(),
        };
        self.broker.publish(message).await.unwrap();
    }
}

/// A broker of the test's own, in this process.
pub(crate) fn memory_broker() -> Arc<dyn Broker> {
    let options = slipway_broker::Options {
        name: "test".into(),
        publish_wait: Duration::from_secs(5),
        confirm_timeout: Duration::from_secs(5),
    };
    slipway_broker::connect(&format!("memory:{}", SystemClock.new_id()), options).unwrap()
}

/// Waits until `look` finds something.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("waited too long for {what}"))
}

/// The code of a problem, after a look at its form.
pub(crate) async fn problem(answer: Response) -> (StatusCode, String, String) {
    let status = answer.status();
    assert_eq!(answer.headers()["content-type"], "application/problem+json", "{status}");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let body: Value = answer.json().await.unwrap();
    let code = body["code"].as_str().unwrap().to_owned();
    assert_eq!(body["type"], format!("docs/errors/{code}.md"));
    assert_eq!(body["status"], status.as_u16());
    assert!(body["title"].is_string(), "{body}");
    let page = slipway_tests::program::workspace().join(format!("docs/errors/{code}.md"));
    assert!(page.exists(), "{code} has no page");
    (status, code, body["detail"].as_str().unwrap().to_owned())
}
