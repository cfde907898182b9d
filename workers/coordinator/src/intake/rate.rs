//! How many requests are taken: so many a second, and so many at once after a quiet time.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A limit for one process, shared by all its doors. The queue waits for its turn; HTTP is told to come again.
#[derive(Debug)]
pub struct Rate {
    /// How long one request uses up.
    each: Duration,
    /// How far ahead of the time requests may run.
    ahead: Duration,
    /// When all that was taken is used up.
    used_until: Mutex<Option<Instant>>,
}

impl Rate {
    /// `per_second` requests each second in the long run, and up to `burst` at once; of each at least one.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let each = Duration::from_secs(1) / per_second.max(1);
        Self { each, ahead: each * burst.saturating_sub(1), used_until: Mutex::new(None) }
    }

    /// Takes one at `now`, or says how long to wait before asking again.
    pub fn take(&self, now: Instant) -> Result<(), Duration> {
        let mut used_until = self.used_until.lock().unwrap_or_else(PoisonError::into_inner);
        let until = used_until.map_or(now, |until| until.max(now));
        let early = (until - now).saturating_sub(self.ahead);
        if early.is_zero() {
            *used_until = Some(until + self.each);
            Ok(())
        } else {
            Err(early)
        }
    }

    /// Takes one, as soon as there is one.
    pub async fn wait(&self) {
        while let Err(early) = self.take(Instant::now()) {
            tokio::time::sleep(early).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_at_once_and_then_so_many_each_second() {
        let (rate, start) = (Rate::new(10, 5), Instant::now());
        for _ in 0..5 {
            assert_eq!(rate.take(start), Ok(()));
        }
        assert_eq!(rate.take(start), Err(Duration::from_millis(100)));
        assert_eq!(rate.take(start + Duration::from_millis(99)), Err(Duration::from_millis(1)));
        assert_eq!(rate.take(start + Duration::from_millis(100)), Ok(()));
        assert!(rate.take(start + Duration::from_millis(100)).is_err());
    }

    #[test]
    fn a_long_quiet_time_saves_up_no_more_than_a_burst() {
        let (rate, start) = (Rate::new(10, 2), Instant::now());
        assert_eq!(rate.take(start), Ok(()));
        let later = start + Duration::from_hours(1);
        assert_eq!((rate.take(later), rate.take(later)), (Ok(()), Ok(())));
        assert!(rate.take(later).is_err());
    }

    #[tokio::test]
    async fn waiting_ends_with_a_turn() {
        let rate = Rate::new(1000, 1);
        for _ in 0..3 {
            rate.wait().await;
        }
        assert!(rate.take(Instant::now()).is_err());
    }
}
