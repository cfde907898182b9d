//! Words and numbers as columns hold them.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use slipway_protocol::{Lease, Priority};
use time::{Duration, OffsetDateTime};

use crate::error::Unreadable;

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// It was accepted and has no run yet.
    Pending,
    /// It may be a duplicate; a person releases or drops it.
    Held,
    /// It has a run that goes on.
    Running,
    /// A person must let its commit pass.
    AwaitingApproval,
    /// Its run reached its end.
    Completed,
    /// It cannot go on.
    Failed,
    /// A person stopped it.
    Cancelled,
}

impl TaskStatus {
    /// Whether it never changes again.
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&word(*self))
    }
}

/// A closed choice as its column holds it: the word that it has in JSON.
pub(crate) fn word<T: Serialize>(choice: T) -> String {
    match serde_json::to_value(choice) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("a choice without data is a string in JSON, not {other:?}"),
    }
}

/// The choice that `column` holds.
pub(crate) fn choice<T: DeserializeOwned>(column: &'static str, word: &str) -> Result<T, Unreadable> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|source| Unreadable::because(column, word, source))
}

/// The name that `column` holds.
pub(crate) fn name<T>(column: &'static str, text: &str) -> Result<T, Unreadable>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(|source| Unreadable::because(column, text, source))
}

/// A count that `column` holds.
pub(crate) fn count<T: TryFrom<i64>>(column: &'static str, number: i64) -> Result<T, Unreadable> {
    T::try_from(number).map_err(|_| Unreadable::because(column, number, "the number is out of its range"))
}

/// The lease that `column` holds.
pub(crate) fn lease(column: &'static str, number: i64) -> Result<Lease, Unreadable> {
    count(column, number).map(Lease::new)
}

/// Text for people, without the one character that Postgres refuses.
pub(crate) fn plain(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// A whole number of rows as Postgres takes it.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// When a task that was asked for at `created_at` counts as asked for, among tasks of all priorities: ordered by it,
/// the more urgent goes first, and what waits long enough overtakes what is a little more urgent.
pub(crate) fn urgency(priority: Priority, created_at: OffsetDateTime) -> OffsetDateTime {
    let offset = match priority {
        Priority::Critical => Duration::days(-1),
        Priority::High => Duration::ZERO,
        Priority::Normal => Duration::minutes(2),
        Priority::Low => Duration::minutes(10),
    };
    created_at.saturating_add(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_task_overtakes_a_normal_one_that_came_eight_minutes_later() {
        let start = OffsetDateTime::UNIX_EPOCH;
        let low = urgency(Priority::Low, start);
        assert!(low > urgency(Priority::Normal, start + Duration::minutes(7)));
        assert!(low < urgency(Priority::Normal, start + Duration::minutes(9)));
        assert!(low < urgency(Priority::High, start + Duration::minutes(11)));
        assert!(urgency(Priority::Critical, start + Duration::hours(23)) < urgency(Priority::High, start));
    }

    #[test]
    fn a_choice_is_read_back_from_its_word() {
        assert_eq!(word(TaskStatus::AwaitingApproval), "awaiting_approval");
        assert_eq!(
            choice::<TaskStatus>("tasks.status", "awaiting_approval").unwrap(),
            TaskStatus::AwaitingApproval
        );
        assert!(
            choice::<TaskStatus>("tasks.status", "lost").unwrap_err().to_string().contains("tasks.status")
        );
    }
}
