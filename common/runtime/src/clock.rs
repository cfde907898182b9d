//! Time and ids from outside, so that tests can set both.

use std::fmt::Debug;
use std::sync::Mutex;

use time::{Duration, OffsetDateTime};
use uuid::{NoContext, Timestamp, Uuid};

/// Where a process takes the time of day and fresh ids from.
pub trait Clock: Debug + Send + Sync {
    /// The time now, in UTC.
    fn now(&self) -> OffsetDateTime;

    /// A fresh `UUIDv7`.
    fn new_id(&self) -> Uuid;
}

/// The machine's clock and randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that draws ids")]
    fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// A fake clock for tests: each reading is one millisecond after the one before, and ids count up.
#[derive(Debug)]
pub struct FakeClock {
    state: Mutex<(OffsetDateTime, u64)>,
}

impl FakeClock {
    /// A clock that begins at `start`.
    pub const fn starting_at(start: OffsetDateTime) -> Self {
        Self { state: Mutex::new((start, 0)) }
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner).0 += by;
    }
}

impl Clock for FakeClock {
    fn now(&self) -> OffsetDateTime {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.0 += Duration::MILLISECOND;
        state.0
    }

    fn new_id(&self) -> Uuid {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.1 += 1;
        let seconds = u64::try_from(state.0.unix_timestamp()).unwrap_or_default();
        let drawn = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, 0));
        let mut bytes = *drawn.as_bytes();
        bytes[8..].copy_from_slice(&(state.1 | 0x8000_0000_0000_0000).to_be_bytes());
        Uuid::from_bytes(bytes)
    }
}
