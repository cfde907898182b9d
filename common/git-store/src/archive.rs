//! A commit's files as a tar, the same bytes every time: the way into a container.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use slipway_protocol::CommitId;
use tar::{Builder, EntryType, Header};

use crate::error::{Error, Result};
use crate::export::outgoing;
use crate::read::blob;
use crate::repository::Place;
use crate::tree::Entry;

/// How large an archive's files may be together, in bytes.
const MAX_ARCHIVE: u64 = 256 * 1024 * 1024;

pub(crate) fn archive(place: &Place, repo: &git2::Repository, commit: &CommitId) -> Result<Vec<u8>> {
    let out = outgoing(place, repo, commit, (MAX_ARCHIVE, "256 MiB"))?;
    let failed = |source| Error::files("writing an archive of", &place.path, source);
    let mut tar = Builder::new(Vec::new());
    for entry in &out.files {
        let bytes = blob(place, repo, entry.id, &String::from_utf8_lossy(&entry.path))?;
        append(&mut tar, entry, &bytes).map_err(failed)?;
    }
    for (entry, target) in &out.links {
        link(&mut tar, entry, target).map_err(failed)?;
    }
    tar.into_inner().map_err(failed)
}

fn append(tar: &mut Builder<Vec<u8>>, entry: &Entry, bytes: &[u8]) -> io::Result<()> {
    let mut header = header(EntryType::Regular, if entry.executable { 0o755 } else { 0o644 });
    header.set_size(bytes.len() as u64);
    tar.append_data(&mut header, path(&entry.path), bytes)
}

fn link(tar: &mut Builder<Vec<u8>>, entry: &Entry, target: &[u8]) -> io::Result<()> {
    tar.append_link(&mut header(EntryType::Symlink, 0o777), path(&entry.path), path(target))
}

fn header(kind: EntryType, mode: u32) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(0);
    header
}

fn path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}
