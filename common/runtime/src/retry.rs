//! How attempts are spaced: exponential delays with full jitter, a cap, and a limit of attempts.
//!
//! The `backoff` crate draws the growing delays and is used nowhere else, so that replacing it changes this file
//! alone. It is unmaintained; deny.toml holds the reasoned exception.

use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff as _;

/// How attempts are spaced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// The mean of the first delay.
    pub first: Duration,
    /// No delay is longer.
    pub longest: Duration,
    /// Each delay is about this many times the one before.
    pub factor: f64,
    /// Delays at most; `None` for no limit.
    pub retries: Option<usize>,
}

impl RetryPolicy {
    /// Delays for a step's next lease: from half a second up to thirty.
    pub const STEP: Self = Self {
        first: Duration::from_millis(500),
        longest: Duration::from_secs(30),
        factor: 2.0,
        retries: None,
    };

    /// Delays for a connection that was lost: from a quarter of a second up to five: a lease must not end while the way back is slept through.
    pub const CONNECTION: Self = Self {
        first: Duration::from_millis(250),
        longest: Duration::from_secs(5),
        factor: 2.0,
        retries: None,
    };

    /// The delays, one for each retry.
    pub fn delays(self) -> impl Iterator<Item = Duration> {
        let mut backoff = ExponentialBackoff {
            current_interval: self.first,
            initial_interval: self.first,
            randomization_factor: 1.0,
            multiplier: self.factor,
            max_interval: self.longest,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        let longest = self.longest;
        let delays = std::iter::from_fn(move || backoff.next_backoff()).map(move |delay| delay.min(longest));
        delays.take(self.retries.unwrap_or(usize::MAX))
    }

    /// The delay before the attempt after `attempt`, which counts from 1.
    pub fn after(self, attempt: u32) -> Duration {
        let index = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX).min(64);
        self.delays().nth(index).unwrap_or(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_bounded_and_their_number_too() {
        let policy = RetryPolicy { retries: Some(40), ..RetryPolicy::STEP };
        let delays: Vec<Duration> = policy.delays().collect();
        assert_eq!(delays.len(), 40);
        assert!(delays.iter().all(|delay| *delay <= policy.longest), "{delays:?}");
        assert!(RetryPolicy::STEP.after(u32::MAX) <= RetryPolicy::STEP.longest);
    }
}
