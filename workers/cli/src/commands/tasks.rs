//! Finding the task that a command is about, and reading where it stands.

use slipway_protocol::{Event, TaskId};
use slipway_worker::summary::{Place, Reach};
use slipway_worker::{Layout, Summary};
use slipway_workflow::Run;

use crate::args;
use crate::environment;
use crate::exit::{Exit, Failure};

/// A task's state, read from its journal.
pub(super) struct Record {
    pub(super) run: Run,
    pub(super) events: Vec<Event>,
    pub(super) summary: Summary,
}

/// The task that `wanted` names by its id or its last digits, or else the newest.
pub(super) fn find(layout: &Layout, wanted: &args::Task) -> Result<TaskId, Failure> {
    let tasks = layout.tasks()?;
    let Some(wanted) = &wanted.task else {
        let none = || {
            Failure::not_found(
                "task.not-found",
                "there is no task yet; `slipway run \"build a todo app\"` makes one",
            )
        };
        return tasks.last().copied().ok_or_else(none);
    };
    let matching: Vec<TaskId> =
        tasks.into_iter().filter(|task| task.to_string() == *wanted || task.short() == *wanted).collect();
    match matching.as_slice() {
        [task] => Ok(*task),
        [] => {
            let message = format!(
                "there is no task {wanted:?} in {}; `slipway list` shows them",
                layout.root().display()
            );
            Err(Failure::not_found("task.not-found", message))
        }
        _ => Err(Failure::new(
            Exit::Usage,
            "task.ambiguous",
            format!("{wanted:?} names several tasks; give the whole id"),
        )),
    }
}

/// Reads a task's journal and folds it.
pub(super) fn read(layout: &Layout, task: TaskId, reach: &Reach) -> Result<Record, Failure> {
    let driven = slipway_journal::is_held(&layout.journal(task));
    let (run, events) = environment::recorder(layout).read(task)?;
    let summary = summary(layout, &run, &events, reach, driven);
    Ok(Record { run, events, summary })
}

/// Sums a run of the data directory up; `driven` says whether a process drives it.
pub(super) fn summary(layout: &Layout, run: &Run, events: &[Event], reach: &Reach, driven: bool) -> Summary {
    let place = Place { reach: reach.clone(), ..layout.place(run.task()) };
    Summary::of(run, events, &place, driven)
}
