//! The shell around the rules: performs one step, drives a whole run in one process, or serves in a fleet.
//!
//! Open [`perform`] for the middle of every step, whichever mode it runs in; `hands/` for what carries its work out;
//! [`sequential`] for the run that needs no services; [`serve`] for a worker of the fleet. No rule about what happens next lives here: that is `workflow`'s.

mod error;
pub mod hands;
pub mod junit;
pub mod layout;
pub mod perform;
pub mod process;
pub mod sequential;
pub mod serve;
pub mod spool;
pub mod summary;
mod sweeping;

pub use error::{Failure, chain};
pub use hands::Hands;
pub use layout::Layout;
pub use perform::{Performer, Progress};
pub use sequential::{Observer, Sequential};
pub use summary::{Summary, TaskStatus};
pub use sweeping::sweep_docker;
