//! What people and metrics see. No lock, no term: any coordinator answers.

pub(crate) mod counts;
pub(crate) mod events;
pub(crate) mod executions;
pub(crate) mod tasks;
