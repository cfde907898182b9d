//! The fleet's coordinator: takes tasks in, decides what happens next, and keeps the truth in Postgres.
//!
//! Open [`leader`] for who leads, `lead.rs` for one term, `tick.rs` for the one transaction through which everything
//! is written, `decide.rs` for what an event does. The rules of a run are not here: they are `workflow`'s. No work is
//! done here either: that is the workers'.

mod answer;
pub mod api;
pub mod command;
pub mod config;
mod consume;
mod decide;
mod facts;
mod fleet;
pub mod intake;
mod item;
mod lead;
pub mod leader;
mod obey;
mod outbox;
mod prepare;
pub mod process;
mod publisher;
mod returned;
mod rules;
mod tick;
mod watch;

pub use leader::{Coordinator, Limits, Setup};
