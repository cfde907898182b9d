//! What differs between two runs of the same task whatever the mode, and the names that stand for it: ids, commits,
//! folders, times, durations.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use slipway_protocol::{Event, ExecutionId};
use uuid::Uuid;

/// Steps of the delivery workflow.
const STEPS: [&str; 6] = ["plan", "architecture", "code", "test", "review", "deploy"];
/// More visits than a step can have.
const VISITS: u32 = 9;
/// The length of a UUID's text.
const UUID: usize = 36;

/// The names of one run.
pub(crate) struct Names {
    known: HashMap<Uuid, String>,
    short: String,
    folder: String,
    repository: PathBuf,
}

impl Names {
    /// Names for the run that `first` began. Its repository is bare; `folder` is where the process kept its state that
    /// did the work.
    pub(crate) fn new(first: &Event, repository: &Path, folder: &Path) -> Self {
        let mut known = HashMap::from([(first.task.uuid(), "<task>".to_owned())]);
        for step in STEPS {
            for visit in 1..=VISITS {
                let execution = ExecutionId::of(first.run, &step.parse().unwrap(), visit);
                known.insert(execution.uuid(), format!("<{step} {visit}>"));
            }
        }
        let (folder, repository) = (folder.display().to_string(), repository.to_owned());
        Self { known, short: first.task.short(), folder, repository }
    }

    /// The name of what is performed.
    pub(crate) fn execution(&self, id: ExecutionId) -> String {
        self.known.get(&id.uuid()).cloned().unwrap_or_else(|| format!("<unknown execution {id}>"))
    }

    /// A text with names in place of ids, commits and folders.
    pub(crate) fn text(&self, text: &str) -> String {
        let text = words(text, |word| self.word(word));
        let text = text.replace(&self.folder, "<folder>");
        text.replace("<folder>/lives/<id>/work", "<work>").replace("<folder>/work", "<work>")
    }

    /// What a program printed, with names also in place of durations.
    pub(crate) fn printed(&self, text: &str) -> String {
        without_fractions(&self.text(text))
    }

    fn word(&self, word: &str) -> Option<String> {
        if let Ok(id) = Uuid::parse_str(word)
            && word.len() == UUID
        {
            return Some(self.known.get(&id).cloned().unwrap_or_else(|| "<id>".into()));
        }
        if is_attempt(word) {
            return Some("<attempt>".into());
        }
        if word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            // What is in the commit, and not who made it when.
            let tree = self.git(&["rev-parse", "--verify", "--quiet", &format!("{word}^{{tree}}")]);
            return tree.map(|hash| format!("<tree {hash}>"));
        }
        word.contains(&self.short).then(|| word.replace(&self.short, "<short>"))
    }

    /// What the git program prints about the repository; `None` when it fails.
    pub(crate) fn git(&self, arguments: &[&str]) -> Option<String> {
        let output =
            Command::new("git").arg("--git-dir").arg(&self.repository).args(arguments).output().unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    /// The bytes of what `name` means in the repository.
    pub(crate) fn blob(&self, name: &str) -> Vec<u8> {
        let mut command = Command::new("git");
        let output =
            command.arg("--git-dir").arg(&self.repository).args(["cat-file", "blob", name]).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }
}

/// Whether a word names a holder: execution, lease and incarnation.
fn is_attempt(word: &str) -> bool {
    let is_id = |part: Option<&str>| part.is_some_and(|part| Uuid::parse_str(part).is_ok());
    word.len() > 2 * UUID && is_id(word.get(..UUID)) && is_id(word.get(word.len() - UUID..))
}

/// Replaces words of letters, digits and hyphens.
fn words(text: &str, replace: impl Fn(&str) -> Option<String>) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut done = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        done.push_str(&replace(word).unwrap_or_else(|| word.to_owned()));
        let next = after.find(is_part).unwrap_or(after.len());
        let (between, after) = after.split_at(next);
        done.push_str(between);
        rest = after;
    }
    done
}

/// Replaces numbers with a fraction: in what test runners print, these are durations.
fn without_fractions(text: &str) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
        let (number, after) = number.split_at(end);
        done.push_str(before);
        done.push_str(if number.trim_end_matches('.').matches('.').count() == 1 { "<n>" } else { number });
        rest = after;
    }
    done + rest
}

#[test]
fn only_numbers_with_a_fraction_are_durations() {
    assert_eq!(
        without_fractions("Ran 31 tests in 0.412s from 127.0.0.1."),
        "Ran 31 tests in <n>s from 127.0.0.1."
    );
}
