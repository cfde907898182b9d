//! What a proposed change may do to a tree: pure rules, judged over the whole change set before anything is written.
//!
//! Nothing here opens a repository. The rules take the strictest of the file systems that a result may be unpacked on
//! (Linux, macOS, Windows), since a branch travels. A change is judged against the base as it is: to turn a file into
//! a folder, or to change only a name's case, delete it in one piece and add it in the next.
//! Open `judge/path.rs` for the rules of one path, `judge/fold.rs` for which names count as the same.

mod base;
pub(crate) mod fold;
mod path;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use slipway_protocol::{Change, Content};

pub use base::{Base, Kind};

use crate::error::shown;

/// How many files one change set may touch.
pub const MAX_FILES: usize = 500;
/// How large one file may be, in bytes.
pub const MAX_FILE: usize = 1024 * 1024;
/// How large all files of a change set may be together, in bytes.
pub const MAX_TOTAL: usize = 10 * 1024 * 1024;
/// How long a path may be, in bytes.
pub const MAX_PATH: usize = 1024;
/// How long a segment of a path may be, in bytes.
pub const MAX_SEGMENT: usize = 255;

/// A change set that is refused whole, for the first rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    path: String,
    rule: Rule,
}

impl Refused {
    fn new(path: &str, rule: Rule) -> Self {
        Self { path: shown(path, 120), rule }
    }

    /// The path that broke the rule, escaped for display; empty when the rule is about the whole set.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The rule.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// The rule's stable name, such as `change.absolute-path`.
    pub fn code(&self) -> &'static str {
        self.rule.code()
    }
}

impl std::error::Error for Refused {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "the change is refused whole: {}", self.rule)
        } else {
            write!(f, "the change is refused whole, because of `{}`: {}", self.path, self.rule)
        }
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident $(($field:ident: $kind:ty))? = $code:literal, $text:literal;)*) => {
        /// A rule that a change set can break.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[$doc])* $name $(($kind))?,)*
        }

        impl Rule {
            /// The rule's stable name.
            pub fn code(&self) -> &'static str {
                match self {
                    $(Self::$name $(($field))? => { $(let _ = $field;)? $code })*
                }
            }
        }

        impl fmt::Display for Rule {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name $(($field))? => write!(f, $text $(, $field = $field)?),)*
                }
            }
        }
    };
}

rules! {
    /// The set touches more than [`MAX_FILES`] files.
    TooManyFiles = "change.too-many-files", "at most 500 files in one piece; split it";
    /// A file has more than [`MAX_FILE`] bytes.
    FileTooLarge = "change.file-too-large", "at most 1 MiB in one file; split it or leave it out";
    /// The files have more than [`MAX_TOTAL`] bytes together.
    TooLarge = "change.too-large", "at most 10 MiB in one piece; split it";
    /// The path is empty, or a segment of it is.
    EmptySegment = "change.empty-segment", "no empty segment; write `folder/file`";
    /// The path starts at the root.
    Absolute = "change.absolute-path", "paths start at the top of the tree, without a leading slash";
    /// A segment is `.` or `..`.
    DotSegment = "change.dot-segment", "no `.` or `..`; write the path from the top of the tree";
    /// The path has a control character, or one that changes the direction of text.
    Control = "change.control-character", "no control characters";
    /// The path has a backslash.
    Backslash = "change.backslash", "no backslash; segments are separated by `/`";
    /// The path has a colon, as in a drive letter or a stream.
    Colon = "change.colon", "no colon and no drive letter";
    /// A segment ends in a dot or a space.
    TrailingDotOrSpace = "change.trailing-dot-or-space", "no segment ends in a dot or a space";
    /// A segment is a device on Windows.
    Reserved = "change.reserved-name", "the name is reserved on Windows; choose another";
    /// A segment has more than [`MAX_SEGMENT`] bytes.
    SegmentTooLong = "change.segment-too-long", "at most 255 bytes in one segment";
    /// The path has more than [`MAX_PATH`] bytes.
    PathTooLong = "change.path-too-long", "at most 1024 bytes in one path";
    /// A segment is `.git`, or counts as it somewhere.
    GitFolder = "change.git-folder", "nothing may be named like `.git`, in any spelling";
    /// A segment is `.gitmodules`, or counts as it somewhere.
    GitModules = "change.git-modules", "nothing may be named like `.gitmodules`, in any spelling";
    /// The content is a symbolic link.
    Symlink = "change.symlink", "no symbolic links; write a regular file";
    /// The content is a submodule, or there is one at the path.
    Submodule = "change.submodule", "no submodule is made, replaced or removed";
    /// A parent of the path is a file in the base.
    ThroughFile = "change.through-file", "a part of the path is a file; delete that file in an earlier piece";
    /// A parent of the path is a symbolic link in the base.
    ThroughSymlink = "change.through-symlink", "a part of the path is a symbolic link; write to where it points";
    /// A parent of the path is a submodule in the base.
    ThroughSubmodule = "change.through-submodule", "a part of the path is a submodule, which is never written";
    /// The path is a folder in the base.
    FolderInTheWay = "change.folder-in-the-way", "the path is a folder; name its files, or delete them first";
    /// The path is a file and a folder within the set.
    FileAndFolder = "change.file-and-folder", "another path of this piece needs it to be a folder";
    /// The path comes twice.
    Duplicate = "change.duplicate", "the path comes twice in this piece";
    /// The path and another one are the same on some file system.
    Collision(other: String) = "change.collision", "it is the same as `{other}` where case or accents do not count";
}

/// Judges a whole change set against the tree that it is to change.
pub fn judge(base: &Base, changes: &[Change]) -> Result<(), Refused> {
    sizes(changes)?;
    for change in changes {
        path::judge(&change.path).map_err(|rule| Refused::new(&change.path, rule))?;
        content(change)?;
        in_base(base, &change.path)?;
    }
    duplicates(changes.iter().map(|change| change.path.as_str()))?;
    file_and_folder(written(changes))?;
    collisions(base, changes)
}

/// Judges names that lie side by side in a tree of their own, such as artefacts' names.
pub(crate) fn names<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Result<(), Refused> {
    for name in names.clone() {
        path::judge(name).map_err(|rule| Refused::new(name, rule))?;
    }
    duplicates(names.clone())?;
    file_and_folder(names)
}

/// Whether a tree's entry may be unpacked under this name: one path that was not judged when it was committed.
pub(crate) fn unpackable(path: &str) -> Result<(), Rule> {
    path::unpackable(path)
}

fn sizes(changes: &[Change]) -> Result<(), Refused> {
    if changes.len() > MAX_FILES {
        return Err(Refused::new("", Rule::TooManyFiles));
    }
    let mut total = 0_usize;
    for change in changes {
        let Content::File { bytes, .. } = &change.content else { continue };
        if bytes.len() > MAX_FILE {
            return Err(Refused::new(&change.path, Rule::FileTooLarge));
        }
        total += bytes.len();
    }
    if total > MAX_TOTAL { Err(Refused::new("", Rule::TooLarge)) } else { Ok(()) }
}

fn content(change: &Change) -> Result<(), Refused> {
    match change.content {
        Content::File { .. } | Content::Absent => Ok(()),
        Content::Symlink { .. } => Err(Refused::new(&change.path, Rule::Symlink)),
        Content::Submodule { .. } => Err(Refused::new(&change.path, Rule::Submodule)),
    }
}

/// The base's own entries: nothing is written through one that is not a folder, and no folder is overwritten.
fn in_base(base: &Base, path: &str) -> Result<(), Refused> {
    let rule = prefixes(path).find_map(|prefix| match (base.kind(prefix)?, prefix == path) {
        (Kind::Submodule, true) => Some(Rule::Submodule),
        (Kind::Folder, true) => Some(Rule::FolderInTheWay),
        (Kind::File | Kind::Symlink, true) | (Kind::Folder, false) => None,
        (Kind::File, false) => Some(Rule::ThroughFile),
        (Kind::Symlink, false) => Some(Rule::ThroughSymlink),
        (Kind::Submodule, false) => Some(Rule::ThroughSubmodule),
    });
    rule.map_or(Ok(()), |rule| Err(Refused::new(path, rule)))
}

fn duplicates<'a>(paths: impl Iterator<Item = &'a str>) -> Result<(), Refused> {
    let mut seen = BTreeSet::new();
    for path in paths {
        if !seen.insert(path) {
            return Err(Refused::new(path, Rule::Duplicate));
        }
    }
    Ok(())
}

fn file_and_folder<'a>(files: impl Iterator<Item = &'a str> + Clone) -> Result<(), Refused> {
    let folders: BTreeSet<&str> =
        files.clone().flat_map(|path| prefixes(path).filter(move |prefix| *prefix != path)).collect();
    for path in files {
        if folders.contains(path) {
            return Err(Refused::new(path, Rule::FileAndFolder));
        }
    }
    Ok(())
}

/// Two spellings of one name, in the set or between the set and the base; folders count as well.
fn collisions(base: &Base, changes: &[Change]) -> Result<(), Refused> {
    let mut added: BTreeMap<String, &str> = BTreeMap::new();
    for change in changes {
        for prefix in prefixes(&change.path) {
            let key = fold::same_name(prefix);
            let other = base.other_spelling(&key, prefix);
            let other = other.or_else(|| added.get(&key).copied().filter(|spelling| *spelling != prefix));
            if let Some(other) = other {
                return Err(Refused::new(&change.path, Rule::Collision(shown(other, 120))));
            }
            if change.content != Content::Absent {
                added.insert(key, prefix);
            }
        }
    }
    Ok(())
}

fn written(changes: &[Change]) -> impl Iterator<Item = &str> + Clone {
    changes.iter().filter(|change| change.content != Content::Absent).map(|change| change.path.as_str())
}

/// `a`, `a/b` and `a/b/c` of `a/b/c`.
fn prefixes(path: &str) -> impl Iterator<Item = &str> + Clone {
    path.match_indices('/').map(|(at, _)| &path[..at]).chain(std::iter::once(path))
}

#[cfg(test)]
mod tests;
