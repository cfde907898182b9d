//! How a process starts tasks and stops: softly first, then hard.
//!
//! The soft token asks for an orderly end, the hard token for an immediate one. A first SIGINT or SIGTERM cancels
//! the soft token, a second one the hard token, and so does the end of the grace period.

use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What a spawned task is, and so what its end means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskKind {
    /// Listens for signals; it never ends by itself.
    Signals,
    /// Answers questions about the process until the hard stop; nobody waits for it.
    Health,
    /// Part of what the process is for, as long as it runs; when it ends by itself, the process must end.
    Service,
    /// One step of a run; its panic is that step's failure and not the process's.
    Step,
    /// Clears up behind something that has ended; nobody waits for it but the shutdown.
    CleanUp,
}

impl TaskKind {
    /// The kind's name in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signals => "signals",
            Self::Health => "health",
            Self::Service => "service",
            Self::Step => "step",
            Self::CleanUp => "clean-up",
        }
    }
}

/// One process's life.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
    grace: Duration,
}

impl Lifecycle {
    /// A life whose tasks get `grace` to end after a soft stop.
    pub fn new(grace: Duration) -> Self {
        let hard = CancellationToken::new();
        Self { soft: hard.child_token(), hard, tasks: TaskTracker::new(), grace }
    }

    /// Cancelled when the process should end in good order.
    pub fn soft(&self) -> &CancellationToken {
        &self.soft
    }

    /// Cancelled when the process must end at once.
    pub fn hard(&self) -> &CancellationToken {
        &self.hard
    }

    /// Starts a task that the shutdown waits for.
    pub fn spawn<F>(&self, kind: TaskKind, task: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tracing::trace!(kind = kind.name(), "task spawned");
        match kind {
            TaskKind::Signals | TaskKind::Health => untracked(task),
            TaskKind::Service | TaskKind::Step | TaskKind::CleanUp => self.tasks.spawn(task),
        }
    }

    /// Turns signals into stops: the first is soft, the second hard.
    pub fn listen_for_signals(&self) -> std::io::Result<()> {
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        let (soft, hard) = (self.soft.clone(), self.hard.clone());
        self.spawn(TaskKind::Signals, async move {
            let stop_first = hard.clone();
            tokio::select! {
                () = obey(interrupt, terminate, &soft, &hard) => {}
                () = stop_first.cancelled() => {}
            }
        });
        Ok(())
    }

    /// Ends the process's tasks: softly, then after the grace period hard. Returns whether all ended softly.
    pub async fn shut_down(&self) -> bool {
        self.soft.cancel();
        self.tasks.close();
        let in_time = tokio::time::timeout(self.grace, self.tasks.wait()).await.is_ok();
        self.hard.cancel();
        self.tasks.wait().await;
        in_time
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "these tasks end with the hard token, so the shutdown cannot wait for them"
)]
fn untracked<F>(task: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(task)
}

async fn obey(
    mut interrupt: Signal,
    mut terminate: Signal,
    soft: &CancellationToken,
    hard: &CancellationToken,
) {
    for token in [soft, hard] {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        token.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hard_stop_is_a_soft_stop_too_and_not_the_other_way_round() {
        let life = Lifecycle::new(Duration::from_secs(1));
        life.soft().cancel();
        assert!(!life.hard().is_cancelled());
        let life = Lifecycle::new(Duration::from_secs(1));
        life.hard().cancel();
        assert!(life.soft().is_cancelled());
    }

    #[tokio::test]
    async fn shutting_down_waits_for_tasks_and_forces_those_that_do_not_listen() {
        let life = Lifecycle::new(Duration::from_millis(20));
        life.listen_for_signals().unwrap();
        let hard = life.hard().clone();
        let deaf = life.spawn(TaskKind::Step, async move { hard.cancelled().await });
        let soft = life.soft().clone();
        let obedient = life.spawn(TaskKind::Step, async move { soft.cancelled().await });
        assert!(!life.shut_down().await);
        deaf.await.unwrap();
        obedient.await.unwrap();
    }
}
