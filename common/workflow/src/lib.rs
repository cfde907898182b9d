//! Slipway's rules: what a workflow is and how a run goes through it.
//!
//! Nothing here does I/O, reads a clock or draws a random number: a run's state is a pure function of its
//! definition and its events, so that the fleet and the sequential mode cannot differ. Open [`definition`] for what a
//! workflow may say, [`run`] for the state and [`engine`] for the rules.

pub mod definition;
pub mod engine;
pub mod run;

pub use definition::{Definition, Problem};
pub use engine::{Applied, Command, Illegal, Reason, apply, pending};
pub use run::{Ending, Execution, ExecutionState, Run, Status};
