//! The shell around the rules: performs one step, and drives a whole run in one process.
//!
//! Open [`perform`] for the middle of every step, whichever mode it runs in; `hands/` for what carries its work out;
//! [`sequential`] for the run that needs no services. No rule about what happens next lives here: that is `workflow`'s.

mod error;
pub mod hands;
pub mod junit;
pub mod layout;
pub mod perform;
pub mod sequential;
pub mod summary;
mod sweeping;

pub use error::{Failure, chain};
pub use hands::Hands;
pub use layout::Layout;
pub use perform::{Performer, Progress};
pub use sequential::{Observer, Sequential};
pub use summary::Summary;
pub use sweeping::sweep_docker;
