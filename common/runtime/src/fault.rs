//! Named points at which tests make a program fail. A shipped program has none: without the feature `fault-points`
//! every call here is a constant.
//!
//! `FAULT_POINTS` holds `point=action` pairs parted by `;`. An action is `abort`, `error` or `delay:<milliseconds>`,
//! with `@<n>` for the n-th hit alone (from 1). An `error` before a deed says that it was not done; at a point after
//! the deed it is "done, and the answer was lost". `FAULT_LOG` names a file to which each hit appends its point's name.
//! `FAULT_MUTANT` takes one guard out of the program, to show that the checks would notice.

/// A point that was told to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the fault point {0} was told to fail")]
pub struct Injected(pub &'static str);

/// Passes the point `name`, such as `coordinator/committed`.
///
/// # Errors
///
/// The point was told to fail.
#[cfg(not(feature = "fault-points"))]
#[inline]
#[expect(clippy::unused_async, reason = "with the feature it may wait")]
pub async fn point(_name: &'static str) -> Result<(), Injected> {
    Ok(())
}

/// Whether the guard `name` was taken out of the program.
#[cfg(not(feature = "fault-points"))]
#[inline]
pub const fn mutant(_name: &str) -> bool {
    false
}

#[cfg(feature = "fault-points")]
pub use armed::{mutant, point};

#[cfg(feature = "fault-points")]
mod armed {
    use std::collections::HashMap;
    use std::fs::OpenOptions;
    use std::io::Write as _;
    use std::sync::{LazyLock, Mutex};
    use std::time::Duration;

    use super::Injected;

    static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
        let text = std::env::var("FAULT_POINTS").unwrap_or_default();
        text.split(';').filter(|rule| !rule.trim().is_empty()).map(Rule::parse).collect()
    });
    static MUTANT: LazyLock<String> = LazyLock::new(|| std::env::var("FAULT_MUTANT").unwrap_or_default());
    static HITS: LazyLock<Mutex<HashMap<&'static str, u64>>> = LazyLock::new(Mutex::default);

    struct Rule {
        point: String,
        action: Action,
        hit: Option<u64>,
    }

    #[derive(Clone, Copy)]
    enum Action {
        Abort,
        Error,
        Delay(Duration),
    }

    impl Rule {
        fn parse(text: &str) -> Self {
            let malformed = || panic!("FAULT_POINTS: {text:?} is not point=action[@hit]");
            let (point, action) = text.trim().split_once('=').unwrap_or_else(malformed);
            let (action, hit) = action.split_once('@').map_or((action, None), |(action, hit)| {
                (
                    action,
                    Some(hit.parse().unwrap_or_else(|_| panic!("FAULT_POINTS: {text:?} has no hit number"))),
                )
            });
            let action = match action.split_once(':') {
                None if action == "abort" => Action::Abort,
                None if action == "error" => Action::Error,
                Some(("delay", ms)) => Action::Delay(Duration::from_millis(
                    ms.parse()
                        .unwrap_or_else(|_| panic!("FAULT_POINTS: {text:?} has no number of milliseconds")),
                )),
                _ => malformed_action(text),
            };
            Self { point: point.to_owned(), action, hit }
        }
    }

    fn malformed_action(text: &str) -> Action {
        panic!("FAULT_POINTS: {text:?} must abort, error or delay")
    }

    /// Passes the point `name`, such as `coordinator/committed`.
    ///
    /// # Errors
    ///
    /// The point was told to fail.
    pub async fn point(name: &'static str) -> Result<(), Injected> {
        let hit = count(name);
        let rule =
            RULES.iter().find(|rule| rule.point == name && rule.hit.is_none_or(|wanted| wanted == hit));
        match rule.map(|rule| rule.action) {
            None => Ok(()),
            Some(Action::Abort) => std::process::abort(),
            Some(Action::Error) => Err(Injected(name)),
            Some(Action::Delay(delay)) => {
                tokio::time::sleep(delay).await;
                Ok(())
            }
        }
    }

    fn count(name: &'static str) -> u64 {
        let mut hits = HITS.lock().expect("nothing panics while it holds the counts");
        let hit = hits.entry(name).or_default();
        *hit += 1;
        if let Ok(path) = std::env::var("FAULT_LOG") {
            let opened = OpenOptions::new().create(true).append(true).open(path);
            let written = opened.and_then(|mut file| file.write_all(format!("{name}\n").as_bytes()));
            written.expect("FAULT_LOG names a file that can be written");
        }
        *hit
    }

    /// Whether the guard `name` was taken out of the program.
    pub fn mutant(name: &str) -> bool {
        *MUTANT == name
    }
}
