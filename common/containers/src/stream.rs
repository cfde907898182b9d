//! Bytes on their way in and out: the log that cannot grow, and archives that are read with distrust.

mod archive;
mod log;

pub use archive::BundleError;
pub(crate) use archive::{build_context, bundle, read_outputs};
pub(crate) use log::{CappedLog, tail};
