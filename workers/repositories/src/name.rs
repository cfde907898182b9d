//! How repositories are named: `<name>.git` for what a task made, `origins/<name>.git` for the companion of an adopted
//! one. A name that passes here cannot leave the data folder, hide in it, or be taken for an option. Pure.

use std::fmt;
use std::path::{Path, PathBuf};

/// How long a name may be without its ending, in bytes.
const LONGEST: usize = 64;

/// A repository's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Name {
    /// What a task made; anyone may read it.
    Own(String),
    /// The companion of an adopted repository, which may be private.
    Origin(String),
}

impl Name {
    /// Reads `<name>.git`.
    pub(crate) fn own(segment: &str) -> Option<Self> {
        plain(segment).map(Self::Own)
    }

    /// Reads the `<name>.git` below `origins/`.
    pub(crate) fn origin(segment: &str) -> Option<Self> {
        plain(segment).map(Self::Origin)
    }

    /// Whether anyone may read it.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self, Self::Own(_))
    }

    /// Its folder.
    pub(crate) fn folder(&self, data: &Path) -> PathBuf {
        data.join(self.to_string())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(name) => write!(f, "{name}.git"),
            Self::Origin(name) => write!(f, "origins/{name}.git"),
        }
    }
}

fn plain(segment: &str) -> Option<String> {
    let name = segment.strip_suffix(".git")?;
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = (1..=LONGEST).contains(&name.len()) && name.bytes().all(allowed) && !name.starts_with('-');
    fits.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain_and_ends_in_git() {
        for good in ["a.git", "1a2b3c4d.git", "a-b.git", &format!("{}.git", "a".repeat(64))] {
            assert!(Name::own(good).is_some(), "{good}");
        }
        for bad in [
            "",
            ".git",
            "a",
            "A.git",
            "-a.git",
            "a.b.git",
            "a_b.git",
            "..git",
            "../a.git",
            "a/b.git",
            "é.git",
            "a.git.git",
            "a.git\0",
            "a .git",
            &format!("{}.git", "a".repeat(65)),
        ] {
            assert_eq!(Name::own(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn both_kinds_lie_below_the_data_folder() {
        let data = Path::new("/data");
        assert_eq!(Name::own("a.git").unwrap().folder(data), Path::new("/data/a.git"));
        assert_eq!(Name::origin("a.git").unwrap().folder(data), Path::new("/data/origins/a.git"));
    }
}
