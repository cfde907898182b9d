//! An origin behind https or ssh: the `git` program fetches and pushes for us, from inside our own bare mirror.
//!
//! Nothing is forced: a push is refused by Git itself when the origin's branch has moved. How the program is run is
//! in `program.rs`; which branch may move where is decided in `advance.rs`.

use git2::Oid;

use crate::error::{Error, Result, shown};
use crate::lock::Lock;
use crate::program::{Output, Reach, git};
use crate::read::ORIGIN_HEAD;
use crate::refs::{self, Written};
use crate::repository::Place;

/// Brings the origin's branches and its `HEAD` into the mirror; branches that are gone there go here too.
pub(crate) fn fetch(place: &Place, mirror: &git2::Repository, lock: &Lock, url: &str) -> Result<()> {
    lock.remove_stale(&place.path, place.settings.stale_lock_after)?;
    let said = run(place, lock, ("looking at", url), &head_arguments(url))?;
    let head = has_head(&said.stdout);
    run(place, lock, ("fetching from", url), &fetch_arguments(url, head))?;
    if !head {
        refs::delete(place, mirror, lock, ORIGIN_HEAD)?;
    }
    let refreshed = mirror.odb().and_then(|odb| odb.refresh());
    refreshed.map_err(|error| Error::git("reading what was fetched", &place.path, error))
}

/// Moves the origin's branch forward to `new`.
pub(crate) fn push(place: &Place, lock: &Lock, url: &str, branch: &str, new: Oid) -> Result<Written> {
    let said = git(place, lock, ("pushing to", url), Reach::Origin, &push_arguments(url, branch, new))?;
    let (origin, branch) = (url.to_owned(), branch.to_owned());
    match refusal(&said.stdout) {
        None if said.success => Ok(Written::Done),
        None => Err(Error::Network { doing: "pushing to", origin, detail: said.reason() }),
        Some(reason) if reason.contains("fetch first") || reason.contains("non-fast-forward") => {
            Ok(Written::Changed)
        }
        Some(reason) => Err(Error::Push { origin, branch, reason: shown(&reason, 300) }),
    }
}

fn run(
    place: &Place,
    lock: &Lock,
    (doing, url): (&'static str, &str),
    arguments: &[String],
) -> Result<Output> {
    let output = git(place, lock, (doing, url), Reach::Origin, arguments)?;
    if output.success {
        return Ok(output);
    }
    Err(Error::Network { doing, origin: url.to_owned(), detail: output.reason() })
}

fn head_arguments(url: &str) -> Vec<String> {
    ["ls-remote", "--quiet", "--end-of-options", url, "HEAD"].map(str::to_owned).to_vec()
}

/// The branches, and `HEAD` where there is one; asking for one that is not there would fail.
fn fetch_arguments(url: &str, head: bool) -> Vec<String> {
    let options =
        ["fetch", "--quiet", "--prune", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"];
    let source = ["--no-auto-maintenance", "--end-of-options", url, "+refs/heads/*:refs/remotes/origin/*"];
    let head = head.then(|| format!("+HEAD:{ORIGIN_HEAD}"));
    options.into_iter().chain(source).map(str::to_owned).chain(head).collect()
}

fn push_arguments(url: &str, branch: &str, new: Oid) -> Vec<String> {
    let options = ["push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"];
    let moved = format!("{new}:refs/heads/{branch}");
    let target = ["--end-of-options", url, moved.as_str()];
    options.into_iter().chain(target).map(str::to_owned).collect()
}

/// Whether `ls-remote` knows a commit for `HEAD`.
fn has_head(answer: &str) -> bool {
    answer.lines().any(|line| line.strip_suffix("\tHEAD").is_some_and(|id| Oid::from_str(id).is_ok()))
}

/// Why the origin refused the branch, from `push --porcelain`: `!<tab>from:to<tab>summary (reason)`.
fn refusal(answer: &str) -> Option<String> {
    let line = answer.lines().find(|line| line.starts_with("!\t"))?;
    Some(line.splitn(3, '\t').nth(2).unwrap_or(line).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "ssh://git@example.com/a";

    #[test]
    fn no_argument_of_ours_can_be_taken_for_an_option() {
        let id = Oid::from_str(&"a".repeat(40)).unwrap();
        for arguments in
            [head_arguments(URL), fetch_arguments(URL, true), push_arguments(URL, "feature/x", id)]
        {
            let end = arguments.iter().position(|argument| argument == "--end-of-options").unwrap();
            assert_eq!(arguments[end + 1], URL);
            assert!(arguments.iter().all(|argument| !argument.contains("force")), "{arguments:?}");
        }
        let push = push_arguments(URL, "feature/x", id);
        assert_eq!(*push.last().unwrap(), format!("{id}:refs/heads/feature/x"));
    }

    #[test]
    fn the_origins_answers_are_read_line_by_line() {
        let id = "b".repeat(40);
        let answer = format!("warning: something\n{id}\tHEAD\n{id}\trefs/remotes/origin/HEAD\n");
        assert!(has_head(&answer));
        assert!(!has_head("") && !has_head(&answer.replace("\tHEAD", "\trefs/heads/main")));
        let refused = "To ssh://x\n!\tabc:refs/heads/feature/x\t[rejected] (fetch first)\nDone\n";
        assert_eq!(refusal(refused).as_deref(), Some("[rejected] (fetch first)"));
        assert_eq!(refusal("To ssh://x\n*\tabc:refs/heads/feature/x\t[new branch]\nDone\n"), None);
    }
}
