//! One tick: whatever has arrived becomes one transaction, and only then is anyone told.
//!
//! The order is the point. Events and commands are applied and written together with the messages that follow from
//! them; the transaction commits if this coordinator's term still stands; then the messages are published, then the
//! deliveries acknowledged, then the outbox cleared. A coordinator that dies between any two of these leaves
//! something that the next one does again: a delivery that comes again and is known, a message that is still in the
//! outbox. Open `decide.rs` for what an item does and `publisher.rs` for what follows a commit.

use std::collections::HashSet;

use slipway_protocol::{Data, Dispatch, EventId, ExecutionId, RunId, TaskId};
use slipway_runtime::fault;
use slipway_store::{Accepted, Error, NewTask, Outgoing, Ready, Tick};
use slipway_workflow::{Command, Definition, pending};

use crate::command::{CommandError, Reply};
use crate::decide::{Decision, News};
use crate::fleet::Flight;
use crate::item::{Item, Settled, What, Word};
use crate::lead::Lead;
use crate::{outbox, returned};

/// What a committed tick came to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// One for each item, in their order.
    pub(crate) settled: Vec<Settled>,
    /// What is to be published.
    pub(crate) outbox: Vec<Outgoing>,
    /// What the rest of this process must know.
    pub(crate) news: News,
    /// What was handed out.
    pub(crate) sent: Vec<(ExecutionId, Flight)>,
}

/// A tick that was not carried out, or of which that is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// Postgres said so.
    #[error(transparent)]
    Store(#[from] Error),
    /// Postgres said so of what was to be handed out, which is no item's fault.
    #[error("handing out")]
    HandOut(#[source] Error),
    /// A test wanted it: as if the connection had been lost.
    #[error(transparent)]
    Injected(#[from] fault::Injected),
}

impl Failed {
    /// Whether the same items, unchanged, can go well.
    pub(crate) const fn is_retryable(&self) -> bool {
        match self {
            Self::Store(error) | Self::HandOut(error) => error.is_retryable(),
            Self::Injected(_) => true,
        }
    }
}

/// Carries `items` out in one transaction, and hands out what there is room for.
pub(crate) async fn tick(lead: &Lead, items: &[Item]) -> Result<Outcome, Failed> {
    let mut tx = lead.store.begin(&lead.term).await?;
    let ids: Vec<EventId> = items.iter().filter_map(|item| remembered_id(&item.what)).collect();
    let seen = if fault::mutant("no-dedupe") { HashSet::new() } else { tx.seen(&ids).await? };
    let runs = tx.lock_runs(&runs_of(items)).await?;
    let mut decision = Decision::new(&lead.rules, lead.clock.as_ref(), seen, runs);
    let mut accepted = accept(&mut tx, items).await?.into_iter();
    let mut settled = Vec::with_capacity(items.len());
    for item in items {
        settled.push(match &item.what {
            What::Accept(task) => taken_in(lead, &mut decision, task, accepted.next()),
            what => carry_out(lead, &mut tx, &mut decision, what).await?,
        });
    }
    let (entries, changes, messages) = decision.rows();
    tx.record(&entries, &changes, messages).await?;
    let (news, mut outbox) = decision.into_news();
    // Before it is committed: what ended makes room in the same tick. A tick that fails has the fleet read anew.
    lead.follow(&news.runs);
    let (sent, dispatches) = hand_out(lead, &mut tx).await.map_err(Failed::HandOut)?;
    outbox.extend(dispatches);
    if items.is_empty() && outbox.is_empty() {
        // Nothing to write: the transaction ends with its end.
        return Ok(Outcome::default());
    }
    if fault::mutant("publish-first") && !outbox.is_empty() {
        lead.publisher.publish_now(&outbox).await;
        fault::point("coordinator/published-first").await?;
    }
    fault::point("coordinator/before-commit").await?;
    tx.commit().await?;
    fault::point("coordinator/committed").await?;
    Ok(Outcome { settled, outbox, news, sent })
}

fn remembered_id(what: &What) -> Option<EventId> {
    match what {
        What::Event(event) => Some(event.id),
        What::Begin { id, .. } | What::Say { id, .. } => Some(*id),
        What::Accept(_) | What::Abandon { .. } | What::Pause { .. } | What::Held { .. } => None,
    }
}

fn runs_of(items: &[Item]) -> Vec<RunId> {
    let run = |item: &Item| match &item.what {
        What::Event(event) if matches!(event.data, Data::TaskProgress { .. }) => None,
        What::Event(event) => Some(event.run),
        What::Begin { task, .. } => Some(RunId::first_of(task.id)),
        What::Say { task, .. } => Some(RunId::first_of(*task)),
        What::Accept(_) | What::Abandon { .. } | What::Pause { .. } | What::Held { .. } => None,
    };
    let runs: HashSet<RunId> = items.iter().filter_map(run).collect();
    runs.into_iter().collect()
}

async fn carry_out(
    lead: &Lead,
    tx: &mut Tick<'_>,
    decision: &mut Decision<'_>,
    what: &What,
) -> Result<Settled, Error> {
    Ok(match what {
        What::Event(event) => match &event.data {
            Data::DispatchReturned { .. } => returned::heed(lead, tx, decision, event).await?,
            _ => decision.event(event),
        },
        What::Accept(_) => unreachable!("tasks are taken in together"),
        What::Begin { id, task, base } => {
            let pending = tx.still_pending(&[task.id]).await?;
            if pending.contains(&task.id) { decision.begin(*id, task, base) } else { done() }
        }
        What::Abandon { task, reason } => {
            if tx.fail_pending(task.id, reason).await? {
                decision.tell_of(lead.clock.new_id(), task, Data::TaskFailed { reason: reason.clone() });
            }
            done()
        }
        What::Say { id, task, word } => match decision.say(*id, *task, word) {
            Settled::Refused(CommandError::NotFound) => {
                before_its_run(lead, tx, decision, *task, word).await?
            }
            settled => settled,
        },
        What::Pause { what, by, on } => found(tx.set_pause(what, by, *on).await?),
        What::Held { task, release: true } => found(tx.release_held(*task).await?),
        What::Held { task, release: false } => drop_held(lead, tx, decision, *task).await?,
    })
}

/// Takes in the batch's tasks together; one answer for each, in their order.
async fn accept(tx: &mut Tick<'_>, items: &[Item]) -> Result<Vec<Accepted>, Error> {
    let task = |item: &Item| match &item.what {
        What::Accept(task) => Some(task.as_ref().clone()),
        _ => None,
    };
    let tasks: Vec<NewTask> = items.iter().filter_map(task).collect();
    if tasks.is_empty() { Ok(Vec::new()) } else { tx.accept(&tasks).await }
}

/// Answers for a task that was taken in.
fn taken_in(lead: &Lead, decision: &mut Decision<'_>, new: &NewTask, accepted: Option<Accepted>) -> Settled {
    let accepted = accepted.expect("the store answers for each task");
    let reply = match accepted {
        Accepted::New => Reply::Created { task: new.task.id, known: false, held: None },
        // An earlier try of this very tick.
        Accepted::Known(task) if task == new.task.id => Reply::Created { task, known: false, held: None },
        Accepted::Known(task) => Reply::Created { task, known: true, held: None },
        Accepted::Held { duplicate_of } => {
            Reply::Created { task: new.task.id, known: false, held: Some(duplicate_of) }
        }
        Accepted::KeyReused(task) => return Settled::Refused(CommandError::KeyReused { task }),
    };
    if let (Reply::Created { task, known, held }, Some((to, correlation))) = (&reply, &new.reply_to) {
        let body = serde_json::json!({ "task": task, "known": known, "possible_duplicate_of": held });
        decision.send(outbox::reply(lead.clock.new_id(), to, correlation.clone(), &body));
    }
    Settled::Done(reply)
}

/// A word on a task that has no run: it can be cancelled, and nothing else.
async fn before_its_run(
    lead: &Lead,
    tx: &mut Tick<'_>,
    decision: &mut Decision<'_>,
    task: TaskId,
    word: &Word,
) -> Result<Settled, Error> {
    let Some(found) = lead.store.task(task).await? else {
        return Ok(Settled::Refused(CommandError::NotFound));
    };
    if let Word::Cancel { by } = word
        && tx.cancel_pending(task, by).await?
    {
        decision.tell_of(lead.clock.new_id(), &found.task, Data::TaskCancelled { by: by.clone() });
        return Ok(done());
    }
    Ok(Settled::Refused(CommandError::WrongState { status: found.status.to_string() }))
}

/// Drops a task that was held; its end is told like any other.
async fn drop_held(
    lead: &Lead,
    tx: &mut Tick<'_>,
    decision: &mut Decision<'_>,
    task: TaskId,
) -> Result<Settled, Error> {
    let by = "a person";
    let Some(held) = lead.store.task(task).await? else { return Ok(found(false)) };
    if !tx.drop_held(task, by).await? {
        return Ok(found(false));
    }
    decision.tell_of(lead.clock.new_id(), &held.task, Data::TaskCancelled { by: by.into() });
    Ok(done())
}

/// Hands out what is ready, the most urgent first, as far as there is room.
async fn hand_out(
    lead: &Lead,
    tx: &mut Tick<'_>,
) -> Result<(Vec<(ExecutionId, Flight)>, Vec<Outgoing>), Error> {
    let rooms = lead.fleet().rooms(&lead.agents, lead.now());
    if rooms.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let mut sent = Vec::new();
    let mut messages = Vec::new();
    for ready in tx.take_ready(&rooms).await? {
        let definition = lead.rules.of(&ready.run);
        let Some(dispatch) = dispatch_of(definition, &ready) else {
            tracing::error!(execution = %ready.execution, "an execution is ready that its run does not have");
            continue;
        };
        let step = definition.step(&dispatch.step).expect("`pending` takes steps from the definition");
        messages.push(outbox::dispatch(lead.clock.new_id(), &dispatch));
        sent.push((ready.execution, Flight::sent(&dispatch, step.deadline())));
    }
    let leases: Vec<_> = sent.iter().map(|(execution, flight)| (*execution, flight.lease)).collect();
    tx.mark_sent(&leases, &messages).await?;
    Ok((sent, messages))
}

fn dispatch_of(definition: &Definition, ready: &Ready) -> Option<Dispatch> {
    pending(definition, &ready.run).into_iter().find_map(|command| match command {
        Command::Dispatch(dispatch) | Command::Retry { dispatch, .. }
            if dispatch.execution == ready.execution =>
        {
            Some(dispatch)
        }
        _ => None,
    })
}

const fn done() -> Settled {
    Settled::Done(Reply::Done)
}

const fn found(found: bool) -> Settled {
    if found { done() } else { Settled::Refused(CommandError::NotFound) }
}
