//! The harness: the `slipway` program with a data directory of its own, and what a test looks at afterwards.
//!
//! Nothing here decides what is right. Open `program.rs` for running the program, `http.rs` for looking at previews,
//! `docker.rs` for what is left on Docker, `sabotage.rs` for an engine that breaks what it makes.

#![expect(clippy::unwrap_used, reason = "a harness that cannot go on stops the test")]

pub mod docker;
pub mod http;
pub mod program;
pub mod sabotage;

pub use program::{Ended, Slipway};
