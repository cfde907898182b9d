//! The repository that a clone shares with the other processes of a fleet: what is pushed to it, and what is brought
//! from it when the clone lacks it.
//!
//! A repository that a task made has the whole of its work there. Of an adopted one it is a companion: attempts and
//! artefacts only, since they concern nobody but the fleet. A person's origin gets the one branch that was asked for:
//! its host may refuse other references, would show them to its users and run its checks on each of them.
//!
//! What is created is created once and never moved; what is made there is written down in the clone only afterwards.
//! So whoever is killed, the same call done again finds the truth. How the program is run is in `program.rs`.

use git2::Oid;
use slipway_protocol::CommitId;

use crate::advance::Advanced;
use crate::error::{Error, Result, shown};
use crate::lock::Lock;
use crate::program::{Output, Reach, git};
use crate::refs;
use crate::remote::Remote;
use crate::repository::{Place, commit_id, oid};

/// How often Git asks whether a push may go on: its far end is silent while it checks what it got.
const PATIENT: [&str; 2] = ["-c", "http.lowSpeedTime=600"];

/// A clone's shared repository, and the right to write the clone.
pub(crate) struct Shared<'a> {
    place: &'a Place,
    repo: &'a git2::Repository,
    lock: &'a Lock,
    remote: &'a Remote,
    url: String,
}

/// What came of a push.
#[derive(Debug)]
pub(crate) enum Pushed {
    /// The reference is where it should be, and this is how it came there.
    Done(Advanced),
    /// It is not; this is what Git said.
    Refused(String),
}

/// Brings the commits that the clone lacks, with all that they build on. Without a shared repository, and when
/// nothing is missing, nothing is done.
pub(crate) fn bring(place: &Place, repo: &git2::Repository, commits: &[CommitId]) -> Result<()> {
    if place.shared.is_none() {
        return Ok(());
    }
    let wanted = commits.iter().map(|commit| oid(place, commit)).collect::<Result<Vec<_>>>()?;
    if lacking(repo, &wanted).is_empty() {
        return Ok(());
    }
    let lock = place.lock()?;
    match Shared::of(place, repo, &lock) {
        Some(shared) => shared.bring(&wanted),
        None => Ok(()),
    }
}

/// Packs are moved into place whole, so a commit that is there has all that it reaches.
fn lacking(repo: &git2::Repository, wanted: &[Oid]) -> Vec<Oid> {
    wanted.iter().copied().filter(|id| repo.find_commit(*id).is_err()).collect()
}

impl<'a> Shared<'a> {
    /// The place's shared repository, if it has one.
    pub(crate) fn of(place: &'a Place, repo: &'a git2::Repository, lock: &'a Lock) -> Option<Self> {
        let remote = place.settings.remote.as_ref()?;
        let url = remote.url(place.shared.as_ref()?);
        Some(Self { place, repo, lock, remote, url })
    }

    /// Its URL.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Creates the reference `name` at `new`. That it is there already is fine when it is at the same commit, and
    /// [`Error::Taken`] when it is at another.
    pub(crate) fn create(&self, name: &str, new: Oid) -> Result<()> {
        let Pushed::Refused(reason) = self.push(name, new, true)? else { return Ok(()) };
        match self.at(name)? {
            Some(at) if at == new => Ok(()),
            Some(at) => Err(Error::Taken { reference: name.to_owned(), at: commit_id(at) }),
            None => Err(self.refused(name, &reason)),
        }
    }

    /// Pushes `new` to `name`: where it is not there, or, unless it is to be created, where it can go forward.
    pub(crate) fn push(&self, name: &str, new: Oid, create: bool) -> Result<Pushed> {
        let said = self.git("pushing to", &push_arguments(&self.url, name, new, create))?;
        match refusal(&said.stdout) {
            None if said.success => Ok(Pushed::Done(done(&said.stdout))),
            None if is_too_large(&said.stderr) => Err(self.refused(name, &said.reason())),
            None => Err(self.failed("pushing to", &said)),
            // The line says "unpacker error" alone; why stands in what the far end printed.
            Some(reason) if reason.contains("unpack") => {
                Ok(Pushed::Refused(format!("{reason}; {}", said.reason())))
            }
            Some(reason) => Ok(Pushed::Refused(reason)),
        }
    }

    /// The commit that `name` is at there, if it is there.
    pub(crate) fn at(&self, name: &str) -> Result<Option<Oid>> {
        let arguments = ["ls-remote", "--quiet", "--end-of-options", &self.url, name].map(str::to_owned);
        let said = self.git("looking at", &arguments)?;
        if said.success {
            return Ok(listed(&said.stdout, name));
        }
        if is_absent(&said) { Ok(None) } else { Err(self.failed("looking at", &said)) }
    }

    /// Brings the commits that the clone lacks.
    pub(crate) fn bring(&self, wanted: &[Oid]) -> Result<()> {
        // Another task may have brought them while this one waited for the lock.
        self.refresh()?;
        let lacking = lacking(self.repo, wanted);
        let Some(first) = lacking.first() else { return Ok(()) };
        let sources: Vec<String> = lacking.iter().map(Oid::to_string).collect();
        let said = self.git("fetching from", &fetch_arguments(&self.url, &sources))?;
        if said.success {
            return self.refresh();
        }
        if is_absent(&said) {
            return Err(Error::UnknownCommit { commit: commit_id(*first), path: self.place.path.clone() });
        }
        Err(self.failed("fetching from", &said))
    }

    /// Brings what is under `name` there and sets the clone's own `name` to it; a name that is not there is left.
    pub(crate) fn follow(&self, name: &str) -> Result<Option<Oid>> {
        let Some(at) = self.at(name)? else { return Ok(None) };
        self.bring(&[at])?;
        refs::set(self.place, self.repo, self.lock, name, at)?;
        Ok(Some(at))
    }

    /// Brings the references that match `pattern`, such as `refs/slipway/artefacts/<execution>/*`.
    pub(crate) fn bring_references(&self, pattern: &str) -> Result<()> {
        let said =
            self.git("fetching from", &fetch_arguments(&self.url, &[format!("{pattern}:{pattern}")]))?;
        if said.success {
            return self.refresh();
        }
        if is_absent(&said) { Ok(()) } else { Err(self.failed("fetching from", &said)) }
    }

    /// The error for a refused push that nothing explains: the service may be out of space, say, and then another
    /// try helps; what is too large stays so.
    pub(crate) fn refused(&self, name: &str, reason: &str) -> Error {
        let reason = shown(reason, 600);
        if is_too_large(&reason) {
            let reason = format!("{reason}; its setting is repositories.max_push_mb");
            return Error::Push { origin: self.url.clone(), branch: name.to_owned(), reason };
        }
        Error::Network { doing: "pushing to", origin: self.url.clone(), detail: reason }
    }

    fn git(&self, doing: &'static str, arguments: &[String]) -> Result<Output> {
        self.lock.remove_stale(&self.place.path, self.place.settings.stale_lock_after)?;
        let arguments: Vec<String> =
            PATIENT.map(str::to_owned).into_iter().chain(arguments.iter().cloned()).collect();
        git(self.place, self.lock, (doing, &self.url), Reach::Shared(self.remote), &arguments)
    }

    fn failed(&self, doing: &'static str, said: &Output) -> Error {
        if is_unauthorised(said) {
            return Error::Unauthorised { url: self.url.clone() };
        }
        Error::Network { doing, origin: self.url.clone(), detail: said.reason() }
    }

    fn refresh(&self) -> Result<()> {
        let refreshed = self.repo.odb().and_then(|odb| odb.refresh());
        refreshed.map_err(|error| Error::git("reading what was fetched", &self.place.path, error))
    }
}

/// Each fetch keeps its pack: loose objects are written one by one, and a killed fetch would leave a commit without
/// its files.
fn fetch_arguments(url: &str, sources: &[String]) -> Vec<String> {
    let options = ["-c", "fetch.unpackLimit=1", "fetch", "--quiet", "--no-tags", "--no-recurse-submodules"];
    let target = ["--no-write-fetch-head", "--no-auto-maintenance", "--end-of-options", url];
    options.into_iter().chain(target).map(str::to_owned).chain(sources.iter().cloned()).collect()
}

/// With `create`, Git compares and swaps against "not there" and nothing else.
fn push_arguments(url: &str, name: &str, new: Oid, create: bool) -> Vec<String> {
    let options = ["push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"];
    let absent = create.then(|| format!("--force-with-lease={name}:"));
    let target = ["--end-of-options".to_owned(), url.to_owned(), format!("{new}:{name}")];
    options.into_iter().map(str::to_owned).chain(absent).chain(target).collect()
}

/// The commit of `name` in `ls-remote`'s answer, which also lists names that only end alike.
fn listed(answer: &str, name: &str) -> Option<Oid> {
    answer.lines().find_map(|line| {
        let (id, found) = line.split_once('\t')?;
        if found == name { Oid::from_str(id).ok() } else { None }
    })
}

/// Why a reference was refused, from `push --porcelain`: `!<tab>from:to<tab>summary (reason)`.
fn refusal(answer: &str) -> Option<String> {
    let line = answer.lines().find(|line| line.starts_with("!\t"))?;
    Some(line.splitn(3, '\t').nth(2).unwrap_or(line).to_owned())
}

/// How an accepted reference came to be where it is, by its line's flag.
fn done(answer: &str) -> Advanced {
    let has = |flag: &str| answer.lines().any(|line| line.starts_with(flag));
    if has("*\t") {
        Advanced::Created
    } else if has("=\t") {
        Advanced::AlreadyThere
    } else {
        Advanced::Moved
    }
}

/// Whether the repository or the commit is not there, as opposed to a failure on the way.
fn is_absent(said: &Output) -> bool {
    let missing = |line: &str| {
        line.contains("not our ref")
            || (line.starts_with("fatal: repository '") && line.ends_with("' not found"))
    };
    said.stderr.lines().any(missing)
}

/// Whether the far end said that a push is over its limit; the connection may have broken off over it.
fn is_too_large(text: &str) -> bool {
    text.contains("maximum allowed size")
}

fn is_unauthorised(said: &Output) -> bool {
    let signs = [
        "unable to get password",
        "could not read Username",
        "could not read Password",
        "Authentication failed",
        "returned error: 403",
    ];
    signs.iter().any(|sign| said.stderr.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://host/a.git";
    const NAME: &str = "refs/slipway/attempts/x/1-y";

    fn said(stderr: &str) -> Output {
        Output { success: false, stdout: String::new(), stderr: stderr.to_owned() }
    }

    #[test]
    fn no_argument_of_ours_can_be_taken_for_an_option_and_nothing_is_forced() {
        let id = Oid::from_str(&"a".repeat(40)).unwrap();
        let fetch = fetch_arguments(URL, &[id.to_string()]);
        for arguments in [fetch, push_arguments(URL, NAME, id, true), push_arguments(URL, NAME, id, false)] {
            let end = arguments.iter().position(|argument| argument == "--end-of-options").unwrap();
            assert_eq!(arguments[end + 1], URL);
            assert!(arguments[end + 1..].iter().all(|argument| !argument.starts_with('+')), "{arguments:?}");
            assert!(!arguments.iter().any(|argument| argument == "--force"), "{arguments:?}");
        }
        let lease = format!("--force-with-lease={NAME}:");
        assert!(push_arguments(URL, NAME, id, true).contains(&lease));
        assert!(!push_arguments(URL, NAME, id, false).iter().any(|argument| argument.contains("force")));
    }

    #[test]
    fn only_the_very_reference_counts_as_listed() {
        let id = "b".repeat(40);
        let answer = format!("{id}\trefs/other/{NAME}\n");
        assert_eq!(listed(&answer, NAME), None);
        assert_eq!(listed(&format!("{answer}{id}\t{NAME}\n"), NAME).unwrap().to_string(), id);
    }

    #[test]
    fn what_is_not_there_is_told_from_what_could_not_be_asked() {
        assert!(is_absent(&said("fatal: repository 'http://host/a.git/' not found")));
        assert!(is_absent(&said("fatal: remote error: upload-pack: not our ref aaaa")));
        assert!(!is_absent(&said(
            "fatal: unable to access 'http://host/a.git/': Could not resolve host: host"
        )));
        assert!(is_unauthorised(&said(
            "fatal: could not read Username for 'http://host': terminal prompts disabled"
        )));
    }
}
