//! The one door to the workflow's rules; a test build may take a guard out of them.

use slipway_protocol::Event;
use slipway_workflow::{Applied, Definition, Illegal, Run};

/// Applies `event` to `run` by the rules.
#[cfg(not(feature = "fault-points"))]
pub(crate) fn apply(definition: &Definition, run: &Run, event: &Event) -> Result<Applied, Illegal> {
    slipway_workflow::apply(definition, run, event)
}

/// Applies `event` to `run` by the rules, without the guard that `FAULT_MUTANT` takes out.
#[cfg(feature = "fault-points")]
pub(crate) fn apply(definition: &Definition, run: &Run, event: &Event) -> Result<Applied, Illegal> {
    use slipway_runtime::fault::mutant;
    slipway_workflow::engine::apply_without(mutant("no-dedupe"), mutant("no-fence"), definition, run, event)
}
