//! The process kit: what any process needs, whatever it does. It knows nothing of tasks or agents.
//!
//! [`Lifecycle`] starts and stops a process, [`config`] reads its settings, [`Clock`] gives it time and ids,
//! [`retry`] spaces its attempts, [`telemetry`] writes its log, [`health`] says how it
//! stands, [`fault`] makes it fail in tests.

pub mod clock;
pub mod config;
pub mod fault;
pub mod health;
pub mod lifecycle;
pub mod retry;
pub mod stack;
pub mod telemetry;

pub use clock::{Clock, SystemClock};
pub use health::Health;
pub use lifecycle::{Lifecycle, TaskKind};
