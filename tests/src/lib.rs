//! The harness: the `slipway` program with a data directory of its own, and what a test looks at afterwards.
//!
//! Nothing here decides what is right. Open `program.rs` for running the program, `driver.rs` for runs with other engines,
//! `sabotage.rs` for an engine that breaks what it makes, `mutations.rs` for the ways in which it does.

#![expect(clippy::unwrap_used, reason = "a harness that cannot go on stops the test")]

pub mod checker;
pub mod docker;
pub mod driver;
pub mod fleet;
pub mod http;
pub mod mutations;
pub mod program;
pub mod sabotage;
pub mod services;
pub mod trace;

pub use program::{Ended, Slipway};
