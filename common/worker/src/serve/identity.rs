//! Who a worker is, as its beats say it.

use slipway_protocol::fleet::{Beat, Running, Slots};
use slipway_protocol::{EventId, Incarnation};

use super::{Serves, load};

/// Who a worker is.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) incarnation: Incarnation,
    pub(super) name: String,
    pub(super) serves: Vec<Serves>,
}

/// What a worker does now.
#[derive(Debug, Default)]
pub(super) struct Now {
    pub(super) running: Vec<Running>,
    /// Slots in use, in the order of what is served.
    pub(super) busy: Vec<u32>,
    pub(super) unapplied: Vec<EventId>,
    pub(super) draining: bool,
}

impl Identity {
    pub(super) const fn new(incarnation: Incarnation, name: String, serves: Vec<Serves>) -> Self {
        Self { incarnation, name, serves }
    }

    /// Whether anything that it serves needs Docker.
    pub(super) fn needs_docker(&self) -> bool {
        self.serves.iter().any(|served| served.needs_docker)
    }

    /// A sign of life.
    pub(super) fn beat(&self, now: Now) -> Beat {
        let busy = now.busy.into_iter().chain(std::iter::repeat(0));
        let slots = |(served, busy): (&Serves, u32)| Slots {
            agent: served.agent.clone(),
            slots: served.slots.into(),
            busy,
        };
        Beat {
            incarnation: self.incarnation,
            worker: self.name.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
            agents: self.serves.iter().zip(busy).map(slots).collect(),
            running: now.running,
            unapplied: now.unapplied,
            draining: now.draining,
            load: load::now(),
        }
    }
}
