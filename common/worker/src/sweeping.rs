//! Which of the things that runs made on Docker are still wanted.

use std::collections::BTreeMap;
use std::sync::Arc;

use slipway_containers::{Docker, Kind, Labels, sweep};
use slipway_protocol::{Data, Event, TaskId};
use slipway_runtime::Clock;
use slipway_workflow::Definition;

use crate::error::Failure;
use crate::layout::Layout;
use crate::sequential::Recorder;

/// Removes what ended attempts left on Docker, and previews whose time is over.
///
/// A thing is kept while a living process drives its run, or when an accepted deployment made it. A run whose journal
/// cannot be read keeps what it has: nothing is removed on a guess.
pub async fn sweep_docker(
    layout: &Layout,
    definition: &Definition,
    docker: &Docker,
    clock: Arc<dyn Clock>,
) -> Result<(), Failure> {
    let now = clock.now();
    let recorder = Recorder::new(layout.clone(), definition.clone(), clock);
    let mut wanted = BTreeMap::new();
    for task in layout.tasks().map_err(|error| Failure::fatal(error.code(), &error))? {
        wanted.insert(task, Wanted::of(&recorder, task));
    }
    let keep =
        |_kind: Kind, labels: &Labels| wanted.get(&labels.task).is_some_and(|wanted| wanted.keeps(labels));
    sweep::sweep(docker, layout.owner(), now, &keep).await?;
    Ok(())
}

/// What of a task's things is wanted.
enum Wanted {
    /// Everything: a process drives the run, or nobody knows better.
    All,
    /// What these accepted deployments made.
    Deployed(Vec<Event>),
}

impl Wanted {
    fn of(recorder: &Recorder, task: TaskId) -> Self {
        if slipway_journal::is_held(&recorder.layout().journal(task)) {
            return Self::All;
        }
        match recorder.read(task) {
            Ok((_, events)) => Self::Deployed(events.into_iter().filter(is_deployment).collect()),
            Err(_) => Self::All,
        }
    }

    fn keeps(&self, labels: &Labels) -> bool {
        match self {
            Self::All => true,
            Self::Deployed(events) => events
                .iter()
                .filter_map(|event| event.holder)
                .any(|holder| holder.execution == labels.execution && holder.lease == labels.lease),
        }
    }
}

fn is_deployment(event: &Event) -> bool {
    matches!(&event.data, Data::Result { report: slipway_protocol::Report::Deploy(_), .. })
}
