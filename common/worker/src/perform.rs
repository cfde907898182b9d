//! One step, from dispatch to terminal event: the middle of every execution in every mode.
//!
//! Check out the accepted commit → the agent says what work is needed → a hand does it → the agent reads the result →
//! commit and push to the attempt's own ref → the terminal event. What happens to that event, and what comes next, is
//! the caller's: a message loop in the fleet, a journal in the sequential mode.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use slipway_agents::{Definition, PLAN_PATH, Role, read_plan};
use slipway_git_store::{Author, Repository};
use slipway_protocol::event::Cause;
use slipway_protocol::work::{Brief, Outcome};
use slipway_protocol::{
    AgentId, CommitId, Content, Data, Dispatch, Event, EventId, Holder, Incarnation, Plan, Report,
};
use slipway_runtime::{Clock, fault};
use tokio_util::sync::CancellationToken;

use crate::error::Failure;
use crate::hands::{Context, Hands};

/// How long an attempt that was stopped may take to clear up behind itself.
const CLEAN_UP: Duration = Duration::from_secs(8);

/// Takes a line for whoever watches, such as `generated backend/models.py`.
pub trait Progress: Send + Sync {
    /// Takes one line.
    fn line(&self, message: &str);
}

/// Performs steps.
#[derive(Debug)]
pub struct Performer {
    agents: BTreeMap<AgentId, Definition>,
    hands: Hands,
    incarnation: Incarnation,
    clock: Arc<dyn Clock>,
}

/// How an attempt ended.
type Ended = Result<Data, Failure>;

impl Performer {
    /// A performer for `agents` that lives as `incarnation`.
    pub fn new(
        agents: Vec<Definition>,
        hands: Hands,
        incarnation: Incarnation,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let agents = agents.into_iter().map(|agent| (agent.id.clone(), agent)).collect();
        Self { agents, hands, incarnation, clock }
    }

    /// The life that this performer's leases are bound to.
    pub const fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// What carries its work out.
    pub const fn hands(&self) -> &Hands {
        &self.hands
    }

    /// The event that announces the start of `dispatch` under its lease.
    pub fn started(&self, dispatch: &Dispatch) -> Event {
        self.event(dispatch, EventId::new(self.clock.new_id()), Data::ExecutionStarted)
    }

    /// The event that gives `dispatch` back unharmed; it ends the attempt.
    pub fn released(&self, dispatch: &Dispatch, reason: &str) -> Event {
        let id = EventId::terminal(&dispatch.holder(self.incarnation));
        self.event(dispatch, id, Data::ExecutionReleased { reason: reason.into() })
    }

    /// The event that says that `dispatch` was taken and not performed. Saying it twice is one event.
    pub fn returned(&self, dispatch: &Dispatch, reason: &str) -> Event {
        let terminal = EventId::terminal(&dispatch.holder(self.incarnation));
        let data = Data::DispatchReturned { reason: reason.into() };
        self.event(dispatch, EventId::derived(terminal, "returned"), data)
    }

    /// A line of progress as an event.
    pub fn progress(&self, dispatch: &Dispatch, message: &str) -> Event {
        let data = Data::TaskProgress { step: dispatch.step.clone(), message: message.into() };
        self.event(dispatch, EventId::new(self.clock.new_id()), data)
    }

    /// Performs `dispatch` and returns its one terminal event: a result, a failure, or a release when `stop` was
    /// cancelled first. Every effect is under the dispatch's own lease; a panic is a failed attempt.
    ///
    /// `deadline` is the step's own; the agent's limit may be shorter.
    pub async fn perform(
        &self,
        dispatch: &Dispatch,
        deadline: Duration,
        progress: &dyn Progress,
        stop: &CancellationToken,
    ) -> Event {
        // No child of `stop`: the attempt hears of it only once the release is decided, so that what it says of being
        // stopped is never taken for a failure of its own.
        let own_stop = CancellationToken::new();
        let limit = self.agents.get(&dispatch.agent).map_or(Duration::MAX, |agent| agent.limits.deadline());
        let deadline = deadline.min(limit);
        let attempt = AssertUnwindSafe(self.attempt(dispatch, progress, &own_stop)).catch_unwind();
        let mut attempt =
            Box::pin(attempt.map(|ended| ended.unwrap_or_else(|panic| Err(panicked(panic.as_ref())))));
        let interrupted = tokio::select! {
            biased;
            ended = &mut attempt => Ok(ended),
            () = stop.cancelled() => Err(Data::ExecutionReleased { reason: "soft stop".into() }),
            () = tokio::time::sleep(deadline) => Err(timed_out(deadline).into_data()),
        };
        let data = match interrupted {
            Ok(ended) => ended.unwrap_or_else(Failure::into_data),
            Err(otherwise) => {
                own_stop.cancel();
                // What it runs elsewhere, a container say, it takes down itself; and a result that was as good as
                // there is not thrown away.
                match tokio::time::timeout(CLEAN_UP, attempt).await {
                    Ok(Ok(result)) => result,
                    Ok(Err(_)) | Err(_) => otherwise,
                }
            }
        };
        self.event(dispatch, EventId::terminal(&dispatch.holder(self.incarnation)), data)
    }

    async fn attempt(&self, dispatch: &Dispatch, progress: &dyn Progress, stop: &CancellationToken) -> Ended {
        let agent = self.agents.get(&dispatch.agent).ok_or_else(|| unknown_agent(&dispatch.agent))?;
        let desk = if agent.role.reads_repository() { Some(self.check_out(dispatch).await?) } else { None };
        let brief = self.brief(dispatch, desk.as_ref()).await?;
        let work = slipway_agents::work(agent.role, &brief)?;
        let context = Context {
            repository: desk.as_ref().map(|desk| &desk.repository),
            holder: dispatch.holder(self.incarnation),
            task: &dispatch.task,
            inputs: &dispatch.inputs,
            progress,
            stop,
            clock: self.clock.as_ref(),
        };
        let done = self.hands.carry_out(work, &context).await?;
        let outcome = slipway_agents::outcome(agent.role, &brief, done)?;
        match desk {
            Some(desk) => self.leave(dispatch, agent, &desk, outcome, progress).await,
            None => Ok(result(outcome.report, brief.base, Vec::new())),
        }
    }

    /// Opens the repository and moves the branch to the accepted commit: each dispatch names one, so the branch
    /// follows the accepted commits whoever was killed in between.
    async fn check_out(&self, dispatch: &Dispatch) -> Result<Desk, Failure> {
        let repository = self.hands.repository(&dispatch.task).await?;
        let base = head(dispatch)?;
        if dispatch.inputs.base.as_ref() != Some(&base) {
            repository.advance(&dispatch.task.id.branch(), &base).await?;
        }
        Ok(Desk { repository, base })
    }

    async fn brief(&self, dispatch: &Dispatch, desk: Option<&Desk>) -> Result<Brief, Failure> {
        let mut brief = Brief {
            dispatch: dispatch.clone(),
            base: head(dispatch)?,
            plan: None,
            paths: Vec::new(),
            original_paths: Vec::new(),
            original_plan: None,
            languages: self.hands.languages().to_vec(),
        };
        if let Some(Desk { repository, base }) = desk {
            let original = dispatch.inputs.base.as_ref().unwrap_or(base);
            brief.paths = repository.paths(base).await?;
            brief.original_paths = repository.paths(original).await?;
            brief.original_plan = plan_at(repository, original).await?.and_then(Result::ok);
            let plan_is_ours = base != original;
            brief.plan = match plan_at(repository, base).await? {
                Some(plan) if plan_is_ours => Some(plan?),
                _ => None,
            };
        }
        Ok(brief)
    }

    /// Commits and pushes what the agent made, under the attempt's own refs.
    async fn leave(
        &self,
        dispatch: &Dispatch,
        agent: &Definition,
        desk: &Desk,
        outcome: Outcome,
        progress: &dyn Progress,
    ) -> Ended {
        let holder = dispatch.holder(self.incarnation);
        let commit = self.commit(dispatch, agent.role, desk, &outcome, progress).await?;
        if commit != desk.base {
            fault::point("worker/before-push").await?;
            desk.repository.push_attempt(&holder, &commit).await?;
            fault::point("worker/pushed").await?;
        }
        for artefact in &outcome.artefacts {
            progress.line(&format!("wrote {}", artefact.name));
        }
        let artefacts = desk.repository.put_artefacts(&holder, &outcome.artefacts).await?;
        Ok(result(outcome.report, commit, artefacts))
    }

    async fn commit(
        &self,
        dispatch: &Dispatch,
        role: Role,
        desk: &Desk,
        outcome: &Outcome,
        progress: &dyn Progress,
    ) -> Result<CommitId, Failure> {
        let mut head = desk.base.clone();
        let author = Author { agent: dispatch.agent.clone() };
        let trailers = trailers(&dispatch.holder(self.incarnation), dispatch);
        for piece in &outcome.pieces {
            for change in &piece.changes {
                let verb = match (&change.content, role) {
                    (Content::Absent, _) => "removed",
                    (_, Role::Coder) => "generated",
                    _ => "wrote",
                };
                progress.line(&format!("{verb} {}", change.path.escape_debug()));
            }
            head = desk.repository.commit(&head, piece, &author, &trailers, self.clock.now()).await?;
        }
        Ok(head)
    }

    fn event(&self, dispatch: &Dispatch, id: EventId, data: Data) -> Event {
        Event {
            id,
            source: format!("slipway/{}", dispatch.agent),
            time: self.clock.now(),
            task: dispatch.task.id,
            run: dispatch.run,
            holder: Some(dispatch.holder(self.incarnation)),
            priority: dispatch.task.priority,
            cause: None,
            traceparent: None,
            data,
        }
    }
}

/// An open repository and the commit that the step starts from.
struct Desk {
    repository: Repository,
    base: CommitId,
}

fn head(dispatch: &Dispatch) -> Result<CommitId, Failure> {
    dispatch.inputs.head.clone().ok_or_else(|| Failure {
        cause: Cause::Error,
        retryable: false,
        message: "the dispatch names no commit to start from".into(),
        code: "worker.dispatch".into(),
    })
}

async fn plan_at(
    repository: &Repository,
    commit: &CommitId,
) -> Result<Option<Result<Plan, slipway_protocol::plan::Invalid>>, Failure> {
    Ok(repository.read(commit, PLAN_PATH).await?.map(|bytes| read_plan(&bytes)))
}

fn trailers(holder: &Holder, dispatch: &Dispatch) -> Vec<(String, String)> {
    vec![
        ("Task-Id".into(), dispatch.task.id.to_string()),
        ("Execution-Id".into(), holder.execution.to_string()),
        ("Lease".into(), holder.lease.to_string()),
    ]
}

const fn result(report: Report, commit: CommitId, artefacts: Vec<slipway_protocol::ArtefactRef>) -> Data {
    Data::Result { report, commit, artefacts }
}

fn unknown_agent(agent: &AgentId) -> Failure {
    Failure {
        cause: Cause::Error,
        retryable: false,
        message: format!("this worker has no agent {agent}"),
        code: "worker.unknown-agent".into(),
    }
}

fn timed_out(limit: Duration) -> Failure {
    Failure {
        cause: Cause::Timeout,
        retryable: true,
        message: format!("the step did not end within {} s", limit.as_secs()),
        code: "worker.timeout".into(),
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Failure {
    Failure {
        cause: Cause::Panic,
        retryable: true,
        message: format!("the step panicked: {}", panic_text(panic)),
        code: "worker.panic".into(),
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
