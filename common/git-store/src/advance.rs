//! Moving a branch forward along accepted commits: under `feature/`, fast-forward only, never forced.
//!
//! In an adopted repository the origin's branch decides and moves first, in a fleet's own the shared repository's, then
//! the clone's own; killed in between, the same call finds that branch where it should be and completes the rest. How
//! commits get there is in `local.rs`, `network.rs` and `shared.rs`.

use git2::Oid;
use slipway_protocol::CommitId;

use crate::error::{Error, Result, shown};
use crate::lock::Lock;
use crate::origin::Origin;
use crate::refs::{self, Written};
use crate::repository::{Place, commit_id};
use crate::shared::{Pushed, Shared};
use crate::{local, network, store, tree};

/// How often a branch that moves under our hands is looked at anew.
const TRIES: usize = 5;

/// What became of a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advanced {
    /// It was not there and now is.
    Created,
    /// It moved forward.
    Moved,
    /// It contained the commit already.
    AlreadyThere,
}

/// What is to be done to a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Create,
    Move(Oid),
    Leave,
}

impl Decision {
    fn done(self) -> Advanced {
        match self {
            Self::Create => Advanced::Created,
            Self::Move(_) => Advanced::Moved,
            Self::Leave => Advanced::AlreadyThere,
        }
    }

    fn old(self) -> Option<Oid> {
        if let Self::Move(old) = self { Some(old) } else { None }
    }
}

/// A branch and where it shall go.
struct Step<'a> {
    place: &'a Place,
    repo: &'a git2::Repository,
    lock: &'a Lock,
    branch: &'a str,
    to: Oid,
}

/// Moves `branch` to `to`; see [`crate::Repository::advance`].
pub(crate) fn advance(
    place: &Place,
    repo: &git2::Repository,
    branch: &str,
    to: &CommitId,
) -> Result<Advanced> {
    if !is_ours(branch) {
        return Err(Error::Branch { branch: shown(branch, 120) });
    }
    let to = tree::commit(place, repo, to)?.id();
    let lock = place.lock()?;
    let step = Step { place, repo, lock: &lock, branch, to };
    let Some(origin) = &place.origin else {
        return match Shared::of(place, repo, &lock) {
            Some(shared) => step.at_shared(&shared),
            None => step.own(),
        };
    };
    step.decide(&step.own_name(), &place.path.display().to_string())?;
    let advanced = step.at_origin(origin)?;
    step.own()?;
    Ok(advanced)
}

/// Whether a branch is one that Slipway moves: a valid name under `feature/` that no program takes for an option.
fn is_ours(branch: &str) -> bool {
    branch.strip_prefix("feature/").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('-'))
        && branch.len() <= 200
        && branch.is_ascii()
        && git2::Reference::is_valid_name(&format!("refs/heads/{branch}"))
}

impl Step<'_> {
    fn own_name(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    /// Moves the branch of our own repository.
    fn own(&self) -> Result<Advanced> {
        let name = self.own_name();
        for _ in 0..TRIES {
            let decision = self.decide(&name, &self.place.path.display().to_string())?;
            if decision == Decision::Leave {
                return Ok(decision.done());
            }
            let written = refs::swap(self.place, self.repo, self.lock, &name, (decision.old(), self.to))?;
            if written == Written::Done {
                return Ok(decision.done());
            }
        }
        Err(Error::Locked { path: self.place.path.join(name) })
    }

    /// Moves the shared repository's branch, then our own after it. Our own is only ever where the shared one was
    /// seen, and that one only goes forward: what our own contains, it contains.
    fn at_shared(&self, shared: &Shared<'_>) -> Result<Advanced> {
        let name = self.own_name();
        let mut reason = String::new();
        for attempt in 0..TRIES {
            let decision = match self.decide(&name, shared.url()) {
                // Our own may be behind; the next look decides.
                Err(Error::NotFastForward { .. }) if attempt == 0 => None,
                decision => Some(decision?),
            };
            match decision {
                Some(Decision::Leave) => return Ok(Advanced::AlreadyThere),
                Some(_) => match shared.push(&name, self.to, false)? {
                    Pushed::Done(advanced) => {
                        refs::set(self.place, self.repo, self.lock, &name, self.to)?;
                        return Ok(advanced);
                    }
                    Pushed::Refused(refused) => reason = refused,
                },
                None => {}
            }
            if shared.follow(&name)?.is_none() {
                refs::delete(self.place, self.repo, self.lock, &name)?;
            }
        }
        Err(shared.refused(&name, &reason))
    }

    /// Moves the origin's branch.
    fn at_origin(&self, origin: &Origin) -> Result<Advanced> {
        let tracking = format!("refs/remotes/origin/{}", self.branch);
        for _ in 0..TRIES {
            store::fetch(self.place, self.repo, self.lock)?;
            let decision = self.decide(&tracking, &origin.to_string())?;
            if decision == Decision::Leave {
                return Ok(decision.done());
            }
            let move_ = (decision.old(), self.to);
            let written = match origin {
                Origin::Folder(folder) => {
                    local::push(self.place, self.repo, self.lock, folder, self.branch, move_)?
                }
                Origin::Network(url) => network::push(self.place, self.lock, url, self.branch, self.to)?,
            };
            if written == Written::Done {
                refs::set(self.place, self.repo, self.lock, &tracking, self.to)?;
                return Ok(decision.done());
            }
        }
        let reason = "it kept moving while it was written; try again".to_owned();
        Err(Error::Push { origin: origin.to_string(), branch: self.branch.to_owned(), reason })
    }

    /// What is to be done for `name` to contain the commit, if that can be done by going forward.
    fn decide(&self, name: &str, origin: &str) -> Result<Decision> {
        let Some(at) = refs::read(self.place, self.repo, name)? else {
            return self.room_for(name, origin).map(|()| Decision::Create);
        };
        let failed = |error| Error::git("comparing commits", &self.place.path, error);
        if at == self.to || self.repo.graph_descendant_of(at, self.to).map_err(failed)? {
            return Ok(Decision::Leave);
        }
        if self.repo.graph_descendant_of(self.to, at).map_err(failed)? {
            return Ok(Decision::Move(at));
        }
        Err(Error::NotFastForward {
            branch: self.branch.to_owned(),
            origin: origin.to_owned(),
            at: commit_id(at),
            to: commit_id(self.to),
        })
    }

    /// Whether a new branch fits beside the others: `a` and `a/b` cannot both be.
    fn room_for(&self, name: &str, origin: &str) -> Result<()> {
        let failed = |error| Error::git("reading the references", &self.place.path, error);
        let stem = name.strip_suffix(self.branch).unwrap_or_default();
        let mut other = None;
        for (at, _) in self.branch.match_indices('/') {
            let parent = &self.branch[..at];
            if refs::read(self.place, self.repo, &format!("{stem}{parent}"))?.is_some() {
                other = Some(parent.to_owned());
            }
        }
        let mut below = self.repo.references_glob(&format!("{name}/*")).map_err(failed)?;
        if let Some(Ok(child)) = below.names().next() {
            other = Some(child.strip_prefix(stem).unwrap_or(child).to_owned());
        }
        other.map_or(Ok(()), |other| {
            Err(Error::Clash { branch: self.branch.to_owned(), other, origin: origin.to_owned() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_valid_names_under_feature_are_moved() {
        for good in ["feature/task-1a2b3c4d", "feature/a/b", "feature/x.y"] {
            assert!(is_ours(good), "{good}");
        }
        for bad in [
            "",
            "main",
            "feature",
            "feature/",
            "feature//a",
            "feature/-x",
            "feature/a..b",
            "feature/a.lock",
            "feature/a b",
            "feature/a:b",
            "feature/a^",
            "feature/@{",
            "feature/é",
            "Feature/a",
            "refs/heads/feature/a",
            "feature/../main",
            "feature/a\n",
        ] {
            assert!(!is_ours(bad), "{bad}");
        }
    }
}
