//! From an accepted task to a run: its repository is made or adopted, which says the commit that the work begins from.
//!
//! Intake does not wait for it. Tasks with a repository of their own, whose host may be slow, have places apart from
//! those of tasks whose repository is made here, so that a slow host holds up nobody but its own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use slipway_protocol::{CommitId, EventId, Task, TaskId};
use slipway_runtime::retry::RetryPolicy;
use slipway_worker::hands::repository_of;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::item::{Answer, What};
use crate::lead::Lead;

/// Tasks that are looked at together; more of them than can be in a pause at a time.
const TOGETHER: usize = 256;

/// Repositories of either kind that are prepared at a time.
const PLACES: usize = 4;

/// How often a repository is tried before its task fails.
const ATTEMPTS: u32 = 6;

/// How long the preparer rests when nobody wakes it.
const REST: Duration = Duration::from_secs(1);

/// How long a prepared task's tick may take before it is prepared again.
const UNDER_WAY: Duration = Duration::from_secs(5);

/// What came of an attempt.
type Prepared = (Box<Task>, Result<CommitId, slipway_git_store::Error>);

/// What is known of tasks that wait for their run.
#[derive(Debug, Default)]
struct Waiting {
    /// Attempts so far, and when the next one may begin.
    pauses: HashMap<TaskId, (u32, Instant)>,
    /// Under way, and whether with a repository of its own.
    under_way: HashMap<TaskId, bool>,
}

impl Waiting {
    /// Whether `task` may be prepared now.
    fn has_place(&self, task: &Task, now: Instant) -> bool {
        let own = task.repository.is_some();
        let is_due = self.pauses.get(&task.id).is_none_or(|(_, due)| *due <= now);
        let taken = self.under_way.values().filter(|other| **other == own).count();
        is_due && taken < PLACES && !self.under_way.contains_key(&task.id)
    }

    /// Notes a failed attempt; says whether there is another one.
    fn wait(&mut self, task: TaskId, now: Instant) -> bool {
        let (attempts, due) = self.pauses.entry(task).or_insert((0, now));
        *attempts += 1;
        *due = now + RetryPolicy::STEP.after(*attempts);
        *attempts < ATTEMPTS
    }

    /// Leaves a task alone whose run is about to begin, or whose end to be told.
    fn rest(&mut self, task: TaskId, now: Instant) {
        self.pauses.insert(task, (0, now + UNDER_WAY));
    }

    /// Forgets tasks that are not there any more.
    fn forget_all_but(&mut self, tasks: &[Task]) {
        let there: HashSet<TaskId> = tasks.iter().map(|task| task.id).collect();
        self.pauses.retain(|task, _| there.contains(task));
    }
}

impl Lead {
    /// Prepares accepted tasks until `stop`.
    pub(crate) async fn prepare(self: &Arc<Self>, stop: &CancellationToken) {
        let mut waiting = Waiting::default();
        let mut attempts: JoinSet<Prepared> = JoinSet::new();
        while !stop.is_cancelled() {
            match self.store.pending_tasks(TOGETHER).await {
                Ok(tasks) => self.begin(&tasks, &mut waiting, &mut attempts),
                Err(error) => tracing::debug!(%error, "accepted tasks cannot be read now"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.accepted.notified() => {}
                () = tokio::time::sleep(REST) => {}
                Some(ended) = attempts.join_next() => match ended {
                    Ok(prepared) => self.end(prepared, &mut waiting).await,
                    Err(failed) => std::panic::resume_unwind(failed.into_panic()),
                },
            }
        }
    }

    /// Begins what there is a place for.
    fn begin(self: &Arc<Self>, tasks: &[Task], waiting: &mut Waiting, attempts: &mut JoinSet<Prepared>) {
        let now = self.now();
        waiting.forget_all_but(tasks);
        for task in tasks {
            if waiting.has_place(task, now) {
                waiting.under_way.insert(task.id, task.repository.is_some());
                let (lead, task) = (Arc::clone(self), Box::new(task.clone()));
                attempts.spawn(async move {
                    let base = lead.base_of(&task).await;
                    (task, base)
                });
            }
        }
    }

    async fn end(&self, (task, base): Prepared, waiting: &mut Waiting) {
        let id = task.id;
        waiting.under_way.remove(&id);
        let what = match base {
            Ok(base) => What::Begin { id: EventId::new(self.clock.new_id()), task, base },
            Err(error) => {
                let reason = slipway_worker::chain(&error);
                tracing::warn!(task = %id, %reason, "a task's repository cannot be had");
                if error.is_retryable() && waiting.wait(id, self.now()) {
                    return;
                }
                What::Abandon { task, reason }
            }
        };
        waiting.rest(id, self.now());
        self.put(what, Answer::Nobody).await;
    }

    async fn base_of(&self, task: &Task) -> Result<CommitId, slipway_git_store::Error> {
        repository_of(&self.repositories, task).await?.default_head().await
    }
}

#[cfg(test)]
mod tests {
    use slipway_protocol::{Approval, PreviewMode, Priority};
    use slipway_runtime::{Clock as _, SystemClock};

    use super::*;

    fn task(repository: Option<&str>) -> Task {
        Task {
            id: TaskId::new(SystemClock.new_id()),
            prompt: "build a todo app".parse().unwrap(),
            priority: Priority::Normal,
            repository: repository.map(str::to_owned),
            approval: Approval::Auto,
            preview: PreviewMode::Auto,
            isolation: None,
            created_at: SystemClock.now(),
        }
    }

    #[test]
    fn hosts_that_hang_leave_the_places_of_others_free() {
        let (mut waiting, now) = (Waiting::default(), Instant::now());
        for _ in 0..PLACES {
            let slow = task(Some("https://slow.example/x.git"));
            assert!(waiting.has_place(&slow, now));
            waiting.under_way.insert(slow.id, true);
        }
        assert!(!waiting.has_place(&task(Some("https://other.example/x.git")), now));
        assert!(waiting.has_place(&task(None), now));
    }

    #[test]
    fn a_task_is_tried_again_after_a_pause_and_not_for_ever() {
        let (mut waiting, now) = (Waiting::default(), Instant::now());
        let failing = task(None);
        for _ in 1..ATTEMPTS {
            assert!(waiting.wait(failing.id, now));
        }
        assert!(!waiting.wait(failing.id, now));
        assert!(waiting.has_place(&failing, now + Duration::from_mins(1)));
    }
}
