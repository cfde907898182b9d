//! Results that do not belong on the branch: one commit without a parent per holder, whose tree holds the files.
//!
//! The commit depends on the files alone, so that storing the same again writes nothing new. Retention deletes the
//! references; Git then forgets the files.

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid};
use slipway_protocol::{Artefact, ArtefactRef, Digest, ExecutionId, Holder};

use crate::commit::{holder_path, own_signature};
use crate::error::{Error, Result, shown};
use crate::judge;
use crate::read::{MAX_READ, file};
use crate::refs::{self, Written};
use crate::repository::{Place, commit_id};
use crate::shared::Shared;
use crate::tree;

pub(crate) fn put(
    place: &Place,
    repo: &git2::Repository,
    holder: &Holder,
    artefacts: &[Artefact],
) -> Result<Vec<ArtefactRef>> {
    judge::names(artefacts.iter().map(|artefact| artefact.name.as_str()))?;
    if let Some(large) = artefacts.iter().find(|artefact| artefact.bytes.len() > MAX_READ) {
        let what = format!("the artefact `{}`", shown(&large.name, 120));
        return Err(Error::TooLarge { what, limit: "64 MiB" });
    }
    if !artefacts.is_empty() {
        store(place, repo, holder, artefacts)?;
    }
    Ok(artefacts.iter().map(Artefact::reference).collect())
}

pub(crate) fn get(
    place: &Place,
    repo: &git2::Repository,
    holder: &Holder,
    name: &str,
) -> Result<Option<Vec<u8>>> {
    let name_of_all = reference(holder);
    let mut stored = refs::read(place, repo, &name_of_all)?;
    if stored.is_none() && place.shared.is_some() {
        bring(place, repo, &format!("refs/slipway/artefacts/{}/*", holder.execution))?;
        stored = refs::read(place, repo, &name_of_all)?;
    }
    match stored {
        Some(commit) => file(place, repo, &commit_id(commit), name),
        None => Ok(None),
    }
}

pub(crate) fn get_verified(
    place: &Place,
    repo: &git2::Repository,
    execution: ExecutionId,
    wanted: &ArtefactRef,
) -> Result<Option<Vec<u8>>> {
    match find(place, repo, execution, wanted) {
        Ok(None) | Err(Error::Digest { .. }) if place.shared.is_some() => {
            bring(place, repo, &format!("refs/slipway/artefacts/{execution}/*"))?;
            find(place, repo, execution, wanted)
        }
        found => found,
    }
}

fn bring(place: &Place, repo: &git2::Repository, references: &str) -> Result<()> {
    let lock = place.lock()?;
    match Shared::of(place, repo, &lock) {
        Some(shared) => shared.bring_references(references),
        None => Ok(()),
    }
}

fn find(
    place: &Place,
    repo: &git2::Repository,
    execution: ExecutionId,
    wanted: &ArtefactRef,
) -> Result<Option<Vec<u8>>> {
    let reading = |error| Error::git("reading the references", &place.path, error);
    let mut other = false;
    for reference in
        repo.references_glob(&format!("refs/slipway/artefacts/{execution}/*")).map_err(reading)?
    {
        let Ok(Some(commit)) = reference.map(|reference| reference.target()) else { continue };
        let Some(bytes) = file(place, repo, &commit_id(commit), &wanted.name)? else { continue };
        if bytes.len() as u64 == wanted.size && Digest::of(&bytes) == wanted.digest {
            return Ok(Some(bytes));
        }
        other = true;
    }
    if other {
        return Err(Error::Digest { name: shown(&wanted.name, 120), wanted: wanted.digest.to_string() });
    }
    Ok(None)
}

fn store(place: &Place, repo: &git2::Repository, holder: &Holder, artefacts: &[Artefact]) -> Result<()> {
    let name = reference(holder);
    let lock = place.lock()?;
    let old = refs::read(place, repo, &name)?;
    let new = commit(place, repo, holder, old, artefacts)?;
    if old == Some(new) {
        return Ok(());
    }
    if let Some(shared) = Shared::of(place, repo, &lock) {
        shared.create(&name, new)?;
    }
    match refs::swap(place, repo, &lock, &name, (old, new))? {
        Written::Done => Ok(()),
        Written::Changed => Err(Error::Locked { path: place.path.join(name) }),
    }
}

/// The commit of what is stored already and the new files.
fn commit(
    place: &Place,
    repo: &git2::Repository,
    holder: &Holder,
    old: Option<Oid>,
    artefacts: &[Artefact],
) -> Result<Oid> {
    let failed = |error| Error::git("storing artefacts", &place.path, error);
    let empty = || repo.find_tree(repo.treebuilder(None)?.write()?);
    let before = match old {
        Some(old) => tree::of_commit(place, repo, &commit_id(old))?,
        None => empty().map_err(failed)?,
    };
    let stored = tree::entries(place, repo, &before)?;
    let mut update = TreeUpdateBuilder::new();
    let mut names: Vec<String> =
        stored.iter().map(|entry| String::from_utf8_lossy(&entry.path).into_owned()).collect();
    for artefact in artefacts {
        let id = repo.blob(&artefact.bytes).map_err(failed)?;
        match stored.iter().find(|entry| entry.path == artefact.name.as_bytes()) {
            Some(entry) if entry.id == id => {}
            Some(_) => return Err(Error::ArtefactTaken { name: shown(&artefact.name, 120) }),
            None => {
                names.push(artefact.name.clone());
                update.upsert(artefact.name.as_str(), id, FileMode::Blob);
            }
        }
    }
    judge::names(names.iter().map(String::as_str))?;
    let mut write = || {
        let tree = repo.find_tree(update.create_updated(repo, &before)?)?;
        let signature = own_signature(0)?;
        let text = format!("Artefacts of {} under lease {}\n", holder.execution, holder.lease);
        repo.commit(None, &signature, &signature, &text, &tree, &[])
    };
    write().map_err(failed)
}

fn reference(holder: &Holder) -> String {
    format!("refs/slipway/artefacts/{}", holder_path(holder))
}
