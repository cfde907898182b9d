//! Lines of progress: to the observer at once, and into a file beside the journal that nobody depends on.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use slipway_protocol::{Data, Dispatch, Event, EventId, Incarnation};
use slipway_workflow::Run;

use super::{Observer, Recorder};
use crate::perform::Progress;

/// Turns lines into events.
pub(super) struct ProgressLog<'a> {
    recorder: &'a Recorder,
    dispatch: &'a Dispatch,
    incarnation: Incarnation,
    run: Run,
    observer: &'a dyn Observer,
    file: Mutex<Option<File>>,
}

impl<'a> ProgressLog<'a> {
    /// A log for one attempt. It works without its file too.
    pub(super) fn open(
        recorder: &'a Recorder,
        dispatch: &'a Dispatch,
        incarnation: Incarnation,
        run: &Run,
        observer: &'a dyn Observer,
    ) -> Self {
        Self { recorder, dispatch, incarnation, run: run.clone(), observer, file: Mutex::new(None) }
    }

    fn write(&self, event: &Event) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.is_none() {
            let path = self.recorder.layout().progress(self.dispatch.task.id);
            *file = OpenOptions::new().create(true).append(true).open(path).ok();
        }
        if let Some(file) = file.as_mut() {
            let mut line = event.to_json();
            line.push(b'\n');
            // Progress is for whoever watches; a full disk is reported by the journal, which matters.
            let _unwritten = file.write_all(&line);
        }
    }
}

impl Progress for ProgressLog<'_> {
    fn line(&self, message: &str) {
        let event = Event {
            id: EventId::new(self.recorder.clock.new_id()),
            source: format!("slipway/{}", self.dispatch.agent),
            time: self.recorder.clock.now(),
            task: self.dispatch.task.id,
            run: self.dispatch.run,
            holder: Some(self.dispatch.holder(self.incarnation)),
            priority: self.dispatch.task.priority,
            cause: None,
            traceparent: None,
            data: Data::TaskProgress { step: self.dispatch.step.clone(), message: message.to_owned() },
        };
        self.write(&event);
        self.observer.event(&event, &self.run);
    }
}
