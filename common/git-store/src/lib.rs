//! The hand that touches Git: repositories, judged commits, attempts, branches, artefacts, exports.
//!
//! Work is written straight into an object store of our own: there is no checkout, no index and no filter on the way,
//! and hooks, attributes and configuration of a repository that others can write are never run or obeyed. What an
//! engine proposes passes [`judge`] first, whole or not at all. Nothing here decides what to build, reads a clock or
//! draws a random number.
//!
//! The methods want a Tokio runtime with I/O and time; libgit2's blocking work goes to its blocking threads.
//!
//! Open [`Store`] for where repositories come from, [`Repository`] for what can be done with one, and [`judge`] for
//! what is refused.

mod advance;
mod archive;
mod artefacts;
mod commit;
mod diff;
mod error;
mod export;
pub mod judge;
mod local;
mod lock;
mod message;
mod network;
mod origin;
mod program;
mod read;
mod refs;
mod remote;
mod repository;
mod shared;
mod store;
mod tree;

pub use advance::Advanced;
pub use commit::Author;
pub use error::{Error, Result};
pub use export::{LeftOut, Worktree};
pub use judge::{Refused, Rule};
pub use read::LogEntry;
pub use remote::Remote;
pub use repository::Repository;
pub use store::{Settings, Store};
