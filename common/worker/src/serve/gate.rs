//! Whether anything new is taken, for each agent.

use std::collections::BTreeSet;

use slipway_protocol::AgentId;
use tokio::sync::watch;

use super::Serves;

/// What closes the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Closures {
    /// The worker ends: nothing is taken any more.
    pub(super) draining: bool,
    /// A person paused these agents.
    pub(super) paused: BTreeSet<AgentId>,
    /// Docker does not answer.
    pub(super) docker_away: bool,
}

/// The gate before every agent's queue.
#[derive(Debug, Default)]
pub(super) struct Gate(watch::Sender<Closures>);

impl Closures {
    fn close(&self, served: &Serves) -> bool {
        self.draining || self.paused.contains(&served.agent) || (served.needs_docker && self.docker_away)
    }
}

impl Gate {
    /// Changes what is closed; returns whether anything did change.
    pub(super) fn change(&self, change: impl FnOnce(&mut Closures)) -> bool {
        self.0.send_if_modified(|closures| {
            let before = closures.clone();
            change(closures);
            *closures != before
        })
    }

    /// Whether the worker ends.
    pub(super) fn is_draining(&self) -> bool {
        self.0.borrow().draining
    }

    /// Waits until something of `served` may be taken; `false` when nothing ever will be.
    pub(super) async fn opened(&self, served: &Serves) -> bool {
        let mut seen = self.0.subscribe();
        let settled = seen.wait_for(|closures| closures.draining || !closures.close(served)).await;
        settled.is_ok_and(|closures| !closures.draining)
    }

    /// Waits until nothing of `served` may be taken.
    pub(super) async fn closed(&self, served: &Serves) {
        let mut seen = self.0.subscribe();
        // The sender lives as long as `self`, so the wait does not fail.
        let _closed = seen.wait_for(|closures| closures.close(served)).await;
    }

    /// Why nothing of `served` is taken now, for an event.
    pub(super) fn reason(&self, served: &Serves) -> &'static str {
        let closures = self.0.borrow();
        if closures.draining {
            "the worker ends and had not begun"
        } else if closures.paused.contains(&served.agent) {
            "the agent is paused and had not begun"
        } else {
            "Docker does not answer, and the step had not begun"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(agent: &str, needs_docker: bool) -> Serves {
        Serves { agent: agent.parse().unwrap(), slots: 1, needs_docker }
    }

    #[tokio::test]
    async fn a_pause_closes_one_agent_and_docker_only_those_that_need_it() {
        let gate = Gate::default();
        let (coder, tester) = (served("coder", false), served("tester", true));
        assert!(gate.change(|closures| closures.docker_away = true));
        assert!(!gate.change(|closures| closures.docker_away = true));
        gate.closed(&tester).await;
        assert!(gate.opened(&coder).await);
        gate.change(|closures| closures.paused = BTreeSet::from([coder.agent.clone()]));
        gate.closed(&coder).await;
        gate.change(|closures| *closures = Closures::default());
        assert!(gate.opened(&coder).await && gate.opened(&tester).await);
        gate.change(|closures| closures.draining = true);
        assert!(!gate.opened(&coder).await);
    }
}
