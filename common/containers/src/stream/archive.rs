//! Archives: one bundle goes in, one archive comes back. Neither may hold what could reach outside its folder.
//!
//! The tree comes from Git, so a link in it may be hostile; what comes back was written by generated code and is
//! read for nothing but regular files with wanted names.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Component, Path};

use tar::{Archive, Builder, EntryType, Header};

/// A tree that is not taken.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The tree is not a readable tar archive.
    #[error("the tree is not a tar archive")]
    Read(#[source] io::Error),
    /// A path or a link leaves the folder.
    #[error("the tree's entry {path:?} leaves its folder")]
    Escapes {
        /// The entry's path.
        path: String,
    },
    /// An entry is neither a file, a folder nor a symbolic link.
    #[error("the tree's entry {path:?} is neither a file, a folder nor a symbolic link")]
    Special {
        /// The entry's path.
        path: String,
    },
}

/// Puts the tree under `work/` and our files under `slipway/`, with an empty folder `slipway/out`.
pub(crate) fn bundle(tree: &[u8], extra: &[(String, Vec<u8>)]) -> Result<Vec<u8>, BundleError> {
    let mut out = Builder::new(Vec::with_capacity(tree.len() + tree.len() / 8));
    let mut archive = Archive::new(tree);
    for entry in archive.entries().map_err(BundleError::Read)? {
        copy_entry(&mut out, &mut entry.map_err(BundleError::Read)?, "work/")?;
    }
    let mut header = plain(EntryType::Directory, 0o755, 0);
    out.append_data(&mut header, "slipway/out", io::empty()).map_err(BundleError::Read)?;
    for (path, bytes) in extra {
        let path = stays_within(Path::new(path))?;
        add_file(&mut out, &format!("slipway/{path}"), bytes).map_err(BundleError::Read)?;
    }
    out.into_inner().map_err(BundleError::Read)
}

/// The tree as it is, with one more file at its root.
pub(crate) fn build_context(tree: &[u8], name: &str, bytes: &[u8]) -> Result<Vec<u8>, BundleError> {
    let mut out = Builder::new(Vec::with_capacity(tree.len() + bytes.len()));
    let mut archive = Archive::new(tree);
    for entry in archive.entries().map_err(BundleError::Read)? {
        copy_entry(&mut out, &mut entry.map_err(BundleError::Read)?, "")?;
    }
    add_file(&mut out, name, bytes).map_err(BundleError::Read)?;
    out.into_inner().map_err(BundleError::Read)
}

fn add_file(out: &mut Builder<Vec<u8>>, path: &str, bytes: &[u8]) -> io::Result<()> {
    out.append_data(&mut plain(EntryType::Regular, 0o644, bytes.len() as u64), path, bytes)
}

fn copy_entry(
    out: &mut Builder<Vec<u8>>,
    entry: &mut tar::Entry<'_, &[u8]>,
    folder: &str,
) -> Result<(), BundleError> {
    let kind = entry.header().entry_type();
    if kind == EntryType::XGlobalHeader {
        return Ok(()); // `git archive` writes one; it holds no file
    }
    let path = entry.path().map_err(BundleError::Read)?.into_owned();
    let path = stays_within(&path)?;
    if path.is_empty() {
        return Ok(()); // the tree's own folder
    }
    let inside = format!("{folder}{path}");
    let executable = entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
    let copied = match kind {
        EntryType::Regular | EntryType::Continuous => {
            let mode = if executable { 0o755 } else { 0o644 };
            out.append_data(&mut plain(EntryType::Regular, mode, entry.size()), inside, entry)
        }
        EntryType::Directory => out.append_data(&mut plain(kind, 0o755, 0), inside, io::empty()),
        EntryType::Symlink => {
            let target = link_target(&path, entry)?;
            out.append_link(&mut plain(kind, 0o777, 0), inside, target)
        }
        _ => return Err(BundleError::Special { path }),
    };
    copied.map_err(BundleError::Read)
}

fn link_target(path: &str, entry: &tar::Entry<'_, &[u8]>) -> Result<String, BundleError> {
    let escapes = || BundleError::Escapes { path: path.to_owned() };
    let target = entry.link_name().map_err(BundleError::Read)?.ok_or_else(escapes)?;
    let mut depth = path.split('/').count() - 1;
    for part in target.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::ParentDir => depth = depth.checked_sub(1).ok_or_else(escapes)?,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return Err(escapes()),
        }
    }
    target.to_str().map(str::to_owned).ok_or_else(escapes)
}

/// The path with `/` between its segments, without leading `./`.
fn stays_within(path: &Path) -> Result<String, BundleError> {
    let shown = || path.display().to_string();
    let mut segments = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(segment) => {
                segments.push(segment.to_str().ok_or_else(|| BundleError::Escapes { path: shown() })?);
            }
            Component::CurDir => {}
            _ => return Err(BundleError::Escapes { path: shown() }),
        }
    }
    Ok(segments.join("/"))
}

fn plain(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header
}

/// The wanted regular files at the top of an archive that generated code wrote, `limit` bytes in all.
pub(crate) fn read_outputs(
    bytes: &[u8],
    wanted: &[String],
    limit: u64,
) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut outputs = BTreeMap::new();
    let mut room = limit;
    for entry in Archive::new(bytes).entries()? {
        let mut entry = entry?;
        let name = entry.path().ok().and_then(|path| stays_within(&path).ok());
        let Some(name) = name.filter(|name| wanted.contains(name)) else { continue };
        if entry.header().entry_type() != EntryType::Regular {
            continue;
        }
        room = room.checked_sub(entry.size()).ok_or_else(|| io::Error::other("the outputs are too large"))?;
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        outputs.insert(name, content);
    }
    Ok(outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: EntryType, path: &str, link: &str) -> Vec<u8> {
        let mut header = plain(kind, 0o755, 0);
        // Written past the builder's own checks, as a hostile archive would be.
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.as_gnu_mut().unwrap().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        let mut archive = header.as_bytes().to_vec();
        archive.extend_from_slice(&[0; 1024]);
        archive
    }

    fn names(archive: &[u8]) -> Vec<String> {
        let mut archive = Archive::new(archive);
        archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect()
    }

    #[test]
    fn a_bundle_holds_the_tree_and_our_files_side_by_side() {
        let mut tree = Builder::new(Vec::new());
        add_file(&mut tree, "./a.txt", b"a").unwrap();
        let long = format!("deep/{}/b.txt", "x".repeat(120));
        add_file(&mut tree, &long, b"b").unwrap();
        let bundle = bundle(&tree.into_inner().unwrap(), &[("report.py".into(), b"r".to_vec())]).unwrap();
        assert_eq!(
            names(&bundle),
            ["work/a.txt", &format!("work/{long}"), "slipway/out", "slipway/report.py"]
        );
    }

    #[test]
    fn a_tree_that_could_reach_outside_is_refused() {
        let refused = |kind, path, link| bundle(&entry(kind, path, link), &[]).unwrap_err();
        for path in ["../a", "/a", "a/../../b"] {
            assert!(matches!(refused(EntryType::Regular, path, ""), BundleError::Escapes { .. }), "{path}");
        }
        for target in ["/etc/passwd", "../a", "b/../../a"] {
            assert!(
                matches!(refused(EntryType::Symlink, "a", target), BundleError::Escapes { .. }),
                "{target}"
            );
        }
        for kind in [EntryType::Link, EntryType::Char, EntryType::Block, EntryType::Fifo] {
            assert!(matches!(refused(kind, "a", "b"), BundleError::Special { .. }), "{kind:?}");
        }
        assert!(matches!(
            bundle(b"no archive at all, whatever it is", &[]).unwrap_err(),
            BundleError::Read(_)
        ));
    }

    #[test]
    fn a_link_that_stays_within_is_taken() {
        assert_eq!(names(&bundle(&entry(EntryType::Symlink, "a/b", "../c"), &[]).unwrap())[0], "work/a/b");
    }

    #[test]
    fn only_wanted_regular_files_come_back() {
        let mut archive = Builder::new(Vec::new());
        for name in ["./report.xml", "./other", "./deep/report.xml"] {
            add_file(&mut archive, name, b"x").unwrap();
        }
        let mut bytes = entry(EntryType::Symlink, "log", "/etc/passwd");
        bytes.truncate(512);
        bytes.extend(archive.into_inner().unwrap());
        let wanted = ["report.xml".to_owned(), "log".to_owned()];
        let outputs = read_outputs(&bytes, &wanted, 1).unwrap();
        assert_eq!(outputs.into_iter().collect::<Vec<_>>(), [("report.xml".to_owned(), b"x".to_vec())]);
        assert!(read_outputs(&bytes, &wanted, 0).is_err());
    }
}
