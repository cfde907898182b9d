//! A worker's data directory. Several workers of one machine may share it: what must not be shared is per life.
//!
//! ```text
//! repositories/   this machine's clones of the fleet's repositories; they are fetched again when they are lost
//! lives/          events that are not applied yet, and work trees, per life; see `spool.rs`
//! ```

use std::path::{Path, PathBuf};

use super::args::Args;
use super::config::Config;
use super::exit::Failure;

/// Where the state lies.
pub(super) fn root(args: &Args, config: &Config) -> Result<PathBuf, Failure> {
    let named = args.data_dir.clone().or_else(|| Some(config.data.dir.clone()));
    let named = named.filter(|path| !path.as_os_str().is_empty());
    let root = named.or_else(users).ok_or_else(|| {
        Failure::usage("config.invalid", "there is no home directory; set data.dir or --data-dir")
    })?;
    std::path::absolute(&root).map_err(|error| Failure::failed("data.io", &error))
}

/// Where the clones lie.
pub(super) fn repositories(root: &Path) -> PathBuf {
    root.join("repositories")
}

fn users() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_DATA_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/share")))?;
    Some(folder.join("slipway/fleet"))
}
