//! Check `weakened-test`: from one revision to the next no test file, test or assertion went away, and none came to
//! be skipped. It counts; what it cannot see, an assertion made weaker in place, is a person's or an engine's to find.

use std::sync::LazyLock;

use regex::Regex;
use slipway_protocol::report::Finding;
use slipway_protocol::work::TestFiles;

use super::blocking;

/// Whether a path holds tests.
pub fn is_test_path(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let in_folder = path.split('/').any(|part| matches!(part, "test" | "tests" | "__tests__" | "spec"));
    in_folder
        || name.starts_with("test_")
        || name.contains(".test.")
        || name.contains("_test.")
        || name.contains(".spec.")
}

pub(super) fn check(revisions: &[TestFiles]) -> Vec<Finding> {
    revisions.windows(2).flat_map(|pair| compare(&pair[0], &pair[1])).collect()
}

fn compare(before: &TestFiles, after: &TestFiles) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, old) in &before.files {
        let old = Strength::of(old);
        if old.tests == 0 {
            continue;
        }
        let problem = match after.files.iter().find(|(other, _)| other == path) {
            None => Some(format!("{} tests are gone with their file", old.tests)),
            Some((_, new)) => old.lost_in(Strength::of(new)),
        };
        if let Some(problem) = problem {
            let between = format!("between {} and {}", before.commit.short(), after.commit.short());
            let message = format!("{problem} {between}; mend the code and not its tests");
            findings.push(blocking("weakened-test", message, Some(path)));
        }
    }
    findings
}

#[derive(Debug, Clone, Copy)]
struct Strength {
    tests: usize,
    assertions: usize,
    skips: usize,
}

impl Strength {
    fn of(content: &[u8]) -> Self {
        let text = String::from_utf8_lossy(content);
        let count = |pattern: &Regex| pattern.find_iter(&text).count();
        Self { tests: count(&TEST), assertions: count(&ASSERTION), skips: count(&SKIP) }
    }

    fn lost_in(self, new: Self) -> Option<String> {
        if new.tests < self.tests {
            Some(format!("{} of {} tests are gone", self.tests - new.tests, self.tests))
        } else if new.assertions < self.assertions {
            Some(format!("{} of {} assertions are gone", self.assertions - new.assertions, self.assertions))
        } else if new.skips > self.skips {
            Some(format!("{} more tests are skipped", new.skips - self.skips))
        } else {
            None
        }
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant and valid")
}

static TEST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?m)^\s*(async\s+)?def\s+test\w*|^\s*(await\s+)?(t\.)?(test|it)(\.\w+)?\s*\(")
});
static ASSERTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?m)\bself\.(assert\w+|fail)\s*\(|^\s*assert\s|\bassert(\.\w+)*\s*\(|\bexpect\s*\(")
});
static SKIP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"@(unittest\.)?(skip\w*|expectedFailure)|\bskipTest\s*\(|\b(test|it|describe)\.(skip|todo)\b|\b(skip|todo)\s*:\s*(true|['\x22`])|pytest\.mark\.(skip|xfail)|\bt\.(skip|todo)\s*\(",
    )
});
