//! The agents' rules: per role, a first half that turns a brief into work and a second half that turns the work's
//! result into an outcome. Pure code: no I/O, no clock, no randomness; the hands do the work in between.
//!
//! [`definition`] reads an agent's YAML; [`work`] and [`outcome`] are the two halves; one file per role beside them.

mod architect;
mod coder;
pub mod definition;
mod deployer;
mod error;
mod noop;
mod planner;
mod reviewer;
mod role;
mod tester;

pub use definition::Definition;
pub use error::Error;
pub use planner::{PLAN_PATH, read_plan};
pub use reviewer::is_test_path;
pub use role::{Role, outcome, work};
