//! The live feed of one task, taken up again after every disconnect at the event after the last one that was had.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, Response};
use slipway_protocol::{Event, TaskId};

use super::error::reason;
use super::sse::{Message, Parser};
use super::{ANSWER, Error, Fleet};

/// What the feed has to say.
#[derive(Debug)]
pub(crate) enum Step {
    /// Something happened.
    Event(Box<Event>),
    /// Nothing happened for a while.
    Idle,
    /// The connection is lost, for this reason, and is being made again.
    Lost(String),
    /// The connection is there again.
    Back,
}

/// A feed; it never delivers an event twice and leaves none out.
#[derive(Debug)]
pub(crate) struct Feed<'a> {
    fleet: &'a Fleet,
    task: TaskId,
    after: i64,
    live: Option<Live>,
    ready: VecDeque<(i64, Event)>,
    failures: usize,
    told_lost: bool,
}

#[derive(Debug)]
struct Live {
    answer: Response,
    parser: Parser,
    silent: Duration,
}

impl<'a> Feed<'a> {
    /// The feed of `task` from the event after number `after` on; 0 for all of them.
    pub(crate) const fn new(fleet: &'a Fleet, task: TaskId, after: i64) -> Self {
        let ready = VecDeque::new();
        Self { fleet, task, after, live: None, ready, failures: 0, told_lost: false }
    }

    /// Waits for the next thing that the feed has to say.
    ///
    /// # Errors
    ///
    /// The server refuses, or could not be reached for longer than there is patience.
    pub(crate) async fn next(&mut self) -> Result<Step, Error> {
        loop {
            if let Some((number, event)) = self.ready.pop_front() {
                self.after = number;
                return Ok(Step::Event(Box::new(event)));
            }
            let step = if self.live.is_some() { self.listen().await? } else { self.connect().await? };
            if let Some(step) = step {
                return Ok(step);
            }
        }
    }

    async fn connect(&mut self) -> Result<Option<Step>, Error> {
        match self.open().await {
            Ok(answer) => {
                self.live = Some(Live { answer, parser: Parser::default(), silent: Duration::ZERO });
                Ok(std::mem::take(&mut self.told_lost).then_some(Step::Back))
            }
            Err(error) if error.may_pass() => self.failed(error).await,
            Err(error) => Err(error),
        }
    }

    async fn open(&self) -> Result<Response, Error> {
        let Self { fleet, task, after, .. } = self;
        let request = fleet.request(Method::GET, &format!("/api/tasks/{task}/feed?after={after}"));
        let request = request.header(ACCEPT, "text/event-stream").header("last-event-id", after.to_string());
        let server = fleet.server().clone();
        let Ok(answer) = tokio::time::timeout(ANSWER, fleet.send(request)).await else {
            return Err(Error::NoAnswer { server, reason: "it did not answer in time".into() });
        };
        let answer = fleet.good(answer?).await?;
        let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/event-stream") {
            return Ok(answer);
        }
        Err(Error::NotAFleet { server, said: format!("its feed is {kind:?}") })
    }

    /// After a failure: says so once, and then waits longer each time.
    async fn failed(&mut self, error: Error) -> Result<Option<Step>, Error> {
        if !std::mem::replace(&mut self.told_lost, true) {
            return Ok(Some(Step::Lost(error.reason())));
        }
        self.pause(error).await.map(|()| None)
    }

    /// Waits before the next attempt, longer after each failure in a row; gives up when there were too many.
    async fn pause(&mut self, error: Error) -> Result<(), Error> {
        let delay = self.fleet.patience().feed.delays().nth(self.failures).ok_or(error)?;
        self.failures += 1;
        tokio::time::sleep(delay).await;
        Ok(())
    }

    async fn listen(&mut self) -> Result<Option<Step>, Error> {
        let Some(live) = &mut self.live else { return Ok(None) };
        let patience = self.fleet.patience();
        let reason = match tokio::time::timeout(patience.idle, live.answer.chunk()).await {
            Err(_elapsed) if live.silent + patience.idle < patience.silence => {
                live.silent += patience.idle;
                return Ok(Some(Step::Idle));
            }
            Err(_elapsed) => "it has gone silent".to_owned(),
            Ok(Ok(None)) => "it closed the connection".to_owned(),
            Ok(Err(error)) => reason(&error),
            Ok(Ok(Some(piece))) => {
                live.silent = Duration::ZERO;
                let messages = live.parser.push(&piece);
                let server = self.fleet.server();
                let too_long = |_| Error::NotAFleet {
                    server: server.clone(),
                    said: "its feed has no end of line".into(),
                };
                self.failures = 0;
                self.take(messages.map_err(too_long)?);
                return Ok(None);
            }
        };
        self.live = None;
        tracing::debug!(reason, after = self.after, "the feed ended; taking it up again");
        // A server that hangs up each time must not be asked without a pause.
        self.pause(Error::NoAnswer { server: self.fleet.server().clone(), reason }).await.map(|()| None)
    }

    fn take(&mut self, messages: Vec<Message>) {
        for message in messages {
            let number = message.id.as_deref().and_then(|id| id.parse::<i64>().ok());
            let newest = self.ready.back().map_or(self.after, |(number, _)| *number);
            match (number, Event::from_json(message.data.as_bytes())) {
                (Some(number), Ok(event)) if number > newest => self.ready.push_back((number, event)),
                (Some(_), Ok(_)) => {}
                _ => tracing::debug!(kind = message.event, "the feed says something that is no event"),
            }
        }
    }
}
