//! What a batch of events does to the runs that it is about. Pure but for the clock's time of day.
//!
//! [`Decision`] is filled item by item and then written in one transaction. No SQL and no broker here.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use slipway_broker::Reason;
use slipway_protocol::{CommitId, Data, Event, EventId, ExecutionId, RunId, Task, TaskId};
use slipway_runtime::Clock;
use slipway_runtime::retry::RetryPolicy;
use slipway_store::{Change, Entry, Locked, Outcome, Outgoing};
use slipway_workflow::{Applied, Command, Definition, Ending, Run, Status};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::command::{CommandError, Reply};
use crate::facts::Facts;
use crate::item::{Settled, Word};
use crate::{outbox, rules};

/// The rules that runs go by.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    definitions: Arc<Vec<Definition>>,
    retry: RetryPolicy,
}

impl Rules {
    /// The rules of `definitions`; new runs go by the first one.
    pub(crate) fn new(definitions: Vec<Definition>, retry: RetryPolicy) -> Self {
        Self { definitions: Arc::new(definitions), retry }
    }

    /// The definition of new runs.
    pub(crate) fn newest(&self) -> &Definition {
        &self.definitions[0]
    }

    /// The definition that `run` goes by. A run of a version that is not here is refused by `apply`, by name.
    pub(crate) fn of(&self, run: &Run) -> &Definition {
        let fits = |it: &&Definition| (it.id(), it.version()) == run.workflow();
        self.definitions.iter().find(fits).unwrap_or_else(|| self.newest())
    }
}

/// What is to be written, so far.
pub(crate) struct Decision<'a> {
    rules: &'a Rules,
    clock: &'a dyn Clock,
    seen: HashSet<EventId>,
    runs: HashMap<RunId, Working>,
    entries: Vec<(Event, Outcome)>,
    outbox: Vec<Outgoing>,
    news: News,
}

/// One run as the batch changes it.
struct Working {
    before: Option<Run>,
    now: Run,
    not_before: BTreeMap<ExecutionId, OffsetDateTime>,
}

/// What others in this process must know once it is committed.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Tasks that a person ended.
    pub(crate) cancelled: Vec<TaskId>,
    /// The runs as they are now.
    pub(crate) runs: Vec<Run>,
}

impl<'a> Decision<'a> {
    /// Begins with the events that were `seen` before and the runs as they are.
    pub(crate) fn new(
        rules: &'a Rules,
        clock: &'a dyn Clock,
        seen: HashSet<EventId>,
        runs: HashMap<RunId, Locked>,
    ) -> Self {
        let working = |(id, locked): (RunId, Locked)| {
            (id, Working { before: Some(locked.run.clone()), now: locked.run, not_before: BTreeMap::new() })
        };
        Self {
            rules,
            clock,
            seen,
            runs: runs.into_iter().map(working).collect(),
            entries: Vec::new(),
            outbox: Vec::new(),
            news: News::default(),
        }
    }

    /// Applies an event.
    pub(crate) fn event(&mut self, event: &Event) -> Settled {
        if self.seen.contains(&event.id) {
            return Settled::Done(Reply::Done);
        }
        if matches!(event.data, Data::TaskProgress { .. }) {
            self.note(event);
            return Settled::Done(Reply::Done);
        }
        let Some(working) = self.runs.get(&event.run) else {
            return quarantine("coordinator.unknown-run", format!("there is no run {}", event.run));
        };
        match rules::apply(self.rules.of(&working.now), &working.now, event) {
            Ok(Applied::Changed { run, commands }) => {
                self.change(event, run, commands);
                Settled::Done(Reply::Done)
            }
            Ok(Applied::Ignored(reason)) => {
                self.keep(event.clone(), Outcome::Ignored(reason));
                Settled::Done(Reply::Done)
            }
            Err(illegal) => quarantine("coordinator.illegal-event", illegal.to_string()),
        }
    }

    /// Keeps an event that changes no run by itself; says whether it is a new one.
    pub(crate) fn note(&mut self, event: &Event) -> bool {
        let new = !self.seen.contains(&event.id);
        if new {
            self.keep(event.clone(), Outcome::Ignored(slipway_workflow::Reason::Irrelevant));
        }
        new
    }

    /// The run as the batch has left it so far.
    pub(crate) fn run(&self, id: RunId) -> Option<&Run> {
        self.runs.get(&id).map(|working| &working.now)
    }

    /// Begins a run.
    pub(crate) fn begin(&mut self, id: EventId, task: &Task, base: &CommitId) -> Settled {
        let run = RunId::first_of(task.id);
        if self.runs.contains_key(&run) {
            return Settled::Done(Reply::Done);
        }
        let definition = self.rules.newest();
        let data = Data::TaskInitiated {
            task: Box::new(task.clone()),
            workflow: definition.id().clone(),
            workflow_version: definition.version(),
            base: base.clone(),
        };
        let event = Facts::new(self.clock).about(task, run, id, data);
        match Run::start(definition, &event) {
            Ok((now, _)) => {
                self.runs.insert(run, Working { before: None, now, not_before: BTreeMap::new() });
                self.tell(event);
                Settled::Done(Reply::Done)
            }
            Err(illegal) => quarantine("coordinator.illegal-event", illegal.to_string()),
        }
    }

    /// Says a person's word on a task that has a run.
    pub(crate) fn say(&mut self, id: EventId, task: TaskId, word: &Word) -> Settled {
        if self.seen.contains(&id) {
            return Settled::Done(Reply::Done);
        }
        let Some(working) = self.runs.get(&RunId::first_of(task)) else {
            return Settled::Refused(CommandError::NotFound);
        };
        let run = &working.now;
        let wrong_state = || Settled::Refused(CommandError::WrongState { status: run.status().to_string() });
        let data = match (word, run.status()) {
            (Word::Cancel { by }, status) if status.ending().is_none() => {
                Data::TaskCancelled { by: by.clone() }
            }
            (Word::Approve { commit, by }, Status::AwaitingApproval { commit: waits, .. })
                if commit.as_ref().is_none_or(|named| named == waits) =>
            {
                Data::ApprovalGranted { commit: waits.clone(), by: by.clone() }
            }
            (Word::Reject { commit, by, reason }, Status::AwaitingApproval { commit: waits, .. })
                if commit.as_ref().is_none_or(|named| named == waits) =>
            {
                Data::ApprovalDenied { commit: waits.clone(), by: by.clone(), reason: reason.clone() }
            }
            (Word::Cancel { .. } | Word::Approve { .. } | Word::Reject { .. }, _) => return wrong_state(),
        };
        let event = Facts::new(self.clock).about(run.task(), run.id(), id, data);
        let settled = self.event(&event);
        self.outbox.push(outbox::event(&event));
        settled
    }

    fn change(&mut self, event: &Event, run: Run, commands: Vec<Command>) {
        if let Data::TaskCancelled { .. } = event.data {
            self.news.cancelled.push(event.task);
        }
        self.keep(event.clone(), Outcome::Applied);
        let working = self.runs.get_mut(&event.run).expect("the caller found it");
        working.now = run;
        for command in commands {
            self.go_on(event, command);
        }
    }

    /// What must go on because of `event`; dispatches are read off the state when there is room for them.
    fn go_on(&mut self, event: &Event, command: Command) {
        match command {
            Command::Dispatch(_) | Command::Finish(Ending::Cancelled { .. }) => {}
            Command::Retry { dispatch, attempt } => {
                let not_before = self.clock.now() + self.rules.retry.after(attempt - 1);
                let working = self.runs.get_mut(&event.run).expect("the caller found it");
                working.not_before.insert(dispatch.execution, not_before);
            }
            Command::AskApproval { commit, step } => {
                let data = Data::ApprovalRequested { commit, step };
                self.tell(Facts::new(self.clock).following(event, "approval", data));
            }
            Command::Finish(Ending::Completed) => self.finish(event, Data::TaskCompleted),
            Command::Finish(Ending::Failed { reason }) => self.finish(event, Data::TaskFailed { reason }),
        }
    }

    /// Tells of a task that ends without a run.
    pub(crate) fn tell_of(&mut self, id: Uuid, task: &Task, data: Data) {
        let fact = Facts::new(self.clock).about(task, RunId::first_of(task.id), EventId::new(id), data);
        self.tell(fact);
    }

    fn finish(&mut self, cause: &Event, data: Data) {
        let fact = Facts::new(self.clock).following(cause, "end", data);
        self.tell(fact);
    }

    /// Keeps a fact of the coordinator's own and publishes it.
    fn tell(&mut self, event: Event) {
        self.outbox.push(outbox::event(&event));
        self.keep(event, Outcome::Applied);
    }

    fn keep(&mut self, event: Event, outcome: Outcome) {
        self.seen.insert(event.id);
        self.entries.push((event, outcome));
    }

    /// Adds a message.
    pub(crate) fn send(&mut self, message: Outgoing) {
        self.outbox.push(message);
    }

    /// The rows to write.
    pub(crate) fn rows(&self) -> (Vec<Entry<'_>>, Vec<Change<'_>>, &[Outgoing]) {
        let entries =
            self.entries.iter().map(|(event, outcome)| Entry { event, outcome: *outcome }).collect();
        let changes = self
            .runs
            .values()
            .filter(|it| it.before.as_ref() != Some(&it.now))
            .map(|it| Change {
                definition: self.rules.of(&it.now),
                before: it.before.as_ref(),
                after: &it.now,
                not_before: &it.not_before,
            })
            .collect();
        (entries, changes, &self.outbox)
    }

    /// What is to be told and sent once it is committed.
    pub(crate) fn into_news(mut self) -> (News, Vec<Outgoing>) {
        let changed = self.runs.into_values().filter(|it| it.before.as_ref() != Some(&it.now));
        self.news.runs = changed.map(|it| it.now).collect();
        (self.news, self.outbox)
    }
}

fn quarantine(code: &str, detail: String) -> Settled {
    Settled::Quarantined(Reason { code: code.into(), detail })
}
