//! What comes in from the broker: workers' events and people's tasks become items of the tick.
//!
//! A delivery stays unacknowledged until its item is committed. What cannot be read is set aside at once, with its
//! reason; nothing of it reaches the tick.

use slipway_broker::{Delivery, QueueName, Reason};
use slipway_protocol::{Data, Event, Task, TaskId};
use slipway_store::NewTask;
use tokio_util::sync::CancellationToken;

use crate::intake::{self, NewTaskRequest, Parts};
use crate::item::{Answer, Item, What};
use crate::lead::Lead;

/// Unacknowledged events at a time: two full ticks.
const EVENTS: u16 = 512;

/// Unacknowledged tasks at a time.
const TASKS: u16 = 128;

impl Lead {
    /// Takes events of `queue` until `stop`.
    pub(crate) async fn take_events(&self, queue: QueueName, stop: &CancellationToken) {
        while let Some(Ok(mut events)) = stop.run_until_cancelled(self.broker.consume(&queue, EVENTS)).await {
            while let Some(Some(delivery)) = stop.run_until_cancelled(events.next()).await {
                self.take_event(delivery).await;
            }
            if stop.is_cancelled() {
                return;
            }
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
        while let Some(Ok(mut tasks)) =
            stop.run_until_cancelled(self.broker.consume(&QueueName::Tasks, TASKS)).await
        {
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
                new.reply_to = delivery.reply_to.clone().map(|to| (to, delivery.correlation.clone()));
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
        let Some(to) = &delivery.reply_to else { return };
        let body = serde_json::json!({ "error": { "code": reason.code, "detail": reason.detail } });
        let reply = crate::outbox::reply(self.clock.new_id(), to, delivery.correlation.clone(), &body);
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
