//! All SQL: what the coordinator keeps in Postgres, and how it is read.
//!
//! Nothing here decides: what an event does to a run is `slipway-workflow`'s, when to do what is the coordinator's. Open
//! `leader.rs` for who may write, `tick.rs` for the one transaction in which the leader writes, `read.rs` for what
//! people see, `error.rs` for what a failure means to the caller. The tables are in `migrations/`, and
//! `docs/reference/database.md` tells of them.

mod connection;
mod error;
mod fleet;
mod flights;
mod leader;
mod migrate;
mod outbox;
mod pauses;
mod read;
mod retention;
mod tick;
mod words;

pub use connection::{Options, Store};
pub use error::Error;
pub use fleet::{Instance, SeenInstance};
pub use flights::{Flight, FlightState};
pub use leader::{Leader, Term};
pub use migrate::Schema;
pub use outbox::Outgoing;
pub use pauses::{Pause, Paused};
pub use read::counts::Counts;
pub use read::events::Recorded;
pub use read::executions::{Attempt, AttemptOutcome, ExecutionRecord, ExecutionStatus};
pub use read::tasks::{Cursor, Page, TaskFilter, TaskRecord};
pub use retention::{Pruned, Retention};
pub use tick::Tick;
pub use tick::intake::{Accepted, NewTask};
pub use tick::ready::Ready;
pub use tick::record::{Change, Entry, Outcome};
pub use tick::runs::Locked;
pub use words::TaskStatus;
