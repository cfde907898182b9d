//! What comes in from the broker: workers' events and people's tasks become items of the tick.
//!
//! A delivery stays unacknowledged until its item is committed. What cannot be read is set aside at once, with its
//! reason; nothing of it reaches the tick.

use std::sync::Arc;
use std::time::Duration;

use slipway_broker::{Broker, Consumer, Delivery, QueueName, Reason};
use slipway_protocol::{Data, Event, Task, TaskId};
use slipway_store::NewTask;
use tokio_util::sync::CancellationToken;

use crate::intake::{self, NewTaskRequest, Parts};
use crate::item::{Answer, Item, What};
use crate::lead::Lead;

/// Unacknowledged events at a time: two full ticks.
const EVENTS: u16 = 512;

/// How long a queue that may not be read is left alone.
const REFUSED: Duration = Duration::from_secs(1);

/// Unacknowledged tasks at a time.
const TASKS: u16 = 128;

impl Lead {
    /// Takes events of `queue` until `stop`.
    pub(crate) async fn take_events(&self, queue: QueueName, stop: &CancellationToken) {
        while let Some(mut events) = self.consumer(&self.broker, &queue, EVENTS, stop).await {
            while let Some(Some(delivery)) = stop.run_until_cancelled(events.next()).await {
                self.take_event(delivery).await;
            }
            if stop.is_cancelled() {
                return;
            }
        }
    }

    /// A consumer of `queue`, as soon as the broker lets this login have one; `None` when the term is over.
    pub(crate) async fn consumer(
        &self,
        broker: &Arc<dyn Broker>,
        queue: &QueueName,
        prefetch: u16,
        stop: &CancellationToken,
    ) -> Option<Box<dyn Consumer>> {
        loop {
            match stop.run_until_cancelled(broker.consume(queue, prefetch)).await? {
                Ok(consumer) => return Some(consumer),
                Err(error) => tracing::error!(%error, "the queue cannot be read; asking again"),
            }
            stop.run_until_cancelled(tokio::time::sleep(REFUSED)).await?;
        }
    }

    async fn take_event(&self, delivery: Delivery) {
        match Event::from_json(&delivery.body) {
            // What the coordinator itself said, come round.
            Ok(event) if is_ours(&event.data) => drop(delivery.ack().await),
            Ok(event) => self.put(What::Event(Box::new(event)), Answer::Delivery(delivery)).await,
            Err(error) => {
                let detail = slipway_worker::chain(&error);
                let reason = Reason { code: "coordinator.bad-event".into(), detail };
                if let Err(error) = delivery.reject(&reason).await {
                    tracing::debug!(%error, "an event could not be set aside; it comes again");
                }
            }
        }
    }

    /// Takes tasks until `stop`, no faster than the rate lets it.
    pub(crate) async fn take_tasks(&self, stop: &CancellationToken) {
        while let Some(mut tasks) = self.consumer(&self.intake, &QueueName::Tasks, TASKS, stop).await {
            while let Some(Some(delivery)) = stop.run_until_cancelled(tasks.next()).await {
                if stop.run_until_cancelled(self.rate.wait()).await.is_none() {
                    drop(delivery.release().await);
                    return;
                }
                self.take_task(delivery).await;
            }
            if stop.is_cancelled() {
                return;
            }
        }
    }

    async fn take_task(&self, delivery: Delivery) {
        let parts = Parts {
            body: &delivery.body,
            content_type: delivery.content_type.as_deref(),
            id: delivery.id.as_deref(),
            headers: &delivery.headers,
        };
        match intake::parse(&parts) {
            Ok(request) => {
                let suspect = delivery.redelivered && request.key.is_none();
                let mut new = self.new_task(request, "queue");
                new.suspect = suspect;
                new.reply_to = reply_to(&delivery);
                self.put(What::Accept(Box::new(new)), Answer::Delivery(delivery)).await;
            }
            Err(rejected) => {
                tracing::warn!(
                    code = rejected.code,
                    detail = rejected.detail,
                    "a task message was set aside"
                );
                let reason = Reason { code: rejected.code.to_owned(), detail: rejected.detail };
                self.answer_rejected(&delivery, &reason).await;
                if let Err(error) = delivery.reject(&reason).await {
                    tracing::debug!(%error, "a task message could not be set aside; it comes again");
                }
            }
        }
    }

    /// Tells whoever wanted an answer that there will be no task.
    async fn answer_rejected(&self, delivery: &Delivery, reason: &Reason) {
        let Some((to, correlation)) = reply_to(delivery) else { return };
        let body = serde_json::json!({ "error": { "code": reason.code, "detail": reason.detail } });
        let reply = crate::outbox::reply(self.clock.new_id(), &to, correlation, &body);
        self.publisher.publish_now(&[reply]).await;
    }

    /// A row for a request; its ids are drawn now.
    pub(crate) fn new_task(&self, request: NewTaskRequest, source: &str) -> NewTask {
        let NewTaskRequest { new, key, digest } = request;
        let task = Task {
            id: TaskId::new(self.clock.new_id()),
            prompt: new.prompt,
            priority: new.priority,
            repository: new.repository,
            approval: new.approval,
            preview: new.preview,
            isolation: None,
            created_at: self.clock.now(),
        };
        NewTask { task, key, digest, suspect: false, source: source.to_owned(), reply_to: None }
    }

    pub(crate) async fn put(&self, what: What, answer: Answer) {
        // The receiver ends with the term; the delivery then goes back with its session.
        let _ = self.items.send(Item { what, answer }).await;
    }
}

/// Where an answer is wanted: not on one of the fleet's own queues, and not under a name that cannot be kept.
fn reply_to(delivery: &Delivery) -> Option<(String, Option<String>)> {
    let to = delivery.reply_to.clone()?;
    let is_ours = ["tasks", "coordinator", "dead-letter"].contains(&to.as_str())
        || ["coordinator.", "agent.", "control."].iter().any(|prefix| to.starts_with(prefix));
    let has_nul = |text: &str| text.contains('\0');
    if is_ours || has_nul(&to) || delivery.correlation.as_deref().is_some_and(has_nul) {
        tracing::warn!(to, "an answer is wanted where none may go");
        return None;
    }
    Some((to, delivery.correlation.clone()))
}

/// Whether only a coordinator may say it. Workers may not publish such types; the broker's permissions say so too.
const fn is_ours(data: &Data) -> bool {
    matches!(
        data,
        Data::TaskInitiated { .. }
            | Data::ApprovalRequested { .. }
            | Data::ApprovalGranted { .. }
            | Data::ApprovalDenied { .. }
            | Data::TaskCompleted
            | Data::TaskFailed { .. }
            | Data::TaskCancelled { .. }
    )
}
