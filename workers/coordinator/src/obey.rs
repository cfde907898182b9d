//! Commands from inside the process become items of the tick.

use slipway_protocol::EventId;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::command::{Asked, Command};
use crate::item::{Answer, What, Word};
use crate::lead::Lead;

impl Lead {
    /// Takes commands until `stop`.
    pub(crate) async fn obey(&self, commands: &mut mpsc::Receiver<Asked>, stop: &CancellationToken) {
        while let Some(Some((command, asker))) = stop.run_until_cancelled(commands.recv()).await {
            let what = self.what(command);
            self.put(what, Answer::Asker(asker)).await;
        }
    }

    fn what(&self, command: Command) -> What {
        let say = |task, word| What::Say { id: EventId::new(self.clock.new_id()), task, word };
        match command {
            Command::Create { request, source } => What::Accept(Box::new(self.new_task(*request, source))),
            Command::Cancel { task, by } => say(task, Word::Cancel { by }),
            Command::Approve { task, commit, by } => say(task, Word::Approve { commit, by }),
            Command::Reject { task, commit, by, reason } => say(task, Word::Reject { commit, by, reason }),
            Command::Pause { what, by } => What::Pause { what, by, on: true },
            Command::Resume { what, by } => What::Pause { what, by, on: false },
            Command::ReleaseHeld { task } => What::Held { task, release: true },
            Command::DropHeld { task } => What::Held { task, release: false },
        }
    }
}
