//! Splits a blueprint's files into commits. Each file goes into the first commit with a pattern for it.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use slipway_protocol::{Change, Piece};

use super::manifest::Commit;

/// Why files cannot be split.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unsplit {
    #[error("the pattern `{0}` of a commit is wrong")]
    Pattern(String),
    #[error("no commit has the file `{0}`")]
    Homeless(String),
    #[error("the commit \"{0}\" has no file")]
    Empty(String),
}

/// Splits `files` into one piece a commit.
pub(super) fn split(commits: &[Commit], files: BTreeMap<String, String>) -> Result<Vec<Piece>, Unsplit> {
    let patterns = commits.iter().map(|commit| patterns(&commit.files)).collect::<Result<Vec<_>, _>>()?;
    let mut pieces: Vec<Piece> = commits.iter().map(empty_piece).collect();
    for (path, text) in files {
        let Some(index) = patterns.iter().position(|set| set.is_match(&path)) else {
            return Err(Unsplit::Homeless(path));
        };
        pieces[index].changes.push(Change::file(path, text));
    }
    match pieces.iter().find(|piece| piece.changes.is_empty()) {
        Some(piece) => Err(Unsplit::Empty(piece.subject.clone())),
        None => Ok(pieces),
    }
}

fn empty_piece(commit: &Commit) -> Piece {
    Piece { subject: commit.subject.trim().into(), body: commit.body.trim().into(), changes: Vec::new() }
}

fn patterns(texts: &[String]) -> Result<GlobSet, Unsplit> {
    let mut set = GlobSetBuilder::new();
    for text in texts {
        let glob = GlobBuilder::new(text).literal_separator(true).build();
        set.add(glob.map_err(|_| Unsplit::Pattern(text.clone()))?);
    }
    set.build().map_err(|_| Unsplit::Pattern(texts.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(subject: &str, files: &[&str]) -> Commit {
        let files = files.iter().map(|&file| file.into()).collect();
        Commit { subject: subject.into(), body: "Why.\n".into(), files }
    }

    fn files(paths: &[&str]) -> BTreeMap<String, String> {
        paths.iter().map(|&path| (path.into(), "text\n".into())).collect()
    }

    #[test]
    fn a_file_goes_into_the_first_commit_that_has_it() {
        let commits = vec![commit("One", &["a/*.py"]), commit("Two", &["a/**", ".gitignore"])];
        let pieces = split(&commits, files(&["a/x.py", "a/b/y.py", ".gitignore"])).unwrap();
        let paths: Vec<Vec<&str>> = pieces
            .iter()
            .map(|piece| piece.changes.iter().map(|change| change.path.as_str()).collect())
            .collect();
        assert_eq!(paths, [vec!["a/x.py"], vec![".gitignore", "a/b/y.py"]]);
        assert_eq!(pieces[0].body, "Why.");
    }

    #[test]
    fn a_file_without_a_commit_and_a_commit_without_a_file_are_errors() {
        let homeless = split(&[commit("One", &["a"])], files(&["a", "b"]));
        assert_eq!(homeless, Err(Unsplit::Homeless("b".into())));
        let empty = split(&[commit("One", &["a"]), commit("Two", &["b"])], files(&["a"]));
        assert_eq!(empty, Err(Unsplit::Empty("Two".into())));
        let wrong = split(&[commit("One", &["a["])], files(&["a"]));
        assert_eq!(wrong, Err(Unsplit::Pattern("a[".into())));
    }
}
