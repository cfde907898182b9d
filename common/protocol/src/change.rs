//! Changes to a tree of files, as an engine proposes them. They are proposals: the Git store judges every path.

use serde::{Deserialize, Serialize};

/// What a path shall hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// A regular file.
    File {
        /// Its bytes.
        bytes: Vec<u8>,
        /// Whether it may be run.
        executable: bool,
    },
    /// A symbolic link; the Git store refuses it.
    Symlink {
        /// Where it points.
        target: String,
    },
    /// Another repository's commit; the Git store refuses it.
    Submodule {
        /// The commit's id.
        commit: String,
    },
    /// Nothing: the path is deleted.
    Absent,
}

/// One path and what it shall hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The path from the tree's root, with `/` between its segments. Not yet judged.
    pub path: String,
    /// What it shall hold.
    pub content: Content,
}

impl Change {
    /// A regular, not executable file.
    pub fn file(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), content: Content::File { bytes: bytes.into(), executable: false } }
    }
}

/// One commit's worth of changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The commit's first line, imperative.
    pub subject: String,
    /// The commit's body: problem, solution, validation.
    pub body: String,
    /// The changes.
    pub changes: Vec<Change>,
}
