//! A session's life: how it is built, what runs while it lasts, what ends it, and when the next one is tried.
//!
//! Everything of a session runs inside [`supervise`], so that nothing of an old one is left when the next begins.

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties, Event};
use slipway_protocol::AgentId;
use slipway_runtime::retry::RetryPolicy;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::consumer::{self, Left};
use super::declare;
use super::publisher::Publishers;
use super::requests::{self, Ask};
use super::server::{self, Server};
use crate::{Options, TopologyError, counts};

/// How long building one part of a session may take.
const BUILD_LIMIT: Duration = Duration::from_secs(15);
/// How long a session must have lasted for the next one to be tried without the pauses of earlier failures.
const LASTED: Duration = Duration::from_secs(5);
/// How long an orderly goodbye to the server may take.
const GOODBYE_LIMIT: Duration = Duration::from_secs(2);
/// How often a connection is looked at besides what it reports itself.
const LOOK: Duration = Duration::from_secs(1);

/// How the handle stands with the broker.
#[derive(Debug, Clone)]
pub(super) enum State {
    Down(String),
    Up(Arc<Session>),
    Closed,
}

impl State {
    pub(super) fn session(&self) -> Option<Arc<Session>> {
        match self {
            // One that has ended is down, though its supervisor may not have said so yet.
            Self::Up(session) => Some(Arc::clone(session)).filter(|session| !session.has_ended()),
            Self::Down(_) | Self::Closed => None,
        }
    }

    pub(super) const fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }

    /// Whether waiting for a session to publish on is over.
    pub(super) fn takes_messages(&self) -> bool {
        match self {
            Self::Up(session) => session.blocked().is_none() && !session.has_ended(),
            Self::Down(_) => false,
            Self::Closed => true,
        }
    }
}

/// What outlives sessions.
pub(super) struct Shared {
    uri: AMQPUri,
    pub(super) options: Options,
    states: watch::Sender<State>,
    /// The agents whose queues are declared in every new session.
    remembered: Mutex<Option<Vec<AgentId>>>,
    closing: CancellationToken,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL holds the password.
        f.debug_struct("Shared").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn new(uri: AMQPUri, options: Options) -> Self {
        Self {
            uri,
            options,
            states: watch::Sender::new(State::Down("no session yet".into())),
            remembered: Mutex::new(None),
            closing: CancellationToken::new(),
        }
    }

    pub(super) fn states(&self) -> watch::Receiver<State> {
        self.states.subscribe()
    }

    pub(super) fn session_now(&self) -> Option<Arc<Session>> {
        self.states.borrow().session()
    }

    /// Why nothing can be published now.
    pub(super) fn reason(&self) -> String {
        match &*self.states.borrow() {
            State::Down(reason) => reason.clone(),
            State::Up(session) if session.has_ended() => lock(&session.reason).clone(),
            State::Up(session) => session.blocked().unwrap_or_else(|| "the session has just begun".into()),
            State::Closed => "it is closed".into(),
        }
    }

    pub(super) fn remember(&self, agents: &[AgentId]) {
        *lock(&self.remembered) = Some(agents.to_vec());
    }

    /// Declares what this handle declared before, if it did.
    pub(super) async fn declare_again(&self, session: &Session) -> Result<(), TopologyError> {
        let remembered = lock(&self.remembered).clone();
        match remembered {
            Some(agents) => declare::declare(session, &agents).await,
            None => Ok(()),
        }
    }

    fn set(&self, state: State) {
        self.states.send_modify(|now| {
            if !now.is_closed() {
                *now = state;
            }
        });
    }

    /// Lets what is being published end, then says goodbye.
    pub(super) async fn close(&self) {
        let session = self.session_now();
        self.set(State::Closed);
        if let Some(session) = session {
            let confirmed = session.publishers.all_confirmed();
            if tokio::time::timeout(self.options.confirm_timeout, confirmed).await.is_err() {
                tracing::warn!("the session with the broker is closed with confirms open");
            }
            session.end("it was closed");
            session.say_goodbye().await;
        }
        self.closing.cancel();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Two connections and what goes over them.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) server: Server,
    pub(super) name: String,
    pub(super) publishing: Connection,
    pub(super) consuming: Connection,
    pub(super) publishers: Publishers,
    pub(super) asks: mpsc::UnboundedSender<Ask>,
    pub(super) left: mpsc::UnboundedSender<Left>,
    pub(super) confirm_timeout: Duration,
    ended: CancellationToken,
    reason: Mutex<String>,
    blocked: Mutex<Option<String>>,
}

impl Session {
    /// Ends the session; the first reason is kept.
    pub(super) fn end(&self, reason: &str) {
        if !self.has_ended() {
            reason.clone_into(&mut lock(&self.reason));
            self.ended.cancel();
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_cancelled()
    }

    pub(super) async fn end_awaited(&self) {
        self.ended.cancelled().await;
    }

    /// Why the broker takes no messages now, when it is short of memory or disk.
    pub(super) fn blocked(&self) -> Option<String> {
        lock(&self.blocked).clone()
    }

    async fn say_goodbye(&self) {
        let goodbyes =
            [&self.publishing, &self.consuming].map(|connection| connection.close(200, "OK".into()));
        // A connection that is gone already cannot be closed, and need not be.
        let _gone = tokio::time::timeout(GOODBYE_LIMIT, futures_util::future::join_all(goodbyes)).await;
    }
}

/// A session that could not be built.
#[derive(Debug, thiserror::Error)]
enum BuildError {
    #[error("cannot ask the server what it is: {0}")]
    Greet(#[from] std::io::Error),
    #[error("cannot connect: {0}")]
    Connect(#[from] lapin::Error),
    #[error("the server does not answer in time")]
    Slow,
}

/// The receiving ends of what a session's users hand over.
struct Inbox {
    asks: mpsc::UnboundedReceiver<Ask>,
    left: mpsc::UnboundedReceiver<Left>,
}

/// Builds one session after the other until the handle is closed or dropped.
pub(super) async fn supervise(shared: Arc<Shared>) {
    let mut delays = RetryPolicy::CONNECTION.delays();
    while !shared.closing.is_cancelled() {
        let began = Instant::now();
        let reason = match build(&shared).await {
            Ok((session, inbox)) => live(&shared, session, inbox).await,
            Err(error) => error.to_string(),
        };
        if shared.states.borrow().is_closed() {
            return;
        }
        tracing::warn!(reason, "no session with the broker; trying again");
        shared.set(State::Down(reason));
        if began.elapsed() > LASTED {
            delays = RetryPolicy::CONNECTION.delays();
        }
        tokio::select! {
            () = tokio::time::sleep(delays.next().unwrap_or(RetryPolicy::CONNECTION.longest)) => {}
            () = shared.closing.cancelled() => {}
        }
    }
}

async fn build(shared: &Shared) -> Result<(Arc<Session>, Inbox), BuildError> {
    let server = server::ask(&shared.uri).await?;
    let publishing = connect(shared, "publishes").await?;
    let consuming = connect(shared, "consumes").await?;
    let (asks, asked) = mpsc::unbounded_channel();
    let (left, lefts) = mpsc::unbounded_channel();
    let session = Session {
        server,
        name: shared.options.name.clone(),
        publishing,
        consuming,
        publishers: Publishers::new(),
        asks,
        left,
        confirm_timeout: shared.options.confirm_timeout,
        ended: CancellationToken::new(),
        reason: Mutex::new(String::new()),
        blocked: Mutex::new(None),
    };
    Ok((Arc::new(session), Inbox { asks: asked, left: lefts }))
}

async fn connect(shared: &Shared, does: &str) -> Result<Connection, BuildError> {
    let name = format!("{} {does}", shared.options.name);
    let properties = ConnectionProperties::default()
        .with_connection_name(name.into())
        .with_client_property("product".into(), "slipway".into())
        .with_client_property("version".into(), env!("CARGO_PKG_VERSION").into());
    let connecting = Connection::connect_uri(shared.uri.clone(), properties);
    Ok(tokio::time::timeout(BUILD_LIMIT, connecting).await.map_err(|_| BuildError::Slow)??)
}

/// Runs a session until it ends; says why it did.
async fn live(shared: &Shared, session: Arc<Session>, inbox: Inbox) -> String {
    let declared = async {
        if let Err(error) = shared.declare_again(&session).await {
            tracing::warn!(%error, "the topology could not be declared");
        }
        counts::session_built();
        tracing::info!(server = %session.server, "a session with the broker has begun");
        shared.set(State::Up(Arc::clone(&session)));
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = declared => {}
        () = session.end_awaited() => {}
        reason = watch(&session.publishing, &session, shared) => session.end(&reason),
        reason = watch(&session.consuming, &session, shared) => session.end(&reason),
        reason = requests::serve(&session, inbox.asks) => session.end(&reason),
        () = consumer::clear_up(inbox.left) => {}
    }
    session.end("a part of it ended");
    let reason = lock(&session.reason).clone();
    shared.set(State::Down(reason.clone()));
    session.say_goodbye().await;
    reason
}

/// Waits for a connection's end; says why it ended.
async fn watch(connection: &Connection, session: &Session, shared: &Shared) -> String {
    let mut events = pin!(connection.events_listener());
    let mut last = String::from("the connection ended");
    loop {
        match tokio::time::timeout(LOOK, events.next()).await {
            Ok(Some(Event::ConnectionBlocked(reason))) => {
                tracing::warn!(reason, "the broker takes no messages for now");
                *lock(&session.blocked) = Some(format!("it takes no messages for now: {reason}"));
                shared.states.send_modify(|_| {});
            }
            Ok(Some(Event::ConnectionUnblocked)) => {
                tracing::info!("the broker takes messages again");
                *lock(&session.blocked) = None;
                shared.states.send_modify(|_| {});
            }
            Ok(Some(Event::Error(error))) => last = error.to_string(),
            Ok(None) => return last,
            Ok(Some(_)) | Err(_) => {}
        }
        if !connection.status().connected() {
            return last;
        }
    }
}
