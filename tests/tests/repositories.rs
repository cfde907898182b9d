//! Workers that share repositories through the fleet's Git service: each has clones of its own, the service is the real
//! one, in this process or, where it is killed, in another.
//!
//! Open `repositories/bench.rs` for what they have, and the modules beside it for what is asked of whom.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "repositories/adopted.rs"]
mod adopted;
#[path = "repositories/bench.rs"]
mod bench;
#[path = "repositories/killed.rs"]
mod killed;
#[path = "repositories/service.rs"]
mod service;
#[path = "repositories/shared.rs"]
mod shared;
