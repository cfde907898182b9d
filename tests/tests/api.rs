//! The HTTP surface as a program meets it: real requests over a socket, a real coordinator behind it, a real Postgres
//! behind that. Workers are played by the tests, on the memory broker.
//!
//! Open `api/world.rs` for what stands and for the worker that is played; the tests are beside it, by concern.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "api/feed.rs"]
mod feed;
#[path = "api/refusals.rs"]
mod refusals;
#[path = "api/results.rs"]
mod results;
#[path = "api/tasks.rs"]
mod tasks;
#[path = "api/world.rs"]
mod world;
