//! What runs generated code: sandboxes for tests, previews for people. None of that code is trusted.
//!
//! Nothing here decides what to run or judges what came of it. Whoever may talk to the engine's socket is root on
//! its host, so only trusted code links this crate, and what it starts never sees the socket.
//!
//! [`sandbox::run`] tests in a container without network; [`prepare::run`] installs what the tests need;
//! [`process::run`] is the weaker way without an engine; [`preview::deploy`] builds and starts an application;
//! [`sweep`] removes what nobody holds any more. Open `profile.rs` for what a container may do.

pub mod compose;
pub mod docker;
pub mod dockerfile;
pub mod labels;
pub mod prepare;
pub mod preview;
pub mod process;
pub mod program;
pub mod sandbox;
pub mod sweep;

mod profile;
mod removal;
mod stream;

pub use docker::{Docker, Image};
pub use labels::{Kind, Labels};
pub use program::{Finished, Layout, Limits, Program};
pub use stream::BundleError;
