//! The store against a real Postgres. Nothing of the coordinator is here: each test is a few ticks.
//!
//! Open `store/world.rs` for the database and the run that the tests play with; the tests are beside it, by concern.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "store/handing_out.rs"]
mod handing_out;
#[path = "store/intake.rs"]
mod intake;
#[path = "store/leader.rs"]
mod leader;
#[path = "store/queries.rs"]
mod queries;
#[path = "store/record.rs"]
mod record;
#[path = "store/rest.rs"]
mod rest;
#[path = "store/schema.rs"]
mod schema;
#[path = "store/world.rs"]
mod world;
