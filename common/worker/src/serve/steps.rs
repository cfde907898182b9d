//! What the workflows say of a dispatched step.

use std::time::Duration;

use slipway_protocol::Dispatch;
use slipway_workflow::Definition;
use slipway_workflow::definition::{Effects, Step};

/// The steps of every workflow that this program knows.
#[derive(Debug)]
pub(super) struct Steps(Vec<Definition>);

impl Steps {
    pub(super) const fn new(definitions: Vec<Definition>) -> Self {
        Self(definitions)
    }

    fn of<'a>(&'a self, dispatch: &Dispatch) -> impl Iterator<Item = &'a Step> + use<'a> {
        let (id, agent) = (dispatch.step.clone(), dispatch.agent.clone());
        let steps = self.0.iter().filter_map(move |definition| definition.step(&id));
        steps.filter(move |step| *step.agent() == agent)
    }

    /// How long one attempt may take: the longest that any workflow allows. Of a step that is not known the agent's
    /// own limit says it.
    pub(super) fn deadline(&self, dispatch: &Dispatch) -> Duration {
        self.of(dispatch).map(Step::deadline).max().unwrap_or(Duration::MAX)
    }

    /// Whether a grant is needed before the first effect. A step that is not known is waited for, too.
    pub(super) fn needs_grant(&self, dispatch: &Dispatch) -> bool {
        let mut effects = self.of(dispatch).map(Step::effects).peekable();
        effects.peek().is_none() || effects.any(|effects| effects == Effects::Outside)
    }
}
