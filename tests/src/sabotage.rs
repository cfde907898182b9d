//! An engine that thinks like another one and then breaks its code: a fake for faults that real engines make.

use std::sync::Arc;

use async_trait::async_trait;
use slipway_engines::{Blueprint, Engine, Error};
use slipway_protocol::work::{Answer, Thought};
use slipway_protocol::{Content, Piece};

type Break = dyn Fn(u32, &mut Vec<Piece>) + Send + Sync;

/// The blueprint engine, sabotaged.
#[derive(Clone)]
pub struct Sabotage {
    name: String,
    inner: Arc<Blueprint>,
    breaking: Arc<Break>,
}

impl std::fmt::Debug for Sabotage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sabotage").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Sabotage {
    /// An engine whose code `breaking` changes; it is told the revision.
    pub fn new(breaking: impl Fn(u32, &mut Vec<Piece>) + Send + Sync + 'static) -> Self {
        Self { name: "blueprint".into(), inner: Arc::new(Blueprint), breaking: Arc::new(breaking) }
    }

    /// The same under another name: it is no blueprint then, and not trusted as one.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }
}

#[async_trait]
impl Engine for Sabotage {
    fn name(&self) -> &str {
        &self.name
    }

    async fn think(&self, thought: &Thought) -> Result<Answer, Error> {
        let mut answer = self.inner.think(&as_blueprint(thought)).await?;
        match (thought, &mut answer) {
            (Thought::Code { revision, .. }, Answer::Code(pieces)) => (self.breaking)(*revision, pieces),
            (Thought::Plan { .. }, Answer::Plan(plan)) => plan.generator.engine.clone_from(&self.name),
            _ => {}
        }
        Ok(answer)
    }
}

/// The blueprint engine answers only for plans of its own.
fn as_blueprint(thought: &Thought) -> Thought {
    let mut thought = thought.clone();
    match &mut thought {
        Thought::Plan { .. } => {}
        Thought::Architecture { plan } | Thought::Code { plan, .. } | Thought::Review { plan, .. } => {
            plan.generator.engine = "blueprint".into();
        }
    }
    thought
}

/// Replaces `find`, which must be there exactly once, in the file at `path`.
#[track_caller]
pub fn replace(pieces: &mut [Piece], path: &str, find: &str, replace: &str) {
    let change = pieces.iter_mut().flat_map(|piece| &mut piece.changes).find(|change| change.path == path);
    let change = change.unwrap_or_else(|| panic!("there is no file {path}"));
    let Content::File { bytes, .. } = &mut change.content else { panic!("{path} is no file") };
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert_eq!(text.matches(find).count(), 1, "{find:?} must be in {path} exactly once");
    *bytes = text.replacen(find, replace, 1).into_bytes();
}
