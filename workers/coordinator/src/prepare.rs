//! From an accepted task to a run: its repository is made or adopted, which says the commit that the work begins from.
//!
//! Intake does not wait for it, so that a slow host of one task's repository holds up nobody else.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use slipway_protocol::{EventId, Task, TaskId};
use slipway_runtime::retry::RetryPolicy;
use slipway_worker::hands::repository_of;
use tokio_util::sync::CancellationToken;

use crate::item::{Answer, What};
use crate::lead::Lead;

/// Tasks that are looked at together.
const TOGETHER: usize = 64;

/// Repositories that are prepared at a time.
const AT_A_TIME: usize = 4;

/// How often a repository is tried before its task fails.
const ATTEMPTS: u32 = 6;

/// How long the preparer rests when nobody wakes it.
const REST: Duration = Duration::from_secs(2);

/// How long a prepared task's tick may take before it is prepared again.
const UNDER_WAY: Duration = Duration::from_secs(5);

/// What is known of tasks that could not be prepared yet.
#[derive(Debug, Default)]
struct Patience(HashMap<TaskId, (u32, Instant)>);

impl Patience {
    fn is_due(&self, task: &Task, now: Instant) -> bool {
        self.0.get(&task.id).is_none_or(|(_, due)| *due <= now)
    }

    /// Notes a failed attempt; says whether there is another one.
    fn wait(&mut self, task: TaskId, now: Instant) -> bool {
        let (attempts, due) = self.0.entry(task).or_insert((0, now));
        *attempts += 1;
        *due = now + RetryPolicy::STEP.after(*attempts);
        *attempts < ATTEMPTS
    }

    /// Leaves a task alone whose run is about to begin, or whose end to be told.
    fn rest(&mut self, task: TaskId, now: Instant) {
        self.0.insert(task, (0, now + UNDER_WAY));
    }

    /// Forgets tasks that are not there any more.
    fn forget_all_but(&mut self, tasks: &[Task]) {
        let there: HashSet<TaskId> = tasks.iter().map(|task| task.id).collect();
        self.0.retain(|task, _| there.contains(task));
    }
}

impl Lead {
    /// Prepares accepted tasks until `stop`.
    pub(crate) async fn prepare(&self, stop: &CancellationToken) {
        let mut patience = Patience::default();
        loop {
            let found = match self.store.pending_tasks(TOGETHER).await {
                Ok(tasks) => self.prepare_all(tasks, &mut patience).await,
                Err(error) => {
                    tracing::debug!(%error, "accepted tasks cannot be read now");
                    false
                }
            };
            let rest = if found { Duration::from_millis(20) } else { REST };
            let pause = tokio::time::timeout(rest, self.accepted.notified());
            if stop.run_until_cancelled(pause).await.is_none() {
                return;
            }
        }
    }

    /// Says whether there was one to prepare.
    async fn prepare_all(&self, tasks: Vec<Task>, patience: &mut Patience) -> bool {
        let now = self.now();
        patience.forget_all_but(&tasks);
        let due: Vec<Task> = tasks.into_iter().filter(|task| patience.is_due(task, now)).collect();
        let any = !due.is_empty();
        let mut attempts = futures_util::stream::iter(due)
            .map(|task| async move {
                let base = self.base_of(&task).await;
                (task, base)
            })
            .buffer_unordered(AT_A_TIME);
        while let Some((task, base)) = attempts.next().await {
            let id = task.id;
            let what = match base {
                Ok(base) => What::Begin { id: EventId::new(self.clock.new_id()), task: Box::new(task), base },
                Err(error) => {
                    let reason = slipway_worker::chain(&error);
                    tracing::warn!(task = %id, %reason, "a task's repository cannot be had");
                    if error.is_retryable() && patience.wait(id, self.now()) {
                        continue;
                    }
                    What::Abandon { task: Box::new(task), reason }
                }
            };
            patience.rest(id, self.now());
            self.put(what, Answer::Nobody).await;
        }
        any
    }

    async fn base_of(&self, task: &Task) -> Result<slipway_protocol::CommitId, slipway_git_store::Error> {
        repository_of(&self.repositories, task).await?.default_head().await
    }
}
