//! What differs between two commits: as files for the computed checks, as a patch for people and models.
//!
//! libgit2 compares objects; it runs no diff driver and no text conversion, and the repository is opened without any
//! configuration that names one.

use git2::{Delta, Diff, DiffDelta, DiffFile, DiffFormat, DiffLine, DiffOptions, FileMode};
use slipway_protocol::CommitId;
use slipway_protocol::work::FileChange;

use crate::error::{Error, Result};
use crate::read::blob;
use crate::repository::Place;
use crate::tree;

/// A file that is larger is shown as binary, in bytes.
const MAX_TEXT: i64 = 1024 * 1024;
/// How much the changed files may hold together, in bytes.
const MAX_TOTAL: usize = 256 * 1024 * 1024;

pub(crate) fn changes(
    place: &Place,
    repo: &git2::Repository,
    from: &CommitId,
    to: &CommitId,
) -> Result<Vec<FileChange>> {
    let diff = compare(place, repo, (from, to))?;
    let mut total = 0;
    let mut found = Vec::with_capacity(diff.deltas().len());
    for delta in diff.deltas() {
        let change = change(place, repo, &delta)?;
        total += [&change.before, &change.after].into_iter().flatten().map(Vec::len).sum::<usize>();
        if total > MAX_TOTAL {
            return Err(Error::TooLarge { what: "the change".to_owned(), limit: "256 MiB" });
        }
        found.push(change);
    }
    Ok(found)
}

pub(crate) fn patch(
    place: &Place,
    repo: &git2::Repository,
    commits: (&CommitId, &CommitId),
    cap: usize,
) -> Result<String> {
    let diff = compare(place, repo, commits)?;
    let mut patch = Patch { text: String::new(), cut: false, cap };
    match diff.print(DiffFormat::Patch, |_, _, line| patch.add(&line)) {
        Err(_) if patch.cut => Ok(patch.text),
        Err(error) => Err(Error::git("comparing commits", &place.path, error)),
        Ok(()) => Ok(patch.text),
    }
}

fn compare<'r>(
    place: &Place,
    repo: &'r git2::Repository,
    (from, to): (&CommitId, &CommitId),
) -> Result<Diff<'r>> {
    let (from, to) = (tree::of_commit(place, repo, from)?, tree::of_commit(place, repo, to)?);
    let mut options = DiffOptions::new();
    options.include_typechange(true).context_lines(3).max_size(MAX_TEXT);
    repo.diff_tree_to_tree(Some(&from), Some(&to), Some(&mut options))
        .map_err(|error| Error::git("comparing commits", &place.path, error))
}

fn change(place: &Place, repo: &git2::Repository, delta: &DiffDelta<'_>) -> Result<FileChange> {
    let (old, new) = (delta.old_file(), delta.new_file());
    let gone = delta.status() == Delta::Deleted;
    let path =
        String::from_utf8_lossy(new.path_bytes().or(old.path_bytes()).unwrap_or_default()).into_owned();
    let before = (delta.status() != Delta::Added).then(|| bytes(place, repo, &old, &path)).transpose()?;
    let after = (!gone).then(|| bytes(place, repo, &new, &path)).transpose()?;
    Ok(FileChange { path, before, after, mode: if gone { 0 } else { new.mode().into() } })
}

fn bytes(place: &Place, repo: &git2::Repository, file: &DiffFile<'_>, path: &str) -> Result<Vec<u8>> {
    match file.mode() {
        FileMode::Commit => Ok(file.id().to_string().into_bytes()),
        _ => blob(place, repo, file.id(), path),
    }
}

/// A patch as it grows line by line.
struct Patch {
    text: String,
    cut: bool,
    cap: usize,
}

impl Patch {
    /// Adds a line, or the notice that the rest is left out; gives whether there may be more.
    fn add(&mut self, line: &DiffLine<'_>) -> bool {
        let notice = format!("# cut here: the whole patch is longer than {} bytes\n", self.cap);
        let content = String::from_utf8_lossy(line.content());
        let sign = if matches!(line.origin(), '+' | '-' | ' ') { Some(line.origin()) } else { None };
        let needed = content.len() + sign.map_or(0, char::len_utf8);
        if self.text.len() + needed + notice.len() > self.cap {
            self.cut = true;
            if self.text.len() + notice.len() <= self.cap {
                self.text.push_str(&notice);
            }
            return false;
        }
        self.text.extend(sign);
        self.text.push_str(&content);
        true
    }
}
