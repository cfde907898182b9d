//! What thinks for an agent: the [`Engine`] seam and the engines behind it.
//!
//! An engine answers a [`Thought`](slipway_protocol::work::Thought) with values; it never touches a repository, runs a
//! program or decides what happens next. [`Blueprint`] is the engine that works offline: a catalogue of whole, tested
//! applications. Open [`engine`] for the seam, `blueprint.rs` for the engine, `prompt.rs` for how a prompt is read,
//! and `blueprints/catalogue.yaml` for what is on offer.

pub mod engine;

mod blueprint;
mod catalogue;
mod english;
mod parameters;
mod prompt;
mod refusal;

pub use blueprint::Blueprint;
pub use catalogue::{Entry, catalogue};
pub use engine::{Engine, Error};
pub use refusal::{Reason, Refusal};
