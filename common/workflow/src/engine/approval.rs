//! A person's word at a gate. It counts for exactly the commit that waits there.

use slipway_protocol::dispatch::PersonsApproval;
use slipway_protocol::{CommitId, StepId};

use super::{Reason, reasons};
use crate::run::{Ending, Run};

/// `approval.granted`: `passes` is the step that waits for `commit`, or `None` if another commit waits.
pub(super) fn granted(run: &mut Run, passes: Option<StepId>, commit: &CommitId, by: &str) -> Option<Reason> {
    let Some(step) = passes else { return Some(Reason::Stale) };
    run.approved = Some(PersonsApproval { commit: commit.clone(), by: by.to_owned() });
    run.open(&step);
    None
}

/// `approval.denied`: `meant` says whether it is about the commit that waits.
pub(super) fn denied(run: &mut Run, meant: bool, by: &str, reason: &str) -> Option<Reason> {
    if !meant {
        return Some(Reason::Stale);
    }
    run.end(Ending::Failed { reason: reasons::cut(&format!("rejected by {by}: {reason}")) });
    None
}
