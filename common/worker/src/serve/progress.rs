//! Lines of progress on their way to whoever watches: a few at a time, and never in the way of a step.
//!
//! They are facts that nobody depends on. When they come faster than the broker takes them, some are dropped and
//! counted.

use std::sync::Arc;
use std::time::Duration;

use slipway_protocol::{Dispatch, Event};
use tokio::sync::mpsc;

use super::shared::Shared;
use super::{messages, metrics};
use crate::perform::Progress;

/// Lines that may wait to be sent.
const WAITING: usize = 1024;
/// Lines that are sent together.
const TOGETHER: usize = 64;
/// How long the first of them waits for others.
const GATHERING: Duration = Duration::from_millis(50);
/// The longest line, in characters.
const LONGEST: usize = 2000;

/// Lines that are to be sent.
pub(super) type Lines = mpsc::Receiver<Event>;

pub(super) fn channel() -> (mpsc::Sender<Event>, Lines) {
    mpsc::channel(WAITING)
}

/// Takes the lines of one attempt.
pub(super) struct Sink<'a> {
    pub(super) shared: &'a Shared,
    pub(super) dispatch: &'a Dispatch,
}

impl Progress for Sink<'_> {
    fn line(&self, message: &str) {
        let message: String = message.chars().take(LONGEST).collect();
        let event = self.shared.performer.progress(self.dispatch, &message);
        if self.shared.lines.try_send(event).is_err() {
            metrics::progress_dropped(1);
        }
    }
}

/// Sends lines as long as there may be any.
pub(super) async fn publish(shared: Arc<Shared>, mut lines: Lines) {
    let mut gathered = Vec::with_capacity(TOGETHER);
    while let Some(first) = lines.recv().await {
        gathered.push(first);
        tokio::time::sleep(GATHERING).await;
        while gathered.len() < TOGETHER
            && let Ok(line) = lines.try_recv()
        {
            gathered.push(line);
        }
        let sent =
            shared.broker.publish_all(gathered.drain(..).map(|event| messages::of_event(&event)).collect());
        let lost = sent.await.iter().filter(|sent| sent.is_err()).count();
        if lost > 0 {
            tracing::debug!(lost, "lines of progress were not sent");
            metrics::progress_dropped(lost);
        }
    }
}
