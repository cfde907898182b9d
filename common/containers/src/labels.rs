//! The labels on everything that is made here: whose it is, and under which lease it was made.
//!
//! They are what the sweep goes by, and the only thing. Nothing without our labels is ever touched.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use slipway_protocol::{ExecutionId, Incarnation, Lease, TaskId};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const KIND: &str = "slipway.kind";
const TASK: &str = "slipway.task";
const EXECUTION: &str = "slipway.execution";
const LEASE: &str = "slipway.lease";
const INCARNATION: &str = "slipway.incarnation";
const OWNER: &str = "slipway.owner";
const EXPIRES: &str = "slipway.expires";

/// What a labelled thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A container that runs tests or installs what they need.
    Sandbox,
    /// A volume with what tests need.
    Volume,
    /// A running application.
    Preview,
    /// An application's image, and the images that it was built over.
    Image,
    /// The network that an owner's previews sit on; it belongs to no execution.
    Network,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Sandbox, Self::Volume, Self::Preview, Self::Image, Self::Network];

    /// The kind as its label says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Volume => "volume",
            Self::Preview => "preview",
            Self::Image => "image",
            Self::Network => "network",
        }
    }
}

/// For whom and under which lease a thing was made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Labels {
    /// The task.
    pub task: TaskId,
    /// The execution.
    pub execution: ExecutionId,
    /// The lease that it was made under.
    pub lease: Lease,
    /// The process that made it.
    pub incarnation: Incarnation,
    /// The id of the data directory, or of the fleet: several may share one engine.
    pub owner: String,
}

impl Labels {
    /// The labels of a thing of this kind.
    pub(crate) fn write(&self, kind: Kind, expires: Option<OffsetDateTime>) -> HashMap<String, String> {
        let mut labels = owned(&self.owner, kind);
        for (key, value) in self.of_attempt() {
            labels.insert(key, value);
        }
        labels.insert(TASK.into(), self.task.to_string());
        labels.insert(INCARNATION.into(), self.incarnation.to_string());
        if let Some(expires) = expires.and_then(|at| at.format(&Rfc3339).ok()) {
            labels.insert(EXPIRES.into(), expires);
        }
        labels
    }

    /// What finds the things of this execution under this lease, whichever process made them.
    pub(crate) fn of_attempt(&self) -> [(String, String); 3] {
        [
            (OWNER.into(), self.owner.clone()),
            (EXECUTION.into(), self.execution.to_string()),
            (LEASE.into(), self.lease.to_string()),
        ]
    }

    /// A name that no other thing has: of this attempt, this process and this call.
    pub(crate) fn name(&self, what: &str) -> String {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        let incarnation = self.incarnation.uuid().simple().to_string();
        format!("slipway-{what}-{}-{}-{}-{call}", self.execution, self.lease, &incarnation[16..])
    }
}

/// The labels of a thing of this kind that belongs to an owner and to no execution.
pub(crate) fn owned(owner: &str, kind: Kind) -> HashMap<String, String> {
    HashMap::from([(OWNER.into(), owner.to_owned()), (KIND.into(), kind.as_str().into())])
}

/// What a thing's labels say.
#[derive(Debug, Clone)]
pub(crate) struct Marked {
    pub(crate) kind: Kind,
    pub(crate) labels: Labels,
    pub(crate) expires: Option<OffsetDateTime>,
}

/// Reads the labels of a thing; `None` when they are not ours, or not whole.
pub(crate) fn read(labels: &HashMap<String, String>) -> Option<Marked> {
    fn parsed<T: FromStr>(labels: &HashMap<String, String>, key: &str) -> Option<T> {
        labels.get(key)?.parse().ok()
    }
    let kind = labels.get(KIND)?;
    let expires = labels.get(EXPIRES).and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    Some(Marked {
        kind: Kind::ALL.into_iter().find(|known| known.as_str() == kind)?,
        labels: Labels {
            task: parsed(labels, TASK)?,
            execution: parsed(labels, EXECUTION)?,
            lease: Lease::new(parsed(labels, LEASE)?),
            incarnation: parsed(labels, INCARNATION)?,
            owner: labels.get(OWNER)?.clone(),
        },
        expires,
    })
}

/// An engine's filter for things that have all of `labels`.
pub(crate) fn filter(labels: &[(String, String)]) -> HashMap<String, Vec<String>> {
    let wanted = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    HashMap::from([("label".into(), wanted)])
}

/// An engine's filter for an owner's things of one kind.
pub(crate) fn filter_kind(owner: &str, kind: Kind) -> HashMap<String, Vec<String>> {
    filter(&owned(owner, kind).into_iter().collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    fn labels() -> Labels {
        Labels {
            task: TaskId::new(Uuid::from_u128(1)),
            execution: ExecutionId::new(Uuid::from_u128(2)),
            lease: Lease::new(3),
            incarnation: Incarnation::new(Uuid::from_u128(4)),
            owner: "here".into(),
        }
    }

    #[test]
    fn labels_are_read_as_they_were_written() {
        let expires = datetime!(2026-11-21 12:00 UTC);
        let marked = read(&labels().write(Kind::Preview, Some(expires))).unwrap();
        assert_eq!((marked.kind, marked.labels, marked.expires), (Kind::Preview, labels(), Some(expires)));
    }

    #[test]
    fn what_lacks_a_label_of_ours_is_not_ours() {
        let whole = labels().write(Kind::Sandbox, None);
        for key in whole.keys() {
            let mut part = whole.clone();
            part.remove(key);
            assert!(read(&part).is_none(), "without {key}");
        }
    }

    #[test]
    fn two_calls_never_get_the_same_name() {
        assert_ne!(labels().name("test"), labels().name("test"));
    }
}
