//! The tree that a change set is judged against: which paths it has and what they are.

use std::collections::BTreeMap;

use super::{fold, prefixes};

/// What a path of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A symbolic link.
    Symlink,
    /// Another repository's commit.
    Submodule,
    /// A folder.
    Folder,
}

/// A tree's paths.
#[derive(Debug, Clone, Default)]
pub struct Base {
    kinds: BTreeMap<String, Kind>,
    spellings: BTreeMap<String, Vec<String>>,
}

impl Base {
    /// What is at `path`, if anything is.
    pub fn kind(&self, path: &str) -> Option<Kind> {
        self.kinds.get(path).copied()
    }

    /// A spelling under `key` when there are some and `spelling` is none of them.
    pub(super) fn other_spelling(&self, key: &str, spelling: &str) -> Option<&str> {
        let known = self.spellings.get(key)?;
        if known.iter().any(|one| one == spelling) { None } else { known.first().map(String::as_str) }
    }

    fn add(&mut self, path: &str, kind: Kind) {
        if self.kinds.insert(path.to_owned(), kind).is_none() {
            self.spellings.entry(fold::same_name(path)).or_default().push(path.to_owned());
        }
    }
}

/// Makes a base from its files, links and submodules; their folders follow.
impl<'a> FromIterator<(&'a str, Kind)> for Base {
    fn from_iter<T: IntoIterator<Item = (&'a str, Kind)>>(entries: T) -> Self {
        let mut base = Self::default();
        for (path, kind) in entries {
            for folder in prefixes(path).filter(|prefix| *prefix != path) {
                if base.kind(folder).is_none() {
                    base.add(folder, Kind::Folder);
                }
            }
            base.add(path, kind);
        }
        base
    }
}
