//! A run as its events make it: the same rules that the coordinator goes by, applied to what the feed delivers.
//!
//! So a view of the fleet shows what a view of the sequential mode shows, from the same pair of event and run.

use slipway_protocol::{Data, Event};
use slipway_workflow::engine::Reason;
use slipway_workflow::{Applied, Definition, Illegal, Run};

/// Whether an event is part of what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// It changed the run, or is worth telling.
    Yes,
    /// It was stale, came twice, or came too early.
    No,
}

/// One run, followed from its first event.
#[derive(Debug)]
pub(crate) struct Mirror {
    definition: Definition,
    run: Option<Run>,
    events: Vec<Event>,
}

impl Mirror {
    /// A mirror of a run that goes through `definition`.
    pub(crate) const fn new(definition: Definition) -> Self {
        Self { definition, run: None, events: Vec::new() }
    }

    /// The run, once its first event was taken.
    pub(crate) const fn run(&self) -> Option<&Run> {
        self.run.as_ref()
    }

    /// What was taken, lines of progress aside.
    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    /// Takes the next event.
    ///
    /// # Errors
    ///
    /// The run goes through another workflow than this program knows.
    pub(crate) fn take(&mut self, event: &Event) -> Result<Shown, Box<Illegal>> {
        let Some(run) = &self.run else {
            return if matches!(event.data, Data::TaskInitiated { .. }) {
                self.begin(event)
            } else {
                Ok(Shown::No)
            };
        };
        let shown = match slipway_workflow::apply(&self.definition, run, event) {
            Ok(Applied::Changed { run, .. }) => {
                self.run = Some(run);
                Shown::Yes
            }
            Ok(Applied::Ignored(Reason::Irrelevant)) => Shown::Yes,
            Ok(Applied::Ignored(Reason::Duplicate | Reason::Stale | Reason::Late)) => Shown::No,
            Err(illegal) => {
                tracing::debug!(%illegal, "the feed has an event that the workflow forbids");
                Shown::No
            }
        };
        if !matches!(event.data, Data::TaskProgress { .. }) {
            self.events.push(event.clone());
        }
        Ok(shown)
    }

    fn begin(&mut self, event: &Event) -> Result<Shown, Box<Illegal>> {
        let (run, _) = Run::start(&self.definition, event)?;
        self.run = Some(run);
        self.events.push(event.clone());
        Ok(Shown::Yes)
    }
}

#[cfg(test)]
mod tests {
    use slipway_protocol::Approval;

    use super::*;
    use crate::environment;
    use crate::fleet::story;

    #[test]
    fn an_event_that_comes_twice_is_shown_once() {
        let mut mirror = Mirror::new(environment::delivery());
        let (initiated, started) = (story::initiated(Approval::Auto), story::started());
        assert_eq!(mirror.take(&started).unwrap(), Shown::No, "before the first event there is no run");
        for (event, shown) in [
            (&initiated, Shown::Yes),
            (&started, Shown::Yes),
            (&started, Shown::No),
            (&story::progress("x"), Shown::Yes),
        ] {
            assert_eq!(mirror.take(event).unwrap(), shown, "{event:?}");
        }
        assert_eq!(mirror.run().unwrap().task().id, story::task());
    }

    #[test]
    fn a_run_that_waited_for_a_person_goes_on_with_the_approval() {
        let mut mirror = Mirror::new(environment::delivery());
        let waiting = story::events(Approval::Manual).len();
        for (number, event) in story::approved().iter().enumerate() {
            assert_eq!(mirror.take(event).unwrap(), Shown::Yes, "{event:?}");
            let waits =
                matches!(mirror.run().unwrap().status(), slipway_workflow::Status::AwaitingApproval { .. });
            assert_eq!(waits, number + 1 == waiting || number + 2 == waiting, "{event:?}");
        }
        assert_eq!(mirror.run().unwrap().status(), &slipway_workflow::Status::Completed);
    }

    #[test]
    fn a_run_of_another_workflow_is_refused_by_name() {
        let mut event = story::initiated(Approval::Auto);
        if let Data::TaskInitiated { workflow_version, .. } = &mut event.data {
            *workflow_version += 1;
        }
        let error = Mirror::new(environment::delivery()).take(&event).unwrap_err().to_string();
        assert!(error.contains("delivery"), "{error}");
    }
}
